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


# --- finding -------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["Trần Văn Hoà", "TRẦN VĂN HÒA", "Trần Văn Hòa"])
def test_who_types_no_marks_finds_both_ways_of_placing_the_tone(written: str) -> None:
    assert vietnamese.is_near(written, "tran van hoa") is not None
    assert vietnamese.is_near(written, "Trần Văn Hòa") == 0


def test_who_types_the_marks_finds_what_has_them_first() -> None:
    assert vietnamese.is_near("Nguyễn Văn Đức", "duc") == 1
    assert vietnamese.is_near("Nguyễn Văn Đức", "đức") == 0
    assert vietnamese.is_near("Phòng Giáo dục", "đức") == 1
    assert vietnamese.is_near("Phòng Nội vụ", "đức") is None


@pytest.mark.parametrize("letter", ["Đ", "\u00d0", "\u0189"])
def test_three_letters_that_look_alike_are_one_letter(letter: str) -> None:
    assert vietnamese.search_keys(f"{letter}ường") == ("đường", "duong")


@given(LETTERS)
def test_what_a_text_is_searched_by_does_not_depend_on_how_it_is_composed(text: str) -> None:
    apart = unicodedata.normalize("NFD", text)
    assert vietnamese.search_keys(apart) == vietnamese.search_keys(text)


def test_abbreviations_are_told_and_words_that_look_like_them_are_not() -> None:
    known = {"CA": "Công an", "PC06": "Phòng Cảnh sát QLHC về TTXH", "P.": "Phường"}
    assert vietnamese.expand("CA tỉnh, PC06 (P. 2) ca", known) == (
        ("CA", "Công an"),
        ("PC06", "Phòng Cảnh sát QLHC về TTXH"),
        ("P.", "Phường"),
    )


# --- order ---------------------------------------------------------------------------------------


def test_a_list_stands_as_a_vietnamese_reader_expects() -> None:
    listed = [
        "An",
        "Ánh",
        "Ăn",
        "Ân",
        "Dũng",
        "Đào",
        "Hoa",
        "Hoà",
        "Hỏa",
        "Hóa",
        "Họa",
        "Oanh",
        "Ông",
        "Ơn",
    ]
    assert sorted(set(listed), key=vietnamese.sort_key) == listed


def test_wards_are_counted_and_not_spelt() -> None:
    wards = ["Phường 1", "Phường 2", "Phường 10"]
    assert sorted(set(wards), key=vietnamese.sort_key) == wards


def test_persons_stand_by_their_given_name() -> None:
    listed = ["Trần Văn An", "Lê Thị Ánh", "Nguyễn An Bình", "Lý Đạt", "Thạch Sà Rươl"]
    assert sorted(set(listed), key=vietnamese.person_sort_key) == listed


@given(LETTERS, LETTERS)
def test_texts_stand_at_the_same_place_only_when_they_are_written_alike(a: str, b: str) -> None:
    if vietnamese.sort_key(a) == vietnamese.sort_key(b):
        assert a == b


# --- spelling ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word",
    ["hoàn", "quý", "quỳnh", "suýt", "giết", "gì", "khuya", "nghiêng", "ghế", "ƯỚC", "quốc"],
)  # fmt: skip
def test_what_people_write_is_a_syllable(word: str) -> None:
    assert vietnamese.is_syllable(word)
    assert vietnamese.is_syllable(unicodedata.normalize("NFD", word))


@pytest.mark.parametrize("word", ["hòan", "qúy", "QUYÉT", "ngế", "kộc", "đuơng", "cac", "wan"])
def test_what_nobody_writes_is_none(word: str) -> None:
    assert not vietnamese.is_syllable(word)


def test_numbers_initials_and_abbreviations_are_not_held_against_spelling() -> None:
    assert vietnamese.unspelt("Số 12A, TP. Sóc Trăng, PC06, TTXH, T. V. Hoà, QUYÉT") == ("QUYÉT",)


def test_signs_are_held_against_each_other_in_plain_characters() -> None:
    assert vietnamese.canonical("８２ / TD–PCCC.") == "82/TD-PCCC"
