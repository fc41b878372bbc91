"""For every document which template won, what came next, by how much, why, and by which version.

As it was told when the document was read; of papers that were read before that was kept, it is
worked out anew from the words that the engines kept, with the templates in use and its own version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from workbench import placement
from workbench.errors import Sentence, StorageError
from workbench.flow import recognise
from workbench.flow.claimed import words_by_page
from workbench.flow.work import Work
from workbench.matching import MatchReport, report
from workbench.model import Document, Stage
from workbench.placement import Running
from workbench.template import Template

# What `granting` says of a paper that was recognised in a unit without the right.
_MAY_NOT_USE = Sentence("The unit {unit} may not use the template {template}.")


class Outcome(StrEnum):
    """What came of it."""

    READ = "read"  # with the form that won
    UNKNOWN = "unknown"  # no template fits
    NOT_GRANTED = "not_granted"  # it was recognised, and its unit may not use that template
    HELD = "held"  # for another reason
    UNTOLD = "untold"  # its form has not been asked so far


@dataclass(frozen=True)
class Match:
    """One document's match, and how it is known."""

    document: Document
    outcome: Outcome
    report: MatchReport | None  # None where no words of it are kept
    version: Template | None  # that it was read with
    afresh: bool  # worked out now, not when it was read

    def as_json(self) -> dict[str, Any]:
        """All but what the paper says."""
        told = self.report.as_json() if self.report else {}
        return {
            "document": self.document.id,
            "unit": self.document.unit,
            "batch": self.document.batch,
            "stage": self.document.stage.value,
            "outcome": self.outcome.value,
            "template": self.version.id if self.version else self.document.kind,
            "version": self.version.version if self.version else None,
            "digest": self.document.template_digest or "",
            "afresh": self.afresh,
            **told,
        }


def match_of(work: Work, document: Document) -> Match:
    """Which template a document was taken for, and why."""
    version = _version(work, document)
    kept = MatchReport.from_json(document.classified) if document.classified else None
    told = kept or _afresh(work, document, version)
    afresh = kept is None and told is not None
    return Match(document, _outcome(document), told, version, afresh)


def matches(work: Work, documents: Iterable[Document]) -> Iterator[Match]:
    """The matches of these documents, in their order."""
    for document in documents:
        yield match_of(work, document)


def _outcome(document: Document) -> Outcome:
    if document.kind is not None:
        return Outcome.READ
    if document.stage is not Stage.HELD:
        return Outcome.UNTOLD
    if (document.reason or {}).get("text") == recognise.NO_TEMPLATE.text:
        return Outcome.UNKNOWN
    if (document.reason or {}).get("text") == _MAY_NOT_USE.text:
        return Outcome.NOT_GRANTED
    return Outcome.HELD


def _version(work: Work, document: Document) -> Template | None:
    if not document.template_digest:
        return None
    try:
        return work.template(document.template_digest)
    except StorageError:
        return None  # said where the document is opened; a list goes on


def _afresh(work: Work, document: Document, version: Template | None) -> MatchReport | None:
    words = words_by_page(work, document)
    if not words:
        return None
    templates = [t for t in work.templates.values() if version is None or t.id != version.id]
    templates += [version] if version is not None else []
    pages = [
        {engine: Running(placement.lines_of(said)) for engine, said in by_engine.items()}
        for by_engine in words.values()
    ]
    seen = placement.classify([tuple(page.values()) for page in pages], templates)
    return report(seen, pages, templates)
