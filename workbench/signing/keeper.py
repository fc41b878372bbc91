"""Keeps seals provable: raises each to the level its profile wants, and renews it in time."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from workbench.catalogues.profiles import Level
from workbench.model import Proven
from workbench.signing import levels
from workbench.signing.rules import Rules

RENEW_BEFORE = timedelta(days=90)  # the end of the certificate that a proof hangs on


class SealKeeper:
    """Works by the unit's rules and by what its bundle holds at that moment."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def wants_proof(self, profile: str) -> bool:
        """Whether seals by this profile get more than they are made with, or are renewed."""
        return self._rules.wanted(self._rules.profile(profile)) >= Level.B_LT

    def due(self, pdf: bytes, profile: str) -> datetime | None:
        """From when on `prove` has something to do; None where it never will."""
        wanted = self._rules.wanted(self._rules.profile(profile))
        proof = levels.proof_of(pdf)
        if proof.level < wanted and self.wants_proof(profile):
            return datetime.min.replace(tzinfo=proof.until.tzinfo)
        return proof.until - RENEW_BEFORE if wanted is Level.B_LTA else None

    def prove(self, pdf: bytes, profile: str, *, at: datetime) -> Proven | None:
        """The PDF with what it lacks at `at`; None where it lacks nothing.

        Raises SigningError where lists of revoked certificates or a time stamp cannot be had.
        """
        due = self.due(pdf, profile)
        if due is None or due > at:
            return None
        wanted = self._rules.wanted(self._rules.profile(profile))
        stamps, trust = self._rules.time_stamps, self._rules.trust()
        grown = levels.raise_to(wanted, pdf, trust, stamps, at=at)
        if grown == pdf:
            grown = levels.renew(pdf, trust, stamps, at=at)
        proof, witness = levels.proof_of(grown), levels.witness_of(grown)
        common = str(witness.subject.native.get("common_name", ""))
        return Proven(grown, str(proof.level), common, sha256(witness.dump()).hexdigest(), at)
