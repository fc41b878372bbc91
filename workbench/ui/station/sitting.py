"""A sitting at the station over a workspace: keep what the browser sent, lay out what comes next.

The page and whoever else puts the station somewhere (a notebook, a benchmark) call `keep` and
`lay_out`; a module that adds a kind of entry of its own says in `NOTES` what becomes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from workbench import flow
from workbench.errors import NotReadyError
from workbench.flow import Work
from workbench.model import Stage, now
from workbench.ui import station

Keeper: TypeAlias = Callable[[Work, station.Desk, station.Note, str], None]

# What an entry says it is -> what is done with it, given the person who sent it. An error that
# will not go away by itself (stale, not ready, not allowed) is the browser's answer.
NOTES: Mapping[str, Keeper] = {}


def keep(desk: station.Desk, work: Work, *, by: str) -> None:
    """Keep what the reviewer did, in order, each thing once."""
    for sent in desk.received():
        with desk.answering(sent):
            match sent:
                case station.Acts():
                    desk.replace(flow.correct(work, sent.document, sent.acts, by=by))
                case station.Decided():
                    flow.decide(
                        work,
                        sent.document,
                        sent.decision,
                        by=by,
                        reason=sent.reason,
                        milliseconds=sent.milliseconds,
                        sitting=sent.id,
                    )
                    desk.clear(sent.document)
                case station.Note():
                    _noted(sent)(work, desk, sent, by)


def lay_out(desk: station.Desk, work: Work, *, by: str) -> None:
    """Put the next documents on the desk and show it."""
    if desk.wants_more(at := now()):
        desk.lay(flow.next_review(work, by, limit=station.LAID_OUT), at=at)
    desk.show(person=by, waiting=work.store.count(stage=Stage.PROPOSED))


def _noted(note: station.Note) -> Keeper:
    if keeper := NOTES.get(note.what):
        return keeper
    raise NotReadyError("This station is out of date.", "Reload the page.")
