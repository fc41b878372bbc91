"""A table as it was handed in: cells with what they hold and how they look, sheets, a book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from typing import NamedTuple

Held = str | int | float | bool | date | datetime | time | None


class Cell(NamedTuple):
    """What one cell holds. `fonts` are all that its letters are shown in, mostly one."""

    value: Held = None
    fonts: tuple[str, ...] = ()
    formula: bool = False  # the value is what a formula came to; None where it came to nothing
    error: str = ""  # #N/A, #REF!, …

    @property
    def is_empty(self) -> bool:
        plain = self.value is None or (isinstance(self.value, str) and not self.value.strip())
        return plain and not self.error and not self.formula

    @property
    def shown(self) -> str:
        """What stands in it, about as Excel shows it."""
        match self.value:
            case None:
                return self.error
            case float() if self.value.is_integer() and abs(self.value) < 1e15:
                return str(int(self.value))
            case datetime() | date():
                return f"{self.value:%d/%m/%Y}"
        return str(self.value)


EMPTY = Cell()


class Merge(NamedTuple):
    """Cells merged into one, 0-based, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Sheet:
    """One sheet, from its first row and column on; places are 0-based."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    merged: tuple[Merge, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    hidden: bool = False
    epoch: int = 1900  # the year that its days are counted from: 1900, or 1904 from old Macs

    @cached_property
    def _covered(self) -> Mapping[tuple[int, int], Merge]:
        # Whole columns may be merged: what lies beyond the table says nothing.
        last, right = len(self.rows) - 1, self.width - 1
        return {
            (row, column): merge
            for merge in self.merged
            for row in range(merge.top, min(merge.bottom, last) + 1)
            for column in range(merge.left, min(merge.right, right) + 1)
        }

    @property
    def width(self) -> int:
        return max((len(row) for row in self.rows), default=0)

    def at(self, row: int, column: int) -> Cell:
        """The cell itself; an empty one beyond the edge."""
        if row < len(self.rows) and column < len(self.rows[row]):
            return self.rows[row][column]
        return EMPTY

    def merge_at(self, row: int, column: int) -> Merge | None:
        return self._covered.get((row, column))


@dataclass(frozen=True)
class Book:
    """An entry file: its name as given, the SHA-256 of its bytes, its sheets in order."""

    name: str
    digest: str
    sheets: tuple[Sheet, ...] = field(repr=False)

    def sheet(self, name: str = "") -> Sheet | None:
        """The sheet of this name; without one, the first that is not hidden."""
        if name:
            return next((sheet for sheet in self.sheets if sheet.name == name), None)
        return next((s for s in self.sheets if not s.hidden), None)


def letters(column: int) -> str:
    """How Excel calls a column: 0 is A, 26 is AA."""
    name, rest = "", column + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        name = chr(ord("A") + digit) + name
    return name
