"""A sitting at the station over a workspace: keep what the browser sent, lay out what comes next.

The page and whoever else puts the station somewhere (a notebook, a benchmark) call `keep` and
`lay_out`. Entries that are neither acts nor decisions are told apart in `NOTES`:

    {"what": "aside", "document", "how": "postponed" or "escalated", "reason", "trace"}
    {"what": "take_back", "document"}     one's own decision; no document: the last one of today
    {"what": "beat"}                      somebody is at work here
    {"what": "give_back"}                 nobody is
    {"what": "keys", "keys": {deed: [chord…]}, "characters": bool}

`extra` holds for the browser: "day" (own figures), "keys" (as bound), "idle" (minutes), "answers"
(document -> what was answered to its escalation), "taken_back" (the document).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from importlib.resources import files
from typing import Any, TypeAlias

from workbench import flow
from workbench.errors import NotReadyError
from workbench.flow import Work
from workbench.model import ParkedAs, Trace, now
from workbench.ui import station
from workbench.ui.station import beyond, letpass
from workbench.words import say

IDLE_MINUTES = 15  # who is silent that long gives back what lies on the desk
_MOST_KEYS = 200  # deeds bound differently, chords of one deed: more is no wish of a person
_LONGEST = 40

Keeper: TypeAlias = Callable[[Work, station.Desk, station.Note, str], None]


def keep(desk: station.Desk, work: Work, *, by: str) -> None:
    """Keep what the reviewer did, in order, each thing once."""
    for sent in desk.received():
        with desk.answering(sent, partial(_what_happened, work, sent.document, by)):
            match sent:
                case station.Acts():
                    traces = _traces(work, desk, sent.document, sent.traces, by)
                    seen = flow.correct(work, sent.document, sent.acts, by=by, traces=traces)
                    desk.replace(seen)
                    beyond.offer(work, desk, sent.document, sent.acts, by)
                case station.Decided():
                    told = {"id": sent.id, "act": sent.decision.value, **sent.trace}
                    flow.decide(
                        work,
                        sent.document,
                        sent.decision,
                        by=by,
                        reason=sent.reason,
                        milliseconds=sent.milliseconds,
                        sitting=sent.id,
                        traces=_traces(work, desk, sent.document, [told], by),
                    )
                    desk.clear(sent.document)
                    desk.extra.pop("day", None)
                case station.Note():
                    _keeper(sent)(work, desk, sent, by)


def lay_out(desk: station.Desk, work: Work, *, by: str) -> None:
    """Put the next documents on the desk and show it."""
    if desk.wants_more(at := now()):
        desk.lay(flow.next_review(work, by, limit=station.LAID_OUT), at=at)
        desk.extra["answers"] = {
            document: [{"who": who, "text": text} for who, text in flow.answers(work, document)]
            for document in work.store.answered(list(desk.sheets))
        }
    if "day" not in desk.extra:
        own = flow.day(work, by=by)
        desk.extra["day"] = {"done": own.done, "seconds": own.seconds}
    if "keys" not in desk.extra:
        desk.extra["keys"] = work.store.preference(by, "keys")
    desk.extra["idle"] = IDLE_MINUTES
    desk.show(person=by, waiting=flow.left(work, by=by))


# --- what else may be in the journal -------------------------------------------------------------


def _aside(work: Work, desk: station.Desk, note: station.Note, by: str) -> None:
    how = ParkedAs(note.given["how"])
    reason = str(note.given.get("reason", ""))
    flow.put_aside(work, note.document, how, by=by, reason=reason, key=note.id)
    told = {"id": note.id, "act": how.value, **(note.given.get("trace") or {})}
    flow.note(work, _traces(work, desk, note.document, [told], by))
    desk.clear(note.document)


def _take_back(work: Work, desk: station.Desk, note: station.Note, by: str) -> None:
    found = flow.take_back(work, note.document, by=by, key=note.id)
    desk.front(flow.sheet(work, found.id))
    if not note.document:  # the browser does not know which one it is
        desk.reply("taken_back", note.id, found.id)
    desk.extra.pop("day", None)


def _beat(work: Work, _desk: station.Desk, _note: station.Note, by: str) -> None:
    flow.stay(work, by=by)


def _give_back(work: Work, desk: station.Desk, _note: station.Note, by: str) -> None:
    flow.give_back(work, by=by)
    desk.lay([], at=now())


def _keys(work: Work, desk: station.Desk, note: station.Note, by: str) -> None:
    wishes = _wishes(note.given.get("keys"))
    chosen = {"keys": wishes, "characters": bool(note.given.get("characters", True))}
    work.store.prefer(by, "keys", chosen)
    desk.extra["keys"] = chosen


NOTES: Mapping[str, Keeper] = {
    "aside": _aside,
    "take_back": _take_back,
    "beat": _beat,
    "give_back": _give_back,
    "keys": _keys,
    "comment": beyond.comment,
    "override": letpass.keep,
}


def _keeper(note: station.Note) -> Keeper:
    if keeper := NOTES.get(note.what):
        return keeper
    raise NotReadyError("This station is out of date.", "Reload the page.")


def _wishes(given: object) -> dict[str, list[str]]:
    """Keys as somebody binds them: names of deeds and of chords, no more than a person would."""
    if not isinstance(given, Mapping) or len(given) > _MOST_KEYS:
        raise NotReadyError("These keys cannot be kept.", "Bind them anew.")
    wishes: dict[str, list[str]] = {}
    for deed, chords in given.items():
        named = [c for c in chords if isinstance(c, str) and len(c) <= _LONGEST]
        wishes[str(deed)[:_LONGEST]] = named[:4]
    return wishes


# --- what a sitting was like ----------------------------------------------------------------------


def _traces(
    work: Work, desk: station.Desk, document: str, told: Sequence[Mapping[str, Any]], by: str
) -> list[Trace]:
    if not told:
        return []
    versions = _versions(work, desk, document)
    return [_trace(document, given, versions, by) for given in told]


def _trace(document: str, given: Mapping[str, Any], versions: Mapping[str, str], by: str) -> Trace:
    offered = given.get("offered") or []
    chosen = given.get("chosen")
    shown = given.get("shown")
    return Trace(
        id=str(given["id"]),
        document=document,
        field=str(given.get("field", "")),
        act=str(given["act"]),
        by=by,
        shown_at=datetime.fromtimestamp(shown / 1000, UTC) if shown else None,
        first_key=_count(given, "first_key") if given.get("first_key") is not None else None,
        committed=_count(given, "committed"),
        keys=_count(given, "keys"),
        clicks=_count(given, "clicks"),
        backspaces=_count(given, "backspaces"),
        offered=[[str(engine) for engine in engines] for engines in offered][:9],
        chosen=int(chosen) if chosen is not None else None,
        typed=bool(given.get("typed")),
        distance=_count(given, "distance"),
        context=_count(given, "context"),
        dwell=_count(given, "dwell"),
        idle=_count(given, "idle"),
        latency=_count(given, "latency") if given.get("latency") is not None else None,
        versions=dict(versions),
    )


def _count(given: Mapping[str, Any], name: str) -> int:
    return max(0, round(float(given.get(name) or 0)))


def _versions(work: Work, desk: station.Desk, document: str) -> dict[str, str]:
    """What was at work when this was looked at: engines, calibration, template, this screen."""
    laid = desk.sheets.get(document)
    found = laid.document if laid else work.store.document(document)
    return {
        **work.store.versions(document),
        "template": (found.template_digest or "") if found else "",
        "calibration": _calibration(),
        "ui": station.release(),
    }


@cache
def _calibration() -> str:
    """A digest of the calibration that came with this version; empty where none did."""
    shipped = files("workbench").joinpath("calibration.json")
    return hashlib.sha256(shipped.read_bytes()).hexdigest()[:12] if shipped.is_file() else ""


def _what_happened(work: Work, document: str, by: str) -> str:
    return say(flow.what_happened(work, document, by=by))
