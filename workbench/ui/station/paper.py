"""A review sheet as JSON for the browser: boxes on the upright page, candidates by their voices."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from workbench import vietnamese
from workbench.model import Act, Box, Correction, Page, Severity
from workbench.review import ReviewSheet, SheetField
from workbench.words import language, say

CANDIDATES = 4  # one key each; people compare three or four things, not more

_ITEM = re.compile(r".+\.(?P<row>\d+)\.(?P<column>[^.]+)")


def as_json(sheet: ReviewSheet, person: str) -> dict[str, Any]:
    """The sheet as `person` sees it; its shape stands in the docstring of the package."""
    spoken = language()
    return {
        "document": sheet.document.id,
        "revision": sheet.document.revision,
        "title": sheet.title.get(spoken, ""),
        "subtitle": say("No. {n} of its batch", n=sheet.document.number),
        "returned": say(sheet.returned) if sheet.returned else "",
        "pages": [_page(page) for page in sheet.pages],
        "fields": [_field(field, sheet.pages, spoken) for field in sheet.fields],
        "acts": [
            {
                "field": c.field,
                "act": c.act.value,
                "value": c.after,
                "mine": c.by == person,
                **_pointed_at(c, sheet.pages),
            }
            for c in _not_undone(sheet.corrections)
        ],
    }


def _page(page: Page) -> dict[str, Any]:
    lying = page.rotation % 180 != 0
    width, height = (page.height, page.width) if lying else (page.width, page.height)
    return {"image": page.view, "width": width, "height": height}


def _field(field: SheetField, pages: Sequence[Page], spoken: str) -> dict[str, Any]:
    item = _ITEM.fullmatch(field.name)
    label = field.label.get(spoken, field.name)
    return {
        "name": field.name,
        "label": label,
        "heading": _heading(label, item["row"]) if item else label,
        "row": int(item["row"]) if item else None,
        "column": item["column"] if item else None,
        "critical": field.critical,
        "required": field.required,
        "proposed": field.proposed,
        "doubtful": not field.accepted
        or any(f.severity is not Severity.INFORMATION for f in field.findings),
        "page": field.page,
        "box": _upright(field, pages),
        "candidates": candidates(field.proposed, field.candidates),
        "findings": [
            {"severity": f.severity.value, "sentence": say(f.sentence)} for f in field.findings
        ],
    }


def _heading(label: str, row: str) -> str:
    """The label of an item's column: "Item 2: Serial number" stands under "Serial number"."""
    return re.sub(rf"^.*?\b{row}\b\W*", "", label) or label


def _pointed_at(act: Correction, pages: Sequence[Page]) -> dict[str, Any]:
    page = next((p for p in pages if p.number == act.page), None)
    if page is None or act.box is None:
        return {"page": None, "box": None}
    return {"page": page.number, "box": Box(*act.box).turned(page.rotation).as_list()}


def _upright(field: SheetField, pages: Sequence[Page]) -> list[float] | None:
    """The field's box, known on the page as scanned, on the page as it is shown."""
    page = next((p for p in pages if p.number == field.page), None)
    if page is None or field.box is None:
        return None
    return Box(*field.box).turned(page.rotation).as_list()


def candidates(proposed: str, readings: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the engines say, each value once: the proposal first, then by number of voices.

    A reading that only lacks the marks of another comes last and says so: an engine without
    Vietnamese letters is a witness to base letters and no rival.
    """
    voices: dict[str, dict[str, Any]] = {}
    for engine, text in readings.items():
        if text := vietnamese.nfc(text).strip():
            heard = voices.setdefault(vietnamese.key(text), {"text": text, "engines": []})
            heard["engines"].append(engine)
    first = vietnamese.key(proposed)
    if first in voices:
        voices[first]["text"] = proposed  # the same words: in the spelling that would be kept
    marked = {vietnamese.fold(v["text"]) for v in voices.values() if not _bare(v["text"])}
    for voice in voices.values():
        voice["bare"] = _bare(voice["text"]) and vietnamese.fold(voice["text"]) in marked
    ranked = sorted(
        voices.items(), key=lambda v: (v[0] != first, v[1]["bare"], -len(v[1]["engines"]))
    )
    return [voice for _, voice in ranked[:CANDIDATES]]


def _bare(text: str) -> bool:
    """Whether no letter carries a Vietnamese mark."""
    return vietnamese.fold(text) == text.casefold()


def _not_undone(corrections: Sequence[Correction]) -> list[Correction]:
    """The acts that stand, in order; what was taken back is left out together with its undoing."""
    stand: list[Correction] = []
    for correction in corrections:
        if correction.act is not Act.UNDO:
            stand.append(correction)
            continue
        last = next((c for c in reversed(stand) if c.field == correction.field), None)
        if last is not None:
            stand.remove(last)
    return stand
