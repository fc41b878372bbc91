"""What a machine does to a document, one function a stage; a worker calls them in any process.

Each step keeps its results, its event and the new stage in one transaction. Killed halfway, the
document is claimed again when its lease runs out; what was read by then is kept and not read twice.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from workbench import exchange, intake, rendition, review
from workbench.errors import (
    DepositError,
    MissingFileError,
    NotReadyError,
    PoorPageError,
    ReadingFailedError,
    Sentence,
    SigningError,
    StaleDocumentError,
    StoppedError,
    StorageError,
    WorkbenchError,
    places,
)
from workbench.flow import recognise
from workbench.flow.people import sheet, sought
from workbench.flow.work import Work
from workbench.model import (
    Approved,
    Document,
    FieldReading,
    Page,
    Proposal,
    Quality,
    Reading,
    Receipt,
    Signature,
    Stage,
    Warp,
    Word,
    now,
)
from workbench.seams import OcrEngine
from workbench.store import MAX_ATTEMPTS

POSTPONED_SECONDS = 60.0
_OF_THE_SITE = (StorageError, DepositError, SigningError)
LEASE_SECONDS = 600.0  # longer than any one task; renewed after each

log = structlog.get_logger()


@dataclass(frozen=True)
class Claimed:
    """A document that this worker holds, and the name it holds it under."""

    document: Document
    holder: str


# --- RECEIVED -> READ ------------------------------------------------------------------------


def read(work: Work, claimed: Claimed) -> None:
    """Split the file into pages, make each readable, and let every engine read every page."""
    document, store = claimed.document, work.store
    pages = store.pages(document.id) or _split(work, document)
    pages = _prepare(work, claimed, pages)
    if all(page.quality and page.quality["blank"] for page in pages):
        raise PoorPageError(
            "All {n} pages are blank.", "Check the scanner feed and scan it again.", n=len(pages)
        )
    for first_pass in (True, False):
        # Engines that only read lines are given those that the others found.
        engines = [e for e in work.engines if e.identity().finds_lines is first_pass]
        _read_pages(work, claimed, pages, engines)
    readings = store.readings(document.id)
    if not any(reading.words for reading in readings):
        raise ReadingFailedError(
            "No engine could read this document.",
            "Run `workbench doctor`, then send the document back to be read again.",
        )
    _part(work, claimed)


def _part(work: Work, claimed: Claimed) -> None:
    """Move the document on; where its file holds several papers, each becomes its own document."""
    document, store = claimed.document, work.store
    words = _words_by_page(work, document)
    papers: list[list[Page]] = []
    for page in store.pages(document.id):
        if not papers or recognise.begins_document(words.get(page.number, {})):
            papers.append([])
        papers[-1].append(page)
    others = [
        (Document(batch=document.batch, source=document.source, unit=document.unit,
                  number=document.number, stage=Stage.READ), pages)
        for pages in papers[1:]
    ]  # fmt: skip
    reason = (
        Sentence("The file holds {n} papers; each is a document of its own.", {"n": len(papers)})
        if others
        else None
    )
    store.part(document, others, by=claimed.holder, at=now(), reason=reason)


def _split(work: Work, document: Document) -> list[Page]:
    """Cut the original into page images, kept as they were scanned."""
    store = work.store
    source = store.source(document.source)
    assert source is not None and source.digest is not None and source.media_type is not None  # noqa: S101 - intake keeps all three
    pages: list[Page] = []
    with tempfile.TemporaryDirectory(dir=work.scratch) as folder:
        images = intake.page_images(store.path(source.digest), source.media_type, Path(folder))
        for image in images:
            digest = store.put(image.path)
            pages.append(
                Page(
                    document=document.id,
                    number=image.index,
                    file_page=image.index,
                    width=image.width,
                    height=image.height,
                    dpi=image.dpi,
                    scan=digest,
                    view=digest,
                )
            )
            image.path.unlink()
    store.add(*pages)
    return pages


def _prepare(work: Work, claimed: Claimed, pages: Sequence[Page]) -> list[Page]:
    store = work.store
    waiting = [page for page in pages if page.readable is None]
    with tempfile.TemporaryDirectory(dir=work.scratch) as folder:
        tasks = [
            recognise.PageTask(store.path(page.scan), Path(folder) / f"{page.number:04}")
            for page in waiting
        ]
        for page, (_, result) in zip(
            waiting, work.executor.run(recognise.prepare_page, tasks), strict=True
        ):
            if isinstance(result, WorkbenchError):
                raise result
            page.readable = store.put(result.readable)
            page.view = store.put(result.view)
            page.warp = result.warp.as_json()
            page.quality = recognise.quality_json(result.quality)
            page.rotation = result.quality.rotation
            store.keep(page)
            _still_mine(work, claimed)
    return store.pages(claimed.document.id)


def _read_pages(
    work: Work,
    claimed: Claimed,
    pages: Sequence[Page],
    engines: Sequence[OcrEngine],
) -> None:
    store, document = work.store, claimed.document
    known = {
        (r.page, r.engine, r.version, r.weights)
        for r in store.readings(document.id)
        if r.failure is None  # what failed is tried again
    }
    found = recognise.line_strips(_words_by_page(work, document)) if engines else {}
    todo: list[tuple[Page, recognise.ReadTask]] = []
    for page in pages:
        if page.readable is None or (page.quality and page.quality["blank"]):
            continue
        for engine in engines:
            who = engine.identity()
            if (page.id, who.name, who.version, who.weights) in known:
                continue
            lines = () if who.finds_lines else found.get(page.number, ())
            if not who.finds_lines and not lines:
                continue
            todo.append((page, recognise.ReadTask(engine, store.path(page.readable), lines)))
    results = work.executor.run(recognise.read_page, [task for _, task in todo])
    for (page, task), (_, result) in zip(todo, results, strict=True):
        store.keep_reading(_reading(work, document, page, task, result))
        _still_mine(work, claimed)


def _reading(
    work: Work,
    document: Document,
    page: Page,
    task: recognise.ReadTask,
    result: recognise.PageReading | WorkbenchError,
) -> Reading:
    who = task.engine.identity()
    row = Reading(
        document=document.id,
        page=page.id,
        engine=who.name,
        version=who.version,
        weights=who.weights,
    )
    if isinstance(result, WorkbenchError):
        row.failure = result.message.as_json()
        log.warning("page.failed", engine=who.name, page=page.id)
        return row
    row.words = work.store.keep_words(result.words)
    row.count = len(result.words)
    row.cpu_seconds = result.cpu_seconds
    row.seconds = result.seconds
    log.info(
        "page.read", engine=who.name, page=page.id, words=row.count, seconds=round(row.seconds, 2)
    )
    return row


def _words_by_page(work: Work, document: Document) -> dict[int, dict[str, tuple[Word, ...]]]:
    """Page number -> engine -> its words, for the readings that succeeded."""
    numbers = {page.id: page.number for page in work.store.pages(document.id)}
    words: dict[int, dict[str, tuple[Word, ...]]] = {}
    for reading in work.store.readings(document.id):
        if reading.words is not None:
            words.setdefault(numbers[reading.page], {})[reading.engine] = work.store.words(reading)
    return words


def _still_mine(work: Work, claimed: Claimed) -> None:
    if not work.store.renew(
        claimed.document.id, by=claimed.holder, seconds=LEASE_SECONDS, at=now()
    ):
        raise StaleDocumentError


# --- READ -> PROPOSED --------------------------------------------------------------------------


def propose(work: Work, claimed: Claimed) -> None:
    """Recognise the form, read its fields again one by one, vote, validate."""
    document, store = claimed.document, work.store
    words = _words_by_page(work, document)
    pages = [
        recognise.ReadPage(
            number=page.number,
            readable=store.path(page.readable),
            scan=store.path(page.scan),
            warp=Warp.from_json(page.warp),
            quality=Quality(**page.quality),
            words=words.get(page.number, {}),
        )
        for page in store.pages(document.id)
        if page.readable and page.warp and page.quality and page.number in words
    ]
    task = recognise.UnderstandTask(
        tuple(pages), tuple(work.templates.values()), tuple(work.engines)
    )
    ((_, seen),) = work.executor.run(recognise.understand, [task])
    if isinstance(seen, WorkbenchError):
        raise seen
    if seen.template is None or seen.reason is not None:
        _hold(
            work,
            claimed,
            seen.reason or Sentence("No template fits this form."),
            seen.remedy or Sentence(""),
            classified=seen.classified,
        )
        return
    digest = work.templates[seen.template].digest
    rows: list[Proposal | FieldReading] = []
    for field in seen.fields:
        rows.append(
            Proposal(
                document=document.id,
                field=field.name,
                position=field.position,
                value=field.value,
                normalised=field.normalised,
                page=field.page,
                box=field.box.as_list() if field.box else None,
                candidates=dict(field.candidates),
                confidence=field.confidence,
                agreement=field.agreement,
                accepted=field.accepted,
                findings=[finding.as_json() for finding in field.findings],
                template_digest=digest,
            )
        )
        rows.extend(
            FieldReading(
                document=document.id,
                field=field.name,
                engine=reading.engine,
                text=reading.text,
                value=reading.value,
                confidence=reading.confidence,
                page=field.page,
                box=reading.box.as_list() if reading.box else None,
                cpu_seconds=reading.cpu_seconds,
            )
            for reading in field.readings
        )
    store.move(
        document,
        Stage.PROPOSED,
        by=claimed.holder,
        at=now(),
        holder=claimed.holder,
        rows=rows,
        clear=(Proposal, FieldReading),
        kind=seen.template,
        template_digest=digest,
        classified=seen.classified,
        sought=sought(field.value for field in seen.fields),
    )


# --- APPROVED -> SIGNED -> EXPORTED --------------------------------------------------------------


def seal(work: Work, claimed: Claimed) -> None:
    """Render the archival PDF of what was approved, and seal it."""
    document, store = claimed.document, work.store
    approved = approval(work, document)
    record = approved.record
    template = work.template(record.template_digest)
    words = _words_by_page(work, document)
    pages = [
        rendition.RenditionPage(
            image=store.get(page.scan),
            width=page.width,
            height=page.height,
            dpi=page.dpi,
            rotation=page.rotation,
            words=recognise.text_layer(words.get(page.number, {}), Warp.from_json(page.warp))
            if page.warp
            else (),
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


# --- the worker's loop -----------------------------------------------------------------------

STEPS: dict[Stage, Callable[[Work, Claimed], None]] = {
    Stage.RECEIVED: read,
    Stage.READ: propose,
    Stage.APPROVED: seal,
    Stage.SIGNED: export,
}


def step(work: Work, document: Document, *, holder: str) -> None:
    """Move one claimed document one stage on, or hold it with the reason why not."""
    claimed = Claimed(document, holder)
    try:
        STEPS[document.stage](work, claimed)
    except StoppedError:
        work.store.free(holder)
    except StaleDocumentError:
        log.warning("document.lost", document=document.id, stage=document.stage)
        if not _lost(work, claimed):
            # Released, it waits for approval again and not for the seal that it cannot have.
            _hold(
                work,
                claimed,
                Sentence("The record is not the one that was approved; it was not sealed."),
                Sentence("Send it back; it then waits for approval again."),
                held_at=Stage.REVIEWED,
            )
    except _OF_THE_SITE as error:
        if isinstance(error, MissingFileError):
            _hold(work, claimed, error.message, error.remedy)
            return
        # A full disk, a missing key, a closed repository: no fault of the paper. It is tried again.
        log.error("site.failed", document=document.id, why=error.message.text)
        work.store.postpone(
            document.id,
            by=holder,
            until=now() + timedelta(seconds=POSTPONED_SECONDS),
            reason=error.message,
            remedy=error.remedy,
        )
    except WorkbenchError as error:
        log.warning("document.held", document=document.id, why=error.message.text)
        _hold(work, claimed, error.message, error.remedy)
    except Exception as error:
        kind = type(error).__name__
        log.error("document.failed", document=document.id, error=kind, where=places(error))
        _hold(
            work,
            claimed,
            Sentence("The step failed unexpectedly ({kind}).", {"kind": kind}),
            Sentence("Send it back to try again; if it fails again, tell the maintainers."),
        )


def claim(
    work: Work, *, holder: str, stages: Sequence[Stage] = tuple(STEPS), limit: int = 1
) -> list[Document]:
    """The next documents for a machine; those that failed too often are held instead."""
    mine: list[Document] = []
    found = work.store.claim(list(stages), by=holder, seconds=LEASE_SECONDS, at=now(), limit=limit)
    for document in found:
        if document.attempts <= MAX_ATTEMPTS:
            mine.append(document)
            continue
        _hold(
            work,
            Claimed(document, holder),
            Sentence("Working on it ended the process {n} times.", {"n": MAX_ATTEMPTS}),
            Sentence("Look at the file; then send it back, or refuse it and scan it again."),
        )
    return mine


def _lost(work: Work, claimed: Claimed) -> bool:
    """Whether somebody else has the document now."""
    current = work.store.document(claimed.document.id)
    return current is None or current.lease_by != claimed.holder


def _hold(work: Work, claimed: Claimed, reason: Sentence, remedy: Sentence, **changes: Any) -> None:
    try:
        work.store.move(
            claimed.document,
            Stage.HELD,
            by=claimed.holder,
            at=now(),
            holder=claimed.holder,
            reason=reason,
            remedy=remedy,
            **changes,
        )
    except StaleDocumentError:
        log.warning("document.lost", document=claimed.document.id)
