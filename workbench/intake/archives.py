"""Folders and zip archives: the files in them by name, and nothing outside them."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from workbench.errors import UnreadableFileError, WorkbenchError
from workbench.intake import refusals
from workbench.intake.refusals import LIMITS, Limits

_PIECE: Final = 1 << 20


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
        most=refusals.megabytes(limits.max_unpacked),
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
