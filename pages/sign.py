"""Order the seal of what was approved, see it signed and exported, and check a signed file."""

import streamlit as st

from workbench import flow, review, ui
from workbench.model import Role, Stage
from workbench.ui import frame, notation, seals
from workbench.words import say

work, person = ui.workspace(), ui.person()
review.must(person, Role.APPROVER)
frame.heading(
    say("Sign and export"),
    say("What was approved is sealed at your order and goes to the repository with a receipt."),
)

to_seal, under_way, kept, check = st.tabs(
    [say("To be sealed"), say("Under way"), say("In the repository"), say("Check a file")]
)
with to_seal:
    approved = work.store.documents(stage=Stage.APPROVED, limit=500)
    ready = [document for document in approved if document.seal_by is None]
    if not ready:
        frame.nothing(
            say("No approved document waits for its seal."),
            say("Approve reviewed documents first; they appear here."),
            to="approve.py",
            person=person,
        )
    else:
        chosen = [ready[row] for row in seals.choose(work, ready)]
        seals.say_what_will_be_sealed(work, chosen)
        with ui.guarded():
            if st.button(
                say("Order the seal of {n} documents", n=notation.number(len(chosen))),
                type="primary",
                icon=":material/verified:",
                disabled=not chosen,
                key="sign.order",
            ):
                n = flow.order_seal(work, [d.id for d in chosen], by=person.name)
                frame.done(say("{n} documents are being sealed.", n=notation.number(n)))
                st.rerun()
with under_way:
    seals.watch(work)
with kept:
    seals.show_kept(work, person)
with check, ui.guarded():
    seals.check_file(work)
