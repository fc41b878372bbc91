"""A document in the hands of a machine, and what its steps share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog

from workbench.errors import (
    Sentence,
    StaleDocumentError,
)
from workbench.flow.work import Work
from workbench.model import (
    Document,
    Origin,
    Page,
    SourceFile,
    Stage,
    Word,
    now,
)

log = structlog.get_logger()


LEASE_SECONDS = 600.0  # longer than any one task; renewed after each


@dataclass(frozen=True)
class Claimed:
    """A document that this worker holds, and the name it holds it under."""

    document: Document
    holder: str


def words_by_page(work: Work, document: Document) -> dict[int, dict[str, tuple[Word, ...]]]:
    """Page number -> engine -> its words, for the readings that succeeded."""
    numbers = {page.id: page.number for page in work.store.pages(document.id)}
    words: dict[int, dict[str, tuple[Word, ...]]] = {}
    for reading in work.store.readings(document.id):
        if reading.words is not None and reading.page in numbers:
            words.setdefault(numbers[reading.page], {})[reading.engine] = work.store.words(reading)
    return words


def pages_of(work: Work, document: Document) -> list[Page]:
    """The pages that are a part of the record: none where only its data are kept."""
    return work.store.pages(document.id) if document.origin is Origin.SCAN else []


def sources_of(work: Work, document: Document) -> list[SourceFile]:
    """The files that a document's pages were scanned into, in the order of the pages."""
    if document.origin is not Origin.SCAN:
        return []
    keys = dict.fromkeys(page.source or document.source for page in work.store.pages(document.id))
    found = [work.store.source(key) for key in keys or {document.source: None}]
    return [source for source in found if source is not None]


def still_mine(work: Work, claimed: Claimed) -> None:
    if not work.store.renew(
        claimed.document.id, by=claimed.holder, seconds=LEASE_SECONDS, at=now()
    ):
        raise StaleDocumentError


def hold(work: Work, claimed: Claimed, reason: Sentence, remedy: Sentence, **changes: Any) -> None:
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
