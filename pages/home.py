"""What waits for me, and what to do next."""

import streamlit as st

from workbench import ui
from workbench.model import Role
from workbench.ui import frame, stages, tasks
from workbench.words import say

work, person = ui.workspace(), ui.person()
frame.heading(
    say("Welcome, {name}", name=person.shown_as), say("What waits for you, and what to do next.")
)

waiting = tasks.waiting_for(work, person)
for task in waiting:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/{task.icon}: **{task.text}**", width="stretch")
        frame.way_to(task.file, person=person)

anything = sum(work.store.counts().values())
if not anything:
    frame.nothing(
        say("There are no documents yet."),
        say("Take in a batch of scans; the background reading starts by itself."),
        to="intake.py",
        person=person,
    )
elif not waiting:
    frame.nothing(
        say("Nothing waits for you."),
        say("Accounts and units are on the page People.")
        if Role.ADMINISTRATOR in person.roles
        else say("New work appears here as the documents move on."),
        to="people.py" if Role.ADMINISTRATOR in person.roles else "documents.py",
        person=person,
    )

if anything:
    st.subheader(say("The way of the documents"), anchor=False)
    stages.watch(work) if tasks.reading(work) else stages.show(work)
