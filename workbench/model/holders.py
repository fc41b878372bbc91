"""Whom papers were issued to. A record is tied to exactly one person or organisation."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from workbench.model.rows import _stored, new_id, now
from workbench.model.states import HolderKind


class Holder(SQLModel, table=True):
    """One person or organisation, as the papers name it (công văn 633/CAT-PV01, mục 6)."""

    id: str = Field(default_factory=new_id, primary_key=True)
    kind: HolderKind = Field(sa_type=_stored(HolderKind))
    name: str  # as printed
    sought: str = Field(index=True)  # the name without marks and case: for finding only
    number_kind: str = ""  # of the identity number: cccd, cmnd, passport, mst, …; empty: none known
    number: str = Field(default="", index=True)
    by: str
    at: datetime = Field(default_factory=now)
