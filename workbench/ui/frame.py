"""The same frame on every page: heading, what to do next where there is nothing, what was done."""

from __future__ import annotations

from html import escape

import streamlit as st

from workbench.model import Person
from workbench.ui import badges
from workbench.ui.places import PLACES, by_section, open_to
from workbench.words import language, say
from workbench.workspace import Workspace

_SAID = "workbench.said"
_LIKE_A_LINK = (
    "all:unset;cursor:pointer;text-decoration:underline;outline:revert;outline-offset:2px"
)


def heading(title: str, lead: str = "") -> None:
    """The page's name and, in one sentence, what it is for."""
    st.header(title, anchor=False)
    if lead:
        st.markdown(f":gray[{lead}]")


def nothing(text: str, what_next: str, *, to: str | None = None, person: Person) -> None:
    """An empty state: what is not there, what to do about it, and the way to it."""
    with st.container(border=True):
        st.markdown(f":material/inbox: **{text}**")
        st.markdown(what_next)
        if to is not None:
            way_to(to, person=person)


def way_to(file: str, *, person: Person, label: str = "", **query: str) -> None:
    """A link to another page, where this person may go there."""
    place = next((p for p in open_to(person) if p.file == file), None)
    if place is None:
        return
    st.page_link(
        str(place.path),
        label=label or say("Go to: {place}", place=say(place.title)),
        icon=f":material/{place.icon}:",
        query_params=query or None,
    )


def done(text: str) -> None:
    """Remember what was just done; it is said after the page is drawn anew."""
    st.session_state.setdefault(_SAID, []).append(text)


def say_what_was_done() -> None:
    for text in st.session_state.pop(_SAID, []):
        st.toast(text, icon=":material/check_circle:")


def navigation(person: Person) -> st.Page:
    """The menu with the places of this person's roles; the place that is open."""
    sections = {
        say(section) if section else "": [
            st.Page(
                place.path,
                title=say(place.title),
                icon=f":material/{place.icon}:",
                default=place is PLACES[0],
            )
            for place in places
        ]
        for section, places in by_section(open_to(person)).items()
    }
    return st.navigation(sections, expanded=True)


def who_is_here(person: Person, work: Workspace) -> None:
    """At the foot of the menu: person, duties, unit, agency, language and the way out."""
    unit = next((u.name for u in work.store.units() if u.code == person.unit), "")
    lines = [f"**{person.shown_as}**"]
    lines += [f":gray[{part}]" for part in (_duties(person), unit, work.agency) if part]
    with st.sidebar.container(key="who_is_here", gap="small"):
        st.markdown("  \n".join(lines))
        if work.settings.demo:
            st.badge(say("TRIAL"), icon=":material/science:", color="orange")
        st.html(_ways())


def _duties(person: Person) -> str:
    return ", ".join(badges.role_word(role) for role in person.roles)


def _ways() -> str:
    """Small forms that look like links: both change something, so neither may be a mere link."""
    chosen = language()
    names = {"vi": "Tiếng Việt", "en": "English"}
    languages = "&nbsp;·&nbsp;".join(
        f"<b>{name}</b>" if code == chosen else _way(f"/language/{code}", name)
        for code, name in names.items()
    )
    return (
        f'<div style="display:flex;gap:.3rem">{languages}</div>'
        f'<div style="margin-top:.6rem">{_way("/logout", say("Sign out"))}</div>'
    )


def _way(path: str, words: str) -> str:
    return (
        f'<form method="post" action="{path}" target="_self" style="margin:0">'
        f'<button type="submit" style="{_LIKE_A_LINK}">{escape(words)}</button></form>'
    )
