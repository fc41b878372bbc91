"""Whatever runs page work: a failure is a result, not the end of the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.errors import (
    EngineUnavailableError,
    ReadingFailedError,
    StoppedError,
    WorkbenchError,
)
from workbench.executors import Inline, Processes
from workbench.seams import Executor


def double(n: int) -> int:
    return 2 * n


def refuse_odd(n: int) -> int:
    if n % 2:
        raise EngineUnavailableError("No engine for {n}.", "Install it.", n=n)
    return n


def misbehave(how: str) -> str:
    """An engine as bad as they come."""
    match how:
        case "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hang":
            time.sleep(60)
        case "swallow":
            kept = []
            while True:
                kept.append(bytearray(64 << 20))
        case "raise":
            raise RuntimeError("native code said no")
    return how


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    with Processes(2, seconds=3, megabytes=700) as executor:
        yield executor


@pytest.fixture(params=["inline", "processes"])
def executor(request: pytest.FixtureRequest) -> Executor:
    if request.param == "inline":
        return Inline()
    executor: Processes = request.getfixturevalue("processes")
    return executor


def test_results_come_in_the_order_of_the_items(executor: Executor) -> None:
    assert list(executor.run(double, [3, 1, 2])) == [(3, 6), (1, 2), (2, 4)]


def test_a_known_error_comes_back_whole_and_the_rest_goes_on(executor: Executor) -> None:
    results = dict(executor.run(refuse_odd, [2, 3, 4]))
    error = results[3]
    assert (results[2], results[4]) == (2, 4)
    assert isinstance(error, EngineUnavailableError)
    assert (str(error), str(error.remedy)) == ("No engine for 3.", "Install it.")


def test_a_task_that_crashes_hangs_swallows_memory_or_raises_fails_alone(
    processes: Processes,
) -> None:
    bad = ("crash", "hang", "swallow", "raise")
    results = dict(processes.run(misbehave, ["well", *bad, "again"]))
    assert (results["well"], results["again"]) == ("well", "again")
    for how in bad:
        assert isinstance(results[how], ReadingFailedError), how
    reasons = [r.message.text for r in results.values() if isinstance(r, WorkbenchError)]
    assert len(set(reasons)) == 4, "each says something else"
    assert str(results["swallow"]) == "It needed more than 700 MB of memory and was stopped."


def test_no_neighbour_is_blamed_for_a_task_that_kills_its_process(processes: Processes) -> None:
    items = [f"{how} {n}" for n in range(2) for how in ("well", "crash", "well")]
    results = list(processes.run(misbehave_by_name, items))
    assert [item for item, _ in results] == items
    blamed = [item for item, result in results if isinstance(result, WorkbenchError)]
    assert blamed == [item for item in items if item.startswith("crash")]


def misbehave_by_name(item: str) -> str:
    return misbehave(item.split()[0])


def crash_once(marker: Path) -> str:
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "read"


def test_a_process_that_died_is_tried_once_more(processes: Processes, tmp_path: Path) -> None:
    ((_, result),) = processes.run(crash_once, [tmp_path / "died"])
    assert result == "read"


def test_what_is_stopped_is_no_failure_of_the_task(tmp_path: Path) -> None:
    with Processes(1, seconds=30) as executor:
        results = executor.run(double, range(100))
        assert next(results) == (0, 0)
        executor.stop()
        with pytest.raises(StoppedError):
            list(results)


def test_a_long_run_does_not_queue_up_before_a_short_one(processes: Processes) -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for n in range(50):
            taken.append(n)
            yield n

    next(processes.run(double, items()))
    assert len(taken) <= 4


def test_no_child_outlives_its_killed_parent() -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os, time\n"
            "from workbench.executors import Processes\n"
            "if __name__ == '__main__':\n"
            "    pool = Processes(1)\n"
            "    print(next(pool.run(os.getpgid, [0])), flush=True)\n"
            "    import multiprocessing\n"
            "    print([c.pid for c in multiprocessing.active_children()][0], flush=True)\n"
            "    time.sleep(60)\n",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout
    parent.stdout.readline()
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and _runs(child):
        time.sleep(0.1)
    assert not _runs(child)


def _runs(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"
