"""Approve records without a scan a batch at a time: the list, a sample by lot, then the batch."""

from workbench import review, ui
from workbench.model import Role
from workbench.ui import entered_batches, frame
from workbench.words import say

work, person = ui.workspace(), ui.person()
review.must(person, Role.APPROVER)
frame.heading(
    say("Approve by batch"),
    say(
        "Records without a scan: look at a sample drawn by lot, then approve the batch as a whole."
    ),
)
with ui.guarded():
    entered_batches.show(work, person)
