"""What the lake is at a moment, as its manifest tells it: which files, and how far they follow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self

from workbench.errors import OutdatedLakeError

FORMAT = 2


@dataclass(frozen=True, slots=True)
class Kept:
    """One file of the lake: its name below the folder, and its rows."""

    file: str
    rows: int


@dataclass(frozen=True, slots=True)
class Recent:
    """One increment that is not in the month files yet."""

    generation: int
    touched: Kept
    tables: Mapping[str, Kept]

    @property
    def rows(self) -> int:
        return sum(kept.rows for kept in self.tables.values())


@dataclass(frozen=True, slots=True)
class State:
    """What the lake is: which files, how far they follow the store, as of when."""

    generation: int = 0
    cut: int = 0  # all that the store kept before this serial is here
    under_way: tuple[int, int] | None = None  # next serial to read, oldest cut; of a long refresh
    known: Mapping[int, int] = field(default_factory=dict)  # document -> serial, from `cut` on
    at: datetime | None = None
    units: Sequence[tuple[str, str]] = ()
    templates: Sequence[tuple[str, str, int]] = ()  # digest, kind, version
    whole: Mapping[str, Kept] = field(default_factory=dict)  # documents and the roll-ups
    months: Mapping[str, Mapping[str, Kept]] = field(default_factory=dict)
    recent: Sequence[Recent] = ()
    retired: Sequence[tuple[str, datetime]] = ()  # no longer named, not yet cleared away

    def files(self) -> Iterator[Kept]:
        """Every file that makes up this state."""
        yield from self.whole.values()
        for tables in self.months.values():
            yield from tables.values()
        for recent in self.recent:
            yield recent.touched
            yield from recent.tables.values()

    def as_json(self) -> str:
        plain = asdict(self)
        plain["format"] = FORMAT
        plain["at"] = self.at.isoformat() if self.at else None
        plain["retired"] = [(name, at.isoformat()) for name, at in self.retired]
        return json.dumps(plain, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        plain = json.loads(text)
        if plain.pop("format") != FORMAT:
            raise OutdatedLakeError(
                remedy="It is made anew by itself within minutes; at once: workbench lake rebuild."
            )
        plain["at"] = datetime.fromisoformat(plain["at"]) if plain["at"] else None
        plain["under_way"] = tuple(plain["under_way"]) if plain["under_way"] else None
        plain["known"] = {int(number): serial for number, serial in plain["known"].items()}
        plain["units"] = [tuple(row) for row in plain["units"]]
        plain["templates"] = [tuple(row) for row in plain["templates"]]
        plain["retired"] = [(name, datetime.fromisoformat(at)) for name, at in plain["retired"]]
        plain["whole"] = _kept(plain["whole"])
        plain["months"] = {month: _kept(tables) for month, tables in plain["months"].items()}
        plain["recent"] = [
            Recent(one["generation"], Kept(**one["touched"]), _kept(one["tables"]))
            for one in plain["recent"]
        ]
        return cls(**plain)


def _kept(plain: Mapping[str, Mapping[str, Any]]) -> dict[str, Kept]:
    return {name: Kept(**one) for name, one in plain.items()}
