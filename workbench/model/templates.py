"""Templates as they are governed: drafts, versions and their standing, examples, proofs, grants."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from workbench.model.rows import _JSON, _stored, new_id, now


class TemplateState(StrEnum):
    """Where a version stands. A draft is none yet: it has no number of its own."""

    SUBMITTED = "submitted"
    AUTHORISED = "authorised"  # documents are read with it; one version of a template at a time
    RETIRED = "retired"  # nothing is read with it any more; what was read keeps it
    RETURNED = "returned"  # not authorised, with a reason; the draft goes on


class TemplateAct(StrEnum):
    """What was done with a template, or was tried and refused."""

    DRAWN = "drawn"  # a draft was begun
    CHANGED = "changed"  # by other ways than the drawing board: a file was brought in
    DROPPED = "dropped"  # a draft was given up
    PROVEN = "proven"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    AUTHORISED = "authorised"
    RETIRED = "retired"
    GRANTED = "granted"
    REVOKED = "revoked"
    EXPORTED = "exported"
    REFUSED = "refused"  # somebody or something tried what is not allowed; `reason` says what


class Right(StrEnum):
    """What may be done with a template. None includes another."""

    SEE = "see"
    USE = "use"  # have documents read, or entered, with it
    EDIT = "edit"
    SUBMIT = "submit"
    AUTHORISE = "authorise"


class TemplateDraft(SQLModel, table=True):
    """A template that somebody draws. The only thing here that changes."""

    id: str = Field(default_factory=new_id, primary_key=True)
    template: str = Field(index=True)  # the template's id
    base: str = ""  # digest of the version that it began from; empty: a new form
    source: bytes = Field(sa_type=LargeBinary)  # its YAML as it stands, perhaps not yet valid
    scans: list[str] = Field(default_factory=list, sa_type=_JSON)  # documents it is drawn over
    revision: int = 0
    author: str = Field(index=True)
    authors: list[str] = Field(default_factory=list, sa_type=_JSON)  # all who changed it
    by: str  # who changed it last
    unit: str = ""  # the author's
    at: datetime = Field(default_factory=now)
    changed_at: datetime = Field(default_factory=now)
    submitted: str = ""  # digest of the version it was submitted as, while that waits
    closed_at: datetime | None = None  # authorised, or given up


class TemplateStanding(SQLModel, table=True):
    """Where one version (`TemplateVersion` keeps its text) stands, and who brought it there."""

    __table_args__ = (
        # Two who authorise at once: the database itself lets only one of them.
        Index(
            "ix_templatestanding_one_authorised",
            "template",
            unique=True,
            sqlite_where=text("state = 'authorised'"),
            postgresql_where=text("state = 'authorised'"),
        ),
    )

    digest: str = Field(primary_key=True)
    template: str = Field(index=True)
    version: int
    state: TemplateState = Field(sa_type=_stored(TemplateState), index=True)
    base: str = ""  # digest of the version it replaces
    draft: str = ""
    authors: list[str] = Field(default_factory=list, sa_type=_JSON)  # all who changed the draft
    submitted_by: str = ""
    submitted_at: datetime | None = None
    proof: str = ""  # the `TemplateProof` it was submitted with
    decided_by: str = ""  # who authorised or returned it
    decided_at: datetime | None = None
    reason: str = ""
    signature: str = ""  # SHA-256 of the detached CAdES; empty: came with the workbench
    signed_as: str = ""  # the common name in the authoriser's certificate
    retired_by: str = ""
    retired_at: datetime | None = None


class TemplateEvent(SQLModel, table=True):
    """Who did what with a template, or tried to, when and why. Append-only."""

    id: int | None = Field(default=None, primary_key=True)
    act: TemplateAct = Field(sa_type=_stored(TemplateAct))
    template: str = Field(index=True)
    digest: str = Field(default="", index=True)
    draft: str = ""
    by: str
    at: datetime = Field(default_factory=now)
    reason: str = ""  # a person's words
    told: dict[str, Any] | None = Field(default=None, sa_type=_JSON)  # a Sentence, for refusals
    about: dict[str, Any] = Field(default_factory=dict, sa_type=_JSON)  # right, unit, grant, proof


class TemplateExample(SQLModel, table=True):
    """A document whose values people confirmed: what a template is proven on."""

    id: str = Field(default_factory=new_id, primary_key=True)
    template: str = Field(index=True)
    document: str = Field(index=True)
    values: dict[str, str] = Field(default_factory=dict, sa_type=_JSON)  # field -> confirmed value
    by: str
    at: datetime = Field(default_factory=now)
    dropped_by: str = ""
    dropped_at: datetime | None = None


class TemplateProof(SQLModel, table=True):
    """One run of a version on the examples of its template, beside the authorised version."""

    id: str = Field(default_factory=new_id, primary_key=True)
    template: str = Field(index=True)
    digest: str = Field(index=True)  # of the text that was tested
    against: str = ""  # digest of the authorised version beside it; empty: there is none
    worse: bool = False  # by the report's own rule
    report: dict[str, Any] = Field(default_factory=dict, sa_type=_JSON)
    by: str
    at: datetime = Field(default_factory=now)


class TemplateGrant(SQLModel, table=True):
    """One right on one template, for a unit, a role, a person or what they have in common.

    What is empty says nothing: a grant for a role and no unit holds in every unit. Without a grant
    nobody may do anything. Changed once: when it is revoked.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    template: str = Field(index=True)
    right: Right = Field(sa_type=_stored(Right))
    unit: str = ""  # with its sub-units
    role: str = ""
    person: str = ""
    since: date  # the first day
    until: date | None = None  # the last day
    why: str = ""
    by: str
    at: datetime = Field(default_factory=now)
    revoked_by: str = ""
    revoked_at: datetime | None = None
    revoked_why: str = ""
