"""What people may do with a document, and who may."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import review
from workbench.errors import NotAllowedError, NotReadyError, Sentence, StaleDocumentError
from workbench.model import (
    Act,
    Correction,
    Decision,
    Document,
    Finding,
    Person,
    Proposal,
    Review,
    Role,
    Severity,
    Stage,
)
from workbench.review import ReviewSheet, SheetField


def a_person(name: str, *roles: Role, active: bool = True) -> Person:
    return Person(
        name=name, shown_as=name, password_hash="", roles=[r.value for r in roles], active=active
    )


def an_act(act: Act, value: str = "", field: str = "so", by: str = "soat1") -> Correction:
    return Correction(
        id="x", document="d", field=field, act=act, before="", after=value, normalised=value,
        by=by, revision=1,
    )  # fmt: skip


def a_field(name: str = "so", *, accepted: bool = True, act: Act | None = None) -> SheetField:
    return SheetField(
        name=name, label={}, kind="text", critical=False, required=True, value="1/GCN",
        normalised="1/GCN", proposed="1/GCN", candidates={}, confidence=1, agreement=1,
        accepted=accepted, act=act, by="", findings=(), page=0, box=None,
    )  # fmt: skip


def a_sheet(*fields: SheetField, stage: Stage = Stage.PROPOSED, by: str = "soat1") -> ReviewSheet:
    document = Document(
        id="d", batch="b", source="s", unit="u", number=1, stage=stage, kind="antt",
        template_digest="t", reviewer=by,
    )  # fmt: skip
    return ReviewSheet(document, {}, (), fields, None, (), ())


PROPOSAL = Proposal(document="d", field="so", position=0, value="1/GCN", normalised="1/GCN")


def test_the_newest_act_stands() -> None:
    acts = [an_act(Act.EDIT, "2/GCN"), an_act(Act.CANDIDATE, "3/GCN")]
    assert review.standing(acts)["so"].after == "3/GCN"


def test_undo_takes_back_one_act_and_then_the_proposal_stands() -> None:
    acts = [an_act(Act.EDIT, "2/GCN"), an_act(Act.EDIT, "3/GCN"), an_act(Act.UNDO)]
    assert review.standing(acts)["so"].after == "2/GCN"
    assert review.standing([*acts, an_act(Act.UNDO)]) == {}
    assert review.value_of(PROPOSAL, None) == ("1/GCN", "1/GCN")


@given(st.lists(st.sampled_from(list(Act))))
def test_undoing_everything_leaves_nothing_standing(acts: list[Act]) -> None:
    done = [an_act(act) for act in acts]
    assert review.standing([*done, *(an_act(Act.UNDO) for _ in acts)]) == {}


def test_an_illegible_or_absent_field_has_no_value() -> None:
    assert review.value_of(PROPOSAL, an_act(Act.ILLEGIBLE)) == ("", "")
    assert review.value_of(PROPOSAL, an_act(Act.ABSENT)) == ("", "")


def test_a_finding_that_matters_flags_an_accepted_field() -> None:
    field = a_field()
    assert not field.flagged
    for severity, flagged in ((Severity.ERROR, True), (Severity.INFORMATION, False)):
        finding = Finding(severity, "r", Sentence("…"), ("so",))
        assert SheetField(**{**_as_dict(field), "findings": (finding,)}).flagged is flagged


def _as_dict(field: SheetField) -> dict[str, object]:
    return {name: getattr(field, name) for name in SheetField.__slots__}


def test_a_document_is_not_passed_on_with_fields_nobody_has_seen() -> None:
    reviewer = a_person("soat1", Role.REVIEWER)
    with pytest.raises(NotReadyError, match="1 fields"):
        review.pass_on(a_sheet(a_field(), a_field("x", accepted=False)), reviewer)
    review.pass_on(a_sheet(a_field("x", accepted=False, act=Act.ACCEPT)), reviewer)


def test_passing_on_needs_the_right_and_the_stage() -> None:
    with pytest.raises(NotAllowedError):
        review.pass_on(a_sheet(a_field()), a_person("duyet1", Role.APPROVER))
    with pytest.raises(StaleDocumentError):
        review.pass_on(a_sheet(a_field(), stage=Stage.REVIEWED), a_person("soat1", Role.REVIEWER))


def test_whoever_had_a_hand_in_the_review_never_approves_it(noon: datetime) -> None:
    both = [Role.REVIEWER, Role.APPROVER]
    sheet = a_sheet(a_field(), stage=Stage.REVIEWED, by="soat1")
    passed = Review(
        document="d", by="soat2", duty="review", decision=Decision.PASS, revision=1, at=noon
    )
    corrected = an_act(Act.EDIT, by="soat3")
    seen = ReviewSheet(sheet.document, {}, (), sheet.fields, None, (corrected,), (passed,))
    record = review.settle(seen, "antt@1", ["0" * 64])
    for name in ("soat1", "soat2", "soat3"):
        with pytest.raises(NotAllowedError, match="somebody else"):
            review.approve(record, seen, a_person(name, *both), at=noon)
    approved = review.approve(record, seen, a_person("duyet1", Role.APPROVER), at=noon)
    assert approved.record_digest == record.digest


def test_a_closed_account_approves_nothing(noon: datetime) -> None:
    seen = a_sheet(a_field(), stage=Stage.REVIEWED)
    record = review.settle(seen, "antt@1", [])
    with pytest.raises(NotAllowedError):
        review.approve(record, seen, a_person("d", Role.APPROVER, active=False), at=noon)


def test_the_record_names_who_vouches_for_each_field() -> None:
    record = review.settle(a_sheet(a_field()), "antt@1", ["0" * 64])
    assert (record.fields[0].by, record.fields[0].act) == ("soat1", Act.ACCEPT)
    assert record.canonical() == record.canonical()
    assert record.value("so") == "1/GCN"
