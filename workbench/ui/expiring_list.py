"""The list of papers whose last day is near, with how many days ahead a person wants to look."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench.flow import custody, validity
from workbench.model import Person, day_of, now
from workbench.store import standing
from workbench.ui import dossier, frame, notation
from workbench.vietnamese import sort_key
from workbench.words import say
from workbench.workspace import Workspace

_PREFERENCE = "expiring"
_DAYS = 90
_PER_PAGE = 15
_HOLDERS = ("ten_to_chuc", "ten_co_so")


def choose(work: Workspace, person: Person) -> str | None:
    """The list with its filters; the document whose line was chosen."""
    units = {unit.code: unit.name for unit in work.store.units()}
    first, second, third = st.columns([2, 3, 5], vertical_alignment="bottom")
    stood = int(work.store.preference(person.name, _PREFERENCE).get("days", _DAYS))
    days = int(first.number_input(say("Days ahead"), 1, 3650, stood, key="expiring.days"))
    if days != stood:
        work.store.prefer(person.name, _PREFERENCE, {"days": days})
    unit = second.selectbox(
        say("Unit"),
        sorted(units, key=lambda code: sort_key(units[code])),
        format_func=lambda code: units[code],
        index=None,
        placeholder=say("All"),
        key="expiring.unit",
    )
    today = day_of(now())
    seen = custody.sight(work, person.name)
    found = [
        each
        for each in validity.expiring(work, on=today, days=days, unit=unit)
        if not work.store.is_hidden(each.document.id, seen)
    ]
    third.markdown(say("{n} documents", n=notation.number(len(found))))
    if not found:
        frame.nothing(
            say("No paper ends within these days."),
            say("Look further ahead, or choose another unit."),
            person=person,
        )
        return None
    said = standing.values(work.store, [e.document.id for e in found], ("so", *_HOLDERS))
    rows = [
        {
            "until": f"{each.until:%d/%m/%Y}",
            "left": (each.until - today).days,
            "number": said.get(each.document.id, {}).get("so", ""),
            "holder": _holder(said.get(each.document.id, {})),
            "kind": dossier.kind_of(work, each.document.kind),
            "unit": units.get(each.document.unit, each.document.unit),
        }
        for each in found
    ]
    answer = st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height=38 + 35 * min(len(rows), _PER_PAGE),
        on_select="rerun",
        selection_mode="single-row",
        key=f"expiring.rows.{days}.{unit}",
        column_config={
            "until": st.column_config.TextColumn(say("Last day"), width=100),
            "left": st.column_config.NumberColumn(say("Days left"), width=85),
            "number": st.column_config.TextColumn(say("Number"), width=130),
            "holder": st.column_config.TextColumn(say("Holder"), width=260),
            "kind": st.column_config.TextColumn(say("Kind"), width=230),
            "unit": st.column_config.TextColumn(say("Unit"), width=170),
        },
    )
    st.caption(say("Choose a line to open the document."))
    chosen = list(answer["selection"]["rows"])
    return found[chosen[0]].document.id if chosen else None


def _holder(values: dict[str, str]) -> str:
    return next((values[name] for name in _HOLDERS if values.get(name)), "")
