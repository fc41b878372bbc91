"""Is this page fit to read? Resolution, blur, contrast, blank.

Computes only; whether a page is refused is decided where its template is known.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.model import Quality

Image = NDArray[np.uint8]

A4_LONG_SIDE_INCHES: Final = 11.69
_SHARPNESS_DPI: Final = 200  # blur is comparable only at one resolution
_INK: Final = 0.55  # darker than this share of the paper around it is ink
_POOR_DPI, _POOR_SKEW, _POOR_CONTRAST, _POOR_BLUR = 170, 2.0, 0.5, 200
_GOOD_BLUR, _GOOD_CONTRAST, _GOOD_SKEW = 1000, 0.6, 0.5
_FAINT_INK: Final = 0.75  # the same for faint ink, which is lighter than what shines through
_FEWEST_LETTERS: Final = 40  # of faint ink, for a page that is not blank
_SHORTEST_NOTE: Final = 8  # letters of dark ink; a line of them is no dust
_BLANK_SHARE: Final = 0.0015  # a page number alone is more ink than this


def assess(
    image: Image, dpi: int | None = None, *, skew: float = 0.0, rotation: int = 0
) -> Quality:
    """How fit `image` (gray or BGR, as scanned) is to be read.

    Without `dpi` the paper is taken for A4. `skew` and `rotation` are what imaging found.
    """
    gray = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    dpi = dpi or estimated_dpi(gray.shape[1], gray.shape[0])
    small = _at(gray, dpi, _SHARPNESS_DPI)
    height, width = small.shape
    # Edges of the sheet, punch holes and the scanner's lid are not what is written on it.
    inner = small[height // 16 : height - height // 16, width // 16 : width - width // 16]
    if inner.size == 0:
        return Quality(dpi, 0.0, skew, 0.0, blank=True, rotation=rotation)
    paper = _paper(inner)
    ink = _darker(inner, paper, _INK)
    if ink.mean() < _BLANK_SHARE:
        # Faint writing is still writing: it has letters, which dust, folds and streaks have not.
        faint = _darker(inner, paper, _FAINT_INK)
        if _letters(faint) >= _FEWEST_LETTERS:
            ink = faint
    covered = float(ink.mean())
    share = inner[ink] / paper[ink]
    return Quality(
        dpi=dpi,
        blur=round(float(cv2.Laplacian(inner, cv2.CV_32F).var()), 1),
        skew=round(skew, 2),
        contrast=round(float(1 - np.median(share)) if share.size else 0.0, 3),
        blank=covered < _BLANK_SHARE and _letters(ink) < _SHORTEST_NOTE,
        rotation=rotation,
    )


def _darker(gray: Image, paper: NDArray[np.float32], share: float) -> NDArray[np.bool_]:
    """Where it is darker than `share` of the paper. Single specks are dust and do not count."""
    dark = (gray < share * paper).astype(np.uint8)
    found: NDArray[np.bool_] = cv2.morphologyEx(
        dark, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)
    ).astype(bool)
    return found


def _letters(ink: NDArray[np.bool_]) -> int:
    """How many blots have the size of a letter (1.3-6 mm high, at 200 dpi)."""
    _, _, blots, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    _, _, width, height, _ = blots[1:].T
    return int(((height >= 10) & (height <= 48) & (width >= 4) & (width <= 60)).sum())


def _paper(gray: Image) -> NDArray[np.float32]:
    """How bright the paper is around each point: it changes slowly, a quarter of the points do."""
    height, width = gray.shape
    size = max(1, width // 4), max(1, height // 4)
    small = cv2.resize(cv2.dilate(gray, np.ones((9, 9), np.uint8)), size)
    even = cv2.resize(cv2.medianBlur(small, 9), (width, height))
    paper: NDArray[np.float32] = np.maximum(even.astype(np.float32), 1)
    return paper


def estimated_dpi(width: int, height: int) -> int:
    """The resolution at which a page of these pixels would be A4."""
    return max(1, round(max(width, height) / A4_LONG_SIDE_INCHES))


def _at(gray: Image, dpi: int, wanted: int) -> Image:
    factor = wanted / dpi
    if 0.9 < factor < 1.1:
        return gray
    size = max(1, round(gray.shape[1] * factor)), max(1, round(gray.shape[0] * factor))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    resized: Image = cv2.resize(gray, size, interpolation=how)
    return resized


def level(quality: Quality) -> str:
    """How good a scan is, for those who count how often engines err on such: good, fair, poor."""
    if (
        quality.dpi < _POOR_DPI
        or abs(quality.skew) > _POOR_SKEW
        or quality.contrast < _POOR_CONTRAST
        or quality.blur < _POOR_BLUR
    ):
        return "poor"
    sharp = quality.blur >= _GOOD_BLUR and quality.contrast >= _GOOD_CONTRAST
    return "good" if sharp and abs(quality.skew) < _GOOD_SKEW else "fair"
