"""How long a paper holds, on screen: its term, what ended it, and what came before and after it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import streamlit as st

from workbench import ui
from workbench.flow import stating, validity
from workbench.flow.lasting import Holding, State
from workbench.flow.validity import Because
from workbench.model import Document, Ending, Person, Role, Stage, Validity, day_of, now
from workbench.store import standing
from workbench.ui import badges, dossier, frame, notation
from workbench.words import say
from workbench.workspace import Workspace

STATES: Mapping[State, badges.Look] = {
    State.HOLDS: badges.Look("Valid", "green", "check_circle"),
    State.EXPIRED: badges.Look("Expired", "orange", "event_busy"),
    State.ENDED: badges.Look("No longer valid", "red", "cancel"),
    State.UNSTATED: badges.Look("Term not stated", "gray", "help"),
}
_KINDS = {
    Validity.INDEFINITE: "Indefinite",
    Validity.UNTIL: "Until a day",
    Validity.LINKED: "As long as another licence",
    Validity.UNSTATED: "As it is printed",
}
ENDINGS = {
    Ending.RENEWED: "Renewed (cấp đổi)",
    Ending.REISSUED: "Issued again (cấp lại)",
    Ending.SUPERSEDED: "Replaced by another paper",
    Ending.REVOKED: "Revoked",
    Ending.HANDED_BACK: "Handed back",
    Ending.STANDS: "Nothing ended it: taken back",
}
_BECAUSE = {
    Because.PRINTED: "the newer one says so",
    Because.NUMBER: "same number, same authority, another day",
    Because.HOLDER: "same kind, same holder",
}
_FIRST, _LAST = date(1900, 1, 1), date(2200, 12, 31)


def line(work: Workspace, document: Document) -> str:
    """How the paper stands today, in one line of Markdown."""
    held = validity.of(work, document.id)
    return f"{badges.badge(STATES[held.state(day_of(now()))])} {_term(held)}"


def show(work: Workspace, document: Document, person: Person) -> None:
    """Its term and end with who said so, its chain, what may have replaced what; and the forms."""
    held = validity.of(work, document.id)
    st.markdown(f"{badges.badge(STATES[held.state(day_of(now()))])} {_term(held)}")
    for by, reason in ((held.term_by, held.term_reason), (held.end_by, held.end_reason)):
        if by:
            st.markdown(
                f":gray[{notation.literal(dossier.person_of(work, by))}: "
                f"{notation.literal(reason)}]"
            )
    if held.ending is not None:
        since = f" · {held.ended:%d/%m/%Y}" if held.ended else ""
        st.markdown(f":red[:material/cancel:] {say(ENDINGS[held.ending])}{since}")
    _chain(work, document)
    if not {Role.REVIEWER.value, Role.APPROVER.value} & set(person.roles):
        return
    if document.stage is Stage.REJECTED:
        return
    with ui.guarded():
        _proposals(work, document, person)
        with st.container(horizontal=True):
            _state_term(work, document, held, person)
            _state_end(work, document, held, person)


def _term(held: Holding) -> str:
    match held.validity:
        case Validity.INDEFINITE:
            return say("indefinite")
        case Validity.UNTIL | Validity.LINKED if held.until is not None:
            told = say("until {day}", day=f"{held.until:%d/%m/%Y}")
            if held.linked_to:
                told += " · " + say("with licence {number}", number=held.linked_to)
            return notation.literal(told)
    return say("nothing is printed of its term, and nobody has said that it has none")


def _named(work: Workspace, document: Document) -> str:
    said = standing.values(work.store, [document.id], ("so", "ngay_cap")).get(document.id, {})
    issued = said.get("ngay_cap", "")
    when = "/".join(reversed(issued.split("-"))) if issued else ""
    name = " · ".join(part for part in (said.get("so", ""), when) if part)
    return notation.literal(name or dossier.name_of(work, document))


def _chain(work: Workspace, document: Document) -> None:
    papers = validity.chain(work, document.id)
    if len(papers) < 2:
        return
    st.markdown(f"**{say('Papers that replaced one another')}**")
    held = validity.of_many(work, [paper.id for paper in papers])
    for paper in papers:
        state = badges.badge(STATES[held[paper.id].state(day_of(now()))])
        here = f" · {say('this one')}" if paper.id == document.id else ""
        st.markdown(f"{state} {_named(work, paper)}{here}")


def _proposals(work: Workspace, document: Document, person: Person) -> None:
    for found in validity.proposed(work, document.id):
        other = work.store.document(found.older if found.newer == document.id else found.newer)
        if other is None:
            continue
        key = f"{found.older}.{found.newer}"
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            text = (
                say("This paper may stand in the place of {other}", other=_named(work, other))
                if found.newer == document.id
                else say("{other} may stand in the place of this paper", other=_named(work, other))
            )
            st.markdown(f"{text} ({say(_BECAUSE[found.because])})", width="stretch")
            with st.popover(say("So it is…")):
                how = st.selectbox(
                    say("How"),
                    [ending for ending in ENDINGS if ending.names_successor],
                    format_func=lambda ending: say(ENDINGS[ending]),
                    key=f"validity.how.{key}",
                )
                why = st.text_input(say("Why?"), key=f"validity.why.{key}")
                if st.button(
                    say("Keep"), type="primary", disabled=not why.strip(), key=f"validity.so.{key}"
                ):
                    validity.state_end(
                        work, found.older, how, by=person.name, reason=why, successor=found.newer
                    )
                    _done(work, found.older)


def _state_term(work: Workspace, document: Document, held: Holding, person: Person) -> None:
    key = document.id
    with st.popover(say("State the term…"), icon=":material/event:"):
        kind = st.radio(
            say("Term"),
            list(_KINDS),
            index=list(_KINDS).index(held.validity),
            format_func=lambda value: say(_KINDS[value]),
            key=f"validity.kind.{key}",
        )
        until, linked = None, ""
        if kind in (Validity.UNTIL, Validity.LINKED):
            until = _day(say("Last day"), held.until, f"validity.until.{key}")
        if kind is Validity.LINKED:
            linked = st.text_input(
                say("Number of the other licence"), held.linked_to, key=f"validity.linked.{key}"
            )
        why = st.text_input(say("Why?"), key=f"validity.term.why.{key}")
        if st.button(say("Keep"), type="primary", key=f"validity.term.{key}"):
            validity.state_term(
                work, key, kind, by=person.name, reason=why, until=until, linked_to=linked
            )
            _done(work, key)


def _state_end(work: Workspace, document: Document, held: Holding, person: Person) -> None:
    key = document.id
    with st.popover(say("It ended…"), icon=":material/event_busy:"):
        offered = [e for e in ENDINGS if e is not Ending.STANDS or held.ending is not None]
        ending = st.radio(
            say("What ended it"),
            offered,
            format_func=lambda value: say(ENDINGS[value]),
            key=f"validity.ending.{key}",
        )
        ended, successor = None, ""
        if ending is not Ending.STANDS:
            ended = _day(say("From which day"), None, f"validity.ended.{key}")
        if ending.names_successor:
            number = st.text_input(
                say("Number of the newer paper"), key=f"validity.successor.number.{key}"
            )
            wanted = standing.saying(work.store, [number.strip()], ["so"], but=key)
            papers = standing.known(work.store, wanted)
            chosen = st.selectbox(
                say("The newer paper"),
                list(papers),
                format_func=lambda other: _named(work, papers[other]),
                key=f"validity.successor.{key}.{number.strip()}",
            )
            successor = chosen or ""
        why = st.text_input(say("Why?"), key=f"validity.end.why.{key}")
        if st.button(say("Keep"), type="primary", key=f"validity.end.{key}"):
            validity.state_end(
                work, key, ending, by=person.name, reason=why, ended=ended, successor=successor
            )
            _done(work, key)


def _day(label: str, given: date | None, key: str) -> date | None:
    answer = st.date_input(
        label, value=given, min_value=_FIRST, max_value=_LAST, format="DD/MM/YYYY", key=key
    )
    return answer if isinstance(answer, date) else None


def _done(work: Workspace, document: str) -> None:
    stating.refresh(work, document)
    frame.done(say("Kept with your reason."))
    st.rerun()
