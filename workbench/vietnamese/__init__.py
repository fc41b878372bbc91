"""How Vietnamese is written, found, ordered and spelt.

`writing`: NFC, tone placement, folding, dates in words, what makes texts equal. `finding`: what a
text is searched by. `order`: how lists stand. `spelling`: which syllables there can be.
"""

from workbench.vietnamese.finding import expand, is_near, search_keys, sought
from workbench.vietnamese.order import person_sort_key, sort_key
from workbench.vietnamese.spelling import is_syllable, unspelt
from workbench.vietnamese.writing import (
    canonical,
    fold,
    key,
    nfc,
    normalise,
    read_date,
    syllables,
)

__all__ = [
    "canonical",
    "expand",
    "fold",
    "is_near",
    "is_syllable",
    "key",
    "nfc",
    "normalise",
    "person_sort_key",
    "read_date",
    "search_keys",
    "sort_key",
    "sought",
    "syllables",
    "unspelt",
]
