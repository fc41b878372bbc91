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

from workbench import calibration as calibrations
from workbench import catalogues, vietnamese
from workbench.calibration import Calibration
from workbench.template import FieldSpec

_AGAIN = 0.3  # what a second reading of the same family adds, in the same unit as a vote
_ASIDE = 0.4  # of a vote: what a family also read, but less often than its word
_FITS = 1.5  # what a value gains that looks as the form says it must
_LISTED = 1.2  # what a value gains that stands in the form's catalogue
_NEAR = 1.0  # what a value gains that is like the others, at most
_SHORT = 0.6  # a reading shorter than this share of the longest lost a part: it abstains
_NAME_SYLLABLES = 3
_TELLING, _UNLIKE = 6, 0.5  # letters, and share of them that differ, for a witness to gainsay
_DOUBT = 0.6  # a vote that is rarer right than this does not help to accept a value unseen
# The probability of being right from which a value is accepted unseen. Those above it are right
# far oftener than this least sure of them: the certificate counts (`workbench calibrate certify`).
_ACCEPT, _ACCEPT_CRITICAL = 0.93, 0.985
_WITNESSES = 2  # independent families that must say it


@dataclass(frozen=True, slots=True)
class Vote:
    """One reading of one field: whose, how it was come by, and what it says.

    `how` is "strip", "page", or "strip/…" for another preparation of the strip; `level` is that of
    the scan it was read from.
    """

    engine: str
    family: str
    how: str
    value: str
    marks: bool = True  # an engine that writes no diacritics has no vote on them
    confidence: float | None = None  # on the engine's own scale
    level: str = ""

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
    confidence: float  # probability of being right, 0-1
    agreement: float  # share of the families with a vote that say this
    accepted: bool  # two independent families say it and nothing speaks against it
    candidates: Mapping[str, str]  # engine -> its best reading
    dissent: bool
    seen: Mapping[str, float]  # what the probability was told from


def reconcile(
    votes: Sequence[Vote], spec: FieldSpec, calibration: Calibration | None = None
) -> Verdict:
    """The value the votes come to; empty where nobody read anything.

    Weighed by `calibration`, or by the one that the workbench comes with.
    """
    calibration = calibration or calibrations.shipped()
    group = calibrations.group_of(spec.kind, spec.catalogue)
    told = [
        _Told(
            vote,
            value,
            vietnamese.key(value),
            calibration.weight(vote.family, group, vote.level, vote.confidence),
        )
        for vote in votes
        if (value := tidy(vote.value, spec))
    ]
    candidates = _candidates(told)
    casting = [t for t in told if t.vote.marks]
    if not casting:
        return Verdict("", "", 0.0, 0.0, False, candidates, bool(told), {})
    heard = _heard(casting, spec)
    groups: dict[str, list[_Told]] = {}
    for one in heard:
        groups.setdefault(one.key, []).append(one)
    words = _words(heard)
    scores = {key: _score(key, group_, heard, words, spec) for key, group_ in groups.items()}
    best = max(sorted(scores), key=lambda key: scores[key])
    value = _written(groups[best])
    families = {t.vote.family for t in casting}
    sure: dict[str, float] = {}
    for one in groups[best]:
        if words[one.vote.family] == best:
            sure[one.vote.family] = max(one.weight, sure.get(one.vote.family, 0.0))
    seen = _seen(sure, best, casting, spec, value, group)
    probability = calibration.probability(seen)
    accepted = (
        probability >= (_ACCEPT_CRITICAL if spec.critical else _ACCEPT)
        and sum(weight >= _DOUBT for weight in sure.values()) >= _WITNESSES
        and (not spec.pattern or _fits(value, spec))
        and (spec.kind not in ("date", "address") or _is_possible(value, spec))
        and (not spec.closed or value in catalogues.entries(spec.catalogue))
        and not _is_torso(value, spec)
        and not _contested(best, casting, spec)
        and not any(_gainsays(t.value, value) for t in told if not t.vote.marks)
    )
    return Verdict(
        value=value,
        normalised=vietnamese.normalise(value, spec.kind),
        confidence=round(probability, 4),
        agreement=len(sure) / len(families),
        accepted=accepted,
        candidates=candidates,
        dissent=len({t.key for t in told}) > 1,
        seen=seen,
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """A vote with its value as such a value is written, and how often such a vote is right."""

    vote: Vote
    value: str
    key: str
    weight: float


def _candidates(told: Sequence[_Told]) -> dict[str, str]:
    best: dict[str, tuple[float, str]] = {}
    for one in told:
        engine = one.vote.engine
        if engine not in best or (one.weight, one.value) > best[engine]:
            best[engine] = (one.weight, one.value)
    return {engine: value for engine, (_, value) in sorted(best.items())}


def _odds(share: float) -> float:
    return math.log(share / (1 - share))


def _heard(casting: Sequence[_Told], spec: FieldSpec) -> list[_Told]:
    """Those that say the whole value: whoever lost a part abstains, and so does a second look
    that made letters of the dirt around it."""
    first = [t for t in casting if "/" not in t.vote.how] or casting
    longest = max(len(t.value) for t in first)
    return [
        t
        for t in casting
        if _SHORT * longest <= len(t.value) <= (longest / _SHORT if "/" in t.vote.how else math.inf)
        or _fits(t.value, spec)
    ]


def _words(heard: Sequence[_Told]) -> dict[str, str]:
    """The word of each family: what most of its readings say, the weightier where it is even."""
    said: dict[str, dict[str, list[float]]] = {}
    for one in heard:
        mine = said.setdefault(one.vote.family, {}).setdefault(one.key, [])
        mine.append(max(_odds(one.weight), 0.1))
    return {
        family: max(sorted(values), key=lambda key: max(values[key]) + len(values[key]))
        for family, values in said.items()
    }


def _together(odds: Sequence[float]) -> float:
    """What readings of one family that say the same come to: a second adds little, more nothing."""
    return max(odds) + _AGAIN * min(len(odds) - 1, 1)


def _score(
    key: str,
    group: Sequence[_Told],
    heard: Sequence[_Told],
    words: Mapping[str, str],
    spec: FieldSpec,
) -> float:
    by_family: dict[str, list[float]] = {}
    for one in group:
        by_family.setdefault(one.vote.family, []).append(max(_odds(one.weight), 0.1))
    score = sum(
        _together(odds) * (1.0 if words[family] == key else _ASIDE)
        for family, odds in by_family.items()
    )
    value = group[0].value
    if _is_possible(value, spec):
        score += _FITS
    if spec.catalogue and value in catalogues.entries(spec.catalogue):
        score += _LISTED
    # The medoid's part: a reading that is near to what the others say is likelier than a stray.
    near = [one.weight * Levenshtein.normalized_similarity(key, one.key) for one in heard]
    return score + _NEAR * sum(near) / max(1, len(near))


def _is_possible(value: str, spec: FieldSpec) -> bool:
    if spec.kind == "date":
        return vietnamese.read_date(value) is not None and not re.match(r"\d[/.-]", value)
    if spec.kind == "address":
        return re.search(r", (?:tỉnh|thành phố|TP\.?) \w+(?: \w+){0,3}$", value) is not None
    return _fits(value, spec)


def _is_torso(value: str, spec: FieldSpec) -> bool:
    """Whether so little of a free text or a name was read that a part of it may be lost.

    Names of people have three syllables as a rule; one that has fewer is looked at.
    """
    if spec.catalogue and value in catalogues.entries(spec.catalogue):
        return False
    if spec.kind == "name" and not spec.catalogue:
        return len(value.split()) < _NAME_SYLLABLES
    return spec.kind in ("name", "text") and len(value) < _TELLING


def _gainsays(witness: str, value: str) -> bool:
    """Whether a witness without diacritics saw quite other letters; short values say too little."""
    seen, said = (vietnamese.fold(text).replace(" ", "") for text in (witness, value))
    return len(said) >= _TELLING and Levenshtein.normalized_distance(seen, said) > _UNLIKE


def _contested(best: str, casting: Sequence[_Told], spec: FieldSpec) -> bool:
    """Whether somebody else reads another possible number or date: one digit off is wrong.

    So is one digit fewer: whoever saw more before it, also on the page, contests it.
    """
    return (spec.kind == "date" or bool(spec.pattern)) and any(
        t.key != best
        and (
            (t.vote.how == "strip" and _is_possible(t.value, spec))
            or re.fullmatch(rf".*\d{re.escape(best)}", t.key) is not None
        )
        for t in casting
    )


def _written(group: Sequence[_Told]) -> str:
    """One spelling of the group's value: that of its weightiest reading."""
    return max(group, key=lambda told: (told.weight, told.value)).value


def _seen(
    sure: Mapping[str, float],
    best: str,
    casting: Sequence[_Told],
    spec: FieldSpec,
    value: str,
    group: str,
) -> dict[str, float]:
    """What speaks for and against a proposal, by name: who says it, who does not, how it looks."""
    seen: dict[str, float] = {f"kind {group}": 1.0}
    for family, weight in sure.items():
        seen[f"with {family}"] = max(_odds(weight), 0.1)
    against: dict[str, float] = {}
    for one in casting:
        if one.key != best and one.vote.family not in sure and one.vote.how != "page":
            family = one.vote.family
            against[family] = max(_odds(one.weight), against.get(family, 0.1))
    for family, odds in against.items():
        seen[f"against {family}"] = odds
    seen[f"{min(len(sure), _WITNESSES)} families"] = 1.0
    if any(t.key == best and t.vote.how == "page" for t in casting):
        seen["on the page too"] = 1.0
    levels = [t.vote.level for t in casting if t.vote.level]
    if levels:
        seen[f"level {min(levels)}"] = 1.0
    if spec.pattern or spec.kind in ("date", "address"):
        seen["possible" if _is_possible(value, spec) else "impossible"] = 1.0
    if spec.catalogue:
        seen["listed" if value in catalogues.entries(spec.catalogue) else "unlisted"] = 1.0
    if _contested(best, casting, spec):
        seen["contested"] = 1.0
    if len({t.key for t in casting if t.vote.family in sure}) > 1:
        seen["of two minds"] = 1.0
    return seen


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
    if numeric and len(day) == 1:
        return value  # days are printed with two digits: the first was cut off, or not seen
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
