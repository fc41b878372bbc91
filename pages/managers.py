"""How far, how good, how long: what a manager looks at in the morning."""

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


@st.cache_resource(max_entries=1, ttl="10m", show_spinner=False)
def counted(slot: int) -> tuple[Questions, str]:
    """The questions about the store as it is now, and the time; one count a slot, for everyone."""
    return Questions.of(work.store.tables(*ROWS_READ)), moment(now())


documents = sum(work.store.counts().values())
if not documents:
    frame.nothing(
        say("There are no documents yet, so there is nothing to count."),
        say("Take in a batch of scans; the figures follow by themselves."),
        to="intake.py",
        person=person,
    )
    st.stop()

# Counting 10,000 documents takes half a minute: too long to do it for each that moved on.
if st.session_state.get("managers.refresh"):
    counted.clear()
seconds = 60 if documents <= 2000 else 300
with st.spinner(say("Counting…")):
    questions, at = counted(int(now().timestamp() // seconds))

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
