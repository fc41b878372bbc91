"""A figure in its frame: what it is, the number of cases, and the table behind it to take along."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from workbench.ui.notation import number, percent
from workbench.words import say

_DAYS = frozenset(("day", "oldest", "finish", "likely_first", "likely_last", "wide_first",
                   "wide_last", "due"))  # fmt: skip

COLUMNS: Mapping[str, str] = {
    "stage": "Stage", "documents": "Documents", "oldest": "Oldest since", "day": "Day",
    "received": "Taken in", "read": "Read", "reviewed": "Reviewed", "approved": "Approved",
    "exported": "Exported", "proposed": "Waits for review", "in_work": "In work", "held": "Held",
    "name": "Unit", "unit": "Code", "kind": "Kind of paper", "regime": "Date of issue",
    "total": "Total", "remaining": "Remaining", "share": "Share", "pages": "Pages",
    "before_total": "Before 01/7/2022", "before_done": "Before 01/7/2022: exported",
    "from_total": "From 01/7/2022", "from_done": "From 01/7/2022: exported",
    "reason": "Reason", "held_at": "Held at", "engine": "Engine", "field": "Field",
    "readings": "Readings", "agreeing": "Agreeing", "settled": "Against a reviewed value",
    "right_settled": "… of these right", "cases": "Cases", "edit": "Typed by hand",
    "candidate": "Another reading taken", "illegible": "Illegible", "absent": "Not on the paper",
    "corrected": "Corrected", "accepted": "Accepted by the machine", "changed": "Changed later",
    "share_accepted": "Share accepted", "share_changed": "Share changed later",
    "failed": "Pages not read", "mean_seconds": "CPU seconds a page",
    "median_seconds": "Median", "p95_seconds": "95 of 100 below",
    "came": "Came", "gone": "Left", "hours": "Median hours there", "waiting": "Waiting now",
    "weeks_to_clear": "Weeks to clear", "up_to_1": "Up to a day", "up_to_7": "2–7 days",
    "up_to_30": "8–30 days", "up_to_90": "31–90 days", "longer": "Longer than 90 days",
    "oldest_days": "Oldest, days", "per_week": "A week", "finish": "Done on (median)",
    "likely_first": "80 %: from", "likely_last": "80 %: to", "wide_first": "95 %: from",
    "wide_last": "95 %: to", "due": "Due day", "share_chance": "Chance to be in time",
    "hours_now": "Reviewer-hours a week now", "hours_needed": "… to be in time",
    "what": "Parted by", "right_first": "Right at first reading", "version": "Version",
    "scan_level": "Scan",
    "minutes": "Active minutes", "document_seconds": "Median seconds a document",
    "keys": "Keys", "flagged": "Flagged fields",
    "keys_a_document": "Keys a correct document", "field_seconds": "Seconds a flagged field",
    "each_seconds": "Seconds a case", "said": "Read as",
    "true": "On the paper", "times": "Times",
    "papers": "Papers", "poor": "Poor scans", "looks": "Fields looked at",
    "first_key_seconds": "To the first key, s", "committed_seconds": "To the end, s",
    "share_first": "First candidate taken", "share_other": "Another one taken",
    "share_typed": "Typed", "share_context": "Whole page opened",
    "latency_seconds": "To the next paper, s",
}  # fmt: skip


def show(
    figure: go.Figure | None,
    table: pd.DataFrame,
    *,
    key: str,
    title: str,
    note: str,
    opened: bool = False,
) -> None:
    """A figure in its frame: title, number of cases, and the table behind it to read or take."""
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{title}**  \n:small[:gray[{note}]]")
        if figure is not None:
            st.plotly_chart(
                figure,
                key=f"figure-{key}",
                config=_config(key),
                width="stretch",
                alt=f"{title}. {note}",
            )
        if table.empty:
            st.markdown(f":gray[{say('None.')}]")
            return
        with st.expander(say("The figures behind it"), expanded=opened, key=f"table-{key}"):
            shown = _readable(table)
            st.dataframe(
                shown,
                key=f"rows-{key}",
                hide_index=True,
                width="stretch",
                column_config=_aligned(table, shown),
            )
            st.download_button(
                say("Download as CSV"),
                # With a byte order mark, or Excel shows the Vietnamese as something else.
                _named(table).to_csv(index=False).encode("utf-8-sig"),
                file_name=f"{key}.csv",
                mime="text/csv",
                icon=":material/download:",
                key=f"csv-{key}",
                on_click="ignore",
            )


def of_many(there: int, drawn: int, says: str) -> str:
    """What is drawn where there is more than fits; the table has all. `says`: a message id."""
    return f" {say(says, n=number(drawn))}" if there > drawn else ""


def reason(pattern: str) -> str:
    """Why documents are held, in words; what differs from case to case is left open."""
    if not pattern:
        return say("No reason was given.")
    if pattern == "{reason}":  # a person's own words, which never come as far as the figures
        return say("Written by a person on the document.")
    return re.sub(r"\{[^}]*\}", "…", say(pattern))


def _config(key: str) -> dict[str, Any]:
    return {
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"filename": key, "scale": 2},
    }


def _aligned(table: pd.DataFrame, shown: pd.DataFrame) -> dict[str, Any]:
    """Numbers stand under one another, also those that are shown as text."""
    config: dict[str, Any] = {}
    for name, column in zip(table.columns, shown.columns, strict=True):
        if pd.api.types.is_integer_dtype(shown[column]):
            config[column] = st.column_config.NumberColumn(format="localized")
        elif pd.api.types.is_numeric_dtype(table[name]):
            config[column] = st.column_config.TextColumn(alignment="right")
    return config


def _named(table: pd.DataFrame) -> pd.DataFrame:
    return table.rename(columns={name: say(COLUMNS.get(name, name)) for name in table.columns})


def _readable(table: pd.DataFrame) -> pd.DataFrame:
    """The table with dates, shares and seconds as people write them."""
    shown = table.copy()
    for name in shown.columns:
        if name.startswith("share"):
            shown[name] = [percent(v) if pd.notna(v) else "—" for v in shown[name]]
        elif name.endswith("seconds"):
            shown[name] = [number(v, 2) if pd.notna(v) else "—" for v in shown[name]]
        elif name in ("hours", "weeks_to_clear", "minutes", "keys_a_document",
                      "hours_now", "hours_needed", "per_week"):  # fmt: skip
            shown[name] = [number(v, 1) if pd.notna(v) else "—" for v in shown[name]]
        elif name in _DAYS:
            shown[name] = [v.strftime("%d/%m/%Y") if pd.notna(v) else "—" for v in shown[name]]
    return _named(shown)
