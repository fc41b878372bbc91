"""Who may sign in, with which duties, and the units that hand in papers."""

import streamlit as st

from workbench import review, ui
from workbench.model import Role
from workbench.ui import accounts_form, frame, template_grants
from workbench.words import say

work, person = ui.workspace(), ui.person()
review.must(person, Role.ADMINISTRATOR)
frame.heading(say("People"), say("Who may sign in, with which duties, and in which unit."))

accounts, units, rights = st.tabs([say("Accounts"), say("Units"), say("Rights on templates")])
with accounts:
    chosen = accounts_form.choose(work)
    with ui.guarded():
        if chosen is None:
            accounts_form.add(work)
        else:
            accounts_form.change(work, chosen, by=person)
with units, ui.guarded():
    accounts_form.unit_sheet(work, by=person)
with rights, ui.guarded():
    template_grants.of_people(work, person)
