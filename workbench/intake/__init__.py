"""Files as they are handed in: looked at, refused with the reason, or cut into page images.

What was scanned is passed on byte for byte where a file holds one JPEG or PNG a page. Everything
else is rendered at the resolution it was scanned at, never above.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import PIL.Image

from workbench.errors import UnreadableFileError
from workbench.intake import images, pdf, refusals
from workbench.intake.archives import expand
from workbench.intake.devices import scanner
from workbench.intake.images import JPEG, PNG, TIFF, PageFile
from workbench.intake.pdf import PDF
from workbench.intake.refusals import LIMITS, Limits

__all__ = [
    "JPEG", "LIMITS", "PDF", "PNG", "TIFF", "Examined", "Limits", "PageFile", "examine", "expand",
    "page_images", "scanner",
]  # fmt: skip

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
_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that can be taken in. `digest` is the SHA-256 of its bytes, in hex."""

    name: str
    media_type: str
    size: int
    digest: str
    pages: int


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
            size=refusals.megabytes(size),
            most=refusals.megabytes(limits.max_bytes),
        )
    media_type = _media_type(path, name)
    try:
        pages = (pdf.count_pages if media_type == PDF else images.count_pages)(path, limits)
    except PIL.Image.DecompressionBombError as bomb:
        raise refusals.too_many_pixels(limits) from bomb
    except refusals.DAMAGED as damage:
        raise images.damage(path, media_type) from damage
    return Examined(name, media_type, size, _sha256(path), pages)


def page_images(path: Path, media_type: str, into: Path) -> Iterator[PageFile]:
    """Each page of the file as an image file in the folder `into`, in order.

    Raises UnreadableFileError at a page that is damaged.
    """
    into.mkdir(parents=True, exist_ok=True)
    if media_type == PDF:
        yield from pdf.pages(path, into)
        return
    try:
        yield from images.pages(path, media_type, into)
    except PIL.Image.DecompressionBombError as bomb:
        raise refusals.too_many_pixels(LIMITS) from bomb
    except refusals.DAMAGED as damage:
        raise images.damage(path, media_type) from damage


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


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while piece := source.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
