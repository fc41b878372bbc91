"""Bytes that are kept: files named by their SHA-256, written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

from workbench.errors import MissingFileError, StorageError
from workbench.model import Held

_CHUNK = 1 << 20


class Objects:
    """The folder of kept bytes. The same bytes are one file, whoever hands them in."""

    def __init__(self, folder: Path) -> None:
        self.objects = folder

    def path(self, digest: str) -> Path:
        """Where the bytes with this SHA-256 lie, whether they exist or not."""
        if len(digest) != 64 or not all(c in "0123456789abcdef" for c in digest):
            raise ValueError("not a SHA-256 in lower-case hexadecimal")
        return self.objects / digest[:2] / digest

    def put(self, content: bytes | Path) -> str:
        """Keep these bytes; the digest they are kept under. The same bytes twice are one file."""
        digest = _sha256(content)
        place = self.path(digest)
        if place.exists():
            return digest
        place.parent.mkdir(parents=True, exist_ok=True)
        # A name of its own: two processes may keep the same bytes at the same moment.
        part = place.with_name(f"{digest}.{uuid4().hex}.part")
        try:
            with part.open("wb") as target:
                if isinstance(content, Path):
                    with content.open("rb") as source:
                        shutil.copyfileobj(source, target, _CHUNK)
                else:
                    target.write(content)
                target.flush()
                os.fsync(target.fileno())
            part.replace(place)
        except OSError as error:
            part.unlink(missing_ok=True)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StorageError(
                    "The disk is full; nothing was kept of this file.",
                    "Free some space, then hand the file in again.",
                ) from error
            raise
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes that were kept, proved by their digest. Raises MissingFileError."""
        try:
            content = self.path(digest).read_bytes()
        except FileNotFoundError as error:
            raise MissingFileError(
                "A kept file is missing from the object store.",
                "Restore the folder of objects from the backup.",
            ) from error
        if _sha256(content) != digest:
            # Never sealed, proven or handed on: what came of it would look whole for ever.
            raise MissingFileError(
                "A kept file is not as it was kept.",
                "Restore the folder of objects from the backup.",
            )
        return content


class ObjectHoldings:
    """The object store, file by file: each is named by the digest it must have."""

    name = "objects"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def held(self, after: str = "") -> Iterator[Held]:
        """Every file of the store by name; half-made ones of a kill are nobody's and left out."""
        for shelf in sorted(p for p in self.folder.glob("??") if p.is_dir()):
            if shelf.name < after[:2]:
                continue
            for file in sorted(shelf.iterdir()):
                name = f"{shelf.name}/{file.name}"
                if name > after and file.suffix != ".part":
                    yield Held(name, self.now_expected(name))

    def now_expected(self, name: str) -> str:
        digest = name.rpartition("/")[2]
        return f"sha256:{digest}" if re.fullmatch("[0-9a-f]{64}", digest) else ""

    def named(self, key: str) -> str:
        return f"{key[:2]}/{key}"

    def mend(self, held: Held, copy: Path, aside: Path) -> bool:
        return put_back(held, self.folder, copy, aside)


def put_back(held: Held, folder: Path, copy: Path, aside: Path) -> bool:
    """Take a file from a copy of the folder, if it is what it must be; whether it was taken.

    Bad never replaces good: the copy is proved before, and a file that is right by now stays.
    """
    place, source = folder / held.name, copy / held.name
    if not held.expected or digest_of(source, held.expected) != held.expected:
        return False
    if digest_of(place, held.expected) == held.expected:
        return True
    part = place.with_name(f"{place.name}.{uuid4().hex}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as given, part.open("wb") as target:
            shutil.copyfileobj(given, target, _CHUNK)
            target.flush()
            os.fsync(target.fileno())
        if digest_of(part, held.expected) != held.expected:
            raise OSError(errno.EIO, "the copy was not written as it was read")
        if place.exists():
            kept_aside = aside / held.name
            kept_aside.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(place, kept_aside)
        part.replace(place)
    except OSError as error:
        raise StorageError(
            "A file could not be put back: {problem}.",
            "Check the disk, then restore again.",
            problem=os.strerror(error.errno) if error.errno else type(error).__name__,
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return True


def digest_of(
    path: Path, like: str = "sha256:", *, read: Callable[[int], None] | None = None
) -> str:
    """The digest of a file by the algorithm that `like` begins with; empty where there is none.

    `read` is told of every piece that was read. Raises OSError where the disk does not give it.
    """
    algorithm = like.partition(":")[0]
    total = hashlib.new(algorithm)
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                total.update(chunk)
                if read is not None:
                    read(len(chunk))
    except (FileNotFoundError, NotADirectoryError):
        return ""
    return f"{algorithm}:{total.hexdigest()}"


def _sha256(content: bytes | Path) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
