"""The grants on a template on screen: listed, given and revoked; the papers that wait for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from workbench import units
from workbench.flow import granting
from workbench.flow.granting import Held, Why
from workbench.grants import WORKBENCH, GrantState, local_day
from workbench.model import Person, Right, Role, TemplateGrant, now
from workbench.ui import badges, frame, notation, template_list, template_rights
from workbench.ui.right_words import RIGHTS, ROW, Names, height_of
from workbench.words import say
from workbench.workspace import Workspace

_STATES: Mapping[GrantState, badges.Look] = {
    GrantState.HOLDS: badges.Look("Holds", "green", "check_circle"),
    GrantState.BEGINS: badges.Look("Begins later", "blue", "schedule"),
    GrantState.ENDED: badges.Look("Has ended", "gray", "event_busy"),
    GrantState.REVOKED: badges.Look("Revoked", "orange", "key_off"),
}


def show(work: Workspace, person: Person, template: str) -> None:
    """Who may do what with one template, and by which grant; administrators give and revoke."""
    told = granting.why(work, template)
    names = Names.of(work.store.persons(), work.store.units())
    administers = Role.ADMINISTRATOR in person.roles
    _mine(told, person)
    st.subheader(say("Grants"), anchor=False)
    chosen = _grants(told, names, selectable=administers)
    if administers and chosen is not None:
        _revoke(work, chosen, names, by=person)
    if administers:
        _give(work, template, by=person)
    _held(work, template, by=person)
    st.subheader(say("Who may do what, and by which grant"), anchor=False)
    template_rights.who(told, names)


def of_people(work: Workspace, person: Person) -> None:
    """For administrators: by template or by person, who may do what."""
    ways = {"person": say("What may this person do?"), "template": say("Who may do what with it?")}
    way = st.segmented_control(
        say("View"),
        list(ways),
        format_func=ways.__getitem__,
        default="person",
        required=True,
        label_visibility="collapsed",
        key="grants.way",
    )
    if way == "template":
        known = sorted({*work.templates, *granting.granted(work).grants})
        template = st.selectbox(
            say("Template"),
            known,
            format_func=lambda key: template_list.title_of(work, key),
            key="grants.template",
        )
        if template is not None:
            show(work, person, template)
        return
    people = work.store.persons()
    left, right = st.columns(2)
    chosen = left.selectbox(
        say("Somebody's account"),
        people,
        format_func=lambda one: f"{one.shown_as} ({one.name})",
        key="grants.person",
    )
    if chosen is not None:
        text = right.text_input(say("Template contains"), key="grants.what.text")
        template_rights.what(work, chosen, text, Names.of(people, work.store.units()))


def _mine(told: Why, person: Person) -> None:
    rights = next((rights for one, rights in told.people if one.name == person.name), {})
    mine = [badges.badge(RIGHTS[right]) for right, found in rights.items() if found.allowed]
    st.markdown(f":gray[{say('What you may do with it')}] " + (" ".join(mine) or "—"))


# --- the grants --------------------------------------------------------------------------------


def _grants(told: Why, names: Names, *, selectable: bool) -> TemplateGrant | None:
    """The grants as a table; the one whose line was chosen."""
    over = st.toggle(say("Also those that hold no more"), key=f"grants.over.{told.template}")
    coming = (GrantState.HOLDS, GrantState.BEGINS)
    order = list(Right)
    held = [one for one in told.grants if over or one.state in coming]
    held.sort(key=lambda one: order.index(one.grant.right))
    if not held:
        st.info(
            say("No grant holds: nobody may do anything with this template."),
            icon=":material/lock:",
        )
        return None
    table = pd.DataFrame(_line(one, names) for one in held)
    columns = {
        "right": badges.column(say("Right"), list(RIGHTS.values())),
        "whom": st.column_config.TextColumn(say("For whom"), width=270),
        "since": st.column_config.TextColumn(say("From")),
        "until": st.column_config.TextColumn(say("To (included)")),
        "state": badges.column(say("State"), list(_STATES.values())),
        "by": st.column_config.TextColumn(say("Given by")),
        "why": st.column_config.TextColumn(say("Reason")),
    }
    height = height_of(len(held))
    if not selectable:
        st.dataframe(table, hide_index=True, height=height, row_height=ROW, column_config=columns)
        return None
    answer = st.dataframe(
        table,
        hide_index=True,
        height=height,
        row_height=ROW,
        column_config=columns,
        on_select="rerun",
        selection_mode="single-row",
        key=f"grants.list.{told.template}",
    )
    rows: Sequence[int] = answer["selection"]["rows"]
    if not rows or rows[0] >= len(held):
        st.caption(say("Choose a line to revoke a grant."))
        return None
    chosen = held[rows[0]]
    return chosen.grant if chosen.state in coming else None


def _line(held: Held, names: Names) -> dict[str, object]:
    grant = held.grant
    why = grant.why
    if not why and grant.by == WORKBENCH:  # what came along, or whom a new template made its author
        why = say("Drew it first.") if grant.person else say("It comes with the workbench.")
    if grant.revoked_at is not None:
        ended = say(
            "Revoked by {name} on {day}: {why}",
            name=names.person(grant.revoked_by),
            day=f"{local_day(grant.revoked_at):%d/%m/%Y}",
            why=grant.revoked_why,
        )
        why = f"{why} — {ended}" if why else ended
    return {
        "right": [say(RIGHTS[grant.right].word)],
        "whom": names.whom(grant),
        "since": f"{grant.since:%d/%m/%Y}",
        "until": f"{grant.until:%d/%m/%Y}" if grant.until else "—",
        "state": [say(_STATES[held.state].word)],
        "by": names.person(grant.by),
        "why": why,
    }


def _revoke(work: Workspace, grant: TemplateGrant, names: Names, *, by: Person) -> None:
    with st.form(f"grants.revoke.{grant.id}"):
        st.markdown(f"{badges.badge(RIGHTS[grant.right])} {notation.literal(names.whom(grant))}")
        why = st.text_input(say("Why it is revoked"), key=f"grants.revoke.why.{grant.id}")
        sent = st.form_submit_button(say("Revoke the grant"), icon=":material/key_off:")
    if sent:
        granting.revoke(work, grant.id, by=by.name, why=why)
        frame.done(say("The grant was revoked; it counts at once."))
        st.rerun()


def _give(work: Workspace, template: str, *, by: Person) -> None:
    """A form that gives rights to a unit, a role, a person, or what they have in common."""
    tree = units.in_order(work.store.units())
    names = {unit.code: "\u2003" * depth + unit.name for depth, unit in tree}
    people = {one.name: f"{one.shown_as} ({one.name})" for one in work.store.persons()}
    with (
        st.expander(say("Give a right"), icon=":material/key:"),
        st.form(f"grants.give.{template}", border=False),
    ):
        rights = st.pills(
            say("Rights"),
            list(Right),
            selection_mode="multi",
            format_func=lambda right: say(RIGHTS[right].word),
            key=f"grants.rights.{template}",
        )
        left, middle, right = st.columns(3)
        unit = left.selectbox(
            say("Unit"),
            ["", *names],
            format_func=lambda code: names.get(code) or say("Every unit"),
            help=say("What is granted to a unit is granted to those under it too."),
            key=f"grants.unit.{template}",
        )
        role = middle.selectbox(
            say("Role"),
            ["", *(one.value for one in Role)],
            format_func=lambda one: badges.role_word(one) if one else say("Every role"),
            key=f"grants.role.{template}",
        )
        person = right.selectbox(
            say("Somebody's account"),
            ["", *people],
            format_func=lambda one: people.get(one) or say("Whoever it is"),
            key=f"grants.person.{template}",
        )
        first, last, reason = st.columns([1, 1, 2])
        today = local_day(now())
        since = first.date_input(
            say("From"), today, format="DD/MM/YYYY", key=f"grants.since.{template}"
        )
        until = last.date_input(
            say("To (included)"), None, format="DD/MM/YYYY", key=f"grants.until.{template}",
            help=say("Empty: without end."),
        )  # fmt: skip
        why = reason.text_input(say("Why it is given"), key=f"grants.why.{template}")
        sent = st.form_submit_button(say("Give the right"), type="primary")
    if sent:
        given = granting.give(
            work,
            template,
            list(rights),
            by=by.name,
            why=why,
            unit=unit,
            role=role,
            person=person,
            since=since,
            until=until,
        )
        frame.done(say("{n} rights were given.", n=len(given)))
        st.rerun()


def _held(work: Workspace, template: str, *, by: Person) -> None:
    """Papers that wait for a right, and the button that lets them go on once it is there."""
    still, by_now = granting.held(work, template)
    if still:
        st.info(
            say("{n} papers are held: their unit may not use this template.", n=len(still)),
            icon=":material/pan_tool:",
        )
    if not by_now:
        return
    st.info(
        say("{n} papers were held for want of a right that is there now.", n=len(by_now)),
        icon=":material/lock_open:",
    )
    may = {"reviewer", "approver", "administrator"} & set(by.roles)
    if may and st.button(
        say("Have them read"), icon=":material/replay:", key=f"grants.go_on.{template}"
    ):
        gone = granting.let_go_on(work, template, by=by.name)
        frame.done(say("{n} papers go on to be read.", n=gone))
        st.rerun()
