"""The reviewers' desks: what lies on whose, what was put aside, and how each likes to sit.

A document lies on a desk by its lease. What is put aside stays in review, with its acts, and lies
on no desk until somebody takes it up again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from workbench.errors import StaleDocumentError
from workbench.model import (
    Document,
    ParkedAs,
    Parking,
    Preference,
    Review,
    Stage,
    Trace,
)
from workbench.store.queue import add_traces
from workbench.store.rows import Rows


@dataclass(frozen=True, slots=True)
class Choice:
    """Which documents somebody wants on their desk, and in what order; empty: all."""

    batch: str = ""
    kind: str = ""
    by_age: bool = False  # the oldest first, whatever its priority

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Choice:
        return cls(
            batch=str(given.get("batch", "")),
            kind=str(given.get("kind", "")),
            by_age=bool(given.get("by_age", False)),
        )

    def as_json(self) -> dict[str, Any]:
        return {"batch": self.batch, "kind": self.kind, "by_age": self.by_age}


class Desks(Rows):
    """Leases of people, what they put aside, what they prefer, and what a sitting was like."""

    def borrow(
        self, *, by: str, seconds: float, at: datetime, limit: int, choice: Choice | None = None
    ) -> list[Document]:
        """Documents to review, leased to the person `by`: their own first, then free ones.

        Then what was assigned to them, what came back to them, and the rest by priority and age.
        Attempts are a machine's affair.
        """
        chosen = choice or Choice()
        mine_first = sa.case((col(Document.lease_by) == by, 0), else_=1)
        assigned_first = sa.case((col(Document.assigned) == by, 0), else_=1)
        returned_first = sa.case((col(Document.reviewer) == by, 0), else_=1)
        weighed: list[Any] = []
        if not chosen.by_age:
            weighed = [assigned_first, returned_first, -col(Document.priority)]
        with self.change() as session:
            query = (
                select(Document)
                .where(
                    *_open_to(by, chosen),
                    sa.or_(
                        col(Document.lease_by) == by,
                        col(Document.lease_until).is_(None),
                        col(Document.lease_until) < at,
                    ),
                )
                .order_by(mine_first, *weighed, col(Document.created_at), col(Document.number))
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            documents = list(session.exec(query).all())
            for document in documents:
                document.lease_by = by
                document.lease_until = at + timedelta(seconds=seconds)
                session.add(document)
            return documents

    def left_for(self, by: str, choice: Choice) -> int:
        """How many documents wait that could be laid on this person's desk, also later."""
        query = sa.select(sa.func.count()).select_from(Document).where(*_open_to(by, choice))
        with Session(self._looking) as session:
            return int(session.execute(query).scalar_one())

    def prolong(self, by: str, *, seconds: float, at: datetime) -> None:
        """Keep what lies on a person's desk there: they are at work."""
        with self.change() as session:
            session.execute(
                sa.update(Document)
                .where(col(Document.stage) == Stage.PROPOSED, col(Document.lease_by) == by)
                .values(lease_until=at + timedelta(seconds=seconds))
            )

    def give_back(self, by: str) -> int:
        """Free what lies on a person's desk; what they did with it is kept. How many."""
        with self.change() as session:
            done = session.execute(
                sa.update(Document)
                .where(col(Document.stage) == Stage.PROPOSED, col(Document.lease_by) == by)
                .values(lease_by=None, lease_until=None)
            )
            return int(done.rowcount)  # type: ignore[attr-defined]

    # --- put aside -----------------------------------------------------------------------------

    def park(self, parking: Parking) -> bool:
        """Put a document aside; False where this was kept before (same id).

        Raises StaleDocumentError when it is no longer in review, lies aside already, or is on
        somebody else's desk.
        """
        with self.change() as session:
            if session.get(Parking, parking.id) is not None:
                return False
            at = parking.at
            done = session.execute(
                sa.update(Document)
                .where(
                    col(Document.id) == parking.document,
                    col(Document.stage) == Stage.PROPOSED,
                    col(Document.parked) == "",
                    sa.or_(
                        col(Document.lease_by).is_(None),
                        col(Document.lease_by) == parking.by,
                        col(Document.lease_until) < at,
                    ),
                )
                .values(parked=parking.how.value, lease_by=None, lease_until=None, changed_at=at)
            )
            if not done.rowcount:  # type: ignore[attr-defined]
                raise StaleDocumentError
            session.add(parking)
            return True

    def unpark(
        self,
        parking: str,
        *,
        by: str,
        at: datetime,
        answer: str,
        holder: str | None,
        seconds: float,
    ) -> None:
        """Take up again what lies aside: on `holder`'s desk, or for whoever is next.

        Raises StaleDocumentError where somebody was quicker.
        """
        with self.change() as session:
            done = session.execute(
                sa.update(Parking)
                .where(col(Parking.id) == parking, col(Parking.settled_by) == "")
                .values(settled_by=by, settled_at=at, answer=answer)
            )
            if not done.rowcount:  # type: ignore[attr-defined]
                raise StaleDocumentError
            document = sa.select(col(Parking.document)).where(col(Parking.id) == parking)
            session.execute(
                sa.update(Document)
                .where(col(Document.id).in_(document), col(Document.stage) == Stage.PROPOSED)
                .values(
                    parked="",
                    lease_by=holder,
                    lease_until=at + timedelta(seconds=seconds) if holder else None,
                    changed_at=at,
                )
            )

    def parking(self, key: str) -> Parking | None:
        return self._one(Parking, key)

    def parkings(self, document: str) -> list[Parking]:
        """Each time this document was put aside, oldest first."""
        return self._of(Parking, document, Parking.at)

    def answered(self, documents: Sequence[str]) -> frozenset[str]:
        """Those of the documents that were escalated and got an answer."""
        query = sa.select(col(Parking.document)).where(
            col(Parking.document).in_(documents), col(Parking.answer) != ""
        )
        with self._looking.connect() as connection:
            return frozenset(connection.execute(query).scalars())

    def put_aside(
        self, how: ParkedAs, *, by: str | None = None, limit: int = 200
    ) -> list[tuple[Parking, Document]]:
        """What lies aside now, the oldest first; `by`: only what this person put there."""
        query = (
            select(Parking, Document)
            .join(Document, col(Document.id) == col(Parking.document))
            .where(
                col(Parking.how) == how,
                col(Parking.settled_by) == "",
                col(Document.parked) == how.value,
            )
            .order_by(col(Parking.at))
            .limit(limit)
        )
        if by is not None:
            query = query.where(col(Parking.by) == by)
        return [(parking, document) for parking, document in self._all(query)]

    # --- whose work it is ------------------------------------------------------------------------

    def assign(self, documents: Sequence[str], *, to: str) -> int:
        """Reserve documents in review for one person (empty: for anybody); how many.

        What lies on another desk is left to end there.
        """
        with self.change() as session:
            done = session.execute(
                sa.update(Document)
                .where(col(Document.id).in_(documents), col(Document.stage) == Stage.PROPOSED)
                .values(assigned=to)
            )
            return int(done.rowcount)  # type: ignore[attr-defined]

    def weigh(self, batch: str, *, priority: int) -> int:
        """Let the documents of a batch come earlier (more) or later (less); how many."""
        with self.change() as session:
            done = session.execute(
                sa.update(Document).where(col(Document.batch) == batch).values(priority=priority)
            )
            return int(done.rowcount)  # type: ignore[attr-defined]

    def in_review(self, *, batch: str = "", limit: int = 500) -> list[Document]:
        """Documents in review, by priority and age, whoever has them."""
        query = (
            select(Document)
            .where(col(Document.stage) == Stage.PROPOSED)
            .order_by(-col(Document.priority), col(Document.created_at), col(Document.number))
            .limit(limit)
        )
        if batch:
            query = query.where(col(Document.batch) == batch)
        return self._all(query)

    # --- what a sitting was like -----------------------------------------------------------------

    def preference(self, person: str, name: str) -> dict[str, Any]:
        """What a person prefers under this name; empty where they never said."""
        with Session(self._looking) as session:
            found = session.get(Preference, (person, name))
            return dict(found.value) if found else {}

    def prefer(self, person: str, name: str, value: Mapping[str, Any]) -> None:
        self.keep(Preference(person=person, name=name, value=dict(value)))

    def choice(self, person: str) -> Choice:
        """Which documents this person wants on their desk."""
        return Choice.from_json(self.preference(person, "queue"))

    def note(self, traces: Sequence[Trace]) -> None:
        """Keep what a sitting was like; sent twice it is kept once."""
        with self.change() as session:
            add_traces(session, traces)

    def traces(self, document: str) -> list[Trace]:
        return self._of(Trace, document, Trace.at)

    def sittings(self, by: str, *, since: datetime) -> list[Review]:
        """What a reviewer decided since then, oldest first; what they took back stands between."""
        return self._all(
            select(Review)
            .where(col(Review.by) == by, col(Review.duty) == "review", col(Review.at) >= since)
            .order_by(col(Review.at))
        )


def _open_to(by: str, choice: Choice) -> list[Any]:
    wanted = [
        col(Document.stage) == Stage.PROPOSED,
        col(Document.parked) == "",
        col(Document.assigned).in_(["", by]),
    ]
    if choice.batch:
        wanted.append(col(Document.batch) == choice.batch)
    if choice.kind:
        wanted.append(col(Document.kind) == choice.kind)
    return wanted
