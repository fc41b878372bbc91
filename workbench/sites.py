"""Where a value stands on a page: strips of lines, between the margins of the running text."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.model import Box
from workbench.placement import Line, Running

LABEL_FOUND = 72.0  # similarity (0-100) from which a printed label counts as found


@dataclass(frozen=True, slots=True)
class Strip:
    """A part of one line of a page that holds (a part of) a value; box on the readable page."""

    page: int
    box: Box


@dataclass(frozen=True, slots=True)
class Site:
    """Where a field stands, and what the page's own reading says there."""

    name: str
    strips: tuple[Strip, ...]
    page_text: str  # as the engine that found the place read it
    sure: float  # 0-1: how well the prints around it were found
    label: str = ""  # the printed words before the value
    next: str = ""  # the printed words after it


@dataclass(frozen=True, slots=True)
class Body:
    """The margins of the running text of a page."""

    left: float
    right: float
    height: float

    @classmethod
    def of(cls, running: Running) -> Body:
        wide = [line for line in running.lines if line.box.width > 0.45] or list(running.lines)
        if not wide:
            return cls(0.1, 0.9, 0.015)
        lefts = sorted(line.box.left for line in wide)
        rights = sorted(line.box.right for line in wide)
        heights = sorted(w.box.height for line in wide for w in line.words)
        return cls(
            lefts[len(lefts) // 4], rights[(len(rights) * 3) // 4], heights[len(heights) // 2]
        )


def span(line: Line, x0: float, x1: float, usual: float) -> tuple[float, float]:
    """Top and bottom of a line between two x; the line may be bent, boxes may be too tall."""
    near = [w for w in line.words if w.box.right > x0 - 0.02 and w.box.left < x1 + 0.02]
    near = near or list(line.words)
    tops = sorted(w.box.top for w in near)
    bottoms = sorted(w.box.bottom for w in near)
    top, bottom = tops[len(tops) // 4], bottoms[(3 * len(bottoms)) // 4]
    middle = (top + bottom) / 2
    height = min(max(bottom - top, 1.0 * usual), 1.9 * usual)
    return middle - 0.5 * height - 0.22 * usual, middle + 0.5 * height + 0.22 * usual
