"""Named questions and their answers, over one state of the lake at a time."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

import duckdb
import pandas as pd
import pyarrow as pa

from workbench.analytics.lake import Lake
from workbench.analytics.merged import CELLS, Merged
from workbench.analytics.schemas import SCHEMAS
from workbench.analytics.state import State

_HEAD = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_REMEMBERED = 400  # answers, of at most so many rows each
_SHORT = 5_000
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
    """Answers the named questions about the newest state it has taken up. Safe between threads."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._lock = threading.Lock()  # held while a newer state is taken up
        self._memory = threading.Lock()
        self._said: OrderedDict[tuple[object, ...], pd.DataFrame] = OrderedDict()
        self._mark, self._state, self._merged = self._opened()

    @property
    def at(self) -> datetime | None:
        """As of when the figures are; None where the lake is empty."""
        return self._state.at

    @property
    def generation(self) -> int:
        """Another number for other data."""
        return self._state.generation

    def renew(self) -> bool:
        """Take up a newer state of the lake; whether there was one.

        While another thread does so, the state that was there goes on to answer.
        """
        if self._lake.mark() == self._mark or not self._lock.acquire(blocking=False):
            return False
        try:
            # The old connection lives on until the last answer from it is given.
            self._mark, self._state, self._merged = self._opened()
        finally:
            self._lock.release()
        return True

    def ask(self, name: str, **parameters: object) -> pd.DataFrame:
        """The answer to a question; a parameter that is not given does not narrow it."""
        # A page asks the same again each time that it is drawn.
        asked = (self.generation, name, *(repr(item) for item in sorted(parameters.items())))
        with self._memory:
            if (said := self._said.get(asked)) is not None:
                self._said.move_to_end(asked)
                return said.copy()
        answer = self.answer(name, **parameters)
        if len(answer) <= _SHORT and asked[0] == self.generation:
            with self._memory:
                self._said[asked] = answer.copy()
                if len(self._said) > _REMEMBERED:
                    self._said.popitem(last=False)
        return answer

    def answer(self, name: str, **parameters: object) -> pd.DataFrame:
        """The same, found out anew also where it was asked before."""
        query = queries()[name]
        if unknown := parameters.keys() - query.parameters:
            raise TypeError(f"the question {name} has no parameter {', '.join(sorted(unknown))}")
        bound = dict.fromkeys(query.parameters) | parameters
        try:
            return _answer(self._merged, query, bound)
        except duckdb.IOException:
            # A file was cleared away long after a newer state took its place.
            if not self.renew():
                raise
            return _answer(self._merged, query, bound)

    def tables(self) -> Iterator[tuple[str, pa.RecordBatchReader]]:
        """Every table by name, to take elsewhere; some thousand rows in memory at a time."""
        names = (*SCHEMAS, *(f"kept_{name}" for name in CELLS), "months", "units", "templates")
        for name in names:
            yield name, self._merged.connection.cursor().table(name).to_arrow_reader(100_000)

    def _opened(self) -> tuple[object, State, Merged]:
        mark = self._lake.mark()
        state = self._lake.state()
        return mark, state, prepared(Merged(self._lake.folder, state), state)


def prepared(merged: Merged, state: State) -> Merged:
    """The same tables with the names of units, the roll-ups and the phrases of the questions."""
    connection = merged.connection
    named = (
        ("units", pa.schema({"code": pa.string(), "name": pa.string()}), state.units),
        (
            "templates",
            pa.schema({"digest": pa.string(), "kind": pa.string(), "version": pa.int32()}),
            state.templates,
        ),
    )
    for name, schema, rows in named:
        columns = list(zip(*rows, strict=True)) or [()] * len(schema)
        table = pa.Table.from_arrays(
            [pa.array(values, f.type) for f, values in zip(schema, columns, strict=True)],
            schema=schema,
        )
        connection.from_arrow(table).create(name)
    for name in CELLS:
        merged.keep_cells(name)
    for query in queries().values():
        if not query.answers:
            connection.execute(query.sql)
    return merged


def _answer(merged: Merged, query: Query, bound: Mapping[str, object]) -> pd.DataFrame:
    answer = merged.connection.cursor().sql(query.sql, params=dict(bound))
    frame: pd.DataFrame = answer.to_arrow_table().to_pandas()
    return frame
