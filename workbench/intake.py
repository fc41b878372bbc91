"""Files as they are handed in: looked at, refused with the reason, or cut into page images.

What was scanned is passed on byte for byte where a file holds one JPEG or PNG a page. Everything
else is rendered at the resolution it was scanned at, never above.
"""

from __future__ import annotations

import hashlib
import math
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import Any, Final

import pikepdf
import PIL.ExifTags
import PIL.Image
import PIL.ImageOps
import pypdfium2
from pypdfium2 import raw as pdfium

from workbench.errors import UnreadableFileError, WorkbenchError

PDF: Final = "application/pdf"
TIFF: Final = "image/tiff"
JPEG: Final = "image/jpeg"
PNG: Final = "image/png"

_CALLED: Final = {PDF: "PDF", TIFF: "TIFF", JPEG: "JPEG", PNG: "PNG"}
_ENDINGS: Final = {
    ".pdf": PDF,
    ".tif": TIFF,
    ".tiff": TIFF,
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".jpe": JPEG,
    ".jfif": JPEG,
    ".png": PNG,
}
_BEGINNINGS: Final = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
)
_PDF_BEGINS_WITHIN: Final = 1024  # readers accept what a mail gateway puts before it
_ENDS_WITHIN: Final = 4096
_PLAUSIBLE_DPI: Final = range(75, 1201)
_PLAUSIBLE_INCHES: Final = (3.0, 18.0)  # long side: an identity card to A3
_A4_LONG_SIDE_INCHES: Final = 11.69
_PRINT_DPI: Final = 300  # a page that holds no scan has no resolution of its own
_MOST_DPI: Final = 600  # a small high-resolution stamp must not blow up the page around it
_POINTS: Final = 72.0
_FULL_PAGE: Final = 0.015  # how far, of its side, a full-page image may stop short of the edge
_STRIP_STARTS: Final = 273  # tags of TIFF 6.0
_STRIP_LENGTHS: Final = 279
_TILE_STARTS: Final = 324
_TILE_LENGTHS: Final = 325
_VIEW_WIDTH: Final = 2000
_VIEW_QUALITY: Final = 75
_PIECE: Final = 1 << 20

# What Pillow lets out when a file is damaged; it has no error of its own for it.
_DAMAGED: Final = (
    OSError, SyntaxError, ValueError, EOFError, KeyError, TypeError, IndexError, struct.error,
    ZeroDivisionError, OverflowError, AttributeError,
)  # fmt: skip

_PDFIUM = Lock()  # PDFium is not made for threads


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may ask of the machine."""

    max_bytes: int = 100 * 1024 * 1024
    max_pages: int = 500
    max_pixels: int = 80_000_000  # a page: A3 at 600 dpi, A4 at 800
    max_archived_files: int = 5_000
    max_unpacked: int = 4 * 1024**3  # bytes of all files of one archive together


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that can be taken in. `digest` is the SHA-256 of its bytes, in hex."""

    name: str
    media_type: str
    size: int
    digest: str
    pages: int


@dataclass(frozen=True, slots=True)
class PageFile:
    """One page of a file as an image of its own, JPEG or PNG; `index` counts from 0."""

    index: int
    path: Path
    width: int
    height: int
    dpi: int


# --- looking at a file --------------------------------------------------------------------------


def examine(path: Path, name: str, limits: Limits = LIMITS) -> Examined:
    """What the file at `path`, handed in as `name`, is; every page of it can be opened.

    Raises UnreadableFileError, with a sentence for each reason, where it cannot be taken in.
    """
    size = _size(path)
    if size == 0:
        raise UnreadableFileError(
            "The file is empty.", "Copy it again from where it was scanned, or scan it again."
        )
    if size > limits.max_bytes:
        raise UnreadableFileError(
            "The file is too large: {size} MB, at most {most} MB are taken in.",
            "Scan at 300 dpi, or split the file.",
            size=_megabytes(size),
            most=_megabytes(limits.max_bytes),
        )
    media_type = _media_type(path, name)
    try:
        pages = (_examine_pdf if media_type == PDF else _examine_image)(path, limits)
    except PIL.Image.DecompressionBombError as bomb:
        raise _too_many_pixels(limits) from bomb
    except _DAMAGED as damage:
        raise _damaged(path, media_type) from damage
    return Examined(name, media_type, size, _sha256(path), pages)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as gone:
        raise UnreadableFileError(
            "The file is not there or may not be read.", "Check the path and its permissions."
        ) from gone


def _media_type(path: Path, name: str) -> str:
    """The kind its bytes say; refused where its name says another."""
    with path.open("rb") as source:
        begins = source.read(_PDF_BEGINS_WITHIN)
    found = next((kind for mark, kind in _BEGINNINGS if begins.startswith(mark)), None)
    if found is None and b"%PDF-" in begins:
        found = PDF
    ending = PurePosixPath(name).suffix.lower()
    said = _ENDINGS.get(ending)
    if found is None and said is not None:
        raise UnreadableFileError(
            "The file is called a {said} file, but its contents are something else.",
            "Find out what it is and give it its right name, or scan the paper again.",
            said=_CALLED[said],
        )
    if found is None:
        raise UnreadableFileError(
            "Files of this kind are not taken in.",
            "Hand in PDF, TIFF, JPEG or PNG, alone, in a folder or in a zip archive.",
        )
    # What ends in digits, as in "Số 12.3", has no ending that claims anything.
    if said != found and any(letter.isalpha() for letter in ending):
        raise UnreadableFileError(
            "The file is called a {said} file, but it is a {found} file.",
            "Give it the right ending, and make sure it is the right file.",
            said=_CALLED[said] if said else ending,
            found=_CALLED[found],
        )
    return found


def _examine_image(path: Path, limits: Limits) -> int:
    with PIL.Image.open(path) as image:
        pages = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
        _check_count(pages, limits)
        for index in range(pages):
            if pages > 1:
                image.seek(index)
            width, height = image.size
            if width * height > limits.max_pixels:
                raise _too_many_pixels(limits)
            image.load()
    return int(pages)


def _examine_pdf(path: Path, limits: Limits) -> int:
    if not _ends_with(path, b"%%EOF"):
        raise _cut_off()
    with _opened(path) as (shown, built):
        pages = len(shown)
        _check_count(pages, limits)
        for index in range(pages):
            sheet = _sheet(shown, built, index)
            if sheet.width * sheet.height > limits.max_pixels:
                raise _too_many_pixels(limits)
            if sheet.jpeg is not None and b"\xff\xd9" not in sheet.jpeg[-_ENDS_WITHIN:]:
                raise _damaged_page(index)
    return pages


def _check_count(pages: int, limits: Limits) -> None:
    if pages == 0:
        raise _no_pages()
    if pages > limits.max_pages:
        raise UnreadableFileError(
            "The file has too many pages: {pages}, at most {most} are taken in.",
            "Split it, best into one file a paper.",
            pages=pages,
            most=limits.max_pages,
        )


def _no_pages() -> UnreadableFileError:
    return UnreadableFileError("The file has no pages.", "Scan the paper again.")


def _too_many_pixels(limits: Limits) -> UnreadableFileError:
    return UnreadableFileError(
        "A page has too many pixels: at most {most} million are taken in.",
        "Scan it at 300 dpi; if it is not a scan, somebody may mean harm with it.",
        most=limits.max_pixels // 1_000_000,
    )


def _damaged(path: Path, media_type: str) -> UnreadableFileError:
    mark = {PNG: b"IEND", JPEG: b"\xff\xd9"}.get(media_type)
    if mark is not None:
        return _corrupt() if _ends_with(path, mark) else _cut_off()
    return _cut_off() if media_type == TIFF and _tiff_is_short(path) else _corrupt()


def _damaged_page(index: int) -> UnreadableFileError:
    return UnreadableFileError(
        "Page {page} of the file is damaged.",
        "Copy the file again from where it was scanned, or scan the paper again.",
        page=index + 1,
    )


def _corrupt() -> UnreadableFileError:
    return UnreadableFileError(
        "The file is damaged and cannot be opened.",
        "Copy it again from where it was scanned, or scan the paper again.",
    )


def _cut_off() -> UnreadableFileError:
    return UnreadableFileError(
        "The file is cut off: its end is missing.",
        "The copying was probably broken off. Copy it again, or scan the paper again.",
    )


def _ends_with(path: Path, mark: bytes) -> bool:
    """Whether `mark` stands near the end; scanners pad files, so not at the very end."""
    with path.open("rb") as source:
        source.seek(max(0, path.stat().st_size - _ENDS_WITHIN))
        return mark in source.read()


def _tiff_is_short(path: Path) -> bool:
    """Whether the file ends before a directory, or a strip, that it points to."""
    size = path.stat().st_size
    try:
        with PIL.Image.open(path) as image:
            for index in range(getattr(image, "n_frames", 1)):
                image.seek(index)
                tags: Any = getattr(image, "tag_v2", {})
                starts = tags.get(_STRIP_STARTS) or tags.get(_TILE_STARTS) or ()
                lengths = tags.get(_STRIP_LENGTHS) or tags.get(_TILE_LENGTHS) or ()
                if any(at + n > size for at, n in zip(starts, lengths, strict=False)):
                    return True
    except _DAMAGED:
        return _has_far_directory(path, size)
    return False


def _has_far_directory(path: Path, size: int) -> bool:
    with path.open("rb") as source:
        order = "<" if source.read(4)[:2] == b"II" else ">"
        while field := source.read(4):
            at = struct.unpack(f"{order}I", field.ljust(4, b"\0"))[0]
            if at == 0 or at <= source.tell() - 4:
                return False
            source.seek(at)
            if len(count := source.read(2)) < 2:
                return True
            source.seek(12 * struct.unpack(f"{order}H", count)[0], 1)
    return True


# --- cutting a file into pages --------------------------------------------------------------------


def page_images(path: Path, media_type: str, into: Path) -> Iterator[PageFile]:
    """Each page of the file as an image file in the folder `into`, in order.

    Raises UnreadableFileError at a page that is damaged.
    """
    into.mkdir(parents=True, exist_ok=True)
    if media_type == PDF:
        yield from _pdf_pages(path, into)
        return
    try:
        yield from _image_pages(path, media_type, into)
    except PIL.Image.DecompressionBombError as bomb:
        raise _too_many_pixels(LIMITS) from bomb
    except _DAMAGED as damage:
        raise _damaged(path, media_type) from damage


def _image_pages(path: Path, media_type: str, into: Path) -> Iterator[PageFile]:
    with PIL.Image.open(path) as image:
        frames = getattr(image, "n_frames", 1) if media_type == TIFF else 1
        for index in range(frames):
            if frames > 1:
                image.seek(index)
            if media_type != TIFF and _stands_as_it_is(image):
                page = into / f"{index:04}.{'jpg' if media_type == JPEG else 'png'}"
                shutil.copyfile(path, page)
                width, height = image.size
            else:
                page = into / f"{index:04}.png"
                upright = PIL.ImageOps.exif_transpose(image)
                width, height = upright.size
                _save(_on_paper(upright), page)
            yield PageFile(index, page, width, height, _dpi(image, width, height))


def _stands_as_it_is(image: PIL.Image.Image) -> bool:
    """Whether every program shows these pixels alike: no turning tag, nothing to see through."""
    orientation = image.getexif().get(PIL.ExifTags.Base.Orientation, 1)
    if orientation not in (0, 1):
        return False
    return image.format == "JPEG" or (
        image.mode in ("1", "L", "RGB", "P") and "transparency" not in image.info
    )


def _on_paper(image: PIL.Image.Image) -> PIL.Image.Image:
    """Eight bits or one, gray or colour, what is see-through laid on white."""
    if image.mode in ("1", "L", "RGB"):
        return image
    if image.mode.startswith(("I", "F")):
        _, lightest = image.getextrema()
        sixteen_bits = isinstance(lightest, int | float) and lightest > 255
        scale = 255 / (65535 if sixteen_bits else 255)
        return image.convert("F").point(lambda value: value * scale).convert("L")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        clear = image.convert("RGBA")
        paper = PIL.Image.new("RGBA", clear.size, "white")
        return PIL.Image.alpha_composite(paper, clear).convert("RGB")
    return image.convert("RGB")


def _dpi(image: PIL.Image.Image, width: int, height: int) -> int:
    said = image.info.get("dpi")
    try:
        return _plausible_dpi(float(said[0]) if said else None, width, height)
    except (TypeError, ValueError, ZeroDivisionError):
        return _plausible_dpi(None, width, height)


def _plausible_dpi(said: float | None, width: int, height: int) -> int:
    """The resolution a file claims, unless no paper has that size; then that of an A4 sheet."""
    if said and round(said) in _PLAUSIBLE_DPI:
        inches = max(width, height) / said
        if _PLAUSIBLE_INCHES[0] <= inches <= _PLAUSIBLE_INCHES[1]:
            return round(said)
    return max(1, round(max(width, height) / _A4_LONG_SIDE_INCHES))


def _save(image: PIL.Image.Image, into: Path) -> None:
    image.save(into, "PNG", compress_level=3)  # half the time of the default, a tenth larger


# --- PDF ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sheet:
    """How a page of a PDF becomes an image: its own JPEG, or rendered at `scale` pixels a point."""

    width: int
    height: int
    dpi: int
    scale: float
    jpeg: bytes | None


@contextmanager
def _opened(path: Path) -> Iterator[tuple[pypdfium2.PdfDocument, pikepdf.Pdf]]:
    """The PDF as it shows and as it is built; nobody else is in PDFium meanwhile."""
    try:
        with _PDFIUM, pikepdf.open(path) as built:
            if len(built.pages) == 0:  # PDFium calls it damaged
                raise _no_pages()
            with closing(pypdfium2.PdfDocument(path)) as shown:
                shown.init_forms()  # else filled-in form fields are not drawn
                yield shown, built
    except pikepdf.PasswordError as locked:
        raise UnreadableFileError(
            "The PDF is encrypted: it opens only with a password.",
            "Ask its owner for a copy without a password.",
        ) from locked
    except (pikepdf.PdfError, pypdfium2.PdfiumError) as damage:
        raise _corrupt() from damage


def _pdf_pages(path: Path, into: Path) -> Iterator[PageFile]:
    with _opened(path) as (shown, _):
        pages = len(shown)
    for index in range(pages):
        # Opened anew for each page: PDFium is not held while the caller works on the page.
        with _opened(path) as (shown, built):
            sheet = _sheet(shown, built, index)
            if sheet.jpeg is not None:
                page = into / f"{index:04}.jpg"
                page.write_bytes(sheet.jpeg)
            else:
                page = into / f"{index:04}.png"
                _save(_rendered(shown, index, sheet), page)
        yield PageFile(index, page, sheet.width, sheet.height, sheet.dpi)


def _rendered(shown: pypdfium2.PdfDocument, index: int, sheet: _Sheet) -> PIL.Image.Image:
    try:
        drawn: PIL.Image.Image = shown[index].render(scale=sheet.scale).to_pil()
    except (pypdfium2.PdfiumError, *_DAMAGED) as damage:
        raise _damaged_page(index) from damage
    image = drawn.convert("RGB")
    red, green, blue = image.split()
    gray = red.tobytes() == green.tobytes() == blue.tobytes()
    return red if gray else image


def _sheet(shown: pypdfium2.PdfDocument, built: pikepdf.Pdf, index: int) -> _Sheet:
    try:
        page = shown[index]
        across, down = page.get_size()
        images = [found for found in page.get_objects() if found.type == pdfium.FPDF_PAGEOBJ_IMAGE]
        if (jpeg := _only_jpeg(page, built.pages[index], images)) is not None:
            width, height = images[0].get_px_size()
            dpi = _plausible_dpi(width / across * _POINTS, width, height)
            return _Sheet(width, height, dpi, 1.0, jpeg)
        scale = _native_scale(page, images)
    except (pypdfium2.PdfiumError, pikepdf.PdfError, *_DAMAGED) as damage:
        raise _damaged_page(index) from damage
    # A hair less: rounding up must not add a column that the scan does not have.
    scale -= 0.01 / max(across, down)
    width, height = math.ceil(across * scale), math.ceil(down * scale)
    return _Sheet(width, height, _plausible_dpi(scale * _POINTS, width, height), scale, None)


def _native_scale(page: pypdfium2.PdfPage, images: list[pypdfium2.PdfImage]) -> float:
    """Pixels a point of the finest image that covers a good part of the page."""
    left, bottom, right, top = page.get_cropbox()
    across, down = right - left, top - bottom
    finest = 0.0
    for image in images:
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
    if sheet_inches > _PLAUSIBLE_INCHES[1]:
        return finest
    return min(finest, _MOST_DPI / _POINTS)


def _lies_across(image: pypdfium2.PdfImage) -> bool:
    """Whether the image is drawn a quarter turned."""
    matrix = image.get_matrix()
    return bool(abs(matrix.b) + abs(matrix.c) > abs(matrix.a) + abs(matrix.d))


def _only_jpeg(
    page: pypdfium2.PdfPage, leaf: pikepdf.Page, images: list[pypdfium2.PdfImage]
) -> bytes | None:
    """The JPEG that is all of the page, upright and uncropped; None where there is more to it."""
    if len(images) != 1 or page.get_rotation() or not _fills(page, images[0]):
        return None
    if any(_is_seen(found) for found in page.get_objects() if found.type != images[0].type):
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
    return _plain_jpeg(bytes(stream.read_raw_bytes()), images[0].get_px_size())


def _plain_jpeg(jpeg: bytes, size: tuple[int, int]) -> bytes | None:
    """The JPEG, if it shows by itself as it shows in the PDF."""
    with PIL.Image.open(BytesIO(jpeg)) as image:
        plain = image.format == "JPEG" and image.mode in ("L", "RGB") and image.size == size
        return jpeg if plain and _stands_as_it_is(image) else None


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


# --- folders and archives -------------------------------------------------------------------------


def expand(
    paths: Iterable[Path], into: Path, limits: Limits = LIMITS
) -> Iterator[tuple[str, Path | WorkbenchError]]:
    """Every file that is handed in with `paths`: files, folders and zip archives, by name.

    Names are relative to the folder or archive that was handed in. Archives are unpacked into
    `into`. What cannot be opened comes with the error in place of its path.
    """
    into.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(paths):
        room = into / f"{number:04}"
        if path.is_dir():
            yield from _folder(path, room, limits)
        elif path.suffix.lower() == ".zip":
            yield from _archive(path, path.name, "", room, limits)
        else:
            yield path.name, path


def _folder(
    folder: Path, room: Path, limits: Limits
) -> Iterator[tuple[str, Path | WorkbenchError]]:
    names = sorted(
        name
        for path in folder.rglob("*")
        if not path.is_dir() and not _is_hidden(name := path.relative_to(folder).as_posix())
    )
    if not names:
        yield folder.name, UnreadableFileError("The folder holds no files.", "Check the path.")
    for number, name in enumerate(names):
        path = folder / name
        if path.suffix.lower() == ".zip":
            yield from _archive(path, name, f"{name}/", room / f"{number:06}", limits)
        else:
            yield name, path


def _archive(
    path: Path, name: str, prefix: str, room: Path, limits: Limits
) -> Iterator[tuple[str, Path | WorkbenchError]]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        yield (
            name,
            UnreadableFileError(
                "The archive is damaged and cannot be opened.", "Pack it again, or copy it again."
            ),
        )
        return
    with archive:
        entries = sorted(
            (
                (given, entry)
                for entry in archive.infolist()
                if not entry.is_dir() and not _is_hidden(given := _entry_name(entry))
            ),
            key=lambda pair: pair[0],
        )
        if not entries:
            yield name, UnreadableFileError("The archive holds no files.", "Pack it again.")
        if len(entries) > limits.max_archived_files:
            yield (
                name,
                UnreadableFileError(
                    "The archive holds too many files: {files}, at most {most} are taken in.",
                    "Split it into several archives, or hand in a folder.",
                    files=len(entries),
                    most=limits.max_archived_files,
                ),
            )
            return
        room.mkdir(parents=True, exist_ok=True)
        left = limits.max_unpacked
        for number, (given, entry) in enumerate(entries):
            if left <= 0:
                yield name, _too_much(limits)
                return
            target = room / f"{number:06}{PurePosixPath(given).suffix.lower()[:8]}"
            try:
                left -= _unpack(archive, entry, given, target, min(left, limits.max_bytes + 1))
            except UnreadableFileError as refused:
                yield prefix + given, refused
                continue
            yield prefix + given, target


def _unpack(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, given: str, target: Path, most: int
) -> int:
    """Write one entry to `target`; how many bytes. No more than `most` is believed or written."""
    path = PurePosixPath(given)
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise UnreadableFileError(
            "The name in the archive points outside it.",
            "Do not trust this archive; ask who sent it for a new one.",
        )
    if entry.flag_bits & 0x1:
        raise UnreadableFileError(
            "The archive is encrypted: its files open only with a password.",
            "Pack it again without a password.",
        )
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise UnreadableFileError(
            "The archive holds a link in place of the file.", "Pack the file itself."
        )
    written = 0
    try:
        with archive.open(entry) as source, target.open("wb") as copy:
            while written < most and (piece := source.read(min(_PIECE, most - written))):
                copy.write(piece)
                written += len(piece)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as damage:
        target.unlink(missing_ok=True)
        raise UnreadableFileError(
            "The file is damaged in the archive.", "Pack it again, or copy it again."
        ) from damage
    return written


def _too_much(limits: Limits) -> UnreadableFileError:
    return UnreadableFileError(
        "The archive unpacks to more than {most} MB; the rest of it is not taken in.",
        "Split it into several archives, or hand in a folder.",
        most=_megabytes(limits.max_unpacked),
    )


def _entry_name(entry: zipfile.ZipInfo) -> str:
    """The name as it was packed, with "/" between folders and its Vietnamese letters whole."""
    name = entry.filename
    if not entry.flag_bits & 0x800:  # not said to be UTF-8: many packers write it all the same
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = entry.filename
    return name.replace("\\", "/")


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(
        (part.startswith(".") and part not in ("..", ".")) or part in ("__MACOSX", "Thumbs.db")
        for part in parts
    )


# --- for the screen -------------------------------------------------------------------------------


def view_image(scan: Path, rotation: int, into: Path) -> None:
    """Write the page as a person looks at it: turned clockwise by `rotation`, as a small WebP."""
    with PIL.Image.open(scan) as image:
        wide = image.width if rotation % 180 == 0 else image.height
        if wide > _VIEW_WIDTH:
            factor = _VIEW_WIDTH / wide
            image.draft(None, (round(image.width * factor), round(image.height * factor)))
        page = _on_paper(image)
        if page.mode == "1":
            page = page.convert("L")
        if rotation % 360:
            page = page.rotate(-rotation, expand=True)
        if page.width > _VIEW_WIDTH:
            height = max(1, round(page.height * _VIEW_WIDTH / page.width))
            page = page.resize((_VIEW_WIDTH, height), PIL.Image.Resampling.LANCZOS)
        into.parent.mkdir(parents=True, exist_ok=True)
        page.save(into, "WEBP", quality=_VIEW_QUALITY, method=2)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while piece := source.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _megabytes(size: int) -> int:
    return -(-size // (1024 * 1024))
