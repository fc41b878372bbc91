"""Learning from corrections on screen: what there is to learn from, trainings, decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from workbench import ui
from workbench.engines.easyocr import network_told
from workbench.errors import Sentence
from workbench.flow import teaching
from workbench.model import NetworkTraining, Person, Role, TrainingState
from workbench.store import networks
from workbench.ui import frame, notation
from workbench.ui.lab_sheet import KINDS
from workbench.words import say
from workbench.workspace import Workspace

MANAGES = frozenset({Role.MANAGER, Role.APPROVER, Role.ADMINISTRATOR})
_USUAL_MINUTES = 120
_STATES: Mapping[TrainingState, str] = {
    TrainingState.WAITING: "Waits for a worker",
    TrainingState.RUNNING: "Under way",
    TrainingState.REPORTED: "Waits for a decision",
    TrainingState.ACCEPTED: "In use",
    TrainingState.REPLACED: "Replaced by a later one",
    TrainingState.REJECTED: "Not accepted",
    TrainingState.WITHDRAWN: "Withdrawn",
    TrainingState.FAILED: "Ended without a network",
}
_OPEN = (TrainingState.WAITING, TrainingState.RUNNING)
_USABLE = (TrainingState.REPORTED, TrainingState.REPLACED, TrainingState.WITHDRAWN)


def show(work: Workspace, person: Person, *, reads: str) -> None:
    """The whole section; `reads`: the network that EasyOCR reads with, as readings name it."""
    with ui.guarded():
        _act(work, person)
    st.markdown(f"**{say('Reads now')}:** {say(network_told(reads))} `{reads}`")
    with ui.guarded():
        _supply(work, person)
    _watch(work)
    for training in networks.trainings(work.store, limit=10):
        if training.state not in _OPEN:
            _one(training, person)


def _supply(work: Workspace, person: Person) -> None:
    there = _counted(work, len(networks.trainings(work.store)))
    first, second, third = st.columns(3)
    first.metric(say("Confirmed fields"), notation.number(there.crops), border=True)
    second.metric(say("Since the last training"), notation.number(there.fresh), border=True)
    third.metric(say("Documents"), notation.number(there.documents), border=True)
    if there.by_kind:
        kinds = " · ".join(
            f"{say(KINDS.get(kind, kind))} {notation.number(n)}"
            for kind, n in there.by_kind.items()
        )
        st.caption(kinds)
    if not there.is_enough:
        st.caption(
            say(
                "A training needs {crops} confirmed fields of {documents} documents.",
                crops=notation.number(teaching.FEWEST_CROPS),
                documents=notation.number(teaching.FEWEST_DOCUMENTS),
            )
        )
    if Role.MANAGER not in person.roles:
        st.caption(say("A manager starts a training; somebody else decides about its network."))
        return
    under_way = any(t.state in _OPEN for t in networks.trainings(work.store, limit=5))
    left, right = st.columns([1, 3], vertical_alignment="bottom")
    left.number_input(
        say("At most, minutes"),
        min_value=1,
        max_value=teaching.LONGEST_MINUTES,
        value=_USUAL_MINUTES,
        step=30,
        key="network.minutes",
        disabled=under_way,
    )
    right.button(
        say("Start a training"),
        type="primary",
        icon=":material/school:",
        disabled=under_way or not there.is_enough,
        key="network.start",
        on_click=_wish,
        args=("start", ""),
    )
    st.caption(
        say(
            "Crops stay on this machine. To take them along or have a person's papers forgotten: "
            "{command} (docs/training.md).",
            command="`workbench train dataset`",
        )
    )


@st.cache_data(ttl="1m", show_spinner=False)
def _counted(_work: Workspace, trainings: int) -> teaching.Supply:
    return teaching.supply(_work)


@ui.watching(5)
def _watch(work: Workspace) -> None:
    """The training that is under way, as far as it is."""
    for training in networks.trainings(work.store, limit=5):
        if training.state not in _OPEN:
            continue
        done = training.progress
        with st.container(border=True):
            st.markdown(f"**{_name(training)}** — {say(_STATES[training.state])}")
            seconds = float(done.get("seconds", 0))
            share = max(
                done.get("step", 0) / max(1, done.get("steps", 1)),
                seconds / (60 * training.minutes),
            )
            st.progress(
                min(1.0, share),
                text=say(
                    "Step {step} of {steps}, {minutes} of at most {most} minutes",
                    step=notation.number(done.get("step", 0)),
                    steps=notation.number(done.get("steps", 0)),
                    minutes=notation.number(seconds / 60),
                    most=notation.number(training.minutes),
                ),
            )
            if done.get("loss") is not None:
                st.caption(
                    say(
                        "Loss {loss}; {cer} of the characters wrong in the exam",
                        loss=notation.number(done["loss"], 3),
                        cer=_percent(done["character_errors"]),
                    )
                )
            st.button(
                say("Stop it"),
                icon=":material/stop_circle:",
                key=f"network.stop.{training.id}",
                on_click=_wish,
                args=("stop", training.id),
            )


def _one(training: NetworkTraining, person: Person) -> None:
    waits = training.state is TrainingState.REPORTED
    title = f"{_name(training)} — {say(_STATES[training.state])}"
    with st.expander(title, expanded=waits, icon=":material/model_training:"):
        st.caption(_history(training))
        if training.failure:
            st.warning(say(Sentence.from_json(training.failure)), icon=":material/error:")
        if not training.report:
            return
        _report(training)
        if training.state in _USABLE and training.by == person.name:
            st.info(
                say("You started this training; somebody else decides about its network."),
                icon=":material/group:",
            )
        elif training.state in (*_USABLE, TrainingState.ACCEPTED):
            _decision(training)


def _report(training: NetworkTraining) -> None:
    told = training.report
    st.markdown(
        say(
            "Old against new on {crops} fields of {documents} documents that were held back:",
            crops=notation.number(training.held_back),
            documents=notation.number(told["documents"]),
        )
    )
    rows = {
        say("All fields"): told["all"],
        **{say(KINDS.get(kind, kind)): found for kind, found in told["kinds"].items()},
        say("Made-up lines"): told["made_up"],
    }
    st.dataframe(
        pd.DataFrame([_row(name, found) for name, found in rows.items() if found]),
        hide_index=True,
        key=f"network.report.{training.id}",
        column_config={
            "kind": st.column_config.TextColumn(say("Kind of field")),
            "of": st.column_config.TextColumn(say("Cases")),
            "old": st.column_config.TextColumn(say("Exact, old")),
            "new": st.column_config.TextColumn(say("Exact, new")),
            "old_cer": st.column_config.TextColumn(say("Characters wrong, old")),
            "new_cer": st.column_config.TextColumn(say("Characters wrong, new")),
        },
    )
    st.caption(f"`{training.begun_from}` → `{training.network}`")


def _row(name: str, found: Mapping[str, Any]) -> dict[str, str]:
    old, new = found["old"], found["new"]
    return {
        "kind": name, "of": notation.number(new["of"]),
        "old": _percent(old["share"]), "new": _percent(new["share"]),
        "old_cer": _percent(old["cer"]), "new_cer": _percent(new["cer"]),
    }  # fmt: skip


def _percent(share: float) -> str:
    return f"{notation.number(100 * share, 1)} %"


def _decision(training: NetworkTraining) -> None:
    st.text_input(say("Reason"), key=f"network.reason.{training.id}")
    accept, reject, _ = st.columns([2, 2, 3])
    if training.state is TrainingState.ACCEPTED:
        accept.button(
            say("Withdraw the network"), icon=":material/undo:", width="stretch",
            key=f"network.withdraw.{training.id}", on_click=_wish,
            args=("withdraw", training.id),
        )  # fmt: skip
        return
    accept.button(
        say("Read with this network"), type="primary", icon=":material/check:", width="stretch",
        key=f"network.accept.{training.id}", on_click=_wish, args=("accept", training.id),
    )  # fmt: skip
    if training.state is TrainingState.REPORTED:
        reject.button(
            say("Do not accept"), icon=":material/block:", width="stretch",
            key=f"network.reject.{training.id}", on_click=_wish, args=("reject", training.id),
        )  # fmt: skip


def _wish(what: str, training: str) -> None:
    st.session_state["network.wish"] = what, training


def _act(work: Workspace, person: Person) -> None:
    """Do what a button asked for, before the page is drawn."""
    what, training = st.session_state.pop("network.wish", ("", ""))
    reason = str(st.session_state.get(f"network.reason.{training}", ""))
    match what:
        case "start":
            minutes = float(st.session_state.get("network.minutes", _USUAL_MINUTES))
            teaching.start(work, by=person.name, minutes=minutes)
            frame.done(say("The training is ordered; a worker does it."))
        case "stop":
            teaching.stop(work, training, by=person.name)
            frame.done(say("The training was stopped."))
        case "accept":
            teaching.accept(work, training, by=person.name, reason=reason)
            frame.done(say("From now on papers are read with this network."))
        case "reject":
            teaching.reject(work, training, by=person.name, reason=reason)
            frame.done(say("Nothing is read with this network."))
        case "withdraw":
            teaching.withdraw(work, training, by=person.name, reason=reason)
            frame.done(say("Nothing is read with this network."))
        case _:
            return
    st.rerun()


def _name(training: NetworkTraining) -> str:
    return say("Training {id} of {at}", id=training.id[:8], at=notation.moment(training.at))


def _history(training: NetworkTraining) -> str:
    told = [
        say(
            "Started by {by}; learned from {crops} fields of {documents} documents.",
            by=training.by,
            crops=notation.number(training.crops),
            documents=notation.number(training.documents),
        )
    ]
    if training.decided_by:
        told.append(f"{training.decided_by}, {notation.moment(training.decided_at)}: "
                    f"{notation.literal(training.reason)}")  # fmt: skip
    if training.withdrawn_by:
        told.append(say("Withdrawn by {by}: {why}", by=training.withdrawn_by,
                        why=notation.literal(training.withdrawn_why)))  # fmt: skip
    return "  \n".join(told)
