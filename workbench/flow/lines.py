"""The words of a page as they stand, line by line, and what people correct in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench import pagetext, review, vietnamese
from workbench.errors import NotReadyError
from workbench.flow import recognise
from workbench.flow.claimed import words_by_page
from workbench.flow.people import REVIEW_LEASE_SECONDS, account
from workbench.flow.work import Work
from workbench.model import Box, Document, Page, Role, TextCorrection, Warp, Word, now

_SURE = 0.8  # of the engine whose words are shown; below it a word is worth a look


@dataclass(frozen=True, slots=True)
class ShownWord:
    text: str
    doubtful: bool  # its engine is unsure, or another one reads something else there


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One line of a page; its box on the page as scanned."""

    box: Box
    words: tuple[ShownWord, ...]
    corrected: bool  # by a person

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class LineAct:
    """What a reviewer says a line says, as it comes from the browser. `id` makes it one act."""

    id: str
    page: int  # 0-based within the document
    box: tuple[float, ...]  # as it was shown: on the page as scanned
    before: str
    after: str


def text_of(
    work: Work, document: Document, page: Page, words: Mapping[str, Sequence[Word]]
) -> list[pagetext.Placed]:
    """The page's words for the text layer: the best engine's, with people's corrections over them.

    `words`: engine -> what it saw on this page.
    """
    if page.warp is None:
        return []
    read = recognise.text_layer(
        {engine: tuple(seen) for engine, seen in words.items()}, Warp.from_json(page.warp)
    )
    texts = [t for t in work.store.texts(document.id) if t.page == page.number]
    return pagetext.corrected(read, texts)


def page_lines(work: Work, document: str, number: int) -> tuple[ShownLine, ...]:
    """The lines of a page, from its top. Raises NotReadyError where there is no such page."""
    found = work.store.document(document)
    page = next((p for p in work.store.pages(document) if p.number == number), None)
    if found is None or page is None:
        raise NotReadyError("There is no such document.", "Open it from the list.")
    seen = words_by_page(work, found).get(number, {})
    if page.warp is None:
        return ()
    warp = Warp.from_json(page.warp)
    unsure = [
        warp.to_scan(word.box)
        for word in seen.get(recognise.text_engine(seen), ())
        if word.confidence < _SURE or _contradicted(word, seen)
    ]
    texts = [t for t in work.store.texts(document) if t.page == number]
    places = [Box(*t.box) for t in texts]
    lines: list[ShownLine] = []
    for line in _lines(text_of(work, found, page, seen), page.rotation):
        by_hand = any(place.holds(*line.box.middle) for place in places)
        lines.append(
            ShownLine(
                line.box,
                tuple(
                    ShownWord(text, not by_hand and any(b.holds(*box.middle) for b in unsure))
                    for text, box in line.words
                ),
                by_hand,
            )
        )
    return tuple(lines)


def _contradicted(word: Word, seen: Mapping[str, Sequence[Word]]) -> bool:
    """Whether another engine reads other letters just there; marks alone are no contradiction."""
    said = vietnamese.fold(vietnamese.key(word.text))
    for engine, words in seen.items():
        if engine == recognise.text_engine(seen):
            continue
        there = [
            w for w in words if w.box.holds(*word.box.middle) and w.box.width < 2 * word.box.width
        ]
        if there and all(vietnamese.fold(vietnamese.key(w.text)) != said for w in there):
            return True
    return False


def _lines(words: Sequence[pagetext.Placed], rotation: int) -> list[pagetext.Line]:
    """Words in reading order parted where the next one stands lower, or further left."""
    lines: list[list[pagetext.Placed]] = []
    last: Box | None = None
    for text, box in words:
        here = box.turned(rotation)
        if (
            last is not None
            and abs(here.middle[1] - last.middle[1]) < 0.6 * last.height
            and (here.left >= last.left)
        ):
            lines[-1].append((text, box))
        else:
            lines.append([(text, box)])
        last = here
    return [pagetext.Line(tuple(line)) for line in lines]


def correct_text(work: Work, document: str, acts: Sequence[LineAct], *, by: str) -> int:
    """Keep what a reviewer says lines say; sent twice they are kept once. How many were new.

    Raises StaleDocumentError when the document has gone on or a colleague has it.
    """
    review.must(account(work, by), Role.REVIEWER)
    numbers = {page.number for page in work.store.pages(document)}
    at = now()
    made = [
        TextCorrection(
            id=act.id,
            document=document,
            page=act.page,
            box=Box.clipped(*act.box).as_list(),
            before=act.before,
            after=vietnamese.nfc(act.after),
            by=by,
            at=at,
        )
        for act in acts
        if act.page in numbers
    ]
    if not made:
        return 0
    kept = work.store.correct_text(document, made, by=by, at=at)
    work.store.renew(document, by=by, seconds=REVIEW_LEASE_SECONDS, at=at)
    return kept
