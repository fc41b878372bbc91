"""What a file says of the machine or program that made it; never who used it, or its serial."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pikepdf
import PIL.Image

from workbench.intake import refusals
from workbench.intake.pdf import PDF

_MAKE: Final = 271  # tags of TIFF 6.0; EXIF 2.3 has the same
_MODEL: Final = 272
_SOFTWARE: Final = 305
_LONGEST: Final = 60


def scanner(path: Path, media_type: str) -> str:
    """Make and model, else the program that wrote the file; empty where it says neither.

    PDF: /Creator, the scanning side, goes before /Producer, the writing library (ISO 32000-1,
    14.3.3).
    """
    try:
        return _of_pdf(path) if media_type == PDF else _of_image(path)
    except (pikepdf.PdfError, *refusals.DAMAGED):
        return ""  # what cannot be asked for has no scanner; the page itself is judged elsewhere


def _of_image(path: Path) -> str:
    with PIL.Image.open(path) as image:
        said = image.getexif()
        make, model = _plain(said.get(_MAKE)), _plain(said.get(_MODEL))
        return _named(make, model) or _plain(said.get(_SOFTWARE))


def _of_pdf(path: Path) -> str:
    with pikepdf.open(path) as built:
        said = built.docinfo
        return _plain(said.get("/Creator")) or _plain(said.get("/Producer"))


def _named(make: str, model: str) -> str:
    """Both in one: many a model begins with its maker's name."""
    if not model or model.casefold().startswith(make.casefold()):
        return model or make
    return f"{make} {model}"[:_LONGEST]


def _plain(said: object) -> str:
    """One line of printable text; a version's last numbers are left out: updates are no scanner."""
    text = said.decode("latin-1") if isinstance(said, bytes) else str(said or "")
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return re.sub(r"(\d+\.\d+)(\.\d+)+", r"\1", text)[:_LONGEST].strip()
