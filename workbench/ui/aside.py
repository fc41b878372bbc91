"""What lies aside and whose work it is: lists with who, why and since when, and what one may do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from workbench import flow, ui
from workbench.model import Document, ParkedAs, Parking, Person, Role, now
from workbench.store import Choice
from workbench.ui import dossier, frame, notation, station
from workbench.words import say
from workbench.workspace import Workspace

_URGENT = 10  # a batch's priority when it must go first
_MOST = 100  # lines of a list; more is a matter for the figures, not for a list


def lies_aside(work: Workspace, person: Person) -> None:
    """The two lists, for whoever may see what papers say."""
    postponed = work.store.put_aside(ParkedAs.POSTPONED, limit=_MOST)
    asked = work.store.put_aside(ParkedAs.ESCALATED, limit=_MOST)
    names = {
        "postponed": say("Postponed ({n})", n=len(postponed)),
        "escalated": say("Questions ({n})", n=len(asked)),
    }
    first, second = st.tabs(list(names.values()))
    with first:
        _listed(work, person, postponed, say("Nothing was postponed."), _take_up)
    with second:
        _listed(work, person, asked, say("No question is open."), _answer)


def _listed(
    work: Workspace,
    person: Person,
    lines: Sequence[tuple[Parking, Document]],
    empty: str,
    deed: Callable[[Workspace, Person, Parking], None],
) -> None:
    if not lines:
        frame.nothing(
            empty,
            say("A reviewer puts a document aside with the key {key}.", key="P / L"),
            to="review.py",
            person=person,
        )
    for parking, document in lines:
        with st.container(border=True, key=f"aside.{parking.id}"):
            st.markdown(f"**{notation.literal(dossier.name_of(work, document))}**")
            by = work.store.person(parking.by)
            since = say(
                "{who}, since {time}",
                who=by.shown_as if by else parking.by,
                time=notation.moment(parking.at),
            )
            st.caption(notation.literal(since))
            if parking.reason:
                st.markdown(notation.literal(parking.reason))
            deed(work, person, parking)


def _take_up(work: Workspace, person: Person, parking: Parking) -> None:
    if Role.REVIEWER.value not in person.roles:
        return
    st.button(
        say("Take it up"),
        key=f"aside.take.{parking.id}",
        icon=":material/undo:",
        on_click=partial(_take, work, parking.id, person.name),
    )


def _answer(work: Workspace, person: Person, parking: Parking) -> None:
    if {Role.APPROVER.value, Role.MANAGER.value} & set(person.roles):
        box = f"aside.answer.{parking.id}"
        st.text_area(say("Your answer"), key=box, height=80)
        st.button(
            say("Answer"),
            key=f"aside.say.{parking.id}",
            icon=":material/reply:",
            type="primary",
            on_click=lambda: _say_so(work, parking.id, person.name, st.session_state[box]),
        )
    elif parking.by == person.name:
        _take_up(work, person, parking)


def _take(work: Workspace, parking: str, by: str) -> None:
    with ui.guarded():
        flow.take_up(work, parking, by=by)
        station.Desk.of_session("review").fetched_at = None
        frame.done(say("It lies on your desk again."))


def _say_so(work: Workspace, parking: str, by: str, text: str) -> None:
    with ui.guarded():
        flow.answer(work, parking, by=by, text=text)
        frame.done(say("Answered. The document is back with whoever asked."))


# --- whose work it is ------------------------------------------------------------------------


def whose_work(work: Workspace, person: Person) -> None:
    """For a manager: which batch goes first, and which reviewer gets how many documents of it."""
    st.subheader(say("Whose work it is"), anchor=False)
    batches = {batch.id: batch.name for batch in work.store.batches()}
    waiting = [d for d in work.store.in_review() if d.batch in batches]
    with_work = list(dict.fromkeys(d.batch for d in waiting))
    if not with_work:
        st.markdown(f":gray[{say('No document waits for review.')}]")
        return
    batch = st.selectbox(
        say("Batch"), with_work, format_func=lambda key: batches[key], key="aside.batch"
    )
    theirs = [d for d in waiting if d.batch == batch]
    free = [d for d in theirs if not d.assigned]
    st.markdown(say("{n} wait, {free} of them for anybody.", n=len(theirs), free=len(free)))
    urgent = any(d.priority >= _URGENT for d in theirs)
    st.toggle(
        say("This batch first"),
        value=urgent,
        key=f"aside.first.{batch}.{urgent}",
        on_change=partial(_weigh, work, batch, 0 if urgent else _URGENT, person.name),
    )
    reviewers = {
        p.name: p.shown_as
        for p in work.store.persons()
        if p.active and Role.REVIEWER.value in p.roles
    }
    left, middle, right = st.columns([3, 2, 2], vertical_alignment="bottom")
    to = left.selectbox(
        say("Reviewer"), ["", *reviewers], key="aside.to",
        format_func=lambda name: reviewers.get(name) or say("anybody"),
    )  # fmt: skip
    pool = free if to else [d for d in theirs if d.assigned]
    many = middle.number_input(
        say("Documents"), min_value=0, max_value=len(pool), value=len(pool), key=f"aside.n.{to}"
    )
    right.button(
        say("Assign") if to else say("Leave to anybody"),
        key="aside.assign",
        disabled=not pool,
        on_click=partial(_assign, work, [d.id for d in pool[: int(many)]], to or "", person.name),
    )
    shares = {name: sum(d.assigned == name for d in theirs) for name in reviewers}
    told = [f"{reviewers[name]}: {n}" for name, n in shares.items() if n]
    if told:
        st.caption(notation.literal(" · ".join(told)))


def _weigh(work: Workspace, batch: str, priority: int, by: str) -> None:
    with ui.guarded():
        flow.weigh(work, batch, priority=priority, by=by)


def _assign(work: Workspace, documents: Sequence[str], to: str, by: str) -> None:
    with ui.guarded():
        n = flow.assign(work, documents, to=to, by=by)
        frame.done(say("{n} documents assigned.", n=n))


# --- which documents come next -------------------------------------------------------------------


def which_documents(work: Workspace, by: str) -> None:
    """The batch, the kind and the order that this reviewer wants; kept for them."""
    chosen = work.store.choice(by)
    batches = {batch.id: batch.name for batch in work.store.batches()}
    with st.expander(
        say("Which documents"), expanded=chosen != Choice(), icon=":material/filter_list:"
    ):
        st.selectbox(
            say("Batch"), ["", *batches], key="queue.batch",
            index=_place(chosen.batch, ["", *batches]),
            format_func=lambda key: batches.get(key) or say("All"),
            on_change=_choose, args=(work, by),
        )  # fmt: skip
        kinds = ["", *work.templates]
        st.selectbox(
            say("Kind"), kinds, key="queue.kind", index=_place(chosen.kind, kinds),
            format_func=lambda kind: dossier.kind_of(work, kind) if kind else say("All"),
            on_change=_choose, args=(work, by),
        )  # fmt: skip
        st.toggle(
            say("Oldest first, whatever its priority"),
            value=chosen.by_age,
            key="queue.by_age",
            on_change=_choose,
            args=(work, by),
        )


def _place(chosen: str, of: Sequence[str]) -> int:
    return of.index(chosen) if chosen in of else 0


def _choose(work: Workspace, by: str) -> None:
    state = st.session_state
    with ui.guarded():
        flow.choose(
            work, Choice(state["queue.batch"], state["queue.kind"], state["queue.by_age"]), by=by
        )
        desk = station.Desk.of_session("review")
        desk.lay([], at=now())
        desk.fetched_at = None
