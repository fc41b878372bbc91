"""Rows: what is kept in SQL. SQLModel tables and plain records; nothing loads behind your back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, Enum, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from workbench.model.states import (
    Act,
    Decision,
    Intake,
    Origin,
    PageMatter,
    ParkedAs,
    SeenIn,
    Stage,
    Standing,
)

_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_JSON: Any = JSON(none_as_null=True)  # nothing is NULL, also for those who ask in SQL


def now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.now(UTC)


def day_of(at: datetime) -> date:
    """The day on which a moment falls in Viet Nam: what a date on a paper is held against."""
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(_VIETNAM).date()


def new_id() -> str:
    return uuid4().hex


def _stored(kind: type[StrEnum]) -> Enum:
    # Stored by value in a plain text column: a new member needs no migration.
    return Enum(kind, native_enum=False, length=20, values_callable=lambda e: [m.value for m in e])


def _by_value(table: str) -> Index:
    """Finds the other papers that say the same; long values are no numbers and no dates."""
    short = text("length(normalised) <= 40")
    return Index(
        f"ix_{table}_value", "normalised", "field", sqlite_where=short, postgresql_where=short
    )


class Unit(SQLModel, table=True):
    """An agency's unit that hands in papers: a department, a district or a commune police."""

    code: str = Field(primary_key=True)
    name: str
    parent: str = ""  # code of the unit it stands under; empty: it stands at the top


class Person(SQLModel, table=True):
    """Somebody who may sign in."""

    name: str = Field(primary_key=True)  # the sign-in name
    shown_as: str
    password_hash: str
    roles: list[str] = Field(default_factory=list, sa_type=_JSON)
    unit: str | None = None
    demo: bool = False
    active: bool = True


class Batch(SQLModel, table=True):
    """What came from the scanner together."""

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str
    unit: str = Field(index=True)
    by: str
    at: datetime = Field(default_factory=now)


class SourceFile(SQLModel, table=True):
    """A file that was handed in: kept byte for byte by digest, or refused with its reason."""

    __table_args__ = (
        # The same bytes are taken in once, also when two people hand them in at the same moment.
        Index(
            "ux_sourcefile_accepted",
            "digest",
            unique=True,
            sqlite_where=text("intake = 'accepted'"),
            postgresql_where=text("intake = 'accepted'"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    batch: str = Field(index=True)
    name: str  # as given
    digest: str | None = Field(default=None, index=True)
    media_type: str | None = None
    size: int = 0
    pages: int = 0
    intake: Intake = Field(sa_type=_stored(Intake))
    reason: dict[str, Any] | None = Field(default=None, sa_type=_JSON)  # a Sentence
    remedy: dict[str, Any] | None = Field(default=None, sa_type=_JSON)
    known_as: str | None = None  # the earlier SourceFile with the same bytes
    at: datetime = Field(default_factory=now)


class Document(SQLModel, table=True):
    """One paper record. The only row that changes; every change names stage and revision it saw."""

    __table_args__ = (Index("ix_document_queue", "stage", "lease_until"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    batch: str = Field(index=True)
    source: str  # the file with its first page; empty for a record that has none
    unit: str = Field(index=True)
    number: int  # place in its batch, from 1
    stage: Stage = Field(default=Stage.RECEIVED, sa_type=_stored(Stage))
    revision: int = 0
    held_at: Stage | None = Field(default=None, sa_type=_stored(Stage))
    reason: dict[str, Any] | None = Field(default=None, sa_type=_JSON)  # why held or returned
    remedy: dict[str, Any] | None = Field(default=None, sa_type=_JSON)
    kind: str | None = Field(default=None, index=True)  # template id
    template_digest: str | None = None
    classified: dict[str, Any] | None = Field(default=None, sa_type=_JSON)  # scores, runner-up, fit
    reviewer: str | None = None
    approver: str | None = None
    approved_at: datetime | None = None
    seal_by: str | None = None  # who ordered the seal; until then an approved document rests
    seal_profile: str = ""  # by which profile they ordered it; empty: the unit's usual one
    proof_due: datetime | None = Field(default=None, index=True)  # when the seal needs new proof
    lease_by: str | None = None
    lease_until: datetime | None = None
    attempts: int = 0
    parked: str = ""  # a ParkedAs: it lies aside and is laid on no desk
    assigned: str = ""  # the one reviewer it is reserved for
    priority: int = 0  # more comes earlier
    record_digest: str | None = None
    pdf_digest: str | None = None  # SHA-256 in the object store
    sought: str = ""  # the values as they stand, without marks and case: for finding only
    origin: Origin = Field(default=Origin.SCAN, sa_type=_stored(Origin))
    holder: str | None = Field(default=None, index=True)  # the one person or organisation
    created_at: datetime = Field(default_factory=now)
    changed_at: datetime = Field(default_factory=now)


class Page(SQLModel, table=True):
    """One scanned side of a document, in order."""

    __table_args__ = (UniqueConstraint("document", "number"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    document: str = Field(index=True)
    number: int  # 0-based within the document
    file_page: int  # 0-based within the source file
    width: int  # pixels as scanned
    height: int
    dpi: int
    scan: str  # digest of the page image, untouched pixels
    view: str = Field(index=True)  # digest of the same pixels, upright, compressed for the screen
    readable: str | None = None  # digest of the image the engines saw
    warp: dict[str, Any] | None = Field(default=None, sa_type=_JSON)
    quality: dict[str, Any] | None = Field(default=None, sa_type=_JSON)
    rotation: int = 0  # degrees clockwise that bring the scan upright
    source: str = ""  # the file it was scanned into
    aside: str = ""  # a PageMatter: why it is no part of the paper; its number then follows theirs
    look: dict[str, Any] | None = Field(default=None, sa_type=_JSON)  # what it says of its place
    failure: dict[str, Any] | None = Field(default=None, sa_type=_JSON)  # why it cannot be read
    scanner: str = ""  # make and model, or the program, that its file names


class PageProposal(SQLModel, table=True):
    """What the machine thinks of some pages, whether that holds, and who decided it."""

    id: str = Field(primary_key=True)  # made of what is proposed: the same is proposed once
    batch: str = Field(index=True)
    document: str = Field(index=True)  # whose pages change: that was parted off, joined, held
    beside: str = ""  # the document that it is compared with, came from or went to
    matter: PageMatter = Field(sa_type=_stored(PageMatter))
    pages: list[str] = Field(default_factory=list, sa_type=_JSON)  # ids, in the proposed order
    against: list[str] = Field(default_factory=list, sa_type=_JSON)  # ids they are compared with
    why: dict[str, Any] = Field(default_factory=dict, sa_type=_JSON)  # a Sentence
    confidence: float = 0.0
    standing: Standing = Field(default=Standing.OPEN, sa_type=_stored(Standing))
    at: datetime = Field(default_factory=now)
    decided_by: str = ""
    decided_at: datetime | None = None


class Reading(SQLModel, table=True):
    """What one version of one engine made of one page."""

    __table_args__ = (UniqueConstraint("page", "engine", "version", "weights"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    document: str = Field(index=True)
    page: str = Field(index=True)
    engine: str
    version: str
    weights: str
    words: str | None = None  # digest of the kept words (JSON)
    count: int = 0
    cpu_seconds: float = 0.0
    seconds: float = 0.0
    failure: dict[str, Any] | None = Field(default=None, sa_type=_JSON)  # a Sentence
    at: datetime = Field(default_factory=now)


class FieldReading(SQLModel, table=True):
    """What one engine says one field is."""

    id: str = Field(default_factory=new_id, primary_key=True)
    document: str = Field(index=True)
    field: str
    engine: str
    text: str
    value: str
    confidence: float
    page: int | None = None
    box: list[float] | None = Field(default=None, sa_type=_JSON)  # on the page as scanned
    cpu_seconds: float = 0.0
    weights: str = ""  # what it read with, as its `Identity` names it


class Proposal(SQLModel, table=True):
    """What the machine would write in a field."""

    __table_args__ = (UniqueConstraint("document", "field"), _by_value("proposal"))

    id: str = Field(default_factory=new_id, primary_key=True)
    document: str = Field(index=True)
    field: str
    position: int  # reading order on the form
    value: str
    normalised: str  # ISO for dates, else the value
    page: int | None = None  # 0-based within the document
    box: list[float] | None = Field(default=None, sa_type=_JSON)  # on the page as scanned
    candidates: dict[str, str] = Field(default_factory=dict, sa_type=_JSON)  # engine -> text
    confidence: float = 0.0  # probability of being right, 0-1
    agreement: float = 0.0  # share of the families with a vote that say this
    accepted: bool = False  # no person need look at it
    findings: list[dict[str, Any]] = Field(default_factory=list, sa_type=_JSON)
    template_digest: str = ""


class Correction(SQLModel, table=True):
    """One act of one person on one field. Append-only; the newest that is not undone stands."""

    __table_args__ = (
        Index("ix_correction_field", "document", "field"),
        _by_value("correction"),
    )

    id: str = Field(primary_key=True)  # made by the client, so that sending twice is one act
    document: str
    field: str
    act: Act = Field(sa_type=_stored(Act))
    before: str
    after: str
    normalised: str
    why: str = ""
    by: str
    at: datetime = Field(default_factory=now)
    revision: int
    keys: int = 0  # keys pressed in the field
    milliseconds: int = 0  # active time in the field
    page: int | None = None  # where the reviewer pointed, if they did; 0-based in the document
    box: list[float] | None = Field(default=None, sa_type=_JSON)  # on the page as scanned
    serial: int = Field(default=0, index=True)  # order within the document
    seen_in: SeenIn = Field(default=SeenIn.DOCUMENT, sa_type=_stored(SeenIn))


class TextCorrection(SQLModel, table=True):
    """What a line of a page says, as one person vouches for it. Append-only; the newest stands.

    It is tied to the place on the paper and to no engine: what is read again never overwrites it.
    """

    id: str = Field(primary_key=True)  # made by the client, so that sending twice is one act
    document: str = Field(index=True)
    page: int  # 0-based within the document
    box: list[float] = Field(sa_type=_JSON)  # of the line, on the page as scanned
    before: str
    after: str
    by: str
    at: datetime = Field(default_factory=now)
    revision: int = 0
    serial: int = 0  # order within the document


class BatchConstant(SQLModel, table=True):
    """What a field is in every paper of a kind in a batch; empty: no more. Append-only."""

    id: str = Field(primary_key=True)  # made by the client
    batch: str = Field(index=True)
    kind: str
    field: str
    value: str
    normalised: str
    by: str
    at: datetime = Field(default_factory=now)


class Comment(SQLModel, table=True):
    """What somebody remarks on a document or a field of it, or answers to a remark. Append-only."""

    id: str = Field(primary_key=True)  # made by the client
    document: str = Field(index=True)
    unit: str = Field(index=True)
    field: str = ""  # empty: on the document as a whole
    text: str
    difficulty: bool = False  # belongs in the unit's log of difficulties (sổ vướng mắc)
    answers: str = ""  # the comment that opened the thread; empty for that one
    by: str
    at: datetime = Field(default_factory=now)


class Review(SQLModel, table=True):
    """One person's sitting with a document, ended by a decision. Append-only."""

    id: str = Field(default_factory=new_id, primary_key=True)
    document: str = Field(index=True)
    by: str
    duty: str  # "review" or "approve"
    decision: Decision = Field(sa_type=_stored(Decision))
    reason: str = ""
    revision: int
    record_digest: str = ""
    at: datetime = Field(default_factory=now)
    milliseconds: int = 0


class Parking(SQLModel, table=True):
    """A document that a reviewer put aside, why, and who took it up again. Append-only but once."""

    id: str = Field(primary_key=True)  # made by the client
    document: str = Field(index=True)
    how: ParkedAs = Field(sa_type=_stored(ParkedAs))
    by: str
    at: datetime = Field(default_factory=now)
    reason: str = ""
    settled_by: str = ""
    settled_at: datetime | None = None
    answer: str = ""  # what the approver or manager says to it


class Preference(SQLModel, table=True):
    """What one person prefers: keys, which documents come first."""

    person: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: dict[str, Any] = Field(default_factory=dict, sa_type=_JSON)


class Trace(SQLModel, table=True):
    """What looking at one field, or deciding on one document, was like. No value stands in it.

    Times in ms. `offered` is what was shown, in order: the engines behind each candidate.
    """

    id: str = Field(primary_key=True)  # that of the act or decision
    document: str = Field(index=True)
    field: str = ""  # empty: the decision on the document
    act: str  # an Act, a Decision, a ParkedAs
    by: str
    at: datetime = Field(default_factory=now)
    shown_at: datetime | None = None  # by the browser's clock
    first_key: int | None = None  # after it was shown
    committed: int = 0  # after it was shown
    keys: int = 0
    clicks: int = 0
    backspaces: int = 0
    offered: list[list[str]] = Field(default_factory=list, sa_type=_JSON)
    chosen: int | None = None  # 0-based among `offered`; none: it was typed, or no reading taken
    typed: bool = False
    distance: int = 0  # letters changed from the proposal (Levenshtein)
    context: int = 0  # times the whole page or the engines' differences were opened
    dwell: int = 0  # in view, without breaks
    idle: int = 0  # breaks of over a minute in between
    latency: int | None = None  # from the key to the next document in view
    versions: dict[str, str] = Field(default_factory=dict, sa_type=_JSON)


class Signature(SQLModel, table=True):
    """Whose seal, by which certificate, over which digest. Append-only."""

    id: str = Field(default_factory=new_id, primary_key=True)
    document: str = Field(index=True)
    signer: str
    certificate: str
    level: str
    trial: bool
    record_digest: str
    pdf_digest: str  # SHA-512 of the signed file; without pages of the signature beside it
    ordered_by: str
    at: datetime
    beside: str = ""  # SHA-256 in the object store, where the signature stands beside its file
    profile: str = ""  # of seals, that it follows
    in_field: str = ""  # of the PDF; empty where it proves an earlier signature for longer


class Receipt(SQLModel, table=True):
    """A repository's word that it has the package. Append-only."""

    __table_args__ = (UniqueConstraint("repository", "package_digest"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    document: str = Field(default="", index=True)
    repository: str
    object_id: str
    version: str
    package_digest: str
    at: datetime


class Event(SQLModel, table=True):
    """Who moved what from which stage to which, when, why. Append-only; no holder is named."""

    id: int | None = Field(default=None, primary_key=True)
    document: str = Field(index=True)
    batch: str
    unit: str
    kind: str | None = None
    before: str | None = None
    after: str
    by: str
    reason: dict[str, Any] | None = Field(default=None, sa_type=_JSON)
    at: datetime = Field(default_factory=now)


class TemplateVersion(SQLModel, table=True):
    """What a template said at the time; never lost, named by its digest."""

    digest: str = Field(primary_key=True)
    template: str
    version: int
    source: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(default_factory=now)


class SurveyLine(SQLModel, table=True):
    """So many papers a unit has to digitise, of one field, kind and regime, and by when."""

    __table_args__ = (UniqueConstraint("unit", "area", "kind", "regime"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    unit: str
    area: str  # field of administration (lĩnh vực)
    kind: str = ""  # template id; empty: all kinds of the field
    regime: str  # "before" or "from" 01/7/2022
    papers: int
    target: int  # how many of them must be digitised by the due day
    due: date
    level: str = ""  # province, district or commune
    essential: bool = False  # one of the 25 essential public services
    by: str
    at: datetime = Field(default_factory=now)


class Worker(SQLModel, table=True):
    """A reading process and its last sign of life."""

    id: str = Field(primary_key=True)
    host: str
    pid: int
    started_at: datetime = Field(default_factory=now)
    seen_at: datetime = Field(default_factory=now)
