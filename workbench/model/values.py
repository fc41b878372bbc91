"""Values: frozen, computed, comparable, never half-made.

Places on paper are fractions of a page, origin top left, so that they survive any resolution; which
page (the scan or the readable image) is said where it matters.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from workbench.errors import Sentence
from workbench.model.states import Act, Severity


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
    `dear`: whether it costs so much that only what is in doubt is worth its time.
    """

    name: str
    version: str
    weights: str
    family: str
    marks: bool = True
    finds_lines: bool = True
    dear: bool = False


@dataclass(frozen=True, slots=True)
class Warp:
    """The map from pixels of the readable page to pixels of the scan (3x3, row-major)."""

    matrix: tuple[float, ...]
    readable: tuple[int, int]  # width, height in pixels
    scan: tuple[int, int]

    def to_scan(self, box: Box) -> Box:
        """The upright box on the scan that holds `box` of the readable page."""
        return _mapped(box, self.matrix, self.readable, self.scan)

    def to_readable(self, box: Box) -> Box:
        """The upright box on the readable page that holds `box` of the scan."""
        a, b, c, d, e, f, g, h, i = self.matrix
        # The adjugate is the inverse but for a factor, which falls out of the division by w.
        back = (
            e * i - f * h, c * h - b * i, b * f - c * e,
            f * g - d * i, a * i - c * g, c * d - a * f,
            d * h - e * g, b * g - a * h, a * e - b * d,
        )  # fmt: skip
        return _mapped(box, back, self.scan, self.readable)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Warp:
        return cls(tuple(kept["matrix"]), tuple(kept["readable"]), tuple(kept["scan"]))


def _mapped(
    box: Box, matrix: tuple[float, ...], size: tuple[int, int], onto: tuple[int, int]
) -> Box:
    a, b, c, d, e, f, g, h, i = matrix
    xs, ys = [], []
    for x, y in (
        (box.left, box.top),
        (box.right, box.top),
        (box.right, box.bottom),
        (box.left, box.bottom),
    ):
        px, py = x * size[0], y * size[1]
        w = g * px + h * py + i
        xs.append((a * px + b * py + c) / w / onto[0])
        ys.append((d * px + e * py + f) / w / onto[1])
    return Box.clipped(min(xs), min(ys), max(xs), max(ys))


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
class Passed:
    """An error that a person let pass, and why."""

    rule: str
    fields: str  # between spaces
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class StatedTerm:
    """How long a paper holds, as a person says; the day is ISO, empty where it has none."""

    validity: str
    until: str
    linked_to: str
    reason: str
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
    code: str = ""  # of the result (Thông tư 01/2023/TT-VPCP, Điều 10), given at approval
    passed: tuple[Passed, ...] = ()  # errors that people let pass
    term: StatedTerm | None = None  # what a person said beside what is printed

    def as_json(self) -> dict[str, Any]:
        kept = asdict(self)
        # What a record does not have is not named: older ones stay the same bytes.
        for name in ("code", "passed", "term"):
            if not kept[name]:
                del kept[name]
        return kept

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


class CheckState(StrEnum):
    GOOD = "good"
    OPEN = "open"  # was not asked, or needs looking at; stands in nobody's way
    BAD = "bad"  # nothing may be sealed


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was asked before sealing, and what came of it."""

    state: CheckState
    said: Sentence
    remedy: Sentence | None = None


@dataclass(frozen=True, slots=True)
class Sealing:
    """How a paper is to be sealed, and what its marks have to say of it."""

    profile: str = ""  # empty: the unit's usual one
    scanned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unsealed:
    """A paper that lacks nothing but the signature, however long that takes to come."""

    approved: Approved
    content: bytes = field(repr=False)  # the PDF with a place kept, or the record itself
    place: tuple[int, int] | None  # of the signature in `content`; None: it stands beside it
    to_sign: bytes
    at: datetime  # the time that stands in the seal
    certificate: str  # SHA-256 of the certificate that it was prepared for, hex
    profile: str = ""  # that it is sealed by
    in_field: str = ""  # of the PDF
    covered: bytes = b""  # digest of what the signature covers, where `content` never left us


@dataclass(frozen=True, slots=True)
class Asked:
    """An order to sign that a person has to confirm elsewhere, and until when they can."""

    code: str  # the service's name for it
    until: datetime


@dataclass(frozen=True, slots=True)
class Signed:
    """A sealed archival PDF (or record without pages), and over what."""

    approved: Approved
    pdf: bytes
    signer: str  # common name in the certificate
    certificate: str  # SHA-256 of the certificate, hex
    signed_at: datetime
    level: str  # PAdES level, e.g. "B-B"
    trial: bool  # made with a trial certificate: proves nothing to others
    beside: bytes = b""  # the signature, where `pdf` is a record that cannot hold it
    profile: str = ""  # that it was sealed by
    in_field: str = ""  # of the PDF

    @property
    def digest(self) -> str:
        """SHA-512 of what carries the seal: the PDF, or the signature beside the record."""
        return hashlib.sha512(self.beside or self.pdf).hexdigest()


@dataclass(frozen=True, slots=True)
class Proven:
    """A sealed PDF that proves something for longer, and by whose word."""

    pdf: bytes = field(repr=False)
    level: str
    witness: str  # common name in the certificate that the proof hangs on now
    certificate: str  # its SHA-256, hex
    at: datetime

    @property
    def digest(self) -> str:
        return hashlib.sha512(self.pdf).hexdigest()


@dataclass(frozen=True, slots=True)
class SignedApart:
    """A signature that stands beside its file (CAdES, DER)."""

    signature: bytes = field(repr=False)
    signer: str
    certificate: str  # SHA-256 of the certificate, hex
    trial: bool
    at: datetime


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


def day(text: str) -> date | None:
    """The date an ISO text names, or None."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
