"""What an engine made of a letter, in the terms that matter in Vietnamese."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import vietnamese
from workbench.confusions import Confused, Confusion, confusions

K = Confusion


@pytest.mark.parametrize(
    ("true", "read", "expected"),
    [
        ("Nguyễn Văn Bảy", "Nguyễn Văn Bay", [(K.TONE_LOST, "ả", "a")]),
        ("Nguyễn", "Nguyển", [(K.TONE_CHANGED, "ễ", "ể")]),
        ("Lan", "Lán", [(K.TONE_ADDED, "a", "á")]),
        ("Sơn", "Sôn", [(K.O, "ơ", "ô")]),
        ("cộng", "cọng", [(K.O, "ộ", "ọ")]),
        ("cộng", "cong", [(K.O, "ộ", "o"), (K.TONE_LOST, "ộ", "o")]),
        ("Hưng", "Hung", [(K.U, "ư", "u")]),
        ("Trần", "Trằn", [(K.A, "ầ", "ằ")]),
        ("Huyền", "Huyèn", [(K.E, "ề", "è")]),
        ("Đức", "Dức", [(K.D, "Đ", "D")]),
        ("221/ĐKMD", "221/DKMD", [(K.D, "Đ", "D")]),
        ("Ba", "8a", [(K.DIGIT_FOR_LETTER, "B", "8")]),
        ("K54-0011", "K54-00l1", [(K.LETTER_FOR_DIGIT, "1", "l")]),
        ("2019", "2010", [(K.DIGIT, "9", "0")]),
        ("xã Tham Đôn", "Xã Tham Đôn", [(K.CASE, "x", "X")]),
        ("Sen", "Son", [(K.LETTER, "e", "o")]),
        ("Thanh", "Than", [(K.LETTER_LOST, "h", "")]),
        ("Than", "Thanh", [(K.LETTER_ADDED, "", "h")]),
        ("Mỹ Xuyên", "MỹXuyên", [(K.SPACE, "", "")]),
        ("Xuyên", "Xuy ên", [(K.SPACE, "", "")]),
        ("số 1, đường", "số 1 đường", [(K.PUNCTUATION, ",", "")]),
        ("Nguyễn Văn Bảy", "", [(K.NOTHING_READ, "", "")]),
        ("Nguyễn Văn Bảy", "Có giá trị đến hết", [(K.OTHER_TEXT, "", "")]),
    ],
)
def test_each_difference_has_its_name(
    true: str, read: str, expected: list[tuple[Confusion, str, str]]
) -> None:
    found = confusions(true, read)
    assert sorted(found, key=str) == sorted((Confused(*e) for e in expected), key=str)


@pytest.mark.parametrize("read", ["Nguyễn Bảy", "Văn Bảy", "Nguyễn Văn"])
def test_a_lost_syllable_is_one_confusion_and_never_told_by_its_letters(read: str) -> None:
    assert confusions("Nguyễn Văn Bảy", read) == (Confused(K.SYLLABLE_LOST),)


def test_an_added_syllable_is_one_confusion() -> None:
    assert confusions("Nguyễn Bảy", "Nguyễn Văn Bảy") == (Confused(K.SYLLABLE_ADDED),)


def test_the_form_of_unicode_and_the_place_of_the_tone_are_no_confusion() -> None:
    assert confusions("Hòa Bình", unicodedata.normalize("NFD", "Hoà Bình")) == ()


_VIETNAMESE = st.text(
    "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ"
    "AĐÔƯ0123456789 ,/-",
    max_size=40,
)


@given(_VIETNAMESE, _VIETNAMESE)
def test_two_texts_are_confused_exactly_when_they_are_not_the_same_value(
    true: str, read: str
) -> None:
    found = confusions(true, read)
    assert bool(found) == (vietnamese.key(true) != vietnamese.key(read))
    assert all(len(c.true) <= 1 and len(c.read) <= 1 for c in found)
