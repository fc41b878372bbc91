"""Values are found between printed words, over lines, in the head and in the foot."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.written_page import ANTT, HEIGHT, LETTER, running
from workbench import extraction, placement, tables
from workbench.model import Box, Word
from workbench.template import Template, load_all
from workbench.workspace import ROOT


@pytest.fixture(scope="module")
def templates() -> dict[str, Template]:
    return dict(load_all(ROOT / "ocr_templates"))


def found(template: Template, lines=ANTT) -> dict[str, str]:  # type: ignore[no-untyped-def]
    placed = [{"engine": placement.register(running(lines), template)}]
    sites = extraction.sites(placed, template)
    return {n: extraction.clean(s.page_text, s.label, s.next) for n, s in sites.items()}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("co_quan_cap_tren", "CÔNG AN TỈNH SÓC TRĂNG"),
        ("co_quan_cap", "PHÒNG CẢNH SÁT QLHC VỀ TTXH"),
        ("so", "12/GCN"),
        ("so_dkkd", "2200123458"),
        ("ngay_dkkd", "05/06/2015"),
        ("ten_co_so", "KHÁCH SẠN BÌNH MINH"),
        ("dia_chi", "Số 7, ấp Hòa Mỹ, xã Tham Đôn, huyện Mỹ Xuyên, tỉnh Sóc Trăng"),
        ("nguoi_dung_dau", "Trần Thị Mẫu"),
        ("quoc_tich", "Việt Nam"),
        ("ngay_sinh", "17/12/1990"),
        ("chuc_danh", "Chủ cơ sở"),
        ("so_giay_to", "094190001234"),
        ("ngay_cap_giay_to", "28/02/2018"),
        ("noi_cap_giay_to", "Cục Cảnh sát quản lý hành chính về trật tự xã hội"),
        ("noi_thuong_tru", "Số 9, ấp Thị Tứ, xã Mỹ Bình, thị xã Ngã Năm, tỉnh Sóc Trăng"),
        ("nganh_nghe", "Kinh doanh dịch vụ lưu trú"),
        ("ngay_cap", "ngày 09 tháng 04 năm 2021"),
        ("chuc_vu_ky", "TRƯỞNG PHÒNG"),
        ("cap_bac", "Trung tá"),
        ("nguoi_ky", "Nguyễn Văn Thử"),
    ],
)
def test_each_field_is_found(templates: dict[str, Template], field: str, value: str) -> None:
    assert found(templates["antt"])[field] == value


def test_a_field_that_this_copy_has_not_is_not_found(templates: dict[str, Template]) -> None:
    assert "het_han" not in found(templates["antt"])


def test_the_second_of_two_equal_labels_is_not_taken_for_the_first(
    templates: dict[str, Template],
) -> None:
    worn = [(x, text.replace("số 2200123458, cấp ngày", "sô 22001 ấp gày")) for x, text in ANTT]
    assert found(templates["antt"], worn).get("ngay_dkkd") != "28/02/2018"


def test_a_date_in_the_head_is_found_too(templates: dict[str, Template]) -> None:
    foot = [line for line in ANTT if "ngày 09" not in line[1]]
    head = [*foot[:5], (0.52, "Sóc Trăng, ngày 09 tháng 04 năm 2021"), *foot[5:]]
    assert found(templates["antt"], head)["ngay_cap"] == "ngày 09 tháng 04 năm 2021"
    assert found(templates["antt"], head)["so"] == "12/GCN"


def test_a_quoted_date_is_never_the_date_of_issue(templates: dict[str, Template]) -> None:
    undated = [line for line in ANTT if "ngày 09" not in line[1]]
    told = found(templates["antt"], undated)
    assert "ngay_cap" not in told
    assert told["nguoi_ky"] == "Nguyễn Văn Thử"


def test_dirt_beside_the_text_does_not_end_a_value(templates: dict[str, Template]) -> None:
    at = next(i for i, (_, text) in enumerate(ANTT) if text == "Sóc Trăng")
    dirty = [*ANTT[:at], (0.02, "O"), *ANTT[at:]]
    assert found(templates["antt"], dirty)["dia_chi"].endswith("tỉnh Sóc Trăng")


@pytest.mark.parametrize(
    ("read", "value"),
    [
        ("cơ sở: Bình Minh", "Bình Minh"),
        ("Bình Minh ........", "Bình Minh"),
        ("Bình Minh……", "Bình Minh"),
        ("Bình Minh Địa chỉ", "Bình Minh"),
    ],
)
def test_what_came_along_is_cleaned_off(read: str, value: str) -> None:
    assert extraction.clean(read, "Tên cơ sở:", "Địa chỉ:") == value


# --- tables -----------------------------------------------------------------------------------

HEADINGS = ("STT", "Chủng loại", "Nhãn hiệu", "Số hiệu", "Nước sản xuất", "Số lượng")
EDGES = (0.10, 0.16, 0.36, 0.52, 0.66, 0.82, 0.92)


def _table(rows: int) -> tuple[np.ndarray, placement.Running]:  # type: ignore[type-arg]
    """A ruled table as an image, and its headings as an engine reads them."""
    image = np.full((1400, 1000), 255, np.uint8)
    top, high = 300, 40
    for row in range(rows + 2):
        cv2.line(image, (100, top + row * high), (920, top + row * high), 0, 2)
    for edge in EDGES:
        cv2.line(image, (int(edge * 1000), top), (int(edge * 1000), top + (rows + 1) * high), 0, 2)
    words = []
    for number, heading in enumerate(HEADINGS):
        x = EDGES[number] + 0.01
        for word in heading.split():
            width = min(LETTER * len(word), 0.05)
            words.append(Word(word, Box.clipped(x, 0.221, x + width, 0.221 + HEIGHT), 0.9, 0))
            x += width + 0.004
    return image, placement.Running(placement.lines_of(words))


def test_every_cell_of_a_ruled_table_is_found(templates: dict[str, Template]) -> None:
    items = templates["vu_khi"].items
    assert items is not None
    image, text = _table(rows=3)
    cells = tables.table_cells(image, placement.Placement(text, {}, 1.0), items)
    assert cells is not None
    assert len(cells) == 3 * len(items.columns)
    serial = cells["2.so_hieu"]
    assert EDGES[3] < serial.left and serial.right < EDGES[4]
    assert cells["1.so_hieu"].bottom <= serial.top


def test_a_page_without_the_table_has_no_cells(templates: dict[str, Template]) -> None:
    items = templates["vu_khi"].items
    assert items is not None
    blank = np.full((1400, 1000), 255, np.uint8)
    place = placement.Placement(running(), {}, 1.0)
    assert tables.table_cells(blank, place, items) is None
