"""Dated tables: what can stand on a paper where a list says so. Data, not code.

`match` finds the entry a reading means. It is for lists only: names and numbers are never
corrected.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml
from rapidfuzz.distance import Levenshtein

from workbench import vietnamese

CLOSE = 0.82  # likeness from which an entry is meant, where it is alone
APART = 0.06  # how much the next entry must stay behind


@dataclass(frozen=True, slots=True)
class District:
    """A district with its communes, as they were called while it existed."""

    code: int
    name: str
    communes: tuple[str, ...]


@cache
def entries(name: str) -> tuple[str, ...]:
    """The entries of a catalogue; empty for one that does not exist."""
    found = tuple(_lists().get(name, ()))
    if name == "identity_issuers":
        found += tuple(f"Công an {kind} {province}" for province in provinces().values()
                       for kind in ("tỉnh", "thành phố", "TP."))  # fmt: skip
    return found


def names() -> frozenset[str]:
    """Every catalogue a template may name."""
    return frozenset(_lists())


@cache
def provinces() -> Mapping[str, str]:
    """Province codes of the identity number (Thông tư 07/2016/TT-BCA, Phụ lục 1)."""
    with files(__package__).joinpath("provinces.csv").open(encoding="utf-8") as source:
        return {row["ma_3_so"]: row["ten"] for row in csv.DictReader(source)}


@cache
def districts() -> tuple[District, ...]:
    with files(__package__).joinpath("units_soc_trang.yaml").open(encoding="utf-8") as source:
        content = yaml.safe_load(source)
    return tuple(District(d["code"], d["name"], tuple(d["communes"])) for d in content["districts"])


def match(text: str, name: str, *, close: float = CLOSE) -> str | None:
    """The one entry that `text` means, or None where none or more than one is near."""
    return nearest(text, entries(name), close=close)


def nearest(text: str, among: Sequence[str], *, close: float = CLOSE) -> str | None:
    """The one of `among` that `text` means; marks count a little, letters a lot."""
    if not text:
        return None
    ranked = sorted(((_likeness(text, entry), entry) for entry in among), reverse=True)[:2]
    if not ranked or ranked[0][0] < close:
        return None
    if len(ranked) > 1 and ranked[0][0] < 1 and ranked[0][0] - ranked[1][0] < APART:
        return None
    return ranked[0][1]


def _likeness(text: str, entry: str) -> float:
    bare = Levenshtein.normalized_similarity(vietnamese.fold(text), vietnamese.fold(entry))
    if bare < 0.5:
        return bare
    full = Levenshtein.normalized_similarity(
        vietnamese.key(text).casefold(), vietnamese.key(entry).casefold()
    )
    return 0.7 * bare + 0.3 * full


def address(text: str) -> str:
    """The address with its units written as the table has them; what is not in it stays."""
    parts = [part.strip() for part in vietnamese.nfc(text).split(",")]
    if len(parts) < 2:
        return text
    for back in range(1, min(4, len(parts)) + 1):
        at = len(parts) - back
        if back == 1:
            parts[at] = nearest(parts[at], _PROVINCES, close=0.75) or parts[at]
        elif back == 2:
            known = [d.name for d in districts()]
            parts[at] = nearest(parts[at], known, close=0.75) or parts[at]
        elif back == 3:
            here = next((d for d in districts() if d.name == parts[at + 1]), None)
            if here:
                parts[at] = nearest(parts[at], here.communes, close=0.75) or parts[at]
    return ", ".join(parts)


_PROVINCES = ("tỉnh Sóc Trăng",)


@cache
def _lists() -> Mapping[str, list[str]]:
    with files(__package__).joinpath("lists.yaml").open(encoding="utf-8") as source:
        found: Mapping[str, list[str]] = yaml.safe_load(source)
    return found
