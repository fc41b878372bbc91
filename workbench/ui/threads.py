"""Remarks on screen: the threads of a document with a place to answer, and the units' log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import pandas as pd
import streamlit as st

from workbench import exchange, flow, ui
from workbench.model import Person, now
from workbench.review import ReviewSheet, Thread
from workbench.review import threads as threads_of
from workbench.ui import dossier, frame, notation
from workbench.words import language, say
from workbench.workspace import Workspace

COLUMNS = {
    "status": "Standing",
    "text": "What was remarked",
    "field": "Field",
    "document": "File",
    "unit": "Unit",
    "by": "Noted by",
    "at": "Noted at",
    "answer": "Last answer",
    "answered_by": "Answered by",
    "answered_at": "Answered at",
}
_MOST = 2000  # threads on screen; the Excel file has them all


def rows(work: Workspace, found: Sequence[Thread]) -> list[dict[str, object]]:
    """The threads as lines of a log, by the keys of `COLUMNS`."""
    units = {unit.code: unit.name for unit in work.store.units()}
    names = {person.name: person.shown_as for person in work.store.persons()}
    lines: list[dict[str, object]] = []
    for thread in found:
        first, last = thread.first, thread.answers[-1] if thread.answers else None
        document = work.store.document(first.document)
        template = work.templates.get(document.kind or "") if document else None
        label = first.field
        if template and first.field:
            try:
                label = template.field_label(first.field, language())
            except KeyError:
                label = first.field
        lines.append(
            {
                "unit": units.get(first.unit, first.unit),
                "document": dossier.name_of(work, document) if document else "",
                "field": label,
                "text": first.text,
                "by": names.get(first.by, first.by),
                "at": first.at,
                "status": say("answered") if thread.answered else say("waits for an answer"),
                "answer": last.text if last else "",
                "answered_by": names.get(last.by, last.by) if last else "",
                "answered_at": last.at if last else None,
            }
        )
    return lines


def excel(lines: Sequence[dict[str, object]]) -> bytes:
    """The log as an Excel file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log.xlsx"
        exchange.write_list(lines, path, columns=COLUMNS, sheet="Log of difficulties")
        return path.read_bytes()


def log(work: Workspace, person: Person) -> None:
    """The units' remarks, with a filter, a place to answer and the Excel file."""
    units = {unit.code: unit.name for unit in work.store.units()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        unit = st.selectbox(
            say("Unit"),
            [None, *units],
            format_func=lambda u: units[u] if u else say("All units"),
            key="difficulties.unit",
        )
        waiting = st.toggle(say("Only what waits for an answer"), key="difficulties.waiting")
        everything = st.toggle(say("Also remarks outside the log"), key="difficulties.everything")
    found = flow.remarks(work, by=person.name, unit=unit, difficulties=not everything)
    found = [t for t in found if not (waiting and t.answered)]
    if not found:
        frame.nothing(
            say("No difficulty is noted here."),
            say("Reviewers note one at the desk with the key C."),
            person=person,
        )
        return
    lines = rows(work, found)
    st.download_button(
        say("Download as Excel"),
        data=lambda: excel(lines),
        file_name=f"so-vuong-mac-{now():%Y%m%d}.xlsx",
        icon=":material/download:",
        key="difficulties.excel",
    )
    listed = pd.DataFrame([{key: _shown(line[key]) for key in COLUMNS} for line in lines[:_MOST]])
    heads: Any = {key: say(words) for key, words in COLUMNS.items()}
    picked: Any = st.dataframe(
        listed,
        hide_index=True,
        column_config=heads,
        on_select="rerun",
        selection_mode="single-row",
        key=f"difficulties.list.{unit}.{waiting}.{everything}",
    )
    chosen = picked.selection.rows
    if not chosen:
        st.caption(say("Choose a line to read the thread and answer."))
        return
    thread = found[chosen[0]]
    frame.way_to(
        "documents.py",
        person=person,
        label=say("Open the document"),
        document=thread.first.document,
    )
    show(work, thread, person)


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return notation.moment(value)
    return str(value or "")


def under(work: Workspace, sheet: ReviewSheet, person: Person) -> None:
    """The threads of a document, each with a place to answer; nothing where there is none."""
    found = threads_of(sheet.comments)
    if not found:
        return
    open_ones = sum(not thread.answered for thread in found)
    with st.expander(
        say("Remarks ({n})", n=len(found)), icon=":material/forum:", expanded=bool(open_ones)
    ):
        for thread in found:
            show(work, thread, person)


def show(work: Workspace, thread: Thread, person: Person) -> None:
    """One thread, oldest first, and a place to answer."""
    names = {p.name: p.shown_as for p in work.store.persons()}
    with st.container(border=True):
        for comment in (thread.first, *thread.answers):
            who = notation.literal(names.get(comment.by, comment.by))
            st.markdown(f"**{who}** :gray[{notation.moment(comment.at)}]")
            st.text(comment.text)
        with st.form(f"answer.{thread.first.id}.{len(thread.answers)}", border=False), ui.guarded():
            text = st.text_area(say("Answer"), key=f"answer.text.{thread.first.id}", height=80)
            if st.form_submit_button(say("Answer")):
                flow.comment(
                    work,
                    thread.first.document,
                    text,
                    by=person.name,
                    key=uuid4().hex,
                    field=thread.first.field,
                    answers=thread.first.id,
                )
                frame.done(say("The answer was kept."))
                st.rerun()
