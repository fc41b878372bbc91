"""Why a paper was taken for a form, or was not: the form's prints that were found, in words."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from workbench.errors import Sentence
from workbench.flow.matches import Outcome, match_of
from workbench.matching import MatchReport, stands
from workbench.model import Document, Stage
from workbench.ui import dossier, notation
from workbench.words import say
from workbench.workspace import Workspace


def short(document: Document) -> str:
    """In one cell of a list: why it is held, else how surely its kind was told."""
    if document.stage in (Stage.HELD, Stage.REJECTED) and document.reason:
        return say(Sentence.from_json(document.reason))
    told = _report(document)
    if told is None or not told.recognised:
        return ""
    return say(
        "{fit} of the form; {margin} ahead of the next",
        fit=notation.percent(told.fit),
        margin=notation.number(told.margin),
    )


def show(work: Workspace, document: Document) -> None:
    """All of it: which form, what came next and by how much, which prints were found."""
    _pages(work, document)
    match = match_of(work, document)
    told = match.report
    if told is None:
        st.markdown(":gray[" + say("Its kind has not been told yet.") + "]")
        return
    if match.outcome is Outcome.NOT_GRANTED:
        st.warning(
            say("It was recognised, but its unit may not use that template."),
            icon=":material/key_off:",
        )
    if match.afresh:
        st.caption(say("Worked out now: the paper was read before this was kept."))
    if match.version is not None:
        st.markdown(
            f":gray[{say('Read with version {n} of the template', n=match.version.version)} "
            f"· `{notation.short(match.version.digest)}`]"
        )
    spoken = told.told(lambda kind: dossier.kind_of(work, kind))
    st.markdown("  \n".join(notation.literal(say(sentence)) for sentence in spoken))
    alike = sorted(told.told_by.items(), key=lambda item: item[1])
    _list(
        _line(stands(likeness), print_, say("{n} of 100 letters alike", n=round(likeness)))
        for print_, likeness in alike
    )
    if told.missing:
        st.markdown("**" + say("Printed on the form, but not found here") + "**")
        _list(_line(False, print_) for print_ in told.missing)
    if told.found:
        with st.expander(say("Printed words that were found ({n})", n=len(told.found))):
            _list(_line(True, print_) for print_ in told.found)


def margin(document: Document) -> float | None:
    """By how many points of 100 its form was nearer than the next, for a cell of a list."""
    found = (document.classified or {}).get("margin")
    return float(found) if found is not None else None


def _pages(work: Workspace, document: Document) -> None:
    """Pages that could not be read, and engines that failed on one."""
    pages = work.store.pages(document.id)
    names = {page.id: say("Page {n}", n=page.number + 1) for page in pages}
    failed = [page for page in pages if page.failure]
    for page in failed:
        why = notation.literal(say(Sentence.from_json(page.failure or {})))
        st.warning(f"**{names[page.id]}.** {why}", icon=":material/report:")
    if failed:
        st.markdown(
            say("*Try again* reads only these pages again; what was read of the others is kept.")
        )
        return
    for reading in work.store.readings(document.id):
        if reading.failure and reading.page in names:
            why = notation.literal(say(Sentence.from_json(reading.failure)))
            st.markdown(
                f":gray[:material/info: {names[reading.page]}, {reading.engine}: {why}"
                f" {say('The other engines read it.')}]"
            )


def _line(there: bool, print_: str, note: str = "") -> str:
    icon = ":green[:material/check:]" if there else ":red[:material/close:]"
    told = f" :gray[· {note}]" if note else ""
    return f"{icon} {notation.literal(print_)}{told}"


def _list(lines: Iterable[str]) -> None:
    st.markdown("  \n".join(lines))


def _report(document: Document) -> MatchReport | None:
    return MatchReport.from_json(document.classified) if document.classified else None
