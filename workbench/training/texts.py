"""What stands on official papers, made up: names, addresses, numbers, dates, codes, phrases."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

# Every character the network can write; the rest of the world is not on these papers.
CHARACTERS: Final = (
    " !\"%&'()*+,-./0123456789:;?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz§°²³–“”…"
    "ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúýĂăĐđĨĩŨũƠơƯư"
    "ẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ"
    "#=@ÄÅÇÑÖØÜßäåçëïñöøü"  # makers and firms from abroad
)

_WORDS: Final[dict[str, list[str]]] = json.loads(
    Path(__file__).with_name("vocabulary.json").read_text("utf-8")
)
_KNOWN: Final = frozenset(CHARACTERS)
_TONES: Final = ("", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323")


def line(dice: np.random.Generator, *, longest: int) -> str:
    """One line of text of at most `longest` characters, as a field of an official paper says it."""
    makers, weights = zip(*_KINDS, strict=True)
    odds = np.array(weights, float)
    for _ in range(8):
        text = makers[int(dice.choice(len(makers), p=odds / odds.sum()))](dice)
        if len(text) <= longest:
            break
    text = text[:longest].strip() or "Số"
    case = dice.random()
    turned = text.upper() if case < 0.14 else text.capitalize() if case < 0.18 else text
    return turned if _KNOWN.issuperset(turned) else text


def syllable(dice: np.random.Generator) -> str:
    """A syllable as the sounds allow it, common or not: letters must be seen in every company."""
    rime, tone = _word(dice, "rimes"), int(dice.integers(6))
    if rime[-1] in "ctp" or rime.endswith("ch"):
        tone = (2, 5)[tone % 2]
    at = _tone_place(rime)
    marked = rime[: at + 1] + _TONES[tone] + rime[at + 1 :]
    return unicodedata.normalize("NFC", _word(dice, "onsets") + marked)


def _tone_place(rime: str) -> int:
    for place, letter in enumerate(rime):
        if letter in "ăâêôơ":
            return place
    vowels = [place for place, letter in enumerate(rime) if letter in "aeiouyư"]
    if len(vowels) >= 2 and vowels[-1] < len(rime) - 1:
        return vowels[-1]
    return vowels[-2] if len(vowels) >= 2 else vowels[0]


def _one(dice: np.random.Generator, of: Sequence[str]) -> str:
    return of[int(dice.integers(len(of)))]


def _word(dice: np.random.Generator, kind: str) -> str:
    return _one(dice, _WORDS[kind])


def _digits(dice: np.random.Generator, least: int, most: int) -> str:
    return "".join(map(str, dice.integers(0, 10, int(dice.integers(least, most + 1)))))


def _name(dice: np.random.Generator) -> str:
    parts = [_word(dice, "surnames")]
    parts += [_word(dice, "middle_names") for _ in range(int(dice.integers(0, 3)))]
    given = _word(dice, "given_names") if dice.random() < 0.7 else syllable(dice).capitalize()
    return " ".join([*parts, given])


def _body(dice: np.random.Generator) -> str:
    names = (*_WORDS["given_names"], *_WORDS["places"])
    own = " ".join(_one(dice, names) for _ in range(int(dice.integers(1, 3))))
    text = f"{_word(dice, 'bodies')} {own}"
    return text.upper() if dice.random() < 0.35 else text


def _address(dice: np.random.Generator) -> str:
    parts = []
    for _ in range(int(dice.integers(1, 5))):
        if dice.random() < 0.6:
            place = _word(dice, "places")
        else:
            count = int(dice.integers(1, 3))
            place = " ".join(syllable(dice).capitalize() for _ in range(count))
        if dice.random() >= 0.85:
            place = _digits(dice, 1, 3)
        parts.append(f"{_word(dice, 'levels')} {place}")
    joined = ", ".join(parts)
    if dice.random() >= 0.3:
        return joined
    lead = "số " if dice.random() < 0.5 else ""
    return f"{lead}{_digits(dice, 1, 3)}{_one(dice, ('', '/4', 'A', 'B'))} {joined}"


def _date(dice: np.random.Generator) -> str:
    day, month = int(dice.integers(1, 32)), int(dice.integers(1, 13))
    year, form = int(dice.integers(1940, 2031)), dice.random()
    if form < 0.4:
        stop = "." if dice.random() < 0.2 else ""
        return f"ngày {day:02} tháng {month:02} năm {year}{stop}"
    if form < 0.5:
        return f"{_word(dice, 'places')}, ngày {day:02} tháng {month:02} năm {year}"
    return f"{day:02}/{month:02}/{year}" if form < 0.9 else f"{day}/{month}/{year}"


def _number(dice: np.random.Generator) -> str:
    form = dice.random()
    if form < 0.4:
        return _digits(dice, 9, 12)
    if form < 0.5:
        return f"{_digits(dice, 10, 10)}-{_digits(dice, 3, 3)}"
    if form < 0.6:
        return f"{_digits(dice, 2, 2)}{_one(dice, 'ABCDEGH')}{_digits(dice, 7, 8)}"
    if form < 0.75:
        thing = _one(dice, ("con dấu", "khẩu", "cái"))
        return f"{_digits(dice, 2, 2)} ({_word(dice, 'counts')}) {thing}"
    return _digits(dice, 1, 6)


def _code(dice: np.random.Generator) -> str:
    form = dice.random()
    if form < 0.55:
        year = f"{int(dice.integers(1990, 2031))}/" if dice.random() < 0.2 else ""
        lead = "Số: " if dice.random() < 0.2 else ""
        return f"{lead}{_digits(dice, 1, 5)}/{year}{_word(dice, 'symbols')}"
    if form < 0.75:
        count = int(dice.integers(1, 4))
        letters = "".join(_one(dice, "ABCDEGHKLMNPQRSTVXZ") for _ in range(count))
        return f"{letters}{_one(dice, ('', '-', ' '))}{_digits(dice, 3, 7)}"
    return _word(dice, "makes")


def _phrase(dice: np.random.Generator) -> str:
    text = _word(dice, "phrases")
    return f"{text} {_word(dice, 'places')}" if dice.random() < 0.15 else text


def _prose(dice: np.random.Generator) -> str:
    """Some words in a row, as they stand in sentences of the office."""
    words = _word(dice, "prose").split()
    start = int(dice.integers(0, max(1, len(words) - 2)))
    text = " ".join(words[start : start + int(dice.integers(2, 8))])
    return text[:1].upper() + text[1:] if dice.random() < 0.3 else text


def _syllables(dice: np.random.Generator) -> str:
    words = [syllable(dice) for _ in range(int(dice.integers(1, 7)))]
    joined = _one(dice, (" ", " ", " ", ", ", " - ", ": ", "; ")).join(words)
    return joined.title() if dice.random() < 0.3 else joined


def _any(dice: np.random.Generator) -> str:
    """Characters in no order, so that none is known from its company alone."""
    n = int(dice.integers(2, 12))
    return "".join(_one(dice, CHARACTERS) for _ in range(n)).strip() or "?"


_KINDS: Final[tuple[tuple[Callable[[np.random.Generator], str], float], ...]] = (
    (_name, 16), (_body, 9), (_address, 12), (_date, 13), (_number, 15), (_code, 12),
    (_phrase, 10), (_prose, 16), (_syllables, 11), (_any, 2),
)  # fmt: skip
