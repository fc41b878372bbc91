"""Which template a page is, and where it lies on it: printed words found in spite of misreadings.

A page is read as one running text of folded letters (no marks, case, spaces or punctuation: engines
lose those first), each letter knowing its word and so its place. What is printed on every copy of a
form is found in it by approximate matching; what stands between two such prints is a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from workbench import vietnamese
from workbench.model import Box, Word
from workbench.template import Template

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
    """The running text of a page: its lines in reading order, as folded letters."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = tuple(lines)
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
    """Where a form's prints lie on a page as one engine read it."""

    running: Running
    anchors: Mapping[str, Found]
    fit: float  # 0-1, share of the anchors found

    def box(self, anchor: str) -> Box | None:
        found = self.anchors.get(anchor)
        if found is None:
            return None
        words = {self.running.owner[i][:2] for i in range(found.start, found.end)}
        return Box.around([self.running.lines[a].words[b].box for a, b in words])


def register(running: Running, template: Template) -> Placement:
    """Find the template's anchors on a page, from top to bottom."""
    anchors: dict[str, Found] = {}
    for anchor in template.anchors:
        found = running.find(anchor)
        if found and found.score >= FOUND:
            anchors[anchor] = found
    return Placement(running, anchors, len(anchors) / len(template.anchors))
