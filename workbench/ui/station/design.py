"""The drawing board: a form drawn over its scans, what is written and what is read being one state.

It stands in the browser as a way of working beside the desk (`station.modes`) and keeps what is
drawn as those keep what is done: a save stands in the browser's journal until it was answered, one
at a time, and what changed meanwhile goes with the next. What the engines read in it is asked past
Streamlit (`workbench.ui.drawing`). Beside what `modes` says:

    browser -> python   outbox entries
                        {"id", "what": "save", "draft", "revision", "drawn"}  or {…, "text"}
                        {"id", "what": "again"}     lay out anew: somebody else changed the draft
    python -> browser   saved: {"draft", "revision"}              where the draft stands now
                        body: {"draft", "template", "revision", "by", "me", "drawn", "text",
                         "errors": [{"line", "says", "severity"}…], "scans": [scan…],
                         "catalogues": [name…], "sentences": {check: {"vi", "en"}}}
      scan              {"document", "title", "pages": [{"image", "width", "height", "flat",
                         "words": [[text, left, top, right, bottom]…]}…]}
      drawn             as `designmodel.js` has it (`drawn.py`)
      places            fractions of the straightened page; on the form mm

    POST /drawing-board/{draft}/look     {"drawn"} or {"text"} ->
                        {"text" or "drawn" (null: it cannot be drawn), "errors", "revision", "by",
                         "scans": [{"stands", "says", "pages": [{"matrix"}…],
                         "anchors": [[[page, left, top, right, bottom]…]…],
                         "fields": {name: {"value", "fits", "engines", "strips"}},
                         "cells": {name: [[page, …box]]}}…]}
    POST /drawing-board/{draft}/read     {"drawn", "field"} -> {"scans": [{engine: text}…]}
    POST /drawing-board/{draft}/propose  {"drawn"} -> {"ghosts": [ghost…]}
      ghost             {"what": "recognised", "text"} | {"what": "anchor", "text", "at", "page"} |
                        {"what": "field", "taken", "why", "examples": [text…], …field} |
                        {"what": "items", "text", "items"}, each with "strips": [[[page, …box]…]…]
                        examples and strips one a scan; not `taken`: not among what is taken at once
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from workbench import catalogues
from workbench.errors import StaleDocumentError, TemplateError
from workbench.flow import drawing, governing
from workbench.flow.drawing import Scan, Sight
from workbench.flow.work import Work
from workbench.model import Box, TemplateDraft
from workbench.proposing import Proposal
from workbench.template import check
from workbench.ui.station import drawn
from workbench.ui.station.design_phrases import SENTENCES, phrases
from workbench.ui.station.modes import Room
from workbench.words import language, say


@dataclass
class DesignRoom(Room):
    """This session's side of the drawing board: which draft lies on it, and how it stands."""

    saved: Mapping[str, Any] | None = None

    @classmethod
    def of_board(cls, draft: str) -> DesignRoom:
        place = f"station.design.{draft}"
        if place not in st.session_state:
            st.session_state[place] = cls("design", f"design-{draft}")
        room: DesignRoom = st.session_state[place]
        return room

    @property
    def is_held(self) -> bool:
        """Whether the browser has what is laid out; one that came back may have lost it."""
        asks = any(entry.get("what") == "ask" for entry in self.received())
        return self._said().get("have") == self.version and not asks

    def show_board(self, *, person: str) -> None:
        self.show(person=person, more={"words": phrases(), "saved": self.saved})


def keep(room: DesignRoom, work: Work, *, by: str) -> None:
    """Keep what was drawn, in order, each once; a colleague's newer state is never overwritten."""
    for entry in list(room.received()):
        if entry.get("what") == "again":
            room.answer(str(entry["id"]))
            room.clear()
        elif entry.get("what") == "save":
            with room.answering(str(entry["id"])):
                room.saved = _save(room, work, entry, by=by)


def _save(room: DesignRoom, work: Work, entry: Mapping[str, Any], *, by: str) -> Mapping[str, Any]:
    key, source = str(entry["draft"]), text_of(entry)
    try:
        kept = governing.save(work, key, source, by=by, revision=int(entry["revision"]))
    except StaleDocumentError:
        kept = drawing.draft(work, key, by=by)
        # Sent again after its answer was lost: it is kept, by this very person.
        if kept.source != source or kept.by != by:
            room.clear()
            raise
    return {"draft": key, "revision": kept.revision}


def lay_out(room: DesignRoom, work: Work, key: str, titles: Mapping[str, str], *, by: str) -> None:
    """Put a draft with its scans on the board, as it stands now, unless it lies there already."""
    about = (key, language())
    if room.about != about or not room.is_held:
        draft = drawing.draft(work, key, by=by)
        room.saved = {"draft": key, "revision": draft.revision}
        room.lay(body(work, draft, titles, by=by), about=about)
    room.show_board(person=by)


def body(work: Work, draft: TemplateDraft, titles: Mapping[str, str], *, by: str) -> dict[str, Any]:
    """A draft for the browser. `titles`: what people call its scans, by document."""
    try:
        as_drawn = drawn.from_text(draft.source)
    except TemplateError:  # only its text can be put right
        as_drawn = drawn.blank(draft.template, title=draft.template)
    scans = drawing.scans(work, draft.scans, by=by, sheet=tuple(as_drawn["sheet"]))
    return {
        "draft": draft.id,
        "template": draft.template,
        "revision": draft.revision,
        "by": draft.by,
        "me": by,
        "drawn": as_drawn,
        "text": draft.source.decode(errors="replace"),
        "errors": errors(draft.source, draft.template),
        "scans": [_scan(scan, titles) for scan in scans],
        "catalogues": sorted(catalogues.names()),
        "sentences": SENTENCES,
    }


def text_of(entry: Mapping[str, Any]) -> bytes:
    """The text that the browser means: as it was written, or of what was drawn."""
    if "text" in entry:
        return str(entry["text"]).encode()
    return drawn.to_text(entry["drawn"])


def errors(source: bytes, template: str) -> list[dict[str, Any]]:
    """What is wrong with a text, by line and in words."""
    return [
        {"line": problem.line, "severity": problem.severity.value,
         "says": f"{'.'.join(problem.place)}: {say(problem.says)}".removeprefix(": ")}
        for problem in check(source, f"{template}.yaml")
    ]  # fmt: skip


def sight(seen: Sight) -> dict[str, Any]:
    """One scan as the template sees it, for the browser."""
    return {
        "stands": seen.stands,
        "says": say(seen.says),
        "pages": [{"matrix": list(matrix) if matrix else None} for matrix in seen.pages],
        "anchors": [[_place(*one) for one in places] for places in seen.anchors],
        "fields": {
            name: {
                "value": field.value,
                "fits": field.fits,
                "engines": dict(field.engines),
                "strips": [_place(*strip) for strip in field.strips],
            }
            for name, field in seen.fields.items()
        },
        "cells": {name: [_place(*place)] for name, place in seen.cells.items()},
    }


def ghosts(
    found: Proposal, sights: Sequence[Sight], form: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What was proposed and is not drawn yet; `sights`: the scans seen with all of it."""
    nowhere: list[list[list[float]]] = [[] for _ in sights]
    drawn_texts = {anchor["text"] for anchor in form["anchors"]}
    told: list[dict[str, Any]] = [
        {"what": "recognised", "text": text, "strips": nowhere}
        for text in found.recognised_by.all_of
        if text not in form["recognised_by"]["all_of"]
    ]
    for at, anchor in enumerate(found.anchors):
        if anchor.text not in drawn_texts:
            strips = [[_place(*one) for one in seen.anchors[at]] for seen in sights]
            told.append({"what": "anchor", **anchor.model_dump(mode="json"), "strips": strips})
    names = {field["name"] for field in form["fields"]}
    for one in sorted(found.fields, key=lambda field: not field.taken):
        if one.name in names:
            continue
        seen_on = [seen.fields.get(one.name) for seen in sights]
        told.append(
            {
                **drawn.field(one.name, one.spec.model_dump(mode="json", exclude_defaults=True)),
                "what": "field",
                "taken": one.taken,
                "why": say(one.why),
                "examples": list(one.examples),
                "strips": [[_place(*s) for s in seen.strips] if seen else [] for seen in seen_on],
            }
        )
    if found.items and not form.get("items"):
        items = drawn.items(found.items.model_dump(mode="json", exclude_defaults=True))
        headings = ", ".join(column["heading"] for column in items["columns"])
        told.append({"what": "items", "text": headings, "items": items, "strips": nowhere})
    return told


def _scan(scan: Scan, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "document": scan.document,
        "title": titles.get(scan.document, ""),
        "pages": [
            {
                "image": f"/page-images/{page.image}",
                "width": page.width,
                "height": page.height,
                "flat": list(page.flat),
                "words": [[word.text, *_sides(word.box)] for word in page.words],
            }
            for page in scan.pages
        ],
    }


def _place(page: int, box: Box) -> list[float]:
    return [page, *_sides(box)]


def _sides(box: Box) -> Sequence[float]:
    return [round(side, 5) for side in box.as_list()]
