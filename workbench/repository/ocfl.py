"""Packages on disk as OCFL 1.1 objects: readable in fifty years with nothing but a text editor.

One record is one object. A changed package of the same object is its next version, and what did
not change is stored once. Receipts are read back from the inventories, so the repository keeps its
word even when the database is lost. https://ocfl.io/1.1/spec/
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any
from uuid import uuid4

import structlog

from workbench.errors import DepositError
from workbench.model import KeptVersion, Package, Receipt, now
from workbench.repository import shelf
from workbench.repository.shelf import INVENTORY, OBJECT_MARK, ROOT_MARK, SIDECAR, as_written

log = structlog.get_logger()

_LAYOUT = "0003-hash-and-id-n-tuple-storage-layout"
_LAYOUT_CONFIG = {
    "extensionName": _LAYOUT,
    "digestAlgorithm": "sha256",
    "tupleSize": 3,
    "numberOfTuples": 3,
}
_ABOUT = "object"  # in the stage: which object the finished version beside it belongs to

_Inventory = dict[str, Any]


class OcflRepository:
    """Keeps packages under `folder`: the OCFL storage root, and beside it what is half-made.

    Half-made things lie on the same disk and get their place by one rename, so that a kill or a
    full disk leaves whole objects only.
    """

    def __init__(self, folder: Path, name: str = "ocfl") -> None:
        self.name = name
        self.root = folder / "ocfl-root"
        self._stage = folder / "stage"
        self._lock = folder / "lock"
        with _told_as_deposit_error():
            self._stage.mkdir(parents=True, exist_ok=True)
            with self.alone():
                self._begin()
                self._tidy()

    def deposit(self, package: Package) -> Receipt:
        """Keep the package. The same package again gives its first receipt.

        Raises DepositError; nothing is then half-done.
        """
        _check(package)
        with _told_as_deposit_error(), self.alone():
            self._tidy()
            for receipt in self.receipts(package.object_id):
                if receipt.package_digest == package.digest:
                    return receipt
            staged = self._stage / uuid4().hex
            try:
                self._keep(package, staged)
            finally:
                if not (staged / _ABOUT).exists():  # else the next deposit carries it out
                    shutil.rmtree(staged, ignore_errors=True)
        log.info("package.deposited", object=package.object_id, files=len(package.files))
        return self.receipts(package.object_id)[-1]

    def receipts(self, object_id: str) -> tuple[Receipt, ...]:
        """A receipt for every version of the object, the first one first; read from the object."""
        inventory = _inventory(self._place(object_id))
        if inventory is None:
            return ()
        return tuple(_receipt(self.name, inventory, version) for version in _versions(inventory))

    def versions(self, object_id: str) -> tuple[KeptVersion, ...]:
        """Every version of the object, the first one first; read from the object."""
        inventory = _inventory(self._place(object_id))
        if inventory is None:
            return ()
        return tuple(
            KeptVersion(
                version=version,
                at=datetime.fromisoformat(inventory["versions"][version]["created"]),
                message=inventory["versions"][version].get("message", ""),
                files={
                    name: digest
                    for digest, names in inventory["versions"][version]["state"].items()
                    for name in names
                },
            )
            for version in _versions(inventory)
        )

    def content(self, object_id: str, version: str, *, only: str = "") -> dict[str, bytes]:
        """The files of a version by name, each proved against its digest; `only`: just this one.

        Raises DepositError where a file is missing or is not the one that was kept.
        """
        place = self._place(object_id)
        inventory = _inventory(place)
        found = {kept.version: kept.files for kept in self.versions(object_id)}
        if inventory is None or version not in found:
            raise DepositError(
                "The repository holds no such version of this record.",
                "Check the repository; restore the object from a copy.",
            )
        return {
            name: _proved(place / inventory["manifest"][digest][0], digest)
            for name, digest in found[version].items()
            if not only or name == only
        }

    # --- writing ---------------------------------------------------------------------------------

    def _begin(self) -> None:
        if (self.root / ROOT_MARK[0]).exists():
            return
        staged = self._stage / uuid4().hex
        extension = staged / "extensions" / _LAYOUT
        extension.mkdir(parents=True)
        _write(extension / "config.json", as_written(_LAYOUT_CONFIG))
        layout = {"extension": _LAYOUT, "description": "By digest of the id, then by the id."}
        _write(staged / "ocfl_layout.json", as_written(layout))
        _write(staged / ROOT_MARK[0], ROOT_MARK[1])
        _settle(staged)
        staged.rename(self.root)
        _sync(self.root.parent)

    def _keep(self, package: Package, staged: Path) -> None:
        place = self._place(package.object_id)
        before = _inventory(place)
        inventory, added = _next(before, package, now())
        new = staged / "new"
        # An object is born together with the folders on the way to it: empty ones are not valid.
        first = next(f for f in (place, *place.parents) if f.parent.exists())
        home = new if before else new / place.relative_to(first.parent)
        version = home / inventory["head"]
        for name in added:
            _write(version / "content" / name, package.files[name])
        for folder in (version, home):
            _write_inventory(folder, inventory)
        if before is None:
            _write(home / OBJECT_MARK[0], OBJECT_MARK[1])
            _settle(new)
            (new / first.name).rename(first)
        else:
            _settle(new)
            # Three renames, and only all of them make a version: so it is first written down what
            # they are about, and whoever finds that after a kill carries the rest of them out.
            _write(staged / f"{_ABOUT}.part", package.object_id.encode())
            (staged / f"{_ABOUT}.part").rename(staged / _ABOUT)
            _sync(staged)
            self._carry_out(staged, place)
        for folder in (place, *place.parents):
            _sync(folder)
            if folder == self.root:
                break

    def _carry_out(self, staged: Path, place: Path) -> None:
        """Give a finished version its place; again does no harm, and needs no room on the disk."""
        for version in (staged / "new").glob("v*"):
            version.rename(place / version.name)
        for name in (INVENTORY, SIDECAR):
            if (staged / "new" / name).exists():
                (staged / "new" / name).rename(place / name)
        _sync(place)
        (staged / _ABOUT).unlink()
        shutil.rmtree(staged)

    def _tidy(self) -> None:
        """End what a kill interrupted: carry out what was finished, drop the rest."""
        for staged in self._stage.iterdir():
            if place := self._finished(staged):
                self._carry_out(staged, place)
                log.info("repository.interrupted_version_completed")
            else:
                shutil.rmtree(staged)
                log.info("repository.half_done_dropped")

    def _finished(self, staged: Path) -> Path | None:
        """The object whose finished version is staged; None where nothing was promised yet.

        A version is promised by a marker that names an object of this repository. A marker that
        does not (empty, torn) was never acted upon.
        """
        try:
            named = (staged / _ABOUT).read_text("utf-8")
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        place = self._place(named)
        inventory = _inventory(place)
        return place if inventory is not None and inventory["id"] == named else None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One writer at a time, over processes too; the lock ends with its holder."""
        with self._lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _place(self, object_id: str) -> Path:
        return shelf.place(self.root, object_id)


# --- the inventory -------------------------------------------------------------------------------


def _next(
    before: _Inventory | None, package: Package, at: datetime
) -> tuple[_Inventory, dict[str, str]]:
    """The inventory with the package as its new head, and the files (name, digest) it adds."""
    head = f"v{len(before['versions']) + 1}" if before else "v1"
    manifest: dict[str, list[str]] = dict(before["manifest"]) if before else {}
    state: dict[str, list[str]] = {}
    added: dict[str, str] = {}
    for name in sorted(package.files):
        digest = sha512(package.files[name]).hexdigest()
        state.setdefault(digest, []).append(name)
        if digest not in manifest:
            manifest[digest] = [f"{head}/content/{name}"]
            added[name] = digest
    version = {
        "created": at.isoformat(),
        "message": package.message or "Deposited",
        "user": {"name": "Workbench", "address": "urn:workbench:deposit"},
        "state": state,
    }
    inventory = {
        "id": package.object_id,
        "type": "https://ocfl.io/1.1/spec/#inventory",
        "digestAlgorithm": "sha512",
        "head": head,
        "contentDirectory": "content",
        "manifest": manifest,
        "versions": {**(before["versions"] if before else {}), head: version},
    }
    return inventory, added


def _inventory(place: Path) -> _Inventory | None:
    try:
        content = (place / INVENTORY).read_bytes()
    except FileNotFoundError:
        return None
    inventory: _Inventory = json.loads(content)
    return inventory


def _versions(inventory: _Inventory) -> list[str]:
    return sorted(inventory["versions"], key=lambda version: int(version[1:]))


def _receipt(repository: str, inventory: _Inventory, version: str) -> Receipt:
    kept = inventory["versions"][version]
    digest_of = {name: digest for digest, names in kept["state"].items() for name in names}
    total = sha512()  # as Package.digest: over names and contents, in order of names
    for name in sorted(digest_of):
        total.update(name.encode() + b"\0" + bytes.fromhex(digest_of[name]))
    package_digest = total.hexdigest()
    object_id = inventory["id"]
    identity = sha256(f"{repository}\0{object_id}\0{version}\0{package_digest}".encode())
    return Receipt(
        id=identity.hexdigest()[:32],  # a receipt that is read back is the same receipt
        repository=repository,
        object_id=object_id,
        version=version,
        package_digest=package_digest,
        at=datetime.fromisoformat(kept["created"]),
    )


def _proved(file: Path, digest: str) -> bytes:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        content = b""
    if sha512(content).hexdigest() != digest:
        raise DepositError(
            "A file of this record in the repository is not the one that was kept.",
            "Check the repository; restore the object from a copy.",
        )
    return content


def _check(package: Package) -> None:
    if not package.files:
        raise DepositError("The package is empty.")
    for name in package.files:
        parts = name.split("/")
        if any(part in ("", ".", "..") for part in parts) or "\0" in name:
            raise DepositError(
                "The package holds a file whose name leads out of it: {name}.",
                "Tell the maintainers: the package was put together wrongly.",
                name=name,
            )


# --- the disk ------------------------------------------------------------------------------------


@contextmanager
def _told_as_deposit_error() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DepositError(
                "The disk of the repository is full. Nothing was kept half-done.",
                "Make room on the disk; the deposit is then tried again.",
            ) from error
        raise DepositError(
            "The repository cannot be written: {problem}.",
            "Check that its folder is there and that this account may write to it.",
            problem=os.strerror(error.errno) if error.errno else type(error).__name__,
        ) from error


def _write_inventory(folder: Path, inventory: _Inventory) -> None:
    content = as_written(inventory)
    _write(folder / INVENTORY, content)
    _write(folder / SIDECAR, f"{sha512(content).hexdigest()} {INVENTORY}\n".encode())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Have the disk keep the names in `folder` and below, as it keeps the files already."""
    for below, _, _ in os.walk(folder):
        _sync(Path(below))


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
