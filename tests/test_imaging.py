"""Pages become readable, and every place on them leads back to the scan."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest
from numpy.typing import NDArray

import workbench
from workbench import imaging
from workbench.errors import ReadingFailedError
from workbench.imaging import Image
from workbench.model import Box

FONT = Path(workbench.__file__).parent / "fonts" / "LiberationSerif-Regular.ttf"
WIDTH, HEIGHT, DPI = 1240, 1754, 150
MARK = (140, 1500, 200, 1560)  # a black square, left, top, right, bottom
TEXT = (
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "",
    "GIẤY CHỨNG NHẬN ĐĂNG KÝ MẪU CON DẤU", "",
    *("Căn cứ Nghị định số 99/2016/NĐ-CP ngày 01 tháng 7 năm 2016 của Chính phủ về quản lý",
      "và sử dụng con dấu; theo đề nghị của Trường Mầm non Hoa Sen, phường 2, thành phố",
      "Sóc Trăng, tỉnh Sóc Trăng, Công an tỉnh chứng nhận mẫu con dấu đã được đăng ký.") * 7,
)  # fmt: skip


def page() -> PIL.Image.Image:
    """A page of clean print with a mark in its lower left corner."""
    image = PIL.Image.new("RGB", (WIDTH, HEIGHT), (250, 250, 248))
    pen = PIL.ImageDraw.Draw(image)
    font = PIL.ImageFont.truetype(str(FONT), 28)
    for number, text in enumerate(TEXT):
        pen.text((110, 120 + 48 * number), text, font=font, fill=(25, 25, 30))
    pen.rectangle((MARK[0], MARK[1], MARK[2] - 1, MARK[3] - 1), fill=(0, 0, 0))
    return image


def saved(image: PIL.Image.Image, folder: Path) -> Path:
    path = folder / "scan.png"
    image.save(path, compress_level=1)
    return path


def readable(image: PIL.Image.Image, folder: Path) -> tuple[imaging.Readable, Image]:
    made = imaging.make_readable(saved(image, folder), folder / "readable.png", dpi=DPI)
    return made, imaging.load(made.path)


def middle_of_mark(image: Image) -> NDArray[np.float64]:
    """Where the mark is: it is the largest black thing on the page."""
    gray = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    _, _, blots, middles = cv2.connectedComponentsWithStats((gray < 100).astype(np.uint8))
    return np.asarray(middles[1 + blots[1:, cv2.CC_STAT_AREA].argmax()]) + 0.5


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_page_scanned_in_any_direction_is_brought_upright(turned: int, tmp_path: Path) -> None:
    made, image = readable(page().rotate(-turned, expand=True), tmp_path)
    assert made.quality.rotation == (360 - turned) % 360
    assert image.shape[0] > image.shape[1]
    x, y = middle_of_mark(image) / (image.shape[1], image.shape[0])
    assert x == pytest.approx(0.137, abs=0.01)
    assert y == pytest.approx(0.872, abs=0.01)


def test_a_side_without_writing_stays_as_it_lies(tmp_path: Path) -> None:
    back = np.full((HEIGHT, WIDTH), 236, np.uint8)  # yellowed, darker to the fold
    back[HEIGHT // 2 :] = 214
    made, image = readable(PIL.Image.fromarray(back), tmp_path)
    assert (made.quality.rotation, made.quality.skew) == (0, 0)
    assert made.quality.blank
    assert image.shape[0] > image.shape[1]


@pytest.mark.parametrize("leaning", [-5.0, -1.2, 0.0, 0.7, 3.4])
def test_a_page_that_lies_askew_is_measured_and_levelled(leaning: float, tmp_path: Path) -> None:
    askew = page().rotate(-leaning, PIL.Image.Resampling.BICUBIC, fillcolor=(250, 250, 248))
    made, image = readable(askew, tmp_path)
    assert made.quality.skew == pytest.approx(leaning, abs=0.3)  # positive is clockwise
    assert imaging.find_skew(imaging.find_letters(image)) == pytest.approx(0.0, abs=0.15)


@pytest.mark.parametrize(("turned", "leaning"), [(0, 0.0), (0, 2.0), (90, -3.0), (180, 1.5)])
def test_every_place_leads_back_to_the_scan(turned: int, leaning: float, tmp_path: Path) -> None:
    scan = page().rotate(
        -turned - leaning, PIL.Image.Resampling.BICUBIC, expand=True, fillcolor=(250, 250, 248)
    )
    made, image = readable(scan, tmp_path)
    x, y = middle_of_mark(image) / made.warp.readable
    back = made.warp.to_scan(Box.clipped(x - 1e-4, y - 1e-4, x + 1e-4, y + 1e-4)).middle
    there = middle_of_mark(imaging.load(tmp_path / "scan.png"))
    assert np.hypot(*(np.array(back) * made.warp.scan - there)) < 3
    assert made.warp.scan == scan.size
    assert made.warp.readable == (image.shape[1], image.shape[0])


def test_stamp_ink_is_gone_and_what_it_covered_is_not(tmp_path: Path) -> None:
    clean = page()
    stamped = clean.copy()
    ink = PIL.Image.new("RGB", clean.size, "white")
    PIL.ImageDraw.Draw(ink).ellipse((300, 400, 700, 800), outline=(215, 40, 45), width=24)
    stamped = PIL.Image.fromarray(np.minimum(np.asarray(stamped), np.asarray(ink)))
    _, image = readable(stamped, tmp_path)
    _, unstamped = readable(clean, tmp_path)
    ring = cv2.resize(np.asarray(ink)[..., 1], image.shape[::-1]) < 128
    bare = ring & (cv2.erode(unstamped, np.ones((9, 9), np.uint8)) > 230)
    written = ring & (unstamped < 60)
    assert bare.sum() > 5000
    assert np.percentile(image[bare], 5) > 200
    assert np.percentile(image[written], 95) < 130


def test_a_shadow_is_divided_out(tmp_path: Path) -> None:
    shadow = np.linspace(0.35, 1.0, WIDTH)[None, :, None]
    dark = PIL.Image.fromarray((np.asarray(page()) * shadow).astype(np.uint8))
    _, image = readable(dark, tmp_path)
    paper = image[:100]  # above the first line
    assert paper.min() > 225
    assert (image < 80).mean() > 0.02  # and the print is still there


def test_a_coarse_scan_is_enlarged_until_engines_see_marks(tmp_path: Path) -> None:
    made, _ = readable(page(), tmp_path)
    assert made.warp.readable[0] == pytest.approx(WIDTH * 2, abs=8)  # from 150 dpi to 300
    assert made.quality.dpi == DPI


def test_a_damaged_page_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "scan.png").write_bytes(b"no image")
    with pytest.raises(ReadingFailedError, match="damaged"):
        imaging.make_readable(tmp_path / "scan.png", tmp_path / "readable.png")
    (tmp_path / "scan.png").write_bytes(b"")
    with pytest.raises(ReadingFailedError, match="damaged"):
        imaging.make_readable(tmp_path / "scan.png", tmp_path / "readable.png")


def test_a_crop_has_room_around_it_and_the_height_that_is_asked_for() -> None:
    image = np.zeros((100, 200), np.uint8)
    assert imaging.crop(image, Box(0.25, 0.4, 0.75, 0.6), pad=0.5).shape == (40, 120)
    assert imaging.crop(image, Box(0.25, 0.4, 0.75, 0.6), pad=0.0, height=40).shape == (40, 200)
    assert imaging.crop(image, Box(0.0, 0.0, 0.1, 0.1), pad=1.0).shape == (20, 30)  # at the edge


def test_dotted_leaders_go_and_the_dots_of_letters_stay() -> None:
    page = np.full((400, 800), 255, np.uint8)
    for x in range(100, 700, 8):
        page[300:303, x : x + 3] = 0  # a leader
    for x in (120, 260, 400):
        page[200:203, x : x + 3] = 0  # dots below three letters
    page[100:130, 100:104] = 0  # a stroke
    clean = imaging.without_leaders(page, dpi=200)
    assert (clean[290:310] == 255).all()
    assert (clean[:290] == page[:290]).all()


@pytest.mark.parametrize(
    ("turns", "size", "black"),
    [
        (0, (584, 413), (40, 50)),
        (1, (413, 584), (50, 584 - 40)),
        (2, (584, 413), (584 - 40, 413 - 50)),
        (3, (413, 584), (413 - 50, 40)),
    ],
)
def test_a_view_is_turned_clockwise(
    turns: int, size: tuple[int, int], black: tuple[int, int]
) -> None:
    sheet = np.full((584, 413, 3), 255, np.uint8)
    sheet[20:60, 20:80] = 0
    view = imaging.for_screen(sheet, turns)
    assert view.shape[:2] == size
    assert view[black].max() < 60


def test_a_view_is_the_untouched_page_no_wider_than_a_screen(tmp_path: Path) -> None:
    large = page().resize((2480, 3508))
    imaging.make_readable(
        saved(large, tmp_path), tmp_path / "readable.png", view=tmp_path / "view.jpg"
    )
    with PIL.Image.open(tmp_path / "view.jpg") as view:
        assert (view.format, view.mode) == ("JPEG", "RGB")
        assert (view.width, round(view.height, -1)) == (2000, 2830)
        assert view.getpixel((10, 10)) == pytest.approx((250, 250, 248), abs=3)


def faded(image: PIL.Image.Image, ink: int) -> PIL.Image.Image:
    """The page with its ink as light as `ink` (0 black, 250 paper)."""
    return image.point([ink + round((250 - ink) * value / 255) for value in range(256)] * 3)


def test_faint_print_is_no_blank_page_and_becomes_dark(tmp_path: Path) -> None:
    made, page_ = readable(faded(page(), 165), tmp_path)
    assert not made.quality.blank
    assert np.percentile(page_, 2) < 60


def test_writing_that_shines_through_leaves_a_page_blank(tmp_path: Path) -> None:
    made, _ = readable(faded(page(), 215).transpose(PIL.Image.Transpose.FLIP_LEFT_RIGHT), tmp_path)
    assert made.quality.blank
