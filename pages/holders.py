"""To whom papers were issued: found by name or number, with their records; who may be the same."""

import streamlit as st

from workbench import ui
from workbench.ui import frame, holder_sheet
from workbench.ui.places import must_read_papers
from workbench.words import say

work, person = ui.workspace(), ui.person()
must_read_papers(person)
frame.heading(
    say("Holders"),
    say("Every record belongs to exactly one person or organisation."),
)
with ui.guarded():
    waiting = holder_sheet.compare(work)
    may_decide = bool(set(holder_sheet.DECIDING) & set(person.roles))
    found, alike, decided = st.tabs(
        [say("Find"), say("Perhaps the same ({n})", n=waiting), say("Decided")]
    )
    with found:
        holder_sheet.search(work, person)
    with alike:
        holder_sheet.pairs(work, person, may_decide=may_decide)
    with decided:
        holder_sheet.decided(work, person, may_decide=may_decide)
