"""How a misread text differs from the true one, in the terms that matter in Vietnamese.

The two are aligned letter by letter (NFC graphemes, so that a mark is never parted from its
letter), and each difference gets a name: a tone lost, ô for ơ, d for đ, a digit for a letter. Only
single letters are ever given as examples, never a syllable: it might be somebody's name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from workbench import vietnamese


class Confusion(StrEnum):
    """What went wrong with a letter or a syllable."""

    TONE_LOST = "tone_lost"  # á read as a
    TONE_CHANGED = "tone_changed"  # ả read as ã
    TONE_ADDED = "tone_added"  # a read as á
    O = "o"  # o, ô, ơ  # noqa: E741 - the letter
    U = "u"  # u, ư
    A = "a"  # a, ă, â
    E = "e"  # e, ê
    D = "d"  # d, đ
    DIGIT_FOR_LETTER = "digit_for_letter"
    LETTER_FOR_DIGIT = "letter_for_digit"
    DIGIT = "digit"  # one digit for another
    CASE = "case"
    LETTER = "letter"  # quite another letter
    LETTER_LOST = "letter_lost"
    LETTER_ADDED = "letter_added"
    SYLLABLE_LOST = "syllable_lost"
    SYLLABLE_ADDED = "syllable_added"
    SPACE = "space"  # two syllables run together, or one torn apart
    PUNCTUATION = "punctuation"
    NOTHING_READ = "nothing_read"
    OTHER_TEXT = "other_text"  # so unlike that it was read somewhere else


@dataclass(frozen=True, slots=True)
class Confused:
    """One confusion; `true` and `read` are single letters, or empty where an example would tell."""

    kind: Confusion
    true: str = ""
    read: str = ""


UNLIKE = 0.6  # share of the longer text that differs, from which it is another text altogether

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_SHAPES = {"o": Confusion.O, "u": Confusion.U, "a": Confusion.A, "e": Confusion.E, "d": Confusion.D}

# What it costs to take one letter for another: the nearer in writing, the cheaper, so that the
# alignment sets ộ beside ọ and not beside the neighbour that happens to be as far.
_SAME, _CASE, _TONE, _SHAPE, _OTHER, _GAP = 0.0, 0.1, 0.2, 0.3, 1.0, 0.7
_LOOK_ALIKE = frozenset(
    frozenset((digit, letter))
    for digit, letters in {
        "0": "oqd", "1": "li", "2": "z", "4": "a", "5": "s", "6": "bg", "7": "t", "8": "b",
        "9": "gq",
    }.items()
    for letter in letters
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Letter:
    """A grapheme taken apart: its plain letter, its hat, horn or bar, and its tone."""

    written: str
    base: str  # without marks, small
    shape: str  # the letter with its hat, horn, breve or bar, small, without tone
    tone: str


def confusions(true: str, read: str) -> tuple[Confused, ...]:
    """What stands between two texts; nothing where they are the same value.

    A letter that lost both its hat and its tone is two confusions.
    """
    one, other = vietnamese.key(true), vietnamese.key(read)
    if one == other:
        return ()
    if not other:
        return (Confused(Confusion.NOTHING_READ),)
    pairs = _aligned(one, other)
    cost = sum(_cost(a, b) for a, b in pairs)
    if len(one) > 3 and cost > UNLIKE * max(len(one), len(other)):
        return (Confused(Confusion.OTHER_TEXT),)
    return tuple(_named(pairs))


@lru_cache(maxsize=4096)
def _letter(written: str) -> _Letter:
    apart = unicodedata.normalize("NFD", written.casefold())
    tone = "".join(c for c in apart if c in _TONES)
    shape = unicodedata.normalize("NFC", "".join(c for c in apart if c not in _TONES))
    return _Letter(written, vietnamese.fold(written), shape, tone)


_Pair = tuple[str, str]  # a true letter and what was read for it; "" for a gap


def _aligned(true: str, read: str) -> list[_Pair]:
    """The cheapest way to set two texts beside each other, letter by letter."""
    head = 0
    while head < min(len(true), len(read)) and true[head] == read[head]:
        head += 1
    tail = 0
    while tail < min(len(true), len(read)) - head and true[-1 - tail] == read[-1 - tail]:
        tail += 1
    # From the start of the syllable that differs, so that one lost whole is seen to be lost whole.
    while head and not true[head - 1].isspace():
        head -= 1
    end = len(true) - tail, len(read) - tail
    middle = _cheapest(true[head : end[0]], read[head : end[1]])
    before = [(c, c) for c in true[:head]]
    after = [(c, c) for c in true[end[0] :]]
    return before + middle + after


def _cheapest(true: str, read: str) -> list[_Pair]:
    rows = [[_GAP * j for j in range(len(read) + 1)]]
    for i, a in enumerate(true, start=1):
        above, row = rows[-1], [_GAP * i]
        for j, b in enumerate(read, start=1):
            row.append(
                min(above[j - 1] + _cost(a, b), above[j] + _cost(a, ""), row[j - 1] + _cost("", b))
            )
        rows.append(row)
    pairs: list[_Pair] = []
    i, j = len(true), len(read)
    while i or j:
        here = rows[i][j]
        if i and j and here == rows[i - 1][j - 1] + _cost(true[i - 1], read[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((true[i], read[j]))
        elif i and (not j or here == rows[i - 1][j] + _cost(true[i - 1], "")):
            i -= 1
            pairs.append((true[i], ""))
        else:
            j -= 1
            pairs.append(("", read[j]))
    return pairs[::-1]


@lru_cache(maxsize=65536)
def _cost(true: str, read: str) -> float:
    if true == read:
        return _SAME
    if not true or not read:
        return _GAP
    a, b = _letter(true), _letter(read)
    if not (true.isalnum() and read.isalnum()):
        # A space or a comma stands for a letter only where nothing else will do.
        return _OTHER if true.isalnum() == read.isalnum() else 1.5 * _OTHER
    if a.base == b.base:
        cost = _CASE if true.isupper() != read.isupper() else 0.0
        cost += _TONE if a.tone != b.tone else 0.0
        return cost + (_SHAPE if a.shape != b.shape else 0.0)
    return 0.5 if frozenset((a.base, b.base)) in _LOOK_ALIKE else _OTHER


def _named(pairs: list[_Pair]) -> Iterator[Confused]:
    lost = _whole(pairs, side=0)
    added = _whole(pairs, side=1)
    yield from (Confused(Confusion.SYLLABLE_LOST) for _ in lost)
    yield from (Confused(Confusion.SYLLABLE_ADDED) for _ in added)
    covered = {at for run in (*lost, *added) for at in run}
    for at, (true, read) in enumerate(pairs):
        if true == read or at in covered:
            continue
        yield from _of_letter(true, read)


def _whole(pairs: list[_Pair], *, side: int) -> list[range]:
    """Runs of pairs in which a whole syllable of one side stands against nothing."""
    found: list[range] = []
    start = 0
    for at in range(len(pairs) + 1):
        if at < len(pairs) and not pairs[at][side].isspace():
            continue
        letters = [n for n in range(start, at) if pairs[n][side].isalnum()]
        if letters and all(not pairs[n][1 - side] for n in letters):
            # The space that went with it is no confusion of its own.
            begin = start - 1 if start and not pairs[start - 1][1 - side] else start
            end = at + 1 if begin == start and at < len(pairs) and not pairs[at][1 - side] else at
            found.append(range(begin, end))
        start = at + 1
    return found


def _of_letter(true: str, read: str) -> Iterator[Confused]:
    if true.isspace() or read.isspace():
        yield Confused(Confusion.SPACE)
        if not (true + read).isspace() and true and read:
            gone = true if read.isspace() else ""
            kind = Confusion.LETTER_LOST if gone else Confusion.LETTER_ADDED
            yield Confused(kind, gone, "" if gone else read)
        return
    if not (true or read).isalnum() or (true and read and not read.isalnum()):
        yield Confused(Confusion.PUNCTUATION, true, read)
    elif not read:
        yield Confused(Confusion.LETTER_LOST, true)
    elif not true:
        yield Confused(Confusion.LETTER_ADDED, "", read)
    else:
        yield from _of_pair(true, read)


def _of_pair(true: str, read: str) -> Iterator[Confused]:
    """What befell one letter that was read as another."""
    a, b = _letter(true), _letter(read)
    if a.base != b.base:
        kind = Confusion.LETTER
        if true.isdigit() or read.isdigit():
            kind = Confusion.LETTER_FOR_DIGIT if not read.isdigit() else Confusion.DIGIT_FOR_LETTER
            kind = Confusion.DIGIT if true.isdigit() and read.isdigit() else kind
        yield Confused(kind, true, read)
        return
    if a.shape != b.shape:
        yield Confused(_SHAPES.get(a.base, Confusion.LETTER), true, read)
    if a.tone != b.tone:
        kind = Confusion.TONE_CHANGED if a.tone and b.tone else Confusion.TONE_LOST
        yield Confused(kind if a.tone else Confusion.TONE_ADDED, true, read)
    if true.isupper() != read.isupper():
        yield Confused(Confusion.CASE, true, read)
