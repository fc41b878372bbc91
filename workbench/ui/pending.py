"""Seals that somebody has to confirm on a phone, as the Sign page shows them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import streamlit as st

from workbench import ui
from workbench.errors import Sentence
from workbench.flow import pending
from workbench.flow.pending import Waiting
from workbench.model import Document, Person, Stage, now
from workbench.ui import dossier, frame, notation
from workbench.words import say
from workbench.workspace import Workspace

_NAMED = 5  # papers of an order that are named; the others are counted
_LOOKED_AT = 500


@ui.watching(5)
def show(work: Workspace, person: Person) -> None:
    """What waits for the phone just now, how long still, and the way to take it back."""
    for order in pending.waiting(work):
        with st.container(border=True):
            _one(work, order, person)


def _one(work: Workspace, order: Waiting, person: Person) -> None:
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.markdown(
        f"**:material/smartphone: {say('Waiting for confirmation on the phone')}** · "
        + say("{n} documents", n=notation.number(len(order.documents)))
    )
    remaining = order.until - now()
    if not order.is_sent:
        said = say("The signing service has not answered yet; it is asked again by itself.")
    elif remaining > timedelta():
        minutes, seconds = divmod(int(remaining.total_seconds()), 60)
        said = say("{minutes}:{seconds} left to confirm.", minutes=minutes, seconds=f"{seconds:02}")
    else:
        said = say("The time is over; the signing service is asked for the last time.")
    by = dossier.person_of(work, order.ordered_by)
    ordered = say("Ordered by {name} at {moment}.", name=by, moment=notation.moment(order.asked_at))
    left.markdown(f"{notation.literal(said)} :gray[{notation.literal(ordered)}]")
    found = [work.store.document(key) for key in order.documents[:_NAMED]]
    names = ", ".join(notation.literal(dossier.name_of(work, d)) for d in found if d is not None)
    more = len(order.documents) - len(found)
    if more:
        names += " " + say("and {n} more", n=notation.number(more))
    left.markdown(f":gray[{names}]")
    if right.button(
        say("Take the order back"),
        icon=":material/undo:",
        key=f"pending.{order.request}",
        width="stretch",
    ):
        n = pending.withdraw(work, order.request, by=person.name)
        frame.done(say("{n} documents wait for their order again.", n=notation.number(n)))
        st.rerun()


def tell_what_rests(work: Workspace) -> None:
    """Why approved papers that were ordered once wait to be ordered again."""
    resting = [
        document
        for document in work.store.documents(stage=Stage.APPROVED, unsealed=True, limit=_LOOKED_AT)
        if document.reason
    ]
    for (reason, remedy), n in Counter(map(_why, resting)).items():
        st.warning(
            say("{n} documents were not sealed.", n=notation.number(n))
            + f" **{notation.literal(reason)}** {notation.literal(remedy)}",
            icon=":material/phonelink_erase:",
        )


def _why(document: Document) -> tuple[str, str]:
    kept = (document.reason, document.remedy)
    reason, remedy = (say(Sentence.from_json(k)) if k and k.get("text") else "" for k in kept)
    return reason, remedy
