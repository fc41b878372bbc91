"""One document at a time: see it, correct it, pass it on."""

import streamlit as st

from workbench import flow, review, ui
from workbench.model import Role, Stage, now
from workbench.ui import station


@st.fragment  # what is done at the desk does not draw the frame around it anew
def sit() -> None:
    ui.speak_as_chosen()
    place = st.container()  # the desk keeps its place, whatever is told below it
    with ui.guarded():
        keep(station.Desk.of_session("review"))
    with place, ui.guarded():
        lay_out(station.Desk.of_session("review"))


def keep(desk: station.Desk) -> None:
    """Keep what the reviewer did, in order."""
    work, by = ui.workspace(), ui.person().name
    for sent in desk.received():
        with desk.answering(sent):
            match sent:
                case station.Acts():
                    desk.replace(flow.correct(work, sent.document, sent.acts, by=by))
                case station.Decided():
                    flow.decide(
                        work,
                        sent.document,
                        sent.decision,
                        by=by,
                        reason=sent.reason,
                        milliseconds=sent.milliseconds,
                        sitting=sent.id,
                    )
                    desk.clear(sent.document)


def lay_out(desk: station.Desk) -> None:
    """Put the next documents on the desk and show it."""
    work, by = ui.workspace(), ui.person().name
    if desk.wants_more(at := now()):
        desk.lay(flow.next_review(work, by, limit=station.LAID_OUT), at=at)
    desk.show(person=by, waiting=work.store.count(stage=Stage.PROPOSED))


review.must(ui.person(), Role.REVIEWER)
sit()
