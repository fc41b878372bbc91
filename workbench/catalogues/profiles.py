"""How papers are sealed: which signatures, where they stand, what they say. Data, not code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from workbench.errors import SettingsError

USUAL = "nd30-sao-y"


class Level(IntEnum):
    """How long a seal proves something, the next always more (ETSI EN 319 142-1)."""

    B_B = 0  # as long as the signer's certificate is valid
    B_T = 1  # a time stamp says when
    B_LT = 2  # what is needed to check it is in the file
    B_LTA = 3  # and stamped itself, so that it can be renewed for ever

    def __str__(self) -> str:
        return self.name.replace("_", "-")

    @classmethod
    def of(cls, name: str) -> Level:
        """By the name that the standard gives it. Raises KeyError for another."""
        return cls[name.replace("-", "_")]


class Corner(StrEnum):
    TOP_LEFT = "top-left"
    TOP_RIGHT = "top-right"
    NONE = "none"


class Line(StrEnum):
    """What a line of a mark says."""

    FORM = "form"
    AGENCY = "agency"
    NAME = "name"
    SIGNED_AT = "signed_at"
    SCANNED_AT = "scanned_at"
    SYMBOL = "symbol"


class Signatory(StrEnum):
    PERSON = "person"
    AGENCY = "agency"


@dataclass(frozen=True, slots=True)
class Seal:
    """One signature of a profile: whose, in which field, where it is seen and what it says."""

    field: str
    by: Signatory = Signatory.AGENCY
    corner: Corner = Corner.NONE
    lines: tuple[Line, ...] = ()
    image: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """What a batch is sealed by."""

    id: str
    title: Mapping[str, str]  # by language
    source: str
    level: Level
    seals: tuple[Seal, ...]  # in the order of signing
    form: str = ""
    symbol: str = ""

    @property
    def shows_the_red_seal(self) -> bool:
        return any(seal.image for seal in self.seals)


@cache
def profiles(own: Path | None = None) -> Mapping[str, Profile]:
    """The profiles by id: those that come with the workbench, and over them a unit's `own`.

    Raises SettingsError for a file that does not hold profiles.
    """
    with files(__package__).joinpath("profiles.yaml").open(encoding="utf-8") as source:
        found = _read(yaml.safe_load(source))
    if own is not None:
        try:
            found |= _read(yaml.safe_load(own.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
            raise SettingsError(
                "The file {file} holds no seal profiles that can be read.",
                "Write it like the profiles that come with the workbench; see docs/signing.md.",
                file=own.name,
            ) from error
    return found


def _read(content: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Profile]:
    return {profile.id: profile for profile in map(_profile, content["profiles"])}


def _profile(told: Mapping[str, Any]) -> Profile:
    seals = tuple(
        Seal(
            field=str(seal["field"]),
            by=Signatory(seal["by"]),
            corner=Corner(seal["corner"]),
            lines=tuple(Line(line) for line in seal.get("lines", ())),
            image=bool(seal.get("image", False)),
        )
        for seal in told["seals"]
    )
    if not seals or len({seal.field for seal in seals}) < len(seals):
        raise ValueError(told["id"])
    return Profile(
        id=str(told["id"]),
        title={"vi": told["title"]["vi"], "en": told["title"]["en"]},
        source=str(told["source"]),
        level=Level.of(told["level"]),
        seals=seals,
        form=str(told.get("form", "")),
        symbol=str(told.get("symbol", "")),
    )
