"""From a file to proposals: what a machine does before people see a paper."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import structlog

from workbench import intake, review
from workbench.errors import (
    NotAllowedError,
    PoorPageError,
    ReadingFailedError,
    Sentence,
    WorkbenchError,
)
from workbench.flow import granting, grouping, quarantine, recognise, rereading, stating
from workbench.flow.claimed import Claimed, hold, still_mine, words_by_page
from workbench.flow.people import sought
from workbench.flow.refusals import refused
from workbench.flow.work import Work
from workbench.model import (
    Correction,
    Document,
    FieldReading,
    Page,
    Proposal,
    Quality,
    Reading,
    Right,
    Stage,
    Warp,
    now,
)
from workbench.seams import OcrEngine
from workbench.template import Template

log = structlog.get_logger()


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
    failed = quarantine.note(work, pages, readings)
    if not any(reading.words for reading in readings):
        if not readings:
            raise ReadingFailedError(
                "No engine could read this document.",
                "Run `workbench doctor`, then send the document back to be read again.",
            )
        raise quarantine.held(failed, pages)
    grouping.part(work, claimed)


def _split(work: Work, document: Document) -> list[Page]:
    """Cut the original into page images, kept as they were scanned."""
    store = work.store
    source = store.source(document.source)
    assert source is not None and source.digest is not None and source.media_type is not None  # noqa: S101 - intake keeps all three
    path = store.path(source.digest)
    made_by = intake.scanner(path, source.media_type)
    pages: list[Page] = []
    with tempfile.TemporaryDirectory(dir=work.scratch) as folder:
        images = intake.page_images(path, source.media_type, Path(folder))
        for image in images:
            digest = store.put(image.path)
            pages.append(
                Page(
                    document=document.id,
                    source=document.source,
                    number=image.index,
                    file_page=image.index,
                    width=image.width,
                    height=image.height,
                    dpi=image.dpi,
                    scan=digest,
                    view=digest,
                    scanner=made_by,
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
                quarantine.fail(page, result.message)
                store.keep(page)
                still_mine(work, claimed)
                continue
            page.failure = None
            page.readable = store.put(result.readable)
            page.view = store.put(result.view)
            page.warp = result.warp.as_json()
            page.quality = recognise.quality_json(result.quality)
            page.rotation = result.quality.rotation
            store.keep(page)
            still_mine(work, claimed)
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
    found = recognise.line_strips(words_by_page(work, document)) if engines else {}
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
        still_mine(work, claimed)


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


def propose(work: Work, claimed: Claimed) -> None:
    """Recognise the form, read its fields again one by one, vote, validate."""
    document, store = claimed.document, work.store
    if failed := quarantine.aside(everything := store.pages(document.id)):
        why = quarantine.held(failed, everything)
        hold(work, claimed, why.message, why.remedy, held_at=Stage.RECEIVED)
        return
    words = words_by_page(work, document)
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
    templates = work.templates  # as they are now: another version may come into use meanwhile
    engines = tuple(work.engines)  # and another network
    weights = {who.name: who.weights for who in (engine.identity() for engine in engines)}
    task = recognise.UnderstandTask(
        tuple(pages), tuple(templates.values()), engines, work.calibration
    )
    ((_, seen),) = work.executor.run(recognise.understand, [task])
    if isinstance(seen, WorkbenchError):
        raise seen
    if seen.template is None or seen.reason is not None:
        hold(
            work,
            claimed,
            seen.reason or Sentence("No template fits this form."),
            seen.remedy or Sentence(""),
            classified=seen.classified,
        )
        return
    if (refusal := granting.refusal_to_read(work, document, seen.template)) is not None:
        hold(work, claimed, refusal.message, refusal.remedy, classified=seen.classified)
        return
    digest = templates[seen.template].digest
    work.templates_changed()
    if work.templates.get(seen.template) is not templates[seen.template]:
        _no_longer_in_use(work, claimed, templates[seen.template])
        return
    values = {field.name: field.value for field in seen.fields}
    said = store.corrections(document.id)  # by people, where it is read again
    rows: list[Proposal | FieldReading | Correction] = [*rereading.restated(said, values, document)]
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
                # What its other looks at the strip cost is the engine's too.
                cpu_seconds=sum(
                    r.cpu_seconds for r in field.readings if r.engine == reading.engine
                ),
                weights=weights.get(reading.engine, ""),
            )
            for reading in field.readings
            if reading.how == "strip"
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
        classified={
            **seen.classified,
            "calibration": task.calibration.digest if task.calibration else "",
            "votes": store.keep_votes({field.name: field.votes for field in seen.fields}),
        },
        sought=sought([*values.values(), *(act.after for act in review.standing(said).values())]),
    )
    grouping.apply_open(work, document.batch)
    stating.refresh(work, document.id, afresh=True)


def _no_longer_in_use(work: Work, claimed: Claimed, template: Template) -> None:
    """A version was retired while a paper was read with it: it is read anew, and that is told."""
    error = NotAllowedError(
        "Version {n} of the template {template} was retired while a document was read with it.",
        n=template.version,
        template=template.id,
    )
    refused(work, Right.USE, template.id, by=claimed.holder, error=error, digest=template.digest)
    work.store.postpone(
        claimed.document.id,
        by=claimed.holder,
        until=now(),
        reason=error.message,
        remedy=Sentence("It is read again by itself, with what is in use now."),
    )
