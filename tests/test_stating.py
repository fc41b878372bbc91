"""What people say of a paper's way, and that approval, seal and lists hold to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path as FilePath
from shutil import copytree
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from tests.full_workbench import fill
from workbench import flow, scope
from workbench.errors import NotAllowedError, NotReadyError, StaleDocumentError
from workbench.flow import overriding, required, rulebook, scoping, stating, validity
from workbench.flow.claimed import pages_of, sources_of
from workbench.model import (
    Act,
    Correction,
    Decision,
    Document,
    Event,
    Origin,
    Page,
    Review,
    Stage,
    Validity,
    day_of,
    now,
)
from workbench.scope import Path
from workbench.store import scoping as store
from workbench.workspace import Settings, Workspace, open_workspace, prepare_demo

Ids = dict[Stage, list[str]]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> FilePath:
    """A workbench in the middle of the work, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("filled")
    work = open_workspace(Settings(data=folder / "data", keys=folder / "keys"))
    prepare_demo(work)
    fill(work, at=datetime(2026, 11, 20, 5).astimezone(), per_stage=2)
    work.store.close()
    return folder


@pytest.fixture
def work(filled: FilePath, tmp_path: FilePath) -> Iterator[Workspace]:
    copytree(filled, tmp_path / "site")
    opened = open_workspace(
        Settings(data=tmp_path / "site" / "data", keys=tmp_path / "site" / "keys")
    )
    yield opened
    opened.store.close()


def at(work: Workspace, stage: Stage, place: int = 0) -> Document:
    return work.store.documents(stage=stage)[place]


def says(work: Workspace, document: Document, **values: str) -> None:
    """Let fields of a document say something else, as a reviewer's edits."""
    seen = flow.sheet(work, document.id)
    last = max((c.serial for c in seen.corrections), default=0)
    work.store.add(
        *(
            Correction(
                id=f"{document.id}-{name}-{last + n}",
                document=document.id,
                field=name,
                act=Act.EDIT if value else Act.ABSENT,
                before="",
                after=value,
                normalised=value,
                by="soat1",
                revision=0,
                serial=last + n,
            )
            for n, (name, value) in enumerate(values.items(), start=1)
        )
    )


def ruled(work: Workspace, document: Document) -> scoping.Ruled:
    found = scoping.ruled(work, flow.sheet(work, document.id), on=date(2026, 11, 22))
    assert found is not None
    return found


def approve(work: Workspace, key: str) -> Document:
    document = work.store.document(key)
    assert document is not None
    return flow.approve(work, key, by="duyet1", revision=document.revision)


# --- the way of a record --------------------------------------------------------------------------


def test_what_people_state_changes_the_way_and_stays_with_who_and_when(work: Workspace) -> None:
    document = at(work, Stage.PROPOSED)
    assert ruled(work, document).path is Path.SCAN
    stating.state(work, [document.id], {"copy": "photocopy"}, by="soat1")
    stating.state(work, [document.id], {"from_database": True}, by="duyet1")
    found = ruled(work, document)
    assert found.path is Path.LEAD_UNIT_CONVERTS
    assert {n: (f.value, f.by) for n, f in found.facts.items()} == {
        "copy": ("photocopy", "soat1"),
        "from_database": (True, "duyet1"),
    }
    stating.state(work, [document.id], {"from_database": False}, by="soat1")
    assert ruled(work, document).path is Path.DATA_ONLY
    assert len(store.statements(work.store, document.id)) == 3


@pytest.mark.parametrize("facts", [{"copy": "carbon"}, {"colour": "red"}, {"sides": -1}])
def test_only_facts_that_there_are_can_be_stated(work: Workspace, facts: dict[str, object]) -> None:
    with pytest.raises(NotReadyError):
        stating.state(work, [at(work, Stage.PROPOSED).id], facts, by="soat1")
    with pytest.raises(NotAllowedError):
        stating.state(work, [at(work, Stage.PROPOSED).id], {"copy": "none"}, by="quantri")


def test_a_paper_without_a_term_from_before_the_turn_waits_for_a_word(work: Workspace) -> None:
    document = at(work, Stage.REVIEWED)
    says(work, document, ngay_cap="2019-05-08", het_han="", ngay_cap_giay_to="2017-01-01",
         ngay_dkkd="2017-01-01", ngay_sinh="1980-01-01")  # fmt: skip
    assert ruled(work, document).open == ("validity",)
    with pytest.raises(NotReadyError):
        approve(work, document.id)
    validity.state_term(work, document.id, Validity.INDEFINITE, by="soat1", reason="Không ghi")
    assert ruled(work, document).open == ()
    approved = approve(work, document.id)
    assert approved.stage is Stage.APPROVED
    (kept,) = store.judgements(work.store, document.id)
    assert (kept.path, kept.rule, kept.regime) == ("scan", "valid_backlog", "before")
    assert "100%" in kept.words
    assert kept.judged_on == day_of(now())
    assert store.rules_named(work.store, kept.rules) is not None


def test_an_unknown_day_of_issue_is_asked_for_where_it_matters(work: Workspace) -> None:
    document = at(work, Stage.REVIEWED)
    says(work, document, ngay_cap="", het_han="2021-01-01")
    assert ruled(work, document).open == ("issued",)
    says(work, document, ngay_cap="", het_han="2030-01-01")
    assert ruled(work, document).open == ()


# --- what the rules leave out ---------------------------------------------------------------------


def test_what_was_not_valid_on_the_turn_is_not_approved_but_set_apart_and_taken_back(
    work: Workspace,
) -> None:
    document = at(work, Stage.REVIEWED)
    says(work, document, ngay_cap="2018-11-02", het_han="2021-08-29",
         ngay_cap_giay_to="2017-01-01", ngay_dkkd="2017-01-01", ngay_sinh="1980-01-01")  # fmt: skip
    with pytest.raises(NotReadyError, match="not valid on 01/7/2022"):
        approve(work, document.id)
    closed = stating.set_apart(work, document.id, by="duyet1")
    assert closed.stage is Stage.REJECTED
    assert closed.reason is not None
    assert "not valid on 01/7/2022" in closed.reason["text"]
    ((listed, judged),) = store.closed_by_rule(work.store)
    assert (listed.id, judged.rule) == (document.id, "not_valid_on_turn")
    with pytest.raises(NotReadyError):
        stating.take_back(work, document.id, by="duyet1", reason=" ")
    back = stating.take_back(work, document.id, by="duyet1", reason="Ngày ghi nhầm")
    assert back.stage is Stage.REVIEWED
    assert store.closed_by_rule(work.store) == []
    with pytest.raises(NotReadyError):
        stating.take_back(work, document.id, by="duyet1", reason="Lần nữa")


def test_every_paper_stated_to_be_secret_is_set_apart_whatever_happens_to_one_of_them(
    work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker may move one on at that moment; no other must stay in the work for it."""
    papers = [at(work, Stage.PROPOSED, place).id for place in (0, 1)]
    close, tries = stating._close, 0

    def moved_meanwhile(work: Workspace, document: Document, *args: Any, **more: Any) -> Document:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise StaleDocumentError
        return close(work, document, *args, **more)

    monkeypatch.setattr(stating, "_close", moved_meanwhile)
    stating.state(work, papers, {"secret": True}, by="soat1")
    for key in papers:
        found = work.store.document(key)
        assert found is not None
        assert found.stage is Stage.REJECTED


@pytest.mark.parametrize("stage", [Stage.HELD, Stage.PROPOSED])
def test_what_a_person_refused_is_taken_back_to_where_it_stood(
    work: Workspace, stage: Stage
) -> None:
    document = at(work, stage)
    work.store.add(
        Event(document=document.id, batch=document.batch, unit=document.unit, by="worker",
              before=Stage.READ, after=stage, reason=document.reason)
    )  # fmt: skip
    if stage is Stage.HELD:
        gone = flow.refuse(work, document.id, by="soat1", reason="không thuộc diện số hóa")
    else:
        gone = flow.decide(work, document.id, Decision.RESCAN, by="soat1", reason="mờ")
    assert gone.stage is Stage.REJECTED
    with pytest.raises(NotAllowedError):
        stating.take_back(work, document.id, by="mau1", reason="từ chối nhầm")

    back = stating.take_back(work, document.id, by="duyet1", reason="từ chối nhầm")

    assert (back.stage, back.held_at) == (document.stage, document.held_at)
    if stage is Stage.HELD:
        assert back.remedy == document.reason  # why it is held is told again
        assert flow.release(work, document.id, by="soat1").stage is Stage.READ
    told = [(e.before, e.after, e.by) for e in work.store.events(document.id)]
    assert (stage, Stage.REJECTED, "soat1") in told
    assert (Stage.REJECTED, stage, "duyet1") in told


def test_a_paper_whose_pages_went_to_another_does_not_come_back_empty(work: Workspace) -> None:
    document = at(work, Stage.PROPOSED)
    flow.decide(work, document.id, Decision.RESCAN, by="soat1", reason="trùng")
    with work.store.change() as session:
        session.execute(sa.delete(Page).where(col(Page.document) == document.id))
    with pytest.raises(NotReadyError, match="put to another paper"):
        stating.take_back(work, document.id, by="duyet1", reason="từ chối nhầm")


def test_a_person_overrules_with_a_reason_that_stays_and_can_let_the_rules_decide_again(
    work: Workspace,
) -> None:
    document = at(work, Stage.REVIEWED)
    stating.state(work, [document.id], {"part": "input"}, by="soat1")
    with pytest.raises(NotAllowedError):
        stating.overrule(work, document.id, Path.SCAN, by="soat1", reason="Vì")
    with pytest.raises(NotReadyError):
        stating.overrule(work, document.id, Path.SCAN, by="duyet1", reason="")
    stating.overrule(work, document.id, Path.SCAN, by="duyet1", reason="Công văn riêng")
    assert ruled(work, document).path is Path.SCAN
    stating.follow(work, document.id, by="duyet1")
    assert ruled(work, document).path is Path.OUT_OF_SCOPE
    stating.overrule(work, document.id, Path.SCAN, by="duyet1", reason="Công văn riêng")
    approve(work, document.id)
    (kept,) = store.judgements(work.store, document.id)
    assert (kept.path, kept.ruled, kept.reason, kept.overruled_by) == (
        "scan", "out_of_scope", "Công văn riêng", "duyet1",
    )  # fmt: skip


def test_an_overruling_ends_where_another_rule_decides(work: Workspace) -> None:
    document = at(work, Stage.REVIEWED)
    stating.state(work, [document.id], {"part": "input"}, by="soat1")
    stating.overrule(work, document.id, Path.SCAN, by="duyet1", reason="Công văn riêng")
    stating.state(work, [document.id], {"part": "result", "digitised": True}, by="soat1")
    found = ruled(work, document)
    assert (found.path, found.overruled) == (Path.OUT_OF_SCOPE, None)


@pytest.mark.parametrize("stage", [Stage.RECEIVED, Stage.PROPOSED, Stage.HELD, Stage.APPROVED])
def test_a_secret_paper_is_out_at_once_wherever_it_stands(work: Workspace, stage: Stage) -> None:
    document = at(work, stage)
    stating.state(work, [document.id], {"secret": True}, by="soat1")
    out = work.store.document(document.id)
    assert out is not None
    assert (out.stage, out.sought) == (Stage.REJECTED, "")
    (kept,) = store.judgements(work.store, document.id)
    assert (kept.rule, kept.closed) == ("secret", True)


def test_nothing_is_stated_of_what_is_sealed(work: Workspace) -> None:
    with pytest.raises(NotReadyError, match="sealed already"):
        stating.state(work, [at(work, Stage.SIGNED).id], {"secret": True}, by="soat1")


# --- data only ------------------------------------------------------------------------------------


def test_a_file_on_a_data_only_record_is_an_error_until_it_is_left_out(work: Workspace) -> None:
    document = at(work, Stage.REVIEWED)
    stating.state(work, [document.id], {"copy": "photocopy"}, by="soat1")
    with pytest.raises(NotReadyError, match="a file is attached"):
        approve(work, document.id)
    left = stating.leave_file_out(work, document.id, by="soat1")
    assert left.origin is Origin.TYPED
    assert work.store.pages(document.id)
    assert (pages_of(work, left), sources_of(work, left)) == ([], [])
    back = stating.take_file_in(work, document.id, by="soat1")
    assert back.origin is Origin.SCAN
    left = stating.leave_file_out(work, document.id, by="soat1")
    approve(work, document.id)
    record = flow.approval(work, work.store.document(document.id) or left).record
    assert record.originals == ()
    assert all(field.page is None and field.box is None for field in record.fields)


def test_a_record_without_a_scan_whose_original_is_held_waits_for_its_scan(
    work: Workspace,
) -> None:
    document = at(work, Stage.REVIEWED)
    stating.state(work, [document.id], {"copy": "none"}, by="soat1")
    stating.leave_file_out(work, document.id, by="soat1")
    stating.state(work, [document.id], {"copy": "original"}, by="soat1")
    with pytest.raises(NotReadyError, match="a scan of it is asked for"):
        approve(work, document.id)


# --- the seal -------------------------------------------------------------------------------------


def test_what_is_stated_after_approval_keeps_the_record_from_its_seal(work: Workspace) -> None:
    key = at(work, Stage.REVIEWED).id
    approve(work, key)
    flow.order_seal(work, [key], by="duyet1")
    stating.state(work, [key], {"digitised": True}, by="soat1")
    while found := flow.claim(work, holder="test", stages=(Stage.APPROVED,)):
        for document in found:
            flow.step(work, document, holder="test")
    held = work.store.document(key)
    assert held is not None
    assert held.stage is Stage.HELD
    assert held.reason is not None
    assert "already" in held.reason["text"]


# --- the rules ------------------------------------------------------------------------------------


def test_other_rules_show_what_they_would_move_before_they_are_in_force(work: Workspace) -> None:
    first, second = at(work, Stage.PROPOSED), at(work, Stage.REVIEWED)
    says(work, first, ngay_cap="2019-05-08", het_han="2022-07-01")
    stating.refresh_due(work)
    stating.refresh(work, first.id)
    shipped = scoping.rules_in_force(work)
    strict = shipped.with_settings(valid_on_last_day=False)
    tried = rulebook.try_out(work, strict)
    assert [(d.id, m.before.path, m.after.path) for d, m in tried.moved] == [
        (first.id, Path.SCAN, Path.OUT_OF_SCOPE)
    ]
    assert ruled(work, first).path is Path.SCAN
    with pytest.raises(NotAllowedError):
        rulebook.apply(work, strict, by="soat1", reason="Vì")
    approve(work, second.id)
    rulebook.apply(work, strict, by="quanly1", reason="Đơn vị chốt không tính ngày mốc")
    assert ruled(work, first).path is Path.OUT_OF_SCOPE
    # What was approved before says by which rules, and these can still be read.
    (kept,) = store.judgements(work.store, second.id)
    assert kept.rules == shipped.digest
    content = store.rules_named(work.store, kept.rules)
    assert content is not None
    assert scope.read(content).digest == shipped.digest
    (change,) = store.rules_changes(work.store)
    assert (change.digest, change.by) == (strict.digest, "quanly1")
    with pytest.raises(NotReadyError):
        rulebook.apply(work, strict, by="quanly1", reason="Lần nữa")


def test_the_list_follows_what_changed_and_counts_by_path_and_period(work: Workspace) -> None:
    under = scoping.rules_in_force(work).under(day_of(now()))
    due = store.count_not_yet_judged(work.store, under)
    assert stating.refresh_due(work) == due > 0
    assert store.count_not_yet_judged(work.store, under) == 0
    counted = sum(n for *_, n in store.tally(work.store))
    assert counted == due
    key = at(work, Stage.PROPOSED).id
    stating.state(work, [key], {"copy": "none"}, by="soat1")
    assert [d.id for d, _ in store.standings(work.store, path="data_only")] == [key]
    assert store.count_standings(work.store, path="scan", regime="from") == due - 1
    assert store.count_standings(work.store, regime="before") == 0


# --- nine data, code, file ------------------------------------------------------------------------


def test_a_code_is_given_at_approval_kept_in_the_record_and_never_given_twice(
    work: Workspace,
) -> None:
    first, second = at(work, Stage.REVIEWED), at(work, Stage.REVIEWED, 1)
    assert required.code_of(work, first.id) == ""
    assert required.code_to_be(work, flow.sheet(work, first.id)).endswith(".nn")
    approved = approve(work, first.id)
    approve(work, second.id)
    code = required.code_of(work, first.id)
    assert code.endswith("01")
    assert required.code_of(work, second.id) == code.removesuffix("01") + "02"
    assert flow.approval(work, approved).record.code == code
    # Approved again, it keeps its code; the next paper gets the next ordinal.
    sheet = flow.sheet(work, first.id)
    assert required.give_code(work, sheet, by="duyet1", at=now()) == code
    third = flow.sheet(work, at(work, Stage.PROPOSED).id)
    assert required.give_code(work, third, by="duyet1", at=now()) not in (
        code, required.code_of(work, second.id),
    )  # fmt: skip


def test_a_missing_datum_stops_the_approval_and_says_which(work: Workspace) -> None:
    document = at(work, Stage.REVIEWED)
    says(work, document, co_quan_cap="")
    seen = flow.sheet(work, document.id)
    missing = [f for f in seen.errors if f.rule == "minimum.issuer"]
    assert [str(f.sentence) for f in missing] == ["The issuing authority is missing."]
    with pytest.raises(NotReadyError):
        approve(work, document.id)
    with pytest.raises(NotAllowedError):
        overriding.override(work, document.id, "minimum.issuer", by="duyet1", reason="Vì")


def test_a_term_that_nobody_knows_may_be_let_pass_with_a_reason(work: Workspace) -> None:
    document = at(work, Stage.REVIEWED)
    says(work, document, het_han="")
    assert [f.rule for f in flow.sheet(work, document.id).errors] == ["minimum.validity"]
    overriding.override(work, document.id, "minimum.validity", by="duyet1", reason="Mẫu cũ")
    assert approve(work, document.id).stage is Stage.APPROVED


def test_a_reviewer_is_warned_of_what_will_stop_the_approval(work: Workspace) -> None:
    document = at(work, Stage.PROPOSED)
    says(work, document, co_quan_cap="")
    seen = flow.sheet(work, document.id)
    found = {f.rule: f.severity.value for f in seen.noted}
    assert found["minimum.issuer"] == "warning"
    assert not [f for f in seen.errors if f.rule.startswith("minimum.")]


def test_another_person_approves_than_reviewed_also_here(work: Workspace) -> None:
    document = at(work, Stage.REVIEWED)
    work.store.add(
        Review(document=document.id, by="duyet1", duty="review", decision=Decision.PASS, revision=0)
    )
    with pytest.raises(NotAllowedError):
        approve(work, document.id)
    assert required.code_of(work, document.id) == ""
    assert store.judgements(work.store, document.id) == []


def test_what_was_asked_of_a_record_goes_out_with_it(work: Workspace) -> None:
    document = at(work, Stage.REVIEWED)
    assert required.told(work, flow.sheet(work, document.id)) == {}
    stating.state(work, [document.id], {"copy": "main"}, by="soat1")
    approve(work, document.id)
    told = required.told(work, flow.sheet(work, document.id))
    assert told["result_code"] == required.code_of(work, document.id)
    assert (told["scope"]["path"], told["scope"]["rule"]) == ("scan", "result_from_turn")
    assert "257/CAT-PV01" in told["scope"]["words"]
    assert [said["facts"] for said in told["stated"]] == [{"copy": "main"}]
