"""The kinds of form that the workbench knows, and what it looks for on each."""

import pandas as pd
import streamlit as st

from workbench import ui
from workbench.ui import frame, notation, places
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

chosen = work.templates[
    st.selectbox(
        say("Template"),
        list(work.templates),
        format_func=lambda key: work.templates[key].title[language()],
        key="templates.chosen",
    )
]
with st.container(border=True, horizontal=True, gap="large"):
    st.markdown(f":gray[{say('Identifier')}]  \n**{chosen.id}**")
    st.markdown(f":gray[{say('Version')}]  \n**{chosen.version}**")
    st.markdown(f":gray[{say('Fields')}]  \n**{notation.number(len(chosen.fields))}**")
    st.markdown(f":gray[{say('Anchors')}]  \n**{notation.number(len(chosen.anchors))}**")
    st.markdown(f":gray[{say('Digest (SHA-256)')}]  \n`{chosen.digest}`")

fields, anchors, source = st.tabs([say("Fields"), say("Anchors"), say("Source")])
yes = say("yes")
fields.dataframe(
    pd.DataFrame(
        {
            say("Field"): chosen.field_label(name, language()),
            say("Name in the record"): name,
            say("Kind of value"): spec.kind,
            say("Critical"): yes if spec.critical else "",
            say("Required"): yes if spec.required else "",
            say("Personal data"): yes if spec.personal else "",
        }
        for name, spec in chosen.fields.items()
    ),
    hide_index=True,
)
anchors.markdown(say("Words that are printed on every copy; the form is found and placed by them."))
anchors.dataframe(
    pd.DataFrame({say("Printed words"): [anchor.text for anchor in chosen.anchors]}),
    hide_index=True,
)
source.code(chosen.source.decode(), language="yaml")
