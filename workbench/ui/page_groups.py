"""Which pages belong together, on screen: what was proposed, and the pages of one document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import escape

import streamlit as st

from workbench import ui
from workbench.errors import Sentence
from workbench.flow import grouping
from workbench.model import Document, Page, PageMatter, PageProposal, Person, Role, Standing
from workbench.ui import dossier, frame, notation, page_image
from workbench.ui.badges import Look, badge
from workbench.words import say
from workbench.workspace import Workspace

_PER_PAGE = 10
_MOST_PICTURES = 8  # of one proposal; a paper of a hundred pages is known by its first
_DECIDERS = {Role.REVIEWER, Role.APPROVER, Role.ADMINISTRATOR}

MATTERS: Mapping[PageMatter, Look] = {
    PageMatter.BLANK: Look("Blank page set aside", "gray", "check_box_outline_blank"),
    PageMatter.AGAIN: Look("Page scanned twice", "violet", "content_copy"),
    PageMatter.ORDER: Look("Pages in another order", "blue", "swap_vert"),
    PageMatter.PARTED: Look("A second paper in the file", "orange", "content_cut"),
    PageMatter.JOINED: Look("Goes on from another file", "green", "link"),
    PageMatter.REPEATED: Look("Paper scanned twice", "red", "file_copy"),
    PageMatter.BY_HAND: Look("Set aside by hand", "gray", "back_hand"),
}

_STANDINGS: Mapping[Standing, Look] = {
    Standing.OPEN: Look("Not applied: you decide", "orange", "help"),
    Standing.APPLIED: Look("Applied by the machine", "blue", "smart_toy"),
    Standing.CONFIRMED: Look("Confirmed", "green", "check_circle"),
    Standing.UNDONE: Look("Undone", "gray", "undo"),
}


def proposals(
    work: Workspace, person: Person, *, batch: str | None = None, document: str | None = None
) -> None:
    """What was proposed of the pages of a batch or a document: undecided first, with the pages."""
    found = work.store.page_proposals(batch=batch, document=document)
    if not found:
        return
    waiting = [p for p in found if p.standing in (Standing.OPEN, Standing.APPLIED)]
    waiting.sort(key=lambda p: p.standing is not Standing.OPEN)
    decided = [p for p in reversed(found) if p not in waiting]
    st.subheader(say("Proposals about pages"), anchor=False)
    st.markdown(
        ":gray["
        + say(
            "What the machine found is applied already, so that the work goes on."
            " Undo what is wrong."
        )
        + "]"
    )
    if not waiting:
        st.markdown(f":material/check: {say('Every proposal has been decided.')}")
    where = document or batch or ""
    for proposal in _one_page(waiting, f"waiting.{where}"):
        _proposal(work, person, proposal)
    if decided:
        with st.expander(say("Decided: {n}", n=notation.number(len(decided)))):
            for proposal in _one_page(decided, f"decided.{where}"):
                _proposal(work, person, proposal)


def _one_page(found: Sequence[PageProposal], key: str) -> Sequence[PageProposal]:
    if len(found) <= _PER_PAGE:
        return found
    number = st.pagination(-(-len(found) // _PER_PAGE), key=f"pages.{key}")
    return found[(number - 1) * _PER_PAGE : number * _PER_PAGE]


def _proposal(work: Workspace, person: Person, proposal: PageProposal) -> None:
    shown = work.store.pages_by_id([*proposal.pages, *proposal.against])
    names = {key: _name(work, page) for key, page in shown.items()}
    with st.container(border=True):
        told, buttons = st.columns([4, 1.4], vertical_alignment="top")
        with told:
            sure = say("{share} sure", share=notation.percent(proposal.confidence))
            st.markdown(
                f"{badge(MATTERS[proposal.matter])} &nbsp; {badge(_STANDINGS[proposal.standing])}"
                f" &nbsp; :gray[{notation.literal(sure)}]"
            )
            why = say(Sentence.from_json(proposal.why))
            st.markdown(notation.literal(why) + _decided_by(work, proposal))
        with buttons:
            _buttons(work, person, proposal)
        st.html(_pictures(proposal, shown, names))


def _decided_by(work: Workspace, proposal: PageProposal) -> str:
    if not proposal.decided_by or proposal.decided_by == grouping.MACHINE:
        return ""
    who = dossier.person_of(work, proposal.decided_by)
    return f" &nbsp; :gray[{notation.literal(who)}, {notation.moment(proposal.decided_at)}]"


def _buttons(work: Workspace, person: Person, proposal: PageProposal) -> None:
    """What the reader can do with it; what they see is what is changed, or it is refused."""
    may = _may(person)
    keep, undo = {
        Standing.OPEN: (say("Apply"), say("It is not so")),
        Standing.APPLIED: (say("It is right"), say("Undo this")),
        Standing.CONFIRMED: ("", say("Undo this")),
        Standing.UNDONE: (say("Apply again"), ""),
    }[proposal.standing]
    with ui.guarded(), st.container(horizontal=True, horizontal_alignment="right"):
        if keep and st.button(
            keep, key=f"pages.keep.{proposal.id}", icon=":material/check:", disabled=not may
        ):
            grouping.accept_pages(work, proposal.id, by=person.name, standing=proposal.standing)
            _done(say("The pages lie as proposed."))
        if undo and st.button(
            undo, key=f"pages.undo.{proposal.id}", icon=":material/undo:", disabled=not may
        ):
            grouping.undo_pages(work, proposal.id, by=person.name, standing=proposal.standing)
            _done(say("The proposal was undone."))


def _pictures(proposal: PageProposal, shown: Mapping[str, Page], names: Mapping[str, str]) -> str:
    """The pages in question, framed, and beside them those that they are compared with."""
    only_order = set(proposal.against) == set(proposal.pages)
    beside = [] if only_order else [key for key in proposal.against if key in shown]
    mine = [key for key in proposal.pages if key in shown]
    drawn = [_thumbnail(shown[key], names[key], framed=False) for key in beside[:_MOST_PICTURES]]
    if drawn:
        sign = "=" if proposal.matter in (PageMatter.AGAIN, PageMatter.REPEATED) else "→"
        drawn.append(f'<div style="align-self:center;font-size:1.6rem;opacity:.6">{sign}</div>')
    drawn += [_thumbnail(shown[key], names[key], framed=True) for key in mine[:_MOST_PICTURES]]
    return f'<div style="display:flex;gap:.8rem;overflow-x:auto">{"".join(drawn)}</div>'


def _thumbnail(page: Page, name: str, *, framed: bool) -> str:
    edge = "3px solid #e07b1f" if framed else "1px solid rgba(128,128,128,.45)"
    words = escape(name)
    return (
        '<figure style="margin:0;width:170px;max-width:100%;flex:none">'
        f'<a href="{page_image.address(page)}" target="_blank">'
        f'<img src="{page_image.address(page)}" alt="{words}" loading="lazy" style="width:100%;'
        f'height:220px;object-fit:contain;background:#fff;border:{edge};border-radius:4px"></a>'
        f'<figcaption style="font-size:.8rem;opacity:.8;overflow-wrap:anywhere">{words}'
        "</figcaption></figure>"
    )


def _name(work: Workspace, page: Page) -> str:
    source = work.store.source(page.source)
    return say("{file}, page {n}", file=source.name if source else "", n=page.file_page + 1)


def of_document(work: Workspace, person: Person, document: Document) -> None:
    """The pages of a document as it stands, to be put in order; and what was set aside."""
    pages, aside = work.store.pages(document.id), work.store.set_aside(document.id)
    if not pages and not aside:
        st.markdown(":gray[" + say("This document has no pages.") + "]")
    with ui.guarded():
        stands_against = _stands_against(work, document, empty=not pages)
        may = _may(person) and not stands_against
        if stands_against and _may(person):
            st.info(stands_against, icon=":material/lock:")
        _join_button(work, person, document, may=may and bool(pages))
        for number, page in enumerate(pages):
            _page_row(work, person, document, pages, number, page, may=may)
        if aside:
            st.markdown(f"**{say('Set aside')}**")
        for page in aside:
            _aside_row(work, person, document, page, may=may)
    proposals(work, person, document=document.id)


def _stands_against(work: Workspace, document: Document, *, empty: bool) -> str:
    """Why the pages must stay as they are, in words; empty where they may be changed."""
    reason = grouping.why_fixed(work, document, empty=empty)
    return "" if reason is None else f"{say(reason)} {say(reason.remedy)}"


def _join_button(work: Workspace, person: Person, document: Document, *, may: bool) -> None:
    before = grouping.previous(work, document.id)
    if before is None:
        return
    label = say("Join to the paper before: {file}", file=dossier.name_of(work, before))
    if st.button(label, key="pages.join", icon=":material/link:", disabled=not may):
        to = grouping.join(work, document.id, by=person.name, revision=document.revision)
        st.query_params["document"] = to
        _done(say("The pages were joined; the paper is read anew."))


def _page_row(
    work: Workspace,
    person: Person,
    document: Document,
    pages: Sequence[Page],
    number: int,
    page: Page,
    *,
    may: bool,
) -> None:
    picture, rest = st.columns([5, 6], vertical_alignment="center")
    picture.html(_thumbnail(page, _name(work, page), framed=False))
    order = [one.id for one in pages]

    def moved(by: int) -> list[str]:
        changed = [key for key in order if key != page.id]
        changed.insert(number + by, page.id)
        return changed

    by, revision = person.name, document.revision

    def reorder(step: int) -> None:
        grouping.reorder(work, document.id, moved(step), by=by, revision=revision)

    def split() -> None:
        grouping.split(work, document.id, page.id, by=by, revision=revision)

    def set_aside() -> None:
        grouping.set_aside(work, document.id, page.id, by=by, revision=revision)

    acts: list[tuple[str, str, str, bool, Callable[[], None]]] = [
        (say("Earlier"), "arrow_upward", "up", number > 0, partial(reorder, -1)),
        (say("Later"), "arrow_downward", "down", number + 1 < len(pages), partial(reorder, 1)),
        (say("A new paper begins here"), "content_cut", "split", number > 0, split),
        (say("Set this page aside"), "remove", "aside", len(pages) > 1, set_aside),
    ]
    with rest:
        st.markdown(f"**{say('Page {n}', n=number + 1)}**")
        for label, icon, what, possible, act in acts:
            key = f"pages.{what}.{page.id}"
            if possible and st.button(
                label, key=key, icon=f":material/{icon}:", disabled=not may, type="tertiary"
            ):
                act()
                _done(say("The pages were grouped anew; the paper is read anew."))


def _aside_row(
    work: Workspace, person: Person, document: Document, page: Page, *, may: bool
) -> None:
    picture, rest = st.columns([5, 6], vertical_alignment="center")
    picture.html(_thumbnail(page, _name(work, page), framed=False))
    with rest:
        st.markdown(badge(MATTERS[PageMatter(page.aside)]))
        if st.button(
            say("Put it back"),
            key=f"pages.back.{page.id}",
            icon=":material/undo:",
            disabled=not may,
            type="tertiary",
        ):
            grouping.put_back(
                work, document.id, page.id, by=person.name, revision=document.revision
            )
            _done(say("The pages were grouped anew; the paper is read anew."))


def _may(person: Person) -> bool:
    return bool(_DECIDERS & {Role(role) for role in person.roles})


def _done(words: str) -> None:
    frame.done(words)
    st.rerun()
