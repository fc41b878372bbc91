"""A paper that a person refused comes back into the work, to where it stood; both stay told."""

from __future__ import annotations

from typing import Any

import structlog

from workbench.errors import NotReadyError, Sentence
from workbench.flow.work import Work
from workbench.model import Document, Event, Origin, Stage, now

log = structlog.get_logger()


def readmit(work: Work, document: Document, *, by: str, reason: str) -> Document:
    """Bring a refused document back; rights and reason are the caller's affair.

    Raises NotReadyError where its pages lie with another paper by now.
    """
    events = work.store.events(document.id)
    last = max(n for n, event in enumerate(events) if event.after == Stage.REJECTED)
    to = Stage(events[last].before or Stage.RECEIVED)
    changes: dict[str, Any] = {}
    stood, remedy = to, None
    if to is Stage.HELD:
        held = _held(events[:last])
        # What was held because it is not what was approved waits for approval again.
        stood = Stage(held.before or Stage.RECEIVED)
        stood = Stage.REVIEWED if stood is Stage.APPROVED else stood
        changes = {"held_at": stood}
        # Why it is held still stands, beside why it came back.
        remedy = Sentence.from_json(held.reason) if held.reason else None
    read = stood is not Stage.RECEIVED and document.origin is Origin.SCAN
    if read and not work.store.pages(document.id):
        raise NotReadyError(
            "The pages of this document were put to another paper.",
            "Undo that on the other paper; then this one comes back by itself.",
        )
    why = Sentence("{reason}", {"reason": reason})
    moved = work.store.move(document, to, by=by, at=now(), reason=why, remedy=remedy, **changes)
    log.info("document.readmitted", document=document.id, stage=to)
    return moved


def _held(events: list[Event]) -> Event:
    return next(event for event in reversed(events) if event.after == Stage.HELD)
