"""A second person vouches for what was reviewed, or sends it back with the reason."""

import streamlit as st

from workbench import flow, review, ui
from workbench.model import Role
from workbench.ui import dossier, frame, notation, page_image
from workbench.words import say

work, person = ui.workspace(), ui.person()
review.must(person, Role.APPROVER)
waiting = flow.waiting_for_approval(work, person.name)
frame.heading(
    say("Approve"),
    say(
        "{n} documents wait for you. You vouch as the second person, never for your own review.",
        n=notation.number(len(waiting)),
    ),
)
if not waiting:
    frame.nothing(
        say("No document waits for your approval."),
        say("Reviewed documents appear here. What is approved can be sealed."),
        to="sign.py",
        person=person,
    )
    st.stop()

with st.container(horizontal=True, vertical_alignment="center"):
    title = st.container()
    place = st.pagination(len(waiting), key=f"approve.place.{len(waiting)}")
sheet = flow.sheet(work, waiting[place - 1].id)
document = sheet.document
with title:
    st.subheader(notation.literal(dossier.name_of(work, document)), anchor=False)
dossier.summary(work, document)

left, right = st.columns([5, 4], gap="large")
with left:
    page_image.show_all(sheet.pages, marks=dossier.changed_places(sheet))
with right:
    with ui.guarded(), st.container(horizontal=True):
        if st.button(
            say("Approve"),
            type="primary",
            icon=":material/approval:",
            shortcut="Ctrl+Enter",
            key=f"approve.{document.id}",
        ):
            flow.approve(work, document.id, by=person.name, revision=document.revision)
            frame.done(say("Approved. The next document is open."))
            st.rerun()
        with st.popover(say("Send back…"), icon=":material/undo:"):
            reason = st.text_area(
                say("What must be put right?"), key=f"approve.reason.{document.id}"
            )
            if st.button(say("Send back"), type="primary", key=f"approve.back.{document.id}"):
                flow.send_back(
                    work, document.id, by=person.name, revision=document.revision, reason=reason
                )
                frame.done(say("Sent back to the reviewer with your reason."))
                st.rerun()
    dossier.tally(sheet)
    with st.container(height=620, border=False):
        dossier.fields(work, sheet)
