"""How much work it is, by unit; a person's own figures only to that person, or with the right."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from workbench.accounts import may_see_work_of
from workbench.analytics import Lake
from workbench.model import Person
from workbench.ui import board as drawn
from workbench.ui import exhibits
from workbench.ui.board import Board
from workbench.ui.notation import number, seconds
from workbench.words import say


def show(board: Board) -> None:
    """By unit, in the order of names: work is compared with need, not people with people."""
    work = board.answer("work_by_unit")
    mending = board.answer("mending_by_unit")
    table = work.merge(mending, on="unit", how="outer") if len(work) else work
    if len(table):
        table = pd.DataFrame(
            {
                "name": [board.unit(unit) for unit in table["unit"]],
                "documents": table["documents"].fillna(0).astype(int),
                "minutes": table["minutes"],
                "document_seconds": table["median_seconds"],
                "flagged": table["flagged"].fillna(0).astype(int),
                "field_seconds": table["mean_seconds"],
                "keys_a_document": table["keys"] / table["documents"],
            }
        ).sort_values("name")
    exhibits.show(
        None,
        table,
        key="work_by_unit",
        title=say("Work of the units"),
        note=say(
            "Reviews that ended in the period; n = {n} documents. Active time only.",
            n=number(table["documents"].sum()) if len(table) else "0",
        ),
        opened=True,
    )
    drawn.effort(board)
    _looking(board)


def _looking(board: Board) -> None:
    """What the looking was like, as the stations noted it: where a unit's time goes."""
    found = board.answer("looking_by_unit")
    table = found
    if len(found):
        names = [board.unit(unit) for unit in found["unit"]]
        table = found.drop(columns="unit").assign(name=names)
        table = table[["name", *table.columns.drop("name")]].sort_values("name")
    exhibits.show(
        None,
        table,
        key="looking_by_unit",
        title=say("What looking at a field is like"),
        note=say(
            "Median seconds and shares of the fields that people looked at in the period; n = {n}.",
            n=number(table["looks"].sum()) if len(table) else "0",
        ),
    )


def own(board: Board, lake: Lake, person: Person, people: Sequence[Person]) -> None:
    """The figures of one person: the reader's own, or of one whose work the reader may see."""
    seen = [one for one in people if may_see_work_of(person, one)]
    of = person
    with st.container(border=True):
        st.markdown(f"**{say('My work')}**")
        if len(seen) > 1:
            # In the order of names; there is no way to have people put in an order of figures.
            names = {one.name: one.shown_as for one in sorted(seen, key=lambda p: p.shown_as)}
            name = st.selectbox(
                say("Of whom"),
                list(names),
                index=list(names).index(person.name) if person.name in names else 0,
                format_func=lambda key: names[key],
                key="work.person",
            )
            of = next(one for one in seen if one.name == name)
        found = board.ask(
            "work_of_one",
            who=lake.key_of(of.name),
            since=board.chosen.since,
            until=board.chosen.until,
        ).iloc[0]
        values = (
            ("Documents reviewed", number(found["documents"])),
            ("Active minutes", number(found["minutes"], 1)),
            ("Median seconds a document", _seconds(found["seconds_a_document"])),
            ("Median seconds a field", _seconds(found["seconds_a_field"])),
        )
        for column, (word, value) in zip(st.columns(2) + st.columns(2), values, strict=True):
            column.metric(say(word), value)
        st.caption(say("Only you and the managers of your unit can see this."))


def _seconds(value: float | None) -> str:
    return "—" if pd.isna(value) else seconds(float(value or 0))
