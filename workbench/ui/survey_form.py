"""The survey on the screen: read from a sheet, or entered for one unit; and the roadmap."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from workbench import exchange, review
from workbench.catalogues.roadmap import area_of, areas
from workbench.exchange import sheets
from workbench.model import Person, Role, SurveyLine, now
from workbench.store.survey import drop_survey, keep_survey, survey
from workbench.survey import HEADINGS, Checked, check
from workbench.ui import frame, progress
from workbench.ui.board import Board
from workbench.ui.notation import number
from workbench.words import language, say
from workbench.workspace import Workspace

_REGIMES: Mapping[str, str] = {"before": "before 01/7/2022", "from": "from 01/7/2022"}


def kept(work: Workspace) -> tuple[SurveyLine, ...]:
    """Every line of the survey that stands."""
    return survey(work.store)


def show(work: Workspace, board: Board, survey: Sequence[SurveyLine], *, by: Person) -> None:
    """The whole view."""
    st.markdown(
        say(
            "{lines} lines: {papers} papers to digitise in {units} units.",
            lines=number(len(survey)),
            papers=number(sum(line.papers for line in survey)),
            units=number(len({line.unit for line in survey})),
        )
    )
    left, right = st.columns([2, 5], gap="medium")
    with left, st.container(border=True):
        _import(work, by=by)
    with right, st.container(border=True):
        _enter(work, board, survey, by=by)
    with st.expander(say("The roadmap of the letters"), expanded=not survey):
        progress.roadmap()


def _names(work: Workspace) -> tuple[dict[str, str], dict[str, str]]:
    units = {unit.code: unit.name for unit in work.store.units()}
    kinds = {id_: template.title["vi"] for id_, template in work.templates.items()}
    return units, kinds


def _import(work: Workspace, *, by: Person) -> None:
    st.markdown(f"**{say('From Excel or CSV')}**")
    st.caption(
        say(
            "The first row names the columns. The lines of the units in the file take the place of "
            "those that stand; one bad row, and nothing is taken in."
        )
    )
    st.download_button(
        say("Sheet to fill in"),
        _sheet(language(), tuple(unit.code for unit in work.store.units())),
        file_name="khao-sat.xlsx",
        icon=":material/download:",
        key="survey.sheet",
        on_click="ignore",
    )
    given = st.file_uploader(
        say("File"), type=["xlsx", "xls", "csv"], key="survey.file", label_visibility="collapsed"
    )
    if given is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("survey" + Path(given.name).suffix.lower())
        path.write_bytes(given.getvalue())
        rows = sheets.read(path)
    units, kinds = _names(work)
    found = check(rows, units=units, kinds=kinds, by=by.name, at=now())
    if found.faults:
        _tell(found)
        return
    st.success(
        say(
            "{lines} lines with {papers} papers can be taken in.",
            lines=number(len(found.lines)),
            papers=number(sum(line.papers for line in found.lines)),
        )
    )
    if st.button(say("Take in the survey"), type="primary", key="survey.take"):
        _keep(work, found, by=by)


def _tell(found: Checked) -> None:
    st.error(
        "\n".join(
            "- " + say("Row {row} — {what}", row=fault.row, what=say(fault.sentence))
            for fault in found.faults[:50]
        )
        + "\n\n"
        + say("Nothing was taken in."),
        icon=":material/error:",
    )


def _keep(work: Workspace, found: Checked, *, by: Person) -> None:
    review.must(by, Role.MANAGER)
    keep_survey(work.store, found.lines)
    frame.done(
        say(
            "{lines} lines with {papers} papers were taken in.",
            lines=number(len(found.lines)),
            papers=number(sum(line.papers for line in found.lines)),
        )
    )
    st.rerun()


def _enter(work: Workspace, board: Board, survey: Sequence[SurveyLine], *, by: Person) -> None:
    st.markdown(f"**{say('Entered for one unit')}**")
    units, kinds = _names(work)
    if not units:
        st.markdown(f":gray[{say('There is no unit yet.')}]")
        return
    unit: str = st.selectbox(
        say("Unit"), list(units), format_func=lambda code: units[code], key="survey.unit"
    )
    mine = {(line.kind, line.regime): line for line in survey if line.unit == unit}
    rows = []
    for kind in work.templates:
        for regime in _REGIMES:
            line = mine.get((kind, regime))
            rows.append(
                {
                    "kind": board.kind(kind),
                    "regime": say(_REGIMES[regime]),
                    "papers": line.papers if line else None,
                    "target": line.target if line else None,
                    "due": line.due if line else None,
                    "essential": bool(line and line.essential),
                }
            )
    edited = st.data_editor(
        pd.DataFrame(rows).astype({"papers": "Int64", "target": "Int64"}),
        hide_index=True,
        disabled=["kind", "regime"],
        key=f"survey.lines.{unit}",
        column_config={
            "kind": st.column_config.TextColumn(say("Kind of paper"), width=190),
            "regime": st.column_config.TextColumn(say("Date of issue"), width=115),
            "papers": st.column_config.NumberColumn(say("Total"), min_value=0, step=1),
            "target": st.column_config.NumberColumn(say("Target"), min_value=0, step=1),
            "due": st.column_config.DateColumn(say("Due day"), format="DD/MM/YYYY"),
            "essential": st.column_config.CheckboxColumn(say("Essential service")),
        },
    )
    if not st.button(say("Save"), type="primary", key="survey.save"):
        return
    heading = [HEADINGS[name][0] for name in
               ("unit", "kind", "regime", "papers", "target", "due", "essential")]  # fmt: skip
    sheet: list[list[object]] = [list(heading)]
    keys = [(kind, regime) for kind in work.templates for regime in _REGIMES]
    for (kind, regime), (_, row) in zip(keys, edited.iterrows(), strict=True):
        if pd.isna(row["papers"]):
            continue
        sheet.append([
            unit, kind, regime, float(row["papers"]),
            "" if pd.isna(row["target"]) else float(row["target"]),
            "" if pd.isna(row["due"]) else row["due"], "x" if row["essential"] else "",
        ])  # fmt: skip
    if len(sheet) == 1:
        review.must(by, Role.MANAGER)
        drop_survey(work.store, unit)
        frame.done(say("The lines of the unit were taken away."))
        st.rerun()
    found = check(sheet, units=units, kinds=kinds, by=by.name, at=now())
    if found.faults:
        _tell(found)
        return
    _keep(work, found, by=by)


@st.cache_data(max_entries=4, show_spinner=False)
def _sheet(spoken: str, units: tuple[str, ...]) -> bytes:
    """An Excel sheet with the right headings and a line for each unit, kind and regime."""
    rows = [
        {"unit": unit, "area": area.name["vi"], "kind": kind,
         "regime": "trước 01/7/2022" if regime == "before" else "từ 01/7/2022"}
        for unit in units for area in areas().values()
        for kind in sorted(area.kinds) for regime in _REGIMES
        if area_of(kind) == area.id
    ]  # fmt: skip
    columns = {name: words[0] for name, words in HEADINGS.items()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "survey.xlsx"
        exchange.write_list(rows, path, columns=columns, sheet="Survey")
        return path.read_bytes()
