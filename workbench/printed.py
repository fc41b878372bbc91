"""What is printed on every copy of a form, and what is written between: copies laid side by side.

The copies are read as running text, word by word, and laid along one of them. What all have is
print; what stands between two prints and differs is a value. Lines may wrap otherwise on each copy.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from workbench.model import Box, Word
from workbench.placement import Running, letters_of
from workbench.sites import Body

_ALIKE: Final = 74.0  # likeness (0-100) from which two words may be one word, misread
_IN_A_ROW: Final = 4.0  # what it is worth that the words before were the same too
_SMALL: Final = 3  # letters of a word that must be the very same
_MISREAD: Final = 2  # words of print that all copies may have misread in a row

# Written in values, and alike on many copies: they are no print, but where they stand in print.
_OF_VALUES: Final = frozenset(
    ("xa", "phuong", "thi", "tran", "huyen", "tinh", "ap", "khom", "khu", "pho", "duong", "quan",
     "thanh", "so", "nha", "to", "thang", "nam")
)  # fmt: skip
_KEPT_SHORT: Final = frozenset(("so", "ngay", "cua", "tai", "den", "tu", "cap", "do", "ong", "ba"))


_GARBLED: Final = 55.0  # likeness from which a few words may be others, badly misread
_TORN: Final = 0.35  # share of the letters below which words are lost, not others
_GLUED: Final = re.compile(r"(?<=[:;,])(?=[^\W\d])")


@dataclass(frozen=True, slots=True)
class Spot:
    """A word of a copy, where it stands, and whether a line begins or a colon ends with it."""

    text: str
    plain: str
    page: int
    line: int
    box: Box
    begins: bool

    @property
    def ends(self) -> str:
        """The sign that it ends with, if that parts what stands before from what comes after."""
        if self.text[-1] not in ":;." or (self.plain.isdigit() and self.text[-1] == "."):
            return ""  # `2.` begins what comes after
        return self.text[-1]


@dataclass(frozen=True, slots=True)
class Part:
    """A run of words of the model copy that is print, or a place where values stand.

    `copies`: the words that each copy has there, the model's first. Of print, `begins` counts from
    which of the model's words a line begins on every copy.
    """

    is_print: bool
    copies: tuple[tuple[Spot, ...], ...]
    begins: tuple[int, ...] = ()

    @property
    def words(self) -> tuple[Spot, ...]:
        return self.copies[0]

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(said(words) for words in self.copies)


def said(words: Sequence[Spot]) -> str:
    return " ".join(spot.text for spot in words)


def spots_of(pages: Sequence[Running]) -> tuple[Spot, ...]:
    """The words of a copy in reading order; a sign that stands alone belongs to the word before."""
    found: list[Spot] = []
    for page, running in enumerate(pages):
        body = Body.of(running)
        for number, line in enumerate(running.lines):
            begins = True
            for word in line.words:
                plain = letters_of(word.text)
                if _is_dirt(word, plain, body):
                    continue
                if plain:
                    for text, box in _apart(word):
                        found.append(Spot(text, letters_of(text), page, number, box, begins))
                        begins = False
                elif found and word.text[-1:] in ":;" and not begins:
                    last = found.pop()
                    found.append(
                        Spot(last.text + word.text[-1], last.plain, last.page, last.line,
                             last.box, last.begins)
                    )  # fmt: skip
    return tuple(found)


def _is_dirt(word: Word, plain: str, body: Body) -> bool:
    """Punched holes and specks beside the text, read as a letter or two."""
    beside = word.box.right < body.left or word.box.left > body.right
    return beside and len(plain) <= _SMALL and not plain.isdigit()


def _apart(word: Word) -> list[tuple[str, Box]]:
    """A word that engines glued to the next one at a sign, in its pieces."""
    pieces = [piece for piece in _GLUED.split(word.text) if piece]
    if len(pieces) == 1 or not all(letters_of(piece) for piece in pieces):
        return [(word.text, word.box)]
    each = word.box.width / len(word.text)
    told: list[tuple[str, Box]] = []
    at = 0
    for piece in pieces:
        left = word.box.left + at * each
        box = Box.clipped(left, word.box.top, left + len(piece) * each, word.box.bottom)
        told.append((piece, box))
        at += len(piece)
    return told


def parts(copies: Sequence[Sequence[Spot]]) -> tuple[Part, ...]:
    """Print and values in turn, from the beginning of the model copy, the first one, to its end."""
    model, others = copies[0], copies[1:]
    same = [_laid(model, other) for other in others]
    print_ = _printed(model, others, same)
    begins = [
        i
        for i, spot in enumerate(model)
        if print_[i]
        and spot.begins
        and not spot.text[:1].islower()
        and all(other[at[i]].begins for other, at in zip(others, same, strict=True) if i in at)
    ]
    found: list[Part] = []
    at = 0
    while at < len(model):
        end = at
        while end < len(model) and print_[end] == print_[at]:
            end += 1
        if print_[at]:
            found += _prints(copies, same, at, end, begins)
        else:
            found.append(_values(copies, same, at, end))
        at = end
    return _merged(found)


def _prints(
    copies: Sequence[Sequence[Spot]],
    same: Sequence[dict[int, int]],
    start: int,
    end: int,
    begins: Sequence[int],
) -> Iterator[Part]:
    """A run of print; parted where another copy has words between that the model lacks."""
    model = copies[0]
    at = start
    for i in range(start, end):
        more = i + 1 < end and any(
            i in told and i + 1 in told and told[i + 1] > told[i] + 1 for told in same
        )
        if more or i + 1 == end:
            theirs = tuple(
                tuple(copy[told[n]] for n in range(at, i + 1) if n in told)
                for copy, told in zip(copies[1:], same, strict=True)
            )
            mine = tuple(model[at : i + 1])
            yield Part(True, (mine, *theirs), tuple(b - at for b in begins if at <= b <= i))
            at = i + 1
        if more:
            yield _values(copies, same, i + 1, i + 1)


def _values(
    copies: Sequence[Sequence[Spot]], same: Sequence[dict[int, int]], start: int, end: int
) -> Part:
    """What every copy has between the print before `start` and the print from `end` on."""
    model = copies[0]
    theirs: list[tuple[Spot, ...]] = [tuple(model[start:end])]
    for copy, told in zip(copies[1:], same, strict=True):
        before = max((told[i] for i in told if i < start), default=-1)
        after = min((told[i] for i in told if i >= end), default=len(copy))
        theirs.append(tuple(copy[before + 1 : after]))
    return Part(False, tuple(theirs))


def _merged(found: Sequence[Part]) -> tuple[Part, ...]:
    """The parts, with single words between two values made one with them where they are theirs."""
    told: list[Part] = []
    for part in found:
        if len(told) > 1 and not part.is_print and told[-1].is_print and not told[-2].is_print:
            alone = told[-1]
            word = alone.words[0]
            of_value = word.plain == "so" or word.plain not in _KEPT_SHORT
            if len(alone.words) == 1 and of_value and not word.ends and not alone.begins:
                copies = zip(told[-2].copies, alone.copies, part.copies, strict=True)
                told[-2:] = [Part(False, tuple((*a, *b, *c) for a, b, c in copies))]
                continue
        told.append(part)
    return tuple(told)


def _laid(model: Sequence[Spot], other: Sequence[Spot]) -> dict[int, int]:
    """Word of the model -> the same word of another copy, both in their order."""
    if not model or not other:
        return {}
    worth = _worth(model, other)
    rows, columns = worth.shape
    best = np.zeros((rows + 1, columns + 1))
    ending = np.full((rows + 1, columns + 1), -1e9)
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            value = best[i - 1, j]
            value = max(value, best[i, j - 1])
            own = worth[i - 1, j - 1]
            if own > 0:
                before = max(best[i - 1, j - 1], ending[i - 1, j - 1] + _IN_A_ROW)
                ending[i, j] = before + own
                value = max(value, ending[i, j])
            best[i, j] = value
    found: dict[int, int] = {}
    i, j, must = rows, columns, False
    while i and j:
        if ending[i, j] > 0 and (must or best[i, j] == ending[i, j]):
            found[i - 1] = j - 1
            own = worth[i - 1, j - 1]
            must = ending[i, j] - own > best[i - 1, j - 1] + 1e-6
            i, j = i - 1, j - 1
        elif best[i - 1, j] >= best[i, j - 1]:
            i -= 1
        else:
            j -= 1
    return found


def _worth(model: Sequence[Spot], other: Sequence[Spot]) -> NDArray[np.float64]:
    """How much it is worth to take a word for another: long words and good likenesses most."""
    alike = process.cdist(
        [s.plain for s in model], [s.plain for s in other], scorer=fuzz.ratio, dtype=np.float64
    )
    short = np.array([len(s.plain) <= _SMALL for s in model])
    needed = np.where(short, 99.0, _ALIKE)[:, None]
    lengths = np.array([min(len(s.plain), 10) for s in model])[:, None]
    worth: NDArray[np.float64] = np.where(alike >= needed, lengths * (alike / 100 - 0.4), 0.0)
    return worth


def _printed(
    model: Sequence[Spot], others: Sequence[Sequence[Spot]], same: Sequence[dict[int, int]]
) -> list[bool]:
    """Which words of the model are print: they stand on (nearly) every copy, and not by chance."""
    spare = len(others) // 3  # copies on which a word may read otherwise
    lost = [_lost(model, other, told) for other, told in zip(others, same, strict=True)]
    found: list[bool] = []
    for i in range(len(model)):
        real = sum(i in told for told in same)
        here = real + sum(i in gone for gone in lost)
        found.append(real * 2 >= len(others) and here >= len(others) - spare)
    _fill_misread(found, model, others, same)
    for i, spot in enumerate(model):
        # A number that all copies share by chance stands beside others that they do not.
        digits = any(c.isdigit() for c in spot.plain) and not spot.begins
        if found[i] and digits and not (_at(found, i - 1) and _at(found, i + 1)):
            found[i] = False
    for i in range(len(model) - 5):
        # A day, month or year that all copies share stands beside others that they do not.
        if [model[i + n].plain for n in (0, 2, 4)] == ["ngay", "thang", "nam"]:
            found[i : i + 6] = [all(found[i : i + 6])] * 6
    for start, end in list(_runs(found)):
        run = model[start:end]
        letters = sum(len(spot.plain) for spot in run)
        is_label = any(spot.ends == ":" for spot in run)
        is_value = all(spot.plain in _OF_VALUES or spot.plain.isdigit() for spot in run)
        is_kept = all(spot.plain in _KEPT_SHORT for spot in run) and run[0].plain != "so"
        is_alone = len(run) == 1 and not run[0].begins and not run[0].ends
        is_chance = is_value or is_alone or letters < _SMALL + 1
        if not is_label and is_chance and not is_kept and start:
            found[start:end] = [False] * (end - start)
    for start, end in list(_runs([not flag for flag in found])):
        # What is the same on all copies is no value, but for what stands after a colon.
        if start and model[start - 1].ends != ":" and end < len(model):
            mine = "".join(spot.plain for spot in model[start:end])
            if all(_between(o, at, start, end) == mine
                   for o, at in zip(others, same, strict=True)):  # fmt: skip
                found[start:end] = [True] * (end - start)
    return found


def _between(copy: Sequence[Spot], told: dict[int, int], start: int, end: int) -> str:
    """The letters that a copy has where the model has its words from `start` up to `end`."""
    if start - 1 not in told or end not in told:
        return "…"
    return "".join(spot.plain for spot in copy[told[start - 1] + 1 : told[end]])


def _lost(model: Sequence[Spot], other: Sequence[Spot], told: dict[int, int]) -> set[int]:
    """Words of the model that another copy lacks or has garbled, with nothing else in their place.

    A stamp, a hole or a careless engine took them; a value would have something else there.
    """
    gone: set[int] = set()
    for start, end in _runs([i not in told for i in range(len(model))]):
        if start - 1 not in told or end not in told:
            continue
        mine = "".join(spot.plain for spot in model[start:end])
        theirs = _between(other, told, start, end)
        is_garbled = (
            fuzz.ratio(mine, theirs) >= _GARBLED and not any(c.isdigit() for c in mine)
            and end - start <= _SMALL
        )  # fmt: skip
        if len(theirs) < _TORN * len(mine) or is_garbled:
            gone.update(range(start, end))
    return gone


def _at(flags: Sequence[bool], place: int) -> bool:
    return flags[place] if 0 <= place < len(flags) else True


def _runs(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    at = 0
    while at < len(flags):
        end = at
        while end < len(flags) and flags[end] == flags[at]:
            end += 1
        if flags[at]:
            yield at, end
        at = end


def _fill_misread(
    found: list[bool],
    model: Sequence[Spot],
    others: Sequence[Sequence[Spot]],
    same: Sequence[dict[int, int]],
) -> None:
    """Words between prints that are much alike on all copies are print that was misread."""
    for start, end in list(_runs([not flag for flag in found])):
        run = model[start:end]
        if end - start > _MISREAD or not start or end == len(model):
            continue
        told = [[s.plain for s in run]]
        for other, at in zip(others, same, strict=True):
            if start - 1 in at and end in at:
                told.append([s.plain for s in other[at[start - 1] + 1 : at[end]]])
        whole = ["".join(words) for words in told]
        if any(c.isdigit() for text in whole for c in text) or not all(whole):
            continue
        lower = sum(s.text[:1].islower() for s in run) == len(run)
        least = min((fuzz.ratio(whole[0], text) for text in whole[1:]), default=0.0)
        if lower and least >= 60:
            found[start:end] = [True] * (end - start)


def commonest(texts: Sequence[str]) -> str:
    """The wording that most copies share; among as many, the one most like all others."""
    counted = Counter(text for text in texts if text)
    if not counted:
        return ""
    most = max(counted.values())
    return max(
        (text for text, n in counted.items() if n == most),
        key=lambda text: sum(fuzz.ratio(text, other) for other in texts),
    )
