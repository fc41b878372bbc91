"""The review station: scan and fields on one desk that owns the keyboard.

Browser and Python speak JSON through one Streamlit component. What the browser has to say stands
in its journal (`outbox`) until Python has answered it, so a lost run, a reload or a killed server
loses and doubles nothing; a document is sent only to a browser that does not hold its revision.

    browser -> python   outbox: {"entries": [entry…], "have": [[document, revision]…]}
      entry             {"id", "what": "act", "document", "field", "act", "value",
                         "keys", "milliseconds", "page", "box", "trace"}   where it was pointed at
                        {"id", "what": "decision", "document", "decision", "reason",
                         "milliseconds", "trace"}
                        {"id", "what": "ask"}      more documents are wanted
                        {"id", "what": …, "document", …}   what a module of its own has to say
    python -> browser   {"release", "desk", "journal", "images", "words", "waiting",
                         "queue": [[document, revision]…], "sheets": [sheet…],
                         "kept": [id…], "refused": [{"id", "document", "sentence"}…],
                         "extra": {name: …}}     what Python has for those modules
      sheet             {"document", "revision", "title", "subtitle", "returned",
                         "pages": [{"image", "width", "height"}…], "fields": [field…],
                         "acts": [{"field", "act", "value", "mine", "page", "box"}…]}   in order,
                                                                        undone ones out
      field             {"name", "label", "heading", "row", "column", "critical", "required",
                         "proposed", "doubtful", "close", "page", "box", "findings",
                         "candidates": [{"text", "engines", "bare", "probability"}…]}
      box               [left, top, right, bottom], fractions of the page turned upright
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
import structlog

from workbench.errors import NotAllowedError, NotReadyError, StaleDocumentError
from workbench.flow import FieldAct
from workbench.model import Act, Decision
from workbench.review import ReviewSheet
from workbench.ui.station import paper
from workbench.ui.station.phrases import phrases
from workbench.words import language, remedy, say

log = structlog.get_logger(__name__)

LAID_OUT = 12  # documents that lie ready in the browser, so that the next one shows at once
_LOW = 8  # with fewer than this, more are fetched
_PATIENCE = timedelta(seconds=15)  # when the last fetch took all there was
_REFRESH = timedelta(minutes=5)  # well inside the lease, so that what lies ready stays ours
_REMEMBERED = 500  # answers kept for entries that are sent again

# What will not become true by sending it again.
_FINAL = (StaleDocumentError, NotReadyError, NotAllowedError)

_ASSETS = Path(__file__).with_name("assets")


@dataclass(frozen=True, slots=True)
class Acts:
    """What the reviewer did with fields of one document, in order."""

    document: str
    acts: tuple[FieldAct, ...]
    traces: tuple[Mapping[str, Any], ...] = ()  # what looking at each field was like

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(act.id for act in self.acts)


@dataclass(frozen=True, slots=True)
class Decided:
    """The end of a sitting with one document. `id` makes it one, however often it is sent."""

    id: str
    document: str
    decision: Decision
    reason: str = ""
    milliseconds: int = 0
    trace: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ids(self) -> tuple[str, ...]:
        return (self.id,)


@dataclass(frozen=True, slots=True)
class Note:
    """What a module beside the flow of fields has to say; `given` is the entry as it came."""

    id: str
    what: str
    document: str  # empty where it concerns none or many
    given: Mapping[str, Any]

    @property
    def ids(self) -> tuple[str, ...]:
        return (self.id,)


Sent = Acts | Decided | Note


@dataclass
class Desk:
    """This session's side of the station: what lies on the desk, and what was answered."""

    key: str
    sheets: dict[str, ReviewSheet] = field(default_factory=dict)  # in the order of work
    answers: dict[str, str] = field(default_factory=dict)  # entry id -> "" or why it was refused
    fetched_at: datetime | None = None
    took_all: bool = False  # the last fetch brought fewer than there is room for
    extra: dict[str, Any] = field(default_factory=dict)  # for the browser's modules, by name
    replies: dict[str, tuple[str, Any]] = field(default_factory=dict)  # name -> (entry id, answer)

    @classmethod
    def of_session(cls, key: str) -> Desk:
        """The desk of this browser session under this key."""
        place = f"station.{key}"
        if place not in st.session_state:
            st.session_state[place] = cls(key)
        desk: Desk = st.session_state[place]
        return desk

    def received(self) -> Iterator[Sent]:
        """What the browser sent and nobody has answered, in order, each once."""
        yield from sent([e for e in self._entries() if e.get("id") not in self.answers])

    @contextmanager
    def answering(self, sent: Sent, told: Callable[[], str] | None = None) -> Iterator[None]:
        """Answer with "kept", or with the sentence of the error that stands against it.

        `told` says more of what somebody else did where the document was changed meanwhile.
        Any other error (a full disk) leaves it unanswered: the browser keeps it and sends it again.
        """
        refusal = ""
        try:
            yield
        except _FINAL as error:
            stale = told is not None and isinstance(error, StaleDocumentError)
            said = told() if told is not None and stale else say(error)
            refusal = " ".join(filter(None, (said, remedy(error))))
            self.sheets.pop(sent.document, None)  # what the browser shows is no longer so
            self.fetched_at = None
            log.info("station.refused", document=sent.document, why=error.message.text)
        for identifier in sent.ids:
            self.answers[identifier] = refusal
        while len(self.answers) > _REMEMBERED:
            del self.answers[next(iter(self.answers))]

    def lay(self, sheets: Sequence[ReviewSheet], *, at: datetime) -> None:
        """Put documents on the desk; what is not among them is taken off."""
        self.sheets = {sheet.document.id: sheet for sheet in sheets}
        self.fetched_at = at
        self.took_all = len(sheets) < LAID_OUT

    def replace(self, sheet: ReviewSheet) -> None:
        """Show a document as it stands now."""
        if sheet.document.id in self.sheets:
            self.sheets[sheet.document.id] = sheet

    def front(self, sheet: ReviewSheet) -> None:
        """Put a document before all others."""
        rest = {key: kept for key, kept in self.sheets.items() if key != sheet.document.id}
        self.sheets = {sheet.document.id: sheet, **rest}

    def clear(self, document: str) -> None:
        """Take a document off the desk."""
        self.sheets.pop(document, None)

    def reply(self, name: str, to: str, answer: Any) -> None:
        """Answer the entry `to` under `name` in `extra`, until the browser has taken it."""
        self.replies[name] = (to, answer)

    def wants_more(self, at: datetime) -> bool:
        """Whether to fetch documents now, which also prolongs the leases of those that lie here."""
        if self.fetched_at is None or at - self.fetched_at > _REFRESH:
            return True
        if any(e.get("what") == "ask" and e["id"] not in self.answers for e in self._entries()):
            return True
        # The end of the work in sight: every act would borrow and draw the same few anew.
        patience = _PATIENCE if self.took_all else timedelta(0)
        return len(self.sheets) < _LOW and at - self.fetched_at >= patience

    def show(self, *, person: str, waiting: int, images: str = "/page-images/") -> None:
        """Draw the station. `waiting` documents are left; the browser's journal is `person`'s."""
        entries = self._entries()
        for entry in entries:
            if entry.get("what") == "ask":
                self.answers.setdefault(entry["id"], "")
        answered = [e for e in entries if e["id"] in self.answers]
        held = {(str(d), int(r)) for d, r in self._said().get("have", ())}
        self._draw(
            {
                "release": release(),
                "desk": self.key,
                # A colleague who signs in on the same tab must not send this person's acts.
                "journal": hashlib.sha256(person.encode()).hexdigest()[:16],
                "images": images,
                "language": language(),
                "words": phrases(),
                "waiting": waiting,
                "queue": [[s.document.id, s.document.revision] for s in self.sheets.values()],
                "sheets": [
                    paper.as_json(s, person)
                    for s in self.sheets.values()
                    if (s.document.id, s.document.revision) not in held
                ],
                "kept": [e["id"] for e in answered if not self.answers[e["id"]]],
                "refused": [
                    {
                        "id": e["id"],
                        "document": e.get("document", ""),
                        "sentence": self.answers[e["id"]],
                    }
                    for e in answered
                    if self.answers[e["id"]]
                ],
                "extra": {**self.extra, **self._answers_to({e["id"] for e in entries})},
            }
        )

    def _draw(self, data: dict[str, Any]) -> None:
        """Hand everything to the browser."""
        _component()(key=self.key, data=data, on_outbox_change=_noted)

    def _answers_to(self, open_entries: set[str]) -> dict[str, Any]:
        self.replies = {n: told for n, told in self.replies.items() if told[0] in open_entries}
        return {name: answer for name, (_, answer) in self.replies.items()}

    def _said(self) -> Mapping[str, Any]:
        state = st.session_state.get(self.key)
        said = state.get("outbox") if state else None
        return said if isinstance(said, Mapping) else {}

    def _entries(self) -> list[Mapping[str, Any]]:
        return [e for e in self._said().get("entries", ()) if isinstance(e, Mapping) and "id" in e]


def sent(entries: Sequence[Mapping[str, Any]]) -> Iterator[Sent]:
    """The browser's entries, typed; acts that follow one another on a document come together."""
    acts: list[Mapping[str, Any]] = []
    for entry in entries:
        if acts and (entry["what"] != "act" or entry["document"] != acts[0]["document"]):
            yield _acts(acts)
            acts = []
        if entry["what"] == "act":
            acts.append(entry)
            continue
        if entry["what"] == "decision":
            yield Decided(
                id=entry["id"],
                document=entry["document"],
                decision=Decision(entry["decision"]),
                reason=entry.get("reason", ""),
                milliseconds=int(entry.get("milliseconds", 0)),
                trace=entry.get("trace") or {},
            )
        elif entry["what"] != "ask":
            yield Note(entry["id"], entry["what"], entry.get("document", ""), entry)
    if acts:
        yield _acts(acts)


def _acts(entries: Sequence[Mapping[str, Any]]) -> Acts:
    return Acts(
        entries[0]["document"],
        tuple(_act(entry) for entry in entries),
        tuple({"id": e["id"], "field": e["field"], "act": e["act"], **e["trace"]}
              for e in entries if e.get("trace")),
    )  # fmt: skip


def _act(entry: Mapping[str, Any]) -> FieldAct:
    return FieldAct(
        id=entry["id"],
        field=entry["field"],
        act=Act(entry["act"]),
        value=entry.get("value", ""),
        keys=int(entry.get("keys", 0)),
        milliseconds=int(entry.get("milliseconds", 0)),
        page=entry.get("page"),
        box=tuple(entry["box"]) if entry.get("box") else None,
    )


@cache
def release() -> str:
    """A digest of the component's files: it stands in their addresses, so that an upgraded server
    never meets yesterday's script in a browser's cache."""
    total = hashlib.sha256()
    for file in sorted(_ASSETS.iterdir()):
        total.update(file.read_bytes())
    return total.hexdigest()[:12]


@cache
def _component() -> Any:
    # Registered on first use: at import there may be no Streamlit runtime yet.
    return st.components.v2.component("workbench.station", js="station.js")


def _noted() -> None:
    """Streamlit keeps a component's state only where it is given a callback."""
