"""Documents that no template fits, grouped by likeness: the designer's list of what to make."""

from workbench import ui
from workbench.ui import frame, places, unknown_forms
from workbench.words import say

work, person = ui.workspace(), ui.person()
places.must_read_papers(person)
frame.heading(
    say("Unknown forms"),
    say("Documents that no template fits, in piles of one form each: what to make next."),
)
unknown_forms.show(work, person)
