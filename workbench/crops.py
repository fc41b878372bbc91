"""Other preparations of the crops that are in doubt: cheap further looks of the same engines.

What the engines see first is the readable page. A stroke that its preparation lost may stand in the
raw pixels, and the other way round. All looks are laid on one sheet, so that an engine is called
once for all of them; what an engine makes of the looks is one word, not several.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench import imaging
from workbench.errors import ReadingFailedError
from workbench.model import Box, Warp

Image = NDArray[np.uint8]

RAW, TIGHT, SOFT = "raw", "tight", "soft"
LOOKS: Final = (RAW, TIGHT, SOFT)
_HEIGHT: Final = 64  # pixels a line is enlarged to, at least
_INK: Final = 150
_PAPER: Final = 255
_GAP: Final = 12  # white between the crops of a sheet


@dataclass(frozen=True, slots=True)
class Sheet:
    """Crops under one another on one image; `boxes` in the order they were asked for."""

    path: Path
    boxes: tuple[Box, ...]


def lay_out(
    scan: Path, readable: Path, warp: Warp, asked: Sequence[tuple[Box, str]], into: Path
) -> Sheet:
    """A sheet of `asked`: boxes on the readable page, each with the look that is wanted.

    Writes a gray PNG to `into`. Raises ReadingFailedError where it cannot be written.
    """
    page, raw = imaging.gray_page(readable), imaging.bare_page(scan)
    crops = [_LOOK[look](page, raw, warp, box) for box, look in asked]
    width = max(crop.shape[1] for crop in crops) + 2 * _GAP
    height = sum(crop.shape[0] + _GAP for crop in crops) + _GAP
    sheet = np.full((height, width), _PAPER, np.uint8)
    boxes: list[Box] = []
    top = _GAP
    for crop in crops:
        high, wide = crop.shape
        sheet[top : top + high, _GAP : _GAP + wide] = crop
        boxes.append(Box(_GAP / width, top / height, (_GAP + wide) / width, (top + high) / height))
        top += high + _GAP
    if not cv2.imwrite(str(into), sheet, [cv2.IMWRITE_PNG_COMPRESSION, 1]):
        raise ReadingFailedError("The readable page cannot be written.")
    return Sheet(into, tuple(boxes))


def _as_scanned(page: Image, raw: Image, warp: Warp, box: Box) -> Image:
    """The pixels of the scan, only level: no background divided, no contrast stretched."""
    left, top, right, bottom = box.pixels(*warp.readable)
    wide, high = max(right - left, 1), max(bottom - top, 1)
    scale = max(1.0, _HEIGHT / high)
    # From a pixel of the crop to one of the scan; OpenCV measures from the middle of the pixel.
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    into_page = np.array([[1 / scale, 0, left], [0, 1 / scale, top], [0, 0, 1]])
    matrix = np.linalg.inv(half) @ np.array(warp.matrix).reshape(3, 3) @ into_page @ half
    size = round(wide * scale), round(high * scale)
    crop: Image = cv2.warpPerspective(
        raw,
        matrix,
        size,
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return crop


def _tight(page: Image, raw: Image, warp: Warp, box: Box) -> Image:
    """The readable crop, cut close above and below the line's ink, and enlarged."""
    crop = imaging.crop(page, box, pad=0.0)
    ink = (crop < _INK).sum(axis=1)
    middle = crop.shape[0] // 2
    least = max(2.0, 0.02 * float(ink.max(initial=0)))
    top, bottom = middle, middle
    while top > 0 and ink[max(0, top - 3) : top].max() >= least:
        top -= 1
    while bottom < len(ink) - 1 and ink[bottom + 1 : bottom + 4].max(initial=0) >= least:
        bottom += 1
    if bottom - top < 0.4 * crop.shape[0]:
        top, bottom = 0, crop.shape[0] - 1
    part = crop[max(0, top - 3) : bottom + 4]
    factor = max(1.5, _HEIGHT / max(part.shape[0], 1))
    enlarged: Image = cv2.resize(part, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    return enlarged


def _soft(page: Image, raw: Image, warp: Warp, box: Box) -> Image:
    """The readable crop without specks and with torn strokes joined: of photocopies."""
    crop = imaging.crop(page, box, pad=0.0, height=_HEIGHT)
    soft: Image = cv2.GaussianBlur(cv2.medianBlur(np.ascontiguousarray(crop), 3), (0, 0), 0.9)
    return soft


_LOOK: Final[Mapping[str, Any]] = {RAW: _as_scanned, TIGHT: _tight, SOFT: _soft}
