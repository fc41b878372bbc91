"""How a unit seals: by which profiles, in which name, with which stamp, and who stamps the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.catalogues.profiles import Level, Profile, Seal
from workbench.errors import SettingsError
from workbench.signing.bundle import Trust
from workbench.signing.stamping import TimeStamps

AGENCY = "CoQuan"  # the signature field of the agency

UNSEEN = Profile(
    "unseen", {"vi": "Không hiển thị", "en": "Nothing is seen"}, "", Level.B_B, (Seal(AGENCY),)
)


@dataclass(frozen=True)
class Rules:
    """What a signer needs to know of the unit that it seals for."""

    agency: str = ""
    profiles: Mapping[str, Profile] = field(default_factory=lambda: {UNSEEN.id: UNSEEN})
    usual: str = UNSEEN.id
    stamp: Path | None = None  # a picture of the red seal
    stamps: TimeStamps | None = None
    least: Level = Level.B_B
    trust: Callable[[], Trust] = Trust  # read anew: lists of revoked certificates change

    def profile(self, name: str) -> Profile:
        """By its id; the usual one for none. Raises SettingsError for one that does not exist."""
        try:
            return self.profiles[name or self.usual]
        except KeyError as error:
            raise SettingsError(
                "There is no seal profile {name}.",
                "Choose one of the list, or correct WORKBENCH_PROFILE.",
                name=name or self.usual,
            ) from error

    @property
    def time_stamps(self) -> TimeStamps:
        """Who stamps the time. Raises SettingsError where nobody was named."""
        if self.stamps is None:
            raise SettingsError(
                "The seal needs a time stamp, and no time stamping authority is named.",
                "Name one in WORKBENCH_TSA, or choose the level B-B.",
            )
        return self.stamps

    def wanted(self, profile: Profile) -> Level:
        """The level that seals by this profile reach in the end."""
        return max(profile.level, self.least)
