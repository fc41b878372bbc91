"""Batches on screen: what became of each file, and how far each batch is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from workbench import ui
from workbench.errors import Sentence
from workbench.model import Batch, Intake, Person, SourceFile, Stage, Unit, now
from workbench.ui import badges, notation, uploads
from workbench.ui.tasks import READING
from workbench.words import say
from workbench.workspace import Workspace

_PER_PAGE = 15
_SHARE: Any = {"format": "%d %%", "max_value": 100}
_DONE = (Stage.EXPORTED, Stage.REJECTED)


def proposed_name() -> str:
    return say("Batch of {moment}", moment=notation.moment(now()))


def place_of(work: Workspace, unit: str) -> int | None:
    codes = [u.code for u in work.store.units()]
    return codes.index(unit) if unit in codes else None


def unit_chosen(work: Workspace, person: Person, label: str, *, key: str) -> Unit | None:
    """A list of the units, the person's own first chosen; None until one is."""
    return st.selectbox(
        label,
        work.store.units(),
        format_func=lambda u: u.name,
        index=None if person.unit is None else place_of(work, person.unit),
        placeholder=say("Choose a unit"),
        key=key,
    )


def handed_in(
    work: Workspace, person: Person, *, key: str
) -> tuple[str, Unit | None, list[uploads.Upload]]:
    """The questions of whoever hands scans in: the batch's name, the unit, the files."""
    left, right = st.columns(2)
    name = left.text_input(say("Name of the batch"), proposed_name(), key=f"{key}.name")
    with right:
        unit = unit_chosen(work, person, say("Unit that hands the papers in"), key=f"{key}.unit")
    given = st.file_uploader(
        say("Scans: PDF, TIFF, JPEG, PNG, or a ZIP of them"),
        uploads.TYPES,
        accept_multiple_files=True,
        key=f"{key}.files",
    )
    return name, unit, list(given)


def show_files(work: Workspace, batch: Batch) -> None:
    """What became of each file of a batch: the refused first, each with its reason and remedy."""
    files = work.store.sources(batch.id)
    order = (Intake.REFUSED, Intake.KNOWN, Intake.ACCEPTED)
    files.sort(key=lambda f: (order.index(f.intake), f.name))
    st.subheader(say("Files of “{name}”", name=notation.literal(batch.name)), anchor=False)
    st.markdown(
        " &nbsp; ".join(
            f"{badges.badge(badges.INTAKES[fate])} {notation.number(n)}"
            for fate in reversed(order)
            if (n := sum(f.intake is fate for f in files))
        )
    )
    st.dataframe(
        pd.DataFrame([_file(work, file) for file in files]),
        hide_index=True,
        height=min(38 + 35 * max(1, len(files)), 420),
        column_config={
            "fate": badges.column(say("Result"), [badges.INTAKES[fate] for fate in order]),
            "name": st.column_config.TextColumn(say("File")),
            "pages": st.column_config.TextColumn(say("Pages"), width="small", alignment="right"),
            "size": st.column_config.TextColumn(say("Size"), width="small"),
            "why": st.column_config.TextColumn(say("Reason and what helps"), width="large"),
        },
    )


def _file(work: Workspace, file: SourceFile) -> dict[str, object]:
    why = ""
    if file.reason:
        parts = [Sentence.from_json(kept) for kept in (file.reason, file.remedy) if kept]
        why = " ".join(say(part) for part in parts if part.text)
    elif file.known_as and (earlier := work.store.source(file.known_as)):
        batch = work.store.batch(earlier.batch)
        why = say(
            "The same file was taken in as {name} in “{batch}”; it is not read twice.",
            name=earlier.name,
            batch=batch.name if batch else "",
        )
    return {
        "fate": [say(badges.INTAKES[file.intake].word)],
        "name": file.name,
        "pages": notation.number(file.pages) if file.pages else "",
        "size": notation.size(file.size) if file.size else "",
        "why": why,
    }


@ui.watching(10)
def watch(work: Workspace) -> None:
    """The list of batches, newest first; drawn again while it is looked at."""
    batches = work.store.batches()
    page = 1
    if len(batches) > _PER_PAGE:
        page = st.pagination(-(-len(batches) // _PER_PAGE), key="batches.page")
    shown = batches[(page - 1) * _PER_PAGE : page * _PER_PAGE]
    undecided = work.store.undecided_pages()
    chosen = st.dataframe(
        pd.DataFrame([_row(work, batch, undecided.get(batch.id, 0)) for batch in shown]),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"batches.{page}",
        column_config={
            "name": st.column_config.TextColumn(say("Batch"), width=130),
            "unit": st.column_config.TextColumn(say("Unit"), width=140),
            "at": st.column_config.TextColumn(say("Taken in"), width=130),
            "files": st.column_config.NumberColumn(say("Documents"), width="small"),
            "read": st.column_config.ProgressColumn(say("Read by machine"), width=100, **_SHARE),
            "reviewed": st.column_config.ProgressColumn(say("Reviewed"), width=100, **_SHARE),
            "finished": st.column_config.ProgressColumn(say("Finished"), width=100, **_SHARE),
            "held": st.column_config.NumberColumn(say("Held"), width="small"),
            "pages": st.column_config.NumberColumn(
                say("Pages to decide"),
                width="small",
                help=say("Proposals about pages that nobody has decided on."),
            ),
        },
    )
    st.caption(say("Choose a line to see what became of each file."))
    rows: Sequence[int] = chosen["selection"]["rows"]
    if rows and st.query_params.get("batch") != shown[rows[0]].id:
        st.query_params["batch"] = shown[rows[0]].id
        st.rerun()


def _row(work: Workspace, batch: Batch, undecided: int) -> dict[str, object]:
    counts = work.store.counts(batch.id)
    total = sum(counts.values())
    units = {u.code: u.name for u in work.store.units()}

    def share(stages: Sequence[Stage]) -> float:
        return 100 * sum(counts[stage] for stage in stages) / total if total else 0.0

    past_review = (Stage.REVIEWED, Stage.APPROVED, Stage.SIGNED, *_DONE)
    return {
        "name": batch.name,
        "unit": units.get(batch.unit, batch.unit),
        "at": notation.moment(batch.at),
        "files": total,
        "read": share([s for s in Stage if s not in READING]),
        "reviewed": share(past_review),
        "finished": share(_DONE),
        "held": counts[Stage.HELD],
        "pages": undecided,
    }
