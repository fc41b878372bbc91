"""Whom papers were issued to. A record is tied to exactly one person or organisation."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from workbench.model.rows import _JSON, _stored, new_id, now
from workbench.model.states import HolderKind


class Likely(StrEnum):
    """Whether two holders are one, as far as anybody has said."""

    OPEN = "open"
    SAME = "same"
    DIFFERENT = "different"


class Holder(SQLModel, table=True):
    """One person or organisation, as the papers name it (công văn 633/CAT-PV01, mục 6)."""

    __table_args__ = (
        Index(
            "ix_holder_uncompared",
            "compared",
            sqlite_where=text("NOT compared"),
            postgresql_where=text("NOT compared"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    kind: HolderKind = Field(sa_type=_stored(HolderKind))
    name: str  # as printed
    sought: str = Field(index=True)  # the name without marks and case: for finding only
    number_kind: str = ""  # of the identity number: cccd, cmnd, passport, mst, …; empty: none known
    number: str = Field(default="", index=True)
    initials: str = Field(default="", index=True)  # of `sought`: what a slip rarely changes
    same_as: str = Field(default="", index=True)  # the holder that a person said it is
    compared: bool = False  # whether its like have been looked for
    by: str
    at: datetime = Field(default_factory=now)


class Likeness(SQLModel, table=True):
    """Two holders that may be one, and what was last decided of them."""

    id: str = Field(primary_key=True)  # of both ids, the lesser first: a pair is asked about once
    first: str = Field(index=True)
    second: str = Field(index=True)
    why: str  # a `holders.Why`
    standing: Likely = Field(default=Likely.OPEN, sa_type=_stored(Likely), index=True)
    at: datetime = Field(default_factory=now)


class HolderDecision(SQLModel, table=True):
    """What a person decided of two holders, or took back. Append-only."""

    id: str = Field(primary_key=True)  # made by the client, so that sending twice is one
    likeness: str = Field(index=True)
    decision: str  # same, different, or open again where it was taken back
    kept: str = ""  # the holder that stands for both
    moved: list[str] = Field(default_factory=list, sa_type=_JSON)  # documents tied to it by this
    reason: str = ""
    by: str
    at: datetime = Field(default_factory=now)
