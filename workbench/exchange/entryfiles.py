"""Entry files of units as they are: .xlsx, .xls and CSV with fonts, merged cells, hidden rows.

What a cell holds is told by python-calamine and xlrd; how it looks by openpyxl and xlrd. An .xls
file does not say which of its values come from formulas. Nothing in a file is ever run.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import python_calamine
import xlrd
from openpyxl.cell.rich_text import CellRichText, TextBlock
from xlrd.compdoc import CompDocError

from workbench.errors import UnreadableFileError
from workbench.exchange import sheets
from workbench.ledger import Book, Cell, Merge, Sheet

ENDINGS = ("xlsx", "xlsm", "xls", "csv")
MOST_BYTES = 100 * 1024**2
_MOST_UNPACKED = 300 * 1024**2  # of which openpyxl makes some gigabytes
_MOST_ROWS = 100_000
# A damaged file fails in its readers in as many ways as there are bytes.
_DAMAGED = (
    python_calamine.CalamineError, xlrd.XLRDError, CompDocError, zipfile.BadZipFile, zlib.error,
    struct.error, OSError,
    LookupError, ValueError, TypeError, AttributeError, AssertionError, SyntaxError, OverflowError,
    EOFError,
)  # fmt: skip


def read(path: Path, *, name: str = "") -> Book:
    """The entry file with all its sheets; `name` is what it is called. UnreadableFileError else."""
    called = name or path.name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(
            "{name} cannot be read.", "Check that the file is there and that you may read it.",
            name=called,
        ) from error  # fmt: skip
    if len(content) > MOST_BYTES:
        raise UnreadableFileError(
            "{name} is larger than {n} MB.", "Part it into several files.",
            name=called, n=MOST_BYTES // 1024**2,
        )  # fmt: skip
    found = _KINDS.get(path.suffix.lower(), _table)(path, content, called)
    if any(len(sheet.rows) > _MOST_ROWS for sheet in found):
        raise UnreadableFileError(
            "{name} has more than {n} rows.", "Part it into several files.",
            name=called, n=_MOST_ROWS,
        )  # fmt: skip
    return Book(called, hashlib.sha256(content).hexdigest(), tuple(found))


def _table(path: Path, content: bytes, name: str) -> list[Sheet]:
    """A CSV file, as the workbench reads them; it has no looks."""
    rows = tuple(tuple(Cell(text or None) for text in row) for row in sheets.read(path))
    return [Sheet(Path(name).stem, rows)]


# --- .xlsx ---------------------------------------------------------------------------------------


def _new(path: Path, content: bytes, name: str) -> list[Sheet]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > _MOST_UNPACKED:
                raise UnreadableFileError(
                    "{name} is larger than {n} MB.", "Part it into several files.",
                    name=name, n=_MOST_UNPACKED // 1024**2,
                )  # fmt: skip
            if any(_merges_columns(parts.read(sheet)) for sheet in _sheets(parts)):
                raise UnreadableFileError(
                    "{name} has cells merged over whole columns.",
                    "Undo the merge in Excel, then hand the file in again.",
                    name=name,
                )
        looks = openpyxl.load_workbook(io.BytesIO(content), rich_text=True)
        values = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        epoch = 1904 if looks.epoch.year == 1904 else 1900
        return [
            _new_sheet(look, values.get_sheet_by_name(look.title), epoch)
            for look in looks.worksheets
        ]
    except UnreadableFileError:
        raise
    except _DAMAGED as error:
        raise _unreadable(name) from error


def _sheets(parts: zipfile.ZipFile) -> list[str]:
    return [name for name in parts.namelist() if name.startswith("xl/worksheets/")]


def _merges_columns(sheet: bytes) -> bool:
    """Whether cells are merged over more rows than a table has: openpyxl walks through them all."""
    return any(
        int(found[2]) - int(found[1]) > _MOST_ROWS
        for found in re.finditer(rb'<mergeCell ref="[A-Z]+(\d+):[A-Z]+(\d+)"', sheet)
    )


def _new_sheet(look: Any, values: Any, epoch: int) -> Sheet:
    held = values.to_python(skip_empty_area=False)
    named: dict[int, tuple[str, ...]] = {}  # style -> its font
    rows: list[tuple[Cell, ...]] = []
    # Formats alone may reach to row 1,048,576, and openpyxl makes a cell of each place it is asked
    # for: only up to the last that holds something.
    holding = [at for at, cell in look._cells.items() if cell.value is not None]
    last, right = (max((at[n] for at in holding), default=0) for n in (0, 1))
    for at, seen in enumerate(look.iter_rows(max_row=last, max_col=right) if holding else ()):
        row = held[at] if at < len(held) else []
        rows.append(
            tuple(
                _new_cell(cell, row[column] if column < len(row) else None, named)
                for column, cell in enumerate(seen)
            )
        )
    return Sheet(
        look.title,
        _without_tail(rows),
        tuple(
            Merge(m.min_row - 1, m.min_col - 1, m.max_row - 1, m.max_col - 1)
            for m in look.merged_cells.ranges
        ),
        frozenset(n - 1 for n, row in look.row_dimensions.items() if row.hidden),
        frozenset(
            n - 1
            for column in look.column_dimensions.values()
            if column.hidden
            for n in range(column.min or 1, (column.max or column.min or 1) + 1)
        ),
        look.sheet_state != "visible",
        epoch,
    )


def _new_cell(cell: Any, held: Any, named: dict[int, tuple[str, ...]]) -> Cell:
    if cell.value is None:
        return _NOTHING
    value = None if held == "" else held
    if cell.data_type == "e":
        return Cell(None, (), False, str(cell.value))
    if isinstance(cell.value, CellRichText):
        base = _font(cell, named)
        runs = [
            run.font.rFont if isinstance(run, TextBlock) and run.font and run.font.rFont else None
            for run in cell.value
        ]
        fonts = tuple(dict.fromkeys(run or (base[0] if base else "") for run in runs))
        return Cell(value, fonts)
    if isinstance(value, str) or cell.data_type == "f":
        return Cell(value, _font(cell, named), cell.data_type == "f")
    return Cell(value)


def _font(cell: Any, named: dict[int, tuple[str, ...]]) -> tuple[str, ...]:
    style = cell._style.fontId  # the public `style_id` looks its style up anew each time
    if style not in named:
        named[style] = (cell.font.name,) if cell.font and cell.font.name else ()
    return named[style]


# --- .xls ----------------------------------------------------------------------------------------


def _old(path: Path, content: bytes, name: str) -> list[Sheet]:
    if content[:2] == b"PK":  # an .xlsx under the old name, as some programs save it
        return _new(path, content, name)
    try:
        book = xlrd.open_workbook(
            file_contents=content, formatting_info=True, logfile=io.StringIO(), ragged_rows=True
        )
        return [_old_sheet(book, sheet) for sheet in book.sheets()]
    except _DAMAGED as error:
        raise _unreadable(name) from error


def _old_sheet(book: Any, sheet: Any) -> Sheet:
    rows = [
        tuple(_old_cell(book, sheet, at, column) for column in range(sheet.row_len(at)))
        for at in range(sheet.nrows)
    ]
    return Sheet(
        sheet.name,
        _without_tail(rows),
        tuple(Merge(top, left, bottom - 1, right - 1)
              for top, bottom, left, right in sheet.merged_cells),
        frozenset(n for n, row in sheet.rowinfo_map.items() if row.hidden),
        frozenset(n for n, column in sheet.colinfo_map.items() if column.hidden),
        sheet.visibility != 0,
        1904 if book.datemode else 1900,
    )  # fmt: skip


def _old_cell(book: Any, sheet: Any, at: int, column: int) -> Cell:
    cell = sheet.cell(at, column)
    match cell.ctype:
        case xlrd.XL_CELL_TEXT:
            base = book.font_list[book.xf_list[cell.xf_index].font_index].name
            runs = sheet.rich_text_runlist_map.get((at, column), ())
            fonts = [book.font_list[font].name for _, font in runs]
            if not runs or runs[0][0] > 0:
                fonts.insert(0, base)
            return Cell(cell.value, tuple(dict.fromkeys(fonts)))
        case xlrd.XL_CELL_NUMBER:
            return Cell(cell.value)
        case xlrd.XL_CELL_DATE:
            if not 0 < cell.value < 3_000_000:
                return Cell(cell.value)
            when = xlrd.xldate.xldate_as_datetime(cell.value, book.datemode)
            if cell.value < 1:
                return Cell(when.time())
            return Cell(when if cell.value % 1 else when.date())
        case xlrd.XL_CELL_BOOLEAN:
            return Cell(bool(cell.value))
        case xlrd.XL_CELL_ERROR:
            return Cell(None, (), False, xlrd.error_text_from_code.get(cell.value, "#N/A"))
    return _NOTHING


_NOTHING = Cell()
_KINDS: Mapping[str, Any] = {".xlsx": _new, ".xlsm": _new, ".xls": _old}


def _without_tail(rows: Iterable[tuple[Cell, ...]]) -> tuple[tuple[Cell, ...], ...]:
    """The rows up to the last that holds something."""
    kept = list(rows)
    while kept and all(cell.is_empty for cell in kept[-1]):
        kept.pop()
    return tuple(kept)


def _unreadable(name: str) -> UnreadableFileError:
    return UnreadableFileError(
        "{name} cannot be opened as an Excel file.",
        "Open it in Excel, save it anew, and hand it in again.",
        name=name,
    )
