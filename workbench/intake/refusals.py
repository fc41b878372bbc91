"""Why a file is not taken in: the limits, and one sentence for each reason."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workbench.errors import UnreadableFileError

ENDS_WITHIN: Final = 4096  # scanners pad files: the end is near the end

# What Pillow lets out when a file is damaged; it has no error of its own for it.
DAMAGED: Final = (
    OSError, SyntaxError, ValueError, EOFError, KeyError, TypeError, IndexError, struct.error,
    ZeroDivisionError, OverflowError, AttributeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may ask of the machine."""

    max_bytes: int = 100 * 1024 * 1024
    max_pages: int = 500
    max_pixels: int = 80_000_000  # a page: A3 at 600 dpi, A4 at 800
    max_archived_files: int = 5_000
    max_unpacked: int = 4 * 1024**3  # bytes of all files of one archive together


LIMITS: Final = Limits()


def check_count(pages: int, limits: Limits) -> None:
    if pages == 0:
        raise no_pages()
    if pages > limits.max_pages:
        raise UnreadableFileError(
            "The file has too many pages: {pages}, at most {most} are taken in.",
            "Split it, best into one file a paper.",
            pages=pages,
            most=limits.max_pages,
        )


def no_pages() -> UnreadableFileError:
    return UnreadableFileError("The file has no pages.", "Scan the paper again.")


def too_many_pixels(limits: Limits) -> UnreadableFileError:
    return UnreadableFileError(
        "A page has too many pixels: at most {most} million are taken in.",
        "Scan it at 300 dpi; if it is not a scan, somebody may mean harm with it.",
        most=limits.max_pixels // 1_000_000,
    )


def damaged_page(index: int) -> UnreadableFileError:
    return UnreadableFileError(
        "Page {page} of the file is damaged.",
        "Copy the file again from where it was scanned, or scan the paper again.",
        page=index + 1,
    )


def corrupt() -> UnreadableFileError:
    return UnreadableFileError(
        "The file is damaged and cannot be opened.",
        "Copy it again from where it was scanned, or scan the paper again.",
    )


def cut_off() -> UnreadableFileError:
    return UnreadableFileError(
        "The file is cut off: its end is missing.",
        "The copying was probably broken off. Copy it again, or scan the paper again.",
    )


def ends_with(path: Path, mark: bytes) -> bool:
    """Whether `mark` stands near the end."""
    with path.open("rb") as source:
        source.seek(max(0, path.stat().st_size - ENDS_WITHIN))
        return mark in source.read()


def megabytes(size: int) -> int:
    return -(-size // (1024 * 1024))
