"""Where page work runs: in this process, or in processes that may crash or hang alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import TimeoutError as Late
from multiprocessing import get_context
from types import TracebackType
from typing import Self, TypeVar

import structlog
from pebble import ProcessExpired, ProcessPool

from workbench.errors import ReadingFailedError, WorkbenchError

T = TypeVar("T")
R = TypeVar("R")

log = structlog.get_logger()


class Inline:
    """Runs each task here and now; a crash is everybody's. For tests and single files."""

    def run(
        self, task: Callable[[T], R], items: Iterable[T]
    ) -> Iterator[tuple[T, R | WorkbenchError]]:
        for item in items:
            try:
                yield item, task(item)
            except WorkbenchError as error:
                yield item, error

    def close(self) -> None:
        """Nothing to stop."""


class Processes:
    """A supervised pool: a task that crashes or hangs loses its own process and nothing else.

    Models stay loaded between tasks, because the processes stay. `seconds` limits one task.
    """

    def __init__(self, processes: int, *, seconds: float = 300) -> None:
        self._processes = processes
        self._seconds = seconds
        self._lock = threading.Lock()
        self._pool = self._open()

    def _open(self) -> ProcessPool:
        # Spawned, not forked: the worker has threads, and engines dislike inherited state.
        return ProcessPool(max_workers=self._processes, context=get_context("spawn"))

    def _working(self) -> ProcessPool:
        """The pool; a new one where the old broke down altogether."""
        with self._lock:
            if not self._pool.active:
                log.warning("pool.renewed")
                self._pool = self._open()
            return self._pool

    def run(
        self, task: Callable[[T], R], items: Iterable[T]
    ) -> Iterator[tuple[T, R | WorkbenchError]]:
        pool = self._working()
        under_way = [
            (item, pool.schedule(task, args=[item], timeout=self._seconds)) for item in items
        ]
        for item, future in under_way:
            try:
                yield item, future.result()
            except WorkbenchError as error:
                yield item, error
            except Late:
                log.warning("task.late", task=task.__name__, seconds=self._seconds)
                yield (
                    item,
                    ReadingFailedError(
                        "It took longer than {seconds} seconds and was stopped.",
                        "Read it again later, or scan the page again.",
                        seconds=int(self._seconds),
                    ),
                )
            except ProcessExpired as error:
                log.warning("task.crashed", task=task.__name__, exit_code=error.exitcode)
                yield (
                    item,
                    ReadingFailedError(
                        "The reading process crashed (exit code {code}).",
                        "Read it again later, or scan the page again.",
                        code=int(error.exitcode or 0),
                    ),
                )
            except Exception as error:
                # Other people's engines raise anything; one bad page must not end the batch.
                log.exception("task.failed", task=task.__name__)
                yield (
                    item,
                    ReadingFailedError(
                        "The reader failed ({kind}).",
                        "Read it again later, or scan the page again.",
                        kind=type(error).__name__,
                    ),
                )

    def close(self) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
