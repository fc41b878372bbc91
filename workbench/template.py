"""What a form says: `ocr_templates/*.yaml`, read, checked, and explained by file and line.

A template holds facts about paper only: what is printed on every copy, where a value stands in
relation to it, and what a value looks like. A broken template stops the start; it is never skipped.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from workbench.errors import TemplateError

Kind = Literal[
    "text", "name", "address", "date", "document_number", "id_number", "org_number", "count",
    "phone",
]  # fmt: skip

# Thông tư 01/2023/TT-VPCP, Điều 9: the number of a person or organisation, or what stands for it.
NumberKind = Literal[
    "cccd", "cmnd", "passport", "tax", "business", "organisation_code", "decision", "other"
]


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


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
    """

    after: tuple[str, ...] = ()
    until: tuple[str, ...] = ()
    letterhead: Literal["superior", "issuer", "number"] | None = None
    heading: bool = False
    closing: Literal["date", "office", "rank", "signer"] | None = None
    constant: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [
            bool(self.after),
            self.letterhead is not None,
            self.heading,
            self.closing is not None,
            self.constant is not None,
        ]
        if sum(ways) != 1:
            raise ValueError("give exactly one of after, letterhead, heading, closing, constant")
        if self.until and not self.after:
            raise ValueError("until needs after")
        return self


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

    @model_validator(mode="after")
    def _pattern_compiles(self) -> Self:
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"pattern is not a regular expression: {error}") from error
        return self


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

    check: Literal["in_order", "same", "counts_items", "born_before"]
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
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern} is not a regular expression: {error}") from error
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


class Template(_Fact):
    """One kind of document."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    version: Annotated[int, Field(ge=1)]
    titles: Label = Field(alias="title")
    recognised_by: Recognition
    anchors: Annotated[tuple[str, ...], Field(min_length=2)]
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
                    raise ValueError(f"rule {rule.check} names an unknown field: {name}")
        for name in self.holder.fields if self.holder else ():
            if name not in self.fields:
                raise ValueError(f"holder names an unknown field: {name}")
        for name, spec in self.fields.items():
            if spec.zone is None:
                raise ValueError(f"field {name} has no zone")
        return self

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


def load(path: Path) -> Template:
    """Read and check one file. Raises TemplateError with file, line and words."""
    try:
        source = path.read_bytes()
    except OSError as error:
        raise TemplateError(
            "The template {name} cannot be read.", "Check the folder.", name=path.name
        ) from error
    return parse(source, path.name)


def load_all(folder: Path) -> Mapping[str, Template]:
    """Every template of a folder by its id. Raises TemplateError at the first that is broken."""
    found: dict[str, Template] = {}
    for path in sorted(folder.glob("*.yaml")):
        template = load(path)
        if template.id in found:
            raise TemplateError(
                "{name}: the template {id} exists twice.",
                "Give one of them another id.",
                name=path.name,
                id=template.id,
            )
        found[template.id] = template
    return found


def parse(source: bytes, name: str) -> Template:
    """Check the text of a template; `name` is what errors call it."""
    try:
        root = yaml.compose(source, Loader=yaml.SafeLoader)
        content = yaml.safe_load(source)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        raise TemplateError(
            "{name}, line {line}: not valid YAML: {problem}.",
            "Correct the line and load it again.",
            name=name,
            line=mark.line + 1 if mark else 1,
            problem=str(getattr(error, "problem", None) or "the text is not UTF-8"),
        ) from error
    if not isinstance(content, dict):
        content = {}
    try:
        return Template.model_validate({**content, "source": source})
    except ValidationError as error:
        first = error.errors()[0]
        place = [part for part in first["loc"] if not str(part).startswith("function-")]
        raise TemplateError(
            "{name}, line {line}: {place}: {problem}.",
            "Correct the line and load it again.",
            name=name,
            line=_line(root, place),
            place=".".join(str(part) for part in place) or "template",
            problem=first["msg"].removeprefix("Value error, "),
        ) from error


def _line(node: Any, place: Sequence[str | int]) -> int:
    """The line, from 1, of the deepest part of `place` that stands in the file."""
    line = 1
    for child in _descend(node, place):
        line = child.start_mark.line + 1
    return line


def _descend(node: Any, place: Sequence[str | int]) -> Iterator[Any]:
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pairs = {key.value: (key, value) for key, value in node.value}
            if str(part) not in pairs:
                return
            key, node = pairs[str(part)]
            yield key
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            if part >= len(node.value):
                return
            node = node.value[part]
            yield node
        else:
            return
