"""The nouns: rows that are kept, values that are computed.

Rows are SQLModel tables and plain records: no relationship loads behind your back. Values are
frozen dataclasses, computed and comparable. Places on paper are fractions of a page, origin top
left, so that they survive any resolution; which page (the scan or the readable image) is said where
it matters.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Self
from uuid import uuid4

from sqlalchemy import JSON, Enum, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from workbench.errors import Sentence


def now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    return uuid4().hex


# --- words for states ------------------------------------------------------------------------


class Stage(StrEnum):
    """Where a document stands: the state machine and the work queue."""

    RECEIVED = "received"
    READ = "read"
    PROPOSED = "proposed"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    SIGNED = "signed"
    EXPORTED = "exported"
    HELD = "held"
    REJECTED = "rejected"


class Intake(StrEnum):
    """What became of a file that was handed in."""

    ACCEPTED = "accepted"
    KNOWN = "known"  # the same bytes were taken in before; not read twice
    REFUSED = "refused"


class Decision(StrEnum):
    """How a sitting with a document ends."""

    PASS = "pass"  # noqa: S105 - a decision
    RETURN = "return"
    RESCAN = "rescan"


class Act(StrEnum):
    """What a reviewer did with one field."""

    ACCEPT = "accept"  # the proposed value stands
    CANDIDATE = "candidate"  # another engine's reading was taken
    EDIT = "edit"
    ILLEGIBLE = "illegible"
    ABSENT = "absent"  # not present on this paper
    UNDO = "undo"


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


class Role(StrEnum):
    REVIEWER = "reviewer"
    DESIGNER = "designer"
    APPROVER = "approver"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"


# --- values ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in fractions of its width and height, origin top left."""

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1):
            raise ValueError(f"not a box on the page: {self.as_list()}")

    @classmethod
    def clipped(cls, left: float, top: float, right: float, bottom: float) -> Self:
        """The part of the rectangle that lies on the page, never thinner than a hair."""
        hair = 1e-4
        x0, y0 = min(max(left, 0.0), 1 - hair), min(max(top, 0.0), 1 - hair)
        return cls(x0, y0, max(min(right, 1.0), x0 + hair), max(min(bottom, 1.0), y0 + hair))

    @classmethod
    def around(cls, boxes: Sequence[Box]) -> Self:
        """The smallest box that holds them all; `boxes` is not empty."""
        return cls(
            min(b.left for b in boxes),
            min(b.top for b in boxes),
            max(b.right for b in boxes),
            max(b.bottom for b in boxes),
        )

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def holds(self, x: float, y: float) -> bool:
        return self.left <= x <= self.right and self.top <= y <= self.bottom

    def turned(self, degrees: int) -> Box:
        """Where the box lies after the page is turned clockwise by 0, 90, 180 or 270 degrees."""
        match degrees % 360:
            case 0:
                return self
            case 90:
                return Box(1 - self.bottom, self.left, 1 - self.top, self.right)
            case 180:
                return Box(1 - self.right, 1 - self.bottom, 1 - self.left, 1 - self.top)
            case 270:
                return Box(self.top, 1 - self.right, self.bottom, 1 - self.left)
        raise ValueError(f"not a right angle: {degrees}")

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        return (
            round(self.left * width),
            round(self.top * height),
            round(self.right * width),
            round(self.bottom * height),
        )

    def as_list(self) -> list[float]:
        return [round(v, 5) for v in (self.left, self.top, self.right, self.bottom)]


@dataclass(frozen=True, slots=True)
class Word:
    """One word an engine saw: NFC text, its box on the readable page, confidence 0-1, its line.

    `confidence` is on the engine's own scale and is never compared between engines.
    """

    text: str
    box: Box
    confidence: float
    line: int

    def as_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "box": self.box.as_list(),
            "confidence": round(self.confidence, 4),
            "line": self.line,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Word:
        return cls(kept["text"], Box(*kept["box"]), kept["confidence"], kept["line"])


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an engine is, as it is kept with every reading.

    `family`: engines of one family err alike and have one vote between them.
    `marks`: whether it writes Vietnamese diacritics; without, it is a witness to base letters only.
    `finds_lines`: whether it finds the lines of a page itself, or must be given them.
    """

    name: str
    version: str
    weights: str
    family: str
    marks: bool = True
    finds_lines: bool = True


@dataclass(frozen=True, slots=True)
class Warp:
    """The map from pixels of the readable page to pixels of the scan (3x3, row-major)."""

    matrix: tuple[float, ...]
    readable: tuple[int, int]  # width, height in pixels
    scan: tuple[int, int]

    def to_scan(self, box: Box) -> Box:
        """The upright box on the scan that holds `box` of the readable page."""
        a, b, c, d, e, f, g, h, i = self.matrix
        xs, ys = [], []
        for x, y in (
            (box.left, box.top),
            (box.right, box.top),
            (box.right, box.bottom),
            (box.left, box.bottom),
        ):
            px, py = x * self.readable[0], y * self.readable[1]
            w = g * px + h * py + i
            xs.append((a * px + b * py + c) / w / self.scan[0])
            ys.append((d * px + e * py + f) / w / self.scan[1])
        return Box.clipped(min(xs), min(ys), max(xs), max(ys))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Warp:
        return cls(tuple(kept["matrix"]), tuple(kept["readable"]), tuple(kept["scan"]))


@dataclass(frozen=True, slots=True)
class Quality:
    """How fit a page is to be read."""

    dpi: int  # estimated from the pixels and the paper size
    blur: float  # variance of the Laplacian at 200 dpi; under about 50 is blurred
    skew: float  # degrees, positive clockwise
    contrast: float  # 0-1, ink against paper
    blank: bool
    rotation: int = 0  # degrees clockwise that bring the scan upright: 0, 90, 180, 270


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that does not hold, in words for a person."""

    severity: Severity
    rule: str
    sentence: Sentence
    fields: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "severity": self.severity.value,
            "rule": self.rule,
            "sentence": self.sentence.as_json(),
            "fields": list(self.fields),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Finding:
        return cls(
            Severity(kept["severity"]),
            kept["rule"],
            Sentence.from_json(kept["sentence"]),
            tuple(kept["fields"]),
        )


@dataclass(frozen=True, slots=True)
class SettledField:
    """One field as two people vouch for it."""

    name: str
    value: str
    normalised: str
    act: Act  # accepted as proposed, chosen, typed, illegible or absent
    page: int | None  # 0-based within the document
    box: tuple[float, ...] | None  # on the page as scanned
    by: str


@dataclass(frozen=True, slots=True)
class Record:
    """The settled fields of a document with their provenance, as canonical JSON."""

    document: str
    kind: str
    template: str  # "id@version"
    template_digest: str
    originals: tuple[str, ...]  # SHA-256 of the files as received
    fields: tuple[SettledField, ...]
    reviewed_by: str
    revision: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def canonical(self) -> bytes:
        """Sorted keys, no spaces, UTF-8: the same record is always the same bytes."""
        return json.dumps(
            self.as_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ).encode()

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.canonical()).hexdigest()

    def value(self, name: str) -> str:
        return next((f.value for f in self.fields if f.name == name), "")


@dataclass(frozen=True, slots=True)
class Approved:
    """A record that a second person vouched for: what was seen is what is sealed."""

    record: Record
    record_digest: str
    approved_by: str
    approved_at: datetime


@dataclass(frozen=True, slots=True)
class Signed:
    """A sealed archival PDF, and over what."""

    approved: Approved
    pdf: bytes
    signer: str  # common name in the certificate
    certificate: str  # SHA-256 of the certificate, hex
    signed_at: datetime
    level: str  # PAdES level, e.g. "B-B"
    trial: bool  # made with a trial certificate: proves nothing to others

    @property
    def digest(self) -> str:
        return hashlib.sha512(self.pdf).hexdigest()


@dataclass(frozen=True, slots=True)
class Package:
    """What a repository takes: the files of one record by name, and the object they belong to."""

    object_id: str
    files: Mapping[str, bytes] = field(repr=False)
    message: str = ""

    @property
    def digest(self) -> str:
        """SHA-512 over names and contents, in order of names."""
        total = hashlib.sha512()
        for name in sorted(self.files):
            total.update(name.encode() + b"\0" + hashlib.sha512(self.files[name]).digest())
        return total.hexdigest()


# --- rows --------------------------------------------------------------------------------------


def _stored(kind: type[StrEnum]) -> Enum:
    # Stored by value in a plain text column: a new member needs no migration.
    return Enum(kind, native_enum=False, length=20, values_callable=lambda e: [m.value for m in e])


class Unit(SQLModel, table=True):
    """An agency's unit that hands in papers: a department, a district or a commune police."""

    code: str = Field(primary_key=True)
    name: str


class Person(SQLModel, table=True):
    """Somebody who may sign in."""

    name: str = Field(primary_key=True)  # the sign-in name
    shown_as: str
    password_hash: str
    roles: list[str] = Field(default_factory=list, sa_type=JSON)
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

    id: str = Field(default_factory=new_id, primary_key=True)
    batch: str = Field(index=True)
    name: str  # as given
    digest: str | None = Field(default=None, index=True)
    media_type: str | None = None
    size: int = 0
    pages: int = 0
    intake: Intake = Field(sa_type=_stored(Intake))
    reason: dict[str, Any] | None = Field(default=None, sa_type=JSON)  # a Sentence
    remedy: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    known_as: str | None = None  # the earlier SourceFile with the same bytes
    at: datetime = Field(default_factory=now)


class Document(SQLModel, table=True):
    """One paper record. The only row that changes; every change names stage and revision it saw."""

    __table_args__ = (Index("ix_document_queue", "stage", "lease_until"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    batch: str = Field(index=True)
    source: str
    unit: str = Field(index=True)
    number: int  # place in its batch, from 1
    stage: Stage = Field(default=Stage.RECEIVED, sa_type=_stored(Stage))
    revision: int = 0
    held_at: Stage | None = Field(default=None, sa_type=_stored(Stage))
    reason: dict[str, Any] | None = Field(default=None, sa_type=JSON)  # why held or returned
    remedy: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    kind: str | None = Field(default=None, index=True)  # template id
    template_digest: str | None = None
    classified: dict[str, Any] | None = Field(default=None, sa_type=JSON)  # scores, runner-up, fit
    reviewer: str | None = None
    approver: str | None = None
    approved_at: datetime | None = None
    seal_by: str | None = None  # who ordered the seal; until then an approved document rests
    lease_by: str | None = None
    lease_until: datetime | None = None
    attempts: int = 0
    record_digest: str | None = None
    pdf_digest: str | None = None  # SHA-256 in the object store
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
    view: str  # digest of the same pixels turned upright, compressed for the screen
    readable: str | None = None  # digest of the image the engines saw
    warp: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    quality: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    rotation: int = 0  # degrees clockwise that bring the scan upright


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
    failure: dict[str, Any] | None = Field(default=None, sa_type=JSON)  # a Sentence
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
    box: list[float] | None = Field(default=None, sa_type=JSON)  # on the page as scanned
    cpu_seconds: float = 0.0


class Proposal(SQLModel, table=True):
    """What the machine would write in a field."""

    __table_args__ = (UniqueConstraint("document", "field"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    document: str = Field(index=True)
    field: str
    position: int  # reading order on the form
    value: str
    normalised: str  # ISO for dates, else the value
    page: int | None = None  # 0-based within the document
    box: list[float] | None = Field(default=None, sa_type=JSON)  # on the page as scanned
    candidates: dict[str, str] = Field(default_factory=dict, sa_type=JSON)  # engine -> text
    confidence: float = 0.0  # probability of being right, 0-1
    agreement: float = 0.0  # share of the families with a vote that say this
    accepted: bool = False  # no person need look at it
    findings: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    template_digest: str = ""


class Correction(SQLModel, table=True):
    """One act of one person on one field. Append-only; the newest that is not undone stands."""

    __table_args__ = (Index("ix_correction_field", "document", "field"),)

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
    serial: int = Field(default=0, index=True)  # order within the document


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


class Signature(SQLModel, table=True):
    """Whose seal, by which certificate, over which digest. Append-only."""

    id: str = Field(default_factory=new_id, primary_key=True)
    document: str = Field(index=True)
    signer: str
    certificate: str
    level: str
    trial: bool
    record_digest: str
    pdf_digest: str  # SHA-512 of the signed file
    ordered_by: str
    at: datetime


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
    reason: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    at: datetime = Field(default_factory=now)


class TemplateVersion(SQLModel, table=True):
    """What a template said at the time; never lost, named by its digest."""

    digest: str = Field(primary_key=True)
    template: str
    version: int
    source: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(default_factory=now)


class Worker(SQLModel, table=True):
    """A reading process and its last sign of life."""

    id: str = Field(primary_key=True)
    host: str
    pid: int
    started_at: datetime = Field(default_factory=now)
    seen_at: datetime = Field(default_factory=now)
    doing: str | None = None  # document id


ROWS: tuple[type[SQLModel], ...] = (
    Unit, Person, Batch, SourceFile, Document, Page, Reading, FieldReading, Proposal, Correction,
    Review, Signature, Receipt, Event, TemplateVersion, Worker,
)  # fmt: skip


def day(text: str) -> date | None:
    """The date an ISO text names, or None."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
