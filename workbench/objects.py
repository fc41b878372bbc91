"""Bytes that are kept: files named by their SHA-256, written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from pathlib import Path
from uuid import uuid4

from workbench.errors import MissingFileError, StorageError

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
        try:
            return self.path(digest).read_bytes()
        except FileNotFoundError as error:
            raise MissingFileError(
                "A kept file is missing from the object store.",
                "Restore the folder of objects from the backup.",
            ) from error


def _sha256(content: bytes | Path) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
