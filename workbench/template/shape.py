"""What a template can say: anchors, fields with their zones, line items, rules. Values only.

A template holds facts about paper only: what is printed on every copy, where a value stands in
relation to it, and what a value looks like. Lengths on a form are millimetres from the top left
corner of its sheet.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from workbench.errors import Sentence
from workbench.template import patterns

Kind = Literal[
    "text", "name", "address", "date", "document_number", "id_number", "org_number", "count",
    "phone",
]  # fmt: skip

# Thông tư 01/2023/TT-VPCP, Điều 9: the number of a person or organisation, or what stands for it.
NumberKind = Literal[
    "cccd", "cmnd", "passport", "tax", "business", "organisation_code", "decision", "other"
]

# How a value is found; `Zone.way` says which.
Way = Literal["after", "letterhead", "heading", "closing", "constant", "box", "line"]

Check = Literal["in_order", "same", "counts_items", "born_before"]

A4 = 210.0, 297.0  # mm; the sheet of a form that names none
_Millimetres = Annotated[float, Field(ge=0, le=2000, allow_inf_nan=False)]
_Side = Annotated[float, Field(gt=10, le=2000, allow_inf_nan=False)]
Rectangle = tuple[
    _Millimetres, _Millimetres, _Millimetres, _Millimetres
]  # left, top, right, bottom


class WrongError(ValueError):
    """This cannot stand in a template."""

    def __init__(self, says: Sentence) -> None:
        self.says = says
        super().__init__(str(says))


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _is_rectangle(value: Rectangle | None) -> Rectangle | None:
    if value is not None and not (value[0] < value[2] and value[1] < value[3]):
        raise WrongError(
            Sentence("give left, top, right, bottom in mm: left before right, top above bottom")
        )
    return value


class Label(_Fact):
    """Words for a person, in both languages of the screens."""

    vi: str
    en: str


class Zone(_Fact):
    """Where a value stands. Exactly one way to find it is given.

    `after`/`until`: in the running text, between printed words (the best of several wordings).
    `letterhead`: in the left half of the head (Nghị định 30/2020, Phụ lục I).
    `heading`: the lines of the title, between the head and the first "Căn cứ".
    `closing`: in the signature block: the line of place and date, the office, the rank, the name.
    `constant`: printed nowhere; the kind of paper says it.
    `box`: on the placed form, in mm; the words whose middle lies in it. Needs anchors with places.
    `line`: a regular expression with one group, sought in each line; the group is the value.
    """

    after: tuple[str, ...] = ()
    until: tuple[str, ...] = ()
    letterhead: Literal["superior", "issuer", "number"] | None = None
    heading: bool = False
    closing: Literal["date", "office", "rank", "signer"] | None = None
    constant: str | None = None
    box: Rectangle | None = None
    page: Annotated[int, Field(ge=1)] = 1  # of the form, for `box`
    line: str = ""

    _box_is_rectangle = field_validator("box")(_is_rectangle)

    @field_validator("line")
    @classmethod
    def _line_has_one_group(cls, value: str) -> str:
        if value and _compiled(value, "line").groups != 1:
            raise WrongError(Sentence("line needs exactly one group: ( ) around the value"))
        return value

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if len(self._ways()) != 1:
            raise WrongError(
                Sentence(
                    "give exactly one of after, letterhead, heading, closing, constant, box, line"
                )
            )
        if self.until and not self.after:
            raise WrongError(Sentence("until needs after"))
        if self.page != 1 and self.box is None:
            raise WrongError(Sentence("page needs box"))
        return self

    def _ways(self) -> list[Way]:
        given: dict[Way, bool] = {
            "after": bool(self.after),
            "letterhead": self.letterhead is not None,
            "heading": self.heading,
            "closing": self.closing is not None,
            "constant": self.constant is not None,
            "box": self.box is not None,
            "line": bool(self.line),
        }
        return [way for way, is_given in given.items() if is_given]

    @property
    def way(self) -> Way:
        return self._ways()[0]


class FieldSpec(_Fact):
    """One field of a form."""

    label: Label
    kind: Kind = "text"
    pattern: str = ""  # a regular expression for the whole value; only describes, never finds
    catalogue: str = ""  # a closed or open list in `catalogues/`
    closed: bool = False  # the catalogue holds every value there can be
    critical: bool = False  # a wrong value is a wrong record: number, date, holder
    personal: bool = False  # personal data (Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15)
    required: bool = True
    zone: Zone | None = None  # a column of a table has none

    @field_validator("pattern")
    @classmethod
    def _pattern_compiles(cls, value: str) -> str:
        _compiled(value, "pattern")
        return value

    @property
    def runs_away(self) -> bool:
        """Whether reading with its patterns might never come to an end; see `patterns`."""
        line = self.zone.line if self.zone else ""
        return patterns.backtracks(self.pattern) or patterns.backtracks(line)


def _compiled(pattern: str, what: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise WrongError(
            Sentence(
                "{what} is not a regular expression: {error}", {"what": what, "error": str(error)}
            )
        ) from error


class Column(FieldSpec):
    """One column of the table of line items; found under its printed heading."""

    heading: str


class Items(_Fact):
    """The table of line items: `muc.1.so_hieu` is row 1, column `so_hieu` of the items `muc`."""

    name: str
    ordinal: str  # heading of the column that counts the rows
    columns: dict[str, Column]
    until: tuple[str, ...] = ()


class Recognition(_Fact):
    """What tells this form from others; compared without marks and case, engines lose those."""

    all_of: Annotated[tuple[str, ...], Field(min_length=1)]
    none_of: tuple[str, ...] = ()


class Rule(_Fact):
    """What must hold between fields; `check` names a function in `validation`."""

    check: Check
    fields: Annotated[tuple[str, ...], Field(min_length=1)]
    severity: Literal["error", "warning", "information"] = "warning"
    says: Label


class HolderNumber(_Fact):
    """A field with an identity number of the holder, and of which kind it is by how it looks.

    `within`: the field with the authority that numbers by itself (a decision's number is its own).
    """

    field: str
    kinds: Annotated[dict[str, NumberKind], Field(min_length=1)]  # pattern -> kind; first that fits
    within: str = ""

    @model_validator(mode="after")
    def _patterns_compile(self) -> Self:
        for pattern in self.kinds:
            _compiled(pattern, pattern)
        return self


class HolderNames(_Fact):
    """Which fields say to whom the paper was issued (công văn 633/CAT-PV01: to one, exactly)."""

    kind: Literal["person", "organisation"]
    name: str
    numbers: tuple[HolderNumber, ...] = ()  # the first that stands on the paper counts

    @property
    def fields(self) -> tuple[str, ...]:
        named = [f for number in self.numbers for f in (number.field, number.within) if f]
        return (self.name, *named)


class Anchor(_Fact):
    """Words printed on every copy of a form; with `at`, where on it, in mm around the words."""

    text: str
    at: Rectangle | None = None
    page: Annotated[int, Field(ge=1)] = 1

    _at_is_rectangle = field_validator("at")(_is_rectangle)

    @model_validator(mode="before")
    @classmethod
    def _of_text(cls, given: Any) -> Any:
        return {"text": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _page_needs_place(self) -> Self:
        if self.page != 1 and self.at is None:
            raise WrongError(Sentence("page needs at"))
        return self


class Template(_Fact):
    """One kind of document."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    version: Annotated[int, Field(ge=1, le=999_999)]  # a database keeps no number of any length
    titles: Label = Field(alias="title")
    recognised_by: Recognition
    sheet: tuple[_Side, _Side] = A4  # width, height of a page of the form
    prints: Annotated[tuple[Anchor, ...], Field(alias="anchors", min_length=2)]
    fields: dict[str, FieldSpec]
    items: Items | None = None
    holder: HolderNames | None = None
    rules: tuple[Rule, ...] = ()
    source: bytes = Field(default=b"", exclude=True, repr=False)

    @model_validator(mode="after")
    def _rules_name_fields(self) -> Self:
        for rule in self.rules:
            for name in rule.fields:
                if name not in self.fields:
                    raise WrongError(
                        Sentence(
                            "rule {rule} names an unknown field: {name}",
                            {"rule": rule.check, "name": name},
                        )
                    )
        for name in self.holder.fields if self.holder else ():
            if name not in self.fields:
                raise WrongError(Sentence("holder names an unknown field: {name}", {"name": name}))
        for name, spec in self.fields.items():
            if spec.zone is None:
                raise WrongError(Sentence("field {name} has no zone", {"name": name}))
        return self

    @property
    def anchors(self) -> tuple[str, ...]:
        """The texts of all anchors, with and without a place."""
        return tuple(anchor.text for anchor in self.prints)

    @property
    def pages(self) -> int:
        """On how many pages of the form something has a place; at least one."""
        zones = (spec.zone for spec in self.fields.values())
        boxed = [zone.page for zone in zones if zone is not None and zone.box]
        return max([1, *boxed, *(anchor.page for anchor in self.prints if anchor.at)])

    @property
    def title(self) -> Mapping[str, str]:
        return self.titles.model_dump()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file: names this very text in every value read with it."""
        return hashlib.sha256(self.source).hexdigest()

    def spec(self, name: str) -> FieldSpec:
        """What is known of a field, also of `muc.2.so_hieu`. KeyError for a stranger."""
        if name in self.fields:
            return self.fields[name]
        table, _, rest = name.partition(".")
        row, _, column = rest.partition(".")
        if self.items and table == self.items.name and row.isdigit():
            return self.items.columns[column]
        raise KeyError(name)

    def field_label(self, name: str, language: str) -> str:
        """The field's words in this language; a line item says its row too."""
        words = self.spec(name).label
        label = words.en if language == "en" else words.vi
        if name in self.fields:
            return label
        return f"{name.split('.')[1]}. {label}"
