# ruff: noqa: F811 - fixtures are taken from another file
"""A sitting over a workspace: what becomes of each entry of the browser's journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.test_desks import filled, on_desk, stage, work  # noqa: F401
from workbench import flow
from workbench.model import ParkedAs, Stage
from workbench.ui import station
from workbench.ui.station import sitting
from workbench.workspace import Workspace

Sent = Callable[..., station.Desk]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, work: Workspace) -> Sent:
    """A desk whose browser has these entries in its journal, after they were kept."""
    desk = station.Desk("review")

    def kept(*entries: dict[str, Any]) -> station.Desk:
        state = {"review": {"outbox": {"entries": list(entries), "have": []}}}
        monkeypatch.setattr(station.st, "session_state", state)
        sitting.keep(desk, work, by="soat1")
        return desk

    return kept


TRACE = {
    "shown": 1_790_000_000_000, "first_key": 310, "committed": 900, "keys": 2, "clicks": 1,
    "backspaces": 0, "context": 1, "dwell": 880, "idle": 0, "chosen": 1, "typed": False,
    "distance": 1, "offered": [["tesseract"], ["trueocr", "easyocr"]],
}  # fmt: skip


def test_what_a_look_at_a_field_was_like_is_kept_with_what_was_at_work(
    work: Workspace,
    sent: Sent,
) -> None:
    document = on_desk(work, limit=1)[0]
    field = flow.sheet(work, document).fields[0].name
    sent({
        "id": "a1", "what": "act", "document": document, "field": field, "act": "edit",
        "value": "Nguyễn", "trace": TRACE,
    })  # fmt: skip
    (kept,) = work.store.traces(document)
    assert (kept.id, kept.field, kept.act, kept.by) == ("a1", field, "edit", "soat1")
    assert (kept.first_key, kept.committed, kept.chosen, kept.distance) == (310, 900, 1, 1)
    assert kept.offered == [["tesseract"], ["trueocr", "easyocr"]]
    assert {"template", "calibration", "ui"} <= set(kept.versions)
    assert "Nguyễn" not in kept.model_dump_json()


def test_a_document_put_aside_and_taken_back_lies_in_front_again(
    work: Workspace,
    sent: Sent,
) -> None:
    document = on_desk(work, limit=1)[0]
    aside = {"id": "p1", "what": "aside", "document": document, "how": "postponed", "reason": ""}
    desk = sent(aside)
    assert desk.answers == {"p1": ""} and document not in desk.sheets
    assert len(work.store.put_aside(ParkedAs.POSTPONED)) == 1
    desk = sent(aside, {"id": "u1", "what": "take_back", "document": document})
    assert next(iter(desk.sheets)) == document
    assert stage(work, document) is Stage.PROPOSED
    assert work.store.put_aside(ParkedAs.POSTPONED) == []


def test_what_cannot_be_done_is_answered_with_a_sentence(sent: Sent) -> None:
    desk = sent(
        {"id": "u1", "what": "take_back", "document": ""},
        {"id": "k1", "what": "keys", "keys": "none"},
        {"id": "n1", "what": "unheard of"},
    )
    assert all(desk.answers[key] for key in ("u1", "k1", "n1"))


def test_a_stale_act_is_refused_with_what_the_colleague_did(
    work: Workspace,
    sent: Sent,
) -> None:
    document = on_desk(work, limit=1)[0]
    field = flow.sheet(work, document).fields[0].name
    flow.give_back(work, by="soat1")
    on_desk(work, "soat2", limit=9)
    desk = sent({"id": "a1", "what": "act", "document": document, "field": field, "act": "accept"})
    assert "Cán bộ soat2" in desk.answers["a1"]


def test_keys_belong_to_the_person(work: Workspace, sent: Sent) -> None:
    wish = {"keys": {"illegible": ["k", 7, "x" * 99]}, "characters": False}
    desk = sent({"id": "k1", "what": "keys", **wish})
    assert work.store.preference("soat1", "keys") == {
        "keys": {"illegible": ["k"]}, "characters": False,
    }  # fmt: skip
    assert desk.extra["keys"]["characters"] is False
    assert work.store.preference("soat2", "keys") == {}


def test_a_sign_of_life_and_going_away(work: Workspace, sent: Sent) -> None:
    mine = on_desk(work, limit=2)
    before = work.store.document(mine[0])
    sent({"id": "b1", "what": "beat"})
    after = work.store.document(mine[0])
    assert before and after and before.lease_until and after.lease_until
    assert after.lease_until > before.lease_until
    sent({"id": "g1", "what": "give_back"})
    assert set(mine) <= set(on_desk(work, "soat2", limit=9))
