"""How far, how good, how long: what a manager looks at in the morning."""

from time import time_ns

import streamlit as st

from workbench import review, ui
from workbench.analytics import ROWS_READ, Questions
from workbench.model import Role, now
from workbench.ui import board, frame
from workbench.ui.notation import moment
from workbench.words import say

work, person = ui.workspace(), ui.person()
review.must(person, Role.MANAGER)
frame.heading(say("Figures"), say("How far the work is, how good it is and where it waits."))


@st.cache_resource(max_entries=4, ttl="1m", show_spinner=False)
def counted(state: object) -> tuple[Questions, str]:
    """The questions about the store as it is now, and the time; anew whenever `state` differs."""
    return Questions.of(work.store.tables(*ROWS_READ)), moment(now())


if not sum(work.store.counts().values()):
    frame.nothing(
        say("There are no documents yet, so there is nothing to count."),
        say("Take in a batch of scans; the figures follow by themselves."),
        to="intake.py",
        person=person,
    )
    st.stop()

# A reload is a new session and counts anew; so does every document that moved on.
if "managers.since" not in st.session_state or st.session_state.get("managers.refresh"):
    st.session_state["managers.since"] = time_ns()
stages = tuple(work.store.counts().values())
with st.spinner(say("Counting…")):
    questions, at = counted((stages, st.session_state["managers.since"]))

chosen = board.choose(questions, work.templates)
board.top(chosen)
for tab, draw in zip(
    st.tabs([say("Progress"), say("Quality"), say("Time")]),
    (board.progress, board.quality, board.effort),
    strict=True,
):
    with tab:
        draw(chosen)
st.caption(say("Counted at {at}.", at=at))
