"""Order the seal of what was approved, see it signed and exported, and check a signed file."""

import streamlit as st

from workbench import flow, review, ui
from workbench.model import Role, Stage
from workbench.ui import frame, notation, pending, seals
from workbench.words import say

work, person = ui.workspace(), ui.person()
review.must(person, Role.APPROVER)


def note(documents: list[str], profile: str) -> None:
    """Note which documents were ticked on the screen: the list may be another by now."""
    st.session_state["sign.ordered"] = documents, profile


frame.heading(
    say("Sign and export"),
    say("What was approved is sealed at your order and goes to the repository with a receipt."),
)

to_seal, under_way, kept, check = st.tabs(
    [say("To be sealed"), say("Under way"), say("In the repository"), say("Check a file")]
)
with to_seal:
    with ui.guarded():
        if ordered := st.session_state.pop("sign.ordered", None):
            documents, chosen_profile = ordered
            n = flow.order_seal(work, documents, by=person.name, profile=chosen_profile)
            frame.done(say("{n} documents are being sealed.", n=notation.number(n)))
            st.rerun()
    pending.tell_what_rests(work)
    waiting = work.store.count(stage=Stage.APPROVED, unsealed=True)
    if not waiting:
        frame.nothing(
            say("No approved document waits for its seal."),
            say("Approve reviewed documents first; they appear here."),
            to="approve.py",
            person=person,
        )
    else:
        chosen = seals.choose(work, waiting)
        profile = seals.choose_profile(work)
        may = seals.say_what_will_be_sealed(work, chosen, profile)
        st.button(
            say("Order the seal of {n} documents", n=notation.number(len(chosen))),
            type="primary",
            icon=":material/verified:",
            disabled=not (chosen and may),
            key="sign.order",
            on_click=note,
            args=([document.id for document in chosen], profile.id),
        )
with under_way:
    pending.show(work, person)
    seals.watch(work)
with kept:
    seals.show_kept(work, person)
with check, ui.guarded():
    seals.check_file(work)
