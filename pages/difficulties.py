"""What reviewers could not settle by themselves, unit by unit, and what was answered."""

from workbench import ui
from workbench.ui import frame, places, threads
from workbench.words import say

work, person = ui.workspace(), ui.person()
places.must_read_papers(person)
frame.heading(
    say("Log of difficulties"),
    say("What reviewers could not settle by themselves, unit by unit, and what was answered."),
)
threads.log(work, person)
