"""Facts about every document, kept as Parquet beside the store and never written to in place.

What the lake is at a moment stands in its `manifest.json`: files that it does not name are not
there. A new state is made by writing new files and then, in one step, a new manifest; whoever is
killed in between leaves files that the next one clears away. Each state says of every document it
touches what is true from now on, so the same change taken in twice is the same state.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.analytics.increment import Increment, increment, key_of
from workbench.analytics.merged import CELLS, Merged
from workbench.analytics.schemas import BORN, SCHEMAS
from workbench.analytics.state import Kept, Recent, State
from workbench.errors import OutdatedLakeError, StorageError
from workbench.model.changes import Source

__all__ = ["Difference", "Lake", "Refreshed"]

AT_ONCE = 4_000  # documents that are taken in together: bounds the memory
DUE_INCREMENTS = 24  # more than these, or so many rows of them, are worth a compaction
DUE_ROWS = 1_000_000
GRACE = timedelta(minutes=30)  # an open page may still read a file that is no longer named

_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What one refresh took in."""

    documents: int
    rows: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A table of which the lake says something else than the store."""

    table: str
    missing: int  # rows that only the store has
    surplus: int  # rows that only the lake has


class Lake:
    """A folder of Parquet files that follows a store. One process writes at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    # --- what it is ------------------------------------------------------------------------

    @property
    def manifest(self) -> Path:
        return self.folder / _MANIFEST

    def state(self) -> State:
        """What the lake is now; empty where there is none yet."""
        try:
            return State.from_json(self.manifest.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return State()
        except (ValueError, KeyError, TypeError) as error:
            raise StorageError(
                "The manifest of the event lake cannot be read.",
                "Make it anew from the store: workbench lake rebuild.",
            ) from error

    def mark(self) -> object:
        """Something that is equal as long as the lake is the same, and cheap to ask for."""
        try:
            seen = self.manifest.stat()
        except FileNotFoundError:
            return None
        return seen.st_ino, seen.st_mtime_ns, seen.st_size

    def size(self) -> int:
        """The bytes of the files that make up the lake."""
        return sum((self.folder / kept.file).stat().st_size for kept in self.state().files())

    def key_of(self, person: str) -> str:
        """The pseudonym under which a person's acts stand in the lake."""
        return key_of(person, self._secret())

    @property
    def is_due(self) -> bool:
        """Whether so much came since the last compaction that another one is worth its time."""
        recent = self.state().recent
        return len(recent) > DUE_INCREMENTS or sum(one.rows for one in recent) > DUE_ROWS

    # --- following the store -----------------------------------------------------------------

    def refresh(self, source: Source, *, at: datetime) -> Refreshed:
        """Take in what the store kept since the last time, as of `at`."""
        try:
            with self._writing():
                return self._follow(source, at)
        except OutdatedLakeError:
            return self.rebuild(source, at=at)

    def rebuild(self, source: Source, *, at: datetime) -> Refreshed:
        """Forget everything and take the whole store in; until that is done the old lake holds."""
        with self._writing():
            try:
                before = self.state()
            except StorageError:
                before = State()  # that is what it is made anew for
            began = State(generation=before.generation + 1, retired=_retired(before, at))
            taken = self._follow(source, at, begin=began)
            self._compact(at)
            return taken

    def append(
        self,
        one: Increment,
        *,
        cut: int,
        at: datetime,
        units: Sequence[tuple[str, str]],
        templates: Sequence[tuple[str, str, int]],
    ) -> None:
        """Take in an increment that was made without a store; `cut` is the serial it goes up to."""
        with self._writing():
            grown = replace(self._grown(self.state(), one), cut=cut, at=at)
            self._become(replace(grown, units=units, templates=templates), at)

    def _grown(self, state: State, one: Increment) -> State:
        """Keep an increment on top of `state`; the state it makes, which is not yet the lake's."""
        generation = state.generation + 1
        span = f"g{generation:08}-s{state.cut}"
        tables = {"touched": one.touched, **one.tables}
        # Side by side: each waits for the disk.
        with ThreadPoolExecutor(4) as pool:
            kept = {
                name: pool.submit(
                    self._keep, f"{name}/{span}.parquet", _numbered(table, generation)
                )
                for name, table in tables.items()
                if table.num_rows
            }
        files = {name: done.result() for name, done in kept.items()}
        recent = (*state.recent, Recent(generation, files.pop("touched"), files))
        return replace(state, generation=generation, recent=recent)

    def _follow(self, source: Source, at: datetime, *, begin: State | None = None) -> Refreshed:
        """Chunk by chunk; each is a state of its own, but for a lake that is made anew."""
        state = begin if begin is not None else self.state()
        anew = begin is not None
        documents = rows = 0
        position, oldest = state.under_way or (state.cut, None)
        while True:
            changes = source.changes(state.cut, after=position, limit=AT_ONCE)
            # What was under way at the first look may be older than all that the later ones saw.
            oldest = changes.cut if oldest is None else min(oldest, changes.cut)
            one = increment(changes, secret=self._secret(), known=state.known)
            documents += one.touched.num_rows
            rows += one.rows
            position = changes.read + 1
            grown = self._grown(state, one) if one.touched.num_rows else state
            seen = {row[0]: row[1] for row in changes.touched}
            grown = replace(
                grown,
                cut=state.cut if changes.more else oldest,
                under_way=(position, oldest) if changes.more else None,
                known={n: s for n, s in {**state.known, **seen}.items() if s >= oldest},
                at=at,
                units=changes.units,
                templates=changes.templates,
            )
            if sum(recent.rows for recent in grown.recent) > DUE_ROWS:
                grown = self._compacted(grown, at)
            # A lake that is made anew becomes the lake when it is whole.
            if not anew or not changes.more:
                self._become(grown, at)
            state = grown
            if not changes.more:
                return Refreshed(documents, rows)

    # --- compaction --------------------------------------------------------------------------

    def compact(self, *, at: datetime) -> int:
        """Fold what came since into the files of its months; how many rows were folded in."""
        with self._writing():
            return self._compact(at)

    def _compact(self, at: datetime) -> int:
        before = self.state()
        if not before.recent:
            return 0
        self._become(self._compacted(before, at), at)
        return sum(one.rows for one in before.recent)

    def _compacted(self, state: State, at: datetime) -> State:
        """The same facts with nothing recent. Files that are no longer needed are retired."""
        generation = state.generation + 1
        mark = f"g{generation:08}"
        months = {month: dict(tables) for month, tables in state.months.items()}
        with Merged(self.folder, state) as merged:
            affected = merged.months_of_recent(months)
            for month in affected:
                folded: dict[str, Kept] = {}
                for name in SCHEMAS.keys() - {"documents"}:
                    table = merged.month(name, month, months.get(month, {}).get(name))
                    if table.num_rows:
                        folded[name] = self._keep(f"{name}/{month}-{mark}.parquet", table)
                months[month] = folded
            whole = {"documents": self._keep(f"documents/all-{mark}.parquet", merged.documents())}
            for name in CELLS:
                cells = merged.cells(name, affected)
                whole[name] = self._keep(f"{name}/all-{mark}.parquet", cells)
        made = replace(
            state,
            generation=generation,
            whole=whole,
            months={month: tables for month, tables in sorted(months.items()) if tables},
            recent=(),
        )
        kept = {one.file for one in made.files()}
        gone = [(one.file, at) for one in state.files() if one.file not in kept]
        return replace(made, retired=(*state.retired, *gone))

    # --- checking ------------------------------------------------------------------------------

    def check(self, source: Source) -> tuple[int, Sequence[Difference]]:
        """Hold every document that has not changed since against the store, row by row.

        How many documents were held against it, and the tables in which something differs.
        """
        state = self.state()
        missing = dict.fromkeys(SCHEMAS, 0)
        surplus = dict.fromkeys(SCHEMAS, 0)
        compared: set[int] = set()
        changed: set[int] = set()
        with Merged(self.folder, state) as merged:
            position, more = 0, True
            while more:
                changes = source.changes(0, after=position, limit=AT_ONCE)
                changed.update(
                    row[0]
                    for row in changes.touched
                    if row[1] >= state.cut and state.known.get(row[0]) != row[1]
                )
                one = increment(changes, secret=self._secret(), known={})
                numbers = set(one.touched["document"].to_pylist()) - changed
                compared |= numbers
                for name, table in one.tables.items():
                    lacks, has = merged.compare(name, table, numbers)
                    missing[name] += lacks
                    surplus[name] += has
                position, more = changes.read + 1, changes.more
            for name in SCHEMAS:
                surplus[name] += merged.others(name, compared | changed)
        return len(compared), tuple(
            Difference(name, missing[name], surplus[name])
            for name in SCHEMAS
            if missing[name] or surplus[name]
        )

    # --- files ---------------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Only one process writes; the lock ends with the process that holds it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StorageError(
                    "The disk is full; the figures stay as they were.",
                    "Free some space; the figures then follow by themselves.",
                ) from error
            raise

    def _become(self, state: State, at: datetime) -> None:
        """Make `state` the lake's, in one step; then clear away what nobody names any more."""
        fresh = tuple((name, since) for name, since in state.retired if at - since < GRACE)
        part = self.folder / f"{_MANIFEST}.part"
        with part.open("w", encoding="utf-8") as target:
            target.write(replace(state, retired=fresh).as_json())
            target.flush()
            os.fsync(target.fileno())
        part.replace(self.manifest)
        _settle(self.folder)
        named = {kept.file for kept in state.files()} | {name for name, _ in fresh}
        for file in self.folder.glob("*/*"):
            if str(file.relative_to(self.folder)) not in named:
                file.unlink(missing_ok=True)

    def _keep(self, name: str, table: pa.Table) -> Kept:
        """Write a file whole, or not at all."""
        place = self.folder / name
        place.parent.mkdir(exist_ok=True)
        part = place.with_suffix(".part")
        try:
            with part.open("wb") as target:
                pq.write_table(
                    table, target, compression="zstd", compression_level=3,
                    row_group_size=65_536, write_statistics=True,
                )  # fmt: skip
                target.flush()
                os.fsync(target.fileno())
            part.replace(place)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        return Kept(name, table.num_rows)

    def _secret(self) -> bytes:
        """What pseudonyms are made with: beside the lake, so that handing it on tells no name."""
        place = self.folder.with_name(f"{self.folder.name}.key")
        try:
            return place.read_bytes()
        except FileNotFoundError:
            pass
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(f".{os.getpid()}.part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
            target.write(os.urandom(32))
            target.flush()
            os.fsync(target.fileno())
        try:
            os.link(part, place)  # fails where another process was quicker: then theirs holds
        except FileExistsError:
            pass
        finally:
            part.unlink(missing_ok=True)
        return place.read_bytes()


def _retired(state: State, at: datetime) -> Sequence[tuple[str, datetime]]:
    return (*state.retired, *((kept.file, at) for kept in state.files()))


def _numbered(table: pa.Table, generation: int) -> pa.Table:
    column = pa.array([generation] * table.num_rows, pa.int32())
    return table.append_column("generation", column)


def _settle(folder: Path) -> None:
    """Have the disk remember which name is which file, also through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


assert "touched" not in SCHEMAS and BORN  # noqa: S101 - its folder is its own
