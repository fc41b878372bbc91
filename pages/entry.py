"""Type records in that are not scanned, by keyboard alone, or type others' a second time."""

import streamlit as st

from workbench import review, ui
from workbench.model import Role
from workbench.ui import entry_page


@st.fragment  # what is typed does not draw the frame around it anew
def sit() -> None:
    ui.speak_as_chosen()
    with ui.guarded():
        entry_page.sit(ui.workspace(), ui.person())


review.must(ui.person(), Role.REVIEWER)
sit()
