"""A second person vouches for what was reviewed, or sends it back with the reason."""

from time import monotonic

import streamlit as st

from workbench import flow, review, ui
from workbench.model import Role, Stage
from workbench.ui import (
    dossier,
    frame,
    let_pass,
    notation,
    page_image,
    required_note,
    threads,
    validity_note,
    way,
)
from workbench.words import say

work, person = ui.workspace(), ui.person()
review.must(person, Role.APPROVER)
top, told = st.container(), st.container()


def note(act: str, document: str, revision: int, shown_at: float) -> None:
    """Note a click on what was on the screen: the script draws what is there by now."""
    st.session_state["approve.click"] = {
        "act": act,
        "document": document,
        "revision": revision,
        "milliseconds": round(1000 * (monotonic() - shown_at)),
        "reason": st.session_state.get(f"approve.reason.{document}.{revision}", ""),
    }


with told, ui.guarded():
    match st.session_state.pop("approve.click", None):
        case {"act": "approve", "document": key, "revision": seen, "milliseconds": spent}:
            flow.approve(work, key, by=person.name, revision=seen, milliseconds=spent)
            frame.done(say("Approved. The next document is open."))
            st.rerun()
        case {"act": "back", "document": key, "revision": seen, "reason": reason}:
            flow.send_back(work, key, by=person.name, revision=seen, reason=reason)
            frame.done(say("Sent back to the reviewer with your reason."))
            st.rerun()

waiting = work.store.count(stage=Stage.REVIEWED, untouched_by=person.name)
with top:
    frame.heading(
        say("Approve"),
        say(
            "{n} documents wait for you. You vouch as the second person, never for your own "
            "review.",
            n=notation.number(waiting),
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
    place = st.pagination(waiting, key=f"approve.place.{waiting}")
opened = flow.waiting_for_approval(work, person.name, limit=1, offset=place - 1)
if not opened:  # a colleague took the last one between the two questions
    st.rerun()
sheet = flow.sheet(work, opened[0].id)
document = sheet.document
with title:
    st.subheader(notation.literal(dossier.name_of(work, document)), anchor=False)
dossier.summary(work, document)
st.markdown(validity_note.line(work, document))
way.note(work, sheet, person)
required_note.show(work, sheet, person)
let_pass.show(work, sheet, person)

left, right = st.columns([5, 4], gap="large")
with left:
    page_image.show_all(sheet.pages, marks=dossier.changed_places(sheet))
with right:
    # The revision is part of each key: a click on another revision hits nothing that stands here.
    name = f"{document.id}.{document.revision}"
    first_shown: dict[str, float] = st.session_state.setdefault("approve.shown", {})
    shown = (document.id, document.revision, first_shown.setdefault(name, monotonic()))
    with st.container(horizontal=True):
        st.button(
            say("Approve"),
            type="primary",
            icon=":material/approval:",
            shortcut="Ctrl+Enter",
            key=f"approve.{name}",
            on_click=note,
            args=("approve", *shown),
        )
        with st.popover(say("Send back…"), icon=":material/undo:"):
            st.text_area(say("What must be put right?"), key=f"approve.reason.{name}")
            st.button(
                say("Send back"),
                type="primary",
                key=f"approve.back.{name}",
                on_click=note,
                args=("back", *shown),
            )
    dossier.tally(sheet)
    with st.container(height=620, border=False):
        dossier.fields(work, sheet)
    threads.under(work, sheet, person)
