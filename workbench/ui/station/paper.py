"""A review sheet as JSON for the browser: boxes on the upright page, candidates by their voices."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from workbench import vietnamese
from workbench.model import Act, Box, Correction, Page, SeenIn, Severity
from workbench.review import ReviewSheet, SheetField
from workbench.ui.station import beyond, letpass
from workbench.words import language, say

CANDIDATES = 4  # one key each; people compare three or four things, not more
CLOSE = 0.2  # less probability than this between the first two: neither is chosen beforehand

_ITEM = re.compile(r".+\.(?P<row>\d+)\.(?P<column>[^.]+)")


def as_json(sheet: ReviewSheet, person: str) -> dict[str, Any]:
    """The sheet as `person` sees it; its shape stands in the docstring of the package."""
    spoken = language()
    critical = frozenset(f.name for f in sheet.fields if f.critical)
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
            if _counts(c, critical)
        ],
        "remarks": beyond.remarks(sheet, person),
        **letpass.as_json(sheet),
        "table": {
            "name": sheet.table,
            "columns": [
                {"name": name, "label": label.get(spoken, name)}
                for name, label in sheet.columns.items()
            ],
        }
        if sheet.table
        else None,
    }


def _counts(act: Correction, critical: frozenset[str]) -> bool:
    """Whether the desk shows the act as done; else its value is proposed, to be checked here."""
    if act.act is Act.DOUBT:
        return False
    return not (act.seen_in is SeenIn.CARPET and act.field in critical)


def _page(page: Page) -> dict[str, Any]:
    lying = page.rotation % 180 != 0
    width, height = (page.height, page.width) if lying else (page.width, page.height)
    return {"image": page.view, "width": width, "height": height}


def _field(field: SheetField, pages: Sequence[Page], spoken: str) -> dict[str, Any]:
    item = _ITEM.fullmatch(field.name)
    label = field.label.get(spoken, field.name)
    listed = candidates(field.offered, field.candidates, field.confidence)
    return {
        "name": field.name,
        "label": label,
        "heading": _heading(label, str(_place(label, item["row"]))) if item else label,
        "row": _place(label, item["row"]) if item else None,
        "column": item["column"] if item else None,
        "critical": field.critical,
        "required": field.required,
        "noted": beyond.noted(field),
        "proposed": field.offered,
        "doubtful": field.flagged
        or not field.accepted
        or any(f.severity is not Severity.INFORMATION for f in field.findings),
        "page": field.page,
        "box": _upright(field, pages),
        "candidates": listed,
        "close": not field.accepted and are_close(listed),
        "findings": [
            {"severity": f.severity.value, "sentence": say(f.sentence)} for f in field.findings
        ],
    }


def _place(label: str, row: str) -> int:
    """Where the row stands in its table: rows that people added have other names."""
    said = re.match(r"(\d+)\. ", label)
    return int(said[1]) if said else int(row)


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


def candidates(
    proposed: str, readings: Mapping[str, str], confidence: float = 1.0
) -> list[dict[str, Any]]:
    """What the engines say, each value once, the likeliest first.

    `confidence` is the probability of the proposal; the rest of it is the others', by the number
    of their voices. A reading that only lacks the marks of another comes last and says so: an
    engine without Vietnamese letters is a witness to base letters and no rival.
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
    rivals = [v for key, v in voices.items() if key != first and not v["bare"]]
    heard_rivals = sum(len(v["engines"]) for v in rivals)
    for key, voice in voices.items():
        share = len(voice["engines"]) / heard_rivals if voice in rivals else 0.0
        likely = confidence if key == first else (1 - confidence) * share
        voice["probability"] = round(likely, 3)
    ranked = sorted(
        voices.items(),
        key=lambda v: (
            v[1]["bare"], -v[1]["probability"], v[0] != first, -len(v[1]["engines"]),
        ),
    )  # fmt: skip
    return [voice for _, voice in ranked[:CANDIDATES]]


def are_close(listed: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the first two candidates are so near each other that a person must choose."""
    rivals = [voice for voice in listed if not voice["bare"]]
    return len(rivals) > 1 and abs(rivals[0]["probability"] - rivals[1]["probability"]) < CLOSE


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
