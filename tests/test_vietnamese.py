"""Vietnamese as people write it in more than one way, and dates in words."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import vietnamese

LETTERS = st.text(alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxyàảãáạằẩũóợỳĐƯỚ 0123456789,.-", max_size=60)


@given(LETTERS)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert vietnamese.fold(vietnamese.fold(text)) == vietnamese.fold(text)


@given(LETTERS)
def test_the_key_of_a_text_does_not_depend_on_how_its_letters_are_composed(text: str) -> None:
    apart = unicodedata.normalize("NFD", text)
    assert vietnamese.key(apart) == vietnamese.key(text)
    assert vietnamese.key(vietnamese.key(text)) == vietnamese.key(text)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31)))
def test_a_date_survives_words_and_back(day: date) -> None:
    # In the words of official papers, two digits each (Nghị định 30/2020).
    written = f"ngày {day.day:02} tháng {day.month:02} năm {day.year:04}"
    assert vietnamese.read_date(written) == day
    assert vietnamese.read_date(f"{day:%d/%m/%Y}") == day


@pytest.mark.parametrize(
    ("one", "other"),
    [("hoà", "hòa"), ("Thuỷ", "Thủy"), ("HOÀ", "HÒA"), ("A – B", "A - B"), ("xong.", "xong")],
)
def test_two_right_ways_of_writing_are_equal(one: str, other: str) -> None:
    assert vietnamese.key(one) == vietnamese.key(other)


@pytest.mark.parametrize("word", ["hoàn", "quý", "quỳnh", "suýt", "Toàn"])
def test_the_tone_of_a_closed_syllable_stays_where_it_is(word: str) -> None:
    assert vietnamese.key(word) == word


@pytest.mark.parametrize(("one", "other"), [("Hoa", "Hòa"), ("An", "AN"), ("12", "13")])
def test_what_differs_in_marks_case_or_digits_is_not_equal(one: str, other: str) -> None:
    assert vietnamese.key(one) != vietnamese.key(other)


def test_folding_finds_d_with_and_without_a_stroke() -> None:
    assert vietnamese.fold("ĐƯỜNG Đinh Ðức") == "duong dinh duc"


def test_an_impossible_date_is_none() -> None:
    assert vietnamese.read_date("ngày 31 tháng 02 năm 2020") is None
    assert vietnamese.read_date("không có ngày") is None


def test_a_date_is_normalised_to_iso_and_anything_else_to_nfc() -> None:
    assert vietnamese.normalise("ngày 08 tháng 5 năm 2020", "date") == "2020-05-08"
    assert vietnamese.normalise("Ho\u0300a ", "name") == "Hòa"
