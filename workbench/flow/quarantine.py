"""Pages that nobody could read: set aside alone, with the reason, until a person lets them go on.

A page that kills, hangs or starves its reading process fails alone (`executors`). It keeps why; the
paper it belongs to is held, and every other paper of its file and batch goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from workbench.errors import ReadingFailedError, Sentence
from workbench.flow.work import Work
from workbench.model import Page, Quality, Reading

NOT_READ = Sentence("No engine could read this page.")
_REMEDY = "Try again: only what failed is read again. If it fails again, scan the page again."


def fail(page: Page, why: Sentence) -> None:
    """Note on a page that could not even be made readable why not."""
    page.failure = why.as_json()
    # Nothing is known of it; what asks for the look of a page still gets an answer.
    page.quality = asdict(Quality(page.dpi, blur=0.0, skew=0.0, contrast=0.0, blank=False))


def note(work: Work, pages: Sequence[Page], readings: Sequence[Reading]) -> tuple[Page, ...]:
    """Keep with each page whether it could be read; those that could not."""
    said: dict[str, list[Reading]] = {}
    for reading in readings:
        said.setdefault(reading.page, []).append(reading)
    for page in pages:
        why = _why(page, said.get(page.id, ()))
        if why != page.failure:
            page.failure = why
            work.store.keep(page)
    return aside(pages)


def aside(pages: Sequence[Page]) -> tuple[Page, ...]:
    """The pages of a paper that keep it from going on; what is no part of it does not."""
    return tuple(page for page in pages if page.failure and not page.aside)


def held(failed: Sequence[Page], pages: Sequence[Page]) -> ReadingFailedError:
    """Why a paper with these pages is held, and what helps."""
    first = Sentence.from_json(failed[0].failure or NOT_READ.as_json())
    if len(pages) == 1:
        return ReadingFailedError(first.text, _REMEDY, **dict(first.values))
    return ReadingFailedError(
        "{n} of {all} pages could not be read: page {pages}.",
        _REMEDY,
        n=len(failed),
        all=len(pages),
        pages=", ".join(str(page.number + 1) for page in failed),
    )


def _why(page: Page, said: Sequence[Reading]) -> dict[str, Any] | None:
    if page.readable is None:
        return page.failure or NOT_READ.as_json()
    if (page.quality or {}).get("blank") or any(reading.words for reading in said):
        return None
    return next((reading.failure for reading in said if reading.failure), NOT_READ.as_json())
