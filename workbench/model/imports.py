"""How tables are mapped, and what became of each that was taken in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from workbench.model.rows import _JSON, _stored, new_id, now
from workbench.model.states import Origin


class MappingProfile(SQLModel, table=True):
    """A profile as somebody saved it. Append-only: the newest of a name stands."""

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str = Field(index=True)
    kind: str  # template id
    content: dict[str, Any] | None = Field(default=None, sa_type=_JSON)
    digest: str  # SHA-256 of the content
    removed: bool = False  # nobody uses it any more
    by: str
    at: datetime = Field(default_factory=now)


class TableImport(SQLModel, table=True):
    """A table that was taken in or converted: from where, by which profile, how many rows.

    rows = taken + known + different + faulty + left. Append-only.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    origin: Origin = Field(sa_type=_stored(Origin))
    unit: str = Field(index=True)
    batch: str = ""  # of the new records; empty where there were none
    name: str  # of the file or the database, as a person calls it
    place: str  # the sheet, table or query
    digest: str = ""  # SHA-256 of the file
    profile: str
    profile_digest: str
    rows: int
    taken: int
    known: int
    different: int
    faulty: int
    left: int
    papers: int  # new records: a paper may stand in several rows
    report: str  # digest of the kept report (JSON)
    by: str
    at: datetime = Field(default_factory=now)
