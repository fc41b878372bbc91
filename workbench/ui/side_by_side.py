"""The readings of one page beside each other, line by line, differences marked to the syllable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

from workbench import engines, vietnamese
from workbench.model import Box, Word


@dataclass(frozen=True, slots=True)
class Syllable:
    """A word as an engine wrote it, and whether it says other than the engine compared with."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the page: where it is on the readable image, and what each engine says it is."""

    box: Box
    texts: Mapping[str, tuple[Syllable, ...]]


_Said = dict[str, list[Word]]  # engine -> its words under one line


def lines(
    readings: Mapping[str, Sequence[Word]], *, base: str, unmarked: frozenset[str] = frozenset()
) -> tuple[Line, ...]:
    """The page line by line in the order of `base`, the engine that the others are compared with.

    Engines in `unmarked` write no diacritics: their syllables are compared without them, so that
    a missing mark is not called a difference.
    """
    rows = _rows(readings, base)
    return tuple(Line(box, _compared(words, base=base, unmarked=unmarked)) for box, words in rows)


def agreement(compared: Sequence[Line], engine: str) -> float:
    """The share of an engine's syllables that are as in the engine compared with."""
    said = [syllable for line in compared for syllable in line.texts.get(engine, ())]
    return sum(not syllable.differs for syllable in said) / len(said) if said else 0.0


def _rows(readings: Mapping[str, Sequence[Word]], base: str) -> list[tuple[Box, _Said]]:
    """The words of all engines under the lines of the base; what lies under none gets its own."""
    rows: list[tuple[Box, _Said]] = [
        (box, {base: words}) for box, words in _lines_of(readings.get(base, ()))
    ]
    for engine, words in readings.items():
        if engine == base:
            continue
        own: list[tuple[Box, _Said]] = []
        for box, line in sorted(_lines_of(words), key=lambda found: found[0].left):
            left_over: list[Word] = []
            last: _Said | None = None
            for word in line:
                row = _under(rows, word) or _level(rows, word, last)
                if row is None:
                    left_over.append(word)
                else:
                    row.setdefault(engine, []).append(word)
                    last = row
            if left_over:
                own.append((box, {engine: left_over}))
        rows += own
    return sorted(rows, key=lambda row: (round(row[0].middle[1], 2), row[0].left))


def _level(rows: Sequence[tuple[Box, _Said]], word: Word, last: _Said | None) -> _Said | None:
    """The line that the word before it went to, if the word stands level with it.

    Engines that read whole strips guess where in the strip a word is, and guess past its end.
    """
    for box, row in rows:
        if row is last and box.top < word.box.middle[1] < box.bottom:
            return row
    return None


def _lines_of(words: Sequence[Word]) -> list[tuple[Box, list[Word]]]:
    found: dict[int, list[Word]] = {}
    for word in words:
        found.setdefault(word.line, []).append(word)
    return [(Box.around([w.box for w in line]), line) for line in found.values()]


def _under(rows: Sequence[tuple[Box, _Said]], word: Word) -> _Said | None:
    """The line whose box holds most of the word; none where they hardly touch."""
    best, most = None, 0.3 * word.box.width * word.box.height
    for box, row in rows:
        across = min(box.right, word.box.right) - max(box.left, word.box.left)
        down = min(box.bottom, word.box.bottom) - max(box.top, word.box.top)
        if across > 0 and down > 0 and across * down > most:
            best, most = row, across * down
    return best


def _compared(
    words: Mapping[str, Sequence[Word]], *, base: str, unmarked: frozenset[str]
) -> dict[str, tuple[Syllable, ...]]:
    said = {engine: [s for w in found for s in w.text.split()] for engine, found in words.items()}
    reference = said.get(base, [])
    disputed: set[int] = set()
    compared: dict[str, tuple[Syllable, ...]] = {}
    for engine, syllables in said.items():
        if engine == base:
            continue
        same = vietnamese.fold if engine in unmarked or base in unmarked else vietnamese.key
        matcher = SequenceMatcher(
            None, [same(s) for s in reference], [same(s) for s in syllables], autojunk=False
        )
        agreed = matcher.get_matching_blocks()
        here = {block.b + i for block in agreed for i in range(block.size)}
        there = {block.a + i for block in agreed for i in range(block.size)}
        compared[engine] = tuple(Syllable(s, i not in here) for i, s in enumerate(syllables))
        if engine not in unmarked:
            disputed |= set(range(len(reference))) - there
    if reference:
        compared[base] = tuple(Syllable(s, i in disputed) for i, s in enumerate(reference))
    return compared


@cache
def states(weights: Path | None, learned: Path | None = None) -> tuple[engines.EngineStatus, ...]:
    """Which engines can run here and why the others cannot; asked once, as some start a program."""
    return tuple(engines.status(engine) for engine in engines.discover(weights, learned))
