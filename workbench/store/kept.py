"""What was sealed and receipted, asked by digest: the inventory that files are held against."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from workbench.model import (
    Delivery,
    Document,
    Page,
    Reading,
    Receipt,
    Signature,
    SourceFile,
    TemplateStanding,
)
from workbench.store.rows import Rows

_AT_ONCE = 1000


def sealed(rows: Rows, *, pdf: str = "", record: str = "") -> tuple[tuple[str, str, str], ...]:
    """The seals over this file (SHA-512) or this record (SHA-256), in the order of signing.

    Each as document, file, record.
    """
    query = sa.select(
        col(Signature.document), col(Signature.pdf_digest), col(Signature.record_digest)
    )
    if pdf:
        query = query.where(col(Signature.pdf_digest) == pdf)
    if record:
        query = query.where(col(Signature.record_digest) == record)
    query = query.order_by(col(Signature.at))
    with Session(rows.engine.execution_options(reading=True)) as session:
        return tuple((d, p, r) for d, p, r in session.execute(query).all())


def objects(rows: Rows, repository: str) -> Iterator[str]:
    """The ids of all objects that this repository has receipted, each once, in order."""
    after = ""
    while True:
        query = (
            sa.select(col(Receipt.object_id))
            .where(col(Receipt.repository) == repository, col(Receipt.object_id) > after)
            .distinct()
            .order_by(col(Receipt.object_id))
            .limit(_AT_ONCE)
        )
        found = _texts(rows, query)
        yield from found
        if len(found) < _AT_ONCE:
            return
        after = found[-1]


def digests(rows: Rows) -> Iterator[str]:
    """Every file of the object store that a row names, each once, in order (SHA-256)."""
    columns = (
        col(Page.scan),
        col(Page.view),
        col(Page.readable),
        col(Reading.words),
        col(Document.pdf_digest),
        col(Delivery.payload),
        col(TemplateStanding.signature),
    )
    source = col(SourceFile.digest)  # of a refused file nothing was kept
    named = sa.union(
        sa.select(source.label("digest")).where(col(SourceFile.intake) != "refused"),
        *(sa.select(column.label("digest")) for column in columns),
    ).subquery()
    after = ""
    while True:
        query = (
            sa.select(named.c.digest)
            .where(named.c.digest > after)  # neither NULL nor empty is
            .order_by(named.c.digest)
            .limit(_AT_ONCE)
        )
        found = _texts(rows, query)
        yield from found
        if len(found) < _AT_ONCE:
            return
        after = found[-1]


def _texts(rows: Rows, query: Any) -> list[str]:
    with Session(rows.engine.execution_options(reading=True)) as session:
        return [str(text) for (text,) in session.execute(query).all()]
