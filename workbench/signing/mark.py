"""What a reader sees of an agency's signature on a digitised copy: words, top right, no image.

Nghị định 30/2020/NĐ-CP, Phụ lục I: form of the copy, agency, time of signing (ISO 8601, Vietnam
time), Times New Roman, upright, size 10, black. It stands in the top margin of the first page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from fpdf import FPDF
from pyhanko.pdf_utils.reader import PdfFileReader

from workbench.rendition import FONT
from workbench.signing.keys import TRIAL

_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_SIZE = 10  # points
_LEADING = 11
_MARGIN = 6  # from the edges of the page: frames of old certificates begin soon after
_WIDEST = 0.6  # of the page
_FAMILY = "mark"


@dataclass(frozen=True)
class Mark:
    """The words of a visible signature."""

    form: str  # of the copy: "Sao y", "Sao lục" or "Trích sao"
    agency: str

    def drawn(self, at: datetime, page: tuple[float, float], *, trial: bool) -> Drawing:
        """The mark for a page of this size in points. Same second, same drawing."""
        moment = at.astimezone(_VIETNAM).replace(microsecond=0).isoformat()
        first = f"{TRIAL} – {self.form}" if trial else self.form
        return _draw((first, self.agency, moment), min(page[0] * _WIDEST, page[0] - 2 * _MARGIN))


@dataclass(frozen=True)
class Drawing:
    """A one-page PDF that is the appearance of a signature."""

    pdf: bytes
    width: float
    height: float

    def box(self, page: tuple[float, float]) -> tuple[int, int, int, int]:
        """Where it stands, in PDF's own terms: left, bottom, right, top in points."""
        right, top = round(page[0] - _MARGIN), round(page[1] - _MARGIN)
        return right - round(self.width), top - round(self.height), right, top

    def opened(self) -> PdfFileReader:
        return PdfFileReader(BytesIO(self.pdf), strict=True)


@lru_cache(maxsize=16)  # a batch signs many papers in one second
def _draw(said: Sequence[str], widest: float, font: Path = FONT) -> Drawing:
    # Drawn with fpdf2: pyHanko writes the widths of a font of 2048 units an em unscaled.
    ruler = _ruler(font)
    lines = [line for text in said for line in _wrap(text, widest, ruler)]
    width = float(round(max(ruler.get_string_width(line) for line in lines) + 2))
    height = float(_LEADING * len(lines) + 2)
    sheet = _sheet((width, height), font)
    for number, line in enumerate(lines):
        left = width - 1 - sheet.get_string_width(line)  # to the right edge, as the margin is
        sheet.text(left, _LEADING * number + _SIZE, line)
    return Drawing(bytes(sheet.output()), width, height)


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
