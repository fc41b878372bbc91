"""One field of many papers at once: what is wrong stands out among its like."""

import streamlit as st

from workbench import review, ui
from workbench.model import Role
from workbench.ui import carpets, frame
from workbench.words import say

review.must(ui.person(), Role.REVIEWER)
if like := st.query_params.get("like"):
    frame.heading(say("Read the same elsewhere"), say("What was corrected once is offered here."))
    carpets.sit(like=like)
else:
    chosen = carpets.choose(ui.workspace())
    if chosen is None:
        frame.heading(say("Review by field"))
        frame.nothing(
            say("No batch has documents that wait for review."),
            say("New documents appear here once they have been read."),
            to="intake.py",
            person=ui.person(),
        )
    else:
        carpets.constant(ui.workspace(), chosen)
        carpets.sit(chosen)
