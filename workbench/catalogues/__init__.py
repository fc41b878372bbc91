"""Dated tables: what can stand on a paper where a list says so. Data, not code.

`match` finds the entry a reading means. It is for lists only: names and numbers are never
corrected.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import yaml
from rapidfuzz.distance import Levenshtein

from workbench import vietnamese
from workbench.errors import TemplateError

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
    """The one entry that `text` means, or None where none or more than one is near.

    Dirt read after the entry is left away: the entry then stands at the start of the text.
    """
    if found := nearest(text, entries(name), close=close):
        return found
    words = text.split()
    for count in range(len(words) - 1, max(0, len(words) - 5), -1):
        if found := nearest(" ".join(words[:count]), entries(name), close=max(close, _SURE)):
            return found
    return None


def nearest(text: str, among: Sequence[str], *, close: float = CLOSE) -> str | None:
    """The one of `among` that `text` means; marks count a little, letters a lot, digits all."""
    if not text:
        return None
    digits = _digits(text)
    ranked = sorted(
        ((_likeness(text, entry), entry) for entry in among if _digits(entry) == digits),
        reverse=True,
    )[:2]
    if not ranked or ranked[0][0] < close:
        return None
    if len(ranked) > 1 and ranked[0][0] < 1 and ranked[0][0] - ranked[1][0] < APART:
        return None
    return ranked[0][1]


@lru_cache(maxsize=1 << 15)
def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


@lru_cache(maxsize=1 << 15)
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
    parts = [part.strip(" .") for part in vietnamese.nfc(text).split(",") if part.strip(" .")]
    if len(parts) < 2:
        return text
    for at in range(len(parts) - 1, max(0, len(parts) - 3), -1):
        # A comma read as a full stop, or not at all, before the province or the district.
        if split := _parted(parts[at]):
            parts[at : at + 1] = split
            break
    end = next(
        (at for at in range(len(parts) - 1, 0, -1) if _begins(parts[at], _PROVINCES[0])), None
    )
    if end is None:
        return ", ".join(parts)
    parts = [*parts[:end], _PROVINCES[0]]
    if end >= 1:
        known = [d.name for d in districts()]
        parts[end - 1] = nearest(parts[end - 1], known, close=0.72) or parts[end - 1]
    if end >= 2:
        here = next((d for d in districts() if d.name == parts[end - 1]), None)
        communes = here.communes if here else ()
        parts[end - 2] = nearest(parts[end - 2], communes, close=0.72) or parts[end - 2]
    for at in range(max(0, end - 2)):
        parts[at] = _first_word(parts[at])
    return ", ".join(parts)


def _begins(part: str, entry: str) -> bool:
    head = " ".join(part.split()[: len(entry.split())])
    return _likeness(head, entry) >= _PLACE


def _parted(part: str) -> list[str]:
    """District and province where one part holds both."""
    words = part.split()
    for at in range(2, len(words) - 1):
        tail = " ".join(words[at : at + 3])
        if _likeness(tail, _PROVINCES[0]) >= _SURE:
            head = " ".join(words[:at]).rstrip(" .")
            if nearest(head, [d.name for d in districts()], close=_PLACE):
                return [head, _PROVINCES[0]]
    return []


_PLACE_WORDS = ("Số", "ấp", "đường", "Khóm", "hẻm", "tổ", "khu")


def _first_word(part: str) -> str:
    """The word that says what kind of place it is, as it is written; the name stays as read."""
    head, _, rest = part.partition(" ")
    if not rest:
        return part
    word = nearest(head, _PLACE_WORDS, close=0.6) if 2 <= len(head) <= 6 else None
    return f"{word} {rest}" if word and vietnamese.fold(head) == vietnamese.fold(word) else part


def organisation(text: str) -> str:
    """The name of a body with its kind and its unit as the tables have them.

    What stands between, the name proper, stays as it was read.
    """
    words = vietnamese.nfc(text).split()
    begun = _head(words)
    rest = words[len(begun.split()) if begun else 0 :]
    kept = begun.split() if begun else []
    if unit := _unit(rest):
        count, name = unit
        return " ".join([*kept, *rest[: len(rest) - count], name])
    return " ".join([*kept, *rest])


def _head(words: Sequence[str]) -> str | None:
    found: list[tuple[int, float, str]] = []
    for entry in entries("bodies"):
        count = len(entry.split())
        head = " ".join(words[:count])
        if len(words) > count and head.isupper() == entry.isupper():
            likeness = _likeness(head, entry)
            if likeness >= _SURE and _digits(head) == "":
                found.append((count, likeness, entry))
    return max(found)[2] if found else None


def _unit(words: Sequence[str]) -> tuple[int, str] | None:
    """How many words at the end name a unit, and its name as it is written."""
    names = [*_PROVINCES, *(d.name for d in districts())]
    for count in range(min(5, len(words)), 1, -1):
        if name := nearest(" ".join(words[-count:]), names, close=_SURE):
            return count, name
    return None


def make(text: str) -> str:
    """The maker's name as it is written, before a model that stays as it was read."""
    parted = _MAKER.match(text)
    if parted is None:
        return text
    said, rest = parted.groups()
    rest = re.sub(r"(?<=\d)[Oo](?=\d|$)", "0", rest)
    best = max(entries("makers"), key=lambda entry: _as_maker(said, entry))
    return best + rest if _as_maker(said, best) >= _MADE_BY else said + rest


def _as_maker(said: str, entry: str) -> float:
    # 2121 is Z121 misread: only a first letter may be taken for a digit.
    first = said.replace("2", "Z", 1) if said.startswith("2") else said
    if _digits(first) != _digits(entry):
        return 0.0
    return Levenshtein.normalized_similarity(vietnamese.fold(first), vietnamese.fold(entry))


_SURE = 0.86  # likeness from which a part of a longer text counts as an entry
_PLACE = 0.72
_MADE_BY = 0.74
_MAKER = re.compile(r"([^\W_]+)((?:[\s-].*)?)$")
_PROVINCES = ("tỉnh Sóc Trăng",)


@cache
def scope_rules() -> Mapping[str, Any]:
    """The rules of the letters as they are written: `settings`, `rules`, `cautions`."""
    with files(__package__).joinpath("scope.yaml").open(encoding="utf-8") as source:
        found: Mapping[str, Any] = yaml.safe_load(source)
    return found


@cache
def headings() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """How columns of tables are headed: kind of paper ("*": any) -> field -> headings."""
    with files(__package__).joinpath("headings.yaml").open(encoding="utf-8") as source:
        found: Mapping[str, Mapping[str, Sequence[str]]] = yaml.safe_load(source)
    return found


@cache
def results() -> Mapping[str, Any]:
    """What the law asks of every digitised result: `code`, `minimum`, `kinds`."""
    with files(__package__).joinpath("results.yaml").open(encoding="utf-8") as source:
        found: Mapping[str, Any] = yaml.safe_load(source)
    return found


@cache
def file_checks() -> Mapping[str, Mapping[str, Any]]:
    """What a file must be like, and how bad it is where it is not."""
    with files(__package__).joinpath("file_checks.yaml").open(encoding="utf-8") as source:
        found: Mapping[str, Mapping[str, Any]] = yaml.safe_load(source)["checks"]
    return found


def read_rules(source: bytes) -> Mapping[str, Any]:
    """Scope rules from a YAML file that somebody wrote. Raises TemplateError with the line."""
    try:
        found = yaml.safe_load(source)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise TemplateError(
            "The scope rules cannot be read at {place}: {what}.",
            "Mend this line; until then the rules in force stay.",
            place=f"line {mark.line + 1}" if mark else "the start",
            what=str(getattr(error, "problem", None) or "no YAML"),
        ) from error
    if not isinstance(found, dict):
        raise TemplateError(
            "This file holds no scope rules.", "Write `settings`, `rules` and `cautions`."
        )
    return found


def write_rules(content: Mapping[str, Any]) -> str:
    """Scope rules as YAML, to be changed by hand."""
    written: str = yaml.safe_dump(
        content, allow_unicode=True, sort_keys=False, width=100, default_flow_style=False
    )
    return written


@cache
def _lists() -> Mapping[str, list[str]]:
    with files(__package__).joinpath("lists.yaml").open(encoding="utf-8") as source:
        found: Mapping[str, list[str]] = yaml.safe_load(source)
    return found
