"""Entries of the dated tables as people changed them: units, issuers, procedures, kinds."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from workbench.model.rows import new_id, now


class CatalogueEntry(SQLModel, table=True):
    """One version of one entry. Append-only; the newest of a key stands over what ships.

    `valid_from` and `valid_to` are the first and the last day on which the thing existed under
    this name. An entry is never deleted: `withdrawn` takes it out of look-ups.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    catalogue: str = Field(index=True)
    key: str  # names the entry within its catalogue through all its versions
    code: str = ""
    name: str
    level: str = ""
    parent: str = ""  # code of what it belongs to
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str = ""  # key of the entry that took its place
    source: str = ""
    certainty: str = ""  # high, medium or low: how well the source is known
    withdrawn: bool = False
    why: str  # of this version
    by: str
    at: datetime = Field(default_factory=now)
