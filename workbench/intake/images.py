"""Image files: TIFF, JPEG and PNG, looked at and cut into pages."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import PIL.ExifTags
import PIL.Image
import PIL.ImageOps

from workbench.errors import UnreadableFileError
from workbench.intake import refusals
from workbench.intake.refusals import Limits

TIFF: Final = "image/tiff"
JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
PLAUSIBLE_INCHES: Final = (3.0, 18.0)  # long side: an identity card to A3
_PLAUSIBLE_DPI: Final = range(75, 1201)
_A4_LONG_SIDE_INCHES: Final = 11.69
_STRIP_STARTS: Final = 273  # tags of TIFF 6.0
_STRIP_LENGTHS: Final = 279
_TILE_STARTS: Final = 324
_TILE_LENGTHS: Final = 325


@dataclass(frozen=True, slots=True)
class PageFile:
    """One page of a file as an image of its own, JPEG or PNG; `index` counts from 0."""

    index: int
    path: Path
    width: int
    height: int
    dpi: int


def count_pages(path: Path, limits: Limits) -> int:
    """How many pages there are, each of them decoded and not too large."""
    with PIL.Image.open(path) as image:
        pages = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
        refusals.check_count(pages, limits)
        for index in range(pages):
            if pages > 1:
                image.seek(index)
            width, height = image.size
            if width * height > limits.max_pixels:
                raise refusals.too_many_pixels(limits)
            image.load()
    return int(pages)


def pages(path: Path, media_type: str, into: Path) -> Iterator[PageFile]:
    with PIL.Image.open(path) as image:
        frames = getattr(image, "n_frames", 1) if media_type == TIFF else 1
        for index in range(frames):
            if frames > 1:
                image.seek(index)
            if media_type != TIFF and stands_as_it_is(image):
                page = into / f"{index:04}.{'jpg' if media_type == JPEG else 'png'}"
                shutil.copyfile(path, page)
                width, height = image.size
            else:
                page = into / f"{index:04}.png"
                upright = PIL.ImageOps.exif_transpose(image)
                width, height = upright.size
                save(_on_paper(upright), page)
            yield PageFile(index, page, width, height, _dpi(image, width, height))


def stands_as_it_is(image: PIL.Image.Image) -> bool:
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
        return plausible_dpi(float(said[0]) if said else None, width, height)
    except (TypeError, ValueError, ZeroDivisionError):
        return plausible_dpi(None, width, height)


def plausible_dpi(said: float | None, width: int, height: int) -> int:
    """The resolution a file claims, unless no paper has that size; then that of an A4 sheet."""
    if said and round(said) in _PLAUSIBLE_DPI:
        inches = max(width, height) / said
        if PLAUSIBLE_INCHES[0] <= inches <= PLAUSIBLE_INCHES[1]:
            return round(said)
    return max(1, round(max(width, height) / _A4_LONG_SIDE_INCHES))


def save(image: PIL.Image.Image, into: Path) -> None:
    image.save(into, "PNG", compress_level=1)  # a third of the time of the default, a tenth larger


def damage(path: Path, media_type: str) -> UnreadableFileError:
    """What to say of a file that Pillow cannot read to its end."""
    mark = {PNG: b"IEND", JPEG: b"\xff\xd9"}.get(media_type)
    if mark is not None:
        return refusals.corrupt() if refusals.ends_with(path, mark) else refusals.cut_off()
    return refusals.cut_off() if media_type == TIFF and _tiff_is_short(path) else refusals.corrupt()


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
    except refusals.DAMAGED:
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
