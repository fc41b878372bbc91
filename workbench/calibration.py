"""How often a reading is right, and how sure a proposal is: measured, dated, named by its digest.

Engines' confidences are on scales of their own and are never compared. What is compared is how
often a reading of that family, on that kind of field and level of scan, at that confidence, proved
right; and from who agrees with whom, how often a proposal like this one did. Learned from a known
truth (what is shipped) or from what people corrected at a site.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Final

import numpy as np

from workbench.errors import StorageError

ENOUGH: Final = 300  # cases under which a cell is not trusted and a wider one is asked
UNKNOWN: Final = 0.6  # of an engine that was never measured, and of a reading without confidence
_RIDGE: Final = 1.0
_STEPS: Final = 8  # at most, of a curve
_SURE: Final = 0.9995  # no proposal is surer than what could be counted
_BINS: Final = 10
_NUMBERS: Final = frozenset(("document_number", "id_number", "org_number"))


def group_of(kind: str, catalogue: str) -> str:
    """The kinds of field that engines err on alike: list, number, date, text."""
    if kind == "date":
        return "date"
    if kind in ("document_number", "id_number", "org_number") or (
        kind == "count" and not catalogue
    ):
        return "number"
    return "list" if catalogue and kind != "name" else "text"


@dataclass(frozen=True, slots=True)
class Curve:
    """Confidence from which on -> share right, rising; and over how many readings."""

    cases: int
    steps: tuple[tuple[float, float], ...]

    def at(self, confidence: float) -> float:
        share = self.steps[0][1]
        for least, right in self.steps:
            if confidence < least:
                break
            share = right
        return share


@dataclass(frozen=True)
class Calibration:
    """Curves by cell (`family/group/level`, `family/group`, `family`), and the odds of proposals.

    `factors` are the coefficients of a logistic model over what `reconciliation` sees of a
    proposal; `source` says what it was learned from.
    """

    made: str  # ISO date
    source: str
    readings: Mapping[str, Curve]
    factors: Mapping[str, float]
    cases: int  # proposals the factors were learned from

    @cached_property
    def digest(self) -> str:
        """Names just these numbers in every proposal made with them."""
        plain = json.dumps(self.as_json(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(plain.encode()).hexdigest()[:16]

    def weight(self, family: str, group: str, level: str, confidence: float | None) -> float:
        """How often a reading like this proved exactly right (0-1)."""
        if confidence is None:
            return UNKNOWN
        for cell in (f"{family}/{group}/{level}", f"{family}/{group}", family):
            if (curve := self.readings.get(cell)) is not None:
                return curve.at(confidence)
        return UNKNOWN

    def probability(self, seen: Mapping[str, float]) -> float:
        """How likely a proposal with these features is right (0-1)."""
        odds = sum(self.factors.get(name, 0.0) * value for name, value in seen.items())
        odds += self.factors.get("always", 0.0)
        return min(max(1 / (1 + math.exp(-max(min(odds, 30.0), -30.0))), 0.001), _SURE)

    def as_json(self) -> dict[str, Any]:
        return {
            "made": self.made,
            "source": self.source,
            "cases": self.cases,
            "factors": dict(self.factors),
            "readings": {
                cell: {"cases": curve.cases, "steps": [list(step) for step in curve.steps]}
                for cell, curve in sorted(self.readings.items())
            },
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Calibration:
        return cls(
            made=kept["made"],
            source=kept["source"],
            cases=kept["cases"],
            factors=kept["factors"],
            readings={
                cell: Curve(told["cases"], tuple((least, right) for least, right in told["steps"]))
                for cell, told in kept["readings"].items()
            },
        )


@cache
def shipped() -> Calibration:
    """What the workbench comes with. Raises StorageError where the installation is damaged."""
    try:
        text = files("workbench").joinpath("calibration.json").read_text(encoding="utf-8")
    except OSError as error:
        raise StorageError(
            "The calibration that the workbench comes with is missing.",
            "Install the workbench again.",
        ) from error
    return Calibration.from_json(json.loads(text))


# --- learning -------------------------------------------------------------------------------------

Read = tuple[str, str, str, float, bool]  # family, group, level, confidence, whether it was right


def curves(reads: Iterable[Read], *, enough: int = ENOUGH) -> dict[str, Curve]:
    """The cells that have at least `enough` readings; a family alone needs a tenth of that."""
    cells: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for family, group, level, confidence, right in reads:
        for cell in (f"{family}/{group}/{level}", f"{family}/{group}", family):
            cells[cell].append((confidence, right))
    return {
        cell: _rising(told)
        for cell, told in cells.items()
        if len(told) >= (enough if "/" in cell else enough // 10)
    }


def _rising(told: Sequence[tuple[float, bool]]) -> Curve:
    """The share right over confidence, never falling (pool adjacent violators), in few steps."""
    ordered = sorted(told)
    size = max(1, -(-len(ordered) // _STEPS))
    pools: list[list[float]] = []  # least confidence, right, of
    start = 0
    while start < len(ordered):
        end = min(start + size, len(ordered))
        while end < len(ordered) and ordered[end][0] == ordered[end - 1][0]:
            end += 1  # one confidence is one step
        part = ordered[start:end]
        pools.append([part[0][0], float(sum(right for _, right in part)), float(len(part))])
        while len(pools) > 1 and pools[-2][1] * pools[-1][2] >= pools[-1][1] * pools[-2][2]:
            _, right, of = pools.pop()
            pools[-1][1] += right
            pools[-1][2] += of
        start = end
    # One right and one wrong more than were seen: nothing that was counted is ever certain.
    steps = tuple((round(least, 4), round((right + 1) / (of + 2), 4)) for least, right, of in pools)
    return Curve(len(told), steps)


def fit(
    seen: Sequence[Mapping[str, float]],
    right: Sequence[bool],
    *,
    known: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """Coefficients of a logistic model with a ridge, by Newton's method; `always` is the rest.

    With `known` coefficients these stay as they are, and only the others are found.
    """
    held = {} if known is None else {"always": 0.0, **known}
    names = sorted({name for one in seen for name in one} - set(held))
    rest = [] if held else [1.0]
    table = np.array([[one.get(name, 0.0) for name in names] + rest for one in seen])
    given = np.array([sum(held.get(n, 0.0) * v for n, v in one.items()) for one in seen])
    given = given + held.get("always", 0.0)
    truth = np.array(right, float)
    ridge = np.full(len(names) + len(rest), _RIDGE)
    ridge[len(names) :] = 1e-3
    factors = np.zeros(len(names) + len(rest))
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(table @ factors + given, -30, 30)))
        slope = table.T @ (truth - chance) - ridge * factors
        curve = (table * (chance * (1 - chance))[:, None]).T @ table + np.diag(ridge)
        step = np.linalg.solve(curve, slope)
        factors = factors + step
        if float(np.abs(step).max()) < 1e-6:
            break
    found = zip([*names, "always"][: len(factors)], factors, strict=True)
    return {**held, **{name: round(float(f), 4) for name, f in found}}


# --- proofs ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reliability:
    """Told against true: per bin the mean told, the share right and the cases."""

    bins: tuple[tuple[float, float, int], ...]
    cases: int

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of told from true, weighted by cases."""
        apart = sum(n * abs(told - true) for told, true, n in self.bins)
        return apart / self.cases if self.cases else 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "ece": round(self.error, 4),
            "cases": self.cases,
            "bins": [
                {"told": round(told, 4), "right": round(true, 4), "cases": n}
                for told, true, n in self.bins
            ],
        }


def reliability(told: Sequence[tuple[float, bool]]) -> Reliability:
    """Ten bins of equal width over the probabilities told."""
    bins: list[tuple[float, float, int]] = []
    for number in range(_BINS):
        low, high = number / _BINS, (number + 1) / _BINS
        here = [(p, r) for p, r in told if low <= p < high or (p >= 1 and number == _BINS - 1)]
        if here:
            n = len(here)
            bins.append((sum(p for p, _ in here) / n, sum(r for _, r in here) / n, n))
    return Reliability(tuple(bins), len(told))


def upper_bound(errors: int, cases: int, *, confidence: float = 0.95) -> float:
    """The exact binomial bound (Clopper and Pearson 1934): the true rate is below it, one-sided."""
    if cases == 0 or errors >= cases:
        return 1.0
    low, high = errors / cases, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _at_most(errors, cases, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def _at_most(errors: int, cases: int, rate: float) -> float:
    """The chance of so few errors or fewer where each of the cases goes wrong at this rate."""
    if rate <= 0:
        return 1.0
    if rate >= 1:
        return 0.0
    return math.fsum(
        math.exp(
            math.lgamma(cases + 1)
            - math.lgamma(k + 1)
            - math.lgamma(cases - k + 1)
            + k * math.log(rate)
            + (cases - k) * math.log1p(-rate)
        )
        for k in range(errors + 1)
    )
