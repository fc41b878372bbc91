"""Which papers go which way by the letters, what was set apart, and the rules that decide."""

import streamlit as st

from workbench import ui
from workbench.ui import frame, places, rulebook_form, scope_list
from workbench.words import say

work, person = ui.workspace(), ui.person()
places.must_read_papers(person)
frame.heading(
    say("Scope"),
    say("What is scanned, what is typed, what is converted and what stays out, by the letters."),
)
listed, apart, rules = st.tabs([say("Documents"), say("Set apart"), say("Rules")])
with listed, ui.guarded():
    scope_list.papers(work, person)
with apart, ui.guarded():
    scope_list.set_apart(work, person)
with rules:
    rulebook_form.show(work, person)
