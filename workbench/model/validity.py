"""How long a paper holds, what ended it, and which paper came after it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from workbench.model.rows import _stored, now


class Validity(StrEnum):
    """What the paper says of its term. A blank is not "indefinite" until a person says so."""

    INDEFINITE = "indefinite"
    UNTIL = "until"
    LINKED = "linked"  # ends with another licence, on the day given
    UNSTATED = "unstated"


class Ending(StrEnum):
    """What ended a paper before its term, or that nothing did."""

    SUPERSEDED = "superseded"  # another paper stands in its place
    RENEWED = "renewed"  # cấp đổi: returned for a new one
    REISSUED = "reissued"  # cấp lại: lost or spoilt
    REVOKED = "revoked"
    HANDED_BACK = "handed_back"
    STANDS = "stands"  # nothing ended it: what was said before is taken back

    @property
    def names_successor(self) -> bool:
        return self in (Ending.SUPERSEDED, Ending.RENEWED, Ending.REISSUED)


class TermStatement(SQLModel, table=True):
    """What one person says of a document's term. Append-only; the newest stands."""

    id: str = Field(primary_key=True)  # made by the client
    document: str = Field(index=True)
    validity: Validity = Field(sa_type=_stored(Validity))
    until: date | None = Field(default=None, index=True)  # the last day, for UNTIL and LINKED
    linked_to: str = ""  # number of the other licence, for LINKED
    reason: str
    by: str
    at: datetime = Field(default_factory=now)


class EndStatement(SQLModel, table=True):
    """What one person says ended a document, and what came after it. Append-only; the newest
    stands."""

    id: str = Field(primary_key=True)  # made by the client
    document: str = Field(index=True)
    ending: Ending = Field(sa_type=_stored(Ending))
    ended: date | None = None  # the first day on which it no longer holds
    successor: str = Field(default="", index=True)  # the document that stands in its place
    reason: str
    by: str
    at: datetime = Field(default_factory=now)
