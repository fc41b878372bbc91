"""A line as a scanner hands it over: set in a font, filled in, stamped, worn, badly scanned."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw

from workbench.training import texts, typefaces
from workbench.training.typefaces import Typeface

Image = NDArray[np.uint8]

_DRAWN = 72  # pixels of the font as it is drawn; the faults then take it down to a scan's size
HAND = 0.3  # share of lines in handwriting-like fonts


@dataclass(frozen=True, slots=True)
class Line:
    """A grey image, ink dark on light, and what it says."""

    image: Image
    text: str


@dataclass(frozen=True, slots=True)
class Fonts:
    """Faces by family: print and hand apart, so that each gets its share."""

    print_: tuple[tuple[Typeface, ...], ...]
    hand: tuple[tuple[Typeface, ...], ...]

    @classmethod
    def of(cls, faces: Sequence[Typeface]) -> Fonts:
        families = typefaces.by_family(faces)
        return cls(
            tuple(f for f in families if not f[0].by_hand),
            tuple(f for f in families if f[0].by_hand),
        )


def make(seed: Sequence[int], fonts: Fonts, *, longest: int = 40) -> Line:
    """The line of this seed: always the same."""
    dice = np.random.default_rng(list(seed))
    text = texts.line(dice, longest=longest)
    by_hand = bool(fonts.hand) and (not fonts.print_ or dice.random() < HAND)
    face = _face(dice, fonts.hand if by_hand else fonts.print_)
    form = _face(dice, fonts.print_) if by_hand and fonts.print_ and dice.random() < 0.3 else None
    paper = _drawn(dice, text, face, filled_in=by_hand, form=form)
    return Line(worn(dice, paper), text)


# Official papers are set in faces like Times and filled in by plain hands: those come more often.
_OFTEN = ("Termes", "FreeSerif", "STIX")
_PLAIN = ("Mali", "Itim", "Pangolin", "Sriracha", "Grandstander", "Shantell", "Sedgwick")


def _face(dice: np.random.Generator, families: tuple[tuple[Typeface, ...], ...]) -> Typeface:
    weights = np.array([_weight(members[0].family) for members in families])
    family = families[int(dice.choice(len(families), p=weights / weights.sum()))]
    return family[int(dice.integers(len(family)))]


def _weight(family: str) -> float:
    if any(name in family for name in _OFTEN):
        return 4.0
    return 2.0 if any(name in family for name in _PLAIN) else 1.0


def _drawn(
    dice: np.random.Generator,
    text: str,
    face: Typeface,
    *,
    filled_in: bool,
    form: Typeface | None,
) -> Image:
    """The text in ink on its form, with what stands beside it; `form` prints what has no digits."""
    font = typefaces.at_size(face.file, _DRAWN)
    runs = [run for run in re.split(r"(\d+)", text) if run] if form else [text]
    fonts = [
        typefaces.at_size(form.file, _DRAWN) if form and not run[0].isdigit() else font
        for run in runs
    ]
    boxes = [one.getbbox(run, anchor="ls") for one, run in zip(fonts, runs, strict=True)]
    starts = np.cumsum([0, *(one.getlength(run) for one, run in zip(fonts, runs, strict=True))])
    left, right = boxes[0][0], int(starts[-2]) + boxes[-1][2]
    top, bottom = min(box[1] for box in boxes), max(box[3] for box in boxes)
    room = int(_DRAWN * dice.uniform(0.05, 0.45))
    above, below = (int(_DRAWN * dice.uniform(0.02, 0.4)) for _ in range(2))
    size = (right - left + 2 * room, bottom - top + above + below)
    paper = Pillow.new("L", size, 255)
    draw = ImageDraw.Draw(paper)
    baseline = above - top
    ink = int(dice.integers(0, 60))
    if dice.random() < (0.75 if filled_in else 0.15):
        _leaders(dice, draw, size[0], baseline + int(dice.integers(0, _DRAWN // 6)))
    if dice.random() < 0.06:
        draw.line([(0, baseline + 9), (size[0], baseline + 9)], fill=60, width=3)
    thick = 1 if filled_in and dice.random() < 0.25 else 0
    for run, one, start in zip(runs, fonts, starts[:-1], strict=True):
        place = (room - left + int(start), baseline)
        draw.text(place, run, font=one, fill=ink, stroke_width=thick, anchor="ls")
    if dice.random() < 0.12:  # a neighbour's foot or head reaches into the crop
        other = texts.line(dice, longest=30)
        edge = -int(_DRAWN * 0.85) if dice.random() < 0.5 else size[1] - int(_DRAWN * 0.3)
        draw.text((int(dice.integers(-40, 40)), edge), other, font=font, fill=ink)
    if dice.random() < 0.05:
        draw.line([(3, 0), (3, size[1])], fill=40, width=4)
    return np.asarray(paper, np.uint8)


def _leaders(dice: np.random.Generator, draw: ImageDraw.ImageDraw, width: int, y: int) -> None:
    gap, radius = int(dice.integers(9, 17)), int(dice.integers(1, 4))
    for x in range(int(dice.integers(0, gap)), width, gap):
        draw.ellipse([x, y - radius, x + radius, y], fill=int(dice.integers(20, 90)))


def worn(dice: np.random.Generator, image: Image) -> Image:
    """The faults of paper, copier and scanner, mild for most and bad for some."""
    harm = float(dice.choice([0.15, 0.5, 1.0], p=[0.3, 0.35, 0.35]))
    image = _warped(dice, image, harm)
    if dice.random() < 0.25:
        image = _stamped(dice, image)
    if dice.random() < 0.3 * harm:
        image = _thinned(dice, image)
    height = int(dice.uniform(44, 64) - harm * dice.uniform(0, 34))  # 100 to 300 dpi
    scale = max(15, height) / image.shape[0]
    width = max(8, round(image.shape[1] * scale))
    image = cv2.resize(image, (width, max(15, height)), interpolation=cv2.INTER_AREA).astype(
        np.uint8
    )
    worked: NDArray[np.floating[Any]] = image.astype(np.float32)
    if (blur := dice.uniform(0, 1.25) * harm) > 0.25:
        worked = cv2.GaussianBlur(worked, (0, 0), blur)
    light = 255 - dice.uniform(0, 110) * harm
    dark = dice.uniform(0, 95) * harm
    worked = dark + worked / 255 * max(light - dark, 45)
    if dice.random() < 0.35 * harm:
        worked *= _uneven(dice, worked.shape[1], worked.shape[0])
    if harm > 0.2:
        worked += dice.normal(0, dice.uniform(0, 17) * harm, worked.shape)
    if dice.random() < 0.15 * harm:
        worked = np.where(dice.random(worked.shape) < 0.006, dark, worked)  # specks of a copier
    image = np.clip(worked, 0, 255).astype(np.uint8)
    if dice.random() < 0.12 * harm:
        _, image = cv2.threshold(image, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    if dice.random() < 0.7:
        quality = int(95 - dice.uniform(0, 62) * harm)
        _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        image = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
    return image


def _warped(dice: np.random.Generator, image: Image, harm: float) -> Image:
    rows, columns = image.shape
    lean = dice.normal(0, 0.05)
    turn = np.deg2rad(dice.normal(0, 0.55) * (0.4 + harm))
    turn = float(np.clip(turn, -0.16 * rows / columns * 2, 0.16 * rows / columns * 2))
    matrix = np.array([[1, lean, -lean * rows / 2], [turn, 1, -turn * columns / 2]], np.float32)
    moved = cv2.warpAffine(image, matrix, (columns, rows), borderValue=(255.0,))
    return np.asarray(moved, np.uint8)


def _stamped(dice: np.random.Generator, image: Image) -> Image:
    """Arcs and letters of a seal across the line, red ink as grey as a scanner sees it."""
    rows, columns = image.shape
    ink = np.full_like(image, 255)
    radius = int(dice.uniform(1.6, 4.0) * rows)
    centre = (int(dice.uniform(-0.3, 1.1) * columns), int(dice.uniform(-1.6, 2.6) * rows))
    shade = int(dice.uniform(60, 215))
    for ring in (1.0, 0.9, 0.55)[: int(dice.integers(1, 4))]:
        cv2.circle(ink, centre, int(radius * ring), (shade,), int(dice.integers(2, 7)), cv2.LINE_AA)
    for _ in range(int(dice.integers(0, 9))):
        angle = dice.uniform(0, 2 * np.pi)
        at = (
            int(centre[0] + 0.75 * radius * np.cos(angle)),
            int(centre[1] + 0.75 * radius * np.sin(angle)),
        )
        cv2.putText(ink, "ACGHNOT*"[int(dice.integers(8))], at, cv2.FONT_HERSHEY_SIMPLEX, rows / 70,
                    (shade,), 3, cv2.LINE_AA)  # fmt: skip
    holes = dice.random((max(2, rows // 3), max(2, columns // 3))) < dice.uniform(0, 0.45)
    holes = cv2.resize(holes.astype(np.uint8), (columns, rows), interpolation=cv2.INTER_NEAREST)
    ink = np.where(holes > 0, 255, ink)
    return np.minimum(image, ink).astype(np.uint8)


def _thinned(dice: np.random.Generator, image: Image) -> Image:
    """Strokes that broke or ran: worn type, a hungry or a greedy copier."""
    form = dice.random()
    if form < 0.4:
        return np.asarray(cv2.dilate(image, np.ones((2, 3), np.uint8)), np.uint8)
    if form < 0.6:
        return np.asarray(cv2.erode(image, np.ones((3, 2), np.uint8)), np.uint8)
    gaps = dice.random((max(2, image.shape[0] // 4), max(2, image.shape[1] // 4))) < 0.05
    gaps = cv2.resize(gaps.astype(np.uint8), image.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.where(gaps > 0, 255, image).astype(np.uint8)


def _uneven(dice: np.random.Generator, columns: int, rows: int) -> NDArray[np.float64]:
    """Light that falls off along the line, or the stripes of a dirty roller."""
    if dice.random() < 0.5:
        ramp = np.linspace(dice.uniform(0.7, 1), dice.uniform(0.7, 1), columns)
    else:
        wide = max(2, columns // int(dice.integers(6, 30)))
        ramp = np.repeat(dice.uniform(0.82, 1, columns // wide + 1), wide)[:columns]
    return np.tile(ramp, (rows, 1))
