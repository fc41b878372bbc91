"""Which syllables Vietnamese can have. A hint that something was misread, never a verdict.

Names of people and brands, Khmer place names and foreign words are not spelt by these rules.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from workbench.vietnamese.writing import nfc

_WORDS = re.compile(r"[^\W\d_]+")

# Onsets by the vowels that they stand before: c/k/q, g/gh and ng/ngh part the work among them.
_ANY = _WORDS.findall("b ch d đ gi h kh l m n nh ph r s t th tr v x")
_BACK = _WORDS.findall("c g ng")  # before a ă â o ô ơ u ư
_FRONT = _WORDS.findall("k gh ngh")  # before e ê i y
_RIMES = _WORDS.findall("""
a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch êm ên ênh êp êt êu ia iêc iêm iên iêng iêp iêt iêu i ich im in inh ip
it iu o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oem oen oeo oet
oi om on ong oong op ot ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uâng uât uây uc uê uêch
uên uênh uêt ui um un ung uôc uôi uôm uôn uông uôt uơ up ut uy uya uych uyên uyêt uyn uynh uyp uyt
uyu ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu
y yêm yên yêng yêt yêu
""")  # fmt: skip
_AFTER_Q = _WORDS.findall("""
ua uơi uac uach uai uan uang uanh uao uat uau uay uăc uăm uăn uăng uăp uăt uân uât uây
ue uen ueo uet uê uên uênh uêt uơ uôc uy uych uyên uyêt uynh uyt uyu uit
""")  # fmt: skip
_VOWELS = frozenset("aăâeêioôơuưy")
_STOPPED = ("c", "ch", "p", "t")  # such syllables have sắc or nặng only
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_SHORTEST = 2  # letters; a single one is an initial


@lru_cache(maxsize=1 << 14)
def is_syllable(word: str) -> bool:
    """Whether a word is spelt as a Vietnamese syllable can be; capitals do not matter."""
    apart = unicodedata.normalize("NFD", word.casefold())
    tones = [char for char in apart if char in _TONES]
    bare = unicodedata.normalize("NFC", "".join(char for char in apart if char not in _TONES))
    if len(tones) > 1 or bare not in _legal() or not _well_placed(word.casefold(), bare):
        return False
    return not bare.endswith(_STOPPED) or tones in (["\u0301"], ["\u0323"])


def _well_placed(word: str, bare: str) -> bool:
    """Whether the tone stands on the right vowel: hoàn and never hòan, quý and never qúy."""
    written = unicodedata.normalize("NFC", word)
    toned = next((at for at, (a, b) in enumerate(zip(written, bare, strict=True)) if a != b), None)
    if toned is None:
        return True
    if bare.startswith("qu") and toned == 1:
        return False
    last_vowel = max(at for at, letter in enumerate(bare) if letter in _VOWELS)
    return last_vowel == len(bare) - 1 or toned == last_vowel


def unspelt(text: str) -> tuple[str, ...]:
    """The words of a text that no Vietnamese syllable is written like, in their order.

    Abbreviations (all capitals, without a vowel) and what has a digit in it are passed over.
    """
    found = []
    for token in nfc(text).split():
        if any(char.isdigit() for char in token) or (token.isupper() and "." in token):
            continue
        for word in _WORDS.findall(token):
            short = len(word) < _SHORTEST or (word.isupper() and _is_abbreviation(word))
            if not short and not is_syllable(word):
                found.append(word)
    return tuple(found)


def _is_abbreviation(word: str) -> bool:
    return (len(word) <= 6 and word.isascii()) or not any(c in "AEIOUYĂÂÊÔƠƯ" for c in word)


@cache
def _legal() -> frozenset[str]:
    """Every syllable without its tone."""
    made = set(_RIMES)
    for rime in _RIMES:
        made.update(onset + rime for onset in _ANY)
        made.update(onset + rime for onset in (_FRONT if rime[0] in "eêiy" else _BACK))
    # gi takes in the i of its rime: gì, gia (of "gia đình"), giết.
    made.update(f"g{rime}" for rime in _RIMES if rime[0] == "i")
    made.update(f"q{rime}" for rime in _AFTER_Q)
    return frozenset(made)
