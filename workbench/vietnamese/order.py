"""How a Vietnamese reader expects a list to stand.

The alphabet is a ă â b c d đ e ê g … o ô ơ … u ư v x y (f j w z where Latin has them); of syllables
with the same letters the tones stand ngang, huyền, hỏi, ngã, sắc, nặng. Syllable goes before
syllable, as in dictionaries and class registers: all Hoa, then all Hòa. Numbers count by value.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TypeAlias

from workbench.vietnamese.writing import key

Order: TypeAlias = tuple[tuple[int, str, int, str], ...]

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_PLACES = {letter: chr(0x41 + place) for place, letter in enumerate(_ALPHABET)}
_TONES = {tone: place for place, tone in enumerate("\u0300\u0309\u0303\u0301\u0323", start=1)}
_TOKENS = re.compile(r"\d+|[^\W\d_]+")


@lru_cache(maxsize=1 << 14)
def sort_key(text: str) -> Order:
    """What texts are sorted by; marks, case and punctuation only part what is else the same."""
    tokens = _TOKENS.findall(key(text))
    return (*map(_token, tokens), (0, "", 0, text))


def person_sort_key(name: str) -> Order:
    """As names are listed: by the given name, which stands last, then from the family name on."""
    *before, given = name.split() or [""]
    return (*sort_key(given)[:-1], *sort_key(" ".join(before))[:-1], (0, "", 0, name))


def _token(token: str) -> tuple[int, str, int, str]:
    if token.isdigit():
        return 1, f"{int(token):020}", 0, token
    letters: list[str] = []
    tone = 0
    for char in unicodedata.normalize("NFD", token.casefold()):
        if char in _TONES:
            tone = _TONES[char]
        elif unicodedata.combining(char) and letters:
            letters[-1] = unicodedata.normalize("NFC", letters[-1] + char)
        else:
            letters.append(char)
    return 2, "".join(_PLACES.get(letter, letter) for letter in letters), tone, token.swapcase()
