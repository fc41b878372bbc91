"""Choosing a carpet, what its batch shares, and keeping what was done on it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

import streamlit as st

from workbench import flow, review, ui
from workbench.errors import NotReadyError
from workbench.model import Stage
from workbench.ui import frame, notation
from workbench.ui.dossier import kind_of
from workbench.ui.places import PAGES
from workbench.ui.station import modes
from workbench.words import language, say
from workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which field of which papers; `doubtful_only`: those that the machine is not sure of."""

    batch: str
    kind: str
    field: str
    doubtful_only: bool


def choose(work: Workspace) -> Chosen | None:
    """Let the person choose a batch, a kind of paper and a field; None where nothing waits."""
    waiting = {d.batch for d in work.store.documents(stage=Stage.PROPOSED, limit=5000)}
    batches = {b.id: b.name for b in work.store.batches() if b.id in waiting}
    if not batches:
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        batch = st.selectbox(
            say("Batch"), list(batches), format_func=lambda b: batches[b], key="carpet.batch"
        )
        fields = flow.fields_of(work, batch)
        kind = st.selectbox(
            say("Kind of paper"),
            list(fields),
            format_func=lambda k: kind_of(work, k),
            key="carpet.kind",
        )
        names = fields.get(kind, {})
        field = st.selectbox(
            say("Field"),
            list(names),
            format_func=lambda f: f"{label(work, kind, f)} ({notation.number(names[f])})",
            key="carpet.field",
        )
        doubtful = st.toggle(say("Only what the machine doubts"), key="carpet.doubtful")
    if field is None:
        return None
    return Chosen(batch, kind, field, doubtful)


def label(work: Workspace, kind: str, name: str) -> str:
    """The field's words; a column of a table by its heading."""
    template = work.templates.get(kind)
    if template is None:
        return name
    try:
        words = template.spec(name.replace("*", "1")).label
    except KeyError:
        return name
    return words.en if language() == "en" else words.vi


def constant(work: Workspace, chosen: Chosen) -> None:
    """What the batch shares in this field: shown, said and taken back."""
    template = work.templates.get(chosen.kind)
    spec = template.fields.get(chosen.field) if template else None
    if spec is None or spec.critical or review.differs_by_nature(spec.kind):
        return
    held = review.standing_constants(work.store.constants(chosen.batch))
    now = held.get((chosen.kind, chosen.field))
    name = f"{chosen.batch}.{chosen.kind}.{chosen.field}.{now.id if now else ''}"
    title = (
        say("The same in the whole batch: {value}", value=notation.literal(now.value))
        if now
        else say("The same in the whole batch?")
    )
    with st.expander(title, icon=":material/push_pin:"), ui.guarded():
        st.markdown(
            ":gray["
            + say("The value is proposed on every paper, and checked once on each of them.")
            + "]"
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            value = st.text_input(say("Value"), now.value if now else "", key=f"constant.{name}")
            if st.button(say("Hold for the batch"), key=f"constant.hold.{name}"):
                if not value.strip():
                    raise NotReadyError("The value is empty.", "Write what stands on every paper.")
                _hold(work, chosen, value)
            if now and st.button(say("Take back"), key=f"constant.end.{name}"):
                _hold(work, chosen, "")


def _hold(work: Workspace, chosen: Chosen, value: str) -> None:
    by = ui.person().name
    flow.hold_for_batch(
        work, chosen.batch, chosen.kind, chosen.field, value, by=by, key=uuid4().hex
    )
    _room().clear()
    frame.done(
        say("The batch's value was kept.") if value else say("The batch's value was taken back.")
    )
    st.rerun()


def _room() -> modes.Room:
    return modes.Room.of_session("carpet", "carpet")


@st.fragment  # what is done on a carpet does not draw the frame around it anew
def sit(chosen: Chosen | None = None, like: str = "") -> None:
    """Lay the carpet out, and keep what is done on it."""
    ui.speak_as_chosen()
    place = st.container()  # the carpet keeps its place, whatever is told below it
    with ui.guarded():
        keep(_room())
    if _room().leaving:
        st.switch_page(PAGES / "review.py")
    with place, ui.guarded():
        _lay_out(_room(), chosen, like)


def keep(room: modes.Room) -> None:
    """Keep what the reviewer did, in order; what was refused is told with its sentence."""
    work, by = ui.workspace(), ui.person().name
    entries = list(room.received())
    acts = [modes.field_act(e) for e in entries if e["what"] == "act"]
    if acts:
        with room.answering():
            answers = flow.correct_across(work, acts, by=by)
            for identifier, why in answers.items():
                room.answer(identifier, say(why) if why else "")
    for entry in entries:
        if entry["what"] == "again":
            room.answer(entry["id"])
            room.clear()


def _lay_out(room: modes.Room, chosen: Chosen | None, like: str) -> None:
    work, by = ui.workspace(), ui.person().name
    about = (like or chosen, language())
    if room.about != about:
        if chosen is None:
            carpet = flow.alike(work, like, by=by)
        else:
            carpet = flow.carpet(
                work,
                chosen.batch,
                chosen.kind,
                chosen.field,
                by=by,
                doubtful_only=chosen.doubtful_only,
            )
        room.lay(modes.carpet_json(carpet), about=about)
    room.show(person=by)
