"""The connection: one transaction at a time, rows as they are, nothing of what they mean.

On SQLite a change begins IMMEDIATE (a late upgrade from reading to writing fails at once in WAL
mode) and looking takes no write lock; PostgreSQL locks rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import RLock
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event as sa_event
from sqlalchemy.engine import Engine
from sqlmodel import Session, SQLModel, select

from workbench.errors import StorageError

__all__ = ["Row", "Rows", "Unreachable"]

Row = TypeVar("Row", bound=SQLModel)

Unreachable = sa.exc.OperationalError  # for callers that speak no SQL


class Rows:
    """Rows behind a database address."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _connect(url)
        # Reading takes no write lock on SQLite: a page that looks never waits for one that saves.
        self._looking = self.engine.execution_options(reading=True)
        # SQLite has those who wait for the one writer sleep, ever longer, and whoever wakes first
        # goes in; threads of one process queue here instead.
        self._turn: AbstractContextManager[Any] = (
            RLock() if self.engine.dialect.name == "sqlite" else nullcontext()
        )

    def close(self) -> None:
        self.engine.dispose()

    def ping(self) -> None:
        """Have the database answer. Raises Unreachable."""
        with self.engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))

    @contextmanager
    def change(self) -> Iterator[Session]:
        """One transaction: all of it is kept, or nothing."""
        with self._turn, Session(self.engine, expire_on_commit=False) as session:
            try:
                yield session
                session.commit()
            except sa.exc.OperationalError as error:
                session.rollback()
                if "full" in str(error.orig):
                    raise StorageError(
                        "The disk is full; the change was not kept.",
                        "Free some space, then do it again.",
                    ) from error
                raise
            except BaseException:
                session.rollback()
                raise

    def add(self, *rows: SQLModel) -> None:
        with self.change() as session:
            session.add_all(rows)

    def keep(self, *rows: SQLModel) -> None:
        """Insert or replace rows that are named by their own key (persons, units, templates)."""
        with self.change() as session:
            for row in rows:
                session.merge(row)

    def _all(self, query: Any) -> list[Any]:
        with Session(self._looking, expire_on_commit=False) as session:
            return list(session.exec(query).all())

    def _one(self, kind: type[Row], key: str) -> Row | None:
        with Session(self._looking, expire_on_commit=False) as session:
            return session.get(kind, key)

    def _of(self, kind: type[Row], document: str, order: Any) -> list[Row]:
        owner: Any = kind.document  # type: ignore[attr-defined]
        return self._all(select(kind).where(owner == document).order_by(order))


def _connect(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True, hide_parameters=True)
    # SQLite before 3.51.3 can corrupt a WAL that two connections reset at once; Debian's is older,
    # so the newer library from the wheel is used where there is one.
    try:
        from pysqlite3 import dbapi2 as driver
    except ImportError:
        import sqlite3 as driver
    # Parameters are hidden from error messages: they are what papers say.
    engine = sa.create_engine(
        url, module=driver, connect_args={"timeout": 20}, hide_parameters=True
    )

    @sa_event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",  # what was saved survives a power cut
            "busy_timeout = 20000",
            "foreign_keys = ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa_event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine
