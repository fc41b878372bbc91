"""How far, how good, how long: what a manager looks at in the morning."""

import streamlit as st

from workbench import review, ui
from workbench.analytics import Questions
from workbench.model import Role, now
from workbench.ui import (
    board,
    frame,
    outlook,
    progress,
    quality_figures,
    report_form,
    survey_form,
    what_if,
    work_figures,
)
from workbench.ui.notation import local, moment
from workbench.words import say

VIEWS = {
    "progress": "Progress",
    "forecast": "Forecast",
    "quality": "Quality",
    "work": "Work",
    "what_if": "What if",
    "reports": "Reports",
    "survey": "Survey",
}

work, person = ui.workspace(), ui.person()
manages = Role.MANAGER in person.roles
if not {Role.REVIEWER, Role.APPROVER} & set(person.roles):
    review.must(person, Role.MANAGER)
frame.heading(say("Figures"), say("How far the work is, how good it is and where it waits."))


@st.cache_resource(max_entries=1, show_spinner=False)
def asked() -> Questions:
    """The questions, for everyone in this process."""
    return Questions(work.lake)


@st.cache_resource(max_entries=1, ttl="10m", show_spinner=False)
def refreshed(slot: int) -> None:
    """Have the lake follow the store, once a slot."""
    work.lake.refresh(work.store, at=now())


if st.session_state.get("managers.refresh"):
    refreshed.clear()
with st.spinner(say("Counting…")):
    refreshed(int(now().timestamp() // 60))
    questions = asked()
    questions.renew()

documents = sum(work.store.counts().values())
lines = survey_form.kept(work)
today = local(questions.at or now()).date()
units = {unit.code: unit.name for unit in work.store.units()}
batches = {batch.id: batch.name for batch in work.store.batches()}
view = "own"
if manages:
    view = st.segmented_control(
        say("View"),
        list(VIEWS),
        format_func=lambda name: say(VIEWS[name]),
        default="progress",
        required=True,
        key="managers.view",
        label_visibility="collapsed",
    )
chosen = board.Board(questions, work.templates, units=units, batches=batches)
if documents and view not in ("reports", "survey"):
    chosen = board.choose(questions, work.templates, units=units, batches=batches)
if not documents and view not in ("survey", "reports"):
    frame.nothing(
        say("There are no documents yet, so there is nothing to count."),
        say("Take in a batch of scans; the figures follow by themselves."),
        to="intake.py",
        person=person,
    )
    st.stop()

# Only the view that is looked at is counted and drawn.
match view:
    case "progress":
        board.top(chosen)
        progress.show(chosen, lines, today=today)
    case "forecast":
        outlook.show(chosen, lines, today=today)
    case "quality":
        quality_figures.show(work, chosen)
    case "work":
        work_figures.show(chosen)
    case "what_if":
        what_if.show(work, chosen)
    case "reports":
        report_form.show(work, chosen, lines, today=today)
    case "survey":
        with ui.guarded():
            survey_form.show(work, chosen, lines, by=person)
works = {Role.REVIEWER, Role.APPROVER} & set(person.roles) or person.unit
if view == "own" or (view == "work" and works):
    work_figures.own(chosen, work.lake, person, work.store.persons())
if questions.at:
    st.caption(say("Counted at {at}.", at=moment(questions.at)))
