"""What a reader sees of a seal: a few words in the top margin, and where a law wants it the stamp.

Words in Times New Roman (here its metric twin, Liberation Serif), upright, size 10, black; times by
ISO 8601 in Vietnam's zone: Nghị định 30/2020/NĐ-CP, Phụ lục I.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from fpdf import FPDF
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader

from workbench.catalogues.profiles import Corner, Line, Seal
from workbench.errors import SettingsError
from workbench.rendition import FONT
from workbench.signing.keys import TRIAL

Rect = tuple[float, float, float, float]  # left, bottom, right, top in points

_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_SIZE = 10  # points
_LEADING = 11
_MARGIN = 6  # from the edges of the page: frames of old certificates begin soon after
_WIDEST = 0.6  # of the page; of two that stand side by side each gets less
_WIDEST_OF_TWO = 0.45
_STAMP = 36 / 25.4 * 72  # of an agency's round seal that does not say how large it is
_LARGEST_STAMP = 60 / 25.4 * 72
_FAMILY = "mark"


@dataclass(frozen=True)
class Drawing:
    """A one-page PDF that is the appearance of a signature."""

    pdf: bytes
    width: float
    height: float
    from_right: bool  # it keeps to the right edge of its place

    def box(self, frame: Rect) -> Rect:
        """Where it stands on a page with these edges."""
        top = round(frame[3] - _MARGIN)
        bottom = top - round(self.height)
        if self.from_right:
            right = round(frame[2] - _MARGIN)
            return right - round(self.width), bottom, right, top
        left = round(frame[0] + _MARGIN)
        return left, bottom, left + round(self.width), top

    def opened(self) -> PdfFileReader:
        return PdfFileReader(BytesIO(self.pdf), strict=True)


def iso(at: datetime) -> str:
    """The moment to a second, as Nghị định 30/2020 writes it: 2026-11-22T06:52:09+07:00."""
    return at.astimezone(_VIETNAM).replace(microsecond=0).isoformat()


def draw(
    seal: Seal,
    said: Mapping[Line, str],
    frame: Rect,
    *,
    trial: bool = False,
    alone: bool = True,
    stamp: Path | None = None,
) -> Drawing | None:
    """The mark of `seal` for a page with these edges; None where nothing is to be seen.

    Same words, same drawing. Lines that have nothing to say are left out.
    Raises SettingsError where `stamp`, the picture of the red seal, cannot be read.
    """
    if seal.corner is Corner.NONE:
        return None
    lines = [text for line in seal.lines if (text := said.get(line, ""))]
    if trial:
        lines[:1] = [f"{TRIAL} – {lines[0]}"] if lines else [TRIAL]
    width = frame[2] - frame[0]
    share = _WIDEST if alone else _WIDEST_OF_TWO
    widest = min(width * share, width - 2 * _MARGIN)
    shown = _picture(stamp) if seal.image and stamp else None
    return _draw(tuple(lines), widest, seal.corner is Corner.TOP_RIGHT, shown)


@dataclass(frozen=True)
class _Picture:
    png: bytes
    width: float  # points
    height: float


def _picture(path: Path) -> _Picture:
    """The red seal in its real size, where the picture says it (Thông tư 02/2019/TT-BNV)."""
    try:
        return _read_picture(path, path.stat().st_mtime_ns)
    except (OSError, ValueError) as error:
        raise SettingsError(
            "The picture of the seal, {file}, cannot be read.",
            "Name a PNG picture of the agency's seal in WORKBENCH_SEAL_IMAGE.",
            file=path.name,
        ) from error


@lru_cache(maxsize=4)
def _read_picture(path: Path, _changed: int) -> _Picture:
    content = path.read_bytes()
    with Image.open(BytesIO(content), formats=["PNG"]) as opened:
        pixels, dpi = opened.size, float(opened.info.get("dpi", (0, 0))[0])
    width = pixels[0] / dpi * 72 if dpi > 1 else _STAMP
    if width > _LARGEST_STAMP:
        width = _STAMP
    return _Picture(content, width, width * pixels[1] / pixels[0])


@lru_cache(maxsize=32)  # a batch signs many papers in one second
def _draw(
    said: Sequence[str],
    widest: float,
    from_right: bool,
    picture: _Picture | None,
    font: Path = FONT,
) -> Drawing:
    # Drawn with fpdf2: pyHanko writes the widths of a font of 2048 units an em unscaled.
    ruler = _ruler(font)
    lines = [line for text in said for line in _wrap(text, widest, ruler)]
    least = picture.width if picture else 0.0
    broadest = max([least, *(ruler.get_string_width(line) for line in lines)])
    width = float(round(broadest + 2))
    below = picture.height if picture else 0.0
    height = float(round(_LEADING * len(lines) + 2 + below))
    sheet = _sheet((width, height), font)
    for number, line in enumerate(lines):
        left = width - 1 - sheet.get_string_width(line) if from_right else 1
        sheet.text(left, _LEADING * number + _SIZE, line)
    if picture:
        left = width - 1 - picture.width if from_right else 1
        sheet.image(
            BytesIO(picture.png), left, _LEADING * len(lines) + 2, picture.width, picture.height
        )
    return Drawing(bytes(sheet.output()), width, height, from_right)


@cache
def _ruler(font: Path) -> FPDF:
    """A sheet that is only measured with; opening a font is most of the work of a mark."""
    return _sheet((100, 100), font)


def _sheet(size: tuple[float, float], font: Path) -> FPDF:
    sheet = FPDF(unit="pt", enforce_compliance="PDF/A-2B")
    sheet.set_margin(0)
    sheet.add_font(_FAMILY, fname=font)
    sheet.add_page(format=size)
    sheet.set_font(_FAMILY, size=_SIZE)
    return sheet


def _wrap(text: str, widest: float, ruler: FPDF) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and ruler.get_string_width(longer) <= widest:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
