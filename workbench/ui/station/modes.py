"""Ways of working beside the desk: one field of many papers, the text of one page.

They speak to the server as the station does: what is done stands in the browser's journal until it
was answered, and what was laid out is sent once.

    browser -> python   outbox: {"entries": [entry…], "have": version, "leave": id}
      entry             {"id", "what": "act", "document", "field", "act", "value", "keys",
                         "milliseconds"}                                        carpet
                        {"id", "what": "line", "document", "page", "box", "before", "after"}
                                                                                text
                        {"id", "what": "again"}    lay out anew
                        {"id", "what": "ask"}      what was laid out was lost on the way
    python -> browser   {"release", "mode", "key", "journal", "words", "version",
                         "body": what is laid out, or null where the browser has this version,
                         "kept": [id…], "refused": [{"id", "document", "field", "sentence"}…]}
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from statistics import quantiles
from typing import Any, Literal
from uuid import uuid4

import streamlit as st
import structlog

from workbench.errors import NotAllowedError, NotReadyError, StaleDocumentError
from workbench.flow import Carpet, FieldAct, LineAct, ShownLine
from workbench.model import Act, Box, Page
from workbench.ui.station import release
from workbench.words import language, remedy, say

log = structlog.get_logger(__name__)

Mode = Literal["carpet", "text", "entry", "design"]
_REMEMBERED = 5000  # answers kept for entries that are sent again: a carpet has hundreds of acts
_FINAL = (StaleDocumentError, NotReadyError, NotAllowedError)
_AIR = 0.12  # of a line's height, above and below what is cut out


@dataclass
class Room:
    """This session's side of a way of working: what is laid out, and what was answered."""

    mode: Mode
    key: str
    body: Mapping[str, Any] | None = None
    about: object = None  # what the body was made of; another one is laid out anew
    version: str = ""
    answers: dict[str, str] = field(default_factory=dict)  # entry id -> "" or why it was refused

    @classmethod
    def of_session(cls, mode: Mode, key: str) -> Room:
        place = f"station.{mode}.{key}"
        if place not in st.session_state:
            st.session_state[place] = cls(mode, key)
        room: Room = st.session_state[place]
        return room

    def lay(self, body: Mapping[str, Any], *, about: object) -> None:
        """Lay something out; it stays as it is, whatever is done to it, until the next time."""
        self.body, self.about, self.version = body, about, uuid4().hex

    def clear(self) -> None:
        """Have it laid out anew."""
        self.body = self.about = None

    def received(self) -> Iterator[Mapping[str, Any]]:
        """What the browser sent and nobody has answered, in order, each once."""
        yield from (e for e in self._entries() if e["id"] not in self.answers)

    @property
    def leaving(self) -> bool:
        """Whether the person goes back to the desk; told once."""
        leave = str(self._said().get("leave") or "")
        if not leave or leave in self.answers:
            return False
        self.answers[leave] = ""
        return True

    @contextmanager
    def answering(self, *identifiers: str) -> Iterator[None]:
        """Answer with "kept", or with the sentence of the error that stands against it.

        Any other error (a full disk) leaves it unanswered: the browser keeps it and sends it again.
        """
        refusal = ""
        try:
            yield
        except _FINAL as error:
            refusal = " ".join(filter(None, (say(error), remedy(error))))
            log.info("mode.refused", mode=self.mode, why=error.message.text)
        for identifier in identifiers:
            self.answer(identifier, refusal)

    def answer(self, identifier: str, refusal: str = "") -> None:
        self.answers[identifier] = refusal
        while len(self.answers) > _REMEMBERED:
            del self.answers[next(iter(self.answers))]

    def show(self, *, person: str, more: Mapping[str, Any] | None = None) -> None:
        """Draw it; the browser's journal is `person`'s. `more`: what this mode alone is told."""
        entries = self._entries()
        for entry in entries:
            if entry.get("what") == "ask":
                self.answers.setdefault(entry["id"], "")
        held = self._said().get("have") == self.version and not any(
            e.get("what") == "ask" for e in entries
        )
        answered = [e for e in entries if e["id"] in self.answers]
        _component()(
            key=self.key,
            data={
                "release": release(),
                "mode": self.mode,
                "key": self.key,
                "journal": hashlib.sha256(person.encode()).hexdigest()[:16],
                "language": language(),
                "words": phrases(),
                "version": self.version,
                "body": None if held else self.body,
                "kept": [e["id"] for e in answered if not self.answers[e["id"]]],
                "refused": [
                    {
                        "id": e["id"],
                        "document": e.get("document", ""),
                        "field": e.get("field", ""),
                        "sentence": self.answers[e["id"]],
                    }
                    for e in answered
                    if self.answers[e["id"]]
                ],
                **(more or {}),
            },
            on_outbox_change=_noted,
            **({} if more is None else {"on_check_change": _noted}),
        )

    def _said(self) -> Mapping[str, Any]:
        state = st.session_state.get(self.key)
        said = state.get("outbox") if state else None
        return said if isinstance(said, Mapping) else {}

    def _entries(self) -> list[Mapping[str, Any]]:
        return [e for e in self._said().get("entries", ()) if isinstance(e, Mapping) and "id" in e]


def field_act(entry: Mapping[str, Any]) -> tuple[str, FieldAct]:
    """A carpet's entry: the document, and what was done with its field."""
    return str(entry["document"]), FieldAct(
        id=entry["id"],
        field=entry["field"],
        act=Act(entry["act"]),
        value=entry.get("value", ""),
        keys=int(entry.get("keys", 0)),
        milliseconds=int(entry.get("milliseconds", 0)),
    )


def line_act(entry: Mapping[str, Any]) -> tuple[str, LineAct]:
    """An entry of the page's text: the document, and what one of its lines says."""
    return str(entry["document"]), LineAct(
        id=entry["id"],
        page=int(entry["page"]),
        box=tuple(float(v) for v in entry["box"]),
        before=entry.get("before", ""),
        after=entry["after"],
    )


# --- what is laid out ----------------------------------------------------------------------------


def carpet_json(carpet: Carpet) -> dict[str, Any]:
    """A carpet for the browser; each piece of scan by its address and its size in typed lines."""
    spoken = language()
    heights = sorted(_upright(t.page, t.box)[1] for t in carpet.tiles)
    # The lower quartile: boxes over several lines must not pass for one.
    usual = quantiles(heights, n=4)[0] if len(heights) > 1 else (heights or [1.0])[0]
    label = carpet.label.get(spoken, "")
    return {
        "title": label,
        "critical": carpet.critical,
        "elsewhere": carpet.elsewhere,
        "instead": carpet.value,
        "each": carpet.each,
        "tiles": [
            {
                "document": t.document,
                "field": t.field,
                "number": _number(t.number, t.field),
                "value": t.value,
                "instead": t.instead,
                "constant": t.value != t.proposed,
                **_snippet(t.page, t.box, usual),
            }
            for t in carpet.tiles
        ],
    }


def _number(number: int, name: str) -> str:
    parts = name.split(".")
    return f"{number}.{parts[1]}" if len(parts) == 3 else str(number)


def _upright(page: Page, box: tuple[float, ...]) -> tuple[float, float]:
    """Width and height of a box in pixels of the page as it is shown."""
    width, height = _size(page)
    here = Box(*box).turned(page.rotation)
    return here.width * width, here.height * height


def _size(page: Page) -> tuple[int, int]:
    lying = page.rotation % 180 != 0
    return (page.height, page.width) if lying else (page.width, page.height)


def _snippet(page: Page, box: tuple[float, ...], usual: float) -> dict[str, Any]:
    width, height = _size(page)
    here = Box(*box).turned(page.rotation)
    lines = max(1, round(here.height * height / max(usual, 1.0)))
    line = here.height * height / lines  # pixels of the page
    air = _AIR * line
    cut = Box.clipped(
        here.left - air / width,
        here.top - air / height,
        here.right + air / width,
        here.bottom + air / height,
    )
    place = "-".join(str(round(100_000 * v)) for v in cut.as_list())
    return {
        "snippet": f"{page.view}/{place}",
        "wide": round(cut.width * width / line, 3),
        "tall": round(cut.height * height / line, 3),
    }


def text_json(
    page: Page, lines: tuple[ShownLine, ...], *, pages: int, title: str
) -> dict[str, Any]:
    """The lines of a page for the browser: boxes as they lie on the scan, and as it is shown."""
    width, height = _size(page)
    return {
        "document": page.document,
        "title": title,
        "page": page.number,
        "pages": pages,
        "image": f"/page-images/{page.view}",
        "width": width,
        "height": height,
        "lines": [
            {
                "box": line.box.as_list(),
                "shown": line.box.turned(page.rotation).as_list(),
                "text": line.text,
                "doubtful": [n for n, word in enumerate(line.words) if word.doubtful],
                "corrected": line.corrected,
            }
            for line in lines
        ],
    }


# --- words ---------------------------------------------------------------------------------------


def phrases() -> Mapping[str, str]:
    """Every phrase in the language of this run; `{n}` and the like are filled in the browser."""
    return {name: say(text) for name, text in _PHRASES.items()}


_PHRASES = {
    "saved": "Saved",
    "saving": "Saving…",
    "unsaved": "{n} not saved yet; trying again",
    "critical": "critical",
    "empty_value": "nothing read",
    "commit": "Keep",
    "restore": "Leave as it was",
    "to_desk": "Back to the desk",
    "batch_constant": "batch constant",
    # a carpet
    "carpet_place": "{from}–{to} of {n}",
    "carpet_done": "{n} done",
    "carpet_doubts": "{n} doubted",
    "carpet_elsewhere": "{n} in colleagues' hands",
    "carpet_critical": "Critical: what was in doubt is asked for again on its paper",
    "carpet_refused": "{n} not kept. {sentence}",
    "carpet_none": "Nothing of this field waits here.",
    "carpet_end": "That was the last screen.",
    "carpet_sum": "{done} done, {doubts} go to the document view, {left} left as they are.",
    "carpet_again": "Lay out what is left",
    "alike_none": "No other field was read alike.",
    "tile_open": "open",
    "tile_left": "left",
    "tile_confirmed": "confirmed",
    "tile_doubt": "doubted",
    "tile_changed": "changed",
    "tile_taken": "will be changed",
    "tile_refused": "not kept",
    "hint_confirm": "confirm the rest",
    "hint_doubt": "doubt",
    "hint_type": "type to correct",
    "hint_edit": "edit",
    "hint_leave": "leave the rest",
    "hint_undo": "undo",
    "hint_undo_all": "undo all",
    "hint_screens": "screens",
    "hint_take": "change what is marked",
    "hint_take_one": "change this one",
    "hint_untake": "mark, unmark",
    # the text of a page
    "text_doubts": "{n} doubtful words",
    "text_none": "No text was read on this page.",
    "text_corrected": "corrected",
    "hint_lines": "lines",
    "hint_next_doubt": "next doubtful word",
    "hint_keep_line": "keep, and the next line",
    "hint_pages": "pages",
    "text_line": "Line {n}",
    "text_page": "Page {n} of {of}",
    "scan": "Scan",
}


@cache
def _component() -> Any:
    # Registered on first use: at import there may be no Streamlit runtime yet.
    return st.components.v2.component("workbench.modes", js="modes.js")


def _noted() -> None:
    """Streamlit keeps a component's state only where it is given a callback."""
