"""`workbench bench analytics`: is the managers' page quick enough with ten million events?

The events are made up from a seed: 60 units, 400 reviewers, three years. They are kept in a folder
that a second run finds again. What is measured is measured in a process of its own.
"""

from __future__ import annotations

import json as json_
import multiprocessing
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import duckdb
import numpy as np
import typer

from workbench import migrations
from workbench.analytics import Lake, Questions, queries
from workbench.bench import screens as screens_
from workbench.bench.province import KINDS, UNITS, fill, fresh_store

LIMIT_RATIO = 1.6  # of the same questions on a native DuckDB file
LIMIT_REFRESH = 0.5  # seconds for NEW_EVENTS
EVENTS = 10_000_000
NEW_EVENTS = 50_000
RUNS = 3

# What a manager looks at, by the questions it takes.
DASHBOARDS: Mapping[str, Sequence[str]] = {
    "progress": (
        "totals", "documents_by_stage", "progress_by_unit", "progress_by_kind",
        "progress_by_regime",
    ),
    "flow": ("documents_per_day", "burn_up"),
    "engines": ("engine_agreement", "engine_cost"),
    "fields": ("corrections_by_field", "accepted_unseen"),
    "work": ("review_effort",),
    "waiting": ("held_by_reason", "period"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Seconds for all questions of one dashboard: best of the runs, and the first of all."""

    name: str
    questions: int
    cold: float
    warm: float
    filtered: float  # one unit and 90 days
    native_cold: float
    native_warm: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run found."""

    events: int
    documents: int
    made_seconds: float  # 0: they were there from an earlier run
    lake_mb: float
    native_mb: float
    open_seconds: float
    dashboards: Sequence[Dashboard]
    refresh_events: int
    refresh_seconds: float
    refresh_cpu_seconds: float  # of all its threads: what it takes on a machine that is not busy
    compact_seconds: float
    peak_mb: int

    @property
    def ratio(self) -> float:
        """Warm time of all dashboards by that of the native file."""
        native = sum(one.native_warm for one in self.dashboards)
        return sum(one.warm for one in self.dashboards) / native

    @property
    def is_within(self) -> bool:
        return self.ratio <= LIMIT_RATIO and self.refresh_seconds <= LIMIT_REFRESH

    def as_json(self) -> dict[str, Any]:
        plain = asdict(self)
        return plain | {
            "limits": {"ratio": LIMIT_RATIO, "refresh_seconds": LIMIT_REFRESH},
            "ratios": {
                "lake_to_native": round(self.ratio, 3),
                "of_ratio_limit": round(self.ratio / LIMIT_RATIO, 3),
                "of_refresh_limit": round(self.refresh_seconds / LIMIT_REFRESH, 3),
            },
        }


def command(
    folder: Annotated[
        Path, typer.Option(help="Where the made-up events lie; made there when they are not.")
    ] = Path("bench-analytics"),
    events: Annotated[int, typer.Option(min=1000, help="How many events to make up.")] = EVENTS,
    screens: Annotated[
        bool, typer.Option("--screens", help="Open the page on them in Chromium too.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Time the dashboards, a refresh and the disk; exit 1 when a limit is passed."""
    place = folder / f"events-{events}"
    made = make(place, events)
    found = _apart(measure, place, made)
    seen = screens_.measure(place) if screens else None
    if json:
        print(json_.dumps(found.as_json() | ({"screens": seen.as_json()} if seen else {})))
    else:
        _print(found)
        if seen:
            print(seen)
    if not found.is_within or (seen and not seen.is_within):
        raise SystemExit(1)


def make(place: Path, events: int, *, seed: int = 1) -> float:
    """Make the events up, unless they are there; the seconds it took."""
    if (place / "made").exists():
        return 0.0
    begun = time.perf_counter()
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    fill(Lake(place / "lake"), events=events, seed=seed)
    (place / "made").touch()
    return time.perf_counter() - begun


def measure(place: Path, made: float = 0.0, runs: int = RUNS) -> Measured:
    """Ask everything of the lake and of a native file beside it, and refresh a copy of the lake."""
    lake = Lake(place / "lake")
    native_file = _native_file(place)
    _forget(lake.folder)
    begun = time.perf_counter()
    questions = Questions(lake)
    opened = time.perf_counter() - begun
    counted = questions.ask("events_in_all").iloc[0]
    native_file_mb = native_file.stat().st_size / 1e6
    _forget(native_file)
    native = duckdb.connect(str(native_file), read_only=True, config={"threads": 2})
    native.execute("SET enable_progress_bar = false")
    native.execute("SET TimeZone = 'Asia/Ho_Chi_Minh'")

    def on_native(name: str, **parameters: object) -> None:
        query = queries()[name]
        bound = dict.fromkeys(query.parameters) | parameters
        native.cursor().sql(query.sql, params=bound).to_arrow_table().to_pandas()

    day = questions.ask("period").iloc[0]["last_day"]
    narrow = {
        "units": [UNITS[3]],
        "since": day - np.timedelta64(90, "D").astype("timedelta64[D]").item(),
        "until": day,
    }
    dashboards = []
    for name, asked in DASHBOARDS.items():
        cold, warm = _taken(questions.answer, asked, runs)
        native_cold, native_warm = _taken(on_native, asked, runs)
        _, filtered = _taken(questions.answer, asked, runs, **narrow)
        dashboards.append(
            Dashboard(name, len(asked), cold, warm, filtered, native_cold, native_warm)
        )
    new, refresh, spent, compact = _refreshed(lake, runs)
    return Measured(
        events=int(counted["events"]),
        documents=int(counted["documents"]),
        made_seconds=made,
        lake_mb=lake.size() / 1e6,
        native_mb=native_file_mb,
        open_seconds=opened,
        dashboards=dashboards,
        refresh_events=new,
        refresh_seconds=refresh,
        refresh_cpu_seconds=spent,
        compact_seconds=compact,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )


def _taken(
    ask: Callable[..., object], names: Sequence[str], runs: int, **parameters: object
) -> tuple[float, float]:
    """Seconds for all these questions: the first time, and the best of the runs after it."""
    seconds = []
    for _ in range(runs + 1):
        begun = time.perf_counter()
        for name in names:
            wanted = queries()[name].parameters
            ask(name, **{key: value for key, value in parameters.items() if key in wanted})
        seconds.append(time.perf_counter() - begun)
    return seconds[0], min(seconds[1:])


def _native_file(place: Path) -> Path:
    """The same tables, roll-ups and phrases in a file of DuckDB's own."""
    file = place / "native.duckdb"
    if file.exists():
        return file
    part = place / "native.part"
    part.unlink(missing_ok=True)
    lake = Questions(Lake(place / "lake"))
    with duckdb.connect(str(part)) as native:
        native.execute("SET preserve_insertion_order = false")
        for name, reader in lake.tables():
            native.from_arrow(reader).create(name)
        for query in queries().values():
            if not query.answers:
                native.execute(query.sql)
    part.rename(file)
    return file


def _refreshed(lake: Lake, runs: int) -> tuple[int, float, float, float]:
    """New events, the best seconds to take them in (and of CPU), and those to fold them in."""
    with tempfile.TemporaryDirectory(dir=lake.folder.parent) as folder:
        place = Path(folder)
        store = fresh_store(place, after=lake.state().cut, events=NEW_EVENTS, seed=2)
        migrations.upgrade(store.engine)
        seconds, rows, compact = [], 0, 0.0
        for run in range(runs):
            copy = place / f"lake-{run}"
            shutil.copytree(lake.folder, copy, copy_function=os.link)
            follower = Lake(copy)
            at = datetime(2027, 1, 1, tzinfo=UTC)
            begun, spent = time.perf_counter(), time.process_time()
            taken = follower.refresh(store, at=at)
            seconds.append((time.perf_counter() - begun, time.process_time() - spent))
            rows = taken.rows - taken.documents
            if run == runs - 1:
                begun = time.perf_counter()
                follower.compact(at=at)
                compact = time.perf_counter() - begun
        store.close()
    return rows, *min(seconds), compact


def _forget(place: Path) -> None:
    """Have the system forget what it has read of these files, so that the first look is cold."""
    for file in [place] if place.is_file() else place.rglob("*.parquet"):
        handle = os.open(file, os.O_RDONLY)
        try:
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)


def _apart(work: Callable[..., Measured], *given: Any) -> Measured:
    """Do this in a process of its own, so that its memory is its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def _print(found: Measured) -> None:
    print(f"{'dashboard':10} {'cold':>8} {'warm':>8} {'filter':>8} {'native':>8} {'ratio':>6}")
    for one in found.dashboards:
        print(
            f"{one.name:10} {1000 * one.cold:6.0f}ms {1000 * one.warm:6.0f}ms "
            f"{1000 * one.filtered:6.0f}ms {1000 * one.native_warm:6.0f}ms "
            f"{one.warm / one.native_warm:6.2f}"
        )
    print(
        f"all six: ratio {found.ratio:.2f} of {LIMIT_RATIO:g} allowed (warm, best of {RUNS}); "
        f"opened in {found.open_seconds:.2f} s"
    )
    print(
        f"refresh of {found.refresh_events} new events: {found.refresh_seconds:.2f} s of "
        f"{LIMIT_REFRESH:g} s ({found.refresh_cpu_seconds:.2f} s of CPU); "
        f"folded in after it in {found.compact_seconds:.1f} s"
    )
    if found.made_seconds:
        print(f"made up in {found.made_seconds:.0f} s")
    print(
        f"disk {found.lake_mb:.0f} MB (native {found.native_mb:.0f} MB), peak {found.peak_mb} MB; "
        f"n = {found.events} events of {found.documents} documents, {len(UNITS)} units, "
        f"{len(KINDS)} kinds; machine's load {os.getloadavg()[0]:.1f}"
    )
