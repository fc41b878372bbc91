"""Point and take: what stands at a place on the scan that a reviewer points at.

Boxes come and go as the page is shown, turned upright; the engines' own pages stay in here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import structlog

from workbench import imaging, placement, review
from workbench.errors import NotAllowedError, NotReadyError, WorkbenchError
from workbench.flow import custody, recognise
from workbench.flow.work import Work
from workbench.model import Box, Page, Role, Warp, Word
from workbench.seams import OcrEngine

log = structlog.get_logger()

_AIR = 0.12  # of a line's height: a box drawn by hand cuts marks off
_SMALLEST = 8  # pixels of the readable page; less holds no letter


@dataclass(frozen=True, slots=True)
class Heard:
    """What one engine reads in the box; no text: it sees no letter there."""

    engine: str
    text: str
    confidence: float  # on the engine's own scale


def words_on(work: Work, document: str, number: int, *, by: str) -> Mapping[str, tuple[Word, ...]]:
    """Engine -> the words it read on a page, in its order, with their boxes on the page as shown.

    Raises NotReadyError where there is no such page, NotAllowedError for who may not review.
    """
    page = _page(work, document, number, by)
    if page.warp is None:
        return {}
    warp = Warp.from_json(page.warp)
    return {
        engine: tuple(
            Word(w.text, warp.to_scan(w.box).turned(page.rotation), w.confidence, w.line)
            for w in words
        )
        for engine, words in _words(work, page).items()
    }


def read_box(work: Work, document: str, number: int, box: Box, *, by: str) -> Iterator[Heard]:
    """Let every engine read just this box of a page; each answer as it comes, the surest first.

    An engine that fails is left out: the others have still something to say. Raises NotReadyError
    where there is nothing to be read, and what stands against the last engine if all fail.
    """
    page = _page(work, document, number, by)
    if page.readable is None or page.warp is None:
        raise NotReadyError(
            "This page has not been made readable yet.", "Type the value, or try again later."
        )
    on_page = Warp.from_json(page.warp).to_readable(box.turned(-page.rotation))
    words = [
        tuple(w for w in said if on_page.holds(*w.box.middle))
        for said in _words(work, page).values()
    ]
    with tempfile.TemporaryDirectory(dir=work.scratch) as folder:
        piece = Path(folder) / "piece.png"
        lines = _cut(work.store.path(page.readable), on_page, words, into=piece)
        tasks = [recognise.ReadTask(engine, piece, lines) for engine in _in_turn(work.engines)]
        answered, failure = False, None
        for task, result in work.executor.run(recognise.read_page, tasks):
            if isinstance(result, WorkbenchError):
                log.warning("box.failed", engine=task.engine.name, why=result.message.text)
                failure = result
                continue
            answered = True
            log.info("box.read", engine=task.engine.name, seconds=result.seconds)
            yield Heard(
                engine=task.engine.name,
                text=" ".join(word.text for word in result.words),
                confidence=min((word.confidence for word in result.words), default=0.0),
            )
    if failure is not None and not answered:
        raise failure


def warm(work: Work) -> None:
    """Let every engine read a white line, so that nobody waits for its model later."""
    with tempfile.TemporaryDirectory(dir=work.scratch) as folder:
        image = Path(folder) / "white.png"
        line = np.full((48, 160), 255, np.uint8)
        cv2.putText(line, "1", (12, 36), cv2.FONT_HERSHEY_SIMPLEX, 1, (0,), 2)
        cv2.imwrite(str(image), line)
        tasks = [
            recognise.ReadTask(engine, image, (Box(0, 0, 1, 1),))
            for engine in _in_turn(work.engines)
        ]
        for _ in work.executor.run(recognise.read_page, tasks):
            pass


def _page(work: Work, document: str, number: int, by: str) -> Page:
    person = work.store.person(by)
    if person is None:
        raise NotAllowedError("There is no such account.", "Sign in again.")
    review.must(person, Role.REVIEWER)
    custody.must_see(work, document, by=by)
    page = next((p for p in work.store.pages(document) if p.number == number), None)
    if page is None:
        raise NotReadyError("There is no such page.", "Open the document again.")
    return page


def _words(work: Work, page: Page) -> dict[str, tuple[Word, ...]]:
    """Engine -> its words on the readable page."""
    return {
        reading.engine: work.store.words(reading)
        for reading in work.store.readings(page.document)
        if reading.page == page.id and reading.words is not None
    }


def _in_turn(engines: Sequence[OcrEngine]) -> list[OcrEngine]:
    """Those that write Vietnamese first, and of them the quick ones that also read pages."""
    who = [(engine, engine.identity()) for engine in engines]
    return [
        e for e, i in sorted(who, key=lambda pair: (not pair[1].marks, not pair[1].finds_lines))
    ]


def _cut(
    readable: Path, box: Box, words: Sequence[Sequence[Word]], *, into: Path
) -> tuple[Box, ...]:
    """Keep the box's pixels as a small image; the lines of text in it, as boxes on that image."""
    image = imaging.load(readable)
    rows, columns = image.shape[:2]
    left, top, right, bottom = box.pixels(columns, rows)
    if right - left < _SMALLEST or bottom - top < _SMALLEST:
        raise NotReadyError("The box is too small to hold a letter.", "Draw a larger one.")
    found = max((placement.rows_of(said) for said in words if said), key=len, default=[])
    if len(found) < 2:  # one line, or what no engine saw as text: all of the box
        air = round(_AIR * (bottom - top))
        piece = image[max(0, top - air) : bottom + air, left:right]
        bands = [(0, piece.shape[0])]
    else:
        piece = image[top:bottom, left:right]
        around = [Box.around([word.box for word in row]) for row in found]
        bands = [(b.top * rows - top, b.bottom * rows - top) for b in around]
    cv2.imwrite(str(into), piece)
    tall = piece.shape[0]
    return tuple(Box.clipped(0, y0 / tall, 1, y1 / tall) for y0, y1 in bands)
