"""Is this what we keep, and what was signed? Files and folders, with nothing fetched or written.

In this order: the digest in our inventory; the manifests that came with it; each signature, with
what it covers and what came after; the evidence against the record that was signed. What one of
them denies is altered, whatever the others say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from hashlib import sha256, sha512
from json import loads
from pathlib import Path
from typing import Any, Protocol

from workbench import signing
from workbench.errors import Sentence, UnreadableFileError
from workbench.exchange import bags, evidence
from workbench.exchange import package as packages
from workbench.exchange.withdrawal import ACTS
from workbench.repository import shelf
from workbench.signing import State, Trust, Verdict
from workbench.store import Store, kept

_SEALED = (packages.PDF, packages.DETACHED)


class Inventory(Protocol):
    """What we say that we keep, by digest."""

    def is_sealed(self, file: str) -> bool:
        """Whether a file with this SHA-512 is a seal of ours."""
        ...

    def sealed_for(self, record: str) -> tuple[str, ...]:
        """The SHA-512 of each file that was sealed for the record with this SHA-256, in order."""
        ...

    def package(self, object_id: str) -> tuple[Mapping[str, str], ...]:
        """The files of every version of an object: name -> SHA-512. Nothing where it is unknown."""
        ...


@dataclass(frozen=True)
class Examined:
    """What is to be said of one file or record."""

    name: str
    state: State
    sentence: Sentence
    kept: Sentence
    digest: str = ""  # SHA-512 of the file, or of the sealed file of a record; hex
    flaws: tuple[Sentence, ...] = ()  # what denies it, beside the signatures
    verdict: Verdict | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "file": self.name,
            "state": self.state.value,
            "sentence": self.sentence.as_json(),
            "inventory": self.kept.as_json(),
            "sha512": self.digest,
            "flaws": [flaw.as_json() for flaw in self.flaws],
            "trial": self.verdict.trial if self.verdict else False,
            "signatures": [s.as_json() for s in self.verdict.signatures] if self.verdict else [],
        }


KEPT = Sentence("Our inventory knows this file: byte for byte what was sealed and kept.")
OLDER = Sentence("Our inventory knows this file: an earlier version of what is kept by now.")
KEPT_PACKAGE = Sentence("Our inventory knows this package: every file is as it was kept.")
WITHDRAWN = Sentence("The record is withdrawn from the repository; told is its version before.")
UNKNOWN = Sentence("Our inventory does not know this file.")
NO_INVENTORY = Sentence("There is no inventory here to compare with.")
NOT_AS_KEPT = Sentence(
    "Our inventory keeps another file for this record: this one was changed, cut or replaced."
)
ALTERED = Sentence("Altered: this is not what was kept and signed.")


def examine(
    path: Path,
    trust: Trust,
    inventory: Inventory | None = None,
    *,
    at: datetime | None = None,
) -> Iterator[Examined]:
    """What is to be said of a file, or of everything in a folder, in order of names.

    A folder may be a storage root (OCFL), one object, a bag, a package, or any folder with PDFs
    and detached signatures (`x.p7s` beside `x`). Raises UnreadableFileError for a file by itself
    that is no PDF, and for a folder in which there is nothing to examine.
    """
    if not path.is_dir():
        yield _file(path, trust, inventory, at)
    elif shelf.is_root(path):
        for place in shelf.objects(path):
            yield _object(place, trust, inventory, at)
    elif shelf.is_object(path):
        yield _object(path, trust, inventory, at)
    elif bags.is_bag(path):
        yield _bag(path, trust, inventory, at)
    elif (path / packages.MANIFEST).exists():  # also where its record was taken out
        yield _package(str(path), _read_all(path), trust, inventory, at)
    else:
        yield from _folder(path, trust, inventory, at)


def examine_bytes(
    content: bytes, name: str, trust: Trust, inventory: Inventory | None = None
) -> Examined:
    """What is to be said of a PDF that was handed in. Raises UnreadableFileError for no PDF."""
    return _sealed_file(content, name, trust, inventory, None)


def examine_apart(
    content: bytes, seal: bytes, name: str, trust: Trust, inventory: Inventory | None = None
) -> Examined:
    """What is to be said of a file that was handed in with the signature beside it."""
    verdict = signing.verify_detached(content, seal, trust)
    return _held_against(inventory, name, sha512(seal).hexdigest(), verdict)


# --- files ---------------------------------------------------------------------------------------


def _folder(
    path: Path, trust: Trust, inventory: Inventory | None, at: datetime | None
) -> Iterator[Examined]:
    inside: list[Path] = []
    found = 0
    for file in sorted(path.rglob("*")):
        if any(file.is_relative_to(folder) for folder in inside):
            continue
        if file.is_dir() and (
            shelf.is_object(file) or bags.is_bag(file) or (file / packages.MANIFEST).exists()
        ):
            inside.append(file)
            yield from examine(file, trust, inventory, at=at)
        elif file.suffix.lower() in (".pdf", ".p7s"):
            try:
                yield _file(file, trust, inventory, at)
            except UnreadableFileError as error:
                yield Examined(str(file), State.ALTERED, error.message, UNKNOWN)
        else:
            continue
        found += 1
    if not found:
        raise UnreadableFileError(
            "There is nothing to verify in the folder {folder}.",
            "Name a PDF, a package, a bag or a repository.",
            folder=path.name,
        )


def _file(path: Path, trust: Trust, inventory: Inventory | None, at: datetime | None) -> Examined:
    content = _content(path)
    if path.suffix.lower() == ".p7s":
        return _apart(path, content, trust, inventory, at)
    beside = path.with_name(path.name + ".p7s")
    if beside.exists() and not content.startswith(b"%PDF"):
        return replace(_apart(beside, _content(beside), trust, inventory, at), name=str(path))
    return _sealed_file(content, str(path), trust, inventory, at)


def _sealed_file(
    content: bytes, name: str, trust: Trust, inventory: Inventory | None, at: datetime | None
) -> Examined:
    digest = sha512(content).hexdigest()
    try:
        verdict = signing.verify(content, trust, at=at)
    except UnreadableFileError as error:
        raise UnreadableFileError(
            error.message.text, error.remedy.text, file=Path(name).name
        ) from error
    return _held_against(inventory, name, digest, verdict)


def _apart(
    path: Path, seal: bytes, trust: Trust, inventory: Inventory | None, at: datetime | None
) -> Examined:
    """A file with its signature beside it; the inventory knows the signature."""
    signed = path.with_suffix("")
    verdict = signing.verify_detached(_content(signed), seal, trust, at=at)
    return _held_against(inventory, str(signed), sha512(seal).hexdigest(), verdict)


def _held_against(
    inventory: Inventory | None, name: str, digest: str, verdict: Verdict
) -> Examined:
    if inventory is None:
        return Examined(name, verdict.state, verdict.sentence, NO_INVENTORY, digest, (), verdict)
    named = {s.record_digest for s in verdict.signatures if s.record_digest}
    versions = [file for record in named for file in inventory.sealed_for(record)]
    if inventory.is_sealed(digest):
        said = OLDER if digest in versions[:-1] and digest != versions[-1] else KEPT
        return Examined(name, verdict.state, verdict.sentence, said, digest, (), verdict)
    if versions:
        return Examined(name, State.ALTERED, ALTERED, NOT_AS_KEPT, digest, (NOT_AS_KEPT,), verdict)
    return Examined(name, verdict.state, verdict.sentence, UNKNOWN, digest, (), verdict)


# --- records -------------------------------------------------------------------------------------


def _object(
    place: Path, trust: Trust, inventory: Inventory | None, at: datetime | None
) -> Examined:
    """An object of a repository: each of its files by its own inventory, then as a package.

    Of a withdrawn record that is the last version which holds it.
    """
    held = shelf.Shelved.at(place)
    if held is None:
        broken = Sentence("The inventory of the object is damaged or missing.")
        return Examined(str(place), State.ALTERED, ALTERED, UNKNOWN, "", (broken,))
    flaws = []
    must = held.expected()
    for name, digest in sorted(must.items()):
        flaws += _compared(place / name, name, digest)
    lying = {p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file()}
    flaws += [_unlisted(name) for name in sorted(lying - must.keys())]
    whole = next((v for v in reversed(held.versions) if set(held.files(v)) != {ACTS}), held.head)
    told = held.files(whole)
    files = {name: path.read_bytes() for name, (_, path) in told.items() if path.exists()}
    found = _package(str(place), files, trust, inventory, at)
    if whole != held.head and found.kept != NOT_AS_KEPT:
        found = replace(found, kept=WITHDRAWN)
    return _with_flaws(found, flaws)


def _bag(path: Path, trust: Trust, inventory: Inventory | None, at: datetime | None) -> Examined:
    """A bag as it travels: its manifests and the signature over them, then the package in it."""
    flaws = list(bags.flaws(path))
    payload = path / "data"
    files = _read_all(payload) if payload.is_dir() else {}
    found = _package(str(path), files, trust, inventory, at)
    seal, manifest = path / bags.SIGNATURE, path / bags.MANIFEST
    if seal.exists() and manifest.exists():
        said = signing.verify_detached(_content(manifest), _content(seal), trust, at=at)
        if said.state is State.ALTERED:
            flaws.append(Sentence("The list of the bag is not the one that was signed."))
    return _with_flaws(found, flaws)


def _package(
    name: str,
    files: Mapping[str, bytes],
    trust: Trust,
    inventory: Inventory | None,
    at: datetime | None,
) -> Examined:
    """The files of one record: manifest, seal, record, originals and evidence, held together."""
    digests = {file: sha512(content).hexdigest() for file, content in files.items()}
    flaws = [*_manifest_flaws(files, digests), *_record_flaws(files)]
    said = UNKNOWN if inventory else NO_INVENTORY
    if inventory and (versions := inventory.package(_object_id(files))):
        if digests in versions:
            said = KEPT_PACKAGE
        else:
            said = NOT_AS_KEPT
            flaws.append(NOT_AS_KEPT)
    verdict = _seal(files, trust, at)
    if verdict is None:
        unsigned = Sentence("Unsigned: the package holds no sealed file.")
        state = State.ALTERED if flaws else State.UNSIGNED
        return Examined(name, state, ALTERED if flaws else unsigned, said, "", tuple(flaws))
    named = {s.record_digest for s in verdict.signatures if s.record_digest}
    record = sha256(files.get(packages.RECORD, b"")).hexdigest()
    # A seal that names no record, genuine as it may be, vouches for none.
    if verdict.state is not State.ALTERED and verdict.signatures and record not in named:
        flaws.append(Sentence("The record in the package is not the one that the seal covers."))
    digest = next(digests[file] for file in _SEALED if file in files)
    found = Examined(name, verdict.state, verdict.sentence, said, digest, (), verdict)
    return _with_flaws(found, flaws)


def _seal(files: Mapping[str, bytes], trust: Trust, at: datetime | None) -> Verdict | None:
    if packages.PDF in files:
        try:
            return signing.verify(files[packages.PDF], trust, at=at)
        except UnreadableFileError:
            return Verdict(State.ALTERED, ALTERED)
    if packages.DETACHED in files:
        data = files.get(packages.RECORD, b"")
        return signing.verify_detached(data, files[packages.DETACHED], trust, at=at)
    return None


def _manifest_flaws(files: Mapping[str, bytes], digests: Mapping[str, str]) -> list[Sentence]:
    if packages.MANIFEST not in files:
        return [Sentence("The package has no manifest.")]
    lines = files[packages.MANIFEST].decode("utf-8", "replace").splitlines()
    listed = {
        m[2]: m[1] for line in lines if (m := re.fullmatch(r"([0-9a-f]{128}) [ *](.+)", line))
    }
    flaws = []
    for name, digest in sorted(listed.items()):
        if name not in digests:
            flaws.append(Sentence("The file {file} is missing.", {"file": name}))
        elif digests[name] != digest:
            flaws.append(Sentence("The file {file} was changed.", {"file": name}))
    return flaws + [
        _unlisted(name) for name in sorted(digests.keys() - listed.keys() - {packages.MANIFEST})
    ]


def _record_flaws(files: Mapping[str, bytes]) -> Iterable[Sentence]:
    """Where record, originals, provenance and evidence do not belong together."""
    try:
        record = loads(files[packages.RECORD])
        wanted = set(record["originals"])
        told = loads(files[packages.PROVENANCE]) if packages.PROVENANCE in files else None
        given = {sha256(c).hexdigest() for n, c in files.items() if n.startswith("originals/")}
        if wanted != given:
            yield Sentence("The originals are not those of the record.")
        if told and told["record_sha256"] != sha256(files[packages.RECORD]).hexdigest():
            yield Sentence("The history in the package is that of another record.")
    except (KeyError, ValueError, TypeError):
        yield Sentence("The record in the package cannot be read.")
        return
    yield from evidence.flaws(files)


def _object_id(files: Mapping[str, bytes]) -> str:
    try:
        return f"urn:workbench:document:{loads(files[packages.RECORD])['document']}"
    except (KeyError, ValueError, TypeError):
        return ""


def _with_flaws(found: Examined, flaws: Iterable[Sentence]) -> Examined:
    told: list[Sentence] = []
    for flaw in [*flaws, *found.flaws]:
        if flaw not in told:
            told.append(flaw)
    if not told:
        return found
    return replace(found, state=State.ALTERED, sentence=ALTERED, flaws=tuple(told))


def _compared(path: Path, name: str, digest: str) -> list[Sentence]:
    try:
        with path.open("rb") as file:
            total = sha512()
            while chunk := file.read(1 << 20):
                total.update(chunk)
    except FileNotFoundError:
        return [Sentence("The file {file} is missing.", {"file": name})]
    except OSError:
        return [Sentence("The file {file} cannot be read.", {"file": name})]
    if total.hexdigest() != digest:
        return [Sentence("The file {file} was changed.", {"file": name})]
    return []


def _unlisted(name: str) -> Sentence:
    return Sentence("The file {file} stands in no list.", {"file": name})


def _read_all(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): _content(file)
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(
            "{file} cannot be opened.",
            "Check the name, and that this account may read it.",
            file=path.name,
        ) from error


# --- inventories ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class StoreInventory:
    """The inventory of this workbench: its rows, and the inventories of its repository."""

    store: Store
    root: Path

    def is_sealed(self, file: str) -> bool:
        return bool(kept.sealed(self.store, pdf=file))

    def sealed_for(self, record: str) -> tuple[str, ...]:
        return tuple(file for _, file, _ in kept.sealed(self.store, record=record))

    def package(self, object_id: str) -> tuple[Mapping[str, str], ...]:
        return _versions(shelf.Shelved.at(shelf.place(self.root, object_id)))


@dataclass(frozen=True)
class RootInventory:
    """The inventory of a repository alone, or of a copy of it; read once, then asked."""

    root: Path

    @cached_property
    def _seals(self) -> tuple[tuple[str, str], ...]:
        found = []
        for place in shelf.objects(self.root):
            held = shelf.Shelved.at(place)
            for version in held.versions if held else ():
                files = held.files(version) if held else {}
                record = files.get(packages.RECORD)
                sealed = next((files[name] for name in _SEALED if name in files), None)
                if record and sealed:
                    found.append((sealed[0], sha256(_content(record[1])).hexdigest()))
        return tuple(found)

    def is_sealed(self, file: str) -> bool:
        return any(file == sealed for sealed, _ in self._seals)

    def sealed_for(self, record: str) -> tuple[str, ...]:
        return tuple(sealed for sealed, named in self._seals if named == record)

    def package(self, object_id: str) -> tuple[Mapping[str, str], ...]:
        return _versions(shelf.Shelved.at(shelf.place(self.root, object_id)))


def _versions(held: shelf.Shelved | None) -> tuple[Mapping[str, str], ...]:
    if held is None:
        return ()
    return tuple(
        {name: digest for name, (digest, _) in held.files(version).items()}
        for version in held.versions
    )
