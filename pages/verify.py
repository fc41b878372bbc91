"""Is a file what was signed and kept? And is everything that we keep still as it was?"""

import streamlit as st

from workbench import ui
from workbench.model import Role
from workbench.ui import audit_sheet, frame, verdicts
from workbench.words import say

work, person = ui.workspace(), ui.person()

frame.heading(
    say("Verify signatures"),
    say("Hold files against our inventory and their signatures. Nothing is sent or kept."),
)
keeps_watch = {Role.APPROVER, Role.MANAGER, Role.ADMINISTRATOR} & {Role(r) for r in person.roles}
tabs = [say("Verify files"), say("What is kept")] if keeps_watch else [say("Verify files")]
files, *kept = st.tabs(tabs)
with files, ui.guarded():
    verdicts.hand_in(work)
if kept:
    with kept[0]:
        st.markdown(
            say("Each kept file is held against its digest, slowly, so that work goes on beside.")
        )
        audit_sheet.order(work, person)
        audit_sheet.watch(work)
