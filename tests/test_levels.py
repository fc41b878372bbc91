"""How long a seal proves something: each level against a real authority, far into its future."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from tests import soft_pki
from tests.contracts.test_signer import approved, pdf
from tests.soft_pki import Pki
from workbench.catalogues.profiles import Level, profiles
from workbench.errors import SigningError
from workbench.signing import PadesSigner, Rules, State, TimeStamps, levels, verify

SIGNED = datetime(2026, 11, 22, 5, tzinfo=UTC)
COMPLETED = datetime(2026, 12, 23, tzinfo=UTC)  # when the next list of revoked certificates is out
SIGNER_OVER = datetime(2029, 6, 1, tzinfo=UTC)
RENEWED = datetime(2030, 6, 1, tzinfo=UTC)
FIRST_TSA_OVER = datetime(2033, 1, 1, tzinfo=UTC)
SECOND_TSA_OVER = datetime(2037, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return soft_pki.make(tmp_path_factory.mktemp("pki"), SIGNED)


def sealed(pki: Pki, who: str, least: Level, stamps: TimeStamps | None = None) -> bytes:
    pki.at, pki.tsa = SIGNED, "tsa1"
    rules = Rules("Công an", profiles(), "nd30-sao-y", stamps=stamps or pki.stamps(), least=least)
    signed = PadesSigner(pki.keys(who), rules=rules, clock=lambda: SIGNED).sign(approved(), pdf())
    assert signed.level == str(min(least, Level.B_T))
    return signed.pdf


@pytest.fixture(scope="module")
def stamped(pki: Pki) -> bytes:
    return sealed(pki, "agency", Level.B_T)


@pytest.fixture(scope="module")
def kept(pki: Pki, stamped: bytes) -> bytes:
    """A month later, with everything that is needed to check it, stamped."""
    pki.at, pki.tsa = COMPLETED, "tsa1"
    return levels.raise_to(Level.B_LTA, stamped, pki.trust(), pki.stamps(), at=pki.at)


@pytest.fixture(scope="module")
def renewed(pki: Pki, kept: bytes) -> bytes:
    """Before the first time stamping authority's certificate ends, stamped by the second."""
    pki.at, pki.tsa = RENEWED, "tsa2"
    return levels.renew(kept, pki.trust(), pki.stamps(), at=pki.at)


def state(pki: Pki, content: bytes, at: datetime) -> State:
    """With the roots and what the authorities publish at that moment; the rest is in the file."""
    return verify(content, pki.trust(at), at=at).state


def test_a_time_stamp_comes_over_http_from_the_address_that_a_setting_names(pki: Pki) -> None:
    before = pki.asked
    with pki.served() as address:
        content = sealed(pki, "officer", Level.B_T, TimeStamps(address))
    assert pki.asked == before + 1
    assert levels.proof_of(content).level is Level.B_T
    assert state(pki, content, SIGNED) is State.INTACT


def test_an_authority_that_does_not_answer_leaves_the_paper_unsealed(pki: Pki) -> None:
    with pytest.raises(SigningError, match="no time stamp"):
        sealed(pki, "officer", Level.B_T, TimeStamps("http://127.0.0.1:9/", seconds=2))


def test_each_level_appends_and_says_until_when_it_proves(
    pki: Pki, stamped: bytes, kept: bytes, renewed: bytes
) -> None:
    plain = sealed(pki, "agency", Level.B_B)
    pki.at = COMPLETED
    complete = levels.raise_to(Level.B_LT, stamped, pki.trust(), pki.stamps(), at=COMPLETED)
    assert kept.startswith(stamped)
    assert renewed.startswith(kept)
    said = [levels.proof_of(c) for c in (plain, stamped, complete, kept, renewed)]
    assert [p.level for p in said] == [
        Level.B_B, Level.B_T, Level.B_LT, Level.B_LTA, Level.B_LTA,
    ]  # fmt: skip
    assert [p.until.year for p in said] == [2029, 2031, 2031, 2031, 2036]
    assert levels.raise_to(Level.B_LTA, kept, pki.trust(), pki.stamps(), at=COMPLETED) == kept


def test_all_levels_are_intact_while_the_signers_certificate_holds(
    pki: Pki, stamped: bytes, kept: bytes
) -> None:
    for content in (sealed(pki, "agency", Level.B_B), stamped, kept):
        assert state(pki, content, COMPLETED) is State.INTACT


def test_only_kept_proof_outlives_the_signers_certificate(
    pki: Pki, stamped: bytes, kept: bytes
) -> None:
    assert state(pki, stamped, SIGNER_OVER) is State.UNTRUSTED
    assert state(pki, kept, SIGNER_OVER) is State.INTACT


def test_only_renewed_proof_outlives_the_first_time_stamping_authority(
    pki: Pki, kept: bytes, renewed: bytes
) -> None:
    assert state(pki, kept, FIRST_TSA_OVER) is State.UNTRUSTED
    assert state(pki, renewed, FIRST_TSA_OVER) is State.INTACT
    assert state(pki, renewed, SECOND_TSA_OVER) is State.UNTRUSTED


@pytest.mark.skipif(not shutil.which("faketime"), reason="faketime is not installed")
def test_the_command_agrees_on_a_machine_whose_clock_is_that_far(
    pki: Pki, kept: bytes, renewed: bytes, tmp_path: Path
) -> None:
    """libfaketime moves the clock of the whole process; nothing is told to it otherwise."""
    (tmp_path / "kept.pdf").write_bytes(kept)
    (tmp_path / "renewed.pdf").write_bytes(renewed)
    trust = tmp_path / "trust"
    trust.mkdir()
    for number, der in enumerate(
        (pki.der("root"), pki.der("issuer"), *pki.crls(FIRST_TSA_OVER + timedelta(days=1)))
    ):
        (trust / str(number)).write_bytes(der)
    told = subprocess.run(
        ["faketime", f"{FIRST_TSA_OVER + timedelta(days=1):%Y-%m-%d %H:%M:%S}", sys.executable,
         "-m", "workbench", "verify", "--json", "--trust", trust,
         tmp_path / "kept.pdf", tmp_path / "renewed.pdf"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "WORKBENCH_DATA": str(tmp_path / "data"), "TZ": "UTC",
             "PYTHONPATH": str(Path(__file__).resolve().parent.parent)},
    )  # fmt: skip
    states = [json.loads(line)["state"] for line in told.stdout.splitlines() if "kept.pdf" in line
              or "renewed.pdf" in line]  # fmt: skip
    assert states == ["untrusted", "intact"], told


def test_renewed_proof_still_tells_what_was_changed(pki: Pki, renewed: bytes) -> None:
    place = renewed.index(b"/Subtype /Image") + 200
    changed = renewed[:place] + bytes([renewed[place] ^ 1]) + renewed[place + 1 :]
    assert state(pki, changed, FIRST_TSA_OVER) is State.ALTERED


def test_without_fresh_lists_of_revoked_certificates_nothing_is_called_proven(
    pki: Pki, stamped: bytes, kept: bytes
) -> None:
    pki.at, pki.tsa = COMPLETED, "tsa1"
    with pytest.raises(SigningError, match="revocation data is missing"):
        levels.raise_to(Level.B_LT, stamped, pki.trust(crls=False), pki.stamps(), at=COMPLETED)
    assert verify(kept, pki.trust(crls=False), at=SIGNER_OVER).state is State.UNTRUSTED


def test_the_seal_of_a_revoked_certificate_is_not_completed(pki: Pki) -> None:
    content = sealed(pki, "gone", Level.B_T)
    pki.at = COMPLETED
    with pytest.raises(SigningError, match="could not be completed"):
        levels.raise_to(Level.B_LTA, content, pki.trust(), pki.stamps(), at=COMPLETED)


def test_a_proof_that_has_ended_cannot_be_renewed_any_more(pki: Pki, kept: bytes) -> None:
    pki.at, pki.tsa = FIRST_TSA_OVER, "tsa2"
    with pytest.raises(SigningError, match="could not be completed"):
        levels.renew(kept, pki.trust(), pki.stamps(), at=FIRST_TSA_OVER)


def test_openssl_agrees_with_the_stamp_over_the_whole_file(
    pki: Pki, kept: bytes, tmp_path: Path
) -> None:
    """Signature, imprint and chain of the document time stamp, by code that is not ours."""
    stamp = PdfFileReader(BytesIO(kept)).embedded_timestamp_signatures[-1]
    _, first, second, rest = (int(edge) for edge in stamp.byte_range)
    (tmp_path / "content").write_bytes(kept[:first] + kept[second : second + rest])
    (tmp_path / "token").write_bytes(stamp.pkcs7_content)
    for name in ("root", "issuer"):
        (tmp_path / f"{name}.der").write_bytes(pki.der(name))
        subprocess.run(
            ["openssl", "x509", "-inform", "DER", "-in", tmp_path / f"{name}.der",
             "-out", tmp_path / f"{name}.pem"], check=True,
        )  # fmt: skip
    told = subprocess.run(
        ["openssl", "ts", "-verify", "-token_in", "-in", tmp_path / "token",
         "-data", tmp_path / "content", "-CAfile", tmp_path / "root.pem",
         "-untrusted", tmp_path / "issuer.pem", "-attime", str(int(COMPLETED.timestamp()))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Verification: OK" in told.stdout + told.stderr, told


def test_pdfsig_calls_the_signature_in_a_renewed_file_valid(renewed: bytes, tmp_path: Path) -> None:
    (tmp_path / "renewed.pdf").write_bytes(renewed)
    told = subprocess.run(
        ["pdfsig", "-nocert", tmp_path / "renewed.pdf"], capture_output=True, text=True, check=False
    ).stdout
    assert "Signature Validation: Signature is Valid." in told, told
