"""Accounts and units on screen: the list, a new account, a changed one."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from workbench import accounts, units
from workbench.model import Person, Role
from workbench.ui import badges, frame, notation
from workbench.words import say
from workbench.workspace import Workspace


def choose(work: Workspace) -> Person | None:
    """The accounts; the one whose line was chosen."""
    people = work.store.persons()
    names = {unit.code: unit.name for unit in work.store.units()}
    answer = st.dataframe(
        pd.DataFrame(
            {
                "name": person.name,
                "shown_as": person.shown_as,
                "roles": [badges.role_word(role) for role in person.roles],
                "unit": names.get(person.unit or "", "—"),
                "state": [say("active") if person.active else say("closed")],
                "demo": say("demo") if person.demo else "",
            }
            for person in people
        ),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="people.list",
        column_config={
            "name": st.column_config.TextColumn(say("Account name")),
            "shown_as": st.column_config.TextColumn(say("Shown as")),
            "roles": st.column_config.ListColumn(say("Roles"), width="medium"),
            "unit": st.column_config.TextColumn(say("Unit"), width="medium"),
            "state": st.column_config.MultiselectColumn(
                say("State"), options=[say("active"), say("closed")], color=["green", "red"]
            ),
            "demo": st.column_config.TextColumn("", width="small"),
        },
    )
    rows: Sequence[int] = answer["selection"]["rows"]
    if not rows:
        st.caption(say("Choose a line to change an account."))
    return people[rows[0]] if rows else None


def add(work: Workspace) -> None:
    """A form for a new account."""
    st.subheader(say("New account"), anchor=False)
    with st.form("people.new", clear_on_submit=False):
        left, right = st.columns(2)
        name = left.text_input(say("Account name"), key="people.new.name")
        shown_as = right.text_input(say("Shown as"), key="people.new.shown_as")
        password = left.text_input(
            say("First password"), type="password", key="people.new.password"
        )
        unit = _unit(right, work, None, key="people.new.unit")
        roles = _roles([], key="people.new.roles")
        sent = st.form_submit_button(say("Add the account"), type="primary")
    if sent:
        known = {person.name for person in work.store.persons()}
        work.store.keep(
            accounts.new_person(name, shown_as, password, roles=roles, unit=unit, known=known)
        )
        frame.done(say("The account was added."))
        st.rerun()


def change(work: Workspace, person: Person, *, by: Person) -> None:
    """Forms for the duties and for the password of one account."""
    st.subheader(notation.literal(person.shown_as), anchor=False)
    left, right = st.columns([3, 2])
    with left.form(f"people.change.{person.name}"):
        shown_as = st.text_input(say("Shown as"), person.shown_as, key=f"people.as.{person.name}")
        unit = _unit(st, work, person.unit, key=f"people.unit.{person.name}")
        roles = _roles(person.roles, key=f"people.roles.{person.name}")
        active = st.toggle(say("May sign in"), person.active, key=f"people.active.{person.name}")
        sent = st.form_submit_button(say("Save"), type="primary")
    if sent:
        work.store.keep(
            accounts.changed(
                person,
                shown_as=shown_as,
                roles=roles,
                unit=unit,
                active=active,
                by=by.name,
                known=work.store.persons(),
            )
        )
        frame.done(say("The account was changed; it counts from the next click on."))
        st.rerun()
    with right.form(f"people.password.{person.name}", clear_on_submit=True):
        password = st.text_input(
            say("New password"), type="password", key=f"people.password.new.{person.name}"
        )
        given = st.form_submit_button(say("Give a new password"))
    if given:
        work.store.keep(accounts.with_password(person, password))
        frame.done(say("The password was changed; open sessions of the account have ended."))
        st.rerun()


def unit_sheet(work: Workspace, *, by: Person) -> None:
    """The units, and a form for one more."""
    known = work.store.units()
    names = {unit.code: unit.name for unit in known}
    tree = units.in_order(known)
    st.dataframe(
        pd.DataFrame(
            {
                say("Code"): "\u2003" * depth + unit.code,
                say("Name"): unit.name,
                say("Stands under"): names.get(unit.parent, unit.parent) or "—",
            }
            for depth, unit in tree
        ),
        hide_index=True,
    )
    with st.form("people.unit", clear_on_submit=True, border=False):
        left, middle, right = st.columns([1, 3, 3])
        code = left.text_input(say("Code"), key="people.unit.code")
        name = middle.text_input(say("Name"), key="people.unit.name")
        stay, top = say("Where it stands now"), say("At the top (no unit above)")
        parent = right.selectbox(
            say("Stands under"),
            [None, "", *(unit.code for _, unit in tree)],
            format_func=lambda key: stay if key is None else names.get(key, top),
            help=say("What is granted to a unit is granted to those under it too."),
            key="people.unit.parent",
        )
        sent = st.form_submit_button(say("Add or change the unit"))
    if sent:
        accounts.check_unit(code, name)
        work.store.keep(units.changed(code, name, parent=parent, known=known, own=by.unit or ""))
        frame.done(say("The unit was saved."))
        st.rerun()


def _unit(place: object, work: Workspace, chosen: str | None, *, key: str) -> str | None:
    names = {unit.code: unit.name for unit in work.store.units()}
    codes = list(names)
    answer: str | None = place.selectbox(  # type: ignore[attr-defined]
        say("Unit"),
        codes,
        format_func=lambda code: names[code],
        index=codes.index(chosen) if chosen in codes else None,
        placeholder=say("No unit"),
        key=key,
    )
    return answer


def _roles(chosen: Sequence[str], *, key: str) -> list[str]:
    return st.pills(
        say("Roles"),
        [role.value for role in Role],
        selection_mode="multi",
        default=list(chosen),
        format_func=badges.role_word,
        key=key,
    )
