"""Records that came without a scan: kept many at a time, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from workbench.model import (
    Batch,
    Correction,
    Document,
    Entry,
    Event,
    Holder,
    Keying,
    Origin,
    Proposal,
    Review,
    Sample,
    Stage,
    TermStatement,
)
from workbench.store.rows import Rows

_AT_ONCE = 500  # SQLite takes only so many values in one question


@dataclass(frozen=True, slots=True)
class Laid:
    """A new record with all its rows, as they will be kept."""

    document: Document
    entry: Entry
    events: Sequence[Event]
    proposals: Sequence[dict[str, Any]]  # columns of Proposal: many, so they are no objects
    corrections: Sequence[dict[str, Any]] = ()
    reviews: Sequence[Review] = ()
    holder: Holder | None = None  # kept with it where it is a new one
    terms: Sequence[TermStatement] = ()
    keyings: Sequence[Keying] = ()


class Entries(Rows):
    """Keeps records that people typed or a table gave."""

    def entry(self, document: str) -> Entry | None:
        """How a record came in that has no scan; None for a scanned one."""
        return self._one(Entry, document)

    def entered(self, unit: str, keys: Sequence[str]) -> dict[str, str]:
        """Of these keys those that a unit has entered already, with their document."""
        with Session(self._looking) as session:
            return _known(session, unit, keys)

    def enter(self, batch: Batch, records: Sequence[Laid]) -> tuple[Document, ...]:
        """Keep new records, and their batch where it is new, in one transaction or not at all.

        What the unit has entered before under the same key is left out. Each is numbered in its
        batch; the documents that were kept come back in their order.
        """
        try:
            return self._enter(batch, records)
        except sa.exc.IntegrityError:
            # Somebody entered the same at this moment (PostgreSQL): now it is known.
            return self._enter(batch, records)

    def batches_of(self, origins: Sequence[Origin]) -> list[tuple[Batch, dict[Stage, int]]]:
        """Batches with records that came without a scan, newest first, and how many stand where."""
        query = (
            sa.select(col(Document.batch), col(Document.stage), sa.func.count())
            .where(col(Document.origin).in_(origins))
            .group_by(col(Document.batch), col(Document.stage))
        )
        with Session(self._looking, expire_on_commit=False) as session:
            counts: dict[str, dict[Stage, int]] = {}
            for batch, stage, n in session.execute(query).all():
                counts.setdefault(batch, {})[Stage(stage)] = int(n)
            found = session.exec(
                select(Batch).where(col(Batch.id).in_(list(counts))).order_by(col(Batch.at).desc())
            ).all()
            return [(batch, counts[batch.id]) for batch in found]

    def entered_today(self, by: str, since: datetime) -> int:
        """How many records a person entered since a moment."""
        query = (
            select(sa.func.count())
            .select_from(Entry)
            .where(col(Entry.by) == by, col(Entry.at) >= since)
        )
        return int(self._all(query)[0])

    def awaiting_second(self, mark: str, *, not_by: str, limit: int = 20) -> list[Document]:
        """Records parked for somebody else than `not_by` to type again, oldest first."""
        return self._all(
            select(Document)
            .join(Entry, col(Entry.document) == col(Document.id))
            .where(
                col(Document.parked) == mark,
                col(Document.stage) == Stage.PROPOSED,
                col(Entry.by) != not_by,
            )
            .order_by(col(Document.created_at), col(Document.number))
            .limit(limit)
        )

    def keep_keyings(self, keyings: Sequence[Keying]) -> None:
        """Keep what a second person typed, once."""
        with self.change() as session:
            for keying in keyings:
                if session.get(Keying, keying.id) is None:
                    session.add(keying)

    def typed_again(self, document: str) -> None:
        """Let a record go on that a second person has typed."""
        with self.change() as session:
            session.execute(
                sa.update(Document).where(col(Document.id) == document).values(parked="")
            )

    def keyings(self, document: str) -> list[Keying]:
        return self._of(Keying, document, Keying.field)

    def samples(self, batch: str) -> list[Sample]:
        """Every sample drawn of a batch, oldest first."""
        return self._all(select(Sample).where(col(Sample.batch) == batch).order_by(col(Sample.at)))

    def look_at(self, sample: str, document: str) -> Sample:
        """Note that a record of a sample was opened."""
        with self.change() as session:
            found = session.exec(
                select(Sample).where(col(Sample.id) == sample).with_for_update()
            ).one()
            if document not in found.looked:
                found.looked = [*found.looked, document]
                session.add(found)
            return found

    def _enter(self, batch: Batch, records: Sequence[Laid]) -> tuple[Document, ...]:
        with self.change() as session:
            if session.get(Batch, batch.id) is None:
                session.add(Batch.model_validate(batch.model_dump()))
                session.flush()
            known = set(_known(session, batch.unit, [r.entry.key for r in records if r.entry.key]))
            last = session.exec(
                select(sa.func.max(col(Document.number))).where(col(Document.batch) == batch.id)
            ).one()
            fresh: list[Laid] = []
            for record in records:
                if record.entry.key in known:
                    continue
                if record.entry.key:
                    known.add(record.entry.key)  # twice in one go is once too
                fresh.append(record)
                record.document.number = (last or 0) + len(fresh)
            held = {r.holder.id: r.holder for r in fresh if r.holder is not None}
            there = _there(session, list(held))
            _insert(session, Holder, [h.model_dump() for k, h in held.items() if k not in there])
            _insert(session, Entry, [r.entry.model_dump() for r in fresh])
            _insert(session, Proposal, [p for r in fresh for p in r.proposals])
            _insert(session, Correction, [c for r in fresh for c in r.corrections])
            _insert(session, Review, [v.model_dump() for r in fresh for v in r.reviews])
            _insert(session, Event, [e.model_dump(exclude={"id"}) for r in fresh for e in r.events])
            session.add_all([row for r in fresh for row in (*r.terms, *r.keyings)])
            # Last: it is what notes for the lake that there is a new document (migration 0003).
            _insert(session, Document, [r.document.model_dump() for r in fresh])
            return tuple(r.document for r in fresh)


def _known(session: Session, unit: str, keys: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for start in range(0, len(keys), _AT_ONCE):
        found.update(
            session.exec(
                select(Entry.key, Entry.document).where(
                    col(Entry.unit) == unit, col(Entry.key).in_(keys[start : start + _AT_ONCE])
                )
            ).all()
        )
    return found


def _there(session: Session, holders: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(holders), _AT_ONCE):
        some = holders[start : start + _AT_ONCE]
        found.update(session.exec(select(Holder.id).where(col(Holder.id).in_(some))).all())
    return found


def _insert(session: Session, table: type[SQLModel], rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        session.execute(sa.insert(SQLModel.metadata.tables[str(table.__tablename__)]), list(rows))
