"""Which way the letters give a paper, from what stands on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from workbench import placement, scope
from workbench.flow.claimed import words_by_page
from workbench.flow.work import Work
from workbench.model import Word, day
from workbench.placement import Running
from workbench.review import ReviewSheet
from workbench.scope import Copy, Judged, Paper, Validity

# Field-standard names: the same in every template.
_ISSUED: Final = "ngay_cap"
_UNTIL: Final = "het_han"
_HOLDERS: Final = ("ten_to_chuc", "ten_co_so")

# How a copy is marked (Nghị định 30/2020/NĐ-CP, Phụ lục I, phần II; Nghị định 23/2015/NĐ-CP).
_ANYWHERE: Final = ("chứng thực bản sao đúng với bản chính", "sao y bản chính")
_IN_THE_HEAD: Final = "BẢN SAO"
_HEAD_ENDS: Final = 0.16  # share of the page's height
_MARKED: Final = 85.0  # likeness (0-100) from which a mark counts as read


def way(work: Work, sheet: ReviewSheet, *, on: date) -> Judged | None:
    """The path of a document by the rules in force on a day; None until its form is known."""
    document = sheet.document
    if document.kind is None or not sheet.fields:
        return None
    readings = words_by_page(work, document)
    marked = is_marked_as_copy(by for page in readings.values() for by in page.values())
    return scope.judge(paper(sheet, Copy.PHOTOCOPY if marked else Copy.ORIGINAL), on=on)


def paper(sheet: ReviewSheet, held: Copy) -> Paper:
    """What the rules ask, from the values as they stand."""
    values: Mapping[str, str] = {field.name: field.normalised for field in sheet.fields}
    until = day(values.get(_UNTIL, ""))
    return Paper(
        sector=sheet.document.kind or "",
        issued=day(values.get(_ISSUED, "")),
        validity=Validity.UNTIL if until else Validity.UNSTATED,
        until=until,
        copy=held,
        holder=next((values[name] for name in _HOLDERS if values.get(name)), ""),
    )


def is_marked_as_copy(pages: Iterable[Sequence[Word]]) -> bool:
    """Whether a mark says that the paper is a copy; `pages` as read by one engine each."""
    return any(_marked(Running(placement.lines_of(words))) for words in pages)


def _marked(running: Running) -> bool:
    for print_ in _ANYWHERE:
        found = running.find(print_)
        if found is not None and found.score >= _MARKED:
            return True
    # Two short words: only as a line of their own above the paper's own head.
    wanted = placement.letters_of(_IN_THE_HEAD)
    return any(
        placement.letters_of(line.text) == wanted and line.box.bottom < _HEAD_ENDS
        for line in running.lines
    )
