"""What the letters ask by when, and the fields of administration they name; dated, with source."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files


class Level(StrEnum):
    """On which level of the administration a unit stands."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


@dataclass(frozen=True, slots=True)
class Milestone:
    """One line of the roadmap: from which day it holds, or before which day it must be done."""

    what: str  # in Vietnamese, as the letter has it
    level: str  # a Level, "essential" (the 25 essential services), or "" for all
    begins: date | None
    before: date | None
    source: str


@dataclass(frozen=True, slots=True)
class Area:
    """A field of administration (lĩnh vực), and the kinds of paper known in it."""

    id: str
    name: Mapping[str, str]  # language -> words
    kinds: frozenset[str]


@cache
def milestones() -> tuple[Milestone, ...]:
    return tuple(
        Milestone(row["what"], row["level"], _day(row["begins"]), _day(row["before"]),
                  row["source"])
        for row in _rows("roadmap.csv")
    )  # fmt: skip


@cache
def areas() -> Mapping[str, Area]:
    return {
        row["area"]: Area(
            row["area"], {"vi": row["vi"], "en": row["en"]}, frozenset(row["kinds"].split())
        )
        for row in _rows("areas.csv")
    }


def area_of(kind: str) -> str:
    """The field that a kind of paper belongs to; empty where none is named for it."""
    return next((area.id for area in areas().values() if kind in area.kinds), "")


def last_day() -> date:
    """The last day on which everything may still be completed ("trước ngày 31/12/2025")."""
    return min(m.before for m in milestones() if m.before) - timedelta(days=1)


def begins(level: str, *, essential: bool = False) -> date:
    """From which day a unit of this level digitises, essential services of it."""
    wanted = {level, "essential"} if essential else {level}
    return min(m.begins for m in milestones() if m.begins and m.level in wanted)


def _rows(file: str) -> list[dict[str, str]]:
    with files(__package__).joinpath(file).open(encoding="utf-8") as source:
        return list(csv.DictReader(source))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
