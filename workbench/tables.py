"""Where line items stand: under printed headings, in a ruled grid or in rows of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.model import Box
from workbench.placement import Placement, Running, rows_of
from workbench.sites import LABEL_FOUND
from workbench.template import Items

Image = NDArray[np.uint8]
_Cell = tuple[int, int, int, int]  # left, top, width, height in pixels


def table_cells(image: Image, placement: Placement, items: Items) -> dict[str, Box] | None:
    """`1.so_hieu` -> its cell on the readable page, in the ruled table under the printed headings.

    None where the page has no such table.
    """
    head = _heading_row(placement.running, items)
    if head is None:
        return None
    columns, top, bottom = head
    grid = _grid(image, top, bottom, columns, tuple(items.columns)) or _unruled_rows(
        placement.running, items, bottom, columns
    )
    if grid is None:
        return None
    cells: dict[str, Box] = {}
    for number, row in enumerate(grid, start=1):
        for column, box in row.items():
            cells[f"{number}.{column}"] = box
    return cells


def has_headings(running: Running, items: Items) -> bool:
    """Whether the printed headings of the table stand side by side on this page."""
    return _heading_row(running, items) is not None


def _heading_row(running: Running, items: Items) -> tuple[dict[str, float], float, float] | None:
    """Middle of each column, and the top and bottom of the row of headings."""
    wanted = {name: column.heading for name, column in items.columns.items()}
    best: tuple[float, dict[str, float], float, float] | None = None
    for line in running.lines:
        group = [
            other
            for other in running.lines
            if abs(other.box.middle[1] - line.box.middle[1]) < 0.8 * line.box.height
        ]
        row = Running(sorted(group, key=lambda g: g.box.left))
        middles: dict[str, float] = {}
        tops, bottoms = [], []
        for name, print_ in wanted.items():
            found = row.find(print_)
            if found is None or found.score < 75:
                continue
            left = row.edge(found.start, after=False)[1]
            right = row.edge(found.end - 1, after=True)[1]
            middles[name] = (left + right) / 2
            box = row.lines[row.owner[found.start][0]].box
            tops.append(box.top)
            bottoms.append(box.bottom)
        if len(middles) >= max(2, len(wanted) - 2) and (best is None or len(middles) > best[0]):
            best = (len(middles), middles, min(tops), max(bottoms))
    return (best[1], best[2], best[3]) if best else None


def _grid(
    image: Image,
    top: float,
    bottom: float,
    columns: Mapping[str, float],
    names: Sequence[str],
) -> list[dict[str, Box]] | None:
    """The rows under the headings, each with its cells, from the ruled lines of the table."""
    height, width = image.shape[:2]
    ink = (image < 160).astype(np.uint8)
    long_x, long_y = width // 32, max(12, int(0.012 * height))
    across = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, long_x), np.uint8))
    across = cv2.dilate(across, np.ones((5, 25), np.uint8))
    down = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((long_y, 1), np.uint8))
    down = cv2.dilate(down, np.ones((21, 5), np.uint8))
    rules = ((across | down) > 0).astype(np.uint8)
    # Cells are what the rules enclose.
    count, _, stats, _ = cv2.connectedComponentsWithStats(
        (1 - rules).astype(np.uint8), connectivity=4
    )
    cells: list[_Cell] = []
    for x, y, w, h, area in stats[1:count]:
        if (
            0.025 * width < w < 0.5 * width
            and 0.008 * height < h < 0.06 * height
            and area > 0.6 * w * h
        ):
            cells.append((x, y, w, h))
    head_y = (top + bottom) / 2 * height
    below = [c for c in cells if c[1] + c[3] / 2 > head_y + 0.6 * (bottom - top) * height]
    if not below:
        return None
    spine_at = max(columns.values(), key=lambda middle: _cells_at(below, middle * width))
    spine = sorted(
        (c for c in below if c[0] <= spine_at * width <= c[0] + c[2]), key=lambda c: c[1]
    )
    found: list[dict[str, Box]] = []
    previous = head_y
    for start in spine:
        if found and start[1] - previous > 3.5 * start[3]:
            break  # another table, or a stray box
        previous = start[1] + start[3]
        row = sorted(_row_through(start, below))
        if len(row) == len(names) + 1:  # the column that counts the rows comes first
            told = dict(zip(names, row[1:], strict=True))
        else:
            told = {
                name: cell
                for name, middle in columns.items()
                for cell in row
                if cell[0] <= middle * width <= cell[0] + cell[2]
            }
        told |= _faint(told, names, columns, width)
        boxes = {
            name: Box.clipped(
                (x + 3) / width, (y + 1) / height, (x + w - 3) / width, (y + h - 1) / height
            )
            for name, (x, y, w, h) in told.items()
        }
        if len(boxes) >= max(2, len(columns) - 1):
            found.append(boxes)
    return found or None


def _faint(
    told: Mapping[str, _Cell], names: Sequence[str], columns: Mapping[str, float], width: int
) -> dict[str, _Cell]:
    """Cells whose rules are too faint to be seen, as their neighbours and headings place them."""
    found: dict[str, _Cell] = {}
    for at, name in enumerate(names):
        if name in told or name not in columns:
            continue
        before = told.get(names[at - 1]) if at else None
        after = told.get(names[at + 1]) if at + 1 < len(names) else None
        beside = before or after
        if beside is None:
            continue
        middle = int(columns[name] * width)
        left = before[0] + before[2] if before else None
        right = after[0] if after else None
        if left is None and right is not None:
            left = 2 * middle - right
        if right is None and left is not None:
            right = 2 * middle - left
        if left is not None and right is not None and 0 <= left < middle < right:
            found[name] = (left, beside[1], right - left, beside[3])
    return found


def _cells_at(cells: Sequence[_Cell], x: float) -> int:
    return sum(1 for c in cells if c[0] <= x <= c[0] + c[2])


def _row_through(start: _Cell, cells: Sequence[_Cell]) -> list[_Cell]:
    """The cells beside `start`, from neighbour to neighbour: rows of a page not flat are bent."""
    row = [start]
    for step in (1, -1):
        here = start
        while (beside := _beside(here, cells, step)) is not None:
            row.append(beside)
            here = beside
    return row


def _beside(here: _Cell, cells: Sequence[_Cell], step: int) -> _Cell | None:
    best: tuple[float, _Cell] | None = None
    for cell in cells:
        gap = cell[0] - (here[0] + here[2]) if step > 0 else here[0] - (cell[0] + cell[2])
        if not -4 <= gap <= 0.8 * here[3]:
            continue
        shared = min(here[1] + here[3], cell[1] + cell[3]) - max(here[1], cell[1])
        if shared > 0.5 * min(here[3], cell[3]) and (best is None or shared > best[0]):
            best = (shared, cell)
    return best[1] if best else None


def _unruled_rows(
    running: Running, items: Items, top: float, columns: Mapping[str, float]
) -> list[dict[str, Box]] | None:
    """The rows of a table whose rules are too faint: words in rows, parted between the headings."""
    ends = [f for p in items.until if (f := running.find(p)) and f.score >= LABEL_FOUND]
    floors = [running.lines[running.owner[f.start][0]].box.top for f in ends]
    floor = min((y for y in floors if y > top), default=1.0)
    order = sorted(columns.items(), key=lambda item: item[1])
    middles = [middle for _, middle in order]
    first = middles[0] - (middles[1] - middles[0]) * 0.6
    cuts = [first, *((a + b) / 2 for a, b in pairwise(middles))]
    cuts.append(middles[-1] + (middles[-1] - middles[-2]) * 0.5)
    words = [w for line in running.lines for w in line.words if top < w.box.top < floor - 0.004]
    rows: list[dict[str, Box]] = []
    for line in rows_of(words):
        boxes: dict[str, Box] = {}
        for number, (name, _) in enumerate(order):
            inside = [w.box for w in line if cuts[number] <= w.box.middle[0] < cuts[number + 1]]
            if inside:
                box = Box.around(inside)
                boxes[name] = Box.clipped(
                    box.left - 0.01, box.top - 0.004, box.right + 0.01, box.bottom + 0.004
                )
        if len(boxes) >= max(2, len(order) - 2):
            rows.append(boxes)
    return rows or None
