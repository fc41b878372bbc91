"""Records on their way to other repositories: order, dry run, what was refused, what was sent."""

import streamlit as st

from workbench import ui
from workbench.flow.people import any_of
from workbench.model import Role
from workbench.ui import frame, outbox_sheet
from workbench.words import say

work, person = ui.workspace(), ui.person()
any_of(person, Role.APPROVER, Role.MANAGER)

frame.heading(
    say("Delivery"),
    say("Records go to other repositories once each, and come back with a receipt."),
)
outbox_sheet.act(work, person)
with ui.guarded():
    targets = work.targets
    if not targets:
        frame.nothing(
            say("No other repository is set up, so nothing is sent anywhere."),
            say("The administrator names them in a file: WORKBENCH_TARGETS, docs/delivery.md."),
            person=person,
        )
    else:
        outbox, order = st.tabs([say("Outbox"), say("Order")])
        with outbox:
            outbox_sheet.watch(work, person, targets)
        with order:
            outbox_sheet.order(work, person, targets)
