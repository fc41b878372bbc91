"""Which template a page is, and where it lies on it: printed words found in spite of misreadings.

A page is read as one running text of folded letters (no marks, case, spaces or punctuation: engines
lose those first), each letter knowing its word and so its place. What is printed on every copy of a
form is found in it by approximate matching; what stands between two such prints is a value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from workbench import registration, vietnamese
from workbench.errors import Sentence
from workbench.model import Box, Warp, Word
from workbench.registration import Lie, Pair, Rectangle
from workbench.template import A4, Template

FOUND = 78.0  # similarity (0-100) from which a print counts as found
RECOGNISED = 80.0  # of the weakest `all_of`, from which a form counts as recognised
FITS = 0.55  # share of the anchors that must be found


@dataclass(frozen=True, slots=True)
class Line:
    """Words of one visual line in one column, left to right; `box` is on the readable page."""

    words: tuple[Word, ...]
    box: Box

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Found:
    """A print found in a running text: letters `start` to `end`, and how alike it is (0-100)."""

    start: int
    end: int
    score: float


class Running:
    """The running text of a page: its lines in reading order, as folded letters.

    `size`: width and height of the page in pixels; without, it is taken to be as wide as its form.
    """

    def __init__(self, lines: Sequence[Line], size: tuple[int, int] | None = None) -> None:
        self.lines = tuple(lines)
        self.size = size
        letters: list[str] = []
        self.owner: list[tuple[int, int, int]] = []  # letter -> line, word, place in the word
        self.lengths: dict[tuple[int, int], int] = {}
        for at, line in enumerate(self.lines):
            for number, word in enumerate(line.words):
                plain = letters_of(word.text)
                self.lengths[at, number] = len(plain)
                letters.append(plain)
                self.owner.extend((at, number, place) for place in range(len(plain)))
        self.text = "".join(letters)

    def find(self, print_: str, start: int = 0, end: int | None = None) -> Found | None:
        """The best likeness of `print_` between two letters, or None where nothing is alike."""
        wanted = letters_of(print_)
        end = len(self.text) if end is None else end
        part = self.text[start:end]
        if not wanted or not part:
            return None
        if len(part) < len(wanted):
            return None
        best = fuzz.partial_ratio_alignment(wanted, part, score_cutoff=55)
        if best is None:
            return None
        return Found(start + best.dest_start, start + best.dest_end, best.score)

    def edge(self, letter: int, *, after: bool) -> tuple[int, float]:
        """Line of a letter, and the x where it ends (`after`) or begins."""
        line, number, place = self.owner[letter]
        word = self.lines[line].words[number]
        length = self.lengths[line, number]
        share = (place + (1 if after else 0)) / length
        return line, word.box.left + share * word.box.width


@lru_cache(maxsize=1 << 15)
def letters_of(text: str) -> str:
    """The folded letters and digits alone: what of a print every engine sees."""
    return "".join(c for c in vietnamese.fold(text) if c.isalnum())


def lines_of(words: Sequence[Word]) -> tuple[Line, ...]:
    """Visual lines of a page in reading order, parted where a column begins.

    Words of any engine: their boxes are regrouped by geometry, because engines differ in what they
    call a line.
    """
    if not words:
        return ()
    usual = _usual_height(words)
    lines: list[Line] = []
    for row in rows_of(words):
        part: list[Word] = []
        for word in row:
            if part and word.box.left - part[-1].box.right > 3.2 * usual:
                lines.append(_line(part))
                part = []
            part.append(word)
        lines.append(_line(part))
    lines.sort(key=lambda line: (line.box.middle[1], line.box.left))
    return tuple(lines)


def rows_of(words: Sequence[Word]) -> list[list[Word]]:
    """Words that stand on one level, each row from left to right, rows from top to bottom."""
    usual = _usual_height(words)
    sane = [w for w in words if 0.3 * usual < w.box.height < 3.0 * usual and letters_of(w.text)]
    rows: list[list[Word]] = []
    for word in sorted(sane, key=lambda w: w.box.middle[1]):
        row = next((r for r in reversed(rows[-4:]) if _same_row(r, word, usual)), None)
        if row is None:
            rows.append([word])
        else:
            row.append(word)
    for row in rows:
        row.sort(key=lambda w: w.box.left)
    return rows


def _usual_height(words: Sequence[Word]) -> float:
    heights = sorted(word.box.height for word in words)
    return heights[len(heights) // 2] if heights else 0.01


def _same_row(row: Sequence[Word], word: Word, usual: float) -> bool:
    # Compared with the nearest word of the row: a page that is not quite flat bends its lines.
    near = min(row, key=lambda w: abs(w.box.middle[0] - word.box.middle[0]))
    return abs(near.box.middle[1] - word.box.middle[1]) < 0.6 * usual


def _line(words: Sequence[Word]) -> Line:
    return Line(tuple(words), Box.around([w.box for w in words]))


@dataclass(frozen=True, slots=True)
class Classification:
    """Which template a document is, which came next, and by how much."""

    template: str | None
    score: float  # 0-100
    runner_up: str | None
    margin: float
    scores: Mapping[str, float]


def classify(pages: Sequence[Sequence[Running]], templates: Sequence[Template]) -> Classification:
    """The template whose prints stand on these pages; each page as read by one or more engines."""
    scores = {t.id: max((_likeness(p, t) for p in pages), default=0.0) for t in templates}
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    best, score = ranked[0] if ranked else (None, 0.0)
    second, next_score = ranked[1] if len(ranked) > 1 else (None, 0.0)
    return Classification(
        best if score >= RECOGNISED else None, score, second, score - next_score, scores
    )


def _likeness(readings: Sequence[Running], template: Template) -> float:
    def best(print_: str) -> float:
        found = [f.score for r in readings if (f := r.find(print_))]
        return max(found, default=0.0)

    if any(best(print_) >= 90 for print_ in template.recognised_by.none_of):
        return 0.0
    sure = [best(print_) for print_ in template.recognised_by.all_of]
    anchors = sorted((best(a) for a in template.anchors), reverse=True)
    usual = sum(anchors[: max(1, len(anchors) * 3 // 4)]) / max(1, len(anchors) * 3 // 4)
    return (sum(sure) / len(sure) + usual) / 2


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a form's prints lie on a page as one engine read it.

    `lie`: how page `form_page` of the form lies on it, where enough anchors with a place were
    found; otherwise `unplaced` says why not (nothing, where no anchor of the form has a place).
    """

    running: Running
    anchors: Mapping[str, Found]
    fit: float  # 0-1, share of the anchors found
    form_page: int = 1
    lie: Lie | None = None
    unplaced: Sentence | None = None
    sheet: tuple[float, float] = A4

    def box(self, anchor: str) -> Box | None:
        found = self.anchors.get(anchor)
        if found is None:
            return None
        words = {self.running.owner[i][:2] for i in range(found.start, found.end)}
        return Box.around([self.running.lines[a].words[b].box for a, b in words])

    def on_page(self, form: Rectangle, page: int = 1, *, shifted: bool = True) -> Box | None:
        """Where this rectangle of a page of the form, in mm, lies on this page.

        None where the form was not placed, or the page is another one of it.
        """
        if self.lie is None or page != self.form_page:
            return None
        across, down = _units(self.running.size, self.sheet)
        left, top, right, bottom = self.lie.box(form, shifted=shifted)
        return Box.clipped(left / across, top / down, right / across, bottom / down)

    def pixels(self, width: int, height: int) -> tuple[float, ...] | None:
        """The map (a, b, c, d, e, f) from mm of page `form_page` of the form to pixels of this page
        at that size; None where it was not placed. Parts that stand off are not in it."""
        if self.lie is None:
            return None
        across, down = _units(self.running.size, self.sheet)
        a, b, c, d, e, f = self.lie.matrix
        x, y = width / across, height / down
        return a * x, b * x, c * x, d * y, e * y, f * y

    def on_form(self, box: Box) -> Rectangle | None:
        """Where on the form, in mm, this box of the page lies; None where it was not placed."""
        if self.lie is None:
            return None
        across, down = _units(self.running.size, self.sheet)
        return self.lie.back(
            (box.left * across, box.top * down, box.right * across, box.bottom * down)
        )


def register(running: Running, template: Template) -> Placement:
    """Find the template's anchors on a page, from top to bottom, and how the form lies there."""
    anchors: dict[str, Found] = {}
    for anchor in template.anchors:
        found = running.find(anchor)
        if found and found.score >= FOUND:
            anchors[anchor] = found
    fit = len(anchors) / len(template.anchors)
    pages = sorted({anchor.page for anchor in template.prints if anchor.at})
    best: tuple[Lie, int] | None = None
    pairs: list[Pair] = []
    for page in pages:
        pairs = _pairs(running, template, anchors, page)
        found_lie = registration.lie(pairs)
        if found_lie and (best is None or found_lie.agreed > best[0].agreed):
            best = found_lie, page
    sheet = template.sheet
    if best is not None:
        return Placement(running, anchors, fit, best[1], best[0], sheet=sheet)
    why = None
    if pages:
        count = sum(1 for a in template.prints if a.at and a.text in anchors)
        why = Sentence(
            "The form could not be placed on this page: {n} of {all} anchors with a place were"
            " found, and no two that are far apart agree.",
            {"n": count, "all": sum(1 for a in template.prints if a.at)},
        )
    return Placement(running, anchors, fit, unplaced=why, sheet=sheet)


def drawn(box: Box, warp: Warp, sheet: tuple[float, float] = A4) -> Rectangle:
    """Where on the form, in mm, a box of a readable page lies when the form is drawn on that page.

    The paper is taken to be the sheet, its long side the scan's, and to lie in its middle.
    """
    width, height = warp.readable
    return _rectangle(box, width, height, _millimetre(warp, sheet), sheet)


def undrawn(form: Rectangle, warp: Warp, sheet: tuple[float, float] = A4) -> Box:
    """Where on the readable page that a form is drawn on a rectangle of it lies; see `drawn`."""
    (width, height), mm = warp.readable, _millimetre(warp, sheet)
    left, top = width * mm / 2 - sheet[0] / 2, height * mm / 2 - sheet[1] / 2
    return Box.clipped(
        (form[0] + left) / (width * mm),
        (form[1] + top) / (height * mm),
        (form[2] + left) / (width * mm),
        (form[3] + top) / (height * mm),
    )


def _rectangle(
    box: Box, width: int, height: int, mm: float, sheet: tuple[float, float]
) -> Rectangle:
    left, top = width * mm / 2 - sheet[0] / 2, height * mm / 2 - sheet[1] / 2
    sides = (
        min(max(box.left * width * mm - left, 0.0), sheet[0] - 0.2),
        min(max(box.top * height * mm - top, 0.0), sheet[1] - 0.2),
        min(box.right * width * mm - left, sheet[0]),
        min(box.bottom * height * mm - top, sheet[1]),
    )
    x0, y0, x1, y1 = (round(side, 1) for side in sides)
    return x0, y0, max(x1, round(x0 + 0.1, 1)), max(y1, round(y0 + 0.1, 1))


def _millimetre(warp: Warp, sheet: tuple[float, float]) -> float:
    """How long a pixel of the readable page is, in mm."""
    a, b, _, d, e, *_ = warp.matrix
    return math.sqrt(abs(a * e - b * d)) * max(sheet) / max(warp.scan)


def _units(size: tuple[int, int] | None, sheet: tuple[float, float]) -> tuple[float, float]:
    """Width and height of a page, alike in both directions, near mm."""
    if size is None:
        return sheet
    step = max(sheet) / max(size)
    return size[0] * step, size[1] * step


_TALL = 1.6  # an anchor so many times as tall as others runs over more than one line


def _pairs(
    running: Running, template: Template, anchors: Mapping[str, Found], page: int
) -> list[Pair]:
    """The anchors of a page of the form that stand on one line both there and here."""
    placed = [a for a in template.prints if a.at and a.page == page]
    heights = sorted(a.at[3] - a.at[1] for a in placed if a.at)
    tall = _TALL * heights[len(heights) // 2] if heights else 0.0
    across, down = _units(running.size, template.sheet)
    pairs: list[Pair] = []
    for anchor in placed:
        found = anchors.get(anchor.text)
        if found is None or anchor.at is None or anchor.at[3] - anchor.at[1] > tall:
            continue
        first, left = running.edge(found.start, after=False)
        last, right = running.edge(found.end - 1, after=True)
        if first != last or left >= right:
            continue
        owned = {running.owner[i][1] for i in range(found.start, found.end)}
        boxes = [running.lines[first].words[number].box for number in owned]
        top, bottom = min(b.top for b in boxes), max(b.bottom for b in boxes)
        here = (left * across, top * down, right * across, bottom * down)
        pairs.append(Pair(anchor.at, here))
    return pairs
