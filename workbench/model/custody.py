"""Records in the repository: each one's card, where it is filed, who was let in, what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from workbench.model.rows import _JSON, _stored, new_id, now


class CustodyAct(StrEnum):
    """What somebody did with a record of the repository, or with a folder."""

    OPENED = "opened"
    DOWNLOADED = "downloaded"
    FILED = "filed"  # laid into a folder, or into another one
    TAKEN_OUT = "taken_out"  # of its folder
    SHARED = "shared"
    REVOKED = "revoked"
    WITHDRAWN = "withdrawn"
    RESTORED = "restored"
    FOLDER_MADE = "folder_made"
    FOLDER_MOVED = "folder_moved"
    FOLDER_RENAMED = "folder_renamed"
    FOLDER_CLOSED = "folder_closed"


class Card(SQLModel, table=True):
    """What is asked of a record in the repository: whose, what, when, and all that it says.

    Made anew from the record whenever that changes; only the withdrawal is kept here first.
    """

    document: str = Field(primary_key=True)
    unit: str = Field(index=True)
    kind: str = Field(index=True)
    number: str = ""  # of the paper (số, ký hiệu)
    holder: str = Field(default="", index=True)  # what records of one holder have in common
    holder_name: str = ""
    year: int = Field(default=0, index=True)  # of issue; 0: not known
    issued: str = ""  # ISO
    expires: str = ""  # ISO; empty: never, or not known
    file: str = ""  # the name it came under
    says: str = ""  # fields, then pages, as they stand
    sought: str = ""  # the same without marks and case
    version: str = ""  # the newest in the repository
    at: datetime  # when that was kept
    seen: datetime  # the document's last change that went into this card
    withdrawn_at: datetime | None = None
    withdrawn_by: str = ""
    withdrawn_why: str = ""


class CardWord(SQLModel, table=True):
    """One word that stands on a card: as written, and without marks."""

    word: str = Field(primary_key=True)  # small letters, one place for the tone
    document: str = Field(primary_key=True, index=True)
    bare: str = Field(index=True)


class RecordFolder(SQLModel, table=True):
    """A folder that a unit or a person made; records only seem to lie in it."""

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str
    parent: str = Field(default="", index=True)  # empty: it stands at the top
    unit: str = Field(default="", index=True)  # whose it is: a unit's …
    person: str = Field(default="", index=True)  # … or one person's own
    closed: bool = False
    by: str
    at: datetime = Field(default_factory=now)


class Filing(SQLModel, table=True):
    """In which folder of one owner a record lies; the rows in `CustodyEvent` say where it lay."""

    __table_args__ = (UniqueConstraint("document", "unit", "person"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    document: str
    folder: str = Field(index=True)
    unit: str = ""  # the folder's owner
    person: str = ""


class Share(SQLModel, table=True):
    """A record or a folder that a unit lets a person or another unit see. Append-only but once."""

    id: str = Field(default_factory=new_id, primary_key=True)
    document: str = Field(default="", index=True)  # either a record …
    folder: str = Field(default="", index=True)  # … or a folder and what lies in and below it
    unit: str = Field(index=True)  # whose records are shown: never those of another unit
    to_person: str = Field(default="", index=True)
    to_unit: str = Field(default="", index=True)
    until: datetime | None = None  # the first moment at which it is over
    why: str = ""
    by: str = Field(index=True)
    at: datetime = Field(default_factory=now)
    revoked_by: str = ""
    revoked_at: datetime | None = None


class CustodyEvent(SQLModel, table=True):
    """Who did what with a record or a folder, when and why. Append-only; no holder is named."""

    id: int | None = Field(default=None, primary_key=True)
    act: CustodyAct = Field(sa_type=_stored(CustodyAct))
    document: str = Field(default="", index=True)
    folder: str = Field(default="", index=True)
    by: str
    at: datetime = Field(default_factory=now)
    why: str = ""
    about: dict[str, Any] = Field(default_factory=dict, sa_type=_JSON)  # from, to, until, version


@dataclass(frozen=True, slots=True)
class Sight:
    """Who looks into the repository, and how far they see at this moment.

    `unit` is empty for who belongs to none; `whole_unit`: a duty shows them all its records.
    """

    person: str
    unit: str
    whole_unit: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Shelf:
    """Which records are asked for; what is empty is not asked."""

    holder: str = ""
    no_holder: bool = False  # those whose holder is not known
    kind: str = ""
    year: int | None = None
    folder: str = ""
    to_me: bool = False  # what others share with the one who looks
    words: tuple[str, ...] = ()  # all of them stand on it; one with marks is meant with them


@dataclass(frozen=True, slots=True)
class DefaultFolder:
    """What records have in common, what that is called, and how many there are; nobody made it."""

    key: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """One version of an object in a repository: when, why, and its files with their digests."""

    version: str
    at: datetime
    message: str
    files: Mapping[str, str] = field(default_factory=dict)  # name -> SHA-512
