"""The text of a page on screen: laid out line by line, and what is corrected in it kept."""

from __future__ import annotations

import streamlit as st

from workbench import flow, ui
from workbench.model import Document
from workbench.ui import dossier
from workbench.ui.places import PAGES
from workbench.ui.station import modes
from workbench.words import language


@st.fragment  # what is done to a line does not draw the frame around it anew
def sit(document: Document) -> None:
    """Lay out the page in hand, and keep what is said of its lines."""
    ui.speak_as_chosen()
    place = st.container()
    room = modes.Room.of_session("text", "text")
    with ui.guarded():
        keep(room)
    if room.leaving:
        st.switch_page(PAGES / "review.py")
    with place, ui.guarded():
        _lay_out(room, document)


def keep(room: modes.Room) -> None:
    """Keep what the reviewer did, in order."""
    work, by = ui.workspace(), ui.person().name
    for entry in room.received():
        if entry["what"] == "line":
            document, act = modes.line_act(entry)
            with room.answering(act.id):
                flow.correct_text(work, document, [act], by=by)
        elif entry["what"] == "page":
            room.answer(entry["id"])
            st.session_state["text.page"] = int(entry["page"])


def _lay_out(room: modes.Room, document: Document) -> None:
    work = ui.workspace()
    pages = work.store.pages(document.id)
    wanted = int(st.session_state.get("text.page", 0))
    page = next((p for p in pages if p.number == wanted), pages[0])
    about = (document.id, page.number, language())
    if room.about != about:
        lines = flow.page_lines(work, document.id, page.number)
        title = dossier.name_of(work, document)
        room.lay(modes.text_json(page, lines, pages=len(pages), title=title), about=about)
    room.show(person=ui.person().name)
