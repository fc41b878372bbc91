"""Shares on screen: what others show me, what I show others, and the form that shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pandas as pd
import streamlit as st

from workbench import ui
from workbench.flow import custody
from workbench.model import Person, Role, Share, Shelf, Sight, now
from workbench.ui import badges, dossier, frame, notation, repository
from workbench.words import say
from workbench.workspace import Workspace

HOLDS = badges.Look("In force", "green", "check_circle")
OVER = badges.Look("Ended", "gray", "event_busy")
REVOKED = badges.Look("Revoked", "red", "block")
LOOKS = (HOLDS, OVER, REVOKED, repository.WITHDRAWN)


def with_me(work: Workspace, person: Person, sight: Sight) -> None:
    """What others share with this person or their unit: each share, then what lies in it."""
    shares = custody.shared_with(work, by=person.name)
    if not shares:
        frame.nothing(
            say("Nothing is shared with you or your unit."),
            say("What somebody shares with you appears here until its day is over."),
            person=person,
        )
        return
    chosen = _listed(work, shares, key="with_me")
    if chosen is None:
        repository.records(
            work, person, sight, Shelf(to_me=True), empty=say("No record lies in what is shared.")
        )
    elif chosen.document:
        st.query_params["record"] = chosen.document
        st.rerun()
    else:
        repository.records(
            work,
            person,
            sight,
            Shelf(folder=chosen.folder, to_me=True),
            empty=say("Nothing lies in this folder yet."),
        )


def by_me(work: Workspace, person: Person, sight: Sight) -> None:
    """What this person, or their unit, shares with others; each can be ended."""
    shares = custody.shared_by(work, by=person.name)
    if not shares:
        frame.nothing(
            say("You share nothing with anybody."),
            say("An approver or a manager shares a record or a folder where it is open."),
            person=person,
        )
        return
    chosen = _listed(work, shares, key="by_me")
    if chosen is None:
        st.caption(say("Choose a line to end a share or open its record."))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if chosen.document:
            st.button(
                say("Open the record"),
                icon=":material/inventory_2:",
                key=f"share.open.{chosen.id}",
                on_click=repository.open_record,
                args=(chosen.document,),
            )
        if custody.holds(chosen, now()):
            with st.popover(say("Revoke…"), icon=":material/block:"):
                revoke_form(work, person, chosen)


def of_record(work: Workspace, person: Person, shares: Sequence[Share]) -> None:
    """With whom one record is shared by itself, and was."""
    if not shares:
        st.markdown(":gray[" + say("This record is shared with nobody by itself.") + "]")
        return
    for share in shares:
        with st.container(border=True, gap="small"):
            look = _look(share, frozenset())
            st.markdown(f"{badges.badge(look)} **{notation.literal(_to(work, share))}**")
            st.caption(notation.literal(_terms(work, share)))
            if custody.holds(share, now()):
                with st.popover(say("Revoke…"), icon=":material/block:"):
                    revoke_form(work, person, share)


def share_form(work: Workspace, person: Person, *, document: str = "", folder: str = "") -> None:
    """With whom, until when, why."""
    key = f"share.{document or folder}"
    kinds = {"unit": say("A unit"), "person": say("A person")}
    kind = st.segmented_control(
        say("Share with"),
        list(kinds),
        format_func=lambda name: kinds[name],
        default="unit",
        required=True,
        key=f"{key}.kind",
    )
    units = {u.code: u.name for u in work.store.units() if u.code != person.unit}
    persons = {p.name: p for p in work.store.persons() if _reads(p) and p.name != person.name}
    with st.form(key, border=False), ui.guarded():
        to = st.selectbox(
            kinds[kind],
            list(units if kind == "unit" else persons),
            format_func=lambda name: units.get(name) or _shown(persons[name]),
            index=None,
            placeholder=say("Choose"),
            key=f"{key}.to.{kind}",
        )
        today = notation.local(now()).date()
        until = st.date_input(
            say("Until and with (empty: until it is revoked)"),
            value=None,
            min_value=today,
            max_value=today + timedelta(days=3650),
            format="DD/MM/YYYY",
            key=f"{key}.until",
        )
        why = st.text_input(say("What for"), key=f"{key}.why")
        if st.form_submit_button(say("Share it"), type="primary"):
            custody.share(
                work,
                by=person.name,
                document=document,
                folder=folder,
                to_unit=to or "" if kind == "unit" else "",
                to_person=to or "" if kind == "person" else "",
                until=until,
                why=why,
            )
            frame.done(say("It is shared."))
            st.rerun()


def revoke_form(work: Workspace, person: Person, share: Share) -> None:
    with st.form(f"revoke.{share.id}", border=False), ui.guarded():
        why = st.text_input(say("Why?"), key=f"revoke.why.{share.id}")
        if st.form_submit_button(say("Revoke"), type="primary"):
            custody.revoke(work, share.id, by=person.name, why=why)
            frame.done(say("The share was ended."))
            st.rerun()


def _reads(person: Person) -> bool:
    return person.active and bool(custody.READERS & {Role(role) for role in person.roles})


def _shown(person: Person) -> str:
    return f"{person.shown_as} ({person.name})"


def _listed(work: Workspace, shares: Sequence[Share], *, key: str) -> Share | None:
    """Shares, the newest first; the one whose line is chosen."""
    withdrawn = frozenset(work.store.withdrawn_among(s.document for s in shares if s.document))
    answer = st.dataframe(
        pd.DataFrame([_row(work, share, withdrawn) for share in shares]),
        hide_index=True,
        height=38 + 35 * min(len(shares), 12),
        on_select="rerun",
        selection_mode="single-row",
        key=f"repository.shares.{key}",
        column_config={
            "what": st.column_config.TextColumn(say("Record or folder"), width=270),
            "state": badges.column(say("State"), LOOKS),
            "to": st.column_config.TextColumn(say("Shared with"), width=190),
            "until": st.column_config.TextColumn(say("Until"), width=110),
            "by": st.column_config.TextColumn(say("Shared by"), width=150),
            "at": st.column_config.TextColumn(say("Shared at"), width=130),
            "why": st.column_config.TextColumn(say("What for"), width=160),
        },
    )
    rows = answer["selection"]["rows"]
    return shares[rows[0]] if rows and rows[0] < len(shares) else None


def _row(work: Workspace, share: Share, withdrawn: frozenset[str]) -> Mapping[str, object]:
    return {
        "what": _what(work, share),
        "state": [say(_look(share, withdrawn).word)],
        "to": _to(work, share),
        "until": _until(share),
        "by": dossier.person_of(work, share.by),
        "at": notation.moment(share.at),
        "why": share.why,
    }


def _look(share: Share, withdrawn: frozenset[str]) -> badges.Look:
    if share.revoked_at is not None:
        return REVOKED
    if not custody.holds(share, now()):
        return OVER
    return repository.WITHDRAWN if share.document in withdrawn else HOLDS


def _what(work: Workspace, share: Share) -> str:
    if share.folder:
        folder = work.store.record_folder(share.folder)
        return say("Folder: {name}", name=folder.name if folder else "—")
    card = work.store.any_card(share.document)
    return repository.title(work, card) if card else "—"


def _to(work: Workspace, share: Share) -> str:
    if share.to_person:
        return dossier.person_of(work, share.to_person)
    units = {unit.code: unit.name for unit in work.store.units()}
    return units.get(share.to_unit, share.to_unit)


def _until(share: Share) -> str:
    """The last day on which it holds."""
    if share.until is None:
        return say("until revoked")
    return f"{notation.local(share.until) - timedelta(seconds=1):%d/%m/%Y}"


def _terms(work: Workspace, share: Share) -> str:
    who = dossier.person_of(work, share.by)
    parts = [
        say("until {day}", day=_until(share)) if share.until else say("until revoked"),
        say("shared by {name} at {time}", name=who, time=notation.moment(share.at)),
        share.why,
    ]
    if share.revoked_at is not None:
        ended = dossier.person_of(work, share.revoked_by)
        parts.append(
            say("revoked by {name} at {time}", name=ended, time=notation.moment(share.revoked_at))
        )
    return " · ".join(part for part in parts if part)
