"""`workbench bench forecast`: do the intervals hold what they promise, on lives it does not know?

The simulator is its own: a unit's true pace drifts, learns, has campaigns, leaves, closures nobody
announced, paper that comes in heaps, and the state's holidays written down here once more. The
forecast sees the days up to an evening and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from json import dumps
from typing import Any

import numpy as np

from workbench.catalogues.workdays import vietnam
from workbench.forecast import Forecast, History, foresee

LEAST, MOST = 0.70, 0.90  # of 100 outcomes, how many an honest 80 % interval holds
HISTORIES = 200

_TET = {2023: date(2023, 1, 22), 2024: date(2024, 2, 10), 2025: date(2025, 1, 29),
        2026: date(2026, 2, 17), 2027: date(2027, 2, 6), 2028: date(2028, 1, 26)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Life:
    """A unit that works until all its papers are done; what a forecaster may see, and the truth."""

    seen: History
    remaining: int
    finished: date


@dataclass(frozen=True, slots=True)
class Measured:
    """How many outcomes the intervals held."""

    cases: int
    likely: int
    wide: int
    silent: int  # lives on which no forecast was given
    early: int  # of the misses at 80 %, those that ended before the interval
    weeks: float  # median width of the 80 % interval
    seconds: float

    @property
    def share(self) -> float:
        return self.likely / self.cases if self.cases else 0.0

    @property
    def holds(self) -> bool:
        return LEAST <= self.share <= MOST

    def as_json(self) -> Mapping[str, Any]:
        return {
            "cases": self.cases,
            "within_80": self.likely,
            "within_95": self.wide,
            "share_80": round(self.share, 3),
            "share_95": round(self.wide / self.cases, 3) if self.cases else 0.0,
            "limits_80": [LEAST, MOST],
            "silent": self.silent,
            "misses_too_late": self.cases - self.likely - self.early,
            "misses_too_early": self.early,
            "median_weeks_80": round(self.weeks, 1),
            "seconds": round(self.seconds, 2),
            "holds": self.holds,
        }


def measure(histories: int = HISTORIES, *, seed: int = 1) -> Measured:
    """Forecast each of the simulated lives once, and see where it really ended."""
    begun = time.perf_counter()
    cases = likely = wide = early = silent = 0
    widths = []
    for n in range(histories):
        life = live(np.random.default_rng((seed, n)))
        found = foresee(life.seen, life.remaining, calendar=vietnam(), seed=n)
        if found is None:
            silent += 1
            continue
        cases += 1
        likely += _within(found, life, 80)
        wide += _within(found, life, 95)
        early += found.likely.first is not None and life.finished < found.likely.first
        if found.likely.first and found.likely.last:
            widths.append((found.likely.last - found.likely.first).days / 7)
    return Measured(
        cases, likely, wide, silent, early,
        float(np.median(widths)) if widths else 0.0, time.perf_counter() - begun,
    )  # fmt: skip


def _within(found: Forecast, life: Life, share: int) -> bool:
    interval = found.likely if share == 80 else found.wide
    return (interval.first or date.max) <= life.finished <= (interval.last or date.max)


def live(dice: np.random.Generator) -> Life:
    """One made-up unit, from its first day to its last paper."""
    first = date(2023, 1, 2) + timedelta(days=int(dice.integers(0, 500)))
    pace = float(np.exp(dice.uniform(np.log(2), np.log(60))))
    weekday = dice.uniform(0.7, 1.3, 7)
    weekday[5] = dice.choice((0.0, 0.0, 0.5))
    weekday[6] = 0.0
    learning = float(dice.uniform(0.3, 1.0))  # of the pace on the first day
    learnt = float(dice.uniform(20, 90))  # days until most is learnt
    drift = float(dice.uniform(0.005, 0.02))  # of the pace, a day
    lumps = float(dice.uniform(0.5, 4.0))  # how unevenly paper comes: small is uneven
    campaigns = float(dice.uniform(0.0, 0.02))  # begun a day
    leaves = float(dice.uniform(0.0, 0.015))
    seen_days = int(dice.integers(120, 540))
    ahead_days = float(dice.uniform(20, 200))  # of work left, roughly

    done: list[int] = []
    level, boost, boost_left, leave_left = 0.0, 1.0, 0, 0
    total, left = 0, 10**9
    for n in range(366 * 20):
        day = first + timedelta(days=n)
        if n == seen_days:
            recent = max(sum(done[-90:]) / 90, 0.2)
            left = max(5, round(recent * 1.45 * ahead_days * 5 / 7))
        level = 0.995 * level + drift * float(dice.normal())
        if boost_left == 0 and dice.random() < campaigns:
            boost, boost_left = float(dice.uniform(1.5, 3.0)), int(dice.integers(5, 20))
        if leave_left == 0 and dice.random() < leaves:
            leave_left = int(dice.integers(2, 10))
        today = 0
        if weekday[day.weekday()] and not _closed(day) and leave_left == 0:
            share = learning + (1 - learning) * (1 - np.exp(-n / learnt))
            mean = pace * np.exp(level) * weekday[day.weekday()] * share
            mean *= boost if boost_left else 1.0
            today = int(dice.poisson(mean * dice.gamma(lumps, 1 / lumps)))
            if dice.random() < 0.03:
                today = 0  # no current, a meeting, a broken scanner
        boost_left, leave_left = max(0, boost_left - 1), max(0, leave_left - 1)
        done.append(today)
        if n >= seen_days:
            total += today
            if total >= left:
                return Life(History(first, tuple(done[:seen_days])), left, day)
    raise RuntimeError("a made-up unit never came to its end")


def _closed(day: date) -> bool:
    tet = _TET.get(day.year)
    if tet is not None and -2 <= (day - tet).days <= 5:
        return True
    return (day.month, day.day) in ((1, 1), (4, 30), (5, 1), (9, 1), (9, 2))


def command(histories: int = HISTORIES, seed: int = 1, json: bool = False) -> None:
    """Forecast made-up lives of units; exit 1 unless the 80 % interval holds 70 to 90 of 100."""
    found = measure(histories, seed=seed)
    if json:
        print(dumps(found.as_json()))
    else:
        print(
            f"80 % interval holds {found.likely} of {found.cases} ({found.share:.0%}; asked for "
            f"{LEAST:.0%} to {MOST:.0%}), 95 % interval {found.wide}; "
            f"{found.early} ended before it, {found.cases - found.likely - found.early} after; "
            f"median width {found.weeks:.1f} weeks; {found.silent} too short to say; "
            f"{found.seconds:.1f} s"
        )
    if not found.holds:
        raise SystemExit(1)
