"""What each engine made of a page, beside the scan: line by line, to the syllable."""

import streamlit as st

from workbench import ui
from workbench.model import Stage
from workbench.ui import dossier, frame, notation, places, readings, side_by_side
from workbench.words import say

work, person = ui.workspace(), ui.person()
places.must_read_papers(person)
frame.heading(
    say("Engines"),
    say("The engines read the same page independently; where they differ is marked."),
)

states = side_by_side.states(work.settings.weights)
readings.show_states(states)

asked = work.store.document(st.query_params.get("document", ""))
documents = work.store.documents(stage=[s for s in Stage if s is not Stage.RECEIVED], limit=200)
if asked is not None:
    documents = [asked, *(d for d in documents if d.id != asked.id)]
if not documents:
    frame.nothing(
        say("No document has been read yet."),
        say("Take in a batch of scans; its readings appear here."),
        to="intake.py",
        person=person,
    )
    st.stop()

first, second, third = st.columns([4, 2, 2], vertical_alignment="bottom")
document = first.selectbox(
    say("Document"),
    documents,
    format_func=lambda d: f"{dossier.name_of(work, d)} · {dossier.kind_of(work, d.kind)}",
    key="engines.document",
)
pages = work.store.pages(document.id)
page = second.selectbox(
    say("Page"),
    pages,
    format_func=lambda p: say("Page {n}", n=p.number + 1),
    key=f"engines.page.{document.id}",
)
read = [r for r in work.store.readings(document.id) if page and r.page == page.id]
if page is None or not read:
    st.info(say("No engine has read this page yet."), icon=":material/hourglass:")
    st.stop()

unmarked = readings.without_marks(states, read)
names = sorted((r.engine for r in read if r.words), key=lambda e: (e in unmarked, e != "tesseract"))
base = third.selectbox(
    say("Compare with"), names, format_func=readings.name_of, key=f"engines.base.{page.id}"
)
if base is None:
    st.warning(say("Every engine failed on this page."), icon=":material/error:")
    st.stop()
words = {r.engine: work.store.words(r) for r in read}
compared = side_by_side.lines(words, base=base, unmarked=unmarked)
readings.show_cost(read, compared, base=base, unmarked=unmarked)
differing = sum(any(s.differs for text in line.texts.values() for s in text) for line in compared)
st.markdown(
    say(
        "{n} lines; on {m} of them the engines differ.",
        n=notation.number(len(compared)),
        m=notation.number(differing),
    )
)
readings.show_lines(page, compared, [base, *(n for n in names if n != base)], unmarked=unmarked)
