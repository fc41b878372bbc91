"""Seal profiles: each law's mark in its place, both signatures valid, and asked before a batch."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from PIL import Image, ImageDraw
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from tests import soft_pki
from tests.contracts.test_signer import approved, pdf
from tests.soft_pki import Pki
from tests.test_signing import _drawn_text, complaints, made_up
from workbench.catalogues.profiles import Profile, profiles
from workbench.errors import SettingsError, SigningError
from workbench.model import CheckState, Sealing
from workbench.signing import PadesSigner, Rules, State, TimeStamps, Trust, verify

NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)
SCANNED = datetime(2026, 11, 20, 1, 30, 5, tzinfo=UTC)
AGENCY = "Công an tỉnh Sóc Trăng"


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return soft_pki.make(tmp_path_factory.mktemp("pki"), NOON)


@pytest.fixture(scope="module")
def stamp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up red seal of 36 mm at 200 dpi, transparent around."""
    picture = Image.new("RGBA", (283, 283))
    ImageDraw.Draw(picture).ellipse((4, 4, 279, 279), outline=(200, 0, 0, 255), width=6)
    path = tmp_path_factory.mktemp("seal") / "dau.png"
    picture.save(path, dpi=(200, 200))
    return path


def signer(pki: Pki, who: str, stamp: Path | None = None) -> PadesSigner:
    rules = Rules(AGENCY, profiles(), stamp=stamp, trust=pki.trust)
    return PadesSigner(pki.keys(who), rules=rules, clock=lambda: NOON)


def seal(pki: Pki, profile: str, stamp: Path | None = None) -> bytes:
    who = "officer" if profiles()[profile].seals[0].by == "person" else "agency"
    return signer(pki, who, stamp).sign(approved(), pdf(), Sealing(profile, SCANNED)).pdf


def seen(content: bytes, folder: Path) -> Mapping[str, tuple[str, list[float]]]:
    """By field: what a reader reads in it, and where it stands."""
    with pikepdf.open(BytesIO(content)) as opened:
        return {
            str(widget.T): (
                _drawn_text(opened, widget.AP.N, folder),
                [float(edge) for edge in widget.Rect],
            )
            for widget in opened.pages[0].Annots
        }


SIGNED_AT, SCANNED_AT = "2026-11-22T12:00:00+07:00", "2026-11-20T08:30:05+07:00"
SAID = {
    "nd30-sao-y": f"Sao y {AGENCY} {SIGNED_AT}",
    "nd30-sao-luc": f"Sao lục {AGENCY} {SIGNED_AT}",
    "nd30-trich-sao": f"Trích sao {AGENCY} {SIGNED_AT}",
    "tt01-ca-nhan": f"Nguyễn Văn An {SCANNED_AT}",
    "tt01-ca-nhan-co-quan": f"Nguyễn Văn An {SCANNED_AT}",
    "tt02-luu-tru": f"{AGENCY} {SIGNED_AT}",
    "nd137-chuyen-doi": f"[CĐ] Chuyển đổi từ văn bản giấy {AGENCY} {SIGNED_AT}",
}


@pytest.mark.parametrize("name", sorted(profiles()))
def test_each_profile_says_what_its_law_asks_where_it_asks(
    name: str, pki: Pki, stamp: Path, tmp_path: Path
) -> None:
    content = seal(pki, name, stamp)
    first = profiles()[name].seals[0]
    said, (left, _, right, top) = seen(content, tmp_path)[first.field]
    assert said == SAID[name]
    with pikepdf.open(BytesIO(content)) as opened:
        page = opened.pages[0]
        width, height = float(page.MediaBox[2]), float(page.MediaBox[3])
        has_image = bool(page.Annots[0].AP.N.Resources.get("/XObject", {}))
        fonts = {str(o.get("/BaseFont", "")) for o in opened.objects if _is_font(o)}
    assert top == pytest.approx(height, abs=10)
    if first.corner == "top-left":
        assert left < 10
        assert right < width / 2
    else:
        assert right > width - 10
    assert has_image == first.image
    assert any("LiberationSerif" in font for font in fonts)


def _is_font(held: object) -> bool:
    return isinstance(held, pikepdf.Dictionary) and held.get("/Type") == "/Font"


@pytest.mark.parametrize("name", sorted(profiles()))
def test_each_profile_leaves_an_archival_pdf_that_others_call_valid(
    name: str, pki: Pki, stamp: Path, tmp_path: Path
) -> None:
    content = seal(pki, name, stamp)
    assert complaints(content) == []
    assert verify(content, pki.trust(), at=NOON).state is State.INTACT
    assert pdfsig(content, tmp_path).count("Signature is Valid.") == 1


def pdfsig(content: bytes, folder: Path) -> str:
    (folder / "signed.pdf").write_bytes(content)
    return subprocess.run(
        ["pdfsig", "-nocert", folder / "signed.pdf"], capture_output=True, text=True, check=False
    ).stdout


def test_the_red_seal_is_shown_in_its_real_size(pki: Pki, stamp: Path) -> None:
    with pikepdf.open(BytesIO(seal(pki, "tt02-luu-tru", stamp))) as opened:
        left, bottom, right, top = (float(edge) for edge in opened.pages[0].Annots[0].Rect)
    assert top - bottom == pytest.approx(2 * 11 + 2 + 36 / 25.4 * 72, abs=2)
    assert right - left > 36 / 25.4 * 72


# --- the person, then the agency -----------------------------------------------------------------


@pytest.fixture(scope="module")
def both(pki: Pki) -> tuple[bytes, bytes]:
    """As the person left it, and as the agency did."""
    sealing = Sealing("tt01-ca-nhan-co-quan", SCANNED)
    first = signer(pki, "officer").sign(approved(), pdf(), sealing)
    second = signer(pki, "agency").sign(approved(), first.pdf, sealing)
    assert (first.in_field, second.in_field) == ("NguoiSoHoa", "CoQuan")
    return first.pdf, second.pdf


def test_the_agencys_signature_does_not_break_the_persons(
    both: tuple[bytes, bytes], pki: Pki, tmp_path: Path
) -> None:
    first, second = both
    assert second.startswith(first)
    verdict = verify(second, pki.trust(), at=NOON)
    assert [(s.field, s.state) for s in verdict.signatures] == [
        ("NguoiSoHoa", State.INTACT), ("CoQuan", State.INTACT)
    ]  # fmt: skip
    assert pdfsig(second, tmp_path).count("Signature is Valid.") == 2
    assert complaints(first) == complaints(second) == []


def test_pyhanko_finds_nothing_but_a_form_filled_in(both: tuple[bytes, bytes], pki: Pki) -> None:
    """By its difference analysis, judged apart from our own verdict."""
    roots = [asn1_x509.Certificate.load(der) for der in pki.trust().anchors]
    between = [asn1_x509.Certificate.load(der) for der in pki.trust().others]
    for signature in PdfFileReader(BytesIO(both[1])).embedded_signatures:
        context = ValidationContext(
            trust_roots=roots, other_certs=between, allow_fetching=False, moment=NOON
        )
        status = validate_pdf_signature(signature, context)
        assert (status.intact, status.valid, status.trusted) == (True, True, True)
        assert status.docmdp_ok


def test_both_fields_are_there_before_the_first_signs_and_only_the_second_is_empty(
    both: tuple[bytes, bytes], tmp_path: Path
) -> None:
    first, second = both
    assert seen(first, tmp_path)["CoQuan"][0] == ""
    assert seen(second, tmp_path)["CoQuan"] == (
        f"Sao y {AGENCY} {SIGNED_AT}",
        seen(first, tmp_path)["CoQuan"][1],
    )
    assert seen(second, tmp_path)["NguoiSoHoa"][0] == f"Nguyễn Văn An {SCANNED_AT}"


def test_a_third_signature_is_refused(both: tuple[bytes, bytes], pki: Pki) -> None:
    with pytest.raises(SigningError, match="is there already"):
        signer(pki, "agency").sign(approved(), both[1], Sealing("tt01-ca-nhan-co-quan"))


def test_a_pdf_with_compressed_references_is_signed_too(pki: Pki, tmp_path: Path) -> None:
    """As other programs write it (PDF 1.5); the addition is then written in the same way."""
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf())) as opened:
        opened.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    signed = signer(pki, "agency").sign(approved(), out.getvalue(), Sealing("nd30-sao-y")).pdf
    assert signed.startswith(out.getvalue())
    assert verify(signed, pki.trust(), at=NOON).state is State.INTACT
    assert "Signature is Valid." in pdfsig(signed, tmp_path)
    with pikepdf.open(BytesIO(signed)) as opened:
        assert opened.check_pdf_syntax() == []


# --- a unit's own profiles -----------------------------------------------------------------------


def test_a_unit_may_add_profiles_of_its_own(tmp_path: Path, pki: Pki) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "profiles:\n- {id: own, title: {vi: Riêng, en: Own}, source: Quy chế, level: B-T, seals:\n"
        "   [{field: F, by: agency, corner: none}]}\n",
        encoding="utf-8",
    )
    assert isinstance(profiles(own)["own"], Profile)
    assert set(profiles(own)) > set(profiles())


@pytest.mark.parametrize(
    "content", ["", "profiles: 3", "profiles: [{id: x}]", "profiles: [{id: x", "- a"]
)
def test_a_file_that_holds_no_profiles_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(content)
    with pytest.raises(SettingsError, match=r"own\.yaml"):
        profiles(tmp_path / "own.yaml")


def test_a_profile_that_does_not_exist_is_named(pki: Pki) -> None:
    with pytest.raises(SettingsError, match="no seal profile other"):
        signer(pki, "agency").sign(approved(), pdf(), Sealing("other"))


# --- asked before a batch ------------------------------------------------------------------------


def asked(
    pki: Pki, who: str, *, trust: Trust | None = None, profile: str = "nd30-sao-y",
    stamps: TimeStamps | None = None, at: datetime = NOON, stamp: Path | None = None,
) -> dict[str, CheckState]:  # fmt: skip
    rules = Rules(
        AGENCY, profiles(), stamps=stamps, stamp=stamp, trust=lambda: trust or pki.trust(at)
    )
    found = PadesSigner(pki.keys(who), rules=rules, clock=lambda: at).checks(profile)
    return {check.said.text: check.state for check in found}


def test_a_good_certificate_passes_every_question_that_can_be_asked(pki: Pki) -> None:
    pki.at, pki.tsa = NOON, "tsa1"
    states = asked(pki, "agency", stamps=pki.stamps())
    assert set(states.values()) == {CheckState.GOOD}
    assert len(states) == 4  # it may sign, its chain, not revoked, the clock


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({"who": "gone"}, "The certificate was revoked."),
        ({"who": "agency", "at": NOON + timedelta(days=1000)}, "not valid today"),
    ],
)
def test_what_stands_in_the_way_is_told(pki: Pki, what: dict[str, object], words: str) -> None:
    states = asked(pki, **what)  # type: ignore[arg-type]
    bad = [said for said, state in states.items() if state is CheckState.BAD]
    assert any(words in said for said in bad)


def test_an_authority_that_nobody_trusts_stands_in_the_way(pki: Pki, tmp_path: Path) -> None:
    other = soft_pki.make(tmp_path / "other", NOON)
    states = asked(pki, "agency", trust=other.trust())
    assert states["No authority that is trusted here vouches for the certificate."] is (
        CheckState.BAD
    )


def test_old_lists_of_revoked_certificates_stand_in_the_way(pki: Pki) -> None:
    states = asked(pki, "agency", trust=pki.trust(NOON - timedelta(days=90)))
    assert CheckState.BAD in states.values()


def test_what_was_not_asked_is_said_and_stands_in_nobodys_way(pki: Pki) -> None:
    states = asked(pki, "agency", trust=Trust())
    assert set(states.values()) == {CheckState.GOOD, CheckState.OPEN}
    assert sum(state is CheckState.OPEN for state in states.values()) == 2


def test_a_clock_that_is_wrong_stands_in_the_way(pki: Pki) -> None:
    pki.at, pki.tsa = NOON + timedelta(minutes=5), "tsa1"
    states = asked(pki, "agency", stamps=pki.stamps())
    assert states["The clock of this machine is {seconds} s apart from the authority's time."] is (
        CheckState.BAD
    )


def test_the_red_seal_needs_its_picture(pki: Pki, stamp: Path) -> None:
    said = "The profile shows the red seal, and no picture of it is named."
    assert asked(pki, "agency", profile="tt02-luu-tru")[said] is CheckState.BAD
    assert said not in asked(pki, "agency", profile="tt02-luu-tru", stamp=stamp)


def test_short_and_foreign_keys_are_not_used(tmp_path: Path) -> None:
    """RSA below 2048 bits: Thông tư 15/2025/TT-BKHCN."""
    keys = made_up(tmp_path, private=rsa.generate_private_key(65537, 1024))
    assert isinstance(keys.open().certificate, x509.Certificate)
    found = PadesSigner(keys, rules=Rules(AGENCY, profiles())).checks("nd30-sao-y")
    assert found[0].state is CheckState.BAD
