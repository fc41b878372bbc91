"""A specialised database into records: mapped like a table, counted on both sides, never twice.

Công văn of 11/01/2024: results made in a specialised database are converted and not scanned. Each
record knows its database, table and row; what the source says differently later is listed, and
nothing is written over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from workbench.flow import importing
from workbench.flow.importing import Plan, Source, Taken
from workbench.flow.work import Work
from workbench.ledger import Book, Cell, Choices, Profile, Sheet, profile
from workbench.ledger.reckoning import Tally, tally
from workbench.model import Origin
from workbench.store import imports, sources

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Column:
    """One mapped column on three sides: as the source holds it, as it should be kept, as it is."""

    field: str
    heading: str
    source: Tally  # every row of the source, as it came
    meant: Tally  # the rows that are taken or known, after every coercion
    kept: Tally  # their records

    @property
    def agrees(self) -> bool:
        return self.meant == self.kept

    def as_json(self) -> dict[str, Any]:
        return {
            "field": self.field, "heading": self.heading, "agrees": self.agrees,
            "source": self.source.as_json(), "meant": self.meant.as_json(),
            "kept": self.kept.as_json(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Whether what went in is what is there."""

    counts: Mapping[str, int]  # rows by what became of them
    papers: int  # records meant: new ones and those known
    kept: int  # of these, those that are there
    columns: tuple[Column, ...]

    @property
    def agrees(self) -> bool:
        total = sum(n for name, n in self.counts.items() if name != "rows")
        return (
            total == self.counts["rows"]
            and self.papers == self.kept
            and all(column.agrees for column in self.columns)
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "agrees": self.agrees, "counts": dict(self.counts), "papers": self.papers,
            "kept": self.kept, "columns": [column.as_json() for column in self.columns],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of a conversion, and how both sides compare."""

    taken: Taken
    reconciled: Reconciliation


def table_of(found: sources.Rows) -> tuple[Sheet, Source]:
    """Rows of a database as a sheet with one row of headings."""
    head = tuple(Cell(name) for name in found.columns)
    rows = tuple(tuple(_cell(value) for value in row) for row in found.rows)
    source = Source(found.database, found.place, origin=Origin.DATABASE)
    return Sheet(found.place[:31], (head, *rows)), source


def file_of(book: Book, mapping: Profile) -> tuple[Sheet, Source] | None:
    """A file that a database was written out to; None where it lacks the profile's sheet."""
    sheet = book.sheet(mapping.sheet)
    if sheet is None:
        return None
    # The next extract of the same database is the same source, whatever its file is called.
    return sheet, Source(
        book.name, sheet.name, book.digest, origin=Origin.DATABASE, lasting=mapping.name
    )


def look(
    work: Work,
    sheet: Sheet,
    mapping: Profile,
    *,
    source: Source,
    unit: str,
    choices: Choices,
    today: date | None = None,
) -> Plan:
    """What converting would do. Keeps nothing."""
    return importing.compare(
        work, sheet, mapping, source=source, unit=unit, choices=choices, today=today
    )


def convert(
    work: Work, plan: Plan, sheet: Sheet, *, by: str, name: str = "", good_rows: bool = False
) -> Converted:
    """Keep the records of a plan and hold both sides against each other; the report is kept.

    Raises NotReadyError where there are faults, and nobody chose to take the good rows alone.
    """
    batch, documents = importing.keep(work, plan, by=by, name=name, good_rows=good_rows)
    found = reconcile(work, plan, sheet)
    taken = importing.note(
        work, plan, batch, documents, by=by, more={"reconciliation": found.as_json()}
    )
    return Converted(taken, found)


def reconcile(work: Work, plan: Plan, sheet: Sheet) -> Reconciliation:
    """Count the source and what is kept, column by column."""
    names = [importing.name_of(line, plan.source) for line in (*plan.fresh, *plan.known)]
    came = imports.came_in(work.store, plan.unit, names)
    # A known paper that was scanned or typed came from elsewhere, and is not counted here.
    lines = [
        *plan.fresh,
        *(line for line in plan.known if importing.name_of(line, plan.source) in came),
    ]
    documents = [document for document, _ in came.values()]
    held = imports.values_of(work.store, documents)
    # As it came in: a person may have corrected a record since, and that is no loss.
    kept = [held[document].came for document in documents]
    placed = profile.places(sheet, plan.profile)
    first = plan.profile.header - 1 + plan.profile.header_rows
    columns = []
    for field, at in placed.items():
        if field == profile.ROW_KEY:
            continue
        raw = (sheet.at(row, at).value for row in range(first, len(sheet.rows)))
        columns.append(
            Column(
                field,
                plan.profile.columns[field].heading or plan.profile.columns[field].letter,
                tally("" if value is None else str(value) for value in raw),
                tally(v for line in lines for v in _of(field, line.values)),
                tally(v for values in kept for v in _of(field, values)),
            )
        )
    return Reconciliation(plan.counts, len(lines), len(kept), tuple(columns))


def _of(field: str, values: Mapping[str, str]) -> Sequence[str]:
    """The values of a field, or of all lines of a column of the table."""
    if "." not in field:
        return (values.get(field, ""),)
    table, _, column = field.partition(".")
    return [v for n, v in values.items() if n.startswith(f"{table}.") and n.endswith(f".{column}")]


def _cell(value: Any) -> Cell:
    match value:
        case None | bool() | str() | datetime() | date() | time() | int() | float():
            return Cell(value)
        case Decimal():
            whole = value == value.to_integral_value()
            return Cell(int(value) if whole else float(value))
    return Cell(None, error=type(value).__name__)
