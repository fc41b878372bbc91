"""A specialised database as a source of rows: asked once, read only, its password kept nowhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from workbench.errors import NotReadyError, SettingsError, StorageError

MOST_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class Rows:
    """What a table or query gave: its columns, its rows, and what database it is called."""

    database: str  # kind, host and name; neither account nor password
    place: str  # the table, or the query
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def read(url: str, *, table: str = "", query: str = "", order: str = "") -> Rows:
    """Every row of a table, or of a query, in one read-only transaction.

    `order` names a column of the table. Raises SettingsError for an address that is none,
    NotReadyError for what is no single SELECT, StorageError where the database does not answer.
    """
    if bool(table) == bool(query):
        raise NotReadyError("Name a table or a query.", "Give one of the two.")
    if query and not _only_reads(query):
        raise NotReadyError(
            "Only one SELECT can be asked of the database.", "Write it without “;” and changes."
        )
    address = _address(url)
    try:
        engine = sa.create_engine(_opened(address), hide_parameters=True)
    except (sa.exc.ArgumentError, ImportError) as error:
        raise _no_address() from error
    try:
        with engine.connect().execution_options(**_reading(engine)) as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA query_only = ON")
            found = connection.execute(sa.text(query) if query else _all_of(engine, table, order))
            rows = tuple(tuple(row) for row in found.fetchmany(MOST_ROWS + 1))
            columns = tuple(found.keys())
            connection.rollback()
    except sa.exc.SQLAlchemyError as error:
        # Its own words may quote rows.
        raise StorageError(
            "The database {name} did not answer the question ({kind}).",
            "Check address, account, and the names of table and columns.",
            name=_called(address),
            kind=type(error).__name__,
        ) from None
    finally:
        engine.dispose()
    if len(rows) > MOST_ROWS:
        raise NotReadyError(
            "The table has more than {n} rows.", "Ask for a part of it by a query.", n=MOST_ROWS
        )
    return Rows(_called(address), table or " ".join(query.split()), columns, rows)


def _address(url: str) -> sa.URL:
    try:
        return sa.make_url(url)
    except sa.exc.ArgumentError:
        raise _no_address() from None


def _opened(address: sa.URL) -> sa.URL:
    """SQLite would make a file that is not there; opened for reading alone, it says so."""
    if address.get_backend_name() != "sqlite" or not address.database:
        return address
    return sa.URL.create(
        "sqlite", database=f"file:{quote(address.database)}", query={"mode": "ro", "uri": "true"}
    )


def _no_address() -> SettingsError:
    return SettingsError(
        "This is no address of a database.",
        "Write it as sqlite:////folder/file.db or postgresql+psycopg://account@host/name.",
    )


def _called(address: sa.URL) -> str:
    place = f"{address.host}/" if address.host else ""
    name = (address.database or "").replace("\\", "/").rsplit("/", 1)[-1]
    return f"{address.get_backend_name()}:{place}{name}"


def _reading(engine: sa.Engine) -> dict[str, Any]:
    return {"postgresql_readonly": True} if engine.dialect.name == "postgresql" else {}


def _all_of(engine: sa.Engine, table: str, order: str) -> Any:
    """SELECT * of a table that exists; its names are quoted by the dialect."""
    inspector = sa.inspect(engine)
    schema, _, name = table.rpartition(".")
    known = {*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)}
    if name not in known:
        raise NotReadyError(
            "The database has no table {table}.", "Check the name; it may need its schema.",
            table=table,
        )  # fmt: skip
    columns = [c["name"] for c in inspector.get_columns(name, schema or None)]
    chosen: Any = sa.select(*(sa.column(c) for c in columns)).select_from(
        sa.table(name, schema=schema or None)
    )
    return chosen.order_by(sa.column(order)) if order in columns else chosen


def _only_reads(query: str) -> bool:
    """Whether it is one SELECT. The transaction is read-only besides, where the database can."""
    bare = re.sub(r"--[^\n]*|/\*.*?\*/", " ", query, flags=re.DOTALL).strip().rstrip(";").strip()
    without_text = re.sub(r"'(?:[^']|'')*'", "''", bare)
    words = set(re.findall(r"[a-z]+", without_text.lower()))
    changing: Sequence[str] = (
        "insert", "update", "delete", "drop", "alter", "create", "truncate", "merge", "grant",
        "attach", "pragma", "exec", "execute", "call", "into", "copy", "replace", "vacuum",
    )  # fmt: skip
    return (
        bool(re.match(r"(?:select|with)\b", without_text, re.IGNORECASE))
        and ";" not in without_text
        and words.isdisjoint(changing)
    )
