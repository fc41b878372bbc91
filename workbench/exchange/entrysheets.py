"""Records as the tables that units know: the form of a profile, in pages of 500 rows or as one.

The portals' import tools read rows 1–500 of the first sheet. Every value is written as text: what
is read in again by the same profile is the same, zeros in front and all.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from workbench import vietnamese
from workbench.ledger import Fault, Profile
from workbench.ledger.profile import PARTED, ROW_KEY, cell_name
from workbench.model import day
from workbench.template import Template
from workbench.words import say

PAGE_ROWS = 500
_WIDE, _NARROW = 28, 14

Record = Mapping[str, str]  # field, or cell of the table (`muc.2.so_hieu`) -> value


def write_pages(
    records: Iterable[Record], profile: Profile, template: Template, folder: Path, *, name: str
) -> tuple[Path, ...]:
    """Files NAME-001.xlsx, NAME-002.xlsx … of at most 500 rows each; no paper runs over two.

    Without records there is one file with headings alone.
    """
    paths: list[Path] = []
    for number, page in enumerate(_paged(records, profile, template), start=1):
        path = folder / f"{name}-{number:03}.xlsx"
        _book(path, page, profile, template, small_memory=False)
        paths.append(path)
    return tuple(paths)


def write_whole(
    records: Iterable[Record], profile: Profile, template: Template, path: Path
) -> int:  # fmt: skip
    """One .xlsx file, or .csv by its ending, with all records; returns how many rows it has.

    Written as it goes: memory does not grow with the rows.
    """
    rows = (row for record in records for row in _rows(record, profile, template))
    if path.suffix.lower() != ".csv":
        return _book(path, rows, profile, template, small_memory=True)
    count = 0
    # With the mark that has Excel read UTF-8, and the separator of Vietnamese Excel.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerows(_head(profile, template))
        for count, row in enumerate(rows, start=1):  # noqa: B007 - counted
            writer.writerow(row)
    return count


def write_faults(faults: Sequence[Fault], path: Path) -> None:
    """The list of faults, "Hàng n — mô tả lỗi", as text, one a line; with the mark for Notepad."""
    lines = [sentence_of(fault) for fault in faults]
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8-sig", newline="")


def sentence_of(fault: Fault) -> str:
    """ "Hàng 12 — cột C: Ngày này không có thật." """
    what = say(fault.sentence)
    if fault.column:
        what = say("column {column}: {what}", column=fault.column, what=what)
    return say("Row {row} — {what}", row=fault.row, what=what)


# --- rows ----------------------------------------------------------------------------------------


def _paged(
    records: Iterable[Record], profile: Profile, template: Template
) -> Iterator[list[list[str]]]:
    """Pages of whole papers, each of at most 500 rows unless one paper alone has more."""
    page: list[list[str]] = []
    count = 0
    for record in records:
        rows = _rows(record, profile, template)
        if page and len(page) + len(rows) > PAGE_ROWS:
            yield page
            count, page = count + 1, []
        page += rows
    if page or not count:
        yield page


def _rows(record: Record, profile: Profile, template: Template) -> list[list[str]]:
    """One paper: its first row holds all, each further one a line of its table."""
    places = _places(profile)
    width = max(places.values()) + 1
    cells = [field for field in profile.columns if "." in field]
    lines = sorted({int(n.split(".")[1]) for n in record if n.count(".") == 2}) if cells else []
    rows = []
    for at, line in enumerate(lines or [0]):
        row = [""] * width
        for field, place in places.items():
            if "." in field:
                row[place] = _said(record.get(cell_name(field, line), ""), field, template)
            elif at == 0 and field != ROW_KEY:
                row[place] = _said(record.get(field, ""), field, template)
        rows.append(row)
    return rows


def _said(value: str, field: str, template: Template) -> str:
    """Days as 08/05/2020, however the paper words them; else as it stands."""
    if value and template.spec(cell_name(field, 1)).kind == "date":
        found = day(value) or vietnamese.read_date(value)
        return f"{found:%d/%m/%Y}" if found else value
    return value


def _places(profile: Profile) -> Mapping[str, int]:
    """Field -> column, where the profile's own file had it; else one after the other."""
    lettered = [c.letter for c in profile.columns.values()]
    if all(lettered) and len(set(lettered)) == len(lettered):
        return {field: _number(column.letter) for field, column in profile.columns.items()}
    return {field: at for at, field in enumerate(profile.columns)}


def _number(letter: str) -> int:
    at = 0
    for c in letter:
        at = at * 26 + ord(c) - ord("A") + 1
    return at - 1


def _head(profile: Profile, template: Template) -> list[list[str]]:
    """Every row above the first paper: the title where there is room for it, then the headings.

    A heading that spans several columns is said in each of them.
    """
    places = _places(profile)
    width = max(places.values()) + 1
    above = [[""] * width for _ in range(profile.header - 1)]
    if above:
        above[0][0] = template.title["vi"]
    rows = [[""] * width for _ in range(profile.header_rows)]
    if rows and 0 not in places.values():
        rows[0][0] = "STT"
    for field, place in places.items():
        parts = profile.columns[field].heading.split(PARTED) if rows else []
        # A heading of fewer levels stands in the uppermost row, as in the unit's own table.
        for level, part in enumerate(parts[: len(rows)]):
            rows[level][place] = part
    return [*above, *rows]


def _book(
    path: Path,
    rows: Iterable[list[str]],
    profile: Profile,
    template: Template,
    *,
    small_memory: bool,
) -> int:
    options = {
        "constant_memory": small_memory,
        "strings_to_numbers": False,
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }
    count = 0
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet(profile.sheet or say("Records"))
        text = book.add_format({"num_format": "@", "valign": "top"})
        strong = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1,
                                  "bg_color": "#E8EEF4"})  # fmt: skip
        for place in _places(profile).values():
            sheet.set_column(place, place, _WIDE if place else _NARROW)
        head = _head(profile, template)
        sheet.freeze_panes(len(head), 0)
        for at, row in enumerate(head):
            _write(sheet, at, row, strong)
        for count, row in enumerate(rows, start=1):
            _write(sheet, len(head) + count - 1, row, text)
            if 0 not in _places(profile).values():
                sheet.write_number(len(head) + count - 1, 0, count)
    return count


def _write(sheet: Any, at: int, row: Sequence[str], look: Any) -> None:
    for column, said in enumerate(row):
        if said:
            sheet.write_string(at, column, said, look)
