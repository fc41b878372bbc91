"""All that is kept: rows in SQL, and beside them the bytes (`objects`).

Rows come back plain and outlive their session. Every change is one transaction that begins
IMMEDIATE on SQLite (a late upgrade from reading to writing fails at once in WAL mode); on
PostgreSQL the same statements lock rows and skip locked ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event as sa_event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError as Unreachable
from sqlmodel import Session, SQLModel, col, select

from workbench import vietnamese
from workbench.errors import Sentence, StaleDocumentError, StorageError
from workbench.model import (
    Batch,
    Correction,
    Document,
    Event,
    Page,
    Person,
    Proposal,
    Reading,
    Receipt,
    Review,
    Signature,
    SourceFile,
    Stage,
    TemplateVersion,
    Unit,
    Word,
    Worker,
)
from workbench.objects import Objects

Row = TypeVar("Row", bound=SQLModel)

MAX_ATTEMPTS = 3  # a page that kills its reader three times is not tried again

__all__ = ["MAX_ATTEMPTS", "Store", "Unreachable"]


class Store(Objects):
    """Rows behind a database address, bytes in the folder `objects`."""

    def __init__(self, url: str, objects: Path) -> None:
        self.url = url
        super().__init__(objects)
        self.engine = _connect(url)
        # Reading takes no write lock on SQLite: a page that looks never waits for one that saves.
        self._looking = self.engine.execution_options(reading=True)

    def close(self) -> None:
        self.engine.dispose()

    def ping(self) -> None:
        """Have the database answer. Raises Unreachable."""
        with self.engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))

    # --- transactions ----------------------------------------------------------------------

    @contextmanager
    def change(self) -> Iterator[Session]:
        """One transaction: all of it is kept, or nothing."""
        with Session(self.engine, expire_on_commit=False) as session:
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

    def _all(self, query: Any) -> list[Any]:
        with Session(self._looking, expire_on_commit=False) as session:
            return list(session.exec(query).all())

    def _one(self, kind: type[Row], key: str) -> Row | None:
        with Session(self._looking, expire_on_commit=False) as session:
            return session.get(kind, key)

    # --- the queue -------------------------------------------------------------------------

    def claim(
        self,
        stages: Sequence[Stage],
        *,
        by: str,
        seconds: float,
        at: datetime,
        limit: int = 1,
    ) -> list[Document]:
        """Up to `limit` waiting documents, leased to `by`; oldest first. Counts the attempt.

        An approved document waits for a machine only once its seal is ordered.
        """
        with self.change() as session:
            waiting = (
                select(Document)
                .where(
                    col(Document.stage).in_(stages),
                    sa.or_(
                        col(Document.stage) != Stage.APPROVED, col(Document.seal_by).is_not(None)
                    ),
                    sa.or_(
                        col(Document.lease_until).is_(None),
                        col(Document.lease_until) < at,
                    ),
                )
                .order_by(col(Document.created_at), col(Document.number))
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            documents = list(session.exec(waiting).all())
            for document in documents:
                document.lease_by = by
                document.lease_until = at + timedelta(seconds=seconds)
                document.attempts += 1
                session.add(document)
            return documents

    def borrow(self, *, by: str, seconds: float, at: datetime, limit: int) -> list[Document]:
        """Documents to review, leased to the person `by`: their own first, then free ones.

        Attempts are a machine's affair.
        """
        with self.change() as session:
            mine_first = sa.case((col(Document.lease_by) == by, 0), else_=1)
            returned_first = sa.case((col(Document.reviewer) == by, 0), else_=1)
            query = (
                select(Document)
                .where(
                    col(Document.stage) == Stage.PROPOSED,
                    sa.or_(
                        col(Document.lease_by) == by,
                        col(Document.lease_until).is_(None),
                        col(Document.lease_until) < at,
                    ),
                )
                .order_by(
                    mine_first, returned_first, col(Document.created_at), col(Document.number)
                )
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            documents = list(session.exec(query).all())
            for document in documents:
                document.lease_by = by
                document.lease_until = at + timedelta(seconds=seconds)
                session.add(document)
            return documents

    def renew(self, document: str, *, by: str, seconds: float, at: datetime) -> bool:
        """Prolong a lease; False if it was lost to somebody else."""
        with self.change() as session:
            done = session.execute(
                sa.update(Document)
                .where(col(Document.id) == document, col(Document.lease_by) == by)
                .values(lease_until=at + timedelta(seconds=seconds))
            )
            return bool(done.rowcount)  # type: ignore[attr-defined]

    def free(self, by: str) -> None:
        """Give back all that `by` holds; what was only stopped does not count as an attempt."""
        with self.change() as session:
            session.execute(
                sa.update(Document)
                .where(col(Document.lease_by) == by)
                .values(lease_by=None, lease_until=None, attempts=_one_less())
            )

    def postpone(
        self, document: str, *, by: str, until: datetime, reason: Sentence, remedy: Sentence
    ) -> None:
        """Let a document rest where it stands, through no fault of its own, and say why."""
        with self.change() as session:
            session.execute(
                sa.update(Document)
                .where(col(Document.id) == document, col(Document.lease_by) == by)
                .values(
                    lease_by=None,
                    lease_until=until,
                    attempts=_one_less(),
                    reason=reason.as_json(),
                    remedy=remedy.as_json(),
                )
            )

    def order_seal(self, document: Document, *, by: str, at: datetime) -> bool:
        """Order the seal of an approved document; False if it is ordered already, or gone on."""
        with self.change() as session:
            done = session.execute(
                sa.update(Document)
                .where(
                    col(Document.id) == document.id,
                    col(Document.stage) == Stage.APPROVED,
                    col(Document.seal_by).is_(None),
                )
                .values(seal_by=by, changed_at=at)
            )
            if not done.rowcount:  # type: ignore[attr-defined]
                return False
            session.add(_event(document, Stage.APPROVED, by=by, at=at))
            return True

    def keep_reading(self, reading: Reading) -> None:
        """Keep what an engine made of a page; a failure before it is replaced."""
        with self.change() as session:
            session.execute(
                sa.delete(Reading).where(
                    col(Reading.page) == reading.page,
                    col(Reading.engine) == reading.engine,
                    col(Reading.version) == reading.version,
                    col(Reading.weights) == reading.weights,
                    col(Reading.words).is_(None),
                )
            )
            session.add(reading)

    def seek(self, document: str, sought: str) -> None:
        """Renew what a document is found by."""
        with self.change() as session:
            session.execute(
                sa.update(Document).where(col(Document.id) == document).values(sought=sought)
            )

    def take(self, file: SourceFile, document: Document, event: Event) -> bool:
        """Keep an accepted file with its document; False where a twin was quicker."""
        try:
            self.add(file, document, event)
        except sa.exc.IntegrityError:
            return False
        return True

    def free_all(self, prefix: str) -> None:
        """Give back all leases whose holder's name begins with `prefix`."""
        with self.change() as session:
            session.execute(
                sa.update(Document)
                .where(col(Document.lease_by).startswith(prefix, autoescape=True))
                .values(lease_by=None, lease_until=None)
            )

    def move(
        self,
        document: Document,
        to: Stage,
        *,
        by: str,
        at: datetime,
        reason: Sentence | None = None,
        remedy: Sentence | None = None,
        holder: str | None = None,
        rows: Sequence[SQLModel] = (),
        clear: Sequence[type[SQLModel]] = (),
        **changes: Any,
    ) -> Document:
        """Move a document on, with its event and `rows`, in one transaction.

        Guarded by the stage and revision that the caller saw, and by the lease where `holder` names
        who must still have it. `clear` empties tables of this document first. Raises
        StaleDocumentError, and then nothing was kept.
        """
        seen = [
            col(Document.id) == document.id,
            col(Document.stage) == document.stage,
            col(Document.revision) == document.revision,
        ]
        if holder is not None:
            seen.append(col(Document.lease_by) == holder)
        values: dict[str, Any] = {
            "stage": to,
            "reason": reason.as_json() if reason else None,
            "remedy": remedy.as_json() if remedy else None,
            "lease_by": None,
            "lease_until": None,
            "attempts": 0,
            "changed_at": at,
            "held_at": document.stage if to is Stage.HELD else None,
            **changes,
        }
        with self.change() as session:
            done = session.execute(sa.update(Document).where(*seen).values(**values))
            if not done.rowcount:  # type: ignore[attr-defined]
                raise StaleDocumentError(
                    "Somebody else changed this document while you looked at it.",
                    "Open it again; what they saved is shown.",
                )
            for table in clear:
                owner = table.document  # type: ignore[attr-defined]
                session.execute(sa.delete(table).where(owner == document.id))
            session.add_all(rows)
            event = _event(document, to, by=by, at=at, reason=reason)
            event.kind = changes.get("kind", document.kind)
            session.add(event)
            session.flush()
            moved = session.get(Document, document.id, populate_existing=True)
            assert moved is not None  # noqa: S101 - just updated in this transaction
            return moved

    def part(
        self,
        document: Document,
        others: Sequence[tuple[Document, Sequence[Page]]],
        *,
        by: str,
        at: datetime,
        reason: Sentence | None,
    ) -> None:
        """Move a document that was read on, and give each other paper of its file its own pages.

        Guarded like `move`; all of it in one transaction.
        """
        with self.change() as session:
            done = session.execute(
                sa.update(Document)
                .where(
                    col(Document.id) == document.id,
                    col(Document.stage) == Stage.RECEIVED,
                    col(Document.lease_by) == by,
                )
                .values(
                    stage=Stage.READ,
                    lease_by=None,
                    lease_until=None,
                    attempts=0,
                    reason=None,
                    remedy=None,
                    changed_at=at,
                )
            )
            if not done.rowcount:  # type: ignore[attr-defined]
                raise StaleDocumentError
            session.add(_event(document, Stage.READ, by=by, at=at, reason=reason))
            for other, pages in others:
                session.add(other)
                session.flush()
                event = _event(other, Stage.READ, by=by, at=at, reason=reason)
                event.before = None
                session.add(event)
                for number, page in enumerate(pages):
                    session.execute(
                        sa.update(Page)
                        .where(col(Page.id) == page.id)
                        .values(document=other.id, number=number)
                    )
                    session.execute(
                        sa.update(Reading)
                        .where(col(Reading.page) == page.id)
                        .values(document=other.id)
                    )

    def correct(
        self, document: Document, corrections: Sequence[Correction], *, by: str, at: datetime
    ) -> tuple[Document, int]:
        """Append one person's acts; the document with its new revision, and how many were new.

        An act that is already kept (same id) is not kept again. Raises StaleDocumentError when the
        document is no longer in review or is leased to somebody else.
        """
        with self.change() as session:
            known = set(
                session.exec(
                    select(Correction.id).where(col(Correction.id).in_([c.id for c in corrections]))
                ).all()
            )
            fresh = [c for c in corrections if c.id not in known]
            current = session.exec(
                select(Document).where(col(Document.id) == document.id).with_for_update()
            ).one()
            if not fresh:
                return current, 0
            taken = (
                current.lease_by not in (None, by)
                and current.lease_until is not None
                and current.lease_until > at
            )
            if current.stage is not Stage.PROPOSED or taken:
                raise StaleDocumentError(
                    "Somebody else changed this document while you looked at it.",
                    "Open it again; what they saved is shown.",
                )
            last = session.exec(
                select(sa.func.max(Correction.serial)).where(
                    col(Correction.document) == document.id
                )
            ).one()
            for serial, correction in enumerate(fresh, start=(last or 0) + 1):
                current.revision += 1
                correction.serial = serial
                correction.revision = current.revision
                session.add(correction)
            current.reviewer = by
            current.changed_at = at
            session.add(current)
            return current, len(fresh)

    # --- questions -------------------------------------------------------------------------

    def batches(self) -> list[Batch]:
        return self._all(select(Batch).order_by(col(Batch.at).desc()))

    def batch(self, key: str) -> Batch | None:
        return self._one(Batch, key)

    def sources(self, batch: str) -> list[SourceFile]:
        return self._all(
            select(SourceFile).where(col(SourceFile.batch) == batch).order_by(col(SourceFile.at))
        )

    def source(self, key: str) -> SourceFile | None:
        return self._one(SourceFile, key)

    def known(self, digest: str) -> SourceFile | None:
        """The first file with these bytes that was taken in."""
        query = (
            select(SourceFile)
            .where(col(SourceFile.digest) == digest, col(SourceFile.intake) == "accepted")
            .order_by(col(SourceFile.at))
            .limit(1)
        )
        found = self._all(query)
        return found[0] if found else None

    def document(self, key: str) -> Document | None:
        return self._one(Document, key)

    def documents(
        self,
        *,
        stage: Stage | Sequence[Stage] | None = None,
        batch: str | None = None,
        unit: str | None = None,
        kind: str | None = None,
        text: str = "",
        unsealed: bool = False,
        untouched_by: str | None = None,
        limit: int = 200,
        offset: int = 0,
    ) -> list[Document]:
        """Documents that match, oldest first.

        `text` stands in a file's name or a value, without regard to case and marks; `unsealed`:
        no seal is ordered yet; `untouched_by`: this person had no hand in the review.
        """
        query = (
            select(Document)
            .where(*_matching(stage, batch, unit, kind, text, unsealed, untouched_by))
            .order_by(col(Document.created_at), col(Document.number))
            .limit(limit)
            .offset(offset)
        )
        return self._all(query)

    def count(
        self,
        *,
        stage: Stage | Sequence[Stage] | None = None,
        batch: str | None = None,
        unit: str | None = None,
        kind: str | None = None,
        text: str = "",
        unsealed: bool = False,
        untouched_by: str | None = None,
    ) -> int:
        query = select(sa.func.count()).select_from(Document)
        wanted = _matching(stage, batch, unit, kind, text, unsealed, untouched_by)
        return int(self._all(query.where(*wanted))[0])

    def counts(self, batch: str | None = None) -> dict[Stage, int]:
        """How many documents stand at each stage; every stage is named."""
        query = sa.select(col(Document.stage), sa.func.count()).group_by(col(Document.stage))
        if batch is not None:
            query = query.where(col(Document.batch) == batch)
        with Session(self._looking) as session:
            found = {Stage(stage): int(n) for stage, n in session.execute(query).all()}
        return {stage: found.get(stage, 0) for stage in Stage}

    def pages(self, document: str) -> list[Page]:
        return self._of(Page, document, Page.number)

    def readings(self, document: str) -> list[Reading]:
        return self._of(Reading, document, Reading.engine)

    def words(self, reading: Reading) -> tuple[Word, ...]:
        """What the engine saw; empty where it failed."""
        if reading.words is None:
            return ()
        return tuple(Word.from_json(word) for word in json.loads(self.get(reading.words)))

    def keep_words(self, words: Sequence[Word]) -> str:
        kept = [word.as_json() for word in words]
        return self.put(json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode())

    def proposals(self, document: str) -> list[Proposal]:
        return self._of(Proposal, document, Proposal.position)

    def corrections(self, document: str) -> list[Correction]:
        return self._of(Correction, document, Correction.serial)

    def reviews(self, document: str) -> list[Review]:
        return self._of(Review, document, Review.at)

    def signatures(self, document: str) -> list[Signature]:
        return self._of(Signature, document, Signature.at)

    def receipts(self, document: str) -> list[Receipt]:
        return self._of(Receipt, document, Receipt.at)

    def events(self, document: str) -> list[Event]:
        return self._of(Event, document, Event.id)

    def _of(self, kind: type[Row], document: str, order: Any) -> list[Row]:
        owner: Any = kind.document  # type: ignore[attr-defined]
        return self._all(select(kind).where(owner == document).order_by(order))

    def person(self, name: str) -> Person | None:
        return self._one(Person, name)

    def persons(self) -> list[Person]:
        return self._all(select(Person).order_by(col(Person.name)))

    def units(self) -> list[Unit]:
        return self._all(select(Unit).order_by(col(Unit.code)))

    def workers(self) -> list[Worker]:
        return self._all(select(Worker).order_by(col(Worker.started_at)))

    def template_version(self, digest: str) -> TemplateVersion | None:
        return self._one(TemplateVersion, digest)

    def keep(self, *rows: SQLModel) -> None:
        """Insert or replace rows that are named by their own key (persons, units, templates)."""
        with self.change() as session:
            for row in rows:
                session.merge(row)

    def forget(self, worker: Worker) -> None:
        """Strike a worker that has ended from the list."""
        with self.change() as session:
            session.execute(sa.delete(Worker).where(col(Worker.id) == worker.id))

    def tables(self, *kinds: type[SQLModel]) -> Mapping[str, list[dict[str, Any]]]:
        """Whole tables as plain rows, by table name, for the analytics."""
        found: dict[str, list[dict[str, Any]]] = {}
        with Session(self._looking) as session:
            for kind in kinds:
                table = SQLModel.metadata.tables[str(kind.__tablename__)]
                rows = session.execute(sa.select(table)).mappings().all()
                found[table.name] = [dict(row) for row in rows]
        return found


def _event(
    document: Document, after: Stage, *, by: str, at: datetime, reason: Sentence | None = None
) -> Event:
    return Event(
        document=document.id,
        batch=document.batch,
        unit=document.unit,
        kind=document.kind,
        before=document.stage,
        after=after,
        by=by,
        reason=reason.as_json() if reason else None,
        at=at,
    )


def _one_less() -> Any:
    return sa.case((col(Document.attempts) > 0, col(Document.attempts) - 1), else_=0)


def _matching(
    stage: Stage | Sequence[Stage] | None,
    batch: str | None,
    unit: str | None,
    kind: str | None,
    text: str,
    unsealed: bool,
    untouched_by: str | None,
) -> list[Any]:
    wanted: list[Any] = []
    if stage is not None:
        wanted.append(col(Document.stage).in_([stage] if isinstance(stage, Stage) else stage))
    for column, value in ((Document.batch, batch), (Document.unit, unit), (Document.kind, kind)):
        if value is not None:
            wanted.append(col(column) == value)
    if text.strip():
        named = select(SourceFile.id).where(col(SourceFile.name).icontains(text.strip()))
        says = col(Document.sought).contains(vietnamese.fold(text.strip()), autoescape=True)
        wanted.append(sa.or_(col(Document.source).in_(named), says))
    if unsealed:
        wanted.append(col(Document.seal_by).is_(None))
    if untouched_by is not None:
        for table in (Review, Correction):
            mine = select(table.document).where(col(table.by) == untouched_by)
            if table is Review:
                mine = mine.where(col(Review.duty) == "review")
            wanted.append(col(Document.id).not_in(mine))
        wanted.append(col(Document.reviewer) != untouched_by)
    return wanted


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
