"""The drawing board: a form is drawn over its scans, and read in at once."""

import streamlit as st

from workbench import ui
from workbench.ui import design_page, places

work, person = ui.workspace(), ui.person()
places.must_read_papers(person)
if draft := st.query_params.get("draft", ""):
    design_page.above(work, draft)
    design_page.sit(draft)
else:
    design_page.begin(work, person)
