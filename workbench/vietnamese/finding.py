"""What a text is searched by: two forms, so that who types the marks finds those first.

One form has one way of writing each syllable (hoà is hòa) and one case; the other has no marks
either, and đ is d. Only the second one decides what is found: indexing it alone would rank năm and
Nam alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from workbench.vietnamese.writing import fold, key

_APART = re.compile(r"[\s,;:()\[\]\"'“”‘’|]+")
_MARK = "\n"  # stands before the form with marks


def search_keys(text: str) -> tuple[str, str]:
    """The text with its marks and without: "Trần Văn Hoà" -> "trần văn hòa", "tran van hoa"."""
    exact = _APART.sub(" ", key(text)).strip().casefold()
    return exact, fold(exact)


def sought(values: Iterable[str]) -> str:
    """What a row is found by, both forms in one: `store.seeking` asks of it."""
    exact, stripped = search_keys(" ".join(value for value in values if value))
    return f" {stripped} {_MARK} {exact} " if exact else ""


def is_near(text: str, wanted: str) -> int | None:
    """How near `text` comes to what was typed: 0 has it as typed, 1 without marks; None not."""
    exact, stripped = search_keys(text)
    seen, bare = search_keys(wanted)
    if seen in exact:
        return 0
    return 1 if bare in stripped else None


def expand(text: str, dictionary: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The abbreviations that stand in a text, each once, with what they stand for.

    Capitals count ("CA" is an abbreviation and "ca" a word); the text itself is left as it is.
    """
    found: dict[str, str] = {}
    for word in re.split(r"[\s,;:()/–—-]+", text):
        for said in (word, word.rstrip(".")):
            if said in dictionary:
                found[said] = dictionary[said]
                break
    return tuple(found.items())
