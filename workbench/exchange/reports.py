"""The report that commanders ask for, as Excel, Word and PDF: the screen's figures, to be signed.

Per unit: total, digitised, not digitised, share and target reached; before and from 01/7/2022; data
cleaned and not cleaned; what was digitised in the period. Every file says as of when its data is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import xlsxwriter
from babel.numbers import format_decimal, format_percent
from docx import Document as WordDocument
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout, VAlign, XPos, YPos
from fpdf.fonts import FontFace

from workbench.analytics import Questions
from workbench.model import SurveyLine
from workbench.rendition import FONT
from workbench.scope import Regime
from workbench.survey import Part, part_of_line, parts, totals
from workbench.words import language, say

FORMATS = ("xlsx", "docx", "pdf")

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_MOTTO = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")  # NĐ 30/2020

# The groups of columns and the columns in them: a name, a message id, and how it is written.
GROUPS: Sequence[tuple[str, Sequence[tuple[str, str]]]] = (
    ("", (("name", "Unit"),)),
    (
        "Before 01/7/2022",
        (
            ("before_total", "Total"),
            ("before_done", "Digitised"),
            ("before_left", "Not digitised"),
            ("before_share", "Share"),
        ),
    ),
    (
        "From 01/7/2022",
        (
            ("from_total", "Total"),
            ("from_done", "Digitised"),
            ("from_left", "Not digitised"),
            ("from_share", "Share"),
        ),
    ),
    (
        "Together",
        (
            ("total", "Total"),
            ("done", "Digitised"),
            ("left", "Not digitised"),
            ("share", "Share"),
            ("target", "Target"),
            ("reached", "Target reached"),
        ),
    ),
    ("Data", (("cleaned", "Cleaned"), ("uncleaned", "Not cleaned"))),
    ("In the period", (("taken_in_period", "Taken in"), ("done_in_period", "Digitised"))),
)
COLUMNS: tuple[str, ...] = tuple(name for _, columns in GROUPS for name, _ in columns)
_SHARES = frozenset(("before_share", "from_share", "share", "reached"))


@dataclass(frozen=True, slots=True)
class Counted:
    """So many documents of one unit, kind and regime, as they stood on the report's last day."""

    unit: str
    kind: str
    regime: str
    taken_in: int
    done: int
    cleaned: int
    taken_in_period: int
    done_in_period: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report; None where nothing can be said (no survey, no target, no papers)."""

    name: str
    before_total: int
    before_done: int
    from_total: int
    from_done: int
    total: int
    done: int
    target: int | None
    toward: int  # digitised of what has a target
    cleaned: int
    taken_in: int
    taken_in_period: int
    done_in_period: int

    @property
    def before_left(self) -> int:
        return self.before_total - self.before_done

    @property
    def from_left(self) -> int:
        return self.from_total - self.from_done

    @property
    def left(self) -> int:
        return self.total - self.done

    @property
    def before_share(self) -> float | None:
        return self.before_done / self.before_total if self.before_total else None

    @property
    def from_share(self) -> float | None:
        return self.from_done / self.from_total if self.from_total else None

    @property
    def share(self) -> float | None:
        return self.done / self.total if self.total else None

    @property
    def reached(self) -> float | None:
        return self.toward / self.target if self.target else None

    @property
    def uncleaned(self) -> int:
        return self.taken_in - self.cleaned

    def cells(self) -> tuple[str | int | float | None, ...]:
        """The values under `COLUMNS`."""
        return tuple(getattr(self, name) for name in COLUMNS)


@dataclass(frozen=True, slots=True)
class Report:
    """A report before it is written: what the screen shows, to the cell."""

    agency: str
    whom: str  # the unit it is about, or empty for all
    since: date
    until: date
    at: datetime  # of the data
    lines: tuple[Line, ...]  # by unit
    kinds: tuple[Line, ...]  # by kind of paper
    whole: Line

    @property
    def name(self) -> str:
        """What its files are called, without the ending: the period, and no unit's name."""
        return f"bao-cao-so-hoa-{self.since:%Y%m%d}-{self.until:%Y%m%d}"

    @property
    def frame(self) -> pd.DataFrame:
        """The lines by unit and their sum, under `COLUMNS`: the table on the screen."""
        rows = [line.cells() for line in (*self.lines, self.whole)]
        return pd.DataFrame(rows, columns=list(COLUMNS))


def report(
    questions: Questions,
    survey: Iterable[SurveyLine],
    *,
    agency: str,
    names: Mapping[str, str],
    kind: Callable[[str], str],
    since: date,
    until: date,
    unit: str | None = None,
    at: datetime,
) -> Report:
    """The report of `unit` (None: all) for the period; `names` of units, `kind` names a kind.

    `at` is the time of the data where the questions know none (nothing was ever counted).
    """
    asked = {"units": [unit] if unit else None, "since": since, "until": until}
    rows = questions.ask("report_cells", **asked).to_dict("records")
    counted = [
        Counted(**{**row, "kind": _known(row["kind"]), "regime": _known(row["regime"])})
        for row in ({str(name): value for name, value in each.items()} for each in rows)
    ]
    lines = [line for line in survey if unit is None or line.unit == unit]
    books = _Books.of(counted, lines)
    return Report(
        agency=agency,
        whom=names.get(unit, unit) if unit else "",
        since=since,
        until=until,
        at=questions.at or at,
        lines=books.lines("unit", called=lambda code: names.get(code, code)),
        kinds=books.lines("kind", called=kind),
        whole=books.line(say("Sum"), tuple(books.totals)),
    )


def _known(code: object) -> str:
    """A code as text; what is not known comes from the question as NULL."""
    return code if isinstance(code, str) else ""


@dataclass(frozen=True, slots=True)
class _Books:
    """What is there and what is done, by the smallest parts, to be summed."""

    totals: Mapping[Part, int]
    counted: Mapping[Part, Sequence[Counted]]
    targets: Mapping[Part, int]

    @classmethod
    def of(cls, counted: Sequence[Counted], lines: Sequence[SurveyLine]) -> _Books:
        part_of = parts(lines)
        cells: dict[Part, list[Counted]] = defaultdict(list)
        for cell in counted:
            cells[part_of(cell.unit, cell.kind, cell.regime)].append(cell)
        targets: dict[Part, int] = defaultdict(int)
        for line in lines:
            targets[part_of_line(line)] += line.target
        taken = {part: sum(cell.taken_in for cell in mine) for part, mine in cells.items()}
        return cls(totals(lines, taken), cells, targets)

    def lines(self, name: str, *, called: Callable[[str], str]) -> tuple[Line, ...]:
        groups: dict[str, list[Part]] = defaultdict(list)
        for part in self.totals:
            groups[getattr(part, name)].append(part)
        lines = [self.line(called(key), members) for key, members in groups.items()]
        return tuple(sorted(lines, key=lambda line: (-line.total, line.name)))

    def line(self, name: str, members: Sequence[Part]) -> Line:
        done = {part: sum(cell.done for cell in self.counted.get(part, ())) for part in members}
        cells = [cell for part in members for cell in self.counted.get(part, ())]
        targeted = [part for part in members if part in self.targets]

        def of(regime: Regime, numbers: Mapping[Part, int]) -> int:
            return sum(numbers[part] for part in members if part.regime == regime)

        return Line(
            name=name,
            before_total=of(Regime.BEFORE, self.totals),
            before_done=of(Regime.BEFORE, done),
            from_total=of(Regime.FROM, self.totals),
            from_done=of(Regime.FROM, done),
            total=sum(self.totals[part] for part in members),
            done=sum(done.values()),
            target=sum(self.targets[part] for part in targeted) if targeted else None,
            toward=sum(done[part] for part in targeted),
            cleaned=sum(cell.cleaned for cell in cells),
            taken_in=sum(cell.taken_in for cell in cells),
            taken_in_period=sum(cell.taken_in_period for cell in cells),
            done_in_period=sum(cell.done_in_period for cell in cells),
        )


# --- words ---------------------------------------------------------------------------------------


def title(found: Report) -> str:
    return say("REPORT ON THE DIGITISATION OF RESULTS OF ADMINISTRATIVE PROCEDURES")


def about(found: Report) -> tuple[str, ...]:
    """The lines under the title: the period, the unit, and as of when the data is."""
    period = say(
        "From {since} to {until}", since=f"{found.since:%d/%m/%Y}", until=f"{found.until:%d/%m/%Y}"
    )
    whom = say("Unit: {unit}", unit=found.whom) if found.whom else say("All units")
    moment = found.at.astimezone(VIETNAM)
    return period, whom, say("Data as of {at}", at=f"{moment:%d/%m/%Y %H:%M}")


def notes() -> tuple[str, ...]:
    """What the figures mean, under the table."""
    return (
        say("Total: papers by the survey; where more were taken in than surveyed, those taken in."),
        say("Digitised: sealed and kept in the repository on the last day of the period."),
        say("Cleaned: data that a person has checked; not cleaned: taken in and not yet checked."),
        say("Together also counts papers whose date of issue has not been read yet."),
    )


def written(name: str, value: str | int | float | None) -> str:
    """A cell as people write it."""
    if value is None:
        return "—"
    if name in _SHARES:
        return format_percent(value, format="#,##0.0%", locale=language())
    return value if isinstance(value, str) else format_decimal(value, locale=language())


def heading(name: str) -> str:
    """A column's name with its group's, for tables with one line of heading."""
    for group, columns in GROUPS:
        for column, words in columns:
            if column == name:
                return f"{say(group)}: {say(words).lower()}" if group else say(words)
    raise KeyError(name)


def _tables(found: Report) -> tuple[tuple[str, tuple[Line, ...]], ...]:
    return (
        (say("Unit"), (*found.lines, found.whole)),
        (say("Kind of paper"), (*found.kinds, found.whole)),
    )


# --- files ---------------------------------------------------------------------------------------


def write(found: Report, folder: Path, formats: Sequence[str] = FORMATS) -> tuple[Path, ...]:
    """Write the report into the folder in each of the formats; the files, in their order.

    A file appears whole or not at all, so that whoever watches the folder never sees half of one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for ending in formats:
        path = folder / f"{found.name}.{ending}"
        begun = path.with_suffix(f".part.{ending}")
        _WRITERS[ending](found, begun)
        begun.replace(path)
        files.append(path)
    return tuple(files)


def as_excel(found: Report, path: Path) -> None:
    """One sheet by unit, one by kind of paper; numbers are numbers, to be reckoned with."""
    with xlsxwriter.Workbook(path) as book:
        face = {"font_name": "Times New Roman", "font_size": 11}
        plain = {**face, "border": 1, "valign": "vcenter"}
        bold = book.add_format({**face, "bold": True, "align": "center"})
        middle = book.add_format({**face, "align": "center", "italic": True})
        head = book.add_format({**plain, "bold": True, "text_wrap": True, "align": "center",
                                "bg_color": "#E8EEF4"})  # fmt: skip
        for first, lines in _tables(found):
            sheet = book.add_worksheet(first)
            sheet.set_landscape()
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)
            last = len(COLUMNS)
            half = last // 2
            sheet.merge_range(0, 0, 0, half - 1, found.agency, bold)
            sheet.merge_range(0, half, 0, last, _MOTTO[0], bold)
            sheet.merge_range(1, half, 1, last, _MOTTO[1], bold)
            sheet.merge_range(3, 0, 3, last, title(found), bold)
            for row, text in enumerate(about(found), start=4):
                sheet.merge_range(row, 0, row, last, text, middle)
            top = 8
            sheet.merge_range(top, 0, top + 1, 0, say("Line no."), head)
            column = 1
            for group, columns in GROUPS:
                if not group:
                    sheet.merge_range(top, column, top + 1, column, first, head)
                else:
                    sheet.merge_range(top, column, top, column + len(columns) - 1, say(group), head)
                    for n, (_, words) in enumerate(columns):
                        sheet.write(top + 1, column + n, say(words), head)
                column += len(columns)
            for row, line in enumerate(lines, start=top + 2):
                end = line is found.whole
                _excel_line(book, sheet, row, line, number="" if end else row - top - 1,
                            look={**plain, "bold": end})  # fmt: skip
            row = top + 2 + len(lines)
            sheet.repeat_rows(top, top + 1)
            sheet.freeze_panes(top + 2, 2)
            sheet.set_column(0, 0, 5)
            sheet.set_column(1, 1, 42)
            sheet.set_column(2, last, 10)
            for n, text in enumerate(notes()):
                sheet.write(row + n, 1, text, book.add_format({**face, "font_size": 9}))
            row += len(notes()) + 1
            for place, (who, how) in zip((1, last - 6), _signers(), strict=True):
                span = (place, place + (1 if place == 1 else 6))
                sheet.merge_range(row, span[0], row, span[1], who, bold)
                sheet.merge_range(row + 1, span[0], row + 1, span[1], how, middle)


def _excel_line(
    book: Any, sheet: Any, row: int, line: Line, *, number: int | str, look: Mapping[str, Any]
) -> None:
    sheet.write(row, 0, number, book.add_format({**look, "align": "center"}))
    for column, (name, value) in enumerate(zip(COLUMNS, line.cells(), strict=True), start=1):
        if isinstance(value, str):
            sheet.write_string(row, column, value, book.add_format({**look, "text_wrap": True}))
        elif value is None:
            sheet.write_string(row, column, "—", book.add_format({**look, "align": "right"}))
        else:
            shape = "0.0%" if name in _SHARES else "#,##0"
            sheet.write_number(row, column, value, book.add_format({**look, "num_format": shape}))


def as_word(found: Report, path: Path) -> None:
    """An editable paper, A4 landscape, in the type that Nghị định 30/2020 names."""
    paper: Any = WordDocument()
    section = paper.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21.0)
    section.left_margin = section.right_margin = Cm(1.5)
    section.top_margin = section.bottom_margin = Cm(1.5)
    style = paper.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(12)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "Times New Roman")
    style.paragraph_format.space_after = Pt(0)
    head = paper.add_table(rows=1, cols=2)
    _say(head.cell(0, 0), found.agency, bold=True)
    _say(head.cell(0, 1), "\n".join(_MOTTO), bold=True)
    paper.add_paragraph()
    _line_of(paper, title(found), bold=True, size=14)
    for text in about(found):
        _line_of(paper, text, italic=True)
    for first, lines in _tables(found):
        paper.add_paragraph()
        _word_table(paper, first, lines, found.whole)
    for text in notes():
        _line_of(paper, text, size=9, left=True)
    paper.add_paragraph()
    foot = paper.add_table(rows=1, cols=2)
    for cell, (who, how) in zip(foot.rows[0].cells, _signers(), strict=True):
        _say(cell, who, bold=True)
        how_ = cell.add_paragraph()
        how_.alignment = WD_ALIGN_PARAGRAPH.CENTER
        how_.add_run(how).italic = True
    _keep_together(foot.rows[0])
    paper.core_properties.title = title(found)
    paper.core_properties.author = found.agency
    paper.save(str(path))


def _word_table(paper: Any, first: str, lines: Sequence[Line], whole: Line) -> None:
    table = paper.add_table(rows=2, cols=len(COLUMNS) + 1)
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for row in table.rows:
        _repeat(row)
    _say(table.cell(0, 0).merge(table.cell(1, 0)), say("Line no."), bold=True, size=8)
    column = 1
    for group, columns in GROUPS:
        if not group:
            _say(table.cell(0, column).merge(table.cell(1, column)), first, bold=True, size=8)
        else:
            over = table.cell(0, column).merge(table.cell(0, column + len(columns) - 1))
            _say(over, say(group), bold=True, size=8)
            for n, (_, words) in enumerate(columns):
                _say(table.cell(1, column + n), say(words), bold=True, size=8)
        column += len(columns)
    for number, line in enumerate(lines, start=1):
        end = line is whole
        row = table.add_row()
        _keep_together(row)
        cells = row.cells
        _say(cells[0], "" if end else str(number), bold=end, size=8)
        for cell, name, value in zip(cells[1:], COLUMNS, line.cells(), strict=True):
            side = WD_ALIGN_PARAGRAPH.LEFT if name == "name" else WD_ALIGN_PARAGRAPH.RIGHT
            _say(cell, written(name, value), bold=end, size=8, align=side)
    for width, places in ((0.8, (0,)), (4.6, (1,)), (1.18, range(2, len(COLUMNS) + 1))):
        for place in places:
            for cell in table.columns[place].cells:
                cell.width = Cm(width)


def _say(
    cell: Any,
    text: str,
    *,
    bold: bool = False,
    size: float = 12,
    align: Any = WD_ALIGN_PARAGRAPH.CENTER,
) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = align
    run = paragraph.add_run(text)
    run.bold, run.font.size = bold, Pt(size)


def _line_of(
    paper: Any,
    text: str,
    *,
    bold: bool = False,
    italic: bool = False,
    size: float = 12,
    left: bool = False,
) -> None:
    paragraph = paper.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT if left else WD_ALIGN_PARAGRAPH.CENTER
    run = paragraph.add_run(text)
    run.bold, run.italic, run.font.size = bold, italic, Pt(size)


def _repeat(row: Any) -> None:
    """Have this row stand again on every page of its table."""
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _keep_together(row: Any) -> None:
    mark = OxmlElement("w:cantSplit")
    row._tr.get_or_add_trPr().append(mark)


def as_pdf(found: Report, path: Path) -> None:
    """A paper to print, A4 landscape; its type is metrically that of Times New Roman."""
    pdf: Any = _Paper(found)
    pdf.add_page()
    pdf.set_font(size=11)
    half = pdf.epw / 2
    pdf.cell(half, 6, found.agency, align=Align.C)
    pdf.cell(half, 6, _MOTTO[0], align=Align.C, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_x(pdf.l_margin + half)
    pdf.cell(half, 6, _MOTTO[1], align=Align.C, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(5)
    pdf.set_font(size=13)
    pdf.multi_cell(0, 7, title(found), align=Align.C, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font(size=11)
    for text in about(found):
        pdf.cell(0, 6, text, align=Align.C, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    for first, lines in _tables(found):
        pdf.ln(4)
        _pdf_table(pdf, first, lines, found.whole)
    pdf.ln(2)
    pdf.set_font(size=9)
    for text in notes():
        pdf.cell(0, 4.5, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    if pdf.will_page_break(40):
        pdf.add_page()
    pdf.ln(6)
    pdf.set_font(size=11)
    for words in zip(*_signers(), strict=True):
        for text in words:
            pdf.cell(half, 6, text, align=Align.C)
        pdf.ln(6)
    pdf.output(str(path))


class _Paper(FPDF):
    """A page with its number and the time of the data at the foot."""

    def __init__(self, found: Report) -> None:
        super().__init__(orientation="landscape", unit="mm", format="A4")
        self.set_margin(12)
        self.set_auto_page_break(True, margin=14)
        self.set_lang(language())
        self.set_title(title(found))
        self.set_creation_date(found.at)
        self.add_font("text", fname=FONT)
        self.set_font("text", size=11)
        self._said = about(found)[2]

    def footer(self) -> None:
        self.set_y(-10)
        self.set_font("text", size=8)
        self.cell(self.epw / 2, 4, self._said)
        self.cell(self.epw / 2, 4, f"{self.page_no()}/{{nb}}", align=Align.R)


def _pdf_table(pdf: Any, first: str, lines: Sequence[Line], whole: Line) -> None:
    pdf.set_font(size=7.5)
    grey = FontFace(fill_color=(232, 238, 244))
    narrow = (pdf.epw - 8 - 58) / (len(COLUMNS) - 1)
    with pdf.table(
        col_widths=(8, 58, *[narrow] * (len(COLUMNS) - 1)),
        line_height=4.2,
        num_heading_rows=2,
        headings_style=grey,
        borders_layout=TableBordersLayout.ALL,
        v_align=VAlign.M,
        padding=0.6,
    ) as table:
        top, under = table.row(), table.row()
        top.cell(say("Line no."), rowspan=2, align=Align.C)
        for group, columns in GROUPS:
            if not group:
                top.cell(first, rowspan=2, align=Align.C)
                continue
            top.cell(say(group), colspan=len(columns), align=Align.C)
            for _, words in columns:
                under.cell(say(words), align=Align.C)
        for number, line in enumerate(lines, start=1):
            row = table.row(style=grey if line is whole else None)
            row.cell("" if line is whole else str(number), align=Align.C)
            for name, value in zip(COLUMNS, line.cells(), strict=True):
                row.cell(written(name, value), align=Align.L if name == "name" else Align.R)


def _signers() -> tuple[tuple[str, str], tuple[str, str]]:
    return (
        (say("OFFICER OF STATISTICS"), say("(signature, full name)")),
        (say("COMMANDER OF THE UNIT"), say("(signature, full name, seal)")),
    )


_WRITERS: Mapping[str, Callable[[Report, Path], None]] = {
    "xlsx": as_excel,
    "docx": as_word,
    "pdf": as_pdf,
}
