"""How many documents stand where on the way from scan to repository."""

from __future__ import annotations

import streamlit as st

from workbench import ui
from workbench.model import Stage
from workbench.ui import badges, tasks
from workbench.ui.notation import number
from workbench.words import say
from workbench.workspace import Workspace

# What the reader counts: the two stages of the machine's reading are one to a person.
_WAY = (
    ((Stage.RECEIVED, Stage.READ), "Being read"),
    ((Stage.PROPOSED,), "Waits for review"),
    ((Stage.REVIEWED,), "Waits for approval"),
    ((Stage.APPROVED,), "Approved"),
    ((Stage.SIGNED,), "Signed"),
    ((Stage.EXPORTED,), "In the repository"),
)


def show(work: Workspace) -> None:
    """The way in boxes, and what left it."""
    counts = work.store.counts()
    for column, (stages, word) in zip(st.columns(len(_WAY), gap="small"), _WAY, strict=True):
        n = sum(counts[stage] for stage in stages)
        column.metric(say(word), number(n), border=True)
    aside = [
        f"{badges.stage(stage)} {number(counts[stage])}"
        for stage in (Stage.HELD, Stage.REJECTED)
        if counts[stage]
    ]
    if aside:
        st.markdown(" &nbsp; ".join(aside))
    _tell_of_reading(work)


@ui.watching(5)
def watch(work: Workspace) -> None:
    """The same, drawn again while the background reading goes on."""
    show(work)


def _tell_of_reading(work: Workspace) -> None:
    before = tasks.reading(work)
    if not before:
        return
    if tasks.is_reading_alive(work):
        everything = sum(work.store.counts().values())
        st.progress(
            1 - before / everything,
            say("The background reading has {n} documents before it.", n=number(before)),
        )
        return
    st.warning(
        f"**{say('The background reading does not run; {n} documents wait for it.', n=before)}**"
        "\n\n" + say("Start it with the command {command}.", command="`workbench work`"),
        icon=":material/pause_circle:",
    )
