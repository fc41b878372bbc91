"""Batches of records without a scan before an approver."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from workbench import flow, ui
from workbench.flow import whole_batches
from workbench.flow.whole_batches import WITHOUT_SCAN
from workbench.model import Batch, Document, Person, Sample, Severity, Stage
from workbench.review import ReviewSheet
from workbench.ui import dossier, frame
from workbench.ui.notation import literal, number
from workbench.words import say
from workbench.workspace import Workspace

_PER_PAGE = 20
_SAMPLE = 20  # records; of a smaller batch all


def show(work: Workspace, person: Person) -> None:
    """The batches that wait, and the one that was chosen."""
    waiting = [
        (batch, found)
        for batch, counts in work.store.batches_of(WITHOUT_SCAN)
        if counts.get(Stage.REVIEWED)
        and (found := whole_batches.waiting(work, batch.id, by=person.name))
    ]
    if not waiting:
        frame.nothing(
            say("No batch waits for your approval."),
            say("Batches appear here once records without a scan were entered by somebody else."),
            person=person,
        )
        return
    by_key = {batch.id: (batch, found) for batch, found in waiting}
    chosen = st.selectbox(
        say("Batch"),
        list(by_key),
        format_func=lambda key: _batch_said(work, *by_key[key]),
        key="entered.batch",
    )
    if chosen is not None:
        _batch(work, person, *by_key[chosen])


def _batch_said(work: Workspace, batch: Batch, found: Sequence[Document]) -> str:
    return say(
        "{batch} · {unit} · {n} records wait",
        batch=batch.name, unit=batch.unit, n=number(len(found)),
    )  # fmt: skip


def _batch(work: Workspace, person: Person, batch: Batch, found: Sequence[Document]) -> None:
    sample = whole_batches.standing_sample(work, batch.id, by=person.name)
    there = {document.id: document for document in found}
    in_sample = [key for key in sample.documents if key in there] if sample else []
    looked = [key for key in in_sample if sample and key in sample.looked]
    with st.container(border=True):
        if sample is None:
            _draw(work, person, batch, len(found))
        else:
            _told(sample, looked, in_sample)
            among = len(whole_batches.covered(found, sample))
            _approve(work, person, batch, among, ready=len(looked) == len(in_sample))
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(say("Records of the batch"), anchor=False)
        picked = _list(work, found, sample)
    with right:
        key = picked or next((k for k in in_sample if k not in looked), "")
        if key:
            _one(work, person, key, sample)
        else:
            st.info(say("Choose a record to see what it says."), icon=":material/arrow_back:")


def _draw(work: Workspace, person: Person, batch: Batch, among: int) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        size = st.number_input(
            say("Records in the sample"),
            1,
            among,
            min(_SAMPLE, among),
            width=260,
            key=f"entered.size.{among}",
        )
        if st.button(
            say("Draw a sample"), type="primary", icon=":material/casino:", key="entered.draw"
        ):
            with ui.guarded():
                whole_batches.draw(
                    work, batch.id, size=size, seed=secrets.randbelow(1 << 31), by=person.name
                )
                st.rerun()


def _told(sample: Sample, looked: Sequence[str], in_sample: Sequence[str]) -> None:
    st.markdown(
        say(
            "Sample of {size} out of {among}, drawn with the seed {seed}: {n} of {of} opened.",
            size=number(len(sample.documents)), among=number(sample.among), seed=str(sample.seed),
            n=number(len(looked)), of=number(len(in_sample)),
        )
    )  # fmt: skip


def _approve(work: Workspace, person: Person, batch: Batch, among: int, *, ready: bool) -> None:
    if st.button(
        say("Approve all {n} records", n=number(among)),
        type="primary",
        icon=":material/done_all:",
        disabled=not ready,
        help=None if ready else say("Open each record of the sample first."),
        key="entered.approve",
    ):
        with ui.guarded(), st.spinner(say("Approving…")):
            done = whole_batches.approve_batch(work, batch.id, by=person.name)
            frame.done(say("{n} records approved.", n=number(done.approved)))
            st.session_state["entered.refused"] = [
                (document.number, say(why)) for document, why in done.refused
            ]
            st.rerun()
    if refused := st.session_state.get("entered.refused"):
        with st.expander(say("{n} records were not approved", n=number(len(refused)))):
            for place, why in refused:
                st.markdown(f"- {place}: {literal(why)}")


def _list(work: Workspace, found: Sequence[Document], sample: Sample | None) -> str:
    """The records with what does not hold; the id of the one that was clicked."""
    page = 1
    if len(found) > _PER_PAGE:
        page = st.pagination(-(-len(found) // _PER_PAGE), key=f"entered.page.{len(found)}")
    shown = found[(page - 1) * _PER_PAGE : page * _PER_PAGE]
    sheets = [flow.sheet(work, document.id) for document in shown]
    picked = st.dataframe(
        pd.DataFrame([_row(sheet, sample) for sheet in sheets]),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"entered.table.{page}",
        column_config={
            "n": st.column_config.NumberColumn("#", width=40),
            "so": st.column_config.TextColumn(say("Number"), width=90),
            "errors": st.column_config.NumberColumn(say("Errors"), width=50),
            "warnings": st.column_config.NumberColumn(say("Warnings"), width=75),
            "sample": st.column_config.CheckboxColumn(say("In the sample"), width=100),
            "seen": st.column_config.CheckboxColumn(say("Opened"), width=60),
            "holder": st.column_config.TextColumn(say("Holder of the paper"), width=260),
        },
        column_order=[
            "n",
            "so",
            *(("sample", "seen") if sample else ()),
            "errors",
            "warnings",
            "holder",
        ],
    )
    rows = picked.selection.rows
    return shown[rows[0]].id if rows else ""


def _row(sheet: ReviewSheet, sample: Sample | None) -> dict[str, object]:
    told = [f for field in sheet.fields for f in field.findings] + list(sheet.errors)
    document = sheet.document
    return {
        "n": document.number,
        "so": sheet.values.get("so", ""),
        "holder": next(
            (sheet.values[n] for n in ("ten_to_chuc", "ten_co_so") if sheet.values.get(n)), ""
        ),
        "errors": len({(f.rule, f.fields) for f in told if f.severity is Severity.ERROR}),
        "warnings": len({(f.rule, f.fields) for f in told if f.severity is Severity.WARNING}),
        "sample": bool(sample and document.id in sample.documents),
        "seen": bool(sample and document.id in sample.looked),
    }


def _one(work: Workspace, person: Person, key: str, sample: Sample | None) -> None:
    """One record in full; opening it counts as having looked at it."""
    sheet = flow.sheet(work, key)
    document = sheet.document
    st.subheader(say("Record no. {n}", n=document.number), anchor=False)
    with st.container(horizontal=True):
        if (
            sample is not None
            and key in sample.documents
            and key not in sample.looked
            and st.button(
                say("Looked at: the next one"),
                type="primary",
                icon=":material/visibility:",
                shortcut="Ctrl+Enter",
                key=f"entered.looked.{key}",
            )
        ):
            work.store.look_at(sample.id, key)
            st.rerun()
        with st.popover(say("Send back…"), icon=":material/undo:"):
            reason = st.text_area(say("What must be put right?"), key=f"entered.reason.{key}")
            if st.button(say("Send back"), type="primary", key=f"entered.back.{key}"):
                with ui.guarded():
                    flow.send_back(
                        work, key, by=person.name, revision=document.revision, reason=reason
                    )
                    frame.done(say("Sent back to the reviewer with your reason."))
                    st.rerun()
    with st.container(height=560, border=False):
        dossier.fields(work, sheet)
