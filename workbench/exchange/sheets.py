"""Tables that people hand in: the first sheet of an Excel file, or a CSV file, as rows of cells."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import python_calamine

from workbench.errors import UnreadableFileError

_BOOKS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
_MOST_ROWS = 100_000


def read(path: Path) -> list[list[Any]]:
    """The rows of the table; dates stay dates, texts keep their zeros. Raises UnreadableFileError.

    A CSV file is UTF-8 with or without its mark, its cells parted by `;`, `,` or tabs.
    """
    suffix = path.suffix.lower()
    if suffix in _BOOKS:
        rows = _book(path)
    elif suffix in (".csv", ".txt"):
        rows = _text(path)
    else:
        raise UnreadableFileError(
            "{name} is not a table.", "Hand in an Excel file (.xlsx) or a CSV file.", name=path.name
        )
    if len(rows) > _MOST_ROWS:
        raise UnreadableFileError(
            "{name} has more than {n} rows.", "Part it into several files.",
            name=path.name, n=_MOST_ROWS,
        )  # fmt: skip
    return rows


def _book(path: Path) -> list[list[Any]]:
    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
        # Empty rows are kept: faults are told by the row's number in Excel.
        return book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, OSError) as error:
        raise UnreadableFileError(
            "{name} cannot be opened as an Excel file.",
            "Open it in Excel, save it anew, and hand it in again.",
            name=path.name,
        ) from error


def _text(path: Path) -> list[list[Any]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (UnicodeDecodeError, OSError) as error:
        raise UnreadableFileError(
            "{name} is not UTF-8 text.", "Save it as “CSV UTF-8” and hand it in again.",
            name=path.name,
        ) from error  # fmt: skip
    heading = text.partition("\n")[0]
    parted_by = max(";,\t", key=heading.count)
    return [list(row) for row in csv.reader(io.StringIO(text), delimiter=parted_by)]
