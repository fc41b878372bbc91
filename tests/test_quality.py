"""Whether a page is fit to be read is measured alike at every resolution."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest

import workbench
from workbench import quality
from workbench.imaging import Image

FONT = Path(workbench.__file__).parent / "fonts" / "LiberationSerif-Regular.ttf"


def page(dpi: int = 200, *, ink: int = 30, lines: int = 30) -> Image:
    image = PIL.Image.new("L", (round(8.27 * dpi), round(11.69 * dpi)), 245)
    pen = PIL.ImageDraw.Draw(image)
    font = PIL.ImageFont.truetype(str(FONT), round(dpi * 0.19))
    for number in range(lines):
        text = "Giấy chứng nhận đăng ký mẫu con dấu của cơ quan, tổ chức"
        pen.text((dpi, dpi * (1 + 0.3 * number)), text, font=font, fill=ink)
    return np.asarray(image)


def test_a_printed_page_is_sharp_dark_and_not_blank() -> None:
    seen = quality.assess(page())
    assert (seen.dpi, seen.blank) == (200, False)
    assert seen.blur > 300
    assert seen.contrast > 0.75


def test_a_blurred_page_is_known_at_every_resolution() -> None:
    for dpi in (150, 200, 300):
        sharp = page(dpi)
        blurred = cv2.GaussianBlur(sharp, (0, 0), dpi / 60)
        assert quality.assess(sharp).blur > 300
        assert quality.assess(blurred).blur < 50


def test_pale_print_has_little_contrast() -> None:
    pale, dark = quality.assess(page(ink=125)), quality.assess(page(ink=20))
    assert not pale.blank
    assert pale.contrast < 0.6 < dark.contrast


@pytest.mark.parametrize("lines", [0, 1])
def test_one_line_of_print_is_not_a_blank_page(lines: int) -> None:
    assert quality.assess(page(lines=lines)).blank is (lines == 0)


def test_dust_and_yellowed_paper_are_a_blank_page() -> None:
    dice = np.random.default_rng(7)
    paper = dice.normal(190, 6, (2338, 1653)).clip(0, 255)
    paper *= np.linspace(0.7, 1, 1653)[None]
    paper[dice.integers(0, 2338, 400), dice.integers(0, 1653, 400)] = 20
    assert quality.assess(paper.astype(np.uint8)).blank


def test_colour_and_gray_are_judged_alike() -> None:
    gray = page()
    assert quality.assess(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)) == quality.assess(gray)


def test_without_a_resolution_the_paper_is_taken_for_a4() -> None:
    assert quality.estimated_dpi(2480, 3508) == 300
    assert quality.estimated_dpi(1754, 1240) == 150
    assert quality.assess(np.full((3, 3), 255, np.uint8)).blank
