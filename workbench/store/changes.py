"""What changed since somebody last looked, told in one piece as one moment saw it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel, col

from workbench.model import (
    Correction,
    Document,
    Event,
    FieldReading,
    Page,
    Proposal,
    Reading,
    Receipt,
    Review,
    Signature,
    TemplateVersion,
    Trace,
    Unit,
)
from workbench.model.changes import PARTS, Changes, Touched
from workbench.store.rows import Rows

# Which columns of which table are read for which parts. Values are read here, because what differs
# must be compared; they do not enter the lake.
_READ: Mapping[type[SQLModel], tuple[tuple[str, ...], tuple[str, ...]]] = {
    Document: (
        ("documents",),
        ("id", "batch", "number", "unit", "kind", "template_digest", "stage", "held_at",
         "reason.text", "created_at", "changed_at", "origin"),
    ),
    Page: (
        ("documents", "readings"),
        ("id", "number", "dpi", "quality.blur", "quality.contrast", "quality.skew", "scanner"),
    ),
    Event: (
        ("documents", "moves", "fields"),
        ("id", "before", "after", "by", "reason.text", "at"),
    ),
    Reading: (
        ("readings", "fields"),
        ("page", "engine", "version", "count", "cpu_seconds", "seconds", "failure.text", "at"),
    ),
    Proposal: (
        ("documents", "fields"),
        ("field", "position", "value", "normalised", "confidence", "agreement", "accepted",
         "findings", "template_digest"),
    ),
    FieldReading: (
        ("fields",),
        ("field", "engine", "text", "value", "confidence", "cpu_seconds"),
    ),
    Correction: (
        ("documents", "fields", "acts"),
        ("serial", "id", "field", "act", "before", "after", "normalised", "by", "at", "revision",
         "keys", "milliseconds"),
    ),
    Trace: (
        ("acts",),
        ("id", "field", "act", "by", "at", "first_key", "committed", "keys", "clicks",
         "backspaces", "chosen", "typed", "distance", "context", "dwell", "idle", "latency"),
    ),
    Review: (("decisions",), ("id", "duty", "decision", "reason", "milliseconds", "by", "at")),
    Signature: (("signatures",), ("id", "level", "trial", "ordered_by", "at")),
    Receipt: (("receipts",), ("id", "repository", "version", "at")),
}  # fmt: skip

_COUNTED: Mapping[str, type[SQLModel]] = {
    "documents": Document, "moves": Event, "readings": Reading, "fields": Proposal,
    "candidates": FieldReading, "acts": Correction, "looks": Trace, "decisions": Review,
    "signatures": Signature, "receipts": Receipt,
}  # fmt: skip


class Feed(Rows):
    """Tells changes to whoever follows: whole documents' rows, never half of a transaction."""

    def changes(self, since: int, *, after: int, limit: int) -> Changes:
        """What changed at or after the serial `since` about documents touched from `after` on.

        The longest untouched first, `limit` documents; more where one transaction touched them
        together.
        """
        with self._one_moment() as connection:
            cut = self._cut(connection)
            beyond = connection.execute(
                sa.select(col(Touched.serial))
                .where(col(Touched.serial) >= after)
                .order_by(col(Touched.serial))
                .offset(limit - 1)
                .limit(1)
            ).scalar()
            newest = connection.execute(sa.select(sa.func.max(Touched.serial))).scalar() or 0
            read = newest if beyond is None else int(beyond)
            names = [str(c.name) for c in _touched().c]
            columns: dict[str, tuple[str, ...]] = {}
            rows: dict[str, list[tuple[Any, ...]]] = {}
            for table, (parts, wanted) in _READ.items():
                columns[str(table.__tablename__)] = ("document", *wanted)
                rows[str(table.__tablename__)] = _plain(
                    connection, _rows(table, parts, wanted, since, after, read)
                )
            touched = _plain(
                connection,
                sa.select(*(_touched().c[n] for n in names if n != "document"))
                .where(col(Touched.serial).between(after, read))
                .order_by(col(Touched.serial)),
            )
            units = _plain(connection, sa.select(col(Unit.code), col(Unit.name)))
            templates = _plain(
                connection,
                sa.select(
                    col(TemplateVersion.digest),
                    col(TemplateVersion.template),
                    col(TemplateVersion.version),
                ),
            )
        return Changes(
            since=since,
            cut=cut,
            read=read,
            more=read < newest,
            touched=touched,
            columns=columns,
            rows=rows,
            units=sorted(units),
            templates=sorted(templates),
        )

    def totals(self) -> Mapping[str, int]:
        """How many facts of each kind there are now, by the name of their table in the lake."""
        with self._one_moment() as connection:
            return {
                name: int(
                    connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() or 0
                )
                for name, table in _COUNTED.items()
            }

    def _one_moment(self) -> Any:
        """A connection on which all questions see the same state; it only looks."""
        if self.engine.dialect.name == "sqlite":
            return self._looking.begin()
        return self.engine.execution_options(isolation_level="REPEATABLE READ").begin()

    def _cut(self, connection: Any) -> int:
        if self.engine.dialect.name == "sqlite":
            # One writer: what is not kept yet gets a higher serial than all that is.
            newest = connection.execute(sa.select(sa.func.max(Touched.serial))).scalar()
            return int(newest or 0) + 1
        oldest = "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)"
        return int(connection.execute(sa.text(oldest)).scalar())


def _touched() -> sa.Table:
    return SQLModel.metadata.tables[str(Touched.__tablename__)]


def _rows(
    table: type[SQLModel],
    parts: tuple[str, ...],
    wanted: tuple[str, ...],
    since: int,
    after: int,
    read: int,
) -> Any:
    """Rows of documents of which one of the parts changed, with the document's number."""
    of = SQLModel.metadata.tables[str(table.__tablename__)]
    owner = of.c["id" if table is Document else "document"]
    return (
        sa.select(col(Touched.number), *(_column(of, name) for name in wanted))
        .join_from(_touched(), of, owner == col(Touched.document))
        .where(
            col(Touched.serial).between(after, read),
            sa.or_(*(_touched().c[part] >= since for part in parts)),
        )
    )


def _column(of: sa.Table, name: str) -> Any:
    """A column, or what stands under a key of its JSON."""
    plain, _, key = name.partition(".")
    if not key:
        return of.c[plain]
    within = of.c[plain][key]
    return within.as_string() if key == "text" else within.as_float()


def _plain(connection: Any, query: Any) -> list[tuple[Any, ...]]:
    # As the driver gives them, without a conversion for each value: many rows, three times as fast.
    compiled = query.compile(connection.engine, compile_kwargs={"literal_binds": True})
    cursor = connection.connection.cursor()
    try:
        cursor.execute(str(compiled))
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
    finally:
        cursor.close()


assert set(PARTS) <= set(_touched().c.keys())  # noqa: S101 - the parts are columns
