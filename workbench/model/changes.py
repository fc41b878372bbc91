"""What changed in the store since somebody last looked: how the event lake is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

Rows = Sequence[tuple[Any, ...]]

# The kinds of fact about a document that are kept apart, so that a move repeats no readings.
PARTS = (
    "documents", "moves", "readings", "fields", "acts", "decisions", "signatures", "receipts",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Changes:
    """Documents that changed, and all rows of what changed about each, as one moment saw them.

    `touched`: number, serial, then the serial of each of `PARTS`; a part under `since` is unchanged
    and its rows are not here. What cannot be seen yet has at least the serial `cut`; `read` is the
    highest serial that is here.
    """

    since: int
    cut: int
    read: int
    more: bool  # there are documents beyond `read`
    touched: Rows
    columns: Mapping[str, tuple[str, ...]]  # table -> its columns
    rows: Mapping[str, Rows]
    units: Rows  # code, name
    templates: Rows  # digest, kind, version


class Source(Protocol):
    """A store that can say what changed."""

    def changes(self, since: int, *, after: int, limit: int) -> Changes:
        """What changed about a document since `since`; the next `limit` documents from `after`."""

    def totals(self) -> Mapping[str, int]:
        """How many facts of each kind there are now, by the name of their table in the lake."""


class Touched(SQLModel, table=True):
    """When each kind of fact about a document last changed. Kept by triggers, never by hand.

    A serial is the order of the change on SQLite, the number of its transaction on PostgreSQL.
    """

    number: int | None = Field(default=None, primary_key=True)  # the document's in the lake
    document: str = Field(index=True, unique=True)
    serial: int = Field(sa_type=BigInteger, index=True)
    documents: int = Field(sa_type=BigInteger)
    moves: int = Field(sa_type=BigInteger)
    readings: int = Field(sa_type=BigInteger)
    fields: int = Field(sa_type=BigInteger)
    acts: int = Field(sa_type=BigInteger)
    decisions: int = Field(sa_type=BigInteger)
    signatures: int = Field(sa_type=BigInteger)
    receipts: int = Field(sa_type=BigInteger)
