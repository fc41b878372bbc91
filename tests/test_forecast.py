"""When will it be done: intervals that hold, on pasts that the forecast does not know."""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil

import pytest

from workbench.bench import forecast as bench
from workbench.catalogues.workdays import vietnam
from workbench.forecast import History, foresee, look_back, reviewer_hours

CALENDAR = vietnam()
MONDAY = date(2024, 3, 4)


def _steady(days: int, a_day: int, *, first: date = MONDAY) -> History:
    """The same on every working day."""
    each = [first + timedelta(days=n) for n in range(days)]
    return History(first, tuple(a_day if CALENDAR.is_workday(day) else 0 for day in each))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2025, 1, 29), False),  # the first day of Tết Ất Tỵ
        (date(2025, 4, 7), False),  # Giỗ Tổ Hùng Vương
        (date(2025, 4, 26), True),  # a Saturday worked for 02/5/2025
        (date(2025, 5, 2), False),
        (date(2025, 5, 5), True),
        (date(2025, 5, 10), False),  # a Saturday
        (date(2026, 2, 17), False),  # the first day of Tết Bính Ngọ
        (date(2031, 1, 23), False),  # Tết of a year for which nothing is announced yet
    ],
)
def test_tet_and_the_days_given_for_it_are_known(day: date, works: bool) -> None:
    assert CALENDAR.is_workday(day) is works


def test_a_steady_unit_is_done_on_the_day_that_counting_gives() -> None:
    history = _steady(180, 10)
    ahead = CALENDAR.workdays(history.last + timedelta(days=1), date(2026, 1, 1))
    truth = [day for day, _ in zip(ahead, range(50), strict=False)][-1]

    found = foresee(history, 500, calendar=CALENDAR)

    assert found is not None
    assert found.finish == found.likely.first == found.wide.last == truth
    assert found.per_week == pytest.approx(50)


def test_tet_pushes_the_end_back() -> None:
    before_tet = _steady(120, 10, first=date(2025, 9, 15))
    after_tet = _steady(120, 10, first=date(2025, 11, 3))

    held_up = foresee(before_tet, 300, calendar=CALENDAR)
    not_held_up = foresee(after_tet, 300, calendar=CALENDAR)

    assert held_up and held_up.finish and not_held_up and not_held_up.finish
    assert held_up.finish - before_tet.last > not_held_up.finish - after_tet.last


def test_a_nearer_due_day_is_met_less_likely_and_asks_for_more_hours() -> None:
    seen = bench.live(bench.np.random.default_rng(5)).seen
    dues = [seen.last + timedelta(days=days) for days in (40, 80, 160, 320)]

    found = [foresee(seen, 600, calendar=CALENDAR, due=due, seed=1) for due in dues]

    chances = [f.chance for f in found if f and f.chance is not None]
    hours = [reviewer_hours(f, seconds_a_paper=90)[1] for f in found if f]
    assert len(chances) == 4
    assert chances == sorted(chances)
    assert all(hours)
    assert hours == sorted(hours, key=lambda h: -(h or 0))


def test_what_would_meet_the_due_day_meets_it() -> None:
    history = _steady(180, 10)
    due = history.last + timedelta(days=28)
    found = foresee(history, 400, calendar=CALENDAR, due=due)
    assert found and found.chance == 0 and found.speed_up

    faster = History(history.first, tuple(ceil(n * found.speed_up) for n in history.done))

    assert (again := foresee(faster, 400, calendar=CALENDAR, due=due)) and again.chance == 1


def test_a_due_day_that_has_passed_cannot_be_met() -> None:
    history = _steady(180, 10)

    found = foresee(history, 400, calendar=CALENDAR, due=history.last - timedelta(days=30))

    assert found and found.chance == 0
    assert reviewer_hours(found, seconds_a_paper=90)[1] is None


def test_nothing_left_is_done_already() -> None:
    found = foresee(_steady(60, 3), 0, calendar=CALENDAR, due=MONDAY + timedelta(days=90))

    assert found and found.chance == 1
    assert found.finish == found.wide.last == MONDAY + timedelta(days=59)


@pytest.mark.parametrize("history", [_steady(10, 50), History(MONDAY, (0,) * 300), _steady(0, 1)])
def test_a_past_that_is_too_short_gives_no_forecast(history: History) -> None:
    assert foresee(history, 100, calendar=CALENDAR) is None
    assert look_back(history, calendar=CALENDAR).cases == 0


def test_a_unit_that_has_nearly_stopped_gets_no_end_that_nobody_would_see() -> None:
    history = History(MONDAY, (*_steady(60, 5).done, *[0] * 900))

    found = foresee(history, 100_000, calendar=CALENDAR)

    assert found and found.finish is None and found.likely.last is None


def test_the_same_past_gives_the_same_forecast() -> None:
    seen = bench.live(bench.np.random.default_rng(8)).seen

    assert foresee(seen, 300, calendar=CALENDAR, seed=4) == foresee(
        seen, 300, calendar=CALENDAR, seed=4
    )


def test_the_80_percent_interval_holds_what_it_promises_on_lives_it_does_not_know() -> None:
    found = bench.measure(60, seed=12)

    assert found.cases == 60
    assert bench.LEAST <= found.share <= bench.MOST
    assert found.wide > found.likely


def test_looking_back_counts_the_own_hits() -> None:
    seen = max((bench.live(bench.np.random.default_rng(n)).seen for n in range(6)),
               key=lambda history: len(history.done))  # fmt: skip

    found = look_back(seen, calendar=CALENDAR)

    assert found.cases >= 20
    assert found.likely <= found.wide <= found.cases
    steady = look_back(_steady(300, 10), calendar=CALENDAR)
    assert steady.likely == steady.wide == steady.cases > 20
