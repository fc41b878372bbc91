"""`workbench verify` finds every tampering with what we keep, and passes what is genuine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256, sha512
from io import BytesIO
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from typer.testing import CliRunner

from tests import soft_pki
from tests.soft_pki import Pki
from tests.test_verify import _annotation, _grown, _other_page, _other_title, _rewritten, flip
from workbench import exchange, migrations, signing
from workbench.catalogues.profiles import Level, profiles
from workbench.errors import SettingsError
from workbench.exchange import bags
from workbench.model import (
    Act,
    Approved,
    Event,
    Package,
    Proposal,
    Record,
    Sealing,
    SettledField,
    Signature,
    Stage,
)
from workbench.rendition import RenditionPage, render
from workbench.repository.ocfl import OcflRepository
from workbench.signing import PadesSigner, Rules, State, Trust, levels
from workbench.signing.cades import Envelope
from workbench.signing.increment import Growing, SealField, embed
from workbench.store import Store
from workbench.verification import (
    KEPT,
    KEPT_PACKAGE,
    NO_INVENTORY,
    NOT_AS_KEPT,
    OLDER,
    UNKNOWN,
    RootInventory,
    StoreInventory,
    examine,
)

NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)
LATER = datetime(2026, 12, 23, tzinfo=UTC)
SCAN = b"\xff\xd8 a scan"


def record(document: str) -> Record:
    fields = (SettledField("so", f"{document}/ĐKMD", "x", Act.ACCEPT, None, None, "soat1"),)
    originals = (sha256(SCAN).hexdigest(),)
    return Record(document, "con_dau", "con_dau@1", "0" * 64, originals, fields, "soat1", 3)


def approved(document: str) -> Approved:
    return Approved(record(document), record(document).digest, "duyet1", NOON)


def drawn(document: str) -> bytes:
    from PIL import Image

    out = BytesIO()
    Image.effect_noise((300, 420), 40).save(out, "JPEG", quality=60)
    page = RenditionPage(out.getvalue(), 300, 420, 36)
    return render(record(document), [page], title="Giấy chứng nhận", at=NOON)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return soft_pki.make(tmp_path_factory.mktemp("pki"), NOON)


@dataclass
class Sealer:
    pki: Pki

    def seal(self, document: str, profile: str = "nd30-sao-y", least: Level = Level.B_B) -> bytes:
        """The file with every signature that its profile asks for, raised to a level."""
        self.pki.at, self.pki.tsa = NOON, "tsa1"
        rules = Rules(
            "Công an tỉnh Sóc Trăng", profiles(), profile, stamps=self.pki.stamps(), least=least
        )
        pdf = drawn(document)
        for who in [seal.by for seal in profiles()[profile].seals]:
            keys = self.pki.keys("agency" if who == "agency" else "officer")
            signer = PadesSigner(keys, rules=rules, clock=lambda: NOON)
            pdf = signer.sign(approved(document), pdf, Sealing(profile)).pdf
        if least > Level.B_T:
            self.pki.at = LATER
            trust, stamps = self.pki.trust(), self.pki.stamps()
            pdf = levels.raise_to(least, pdf, trust, stamps, at=LATER)
        return pdf


@pytest.fixture(scope="module")
def sealer(pki: Pki) -> Sealer:
    return Sealer(pki)


@pytest.fixture(scope="module")
def bundle(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of trust that a unit would make: a root, an intermediate, lists."""
    folder = tmp_path_factory.mktemp("trust")
    (folder / "root.pem").write_bytes(
        x509.load_der_x509_certificate(pki.der("root")).public_bytes(Encoding.PEM)
    )
    (folder / "issuer.cer").write_bytes(pki.der("issuer"))
    for number, crl in enumerate(pki.crls(LATER)):
        (folder / f"{number}.crl").write_bytes(crl)
    return folder


@pytest.fixture(scope="module")
def trust(bundle: Path) -> Trust:
    return Trust.read(bundle=bundle)


def signature(document: str, pdf: bytes) -> Signature:
    return Signature(
        document=document, signer="Công an tỉnh", certificate="c" * 64, level="B-LTA", trial=False,
        record_digest=record(document).digest, pdf_digest=sha512(pdf).hexdigest(),
        ordered_by="duyet1", at=NOON,
    )  # fmt: skip


def packed(document: str, pdf: bytes) -> Package:
    proposal = Proposal(
        document=document, field="so", position=0, value=f"{document}/ĐKMD", normalised="x",
        candidates={"tesseract": f"{document}/ĐKMD"},
    )  # fmt: skip
    return exchange.pack(
        approved(document), pdf=pdf, signature=signature(document, pdf),
        originals={"scan.jpg": SCAN},
        events=[Event(document=document, batch="b", unit="u", after=Stage.SIGNED, by="w", at=NOON)],
        witnessed=exchange.Witnessed(proposals=[proposal]),
    )  # fmt: skip


@dataclass
class Site:
    """A store and a repository with two sealed records; the first was raised to B-LTA at once."""

    data: Path
    store: Store
    pdfs: dict[str, bytes]

    @property
    def root(self) -> Path:
        return self.data / "repository" / "ocfl-root"

    @property
    def inventory(self) -> StoreInventory:
        return StoreInventory(self.store, self.root)

    def object(self, document: str) -> Path:
        return next(self.root.rglob(f"*{document}"))

    def unpacked(self, document: str, folder: Path) -> Path:
        for name, content in packed(document, self.pdfs[document]).files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return folder


@pytest.fixture(scope="module")
def kept(sealer: Sealer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data = tmp_path_factory.mktemp("kept")
    store = Store(f"sqlite:///{data}/workbench.db", data / "objects")
    migrations.upgrade(store.engine)
    repository = OcflRepository(data / "repository")
    pdfs = {"d1": sealer.seal("d1", least=Level.B_LTA), "d2": sealer.seal("d2")}
    for document, pdf in pdfs.items():
        repository.deposit(packed(document, pdf))
        store.add(signature(document, pdf))
    yield Site(data, store, pdfs)
    store.close()


@pytest.fixture
def site(kept: Site, tmp_path: Path) -> Iterator[Site]:
    """A copy that a test may do harm to."""
    shutil.copytree(kept.data, tmp_path / "data")
    store = Store(f"sqlite:///{tmp_path}/data/workbench.db", tmp_path / "data" / "objects")
    yield Site(tmp_path / "data", store, kept.pdfs)
    store.close()


# --- genuine -------------------------------------------------------------------------------------


def test_genuine_files_of_every_profile_pass_here_in_pdfsig_and_in_openssl(
    sealer: Sealer, trust: Trust, bundle: Path, tmp_path: Path
) -> None:
    for profile in profiles():
        _passes_everywhere(sealer.seal("d1", profile), trust, bundle, tmp_path, profile)


@pytest.mark.parametrize("level", list(Level))
def test_genuine_files_of_every_level_pass_here_in_pdfsig_and_in_openssl(
    level: Level, sealer: Sealer, trust: Trust, bundle: Path, tmp_path: Path
) -> None:
    pdf = sealer.seal("d1", least=level)
    told = _passes_everywhere(pdf, trust, bundle, tmp_path, str(level))
    assert told[0].level == str(level)


def _passes_everywhere(
    pdf: bytes, trust: Trust, bundle: Path, folder: Path, name: str
) -> tuple[signing.SignatureVerdict, ...]:
    file = folder / f"{name}.pdf"
    file.write_bytes(pdf)
    [found] = examine(file, trust, at=LATER)
    assert found.state is State.INTACT, (name, found)
    said = subprocess.run(
        ["pdfsig", "-nocert", file], capture_output=True, text=True, check=False
    ).stdout
    assert said.count("Signature Validation: Signature is Valid.") == sum(
        s.level != "DTS" for s in found.verdict.signatures
    ), said
    (folder / "ca.pem").write_bytes(
        (bundle / "root.pem").read_bytes()
        + x509.load_der_x509_certificate((bundle / "issuer.cer").read_bytes()).public_bytes(
            Encoding.PEM
        )
    )
    for made in PdfFileReader(BytesIO(pdf)).embedded_regular_signatures:
        start, first, second, length = (int(edge) for edge in made.byte_range)
        (folder / "signed").write_bytes(pdf[start : start + first] + pdf[second : second + length])
        (folder / "seal").write_bytes(made.pkcs7_content)
        command = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in",
                   "seal", "-content", "signed", "-CAfile", "ca.pem", "-purpose", "any",
                   "-attime", str(int(LATER.timestamp())), "-out", "/dev/null"]  # fmt: skip
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (name, done.stderr)
    return found.verdict.signatures


def test_what_is_kept_is_known_as_file_as_package_as_object_and_as_repository(
    kept: Site, trust: Trust, tmp_path: Path
) -> None:
    (tmp_path / "a.pdf").write_bytes(kept.pdfs["d1"])
    package = kept.unpacked("d1", tmp_path / "package")
    for inventory in (kept.inventory, RootInventory(kept.root)):
        [file] = examine(tmp_path / "a.pdf", trust, inventory, at=LATER)
        assert (file.state, file.kept) == (State.INTACT, KEPT)
        [found] = examine(package, trust, inventory, at=LATER)
        assert (found.state, found.kept, found.flaws) == (State.INTACT, KEPT_PACKAGE, ())
        [found] = examine(kept.object("d1"), trust, inventory, at=LATER)
        assert (found.state, found.kept, found.flaws) == (State.INTACT, KEPT_PACKAGE, ())
        all_ = list(examine(kept.root, trust, inventory, at=LATER))
        assert [one.state for one in all_] == [State.INTACT, State.INTACT]
    [alone] = examine(package, trust, at=LATER)
    assert (alone.state, alone.kept) == (State.INTACT, NO_INVENTORY)


def test_a_file_from_elsewhere_is_judged_by_its_signatures(
    kept: Site, sealer: Sealer, trust: Trust, tmp_path: Path
) -> None:
    (tmp_path / "a.pdf").write_bytes(sealer.seal("d9"))
    [found] = examine(tmp_path / "a.pdf", trust, kept.inventory, at=LATER)
    assert (found.state, found.kept) == (State.INTACT, UNKNOWN)


def test_an_earlier_version_that_we_kept_is_told_as_such(
    site: Site, pki: Pki, trust: Trust, tmp_path: Path
) -> None:
    older = site.pdfs["d2"]
    (tmp_path / "a.pdf").write_bytes(older)
    newest = replace_at(signature("d2", b"%PDF a newer one"), LATER)
    site.store.add(newest)
    [found] = examine(tmp_path / "a.pdf", trust, site.inventory, at=LATER)
    assert (found.state, found.kept) == (State.INTACT, OLDER)


def replace_at(made: Signature, at: datetime) -> Signature:
    made.at = at
    return made


# --- each signature is told ----------------------------------------------------------------------


def test_each_signature_tells_who_when_how_what_it_covers_and_what_came_after(
    kept: Site, trust: Trust, tmp_path: Path
) -> None:
    (tmp_path / "a.pdf").write_bytes(kept.pdfs["d1"])
    [found] = examine(tmp_path / "a.pdf", trust, at=LATER)
    first, stamp = found.verdict.signatures
    assert (first.signer, first.level, stamp.level) == ("Công an tỉnh Sóc Trăng", "B-LTA", "DTS")
    assert first.algorithm == "RSA-PSS 2048 / SHA-256"
    assert (first.at, first.confirmed, stamp.confirmed) == (NOON, NOON, LATER)
    assert first.covers is not None
    assert "revision" in str(first.covers)
    assert [str(s).partition(" ")[0] for s in first.after] == ["After", "After"]
    assert first.record_digest == record("d1").digest


def test_an_older_kind_of_signature_is_reported_and_not_failed(
    sealer: Sealer, pki: Pki, trust: Trust
) -> None:
    from pyhanko.sign import signers

    path = pki.keys("agency").path
    old = signers.SimpleSigner.load_pkcs12(str(path), passphrase=b"secret")
    writer = IncrementalPdfFileWriter(BytesIO(drawn("d1")))
    meta = signers.PdfSignatureMetadata(field_name="Sig1", md_algorithm="sha256")
    pdf = signers.sign_pdf(writer, meta, signer=old).getvalue()
    verdict = signing.verify(pdf, trust)
    assert verdict.state is State.INTACT
    [note] = verdict.signatures[0].notes
    assert "PKCS#1 v1.5" in str(note)
    assert verdict.signatures[0].level == "PKCS#7"


def test_the_seal_of_a_revoked_certificate_is_untrusted_and_says_why(
    pki: Pki, trust: Trust
) -> None:
    pki.at = NOON
    rules = Rules("Công an", profiles(), "nd30-sao-y")
    signer = PadesSigner(pki.keys("gone"), rules=rules, clock=lambda: NOON)
    pdf = signer.sign(approved("d1"), drawn("d1")).pdf
    verdict = signing.verify(pdf, trust, at=LATER)
    assert verdict.state is State.UNTRUSTED
    assert "The certificate of the signer was revoked." in [str(d) for d in verdict.details]


# --- tampered ------------------------------------------------------------------------------------


def _truncated(pdf: bytes) -> bytes:
    """The file as it was before its last revision: still a whole PDF with a good signature."""
    ends = [found.end() for found in re.finditer(rb"%%EOF\r?\n?", pdf)]
    return pdf[: ends[-2]]


TAMPERINGS: dict[str, Callable[[bytes], bytes]] = {
    "a flipped byte": lambda pdf: flip(pdf, pdf.index(b"DCTDecode") + 300),
    "page content": _grown(_other_page),
    "an annotation": _grown(_annotation),
    "metadata": _grown(_other_title),
    "truncation to an earlier revision": _truncated,
    "bytes after the end": lambda pdf: pdf + b"\n% more",
    "written anew": _rewritten,
}


@pytest.mark.parametrize("how", TAMPERINGS)
def test_a_tampered_file_is_found_by_itself(
    how: str, kept: Site, trust: Trust, tmp_path: Path
) -> None:
    (tmp_path / "a.pdf").write_bytes(TAMPERINGS[how](kept.pdfs["d1"]))
    [found] = examine(tmp_path / "a.pdf", trust, kept.inventory, at=LATER)
    assert found.state is State.ALTERED, found
    assert found.kept == NOT_AS_KEPT or found.verdict.state is State.ALTERED


@pytest.mark.parametrize("how", TAMPERINGS)
def test_a_tampered_file_is_found_in_its_package_also_where_the_manifest_was_made_anew(
    how: str, kept: Site, trust: Trust, tmp_path: Path
) -> None:
    folder = kept.unpacked("d1", tmp_path / "package")
    pdf = TAMPERINGS[how](kept.pdfs["d1"])
    (folder / "document.pdf").write_bytes(pdf)
    [found] = examine(folder, trust, at=LATER)
    assert found.state is State.ALTERED
    _manifest_anew(folder)
    [found] = examine(folder, trust, kept.inventory, at=LATER)
    assert found.state is State.ALTERED
    [found] = examine(folder, trust, at=LATER)  # without our inventory the evidence tells
    assert found.state is State.ALTERED


@pytest.mark.parametrize("how", TAMPERINGS)
def test_a_tampered_file_is_found_in_the_repository(how: str, site: Site, trust: Trust) -> None:
    place = site.object("d1") / "v1" / "content" / "document.pdf"
    place.write_bytes(TAMPERINGS[how](site.pdfs["d1"]))
    states = [found.state for found in examine(site.root, trust, at=LATER)]
    assert sorted(states) == [State.ALTERED, State.INTACT]


def _manifest_anew(folder: Path) -> None:
    manifest = folder / "manifest-sha512.txt"
    manifest.unlink(missing_ok=True)
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    manifest.write_text(
        "".join(
            f"{sha512(p.read_bytes()).hexdigest()}  {p.relative_to(folder).as_posix()}\n"
            for p in files
        )
    )


def test_a_file_replaced_by_another_genuine_one_is_found(
    kept: Site, trust: Trust, tmp_path: Path
) -> None:
    folder = kept.unpacked("d1", tmp_path / "package")
    (folder / "document.pdf").write_bytes(kept.pdfs["d2"])
    _manifest_anew(folder)
    for inventory in (None, kept.inventory):
        [found] = examine(folder, trust, inventory, at=LATER)
        assert found.state is State.ALTERED


def test_a_package_whose_record_was_taken_out_is_found(
    kept: Site, trust: Trust, tmp_path: Path
) -> None:
    folder = kept.unpacked("d1", tmp_path / "package")
    (folder / "record.json").unlink()
    for path in (folder, tmp_path):
        [found] = examine(path, trust, kept.inventory, at=LATER)
        assert found.state is State.ALTERED


def test_a_genuine_seal_that_names_no_record_vouches_for_none(
    kept: Site, trust: Trust, pki: Pki, tmp_path: Path
) -> None:
    folder = kept.unpacked("d1", tmp_path / "package")
    key = pki.keys("agency").open()
    envelope = Envelope(key.certificate, key.chain)
    prepared = Growing(drawn("d1")).prepare(
        [SealField("CoQuan")], "CoQuan", at=NOON, room=envelope.room
    )
    attributes = envelope.attributes(prepared.digest)
    sealed = embed(prepared, envelope.close(attributes, key.sign(attributes)))
    (folder / "document.pdf").write_bytes(sealed)
    (folder / "evidence.json").unlink()
    _manifest_anew(folder)
    [alone] = examine(folder / "document.pdf", trust, at=LATER)
    assert alone.state is State.INTACT
    [found] = examine(folder, trust, at=LATER)
    assert found.state is State.ALTERED


def test_a_bag_that_lists_files_outside_of_it_is_not_whole(tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere"
    outside.write_bytes(b"x")
    bag = bags.files_of({"a": b"x"}, source="s", identifier="i", at=NOON)
    bag["manifest-sha512.txt"] = f"{sha512(b'x').hexdigest()}  {outside}\n".encode()
    del bag["data/a"], bag["tagmanifest-sha512.txt"]
    bags.write(bag, tmp_path / "bag")
    said = [str(flaw) for flaw in bags.flaws(tmp_path / "bag")]
    assert f"The file {outside} is missing." in said


@pytest.mark.parametrize("name", ["record.json", "evidence.json", "provenance.json"])
def test_what_is_swapped_with_another_records_is_found(
    name: str, kept: Site, trust: Trust, tmp_path: Path
) -> None:
    folder = kept.unpacked("d1", tmp_path / "package")
    other = kept.unpacked("d2", tmp_path / "other")
    shutil.copy(other / name, folder / name)
    _manifest_anew(folder)
    [found] = examine(folder, trust, at=LATER)
    assert found.state is State.ALTERED


def test_two_records_that_changed_places_in_the_repository_are_found(
    site: Site, trust: Trust
) -> None:
    one, two = (site.object(d) / "v1" / "content" for d in ("d1", "d2"))
    one.rename(one.with_name("aside"))
    two.rename(one)
    one.with_name("aside").rename(two)
    assert {f.state for f in examine(site.root, trust, at=LATER)} == {State.ALTERED}


@pytest.mark.parametrize("how", ["added", "missing", "original", "inventory"])
def test_other_harm_to_an_object_is_found(how: str, site: Site, trust: Trust) -> None:
    place = site.object("d1")
    original = next(place.rglob("originals/*"))
    {
        "added": lambda: (place / "v1" / "content" / "more").write_text("x"),
        "missing": original.unlink,
        "original": lambda: original.write_bytes(b"another scan"),
        "inventory": lambda: [p.write_text("{}") for p in place.rglob("inventory.json")],
    }[how]()
    [found] = examine(place, trust, at=LATER)
    assert found.state is State.ALTERED
    assert found.flaws


# --- data-only records, bags ---------------------------------------------------------------------


@pytest.fixture
def data_only(pki: Pki, tmp_path: Path) -> Path:
    pki.at = NOON
    folder = tmp_path / "data only"
    made = replace(record("d5"), originals=())
    content = made.canonical()
    seal = signing.sign_detached(content, pki.keys("officer"), at=NOON)
    row = replace_at(signature("d5", seal), NOON)
    row.record_digest = made.digest
    package = exchange.pack(
        Approved(made, made.digest, "duyet1", NOON),
        pdf=None, detached=seal, signature=row, originals={},
    )  # fmt: skip
    for name, held in package.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(held)
    return folder


def test_a_record_without_a_scan_is_verified_by_the_signature_beside_it(
    data_only: Path, trust: Trust
) -> None:
    for path in (data_only, data_only / "record.json", data_only / "record.json.p7s"):
        [found] = examine(path, trust, at=LATER)
        assert found.state is State.INTACT, found
        assert found.verdict.signatures[0].signer == "Nguyễn Văn An"
        assert found.verdict.signatures[0].algorithm == "ECDSA 256 / SHA-256"
    [stranger] = examine(data_only, Trust(), at=LATER)
    assert stranger.state is State.UNTRUSTED


def test_one_flipped_bit_of_a_record_or_of_its_signature_is_found(
    data_only: Path, trust: Trust, pki: Pki
) -> None:
    """But in a copy of the authority's certificate that came along: our own copy is believed."""
    for name in ("record.json", "record.json.p7s"):
        good = (data_only / name).read_bytes()
        copy = good.find(pki.der("issuer"))
        copied = range(copy, copy + len(pki.der("issuer"))) if copy > 0 else range(0)
        for place in range(0, len(good), max(1, len(good) // 60)):
            if place in copied:
                continue
            (data_only / name).write_bytes(flip(good, place, place % 8))
            [found] = examine(data_only / "record.json", trust, at=LATER)
            assert found.state is State.ALTERED, (name, place)
        (data_only / name).write_bytes(good)


def test_a_bag_is_verified_whole_and_its_signed_list_too(
    kept: Site, pki: Pki, trust: Trust, tmp_path: Path
) -> None:
    pki.at = NOON
    files = bags.files_of(
        packed("d1", kept.pdfs["d1"]).files, source="Công an", identifier="urn:d1", at=NOON,
        sign=lambda listed: signing.sign_detached(listed, pki.keys("agency"), at=NOON),
    )  # fmt: skip
    bags.write(files, tmp_path / "bag")
    [found] = examine(tmp_path / "bag", trust, kept.inventory, at=LATER)
    assert (found.state, found.flaws) == (State.INTACT, ())

    forged = dict(files)  # a list that somebody made anew over another original
    original = next(name for name in files if "originals/" in name)
    forged |= bags.files_of(
        {n.removeprefix("data/"): c for n, c in {**files, original: b"x"}.items() if "data/" in n},
        source="Công an", identifier="urn:d1", at=NOON, sign=lambda _: files[bags.SIGNATURE],
    )  # fmt: skip
    bags.write(forged, tmp_path / "forged")
    [found] = examine(tmp_path / "forged", trust, at=LATER)
    assert found.state is State.ALTERED
    assert "signed" in " ".join(map(str, found.flaws))


# --- the bundle of trust -------------------------------------------------------------------------


def test_a_bundle_is_told_by_its_digest_whatever_its_files_are_called(
    bundle: Path, trust: Trust, tmp_path: Path
) -> None:
    shutil.copytree(bundle, tmp_path / "same")
    (tmp_path / "same" / "root.pem").rename(tmp_path / "same" / "a file")
    assert Trust.read(bundle=tmp_path / "same").digest == trust.digest
    (tmp_path / "same" / "0.crl").unlink()
    assert Trust.read(bundle=tmp_path / "same").digest != trust.digest
    assert (len(trust.anchors), len(trust.others), len(trust.crls)) == (1, 1, 2)


def test_what_is_no_certificate_has_no_place_in_a_bundle(bundle: Path, tmp_path: Path) -> None:
    shutil.copytree(bundle, tmp_path / "bundle")
    (tmp_path / "bundle" / "notes.txt").write_text("remember")
    with pytest.raises(SettingsError, match=r"notes\.txt"):
        Trust.read(bundle=tmp_path / "bundle")
    with pytest.raises(SettingsError, match="no folder"):
        Trust.read(bundle=tmp_path / "nowhere")


# --- the command ---------------------------------------------------------------------------------


@pytest.fixture
def run(
    site: Site, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str]]:
    from workbench.cli import app

    monkeypatch.setenv("WORKBENCH_DATA", str(site.data))
    monkeypatch.setenv("WORKBENCH_KEYS", str(site.data / "keys"))
    monkeypatch.setenv("WORKBENCH_TRUST", str(bundle))

    def run(*arguments: object) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["verify", *map(str, arguments)])
        return result.exit_code, result.stdout

    return run


def test_the_command_holds_a_file_against_the_inventory_of_its_workbench(
    run: Callable[..., tuple[int, str]], site: Site, trust: Trust, tmp_path: Path
) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(site.pdfs["d2"])
    code, said = run(file)
    assert code == 0
    assert trust.digest[:16] in said
    assert "Có trong danh mục lưu giữ" in said
    assert "Người ký: Công an tỉnh Sóc Trăng" in said

    file.write_bytes(_truncated(site.pdfs["d1"]))
    code, said = run(file, "--json")
    told = json.loads(said)
    assert (code, told["state"]) == (21, "altered")
    assert told["signatures"][0]["state"] == "intact"  # no signature would have told
    assert run(file, "--inventory", site.root)[0] == 21

    assert run(site.root)[0] == 0
    assert run(tmp_path)[0] == 21


def test_a_folder_in_which_there_is_nothing_is_told_as_such(
    run: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    code, said = run(tmp_path / "empty")
    assert code == 24
    assert "không có gì để kiểm tra" in said
