"""From an approved record to its receipt: the archival PDF, its seal, the repository."""

from __future__ import annotations

import structlog

from workbench import exchange, rendition, review
from workbench.errors import (
    NotReadyError,
    StaleDocumentError,
)
from workbench.flow import lines
from workbench.flow.claimed import Claimed, words_by_page
from workbench.flow.people import sheet
from workbench.flow.work import Work
from workbench.model import (
    Approved,
    Document,
    Receipt,
    Signature,
    Stage,
    now,
)

log = structlog.get_logger()


def seal(work: Work, claimed: Claimed) -> None:
    """Render the archival PDF of what was approved, and seal it."""
    document, store = claimed.document, work.store
    approved = approval(work, document)
    record = approved.record
    template = work.template(record.template_digest)
    words = words_by_page(work, document)
    pages = [
        rendition.RenditionPage(
            image=store.get(page.scan),
            width=page.width,
            height=page.height,
            dpi=page.dpi,
            rotation=page.rotation,
            words=lines.text_of(work, document, page, words.get(page.number, {})),
        )
        for page in store.pages(document.id)
    ]
    title = f"{template.title['vi']} {record.value('so')}".strip()
    pdf = rendition.render(record, pages, title=title, at=approved.approved_at)
    signed = work.signer.sign(approved, pdf)
    assert document.seal_by is not None  # noqa: S101 - an unordered seal is never claimed
    store.move(
        document,
        Stage.SIGNED,
        by=claimed.holder,
        at=now(),
        holder=claimed.holder,
        rows=[
            Signature(
                document=document.id,
                signer=signed.signer,
                certificate=signed.certificate,
                level=signed.level,
                trial=signed.trial,
                record_digest=approved.record_digest,
                pdf_digest=signed.digest,
                ordered_by=document.seal_by,
                at=signed.signed_at,
            )
        ],
        pdf_digest=store.put(signed.pdf),
    )


def export(work: Work, claimed: Claimed) -> None:
    """Hand the signed record to the repository and keep its receipt."""
    document, store = claimed.document, work.store
    receipt = deposit(work, document)
    known = {r.package_digest for r in store.receipts(document.id)}
    store.move(
        document,
        Stage.EXPORTED,
        by=claimed.holder,
        at=now(),
        holder=claimed.holder,
        rows=[] if receipt.package_digest in known else [receipt],
    )


def deposit(work: Work, document: Document) -> Receipt:
    """Hand a signed record to the repository; the same record again gives the same receipt."""
    store = work.store
    approved = approval(work, document)
    source = store.source(document.source)
    if document.pdf_digest is None or source is None or source.digest is None:
        raise NotReadyError("This document has not been signed.", "Have it signed first.")
    (signature, *_) = reversed(store.signatures(document.id))
    package = exchange.pack(
        approved,
        pdf=store.get(document.pdf_digest),
        signature=signature,
        originals={source.name: store.get(source.digest)},
        events=store.events(document.id),
        readings=store.readings(document.id),
    )
    receipt = work.repository.deposit(package)
    receipt.document = document.id
    return receipt


def approval(work: Work, document: Document) -> Approved:
    """What the second person vouched for, proved against the digest they saw.

    Raises StaleDocumentError when the record is no longer the one that was approved.
    """
    seen = sheet(work, document.id)
    source = work.store.source(document.source)
    template = work.template(document.template_digest or "")
    record = review.settle(
        seen,
        template=f"{template.id}@{template.version}",
        originals=[source.digest] if source and source.digest else [],
    )
    if record.digest != document.record_digest or not document.approver or not document.approved_at:
        raise StaleDocumentError(
            "The record is not the one that was approved; it was not sealed.",
            "Send it back to review and have it approved again.",
        )
    return Approved(record, record.digest, document.approver, document.approved_at)
