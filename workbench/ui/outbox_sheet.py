"""The way to other repositories, on screen: what waits, what was refused and why, what to order."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from workbench import ui
from workbench.errors import Sentence
from workbench.exchange.targets import Target
from workbench.flow import custody, delivery
from workbench.model import Delivery, DeliveryState, Person
from workbench.store import outbox
from workbench.ui import dossier, frame, notation
from workbench.words import say
from workbench.workspace import Workspace

_PER_PAGE = 20
_AT_ONCE = 200  # records that are checked at one click
_STATES = {
    DeliveryState.WAITING: ("blue", "schedule_send", "waits to be sent"),
    DeliveryState.SENT: ("green", "mark_email_read", "sent, with a receipt"),
    DeliveryState.REFUSED: ("red", "unsubscribe", "refused"),
    DeliveryState.WITHDRAWN: ("gray", "cancel_schedule_send", "given up"),
}


_HOW = {
    "http": "The record message, over HTTP",
    "folder": "The whole package as a bag, into a folder",
    "s3": "The whole package as a bag, into an S3 bucket",
}


def act(work: Workspace, person: Person) -> None:
    """Do what was clicked before the page is drawn."""
    with ui.guarded():
        match st.session_state.pop("deliver.click", None):
            case ("again", str(key)):
                delivery.try_again(work, key, by=person.name)
                frame.done(say("It is sent again in a moment."))
                st.rerun()
            case ("withdraw", str(key)):
                delivery.give_up(work, key, by=person.name)
                frame.done(say("It is not sent any more."))
                st.rerun()
            case ("order", str(name)):
                to = delivery.target(work, name)
                waiting = outbox.undelivered(
                    work.store, name, unit=custody.kept_of(person), limit=_AT_ONCE
                )
                laid, barred = delivery.order(work, waiting, to, by=person.name)
                frame.done(
                    say(
                        "{n} records were laid in the outbox; {barred} would be refused.",
                        n=notation.number(laid),
                        barred=notation.number(len(barred)),
                    )
                )
                st.rerun()


def order(work: Workspace, person: Person, targets: Mapping[str, Target]) -> None:
    """Choose a target, see what it would refuse and why, lay the rest in the outbox."""
    name = st.selectbox(
        say("Target repository"),
        list(targets),
        format_func=lambda key: targets[key].title,
        key="deliver.target",
    )
    to = targets[name]
    st.markdown(f":gray[{say(_HOW[to.kind])}]")
    unit = custody.kept_of(person)
    waiting = outbox.undelivered(work.store, to.name, unit=unit, limit=_AT_ONCE)
    if not waiting:
        st.markdown(":gray[" + say("Everything in the repository went to this target.") + "]")
        return
    st.markdown(
        say("{n} records have not gone there yet.", n=notation.number(len(waiting)))
        + (" " + say("These are the oldest.") if len(waiting) == _AT_ONCE else "")
    )
    with st.container(horizontal=True):
        dry = st.button(say("Dry run"), icon=":material/rule:", key=f"deliver.dry.{to.name}")
        st.button(
            say("Deliver what would be taken"),
            icon=":material/send:",
            type="primary",
            key=f"deliver.order.{to.name}",
            on_click=_note,
            args=("order", to.name),
        )
    if dry:
        _dry_run(work, waiting, to)


def _dry_run(work: Workspace, waiting: list[str], to: Target) -> None:
    rows, refused = [], 0
    for key in waiting:
        document = work.store.document(key)
        if document is None:
            continue
        checked = delivery.check(work, document, to)
        refused += checked.would_be_refused
        rows += [
            {
                "name": dossier.name_of(work, document),
                "why": say(finding.sentence),
                "fields": ", ".join(finding.fields),
            }
            for finding in checked.findings
        ]
    if not refused:
        st.success(say("All {n} would be taken.", n=notation.number(len(waiting))))
    else:
        st.warning(
            say(
                "{refused} of {n} would be refused.",
                refused=notation.number(refused),
                n=notation.number(len(waiting)),
            )
        )
    if rows:
        st.dataframe(
            pd.DataFrame(rows),
            hide_index=True,
            key=f"deliver.why.{to.name}",
            column_config={
                "name": st.column_config.TextColumn(say("File")),
                "why": st.column_config.TextColumn(say("Why"), width="large"),
                "fields": st.column_config.TextColumn(say("Fields")),
            },
        )


def watch(work: Workspace, person: Person, targets: Mapping[str, Target]) -> None:
    """What stands where, and each delivery with what can be done about it."""
    unit = custody.kept_of(person)
    counted = outbox.counts(work.store, unit=unit)
    if not any(counted.values()):
        st.markdown(":gray[" + say("The outbox is empty.") + "]")
        return
    states = list(_STATES)
    chosen = st.segmented_control(
        say("State"),
        states,
        default=next((s for s in (DeliveryState.REFUSED,) if counted[s]), DeliveryState.WAITING),
        format_func=lambda state: f"{_capital(say(_STATES[state][2]))} ({counted[state]})",
        key="deliver.state",
        label_visibility="collapsed",
        required=True,
    )
    pages = max(1, -(-counted[chosen] // _PER_PAGE))
    page = st.pagination(pages, key=f"deliver.page.{chosen}.{pages}") if pages > 1 else 1
    shown = outbox.deliveries(
        work.store, state=chosen, unit=unit, limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE
    )
    if not shown:
        st.markdown(":gray[" + say("No delivery stands here.") + "]")
    for one in shown:
        _row(work, one, targets)


def _row(work: Workspace, one: Delivery, targets: Mapping[str, Target]) -> None:
    colour, icon, word = _STATES[one.state]
    document = work.store.document(one.document)
    name = dossier.name_of(work, document) if document else one.document
    to = targets[one.target].title if one.target in targets else one.target
    with st.container(border=True):
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.markdown(
            f"**{notation.literal(name)}** → {notation.literal(to)} "
            f":{colour}-badge[:material/{icon}: {say(word)}]"
        )
        left.markdown(f":gray[{_about(one)}]")
        if one.reason:
            left.markdown(notation.literal(say(Sentence.from_json(one.reason))))
        if one.state in (DeliveryState.WAITING, DeliveryState.REFUSED):
            with right.container(horizontal=True):
                st.button(
                    say("Send again"), key=f"deliver.again.{one.id}", on_click=_note,
                    args=("again", one.id),
                )  # fmt: skip
                st.button(
                    say("Give up"), key=f"deliver.withdraw.{one.id}", on_click=_note,
                    args=("withdraw", one.id),
                )  # fmt: skip


def _about(one: Delivery) -> str:
    told = [say("version {version}", version=one.version), notation.moment(one.at)]
    if one.attempts:
        told.append(say("{n} attempts", n=one.attempts))
    if one.state is DeliveryState.WAITING and one.attempts:
        told.append(say("next at {moment}", moment=notation.moment(one.due)))
    if one.receipt:
        told.append(say("receipt {receipt}", receipt=notation.literal(one.receipt[:40])))
    return " · ".join(told)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _note(act_: str, key: str) -> None:
    st.session_state["deliver.click"] = (act_, key)
