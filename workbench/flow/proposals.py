"""What scans in the store say about a form that nobody has drawn yet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from workbench import placement, proposing
from workbench.errors import NotReadyError
from workbench.flow import custody
from workbench.flow.people import account, any_of
from workbench.flow.recognise import text_engine
from workbench.flow.work import Work
from workbench.model import Role, Warp, Word
from workbench.placement import Running
from workbench.proposing import Copy, Proposal


def propose(work: Work, documents: Sequence[str], *, by: str = "") -> Proposal:
    """What these documents, as they were read, have in common and where they differ.

    With `by`, for a designer who may see them all; without, for whoever runs this machine.
    Raises NotAllowedError; NotReadyError where they are too few, too many or not read yet.
    """
    if not proposing.FEWEST <= len(set(documents)) <= proposing.MOST:
        raise NotReadyError(
            "A form is proposed from {fewest} to {most} scans.",
            "Choose scans of one form with different contents.",
            fewest=proposing.FEWEST,
            most=proposing.MOST,
        )
    if by:
        any_of(account(work, by), Role.DESIGNER)
        for key in documents:
            custody.must_see(work, key, by=by)
    copies = [_copy(work, key) for key in dict.fromkeys(documents)]
    return proposing.propose(copies, tuple(work.templates.values()))


def _copy(work: Work, document: str) -> Copy:
    readings = work.store.readings(document)
    pages: list[dict[str, Running]] = []
    warps: list[Warp] = []
    for page in work.store.pages(document):
        if page.warp is None:
            continue
        told = {
            reading.engine: tuple(
                Word.from_json(word) for word in json.loads(work.store.get(reading.words))
            )
            for reading in readings
            if reading.page == page.id and reading.words is not None
        }
        warp = Warp.from_json(page.warp)
        if words := {engine: said for engine, said in told.items() if said}:
            pages.append(of_words(words, warp))
            warps.append(warp)
    if not pages:
        raise NotReadyError("{id} was not read yet.", "Wait until it is read.", id=document)
    return Copy(tuple(pages), tuple(warps))


def of_words(words: Mapping[str, Sequence[Word]], warp: Warp) -> dict[str, Running]:
    """A page as its engines read it, the engine whose words are its text first."""
    first = text_engine(words)
    return {
        engine: Running(placement.lines_of(words[engine]), warp.readable)
        for engine in sorted(words, key=lambda name: (name != first, name))
    }
