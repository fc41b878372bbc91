"""When it will be done: a finish day per unit with its intervals, and what the due day asks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from workbench.catalogues.workdays import vietnam
from workbench.forecast import Coverage, Forecast, History, foresee, look_back, reviewer_hours
from workbench.model import SurveyLine
from workbench.survey import Standing
from workbench.survey import progress as standings
from workbench.ui import charts, exhibits
from workbench.ui.board import Board
from workbench.ui.notation import number, percent
from workbench.ui.progress import cells, chosen_lines
from workbench.words import say


@dataclass(frozen=True, slots=True)
class Outlook:
    """One unit's forecast beside what it is asked for."""

    unit: str
    standing: Standing
    forecast: Forecast | None
    hours: tuple[float, float | None] | None  # reviewer-hours a week: now, and to meet the due day


def show(board: Board, survey: Sequence[SurveyLine], *, today: date) -> None:
    """The whole view."""
    with st.spinner(say("Foreseeing…")):
        found = _outlooks(board, survey, today=today)
    told = [o for o in found if o.forecast is not None and o.standing.remaining]
    table = _table(board, found)
    left = [f"{board.unit(o.unit)}" for o in found if o.forecast is None and o.standing.remaining]
    exhibits.show(
        charts.outlooks(table[table["finish"].notna()], charts.ink()) if told else None,
        table.drop(columns="unit"),
        key="forecast",
        title=say("When each unit will be done"),
        note=say(
            "Thick: 80 of 100 futures; thin: 95 of 100; from each unit's own days, with Tết and "
            "holidays. {n} units are done or have too short a past.",
            n=number(len(found) - len(told)),
        )
        + exhibits.of_many(len(told), charts.MOST_UNITS, "Drawn: the {n} units that end last."),
        opened=True,
    )
    if left:
        st.caption(say("Too short a past to say: {units}.", units="; ".join(left)))
    if not told:
        return
    unit = st.selectbox(
        say("Look back at"),
        [o.unit for o in told],
        format_func=board.unit,
        key="forecast.unit",
    )
    history = _histories(board, today=today)[unit]
    with st.spinner(say("Looking back…")):
        held = _looked_back(history)
    _looking_back(board, unit, held)


def _looking_back(board: Board, unit: str, held: Coverage) -> None:
    with st.container(border=True):
        st.markdown(f"**{say('Had it been foreseen before: {unit}', unit=board.unit(unit))}**")
        if not held.cases:
            st.markdown(f":gray[{say('The past is too short to look back.')}]")
            return
        st.markdown(
            say(
                "{likely} of {n} outcomes lay in the 80 % interval ({share}), {wide} in the 95 % "
                "interval. 20, 40 and 60 working days ahead, from days spread over its past.",
                likely=number(held.likely),
                n=number(held.cases),
                share=percent(held.likely / held.cases),
                wide=number(held.wide),
            )
        )


def _outlooks(board: Board, survey: Sequence[SurveyLine], *, today: date) -> list[Outlook]:
    histories = _histories(board, today=today)
    work = board.ask("work_by_unit", units=board.chosen.units, kinds=board.chosen.kinds)
    seconds = {
        row["unit"]: float(row["median_seconds"])
        for row in work.to_dict("records")
        if pd.notna(row["median_seconds"])
    }
    usual = sorted(seconds.values())[len(seconds) // 2] if seconds else None
    found = []
    whole = Board(board.questions, board.templates, board.chosen.any_day())
    for standing in standings(chosen_lines(board, survey), cells(whole), by=("unit",)):
        history = histories.get(standing.unit)
        forecast = None
        if history is not None:
            forecast = _foreseen(history, standing.remaining, standing.due)
        spent = seconds.get(standing.unit, usual)
        found.append(
            Outlook(
                standing.unit,
                standing,
                forecast,
                reviewer_hours(forecast, seconds_a_paper=spent) if forecast and spent else None,
            )
        )
    return found


def _histories(board: Board, *, today: date) -> dict[str, History]:
    """What each unit exported on each day, up to yesterday: today is not over."""
    days = board.ask("done_per_day", units=board.chosen.units, kinds=board.chosen.kinds)
    counted: dict[str, dict[date, int]] = defaultdict(dict)
    for row in days.to_dict("records"):
        counted[row["unit"]][_as_date(row["day"])] = int(row["documents"])
    last = today - timedelta(days=1)
    histories = {}
    for unit, done in counted.items():
        first = min(done)
        length = (last - first).days + 1
        if length > 0:
            each = (done.get(first + timedelta(days=n), 0) for n in range(length))
            histories[unit] = History(first, tuple(each))
    return histories


@st.cache_data(max_entries=2000, show_spinner=False)
def _foreseen(history: History, remaining: int, due: date | None) -> Forecast | None:
    return foresee(history, remaining, calendar=vietnam(), due=due)


@st.cache_data(max_entries=500, show_spinner=False)
def _looked_back(history: History) -> Coverage:
    return look_back(history, calendar=vietnam())


def _table(board: Board, found: Sequence[Outlook]) -> pd.DataFrame:
    rows = []
    for o in found:
        f = o.forecast
        rows.append(
            {
                "unit": o.unit,
                "name": board.unit(o.unit),
                "remaining": o.standing.remaining,
                "per_week": round(f.per_week, 1) if f else None,
                "finish": f.finish if f and f.remaining else None,
                "likely_first": f.likely.first if f else None,
                "likely_last": f.likely.last if f else None,
                "wide_first": f.wide.first if f else None,
                "wide_last": f.wide.last if f else None,
                "due": o.standing.due,
                "share_chance": f.chance if f else None,
                "hours_now": round(o.hours[0], 1) if o.hours else None,
                "hours_needed": round(o.hours[1], 1) if o.hours and o.hours[1] else None,
            }
        )
    return pd.DataFrame(rows, columns=list(_COLUMNS))


_COLUMNS = (
    "unit", "name", "remaining", "per_week", "finish", "likely_first", "likely_last", "due",
    "share_chance", "hours_now", "hours_needed", "wide_first", "wide_last",
)  # fmt: skip


def _as_date(day: object) -> date:
    return day if isinstance(day, date) else pd.Timestamp(str(day)).date()
