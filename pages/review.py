"""One document at a time: see it, correct it, pass it on."""

import streamlit as st

from workbench import review, ui
from workbench.model import Role
from workbench.ui import aside, station
from workbench.ui.station import sitting


@st.fragment  # what is done at the desk does not draw the frame around it anew
def sit() -> None:
    ui.speak_as_chosen()
    work, by = ui.workspace(), ui.person().name
    place = st.container()  # the desk keeps its place, whatever is told below it
    with ui.guarded():
        sitting.keep(station.Desk.of_session("review"), work, by=by)
    with place, ui.guarded():
        sitting.lay_out(station.Desk.of_session("review"), work, by=by)


review.must(ui.person(), Role.REVIEWER)
with st.sidebar, ui.guarded():
    aside.which_documents(ui.workspace(), ui.person().name)
sit()
