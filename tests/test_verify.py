"""The verdict: every tampering is found, altered beats untrusted, and genuine files pass."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers, timestamps
from pyhanko.sign.fields import SigFieldSpec, append_signature_field
from typer.testing import CliRunner

from tests.contracts.test_signer import SEEN
from workbench import signing
from workbench.errors import SettingsError, UnreadableFileError
from workbench.model import Act, Approved, Record, SettledField
from workbench.rendition import RenditionPage, render
from workbench.signing import State, Trust, trial, verify
from workbench.signing.cades import Envelope
from workbench.signing.increment import Growing, SealField, embed
from workbench.words import say

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


def record() -> Record:
    fields = (SettledField("so", "012/ĐKMD", "012/ĐKMD", Act.ACCEPT, None, None, "soat1"),)
    return Record("d1", "con_dau", "con_dau@1", "0" * 64, ("1" * 64,), fields, "soat1", 3)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    trial.ensure(folder)
    return folder


@pytest.fixture(scope="module")
def trust(keys: Path) -> Trust:
    return signing.trust(keys)


@pytest.fixture(scope="module")
def unsigned() -> bytes:
    out = BytesIO()
    Image.effect_noise((400, 560), 40).save(out, "JPEG", quality=60)
    page = RenditionPage(out.getvalue(), 400, 560, 50)
    return render(record(), [page], title="Giấy chứng nhận", at=NOON)


@pytest.fixture(scope="module")
def sealed(keys: Path, unsigned: bytes) -> bytes:
    signer = signing.trial_signer(keys, SEEN)
    return signer.sign(Approved(record(), record().digest, "duyet1", NOON), unsigned).pdf


# --- genuine -------------------------------------------------------------------------------------


def test_a_fresh_seal_is_intact_and_says_that_it_is_for_trials(sealed: bytes, trust: Trust) -> None:
    verdict = verify(sealed, trust)
    assert verdict.state is State.INTACT
    assert verdict.trial
    assert "THỬ NGHIỆM" in say(verdict.sentence)
    assert "Signed with a trial certificate." in [str(detail) for detail in verdict.details]


def test_what_was_never_signed_is_unsigned(unsigned: bytes, trust: Trust) -> None:
    assert verify(unsigned, trust).state is State.UNSIGNED


def test_a_stranger_is_untrusted(sealed: bytes, tmp_path: Path) -> None:
    assert verify(sealed, Trust()).state is State.UNTRUSTED
    trial.ensure(tmp_path)  # the same names, another key
    assert verify(sealed, signing.trust(tmp_path)).state is State.UNTRUSTED


def test_a_certificate_that_is_over_is_untrusted(sealed: bytes, trust: Trust) -> None:
    later = datetime.now(UTC) + timedelta(days=366 * 11)
    assert verify(sealed, trust, at=later).state is State.UNTRUSTED


def test_officer_then_agency_leaves_both_intact(keys: Path, unsigned: bytes, trust: Trust) -> None:
    """Fields are created first, so that the second signature never breaks the first."""
    fields = [SealField("CanBo"), SealField("CoQuan")]
    key = trial.ensure(keys).keys().open()
    envelope = Envelope(key.certificate, key.chain)
    pdf = unsigned
    for name in ("CanBo", "CoQuan"):
        prepared = Growing(pdf).prepare(fields, name, at=NOON, room=envelope.room)
        to_sign = envelope.attributes(prepared.digest)
        pdf = embed(prepared, envelope.close(to_sign, key.sign(to_sign)))

    verdict = verify(pdf, trust)

    assert [s.field for s in verdict.signatures] == ["CanBo", "CoQuan"]
    assert verdict.state is State.INTACT, verdict


def test_a_seal_by_another_program_is_judged_alike(
    keys: Path, unsigned: bytes, trust: Trust
) -> None:
    made = trial.ensure(keys)
    passphrase = made.keys().passphrase.encode()
    other = signers.SimpleSigner.load_pkcs12(str(made.folder / "signer.p12"), passphrase=passphrase)
    writer = IncrementalPdfFileWriter(BytesIO(unsigned))
    meta = signers.PdfSignatureMetadata(field_name="Sig1", md_algorithm="sha256")
    pdf = signers.sign_pdf(writer, meta, signer=other).getvalue()

    assert verify(pdf, trust).state is State.INTACT
    place = pdf.index(b"DCTDecode") + 400
    assert verify(flip(pdf, place), trust).state is State.ALTERED


def test_a_timestamp_behind_the_seal_is_no_alteration(
    sealed: bytes, keys: Path, trust: Trust
) -> None:
    key, cert = _authority_of_time()
    stamper = signers.PdfTimeStamper(timestamps.DummyTimeStamper(cert, key))
    stamped = stamper.timestamp_pdf(IncrementalPdfFileWriter(BytesIO(sealed)), "sha256").getvalue()

    verdict = verify(stamped, trust)

    assert verdict.signatures[0].state is State.INTACT, verdict
    assert verdict.signatures[1].state is State.UNTRUSTED  # nobody vouches for this clock
    assert verify(stamped + b"x", trust).state is State.ALTERED


# --- tampered ------------------------------------------------------------------------------------


def flip(pdf: bytes, place: int, bit: int = 0) -> bytes:
    changed = bytearray(pdf)
    changed[place] ^= 1 << bit
    return bytes(changed)


def test_one_flipped_bit_anywhere_is_never_intact(sealed: bytes, trust: Trust) -> None:
    step = len(sealed) // 400
    for place in range(0, len(sealed), step):
        assert verify(flip(sealed, place, place % 8), trust).state is State.ALTERED, place


@pytest.mark.parametrize(
    "what",
    [b"%PDF", b"DCTDecode", b"pdfaid:part", b"xref", b"/ByteRange", b"/Contents <", b"startxref",
     b"%%EOF", b"/AcroForm", b"/FT /Sig", b"/SubFilter", b"/M (D:", b"/Reason", b"trailer"],
)  # fmt: skip
@pytest.mark.parametrize("bit", [0, 1, 5])
def test_one_flipped_bit_at_a_tender_place_is_never_intact(
    what: bytes, bit: int, sealed: bytes, trust: Trust
) -> None:
    for found in re.finditer(re.escape(what), sealed):
        for place in range(found.start(), found.end() + 2):
            if place < len(sealed):
                assert verify(flip(sealed, place, bit), trust).state is State.ALTERED, place


def test_altered_is_said_also_where_nobody_is_trusted(sealed: bytes) -> None:
    assert verify(flip(sealed, len(sealed) // 2), Trust()).state is State.ALTERED


def _grown(change: Callable[[IncrementalPdfFileWriter], None]) -> Callable[[bytes], bytes]:
    def grow(pdf: bytes) -> bytes:
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        change(writer)
        out = BytesIO()
        writer.write(out)
        assert out.getvalue().startswith(pdf)
        return out.getvalue()

    return grow


def _other_title(writer: IncrementalPdfFileWriter) -> None:
    metadata = writer.root["/Metadata"]
    metadata._data = metadata.data.replace("Giấy chứng nhận".encode(), "Giấy phép".encode())
    metadata._encoded_data = None
    writer.update_container(metadata)


def _other_page(writer: IncrementalPdfFileWriter) -> None:
    page, _ = writer.find_page_for_modification(0)
    writer.add_stream_to_page(0, _rectangle(writer))
    writer.mark_update(page)


def _rectangle(writer: IncrementalPdfFileWriter) -> object:
    from pyhanko.pdf_utils.generic import StreamObject

    return writer.add_object(StreamObject(stream_data=b"1 1 1 rg 0 0 400 400 re f"))


def _annotation(writer: IncrementalPdfFileWriter) -> None:
    from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, FloatObject, pdf_name

    page, _ = writer.find_page_for_modification(0)
    note = DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Square"),
            pdf_name("/Rect"): ArrayObject(map(FloatObject, (0, 0, 100, 100))),
        }
    )
    page.get_object()["/Annots"].append(writer.add_object(note))
    writer.mark_update(page)


def _empty_field(writer: IncrementalPdfFileWriter) -> None:
    append_signature_field(writer, SigFieldSpec("Later"))


def _rewritten(pdf: bytes) -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as opened:
        opened.save(out)
    return out.getvalue()


def _upper_case(pdf: bytes) -> bytes:
    start = pdf.rindex(b"/Contents <") + 11
    return pdf[:start] + pdf[start : start + 200].upper() + pdf[start + 200 :]


def _in_the_padding(pdf: bytes) -> bytes:
    start = pdf.rindex(b"/Contents <")
    end = pdf.index(b">", start)
    return pdf[: end - 10] + b"deadbeef" + pdf[end - 2 :]


TAMPERINGS: dict[str, Callable[[bytes], bytes]] = {
    "a byte at the end": lambda pdf: pdf + b"\n",
    "garbage at the end": lambda pdf: pdf + b"garbage" * 100,
    "garbage with an end": lambda pdf: pdf + b"garbage\n%%EOF\n",
    "another file at the end": lambda pdf: pdf + pdf,
    "truncated by a byte": lambda pdf: pdf[:-1],
    "truncated by half": lambda pdf: pdf[: len(pdf) // 2 + len(pdf) // 4] + b"/ByteRange",
    "title in the metadata": _grown(_other_title),
    "something drawn over the page": _grown(_other_page),
    "an annotation": _grown(_annotation),
    "an empty field": _grown(_empty_field),
    "written anew by another program": _rewritten,
    "the signature written otherwise": _upper_case,
    "something hidden behind the signature": _in_the_padding,
    "something before the beginning": lambda pdf: b"\n" + pdf,
}


@pytest.mark.parametrize("how", TAMPERINGS)
def test_tampering_is_found(how: str, sealed: bytes, trust: Trust) -> None:
    verdict = verify(TAMPERINGS[how](sealed), trust)
    assert verdict.state is State.ALTERED, verdict
    assert say(verdict.sentence).startswith("Đã bị sửa đổi")


def test_a_seal_moved_to_another_paper_is_found(
    sealed: bytes, unsigned: bytes, trust: Trust
) -> None:
    other = bytearray(sealed)
    place = unsigned.index(b"DCTDecode") + 300
    other[place : place + 50] = bytes(50)
    assert verify(bytes(other), trust).state is State.ALTERED


# --- what is no PDF ------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xd8\xff\xe0", b"%PDF-1.7\nnothing"])
def test_what_is_no_pdf_is_refused_by_name(content: bytes, trust: Trust, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(content)
    with pytest.raises(UnreadableFileError, match=r"a\.pdf"):
        verify(tmp_path / "a.pdf", trust)


def test_a_trust_file_without_certificates_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_text("nothing")
    with pytest.raises(SettingsError, match=r"root\.pem"):
        Trust.read([tmp_path / "root.pem"])


# --- the command ---------------------------------------------------------------------------------


@pytest.fixture
def run(keys: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    from workbench.cli import app  # every engine comes with it; the other tests need none

    monkeypatch.setenv("WORKBENCH_KEYS", str(keys))

    def run(*arguments: object) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["verify", *map(str, arguments)])
        return result.exit_code, result.stdout

    return run


def test_the_command_says_it_in_vietnamese_with_its_exit_code(
    run: Callable[..., tuple[int, str]], sealed: bytes, unsigned: bytes, tmp_path: Path
) -> None:
    files = {
        "intact": (sealed, 0, "Nguyên vẹn"),
        "altered": (flip(sealed, 2000), 21, "Đã bị sửa đổi"),
        "unsigned": (unsigned, 23, "Chưa ký"),
        "picture": (b"\xff\xd8", 24, "không phải tệp PDF"),
    }
    for name, (content, code, words) in files.items():
        (tmp_path / name).write_bytes(content)
        assert run(tmp_path / name)[0] == code, name
        assert words in run(tmp_path / name)[1]
    assert run(*[tmp_path / name for name in files])[0] == 21
    assert run(tmp_path / "nowhere.pdf")[0] == 24


def test_the_command_trusts_whom_it_is_told_to(
    run: Callable[..., tuple[int, str]],
    sealed: bytes,
    keys: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "a.pdf").write_bytes(sealed)
    monkeypatch.setenv("WORKBENCH_KEYS", str(tmp_path / "none"))
    assert run(tmp_path / "a.pdf")[0] == 22
    assert run(tmp_path / "a.pdf", "--trust", keys / "trial" / "root.pem")[0] == 0
    assert not (tmp_path / "none").exists()  # asking makes no key


def test_the_command_speaks_json_to_machines(
    run: Callable[..., tuple[int, str]], sealed: bytes, tmp_path: Path
) -> None:
    (tmp_path / "a.pdf").write_bytes(sealed)
    code, out = run(tmp_path / "a.pdf", "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["state"], told["trial"]) == ("intact", True)
    assert told["signatures"][0]["field"] == "CoQuan"
    assert told["file"] == str(tmp_path / "a.pdf")


def _authority_of_time() -> tuple[object, object]:
    from asn1crypto import keys as asn1_keys
    from asn1crypto import x509 as asn1_x509
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "A clock")])
    moment = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=100))
        .add_extension(
            x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
        )
        .sign(key, hashes.SHA256())
    )
    der = serialization.Encoding.DER
    private = key.private_bytes(
        der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return (
        asn1_keys.PrivateKeyInfo.load(private),
        asn1_x509.Certificate.load(certificate.public_bytes(der)),
    )
