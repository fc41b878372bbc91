"""Looks at what is kept, as rows: begun, carried on by one at a time, ended; what they found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from workbench.model import Audit, Damage, Harm
from workbench.store.rows import Rows

SILENT_SECONDS = 60.0  # an audit that gives no sign of life that long may be carried on by others


def begin(rows: Rows, *, by: str, at: datetime) -> Audit:
    """The audit that is under way, or a new one."""
    with rows.change() as session:
        query = select(Audit).where(col(Audit.ended_at).is_(None)).order_by(col(Audit.at))
        found = session.exec(query).first()
        if found is not None:
            return found
        # Never taken up yet: whoever comes first may.
        audit = Audit(by=by, at=at, seen_at=at - timedelta(seconds=2 * SILENT_SECONDS))
        session.add(audit)
        return audit


def take_up(rows: Rows, *, at: datetime) -> Audit | None:
    """An unended audit that nobody carries on, now ours; None where there is none."""
    with rows.change() as session:
        silent = at - timedelta(seconds=SILENT_SECONDS)
        query = (
            select(Audit)
            .where(col(Audit.ended_at).is_(None), col(Audit.seen_at) < silent)
            .order_by(col(Audit.at))
            .with_for_update(skip_locked=True)
        )
        found = session.exec(query).first()
        if found is not None:
            found.seen_at = at
            session.add(found)
        return found


def note(rows: Rows, audit: Audit, damages: Sequence[Damage]) -> None:
    """Keep how far an audit has come, together with what it found on the way."""
    with rows.change() as session:
        for damage in damages:
            if session.get(Damage, damage.id) is None:
                session.add(damage)
                audit.harmed += 1
        session.merge(audit)


def audits(rows: Rows, *, limit: int = 20) -> list[Audit]:
    """The newest audits, the newest first."""
    with Session(rows.engine.execution_options(reading=True), expire_on_commit=False) as session:
        return list(session.exec(select(Audit).order_by(col(Audit.at).desc()).limit(limit)).all())


def damages(rows: Rows, audit: str, *, limit: int = 100_000) -> list[Damage]:
    """What an audit found, in order of places."""
    query = (
        select(Damage)
        .where(col(Damage.audit) == audit)
        .order_by(col(Damage.holdings), col(Damage.name))
        .limit(limit)
    )
    with Session(rows.engine.execution_options(reading=True), expire_on_commit=False) as session:
        return list(session.exec(query).all())


def mended(rows: Rows, damage: str, *, by: str, at: datetime) -> None:
    with rows.change() as session:
        session.execute(
            sa.update(Damage)
            .where(col(Damage.id) == damage, col(Damage.harm) != Harm.UNEXPECTED)
            .values(mended_at=at, mended_by=by)
        )
