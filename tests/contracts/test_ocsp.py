"""Revocation as a real OCSP responder tells it: a seal is made, completed and judged by it alone.

The responder is certomancer's, with a delegated certificate (RFC 6960); openssl asks it over HTTP
and writes its answers into the folder of what is trusted, as docs/signing.md tells a unit to.
"""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from certomancer.registry import ServiceLabel

from tests import soft_pki
from tests.contracts.test_signer import approved, pdf
from tests.soft_pki import Pki
from workbench.catalogues.profiles import Level, profiles
from workbench.errors import SettingsError, SigningError
from workbench.model import CheckState
from workbench.signing import PadesSigner, Rules, State, Trust, levels, verify

SIGNED = datetime(2026, 11, 22, 5, tzinfo=UTC)
COMPLETED = SIGNED + timedelta(hours=1)
SIGNER_OVER = datetime(2029, 6, 1, tzinfo=UTC)
AGENCY = soft_pki.NAMES["agency"]
NOT_REVOKED = "The certificate was not revoked, as the lists at hand show."


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return soft_pki.make(tmp_path_factory.mktemp("pki"), SIGNED)


def folder(pki: Pki, place: Path, *who: str) -> Path:
    """A folder of what is trusted, with the responders' word and no list of revoked certificates.

    On certificates of people and services (`who`) and on the authority between.
    """
    with pki.responding() as addresses:
        place.mkdir()
        for name in ("root", "issuer", *who):
            (place / f"{name}.cer").write_bytes(pki.der(name))
        for name in ("issuer", *who):
            by = "root" if name == "issuer" else "issuer"
            subprocess.run(
                ["openssl", "ocsp", "-issuer", place / f"{by}.cer", "-cert", place / f"{name}.cer",
                 "-url", addresses[by], "-no_nonce", "-noverify",
                 "-respout", place / f"{name}.ocsp"],
                check=True, capture_output=True,
            )  # fmt: skip
    return place


def sealed(pki: Pki, who: str) -> bytes:
    pki.at = SIGNED
    plain = Rules("Công an", profiles(), "nd30-sao-y", stamps=pki.stamps(), least=Level.B_T)
    return PadesSigner(pki.keys(who), rules=plain, clock=lambda: SIGNED).sign(approved(), pdf()).pdf


def checked(pki: Pki, who: str, place: Path) -> list[tuple[CheckState, str]]:
    trusted = Rules("Công an", profiles(), "nd30-sao-y", trust=lambda: Trust.read(bundle=place))
    signer = PadesSigner(pki.keys(who), rules=trusted, clock=lambda: COMPLETED)
    return [(c.state, c.said.text.format(**c.said.values)) for c in signer.checks()]


def test_a_seal_is_completed_and_judged_by_what_responders_say(pki: Pki, tmp_path: Path) -> None:
    made = sealed(pki, "agency")
    pki.at = COMPLETED
    place = folder(pki, tmp_path / "trust", "agency", "tsa1")
    trust = Trust.read(bundle=place)
    assert (len(trust.ocsps), trust.crls) == (3, ())

    whole = levels.raise_to(Level.B_LT, made, trust, pki.stamps(), at=COMPLETED)
    assert levels.proof_of(whole).level is Level.B_LT
    kept = levels.raise_to(Level.B_LTA, whole, trust, pki.stamps(), at=COMPLETED)
    assert levels.proof_of(kept).level is Level.B_LTA

    for content in (made, whole, kept):
        assert verify(content, trust, at=COMPLETED).state is State.INTACT
    pki.at = SIGNER_OVER
    later = Trust.read(bundle=folder(pki, tmp_path / "later", "agency", "tsa1"))
    assert verify(made, later, at=SIGNER_OVER).state is State.UNTRUSTED
    assert verify(kept, later, at=SIGNER_OVER).state is State.INTACT
    [signature] = [s for s in verify(kept, trust, at=COMPLETED).signatures if s.signer == AGENCY]
    assert NOT_REVOKED in [line.text for line in signature.lines]


def test_a_good_response_lets_a_batch_be_ordered_and_its_day_is_told(
    pki: Pki, tmp_path: Path
) -> None:
    pki.at = COMPLETED
    place = folder(pki, tmp_path / "trust", "agency")
    assert (CheckState.GOOD, "Not revoked, by lists of 22/11/2026.") in checked(
        pki, "agency", place
    )


def test_who_was_revoked_seals_nothing_and_the_verdict_says_so(pki: Pki, tmp_path: Path) -> None:
    made = sealed(pki, "gone")
    pki.at = COMPLETED
    place = folder(pki, tmp_path / "trust", "gone", "tsa1")
    trust = Trust.read(bundle=place)

    assert (CheckState.BAD, "The certificate was revoked.") in checked(pki, "gone", place)
    with pytest.raises(SigningError, match="could not be completed"):
        levels.raise_to(Level.B_LT, made, trust, pki.stamps(), at=COMPLETED)
    verdict = verify(made, trust, at=COMPLETED)
    assert verdict.state is State.UNTRUSTED
    told = [line.text for signature in verdict.signatures for line in signature.lines]
    assert "The certificate of the signer was revoked." in told


def test_a_response_about_somebody_else_or_from_long_ago_proves_nothing(
    pki: Pki, tmp_path: Path
) -> None:
    made = sealed(pki, "agency")
    pki.at = COMPLETED
    for name, who, moment in (
        ("other", "officer", COMPLETED),
        ("late", "agency", COMPLETED + timedelta(days=30)),
    ):
        trust = Trust.read(bundle=folder(pki, tmp_path / name, who, "tsa1"))
        with pytest.raises(SigningError, match="revocation data is missing"):
            levels.raise_to(Level.B_LT, made, trust, pki.stamps(), at=moment)


def test_a_response_that_was_changed_is_not_believed(pki: Pki, tmp_path: Path) -> None:
    made = sealed(pki, "agency")
    pki.at = COMPLETED
    place = folder(pki, tmp_path / "trust", "agency", "tsa1")
    whole = (place / "agency.ocsp").read_bytes()
    assert whole.count(b"20261122060000Z") > 1  # when it was produced, and of when it is
    place.joinpath("agency.ocsp").write_bytes(whole.replace(b"20261122060000Z", b"20261122055959Z"))
    trust = Trust.read(bundle=place)
    with pytest.raises(SigningError, match="revocation data is missing"):
        levels.raise_to(Level.B_LT, made, trust, pki.stamps(), at=COMPLETED)


def test_a_responder_that_would_not_answer_said_nothing(pki: Pki, tmp_path: Path) -> None:
    refused = pki.arch.service_registry.summon_responder(
        ServiceLabel("issuer-ocsp"), at_time=SIGNED
    )
    said = refused.build_error_response("try_later").dump()
    (tmp_path / "agency.ocsp").write_bytes(said)
    with pytest.raises(SettingsError, match="no certificate, CRL or OCSP response"):
        Trust.read(bundle=tmp_path)
