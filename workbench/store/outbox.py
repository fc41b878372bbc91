"""The outbox as rows: laid in once, taken by one sender at a time, settled with receipt or reason.

A sender that was killed leaves its lease; when that runs out, the parcel is sent again under the
same key.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from workbench.errors import Sentence
from workbench.model import Card, Delivery, DeliveryState, Document, Stage
from workbench.store.rows import Rows


def lay_in(rows: Rows, deliveries: Sequence[Delivery]) -> int:
    """Put deliveries into the outbox; those that are known are left as they stand. How many."""
    new = 0
    with rows.change() as session:
        for delivery in deliveries:
            if session.get(Delivery, delivery.id) is None:
                session.add(delivery)
                new += 1
    return new


def take(rows: Rows, *, by: str, seconds: float, at: datetime, limit: int = 20) -> list[Delivery]:
    """The deliveries that are due and that nobody sends just now, leased to `by`."""
    with rows.change() as session:
        query = (
            select(Delivery)
            .where(
                col(Delivery.state) == DeliveryState.WAITING,
                col(Delivery.due) <= at,
                sa.or_(col(Delivery.lease_until).is_(None), col(Delivery.lease_until) <= at),
            )
            .order_by(col(Delivery.due))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        found = list(session.exec(query).all())
        for delivery in found:
            delivery.lease_by, delivery.lease_until = by, at + timedelta(seconds=seconds)
            session.add(delivery)
        return found


def sent(rows: Rows, delivery: Delivery, *, receipt: str, at: datetime) -> bool:
    """The other side gave its receipt: kept whatever was said of the delivery meanwhile.

    False where there is a receipt already.
    """
    with rows.change() as session:
        done = session.execute(
            sa.update(Delivery)
            .where(col(Delivery.id) == delivery.id, col(Delivery.state) != DeliveryState.SENT)
            .values(
                attempts=Delivery.attempts + 1, lease_by="", lease_until=None,
                state=DeliveryState.SENT, receipt=receipt, reason=None, settled_at=at,
            )
        )  # fmt: skip
        return bool(done.rowcount)  # type: ignore[attr-defined]


def refused(rows: Rows, delivery: Delivery, *, reason: Sentence, at: datetime) -> bool:
    return _settle(
        rows, delivery, state=DeliveryState.REFUSED, reason=reason.as_json(), settled_at=at
    )


def later(rows: Rows, delivery: Delivery, *, reason: Sentence, due: datetime) -> bool:
    """It was not answered: it waits until `due`, one attempt older."""
    return _settle(rows, delivery, due=due, reason=reason.as_json())


def again(rows: Rows, key: str, *, at: datetime) -> bool:
    """Have a refused or waiting delivery tried at once."""
    return _change(
        rows, key, (DeliveryState.REFUSED, DeliveryState.WAITING),
        state=DeliveryState.WAITING, due=at, settled_at=None,
    )  # fmt: skip


def withdraw(rows: Rows, key: str, *, at: datetime) -> bool:
    """Give up a delivery that was not sent."""
    return _change(
        rows, key, (DeliveryState.REFUSED, DeliveryState.WAITING),
        state=DeliveryState.WITHDRAWN, settled_at=at,
    )  # fmt: skip


def deliveries(
    rows: Rows,
    *,
    state: DeliveryState | None = None,
    target: str = "",
    document: str = "",
    unit: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[Delivery]:
    """Deliveries that match, the newest first; `unit`: only of its records."""
    query = (
        select(Delivery)
        .where(*_matching(state, target, document, unit))
        .order_by(col(Delivery.at).desc(), col(Delivery.id))
        .limit(limit)
        .offset(offset)
    )
    with Session(rows.engine.execution_options(reading=True), expire_on_commit=False) as session:
        return list(session.exec(query).all())


def sent_of(rows: Rows, document: str) -> Sequence[Delivery]:
    """The deliveries of a record that were receipted, in any version and to any target."""
    query = select(Delivery).where(
        col(Delivery.document) == document, col(Delivery.state) == DeliveryState.SENT
    )
    with Session(rows.engine.execution_options(reading=True), expire_on_commit=False) as session:
        return session.exec(query).all()


def counts(rows: Rows, *, unit: str | None = None) -> dict[DeliveryState, int]:
    """How many deliveries stand where; every state is named."""
    query = (
        sa.select(col(Delivery.state), sa.func.count())
        .where(*_matching(None, "", "", unit))
        .group_by(col(Delivery.state))
    )
    with Session(rows.engine.execution_options(reading=True)) as session:
        found = {DeliveryState(state): int(n) for state, n in session.execute(query).all()}
    return {state: found.get(state, 0) for state in DeliveryState}


def undelivered(rows: Rows, target: str, *, unit: str | None = None, limit: int = 500) -> list[str]:
    """Receipted records, oldest first, of which no version was ever laid in for this target.

    Without those that are withdrawn.
    """
    laid = sa.select(col(Delivery.document)).where(col(Delivery.target) == target)
    withdrawn = sa.select(col(Card.document)).where(col(Card.withdrawn_at).is_not(None))
    query = (
        sa.select(col(Document.id))
        .where(
            col(Document.stage) == Stage.EXPORTED,
            col(Document.id).not_in(laid),
            col(Document.id).not_in(withdrawn),
        )
        .order_by(col(Document.created_at))
        .limit(limit)
    )
    if unit is not None:
        query = query.where(col(Document.unit) == unit)
    with Session(rows.engine.execution_options(reading=True)) as session:
        return [str(key) for (key,) in session.execute(query).all()]


def delivery(rows: Rows, key: str) -> Delivery | None:
    with Session(rows.engine.execution_options(reading=True), expire_on_commit=False) as session:
        return session.get(Delivery, key)


def _matching(
    state: DeliveryState | None, target: str, document: str, unit: str | None
) -> list[Any]:
    wanted: list[Any] = []
    if state is not None:
        wanted.append(col(Delivery.state) == state)
    if target:
        wanted.append(col(Delivery.target) == target)
    if document:
        wanted.append(col(Delivery.document) == document)
    if unit is not None:
        wanted.append(col(Delivery.unit) == unit)
    return wanted


def _settle(rows: Rows, delivery: Delivery, **changes: Any) -> bool:
    """Only who holds the lease says what became of it."""
    with rows.change() as session:
        done = session.execute(
            sa.update(Delivery)
            .where(
                col(Delivery.id) == delivery.id,
                col(Delivery.state) == DeliveryState.WAITING,
                col(Delivery.lease_by) == delivery.lease_by,
            )
            .values(attempts=Delivery.attempts + 1, lease_by="", lease_until=None, **changes)
        )
        return bool(done.rowcount)  # type: ignore[attr-defined]


def _change(rows: Rows, key: str, states: Sequence[DeliveryState], **changes: Any) -> bool:
    with rows.change() as session:
        done = session.execute(
            sa.update(Delivery)
            .where(col(Delivery.id) == key, col(Delivery.state).in_(states))
            .values(lease_by="", lease_until=None, **changes)
        )
        return bool(done.rowcount)  # type: ignore[attr-defined]
