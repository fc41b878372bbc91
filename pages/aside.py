"""What was postponed, what was asked, and which documents are whose."""

import streamlit as st

from workbench import ui
from workbench.model import Role
from workbench.ui import aside, frame, places
from workbench.words import say

work, person = ui.workspace(), ui.person()
places.must_read_papers(person)
frame.heading(
    say("Put aside"),
    say("Documents in review that lie on no desk, with who put them there, why and since when."),
)
with ui.guarded():
    if Role.REVIEWER.value in person.roles:
        aside.which_documents(work, person.name)
    aside.lies_aside(work, person)
if Role.MANAGER.value in person.roles:
    st.divider()
    with ui.guarded():
        aside.whose_work(work, person)
