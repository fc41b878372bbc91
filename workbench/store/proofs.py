"""Seals that are proven for longer, or signed once more: the next file of the same record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from workbench.errors import Sentence, StaleDocumentError
from workbench.model import Card, Document, Event, Signature, Stage
from workbench.store.rows import Rows

_PROVEN = Sentence("The seal was given new proof.")
_COUNTERSIGNED = Sentence("The next signature of the profile was made.")


def proofs_due(rows: Rows, at: datetime, *, limit: int) -> Sequence[Document]:
    """Records in the repository whose seal needs new proof at `at`, the most urgent first."""
    query = (
        select(Document)
        .where(col(Document.stage) == Stage.EXPORTED, col(Document.proof_due) <= at)
        .order_by(col(Document.proof_due))
        .limit(limit)
    )
    with Session(rows.engine.execution_options(reading=True), expire_on_commit=False) as session:
        return session.exec(query).all()


def prove_by(rows: Rows, document: Document, due: datetime | None) -> None:
    """Note when the seal needs new proof next; None where it never does."""
    with rows.change() as session:
        session.execute(
            sa.update(Document).where(col(Document.id) == document.id).values(proof_due=due)
        )


def prove_all(rows: Rows, at: datetime) -> int:
    """Have every sealed PDF in the repository looked at again; how many there are."""
    with rows.change() as session:
        done = session.execute(
            sa.update(Document)
            .where(col(Document.stage) == Stage.EXPORTED, col(Document.pdf_digest).is_not(None))
            .values(proof_due=at)
        )
        return int(done.rowcount)  # type: ignore[attr-defined]


def keep_resealed(
    rows: Rows, document: Document, signature: Signature, *, pdf: str, by: str
) -> Document:
    """Put the next sealed file (by its name in the object store) in the place of the one before.

    Raises StaleDocumentError where somebody did so meanwhile; nothing is kept then.
    """
    with rows.change() as session:
        done = session.execute(
            sa.update(Document)
            .where(
                col(Document.id) == document.id,
                col(Document.stage) == Stage.EXPORTED,
                col(Document.pdf_digest) == document.pdf_digest,
            )
            .values(pdf_digest=pdf, changed_at=signature.at, proof_due=signature.at)
        )
        if not done.rowcount:  # type: ignore[attr-defined]
            raise StaleDocumentError
        reason = _COUNTERSIGNED if signature.in_field else _PROVEN
        event = Event(
            document=document.id,
            batch=document.batch,
            unit=document.unit,
            kind=document.kind,
            before=document.stage,
            after=document.stage,
            by=by,
            reason=reason.as_json(),
            at=signature.at,
        )
        session.add_all([signature, event])
        session.flush()
        kept = session.get(Document, document.id, populate_existing=True)
        assert kept is not None  # noqa: S101 - just updated in this transaction
        return kept


def profiles_in_use(rows: Rows) -> Sequence[str]:
    """By which profiles records in the repository were sealed."""
    query = select(Document.seal_profile).where(col(Document.stage) == Stage.EXPORTED).distinct()
    with Session(rows.engine.execution_options(reading=True)) as session:
        return session.exec(query).all()


def signed_less_than(rows: Rows, wanted: int, profile: str) -> Sequence[Document]:
    """Records sealed by `profile` with fewer than `wanted` of its fields signed; none withdrawn."""
    signed = (
        select(sa.func.count(sa.distinct(col(Signature.in_field))))
        .where(col(Signature.document) == col(Document.id), col(Signature.in_field) != "")
        .scalar_subquery()
    )
    withdrawn = select(Card.document).where(col(Card.withdrawn_at).is_not(None))
    query = select(Document).where(
        col(Document.stage) == Stage.EXPORTED,
        col(Document.pdf_digest).is_not(None),
        col(Document.id).not_in(withdrawn),
        col(Document.seal_profile) == profile,
        signed < wanted,
    )
    with Session(rows.engine.execution_options(reading=True), expire_on_commit=False) as session:
        return session.exec(query).all()
