"""A word's box ends where its ink ends, wherever the engine believes it saw the letters."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from workbench.engines import strips
from workbench.model import Box

HEIGHT, WIDTH = 40, 400
# Two words of ink, two letters each, as columns of the strip: "ab cd".
LETTERS = {"a": (60, 80), "b": (85, 105), "c": (130, 150), "d": (155, 175)}


def page(*, frame: bool = False) -> strips.Image:
    paper = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for left, right in LETTERS.values():
        cv2.rectangle(paper, (left, 8), (right - 1, 32), 0, thickness=-1)
    if frame:
        paper[:, 2:4] = paper[:, -4:-2] = 0
    return paper


def spans(paper: strips.Image, off: float) -> list[tuple[str, int, int]]:
    """The words and their columns, when the engine is `off` by so many columns."""
    (strip,) = strips.cut(paper, [Box(0, 0, 1, 1)])
    seen = [
        strips.Seen(text, (left + right) / 2 + off, 0.9) for text, (left, right) in LETTERS.items()
    ]
    seen.insert(2, strips.Seen(" ", 118 + off, 0.9))
    return [
        (word.text, round(word.box.left * WIDTH), round(word.box.right * WIDTH))
        for word in strips.words_of(seen, strip, paper)
    ]


@pytest.mark.parametrize("off", [-8, 0, 8])
def test_words_are_parted_at_the_white_between_them(off: float) -> None:
    assert spans(page(), off) == [("ab", 60, 105), ("cd", 130, 175)]


def test_the_frame_of_a_table_is_no_part_of_a_word() -> None:
    assert spans(page(frame=True), 0) == [("ab", 60, 105), ("cd", 130, 175)]


def test_white_space_alone_is_no_word() -> None:
    paper = page()
    (strip,) = strips.cut(paper, [Box(0, 0, 1, 1)])
    assert list(strips.words_of([strips.Seen(" ", 100, 0.9)], strip, paper)) == []
