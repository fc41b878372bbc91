"""Which pages belong together: what a page says of its place, and what is made of that."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

import workbench
from tests import written_page
from workbench import imaging, paging, quality
from workbench.model import Box, PageMatter, Quality, Word
from workbench.paging import Look, Matrix
from workbench.template import load_all
from workbench.workspace import ROOT

TEMPLATES = tuple(load_all(ROOT / "ocr_templates").values())
FONT = Path(workbench.__file__).parent / "fonts" / "LiberationSerif-Regular.ttf"
PLAIN = Quality(dpi=200, blur=300, skew=0, contrast=0.8, blank=False)

PERMIT = (
    (0.15, "CÔNG AN TỈNH SÓC TRĂNG"),
    (0.52, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
    (0.12, "PHÒNG CẢNH SÁT QLHC VỀ TTXH"),
    (0.60, "Độc lập - Tự do - Hạnh phúc"),
    (0.22, "Số: 179/GPSD-VKTT"),
    (0.30, "GIẤY PHÉP SỬ DỤNG VŨ KHÍ THỂ THAO"),
    (0.16, "Căn cứ Thông tư số 16/2018/TT-BCA ngày 15 tháng 5 năm 2018 của Bộ trưởng"),
    (0.16, "2. Được sử dụng: 03 loại theo danh mục kèm theo Giấy phép này."),
    (0.16, "3. Giấy phép này có giá trị từ ngày 08 tháng 05 năm 2020 đến hết ngày 08"),
)
LIST = (
    (0.42, "DANH MỤC"),
    (0.18, "(Kèm theo Giấy phép số 179/GPSD-VKTT ngày 08 tháng 05 năm 2020)"),
    (0.12, "STT Chủng loại Nhãn hiệu Số hiệu Nước sản xuất Số lượng"),
    (0.12, "1 Súng trường hơi Walther LG400 K16192 Đức 04"),
    (0.12, "2 Súng trường hơi Walther LG400 AB21909 Đức 08"),
    (0.12, "3 Súng ngắn hơi Steyr LP10 T14894 Áo 06"),
    (0.16, "Danh mục này gồm 03 khoản./."),
)


def look(lines: tuple[tuple[float, str], ...]) -> Look:
    words = written_page.words(lines)
    return paging.look({"one": words, "two": words}, PLAIN, TEMPLATES)


def changed(
    lines: tuple[tuple[float, str], ...], before: str, after: str
) -> tuple[tuple[float, str], ...]:
    return tuple((left, text.replace(before, after)) for left, text in lines)


# --- what a page says ----------------------------------------------------------------------------


def test_a_first_page_tells_its_number_and_its_form_and_no_law_s() -> None:
    first = look(PERMIT)
    assert (first.head, first.numbers, first.kind) == (True, ("179/gpsd-vktt",), "vu_khi")
    assert first.lists == ()


def test_a_list_tells_whose_it_is_and_its_rows() -> None:
    page = look(LIST)
    assert not page.head
    assert "179/gpsd-vktt" in page.mentions
    assert page.lists == ("vu_khi",)
    assert page.rows == (1, 3)


def test_what_a_page_says_survives_being_kept() -> None:
    for page in (look(PERMIT), look(LIST), Look(blank=True)):
        assert Look.from_json(page.as_json()) == page


def test_a_list_continues_the_paper_whose_number_it_names_and_no_other() -> None:
    page = look(LIST)
    named = paging.continues(page, [look(PERMIT)])
    assert named is not None and named.confidence >= 0.9
    assert paging.continues(page, [look(changed(PERMIT, "179/", "845/"))]) is None
    # One digit may be misread: then only the form speaks for it, and less surely.
    near = paging.continues(page, [look(changed(PERMIT, "179/", "119/"))])
    assert near is not None and paging.SURE <= near.confidence < named.confidence


def test_a_page_with_a_head_continues_nothing() -> None:
    assert paging.continues(look(PERMIT), [look(PERMIT)]) is None
    assert paging.continues(look(LIST), []) is None


# --- the pages of a file --------------------------------------------------------------------------

HEAD_A = Look(blank=False, head=True, numbers=("1/gp",))
HEAD_B = Look(blank=False, head=True, numbers=("2/gp",))
PLAIN_PAGE = Look(blank=False)
BLANK = Look(blank=True)


def row(number: int, *, rows: tuple[int, int] | None = None, folio: int | None = None) -> Look:
    return Look(blank=False, mentions=(f"{number}/gp",), rows=rows, folio=folio)


@pytest.mark.parametrize(
    ("looks", "papers", "matters"),
    [
        ([HEAD_A], [(0,)], []),
        ([HEAD_A, PLAIN_PAGE], [(0, 1)], []),
        ([HEAD_A, BLANK, row(1)], [(0, 2)], ["blank"]),
        ([HEAD_A, HEAD_B], [(0,), (1,)], ["parted"]),
        ([HEAD_A, row(1), HEAD_B, row(2)], [(0, 1), (2, 3)], ["parted"]),
        ([row(1), HEAD_A], [(1, 0)], ["order"]),
        ([HEAD_A, HEAD_B, row(1), row(2)], [(0, 2), (1, 3)], ["order", "parted"]),
        ([HEAD_A, row(1, rows=(13, 20)), row(1, rows=(1, 12))], [(0, 2, 1)], ["order"]),
        ([HEAD_A, row(1, folio=3), row(1, folio=2)], [(0, 2, 1)], ["order"]),
        ([PLAIN_PAGE, HEAD_A], [(0,), (1,)], ["parted"]),
    ],
)  # fmt: skip
def test_the_pages_of_a_file_are_parted_and_put_in_order(
    looks: list[Look], papers: list[tuple[int, ...]], matters: list[str]
) -> None:
    plan = paging.arrange(looks, {})
    assert list(plan.papers) == papers
    assert sorted(p.matter.value for p in plan.proposals) == matters
    assert all(str(p.why) and 0 < p.confidence <= 1 for p in plan.proposals)


def test_a_second_scan_is_set_aside_and_parts_no_paper() -> None:
    plan = paging.arrange([HEAD_A, HEAD_A, row(1)], {1: 0})
    assert plan.papers == ((0, 2),)
    assert plan.aside == {1: PageMatter.AGAIN}


_LOOKS = st.sampled_from([HEAD_A, HEAD_B, PLAIN_PAGE, BLANK, row(1), row(2), row(2, rows=(3, 9))])


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.lists(_LOOKS, max_size=9))
def test_no_page_is_ever_lost_or_doubled(looks: list[Look]) -> None:
    plan = paging.arrange(looks, {})
    placed = [page for paper in plan.papers for page in paper]
    assert sorted([*placed, *plan.aside]) == list(range(len(looks)))
    assert all(plan.papers)


# --- one sheet scanned twice ----------------------------------------------------------------------


Sheet = tuple[dict[str, tuple[Word, ...]], Path]
DPI = 150
WIDTH, HEIGHT = round(8.27 * DPI), round(11.69 * DPI)


def drawn(lines: tuple[tuple[float, str], ...]) -> tuple[Image.Image, list[tuple[str, Matrix]]]:
    """A printed A4 page with these lines, and the corners of each word on it."""
    page = Image.new("L", (WIDTH, HEIGHT), 250)
    pen = ImageDraw.Draw(page)
    font = ImageFont.truetype(str(FONT), round(DPI * 0.155))
    words: list[tuple[str, Matrix]] = []
    for number, (left, text) in enumerate(lines):
        x, y = left * WIDTH, (0.06 + 0.028 * number) * HEIGHT
        for word in text.split():
            x0, y0, x1, y1 = font.getbbox(word)
            corners = [(x + x0, y + y0), (x + x1, y + y0), (x + x1, y + y1), (x + x0, y + y1)]
            words.append((word, np.array(corners)))
            pen.text((x, y), word, fill=25, font=font)
            x += font.getlength(word + " ")
    return page, words


def made(folder: Path, name: str, lines: tuple[tuple[float, str], ...], *, seed: int = 0) -> Sheet:
    """A readable page and its words; with a seed as another pass through the scanner gives it."""
    page, words = drawn(lines)
    way = np.eye(3)
    if seed:
        rng = random.Random(seed)
        way[:2] = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), rng.uniform(-1.5, 1.5), 1)
        way[:2, 2] += rng.uniform(-12, 12)
        pixels = cv2.warpAffine(np.asarray(page), way[:2], (WIDTH, HEIGHT), borderValue=(250,))
        soft = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.5, 0.9)).astype(float)
        noise = np.random.default_rng(seed).normal(0, 6, soft.shape)
        page = Image.fromarray(np.clip(soft * 0.93 + noise, 0, 255).astype(np.uint8))
    path = folder / f"{name}.png"
    page.save(path)
    told = []
    for number, (text, corners) in enumerate(words):
        x, y = (np.c_[corners, np.ones(4)] @ way.T)[:, :2].T
        box = Box.clipped(x.min() / WIDTH, y.min() / HEIGHT, x.max() / WIDTH, y.max() / HEIGHT)
        told.append(Word(text, box, 0.95, number))
    return {"one": tuple(told), "two": tuple(told)}, path


SHEET = tuple((0.08, text) for _, text in written_page.ANTT)


def same(one: Sheet, other: Sheet) -> bool:
    return paging.is_same_sheet(one[0], other[0], one[1], other[1])


def test_a_sheet_scanned_again_is_known_by_its_words_and_ink(tmp_path: Path) -> None:
    first = made(tmp_path, "first", SHEET)
    again = made(tmp_path, "again", SHEET, seed=4)
    assert same(first, again)
    assert same(again, first)


@pytest.mark.parametrize(
    ("before", "after"),
    [("12/GCN", "13/GCN"), ("094190001234", "094190001334"), ("09 tháng 04", "19 tháng 04")],
)
def test_two_papers_that_differ_in_one_number_are_two_papers(
    tmp_path: Path, before: str, after: str
) -> None:
    first = made(tmp_path, "first", SHEET)
    other = made(tmp_path, "other", changed(SHEET, before, after))
    assert not same(first, other)


def test_the_same_words_in_other_ink_are_not_one_sheet(tmp_path: Path) -> None:
    """What engines read alike may be another paper: a copy of the form, filled in by hand."""
    words, readable = made(tmp_path, "first", SHEET)
    image = imaging.load(readable)
    height, width = image.shape
    other = image.copy()
    for word in words["one"]:
        if any(c.isdigit() for c in word.text):
            left, top, right, bottom = word.box.pixels(width, height)
            other[top:bottom, left:right] = other[top:bottom, left:right][:, ::-1]
    cv2.imwrite(str(tmp_path / "other.png"), other)
    assert not paging.is_same_sheet(words, words, readable, tmp_path / "other.png")


def test_a_page_of_few_words_is_like_no_other(tmp_path: Path) -> None:
    few = SHEET[:2]
    assert not same(made(tmp_path, "a", few), made(tmp_path, "b", few))


def test_pages_without_a_head_are_compared_within_one_paper_only() -> None:
    looks = [HEAD_A, PLAIN_PAGE, HEAD_B, PLAIN_PAGE]
    assert paging.again_pairs(looks) == []
    assert paging.again_pairs([HEAD_A, PLAIN_PAGE, PLAIN_PAGE]) == [(1, 2)]
    assert set(paging.again_pairs([HEAD_A, PLAIN_PAGE, HEAD_A, PLAIN_PAGE])) == {(0, 2), (1, 3)}


# --- blank pages ----------------------------------------------------------------------------------


def is_blank(page: Image.Image) -> bool:
    return quality.assess(np.asarray(page), 150).blank


def empty(seed: int) -> np.ndarray:
    """An empty side as scanners give it: noise, print showing through, holes, an edge, dust."""
    rng = np.random.default_rng(seed)
    page, _ = drawn(SHEET)
    back = np.asarray(page.transpose(Image.Transpose.FLIP_LEFT_RIGHT)).astype(float)
    side = 248 - (250 - cv2.GaussianBlur(back, (0, 0), 1.5)) * rng.uniform(0.08, 0.25)
    height, width = side.shape
    side += rng.normal(0, rng.uniform(1, 6), side.shape)
    for y in (0.31, 0.69):
        cv2.circle(side, (round(0.03 * width), round(y * height)), 17, 50.0, -1)
    side[:, : rng.integers(2, 10)] = 40
    for _ in range(25):
        side[rng.integers(0, height), rng.integers(0, width)] = 60
    return np.clip(side, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", range(6))
def test_an_empty_side_is_blank_in_spite_of_what_the_scanner_adds(seed: int) -> None:
    assert is_blank(Image.fromarray(empty(seed)))


def test_a_side_through_which_the_other_shows_is_blank_but_for_what_stands_on_it(
    tmp_path: Path,
) -> None:
    front, _ = drawn(SHEET)
    front.save(tmp_path / "front.png")
    mirrored = front.transpose(Image.Transpose.FLIP_LEFT_RIGHT).rotate(0.6, fillcolor=250)
    behind = 245 - (250 - np.asarray(mirrored).astype(float)) * 0.38
    Image.fromarray(behind.astype(np.uint8)).save(tmp_path / "back.png")
    other, _ = drawn(tuple((0.2, f"{n} khác hẳn với mặt trước {n * 7}") for n in range(24)))
    other.save(tmp_path / "other.png")
    looks = {"front": Look(blank=False, head=True, words=200), "back": row(1), "other": row(2)}

    def judged(*names: str, back: float = 0.35) -> list[bool]:
        qualities = [replace(PLAIN, contrast=back if name == "back" else 0.8) for name in names]
        found = paging.find_through(
            [replace(looks[name], words=90) for name in names],
            qualities,
            lambda at: tmp_path / f"{names[at]}.png",
        )
        return [look.blank for look in found]

    assert judged("front", "back") == [False, True]
    assert judged("other", "back") == [False, False]
    assert judged("other", "back", "front") == [False, True, False]
    assert judged("front", "back", back=0.7) == [False, False]  # something dark stands on it


def test_a_stamp_a_note_or_a_page_number_is_not_blank() -> None:
    for what in ("stamp", "note", "number"):
        page = Image.fromarray(empty(1))
        pen = ImageDraw.Draw(page)
        font = ImageFont.truetype(str(FONT), 26)
        if what == "stamp":
            pen.ellipse((700, 900, 910, 1110), outline=110, width=7)
            pen.ellipse((745, 945, 865, 1065), outline=110, width=4)
        elif what == "note":
            pen.text((300, 500), "Đã trả kết quả ngày 12/3, ông Ba nhận", fill=70, font=font)
        else:
            pen.text((600, 1600), "Trang 2 / 3", fill=40, font=font)
        assert not is_blank(page), what
