"""Rights on templates stand in the core: what no grant allows is refused in words and recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.typed_records import INDEFINITE, SEAL
from workbench import accounts, flow
from workbench.errors import NotAllowedError, NotReadyError, StaleDocumentError
from workbench.executors import Inline
from workbench.flow import granting
from workbench.flow.entering import Entered, enter
from workbench.flow.recognise import Understanding
from workbench.grants import local_day
from workbench.model import (
    Batch,
    Document,
    Origin,
    Person,
    Right,
    Stage,
    TemplateAct,
    TemplateEvent,
    TemplateGrant,
    TemplateStanding,
    TemplateState,
    Unit,
    now,
)
from workbench.store import Store
from workbench.store import grants as kept
from workbench.store.templates import events
from workbench.ui import places
from workbench.workspace import Workspace

FORM = "con_dau"
WHY = "Theo kế hoạch số hóa"


@pytest.fixture
def work(desk_work: Workspace) -> Workspace:
    """A site on which nobody has any right on the form but by a test's own grants."""
    with desk_work.store.change() as session:
        session.execute(sa.delete(TemplateGrant).where(TemplateGrant.template == FORM))  # type: ignore[arg-type]
    return desk_work


def give(work: Workspace, *rights: Right, **to: Any) -> TemplateGrant:
    return granting.give(work, FORM, rights or (Right.USE,), by="quantri", why=WHY, **to)[0]


def refusals(work: Workspace) -> list[TemplateEvent]:
    return events(work.store, FORM, act=TemplateAct.REFUSED)


def today() -> date:
    return local_day(now())


def backdated(work: Workspace, grant: TemplateGrant, **days: date) -> None:
    """Let a grant have been given long ago, as no act today can."""
    with work.store.change() as session:
        session.execute(
            sa.update(TemplateGrant).where(TemplateGrant.id == grant.id).values(**days)  # type: ignore[arg-type]
        )


def person(work: Workspace, name: str) -> Person:
    found = work.store.person(name)
    assert found is not None
    return found


def typed(work: Workspace, *, unit: str = "CA-MX", by: str = "soat1") -> tuple[Document, ...]:
    batch = Batch(name="Nhập tay", unit=unit, by=by)
    return enter(work, batch, [Entered(FORM, SEAL, Origin.TYPED, stated=INDEFINITE)], by=by)


def told(refused: pytest.ExceptionInfo[NotAllowedError]) -> str:
    return f"{refused.value.message} {refused.value.remedy}"


# --- entered without a scan, imported -----------------------------------------------------------


def test_a_unit_without_a_grant_enters_nothing_and_that_is_recorded(work: Workspace) -> None:
    give(work, unit="PC06")
    with pytest.raises(NotAllowedError) as refused:
        typed(work)
    assert "The unit CA-MX may not use the template" in told(refused)
    assert "given to another unit (PC06)" in told(refused)
    assert work.store.documents() == []
    (event,) = refusals(work)
    assert (event.by, event.about["tried"], event.about["unit"]) == ("soat1", "use", "CA-MX")
    assert event.told is not None
    assert event.told["text"] == "The unit {unit} may not use the template {template}."

    give(work, unit="CA-MX")
    assert len(typed(work)) == 1


def test_a_sub_unit_has_what_the_unit_above_it_was_given(work: Workspace) -> None:
    work.store.keep(Unit(code="X-MX", name="Công an xã", parent="CA-MX"))
    give(work, unit="CA-MX")
    assert len(typed(work, unit="X-MX")) == 1
    with pytest.raises(NotAllowedError):
        typed(work, unit="CA-VC")


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [(-30, -1, "The grant ended on {until}"), (2, None, "The grant begins on {since}")],
    ids=["expired", "not yet begun"],
)
def test_a_grant_holds_on_its_days_only(
    work: Workspace, since: int, until: int | None, said: str
) -> None:
    days = {"since": today() + timedelta(days=since)}
    if until is not None:
        days["until"] = today() + timedelta(days=until)
    backdated(work, give(work, unit="CA-MX"), **days)
    with pytest.raises(NotAllowedError) as refused:
        typed(work)
    assert said.format(**{name: f"{day:%d/%m/%Y}" for name, day in days.items()}) in told(refused)
    assert len(refusals(work)) == 1


def test_a_grant_that_ends_today_holds_today(work: Workspace) -> None:
    give(work, unit="CA-MX", until=today())
    assert len(typed(work)) == 1


def test_what_was_revoked_is_refused_from_that_moment(work: Workspace) -> None:
    granting.revoke(work, give(work, unit="CA-MX").id, by="quantri", why="Hết đợt")
    with pytest.raises(NotAllowedError) as refused:
        typed(work)
    assert "revoked by quantri on" in told(refused)


def test_a_grant_for_a_person_is_for_nobody_else(work: Workspace) -> None:
    give(work, person="soat2")
    with pytest.raises(NotAllowedError) as refused:
        typed(work, by="soat1")
    assert "other roles or persons" in told(refused)
    assert len(typed(work, by="soat2")) == 1


# --- read --------------------------------------------------------------------------------------


class _Recognised(Inline):
    """An executor whose engines have recognised the form."""

    def run(self, task: Any, items: Any) -> Any:
        yield 0, Understanding(FORM, None, None, {"scores": {FORM: 9.0}}, ())


@pytest.fixture
def read(work: Workspace) -> tuple[Workspace, Document]:
    """A paper that is read, as a worker finds it."""
    batch = Batch(id="lot", name="Lô", unit="CA-MX", by="soat1")
    document = Document(batch="lot", source="s", unit="CA-MX", number=1, stage=Stage.READ)
    work.store.add(batch, document)
    return replace(work, executor=_Recognised()), document


def step(work: Workspace) -> Document:
    (claimed,) = flow.claim(work, holder="worker-1")
    flow.step(work, claimed, holder="worker-1")
    found = work.store.document(claimed.id)
    assert found is not None
    return found


def test_a_paper_of_a_unit_without_a_grant_is_held_and_goes_on_when_it_is_given(
    read: tuple[Workspace, Document],
) -> None:
    work, document = read
    give(work, unit="PC06")
    held = step(work)
    assert (held.stage, held.held_at, held.kind) == (Stage.HELD, Stage.READ, None)
    assert held.reason is not None
    assert held.remedy is not None
    assert held.reason["text"] == "The unit {unit} may not use the template {template}."
    assert held.reason["values"]["unit"] == "CA-MX"
    assert held.remedy["text"].startswith("The right was given to another unit")
    assert held.classified == {"scores": {FORM: 9.0}}
    (event,) = refusals(work)
    assert (event.about["document"], event.about["tried"]) == (document.id, "use")

    flow.release(work, document.id, by="soat1")
    assert step(work).stage is Stage.HELD  # nothing has changed so far
    give(work, unit="CA-MX")
    flow.release(work, document.id, by="soat1")
    assert (step(work).stage, step_of(work, document).kind) == (Stage.PROPOSED, FORM)


def test_all_papers_that_wait_for_a_right_go_on_at_once_when_it_is_there(
    read: tuple[Workspace, Document],
) -> None:
    work, document = read
    other = Batch(id="other", name="Lô khác", unit="CA-VC", by="soat1")
    work.store.add(
        other, Document(batch="other", source="s", unit="CA-VC", number=1, stage=Stage.READ)
    )
    assert [step(work).stage for _ in range(2)] == [Stage.HELD, Stage.HELD]
    assert [len(some) for some in granting.held(work, FORM)] == [2, 0]
    assert granting.let_go_on(work, FORM, by="soat1") == 0
    give(work, unit="CA-MX")
    assert [len(some) for some in granting.held(work, FORM)] == [1, 1]
    with pytest.raises(NotAllowedError):
        granting.let_go_on(work, FORM, by="mau1")
    assert granting.let_go_on(work, FORM, by="soat1") == 1
    assert (step(work).stage, step_of(work, document).stage) == (Stage.PROPOSED, Stage.PROPOSED)


def step_of(work: Workspace, document: Document) -> Document:
    found = work.store.document(document.id)
    assert found is not None
    return found


def test_who_has_left_since_still_handed_the_paper_in_for_the_unit(
    read: tuple[Workspace, Document],
) -> None:
    work, _ = read
    give(work, unit="CA-MX")
    work.store.keep(Person(**{**person(work, "soat1").model_dump(), "active": False}))
    assert step(work).stage is Stage.PROPOSED


def test_reading_asks_for_rights_once_a_paper(
    read: tuple[Workspace, Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    work, _ = read
    give(work, unit="CA-MX")
    asked: list[str | None] = []
    grants = kept.grants

    def counted(store: Store, template: str | None = None) -> Any:
        asked.append(template)
        return grants(store, template)

    monkeypatch.setattr(kept, "grants", counted)
    step(work)
    assert asked == [FORM]


# --- given and revoked --------------------------------------------------------------------------


def test_only_administrators_give_and_revoke_and_what_others_try_is_recorded(
    work: Workspace,
) -> None:
    grant = give(work, unit="CA-MX")
    for name in ("soat1", "mau1", "duyet1", "quanly1"):
        with pytest.raises(NotAllowedError):
            granting.give(work, FORM, [Right.USE], by=name, why=WHY, unit="CA-VC")
        with pytest.raises(NotAllowedError):
            granting.revoke(work, grant.id, by=name, why=WHY)
    assert [event.about["tried"] for event in refusals(work)] == ["revoked", "granted"] * 4
    assert granting.granted(work, FORM).answer(Right.USE, FORM, None, unit="CA-MX").allowed
    assert not granting.granted(work, FORM).answer(Right.USE, FORM, None, unit="CA-VC").allowed


@pytest.mark.parametrize(
    ("right", "to"),
    [
        (Right.EDIT, {"person": "quantri"}),
        (Right.SEE, {"role": "administrator"}),
        (Right.AUTHORISE, {"unit": "PC06"}),  # the administrator's own
        (Right.SUBMIT, {}),  # everybody
        (Right.USE, {"person": "quantri", "unit": "CA-MX", "role": "administrator"}),
    ],
)
def test_nobody_gives_a_right_to_themselves(
    work: Workspace, right: Right, to: dict[str, str]
) -> None:
    work.store.keep(Person(**{**person(work, "quantri").model_dump(), "unit": "PC06"}))
    if right is Right.USE:  # they would come under it
        work.store.keep(Person(**{**person(work, "quantri").model_dump(), "unit": "CA-MX"}))
    with pytest.raises(NotAllowedError, match="Nobody gives a right to themselves"):
        give(work, right, **to)
    assert len(refusals(work)) == 1
    assert not [g for g in kept.grants(work.store, FORM) if g.revoked_at is None]


def test_nobody_gives_themselves_the_role_or_the_unit_that_a_right_comes_with(
    work: Workspace,
) -> None:
    me = person(work, "quantri")
    for roles, unit in ((["administrator", "approver"], me.unit), (["administrator"], "CA-MX")):
        with pytest.raises(NotAllowedError, match="yourself a role or another unit"):
            accounts.changed(
                me,
                shown_as=me.shown_as,
                roles=roles,
                unit=unit,
                active=True,
                by="quantri",
                known=work.store.persons(),
            )


def test_to_use_a_form_is_a_unit_s_right_also_of_the_administrator_s_unit(
    work: Workspace,
) -> None:
    assert give(work, unit="PC06").unit == "PC06"


def test_giving_and_revoking_are_told_with_who_and_why(work: Workspace) -> None:
    grant = give(work, Right.SEE, role="reviewer", unit="CA-MX", until=today())
    granting.revoke(work, grant.id, by="quantri", why="Cấp nhầm")
    revoked, given = events(work.store, FORM)[:2]
    assert (given.act, given.by, given.reason) == (TemplateAct.GRANTED, "quantri", WHY)
    assert given.about == {
        "grant": grant.id, "right": "see", "unit": "CA-MX", "role": "reviewer", "person": "",
        "since": today().isoformat(), "until": today().isoformat(),
    }  # fmt: skip
    assert (revoked.act, revoked.reason) == (TemplateAct.REVOKED, "Cấp nhầm")
    held = kept.grant(work.store, grant.id)
    assert held is not None
    assert (held.revoked_by, held.revoked_why) == ("quantri", "Cấp nhầm")
    with pytest.raises(StaleDocumentError):
        granting.revoke(work, grant.id, by="quantri", why="Lần nữa")


def test_a_grant_must_make_sense(work: Workspace) -> None:
    faulty: list[dict[str, Any]] = [
        {"unit": "KHONG-CO"},
        {"role": "sếp"},
        {"person": "khong-co"},
        {"since": today() - timedelta(days=1), "unit": "CA-MX"},
        {"until": today() - timedelta(days=1), "unit": "CA-MX"},
    ]
    for to in faulty:
        with pytest.raises(NotReadyError):
            give(work, **to)
    with pytest.raises(NotReadyError, match="reason"):
        granting.give(work, FORM, [Right.USE], by="quantri", why=" ", unit="CA-MX")
    with pytest.raises(NotReadyError, match="no form"):
        granting.give(work, "la", [Right.USE], by="quantri", why=WHY, unit="CA-MX")
    with pytest.raises(NotReadyError, match="No right"):
        granting.give(work, FORM, [], by="quantri", why=WHY, unit="CA-MX")
    give(work, unit="CA-MX")
    with pytest.raises(NotReadyError, match="granted already"):
        give(work, unit="CA-MX")


# --- seen, drawn -------------------------------------------------------------------------------


def test_a_template_is_shown_to_those_who_may_see_it(work: Workspace) -> None:
    reviewer = person(work, "soat1")
    for _ in range(2):
        with pytest.raises(NotAllowedError, match="may not see"):
            granting.must(work, Right.SEE, FORM, reviewer)
    assert len(refusals(work)) == 1  # a page that is drawn anew does not try again
    give(work, Right.SEE, role="reviewer")
    granting.must(work, Right.SEE, FORM, reviewer)
    assert granting.refusal(work, Right.SEE, FORM, person(work, "duyet1")) is not None


def test_a_grant_opens_no_papers_to_an_administrator(work: Workspace) -> None:
    work.store.keep(Person(**{**person(work, "quantri").model_dump(), "name": "quantri2"}))
    granting.give(work, FORM, list(Right), by="quantri2", why=WHY, person="quantri")
    administrator = person(work, "quantri")
    for right in (Right.EDIT, Right.SUBMIT, Right.AUTHORISE):
        with pytest.raises(NotAllowedError) as refused:
            granting.must(work, right, FORM, administrator)
        assert "may read no papers" in told(refused)
    with pytest.raises(NotAllowedError):
        places.must_read_papers(administrator)
    assert {event.about["tried"] for event in refusals(work)} == {"edit", "submit", "authorise"}


def test_a_closed_account_has_no_rights(work: Workspace) -> None:
    give(work, Right.EDIT, person="mau1")
    granting.must(work, Right.EDIT, FORM, person(work, "mau1"))
    work.store.keep(Person(**{**person(work, "mau1").model_dump(), "active": False}))
    with pytest.raises(NotAllowedError):
        granting.must(work, Right.EDIT, FORM, person(work, "mau1"))


def test_who_draws_a_new_form_may_see_change_and_submit_it_and_no_more(work: Workspace) -> None:
    granting.to_author(work, "mau_moi", by="mau1")
    granting.to_author(work, "mau_moi", by="mau1")
    assert len(kept.grants(work.store, "mau_moi")) == 3
    rights = granting.what(work, person(work, "mau1"))["mau_moi"]
    assert {r for r, found in rights.items() if found.allowed} == {
        Right.SEE, Right.EDIT, Right.SUBMIT,
    }  # fmt: skip
    others = granting.what(work, person(work, "duyet1"))["mau_moi"]
    assert not any(found.allowed for found in others.values())


def test_drawing_gives_nothing_on_a_form_that_others_have_submitted(work: Workspace) -> None:
    with pytest.raises(NotAllowedError, match="may not change"):
        granting.to_author(work, FORM, by="soat1")
    assert refusals(work)


# --- asked ---------------------------------------------------------------------------------------


def test_who_may_do_what_is_answered_with_the_grant_behind_it(work: Workspace) -> None:
    grant = give(work, Right.SEE, role="approver")
    used = give(work, unit="CA-MX", until=today())
    found = granting.why(work, FORM)
    people = {one.name: rights for one, rights in found.people}
    assert people["duyet1"][Right.SEE].grants == (grant,)
    assert str(people["soat1"][Right.SEE].because).startswith("The right was given to other roles")
    units = {unit.code: answer for unit, answer in found.units}
    assert units["CA-MX"].grants == (used,)
    assert not units["PC06"].allowed
    assert {held.grant.id for held in found.grants if held.state == "holds"} == {grant.id, used.id}
    tomorrow = granting.why(work, FORM, on=today() + timedelta(days=1))
    assert not any(answer.allowed for _, answer in tomorrow.units)


def test_what_was_in_use_before_grants_were_keeps_its_usual_grants_and_once(
    store: Store,
) -> None:
    store.add(
        TemplateStanding(
            digest="d", template="cu", version=1, state=TemplateState.AUTHORISED,
            decided_by="workbench",
        ),
        TemplateStanding(
            digest="e", template="rieng", version=1, state=TemplateState.AUTHORISED,
            decided_by="duyet1",
        ),
    )  # fmt: skip
    granting.enrol(store)
    granting.enrol(store)
    given = kept.grants(store)
    assert {grant.template for grant in given} == {"cu"}
    assert len(given) == 8
    assert all(grant.by == "workbench" for grant in given)
    kept.enrol(store, given)  # another process at the same moment
    assert len(kept.grants(store)) == 8
