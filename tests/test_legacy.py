"""TCVN3 and VNI: every letter there and back, told apart by font and by words."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.legacy import Encoding, Judged, decode, encode, is_syllable, judge

TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
SMALL = sorted(
    {unicodedata.normalize("NFC", v + t) for v in "aăâeêioôơuưy" for t in TONES}
    | set("bcdđghklmnpqrstvx")
)
ALL = SMALL + [letter.upper() for letter in SMALL]
# TCVN3 has no capitals with tones.
OF_TCVN3 = SMALL + list("ABCDĐEGHIKLMNOPQRSTUVXYĂÂÊÔƠƯ")


@given(st.text(st.sampled_from([*ALL, " ", "1", "/", "-"])))
def test_any_vietnamese_text_written_in_vni_comes_back(text: str) -> None:
    assert decode(encode(text, Encoding.VNI), Encoding.VNI) == text


@given(st.text(st.sampled_from([*OF_TCVN3, " ", "1", "/", "-"])))
def test_any_vietnamese_text_written_in_tcvn3_comes_back(text: str) -> None:
    assert decode(encode(text, Encoding.TCVN3), Encoding.TCVN3) == text


@given(st.text(st.sampled_from([*SMALL, " "])))
def test_capitals_of_tcvn3_are_small_letters_in_a_font_of_capitals(text: str) -> None:
    written = encode(text, Encoding.TCVN3)
    assert decode(written, Encoding.TCVN3, font=".VnTimeH") == text.upper()


@pytest.mark.parametrize("encoding", list(Encoding))
def test_both_write_every_letter_in_latin_1(encoding: Encoding) -> None:
    letters = ALL if encoding == Encoding.VNI else OF_TCVN3
    assert len({encode(letter, encoding) for letter in letters}) == len(letters)
    assert all(ord(c) < 256 for c in encode("".join(letters), encoding))


# Written by others: what such files look like, and what they say.
@pytest.mark.parametrize(
    ("written", "font", "says", "encoding"),
    [
        ("Xin chµo tÊt c¶ c¸c b¹n", "", "Xin chào tất cả các bạn", Encoding.TCVN3),
        ("Céng hoµ x· héi chñ nghÜa ViÖt Nam", "", "Cộng hoà xã hội chủ nghĩa Việt Nam",
         Encoding.TCVN3),
        ("§éc lËp - Tù do - H¹nh phóc", ".VnTime", "Độc lập - Tự do - Hạnh phúc", Encoding.TCVN3),
        ("c«ng an tØnh", ".VnTimeH", "CÔNG AN TỈNH", Encoding.TCVN3),
        ("Nguyễn Văn An", ".VnTime", "", None),
        ("Xin chaøo taát caû caùc baïn", "", "Xin chào tất cả các bạn", Encoding.VNI),
        ("COÄNG HOØA XAÕ HOÄI CHUÛ NGHÓA VIEÄT NAM", "VNI-Times",
         "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", Encoding.VNI),
        ("Ñoäc laäp - Töï do - Haïnh phuùc", "", "Độc lập - Tự do - Hạnh phúc", Encoding.VNI),
        ("Nguyeãn Thò Ngoïc AÙnh", "", "Nguyễn Thị Ngọc Ánh", Encoding.VNI),
        ("Cộng hòa xã hội chủ nghĩa Việt Nam", "Times New Roman", "", None),
        ("Sơn Thị Sà Rết", "Arial", "", None),
        ("NHÀ NGHỈ HOÀ BÌNH", "", "", None),
    ],
)  # fmt: skip
def test_samples_are_told_and_turned(
    written: str, font: str, says: str, encoding: Encoding | None
) -> None:
    judged = judge(written, font)
    assert (judged.encoding, judged.mixed) == (encoding, False)
    if encoding:
        assert decode(written, encoding, font=font) == says


@pytest.mark.parametrize(
    ("written", "font"),
    [
        ("C«ng an tỉnh Sóc Trăng", ""),  # half Unicode
        ("C«ng an huyeän", ""),  # half VNI
        ("Coâng an tænh", ".VnTime"),  # VNI in a font of TCVN3
        ("Công an tØnh, huyện", ".VnTime"),
    ],
)
def test_a_mixed_text_is_not_turned(written: str, font: str) -> None:
    assert judge(written, font) == Judged(mixed=True)


def test_a_word_that_is_vietnamese_both_ways_is_left_in_doubt_without_a_font() -> None:
    assert judge("Bé") == Judged(could_be=Encoding.TCVN3)  # Bé, or Bộ
    assert judge("Bé", ".VnTime") == Judged(Encoding.TCVN3, by_font=True)
    assert judge("Bé Sáu Nguyễn") == Judged()


_SYLLABLES = ["Nguyễn", "Trần", "Thạch", "Sơn", "Hoà", "Bình", "công", "ty", "trách", "nhiệm",
              "hữu", "hạn", "phường", "Đại", "Ngãi", "quý", "giấy", "phép", "chứng"]  # fmt: skip


@given(
    st.lists(st.sampled_from(_SYLLABLES), min_size=1, max_size=12),
    st.sampled_from(list(Encoding)),
)
def test_text_in_a_font_of_its_encoding_is_always_told(
    words: list[str], encoding: Encoding
) -> None:
    text = " ".join(words)
    written = encode(text, encoding)
    judged = judge(written, ".VnTime" if encoding == Encoding.TCVN3 else "VNI-Times")
    if judged.encoding:
        assert decode(written, judged.encoding) == text
    else:
        assert written == text  # nothing to turn
    assert not judge(text, "Arial").mixed
    assert judge(text, "Arial").encoding is None


def test_spelling_knows_what_is_no_syllable() -> None:
    assert all(is_syllable(word) for word in [*_SYLLABLES, "HOÀ", "khuỷu", "ngoằn", "yên", "gì"])
    assert not any(is_syllable(word) for word in ("tỉnk", "fan", "bat", "mưới1", "chµo", "taát"))
