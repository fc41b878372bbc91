"""What if: recorded readings counted again under another choice, beside what is done now."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench.flow.recorded import recorded
from workbench.lab import Share
from workbench.replay import Choice, Outcome, Recorded, compare, engines_of
from workbench.ui.board import Board
from workbench.ui.notation import number, percent
from workbench.ui.readings import name_of
from workbench.words import say
from workbench.workspace import Workspace

SAMPLES = (50, 150, 500)


def show(work: Workspace, board: Board) -> None:
    """The whole view."""
    left, right = st.columns([2, 3])
    with left, st.container(border=True):
        st.markdown(f"**{say('What if…')}**")
        most = st.select_slider(
            say("Reviewed documents to count again"), SAMPLES, value=SAMPLES[0], key="what_if.most"
        )
        papers = _papers(work, board, int(most))
        if not papers:
            st.info(say("No reviewed document has kept its readings yet."), icon=":material/info:")
            return
        known = engines_of(papers)
        heard = st.multiselect(
            say("Engines that are heard"),
            known,
            default=known,
            format_func=name_of,
            key=f"what_if.engines.{len(known)}",
        )
        other = st.toggle(say("Another threshold"), key="what_if.other")
        threshold = st.slider(
            say("Accept unseen from this probability on"),
            0.50,
            1.0,
            0.95,
            0.005,
            disabled=not other,
            key="what_if.threshold",
        )
        newest = st.toggle(say("With the newest version of each template"), key="what_if.newest")
    choice = Choice(
        engines=None if set(heard) == set(known) else frozenset(heard),
        threshold=threshold if other else None,
        templates=dict(work.templates) if newest else None,
    )
    found = compare(papers, choice)
    if found is None:
        return
    with right, st.container(border=True):
        st.markdown(
            f"**{say('Counted again')}**  \n:small[:gray["
            + say(
                "n = {papers} documents with {fields} fields; shares with their 95 % interval.",
                papers=number(found.now.papers),
                fields=number(found.now.right.of),
            )
            + "]]"
        )
        rows = [
            (say("Right without a person"), *_shares(found.now.right, found.then.right)),
            (say("Accepted unseen"), *_shares(found.now.accepted, found.then.accepted)),
            (say("Errors let through"), *_shares(found.now.let_through, found.then.let_through)),
            (
                say("Reviewers' minutes a hundred documents"),
                number(_each(found.now), 1),
                number(_each(found.then), 1),
            ),
        ]
        st.table(pd.DataFrame(rows, columns=["", say("Now"), say("Then")]).set_index(""))
        low, high = found.saved_between
        st.markdown(
            say(
                "**{saved} minutes saved a hundred documents** (95 % interval {low} to {high}).",
                saved=number(found.saved, 1),
                low=number(low, 1),
                high=number(high, 1),
            )
        )
        st.caption(
            say(
                "Errors are those people found: a value that nobody looked at counts as right, so "
                "there may be more. “Now” is what today's rules give on the same readings."
            )
        )


def _papers(work: Workspace, board: Board, most: int) -> tuple[Recorded, ...]:
    chosen = board.chosen
    ids = board.ask(
        "settled_sample",
        units=chosen.units,
        kinds=chosen.kinds,
        since=chosen.since,
        until=chosen.until,
        most=most,
    )["id"]
    return recorded(work, ids)


def _each(outcome: Outcome) -> float:
    return 100 * outcome.minutes / outcome.papers


def _shares(*shares: Share) -> tuple[str, ...]:
    return tuple(_share(share) for share in shares)


def _share(share: Share) -> str:
    if not share.of:
        return "—"
    low, high = share.interval
    return f"{percent(share.share)} ({number(share.right)}; {percent(low)}–{percent(high)})"
