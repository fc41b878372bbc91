"""Trainings of networks as rows: ordered, taught by one worker at a time, decided on, forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from workbench.model import NetworkForgotten, NetworkLesson, NetworkTraining, TrainingState
from workbench.store.rows import Rows

SILENT_SECONDS = 600.0  # a worker that gives no sign of life that long has given the training up
_OPEN = (TrainingState.WAITING, TrainingState.RUNNING)


def order(rows: Rows, training: NetworkTraining) -> bool:
    """Keep a new training; False where another one is not ended."""
    with rows.change() as session:
        query = select(NetworkTraining).where(col(NetworkTraining.state).in_(_OPEN))
        if session.exec(query.with_for_update()).first() is not None:
            return False
        session.add(training)
        return True


def take_up(rows: Rows, *, holder: str, at: datetime) -> NetworkTraining | None:
    """A training that nobody carries on, now ours; None where there is none."""
    with rows.change() as session:
        silent = at - timedelta(seconds=SILENT_SECONDS)
        query = (
            select(NetworkTraining)
            .where(
                col(NetworkTraining.state).in_(_OPEN),
                sa.or_(
                    col(NetworkTraining.holder) == "",
                    col(NetworkTraining.holder) == holder,
                    col(NetworkTraining.seen_at) < silent,
                ),
            )
            .order_by(col(NetworkTraining.at))
            .with_for_update(skip_locked=True)
        )
        found = session.exec(query).first()
        if found is not None:
            found.state, found.holder, found.seen_at = TrainingState.RUNNING, holder, at
            session.add(found)
        return found


def note(rows: Rows, training: str, *, holder: str, at: datetime, **told: Any) -> bool:
    """Keep how far it is; False where it is not this worker's any more."""
    with rows.change() as session:
        done = session.execute(
            sa.update(NetworkTraining)
            .where(
                col(NetworkTraining.id) == training,
                col(NetworkTraining.holder) == holder,
                col(NetworkTraining.state) == TrainingState.RUNNING,
            )
            .values(seen_at=at, **told)
        )
        return bool(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one


def keep_lessons(rows: Rows, lessons: Iterable[NetworkLesson]) -> None:
    """Which papers a training takes crops of; told again they are the same."""
    rows.keep(*lessons)


def free(rows: Rows, worker: str) -> None:
    """Give back what a worker teaches: another, or it itself after a rest, goes on."""
    with rows.change() as session:
        session.execute(
            sa.update(NetworkTraining)
            .where(
                col(NetworkTraining.holder).startswith(worker, autoescape=True),
                col(NetworkTraining.state) == TrainingState.RUNNING,
            )
            .values(holder="")
        )


def decide(
    rows: Rows, training: str, *, to: TrainingState, only: Iterable[TrainingState], **told: Any
) -> bool:
    """Bring a training from one of these states to another; False where it stands elsewhere.

    Where it comes into use, the network that was in use is replaced in the same moment.
    """
    with rows.change() as session:
        done = session.execute(
            sa.update(NetworkTraining)
            .where(col(NetworkTraining.id) == training, col(NetworkTraining.state).in_(list(only)))
            .values(state=to, **told)
        )
        if not done.rowcount:  # type: ignore[attr-defined]  # an UPDATE has one
            return False
        if to is TrainingState.ACCEPTED:
            session.execute(
                sa.update(NetworkTraining)
                .where(
                    col(NetworkTraining.id) != training,
                    col(NetworkTraining.state) == TrainingState.ACCEPTED,
                )
                .values(state=TrainingState.REPLACED)
            )
        return True


def accepted(rows: Rows) -> NetworkTraining | None:
    """The training whose network reads; None where none does."""
    query = select(NetworkTraining).where(col(NetworkTraining.state) == TrainingState.ACCEPTED)
    with _looking(rows) as session:
        return session.exec(query).first()


def trainings(rows: Rows, *, limit: int = 50) -> list[NetworkTraining]:
    """The newest first."""
    query = select(NetworkTraining).order_by(col(NetworkTraining.at).desc()).limit(limit)
    with _looking(rows) as session:
        return list(session.exec(query).all())


def training(rows: Rows, of: str) -> NetworkTraining | None:
    with _looking(rows) as session:
        return session.get(NetworkTraining, of)


def lessons(
    rows: Rows, *, training: str | None = None, document: str | None = None
) -> list[NetworkLesson]:
    """Which papers a training took crops of, or which trainings a paper's."""
    query = select(NetworkLesson).order_by(col(NetworkLesson.training), col(NetworkLesson.document))
    if training is not None:
        query = query.where(col(NetworkLesson.training) == training)
    if document is not None:
        query = query.where(col(NetworkLesson.document) == document)
    with _looking(rows) as session:
        return list(session.exec(query).all())


def forget(rows: Rows, forgotten: NetworkForgotten) -> None:
    rows.keep(forgotten)


def forgotten(rows: Rows) -> frozenset[str]:
    """The documents that no network may learn from."""
    with _looking(rows) as session:
        return frozenset(session.exec(select(NetworkForgotten.document)).all())


def _looking(rows: Rows) -> Session:
    return Session(rows.engine.execution_options(reading=True), expire_on_commit=False)
