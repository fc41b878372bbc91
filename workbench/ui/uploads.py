"""Files that a browser handed in, as files on disk for as long as intake needs them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Protocol

from workbench.errors import NotReadyError

TYPES = ("pdf", "tif", "tiff", "jpg", "jpeg", "png", "zip")


class Upload(Protocol):
    """A file in the browser's hand; Streamlit keeps it in memory."""

    @property
    def name(self) -> str: ...

    def getbuffer(self) -> memoryview: ...


@contextmanager
def as_files(given: Sequence[Upload], scratch: Path) -> Iterator[list[Path]]:
    """The uploads under their own names, each in its own folder: two may be called the same."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        paths: list[Path] = []
        for number, upload in enumerate(given):
            place = Path(folder) / f"{number:05}" / _name(upload.name)
            place.parent.mkdir()
            place.write_bytes(upload.getbuffer())
            paths.append(place)
        yield paths


def _name(given: str) -> str:
    """The last part of a name: a browser may send a path, and not only an honest one."""
    name = PureWindowsPath(PurePosixPath(given).name).name.replace("\0", "")
    return name if name.strip(". ") else "unnamed"


def must_be_complete(name: str, unit: object, given: Sequence[Upload]) -> None:
    """Raise NotReadyError, saying what is missing, unless a batch can be made of this."""
    if not name.strip():
        raise NotReadyError("The batch has no name.", "Give it a name by which you will find it.")
    if unit is None:
        raise NotReadyError("No unit is chosen.", "Choose the unit that hands the papers in.")
    if not given:
        raise NotReadyError("No file is chosen.", "Choose at least one scan.")
