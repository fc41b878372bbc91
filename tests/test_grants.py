"""A right on a template is there while a grant holds, and never else; the answer says why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import units
from workbench.errors import NotAllowedError, NotReadyError
from workbench.grants import Answer, Asker, GrantState, answer, covered, local_day, state, usual
from workbench.model import Right, Role, TemplateGrant, Unit

TODAY = date(2026, 11, 20)
# PC06 stands under the province; a ward stands under the town.
PARENTS = {"CA-ST": "", "PC06": "CA-ST", "CA-TPST": "CA-ST", "P1": "CA-TPST", "CA-MX": ""}
REVIEWER = frozenset({"reviewer"})


def a_grant(
    right: Right = Right.USE,
    *,
    unit: str = "",
    role: str = "",
    person: str = "",
    since: date = TODAY,
    until: date | None = None,
    revoked: date | None = None,
) -> TemplateGrant:
    return TemplateGrant(
        template="con_dau",
        right=right,
        unit=unit,
        role=role,
        person=person,
        since=since,
        until=until,
        by="quantri",
        revoked_by="quantri2" if revoked else "",
        revoked_at=datetime(revoked.year, revoked.month, revoked.day, 5, tzinfo=UTC)
        if revoked
        else None,
    )


def asked(
    grants: Sequence[TemplateGrant],
    asker: Asker,
    right: Right = Right.USE,
    on: date = TODAY,
) -> Answer:
    return answer(grants, right, asker, on=on, parents=PARENTS)


def why_not(grants: Sequence[TemplateGrant], asker: Asker, right: Right = Right.USE) -> str:
    found = asked(grants, asker, right)
    assert not found.allowed
    return str(found.because)


def test_without_a_grant_nobody_may_do_anything() -> None:
    for right in Right:
        said = why_not([], Asker("PC06", "soat1", frozenset(Role)), right)
        assert said == "No grant of this right holds; an administrator can give one."


def test_the_answer_names_the_grant_that_allows_it() -> None:
    held = a_grant(unit="PC06")
    assert asked([held, a_grant(Right.SEE)], Asker("PC06")).grants == (held,)


def test_what_a_unit_is_given_its_sub_units_have_and_no_other_does() -> None:
    given_to_the_town = [a_grant(unit="CA-TPST")]
    assert asked(given_to_the_town, Asker("CA-TPST")).allowed
    assert asked(given_to_the_town, Asker("P1")).allowed
    assert why_not(given_to_the_town, Asker("CA-ST")).startswith(
        "The right was given to another unit (CA-TPST)"
    )
    assert not asked(given_to_the_town, Asker("CA-MX")).allowed
    assert not asked(given_to_the_town, Asker("")).allowed
    assert asked([a_grant(unit="CA-ST")], Asker("P1")).allowed


def test_the_first_and_the_last_day_are_days_of_the_grant() -> None:
    days = [a_grant(since=TODAY, until=TODAY + timedelta(days=2))]
    held = [asked(days, Asker(), on=TODAY + timedelta(days=n)).allowed for n in range(-1, 4)]
    assert held == [False, True, True, True, False]


def test_a_grant_that_ended_says_when() -> None:
    ended = [a_grant(since=date(2026, 1, 1), until=date(2026, 10, 31))]
    assert "ended on 31/10/2026" in why_not(ended, Asker())


def test_a_grant_that_has_not_begun_says_when_it_will() -> None:
    assert "begins on 01/12/2026" in why_not([a_grant(since=date(2026, 12, 1))], Asker())


def test_a_revoked_grant_says_by_whom_and_holds_no_more_on_that_very_day() -> None:
    revoked = a_grant(since=date(2026, 11, 1), revoked=TODAY)
    assert "revoked by quantri2 on 20/11/2026" in why_not([revoked], Asker())
    assert state(revoked, TODAY - timedelta(days=1)) is GrantState.HOLDS


def test_the_last_to_end_is_the_one_that_is_told() -> None:
    grants = [
        a_grant(since=date(2026, 1, 1), revoked=date(2026, 3, 1)),
        a_grant(since=date(2026, 4, 1), until=date(2026, 5, 31)),
    ]
    assert "ended on 31/05/2026" in why_not(grants, Asker())


def test_a_grant_for_a_role_and_a_unit_asks_for_both() -> None:
    both = [a_grant(Right.SEE, unit="PC06", role="reviewer")]
    assert asked(both, Asker("PC06", "soat1", REVIEWER), Right.SEE).allowed
    assert not asked(both, Asker("CA-MX", "soat1", REVIEWER), Right.SEE).allowed
    said = why_not(both, Asker("PC06", "duyet1", frozenset({"approver"})), Right.SEE)
    assert "other roles or persons" in said


def test_a_grant_for_a_person_is_no_unit_s() -> None:
    mine = [a_grant(person="soat1")]
    assert asked(mine, Asker("PC06", "soat1", REVIEWER)).allowed
    assert not asked(mine, Asker("PC06")).allowed


@pytest.mark.parametrize("right", [Right.EDIT, Right.SUBMIT, Right.AUTHORISE])
def test_an_account_that_reads_no_papers_draws_and_authorises_none(right: Right) -> None:
    administrator = Asker("PC06", "quantri", frozenset({"administrator"}))
    assert "may read no papers" in why_not([a_grant(right, person="quantri")], administrator, right)


def test_what_ships_may_be_used_by_every_unit_and_authorised_by_approvers_alone() -> None:
    shipped = usual("con_dau", at=datetime(2026, 11, 19, 18, tzinfo=UTC))  # 01:00 in Viet Nam
    assert {grant.since for grant in shipped} == {TODAY}
    for unit in PARENTS:
        assert asked(shipped, Asker(unit)).allowed
    may = {
        role: {right for right in Right if asked(shipped, _with(role), right).allowed}
        for role in Role
    }
    assert may == {
        Role.REVIEWER: {Right.SEE, Right.USE},
        Role.DESIGNER: {Right.SEE, Right.USE, Right.EDIT, Right.SUBMIT},
        Role.APPROVER: {Right.SEE, Right.USE, Right.AUTHORISE},
        Role.MANAGER: {Right.SEE, Right.USE},
        Role.ADMINISTRATOR: {Right.USE},
    }


def test_the_same_again_is_covered_and_more_days_are_not() -> None:
    held = [a_grant(unit="PC06", until=date(2026, 12, 31))]
    assert covered(a_grant(unit="PC06", until=date(2026, 12, 1)), held, TODAY)
    assert not covered(a_grant(unit="PC06"), held, TODAY)
    assert not covered(a_grant(unit="CA-MX", until=date(2026, 12, 1)), held, TODAY)
    assert not covered(held[0], [a_grant(unit="PC06", revoked=TODAY)], TODAY)


def test_a_day_is_one_in_viet_nam() -> None:
    assert local_day(datetime(2026, 11, 19, 17, 0, tzinfo=UTC)) == TODAY
    assert local_day(datetime(2026, 11, 19, 16, 59)) == TODAY - timedelta(days=1)


# --- units ---------------------------------------------------------------------------------------


def test_a_unit_never_comes_to_stand_under_itself() -> None:
    units.must_fit("CA-MX", "CA-ST", PARENTS)
    units.must_fit("CA-MX", "", PARENTS)
    for parent in ("CA-ST", "CA-TPST", "P1"):
        with pytest.raises(NotReadyError, match="would stand under itself"):
            units.must_fit("CA-ST", parent, PARENTS)
    with pytest.raises(NotReadyError, match="no unit NO"):
        units.must_fit("CA-MX", "NO", PARENTS)


def test_nobody_moves_the_unit_that_their_own_rights_come_from() -> None:
    known = [Unit(code=code, name=code, parent=parent) for code, parent in PARENTS.items()]
    for code in ("P1", "CA-TPST"):
        with pytest.raises(NotAllowedError, match="your own unit"):
            units.changed(code, code, parent="CA-MX", known=known, own="P1")
    renamed = units.changed("P1", "Phường 1", parent=None, known=known, own="P1")
    assert (renamed.name, renamed.parent) == ("Phường 1", "CA-TPST")
    assert units.changed("PC06", "PC06", parent="CA-MX", known=known, own="P1").parent == "CA-MX"


def test_units_are_listed_as_a_tree_is_read() -> None:
    rows = [Unit(code=code, name=code, parent=parent) for code, parent in PARENTS.items()]
    assert [(depth, unit.code) for depth, unit in units.in_order(rows)] == [
        (0, "CA-MX"), (0, "CA-ST"), (1, "CA-TPST"), (2, "P1"), (1, "PC06"),
    ]  # fmt: skip
    assert units.under("CA-TPST", PARENTS) == ("CA-TPST", "P1")


CODES = st.sampled_from(["A", "B", "C", "D"])
DAYS = st.dates(TODAY - timedelta(days=4), TODAY + timedelta(days=4))
GRANTS = st.builds(
    a_grant,
    st.sampled_from(Right),
    unit=st.one_of(st.just(""), CODES),
    role=st.one_of(st.just(""), st.sampled_from(sorted(Role))),
    person=st.one_of(st.just(""), st.sampled_from(["soat1", "mau1"])),
    since=DAYS,
    until=st.one_of(st.none(), DAYS),
    revoked=st.one_of(st.none(), DAYS),
)
ASKERS = st.builds(
    Asker,
    st.one_of(st.just(""), CODES),
    st.sampled_from(["", "soat1", "mau1"]),
    st.frozensets(st.sampled_from(sorted(Role)), max_size=3),
)


@settings(max_examples=300, deadline=None)
@given(
    grants=st.lists(GRANTS, max_size=5),
    right=st.sampled_from(Right),
    asker=ASKERS,
    on=DAYS,
    parents=st.dictionaries(CODES, st.one_of(st.just(""), CODES)),  # also with circles
)
def test_a_right_is_never_there_without_a_grant_that_holds_on_that_day(
    grants: list[TemplateGrant],
    right: Right,
    asker: Asker,
    on: date,
    parents: dict[str, str],
) -> None:
    found = answer(grants, right, asker, on=on, parents=parents)
    assert found.allowed == (found.because is None)
    for grant in found.grants:
        assert grant in grants
        assert grant.right is right
        assert grant.since <= on
        assert grant.until is None or on <= grant.until
        assert grant.revoked_at is None or on < local_day(grant.revoked_at)
        assert grant.person in ("", asker.person)
        assert grant.role == "" or grant.role in asker.roles
        if grant.unit:
            steps, unit = 0, asker.unit
            while unit != grant.unit:
                unit, steps = parents[unit], steps + 1
                assert steps <= len(parents)


def _with(role: Role) -> Asker:
    return Asker("PC06", "somebody", frozenset({role.value}))
