"""The page where records are typed in: what they are of, then the form; or a second typing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import streamlit as st

from workbench import ui
from workbench.flow import granting
from workbench.flow.entering import SECOND
from workbench.flow.keying import Twice
from workbench.model import Document, Person, Right, now
from workbench.scope import Copy
from workbench.ui import batches, frame, way
from workbench.ui.entry import EntryRoom, sitting
from workbench.ui.entry.sitting import Sheaf
from workbench.words import language, say, speak
from workbench.workspace import Workspace

_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def sit(work: Workspace, person: Person) -> None:
    """One sitting: new records, or the second typing of others'."""
    second = EntryRoom.of_entry("entry.second")
    sitting.keep(second, work, by=person.name)  # before it is counted what waits
    waiting = work.store.awaiting_second(SECOND, not_by=person.name)
    kinds = {"new": say("New records"), "second": say("Second typing ({n})", n=len(waiting))}
    chosen = st.segmented_control(
        say("What to type"),
        list(kinds),
        format_func=kinds.__getitem__,
        default="new",
        required=True,
        label_visibility="collapsed",
        key="entry.way",
    )
    if chosen == "second":
        _second(work, person, second, waiting)
    else:
        _first(work, person)


def _first(work: Workspace, person: Person) -> None:
    room = EntryRoom.of_entry("entry.new")
    place = st.container()
    sitting.keep(room, work, by=person.name)
    with place:
        sheaf = _sheaf(work, person)
    if sheaf is None:
        return
    sitting.lay_out(room, work, sheaf)
    room.show_form(person=person.name, checked=sitting.checked(room, work))


def _second(work: Workspace, person: Person, room: EntryRoom, waiting: Sequence[Document]) -> None:
    if not sitting.lay_second(room, work, waiting):
        frame.nothing(
            say("No record waits for you to type it a second time."),
            say("Records that colleagues typed come here; your own go to somebody else."),
            person=person,
        )
        return
    room.show_form(person=person.name, checked=None)


def _sheaf(work: Workspace, person: Person) -> Sheaf | None:
    """What the next records are of; None until that is said."""
    kind, unit, name, copy = st.columns([3, 3, 2, 2])
    kinds, units = list(work.templates), work.store.units()
    # In the address: a reload opens the same form, and with it what was being typed.
    known_kind, known_unit = st.query_params.get("kind", ""), st.query_params.get("unit", "")
    chosen_kind = kind.selectbox(
        say("Kind of paper"),
        kinds,
        format_func=lambda key: work.templates[key].title[language()],
        index=kinds.index(known_kind) if known_kind in kinds else 0,
        key="entry.kind",
    )
    chosen_unit = unit.selectbox(
        say("Unit"),
        units,
        format_func=lambda u: u.name,
        index=batches.place_of(work, known_unit or person.unit or ""),
        placeholder=say("Choose a unit"),
        key="entry.unit",
    )
    batch = name.text_input(say("Batch"), _batch_name(work, now()), key="entry.batch")
    held = copy.selectbox(
        say("Held of the paper"),
        (Copy.NONE, Copy.PHOTOCOPY, Copy.CERTIFIED_COPY),
        format_func=lambda copy: say(way.COPIES[copy]),
        help=say("Where the original is held, the paper is scanned instead of typed in."),
        key="entry.copy",
    )
    if chosen_unit is None or not batch.strip() or chosen_kind is None:
        st.info(say("Choose the unit to begin."), icon=":material/arrow_upward:")
        return None
    st.query_params.update({"kind": chosen_kind, "unit": chosen_unit.code})
    refusal = granting.refusal(work, Right.USE, chosen_kind, person, unit=chosen_unit.code)
    if refusal is not None:
        ui.tell(refusal)
        return None
    return Sheaf(
        chosen_kind, chosen_unit.code, batch.strip(), held.value, Twice(work.settings.typed_twice)
    )


def _batch_name(work: Workspace, at: datetime) -> str:
    """The same in whatever language it is read: what is being typed belongs to the batch."""
    spoken = language()
    speak(work.settings.language)
    try:
        return say("Typed in {day}", day=f"{at.astimezone(_VIETNAM):%d/%m/%Y}")
    finally:
        speak(spoken)
