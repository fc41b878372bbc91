"""The text of a paper's pages, as it will be found in its archival PDF."""

import streamlit as st

from workbench import flow, review, ui
from workbench.model import Role, Stage
from workbench.ui import frame, page_text
from workbench.words import say

work, person = ui.workspace(), ui.person()
review.must(person, Role.REVIEWER)
document = work.store.document(st.query_params.get("document", ""))
if document is None:
    document = next((s.document for s in flow.next_review(work, person.name, limit=1)), None)
if document is None or document.stage is not Stage.PROPOSED:
    frame.heading(say("Text of the pages"))
    frame.nothing(
        say("No document waits for review."),
        say("New documents appear here once they have been read."),
        to="review.py",
        person=person,
    )
else:
    if st.session_state.get("text.document") != document.id:
        st.session_state["text.document"], st.session_state["text.page"] = document.id, 0
    page_text.sit(document)
