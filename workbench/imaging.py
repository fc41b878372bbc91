"""Make a page readable: upright, level, without stamp ink or shadows, large enough, still gray.

The scan itself is never changed. `Readable.warp` says where every pixel came from, so that what an
engine finds on the readable page can be shown on the paper as it was scanned.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench import quality
from workbench.errors import EngineUnavailableError, ReadingFailedError
from workbench.model import Box, Quality, Warp

Image = NDArray[np.uint8]
Matrix = NDArray[np.float64]

SMALLEST_DPI: Final = 190  # below, engines lose marks: enlarge to READING_DPI
READING_DPI: Final = 300
_STEEPEST: Final = 9.0  # degrees of skew searched to either side
_LETTERS_LONG_SIDE: Final = 1650  # letters are looked for at about 140 dpi of A4
_BACKGROUND_LONG_SIDE: Final = 800
_TURN_SIDE: Final = 768  # input of the orientation model
_INK_SHARE: Final = 0.005  # of a page is ink, at least, where anything is written
_FAINT, _USUAL_INK, _SHINES_THROUGH = 120, 60, 195  # gray on white paper
_SURE_TURN: Final = 0.9  # odds of the orientation model that need no second opinion
_FEWEST_LETTERS: Final = 12  # fewer say nothing of how a page lies
_PAPER: Final = 255
_VIEW_WIDTH: Final = 2000
_VIEW_QUALITY: Final = 75
_LEADER_DOTS: Final = 7  # specks in a row, within 15 mm, that make a leader


@dataclass(frozen=True, slots=True)
class Readable:
    """The page as the engines see it: a gray PNG, the way back to the scan, and its quality."""

    path: Path
    warp: Warp
    quality: Quality


def make_readable(
    scan: Path, into: Path, *, dpi: int | None = None, view: Path | None = None
) -> Readable:
    """Write a gray PNG of the page at `scan` to `into`, ready to be read.

    `into` is the file to write. With `view`, the untouched pixels turned upright are written there
    as a JPEG for the screen. Without `dpi` the paper is taken for A4.
    Raises ReadingFailedError where the scan is not an image.
    """
    cv2.setNumThreads(1)  # work is spread over pages, not over the rows of one
    image = load(scan)
    height, width = image.shape[:2]
    dpi = dpi or quality.estimated_dpi(width, height)
    even = darken_faint_ink(divide_background(without_stamp_ink(image)))
    turns = upright_turns(even)
    letters = find_letters(np.ascontiguousarray(np.rot90(even, -turns)))
    skew = find_skew(letters)
    scale = READING_DPI / dpi if dpi < SMALLEST_DPI else 1.0
    matrix, size = _to_readable(width, height, turns, skew, scale)
    page = _render(even, matrix, size)
    into.parent.mkdir(parents=True, exist_ok=True)
    page = without_leaders(stretch(page), dpi=round(dpi * scale))
    written = cv2.imwrite(str(into), page, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if view is not None:
        view.parent.mkdir(parents=True, exist_ok=True)
        quality_ = [cv2.IMWRITE_JPEG_QUALITY, _VIEW_QUALITY]
        written = written and cv2.imwrite(str(view), for_screen(image, turns), quality_)
    if not written:
        raise ReadingFailedError("The readable page cannot be written.")
    back = np.linalg.inv(matrix)
    warp = Warp(tuple(float(v) for v in (back / back[2, 2]).ravel()), size, (width, height))
    return Readable(into, warp, quality.assess(image, dpi, skew=skew, rotation=90 * turns))


def load(path: Path) -> Image:
    """The pixels as they are in the file (BGR or gray); no orientation tag is followed."""
    raw = np.fromfile(path, dtype=np.uint8)
    flags = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_IGNORE_ORIENTATION
    image: Image | None = cv2.imdecode(raw, flags) if raw.size else None
    if image is None:
        raise ReadingFailedError(
            "The page image is damaged.", "Scan the page again and load it anew."
        )
    return image


def gray_page(path: Path) -> Image:
    """The page in gray, not to be written to; asked for again, it is not decoded again.

    Several engines read one page one after the other, each first its lines and then its strips.
    """
    return _gray_page(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _gray_page(path: Path, written: int) -> Image:
    page = load(path)
    if page.ndim == 3:
        page = cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)
    page.flags.writeable = False
    return page


def bare_page(path: Path) -> Image:
    """The untouched pixels of a scan, gray and without stamp ink; not to be written to."""
    return _bare_page(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _bare_page(path: Path, written: int) -> Image:
    page = without_stamp_ink(load(path))
    page.flags.writeable = False
    return page


def for_screen(image: Image, turns: int) -> Image:
    """The page as a person looks at it: turned clockwise by quarter turns, no wider than a screen.

    Of the same kind as `image`, BGR or gray.
    """
    wide = image.shape[1] if turns % 2 == 0 else image.shape[0]
    if wide > _VIEW_WIDTH:
        factor = _VIEW_WIDTH / wide
        size = round(image.shape[1] * factor), round(image.shape[0] * factor)
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(np.rot90(image, -turns))


def without_stamp_ink(image: Image) -> Image:
    """Gray in which red ink is as bright as paper: the red channel of a colour scan."""
    return image if image.ndim == 2 else np.ascontiguousarray(image[..., 2])


def divide_background(gray: Image) -> Image:
    """The page on even white paper: shadows, folds and yellowed paper are divided out."""
    height, width = gray.shape
    step = max(1, round(max(height, width) / _BACKGROUND_LONG_SIDE))
    small = cv2.resize(
        gray, (max(1, width // step), max(1, height // step)), interpolation=cv2.INTER_AREA
    )
    nib = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (15, 15))  # wider than any stroke
    paper = cv2.medianBlur(cv2.dilate(small, nib), 21)
    paper = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    even: Image = cv2.divide(gray, paper, scale=_PAPER)
    return even


def darken_faint_ink(even: Image) -> Image:
    """An even page whose ink is faint, with ink as dark as print usually is; others as they are.

    Where even the darkest is as light as writing that shines through, the page is left alone.
    """
    height, width = even.shape
    inner = np.ascontiguousarray(even[height // 16 : -(height // 16) or None,
                                      width // 16 : -(width // 16) or None])  # fmt: skip
    counts = cv2.calcHist([inner], [0], None, [256], [0, 256]).ravel().astype(np.int64)
    ink = int(np.searchsorted(np.cumsum(counts), _INK_SHARE * inner.size))
    if not _FAINT < ink < _SHINES_THROUGH:
        return even
    gain = (_PAPER - _USUAL_INK) / (_PAPER - ink)
    steps = _PAPER - (_PAPER - np.arange(256, dtype=np.float32)) * gain
    darkened: Image = cv2.LUT(even, np.clip(steps, 0, _PAPER).astype(np.uint8))
    return darkened


def stretch(page: Image) -> Image:
    """Full contrast: the darkest of the ink to black, paper to white; grays in between are kept."""
    counts = cv2.calcHist([page], [0], None, [256], [0, 256]).ravel().astype(np.int64)
    ink = counts[:170]
    if ink.sum() < page.size * 0.001:
        return page
    black = int(np.searchsorted(np.cumsum(ink), 0.2 * ink.sum()))
    white = 235
    steps = (np.arange(256, dtype=np.float32) - black) / max(white - black, 1) * _PAPER
    stretched: Image = cv2.LUT(page, np.clip(steps, 0, _PAPER).astype(np.uint8))
    return stretched


def without_leaders(page: Image, *, dpi: int) -> Image:
    """The page without its dotted leaders: under handwriting, engines take their dots for marks.

    A leader is a row of specks, closer together than any marks or full stops of a text are.
    """
    unit = dpi / 200
    ink = (page < 170).astype(np.uint8)
    count, labels, blots, middles = cv2.connectedComponentsWithStats(ink, connectivity=8)
    _, _, width, height, area = blots.T
    speck = (width <= 5.5 * unit) & (height <= 5.5 * unit) & (area <= 22 * unit * unit)
    specks = np.flatnonzero(speck[1:count]) + 1
    if len(specks) < _LEADER_DOTS:
        return page
    x, y = np.floor(middles[specks]).astype(int).T
    placed = np.zeros(page.shape, np.float32)
    np.add.at(placed, (y, x), 1)
    window = round(120 * unit) | 1, round(5 * unit) | 1
    beside = cv2.boxFilter(placed, -1, window, normalize=False)
    dots = specks[beside[y, x] >= _LEADER_DOTS]
    if not len(dots):
        return page
    leader = np.zeros(count, np.uint8)
    leader[dots] = 1
    near = cv2.dilate(leader[labels], np.ones((3, 3), np.uint8))
    clean: Image = np.where(near > 0, np.uint8(_PAPER), page)
    return clean


def crop(page: Path | Image, box: Box, *, pad: float = 0.15, height: int | None = None) -> Image:
    """The part of a page in `box`, with `pad` times the box height around it.

    With `height`, a strip lower than that many pixels is enlarged to it.
    """
    image = load(page) if isinstance(page, Path) else page
    rows, columns = image.shape[:2]
    left, top, right, bottom = box.pixels(columns, rows)
    margin = round(pad * (bottom - top))
    part = image[
        max(0, top - margin) : min(rows, max(bottom, top + 1) + margin),
        max(0, left - margin) : min(columns, max(right, left + 1) + margin),
    ]
    if height is not None and 0 < part.shape[0] < height:
        factor = height / part.shape[0]
        part = cv2.resize(part, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    return part


# --- which way is up ----------------------------------------------------------------------------


def upright_turns(even: Image) -> int:
    """Quarter turns clockwise that bring the page upright.

    The model is asked about the page as it lies and upside down; where its two answers are not
    sure or do not fit together, also about the two other turns: one wrong answer is outvoted.
    A side without writing has no way up and stays as it lies.
    """
    if len(find_letters(even)) < _FEWEST_LETTERS:
        return 0
    model = _turn_model()
    evidence = np.zeros(4)
    thumbnail = _turn_thumbnail(even)
    for asked, turn in enumerate((0, 2, 1, 3), start=1):
        turned = np.ascontiguousarray(np.rot90(thumbnail, turn))
        odds = model.run(None, {"x": turned[None, None]})[0][0][:4]
        evidence += np.roll(np.log(np.maximum(odds, 1e-4)), -turn)
        best, second = np.sort(evidence)[:-3:-1]
        if asked == 2 and best > 2 * math.log(_SURE_TURN) and second < best - 4:
            break
    return int(evidence.argmax())


@cache
def _turn_model() -> Any:  # onnxruntime ships no types
    try:
        import onnxruntime

        weights = files("trueocr") / "models" / "orient.onnx"
    except ModuleNotFoundError as missing:
        raise EngineUnavailableError(
            "Pages cannot be turned upright: the package {package} is missing.",
            "Install it: pip install {package}",
            package="trueocr",
        ) from missing
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])


def _turn_thumbnail(even: Image) -> NDArray[np.float32]:
    height, width = even.shape
    factor = _TURN_SIDE / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    small = cv2.resize(even, size, interpolation=cv2.INTER_AREA)
    ink = np.zeros((_TURN_SIDE, _TURN_SIDE), np.float32)
    ink[: size[1], : size[0]] = 1 - small.astype(np.float32) / _PAPER
    return ink


# --- how it lies --------------------------------------------------------------------------------


def find_letters(even: Image) -> NDArray[np.float64]:
    """Letter-sized blots as rows of (left, top, width, height), fractions of the long side.

    Frames, rules, stamps, drum streaks and dust are of other sizes and do not mislead what follows.
    """
    factor = _LETTERS_LONG_SIDE / max(even.shape)
    small = cv2.resize(even, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    ink = (small < 170).astype(np.uint8)
    _, _, blots, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    _, _, width, height, area = blots[1:].T
    fits = (
        (height >= 7)
        & (height <= 45)
        & (width >= 3)
        & (width <= 60)
        & (area >= 12)
        & (area < 0.9 * width * height + 4)
    )
    letters: NDArray[np.float64] = blots[1:, :4][fits] / float(_LETTERS_LONG_SIDE)
    return letters


def find_skew(letters: NDArray[np.float64]) -> float:
    """Degrees clockwise that the lines of text lean, to a twentieth of a degree."""
    if len(letters) < _FEWEST_LETTERS:
        return 0.0
    middle = letters[:, 0] + letters[:, 2] / 2
    foot = letters[:, 1] + letters[:, 3]
    weight = np.minimum(letters[:, 2], 20 / _LETTERS_LONG_SIDE)

    def sharpness(degrees: float, bin_width: float) -> float:
        """How strongly the feet of the letters gather in lines, the page turned by `degrees`."""
        level = (foot - middle * math.tan(math.radians(degrees))) / bin_width
        low = np.floor(level).astype(int)
        share = level - low
        low -= low.min()
        gathered = np.bincount(low, weights=weight * (1 - share), minlength=low.max() + 2)
        gathered[1:] += np.bincount(low, weights=weight * share, minlength=low.max() + 1)
        return float((gathered**2).sum())

    coarse = np.arange(-_STEEPEST, _STEEPEST + 0.01, 0.25)
    near = max(coarse, key=lambda a: sharpness(a, 4 / _LETTERS_LONG_SIDE))
    fine = np.arange(near - 0.4, near + 0.41, 0.05)
    return float(max(fine, key=lambda a: sharpness(a, 2 / _LETTERS_LONG_SIDE)))


# --- the map from scan to readable page ----------------------------------------------------------


def _to_readable(
    width: int, height: int, turns: int, skew: float, scale: float
) -> tuple[Matrix, tuple[int, int]]:
    """The matrix that takes a point of the scan to the readable page, and the readable size.

    Points are measured from the corner of the first pixel, not from its middle.
    """
    matrix, width, height = _turned(width, height, turns)
    angle = math.radians(-skew)
    cosine, sine = math.cos(angle), math.sin(angle)
    level = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    matrix = np.diag([scale, scale, 1.0]) @ level @ matrix
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]], float).T
    spread = np.diag([scale, scale, 1.0]) @ level @ corners
    left, top = spread[0].min(), spread[1].min()
    size = math.ceil(spread[0].max() - left), math.ceil(spread[1].max() - top)
    shift = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]])
    return shift @ matrix, size


def _turned(width: int, height: int, turns: int) -> tuple[Matrix, int, int]:
    match turns % 4:
        case 1:
            return np.array([[0, -1, height], [1, 0, 0], [0, 0, 1]], float), height, width
        case 2:
            return np.array([[-1, 0, width], [0, -1, height], [0, 0, 1]], float), width, height
        case 3:
            return np.array([[0, 1, 0], [-1, 0, width], [0, 0, 1]], float), height, width
    return np.eye(3), width, height


def _render(even: Image, matrix: Matrix, size: tuple[int, int]) -> Image:
    # OpenCV measures from the middle of the first pixel.
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    page: Image = cv2.warpPerspective(
        even,
        np.linalg.inv(half) @ matrix @ half,
        size,
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(_PAPER,),
    )
    return page
