"""What reaches beyond the document in hand: remarks, and what was read alike in its batch.

browser -> python   {"what": "comment", "document", "field", "text", "difficulty", "answers"}
python -> browser   extra "alike": {"act", "document", "n", "value"}, after a correction that
                    others may need too; null after one that none does
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench import flow
from workbench.errors import NotReadyError
from workbench.flow import FieldAct, Work
from workbench.model import Act
from workbench.review import ReviewSheet, SheetField, threads

if TYPE_CHECKING:
    from workbench.ui import station  # which imports this module for its sheets


def comment(work: Work, desk: station.Desk, note: station.Note, by: str) -> None:
    """Keep a remark, and show the document with it."""
    flow.comment(
        work,
        note.document,
        str(note.given.get("text", "")),
        by=by,
        key=note.id,
        field=str(note.given.get("field", "")),
        difficulty=bool(note.given.get("difficulty")),
        answers=str(note.given.get("answers", "")),
    )
    desk.extra["remarks"] = {note.document: remarks(flow.sheet(work, note.document), by)}


def offer(work: Work, desk: station.Desk, document: str, acts: Sequence[FieldAct], by: str) -> None:
    """Say how many fields of the batch were read as the one that was just corrected."""
    made = next((a for a in reversed(acts) if a.act in (Act.EDIT, Act.CANDIDATE)), None)
    if made is None:
        return
    desk.extra["alike"] = None
    try:
        found = flow.alike(work, made.id, by=by)
    except NotReadyError:
        return  # it was taken back, or is of a row that nobody read
    if found.tiles:
        desk.extra["alike"] = {"act": made.id, "document": document, "n": len(found.tiles)}


def noted(field: SheetField) -> str:
    """What is told beside a field's name: whose word stands there while nobody has checked it."""
    if field.checked:
        return ""
    if field.act is Act.DOUBT:
        return "doubt"
    if field.act is not None:
        return "carpet"
    return "constant" if field.constant else ""


def remarks(sheet: ReviewSheet, person: str) -> list[dict[str, Any]]:
    """The threads of a document for the browser, oldest first."""
    return [
        {
            "id": thread.first.id,
            "field": thread.first.field,
            "difficulty": thread.first.difficulty,
            "answered": thread.answered,
            "said": [
                {"text": c.text, "by": c.by, "mine": c.by == person}
                for c in (thread.first, *thread.answers)
            ],
        }
        for thread in threads(sheet.comments)
    ]
