"""Lists for people, as Excel files that keep numbers of papers as they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import xlsxwriter

from workbench.model import Document, Stage, day
from workbench.review import standing, value_of
from workbench.store import Store
from workbench.words import say

EXPORTED: Mapping[str, str] = {
    "kind": "Kind of paper",
    "number": "Number",
    "issued": "Date of issue",
    "unit": "Unit",
    "document": "Document id",
    "signer": "Signer (certificate)",
    "signed_at": "Signed at",
    "trial": "Trial seal",
    "pdf_sha512": "SHA-512 of the signed file",
    "object": "Object in the repository",
    "version": "Version",
    "received_at": "Receipt of",
}

_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_ROWS_A_SHEET = 1_000_000  # Excel ends at 1,048,576
_WIDEST = 60


def write_list(
    rows: Iterable[Mapping[str, object]],
    path: Path,
    *,
    columns: Mapping[str, str] = EXPORTED,
    sheet: str = "List of documents",
) -> int:
    """Write the rows under the columns' labels (message ids) and return how many there were.

    A text stays a text, so that number 0012 keeps its zeros and "=1+1" is no formula; dates and
    times are real ones, in Vietnam time.
    """
    written = 0
    waiting = iter(rows)
    with xlsxwriter.Workbook(
        path, {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        formats = {
            "head": book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter",
                                     "bg_color": "#E8EEF4", "border": 1}),
            "date": book.add_format({"num_format": "dd/mm/yyyy"}),
            "moment": book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"}),
        }  # fmt: skip
        number = 0
        while True:
            here = list(islice(waiting, _ROWS_A_SHEET))
            if number and not here:
                return written
            number += 1
            page = book.add_worksheet(say(sheet) + (f" {number}" if number > 1 else ""))
            page.write_row(0, 0, [say(label) for label in columns.values()], formats["head"])
            page.freeze_panes(1, 0)
            page.autofilter(0, 0, len(here), len(columns) - 1)
            for column, (key, label) in enumerate(columns.items()):
                widest = len(say(label))
                for line, row in enumerate(here, start=1):
                    widest = max(widest, _write(page, line, column, row.get(key), formats))
                page.set_column(column, column, min(widest + 2, _WIDEST))
            written += len(here)


def exported(
    store: Store, *, kind: Callable[[Document], str] | None = None, unit: str | None = None
) -> Iterator[Mapping[str, object]]:
    """The rows of `EXPORTED` for every document that a repository has receipted, oldest first.

    `kind` says how the kind of a document is called; without it, its template's id stands. `unit`:
    only the documents of this unit.
    """
    first = 0
    while documents := store.documents(stage=Stage.EXPORTED, unit=unit, limit=500, offset=first):
        first += len(documents)
        for document in documents:
            acts = standing(store.corrections(document.id))
            values = {p.field: value_of(p, acts.get(p.field)) for p in store.proposals(document.id)}
            issued = values.get("ngay_cap", ("", ""))
            signature = next(reversed(store.signatures(document.id)), None)
            receipt = next(reversed(store.receipts(document.id)), None)
            yield {
                "kind": kind(document) if kind else document.kind,
                "number": values.get("so", ("", ""))[0],
                "issued": day(issued[1]) or issued[0],
                "unit": document.unit,
                "document": document.id,
                "signer": signature.signer if signature else "",
                "signed_at": signature.at if signature else None,
                "trial": say("yes") if signature and signature.trial else "",
                "pdf_sha512": signature.pdf_digest if signature else "",
                "object": receipt.object_id if receipt else "",
                "version": receipt.version if receipt else "",
                "received_at": receipt.at if receipt else None,
            }


def _write(
    page: xlsxwriter.worksheet.Worksheet,
    line: int,
    column: int,
    value: object,
    formats: Mapping[str, object],
) -> int:
    """Write one cell by the kind of its value and return how many letters wide it is."""
    match value:
        case None | "":
            return 0
        case bool():
            page.write_string(line, column, say("yes") if value else say("no"))
            return 5
        case int() | float():
            page.write_number(line, column, value)
            return len(str(value))
        case datetime():
            aware = value if value.tzinfo else value.replace(tzinfo=UTC)
            local = aware.astimezone(_VIETNAM).replace(tzinfo=None, microsecond=0)
            page.write_datetime(line, column, local, formats["moment"])
            return 19
        case date() if value.year >= 1900:  # Excel knows no day before
            page.write_datetime(line, column, value, formats["date"])
            return 10
        case date():
            page.write_string(line, column, value.strftime("%d/%m/%Y"))
            return 10
    text = str(value)
    page.write_string(line, column, text)
    return len(text)
