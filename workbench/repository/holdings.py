"""The repository, file by file: each is held against the inventory of its object."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from workbench.errors import StorageError
from workbench.model import Held
from workbench.objects import digest_of, put_back
from workbench.repository import shelf
from workbench.repository.ocfl import OcflRepository


class OcflHoldings:
    """The files of an OCFL storage root. Inventories are read while nobody writes."""

    name = "repository"

    def __init__(self, repository: OcflRepository) -> None:
        self._repository = repository
        self.folder = repository.root

    def held(self, after: str = "") -> Iterator[Held]:
        for place in shelf.objects(self.folder, after):
            with self._repository.alone():
                files = self._files(place)
            yield from (file for file in files if file.name > after)

    def now_expected(self, name: str) -> str:
        place = self._object(name)
        if place is None:
            return ""
        with self._repository.alone():
            return next((file.expected for file in self._files(place) if file.name == name), "")

    def named(self, key: str) -> str:
        return shelf.place(self.folder, key).relative_to(self.folder).as_posix()

    def mend(self, held: Held, copy: Path, aside: Path) -> bool:
        with self._repository.alone():
            if not held.expected and not (self.folder / held.name).exists():
                return self._mend_object(held.name, copy, aside)  # all of it is missing
            place = self._object(held.name)
            if place is not None and shelf.Shelved.at(place) is None:
                name = place.relative_to(self.folder).as_posix()
                return self._mend_object(name, copy, aside)
            return put_back(held, self.folder, copy, aside)

    def _files(self, place: Path) -> list[Held]:
        here = place.relative_to(self.folder).as_posix()
        known = shelf.Shelved.at(place)
        lying = {p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file()}
        if known is None:
            # Nothing says what its files must be: it is put back as a whole.
            return [Held(f"{here}/{shelf.INVENTORY}", f"sha512:{shelf.noted(place)}")]
        must = known.expected()
        return [
            Held(f"{here}/{name}", f"sha512:{must[name]}" if name in must else "")
            for name in sorted(must.keys() | lying)
        ]

    def _object(self, name: str) -> Path | None:
        place = self.folder.joinpath(*Path(name).parts[:4])
        return place if shelf.is_object(place) else None

    def _mend_object(self, name: str, copy: Path, aside: Path) -> bool:
        """Put a whole object back: one that is missing, or whose inventories are all damaged."""
        place, source = self.folder / name, copy / name
        known = shelf.Shelved.at(source)
        if known is None or shelf.Shelved.at(place) is not None:
            return known is not None
        if any(
            digest_of(source / file, "sha512:") != f"sha512:{digest}"
            for file, digest in known.expected().items()
        ):
            return False
        newer = {p.name for p in place.glob("v*")} - set(known.versions)
        if newer:
            return False  # the copy is older than what lies there
        half = self._repository.root.parent / "stage" / f"{uuid4().hex}"
        try:
            shutil.copytree(source, half / "whole")
            if place.exists():
                (aside / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.move(place, aside / name)
            place.parent.mkdir(parents=True, exist_ok=True)
            (half / "whole").rename(place)
        except OSError as error:
            raise StorageError(
                "A file could not be put back: {problem}.",
                "Check the disk, then restore again.",
                problem=type(error).__name__,
            ) from error
        finally:
            shutil.rmtree(half, ignore_errors=True)
        return True
