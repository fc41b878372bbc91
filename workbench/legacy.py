"""Vietnamese as it was typed before Unicode, in TCVN3 (.Vn… fonts) and VNI (VNI-… fonts).

Such text is kept as Latin letters that only its font shows rightly: "C«ng an", "Coâng an". What a
cell holds is judged by its font and by whether its words are Vietnamese one way or the other; a
cell that holds both is nobody's guess and stays for a person.

Tables: TCVN 5712:1993 (VN3); VNI for Windows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Encoding(StrEnum):
    TCVN3 = "tcvn3"
    VNI = "vni"


@dataclass(frozen=True, slots=True)
class Judged:
    """How a text is written. `encoding` is None for Unicode and where nobody can tell.

    `doubtful`: its words are Vietnamese as they stand, and also if they were `could_be`.
    `mixed`: parts of it speak for different encodings; it must not be turned as a whole.
    """

    encoding: Encoding | None = None
    by_font: bool = False
    mixed: bool = False
    could_be: Encoding | None = None

    @property
    def doubtful(self) -> bool:
        return self.could_be is not None


_UNICODE = (
    "ĂÂÊÔƠƯĐ" "ăâêôơưđ" "àảãáạ" "ằẳẵắặ" "ầẩẫấậ" "èẻẽéẹ" "ềểễếệ" "ìỉĩíị" "òỏõóọ" "ồổỗốộ"
    "ờởỡớợ" "ùủũúụ" "ừửữứự" "ỳỷỹýỵ"
)  # fmt: skip
_TCVN3 = bytes(
    [
        0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7,  # Ă Â Ê Ô Ơ Ư Đ
        0xA8, 0xA9, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE,  # ă â ê ô ơ ư đ
        0xB5, 0xB6, 0xB7, 0xB8, 0xB9,  # a
        0xBB, 0xBC, 0xBD, 0xBE, 0xC6,  # ă
        0xC7, 0xC8, 0xC9, 0xCA, 0xCB,  # â
        0xCC, 0xCE, 0xCF, 0xD0, 0xD1,  # e
        0xD2, 0xD3, 0xD4, 0xD5, 0xD6,  # ê
        0xD7, 0xD8, 0xDC, 0xDD, 0xDE,  # i
        0xDF, 0xE1, 0xE2, 0xE3, 0xE4,  # o
        0xE5, 0xE6, 0xE7, 0xE8, 0xE9,  # ô
        0xEA, 0xEB, 0xEC, 0xED, 0xEE,  # ơ
        0xEF, 0xF1, 0xF2, 0xF3, 0xF4,  # u
        0xF5, 0xF6, 0xF7, 0xF8, 0xF9,  # ư
        0xFA, 0xFB, 0xFC, 0xFD, 0xFE,  # y
    ]
).decode("latin-1")  # fmt: skip
_FROM_TCVN3 = str.maketrans(_TCVN3, _UNICODE)
_INTO_TCVN3 = str.maketrans(_UNICODE, _TCVN3)

# VNI writes a letter and behind it a mark, but for these single letters.
_VNI_LETTERS: Mapping[str, str] = {
    "ô": "ơ", "ö": "ư", "ñ": "đ", "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ",
}  # fmt: skip
_TONES = "\u0301\u0300\u0309\u0303\u0323"  # sắc huyền hỏi ngã nặng
_VNI_MARKS: Mapping[str, str] = {
    **dict(zip("ùøûõï", _TONES, strict=True)),
    "â": "\u0302", **{m: "\u0302" + t for m, t in zip("áàåãä", _TONES, strict=True)},
    "ê": "\u0306", **{m: "\u0306" + t for m, t in zip("éèúüë", _TONES, strict=True)},
}  # fmt: skip
_BEARERS = {"\u0302": "aeo", "\u0306": "a"}  # which letters a hat or a breve may stand on


def _vni_pairs() -> Iterator[tuple[str, str]]:
    for written, letter in _VNI_LETTERS.items():
        yield written, letter
    for mark, combining in _VNI_MARKS.items():
        bases = _BEARERS.get(combining[0], "aeouyôö")
        for base in bases:
            letter = _VNI_LETTERS.get(base, base)
            made = unicodedata.normalize("NFC", letter + combining)
            if len(made) == 1 and (base, mark) != ("y", "ï"):  # ỵ is written as one letter
                yield base + mark, made


_VNI: dict[str, str] = {}
for _written, _letter in _vni_pairs():
    _VNI[_written] = _letter
    _VNI[_written.upper()] = _letter.upper()
    if len(_written) == 2:  # a capital typed with the mark of a small letter
        _VNI[_written[0].upper() + _written[1]] = _letter.upper()
_VNI_RUN = re.compile("|".join(sorted(map(re.escape, _VNI), key=len, reverse=True)))
_INTO_VNI: dict[str, str] = {}
for _written, _letter in _VNI.items():
    if len(_written) == 1 or _written.islower() or _written.isupper():
        _INTO_VNI.setdefault(_letter, _written)
_VNI_ALONE = frozenset("".join(_VNI_LETTERS) + "".join(_VNI_LETTERS).upper())
_VNI_BEHIND = frozenset("".join(_VNI_MARKS) + "".join(_VNI_MARKS).upper())


def of_font(name: str) -> Encoding | None:
    """The encoding that a font shows rightly: `.VnTime`, `.VnArialH`, `VNI-Times`; else None."""
    bare = name.strip().casefold()
    if bare.startswith((".vn", "vntime", "vnarial")):
        return Encoding.TCVN3
    return Encoding.VNI if bare.startswith("vni") else None


def shows_capitals(font: str) -> bool:
    """Whether a .Vn… font shows every letter as a capital: `.VnTimeH`, `.VnArial NarrowH`."""
    return of_font(font) == Encoding.TCVN3 and font.strip().endswith("H")


def decode(text: str, encoding: Encoding, *, font: str = "") -> str:
    """The text in Unicode (NFC). Letters that the encoding does not have stay as they are."""
    if encoding == Encoding.VNI:
        return unicodedata.normalize("NFC", _VNI_RUN.sub(lambda run: _VNI[run.group()], text))
    # Some programs turn the micro sign into the Greek letter that looks like it.
    turned = text.replace("\u03bc", "\u00b5").translate(_FROM_TCVN3)
    return turned.upper() if shows_capitals(font) else turned


def encode(text: str, encoding: Encoding) -> str:
    """The text as it was typed then. TCVN3 has no capitals with tones: those need an "…H" font,
    whose text is written small; here they stay as they are."""
    composed = unicodedata.normalize("NFC", text)
    if encoding == Encoding.TCVN3:
        return composed.translate(_INTO_TCVN3)
    return "".join(_INTO_VNI.get(letter, letter) for letter in composed)


def judge(text: str, font: str = "") -> Judged:
    """How a text is written, by its font and by its words."""
    by_font = of_font(font)
    words = [w for w in _WORDS.split(text) if any(ord(c) > 127 for c in w)]
    if not words:
        # Nothing to turn, but for small letters that the font showed as capitals.
        capitals = shows_capitals(font) and any(c.islower() for c in text)
        return Judged(by_font, by_font=True) if capitals else Judged()
    ways = [_ways(word) for word in words]
    only = {next(iter(way)) for way in ways if len(way) == 1}
    if len(only) > 1 or (by_font and any(_modern(w) for w in words) and by_font in only):
        return Judged(mixed=True)
    if None in only or any(_modern(word) for word in words):
        return Judged()  # Unicode, whatever the font
    if only:
        (encoding,) = only
        if by_font and by_font != encoding:
            return Judged(mixed=True)
        return Judged(encoding, by_font=by_font is not None)
    if by_font:
        return Judged(by_font, by_font=True)
    shared = frozenset.intersection(*ways)
    if None not in shared and len(shared) == 1:
        return Judged(next(iter(shared)))
    other = [way for way in shared if way is not None]
    return Judged(could_be=other[0] if len(other) == 1 and None in shared else None)


_WORDS = re.compile(r"[\s0-9.,;:/()\[\]\"'!?_+=*&%#@<>\\|-]+")


def _modern(word: str) -> bool:
    """Whether it has letters that only Unicode has: ạ, ế, ư beyond Latin-1, or combining marks."""
    composed = unicodedata.normalize("NFC", word)
    return any(0x0100 <= ord(c) <= 0x01B0 or 0x1EA0 <= ord(c) <= 0x1EF9 for c in composed)


@lru_cache(maxsize=1 << 14)
def _ways(word: str) -> frozenset[Encoding | None]:
    """Read in which ways the word is a Vietnamese syllable."""
    found: set[Encoding | None] = set()
    if is_syllable(word):
        found.add(None)
    if _modern(word):
        return frozenset(found or {None})
    turned = decode(word, Encoding.TCVN3)
    if all(ord(c) < 128 or c in _TCVN3 or c == "\u03bc" for c in word) and is_syllable(turned):
        found.add(Encoding.TCVN3)
    turned = decode(word, Encoding.VNI)
    if _is_vni(word) and is_syllable(turned):
        found.add(Encoding.VNI)
    return frozenset(found)


def _is_vni(word: str) -> bool:
    rest = _VNI_RUN.sub("", word)
    return all(ord(c) < 128 for c in rest)


# --- what a Vietnamese syllable is ---------------------------------------------------------------

_ONSET = "(?:ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdđghklmnprstvx])?"
_RIMES = """
a ac ach ai am an ang anh ao ap at au ay  ăc ăm ăn ăng ăp ăt  âc âm ân âng âp ât âu ây
e ec em en eng eo ep et  ê êch êm ên êng ênh êp êt êu  i ia ich im in inh ip it iu
iêc iêm iên iêng iêp iêt iêu  o oc oi om on ong op ot
oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăp oăt oe oen oeo oet
ô ôc ôi ôm ôn ông ôp ôt  ơ ơi ơm ơn ơp ơt  u ua uc ui um un ung up ut
uân uâng uât uây uê uêch uênh uơ uy uya uych uyn uynh uyên uyêt uyt uyu uôc uôi uôm uôn uông uôt
ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu  y ya yêm yên yêng yêt yêu
"""
_SYLLABLE = re.compile(f"{_ONSET}(?:{'|'.join(_RIMES.split())})")
_STOPPED = re.compile(r"(?:c|ch|p|t)$")


@lru_cache(maxsize=1 << 14)
def is_syllable(word: str) -> bool:
    """Whether Vietnamese spelling allows the word, in small letters or capitals (hoà and hòa)."""
    if any(c.isupper() for c in word[1:]) and not word.isupper():
        return False
    apart = unicodedata.normalize("NFD", word.lower())
    tones = [c for c in apart if c in _TONES]
    bare = unicodedata.normalize("NFC", "".join(c for c in apart if c not in _TONES))
    if len(tones) > 1 or not _SYLLABLE.fullmatch(bare):
        return False
    return not _STOPPED.search(bare) or (bool(tones) and tones[0] in "\u0301\u0323")
