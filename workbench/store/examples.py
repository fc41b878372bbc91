"""What templates are proven on, and how each text did: examples and proofs, asked and kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from workbench.model import (
    Document,
    Page,
    Reading,
    Stage,
    TemplateEvent,
    TemplateExample,
    TemplateProof,
)
from workbench.store.rows import Rows

_AT_ONCE = 500  # SQLite takes only so many values in one question


def examples(rows: Rows, template: str | None = None) -> list[TemplateExample]:
    """The examples that count, of one template or of all; the oldest first."""
    query = (
        select(TemplateExample)
        .where(col(TemplateExample.dropped_at).is_(None))
        .order_by(col(TemplateExample.at), col(TemplateExample.id))
    )
    if template is not None:
        query = query.where(col(TemplateExample.template) == template)
    with _looking(rows) as session:
        return list(session.exec(query).all())


def of_document(rows: Rows, document: str) -> list[TemplateExample]:
    """For which templates a document is an example."""
    query = select(TemplateExample).where(
        col(TemplateExample.document) == document, col(TemplateExample.dropped_at).is_(None)
    )
    with _looking(rows) as session:
        return list(session.exec(query).all())


def take(rows: Rows, fresh: Sequence[TemplateExample]) -> None:
    """Let these count; an earlier example of the same paper and template gives way to its new."""
    with rows.change() as session:
        for example in fresh:
            session.execute(
                sa.update(TemplateExample)
                .where(
                    col(TemplateExample.template) == example.template,
                    col(TemplateExample.document) == example.document,
                    col(TemplateExample.dropped_at).is_(None),
                )
                .values(dropped_by=example.by, dropped_at=example.at)
            )
            session.add(example)


def drop(rows: Rows, example: str, *, by: str, at: datetime) -> bool:
    """Let an example count no more; False where somebody was quicker."""
    with rows.change() as session:
        done = session.execute(
            sa.update(TemplateExample)
            .where(col(TemplateExample.id) == example, col(TemplateExample.dropped_at).is_(None))
            .values(dropped_by=by, dropped_at=at)
        )
        return bool(done.rowcount)  # type: ignore[attr-defined]


def newest_of_kind(rows: Rows, kind: str, stages: Sequence[Stage], *, limit: int) -> list[Document]:
    """The last documents of a kind at these stages, newest first."""
    query = (
        select(Document)
        .where(col(Document.kind) == kind, col(Document.stage).in_(stages))
        .order_by(col(Document.changed_at).desc(), col(Document.id))
        .limit(limit)
    )
    with _looking(rows) as session:
        return list(session.exec(query).all())


def unfitting(rows: Rows, reasons: Sequence[str], *, limit: int) -> list[Document]:
    """The documents that are held for one of these reasons (message ids), oldest first."""
    query = (
        select(Document)
        .where(*_held_for(reasons))
        .order_by(col(Document.created_at), col(Document.number), col(Document.id))
        .limit(limit)
    )
    with _looking(rows) as session:
        return list(session.exec(query).all())


def count_unfitting(rows: Rows, reasons: Sequence[str]) -> int:
    query = select(sa.func.count()).select_from(Document).where(*_held_for(reasons))
    with _looking(rows) as session:
        return session.exec(query).one()


def _held_for(reasons: Sequence[str]) -> tuple[Any, ...]:
    return (
        col(Document.stage) == Stage.HELD,
        col(Document.reason)["text"].as_string().in_(reasons),
    )


def proofs(rows: Rows, template: str, *, limit: int = 20) -> list[TemplateProof]:
    """The last tests of a template's texts, the newest first."""
    query = (
        select(TemplateProof)
        .where(col(TemplateProof.template) == template)
        .order_by(col(TemplateProof.at).desc(), col(TemplateProof.id))
        .limit(limit)
    )
    with _looking(rows) as session:
        return list(session.exec(query).all())


def keep_proof(rows: Rows, proof: TemplateProof, event: TemplateEvent) -> None:
    with rows.change() as session:
        session.add(proof)
        session.add(event)


def first_readings(rows: Rows, documents: Sequence[str]) -> dict[str, str]:
    """Of each document the kept words (digest) of its first page: by Tesseract, else the most."""
    found: dict[str, tuple[bool, int, str]] = {}
    for start in range(0, len(documents), _AT_ONCE):
        query = (
            sa.select(
                col(Page.document), col(Reading.engine), col(Reading.count), col(Reading.words)
            )
            .join(Reading, col(Reading.page) == col(Page.id))
            .where(
                col(Page.document).in_(documents[start : start + _AT_ONCE]),
                col(Page.number) == 0,
                col(Page.aside) == "",
                col(Reading.words).is_not(None),
            )
        )
        with Session(rows.engine.execution_options(reading=True)) as session:
            for document, engine, count, words in session.execute(query).all():
                this = engine == "tesseract" and count > 0, count, words
                found[document] = max(this, found.get(document, this))
    return {document: words for document, (_, _, words) in found.items()}


def _looking(rows: Rows) -> Session:
    return Session(rows.engine.execution_options(reading=True), expire_on_commit=False)
