"""NFC, tone placement, folding, dates in words: what makes two texts the same.

Marks of tone may stand on either vowel of a final oa, oe, uy (hoà, hòa): both are right, so
equality folds them and display never does. `fold` throws marks away and only serves to find.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_OPEN = ("oa", "oe", "uy")

# Letters that look like Đ but are not (U+00D0 Eth, U+0189 African D), and typographic variants.
_SAME = str.maketrans(
    {
        "\u00d0": "Đ",
        "\u0189": "Đ",
        "\u00f0": "đ",
        "–": "-",
        "—": "-",
        "‑": "-",
        "−": "-",
        "“": '"',
        "”": '"',
        "’": "'",
        "‘": "'",
        "\u00a0": " ",
        "\u200b": None,
        "\u200c": None,
        "\u200d": None,
        "\ufeff": None,
        "\u00ad": None,
    }
)
_SPACES = re.compile(r"\s+")
_LETTERS = re.compile(r"[^\W\d_]+")
_END = " .,;:…"
_AROUND = re.compile(r"\s*(/)\s*")
_WIDE = {0xFF01 + place: 0x21 + place for place in range(94)}  # full-width forms, U+FF01…U+FF5E

_WORDED = re.compile(
    r"ng\w{1,3}y\s*[.…_]*\s*(\d{1,2})\s*[.…_]*\s*th\w{2,3}g\s*[.…_]*\s*(\d{1,2})\s*[.…_]*\s*"
    r"n\w{1,2}m\s*[.…_]*\s*(\d{4})",
    re.IGNORECASE,
)
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{4})(?!\d)")


def nfc(text: str) -> str:
    """Text as it is kept: composed letters (TCVN 6909:2001, Unicode NFC), one Đ, plain spaces."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text).translate(_KEPT)).strip()


_KEPT = str.maketrans(
    {
        "\u00d0": "Đ",
        "\u0189": "Đ",
        "\u00f0": "đ",
        "\u00a0": " ",
        "\u200b": None,
        "\u200c": None,
        "\u200d": None,
        "\ufeff": None,
        "\u00ad": None,
    }
)


@lru_cache(maxsize=1 << 15)
def fold(text: str) -> str:
    """Without marks and case, đ as d: for finding, never for keeping."""
    bare = unicodedata.normalize("NFD", text.translate(_SAME).casefold()).replace("đ", "d")
    return "".join(c for c in bare if not unicodedata.combining(c))


@lru_cache(maxsize=1 << 15)
def key(text: str) -> str:
    """Two texts with the same key are the same value: NFC, one form of tone marks, dashes, quotes
    and spaces, and no punctuation at the end. Case and diacritics count."""
    plain = unicodedata.normalize("NFC", text).translate(_SAME)
    plain = _SPACES.sub(" ", plain).strip(_END)
    return _LETTERS.sub(lambda word: _one_tone_place(word.group()), plain)


def canonical(text: str) -> str:
    """The text in plain characters: ASCII digits and signs, one kind of dash and quote, no space
    around a slash, nothing at its end that only closes a sentence. For holding against, not for
    keeping: what is printed stays printed."""
    plain = unicodedata.normalize("NFC", text).translate(_WIDE).translate(_SAME)
    return _AROUND.sub(r"\1", _SPACES.sub(" ", plain)).strip(_END)


def _one_tone_place(word: str) -> str:
    """Move the tone of a final oa, oe, uy onto its first vowel; closed syllables and qu- stay."""
    apart = unicodedata.normalize("NFD", word)
    tones = [c for c in apart if c in _TONES]
    bare = unicodedata.normalize("NFC", "".join(c for c in apart if c not in _TONES))
    low = bare.lower()
    if len(tones) != 1 or not low.endswith(_OPEN) or low.startswith("qu"):
        return unicodedata.normalize("NFC", word)
    return unicodedata.normalize("NFC", bare[:-1] + tones[0] + bare[-1])


def syllables(text: str) -> tuple[str, ...]:
    """The runs of characters between spaces; Vietnamese writes each syllable apart."""
    return tuple(nfc(text).split())


def read_date(text: str) -> date | None:
    """The first date in the text, written 08/05/2020 or "ngày 08 tháng 05 năm 2020"; else None."""
    for pattern in (_WORDED, _NUMERIC):
        for found in pattern.finditer(unicodedata.normalize("NFC", text)):
            day, month, year = (int(part) for part in found.groups())
            try:
                return date(year, month, day)
            except ValueError:
                continue
    return None


def normalise(text: str, kind: str) -> str:
    """The normal form of a value of this kind: ISO for dates, else the text as it is kept."""
    if kind == "date" and (day := read_date(text)):
        return day.isoformat()
    return nfc(text)
