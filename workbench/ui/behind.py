"""The list behind a figure: which documents it counts, each to be opened where rights are asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from workbench.model import Stage
from workbench.ui import charts
from workbench.ui.board import Board
from workbench.ui.notation import number
from workbench.words import say

PER_PAGE = 25
IN_WORK = tuple(
    stage.value for stage in Stage if stage not in (Stage.EXPORTED, Stage.HELD, Stage.REJECTED)
)
TAKEN_IN = (*IN_WORK, Stage.EXPORTED.value, Stage.HELD.value)

# The stages that a column of figures counts.
COUNTS: Mapping[str, tuple[str, ...]] = {
    "taken_in": TAKEN_IN,
    "exported": (Stage.EXPORTED.value,),
    "in_work": IN_WORK,
    "held": (Stage.HELD.value,),
    "total": TAKEN_IN,
    "remaining": (*IN_WORK, Stage.HELD.value),
    "documents": TAKEN_IN,
    "waiting": TAKEN_IN,
}


@dataclass(frozen=True, slots=True)
class Behind:
    """What a figure counts; None does not narrow it."""

    units: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    regimes: tuple[str, ...] | None = None
    stages: tuple[str, ...] | None = None
    batch: str | None = None
    reason: str | None = None


def show(board: Board, asked: Behind, *, key: str, title: str) -> None:
    """The documents in a table with a way to each; those that have waited longest first."""
    chosen = board.chosen
    units = list(asked.units) if asked.units else chosen.units
    kinds = list(asked.kinds) if asked.kinds is not None else chosen.kinds
    shown = st.session_state.get(f"behind.page.{key}") or 1
    found = board.ask(
        "documents_behind",
        units=units,
        kinds=kinds,
        regimes=list(asked.regimes) if asked.regimes is not None else None,
        stages=list(asked.stages) if asked.stages is not None else None,
        batch=asked.batch,
        reason=asked.reason,
        since=chosen.since,
        until=chosen.until,
        most=PER_PAGE,
        skipped=(shown - 1) * PER_PAGE,
    )
    total = int(found["found"].iloc[0]) if len(found) else 0
    with st.container(border=True):
        st.markdown(f"**{title}** · {say('{n} documents', n=number(total))}")
        if not total:
            return
        table = pd.DataFrame(
            {
                # The id alone: who may read the paper is asked where it is opened.
                "open": [f"/documents?document={id_}" for id_ in found["id"]],
                "unit": [board.unit(unit) for unit in found["unit"]],
                "kind": [board.kind(kind) for kind in found["kind"]],
                "regime": [board.regime(regime) for regime in found["regime"]],
                "stage": [charts.stage_word(Stage(stage)) for stage in found["stage"]],
                "day": [f"{day:%d/%m/%Y}" for day in found["day"]],
                "changed_at": [f"{at:%d/%m/%Y %H:%M}" for at in found["changed_at"]],
            }
        )
        st.dataframe(
            table,
            hide_index=True,
            key=f"behind.{key}.{shown}",
            column_config={
                "open": st.column_config.LinkColumn(say("Document"), display_text=say("Open")),
                "unit": say("Unit"),
                "kind": say("Kind of paper"),
                "regime": say("Date of issue"),
                "stage": say("Stage"),
                "day": say("Taken in"),
                "changed_at": say("Last change"),
            },
        )
        if total > PER_PAGE:
            st.pagination(-(-total // PER_PAGE), key=f"behind.page.{key}")
