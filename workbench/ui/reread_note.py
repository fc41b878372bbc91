"""On a document: that a newer version of its template is in use, and what fell away with one."""

from __future__ import annotations

import streamlit as st

from workbench import ui
from workbench.flow import rereading
from workbench.model import Person
from workbench.review import ReviewSheet
from workbench.ui import frame, notation
from workbench.words import language, say
from workbench.workspace import Workspace


def show(work: Workspace, sheet: ReviewSheet, person: Person) -> None:
    """A way to read the document again, and people's words on fields that are no more."""
    document = sheet.document
    if rereading.is_outdated(work, document):
        newest = work.templates[document.kind or ""]
        with (
            ui.guarded(),
            st.container(border=True, horizontal=True, vertical_alignment="center"),
        ):
            st.markdown(
                ":material/update: "
                + say("Version {n} of this template is in use now.", n=newest.version)
            )
            if st.button(
                say("Read again with it"), icon=":material/refresh:", key="documents.read_again"
            ):
                rereading.read_again(work, document.id, by=person.name)
                frame.done(say("The document is read again; corrections stay."))
                st.rerun()
    fallen = rereading.orphans(work, sheet)
    if fallen:
        lines = [
            f"- {notation.literal(one.label[language()])}: {notation.literal(one.value or '—')}"
            for one in fallen
        ]
        st.info(
            say("People gave values for fields that this version of the template has not:")
            + "\n"
            + "\n".join(lines),
            icon=":material/playlist_remove:",
        )
