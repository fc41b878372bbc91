"""Who is right alone, who together, and what the vote would be without one of them."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.confusions import Confusion
from workbench.lab import ALL, Answer, Lab, Paper, ReadField, Share, Truth, recount
from workbench.reconciliation import Vote, reconcile
from workbench.template import load

ROOT = Path(__file__).resolve().parent.parent
SEAL = load(ROOT / "ocr_templates" / "con_dau.yaml")
NAME = "so"  # the number of a seal registration


def vote(engine: str, value: str, sure: float = 0.95) -> Vote:
    return Vote(engine, engine, "strip", value, engine != "easyocr", sure)


def field(truth: str, *votes: Vote, cuts: tuple[str, ...] = ()) -> ReadField:
    told = reconcile(votes, SEAL.spec(NAME))
    given = Answer(told.value, told.normalised, told.accepted)
    return ReadField(NAME, votes, given, Truth(truth, truth), cuts, {v.engine: 0.1 for v in votes})


def lab(*fields: ReadField) -> Lab:
    return Lab([Paper(SEAL, (one,), (), ({"tesseract": 1.0},)) for one in fields])


RIGHT = field("221/ĐKMD", vote("tesseract", "221/ĐKMD"), vote("asterocr", "221/ĐKMD"))
SAVED = field(
    "222/ĐKMD",
    vote("tesseract", "222/ĐKMD"),
    vote("asterocr", "222/ĐKMD"),
    vote("trueocr", "272/ĐKMD"),
    cuts=("hand",),
)
WRONG = field("223/ĐKMD", vote("tesseract", "228/ĐKMD"), vote("trueocr", "228/ĐKMD"))


def test_each_engine_is_judged_on_the_fields_it_was_asked_about() -> None:
    figures = lab(RIGHT, SAVED, WRONG).on(ALL)
    assert (figures.vote.right, figures.vote.of) == (2, 3)
    alone = {e.engine: (e.alone.right, e.alone.of) for e in figures.engines}
    assert alone == {"asterocr": (2, 2), "tesseract": (2, 3), "trueocr": (0, 2)}
    there = {e.engine: (e.vote_there.right, e.vote_there.of) for e in figures.engines}
    assert there == {"asterocr": (2, 2), "tesseract": (2, 3), "trueocr": (1, 2)}
    assert figures.best is not None
    assert figures.best.engine == "asterocr"
    assert figures.beats == "equal"


def test_the_vote_without_an_engine_is_counted_by_the_same_code() -> None:
    paper = Paper(SEAL, (SAVED,))
    alone = recount(paper, ["trueocr"])[NAME]
    assert alone.value == reconcile(SAVED.votes[2:], SEAL.spec(NAME)).value == "272/ĐKMD"
    everyone = recount(paper, ["tesseract", "asterocr", "trueocr"])[NAME]
    assert everyone.value == SAVED.given.value
    assert recount(paper, [])[NAME].value == ""


def test_what_the_vote_would_lose_without_an_engine() -> None:
    nobody_else = field("224/ĐKMD", vote("asterocr", "224/ĐKMD"))
    figures = lab(RIGHT, nobody_else).on(ALL)
    without = {e.engine: e.without.right for e in figures.engines}
    assert without == {"asterocr": 1, "tesseract": 2}


def test_nothing_is_accepted_unseen_once_one_of_the_two_witnesses_is_gone() -> None:
    taken = ReadField(NAME, RIGHT.votes, replace(RIGHT.given, accepted=True), RIGHT.truth)
    figures = lab(taken).on(ALL)
    assert figures.accepted == Share(1, 1)
    assert figures.wrong == Share(0, 1)
    assert all(e.accepted_without == Share(0, 1) for e in figures.engines)


def test_a_field_that_was_not_even_found_counts_against_all_alike() -> None:
    lost = ReadField("het_han", (), Answer("", ""), Truth("31/12/2030", "2030-12-31", is_date=True))
    figures = Lab([Paper(SEAL, (RIGHT,), (lost,))]).on(ALL)
    assert (figures.vote.right, figures.vote.of) == (1, 2)
    assert {(e.alone.right, e.alone.of) for e in figures.engines} == {(1, 2)}


def test_a_paper_that_was_held_loses_all_its_fields() -> None:
    held = Lab([Paper(None, (), (ReadField("so", (), Answer("", ""), Truth("1", "1")),))])
    assert held.on(ALL).vote == Share(0, 1)
    assert held.engines == ()
    assert held.on(ALL).best is None


def test_a_witness_without_marks_is_judged_by_what_it_wrote() -> None:
    figures = lab(field("221/ĐKMD", vote("tesseract", "221/ĐKMD"), vote("easyocr", "9")))
    alone = {e.engine: e.alone.right for e in figures.on(ALL).engines}
    assert alone == {"tesseract": 1, "easyocr": 0}


def test_cuts_hold_their_own_fields_only() -> None:
    found = lab(RIGHT, SAVED, WRONG)
    assert found.cuts == (ALL, "hand")
    assert found.on("hand").vote == Share(1, 1)
    assert found.on("hand").beats == "equal"


def test_a_vote_that_beats_everybody_says_so() -> None:
    engines = ("tesseract", "asterocr", "trueocr")
    fields = [
        field("221/ĐKMD", *(vote(e, "221/ĐKMD") for e in engines if e != stray),
              vote(stray, "227/ĐKMD", sure=0.1))
        for stray in engines
    ]  # fmt: skip
    figures = lab(*fields).on(ALL)
    assert figures.vote == Share(3, 3)
    assert {e.alone for e in figures.engines} == {Share(2, 3)}
    assert figures.beats == "yes"


def test_confusions_are_counted_engine_by_engine_from_what_was_written() -> None:
    found = lab(field("221/ĐKMD", vote("tesseract", "221/DKMD"), vote("asterocr", "221/ĐKMD")))
    counted = found.confusions()
    assert counted["tesseract"] == {Confusion.D: 1}
    assert not counted["asterocr"]
    assert found.pairs() == {Confusion.D: {("Đ", "D"): 1}}
    # What was put right before it was counted is right all the same.
    assert found.on(ALL).vote == Share(1, 1)


def test_what_was_proposed_by_other_code_is_told() -> None:
    older = ReadField(NAME, RIGHT.votes, Answer("somewhat else", ""), RIGHT.truth)
    assert lab(older).moved == 1
    figures = lab(older).on(ALL)
    assert (figures.vote, figures.again) == (Share(0, 1), Share(1, 1))
    assert lab(RIGHT).moved == 0


def test_costs_are_means_over_pages_and_fields() -> None:
    costs = lab(RIGHT, WRONG).costs
    assert (costs["tesseract"].page, costs["tesseract"].pages) == (1.0, 2)
    assert costs["tesseract"].field == pytest.approx(0.1)
    assert (costs["asterocr"].pages, costs["asterocr"].fields) == (0, 1)


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    # By Wilson's formula, as printed for these cases in Newcombe 1998 (table I, method 3).
    [
        (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)  # fmt: skip
def test_the_interval_is_wilsons(right: int, of: int, low: float, high: float) -> None:
    assert Share(right, of).interval == pytest.approx((low, high), abs=1e-4)


@given(st.integers(0, 5000), st.integers(1, 5000))
def test_the_interval_holds_the_share(right: int, more: int) -> None:
    one = Share(right, right + more)
    low, high = one.interval
    assert 0 <= low <= one.share <= high <= 1
    assert not math.isnan(low + high)


def test_no_case_says_nothing() -> None:
    assert Share(0, 0).interval == (0.0, 1.0)
    assert Share(0, 0).share == 0.0
