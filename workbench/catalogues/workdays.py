"""Which days are working days in Việt Nam: Monday to Friday, without the holidays that are dated.

Holidays stand in `holidays.csv`, day by day, as announced or (later years) as expected by Bộ luật
Lao động 45/2019/QH14 Điều 112; Saturdays that are worked for a day off are in it too. After its
last year only what the law dates by the solar calendar and the weeks of Tết are known.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

# The first day of the lunar year, for the years the table does not reach.
_TET = (
    date(2029, 2, 13), date(2030, 2, 3), date(2031, 1, 23), date(2032, 2, 11), date(2033, 1, 31),
    date(2034, 2, 19), date(2035, 2, 8), date(2036, 1, 28), date(2037, 2, 15), date(2038, 2, 4),
    date(2039, 1, 24), date(2040, 2, 12),
)  # fmt: skip
_SOLAR = ((1, 1), (4, 30), (5, 1), (9, 1), (9, 2))


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days of rest and days worked in their stead; every other day goes by its weekday."""

    holidays: frozenset[date]
    worked: frozenset[date]

    def is_workday(self, day: date) -> bool:
        if day in self.worked:
            return True
        return day.weekday() < 5 and day not in self.holidays

    def workdays(self, first: date, last: date) -> Iterator[date]:
        """The working days from `first` to `last`, both included."""
        for n in range((last - first).days + 1):
            day = first + timedelta(days=n)
            if self.is_workday(day):
                yield day

    def weeks(self, first: date, last: date) -> float:
        """Working weeks (of five working days) from `first` to `last`, both included."""
        return sum(1 for _ in self.workdays(first, last)) / 5


@cache
def vietnam() -> Calendar:
    """The working days of the state's offices in Việt Nam."""
    with files(__package__).joinpath("holidays.csv").open(encoding="utf-8") as source:
        rows = [(date.fromisoformat(row["day"]), row["state"]) for row in csv.DictReader(source)]
    last = max(day.year for day, _ in rows)
    later = {date(tet.year, month, day) for tet in _TET if tet.year > last for month, day in _SOLAR}
    # The last day of the old year and the four that follow (Điều 112: five days).
    later |= {tet + timedelta(days=n) for tet in _TET if tet.year > last for n in range(-1, 4)}
    return Calendar(
        holidays=frozenset(day for day, state in rows if state != "working") | frozenset(later),
        worked=frozenset(day for day, state in rows if state == "working"),
    )
