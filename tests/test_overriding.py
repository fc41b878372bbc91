"""An error stands in the way until it is mended, or a person lets it pass and says why."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from tests.conftest import Filled
from workbench import flow, review
from workbench.errors import NotReadyError, Sentence
from workbench.flow import FieldAct, validity
from workbench.model import Act, Decision, Finding, Record, Severity, Stage, Validity
from workbench.ui import station
from workbench.ui.station import paper as station_paper
from workbench.ui.station import sitting
from workbench.workspace import Workspace


@pytest.fixture
def work(filled_work: Workspace) -> Workspace:
    return filled_work


@pytest.fixture
def paper(work: Workspace, filled_site: Filled) -> str:
    """A paper in review, every field looked at, that expires before it was issued."""
    document = filled_site.ids[Stage.PROPOSED][0]
    told = {"ngay_cap": "ngày 08 tháng 05 năm 2020", "het_han": "07/05/2019"}
    acts = [
        FieldAct(uuid4().hex, f.name, Act.EDIT, told[f.name])
        if f.name in told
        else FieldAct(uuid4().hex, f.name, Act.ACCEPT)
        for f in flow.sheet(work, document).fields
    ]
    flow.correct(work, document, acts, by="soat1")
    return document


def expires_too_early(work: Workspace, document: str) -> tuple[str, tuple[str, ...]]:
    (found,) = [f for f in flow.sheet(work, document).errors if "het_han" in f.fields]
    assert found.severity is Severity.ERROR
    return found.rule, found.fields


def test_an_error_stands_in_the_way_though_every_field_was_looked_at(
    work: Workspace, paper: str
) -> None:
    seen = flow.sheet(work, paper)
    assert not seen.waiting
    assert seen.errors
    with pytest.raises(NotReadyError, match="errors stand in the way"):
        flow.decide(work, paper, Decision.PASS, by="soat1")


def test_who_lets_an_error_pass_says_why_and_it_is_kept_with_the_person(
    work: Workspace, paper: str
) -> None:
    rule, fields = expires_too_early(work, paper)
    with pytest.raises(NotReadyError, match="reason"):
        flow.override(work, paper, rule, fields, by="soat1", reason="  ")
    seen = flow.override(work, paper, rule, fields, by="soat1", reason="In sai trên bản gốc")
    (kept,) = seen.overrides
    assert (kept.by, kept.reason, kept.rule) == ("soat1", "In sai trên bản gốc", rule)
    assert not seen.errors
    assert flow.decide(work, paper, Decision.PASS, by="soat1").stage is Stage.REVIEWED


def test_what_was_let_pass_holds_for_the_value_that_was_seen_and_no_other(
    work: Workspace, paper: str
) -> None:
    rule, fields = expires_too_early(work, paper)
    flow.override(work, paper, rule, fields, by="soat1", reason="In sai trên bản gốc")
    other = FieldAct(uuid4().hex, "het_han", Act.EDIT, "06/05/2019")
    assert flow.correct(work, paper, [other], by="soat1").errors


def test_what_was_let_pass_can_be_withdrawn_and_nothing_of_it_is_lost(
    work: Workspace, paper: str
) -> None:
    rule, fields = expires_too_early(work, paper)
    flow.override(work, paper, rule, fields, by="soat1", reason="In sai trên bản gốc", key="k")
    again = flow.override(work, paper, rule, fields, by="soat1", reason="In sai", key="k")
    assert len(again.overrides) == 1
    seen = flow.withdraw(work, paper, rule, fields, by="soat1")
    assert seen.errors
    assert [kept.reason for kept in seen.overrides] == ["In sai trên bản gốc", ""]


def test_nothing_is_let_pass_that_is_not_found(work: Workspace, paper: str) -> None:
    with pytest.raises(NotReadyError, match="not found any more"):
        flow.override(work, paper, "in_order", ("so",), by="soat1", reason="Vì vậy")


def test_a_finding_without_fields_is_told_apart_by_what_its_sentence_says() -> None:
    one = Finding(Severity.ERROR, "file", Sentence("{n} pages", {"n": 1}))
    two = Finding(Severity.ERROR, "file", Sentence("{n} pages", {"n": 2}))
    assert review.about(one, {}) != review.about(two, {})


def test_the_station_shows_what_stands_in_the_way_and_what_was_let_pass(
    work: Workspace, paper: str
) -> None:
    rule, fields = expires_too_early(work, paper)
    sheet = station_paper.as_json(flow.sheet(work, paper), "soat1")
    (told,) = [e for e in sheet["errors"] if e["rule"] == rule]
    assert told["values"]["het_han"] == "07/05/2019"
    assert told["sentence"] == "Ngày hết hạn trước ngày cấp."
    desk = station.Desk("d")
    given = {"rule": rule, "fields": list(fields), "reason": "In sai trên bản gốc"}
    note = station.Note("n1", "override", paper, given)
    sitting.NOTES["override"](work, desk, note, "soat1")
    sitting.NOTES["override"](work, desk, note, "soat1")
    answer = desk.extra["errors"][paper]
    assert not answer["errors"]
    assert [(p["reason"], p["by"]) for p in answer["passed"]] == [("In sai trên bản gốc", "soat1")]
    assert answer["revision"] == sheet["revision"]  # letting pass changes no field


def test_what_was_let_pass_and_what_was_said_of_the_term_travel_with_the_record(
    work: Workspace, paper: str
) -> None:
    rule, fields = expires_too_early(work, paper)
    flow.override(work, paper, rule, fields, by="soat1", reason="In sai trên bản gốc")
    validity.state_term(
        work, paper, Validity.UNTIL, by="soat1", reason="Theo bản gốc", until=date(2030, 5, 7)
    )
    flow.decide(work, paper, Decision.PASS, by="soat1")
    seen = flow.sheet(work, paper)
    approved = flow.approve(work, paper, by="duyet1", revision=seen.document.revision)
    # What is said after the approval is no part of what was approved.
    validity.state_term(work, paper, Validity.INDEFINITE, by="duyet1", reason="Sau này")
    record = flow.approval(work, approved).record.as_json()
    named = " ".join(sorted(fields))
    assert {"rule": rule, "fields": named, "reason": "In sai trên bản gốc",
            "by": "soat1"} in record["passed"]  # fmt: skip
    assert record["term"] == {
        "validity": "until", "until": "2030-05-07", "linked_to": "", "reason": "Theo bản gốc",
        "by": "soat1",
    }  # fmt: skip


def test_a_record_without_them_is_the_bytes_it_always_was() -> None:
    record = Record("d", "antt", "antt@1", "x", (), (), "soat1", 1)
    assert not {"passed", "term", "code"} & set(record.as_json())
