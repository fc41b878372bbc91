"""Find a document and open it; decide on one that is held."""

import streamlit as st

from workbench import flow, ui
from workbench.flow import custody
from workbench.model import Stage
from workbench.ui import (
    dossier,
    frame,
    let_pass,
    listing,
    match_sheet,
    notation,
    page_groups,
    page_image,
    places,
    required_note,
    reread_note,
    template_examples,
    threads,
    validity_note,
    way,
)
from workbench.words import say

work, person = ui.workspace(), ui.person()
places.must_read_papers(person)
document = work.store.document(st.query_params.get("document", ""))

if document is None:
    frame.heading(say("Documents"), say("All that was taken in, and where it stands."))
    wanted = listing.filters(work, person)
    if (chosen := listing.choose(work, wanted)) is not None:
        st.query_params["document"] = chosen.id
        st.rerun()
    if not work.store.count(**wanted):
        frame.nothing(
            say("No document matches."),
            say("Clear a filter, or take in a batch of scans."),
            to="intake.py",
            person=person,
        )
    else:
        st.caption(say("Choose a line to open the document."))
    st.stop()

custody.must_see(work, document.id, by=person.name)
with st.container(horizontal=True, vertical_alignment="center"):
    if st.button(say("Back to the list"), icon=":material/arrow_back:", key="documents.back"):
        st.query_params.clear()
        st.rerun()
    frame.way_to(
        "engines.py", person=person, label=say("Compare the engines"), document=document.id
    )
    template_examples.offer(work, person, document)
frame.heading(notation.literal(dossier.name_of(work, document)))
dossier.summary(work, document)
dossier.reason(document)

if document.stage is Stage.HELD:
    with ui.guarded(), st.container(horizontal=True, vertical_alignment="bottom"):
        if st.button(say("Try again"), icon=":material/replay:", type="primary", key="release"):
            flow.release(work, document.id, by=person.name)
            frame.done(say("The document goes on from where it stood."))
            st.rerun()
        with st.popover(say("Reject…"), icon=":material/block:"):
            why = st.text_area(say("Why?"), key="refuse.why")
            if st.button(say("Reject"), type="primary", key="refuse"):
                flow.refuse(work, document.id, by=person.name, reason=why)
                frame.done(say("The document was taken out of the work."))
                st.rerun()

sheet = flow.sheet(work, document.id)
if way.note(work, sheet, person) is None:
    way.offer_back(work, document, person)
required_note.show(work, sheet, person)
let_pass.show(work, sheet, person)
reread_note.show(work, sheet, person)
left, right = st.columns([5, 4], gap="large")
with left:
    page_image.show_all(
        sheet.pages, marks=[(f.page, f.box) for f in sheet.fields if f.page is not None and f.box]
    )
with right:
    tabs = st.tabs(
        [
            say("Fields"),
            say("Kind"),
            say("Pages of the paper"),
            say("History"),
            say("Keeping"),
            say("Validity"),
        ],
        default=say("Kind") if document.stage is Stage.HELD else None,
    )
    with tabs[0]:
        threads.under(work, sheet, person)
        if sheet.fields:
            dossier.fields(work, sheet)
        else:
            st.markdown(":gray[" + say("Nothing has been read from this document yet.") + "]")
    with tabs[1]:
        match_sheet.show(work, document)
    with tabs[2]:
        page_groups.of_document(work, person, document)
    with tabs[3]:
        dossier.history(work, work.store.events(document.id))
    with tabs[4]:
        dossier.keeping(work, document)
    with tabs[5]:
        if sheet.fields:
            validity_note.show(work, document, person)
