"""What a unit's table is: where its headings stand, which column is which field. Data, in JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from rapidfuzz import fuzz, process

from workbench import catalogues, legacy, vietnamese
from workbench.errors import TemplateError, UnreadableFileError
from workbench.ledger.cells import Cell, Sheet, letters
from workbench.template import FieldSpec, Template

_LIKE = 74.0  # 0-100: how like a heading must be to what a field is called
_MOST_HEADER_ROWS = 3
ROW_KEY = "@row"  # the column that names a row in the database it comes from
PARTED = " / "  # between a heading and the one above it


class Column(BaseModel):
    """One column: how its heading reads, and its letter where there are no headings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    heading: str = ""
    letter: str = Field(default="", pattern=r"^[A-Z]{0,3}$")

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not (self.heading or self.letter):
            raise ValueError("a column needs its heading or its letter")
        return self


class Profile(BaseModel):
    """One way in which a unit, or a database, keeps papers of one kind in a table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=80)]
    kind: str  # template id
    sheet: str = ""  # empty: the first that is not hidden
    header: Annotated[int, Field(ge=1)] = 1  # the first row of headings, as Excel counts
    header_rows: Annotated[int, Field(ge=0, le=_MOST_HEADER_ROWS)] = 1
    columns: Annotated[dict[str, Column], Field(min_length=1)]  # field (or `muc.ten`) -> column
    constants: dict[str, str] = {}
    key: tuple[str, ...] = ()  # the fields that name a paper within its unit

    @model_validator(mode="after")
    def _key_is_mapped(self) -> Self:
        held = {*self.columns, *self.constants}
        if missing := [name for name in self.key if name not in held]:
            raise ValueError(f"the key names a field that no column holds: {missing[0]}")
        if twice := set(self.constants) & set(self.columns):
            raise ValueError(f"a field is both a column and a constant: {min(twice)}")
        return self

    @property
    def digest(self) -> str:
        """SHA-256 of what it says: names this very profile in every record taken in by it."""
        said = json.dumps(self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()

    @property
    def named_by(self) -> tuple[str, ...]:
        """The fields that name a paper: those it says, else issuer, number and day of issue."""
        held = {*self.columns, *self.constants}
        return self.key or tuple(f for f in ("co_quan_cap", "so", "ngay_cap") if f in held)

    def written(self) -> bytes:
        """The profile as JSON, to be kept in a file or carried to another site."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=1).encode()

    def must_fit(self, template: Template) -> None:
        """Raise TemplateError where it names a field that the form does not have."""
        for field in (*self.columns, *self.constants):
            if field != ROW_KEY and not _has(template, field):
                raise TemplateError(
                    "The profile {name} names a field that the form lacks: {field}.",
                    "Make the profile anew from a file, or correct it.",
                    name=self.name,
                    field=field,
                )


def read(source: bytes, name: str = "") -> Profile:
    """The profile that a file holds. Raises TemplateError with what is wrong."""
    try:
        return Profile.model_validate(json.loads(source.decode("utf-8-sig")))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise TemplateError(
            "{name} holds no mapping profile.", "Hand in one that was saved here (.json).",
            name=name,
        ) from error  # fmt: skip
    except ValidationError as error:
        first = error.errors()[0]
        raise TemplateError(
            "The profile {name} is not valid: {place}: {problem}.",
            "Correct the file and load it again.",
            name=name,
            place=".".join(str(part) for part in first["loc"]) or "profile",
            problem=first["msg"].removeprefix("Value error, "),
        ) from error


def fields_for(template: Template) -> tuple[str, ...]:
    """What a column can be: the fields of the form, then the columns of its table (`muc.ten`)."""
    items = template.items
    cells = (f"{items.name}.{c}" for c in items.columns) if items else ()
    return (*template.fields, *cells)


def label(template: Template, field: str, language: str) -> str:
    """How a field that a column can be is called."""
    spec = _spec(template, field)
    return spec.label.en if language == "en" else spec.label.vi


def headings(sheet: Sheet, first: int, rows: int) -> tuple[str, ...]:
    """What each column is called: its heading, below the one that spans it, joined by " / ".

    `first` is the row as Excel counts. Headings typed in TCVN3 or VNI are read as they were meant.
    """
    if not rows:
        return tuple(letters(column) for column in range(sheet.width))
    places = range(first - 1, first - 1 + rows)
    usual = _encoding_of([sheet.at(row, at) for row in places for at in range(sheet.width)])
    found = []
    for column in range(sheet.width):
        said: list[str] = []
        for row in places:
            merge = sheet.merge_at(row, column)
            cell = sheet.at(merge.top, merge.left) if merge else sheet.at(row, column)
            text = _heading(cell, usual)
            if text and text not in said:
                said.append(text)
        found.append(PARTED.join(said))
    return tuple(found)


def _encoding_of(cells: Sequence[Cell]) -> legacy.Encoding | None:
    """What headings are typed in, where one of them leaves no doubt."""
    judged = [legacy.judge(c.value, c.fonts[0] if c.fonts else "") for c in cells
              if isinstance(c.value, str)]  # fmt: skip
    return next((j.encoding for j in judged if j.encoding), None)


def _heading(cell: Cell, usual: legacy.Encoding | None) -> str:
    if not isinstance(cell.value, str):
        return "" if cell.value is None else vietnamese.nfc(str(cell.value))
    font = cell.fonts[0] if cell.fonts else ""
    judged = legacy.judge(cell.value, font)
    encoding = judged.encoding or (usual if judged.could_be == usual else None)
    text = legacy.decode(cell.value, encoding, font=font) if encoding else cell.value
    return vietnamese.nfc(text)


def places(sheet: Sheet, profile: Profile) -> Mapping[str, int]:
    """Field -> the column where it stands, 0-based. Raises UnreadableFileError for one missing."""
    found = headings(sheet, profile.header, profile.header_rows)
    by_heading: dict[str, list[int]] = {}
    for number, text in enumerate(found):
        by_heading.setdefault(_bare(text), []).append(number)
    by_letter = {letters(number): number for number in range(len(found))}
    placed: dict[str, int] = {}
    for field, column in profile.columns.items():
        at = by_letter.get(column.letter)
        if column.heading and profile.header_rows:
            alike = by_heading.get(_bare(column.heading), [])
            if at not in alike:
                at = _in_turn(field, profile, alike)
        if at is None:
            raise UnreadableFileError(
                "The sheet {sheet} has no column “{heading}”.",
                "Check the rows of headings, or choose another profile.",
                sheet=sheet.name,
                heading=column.heading or column.letter,
            )
        placed[field] = at
    return placed


def _in_turn(field: str, profile: Profile, alike: Sequence[int]) -> int | None:
    """Which of the columns headed alike ("Ngày cấp") a field's is, where the table has moved:
    they keep their order. None where they are not as many as they were."""
    heading = _bare(profile.columns[field].heading)
    named = [f for f, column in profile.columns.items() if _bare(column.heading) == heading]
    named.sort(key=lambda f: (len(profile.columns[f].letter), profile.columns[f].letter))
    if len(alike) == 1 and len(named) == 1:
        return alike[0]
    return alike[named.index(field)] if len(named) == len(alike) else None


def header_of(sheet: Sheet, template: Template) -> tuple[int, int]:
    """The likeliest first row of headings (as Excel counts) and how many there are."""
    best, found = 0.0, (1, 1)
    for first in range(1, min(len(sheet.rows), 15) + 1):
        for rows in (1, 2):
            said = headings(sheet, first, rows)
            score = sum(score for _, _, score in _likenesses(said, template)) / 100
            # A row of data below the headings makes no heading: it is like nothing.
            if score > best + 0.05:
                best, found = score, (first, rows)
    return found


def propose(
    said: Sequence[str], template: Template, sheet: str = "", *, header: tuple[int, int] = (1, 1)
) -> Profile | None:
    """A profile for these headings: each field gets the column likest to what it is called, the
    likest first. None where no heading is like any field."""
    columns: dict[str, Column] = {}
    taken: set[int] = set()
    for at, field, _ in sorted(_likenesses(said, template), key=lambda found: -found[2]):
        if at not in taken and field not in columns:
            columns[field] = Column(heading=said[at], letter=letters(at))
            taken.add(at)
    if not columns:
        return None
    order = {field: n for n, field in enumerate(fields_for(template))}
    return Profile(
        name=template.title["vi"][:80],
        kind=template.id,
        sheet=sheet,
        header=header[0],
        header_rows=header[1],
        columns=dict(sorted(columns.items(), key=lambda c: order[c[0]])),
    )


def _likenesses(said: Sequence[str], template: Template) -> list[tuple[int, str, float]]:
    """Column, field and likeness (0-100) for all that are alike enough."""
    found = []
    for field in fields_for(template):
        names = _names(template.id, field, label(template, field, "vi"))
        for at, text in enumerate(said):
            if not text:
                continue
            # The heading alone, and with the one above it: "Giấy phép / Số" is "số giấy phép".
            ways = {_bare(text), _bare(text.split(PARTED)[-1])}
            score = max(
                best[1] if (best := process.extractOne(way, names, scorer=fuzz.ratio)) else 0.0
                for way in ways
            )
            if PARTED in text:
                score = max(score, 0.97 * max(fuzz.token_sort_ratio(_bare(text), n) for n in names))
            if score >= _LIKE:
                found.append((at, field, score))
    return found


@cache
def _names(kind: str, field: str, called: str) -> tuple[str, ...]:
    """What a field may be called in a heading, without marks and case."""
    known = catalogues.headings()
    also = (*known.get(kind, {}).get(field, ()), *known.get("*", {}).get(field, ()))
    return tuple(dict.fromkeys(_bare(name) for name in (called, *also)))


def _bare(text: str) -> str:
    plain = "".join(c if c.isalnum() else " " for c in vietnamese.fold(vietnamese.nfc(text)))
    return " ".join(plain.split())


def _has(template: Template, field: str) -> bool:
    return field in fields_for(template)


def _spec(template: Template, field: str) -> FieldSpec:
    return template.spec(cell_name(field, 1))


def cell_name(field: str, row: int) -> str:
    """`muc.ten` of the first line of a paper is its field `muc.1.ten`; other fields stay."""
    table, dot, column = field.partition(".")
    return f"{table}.{row}.{column}" if dot else field
