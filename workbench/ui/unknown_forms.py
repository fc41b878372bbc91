"""Documents that no template fits, pile by pile: what they have in common, and what to do next."""

from __future__ import annotations

from html import escape

import streamlit as st

from workbench import ui
from workbench.flow import unfitting
from workbench.flow.unfitting import MOST, Nearest, UnknownForm
from workbench.model import Person
from workbench.ui import dossier, frame, notation, page_image
from workbench.words import say
from workbench.workspace import Workspace

_PER_PAGE = 10
_SCANS = 5  # that are shown of a pile, and that the drawing board begins with
_PRINTS = 12  # printed lines that are shown at once
_THUMB = "height:150px; border:1px solid rgba(128,128,128,.45); border-radius:4px; background:#fff;"


def show(work: Workspace, person: Person) -> None:
    """All piles, the largest first."""
    found = unfitting.unknown_forms(work)
    if not found:
        frame.nothing(
            say("Every document has its form."),
            say("What no template fits is held, and gathers here by the form that it has."),
            to="templates.py",
            person=person,
        )
        return
    n = sum(len(form.documents) for form in found)
    st.markdown(
        say(
            "{n} held documents in {piles} piles, the largest first.",
            n=notation.number(n),
            piles=notation.number(len(found)),
        )
    )
    if n >= MOST:
        st.caption(say("Only the {n} oldest are shown.", n=notation.number(MOST)))
    pages = -(-len(found) // _PER_PAGE)
    page = st.pagination(pages, key=f"unknown.page.{pages}") if pages > 1 else 1
    first = (page - 1) * _PER_PAGE
    units = {unit.code: unit.name for unit in work.store.units()}
    for number, form in enumerate(found[first : first + _PER_PAGE], start=first + 1):
        with st.container(border=True):
            _pile(work, person, form, number, units)


def _pile(
    work: Workspace, person: Person, form: UnknownForm, number: int, units: dict[str, str]
) -> None:
    many = len(form.documents)
    whose = ", ".join(
        f"{notation.literal(units.get(code, code))} ({notation.number(n)})"
        for code, n in sorted(form.units.items(), key=lambda item: (-item[1], item[0]))
    )
    st.markdown(
        f"**{say('Pile {n}', n=number)}** &nbsp;·&nbsp; "
        f"{say('{n} documents', n=notation.number(many))} &nbsp;·&nbsp; {whose}"
    )
    left, right = st.columns([3, 4], gap="medium")
    with left:
        _scans(work, form)
    with right:
        _prints(form)
        _nearest(work, form.nearest, many)
    key = form.documents[0].id
    with st.container(horizontal=True, vertical_alignment="center"):
        frame.way_to(
            "design.py",
            person=person,
            label=say("Make a template from these"),
            documents=",".join(document.id for document in form.documents[:_SCANS]),
        )
        if st.button(
            say("Send these {n} through again", n=notation.number(many)),
            icon=":material/replay:",
            key=f"unknown.again.{key}",
            help=say("Their form is told anew, by the templates that are in use now."),
        ):
            with ui.guarded():
                _again(work, person, form)


def _again(work: Workspace, person: Person, form: UnknownForm) -> None:
    done = unfitting.send_again(work, [d.id for d in form.documents], by=person.name)
    told = say("{n} documents go on to have their form told.", n=notation.number(done.sent))
    if done.left:
        told += " " + say("{n} were left: somebody else was quicker.", n=notation.number(done.left))
    frame.done(told)
    st.rerun()


def _scans(work: Workspace, form: UnknownForm) -> None:
    """The first pages of the most telling documents; each leads to its document."""
    shown = form.documents[:_SCANS]
    pages = work.store.pages_of([document.id for document in shown])
    pictures = []
    for document in shown:
        first = next(iter(pages.get(document.id, ())), None)
        if first is None:
            continue
        name = escape(dossier.name_of(work, document), quote=True)
        pictures.append(
            f'<a href="documents?document={document.id}" target="_self" title="{name}">'
            f'<img src="{page_image.address(first)}" alt="{name}" loading="lazy"'
            f' style="{_THUMB}"></a>'
        )
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:.5rem">{"".join(pictures)}</div>')


def _prints(form: UnknownForm) -> None:
    prints = form.pile.prints
    if not prints:
        st.markdown(":gray[" + say("No words were read on it.") + "]")
        return
    alone = len(form.documents) == 1
    st.markdown(
        f":gray[{say('What stands on it') if alone else say('Printed on all of them')}]  \n"
        + "  \n".join(notation.literal(line) for line in prints[:_PRINTS])
    )
    if len(prints) > _PRINTS:
        with st.expander(say("{n} more lines", n=notation.number(len(prints) - _PRINTS))):
            st.markdown("  \n".join(notation.literal(line) for line in prints[_PRINTS:]))


def _nearest(work: Workspace, nearest: Nearest | None, many: int) -> None:
    if nearest is None:
        return
    told = say(
        "Nearest template: {form}, {score} of 100, for {n} of {all}.",
        form=notation.literal(dossier.kind_of(work, nearest.template)),
        score=notation.number(nearest.score),
        n=notation.number(nearest.of),
        all=notation.number(many),
    )
    if nearest.lacking:
        named = "; ".join(f"“{notation.literal(text)}”" for text in nearest.lacking)
        told += " " + say("It does not fit because this is not printed there: {prints}.",
                          prints=named)  # fmt: skip
    st.markdown(f":gray[{told}]")
