"""Questions answered by DuckDB in memory, over tables that hold no names and no field values.

The questions stand in `queries.sql`, each named and described. DuckDB reads no file, loads no
extension and calls nobody: it sees the tables it is handed, and only their columns in `TABLES`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Self

import duckdb
import pandas as pd
import pyarrow as pa

from workbench.analytics.facts import ROWS_READ, TABLES, Rows, facts

__all__ = ["ROWS_READ", "TABLES", "Query", "Questions", "facts", "queries"]

_SEALED: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "enable_external_access": False,
    "python_enable_replacements": False,  # a Python variable is never taken for a table
    "threads": 2,
}
_HEAD = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_PARAMETER = re.compile(r"\$(\w+)")


@dataclass(frozen=True, slots=True)
class Query:
    """One named question: what it answers, and the SQL that does."""

    name: str
    description: str
    sql: str

    @property
    def parameters(self) -> frozenset[str]:
        return frozenset(_PARAMETER.findall(self.sql))

    @property
    def answers(self) -> bool:
        """Whether it can be asked; the rest are phrases that the questions share."""
        return not self.sql.startswith("CREATE MACRO")


@cache
def queries() -> Mapping[str, Query]:
    """All questions by name, in the order of the file."""
    text = files(__package__).joinpath("queries.sql").read_text(encoding="utf-8")
    _, *parts = _HEAD.split(text)
    found: dict[str, Query] = {}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        lines = body.strip().splitlines()
        said = [line.removeprefix("--").strip() for line in lines if line.startswith("--")]
        sql = "\n".join(line for line in lines if not line.startswith("--")).strip()
        if name in found:
            raise ValueError(f"queries.sql names {name} twice")
        found[name] = Query(name, " ".join(said), sql.rstrip(";"))
    return found


class Questions:
    """Answers the named questions about one state of the store. Safe to share between threads."""

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        """`tables` by name; one that is missing is empty, a column too many is left at the door."""
        self._connection = duckdb.connect(config=_SEALED)
        self._connection.execute("SET GLOBAL TimeZone = 'Asia/Ho_Chi_Minh'")
        handed = {name: _only(tables, name) for name in TABLES}
        self._connection.register("handed", handed["documents"])
        self._connection.execute("CREATE TYPE document AS ENUM (SELECT id FROM handed)")
        for name, table in handed.items():
            self._take(name, table)
        for query in queries().values():
            if not query.answers:
                self._connection.execute(query.sql)

    @classmethod
    def of(cls, rows: Rows) -> Self:
        """Over the rows of the store: `Questions.of(store.tables(*ROWS_READ))`."""
        return cls(facts(rows))

    def ask(self, name: str, **parameters: object) -> pd.DataFrame:
        """The answer to a question; a parameter that is not given does not narrow it."""
        query = queries()[name]
        if unknown := parameters.keys() - query.parameters:
            raise TypeError(f"the question {name} has no parameter {', '.join(sorted(unknown))}")
        bound = dict.fromkeys(query.parameters) | parameters
        answer = self._connection.cursor().sql(query.sql, params=bound)
        frame: pd.DataFrame = answer.to_arrow_table().to_pandas()
        return frame

    def _take(self, name: str, table: pa.Table) -> None:
        # Copied into DuckDB's own format, which answers about three times as fast as Arrow. The ids
        # of documents, long and repeated everywhere, become numbers: half the time once more. An
        # event of a document that came after the documents were read is nobody's (TRY_CAST).
        columns = "* REPLACE (TRY_CAST(document AS document) AS document)"
        if name == "documents":
            columns = "* REPLACE (TRY_CAST(id AS document) AS id)"
        elif "document" not in table.column_names:
            columns = "*"
        self._connection.from_arrow(table).project(columns).create(name)


def _only(tables: Mapping[str, pa.Table], name: str) -> pa.Table:
    """The columns that may pass, and no other; a table that was not handed over is empty."""
    schema = TABLES[name]
    table = tables.get(name, schema.empty_table())
    return table.select(schema.names).cast(schema)
