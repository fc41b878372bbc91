"""What the law asks of a result before it is approved: nine data, its code, a file that is fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from workbench import filecheck, minimum, resultcode
from workbench.errors import WorkbenchError
from workbench.filecheck import Declared, ScanFile
from workbench.flow import scoping
from workbench.flow.claimed import sources_of
from workbench.flow.work import Work
from workbench.minimum import Given, Stands
from workbench.model import Document, Finding, Origin, Page, Severity, Stage
from workbench.review import ReviewSheet
from workbench.store import scoping as store

log = structlog.get_logger()


def checked(work: Work, sheet: ReviewSheet) -> ReviewSheet:
    """The sheet with what is missing of the nine data and what is wrong with its file.

    That stands in the way of approval; a reviewer is only warned of it.
    """
    if sheet.document.template_digest is None or not sheet.fields:
        return sheet
    found = [
        *minimum.findings(stand(work, sheet)),
        *file_findings(work, sheet),
    ]
    if sheet.document.stage is not Stage.REVIEWED:
        found = [
            replace(f, severity=Severity.WARNING) if f.severity is Severity.ERROR else f
            for f in found
        ]
    return replace(sheet, noted=(*sheet.noted, *found))


# --- nine data -----------------------------------------------------------------------------------


def stand(work: Work, sheet: ReviewSheet) -> tuple[Stands, ...]:
    """The nine data of a document as they stand."""
    return minimum.stand(sheet.values, sheet.document.kind or "", given(work, sheet))


def given(work: Work, sheet: ReviewSheet) -> Given:
    """What is known of a document beside its fields: its holder, its term, the code of its kind."""
    document = sheet.document
    held = scoping.holding(work, sheet)
    # Asked anew: whose it is may have been settled since the sheet was opened.
    tied = (work.store.document(document.id) or document).holder
    holder = store.holder(work.store, tied) if tied else None
    return Given(
        kind_code=store.kind_code(work.store, document.kind or ""),
        holder_number=holder.number if holder else "",
        holder_name=holder.name if holder else "",
        validity=held.validity,
        until=held.until.isoformat() if held.until else "",
    )


# --- the code ------------------------------------------------------------------------------------


def code_of(work: Work, document: str) -> str:
    """The code a document has; empty until it is approved."""
    given = store.codes(work.store, document)
    return given[-1].code if given else ""


def code_to_be(work: Work, sheet: ReviewSheet) -> str:
    """The code as it will be, its ordinal still open."""
    pattern = resultcode.pattern(work.result_code)
    return pattern.prefix(_parts(work, sheet)) + "n" * pattern.digits


def give_code(work: Work, sheet: ReviewSheet, *, by: str, at: datetime) -> str:
    """The document's code; given now where it has none for what it says now."""
    pattern = resultcode.pattern(work.result_code)
    prefix = pattern.prefix(_parts(work, sheet))
    return store.give_code(
        work.store,
        sheet.document.id,
        prefix,
        lambda ordinal: pattern.write(prefix, ordinal),
        by=by,
        at=at,
    )


def _parts(work: Work, sheet: ReviewSheet) -> Mapping[str, str]:
    nine = {one.datum.id: one.value for one in stand(work, sheet)}
    return {**nine, "unit": sheet.document.unit}


def told(work: Work, sheet: ReviewSheet) -> dict[str, Any]:
    """What was asked of a result and how it stood, as it goes out with the record."""
    document = sheet.document
    judged = next(reversed(store.judgements(work.store, document.id)), None)
    if judged is None:
        return {}
    way = judged.model_dump(mode="json", exclude={"id", "document", "closed", "closed_at"})
    return {
        "result_code": code_of(work, document.id),
        "scope": {name: value for name, value in way.items() if value != ""},
        "stated": [
            {"facts": said.facts, "by": said.by, "at": said.at.isoformat()}
            for said in store.statements(work.store, document.id)
            if said.at <= judged.at
        ],
        "file": [finding.as_json() for finding in file_findings(work, sheet)],
    }


# --- the file ------------------------------------------------------------------------------------


def file_findings(work: Work, sheet: ReviewSheet) -> tuple[Finding, ...]:
    """What is wrong with the scan of a document; a record without one has nothing to check."""
    document = sheet.document
    if document.origin is not Origin.SCAN:
        return ()
    seen = _seen(work, document, sheet.pages)
    if seen is None:
        return ()
    sources = sources_of(work, document)
    name = sources[0].name if len(sources) == 1 else ""
    facts = {n: fact.value for n, fact in scoping.stated(work, document).items()}
    return filecheck.check(seen, name=name, declared=declared(facts), kept=False)


def declared(facts: Mapping[str, Any]) -> Declared:
    """What people said of the paper's sides."""
    return Declared(sides=facts.get("sides"), noted=facts.get("noted", 0))


def _seen(work: Work, document: Document, pages: tuple[Page, ...]) -> ScanFile | None:
    """The document's own pages of the files they were scanned into, as one."""
    looks: dict[str, ScanFile] = {}
    for source in sources_of(work, document):
        looked = _look(work, source.digest or "")
        if looked is None:
            return None
        looks[source.id] = looked
    if not looks:
        return None
    first = looks.get(document.source) or next(iter(looks.values()))
    return replace(first, pages=tuple(_pages(looks, document, pages)))


def _pages(
    looks: Mapping[str, ScanFile], document: Document, pages: tuple[Page, ...]
) -> Iterator[filecheck.ScanPage]:
    for page in pages:
        looked = looks.get(page.source or document.source)
        if looked is None or page.file_page >= len(looked.pages):
            continue
        # A faint page is told from a blank one by who made it readable.
        blank = bool(page.quality and page.quality.get("blank"))
        yield replace(looked.pages[page.file_page], blank=blank)


def _look(work: Work, digest: str) -> ScanFile | None:
    """What a received file is like; looked at once. None where it is not there."""
    kept = store.looks(work.store, [digest]).get(digest)
    if kept is not None:
        return ScanFile.from_json(kept)
    try:
        found = filecheck.look(work.store.path(digest))
    except WorkbenchError as error:
        log.warning("file.not_checked", why=error.message.text)
        return None
    store.keep_look(work.store, digest, found.as_json())
    return found
