"""Tables of units: take in entry files, say how they are mapped, write records out again."""

from __future__ import annotations

import streamlit as st

from workbench import ui
from workbench.ui import frame, places, tables_in, tables_map, tables_out
from workbench.words import say

work, person = ui.workspace(), ui.person()
places.must_read_papers(person)
frame.heading(
    say("Import from Excel"),
    say("One paper a row. Every change to a cell is shown, and nothing is taken in by half."),
)
views = {
    "in": say("Take in a file"),
    "map": say("Mapping profiles"),
    "out": say("Write out as tables"),
    "done": say("Taken in so far"),
}
if then := st.session_state.pop("tables.next", None):
    st.session_state["tables.view"] = then
view = st.segmented_control(
    say("View"),
    list(views),
    format_func=lambda name: views[name],
    default="in",
    required=True,
    key="tables.view",
    label_visibility="collapsed",
)
with ui.guarded():
    match view:
        case "map":
            tables_map.show(work, person)
        case "out":
            tables_out.show(work, person)
        case "done":
            tables_out.done(work)
        case _:
            tables_in.show(work, person)
