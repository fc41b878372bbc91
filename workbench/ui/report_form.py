"""The commanders' report on the screen, and the same figures as files to take."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import streamlit as st

from workbench.exchange import reports
from workbench.model import SurveyLine, now
from workbench.ui.board import Board
from workbench.words import language, say
from workbench.workspace import Workspace

_MIME = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
_ICONS = {"xlsx": "table", "docx": "description", "pdf": "picture_as_pdf"}


def show(work: Workspace, board: Board, survey: Sequence[SurveyLine], *, today: date) -> None:
    """The whole view."""
    this = today.replace(day=1)
    before = this - timedelta(days=1)
    spans = {"before": say("Last month"), "this": say("This month"), "days": say("Other days")}
    left, middle, right = st.columns([5, 3, 4], vertical_alignment="bottom")
    span = left.segmented_control(
        say("Period"),
        list(spans),
        format_func=lambda name: spans[name],
        default="before",
        key="report.span",
    )
    since, until = (this, today) if span == "this" else (before.replace(day=1), before)
    with middle:
        if span == "days":
            days: tuple[date, ...] = st.date_input(
                say("From day to day"), (since, until), format="DD/MM/YYYY", key="report.days"
            )
            if days:
                since, until = days[0], days[-1]
    with right:
        unit = st.selectbox(
            say("Unit"),
            list(board.units),
            format_func=board.unit,
            index=None,
            placeholder=say("All units"),
            key="report.unit",
        )
    found = reports.report(
        board.questions,
        survey,
        agency=work.agency,
        names=board.units,
        kind=board.kind,
        since=since,
        until=until,
        unit=unit,
        at=now(),
    )
    _preview(found)
    _files(found, key=f"{since}.{until}.{unit}.{board.questions.generation}")


def _preview(found: reports.Report) -> None:
    with st.container(border=True):
        st.markdown(f"**{reports.title(found)}**  \n" + "  \n".join(reports.about(found)))
        frame = found.frame
        shown = pd.DataFrame(
            {
                reports.heading(name): [reports.written(name, _plain(v)) for v in frame[name]]
                for name in frame.columns
            }
        )
        st.dataframe(
            shown,
            hide_index=True,
            height="content" if len(shown) <= 20 else 740,
            key="rows-report",
            column_config={
                reports.heading(name): st.column_config.TextColumn(
                    pinned=name == "name", alignment="left" if name == "name" else "right"
                )
                for name in frame.columns
            },
        )
        st.caption("  \n".join(reports.notes()))


def _plain(value: object) -> str | int | float | None:
    """A cell of the frame: pandas turns a missing number into NaN."""
    if isinstance(value, str):
        return value
    if pd.isna(value):  # type: ignore[call-overload]
        return None
    return value if isinstance(value, int) else float(value)  # type: ignore[arg-type]


def _files(found: reports.Report, *, key: str) -> None:
    with st.container(horizontal=True):
        for ending in reports.FORMATS:
            st.download_button(
                {"xlsx": "Excel", "docx": "Word", "pdf": "PDF"}[ending],
                _written(key, ending, language(), found),
                file_name=f"{found.name}.{ending}",
                mime=_MIME[ending],
                icon=f":material/{_ICONS[ending]}:",
                key=f"report.{ending}",
                on_click="ignore",
            )
    st.caption(
        say("Every month by itself: `workbench report --to FOLDER`, for example by a timer.")
    )


@st.cache_data(max_entries=60, show_spinner=False)
def _written(key: str, ending: str, spoken: str, _found: reports.Report) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        (path,) = reports.write(_found, Path(folder), (ending,))
        return path.read_bytes()
