"""Whole documents at a reviewer's desk: put aside, taken up, taken back, chosen, assigned."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests import full_workbench
from workbench import flow, words
from workbench.errors import NotAllowedError, NotReadyError, StaleDocumentError
from workbench.model import (
    Act,
    Decision,
    Document,
    ParkedAs,
    Person,
    Role,
    Stage,
    Trace,
    new_id,
    now,
)
from workbench.store import Choice
from workbench.workspace import Settings, Workspace, open_workspace


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in the middle of a day's work."""
    data = tmp_path_factory.mktemp("desks") / "data"
    opened = open_workspace(Settings(data=data, engines=()))
    full_workbench.fill(opened, at=now(), per_stage=3)
    for name, role in (
        ("soat1", Role.REVIEWER), ("soat2", Role.REVIEWER), ("duyet1", Role.APPROVER),
        ("ql1", Role.MANAGER),
    ):  # fmt: skip
        opened.store.keep(
            Person(name=name, shown_as=f"Cán bộ {name}", password_hash="x", roles=[role.value])
        )
    opened.store.close()
    return data


@pytest.fixture
def work(filled: Path, tmp_path: Path) -> Iterator[Workspace]:
    shutil.copytree(filled, tmp_path / "data")
    opened = open_workspace(Settings(data=tmp_path / "data", engines=()))
    yield opened
    opened.store.close()


def on_desk(work: Workspace, by: str = "soat1", limit: int = 8) -> list[str]:
    return [sheet.document.id for sheet in flow.next_review(work, by, limit=limit)]


def look_at_all(work: Workspace, document: str, by: str = "soat1") -> None:
    sheet = flow.sheet(work, document)
    acts = [flow.FieldAct(new_id(), f.name, Act.EDIT, "x") for f in sheet.fields if f.flagged]
    if acts:
        flow.correct(work, document, acts, by=by)


def passed(work: Workspace, by: str = "soat1") -> str:
    document = on_desk(work, by, limit=1)[0]
    look_at_all(work, document, by)
    flow.decide(work, document, Decision.PASS, by=by, milliseconds=4000, sitting=new_id())
    return document


def stage(work: Workspace, document: str) -> Stage:
    found = work.store.document(document)
    assert found is not None
    return found.stage


# --- put aside -----------------------------------------------------------------------------------


def test_what_was_put_aside_lies_on_no_desk_until_somebody_takes_it_up(work: Workspace) -> None:
    first = on_desk(work, limit=1)[0]
    flow.put_aside(work, first, ParkedAs.POSTPONED, by="soat1", key="p1")
    flow.put_aside(work, first, ParkedAs.POSTPONED, by="soat1", key="p1")  # sent twice
    assert first not in on_desk(work) and first not in on_desk(work, "soat2")
    ((parking, document),) = work.store.put_aside(ParkedAs.POSTPONED)
    assert (parking.by, document.id) == ("soat1", first)
    flow.take_up(work, parking.id, by="soat2")
    assert first in on_desk(work, "soat2") and first not in on_desk(work)
    assert work.store.put_aside(ParkedAs.POSTPONED) == []
    with pytest.raises(StaleDocumentError):
        flow.take_up(work, parking.id, by="soat1")


def test_what_is_escalated_says_why_and_comes_back_with_its_answer(work: Workspace) -> None:
    first = on_desk(work, limit=1)[0]
    with pytest.raises(NotReadyError):
        flow.put_aside(work, first, ParkedAs.ESCALATED, by="soat1", reason=" ", key="e0")
    flow.put_aside(work, first, ParkedAs.ESCALATED, by="soat1", reason="Mờ dấu", key="e1")
    with pytest.raises(NotAllowedError):
        flow.answer(work, "e1", by="soat2", text="Để trống")
    with pytest.raises(NotReadyError):
        flow.answer(work, "e1", by="duyet1", text="")
    flow.answer(work, "e1", by="duyet1", text="Để trống")
    assert flow.answers(work, first) == [("Cán bộ duyet1", "Để trống")]
    assert work.store.answered([first, "không có"]) == {first}
    assert first not in on_desk(work, "soat2")  # it is for whoever asked
    assert on_desk(work)[0] == first


def test_a_document_on_another_desk_cannot_be_put_aside(work: Workspace) -> None:
    first = on_desk(work, limit=1)[0]
    with pytest.raises(StaleDocumentError):
        flow.put_aside(work, first, ParkedAs.POSTPONED, by="soat2", key="p1")


# --- taken back ----------------------------------------------------------------------------------


def test_a_decision_is_taken_back_with_every_act_as_it_was(work: Workspace) -> None:
    document = passed(work)
    before = flow.sheet(work, document).fields
    flow.take_back(work, document, by="soat1", key="u1")
    flow.take_back(work, document, by="soat1", key="u1")  # sent twice
    assert stage(work, document) is Stage.PROPOSED
    assert [f.act for f in flow.sheet(work, document).fields] == [f.act for f in before]
    assert document in on_desk(work) and document not in on_desk(work, "soat2")
    flow.decide(work, document, Decision.PASS, by="soat1", sitting="again")
    flow.take_back(work, document, by="soat1", key="u1")  # sent once more, late: nothing happens
    assert stage(work, document) is Stage.REVIEWED


def test_without_a_document_the_last_decision_of_the_day_is_taken_back(work: Workspace) -> None:
    earlier, later = passed(work), passed(work)
    assert flow.take_back(work, "", by="soat1", key="u1").id == later
    assert flow.take_back(work, "", by="soat1", key="u2").id == earlier
    with pytest.raises(NotReadyError):
        flow.take_back(work, "", by="soat1", key="u3")
    assert flow.day(work, by="soat1").done == 0


def test_what_was_put_aside_is_taken_back_too(work: Workspace) -> None:
    first = on_desk(work, limit=1)[0]
    flow.put_aside(work, first, ParkedAs.POSTPONED, by="soat1", key="p1")
    flow.take_back(work, first, by="soat1", key="u1")
    assert first in on_desk(work)


def test_what_was_approved_or_is_somebody_elses_is_not_taken_back(work: Workspace) -> None:
    document = passed(work)
    with pytest.raises(NotReadyError):
        flow.take_back(work, document, by="soat2", key="u1")
    revision = flow.sheet(work, document).document.revision
    flow.approve(work, document, by="duyet1", revision=revision)
    with pytest.raises(NotReadyError, match="no longer be undone"):
        flow.take_back(work, document, by="soat1", key="u2")
    assert stage(work, document) is Stage.APPROVED


# --- leases --------------------------------------------------------------------------------------


def test_who_is_at_work_keeps_what_lies_on_the_desk_and_who_is_not_gives_it_back(
    work: Workspace,
) -> None:
    mine = on_desk(work, limit=2)
    late = now() + timedelta(seconds=flow.REVIEW_LEASE_SECONDS + 60)
    work.store.prolong("soat1", seconds=900, at=late)
    free = work.store.borrow(by="soat2", seconds=60, at=late, limit=9)
    assert not {document.id for document in free} & set(mine)
    look_at_all(work, mine[0])
    flow.give_back(work, by="soat1")
    assert set(mine) <= set(on_desk(work, "soat2"))
    assert not flow.sheet(work, mine[0]).waiting  # what was done is kept


def test_a_stale_decision_is_told_what_the_other_person_did(work: Workspace) -> None:
    words.speak("en")
    document = on_desk(work, limit=1)[0]
    flow.give_back(work, by="soat1")
    on_desk(work, "soat2", limit=9)
    assert "Cán bộ soat2 has this document" in words.say(
        flow.what_happened(work, document, by="soat1")
    )
    look_at_all(work, document, "soat2")
    told = words.say(flow.what_happened(work, document, by="soat1"))
    assert "is working on this document" in told
    flow.decide(work, document, Decision.PASS, by="soat2", sitting=new_id())
    told = words.say(flow.what_happened(work, document, by="soat1"))
    assert "Cán bộ soat2 decided on this document" in told


# --- whose work it is ----------------------------------------------------------------------------


def test_a_reviewer_gets_what_they_chose_and_the_rest_goes_back(work: Workspace) -> None:
    all_of_them = on_desk(work)
    flow.choose(work, Choice(batch="none"), by="soat1")
    assert on_desk(work) == [] and flow.left(work, by="soat1") == 0
    assert set(on_desk(work, "soat2")) == set(all_of_them)
    flow.give_back(work, by="soat2")
    kind = flow.sheet(work, all_of_them[0]).document.kind
    flow.choose(work, Choice(batch="lot-1", kind=kind or ""), by="soat1")
    assert set(on_desk(work)) == set(all_of_them)
    assert work.store.choice("soat1") == Choice(batch="lot-1", kind=kind or "")


def test_what_is_assigned_to_one_lies_on_no_other_desk(work: Workspace) -> None:
    documents = [d.id for d in work.store.in_review()]
    with pytest.raises(NotAllowedError):
        flow.assign(work, documents, to="soat2", by="soat1")
    with pytest.raises(NotAllowedError):
        flow.assign(work, documents, to="duyet1", by="ql1")  # who reviews nothing
    assert flow.assign(work, documents[:2], to="soat2", by="ql1") == 2
    assert on_desk(work) == documents[2:]
    assert on_desk(work, "soat2") == documents[:2]
    flow.assign(work, documents[:2], to="", by="ql1")
    flow.give_back(work, by="soat2")
    assert set(on_desk(work)) == set(documents)


def test_a_weighty_batch_comes_first_unless_age_is_asked_for(work: Workspace) -> None:
    old = work.store.in_review()[0]
    urgent = Document(
        batch="lot-2", source=old.source, unit=old.unit, number=1, stage=Stage.PROPOSED,
        kind=old.kind, template_digest=old.template_digest,
    )  # fmt: skip
    work.store.add(urgent)
    assert flow.weigh(work, "lot-2", priority=5, by="ql1") == 1
    assert on_desk(work, limit=1) == [urgent.id]
    flow.choose(work, Choice(by_age=True), by="soat1")
    assert on_desk(work, limit=1) != [urgent.id]


# --- what a sitting was like ---------------------------------------------------------------------


def test_ones_own_day_counts_what_stands(work: Workspace) -> None:
    passed(work)
    passed(work)
    assert flow.day(work, by="soat1") == flow.Day(2, 4.0)
    assert flow.day(work, by="soat2") == flow.Day(0, None)


def test_a_trace_is_kept_once(work: Workspace) -> None:
    document = on_desk(work, limit=1)[0]
    for _ in range(2):
        flow.note(work, [Trace(id="t1", document=document, act="accept", by="soat1", keys=1)])
    (kept,) = work.store.traces(document)
    assert (kept.keys, kept.chosen) == (1, None)


def test_as_many_questions_are_asked_for_a_full_desk_as_for_one_paper(work: Workspace) -> None:
    on_desk(work, limit=1)  # what is asked once and then known is no question of a desk
    asked: list[str] = []
    sa.event.listen(
        work.store.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: asked.append(statement),
    )
    assert len(on_desk(work, limit=1)) == 1
    for_one = sum(question.startswith("SELECT") for question in asked)
    asked.clear()
    assert len(on_desk(work, limit=8)) > 1
    assert sum(question.startswith("SELECT") for question in asked) == for_one


def test_an_act_that_came_in_between_stands_in_what_is_shown_and_found(
    work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = on_desk(work, limit=1)[0]
    fields = [f.name for f in flow.sheet(work, document).fields][:2]
    keep = work.store.correct

    def interrupted(*given: Any, **named: Any) -> Any:
        # The same person in another tab: a lease does not keep those two apart.
        monkeypatch.setattr(work.store, "correct", keep)
        other = flow.FieldAct("b1", fields[1], Act.EDIT, "Giữa chừng")
        flow.correct(work, document, [other], by="soat1")
        return keep(*given, **named)

    monkeypatch.setattr(work.store, "correct", interrupted)
    act = flow.FieldAct("a1", fields[0], Act.EDIT, "Đầu tiên")
    seen = flow.correct(work, document, [act], by="soat1")
    stands = {f.name: f.value for f in seen.fields}
    assert (stands[fields[0]], stands[fields[1]]) == ("Đầu tiên", "Giữa chừng")
    found = work.store.document(document)
    assert found is not None and seen.document.revision == found.revision
    assert "dau tien" in found.sought and "giua chung" in found.sought


def test_what_a_correction_shows_is_what_the_document_says_when_it_is_opened_again(
    work: Workspace,
) -> None:
    document = on_desk(work, limit=1)[0]
    names = [f.name for f in flow.sheet(work, document).fields][:2]
    acts = [flow.FieldAct(f"a{n}", name, Act.EDIT, "Mới") for n, name in enumerate(names)]
    seen = flow.correct(work, document, [*acts, flow.FieldAct("u", names[0], Act.UNDO)], by="soat1")
    again = replace(flow.sheet(work, document), noted=())  # of the paper as a whole, for approval
    assert seen == again and seen.document.sought == again.document.sought
    serials = [c.serial for c in seen.corrections]
    assert serials == list(range(1, len(serials) + 1))
    twice = flow.correct(work, document, acts, by="soat1")
    assert (twice.fields, twice.corrections) == (again.fields, again.corrections)
