"""From an approved record to its receipt: the archival PDF, its seal, the repository."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

import structlog

from workbench import exchange, rendition, review
from workbench.errors import (
    NotReadyError,
    StaleDocumentError,
)
from workbench.flow import cards, lasting, lines, required, scoping
from workbench.flow.claimed import Claimed, pages_of, sources_of, words_by_page
from workbench.flow.people import sheet
from workbench.flow.work import Work
from workbench.model import (
    Approved,
    Document,
    Page,
    Receipt,
    Sealing,
    Signature,
    Signed,
    SourceFile,
    Stage,
    now,
)
from workbench.store import outbox

log = structlog.get_logger()


@dataclass(frozen=True)
class Draft:
    """What the archival PDF of an approved record is drawn from; picklable, so drawn anywhere."""

    approved: Approved
    pages: tuple[rendition.RenditionPage, ...] = field(repr=False)
    title: str
    sealing: Sealing

    def draw(self) -> bytes | None:
        """The PDF; None for a record without pages, whose seal stands beside it."""
        if not self.pages:
            return None
        record, at = self.approved.record, self.approved.approved_at
        return rendition.render(record, self.pages, title=self.title, at=at)


def draft(work: Work, document: Document) -> Draft:
    """Lay together what was approved. Raises StaleDocumentError where it is another by now."""
    store = work.store
    approved = approval(work, document)
    scoping.must_go_its_way(work, sheet(work, document.id))
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
        for page in pages_of(work, document)
    ]
    title = f"{template.title['vi']} {record.value('so')}".strip()
    source = store.source(document.source) if document.source else None
    sealing = Sealing(document.seal_profile, scanned_at=source.at if source else None)
    return Draft(approved, tuple(pages), title, sealing)


def seal(work: Work, claimed: Claimed) -> None:
    """Render the archival PDF of what was approved, and seal it."""
    drawn = draft(work, claimed.document)
    signed = work.signer.sign(drawn.approved, drawn.draw(), drawn.sealing)
    keep_sealed(work, claimed.document, signed, holder=claimed.holder)


def keep_sealed(work: Work, document: Document, signed: Signed, *, holder: str) -> None:
    """Keep a seal with its receipt, and move its document on, if `holder` still has it."""
    store = work.store
    assert document.seal_by is not None  # noqa: S101 - an unordered seal is never claimed
    beside = store.put(signed.beside) if signed.beside else ""
    kept: dict[str, Any] = {} if signed.beside else {"pdf_digest": store.put(signed.pdf)}
    store.move(
        document,
        Stage.SIGNED,
        by=holder,
        at=now(),
        holder=holder,
        rows=[
            Signature(
                document=document.id,
                signer=signed.signer,
                certificate=signed.certificate,
                level=signed.level,
                trial=signed.trial,
                record_digest=signed.approved.record_digest,
                pdf_digest=signed.digest,
                ordered_by=document.seal_by,
                at=signed.signed_at,
                beside=beside,
                profile=signed.profile,
                in_field=signed.in_field,
            )
        ],
        **kept,
    )


def export(work: Work, claimed: Claimed) -> None:
    """Hand the signed record to the repository and keep its receipt."""
    document, store = claimed.document, work.store
    receipt = deposit(work, document)
    known = {r.package_digest for r in store.receipts(document.id)}
    kept = store.move(
        document,
        Stage.EXPORTED,
        by=claimed.holder,
        at=now(),
        holder=claimed.holder,
        rows=[] if receipt.package_digest in known else [receipt],
    )
    cards.catalogue(work, kept)


def deposit(work: Work, document: Document) -> Receipt:
    """Hand a signed record to the repository; the same record again gives the same receipt."""
    store = work.store
    approved = approval(work, document)
    sources, pages = sources_of(work, document), pages_of(work, document)
    signature = next(reversed(store.signatures(document.id)), None)
    sealed = document.pdf_digest or (signature and signature.beside)
    if signature is None or not sealed or not all(source.digest for source in sources):
        raise NotReadyError("This document has not been signed.", "Have it signed first.")
    package = exchange.pack(
        approved,
        pdf=store.get(document.pdf_digest) if document.pdf_digest else None,
        detached=store.get(signature.beside) if signature.beside else None,
        signature=signature,
        originals=_by_own_name(sources, [store.get(s.digest or "") for s in sources]),
        events=store.events(document.id),
        readings=[r for r in store.readings(document.id) if r.page in {p.id for p in pages}],
        pages=_scanned_from(sources, pages),
        witnessed=witnessed(work, document),
        asked=required.told(work, sheet(work, document.id)),
    )
    receipt = work.repository.deposit(package)
    receipt.document = document.id
    return receipt


def witnessed(work: Work, document: Document) -> exchange.Witnessed:
    """What the machine proposed for a document and what people did about it."""
    store = work.store
    return exchange.Witnessed(
        proposals=store.proposals(document.id),
        corrections=store.corrections(document.id),
        reviews=store.reviews(document.id),
        traces=store.traces(document.id),
        signatures=store.signatures(document.id),
        receipts=store.receipts(document.id),
        deliveries=outbox.sent_of(store, document.id),
    )


def _by_own_name(sources: Sequence[SourceFile], contents: Sequence[bytes]) -> dict[str, bytes]:
    """The files by the name they came under; a second one of a name is told apart."""
    named: dict[str, bytes] = {}
    for source, content in zip(sources, contents, strict=True):
        name = source.name
        while name in named:
            name = f"{PurePath(name).stem} (2){PurePath(name).suffix}"
        named[name] = content
    return named


def _scanned_from(sources: Sequence[SourceFile], pages: Sequence[Page]) -> list[dict[str, object]]:
    """For each page of the record the file and the page of it, and the image that was scanned."""
    digests = {source.id: source.digest for source in sources}
    return [
        {
            "page": page.number,
            "original_sha256": digests.get(page.source, sources[0].digest),
            "page_of_original": page.file_page,
            "scan_sha256": page.scan,
        }
        for page in pages
    ]


def approval(work: Work, document: Document) -> Approved:
    """What the second person vouched for, proved against the digest they saw.

    Raises StaleDocumentError when the record is no longer the one that was approved.
    """
    seen = sheet(work, document.id)
    template = work.template(document.template_digest or "")
    record = review.settle(
        seen,
        template=f"{template.id}@{template.version}",
        originals=[s.digest for s in sources_of(work, document) if s.digest],
    )
    record = replace(
        record,
        code=required.code_of(work, document.id),
        term=lasting.stated(work, document.id, at=document.approved_at),
    )
    if record.digest != document.record_digest or not document.approver or not document.approved_at:
        raise StaleDocumentError(
            "The record is not the one that was approved; it was not sealed.",
            "Send it back to review and have it approved again.",
        )
    return Approved(record, record.digest, document.approver, document.approved_at)
