"""OCFL objects read back: which files a version holds, and what every file on the disk must be.

Reads any OCFL 1.1 storage root or object, ours or a copy of it. Nothing here writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

INVENTORY = "inventory.json"
SIDECAR = "inventory.json.sha512"
OBJECT_MARK = ("0=ocfl_object_1.1", b"ocfl_object_1.1\n")
ROOT_MARK = ("0=ocfl_1.1", b"ocfl_1.1\n")


@dataclass(frozen=True)
class Shelved:
    """One object at its place on the disk, as its inventory tells it."""

    place: Path
    inventory: Mapping[str, Any]

    @classmethod
    def at(cls, place: Path) -> Shelved | None:
        """The object whose folder this is; None where no inventory of it can be believed.

        A damaged inventory at the top is passed over for the copy in the newest version.
        """
        for folder in (place, *reversed(_versions_on_disk(place))):
            content = _bytes(folder / INVENTORY)
            if content is not None and sha512(content).hexdigest() == noted(folder):
                inventory = _parsed(content)
                if inventory is not None:
                    return cls(place, inventory)
        return None

    @property
    def object_id(self) -> str:
        return str(self.inventory["id"])

    @property
    def head(self) -> str:
        return str(self.inventory["head"])

    @property
    def versions(self) -> tuple[str, ...]:
        return tuple(sorted(self.inventory["versions"], key=lambda version: int(version[1:])))

    def files(self, version: str = "") -> dict[str, tuple[str, Path]]:
        """The files of a version (the newest): name -> SHA-512 and where it lies."""
        state = self.inventory["versions"][version or self.head]["state"]
        return {
            name: (digest, self.place / self.inventory["manifest"][digest][0])
            for digest, names in sorted(state.items())
            for name in sorted(names)
        }

    def expected(self) -> dict[str, str]:
        """Every file that must lie in the object's folder -> its SHA-512."""
        must = {OBJECT_MARK[0]: sha512(OBJECT_MARK[1]).hexdigest()}
        for digest, names in self.inventory["manifest"].items():
            must |= dict.fromkeys(names, digest)
        for version in self.versions:
            if version == self.head:
                must |= _with_sidecar("", self._newest_digest())
                must |= _with_sidecar(f"{version}/", self._newest_digest())
            else:
                must |= _with_sidecar(f"{version}/", self._older_digest(version))
        return must

    def _older_digest(self, version: str) -> str:
        """What the inventory in an older version must be; its note may be what is damaged."""
        content = _bytes(self.place / version / INVENTORY)
        inventory = _parsed(content) if content is not None else None
        if content is not None and inventory is not None and inventory["head"] == version:
            told = inventory["versions"]
            belongs = all(self.inventory["versions"].get(n) == kept for n, kept in told.items())
            if belongs and as_written(inventory) == content:
                return sha512(content).hexdigest()
        return noted(self.place / version)

    def _newest_digest(self) -> str:
        """The digest of the inventory that was believed, whichever copy that was."""
        for folder in (self.place, self.place / self.head):
            content = _bytes(folder / INVENTORY)
            if content is not None and sha512(content).hexdigest() == noted(folder):
                return noted(folder)
        return noted(self.place)


def place(root: Path, object_id: str) -> Path:
    """Where an object has its folder under a storage root (layout 0003), there or not."""
    digest = sha256(object_id.encode()).hexdigest()
    named = "".join(
        c if re.fullmatch(r"[A-Za-z0-9_-]", c) else "".join(f"%{b:02x}" for b in c.encode())
        for c in object_id
    )
    if len(named) > 100:
        named = f"{named[:100]}-{digest}"
    return root / digest[0:3] / digest[3:6] / digest[6:9] / named


def objects(root: Path, after: str = "") -> Iterator[Path]:
    """The folders of all objects under a storage root, in the order of their paths.

    `after` is a path below the root: what comes before the object it lies in is passed over.
    """
    yield from _objects(root, root, after)


def _objects(root: Path, folder: Path, after: str) -> Iterator[Path]:
    try:
        below = sorted(entry for entry in folder.iterdir() if entry.is_dir())
    except OSError:
        return
    for entry in below:
        here = entry.relative_to(root).as_posix()
        if here == "extensions" or here < after[: len(here)]:
            continue
        if is_object(entry):
            yield entry
        else:
            yield from _objects(root, entry, after)


def is_object(folder: Path) -> bool:
    """Whether an object lies here, damaged ones included."""
    return (folder / INVENTORY).exists() or (folder / OBJECT_MARK[0]).exists()


def is_root(folder: Path) -> bool:
    return (folder / ROOT_MARK[0]).exists()


def as_written(value: object) -> bytes:
    """JSON as our repository writes it: the same value is the same bytes."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _with_sidecar(folder: str, digest: str) -> dict[str, str]:
    note = f"{digest} {INVENTORY}\n".encode()
    return {f"{folder}{INVENTORY}": digest, f"{folder}{SIDECAR}": sha512(note).hexdigest()}


def _versions_on_disk(place: Path) -> list[Path]:
    try:
        found = [p for p in place.iterdir() if p.is_dir() and p.name[:1] == "v"]
    except OSError:
        return []
    return sorted((p for p in found if p.name[1:].isdigit()), key=lambda p: int(p.name[1:]))


def noted(folder: Path) -> str:
    """What the sidecar says the inventory's digest is; empty where it says nothing."""
    content = _bytes(folder / SIDECAR)
    words = content.decode("ascii", "replace").split() if content else []
    return words[0] if words and len(words[0]) == 128 else ""


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _parsed(content: bytes) -> Mapping[str, Any] | None:
    try:
        inventory = json.loads(content)
        _ = inventory["id"], inventory["head"], inventory["manifest"], inventory["versions"]
    except (ValueError, KeyError, TypeError):
        return None
    return inventory  # type: ignore[no-any-return]
