"""Which engine is right how often and what it costs; and each one's reading of a page."""

import streamlit as st

from workbench import ui
from workbench.flow import custody
from workbench.ui import frame, lab_sheet, network_sheet, places, readings, side_by_side
from workbench.words import say

work, person = ui.workspace(), ui.person()
places.must_read_papers(person)
frame.heading(
    say("Engines"),
    say("Who is right how often, what each costs, and what each made of a page."),
)
asked = work.store.document(st.query_params.get("document", ""))
if asked is not None:
    custody.must_see(work, asked.id, by=person.name)
views = {"lab": say("How good they are"), "page": say("One page, line by line")}
if network_sheet.MANAGES & set(person.roles):
    views["learning"] = say("Learning from corrections")
view = st.segmented_control(
    say("View"),
    list(views),
    format_func=lambda name: views[name],
    default="page" if asked is not None else "lab",
    required=True,
    label_visibility="collapsed",
    key="engines.view",
)
states = side_by_side.states(work.settings.weights, work.learned_network)

if view == "learning":
    reads = next((s.identity.weights for s in states if s.name == "easyocr" and s.identity), "")
    network_sheet.show(work, person, reads=reads)
    st.stop()
if view == "lab":
    with st.expander(say("Who can run here"), icon=":material/memory:"):
        readings.show_states(states)
    if (wanted := lab_sheet.choose(work)) is not None:
        with ui.guarded():
            lab_sheet.show(work, lab_sheet.found(work, wanted), wanted, person=person)
    st.stop()

document = readings.choose_document(work, asked, person=person)
if document is None:
    frame.nothing(
        say("No document has been read yet."),
        say("Take in a batch of scans; its readings appear here."),
        to="intake.py",
        person=person,
    )
    st.stop()
readings.show_page(work, document, states)
