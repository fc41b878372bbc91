"""Engines on screen: who can run here, what each made of a page, and how long it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from workbench.engines import EngineStatus
from workbench.errors import Sentence
from workbench.model import Page, Reading, Warp
from workbench.ui import notation, page_image, side_by_side
from workbench.ui.side_by_side import Line
from workbench.words import remedy, say

NAMES: Mapping[str, str] = {
    "tesseract": "Tesseract",
    "easyocr": "EasyOCR",
    "trueocr": "TrueOCR",
    "asterocr": "AsterOCR",
}
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
