"""The rules of the letters: which of the two regimes a record falls under."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

# Letter of 11/01/2024: results "từ ngày 01/7/2022" follow other letters than the backlog before it.
TURN = date(2022, 7, 1)


class Regime(StrEnum):
    BEFORE = "before"
    FROM = "from"


def regime(issued: date | None) -> Regime | None:
    """The regime of a paper issued on this day; None while the day is not known."""
    if issued is None:
        return None
    return Regime.BEFORE if issued < TURN else Regime.FROM
