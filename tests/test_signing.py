"""Sealing: keys that open or say why, a mark that says what it must, a file that stays PDF/A."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader

from workbench import signing
from workbench.catalogues.profiles import profiles
from workbench.errors import SigningError
from workbench.model import Act, Approved, Box, Record, SettledField, Signed
from workbench.rendition import RenditionPage, render
from workbench.signing import PadesSigner, Pkcs12Keys, Rules, State, trial, verify
from workbench.words import say

ROOT = Path(__file__).resolve().parent.parent
NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
AGENCY = "Phòng Cảnh sát quản lý hành chính về trật tự xã hội, Công an tỉnh Sóc Trăng"
SEEN = Rules(AGENCY, profiles(), "nd30-sao-y")


def approved() -> Approved:
    fields = (SettledField("so", "012/ĐKMD", "012/ĐKMD", Act.ACCEPT, None, None, "soat1"),)
    record = Record("d1", "con_dau", "con_dau@1", "0" * 64, ("1" * 64,), fields, "soat1", 3)
    return Approved(record, record.digest, "duyet1", NOON)


def pdf(rotation: int = 0, width: int = 1654, height: int = 2339, dpi: int = 200) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), "white").save(out, "JPEG")
    words = [("Cộng", Box(0.4, 0.5, 0.5, 0.52)), ("hòa", Box(0.51, 0.5, 0.6, 0.52))]
    page = RenditionPage(out.getvalue(), width, height, dpi, rotation, words)
    return render(approved().record, [page], title="Giấy chứng nhận", at=NOON)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> trial.Trial:
    return trial.ensure(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def seen(keys: trial.Trial) -> Signed:
    at = datetime.now(UTC).replace(microsecond=0)
    signer = PadesSigner(keys.keys(), rules=SEEN, clock=lambda: at)
    return signer.sign(approved(), pdf())


# --- the trial key -------------------------------------------------------------------------------


def test_the_trial_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    made = trial.ensure(tmp_path / "keys")
    first = {p.name: p.read_bytes() for p in made.folder.iterdir()}

    assert trial.ensure(tmp_path / "keys") == made
    assert {p.name: p.read_bytes() for p in made.folder.iterdir()} == first
    assert {stat.S_IMODE(p.stat().st_mode) for p in made.folder.iterdir()} == {0o600}
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700
    assert [p.name for p in (tmp_path / "keys").iterdir()] == ["trial"]


def test_the_trial_certificate_says_that_it_is_one_and_names_nobody_real(
    keys: trial.Trial,
) -> None:
    certificate = keys.keys().open().certificate
    assert "THỬ NGHIỆM" in certificate.subject.rfc4514_string()
    assert "không có thật" in certificate.subject.rfc4514_string()
    root = x509.load_pem_x509_certificate(keys.anchor.read_bytes())
    certificate.verify_directly_issued_by(root)
    assert not any(b"PRIVATE" in p.read_bytes() for p in keys.folder.iterdir())


def test_two_processes_that_start_at_once_have_one_key(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from workbench.signing import trial;"
        "t = trial.ensure(Path(sys.argv[1]));"
        "print(t.keys().open().certificate.serial_number)"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, tmp_path / "keys"], cwd=ROOT, stdout=subprocess.PIPE
        )
        for _ in range(3)
    ]
    said = {process.communicate()[0].splitlines()[-1] for process in running}
    assert len(said) == 1


def test_a_keys_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("")
    with pytest.raises(SigningError, match="cannot be written"):
        trial.ensure(tmp_path / "keys")


# --- keys that do not open -----------------------------------------------------------------------


def test_a_wrong_passphrase_is_said_in_plain_words(keys: trial.Trial) -> None:
    signer = PadesSigner(Pkcs12Keys(keys.folder / "signer.p12", "khong-dung"))
    with pytest.raises(SigningError) as caught:
        signer.sign(approved(), pdf())
    assert say(caught.value) == "Không mở được tệp khóa signer.p12: sai mật khẩu hoặc tệp bị hỏng."
    assert "khong-dung" not in str(caught.value)
    assert "khong-dung" not in repr(Pkcs12Keys(keys.folder / "signer.p12", "khong-dung"))


def test_a_key_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SigningError, match=r"none\.p12"):
        Pkcs12Keys(tmp_path / "none.p12", "x").open()


def made_up(
    folder: Path,
    *,
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None,
    days: tuple[int, int] = (-1, 10),
    signs: bool = True,
) -> Pkcs12Keys:
    key = private or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Phòng")])
    begin, end = (datetime.now(UTC) + timedelta(days=day) for day in days)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(key.public_key()).serial_number(5)
        .not_valid_before(begin).not_valid_after(end)
        .add_extension(x509.KeyUsage(signs, signs, not signs, False, False, False, False,
                                     False, False), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    locked = serialization.BestAvailableEncryption(b"x")
    file = folder / "key.p12"
    file.write_bytes(pkcs12.serialize_key_and_certificates(b"k", key, certificate, None, locked))
    return Pkcs12Keys(file, "x")


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({"days": (-10, -1)}, "not valid today"),
        ({"days": (1, 10)}, "not valid today"),
        ({"signs": False}, "not meant for signing"),
        ({"private": rsa.generate_private_key(65537, 1024)}, "1024 bits"),
    ],
)
def test_a_certificate_that_may_not_sign_does_not(
    what: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(SigningError, match=words):
        PadesSigner(made_up(tmp_path, **what)).sign(approved(), pdf())


def test_what_a_certification_authority_issued_is_no_trial(tmp_path: Path) -> None:
    assert not PadesSigner(made_up(tmp_path)).sign(approved(), pdf()).trial


# --- the seal ------------------------------------------------------------------------------------


def test_the_seal_is_a_pades_signature_in_the_agencys_field(seen: Signed) -> None:
    [signature] = PdfFileReader(BytesIO(seen.pdf), strict=True).embedded_signatures
    assert signature.field_name == "CoQuan"
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert approved().record_digest in signature.sig_object["/Reason"]
    said = {a["type"].native for a in signature.signer_info["signed_attrs"]}
    assert said == {"content_type", "message_digest", "signing_certificate_v2"}
    assert not seen.signer.startswith("duyet")


def test_openssl_trusts_it_with_the_trial_root_and_not_without(
    keys: trial.Trial, seen: Signed, tmp_path: Path
) -> None:
    """Signature, CAdES attributes and chain, checked by code that is not ours."""
    [signature] = PdfFileReader(BytesIO(seen.pdf)).embedded_signatures
    _, first, second, rest = (int(edge) for edge in signature.byte_range)
    (tmp_path / "content").write_bytes(seen.pdf[:first] + seen.pdf[second : second + rest])
    (tmp_path / "cms").write_bytes(signature.pkcs7_content)
    check = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any",
             "-in", tmp_path / "cms", "-content", tmp_path / "content", "-out", tmp_path / "out",
             "-no-CApath", "-no-CAstore"]  # fmt: skip
    trusting = [*check, "-CAfile", keys.anchor]
    assert subprocess.run(trusting, capture_output=True, check=False).returncode == 0
    assert subprocess.run([*check, "-no-CAfile"], capture_output=True, check=False).returncode != 0


def test_the_mark_says_form_agency_time_and_trial_in_the_top_margin(
    seen: Signed, tmp_path: Path
) -> None:
    with pikepdf.open(BytesIO(seen.pdf)) as opened:
        page = opened.pages[0]
        [widget] = page.Annots
        width, height = float(page.MediaBox[2]), float(page.MediaBox[3])
        left, bottom, right, top = (float(edge) for edge in widget.Rect)
        assert (right, top) == pytest.approx((width, height), abs=10)
        assert left > width / 3
        assert bottom > height - 57  # 20 mm of margin
        assert int(widget.F) & 4  # it is printed
        assert "/Image" not in str(widget.AP.N.Resources.keys())
        said = _drawn_text(opened, widget.AP.N, tmp_path)
    local = (seen.signed_at + timedelta(hours=7)).strftime("%Y-%m-%dT%H:%M:%S+07:00")
    assert said == f"THỬ NGHIỆM – Sao y {AGENCY} {local}"


def _drawn_text(opened: pikepdf.Pdf, drawing: pikepdf.Object, tmp_path: Path) -> str:
    """What a reader reads in an appearance, drawn on a page of its own."""
    alone = pikepdf.new()
    sheet = alone.add_blank_page(page_size=(600, 300))
    sheet.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(A=alone.copy_foreign(drawing)))
    sheet.Contents = alone.make_stream(b"/A Do")
    alone.save(tmp_path / "mark.pdf")
    told = subprocess.run(
        ["pdftotext", tmp_path / "mark.pdf", "-"], capture_output=True, check=True
    )
    return " ".join(told.stdout.decode().split())


@pytest.mark.parametrize("rotation", [0, 90])
@pytest.mark.parametrize("size", [(1654, 2339), (600, 400)])
def test_the_mark_stays_on_pages_of_any_shape(
    size: tuple[int, int], rotation: int, keys: trial.Trial
) -> None:
    signer = PadesSigner(keys.keys(), rules=SEEN)
    signed = signer.sign(approved(), pdf(rotation, *size))
    with pikepdf.open(BytesIO(signed.pdf)) as opened:
        page = opened.pages[0]
        left, bottom, right, top = (float(edge) for edge in page.Annots[0].Rect)
        assert 0 < left < right < float(page.MediaBox[2])
        assert 0 < bottom < top < float(page.MediaBox[3])


def test_without_a_mark_nothing_is_seen(keys: trial.Trial) -> None:
    signed = PadesSigner(keys.keys()).sign(approved(), pdf())
    with pikepdf.open(BytesIO(signed.pdf)) as opened:
        assert [float(edge) for edge in opened.pages[0].Annots[0].Rect] == [0, 0, 0, 0]
    assert verify(signed.pdf, signing.trust(keys.folder.parent)).state is State.INTACT


def test_the_untouched_scan_and_its_text_are_still_there(seen: Signed, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(seen.pdf)
    told = subprocess.run(["pdftotext", tmp_path / "a.pdf", "-"], capture_output=True, check=True)
    assert "Cộng hòa" in told.stdout.decode()


def test_a_seal_costs_little(keys: trial.Trial) -> None:
    """Measured at 2 to 4 ms of CPU; the limit leaves room for a slow and busy machine."""
    signer = PadesSigner(keys.keys(), rules=SEEN)
    paper = pdf()
    signer.sign(approved(), paper)
    begin = time.process_time()
    for _ in range(20):
        signer.sign(approved(), paper)
    assert (time.process_time() - begin) / 20 < 0.06


# --- PDF/A ---------------------------------------------------------------------------------------


def complaints(content: bytes) -> list[str]:
    """What PDF/A-2b asks of a file like ours and this one does not keep (ISO 19005-2)."""
    found = []
    with pikepdf.open(BytesIO(content)) as opened:
        xmp = opened.open_metadata()
        if (xmp.get("pdfaid:part"), xmp.get("pdfaid:conformance")) != ("2", "B"):
            found.append("6.6.4: does not say that it is PDF/A-2b")
        if "/Filter" in opened.Root.Metadata:
            found.append("metadata is compressed")
        if opened.is_encrypted:
            found.append("6.1.3: encrypted")
        if "/ID" not in opened.trailer:
            found.append("6.1.3: no file identifier")
        intents = [i for i in opened.Root.get("/OutputIntents", []) if i.S == "/GTS_PDFA1"]
        if not intents or "/DestOutputProfile" not in intents[0]:
            found.append("6.2.3: no output intent")
        for number, held in enumerate(opened.objects):
            if not isinstance(held, pikepdf.Dictionary | pikepdf.Stream):
                continue
            found += [f"object {number}: {said}" for said in _complaints_about(held)]
    if not re.match(rb"%PDF-1\.[4-7]\n%[\x80-\xff]{4}", content):
        found.append("6.1.2: header")
    return found


def _complaints_about(held: pikepdf.Object) -> list[str]:
    found = []
    kind = held.get("/Type")
    if kind == "/Font" and held.Subtype not in ("/Type0", "/Type3"):
        described = held.get("/FontDescriptor")
        if described is None or not ({"/FontFile", "/FontFile2", "/FontFile3"} & set(described)):
            found.append("6.2.11.4: font not embedded")
    if held.get("/Subtype") == "/CIDFontType2" and "/CIDToGIDMap" not in held:
        found.append("6.2.11.3.2: no CIDToGIDMap")
    if kind == "/Annot":
        shown = [float(edge) for edge in held.Rect] != [0, 0, 0, 0]
        if shown and "/AP" not in held:
            found.append("6.3.3: annotation without appearance")
        if not int(held.get("/F", 0)) & 4 or int(held.get("/F", 0)) & 0b100011:
            found.append("6.3.2: annotation hidden or not printed")
    if held.get("/S") in ("/JavaScript", "/Launch", "/Sound", "/Movie"):
        found.append("6.5.1: action")
    if isinstance(held, pikepdf.Stream):
        if "/LZWDecode" in str(held.get("/Filter", "")) or "/F" in held:
            found.append("6.1.7: stream")
        if held.get("/ColorSpace") == "/DeviceCMYK":
            found.append("6.2.4.3: colour without a profile")
    if "/AA" in held or "/NeedAppearances" in held or "/EmbeddedFiles" in held:
        found.append("6.4/6.5/6.8: not allowed")
    return found


def test_the_rendition_keeps_the_rules_of_pdf_a() -> None:
    assert complaints(pdf()) == []


def test_the_sealed_file_keeps_them_too(seen: Signed, keys: trial.Trial) -> None:
    assert complaints(seen.pdf) == []
    assert complaints(PadesSigner(keys.keys()).sign(approved(), pdf()).pdf) == []


def test_the_check_finds_what_breaks_the_rules() -> None:
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf())) as opened:
        del opened.Root.OutputIntents
        for held in opened.objects:
            if isinstance(held, pikepdf.Dictionary) and held.get("/Type") == "/FontDescriptor":
                del held["/FontFile2"]
        opened.save(out)
    assert {said.split(": ", 1)[-1] for said in complaints(out.getvalue())} >= {
        "no output intent", "6.2.11.4: font not embedded"
    }  # fmt: skip
