"""Where a record came from that has no scan of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from workbench.model.rows import _JSON, new_id, now


class Entry(SQLModel, table=True):
    """How a record without a scan came in: by whom, from where, under which key. Append-only."""

    __table_args__ = (
        # The same row of a file, or the same record of a form sent twice, is entered once.
        Index(
            "ux_entry_key",
            "unit",
            "key",
            unique=True,
            sqlite_where=text("key <> ''"),
            postgresql_where=text("key <> ''"),
        ),
    )

    document: str = Field(primary_key=True)
    unit: str
    key: str = ""  # names it within its unit, so that entering twice is entering once
    source: dict[str, str] = Field(default_factory=dict, sa_type=_JSON)  # file, sheet, row, …
    stated: dict[str, Any] = Field(default_factory=dict, sa_type=_JSON)  # for the scope rules
    by: str
    at: datetime = Field(default_factory=now)


class Keying(SQLModel, table=True):
    """What a field was typed as the second time, blind, beside the first. Append-only."""

    id: str = Field(primary_key=True)  # made of the record and the field by whoever typed
    document: str = Field(index=True)
    field: str
    first: str
    second: str
    by: str  # who typed it the second time
    at: datetime = Field(default_factory=now)


class Sample(SQLModel, table=True):
    """Records of a batch drawn by lot for an approver to look at; the seed draws them again."""

    id: str = Field(default_factory=new_id, primary_key=True)
    batch: str = Field(index=True)
    seed: int
    among: int  # how many records waited when it was drawn
    documents: list[str] = Field(default_factory=list, sa_type=_JSON)
    looked: list[str] = Field(default_factory=list, sa_type=_JSON)  # those that were opened
    by: str
    at: datetime = Field(default_factory=now)
