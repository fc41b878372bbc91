"""What stands in a box of the placed form, or on a line that looks so, is found on any copy."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.written_page import HEIGHT, running, words
from workbench import extraction, placement
from workbench.model import Box, Warp, Word
from workbench.placement import Placement, Running, lines_of
from workbench.template import Template, parse

SHEET = 210.0, 297.0
LINES = (
    (0.15, "PHÒNG KHÁM TÂM AN"),
    (0.52, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
    (0.30, "PHIẾU KHÁM SỨC KHỎE"),
    (0.12, "Họ và tên người khám:"),
    (0.12, "Nơi công tác hiện nay:"),
    (0.12, "Mã số phiếu PK-00812 lập tại quầy"),
    (0.12, "Bác sĩ kết luận sau khi khám"),
)
VALUES = ((0.40, 3, "Lý Thị Mẫu"), (0.40, 4, "Trường Mầm non Hoa Sen"))


def page(values: Sequence[tuple[float, int, str]] = VALUES) -> tuple[Word, ...]:
    """The printed lines, with values typed beside some of them."""
    printed = words(LINES)
    typed: list[Word] = []
    for left, line, text in values:
        top = next(w.box.top for w in printed if w.line == line)
        x = left
        for word in text.split():
            width = 0.0098 * len(word)
            typed.append(Word(word, Box.clipped(x, top, x + width, top + HEIGHT), 0.9, line))
            x += width + 0.0098
    return (*printed, *typed)


def moved(told: Sequence[Word], scale: float, across: float, down: float) -> tuple[Word, ...]:
    def at(b: Box) -> Box:
        return Box.clipped(
            b.left * scale + across, b.top * scale + down, b.right * scale + across,
            b.bottom * scale + down,
        )  # fmt: skip

    return tuple(Word(w.text, at(w.box), w.confidence, w.line) for w in told)


def millimetres(box: Box) -> list[float]:
    values = (box.left * 210, box.top * 297, box.right * 210, box.bottom * 297)
    return [round(v, 1) for v in values]


@pytest.fixture(scope="module")
def template() -> Template:
    printed = lines_of(words(LINES))
    anchors = "\n".join(
        f'  - {{text: "{line.text}", at: {millimetres(line.box)}}}' for line in printed[:5]
    )
    name = next(w.box for w in page() if w.text == "Lý")
    work = next(w.box for w in page() if w.text == "Trường")
    boxes = [
        [round(b.left * 210 - 2, 1), round(b.top * 297 - 1, 1), 170, round(b.bottom * 297 + 1, 1)]
        for b in (name, work)
    ]
    source = f"""\
id: phieu
version: 1
title: {{vi: Phiếu khám, en: Health form}}
recognised_by: {{all_of: [phiếu khám sức khỏe]}}
anchors:
{anchors}
fields:
  ho_ten:
    label: {{vi: Họ và tên, en: Name}}
    zone: {{box: {boxes[0]}}}
  noi_cong_tac:
    label: {{vi: Nơi công tác, en: Place of work}}
    zone: {{box: {boxes[1]}}}
  ma_so:
    label: {{vi: Mã số, en: Number}}
    zone: {{line: '^Mã số phiếu (PK-\\d+)'}}
"""
    return parse(source.encode(), "phieu.yaml")


def values(told: Sequence[Word], template: Template) -> dict[str, str]:
    placed = [{"engine": placement.register(Running(lines_of(told)), template)}]
    found = extraction.sites(placed, template)
    texts = extraction.page_readings(placed, template, found)
    return {name: said.get("engine", "") for name, said in texts.items()}


@pytest.mark.parametrize("where", [(1.0, 0, 0), (0.97, 0.02, 0.01), (0.9, 0.08, 0.05)])
def test_values_are_found_wherever_the_form_lies(
    template: Template, where: tuple[float, float, float]
) -> None:
    found = values(moved(page(), *where), template)
    assert found == {
        "ho_ten": "Lý Thị Mẫu",
        "noi_cong_tac": "Trường Mầm non Hoa Sen",
        "ma_so": "PK-00812",
    }


def test_strips_hold_the_value_and_not_its_printed_label(template: Template) -> None:
    placed = [{"engine": placement.register(Running(lines_of(page())), template)}]
    (strip,) = extraction.sites(placed, template)["ho_ten"].strips
    name = [w.box for w in page() if w.text in ("Lý", "Thị", "Mẫu")]
    label = [w.box for w in page() if w.text == "khám:"]
    assert strip.box.left <= name[0].left
    assert strip.box.right >= name[-1].right
    assert strip.box.left >= label[0].right


def test_an_empty_box_is_still_read_by_the_engines(template: Template) -> None:
    placed = [{"engine": placement.register(Running(lines_of(page(VALUES[:1]))), template)}]
    site = extraction.sites(placed, template)["noi_cong_tac"]
    assert len(site.strips) == 1
    assert site.page_text == ""


def test_a_line_is_found_in_spite_of_lost_marks(template: Template) -> None:
    told = [Word(w.text.replace("ã", "a").replace("ố", "o"), w.box, w.confidence, w.line)
            for w in page()]  # fmt: skip
    assert values(told, template)["ma_so"] == "PK-00812"


def test_a_line_that_might_never_come_to_an_end_is_not_tried(template: Template) -> None:
    hostile = r"^(?:\w{0,12}){12}(x)!"
    text = template.source.decode()
    start = text.index("'^Mã số phiếu")
    text = text[:start] + f"'{hostile}'}}\n"
    found = values(moved(page(VALUES), 1.0, 0, 0), parse(text.encode(), "phieu.yaml"))
    assert "ma_so" not in found and "ho_ten" in found


def test_a_form_whose_places_are_not_found_says_so(template: Template) -> None:
    lost = placement.register(running(LINES[5:]), template)
    assert lost.lie is None
    assert lost.unplaced is not None
    assert lost.unplaced.values["all"] == 5
    assert extraction.sites([{"engine": lost}], template).keys() <= {"ma_so"}


def test_a_form_without_places_is_not_said_to_be_lost(template: Template) -> None:
    plain = template.model_copy(
        update={"prints": tuple(a.model_copy(update={"at": None}) for a in template.prints)}
    )
    seen: Placement = placement.register(running(LINES), plain)
    assert (seen.lie, seen.unplaced) == (None, None)


def test_what_is_drawn_on_a_turned_scan_is_measured_in_the_middle_of_the_sheet() -> None:
    # A page of 2000 by 2828 pixels whose straightened image has grown by a hundred each way.
    warp = Warp((1, 0, -50, 0, 1, -50, 0, 0, 1), (2100, 2928), (2000, 2828))
    box = Box(150 / 2100, 150 / 2928, 250 / 2100, 200 / 2928)
    mm = placement.drawn(box, warp, SHEET)
    assert mm == pytest.approx((10.5, 10.5, 21.0, 15.8), abs=0.1)
    assert placement.undrawn(mm, warp, SHEET).as_list() == pytest.approx(box.as_list(), abs=1e-3)
