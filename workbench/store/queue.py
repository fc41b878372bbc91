"""The queue: who has a document, where it stands, and every guarded change of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from workbench.errors import Sentence, StaleDocumentError
from workbench.model import (
    BatchConstant,
    Comment,
    Correction,
    Document,
    Event,
    Reading,
    SourceFile,
    Stage,
    TextCorrection,
    Trace,
    Worker,
)
from workbench.store.rows import Rows

MAX_ATTEMPTS = 3  # a page that kills its reader three times is not tried again


class Queue(Rows):
    """Leases, moves and acts. Each change names what its caller saw, and is all kept or nothing."""

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

    def free_all(self, prefix: str) -> None:
        """Give back all leases whose holder's name begins with `prefix`."""
        with self.change() as session:
            session.execute(
                sa.update(Document)
                .where(col(Document.lease_by).startswith(prefix, autoescape=True))
                .values(lease_by=None, lease_until=None)
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

    def order_seal(
        self,
        document: Document,
        *,
        by: str,
        at: datetime,
        profile: str = "",
        proof_due: datetime | None = None,
    ) -> bool:
        """Order the seal of an approved document; False if it is ordered already, or gone on."""
        with self.change() as session:
            done = session.execute(
                sa.update(Document)
                .where(
                    col(Document.id) == document.id,
                    col(Document.stage) == Stage.APPROVED,
                    col(Document.seal_by).is_(None),
                )
                .values(seal_by=by, seal_profile=profile, proof_due=proof_due, changed_at=at)
            )
            if not done.rowcount:  # type: ignore[attr-defined]
                return False
            session.add(_event(document, Stage.APPROVED, by=by, at=at))
            return True

    def correct(
        self,
        document: Document,
        corrections: Sequence[Correction],
        *,
        by: str,
        at: datetime,
        seconds: float = 0.0,
        sought: str | None = None,
        traces: Sequence[Trace] = (),
    ) -> tuple[Document, int]:
        """Append one person's acts; the document with its new revision, and how many were new.

        An act that is already kept (same id) is not kept again. Kept with them: a lease that `by`
        has for another `seconds`, what the document is found by from now on, and what the looking
        was like. Raises StaleDocumentError when the document is no longer in review or is leased to
        somebody else; then nothing was kept.
        """
        with self.change() as session:
            current, new = _append(session, document.id, corrections, by=by, at=at)
            if seconds and current.lease_by == by:
                current.lease_until = at + timedelta(seconds=seconds)
            if sought is not None:
                current.sought = sought
            add_traces(session, traces)
            return current, new

    def correct_across(
        self, acts: Mapping[str, Sequence[Correction]], *, by: str, at: datetime
    ) -> frozenset[str]:
        """Append one person's acts on many documents, by document, in one transaction.

        The documents whose acts were refused, as `correct` refuses them; the others' are kept.
        """
        refused: set[str] = set()
        with self.change() as session:
            for document, corrections in acts.items():
                try:
                    _append(session, document, corrections, by=by, at=at)
                except StaleDocumentError:
                    refused.add(document)
        return frozenset(refused)

    def correct_text(
        self, document: str, corrections: Sequence[TextCorrection], *, by: str, at: datetime
    ) -> int:
        """Append what a person says lines of a document say, guarded as `correct`; how many new."""
        with self.change() as session:
            return _append(session, document, corrections, by=by, at=at)[1]

    def remark(self, comment: Comment) -> None:
        """Keep a comment; sent twice it is kept once."""
        with self.change() as session:
            if session.get(Comment, comment.id) is None:
                session.add(comment)

    def hold_for_batch(self, constant: BatchConstant) -> None:
        """Keep what a batch's constant is from now on; sent twice it is kept once."""
        with self.change() as session:
            if session.get(BatchConstant, constant.id) is None:
                session.add(constant)

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

    def forget(self, worker: Worker) -> None:
        """Strike a worker that has ended from the list."""
        with self.change() as session:
            session.execute(sa.delete(Worker).where(col(Worker.id) == worker.id))


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


def add_traces(session: Session, traces: Sequence[Trace]) -> None:
    """Keep what looking was like; sent twice it is kept once."""
    keys = [trace.id for trace in traces]
    known = set(session.exec(select(Trace.id).where(col(Trace.id).in_(keys))).all()) if keys else ()
    session.add_all([trace for trace in traces if trace.id not in known])


Change = TypeVar("Change", Correction, TextCorrection)


def _append(
    session: Session, document: str, changes: Sequence[Change], *, by: str, at: datetime
) -> tuple[Document, int]:
    """Append what is not kept yet, if the document is in review and in nobody else's hands."""
    kind: Any = Correction if changes and isinstance(changes[0], Correction) else TextCorrection
    known = set(
        session.exec(select(kind.id).where(col(kind.id).in_([c.id for c in changes]))).all()
    )
    fresh = [c for c in changes if c.id not in known]
    current = session.exec(
        select(Document).where(col(Document.id) == document).with_for_update()
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
        select(sa.func.max(kind.serial)).where(col(kind.document) == document)
    ).one()
    for serial, change in enumerate(fresh, start=(last or 0) + 1):
        current.revision += 1
        change.serial = serial
        change.revision = current.revision
        session.add(change)
    current.reviewer = by
    current.changed_at = at
    session.add(current)
    return current, len(fresh)


def _one_less() -> Any:
    return sa.case((col(Document.attempts) > 0, col(Document.attempts) - 1), else_=0)
