"""Orders to sign that wait for somebody elsewhere: kept so that any process can go on with them.

While an order is open its documents are leased to it, so that no worker seals them another way.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col, select

from workbench.errors import Sentence, StaleDocumentError
from workbench.model import (
    OPEN_STATES,
    Document,
    Event,
    PendingSeal,
    SealState,
    SignedFile,
    Stage,
)
from workbench.store.rows import Rows

_LEASE = timedelta(days=3650)  # until it is settled: a phone that answers late is still asked


class Pending(Rows):
    """Seals that are asked for and not given yet."""

    @staticmethod
    def leased_to(request: str) -> str:
        """The name that an order has its documents leased under."""
        return f"asked/{request}"

    def ask(self, seals: Sequence[PendingSeal], *, holder: str) -> None:
        """Keep an order before it is sent, and lease its documents to it.

        Raises StaleDocumentError where `holder` has one of them no longer; nothing is kept then.
        """
        with self.change() as session:
            for seal in seals:
                done = session.execute(
                    sa.update(Document)
                    .where(
                        col(Document.id) == seal.document,
                        col(Document.stage) == Stage.APPROVED,
                        col(Document.lease_by) == holder,
                    )
                    .values(
                        lease_by=self.leased_to(seal.request),
                        lease_until=seal.asked_at + _LEASE,
                        attempts=0,
                        reason=None,
                        remedy=None,
                    )
                )
                if not done.rowcount:  # type: ignore[attr-defined]
                    raise StaleDocumentError
                session.add(seal)

    def taken(self, request: str, *, code: str, until: datetime) -> None:
        """The service has an order, calls it `code` and keeps it until then."""
        with self.change() as session:
            session.execute(
                sa.update(PendingSeal)
                .where(
                    col(PendingSeal.request) == request, col(PendingSeal.state) == SealState.SENDING
                )
                .values(code=code, until=until, state=SealState.WAITING)
            )

    def open_seals(self) -> list[PendingSeal]:
        """The papers of every order that is not settled, oldest order first."""
        return self._all(
            select(PendingSeal)
            .where(col(PendingSeal.state).in_(OPEN_STATES))
            .order_by(col(PendingSeal.asked_at), col(PendingSeal.request), col(PendingSeal.id))
        )

    def settle(self, seals: Sequence[PendingSeal], state: SealState, *, at: datetime) -> None:
        """Note how these papers of an order ended; what was settled before stays as it is."""
        with self.change() as session:
            session.execute(_settled(seals, state, at))

    def lay_down(
        self,
        seals: Sequence[PendingSeal],
        state: SealState,
        *,
        by: str,
        at: datetime,
        reason: Sentence,
        remedy: Sentence,
        again: datetime | None = None,
    ) -> int:
        """End an order without seals: a person has to order them anew. How many papers rest.

        Where `again` says when, the order of the person stands and goes out then by itself. What
        was sealed meanwhile is left alone.
        """
        rested = 0
        with self.change() as session:
            session.execute(_settled(seals, state, at))
            for seal in seals:
                mine = (
                    col(Document.id) == seal.document,
                    col(Document.lease_by) == self.leased_to(seal.request),
                )
                document = session.exec(select(Document).where(*mine).with_for_update()).first()
                if document is None:
                    continue
                document.lease_by, document.lease_until = None, again
                if again is None:
                    document.seal_by = None
                document.reason, document.remedy = reason.as_json(), remedy.as_json()
                document.changed_at = at
                session.add(document)
                session.add(
                    Event(
                        document=document.id,
                        batch=document.batch,
                        unit=document.unit,
                        kind=document.kind,
                        before=document.stage,
                        after=document.stage,
                        by=by,
                        reason=reason.as_json(),
                        at=at,
                    )
                )
                rested += 1
        return rested

    def signed_files(self, batch: str) -> list[SignedFile]:
        """The tables of a batch that were signed, oldest first."""
        return self._all(
            select(SignedFile)
            .where(col(SignedFile.batch) == batch)
            .order_by(col(SignedFile.at), col(SignedFile.id))
        )


def _settled(seals: Sequence[PendingSeal], state: SealState, at: datetime) -> sa.Update:
    return (
        sa.update(PendingSeal)
        .where(
            col(PendingSeal.id).in_([seal.id for seal in seals]),
            col(PendingSeal.state).in_(OPEN_STATES),
        )
        .values(state=state, settled_at=at)
    )
