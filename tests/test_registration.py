"""Forms lie on pages turned, stretched and shifted; most of their anchors say how."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.registration import Lie, Pair, Rectangle, lie

ANCHORS: tuple[Rectangle, ...] = (
    (60, 12, 150, 16), (75, 19, 135, 23), (20, 60, 55, 64), (20, 80, 48, 84), (20, 100, 62, 104),
    (20, 140, 90, 144), (120, 230, 180, 234),
)  # fmt: skip
ZONE: Rectangle = (70, 98, 150, 106)


def mapped(box: Rectangle, degrees: float, scale: float, *, down: float = 0.0) -> Rectangle:
    """A box of the form as it stands on a page that was hardly straightened."""
    turn = math.radians(degrees)
    left, top, right, bottom = box
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    points = np.array([(x, y + down) for x, y in corners])
    matrix = scale * np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    xs, ys = (points @ matrix.T + (7.0, -3.0)).T
    return min(xs), min(ys), max(xs), max(ys)


def off(found: Lie | None, zone: Rectangle, expected: Rectangle) -> float:
    assert found is not None
    return max(abs(a - b) for a, b in zip(found.box(zone), expected, strict=True))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.floats(-0.4, 0.4), st.floats(0.9, 1.1), st.sets(st.integers(0, 6), max_size=2))
def test_a_form_is_found_in_spite_of_misplaced_anchors(
    degrees: float, scale: float, lost: set[int]
) -> None:
    pairs = [
        Pair(a, mapped(a, degrees, scale, down=90 if i in lost else 0))
        for i, a in enumerate(ANCHORS)
    ]
    found = lie(pairs)
    assert found is not None
    assert found.agreed == len(ANCHORS) - len(lost)
    assert off(found, ZONE, mapped(ZONE, degrees, scale)) < 0.6


def test_two_anchors_that_are_apart_place_a_form_and_one_does_not() -> None:
    pairs = [Pair(a, mapped(a, 0.0, 1.02)) for a in (ANCHORS[0], ANCHORS[6])]
    assert off(lie(pairs), ZONE, mapped(ZONE, 0.0, 1.02)) < 0.3
    assert lie(pairs[:1]) is None
    assert lie([]) is None


def test_anchors_that_do_not_agree_place_nothing() -> None:
    scattered = [
        Pair(ANCHORS[0], (10, 200, 100, 204)),
        Pair(ANCHORS[2], (150, 20, 185, 24)),
        Pair(ANCHORS[4], (90, 250, 132, 254)),
    ]
    assert lie(scattered) is None


def test_a_page_that_was_stretched_one_way_is_mapped_so() -> None:
    def stretched(box: Rectangle) -> Rectangle:
        return box[0] * 1.03, box[1], box[2] * 1.03, box[3]

    found = lie([Pair(a, stretched(a)) for a in ANCHORS])
    assert off(found, ZONE, stretched(ZONE)) < 0.1


def test_what_stands_below_a_line_that_wrapped_is_sought_lower() -> None:
    wrapped = [Pair(a, mapped(a, 0, 1, down=7 if a[1] > 90 else 0)) for a in ANCHORS]
    found = lie(wrapped)
    above: Rectangle = (60, 79, 120, 85)
    assert off(found, ZONE, mapped(ZONE, 0, 1, down=7)) < 0.3
    assert off(found, above, mapped(above, 0, 1)) < 0.3


def test_the_way_back_is_the_way_back() -> None:
    found = lie([Pair(a, mapped(a, 0, 0.98)) for a in ANCHORS])
    assert found is not None
    assert found.back(found.box(ZONE)) == pytest.approx(ZONE, abs=1e-6)
