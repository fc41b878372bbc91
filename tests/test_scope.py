"""The rules of the letters, case by case: path, deciding rule, and what must be looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import catalogues, scope
from workbench.errors import TemplateError
from workbench.scope import Copy, Paper, Path, Regime, Validity, judge

TODAY = date(2026, 11, 22)
SCAN, DATA, OUT = Path.SCAN, Path.DATA_ONLY, Path.OUT_OF_SCOPE
CONVERT, LEAD = Path.CONVERT, Path.LEAD_UNIT_CONVERTS


def paper(
    sector: str = "antt", issued: str = "2020-05-08", until: str = "", **more: object
) -> Paper:
    """A paper held in its original, indefinite unless it says until when."""
    end = date.fromisoformat(until) if until else None
    given: dict[str, object] = {
        "validity": Validity.UNTIL if end else Validity.INDEFINITE,
        "until": end,
        **more,
    }
    day = date.fromisoformat(issued) if issued else None
    return Paper(sector, day, **given)  # type: ignore[arg-type]


# what is asked about, the path, the rule that decides, words of the quoted rule or its sense
CASES: list[tuple[Paper, Path, str, str]] = [
    # backlog: valid on 01/7/2022
    (paper("antt"), SCAN, "valid_backlog", "100%"),
    (paper("con_dau"), SCAN, "valid_backlog", "100%"),
    (paper("vu_khi", "2020-05-08", "2025-05-08"), SCAN, "valid_backlog", "100%"),
    (paper("antt", "2018-05-19"), SCAN, "valid_backlog", "100%"),
    (paper("antt", "2022-06-30"), SCAN, "valid_backlog", "100%"),
    (paper("con_dau", "2018-07-10"), SCAN, "valid_backlog", "100%"),
    (paper("vu_khi", "2022-03-11", "2027-03-11"), SCAN, "valid_backlog", "100%"),
    (paper("vu_khi", "2017-07-02", "2022-07-02"), SCAN, "valid_backlog", "100%"),
    (paper("antt", "2020-01-02", "2022-07-01"), SCAN, "valid_backlog", "100%"),
    (paper("antt", "2020-01-02", "2022-12-31"), SCAN, "valid_backlog", "100%"),
    (paper("antt", "2015-03-01"), SCAN, "valid_backlog", "100%"),
    (paper("con_dau", "2020-01-02", holder="Công ty TNHH Sao Mai"), SCAN, "valid_backlog", "100%"),
    (paper("antt", "2020-01-02", copy=Copy.MAIN), SCAN, "valid_backlog", "100%"),
    (paper("antt", "2020-01-02", validity=Validity.UNSTATED), SCAN, "valid_backlog", "100%"),
    (
        paper("antt", "2020-01-02", "2030-01-01", validity=Validity.LINKED),
        SCAN,
        "valid_backlog",
        "100%",
    ),
    (paper("antt", "2020-01-02", ended=date(2023, 1, 1)), SCAN, "valid_backlog", "100%"),
    (paper("antt", "2020-01-02", ended=date(2022, 7, 2)), SCAN, "valid_backlog", "100%"),
    (paper("antt", ""), SCAN, "valid_backlog", "100%"),
    # backlog: not valid on 01/7/2022
    (
        paper("vu_khi", "2018-11-02", "2021-08-29"),
        OUT,
        "not_valid_on_turn",
        "còn hiệu lực tính đến",
    ),
    (
        paper("vu_khi", "2019-06-02", "2020-06-02"),
        OUT,
        "not_valid_on_turn",
        "còn hiệu lực tính đến",
    ),
    (paper("con_dau", "2017-11-22", "2019-11-22"), OUT, "not_valid_on_turn", "còn hiệu lực"),
    (paper("con_dau", "2019-03-11", "2021-03-11"), OUT, "not_valid_on_turn", "còn hiệu lực"),
    (paper("antt", "2021-05-27", "2022-05-27"), OUT, "not_valid_on_turn", "còn hiệu lực"),
    (paper("antt", "2020-01-02", "2022-06-30"), OUT, "not_valid_on_turn", "còn hiệu lực"),
    (paper("antt", "2020-01-02", ended=date(2021, 1, 1)), OUT, "not_valid_on_turn", "còn hiệu lực"),
    (paper("antt", "2020-01-02", ended=date(2022, 7, 1)), OUT, "not_valid_on_turn", "còn hiệu lực"),
    (
        paper("antt", "2020-01-02", "2021-01-01", validity=Validity.LINKED),
        OUT,
        "not_valid_on_turn",
        "",
    ),
    (paper("vu_khi", "2021-03-01", "2021-03-15"), OUT, "not_valid_on_turn", "còn hiệu lực"),
    (paper("vu_khi", "2018-11-02", "2021-08-29", copy=Copy.NONE), OUT, "not_valid_on_turn", ""),
    (paper("vu_khi", "2018-11-02", "2021-08-29", from_database=True), OUT, "not_valid_on_turn", ""),
    # results from 01/7/2022
    (paper("antt", "2022-07-01"), SCAN, "result_from_turn", "257/CAT-PV01"),
    (paper("antt", "2023-08-16"), SCAN, "result_from_turn", "257/CAT-PV01"),
    (paper("con_dau", "2023-11-27"), SCAN, "result_from_turn", "257/CAT-PV01"),
    (paper("vu_khi", "2024-05-12", "2029-05-12"), SCAN, "result_from_turn", "257/CAT-PV01"),
    (paper("vu_khi", "2023-08-17", "2024-08-17"), SCAN, "result_from_turn", "257/CAT-PV01"),
    (paper("antt", "2023-08-21", "2024-08-21"), SCAN, "result_from_turn", "257/CAT-PV01"),
    (paper("vu_khi", "2023-02-01", "2023-02-10"), SCAN, "result_from_turn", "257/CAT-PV01"),
    (paper("antt", "2024-01-01", ended=date(2024, 6, 1)), SCAN, "result_from_turn", "257"),
    # only a copy, or nothing, is held
    (paper("antt", copy=Copy.PHOTOCOPY), DATA, "photocopy", "cho dù có bản Photo"),
    (
        paper("con_dau", "2024-07-09", copy=Copy.CERTIFIED_COPY),
        DATA,
        "photocopy",
        "không thực hiện Scan",
    ),
    (paper("vu_khi", "2020-05-08", "2025-05-08", copy=Copy.PHOTOCOPY), DATA, "photocopy", "Photo"),
    (paper("antt", copy=Copy.NONE), DATA, "no_original", "không có bản gốc"),
    (paper("con_dau", "2023-11-27", copy=Copy.NONE), DATA, "no_original", "không số hóa tệp tin"),
    (paper("vu_khi", "2022-09-24", "2027-09-24", copy=Copy.NONE), DATA, "no_original", "bản chính"),
    (paper("antt", "", copy=Copy.NONE), DATA, "no_original", "không có bản gốc"),
    # out of a specialised database
    (paper("vu_khi", from_database=True), LEAD, "convert_by_lead_unit", "đơn vị chủ trì"),
    (
        paper("vu_khi", "2023-02-16", from_database=True),
        LEAD,
        "convert_by_lead_unit",
        "đơn vị chủ trì",
    ),
    (
        paper("vu_khi", from_database=True, lead_unit=True),
        CONVERT,
        "convert_by_us",
        "chuyển đổi dữ liệu",
    ),
    (paper("antt", from_database=True, lead_unit=True), CONVERT, "convert_by_us", "chuyển đổi"),
    (paper("vu_khi", from_database=True, copy=Copy.NONE), LEAD, "convert_by_lead_unit", "chủ trì"),
    (
        paper("vu_khi", from_database=True, lead_unit=True, copy=Copy.PHOTOCOPY),
        CONVERT,
        "convert_by_us",
        "",
    ),
    (paper("antt", lead_unit=True), SCAN, "valid_backlog", "100%"),
    # application dossiers
    (paper("antt", part="input"), OUT, "input_dossier", "không số hóa thành phần hồ sơ đầu vào"),
    (paper("con_dau", "2024-01-01", part="input"), OUT, "input_dossier", "đầu vào"),
    (paper("vu_khi", part="input", copy=Copy.NONE), OUT, "input_dossier", "đầu vào"),
    (paper("antt", part="input", from_database=True), OUT, "input_dossier", "đầu vào"),
    # residence, identity, their archive
    (paper("residence"), OUT, "residence_and_identity", "hướng dẫn riêng"),
    (paper("identity_card", "2024-01-01"), OUT, "residence_and_identity", "Cục C06"),
    (paper("residence_archive", copy=Copy.NONE), OUT, "residence_and_identity", "tàng thư"),
    # secret, or in the repository already
    (paper("vu_khi", secret=True), OUT, "secret", "bí mật nhà nước"),
    (paper("residence", secret=True), OUT, "secret", "bí mật nhà nước"),
    (paper("antt", "2024-01-01", secret=True, copy=Copy.NONE), OUT, "secret", "bí mật"),
    (paper("antt", digitised=True), OUT, "digitised_before", "giá trị pháp lý"),
    (
        paper("vu_khi", "2024-01-01", digitised=True, from_database=True),
        OUT,
        "digitised_before",
        "",
    ),
]


@pytest.mark.parametrize(
    ("given", "path", "rule", "words"), CASES, ids=[f"{n}_{c[2]}" for n, c in enumerate(CASES)]
)
def test_a_paper_takes_the_path_that_the_letters_give_it(
    given: Paper, path: Path, rule: str, words: str
) -> None:
    judged = judge(given, on=TODAY)
    assert (judged.path, judged.rule.id) == (path, rule)
    assert words in (judged.rule.quote or judged.rule.sense)
    assert judged.rule.source


def test_there_are_cases_enough_and_each_rule_in_force_decides_one() -> None:
    assert len(CASES) >= 60
    in_force = {rule.id for rule in scope.rules().on(TODAY)}
    assert {rule for _, _, rule, _ in CASES} == in_force


CAUTIONS = [
    (paper("antt", validity=Validity.UNSTATED), "validity_not_stated"),
    (paper("antt", ""), "issue_day_unknown"),
    (paper("antt", "2021-03-27", "2024-03-27"), "expired_since"),
    (paper("antt", "2020-01-02", ended=date(2023, 1, 1)), "expired_since"),
    (paper("antt", "2015-03-01"), "old_security_certificate"),
    (paper("con_dau", holder="CÔNG TY CỔ PHẦN SAO MAI"), "seal_of_a_company"),
    (paper("vu_khi", "2024-03-01", "2024-03-15"), "bound_to_a_trip"),
]


@pytest.mark.parametrize(("given", "caution"), CAUTIONS, ids=[c for _, c in CAUTIONS])
def test_what_a_person_must_look_at_is_said(given: Paper, caution: str) -> None:
    assert caution in {c.id for c in judge(given, on=TODAY).cautions}


def test_an_indefinite_certificate_of_a_school_gives_no_reason_for_a_second_look() -> None:
    given = paper("con_dau", "2019-03-11", holder="Trường Mầm non Hoa Sen")
    assert judge(given, on=TODAY).cautions == ()


def test_the_regime_is_parted_at_the_turn() -> None:
    assert judge(paper(issued="2022-06-30"), on=TODAY).regime is Regime.BEFORE
    assert judge(paper(issued="2022-07-01"), on=TODAY).regime is Regime.FROM
    assert judge(paper(issued=""), on=TODAY).regime is None


def test_a_rule_holds_only_while_its_letter_is_in_force() -> None:
    copy = paper(copy=Copy.PHOTOCOPY)
    assert judge(copy, on=date(2022, 8, 1)).path is SCAN
    assert judge(copy, on=date(2023, 6, 1)).rule.id == "photocopy_stays_out"
    assert judge(copy, on=date(2024, 1, 11)).path is DATA
    assert judge(paper(part="input"), on=date(2023, 1, 1)).path is SCAN


def test_what_the_letters_leave_open_is_a_setting() -> None:
    ends_on_the_turn = paper("antt", "2020-01-02", "2022-07-01")
    written = {**catalogues.scope_rules(), "settings": {"valid_on_last_day": False}}
    assert judge(ends_on_the_turn, on=TODAY).path is SCAN
    assert judge(ends_on_the_turn, on=TODAY, by=scope.read(written)).path is OUT


def test_a_changed_rule_shows_which_records_it_would_move() -> None:
    papers = {
        "a": paper("antt", "2020-01-02", "2022-07-01"),
        "b": paper("antt", "2020-01-02"),
        "c": paper("vu_khi", "2018-11-02", "2021-08-29"),
    }
    strict = scope.read({**catalogues.scope_rules(), "settings": {"valid_on_last_day": False}})
    found = scope.moved(papers, scope.rules(), strict, on=TODAY)
    assert [(m.record, m.before.path, m.after.path) for m in found] == [("a", SCAN, OUT)]


def test_rules_that_leave_a_record_without_a_path_are_refused() -> None:
    written = catalogues.scope_rules()
    with pytest.raises(TemplateError):
        scope.read({**written, "rules": written["rules"][:-1]})


def test_a_rule_with_a_slip_of_the_pen_is_refused_with_its_place() -> None:
    written = catalogues.scope_rules()
    slipped = {**written["rules"][0], "when": {"sekret": True}}
    with pytest.raises(TemplateError) as refused:
        scope.read({**written, "rules": [slipped, *written["rules"]]})
    assert "rules.0.when.sekret" in str(refused.value.message.values["place"])


OPEN = [
    (paper("antt", "2020-01-02", validity=Validity.UNSTATED), ("validity",)),
    (paper("antt", "2023-01-02", validity=Validity.UNSTATED), ()),
    (paper("antt", "", "2021-01-01"), ("issued",)),
    (paper("antt", "", "2030-01-01"), ()),
    (paper("antt", "", validity=Validity.UNSTATED), ("issued", "validity")),
    (paper("antt", "", validity=Validity.UNSTATED, secret=True), ()),
    (paper("antt", "", validity=Validity.UNSTATED, part="input"), ()),
    (paper("antt", "2023-01-02", copy=None), ("copy",)),
    (paper("antt", "2023-01-02", copy=None, from_database=True), ()),
    (paper("vu_khi", "2018-01-02", "2020-01-02", copy=None), ()),
    (paper("con_dau", "2019-03-11", validity=Validity.UNSTATED, copy=Copy.NONE), ("validity",)),
]


@pytest.mark.parametrize(("given", "wanted"), OPEN)
def test_only_facts_that_change_the_path_are_asked_for(
    given: Paper, wanted: tuple[str, ...]
) -> None:
    assert scope.open_facts(given, on=TODAY) == wanted


SETTINGS = [
    ({"valid_on_last_day": False}, paper("antt", "2020-01-02", "2022-07-01"), "not_valid_on_turn"),
    ({"expired_stay_out": True}, paper("antt", "2020-01-02", "2024-01-01"), "expired_since"),
    ({"expired_stay_out": True}, paper("antt", "2020-01-02", "2030-01-01"), "valid_backlog"),
    ({"secrets_stay_out": False}, paper("antt", "2023-01-02", secret=True), "result_from_turn"),
    ({"turn": "2023-01-01"}, paper("antt", "2022-08-01"), "valid_backlog"),
]


@pytest.mark.parametrize(("chosen", "given", "rule"), SETTINGS)
def test_each_setting_changes_what_it_says(
    chosen: dict[str, object], given: Paper, rule: str
) -> None:
    set_ = scope.rules().with_settings(**chosen)
    assert judge(given, on=TODAY, by=set_).rule.id == rule
    assert judge(given, on=TODAY).rule.id != rule or rule == "valid_backlog"
    assert set_.digest != scope.rules().digest


def test_a_blank_term_asks_for_no_word_where_the_unit_wants_none() -> None:
    lenient = scope.rules().with_settings(blank_term_needs_a_word=False)
    blank = paper("antt", "2020-01-02", validity=Validity.UNSTATED)
    assert scope.open_facts(blank, on=TODAY, by=lenient) == ()


def test_rules_are_named_by_what_they_say_and_not_by_how_they_are_written() -> None:
    rules = scope.rules()
    written = catalogues.write_rules(rules.as_json()).encode()
    assert scope.read(catalogues.read_rules(written)).digest == rules.digest
    assert scope.read(rules.as_json()) == rules


def test_a_judgement_must_be_made_anew_when_other_rules_come_in_force() -> None:
    rules = scope.rules()
    assert rules.under(date(2024, 1, 10)) != rules.under(date(2024, 1, 11))
    assert rules.under(date(2024, 2, 1)) == rules.under(TODAY)
    daily = rules.with_settings(expired_stay_out=True)
    assert daily.under(TODAY) != daily.under(TODAY + timedelta(days=1))


def test_a_file_that_holds_no_rules_is_refused_with_its_line() -> None:
    for content in (b"- a list", b"rules: [", b""):
        with pytest.raises(TemplateError):
            scope.read(catalogues.read_rules(content))


days = st.dates(date(2000, 1, 1), date(2030, 1, 1))
papers = st.builds(
    Paper,
    sector=st.sampled_from(["antt", "con_dau", "vu_khi", "residence", "something_new"]),
    issued=st.none() | days,
    validity=st.sampled_from(Validity),
    until=st.none() | days,
    ended=st.none() | days,
    copy=st.none() | st.sampled_from(Copy),
    part=st.sampled_from(["result", "input"]),
    secret=st.booleans(),
    from_database=st.booleans(),
    lead_unit=st.booleans(),
    digitised=st.booleans(),
    holder=st.sampled_from(["", "Công ty A", "Trường B"]),
)


@settings(deadline=None, max_examples=300)
@given(given_paper=papers, on=st.dates(date(2022, 6, 2), date(2027, 1, 1)))
def test_every_record_gets_exactly_one_path_with_a_rule_in_force(
    given_paper: Paper, on: date
) -> None:
    judged = judge(given_paper, on=on)
    assert judged.path in Path
    holding = [rule for rule in scope.rules().on(on) if rule.id == judged.rule.id]
    assert len(holding) == 1
    assert judge(given_paper, on=on) == judged


@settings(deadline=None, max_examples=150)
@given(
    given_paper=papers,
    issued=days,
    until=st.none() | days,
    held=st.sampled_from([Copy.ORIGINAL, Copy.PHOTOCOPY, Copy.NONE]),
)
def test_a_path_that_is_clear_stays_whatever_the_unknown_turns_out_to_be(
    given_paper: Paper, issued: date, until: date | None, held: Copy
) -> None:
    unsaid = given_paper.validity is Validity.UNSTATED
    if scope.open_facts(given_paper, on=TODAY):
        return
    known = replace(
        given_paper,
        issued=given_paper.issued or issued,
        copy=given_paper.copy or held,
        validity=(Validity.UNTIL if until else Validity.INDEFINITE)
        if unsaid
        else given_paper.validity,
        until=until if unsaid else given_paper.until,
    )
    assert scope.open_facts(known, on=TODAY) == ()
    assert judge(known, on=TODAY).path is judge(given_paper, on=TODAY).path


@settings(deadline=None, max_examples=50)
@given(given_paper=papers)
def test_what_is_kept_of_a_paper_gives_it_the_same_path_and_names_nobody(
    given_paper: Paper,
) -> None:
    kept = given_paper.as_json()
    assert "holder" not in kept
    assert Paper.from_json(kept) == replace(given_paper, holder="")
    again = judge(Paper.from_json(kept), on=TODAY)
    assert again.rule == judge(given_paper, on=TODAY).rule


@settings(deadline=None, max_examples=100)
@given(given_paper=papers, later=st.integers(0, 3000))
def test_a_longer_term_never_puts_a_paper_out_of_scope(given_paper: Paper, later: int) -> None:
    if given_paper.until is None:
        return
    longer = replace(given_paper, until=given_paper.until + timedelta(days=later))
    order = judge(given_paper, on=TODAY).path is OUT, judge(longer, on=TODAY).path is OUT
    assert order != (False, True)
