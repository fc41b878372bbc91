"""Looks at what is kept: each file against the digest it must have. A look can stop and go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from workbench.model.rows import _stored, new_id, now


class Harm(StrEnum):
    """What is wrong with a kept file."""

    ALTERED = "altered"
    MISSING = "missing"
    UNREADABLE = "unreadable"  # the disk does not give it
    UNEXPECTED = "unexpected"  # nothing that is kept names it


@dataclass(frozen=True, slots=True)
class Held:
    """A file that is kept, by its path below the folder of the holdings, and what it must be."""

    name: str
    expected: str  # "sha256:…" or "sha512:…"; empty: nothing that is kept names it


class Audit(SQLModel, table=True):
    """One look at everything that is kept, and how far it has come."""

    id: str = Field(default_factory=new_id, primary_key=True)
    by: str
    at: datetime = Field(default_factory=now, index=True)
    seen_at: datetime = Field(default_factory=now)  # its last sign of life
    ended_at: datetime | None = None
    holdings: str = ""  # where it is: the object store, the repository
    after: str = ""  # the last file there that was looked at
    files: int = 0
    size: int = Field(default=0, sa_type=BigInteger)  # bytes
    harmed: int = 0


class Damage(SQLModel, table=True):
    """A file that is not what it must be, and what became of it."""

    id: str = Field(primary_key=True)  # made of audit and file: found twice is one damage
    audit: str = Field(index=True)
    holdings: str
    name: str  # below the folder of the holdings
    harm: Harm = Field(sa_type=_stored(Harm))
    expected: str = ""  # "sha256:…" or "sha512:…"; empty where nothing says what it must be
    found: str = ""
    at: datetime = Field(default_factory=now)
    mended_at: datetime | None = None
    mended_by: str = ""
