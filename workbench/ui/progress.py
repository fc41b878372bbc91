"""How far: against survey and roadmap, where it waits, and the documents behind each figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from workbench.catalogues.roadmap import areas, milestones
from workbench.model import Stage, SurveyLine
from workbench.survey import Cell, Standing
from workbench.survey import progress as standings
from workbench.ui import behind, charts, exhibits
from workbench.ui import board as drawn
from workbench.ui.behind import Behind
from workbench.ui.board import Board
from workbench.ui.notation import number, percent
from workbench.words import language, say

_PARTS: Mapping[str, str] = {
    "unit": "By unit", "area": "By field", "kind": "By kind of paper", "regime": "By date of issue",
}  # fmt: skip
_FIGURES = ("total", "taken_in", "exported", "in_work", "held", "remaining")


def show(board: Board, survey: Sequence[SurveyLine], *, today: date) -> None:
    """The whole view."""
    _against_survey(board, survey, today=today)
    _bottleneck(board, today=today)
    _charts(board)
    _batches(board)


def cells(board: Board) -> list[Cell]:
    """What stands where, for the choice of the board, ready to be set against the survey."""
    found = board.answer("progress_cells")
    return [
        Cell(
            row["unit"],
            _known(row["kind"]),
            _known(row["regime"]),
            row["stage"],
            int(row["documents"]),
        )
        for row in found.to_dict("records")
    ]


def chosen_lines(board: Board, survey: Sequence[SurveyLine]) -> list[SurveyLine]:
    """The lines of the survey that the choice of units and kinds leaves."""
    units, kinds = board.chosen.units, board.chosen.kinds
    return [
        line
        for line in survey
        if (not units or line.unit in units) and (not kinds or not line.kind or line.kind in kinds)
    ]


def _against_survey(board: Board, survey: Sequence[SurveyLine], *, today: date) -> None:
    lines = chosen_lines(board, survey)
    with st.container(border=True):
        st.markdown(
            f"**{say('Against the survey')}**  \n:small[:gray["
            + say("Choose a number to see the documents behind it.")
            + "]]"
        )
        part = st.segmented_control(
            say("Parted"),
            list(_PARTS),
            format_func=lambda name: say(_PARTS[name]),
            default="unit",
            key="progress.part",
            label_visibility="collapsed",
        )
        part = part or "unit"
        if not survey:
            st.info(
                say("Nobody has surveyed yet how many papers there are: totals are those taken in.")
                + " "
                + say("Enter the survey under “Survey”."),
                icon=":material/info:",
            )
        found = standings(lines, cells(board), by=(part,))
        late = [s for s in found if s.overdue(today)]
        if late and part == "unit":
            st.warning(
                say("{n} units are past their due day with the target not reached.", n=len(late)),
                icon=":material/event_busy:",
            )
        table = pd.DataFrame([_row(board, s, part, today) for s in found])
        if table.empty:
            st.markdown(f":gray[{say('None.')}]")
            return
        picked = st.dataframe(
            table,
            hide_index=True,
            height="content" if len(table) <= 15 else 560,
            on_select="rerun",
            selection_mode="single-cell",
            key=f"progress.table.{part}",
            column_config=_columns(part),
        )
        st.download_button(
            say("Download as CSV"),
            table.rename(columns={k: v["label"] for k, v in _columns(part).items()})
            .to_csv(index=False)
            .encode("utf-8-sig"),
            file_name=f"progress-by-{part}.csv",
            mime="text/csv",
            icon=":material/download:",
            key="csv-progress",
            on_click="ignore",
        )
    for row, column in picked["selection"]["cells"]:
        if column in behind.COUNTS:
            _behind(board, found[row], part, str(column))


def _behind(board: Board, standing: Standing, part: str, column: str) -> None:
    kinds: tuple[str, ...] | None = None
    if part == "kind":
        kinds = (standing.kind,)
    elif part == "area":
        area = areas().get(standing.area)
        kinds = tuple(sorted(area.kinds)) if area else ("",)
    behind.show(
        board,
        Behind(
            units=(standing.unit,) if part == "unit" else None,
            kinds=kinds,
            regimes=(standing.regime,) if part == "regime" else None,
            stages=behind.COUNTS[column],
        ),
        key=f"{part}.{column}",
        title=f"{_name(board, standing, part)} · {_columns(part)[column]['label']}",
    )


def _row(board: Board, s: Standing, part: str, today: date) -> dict[str, object]:
    return {
        "name": _name(board, s, part),
        "total": s.total,
        "target": "—" if s.target is None else number(s.target),
        "taken_in": s.taken_in,
        "exported": s.done,
        "in_work": s.in_work,
        "held": s.held,
        "remaining": s.remaining,
        "share": None if s.share is None else round(100 * s.share),
        "reached": "—" if s.reached is None else percent(s.reached),
        "due": f"{s.due:%d/%m/%Y}" if s.due else "—",
        "late": say("overdue") if s.overdue(today) else "",
    }


def _columns(part: str) -> dict[str, Any]:  # Streamlit gives its columns no public type
    whole, share = st.column_config.NumberColumn, st.column_config.ProgressColumn
    text = st.column_config.TextColumn
    first = {
        "unit": "Unit",
        "area": "Field of administration",
        "kind": "Kind of paper",
        "regime": "Date of issue",
    }
    shown: dict[str, Any] = {
        "name": text(say(first[part]), width=210, pinned=True),
        "total": whole(say("Total"), format="localized"),
        "target": text(say("Target"), alignment="right"),
        "taken_in": whole(say("Taken in"), format="localized"),
        "exported": whole(say("Digitised"), format="localized"),
        "in_work": whole(say("In work"), format="localized"),
        "held": whole(say("Held"), format="localized"),
        "remaining": whole(say("Remaining"), format="localized"),
        "share": share(say("Share digitised"), format="%.0f %%", min_value=0, max_value=100),
        "reached": text(say("Target reached"), alignment="right"),
        "due": text(say("Due day")),
        "late": text(say("Note")),
    }
    return shown


def _name(board: Board, s: Standing, part: str) -> str:
    match part:
        case "unit":
            return board.unit(s.unit)
        case "area":
            area = areas().get(s.area)
            return area.name[language()] if area else say("Field not known")
        case "kind":
            return board.kind(s.kind)
    return board.regime(s.regime)


def _bottleneck(board: Board, *, today: date) -> None:
    chosen = board.chosen
    found = board.ask("flow_of_week", units=chosen.units, kinds=chosen.kinds, today=today)
    found = found[found["stage"].isin([*behind.IN_WORK, Stage.HELD.value])]
    waits = found[(found["waiting"] > 0) & (found["stage"] != Stage.HELD.value)]
    if len(waits):
        # Where nothing left all week, clearing would take for ever: that is the worst.
        worst = waits.fillna({"weeks_to_clear": float("inf")}).nlargest(1, "weeks_to_clear").iloc[0]
        note = say(
            "Bottleneck of the week: {stage}. {waiting} wait, {gone} left in seven days.",
            stage=charts.stage_word(Stage(worst["stage"])),
            waiting=number(worst["waiting"]),
            gone=number(worst["gone"]),
        )
    else:
        note = say("Nothing waits.")
    order = [s.value for s in Stage]
    table = found.sort_values("stage", key=lambda s: s.map(order.index))
    ages = board.ask(
        "backlog_age",
        units=chosen.units,
        kinds=chosen.kinds,
        since=chosen.since,
        until=chosen.until,
        today=today,
    )
    left, right = st.columns(2)
    with left:
        exhibits.show(
            charts.flow(table, charts.ink()) if len(table) else None,
            table.assign(stage=[charts.stage_word(Stage(s)) for s in table["stage"]]),
            key="flow_of_week",
            title=say("Flow between stages, last seven days"),
            note=note,
        )
    with right:
        exhibits.show(
            charts.ages(ages, charts.ink()) if len(ages) else None,
            ages.assign(stage=[charts.stage_word(Stage(s)) for s in ages["stage"]]),
            key="backlog_age",
            title=say("How long documents have waited where they are"),
            note=say("n = {n} documents.", n=number(ages["documents"].sum())),
        )


def _charts(board: Board) -> None:
    """Where documents stand, what came of them day by day, and why some are held."""
    drawn.progress(board)
    held = board.answer("held_by_reason")
    with st.container(border=True):
        st.markdown(
            f"**{say('Why documents are held')}**  \n:small[:gray["
            + say("n = {n} documents.", n=number(held["documents"].sum()))
            + "]]"
        )
        if held.empty:
            st.markdown(f":gray[{say('None.')}]")
            return
        picked = st.dataframe(
            pd.DataFrame(
                {
                    "reason": [exhibits.reason(reason) for reason in held["reason"]],
                    "held_at": [
                        charts.stage_word(Stage(s)) if s else "" for s in held["held_at"].fillna("")
                    ],
                    "documents": held["documents"],
                }
            ),
            hide_index=True,
            on_select="rerun",
            selection_mode="single-row",
            key="rows-held_by_reason",
            column_config={
                "reason": say("Reason"),
                "held_at": say("Held at"),
                "documents": say("Documents"),
            },
        )
    for row in picked["selection"]["rows"]:
        behind.show(
            board,
            Behind(stages=(Stage.HELD.value,), reason=held["reason"].iloc[row]),
            key="held",
            title=exhibits.reason(held["reason"].iloc[row]),
        )


def _batches(board: Board) -> None:
    found = board.answer("batches")
    named = board.batches
    with st.expander(say("Batches ({n})", n=number(len(found))), icon=":material/folder_copy:"):
        if found.empty:
            return
        picked = st.dataframe(
            pd.DataFrame(
                {
                    "batch": [named.get(batch, batch) for batch in found["batch"]],
                    "unit": [board.unit(unit) for unit in found["unit"]],
                    "day": [f"{day:%d/%m/%Y}" for day in found["day"]],
                    "total": found["total"],
                    "exported": found["exported"],
                    "in_work": found["in_work"],
                    "held": found["held"],
                    "share": [percent(share) for share in found["share"]],
                }
            ),
            hide_index=True,
            on_select="rerun",
            selection_mode="single-cell",
            key="rows-batches",
            column_config={
                "batch": say("Batch"),
                "unit": say("Unit"),
                "day": say("Taken in"),
                "total": say("Total"),
                "exported": say("Digitised"),
                "in_work": say("In work"),
                "held": say("Held"),
                "share": say("Share"),
            },
        )
    for row, column in picked["selection"]["cells"]:
        line = found.iloc[row]
        behind.show(
            board,
            Behind(batch=line["batch"], stages=behind.COUNTS.get(str(column), behind.TAKEN_IN)),
            key="batch",
            title=named.get(line["batch"], line["batch"]),
        )


def roadmap() -> None:
    """What the letters ask by when."""
    rows = [
        {
            "what": m.what,
            "from": f"{m.begins:%d/%m/%Y}" if m.begins else "—",
            "before": f"{m.before:%d/%m/%Y}" if m.before else "—",
            "source": m.source,
        }
        for m in milestones()
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key="roadmap",
        column_config={
            "what": say("What"),
            "from": say("From day"),
            "before": say("Before day"),
            "source": say("Source of the rule"),
        },
    )


def _known(code: object) -> str:
    return code if isinstance(code, str) else ""
