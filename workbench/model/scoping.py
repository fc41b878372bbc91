"""What people say of a paper that does not stand on it, and which way the letters gave it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from workbench.model.rows import _JSON, new_id, now


class ScopeStatement(SQLModel, table=True):
    """What one person says of a document. Append-only; the newest word on each fact stands."""

    id: str = Field(default_factory=new_id, primary_key=True)
    document: str = Field(index=True)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=_JSON)  # of `scope.FACTS`
    by: str
    at: datetime = Field(default_factory=now)


class ScopeJudgement(SQLModel, table=True):
    """The way a document took when it was approved or closed, and the words it rests on.

    Append-only. `ruled` is what the rules say, `path` what was done: they differ where a person
    overruled them, with the reason.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    document: str = Field(index=True)
    revision: int
    judged_on: date
    path: str
    ruled: str
    regime: str = ""  # empty: the day of issue is not known
    rule: str
    words: str  # quoted, or the sense of the source
    source: str
    rules: str  # digest of the rules that were in force
    closed: bool = False  # the document was put aside by this rule
    closed_at: str = ""  # the stage it stood at then
    reason: str = ""  # of who overruled
    overruled_by: str = ""
    by: str
    at: datetime = Field(default_factory=now)


class ScopeStanding(SQLModel, table=True):
    """The way of a document as far as is known: computed and replaced, to list and count by."""

    document: str = Field(primary_key=True)
    revision: int
    under: str  # digest of the rules, and which of them were in force on the day
    path: str = Field(index=True)
    regime: str = Field(default="", index=True)
    rule: str
    open: list[str] = Field(default_factory=list, sa_type=_JSON)  # facts that the path hangs on
    overruled: bool = False
    marked: bool = False  # the scan bears the mark of a copy
    paper: dict[str, Any] = Field(default_factory=dict, sa_type=_JSON)  # without a name
    at: datetime = Field(default_factory=now)


class ScopeRules(SQLModel, table=True):
    """Rules as they were written, named by their digest; never lost."""

    digest: str = Field(primary_key=True)
    content: dict[str, Any] = Field(default_factory=dict, sa_type=_JSON)
    at: datetime = Field(default_factory=now)


class ScopeRulesChange(SQLModel, table=True):
    """Since when which rules are in force, who changed them and why. Append-only."""

    id: int | None = Field(default=None, primary_key=True)
    digest: str
    reason: str
    by: str
    at: datetime = Field(default_factory=now)


class ResultCode(SQLModel, table=True):
    """The code of a digitised result (Thông tư 01/2023/TT-VPCP, Điều 10). Append-only."""

    __table_args__ = (UniqueConstraint("prefix", "number"),)

    code: str = Field(primary_key=True)
    document: str = Field(index=True)
    prefix: str  # all of the code that is not its ordinal
    number: int  # from 1, counted for each prefix
    by: str
    at: datetime = Field(default_factory=now)


class ResultSequence(SQLModel, table=True):
    """The last ordinal that was given out under a prefix; it never goes back."""

    prefix: str = Field(primary_key=True)
    last: int


class FileLook(SQLModel, table=True):
    """What a received file is like, found once: its version, its pages, their resolution."""

    digest: str = Field(primary_key=True)
    look: dict[str, Any] = Field(default_factory=dict, sa_type=_JSON)
    at: datetime = Field(default_factory=now)
