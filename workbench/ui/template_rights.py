"""Who may do what with a template, and what a person may do: each with the grant behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from workbench import units
from workbench.flow import granting
from workbench.flow.granting import Why
from workbench.grants import Answer
from workbench.model import Person, Right
from workbench.ui import notation, template_list
from workbench.ui.right_words import RIGHTS, ROW, Names, height_of, says
from workbench.words import say
from workbench.workspace import Workspace

_CELL = 128  # pixels of a right's column: all five stand beside a name on a small screen


def who(told: Why, names: Names) -> None:
    left, middle, right = st.columns([2, 3, 3], vertical_alignment="bottom")
    ways = {"people": say("People"), "units": say("Units")}
    way = left.segmented_control(
        say("View"),
        list(ways),
        format_func=ways.__getitem__,
        default="people",
        required=True,
        label_visibility="collapsed",
        key=f"grants.who.{told.template}",
    )
    text = middle.text_input(say("Name or unit contains"), key=f"grants.text.{told.template}")
    if way == "units":
        _units(told, names, text)
        return
    wanted = right.pills(
        say("Only who may"),
        list(Right),
        format_func=lambda one: say(RIGHTS[one].word),
        key=f"grants.only.{told.template}",
    )
    found = [
        (person, rights)
        for person, rights in told.people
        if says(text, person.shown_as, person.name, names.units.get(person.unit or "", ""))
        and (wanted is None or rights[wanted].allowed)
    ]
    rows = [
        {"who": person.shown_as, "unit": names.units.get(person.unit or "", "—")}
        | {right.value: names.by(answer) for right, answer in rights.items()}
        for person, rights in found
    ]
    leading = {
        "who": st.column_config.TextColumn(say("Shown as"), width=150),
        "unit": st.column_config.TextColumn(say("Unit"), width=150),
    }
    chosen = _matrix(rows, leading, key=f"grants.people.{told.template}")
    st.caption(say("{n} of {all} people", n=len(found), all=len(told.people)))
    if chosen is not None:
        _reasons(found[chosen][1], names)


def _units(told: Why, names: Names, text: str) -> None:
    """Which units may use the template, as a tree is read."""
    answers = {unit.code: answer for unit, answer in told.units}
    found = [
        (depth, unit)
        for depth, unit in units.in_order(unit for unit, _ in told.units)
        if says(text, unit.name, unit.code)
    ]
    if not found:
        st.markdown(":gray[" + say("Nothing matches.") + "]")
        return
    st.dataframe(
        pd.DataFrame(
            {
                "unit": "\u2003" * depth + unit.name,
                "use": names.by(answers[unit.code]),
                "why": say(because) if (because := answers[unit.code].because) else "",
            }
            for depth, unit in found
        ),
        hide_index=True,
        height=height_of(len(found)),
        row_height=ROW,
        column_config={
            "unit": st.column_config.TextColumn(say("Unit"), width="medium"),
            "use": st.column_config.TextColumn(say("Use")),
            "why": st.column_config.TextColumn(say("Why not"), width="large"),
        },
    )
    st.caption(say("{n} of {all} units", n=len(found), all=len(told.units)))


def what(work: Workspace, person: Person, text: str, names: Names) -> None:
    """What one person may do, template by template."""
    found = [
        (template, rights)
        for template, rights in granting.what(work, person).items()
        if says(text, template_list.title_of(work, template), template)
    ]
    rows = [
        {"template": template_list.title_of(work, template)}
        | {right.value: names.by(answer) for right, answer in rights.items()}
        for template, rights in found
    ]
    leading = {"template": st.column_config.TextColumn(say("Template"), width=290)}
    chosen = _matrix(rows, leading, key=f"grants.what.{person.name}")
    if chosen is not None:
        _reasons(found[chosen][1], names)


def _matrix(
    rows: Sequence[Mapping[str, str]], leading: Mapping[str, Any], *, key: str
) -> int | None:
    """A line each, a column each right; the line that was chosen."""
    if not rows:
        st.markdown(":gray[" + say("Nothing matches.") + "]")
        return None
    rights = {
        right.value: st.column_config.TextColumn(say(look.word), width=_CELL)
        for right, look in RIGHTS.items()
    }
    answer = st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height=height_of(len(rows)),
        row_height=ROW,
        column_config={**leading, **rights},
        on_select="rerun",
        selection_mode="single-row",
        key=key,
    )
    chosen: Sequence[int] = answer["selection"]["rows"]
    if not chosen or chosen[0] >= len(rows):
        st.caption(say("Choose a line to read why, right by right."))
        return None
    return chosen[0]


def _reasons(rights: Mapping[Right, Answer], names: Names) -> None:
    """Each right with the grants that allow it, or why none does."""
    with st.container(border=True):
        for right, answer in rights.items():
            words = [
                say(
                    "By the grant to {whom}, given by {name}: {since} – {until}",
                    whom=names.whom(grant),
                    name=names.person(grant.by),
                    since=f"{grant.since:%d/%m/%Y}",
                    until=f"{grant.until:%d/%m/%Y}" if grant.until else "…",
                )
                for grant in answer.grants
            ]
            if answer.because is not None:
                words = [say(answer.because)]
            sign = ":green[:material/check:]" if answer.allowed else ":gray[:material/block:]"
            text = "; ".join(notation.literal(one) for one in words)
            st.markdown(f"{sign} **{say(RIGHTS[right].word)}** — {text}")
