"""Many engines, one proposal: votes by family, agreement, dissent; the order of engines is nothing.

Confidences are never compared between engines. A vote's weight is the measured accuracy of that
kind of reading; readings of one family err alike, so a second one adds little. Two independent
families that say the same is the best sign of truth there is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from workbench import catalogues, vietnamese
from workbench.template import FieldSpec

# Measured on cut fields of unseen scans: how often a reading of this kind is exactly right.
WEIGHTS: Mapping[tuple[str, str], float] = {
    ("tesseract", "strip"): 0.90,
    ("tesseract", "page"): 0.80,
    ("asterocr", "strip"): 0.88,
    ("trueocr", "strip"): 0.55,
    ("trueocr", "page"): 0.50,
    ("easyocr", "strip"): 0.60,
}
_OTHER = 0.5
_AGAIN = 0.2  # what a second reading of the same family adds
_FITS = 0.5  # what a value gains that looks as the form says it must
_LISTED = 0.45  # what a value gains that stands in the form's catalogue
_SHORT = 0.6  # a reading shorter than this share of the longest lost a part: it abstains


@dataclass(frozen=True, slots=True)
class Vote:
    """One reading of one field: whose, how it was come by ("strip" or "page"), and what it says."""

    engine: str
    family: str
    how: str
    value: str
    marks: bool = True  # an engine that writes no diacritics has no vote on them


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the engines together would write, and how sure that is."""

    value: str
    normalised: str
    confidence: float  # 0-1
    agreement: float  # share of the families with a vote that say this
    accepted: bool  # two independent families say it and nothing speaks against it
    candidates: Mapping[str, str]  # engine -> its best reading
    dissent: bool


def reconcile(votes: Sequence[Vote], spec: FieldSpec) -> Verdict:
    """The value the votes come to; empty where nobody read anything."""
    told = [(vote, tidy(vote.value, spec)) for vote in votes]
    told = [(vote, value) for vote, value in told if value]
    candidates = _candidates(told)
    casting = [(vote, value) for vote, value in told if vote.marks]
    if not casting:
        return Verdict("", "", 0.0, 0.0, False, candidates, bool(told))
    longest = max(len(value) for _, value in casting)
    heard = [
        (v, value) for v, value in casting if len(value) >= _SHORT * longest or _fits(value, spec)
    ]
    groups: dict[str, list[tuple[Vote, str]]] = {}
    for vote, value in heard:
        groups.setdefault(vietnamese.key(value), []).append((vote, value))
    scores = {key: _score(key, group, heard, spec) for key, group in groups.items()}
    best = max(sorted(scores), key=lambda key: scores[key])
    value = _written(groups[best])
    families = {vote.family for vote, _ in casting}
    agreeing = {vote.family for vote, _ in groups[best]}
    second = max((s for key, s in scores.items() if key != best), default=0.0)
    confidence = _confidence(agreeing, families, scores[best], second, spec, value)
    accepted = (
        {"tesseract", "asterocr"} <= agreeing
        and (not spec.pattern or _fits(value, spec))
        and (spec.kind != "date" or vietnamese.read_date(value) is not None)
        and (not spec.closed or value in catalogues.entries(spec.catalogue))
    )
    return Verdict(
        value=value,
        normalised=vietnamese.normalise(value, spec.kind),
        confidence=confidence,
        agreement=len(agreeing) / len(families),
        accepted=accepted,
        candidates=candidates,
        dissent=len({vietnamese.key(value) for _, value in told}) > 1,
    )


def _candidates(told: Sequence[tuple[Vote, str]]) -> dict[str, str]:
    best: dict[str, tuple[float, str]] = {}
    for vote, value in told:
        weight = _weight(vote)
        if vote.engine not in best or (weight, value) > best[vote.engine]:
            best[vote.engine] = (weight, value)
    return {engine: value for engine, (_, value) in sorted(best.items())}


def _weight(vote: Vote) -> float:
    return WEIGHTS.get((vote.family, vote.how), _OTHER)


def _score(
    key: str,
    group: Sequence[tuple[Vote, str]],
    heard: Sequence[tuple[Vote, str]],
    spec: FieldSpec,
) -> float:
    by_family: dict[str, list[float]] = {}
    for vote, _ in group:
        by_family.setdefault(vote.family, []).append(_weight(vote))
    score = sum(max(weights) + _AGAIN * (len(weights) - 1) for weights in by_family.values())
    value = group[0][1]
    if spec.pattern and _fits(value, spec):
        score += _FITS
    if spec.kind == "date" and vietnamese.read_date(value):
        score += _FITS
    if spec.catalogue and value in catalogues.entries(spec.catalogue):
        score += _LISTED
    # The medoid's part: a reading that is near to what the others say is likelier than a stray.
    near = [
        _weight(vote) * Levenshtein.normalized_similarity(key, vietnamese.key(other))
        for vote, other in heard
    ]
    return score + 0.4 * sum(near) / max(1, len(near))


def _written(group: Sequence[tuple[Vote, str]]) -> str:
    """One spelling of the group's value: that of its weightiest reading."""
    return max(group, key=lambda told: (_weight(told[0]), told[1]))[1]


def _confidence(
    agreeing: set[str],
    families: set[str],
    best: float,
    second: float,
    spec: FieldSpec,
    value: str,
) -> float:
    sure = {1: 0.55, 2: 0.93, 3: 0.985}.get(min(3, len(agreeing)), 0.0)
    if {"tesseract", "asterocr"} <= agreeing:
        sure = max(sure, 0.98)
    if len(families) > len(agreeing):
        sure -= 0.1 * second / max(best, 0.01)
    if spec.pattern and not _fits(value, spec):
        sure -= 0.25
    return round(min(max(sure, 0.05), 0.995), 3)


def _fits(value: str, spec: FieldSpec) -> bool:
    return bool(spec.pattern) and re.fullmatch(spec.pattern, value) is not None


# --- one way of writing, by kind -------------------------------------------------------------------

_DIGITS = str.maketrans(
    dict.fromkeys("OoQDÔÓỌÒØ", "0")
    | dict.fromkeys("lI|íìi!JÍÌ", "1")
    | dict.fromkeys("Zz", "2")
    | dict.fromkeys("A", "4")
    | dict.fromkeys("Ss", "5")
    | dict.fromkeys("Gb", "6")
    | dict.fromkeys("T?", "7")
    | dict.fromkeys("B", "8")
    | dict.fromkeys("gq", "9")
)
_DATE = re.compile(
    r"(?P<head>\bng\S{0,4}\s*)?(?P<d>[\dOoQDIl|íZSBGb!]{1,2})\s*[./,\-]?\s*(?:th\S{1,4}g|/|\.|-)\s*"
    r"(?P<m>[\dOoQDIl|íZSBGb!]{1,2})\s*[./,\-]?\s*(?:n\S{1,2}m|/|\.|-)\s*(?P<y>[\dOoQDIl|íZSBGb!]{4})",
    re.IGNORECASE,
)


def tidy(text: str, spec: FieldSpec) -> str:
    """The reading in the one way a value of this kind is written; "" where nothing is left."""
    value = vietnamese.nfc(text)
    match spec.kind:
        case "date":
            return _date(value)
        case "id_number" | "org_number":
            return _number(value, spec)
        case "document_number":
            return _document_number(value, spec)
        case "count" if not spec.catalogue:
            return _count(value, spec)
        case "address":
            return catalogues.address(re.sub(r"\s*,\s*", ", ", value))
    if spec.catalogue:
        close = 0.7 if spec.closed else catalogues.CLOSE
        return catalogues.match(value, spec.catalogue, close=close) or value
    return value


def _date(value: str) -> str:
    found = _DATE.search(value)
    if found is None:
        return value
    day, month, year = (found[part].translate(_DIGITS) for part in "dmy")
    numeric = "/" in found.group() or not re.search(r"n\S{1,2}m", found.group(), re.IGNORECASE)
    written = (
        f"{day:0>2}/{month:0>2}/{year}"
        if numeric
        else f"ngày {day:0>2} tháng {month:0>2} năm {year}"
    )
    return written if vietnamese.read_date(written) else value


def _number(value: str, spec: FieldSpec) -> str:
    bare = re.sub(r"[\s.,;:]", "", value)
    if not spec.pattern or re.fullmatch(spec.pattern, bare):
        return bare
    repaired = bare.translate(_DIGITS)
    if re.fullmatch(spec.pattern, repaired):
        return repaired
    if len(bare) > 3:
        mixed = bare[:2].translate(_DIGITS) + bare[2] + bare[3:].translate(_DIGITS)
        if re.fullmatch(spec.pattern, mixed):
            return mixed
    return bare


def _document_number(value: str, spec: FieldSpec) -> str:
    bare = re.sub(r"\s+", "", value).replace("–", "-").replace("—", "-").replace("_", "-")
    bare = bare.strip(".,;:-'\"")
    if not spec.pattern or re.fullmatch(spec.pattern, bare):
        return bare
    head, slash, tail = bare.partition("/")
    for front in (head, head.translate(_DIGITS)):
        for back in (tail, tail.replace("DKMD", "ĐKMD").replace("QD-", "QĐ-"), _year(tail)):
            candidate = front + slash + back
            if re.fullmatch(spec.pattern, candidate):
                return candidate
    if not slash and (number := _serial(bare, spec.pattern)):
        return number
    return bare


def _year(tail: str) -> str:
    year, slash, rest = tail.partition("/")
    if not slash:
        return tail
    return year.translate(_DIGITS) + slash + rest.replace("DKMD", "ĐKMD")


def _serial(bare: str, pattern: str) -> str:
    for letters in range(0, 4):
        candidate = bare[:letters].upper() + bare[letters:].translate(_DIGITS)
        if re.fullmatch(pattern, candidate):
            return candidate
    return ""


def _count(value: str, spec: FieldSpec) -> str:
    bare = re.sub(r"[^\w]", "", value)
    if spec.pattern and not re.fullmatch(spec.pattern, bare):
        repaired = bare.translate(_DIGITS)
        # Counts below ten are printed with a zero, which engines lose (Nghị định 30/2020).
        for candidate in (repaired, f"0{repaired}"):
            if re.fullmatch(spec.pattern, candidate):
                return candidate
    return bare
