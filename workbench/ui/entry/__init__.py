"""The form for records without a scan: keys alone go through it, one round trip a record.

It stands in the browser as a way of working beside the desk (`station.modes`) and speaks as those
do. What it says and is told beside that:

    browser -> python   outbox entries
                        {"id", "what": "record", "document", "kind", "unit", "batch", "copy",
                         "twice", "values", "term", "absent", "effort": {field: [keys, ms]},
                         "keyings": {field: [first, second]}, "milliseconds", "force"}
                        {"id", "what": "second", "document", "typed", "chosen", "milliseconds"}
                        check: {"n", "kind", "values", "absent"}       what does not hold so far?
    python -> browser   body: {"kind", "title", "lead", "unit", "batch", "copy", "twice", "fields",
                         "table", "lists", "term"} or, for a second typing, {…, "document",
                         "second": fields, "context": [{"label", "value"}…]}
                        checked: {"n", "findings": [{"fields", "severity", "sentence"}…]}
                        needs: [{"id", "findings" or "differ"}…]   finished, and wanted back
                        done: [{"id", "said"}…]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from workbench.ui.entry.phrases import phrases
from workbench.ui.station.modes import Room

_SHOWN = 12  # of the records entered last


@dataclass
class EntryRoom(Room):
    """This session's side of the form: what was answered, and what is wanted back."""

    needs: dict[str, dict[str, Any]] = field(default_factory=dict)  # entry id -> why
    done: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def of_entry(cls, key: str) -> EntryRoom:
        place = f"station.entry.{key}"
        if place not in st.session_state:
            st.session_state[place] = cls("entry", key)
        room: EntryRoom = st.session_state[place]
        return room

    @property
    def asked(self) -> Mapping[str, Any] | None:
        """What the browser would like to have checked now."""
        state = st.session_state.get(self.key)
        check = state.get("check") if state else None
        return check if isinstance(check, Mapping) and check.get("n") else None

    def tell_done(self, identifier: str, said: str) -> None:
        self.done = [*self.done, {"id": identifier, "said": said}][-_SHOWN:]

    def need(self, identifier: str, **why: Any) -> None:
        """Want a record back: the entry stays open until the browser has taken it."""
        self.needs[identifier] = why

    def show_form(self, *, person: str, checked: Mapping[str, Any] | None) -> None:
        open_entries = {entry["id"] for entry in self._entries()}
        self.needs = {key: why for key, why in self.needs.items() if key in open_entries}
        self.show(
            person=person,
            more={
                "words": phrases(),
                "checked": checked,
                "needs": [{"id": key, **why} for key, why in self.needs.items()],
                "done": self.done,
            },
        )
