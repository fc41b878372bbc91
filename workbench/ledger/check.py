"""A sheet under a profile: the papers it holds, all that was done to its cells, all that is wrong.

Every row that holds something ends as one line of a paper, as a fault, or as left out by a choice;
nothing falls between. Rows are counted as Excel counts them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from workbench import catalogues, legacy, vietnamese
from workbench.errors import Sentence
from workbench.ledger.cells import EMPTY, Cell, Sheet, letters
from workbench.ledger.coercion import Coercion, Refused, Step, is_ditto, value_of
from workbench.ledger.profile import ROW_KEY, Profile, cell_name, places
from workbench.model import Finding, Severity, day
from workbench.template import FieldSpec, Template
from workbench.validation import Facts, validate

TAKE, LEAVE = "take", "leave"
_TOTAL = re.compile(r"tổng (?:cộng|số)\b|(?:tổng|cộng)\s*[:.]?\s*[\d.,]*$")
_SAMPLES = 12  # texts shown before and after a turn, of each group


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person decided about this file; without a decision the rows in question are faults."""

    zeros: bool = False  # put a lost 0 back where one is proposed
    turn: frozenset[legacy.Encoding] = frozenset()  # encodings to turn into Unicode
    hidden: str = ""  # hidden rows: TAKE or LEAVE


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell or row. `shown` is what stands there, for the screen alone."""

    row: int
    column: str  # letter; empty: the row as a whole
    field: str
    code: str
    sentence: Sentence
    shown: str = ""
    settles: str = ""  # the choice that would settle it: zero, tcvn3, vni, hidden


@dataclass(frozen=True, slots=True)
class Line:
    """One paper: its values by field as they are kept, the rows it stands in, what names it.

    `key` names the paper by its profile's fields; `content` is the digest of all its values.
    `remarks` are what a reviewer should look at; they keep nothing out.
    """

    rows: tuple[int, ...]
    values: Mapping[str, str]
    key: str
    content: str
    row_key: str = ""  # of the row in its database
    remarks: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """Texts of one column that are not in Unicode, as they stand and as they would be."""

    encoding: legacy.Encoding
    column: str
    by_font: bool
    cells: int
    texts: tuple[tuple[str, str], ...]  # before, after


@dataclass(frozen=True, slots=True)
class Checked:
    """What a sheet comes to."""

    rows: int  # that hold something, below the headings
    lines: tuple[Line, ...]
    faults: tuple[Fault, ...]
    coercions: tuple[Coercion, ...]
    samples: tuple[Sample, ...] = ()
    left: tuple[int, ...] = ()  # hidden rows, left out as somebody chose
    hidden_columns: tuple[str, ...] = ()  # of those that are taken, by letter
    faulty: frozenset[int] = field(default_factory=frozenset)  # rows that are not taken

    def as_list(self) -> Iterator[tuple[int, Sentence]]:
        """Row and sentence of every fault, in the order of the rows."""
        for fault in self.faults:
            yield fault.row, fault.sentence


def check(
    sheet: Sheet, profile: Profile, template: Template, *, choices: Choices, today: date
) -> Checked:
    """Everything that a sheet says under a profile. `today`: no paper was issued later.

    Raises UnreadableFileError where a column is missing, TemplateError for a field of no form.
    """
    profile.must_fit(template)
    return _Reading(sheet, profile, template, choices, today).made()


def content_of(values: Mapping[str, str]) -> str:
    """The digest of a paper's values."""
    said = json.dumps({k: v for k, v in values.items() if v}, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def key_of(kind: str, named_by: Sequence[str], values: Mapping[str, str]) -> str:
    """The digest that names a paper within its unit; empty where a part of its name is missing.

    Compared as a person would: case, marks of tone on oa and uy, dashes and spaces do not part.
    """
    parts = [vietnamese.key(values.get(name, "")).casefold() for name in named_by]
    if not parts or not all(parts):
        return ""
    said = json.dumps([kind, *parts], ensure_ascii=False)
    return "paper:" + hashlib.sha256(said.encode()).hexdigest()


class _Reading:
    """One sheet being read, row by row: what stands above is needed for "nt" and merged cells."""

    def __init__(
        self, sheet: Sheet, profile: Profile, template: Template, choices: Choices, today: date
    ) -> None:
        self.sheet, self.profile, self.template = sheet, profile, template
        self.choices, self.today = choices, today
        self.facts = Facts()  # its tables are made ready once for all rows
        self.places = places(sheet, profile)
        self.specs = {
            name: template.spec(cell_name(name, 1)) for name in self.places if name != ROW_KEY
        }
        self.plain = [f for f in self.specs if "." not in f]
        self.cells = [f for f in self.specs if "." in f]
        self.faults: list[Fault] = []
        self.coercions: list[Coercion] = []
        self.above: dict[str, str | None] = {}  # field -> value of the row above; None: faulty
        self.first = profile.header - 1 + profile.header_rows  # 0-based, first row of data
        self.encodings = self._column_encodings()
        self.groups: dict[tuple[str, str, bool], Counter[tuple[str, str]]] = defaultdict(Counter)

    def made(self) -> Checked:
        left: list[int] = []
        held = 0
        papers: list[_Paper] = []
        for at in range(self.first, len(self.sheet.rows)):
            if not self._holds(at):
                continue
            held += 1
            row = at + 1
            if at in self.sheet.hidden_rows:
                if self.choices.hidden == LEAVE:
                    left.append(row)
                    continue
                if self.choices.hidden != TAKE:
                    self._fault(row, "", "hidden", Sentence("The row is hidden."), settles="hidden")
            if self._is_total(at):
                self._fault(row, "", "total", Sentence("The row holds totals, not a paper."))
                continue
            values = self._values(at)
            if papers and self._continues(values):
                papers[-1].add(row, values, self.cells)
                continue
            papers.append(_Paper(row, values, self.cells))
        lines = self._lines(papers)
        faulty = {fault.row for fault in self.faults}
        return Checked(
            rows=held,
            lines=tuple(lines),
            faults=tuple(sorted(self.faults, key=lambda f: (f.row, len(f.column), f.column))),
            coercions=tuple(self.coercions),
            samples=tuple(self._samples()),
            left=tuple(left),
            hidden_columns=tuple(
                letters(c) for c in sorted(self.sheet.hidden_columns & set(self.places.values()))
            ),
            faulty=frozenset(faulty),
        )

    # --- rows ---

    def _holds(self, at: int) -> bool:
        return any(not self.sheet.at(at, column).is_empty for column in self.places.values())

    def _is_total(self, at: int) -> bool:
        first = next(
            (c.value for c in self.sheet.rows[at] if isinstance(c.value, str) and c.value.strip()),
            "",
        )
        return bool(_TOTAL.match(vietnamese.nfc(first).casefold())) and self._empty_name(at)

    def _empty_name(self, at: int) -> bool:
        named = [self.places[f] for f in self.profile.named_by if f in self.places]
        return sum(not self.sheet.at(at, column).is_empty for column in named) < max(1, len(named))

    def _continues(self, values: Mapping[str, str | None]) -> bool:
        """Whether the row is one more line of the paper above: nothing but columns of its table."""
        if not self.cells or not any(values.get(f) for f in self.cells):
            return False
        return all(values.get(f) == "" for f in self.plain if f in self.profile.named_by)

    def _values(self, at: int) -> dict[str, str | None]:
        """Field -> value as it is kept; None where the cell is refused."""
        values: dict[str, str | None] = {}
        for name, column in self.places.items():
            kind = self.specs[name].kind if name in self.specs else "text"
            try:
                values[name] = self._value(at, name, column, kind)
            except Refused as why:
                cell = self.sheet.at(at, column)
                self._fault(
                    at + 1, name, why.code, why.sentence, shown=_shown(cell), settles=why.settles
                )
                values[name] = None
        self.above = {**self.above, **values}
        return values

    def _value(self, at: int, name: str, column: int, kind: str) -> str:
        cell, merged = self._cell(at, name, column)
        before: list[Step] = []
        if isinstance(cell.value, str):
            cell = self._turned(cell, column, before)
            if is_ditto(cell.value if isinstance(cell.value, str) else ""):
                return self._ditto(at, name, column, kind)
        text, steps = value_of(cell, kind, epoch=self.sheet.epoch)
        if merged and text:
            before.append(Step("merged", "", text))
        if kind == "id_number" and text:
            text = self._identity(text, steps)
        for step in (*before, *steps):
            self.coercions.append(Coercion(at + 1, letters(column), name, *step))
        return text

    def _cell(self, at: int, name: str, column: int) -> tuple[Cell, bool]:
        """The cell, or the first of those it is merged with, and whether it is not itself."""
        merge = self.sheet.merge_at(at, column)
        if merge is None:
            return self.sheet.at(at, column), False
        mapped = [c for c in self.places.values() if merge.left <= c <= merge.right]
        if len(mapped) > 1:
            raise Refused("merged_across", Sentence("Cells of several columns are merged here."))
        if merge.top == at and merge.left == column:
            return self.sheet.at(at, column), False
        if merge.top < at and name in self.profile.named_by:
            if self.cells:
                return EMPTY, False  # one more line of the paper above
            if self.specs[name].kind == "document_number":
                raise Refused("merged_number", Sentence("One number is merged over several rows."))
        return self.sheet.at(merge.top, merge.left), True

    def _ditto(self, at: int, name: str, column: int, kind: str) -> str:
        if kind in ("document_number", "id_number", "org_number"):
            raise Refused("ditto_number", Sentence("A number cannot be “as above”."))
        above = self.above.get(name, "")
        if not above:
            raise Refused("ditto_nothing", Sentence("“As above”, but nothing stands above."))
        self.coercions.append(
            Coercion(at + 1, letters(column), name, "ditto", str(self.sheet.at(at, column).value),
                     above)
        )  # fmt: skip
        return above

    def _identity(self, text: str, steps: list[Step]) -> str:
        """The number without spaces and dots; a lost 0 is put back only where somebody chose it."""
        bare = re.sub(r"(?<=\d)[ .\-](?=\d)", "", text)
        if bare != text:
            steps.append(Step("spaces", text, bare))
        if re.fullmatch(r"\d{11}|\d{8}", bare):
            if not self.choices.zeros:
                raise Refused("zero", Sentence("A leading 0 seems to be lost: {n} digits.",
                                               {"n": len(bare)}), settles="zero")  # fmt: skip
            steps.append(Step("zero", bare, "0" + bare))
            return "0" + bare
        if bare.isdigit() and len(bare) not in (9, 12):
            raise Refused("identity_digits", Sentence("An identity number has 12 digits (9 on old "
                                                      "papers), not {n}.", {"n": len(bare)})
                          )  # fmt: skip
        if re.search(r"\d", bare) and re.search(r"[OoIl]", bare[1:]):
            raise Refused("identity_letters", Sentence("Letters stand among the digits."))
        return bare

    # --- encodings ---

    def _column_encodings(self) -> Mapping[int, legacy.Encoding]:
        """Columns where most of what can be told is typed in an old encoding."""
        found: dict[int, legacy.Encoding] = {}
        for column in set(self.places.values()):
            counts: Counter[legacy.Encoding | None] = Counter()
            for at in range(self.first, len(self.sheet.rows)):
                cell = self.sheet.at(at, column)
                if isinstance(cell.value, str) and not cell.value.isascii():
                    judged = _judged(cell.value, cell.fonts)
                    if not judged.doubtful and not judged.mixed:
                        counts[judged.encoding] += 1
            (usual, times), *_ = counts.most_common(1) or [(None, 0)]
            if usual is not None and times > sum(counts.values()) / 2:
                found[column] = usual
        return found

    def _turned(self, cell: Cell, column: int, steps: list[Step]) -> Cell:
        """The cell in Unicode where it was not and somebody chose to turn it. Raises Refused."""
        text = str(cell.value)
        if text.isascii() and not any(map(legacy.shows_capitals, cell.fonts)):
            return cell
        judged = _judged(text, cell.fonts)
        if judged.mixed:
            raise Refused("mixed", Sentence("Letters of two encodings stand in one cell."))
        encoding = judged.encoding
        if judged.could_be and self.encodings.get(column) == judged.could_be:
            encoding = judged.could_be
        if encoding is None:
            return cell
        font = next((f for f in cell.fonts if legacy.of_font(f)), "")
        turned = legacy.decode(text, encoding, font=font)
        if turned == text:
            return cell
        self.groups[encoding, letters(column), judged.by_font][text, turned] += 1
        if encoding not in self.choices.turn:
            raise Refused(
                encoding,
                Sentence("The text is in TCVN3 and not yet turned into Unicode.")
                if encoding == legacy.Encoding.TCVN3
                else Sentence("The text is in VNI and not yet turned into Unicode."),
                settles=encoding,
            )
        steps.append(Step(encoding, text, turned))
        return cell._replace(value=turned)

    def _samples(self) -> Iterator[Sample]:
        for (encoding, column, by_font), texts in sorted(self.groups.items()):
            yield Sample(
                legacy.Encoding(encoding),
                column,
                by_font,
                texts.total(),
                tuple(pair for pair, _ in texts.most_common(_SAMPLES)),
            )

    # --- papers ---

    def _lines(self, papers: Sequence[_Paper]) -> list[Line]:
        faulty = {fault.row for fault in self.faults}
        found: list[Line] = []
        for paper in papers:
            values = paper.named(self.profile.constants)
            remarks: list[Finding] = []
            rows = set(paper.rows)
            for fault in self._wrong(paper, values, remarks):
                self.faults.append(fault)
                faulty.add(fault.row)
            if rows & faulty:
                # A paper goes in whole or not at all: its other rows say why they stay out.
                for row in sorted(rows - faulty):
                    self._fault(
                        row, "", "part", Sentence("Another row of the same paper is wrong.")
                    )
                    faulty.add(row)
                continue
            kept = {name: text for name, text in values.items() if text and name != ROW_KEY}
            found.append(
                Line(
                    tuple(paper.rows),
                    kept,
                    key_of(self.profile.kind, self.profile.named_by, values),
                    content_of(kept),
                    values.get(ROW_KEY, ""),
                    tuple(remarks),
                )
            )
        return self._single(found)

    def _single(self, lines: Sequence[Line]) -> list[Line]:
        """Without those that stand twice: the first of the same goes in, of different ones none."""
        by_key: dict[str, list[Line]] = defaultdict(list)
        for line in lines:
            by_key[line.row_key or line.key].append(line)
        kept: list[Line] = []
        for same in by_key.values():
            first, *others = same
            alike = all(line.content == first.content for line in others)
            if alike:
                kept.append(first)
            for line in others if alike else same:
                other = first if line is not first else others[0]
                sentence = (
                    Sentence("The same as row {other}.", {"other": other.rows[0]})
                    if alike
                    else Sentence("It names the same paper as row {other}, and says other things.",
                                  {"other": other.rows[0]})
                )  # fmt: skip
                for row in line.rows:
                    self._fault(row, "", "twice" if alike else "contradicts", sentence)
        return sorted(kept, key=lambda line: line.rows)

    def _wrong(
        self, paper: _Paper, values: Mapping[str, str], remarks: list[Finding]
    ) -> Iterator[Fault]:
        row, refused = paper.rows[0], paper.refused
        for name in self.profile.named_by:
            if not values.get(name) and name not in refused:
                yield self._of(row, name, "unnamed", Sentence("It is missing, and it names the "
                                                              "paper."))  # fmt: skip
        for name, text in values.items():
            spec = self._spec(name)
            if spec is None or name in refused:
                continue
            at = paper.row_of(name)
            if text:
                yield from self._of_value(at, name, text, spec)
            elif spec.required and spec.critical and name not in self.profile.named_by:
                yield self._of(at, name, "needed", Sentence("Nothing stands here, and it is "
                                                            "needed."))  # fmt: skip
        if ROW_KEY in self.places and not values.get(ROW_KEY) and ROW_KEY not in refused:
            yield self._of(row, ROW_KEY, "no_row_key", Sentence("The row has no key."))
        said = {fault.field for fault in self.faults if fault.row in paper.rows} | refused
        for finding in self._rules(values):
            if said & set(finding.fields):
                continue
            if finding.severity is Severity.ERROR:
                name = finding.fields[0] if finding.fields else ""
                yield self._of(paper.row_of(name), name, finding.rule, finding.sentence)
            else:
                remarks.append(finding)

    def _of_value(self, row: int, name: str, text: str, spec: FieldSpec) -> Iterator[Fault]:
        if spec.kind == "date":
            when = day(vietnamese.normalise(text, "date"))
            if (
                when
                and when > self.today
                and name
                in ("ngay_cap", "ngay_sinh", "ngay_dkkd", "ngay_cap_giay_to", "ngay_quyet_dinh")
            ):
                yield self._of(row, name, "future", Sentence("This day is still to come."))
            return
        if spec.kind == "name" and spec.personal and re.search(r"\d", text):
            yield self._of(row, name, "name_digits", Sentence("Digits stand in a person's name."))
        elif spec.kind == "document_number" and spec.critical and not _fits(spec.pattern, text):
            yield self._of(row, name, "number_form", Sentence("The number does not look as it "
                                                              "must."))  # fmt: skip
        elif spec.kind == "org_number" and not _fits(spec.pattern, text):
            yield self._of(row, name, "org_number", Sentence("A tax or business number has 10 or "
                                                             "13 digits."))  # fmt: skip
        elif spec.kind == "count" and not re.match(r"\d+", text):
            yield self._of(row, name, "no_count", Sentence("This is no number of things."))
        elif spec.closed and spec.kind != "count" and not _listed(text, spec.catalogue):
            yield self._of(row, name, "unlisted", Sentence("It stands in no list of known values."))

    def _rules(self, values: Mapping[str, str]) -> Iterable[Finding]:
        """What the form's own rules say, of what is here; what no column holds is no fault."""
        normal = {
            name: vietnamese.normalise(text, spec.kind)
            for name, text in values.items()
            if (spec := self._spec(name))
        }
        for finding in validate(normal, self.template, self.facts):
            if finding.rule != "required" and all(name in normal for name in finding.fields):
                yield finding

    def _spec(self, name: str) -> FieldSpec | None:
        return None if name == ROW_KEY else self.template.spec(name)

    def _of(self, row: int, name: str, code: str, sentence: Sentence) -> Fault:
        column = self._column(name)
        shown = _shown(self.sheet.at(row - 1, column)) if column is not None else ""
        return Fault(
            row, letters(column) if column is not None else "", name, code, sentence, shown
        )

    def _fault(
        self, row: int, name: str, code: str, sentence: Sentence, *, shown: str = "",
        settles: str = "",
    ) -> None:  # fmt: skip
        column = self._column(name)
        at = letters(column) if column is not None else ""
        self.faults.append(Fault(row, at, name, code, sentence, shown, settles))

    def _column(self, name: str) -> int | None:
        table, _, rest = name.partition(".")
        plain = f"{table}.{rest.partition('.')[2]}" if rest.count(".") else name
        return self.places.get(plain)


class _Paper:
    """The rows of one paper; a second row is one more line of its table."""

    def __init__(
        self, row: int, values: Mapping[str, str | None], cells: Sequence[str]
    ) -> None:  # fmt: skip
        self.rows = [row]
        self.refused: set[str] = set()
        self._values: dict[str, str] = {}
        self._row_of: dict[str, int] = {}
        self._lines = 0
        for name, text in values.items():
            if name not in cells:
                self._keep(name, text, row)
        self.add(row, values, cells)

    def add(self, row: int, values: Mapping[str, str | None], cells: Sequence[str]) -> None:
        if row not in self.rows:
            self.rows.append(row)
        if not any(values.get(name) != "" for name in cells):
            return
        self._lines += 1
        for name in cells:
            self._keep(cell_name(name, self._lines), values.get(name), row)

    def _keep(self, name: str, text: str | None, row: int) -> None:
        self._row_of[name] = row
        if text is None:
            self.refused.add(name)
        self._values[name] = text or ""

    def named(self, constants: Mapping[str, str]) -> dict[str, str]:
        return {**constants, **self._values}

    def row_of(self, name: str) -> int:
        return self._row_of.get(name, self.rows[0])


@lru_cache(maxsize=1 << 16)
def _judged(text: str, fonts: tuple[str, ...]) -> legacy.Judged:
    encodings = {legacy.of_font(font) for font in fonts}
    if len(encodings) > 1 and not text.isascii():
        # Letters of one cell in fonts of two encodings: half of them would be turned wrongly.
        return legacy.Judged(mixed=True)
    return legacy.judge(text, fonts[0] if fonts else "")


@lru_cache(maxsize=64)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _fits(pattern: str, text: str) -> bool:
    return not pattern or _pattern(pattern).fullmatch(text) is not None


def _listed(text: str, catalogue: str) -> bool:
    wanted = vietnamese.key(text).casefold()
    return any(
        vietnamese.key(entry).casefold() == wanted for entry in catalogues.entries(catalogue)
    )


def _shown(cell: Cell) -> str:
    return cell.shown[:200]
