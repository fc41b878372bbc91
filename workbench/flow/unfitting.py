"""Documents that no template fits: in piles of one form each, for the designer; sent through again.

Piles are told anew each time; what of a page tells its form is worked out once a page and process.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import structlog

from workbench import piles as grouping
from workbench import placement
from workbench.errors import StaleDocumentError
from workbench.flow import recognise
from workbench.flow.people import account, any_of
from workbench.flow.work import Work
from workbench.matching import MatchReport, stands
from workbench.model import Document, Role, Stage, Word, now
from workbench.piles import Pile, Sketch
from workbench.store import examples as kept

MOST = 1000  # documents that are sorted into piles at a time, the oldest first
_REASONS = (recognise.NO_TEMPLATE.text,)
_SENDERS = (Role.REVIEWER, Role.APPROVER, Role.DESIGNER, Role.ADMINISTRATOR)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Nearest:
    """The template that a pile is nearest to, and why it does not fit."""

    template: str
    score: float  # 0-100, of the usual paper
    of: int  # papers of the pile that are nearest to it
    lacking: tuple[str, ...]  # what must stand on that form and does not on most of these papers


@dataclass(frozen=True)
class UnknownForm:
    """A pile with its documents, whose they are, and how near a template comes."""

    pile: Pile
    documents: tuple[Document, ...]  # in the order of the pile
    units: Mapping[str, int]  # code -> documents
    nearest: Nearest | None


@dataclass(frozen=True, slots=True)
class SentAgain:
    """What became of documents that were sent through again."""

    sent: int
    left: int  # somebody was quicker, or they are held for another reason


def held(work: Work, *, limit: int = MOST) -> list[Document]:
    """The documents that are held because no template fits, the oldest first."""
    return kept.unfitting(work.store, _REASONS, limit=limit)


def waiting(work: Work) -> int:
    """How many documents are held because no template fits."""
    return kept.count_unfitting(work.store, _REASONS)


def unknown_forms(work: Work) -> tuple[UnknownForm, ...]:
    """The held documents in piles, the largest first."""
    documents = {document.id: document for document in held(work)}
    words = kept.first_readings(work.store, list(documents))
    sketches = tuple(
        (key, work.store.path(words[key]) if key in words else None) for key in documents
    )
    return tuple(
        UnknownForm(
            pile,
            tuple(documents[key] for key in pile.documents),
            Counter(documents[key].unit for key in pile.documents),
            _nearest([documents[key] for key in pile.documents]),
        )
        for pile in _piles(sketches)
    )


def send_again(work: Work, documents: Sequence[str], *, by: str) -> SentAgain:
    """Let held documents be told their form again, by the templates that are in use now.

    Each in a transaction of its own: what somebody else decided meanwhile stays as it is.
    """
    any_of(account(work, by), *_SENDERS)
    sent = 0
    for key in documents:
        found = work.store.document(key)
        if found is None or not _is_unfitting(found) or found.held_at is None:
            continue
        try:
            work.store.move(found, found.held_at, by=by, at=now())
        except StaleDocumentError:
            continue
        sent += 1
    log.info("documents.sent_again", sent=sent, left=len(documents) - sent)
    return SentAgain(sent, len(documents) - sent)


def _is_unfitting(document: Document) -> bool:
    return document.stage is Stage.HELD and (document.reason or {}).get("text") in _REASONS


@lru_cache(maxsize=2)
def _piles(sketches: tuple[tuple[str, Path | None], ...]) -> tuple[Pile, ...]:
    return grouping.piles([_sketch(key, words) for key, words in sketches])


@lru_cache(maxsize=5000)
def _sketch(document: str, words: Path | None) -> Sketch:
    """By what was kept of its first page; kept words never change under their name."""
    if words is None:
        return grouping.sketch(document, ())
    read = tuple(Word.from_json(word) for word in json.loads(words.read_bytes()))
    return grouping.sketch(document, placement.lines_of(read))


def _nearest(documents: Sequence[Document]) -> Nearest | None:
    told = [
        report
        for document in documents
        if document.classified and (report := MatchReport.from_json(document.classified))
    ]
    names = Counter(report.nearest for report in told if report.nearest)
    if not names:
        return None
    template, of = names.most_common(1)[0]
    mine = [report for report in told if report.nearest == template]
    lacking = Counter(
        print_
        for report in mine
        for print_, likeness in report.told_by.items()
        if not stands(likeness)
    )
    return Nearest(
        template,
        round(sum(report.score for report in mine) / of, 1),
        of,
        tuple(print_ for print_, n in lacking.most_common() if n > of / 2),
    )
