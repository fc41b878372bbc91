"""How far, how good, how long: what a manager looks at in the morning."""

import streamlit as st

from workbench import review, ui
from workbench.analytics import Questions
from workbench.model import Role, now
from workbench.ui import board, frame
from workbench.ui.notation import moment
from workbench.words import say

work, person = ui.workspace(), ui.person()
review.must(person, Role.MANAGER)
frame.heading(say("Figures"), say("How far the work is, how good it is and where it waits."))


@st.cache_resource(max_entries=1, show_spinner=False)
def asked() -> Questions:
    """The questions, for everyone in this process."""
    return Questions(work.lake)


@st.cache_resource(max_entries=1, ttl="10m", show_spinner=False)
def refreshed(slot: int) -> None:
    """Have the lake follow the store, once a slot."""
    work.lake.refresh(work.store, at=now())


documents = sum(work.store.counts().values())
if not documents:
    frame.nothing(
        say("There are no documents yet, so there is nothing to count."),
        say("Take in a batch of scans; the figures follow by themselves."),
        to="intake.py",
        person=person,
    )
    st.stop()

if st.session_state.get("managers.refresh"):
    refreshed.clear()
with st.spinner(say("Counting…")):
    refreshed(int(now().timestamp() // 60))
    questions = asked()
    questions.renew()

chosen = board.choose(questions, work.templates)
board.top(chosen)
for tab, draw in zip(
    st.tabs([say("Progress"), say("Quality"), say("Time")]),
    (board.progress, board.quality, board.effort),
    strict=True,
):
    with tab:
        draw(chosen)
if questions.at:
    st.caption(say("Counted at {at}.", at=moment(questions.at)))
