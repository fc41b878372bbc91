"""Hand in scans as a batch, see what became of each file, and how far each batch is."""

import streamlit as st

from workbench import flow, ui
from workbench.model import Intake
from workbench.ui import batches, frame, page_groups, uploads
from workbench.ui.notation import number
from workbench.words import say

work, person = ui.workspace(), ui.person()
frame.heading(
    say("Take in scans"),
    say("Every file is kept byte for byte; the background reading starts by itself."),
)

with st.form("intake", clear_on_submit=True), ui.guarded():
    name, unit, given = batches.handed_in(work, person, key="intake")
    sent = st.form_submit_button(say("Take in"), type="primary", icon=":material/upload_file:")

if sent:
    with ui.guarded(), st.spinner(say("Checking and keeping the files…")):
        uploads.must_be_complete(name, unit, given)
        with uploads.as_files(given, work.scratch) as paths:
            taken = flow.take_in(work, paths, name=name.strip(), unit=unit.code, by=person.name)
        frame.done(say("{n} files taken in.", n=number(len(taken.of(Intake.ACCEPTED)))))
        st.query_params["batch"] = taken.batch.id
        st.rerun()

if (chosen := work.store.batch(st.query_params.get("batch", ""))) is not None:
    batches.show_files(work, chosen)
    page_groups.proposals(work, person, batch=chosen.id)
    st.divider()

st.subheader(say("Batches"), anchor=False)
if not work.store.batches():
    frame.nothing(
        say("There are no batches yet."),
        say("Choose the files above, name the batch and its unit, then press “Take in”."),
        person=person,
    )
else:
    batches.watch(work)
