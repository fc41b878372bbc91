"""Forms are recognised and found in spite of misread letters; strangers are not forced into one."""

from __future__ import annotations

import pytest

from tests.written_page import ANTT, misread, running, words
from workbench import placement
from workbench.template import Template, load_all
from workbench.workspace import ROOT


@pytest.fixture(scope="module")
def templates() -> tuple[Template, ...]:
    return tuple(load_all(ROOT / "ocr_templates").values())


def test_a_form_is_recognised_with_its_runner_up(templates: tuple[Template, ...]) -> None:
    seen = placement.classify([[running()]], templates)
    assert seen.template == "antt"
    assert seen.runner_up in ("con_dau", "vu_khi")
    assert seen.margin == pytest.approx(seen.score - seen.scores[seen.runner_up])
    assert seen.margin > 10


def test_a_form_is_recognised_in_spite_of_misread_letters(templates: tuple[Template, ...]) -> None:
    worn = [(left, misread(text)) for left, text in ANTT]
    assert placement.classify([[running(worn)]], templates).template == "antt"


def test_a_letter_that_is_no_form_is_recognised_as_none(templates: tuple[Template, ...]) -> None:
    letter = [
        *ANTT[:4],
        (0.2, "Số: 457/UBND-VP"),
        (0.16, "Kính gửi: Ủy ban nhân dân các xã, thị trấn."),
        (0.16, "Thực hiện chỉ đạo của Ủy ban nhân dân tỉnh về phòng, chống dịch bệnh,"),
        (0.12, "yêu cầu các đơn vị nghiêm túc triển khai thực hiện."),
    ]
    seen = placement.classify([[running(letter)]], templates)
    assert seen.template is None
    assert seen.runner_up is not None


def test_no_page_is_no_form(templates: tuple[Template, ...]) -> None:
    assert placement.classify([], templates).template is None


def test_the_fit_says_how_much_of_the_print_was_found(templates: tuple[Template, ...]) -> None:
    antt = next(t for t in templates if t.id == "antt")
    whole = placement.register(running(), antt)
    torn = placement.register(running(ANTT[:12]), antt)
    assert whole.fit > 0.95
    assert 0.3 < torn.fit < whole.fit
    assert placement.register(running([(0.1, "Chào các bạn")]), antt).fit < 0.2


def test_an_anchor_knows_its_place_on_the_page(templates: tuple[Template, ...]) -> None:
    antt = next(t for t in templates if t.id == "antt")
    place = placement.register(running(), antt)
    label = place.box("Tên cơ sở kinh doanh:")
    later = place.box("Nơi thường trú:")
    assert label is not None and later is not None
    assert label.bottom < later.top


def test_two_columns_are_read_one_after_the_other() -> None:
    text = placement.Running(placement.lines_of(words())).text
    assert "congantinhsoctrang" in text
    assert text.index("phongcanhsat") < text.index("giaychungnhan")


def test_lines_are_the_same_in_whatever_order_the_words_come() -> None:
    told = words()
    assert placement.lines_of(told) == placement.lines_of(tuple(reversed(told)))
