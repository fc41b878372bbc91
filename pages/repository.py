"""The repository: what was sealed, in its folders, found by any word, shared and told of."""

import streamlit as st

from workbench import ui
from workbench.flow import cards, custody
from workbench.ui import (
    frame,
    places,
    repository,
    repository_folders,
    repository_record,
    repository_shares,
)
from workbench.words import say

work, person = ui.workspace(), ui.person()
places.must_read_papers(person)

if record := st.query_params.get("record", ""):
    if st.button(
        say("Back to the repository"), icon=":material/arrow_back:", key="repository.back"
    ):
        st.query_params.clear()
        st.rerun()
    repository_record.show(work, person, record)
    st.stop()

frame.heading(
    say("Repository"), say("Sealed records in their folders; what is shared, and with whom.")
)
cards.catalogue_new(work)
sight = custody.sight(work, person.name)
text = repository.search_box()
if text:
    repository.found(work, person, sight, text)
    st.stop()

VIEWS = {
    "default": (say("Default folders"), repository.default_folders),
    "own": (say("Own folders"), repository_folders.own_folders),
    "with_me": (say("Shared with me"), repository_shares.with_me),
    "by_me": (say("Shared by me"), repository_shares.by_me),
}
view = st.segmented_control(
    say("View"),
    list(VIEWS),
    format_func=lambda name: VIEWS[name][0],
    default="default",
    required=True,
    label_visibility="collapsed",
    key="repository.view",
)
VIEWS[view][1](work, person, sight)
