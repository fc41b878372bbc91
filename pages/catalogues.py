"""The dated tables: units, issuers, procedures and kinds with the days on which they existed."""

import streamlit as st

from workbench import ui
from workbench.catalogues import dated
from workbench.flow import dating
from workbench.ui import catalogue_tables, frame
from workbench.words import language, say

work, person = ui.workspace(), ui.person()
dating.may_change(person)
frame.heading(
    say("Catalogues"),
    say("What existed when. A paper is held against the entries of its own day of issue."),
)
table = st.segmented_control(
    say("Which table"),
    list(dated.NAMES),
    format_func=lambda name: dated.NAMES[name][language()],
    default="units",
    required=True,
    label_visibility="collapsed",
    key="catalogues.table",
)
with ui.guarded():
    catalogue_tables.show(work, table or "units", person)
