"""The kinds of form that the workbench knows: what each looks for, its versions, its rights."""

import streamlit as st

from workbench import ui
from workbench.flow import granting
from workbench.model import Right
from workbench.ui import (
    frame,
    places,
    template_grants,
    template_life,
    template_list,
    template_proof,
    template_sheet,
)
from workbench.words import say

work, person = ui.workspace(), ui.person()
places.must_read_papers(person)

# What can be looked at of one template: name -> (title, what draws it). One line a section.
SECTIONS = {
    "sheet": (say("What it says"), template_sheet.of),
    "life": (say("Versions and decisions"), template_life.show),
    "proof": (say("Proof"), template_proof.show),
    "rights": (say("Rights"), template_grants.show),
}

chosen = st.query_params.get("template", "")
if chosen not in template_list.known(work):
    frame.heading(
        say("Templates"),
        say("Each kind of form has its template. Every value keeps the digest of its template."),
    )
    template_life.in_folder(work)
    template_list.choose(work, person)
    st.stop()

if st.button(say("All templates"), icon=":material/arrow_back:", key="templates.back"):
    st.query_params.clear()
    st.rerun()
granting.must(work, Right.SEE, chosen, person)
frame.heading(template_list.title_of(work, chosen))
section = st.segmented_control(
    say("View"),
    list(SECTIONS),
    format_func=lambda name: SECTIONS[name][0],
    # Who comes from the drawing board wants to see what the draft is worth.
    default="proof" if st.query_params.get("draft") else "sheet",
    required=True,
    label_visibility="collapsed",
    key="templates.section",
)
with ui.guarded():
    SECTIONS[section][1](work, person, chosen)
