"""Many engines, one proposal: votes by family, agreement, dissent; the order of engines is nothing.

Confidences are never compared between engines. A vote's weight is the measured accuracy of that
kind of reading; readings of one family err alike, so a second one adds little. Two independent
families that say the same is the best sign of truth there is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rapidfuzz.distance import Levenshtein

from workbench import catalogues, vietnamese
from workbench.template import FieldSpec

# How often a reading is exactly right, by the engine's own confidence: measured on 1,462 fields of
# scans at all levels. Each engine is judged on its own scale; raw confidences are never compared.
CALIBRATION: Mapping[str, tuple[tuple[float, float], ...]] = {
    "tesseract": ((0.9, 0.98), (0.8, 0.92), (0.7, 0.80), (0.6, 0.67), (0.2, 0.50), (0.0, 0.15)),
    "asterocr": ((0.9, 0.95), (0.8, 0.82), (0.6, 0.65), (0.0, 0.40)),
    "trueocr": ((0.9, 0.92), (0.8, 0.82), (0.7, 0.65), (0.6, 0.40), (0.0, 0.20)),
}
UNKNOWN = 0.6  # of an engine that was never measured, and of a reading without confidence
_AGAIN = 0.3  # what a second reading of the same family adds, in the same unit as a vote
_FITS = 1.5  # what a value gains that looks as the form says it must
_LISTED = 1.2  # what a value gains that stands in the form's catalogue
_NEAR = 1.0  # what a value gains that is like the others, at most
_SHORT = 0.6  # a reading shorter than this share of the longest lost a part: it abstains
_TELLING, _UNLIKE = 6, 0.5  # letters, and share of them that differ, for a witness to gainsay
_DOUBT = 0.6  # a vote that is rarer right than this does not help to accept a value unseen


@dataclass(frozen=True, slots=True)
class Vote:
    """One reading of one field: whose, how it was come by ("strip" or "page"), and what it says."""

    engine: str
    family: str
    how: str
    value: str
    marks: bool = True  # an engine that writes no diacritics has no vote on them
    confidence: float | None = None  # on the engine's own scale

    def as_json(self) -> dict[str, Any]:
        """All of it: with the votes as they were kept, anybody can count again."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Vote:
        return cls(**kept)


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
    sure = {
        family: max(_weight(vote) for vote, _ in groups[best] if vote.family == family)
        for family in agreeing
    }
    confidence = _confidence(sure, best, casting, spec, value)
    accepted = (
        sum(weight >= _DOUBT for weight in sure.values()) >= 2
        and {"tesseract", "asterocr"} <= agreeing
        and (not spec.pattern or _fits(value, spec))
        and (spec.kind not in ("date", "address") or _is_possible(value, spec))
        and (not spec.closed or value in catalogues.entries(spec.catalogue))
        and not _contested(best, casting, spec)
        and not any(_gainsays(said, value) for vote, said in told if not vote.marks)
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
    """How often a reading like this is exactly right."""
    if vote.confidence is None:
        return UNKNOWN
    steps = CALIBRATION.get(vote.family, ())
    return next((right for least, right in steps if vote.confidence >= least), UNKNOWN)


def _odds(share: float) -> float:
    return math.log(share / (1 - share))


def _score(
    key: str,
    group: Sequence[tuple[Vote, str]],
    heard: Sequence[tuple[Vote, str]],
    spec: FieldSpec,
) -> float:
    by_family: dict[str, list[float]] = {}
    for vote, _ in group:
        by_family.setdefault(vote.family, []).append(max(_odds(_weight(vote)), 0.1))
    score = sum(max(odds) + _AGAIN * (len(odds) - 1) for odds in by_family.values())
    value = group[0][1]
    if _is_possible(value, spec):
        score += _FITS
    if spec.catalogue and value in catalogues.entries(spec.catalogue):
        score += _LISTED
    # The medoid's part: a reading that is near to what the others say is likelier than a stray.
    near = [
        _weight(vote) * Levenshtein.normalized_similarity(key, vietnamese.key(other))
        for vote, other in heard
    ]
    return score + _NEAR * sum(near) / max(1, len(near))


def _is_possible(value: str, spec: FieldSpec) -> bool:
    if spec.kind == "date":
        return vietnamese.read_date(value) is not None
    if spec.kind == "address":
        return re.search(r", (?:tỉnh|thành phố|TP\.?) \w+(?: \w+){0,3}$", value) is not None
    return _fits(value, spec)


def _gainsays(witness: str, value: str) -> bool:
    """Whether a witness without diacritics saw quite other letters; short values say too little."""
    seen, said = (vietnamese.fold(text).replace(" ", "") for text in (witness, value))
    return len(said) >= _TELLING and Levenshtein.normalized_distance(seen, said) > _UNLIKE


def _contested(best: str, casting: Sequence[tuple[Vote, str]], spec: FieldSpec) -> bool:
    """Whether somebody else reads another possible number or date: one digit off is wrong."""
    return (spec.kind == "date" or bool(spec.pattern)) and any(
        vietnamese.key(value) != best and _is_possible(value, spec) and vote.how == "strip"
        for vote, value in casting
    )


def _written(group: Sequence[tuple[Vote, str]]) -> str:
    """One spelling of the group's value: that of its weightiest reading."""
    return max(group, key=lambda told: (_weight(told[0]), told[1]))[1]


def _confidence(
    sure: Mapping[str, float],
    best: str,
    casting: Sequence[tuple[Vote, str]],
    spec: FieldSpec,
    value: str,
) -> float:
    """The odds of those who agree against those of the surest who does not."""
    against = [_weight(v) for v, said in casting if vietnamese.key(said) != best]
    odds = sum(_odds(weight) for weight in sure.values())
    odds -= max(0.0, _odds(max(against))) if against else 0.0
    if (spec.pattern or spec.kind == "date") and not _is_possible(value, spec):
        odds -= 2.0
    return round(min(max(1 / (1 + math.exp(-0.8 * odds)), 0.02), 0.998), 3)


def _fits(value: str, spec: FieldSpec) -> bool:
    return bool(spec.pattern) and re.fullmatch(spec.pattern, value) is not None


# --- one way of writing, by kind -----------------------------------------------

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
_D = r"[\dOoQDIl|íZSBGb!]"
_DATE = re.compile(
    rf"(?:\bng\S{{0,2}}[yỳýỷ]\s*|(?<!\w))(?P<d>{_D}{{1,2}})\s*[.,\-;]*\s*(?:th\S{{1,4}}g|/|\.|-)"
    rf"[\s.,\-;]*(?P<m>{_D}{{1,2}})\s*[.,\-;]*\s*(?:n\S{{1,2}}m|/|\.|-)[\s.,\-;]*(?P<y>{_D}{{4}})",
    re.IGNORECASE,
)
# "tháng" and "năm" misread, between three plain numbers.
_ROUGH_DATE = re.compile(
    r"(?<!\w)(?P<d>\d{1,2})[\s.,]+[^\W\d]{3,6}[\s.,]+(?P<m>\d{1,2})[\s.,]+[^\W\d]{2,5}[\s.,]+(?P<y>\d{4})"
)


def tidy(text: str, spec: FieldSpec) -> str:
    """The reading in the one way a value of this kind is written; "" where nothing is left."""
    value = _without_dirt(vietnamese.nfc(text)) if spec.kind in _WORDS else vietnamese.nfc(text)
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
        case "name" if spec.catalogue == "bodies":
            return catalogues.organisation(value)
        case "text" if spec.catalogue == "bodies":
            return catalogues.organisation(value)
        case "text" if spec.catalogue == "makers":
            return catalogues.make(value)
    if spec.catalogue:
        close = 0.7 if spec.closed else catalogues.CLOSE
        return catalogues.match(value, spec.catalogue, close=close) or value
    return value


_WORDS = frozenset(("text", "name", "address"))
_DIRT = re.compile(r"[^\w]+|\d{5,}|[^\W\d]{9,}|\W*[^\W\d]\W*")


def _without_dirt(value: str) -> str:
    """Without what engines make of spots and dots after the last word of a value.

    No Vietnamese syllable has nine letters; a lone letter counts as dirt only after more of it.
    """
    words = value.split()
    kept = len(words)
    while kept > 1 and _DIRT.fullmatch(words[kept - 1]):
        kept -= 1
    dropped = words[kept:]
    if all(re.fullmatch(r"\w", word) for word in dropped):
        return value
    return " ".join(words[:kept]).rstrip(" .,;:-–(")


def _date(value: str) -> str:
    found = _DATE.search(value) or _ROUGH_DATE.search(value)
    if found is None:
        return value
    day, month, year = (found[part].translate(_DIGITS) for part in "dmy")
    numeric = "/" in found.group() or not re.search(r"[^\W\d]{2}", found.group()[4:])
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
    if repaired := _reslashed(bare, spec.pattern):
        return repaired
    head, slash, tail = bare.partition("/")
    for front in (head, head.translate(_DIGITS)):
        for back in (tail, tail.replace("DKMD", "ĐKMD").replace("QD-", "QĐ-"), _year(tail)):
            candidate = front + slash + back
            if re.fullmatch(spec.pattern, candidate):
                return candidate
    if not slash and (number := _serial(bare, spec.pattern)):
        return number
    return bare


def _reslashed(bare: str, pattern: str) -> str:
    """The number with a slash that was not seen, and Đ where D was."""
    for text in (bare, re.sub(r"DKM[DĐ]", "ĐKMD", bare), bare.replace("QD", "QĐ", 1)):
        for at in range(len(text) + 1):
            slashed = text[:at] + "/" + text[at:] if at else text
            if re.fullmatch(pattern, slashed):
                return slashed
    return ""


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
