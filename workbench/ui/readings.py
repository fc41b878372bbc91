"""Engines on screen: who can run here, what each made of a page, and how long it took.

A document is looked for by batch and text: no list of all of them is ever drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from workbench.engines import EngineStatus
from workbench.engines.easyocr import network_told
from workbench.errors import Sentence
from workbench.flow import custody
from workbench.model import Document, Page, Person, Reading, Stage, Warp
from workbench.ui import dossier, notation, page_image, side_by_side
from workbench.ui.side_by_side import Line
from workbench.words import remedy, say
from workbench.workspace import Workspace

NAMES: Mapping[str, str] = {
    "tesseract": "Tesseract",
    "easyocr": "EasyOCR",
    "trueocr": "TrueOCR",
    "asterocr": "AsterOCR",
}
OFFERED = 100  # documents in the list to choose from
_CELL = "text-align:left; vertical-align:top; padding:.25rem .6rem .6rem; overflow-wrap:anywhere;"
_EDGE = "border-top:1px solid rgba(128,128,128,.35);"
_MARK = "background:rgba(235,130,30,.30); border-radius:3px; padding:0 .15em;"


def name_of(engine: str) -> str:
    return NAMES.get(engine, engine)


def without_marks(states: Sequence[EngineStatus], readings: Sequence[Reading]) -> frozenset[str]:
    """The engines that wrote these readings with weights that know no diacritics."""
    known = {s.identity.name: s.identity for s in states if s.identity}
    return frozenset(
        r.engine
        for r in readings
        if (who := known.get(r.engine)) and not who.marks and who.weights == r.weights
    )


def show_states(states: Sequence[EngineStatus]) -> None:
    """One box an engine: version and weights, or why it cannot run and what to install."""
    for column, state in zip(st.columns(max(1, len(states))), states, strict=False):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{name_of(state.name)}** &nbsp; {_fitness(state)}")
            if state.identity is not None:
                st.caption(f"{state.identity.version} · {state.identity.weights}")
                if state.name == "easyocr":
                    st.markdown(say(network_told(state.identity.weights)))
                if not state.identity.marks:
                    st.markdown(
                        say(
                            "Its weights know no Vietnamese marks: it bears witness to base letters"
                            " and has no vote on marks."
                        )
                    )
            elif state.why_not is not None:
                st.markdown(f"{say(state.why_not)} {remedy(state.why_not)}")


def _fitness(state: EngineStatus) -> str:
    if state.identity is None:
        return f":red-badge[:material/block: {say('cannot run')}]"
    if not state.identity.marks:
        return f":orange-badge[:material/visibility: {say('witness without marks')}]"
    return f":green-badge[:material/check: {say('ready')}]"


def choose_document(work: Workspace, asked: Document | None, *, person: Person) -> Document | None:
    """A document that was read: the one asked for, or one of those that match; None: there is none.

    Not more than fit a list are offered; what is sought narrows them.
    """
    read = [stage for stage in Stage if stage is not Stage.RECEIVED]
    mine = custody.kept_of(person)
    if asked is None and not work.store.count(stage=read, kept_of=mine):
        return None
    batches = {batch.id: batch.name for batch in work.store.batches()}
    first, second, third = st.columns([2, 2, 4], vertical_alignment="bottom")
    batch = first.selectbox(
        say("Batch"),
        list(batches),
        format_func=lambda key: batches[key],
        index=None,
        placeholder=say("All"),
        key="engines.batch",
    )
    text = second.text_input(
        say("Contains"),
        placeholder=say("file name or a value"),
        icon=":material/search:",
        key="engines.text",
    )
    found = work.store.documents(
        stage=read, batch=batch, text=text or "", kept_of=mine, limit=OFFERED
    )
    if asked is not None and not (batch or text):
        found = [asked, *(document for document in found if document.id != asked.id)]
    if not found:
        third.info(say("No document matches."), icon=":material/search_off:")
        st.stop()
    total = work.store.count(stage=read, batch=batch, text=text or "", kept_of=mine)
    return third.selectbox(
        say("Document")
        if total <= OFFERED
        else say("Document ({n} of {all})", n=notation.number(OFFERED), all=notation.number(total)),
        found,
        format_func=lambda d: f"{dossier.name_of(work, d)} · {dossier.kind_of(work, d.kind)}",
        key="engines.document",
    )


def show_page(work: Workspace, document: Document, states: Sequence[EngineStatus]) -> None:
    """One page of a document as every engine read it, beside the scan."""
    pages = work.store.pages(document.id)
    first, second, _ = st.columns([2, 2, 4], vertical_alignment="bottom")
    page = first.selectbox(
        say("Page"),
        pages,
        format_func=lambda p: say("Page {n}", n=p.number + 1),
        key=f"engines.page.{document.id}",
    )
    read = [r for r in work.store.readings(document.id) if page and r.page == page.id]
    if page is not None and page.failure:
        why = notation.literal(say(Sentence.from_json(page.failure)))
        st.warning(why, icon=":material/report:")
    if page is None or not read:
        st.info(say("No engine has read this page yet."), icon=":material/hourglass:")
        return
    unmarked = without_marks(states, read)
    names = sorted(
        (r.engine for r in read if r.words), key=lambda e: (e in unmarked, e != "tesseract")
    )
    base = second.selectbox(
        say("Compare with"), names, format_func=name_of, key=f"engines.base.{page.id}"
    )
    if base is None:
        st.warning(say("Every engine failed on this page."), icon=":material/error:")
        show_cost(read, (), base="", unmarked=unmarked)
        return
    compared = side_by_side.lines(
        {r.engine: work.store.words(r) for r in read}, base=base, unmarked=unmarked
    )
    show_cost(read, compared, base=base, unmarked=unmarked)
    differing = sum(any(s.differs for t in line.texts.values() for s in t) for line in compared)
    st.markdown(
        say(
            "{n} lines; on {m} of them the engines differ.",
            n=notation.number(len(compared)),
            m=notation.number(differing),
        )
    )
    show_lines(page, compared, [base, *(n for n in names if n != base)], unmarked=unmarked)


def show_cost(
    readings: Sequence[Reading], compared: Sequence[Line], *, base: str, unmarked: frozenset[str]
) -> None:
    """Time, words and agreement of each engine on this page, as a small table."""
    st.table(
        {
            say("Engine"): [_titled(r.engine, unmarked) for r in readings],
            say("Words"): [notation.number(r.count) if r.words else "—" for r in readings],
            say("Time"): [notation.seconds(r.seconds) if r.words else "—" for r in readings],
            say("Processor time"): [
                notation.seconds(r.cpu_seconds) if r.words else "—" for r in readings
            ],
            say("Agreement with {engine}", engine=name_of(base)): [
                notation.percent(side_by_side.agreement(compared, r.engine))
                if r.words and r.engine != base
                else "—"
                for r in readings
            ],
            say("Version and weights"): [f"{r.version} · {r.weights}" for r in readings],
            say("Failure"): [
                say(Sentence.from_json(r.failure)) if r.failure else "" for r in readings
            ],
        },
        border="horizontal",
    )


def _titled(engine: str, unmarked: frozenset[str]) -> str:
    witness = f" ({say('witness, no vote')})" if engine in unmarked else ""
    return name_of(engine) + witness


def show_lines(
    page: Page, compared: Sequence[Line], engines: Sequence[str], *, unmarked: frozenset[str]
) -> None:
    """Each line of the scan with the engines' texts beside each other under it."""
    if page.warp is None or not compared:
        return
    warp = Warp.from_json(page.warp)
    head = "".join(
        f'<th style="{_CELL}">{escape(_titled(engine, unmarked))}</th>' for engine in engines
    )
    rows = "".join(_row(page, warp, line, engines) for line in compared)
    table = "width:100%; min-width:800px; border-collapse:collapse; table-layout:fixed;"
    st.html(
        f'<div style="overflow-x:auto;"><table style="{table} font-size:.92rem;">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(page: Page, warp: Warp, line: Line, engines: Sequence[str]) -> str:
    strip = page_image.strip(page, warp.to_scan(line.box).as_list())
    cells = "".join(f'<td style="{_CELL}">{_text(line, engine)}</td>' for engine in engines)
    return (
        f'<tr style="{_EDGE}"><td colspan="{len(engines)}" style="padding:.6rem .6rem .1rem;">'
        f'<div style="max-width:720px;">{strip}</div></td></tr><tr>{cells}</tr>'
    )


def _text(line: Line, engine: str) -> str:
    said = line.texts.get(engine, ())
    if not said:
        return '<span style="opacity:.5">—</span>'
    return " ".join(
        f'<mark style="{_MARK} color:inherit;">{escape(s.text)}</mark>'
        if s.differs
        else escape(s.text)
        for s in said
    )
