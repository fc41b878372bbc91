"""Where a form lies on a page: the map from its millimetres that most of its anchors agree on.

Both sides are measured alike in both directions: the form in mm, the page in any unit, as long as
one step across is as long as one step down.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

Rectangle = tuple[float, float, float, float]  # left, top, right, bottom
_Numbers = NDArray[np.float64]

_AGREES: Final = 1.8  # mm that an anchor may lie off the common map: far less than a line
_STEEPEST: Final = math.radians(12)  # what still leans more was not straightened
_SPREAD: Final = 30.0  # mm between the outermost anchors, at least, to tell how a page lies
_ENOUGH: Final = 4  # anchors that make a map of their own; fewer keep the angles of the form
_SIDEWAYS: Final = 3.0  # mm that a whole line may be off, where lines above it wrap otherwise
_BESIDE: Final = 6.0  # an anchor one mm above or below counts as one that far to the side


@dataclass(frozen=True, slots=True)
class Pair:
    """Where the same printed words stand on the form and on the page."""

    form: Rectangle
    page: Rectangle


@dataclass(frozen=True, slots=True)
class Lie:
    """How a form lies on a page: `x' = a x + b y + c`, `y' = d x + e y + f`, and shifted parts.

    Where a line of a copy is longer than on the form, all below it stands lower: `shifts` are the
    anchors that say so, as their middle on the form and how far they stand off, both in mm.
    """

    matrix: tuple[float, float, float, float, float, float]
    agreed: int  # anchors on which the map rests
    of: int  # anchors with a place that were found
    off: float  # median distance in mm of those that agree
    shifts: tuple[tuple[float, float, float, float], ...]

    def point(self, x: float, y: float) -> tuple[float, float]:
        a, b, c, d, e, f = self.matrix
        return a * x + b * y + c, d * x + e * y + f

    def box(self, form: Rectangle, *, shifted: bool = True) -> Rectangle:
        """The upright rectangle on the page that holds this one of the form.

        `shifted`: as its nearest anchor says, where that stands off; otherwise by the map alone.
        """
        left, top, right, bottom = form
        across, down = self._shift(form) if shifted else (0.0, 0.0)
        corners = [
            self.point(x + across, y + down)
            for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))
        ]
        xs, ys = zip(*corners, strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    def back(self, page: Rectangle) -> Rectangle:
        """The upright rectangle on the form that holds this one of the page, by the map alone."""
        a, b, c, d, e, f = self.matrix
        whole = a * e - b * d
        corners = [
            ((e * (x - c) - b * (y - f)) / whole, (a * (y - f) - d * (x - c)) / whole)
            for x, y in (
                (page[0], page[1]), (page[2], page[1]), (page[2], page[3]), (page[0], page[3]),
            )
        ]  # fmt: skip
        xs, ys = zip(*corners, strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    def _shift(self, form: Rectangle) -> tuple[float, float]:
        if not self.shifts:
            return 0.0, 0.0
        x, y = _middle(form)
        near = min(self.shifts, key=lambda s: math.hypot(s[0] - x, _BESIDE * (s[1] - y)))
        return near[2], near[3]


def lie(pairs: Sequence[Pair]) -> Lie | None:
    """How the form lies, by the anchors that agree; None where no two that are apart do.

    Four or more that are well spread make an affine map (a scanner stretches one way); fewer, or
    such as stand in one row, keep the angles of the form.
    """
    if len(pairs) < 2:
        return None
    form, page = _points(pairs)
    agreed: list[int] = []
    for one, other in combinations(range(len(pairs)), 2):
        found = _agreeing(form, page, (one, other))
        if len(found) > len(agreed):
            agreed = found
    if len(agreed) < 2 or _length(pairs, agreed) < _SPREAD:
        return None
    matrix = _fitted(pairs, form, page, agreed)
    for _ in range(3):
        wider = _within(form, page, matrix, _AGREES)
        if len(wider) < len(agreed) or wider == agreed:
            break
        agreed, matrix = wider, _fitted(pairs, form, page, wider)
    distances = _distances(form, page, matrix)[agreed]
    return Lie(
        tuple(float(v) for v in matrix.ravel()),  # type: ignore[arg-type]  # six of them
        agreed=len(agreed),
        of=len(pairs),
        off=round(float(np.median(distances)), 3),
        shifts=_shifts(pairs, form, page, matrix, agreed),
    )


def _points(pairs: Sequence[Pair]) -> tuple[_Numbers, _Numbers]:
    """Left and right end of each anchor, at half its height: (n, 2, 2)."""

    def ends(box: Rectangle) -> tuple[tuple[float, float], tuple[float, float]]:
        middle = (box[1] + box[3]) / 2
        return (box[0], middle), (box[2], middle)

    return (
        np.array([ends(pair.form) for pair in pairs], float),
        np.array([ends(pair.page) for pair in pairs], float),
    )


def _agreeing(form: _Numbers, page: _Numbers, chosen: tuple[int, int]) -> list[int]:
    """The anchors that lie where the map of two of them says; empty for an impossible map."""
    ends = list(chosen)
    matrix = _similarity(form[ends].reshape(-1, 2), page[ends].reshape(-1, 2))
    if matrix is None:
        return []
    return _within(form, page, matrix, _AGREES)


def _within(form: _Numbers, page: _Numbers, matrix: _Numbers, reach: float) -> list[int]:
    return [int(i) for i in np.flatnonzero(_distances(form, page, matrix) <= reach)]


def _distances(form: _Numbers, page: _Numbers, matrix: _Numbers) -> _Numbers:
    """How far each anchor's worse end lies off, in mm of the form."""
    said = form @ matrix[:, :2].T + matrix[:, 2]
    off: _Numbers = np.linalg.norm(said - page, axis=2).max(axis=1) / _scale(matrix)
    return off


def _scale(matrix: _Numbers) -> float:
    return math.sqrt(abs(float(np.linalg.det(matrix[:, :2])))) or 1.0


def _length(pairs: Sequence[Pair], chosen: Sequence[int]) -> float:
    boxes = [pairs[i].form for i in chosen]
    across = max(b[2] for b in boxes) - min(b[0] for b in boxes)
    down = max(b[3] for b in boxes) - min(b[1] for b in boxes)
    return math.hypot(across, down)


def _fitted(
    pairs: Sequence[Pair], form: _Numbers, page: _Numbers, chosen: Sequence[int]
) -> _Numbers:
    """The best map of these anchors: affine where they are spread both ways."""
    boxes = [pairs[i].form for i in chosen]
    across = max(b[2] for b in boxes) - min(b[0] for b in boxes)
    middles = [(b[1] + b[3]) / 2 for b in boxes]
    here, there = form[chosen].reshape(-1, 2), page[chosen].reshape(-1, 2)
    alike = _similarity(here, there)
    if len(chosen) >= _ENOUGH and across >= _SPREAD and max(middles) - min(middles) >= _SPREAD:
        known = np.column_stack([here, np.ones(len(here))])
        affine: _Numbers = np.asarray(np.linalg.lstsq(known, there, rcond=None)[0].T, float)
        if _is_possible(affine):
            return affine
    assert alike is not None  # noqa: S101 - they agreed on one already
    return alike


def _similarity(form: _Numbers, page: _Numbers) -> _Numbers | None:
    """The turn, scale and shift that fit best (least squares); None for an impossible one."""
    here, there = form.mean(axis=0), page.mean(axis=0)
    a, b = (form - here).T, (page - there).T
    size = float((a**2).sum())
    if size < 1:
        return None
    cosine = float((a[0] * b[0] + a[1] * b[1]).sum()) / size
    sine = float((a[0] * b[1] - a[1] * b[0]).sum()) / size
    turn = np.array([[cosine, -sine], [sine, cosine]])
    matrix = np.column_stack([turn, there - turn @ here])
    return matrix if _is_possible(matrix) else None


def _is_possible(matrix: _Numbers) -> bool:
    """Whether a straightened page can lie so: hardly turned, not mirrored, hardly sheared."""
    (a, b), (d, e) = matrix[:, :2]
    if a <= 0 or e <= 0 or not 0.9 < a / e < 1.12:
        return False
    steep = math.tan(_STEEPEST)
    return bool(abs(d / a) < steep and abs(b / e) < steep and abs(d / a + b / e) < 0.05)


def _shifts(
    pairs: Sequence[Pair],
    form: _Numbers,
    page: _Numbers,
    matrix: _Numbers,
    agreed: Sequence[int],
) -> tuple[tuple[float, float, float, float], ...]:
    """Every anchor that was well found, with how far it stands off on the form's own scale.

    One that stands off sideways too was taken for other words and says nothing.
    """
    told: list[tuple[float, float, float, float]] = []
    for number, pair in enumerate(pairs):
        x, y = _middle(pair.form)
        if number in agreed:
            told.append((x, y, 0.0, 0.0))
            continue
        off = np.linalg.solve(matrix[:, :2], (page[number] - _said(form[number], matrix)).T).T
        across, down = (float(v) for v in off.mean(axis=0))
        if float(np.abs(off[:, 0]).max()) <= _SIDEWAYS and abs(down) < 60:
            told.append((x, y, across, down))
    return tuple(told) if any(down for *_, down in told) else ()


def _said(points: _Numbers, matrix: _Numbers) -> _Numbers:
    said: _Numbers = points @ matrix[:, :2].T + matrix[:, 2]
    return said


def _middle(box: Rectangle) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
