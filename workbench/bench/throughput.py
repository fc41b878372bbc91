"""`workbench bench throughput DIR`: what a page costs, and what a second worker adds.

The real way is measured: files are taken into a store of their own, claimed, read, understood and
kept. CPU is counted by the system for this process and for every reading process with what it
starts; what engines took is what is kept with each reading. One worker and two take turns at the
same files, both warm.
"""

from __future__ import annotations

import json as json_
import multiprocessing
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench import flow
from workbench.errors import NotReadyError
from workbench.executors import Processes
from workbench.model import Stage
from workbench.workspace import (
    Settings,
    Workspace,
    load_settings,
    open_workspace,
    prepare_demo,
)

OUTSIDE = 0.15  # of the CPU time, at most, goes elsewhere than into the engines
SPEED_UP = 1.8  # pages of two workers to one's, at least
_SUFFIXES = frozenset((".pdf", ".tif", ".tiff", ".jpg", ".jpeg", ".png"))
_UNIT, _BY = "PC06", "soat1"  # of the demo
_MACHINE = (Stage.RECEIVED, Stage.READ)


@dataclass(frozen=True, slots=True)
class Run:
    """One worker or two on all the files, once."""

    workers: int
    pages: int
    seconds: float
    cpu: float  # of everything
    own: float  # of this process: the store, the queue, cutting files into pages
    engines: Mapping[str, float]  # engine -> CPU seconds
    megabytes: int  # the largest reading process at its largest

    @property
    def inside(self) -> float:
        return sum(self.engines.values())


def command(
    folder: Annotated[Path, typer.Argument(help="A folder with scans.")],
    pages: Annotated[int, typer.Option(help="Measure on about so many pages.", min=2)] = 16,
    rounds: Annotated[int, typer.Option(help="How often each number of workers.", min=1)] = 2,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """CPU seconds a page, the share outside the engines, and two workers against one."""
    told = figures(measure(_scans(folder), pages=pages, rounds=rounds))
    if json:
        print(json_.dumps(told))
        return
    print(f"pages {told['pages']} in {told['rounds']} rounds; load of the machine {told['load']}")
    print(f"CPU                {told['cpu_seconds_a_page']:6.2f} s a page")
    for engine, seconds in told["engines_seconds_a_page"].items():
        print(f"  {engine:16} {seconds:6.2f}")
    print(f"  reading beside   {told['reading_beside_engines_seconds_a_page']:6.2f}")
    print(f"  store and queue  {told['own_seconds_a_page']:6.2f}")
    for name, limit in told["limits"].items():
        print(
            f"{name:18} {limit['reached']:.3f}  limit {limit['limit']:.2f}"
            f"  {'holds' if limit['holds'] else 'MISSED'}"
        )
    print(f"pages a minute     {told['pages_a_minute']}")
    print(f"reading process    {told['megabytes']} MB at most")


def measure(files: Sequence[Path], *, pages: int, rounds: int) -> list[Run]:
    """Runs of one worker and of two, in turns; `files` are used until they have enough pages."""
    settings = load_settings()
    runs: list[Run] = []
    with _pool(1, settings) as one, _pool(2, settings) as two:
        pools = {1: one, 2: two}
        for workers, pool in pools.items():
            # Every reading process loads its models here, at nobody's cost.
            for _ in range(workers):
                _run(files, workers, pool, settings, pages=workers)
        for number in range(rounds):
            for workers in (1, 2) if number % 2 == 0 else (2, 1):
                runs.append(_run(files, workers, pools[workers], settings, pages=pages))
    return runs


def figures(runs: Sequence[Run]) -> dict[str, Any]:
    """What the runs come to; speeds are over all rounds together."""
    single, double = ([r for r in runs if r.workers == n] for n in (1, 2))
    pages = sum(r.pages for r in runs)
    cpu = sum(r.cpu for r in runs)
    engines = {
        name: round(sum(r.engines.get(name, 0.0) for r in runs) / pages, 3)
        for name in sorted({name for r in runs for name in r.engines})
    }
    inside = sum(r.inside for r in runs)
    outside = 1 - inside / cpu
    speed = {
        n: sum(r.pages for r in mine) / sum(r.seconds for r in mine)
        for n, mine in ((1, single), (2, double))
    }
    own = sum(r.own for r in runs)
    return {
        "pages": runs[0].pages,
        "rounds": len(single),
        "load": round(os.getloadavg()[0], 1),
        "cpu_seconds_a_page": round(cpu / pages, 3),
        "engines_seconds_a_page": engines,
        "reading_beside_engines_seconds_a_page": round((cpu - inside - own) / pages, 3),
        "own_seconds_a_page": round(own / pages, 3),
        "pages_a_minute": {str(n): round(60 * rate, 1) for n, rate in speed.items()},
        "megabytes": max(r.megabytes for r in runs),
        "limits": {
            "outside engines": {
                "limit": OUTSIDE, "reached": round(outside, 4),
                "ratio": round(outside / OUTSIDE, 3), "holds": outside <= OUTSIDE,
            },
            "two workers": {
                "limit": SPEED_UP, "reached": round(speed[2] / speed[1], 3),
                "ratio": round(speed[2] / speed[1] / SPEED_UP, 3),
                "holds": speed[2] / speed[1] >= SPEED_UP,
            },
        },
    }  # fmt: skip


@contextmanager
def _pool(workers: int, settings: Settings) -> Iterator[Processes]:
    with Processes(
        workers, seconds=settings.page_seconds, megabytes=settings.page_megabytes
    ) as pool:
        yield pool


def _run(
    files: Sequence[Path], workers: int, pool: Processes, settings: Settings, *, pages: int
) -> Run:
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as folder:
        own = settings.model_copy(update={"data": Path(folder), "database": ""})
        work = open_workspace(own, executor=pool)
        prepare_demo(work)
        cpu, mine = _cpu_of_children(), time.process_time()
        started = time.monotonic()
        for file in files:
            if _pages(work) >= pages:
                break
            flow.take_in(work, [file], name=file.name, unit=_UNIT, by=_BY)
        threads = [
            threading.Thread(target=_pull, args=(work, f"bench/{slot}")) for slot in range(workers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - started
        mine, cpu = time.process_time() - mine, _cpu_of_children() - cpu
        engines: dict[str, float] = {}
        done = 0
        for document in work.store.documents(limit=100_000):
            done += len(work.store.pages(document.id))
            for reading in work.store.readings(document.id):
                engines[reading.engine] = engines.get(reading.engine, 0.0) + reading.cpu_seconds
            for heard in work.store.field_readings(document.id):
                engines[heard.engine] = engines.get(heard.engine, 0.0) + heard.cpu_seconds
        work.store.close()
        return Run(workers, done, seconds, mine + cpu, mine, engines, _megabytes())


def _pages(work: Workspace) -> int:
    return sum(
        source.pages for batch in work.store.batches() for source in work.store.sources(batch.id)
    )


def _pull(work: Workspace, holder: str) -> None:
    while documents := flow.claim(work, holder=holder, stages=_MACHINE):
        for document in documents:
            flow.step(work, document, holder=holder)


def _scans(folder: Path) -> list[Path]:
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES)
    if not found:
        raise NotReadyError(
            "{name} is missing.", "Name a folder that holds it.", name=f"{folder.name}/*.pdf"
        )
    return found


# --- what the system counted (Linux: /proc; elsewhere nothing can be said of live processes) ------


def _cpu_of_children() -> float:
    """CPU seconds of the reading processes and of what they started and saw end."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for process in multiprocessing.active_children():
        text = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii", errors="replace")
        total += sum(map(int, text.rpartition(")")[2].split()[11:15])) / ticks
    return total


def _megabytes() -> int:
    peaks = [0]
    for process in multiprocessing.active_children():
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii", errors="replace")
        peaks += [int(line.split()[1]) // 1024 for line in status.splitlines()
                  if line.startswith("VmHWM:")]  # fmt: skip
    return max(peaks)
