"""When a unit will be done, from its own past: a finish day with 80 % and 95 % intervals.

The past is cut into blocks of working days, so that bursts and slack weeks stay whole; a future is
blocks drawn from it (block bootstrap), recent ones more often, on a level that is drawn once for
the whole future, because a short past knows its own mean only roughly. Holidays and the rhythm of
the week come from the calendar and from the unit's days. Nothing is assumed about the shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from workbench.catalogues.workdays import Calendar

FUTURES = 1000
YEARS = 12  # nobody plans further; what is not done by then is said to be later
LEAST_DAYS = 15  # working days of past from which a forecast is given
LEAST_DONE = 10  # papers done in them
_BLOCK = 15  # working days: three weeks, as long as a campaign or a leave
_HALF_LIFE = 90  # working days after which a day of the past counts half
_PSEUDO = 4  # days by which a weekday's rhythm is drawn to the mean of its kind
_FAINT = 0.15  # a kind of day with less than this share of a usual day's output is a day of rest
_HORIZONS = (20, 40, 60)  # working days ahead, for the look back

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class History:
    """Papers done on each day from `first` on, days of rest included; the last day is yesterday."""

    first: date
    done: tuple[int, ...]

    @property
    def last(self) -> date:
        return self.first + timedelta(days=len(self.done) - 1)

    def until(self, day: date) -> History:
        """The history as it stood on the evening of `day`."""
        return History(self.first, self.done[: max(0, (day - self.first).days + 1)])


@dataclass(frozen=True, slots=True)
class Interval:
    """The days between which the end falls; None is later than anybody plans."""

    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the rest will be done at the pace of the past, and what the due day asks for.

    `chance` and `speed_up` are None without a due day. `speed_up` is how many times the pace of
    the past would meet the due day in 80 of 100 futures; infinite when no working day is left.
    """

    remaining: int
    finish: date | None  # as likely earlier as later; None: later than anybody plans
    likely: Interval  # 80 of 100 futures
    wide: Interval  # 95 of 100
    per_week: float  # papers in a week of five working days, at the present level
    days: int  # working days of past it stands on
    chance: float | None = None
    speed_up: float | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often the past fell into the intervals that its own past would have given."""

    cases: int
    likely: int  # within the 80 % interval
    wide: int  # within the 95 % interval


def foresee(
    history: History,
    remaining: int,
    *,
    calendar: Calendar,
    due: date | None = None,
    seed: int = 0,
) -> Forecast | None:
    """The forecast on the evening of `history.last`; None while the past is too short to say."""
    past = _Past.of(history, calendar)
    if past is None:
        return None
    dice = np.random.default_rng(seed)
    futures = past.futures(dice)
    days = [history.last + timedelta(days=n + 1) for n in range(366 * YEARS)]
    expected = past.expected(days)
    at_work = np.flatnonzero(expected > 0)
    ends = np.full(FUTURES, np.inf)
    by_due = np.zeros(FUTURES)
    so_far = np.zeros(FUTURES)
    for part in np.array_split(at_work, max(1, len(at_work) // 260)):
        output = np.cumsum(futures.next(len(part)) * expected[part], axis=1) + so_far[:, None]
        if due is not None:
            before = int(np.searchsorted(part, (due - history.last).days, side="left"))
            if before:
                by_due = output[:, before - 1]
        reached = output >= remaining
        first = reached.argmax(axis=1)
        new = reached.any(axis=1) & np.isinf(ends)
        ends[new] = part[first[new]] + 1
        so_far = output[:, -1]
        passed_due = due is None or part[-1] >= (due - history.last).days
        if not np.isinf(ends).any() and passed_due:
            break
    if remaining <= 0:
        ends[:] = 0

    def day(share: float) -> date | None:
        at = float(np.quantile(ends, share, method="inverted_cdf"))
        return None if np.isinf(at) else history.last + timedelta(days=int(at))

    return Forecast(
        remaining=max(0, remaining),
        finish=day(0.5),
        likely=Interval(day(0.1), day(0.9)),
        wide=Interval(day(0.025), day(0.975)),
        per_week=float(past.level * past.week),
        days=past.days,
        chance=None if due is None else float(np.mean(ends <= (due - history.last).days)),
        speed_up=None if due is None else _speed_up(by_due, remaining),
    )


def look_back(history: History, *, calendar: Calendar, seed: int = 0, most: int = 12) -> Coverage:
    """Forecast from days in the past what was done 20, 40 and 60 working days later, and count.

    Outputs are compared, not finish days: a day by which N papers are done lies in its interval
    exactly when the papers done by a day lie in theirs, and none of the cases is left open.
    """
    workdays = list(calendar.workdays(history.first, history.last))
    done = np.asarray(history.done, float)
    cases = likely = wide = 0
    starts = range(2 * LEAST_DAYS, len(workdays) - _HORIZONS[0])
    for turn, at in enumerate(_spread(starts, most)):
        evening = workdays[at]
        past = _Past.of(history.until(evening), calendar)
        if past is None:
            continue
        futures = past.futures(np.random.default_rng((seed, turn)))
        ahead = [evening + timedelta(days=n + 1) for n in range((history.last - evening).days)]
        expected = past.expected(ahead)
        at_work = np.flatnonzero(expected > 0)
        output = np.cumsum(futures.next(len(at_work)) * expected[at_work], axis=1)
        for horizon in _HORIZONS:
            if at + horizon >= len(workdays):
                break
            until = (workdays[at + horizon] - evening).days
            begun = (evening - history.first).days + 1
            truth = done[begun : begun + until].sum()
            column = int(np.searchsorted(at_work, until, side="left"))
            if not column:
                continue
            foreseen = output[:, column - 1]
            low, high, lowest, highest = np.quantile(foreseen, (0.1, 0.9, 0.025, 0.975))
            cases += 1
            likely += bool(np.floor(low) <= truth <= np.ceil(high))
            wide += bool(np.floor(lowest) <= truth <= np.ceil(highest))
    return Coverage(cases, likely, wide)


def reviewer_hours(forecast: Forecast, *, seconds_a_paper: float) -> tuple[float, float | None]:
    """Hours of review a week at the present pace, and those that would meet the due day.

    The second is None without a due day, or when no working day is left before it.
    """
    now = forecast.per_week * seconds_a_paper / 3600
    if forecast.speed_up is None or np.isinf(forecast.speed_up):
        return now, None
    return now, now * forecast.speed_up


def _speed_up(by_due: Reals, remaining: int) -> float:
    if remaining <= 0:
        return 0.0
    sure = float(np.quantile(by_due, 0.2))
    return remaining / sure if sure > 0 else float("inf")


def _spread(places: range, most: int) -> Sequence[int]:
    """At most so many of the places, evenly spread."""
    if len(places) <= most:
        return places
    return [places[int(n)] for n in np.linspace(0, len(places) - 1, most)]


@dataclass(frozen=True, slots=True)
class _Futures:
    """Draws the relative output of working days to come; each draw goes on from the last."""

    ratios: Reals
    chances: Reals  # of each block of the past, by its first day, to be drawn
    levels: Reals  # of each future, around 1
    block: int
    dice: np.random.Generator

    def next(self, days: int) -> Reals:
        """Relative outputs, one row a future, one column a working day."""
        blocks = -(-days // self.block)
        starts = self.dice.choice(len(self.chances), (FUTURES, blocks), p=self.chances)
        places = starts[:, :, None] + np.arange(self.block)
        drawn: Reals = self.ratios[places].reshape(FUTURES, -1)[:, :days]
        return drawn * self.levels[:, None]


@dataclass(frozen=True, slots=True)
class _Past:
    """A history as rhythm and level: what a kind of day brings, and how days differ from that."""

    rhythm: tuple[float, ...]  # expected output of Monday … Sunday, and of a holiday
    ratios: Reals  # output by expected output, day by day, of the days that are worked
    weights: Reals  # how much each of those days still tells, newest 1
    calendar: Calendar

    @classmethod
    def of(cls, history: History, calendar: Calendar) -> _Past | None:
        done = np.asarray(history.done, float)
        if done.sum() < LEAST_DONE:
            return None
        first = int(np.flatnonzero(done)[0])  # before the first paper nobody had begun
        days = [history.first + timedelta(days=n) for n in range(first, len(done))]
        done = done[first:]
        kinds = np.array([_kind(day, calendar) for day in days])
        if (kinds < 5).sum() < LEAST_DAYS:
            return None
        rhythm = _rhythm(done, kinds)
        expected = np.array(rhythm)[kinds]
        worked = expected > 0
        ratios = done[worked] / expected[worked]
        age = np.arange(len(ratios))[::-1]
        return cls(rhythm, ratios, 0.5 ** (age / _HALF_LIFE), calendar)

    @property
    def days(self) -> int:
        return len(self.ratios)

    @property
    def week(self) -> float:
        """What a week of five working days brings when days are as usual."""
        return sum(self.rhythm[:7])

    @property
    def level(self) -> float:
        return float(np.average(self.ratios, weights=self.weights))

    def expected(self, days: Sequence[date]) -> Reals:
        return np.array(self.rhythm)[[_kind(day, self.calendar) for day in days]]

    def futures(self, dice: np.random.Generator) -> _Futures:
        block = max(1, min(_BLOCK, len(self.ratios) // 4))
        return _Futures(self.ratios, self._chances(block), self._levels(dice, block), block, dice)

    def _chances(self, block: int) -> Reals:
        told = self.weights[block - 1 :]  # a block tells as much as its last day
        chances: Reals = told / told.sum()
        return chances

    def _levels(self, dice: np.random.Generator, block: int) -> Reals:
        """How far the true level of each future lies from the past's mean.

        Drawn as means of as many blocks as the past is worth, twice as long as those of the days,
        because a level changes slowly. A few blocks know their own spread only roughly: k of them
        are too narrow by (k - 1) / k, and differ as Student's t does.
        """
        block = min(2 * block, len(self.ratios) // 2)
        chances = self._chances(block)
        worth = 1 / float((chances**2).sum())  # days, by the weights they have left
        blocks = max(2, round(worth / block))
        starts = dice.choice(len(chances), (FUTURES, blocks), p=chances)
        places = starts[:, :, None] + np.arange(block)
        means: Reals = self.ratios[places].mean(axis=(1, 2))
        middle = float(means.mean())
        spread = (blocks / dice.chisquare(blocks - 1, FUTURES)) ** 0.5
        wide = middle + (means - middle) * spread
        return np.clip(wide / middle, 0.1, 4.0) if middle else np.ones(FUTURES)


def _kind(day: date, calendar: Calendar) -> int:
    """0-6 the weekday of a working day or weekend, 7 a holiday; a Saturday worked is a Friday."""
    if day in calendar.worked:
        return 4
    return 7 if day in calendar.holidays else day.weekday()


def _rhythm(done: Reals, kinds: NDArray[np.int64]) -> tuple[float, ...]:
    """What each kind of day brings; weekdays are drawn to their mean, days of rest to nothing."""
    usual = float(done[kinds < 5].mean())
    rhythm = []
    for kind in range(8):
        here = done[kinds == kind]
        prior = usual if kind < 5 else 0.0
        mean = (here.sum() + _PSEUDO * prior) / (len(here) + _PSEUDO)
        rhythm.append(float(mean) if usual and mean >= _FAINT * usual else 0.0)
    return tuple(rhythm)
