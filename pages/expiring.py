"""The papers whose last day is near, so that they are renewed in time."""

import streamlit as st

from workbench import ui
from workbench.ui import expiring_list, frame, places
from workbench.words import say

work, person = ui.workspace(), ui.person()
places.must_read_papers(person)
frame.heading(
    say("Expiring soon"),
    say("Papers that hold now and end soon, as printed or as people said since."),
)
chosen = expiring_list.choose(work, person)
if chosen is not None:
    st.switch_page(places.PAGES / "documents.py", query_params={"document": chosen})
