"""Grants of rights on templates, as they are kept: given once, revoked once, never deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from workbench.model import (
    Document,
    Stage,
    TemplateAct,
    TemplateDraft,
    TemplateEvent,
    TemplateGrant,
    TemplateStanding,
    TemplateVersion,
)
from workbench.store.rows import Rows


def grants(rows: Rows, template: str | None = None) -> tuple[TemplateGrant, ...]:
    """Every grant that was ever given, of one template or of all, in the order of giving."""
    query = select(TemplateGrant).order_by(col(TemplateGrant.at), col(TemplateGrant.id))
    if template is not None:
        query = query.where(col(TemplateGrant.template) == template)
    return tuple(_all(rows, query))


def grant(rows: Rows, key: str) -> TemplateGrant | None:
    found = _all(rows, select(TemplateGrant).where(col(TemplateGrant.id) == key))
    return found[0] if found else None


def give(rows: Rows, given: Sequence[TemplateGrant], events: Sequence[TemplateEvent]) -> None:
    """Keep grants with the events that tell of them, all or none."""
    rows.add(*given, *events)


def revoke(rows: Rows, key: str, *, by: str, at: datetime, why: str, event: TemplateEvent) -> bool:
    """Revoke a grant; False where somebody did so before."""
    with rows.change() as session:
        done = session.execute(
            sa.update(TemplateGrant)
            .where(col(TemplateGrant.id) == key, col(TemplateGrant.revoked_at).is_(None))
            .values(revoked_by=by, revoked_at=at, revoked_why=why)
        )
        if not done.rowcount:  # type: ignore[attr-defined]
            return False
        session.add(event)
        return True


def never_granted(rows: Rows, *, decided_by: str) -> tuple[str, ...]:
    """The templates with a version decided on by `decided_by` on which no grant was ever given."""
    query = (
        select(col(TemplateStanding.template))
        .where(
            col(TemplateStanding.decided_by) == decided_by,
            ~sa.exists().where(col(TemplateGrant.template) == col(TemplateStanding.template)),
        )
        .distinct()
        .order_by(col(TemplateStanding.template))
    )
    return tuple(_all(rows, query))


def enrol(rows: Rows, given: Sequence[TemplateGrant]) -> None:
    """Keep grants that come with the workbench; another process may keep the same ones now."""
    insert: Any = (sqlite if rows.engine.dialect.name == "sqlite" else postgresql).insert
    with rows.change() as session:
        for one in given:
            session.execute(
                insert(TemplateGrant).values(**one.model_dump()).on_conflict_do_nothing()
            )


def has_version(rows: Rows, template: str) -> bool:
    """Whether a version of this template was ever submitted or in use."""
    return bool(
        _all(
            rows,
            select(col(TemplateStanding.digest))
            .where(col(TemplateStanding.template) == template)
            .limit(1),
        )
    )


def is_known(rows: Rows, template: str) -> bool:
    """Whether there is such a template, be it a draft."""
    kinds: tuple[Any, ...] = (TemplateStanding, TemplateVersion, TemplateDraft)
    return any(
        _all(rows, select(kind.template).where(kind.template == template).limit(1))
        for kind in kinds
    )


def refused_since(rows: Rows, event: TemplateEvent, since: datetime) -> bool:
    """Whether just this was refused to the same person since a moment."""
    query = select(TemplateEvent).where(
        col(TemplateEvent.act) == TemplateAct.REFUSED,
        col(TemplateEvent.template) == event.template,
        col(TemplateEvent.by) == event.by,
        col(TemplateEvent.at) >= since,
    )
    return any((kept.told, kept.about) == (event.told, event.about) for kept in _all(rows, query))


def held_for(rows: Rows, template: str, reason: str) -> list[Document]:
    """The papers that are held for this reason (a message id) since the template was refused to
    them, in the order in which they came."""
    refused = select(TemplateEvent).where(
        col(TemplateEvent.act) == TemplateAct.REFUSED, col(TemplateEvent.template) == template
    )
    keys = {
        str(event.about["document"]) for event in _all(rows, refused) if "document" in event.about
    }
    held = (
        select(Document)
        .where(col(Document.stage) == Stage.HELD)
        .order_by(col(Document.created_at), col(Document.number))
    )
    return [
        document
        for document in (_all(rows, held) if keys else [])
        if document.id in keys and (document.reason or {}).get("text") == reason
    ]


def _all(rows: Rows, query: Any) -> list[Any]:
    looking = rows.engine.execution_options(reading=True)
    with Session(looking, expire_on_commit=False) as session:
        return list(session.exec(query).all())
