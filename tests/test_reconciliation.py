"""Engines vote by family; nobody is believed alone, and no order or loudness decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.reconciliation import Vote, reconcile, tidy
from workbench.template import FieldSpec, Label

LABEL = Label(vi="Trường", en="Field")
NAME = FieldSpec(label=LABEL, kind="name")
DATE = FieldSpec(label=LABEL, kind="date")
NUMBER = FieldSpec(label=LABEL, kind="document_number", pattern=r"\d{1,6}/(?:\d{4}/)?ĐKMD")
DECISION = FieldSpec(label=LABEL, kind="document_number", pattern=r"\d{1,6}/QĐ-[A-Z]+")
SERIAL = FieldSpec(label=LABEL, kind="document_number", pattern=r"[A-Z]{0,3}\d{4,8}")
IDENTITY = FieldSpec(label=LABEL, kind="id_number", pattern=r"\d{12}|\d{9}")
ADDRESS = FieldSpec(label=LABEL, kind="address")
RANK = FieldSpec(label=LABEL, catalogue="ranks", closed=True)


def vote(engine: str, value: str, confidence: float | None = 0.999, **more: object) -> Vote:
    return Vote(engine, engine, "strip", value, confidence=confidence, **more)  # type: ignore[arg-type]


VOTES = st.lists(
    st.builds(
        vote,
        st.sampled_from(["tesseract", "asterocr", "trueocr", "other"]),
        st.sampled_from(["Trần Văn An", "Trần Văn Ân", "Tran Van An", "", "T"]),
        st.sampled_from([None, 0.2, 0.65, 0.95]),
    ),
    max_size=6,
)


@given(VOTES, st.randoms(use_true_random=False))
def test_the_order_of_the_votes_does_not_matter(votes: list[Vote], chance) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(votes)
    chance.shuffle(shuffled)
    assert reconcile(shuffled, NAME) == reconcile(votes, NAME)


@given(VOTES)
def test_it_is_unanimous_only_where_nobody_dissents(votes: list[Vote]) -> None:
    verdict = reconcile(votes, NAME)
    said = {tidy(v.value, NAME) for v in votes} - {""}
    assert verdict.dissent == (len(said) > 1)
    if not verdict.dissent and said:
        assert verdict.agreement == 1.0
        assert verdict.value in said


@given(VOTES)
def test_the_value_is_always_one_that_somebody_read(votes: list[Vote]) -> None:
    verdict = reconcile(votes, NAME)
    assert verdict.value in {tidy(v.value, NAME) for v in votes} | {""}
    assert 0 <= verdict.confidence < 1


def test_two_independent_engines_that_agree_are_believed() -> None:
    verdict = reconcile([vote("tesseract", "Trần Văn An"), vote("asterocr", "Trần Văn An")], NAME)
    assert verdict.accepted and verdict.value == "Trần Văn An" and verdict.confidence > 0.9


def test_one_family_is_one_witness_however_often_it_speaks() -> None:
    page = Vote("tesseract", "tesseract", "page", "Trần Văn An")
    verdict = reconcile([vote("tesseract", "Trần Văn An"), page], NAME)
    assert not verdict.accepted
    assert verdict.agreement == 1.0


def test_agreement_of_two_engines_that_are_unsure_is_not_enough() -> None:
    votes = [vote("tesseract", "Trần An", 0.1), vote("asterocr", "Trần An", 0.2)]
    assert not reconcile(votes, NAME).accepted


def test_an_engine_in_trouble_does_not_win_by_speaking_first() -> None:
    votes = [vote("tesseract", "Íf Ân@", 0.1), vote("asterocr", "Trần An", 0.95)]
    assert reconcile(votes, NAME).value == "Trần An"


def test_an_engine_without_marks_is_heard_and_has_no_vote() -> None:
    votes = [vote("easyocr", "Tran An", marks=False), vote("asterocr", "Trần Ân", 0.5)]
    verdict = reconcile(votes, NAME)
    assert verdict.value == "Trần Ân"
    assert verdict.candidates["easyocr"] == "Tran An"
    assert reconcile(votes[:1], NAME).value == ""


def test_a_witness_without_marks_that_saw_other_letters_keeps_a_value_from_being_accepted() -> None:
    agreed = [vote("tesseract", "Trần Văn Ân"), vote("asterocr", "Trần Văn Ân")]
    assert reconcile([*agreed, vote("easyocr", "Tran Van An", marks=False)], NAME).accepted
    assert not reconcile([*agreed, vote("easyocr", "Le Thi Hong", marks=False)], NAME).accepted


def test_an_engine_that_lost_half_the_line_abstains() -> None:
    votes = [
        vote("tesseract", "Trần"),
        vote("trueocr", "Trần"),
        vote("asterocr", "Trần Văn An Bình"),
    ]
    assert reconcile(votes, NAME).value == "Trần Văn An Bình"


def test_a_number_that_somebody_reads_otherwise_is_not_accepted_unseen() -> None:
    votes = [vote(e, "137810") for e in ("tesseract", "asterocr")]
    assert reconcile(votes, SERIAL).accepted
    assert not reconcile([*votes, vote("trueocr", "T37810")], SERIAL).accepted


def test_nobody_read_anything() -> None:
    verdict = reconcile([vote("tesseract", "")], NAME)
    assert (verdict.value, verdict.accepted, verdict.confidence) == ("", False, 0.0)


@pytest.mark.parametrize(
    ("spec", "read", "value"),
    [
        (DATE, "ngày 08 tháng O5 năm 2020", "ngày 08 tháng 05 năm 2020"),
        (DATE, "ngày 01 tháng, 05 năm 2021. MẪU CON DẤU", "ngày 01 tháng 05 năm 2021"),
        (DATE, "ngày 14 gắng 03 năm 2020", "ngày 14 tháng 03 năm 2020"),
        (DATE, "05/06/2O15", "05/06/2015"),
        (NUMBER, "442/2024DKMD", "442/2024/ĐKMD"),
        (NUMBER, "22l/ĐKMD", "221/ĐKMD"),
        (IDENTITY, "094 0771 8456O", "094077184560"),
        (RANK, "Thương tá", "Thượng tá"),
        (ADDRESS, "Số 5, huyện Mỹ Xuyên *tỉnh Sóc Trăng +", "Số 5, huyện Mỹ Xuyên, tỉnh Sóc Trăng"),
        (NAME, "Trương Mỹ Hạnh 899501941496404", "Trương Mỹ Hạnh"),
    ],
)  # fmt: skip
def test_a_reading_is_written_in_the_one_way_of_its_kind(
    spec: FieldSpec, read: str, value: str
) -> None:
    assert tidy(read, spec) == value


@pytest.mark.parametrize("read", ["ngày J4 tháng 09 năm 2022", "ngày 31 tháng 02 năm 2020"])
def test_a_date_is_never_made_of_half_a_number(read: str) -> None:
    assert tidy(read, DATE) == read


@pytest.mark.parametrize("name", ["Thạch Sa Rết", "Đào Thị Đa Ny", "Phan Chí Vũ", "Kim A"])
def test_names_are_never_corrected(name: str) -> None:
    assert tidy(name, NAME) == name


def test_a_day_whose_first_digit_was_cut_off_is_not_made_up() -> None:
    """25/04/2016 cut before its first digit is not the 5th; who saw more contests it."""
    cut = [vote("tesseract", "5/04/2016"), vote("asterocr", "5/04/2016")]
    assert not reconcile(cut, DATE).accepted
    assert reconcile(cut, DATE).value != "05/04/2016"


def test_one_digit_fewer_is_contested_by_whoever_saw_it_on_the_page() -> None:
    said = [vote("tesseract", "703/QĐ-UBND"), vote("asterocr", "703/QĐ-UBND")]
    seen = Vote("trueocr", "trueocr", "page", "1703/QĐ-UBND")
    assert not reconcile([*said, seen], DECISION).accepted


def test_a_name_of_one_syllable_may_have_lost_the_others() -> None:
    said = [vote("tesseract", "Nam"), vote("asterocr", "Nam")]
    assert not reconcile(said, NAME).accepted


def test_a_second_look_that_reads_dirt_silences_nobody() -> None:
    said = [vote("tesseract", "RG88"), vote("asterocr", "RG88")]
    look = Vote("trueocr", "trueocr", "strip/raw", "RG88 ồớạ ẢạỂ", confidence=0.99)
    assert reconcile([*said, look], FieldSpec(label=LABEL)).value == "RG88"
