"""The kinds of form that the workbench knows, and what it looks for on each."""

import streamlit as st

from workbench import ui
from workbench.ui import frame, places, template_sheet
from workbench.words import language, say

work, person = ui.workspace(), ui.person()
places.must_read_papers(person)
frame.heading(
    say("Templates"),
    say("One file for each kind of form. Every value keeps the digest of its template."),
)

if not work.templates:
    frame.nothing(
        say("There are no templates."),
        say(
            "Put one YAML file for each kind of form into the folder of templates and start again."
        ),
        person=person,
    )
    st.stop()

chosen = st.selectbox(
    say("Template"),
    list(work.templates),
    format_func=lambda key: work.templates[key].title[language()],
    key="templates.chosen",
)
template_sheet.show(work.templates[chosen])
