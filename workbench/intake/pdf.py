"""PDF files: the scan that is a page taken out as it is, any other page rendered."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Final

import pikepdf
import PIL.Image
import pypdfium2
from pypdfium2 import raw as pdfium

from workbench.errors import UnreadableFileError
from workbench.intake import images, refusals
from workbench.intake.images import PageFile
from workbench.intake.refusals import Limits

PDF: Final = "application/pdf"
_PRINT_DPI: Final = 300  # a page that holds no scan has no resolution of its own
_MOST_DPI: Final = 600  # a small high-resolution stamp must not blow up the page around it
_POINTS: Final = 72.0
_FULL_PAGE: Final = 0.015  # how far, of its side, a full-page image may stop short of the edge

_PDFIUM = Lock()  # PDFium is not made for threads


@dataclass(frozen=True, slots=True)
class _Sheet:
    """How a page of a PDF becomes an image: its own JPEG, or rendered at `scale` pixels a point."""

    width: int
    height: int
    dpi: int
    scale: float
    jpeg: bytes | None


def count_pages(path: Path, limits: Limits) -> int:
    """How many pages there are, each of them found to be sound and not too large."""
    if not refusals.ends_with(path, b"%%EOF"):
        raise refusals.cut_off()
    with _opened(path) as (shown, built):
        count = len(shown)
        refusals.check_count(count, limits)
        for index in range(count):
            sheet = _sheet(shown, built, index)
            if sheet.width * sheet.height > limits.max_pixels:
                raise refusals.too_many_pixels(limits)
            if sheet.jpeg is not None and b"\xff\xd9" not in sheet.jpeg[-refusals.ENDS_WITHIN :]:
                raise refusals.damaged_page(index)
    return count


def pages(path: Path, into: Path) -> Iterator[PageFile]:
    with _opened(path) as (shown, _):
        count = len(shown)
    for index in range(count):
        # Opened anew for each page: PDFium is not held while the caller works on the page.
        with _opened(path) as (shown, built):
            sheet = _sheet(shown, built, index)
            if sheet.jpeg is not None:
                page = into / f"{index:04}.jpg"
                page.write_bytes(sheet.jpeg)
            else:
                page = into / f"{index:04}.png"
                images.save(_rendered(shown, index, sheet), page)
        yield PageFile(index, page, sheet.width, sheet.height, sheet.dpi)


def picture(path: Path, index: int, *, width: int) -> bytes:
    """A page as it shows, seals and all, as WebP `width` pixels wide.

    Raises IndexError where there is no such page, UnreadableFileError where it cannot be shown.
    """
    with _opened(path) as (shown, _):
        if not 0 <= index < len(shown):
            raise IndexError(index)
        try:
            shown.init_forms()  # a seal shows as a field of a form
            page = shown[index]
            scale = width / page.get_width()
            drawn = page.render(scale=scale, may_draw_forms=True).to_pil().convert("RGB")
        except (pypdfium2.PdfiumError, *refusals.DAMAGED) as damage:
            raise refusals.damaged_page(index) from damage
    written = BytesIO()
    drawn.save(written, "WEBP", quality=75, method=2)
    return written.getvalue()


def length(path: Path) -> int:
    """How many pages a sound PDF has."""
    with _opened(path) as (shown, _):
        return len(shown)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[pypdfium2.PdfDocument, pikepdf.Pdf]]:
    """The PDF as it shows and as it is built; nobody else is in PDFium meanwhile."""
    try:
        with _PDFIUM, pikepdf.open(path) as built:
            if len(built.pages) == 0:  # PDFium calls it damaged
                raise refusals.no_pages()
            with closing(pypdfium2.PdfDocument(path)) as shown:
                shown.init_forms()  # else filled-in form fields are not drawn
                yield shown, built
    except pikepdf.PasswordError as locked:
        raise UnreadableFileError(
            "The PDF is encrypted: it opens only with a password.",
            "Ask its owner for a copy without a password.",
        ) from locked
    except (pikepdf.PdfError, pypdfium2.PdfiumError) as damage:
        raise refusals.corrupt() from damage


def _rendered(shown: pypdfium2.PdfDocument, index: int, sheet: _Sheet) -> PIL.Image.Image:
    try:
        drawn: PIL.Image.Image = shown[index].render(scale=sheet.scale).to_pil()
    except (pypdfium2.PdfiumError, *refusals.DAMAGED) as damage:
        raise refusals.damaged_page(index) from damage
    image = drawn.convert("RGB")
    red, green, blue = image.split()
    gray = red.tobytes() == green.tobytes() == blue.tobytes()
    return red if gray else image


def _sheet(shown: pypdfium2.PdfDocument, built: pikepdf.Pdf, index: int) -> _Sheet:
    try:
        page = shown[index]
        across, down = page.get_size()
        scans = [found for found in page.get_objects() if found.type == pdfium.FPDF_PAGEOBJ_IMAGE]
        if (jpeg := _only_jpeg(page, built.pages[index], scans)) is not None:
            width, height = scans[0].get_px_size()
            dpi = images.plausible_dpi(width / across * _POINTS, width, height)
            return _Sheet(width, height, dpi, 1.0, jpeg)
        scale = _native_scale(page, scans)
    except (pypdfium2.PdfiumError, pikepdf.PdfError, *refusals.DAMAGED) as damage:
        raise refusals.damaged_page(index) from damage
    # A hair less: rounding up must not add a column that the scan does not have.
    scale -= 0.01 / max(across, down)
    width, height = math.ceil(across * scale), math.ceil(down * scale)
    return _Sheet(width, height, images.plausible_dpi(scale * _POINTS, width, height), scale, None)


def _native_scale(page: pypdfium2.PdfPage, scans: list[pypdfium2.PdfImage]) -> float:
    """Pixels a point of the finest image that covers a good part of the page."""
    left, bottom, right, top = page.get_cropbox()
    across, down = right - left, top - bottom
    finest = 0.0
    for image in scans:
        columns, rows = image.get_px_size()
        x0, y0, x1, y1 = image.get_bounds() if image.level == 0 else (0, 0, across, down)
        if (x1 - x0) * (y1 - y0) < 0.2 * across * down:
            continue
        if _lies_across(image):
            columns, rows = rows, columns
        finest = max(finest, min(columns / (x1 - x0), rows / (y1 - y0)))
    if finest == 0:
        return _PRINT_DPI / _POINTS
    # A page measured in pixels instead of points has few pixels a point, yet is a full scan.
    sheet_inches = max(across, down) / _POINTS
    if sheet_inches > images.PLAUSIBLE_INCHES[1]:
        return finest
    return min(finest, _MOST_DPI / _POINTS)


def _lies_across(image: pypdfium2.PdfImage) -> bool:
    """Whether the image is drawn a quarter turned."""
    matrix = image.get_matrix()
    return bool(abs(matrix.b) + abs(matrix.c) > abs(matrix.a) + abs(matrix.d))


def _only_jpeg(
    page: pypdfium2.PdfPage, leaf: pikepdf.Page, scans: list[pypdfium2.PdfImage]
) -> bytes | None:
    """The JPEG that is all of the page, upright and uncropped; None where there is more to it."""
    if len(scans) != 1 or page.get_rotation() or not _fills(page, scans[0]):
        return None
    if any(_is_seen(found) for found in page.get_objects() if found.type != scans[0].type):
        return None
    streams = [*leaf.get_images(recursive=False).values()]
    if len(leaf.get("/Annots", ())) or len(streams) != 1:
        return None
    (stream,) = streams
    if stream.get("/Filter") not in (
        pikepdf.Name.DCTDecode,
        pikepdf.Array([pikepdf.Name.DCTDecode]),
    ):
        return None
    if any(key in stream for key in ("/SMask", "/Mask", "/Decode", "/ImageMask")):
        return None
    return _plain_jpeg(bytes(stream.read_raw_bytes()), scans[0].get_px_size())


def _plain_jpeg(jpeg: bytes, size: tuple[int, int]) -> bytes | None:
    """The JPEG, if it shows by itself as it shows in the PDF."""
    with PIL.Image.open(BytesIO(jpeg)) as image:
        plain = image.format == "JPEG" and image.mode in ("L", "RGB") and image.size == size
        return jpeg if plain and images.stands_as_it_is(image) else None


def _fills(page: pypdfium2.PdfPage, image: pypdfium2.PdfImage) -> bool:
    if image.level != 0:
        return False
    left, bottom, right, top = page.get_cropbox()
    matrix = image.get_matrix()
    across, down = right - left, top - bottom
    upright = matrix.a > 0 and matrix.d > 0
    level = abs(matrix.b) < 0.001 * matrix.a and abs(matrix.c) < 0.001 * matrix.d
    near_x, near_y = _FULL_PAGE * across, _FULL_PAGE * down
    return bool(
        upright
        and level
        and abs(matrix.e - left) <= near_x
        and abs(matrix.f - bottom) <= near_y
        and abs(matrix.e + matrix.a - right) <= near_x
        and abs(matrix.f + matrix.d - top) <= near_y
    )


def _is_seen(found: pypdfium2.PdfObject) -> bool:
    """False for the invisible text that OCR lays over a scan."""
    if found.type != pdfium.FPDF_PAGEOBJ_TEXT:
        return True
    mode = pdfium.FPDFTextObj_GetTextRenderMode(found)
    return bool(mode != pdfium.FPDF_TEXTRENDERMODE_INVISIBLE)
