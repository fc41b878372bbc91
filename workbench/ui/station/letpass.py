"""Errors at the station: what stands in the way of passing on, and what was let pass and why.

browser -> python   {"what": "override", "document", "rule", "fields", "reason"}
python -> browser   in each sheet, and in extra "errors" by document after an override:
                    "errors": [{"rule", "fields", "label", "sentence", "values": {field: value}}…]
                    "passed": [{"label", "sentence", "reason", "by"}…]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import flow
from workbench.flow import Work
from workbench.model import Finding
from workbench.review import ReviewSheet
from workbench.words import language, say

if TYPE_CHECKING:
    from workbench.ui import station  # which imports this module for its sheets


def keep(work: Work, desk: station.Desk, note: station.Note, by: str) -> None:
    """Keep that a finding is let pass, and show the document with it."""
    seen = flow.override(
        work,
        note.document,
        str(note.given.get("rule", "")),
        [str(name) for name in note.given.get("fields") or ()],
        by=by,
        reason=str(note.given.get("reason", "")),
        key=note.id,
    )
    desk.replace(seen)
    desk.extra["errors"] = {note.document: {"revision": seen.document.revision, **as_json(seen)}}


def as_json(sheet: ReviewSheet) -> dict[str, Any]:
    """What stands in the way of a document, and what does no longer."""
    stood = {field.name: field.value for field in sheet.fields}
    return {
        "errors": [
            {
                "rule": finding.rule,
                "fields": list(finding.fields),
                "values": {name: stood.get(name, "") for name in finding.fields},
                **_named(sheet, finding),
            }
            for finding in sheet.errors
        ],
        "passed": [
            {**_named(sheet, finding), "reason": kept.reason, "by": kept.by}
            for finding in sheet.findings
            if (kept := sheet.let_pass(finding)) is not None
        ],
    }


def _named(sheet: ReviewSheet, finding: Finding) -> dict[str, str]:
    labels = {field.name: field.label.get(language(), field.name) for field in sheet.fields}
    label = ", ".join(labels.get(name, name) for name in finding.fields)
    return {"label": label, "sentence": say(finding.sentence)}
