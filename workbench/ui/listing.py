"""A list of documents: filters above, one page of lines at a time, one line to open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

import pandas as pd
import streamlit as st

from workbench.flow import custody
from workbench.model import Document, Person, Stage
from workbench.ui import badges, dossier, match_sheet, notation
from workbench.words import say
from workbench.workspace import Workspace

PER_PAGE = 25
_MARGINS = (5.0, 10.0, 20.0, 30.0)
_ORDERS: Mapping[Literal["arrival", "certainty"], str] = {
    "arrival": "as they came",
    "certainty": "least certain form first",
}


class Wanted(TypedDict):
    """What the filters ask for; the names are those of the store's question."""

    stage: Stage | None
    unit: str | None
    kind: str | None
    batch: str | None
    text: str
    kept_of: str
    margin: float | None


def filters(work: Workspace, person: Person) -> Wanted:
    """The filters in one line; of the repository a person finds here what is their unit's."""
    units = {unit.code: unit.name for unit in work.store.units()}
    batches = {batch.id: batch.name for batch in work.store.batches()}
    first, second, third, fourth, fifth, sixth = st.columns(6)
    everything = say("All")
    return Wanted(
        kept_of=custody.kept_of(person),
        text=first.text_input(
            say("Contains"),
            placeholder=say("file name or a value"),
            icon=":material/search:",
            key="documents.text",
        ),
        stage=second.selectbox(
            say("Stage"),
            list(Stage),
            format_func=badges.stage_word,
            index=None,
            placeholder=everything,
            key="documents.stage",
        ),
        kind=third.selectbox(
            say("Kind"),
            list(work.templates),
            format_func=lambda kind: dossier.kind_of(work, kind),
            index=None,
            placeholder=everything,
            key="documents.kind",
        ),
        unit=fourth.selectbox(
            say("Unit"),
            list(units),
            format_func=lambda code: units[code],
            index=None,
            placeholder=everything,
            key="documents.unit",
        ),
        batch=fifth.selectbox(
            say("Batch"),
            list(batches),
            format_func=lambda key: batches[key],
            index=None,
            placeholder=everything,
            key="documents.batch",
        ),
        margin=sixth.selectbox(
            say("Margin to the next form"),
            _MARGINS,
            format_func=lambda points: say("under {n} of 100", n=notation.number(points)),
            index=None,
            placeholder=everything,
            key="documents.margin",
        ),
    )


def choose(work: Workspace, wanted: Wanted) -> Document | None:
    """One page of the documents that match; the one whose line was chosen."""
    total = work.store.count(**wanted)
    if not total:
        return None
    pages = -(-total // PER_PAGE)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(say("{n} documents", n=notation.number(total)), width="stretch")
        order = st.segmented_control(
            say("In which order"),
            list(_ORDERS),
            format_func=lambda name: say(_ORDERS[name]),
            default="arrival",
            required=True,
            label_visibility="collapsed",
            key="documents.order",
        )
        page = st.pagination(pages, key=f"documents.page.{pages}") if pages > 1 else 1
    shown = work.store.documents(
        **wanted, order=order, limit=PER_PAGE, offset=(page - 1) * PER_PAGE
    )
    rows = table(work, shown, key=f"documents.{order}.{page}", selection="single-row")
    return shown[rows[0]] if rows else None


def table(
    work: Workspace,
    documents: Sequence[Document],
    *,
    key: str,
    selection: Literal["single-row", "multi-row"],
) -> list[int]:
    """Lines of documents; which of them are chosen."""
    looks = list(badges.STAGES.values())
    answer = st.dataframe(
        pd.DataFrame(_rows(work, documents)),
        hide_index=True,
        height=38 + 35 * max(1, min(len(documents), PER_PAGE)),
        on_select="rerun",
        selection_mode=selection,
        key=key,
        column_config={
            "stage": badges.column(say("Stage"), looks),
            "name": st.column_config.TextColumn(say("File"), width=105),
            "kind": st.column_config.TextColumn(say("Kind"), width=150),
            "match": st.column_config.TextColumn(say("Why held, or how it matched"), width=190),
            "margin": st.column_config.NumberColumn(
                say("Margin"),
                width=70,
                format="%.0f",
                help=say("Points of 100 by which its form was nearer than the next one."),
            ),
            "unit": st.column_config.TextColumn(say("Unit"), width=95),
            "batch": st.column_config.TextColumn(say("Batch"), width=75),
            "changed": st.column_config.TextColumn(say("Last change"), width=135),
        },
    )
    return list(answer["selection"]["rows"])


def _rows(work: Workspace, documents: Sequence[Document]) -> list[dict[str, object]]:
    units = {unit.code: unit.name for unit in work.store.units()}
    batches = {batch.id: batch.name for batch in work.store.batches()}
    return [
        {
            "name": dossier.name_of(work, document),
            "stage": [badges.stage_word(document.stage)],
            "kind": dossier.kind_of(work, document.kind),
            "match": match_sheet.short(document),
            "margin": match_sheet.margin(document),
            "unit": units.get(document.unit, document.unit),
            "batch": batches.get(document.batch, ""),
            "changed": notation.moment(document.changed_at),
        }
        for document in documents
    ]
