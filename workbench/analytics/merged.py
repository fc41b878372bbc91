"""One state of the lake as tables: month files, and over them what came since.

A document's rows in the newest increment that touched that part of it hide its older ones.
DuckDB may read the files of the lake and nothing else; it loads no extension and calls nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from workbench.analytics.schemas import BORN, PART_OF, SCHEMAS, bit
from workbench.analytics.state import Kept, State

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,  # a Python variable is never taken for a table
    "threads": 2,
    "memory_limit": "1500MB",
    "preserve_insertion_order": False,
}

# What the roll-ups say of the papers of one month, unit, kind, …: sums to be summed.
CELLS: Mapping[str, str] = {
    "field_cells": """
        SELECT
            d.month,
            d.unit, d.kind, f.template, f.field_kind,
            count(*) AS cases,
            count(*) FILTER (f.accepted) AS accepted,
            count(*) FILTER (f.flagged) AS flagged,
            count(*) FILTER (f.changed) AS changed,
            count(*) FILTER (f.accepted AND f.changed) AS accepted_changed,
            count(*) FILTER (f.late) AS late,
            count(*) FILTER (f.act = 'edit' AND f.changed) AS edit,
            count(*) FILTER (f.act = 'candidate' AND f.changed) AS candidate,
            count(*) FILTER (f.act = 'illegible') AS illegible,
            count(*) FILTER (f.act = 'absent') AS absent,
            sum(f.keys)::BIGINT AS keys,
            sum(f.milliseconds)::BIGINT AS milliseconds
        FROM fields AS f
        JOIN chosen_documents AS d ON d.document = f.document
        WHERE d.settled
        GROUP BY ALL
    """,
    "scan_cells": """
        SELECT
            d.month,
            d.unit, d.kind, d.scanner, d.scan_level,
            count(DISTINCT d.document) AS papers,
            count(*) AS cases,
            count(*) FILTER (f.changed) AS changed,
            count(*) FILTER (f.flagged) AS flagged,
            sum(f.milliseconds)::BIGINT AS milliseconds
        FROM fields AS f
        JOIN chosen_documents AS d ON d.document = f.document
        WHERE d.settled AND d.origin = 'scan'
        GROUP BY ALL
    """,
    "engine_cells": """
        SELECT
            d.month,
            d.unit, d.kind, d.template, d.scan_level, c.engine, c.version, c.field_kind,
            count(*) AS readings,
            count(*) FILTER (c.agrees) AS agreeing,
            count(*) FILTER (d.settled) AS settled,
            count(*) FILTER (c.agrees AND d.settled) AS right_settled
        FROM candidates AS c
        JOIN chosen_documents AS d ON d.document = c.document
        GROUP BY ALL
    """,
}


def _no_cells(name: str) -> str:
    return CELLS[name].replace("chosen_documents", "documents") + " LIMIT 0"


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB in memory that can read what lies under `folder`, and can do no more."""
    connection = duckdb.connect(config=_SETTINGS)
    connection.execute("SET GLOBAL TimeZone = 'Asia/Ho_Chi_Minh'")
    connection.execute("SET allowed_directories = $folders", {"folders": [f"{folder.resolve()}/"]})
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET temp_directory = ''")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


class Merged:
    """The tables of one state in a DuckDB of their own."""

    def __init__(self, folder: Path, state: State) -> None:
        self._folder = folder.resolve()
        self.connection = connect(folder)
        self._state = state
        self._born()
        for name in SCHEMAS:
            self._recent(name)
            self._whole(name)
        self._documents()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.connection.close()

    # --- for a compaction ----------------------------------------------------------------------

    def months_of_recent(self, known: Mapping[str, Any]) -> Sequence[str]:
        """The months whose files hold a document that was touched since."""
        found = self.connection.execute("""
            SELECT DISTINCT d.month
            FROM (SELECT DISTINCT document FROM born) AS b
            LEFT JOIN documents AS d USING (document)
        """).fetchall()
        months = {month for (month,) in found if month is not None}
        if any(month is None for (month,) in found):
            months |= known.keys() | {"0000-00"}  # nobody knows where it was before
        if "0000-00" in known:
            months.add("0000-00")  # what was known of a document before it was there itself
        return sorted(months)

    def month(self, name: str, month: str, kept: Kept | None) -> pa.Table:
        """A month's rows of a table as they are now, in the order of documents."""
        before = self._read([kept] if kept else [], SCHEMAS[name])
        before.create_view("before", replace=True)
        order = ", ".join(_ORDER.get(name, ("document",)))
        rows = self.connection.sql(
            f"""
            SELECT b.* FROM before AS b ANTI JOIN latest_{PART_OF[name]} AS l USING (document)
            UNION ALL
            SELECT r.* FROM recent_{name} AS r LEFT JOIN documents AS d USING (document)
            WHERE coalesce(d.month, '0000-00') = $month
            ORDER BY {order}
            """,  # noqa: S608 - names of this package's own tables
            params={"month": month},
        )
        return rows.to_arrow_table().cast(SCHEMAS[name])

    def documents(self) -> pa.Table:
        """All documents as they are now."""
        rows = self.connection.table("documents").order("document")
        return rows.project(*SCHEMAS["documents"].names).to_arrow_table().cast(SCHEMAS["documents"])

    def cells(self, name: str, affected: Sequence[str]) -> pa.Table:
        """A roll-up with the affected months counted anew."""
        before = self._state.whole.get(name)
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE chosen_documents AS FROM documents "
            "WHERE list_contains($months, month)",
            {"months": list(affected)},
        )
        counted = self.connection.sql(CELLS[name]).to_arrow_table()
        if before is None:
            return counted
        self._read([before]).create_view("cells_before", replace=True)
        self.connection.register("counted_now", counted)
        rows = self.connection.sql(
            "FROM cells_before WHERE NOT list_contains($months, month) "
            "UNION ALL BY NAME FROM counted_now",
            params={"months": list(affected)},
        )
        return rows.to_arrow_table()

    # --- for questions -------------------------------------------------------------------------

    def keep_cells(self, name: str) -> None:
        """The roll-up as `kept_<name>`, and as `months` which of them it does not tell any more."""
        kept = self._state.whole.get(name)
        if kept is not None:
            # Not taken into memory: the file answers faster, and opens at once.
            self._read([kept]).create_view(f"kept_{name}")
        else:
            empty = self.connection.sql(_no_cells(name)).to_arrow_table()
            self.connection.from_arrow(empty).create(f"kept_{name}")
        self.connection.execute(
            "CREATE TABLE IF NOT EXISTS months AS "
            "SELECT d.month, bool_or(b.document IS NOT NULL) AS is_open "
            "FROM documents AS d LEFT JOIN (SELECT DISTINCT document FROM born) AS b "
            "USING (document) GROUP BY ALL"
        )

    # --- for a check ---------------------------------------------------------------------------

    def compare(self, name: str, table: pa.Table, documents: set[int]) -> tuple[int, int]:
        """Rows about these documents that only `table` has, and that only the lake has."""
        numbers = pa.table({"document": pa.array(sorted(documents), pa.int32())})
        self.connection.register("numbers", numbers)
        self.connection.register("told", table)
        columns = ", ".join(f'"{column}"' for column in table.column_names)
        ours = f"SELECT {columns} FROM {name} SEMI JOIN numbers USING (document)"  # noqa: S608
        told = f"SELECT {columns} FROM told SEMI JOIN numbers USING (document)"  # noqa: S608
        lacks, has = (
            self.connection.execute(f"SELECT count(*) FROM ({one} EXCEPT ALL {other})").fetchall()  # noqa: S608
            for one, other in ((told, ours), (ours, told))
        )
        return int(lacks[0][0]), int(has[0][0])

    def others(self, name: str, documents: set[int]) -> int:
        """How many rows tell of other documents than these."""
        numbers = pa.table({"document": pa.array(sorted(documents), pa.int32())})
        self.connection.register("numbers", numbers)
        found = self.connection.execute(
            f"SELECT count(*) FROM {name} ANTI JOIN numbers USING (document)"  # noqa: S608
        ).fetchall()
        return int(found[0][0])

    # --- how it comes together -----------------------------------------------------------------

    def _read(
        self, kept: Sequence[Kept], schema: pa.Schema | None = None
    ) -> duckdb.DuckDBPyRelation:
        if not kept:
            assert schema is not None  # noqa: S101 - of an empty table
            return self.connection.from_arrow(schema.empty_table())
        return self.connection.read_parquet([str(self._folder / one.file) for one in kept])

    def _born(self) -> None:
        generations = BORN.append(pa.field("generation", pa.int32()))
        touched = self._read([one.touched for one in self._state.recent], generations)
        touched.create("born")
        for part in set(PART_OF.values()):
            self.connection.execute(
                f"CREATE TABLE latest_{part} AS "  # noqa: S608 - names of this package's tables
                "SELECT document, max(generation) AS generation FROM born "
                f"WHERE parts & {bit(part)} <> 0 GROUP BY document"
            )

    def _recent(self, name: str) -> None:
        """What the increments say of a table, the newest word about each document."""
        schema = SCHEMAS[name].append(pa.field("generation", pa.int32()))
        kept = [one.tables[name] for one in self._state.recent if name in one.tables]
        self._read(kept, schema).create_view("increments", replace=True)
        self.connection.execute(
            f"CREATE TABLE recent_{name} AS "  # noqa: S608 - names of this package's tables
            "SELECT i.* EXCLUDE (generation) FROM increments AS i "
            f"SEMI JOIN latest_{PART_OF[name]} AS l USING (document, generation)"
        )

    def _whole(self, name: str) -> None:
        """The table itself: its files without what is hidden, and what hides it."""
        if name == "documents":
            kept = [self._state.whole[name]] if name in self._state.whole else []
        else:
            kept = [tables[name] for tables in self._state.months.values() if name in tables]
        self._read(kept, SCHEMAS[name]).create_view(f"kept_{name}")
        # Without anything to hide, no join stands between a question and the files.
        hidden = f"ANTI JOIN latest_{PART_OF[name]} USING (document)" if self._state.recent else ""
        view = "all_documents" if name == "documents" else name
        self.connection.execute(
            f"CREATE VIEW {view} AS SELECT k.* FROM kept_{name} AS k {hidden}"  # noqa: S608
            + (f" UNION ALL FROM recent_{name}" if self._state.recent else "")
        )

    def _documents(self) -> None:
        self.connection.execute("""
            CREATE TABLE documents AS
            SELECT
                *,
                stage IN ('reviewed', 'approved', 'signed', 'exported') AS settled,
                strftime(day, '%Y-%m') AS month
            FROM all_documents
        """)


_ORDER = {
    "moves": ("document", "serial"), "acts": ("document", "serial"),
    "readings": ("document", "page", "engine"), "fields": ("document", "position"),
    "candidates": ("document", "field", "engine"),
}  # fmt: skip
