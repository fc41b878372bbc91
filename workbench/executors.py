"""Where page work runs: in this process, or in processes that may crash or hang alone."""

from __future__ import annotations

import os
import resource
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as Late
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import TracebackType
from typing import Any, Self, TypeVar

import structlog
from pebble import ProcessExpired, ProcessFuture, ProcessPool

from workbench.errors import ReadingFailedError, StoppedError, WorkbenchError, places

T = TypeVar("T")
R = TypeVar("R")

log = structlog.get_logger()

_END: Any = object()  # no more items
_OUT_OF_MEMORY = 99  # how a reading process says good-bye that was refused more memory
_MEGABYTE = 1 << 20
_RENEWALS = 5  # how often a task is begun again because the whole pool broke down around it


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

    def stop(self) -> None:
        """Nothing runs beside us."""

    def close(self) -> None:
        """Nothing to stop."""


class Processes:
    """A supervised pool: a task that crashes or hangs loses its own process and nothing else.

    Models stay loaded between tasks, because the processes stay. `seconds` limits one task,
    `megabytes` what one process may ask for, models included (0: no limit).
    """

    def __init__(self, processes: int, *, seconds: float = 300, megabytes: int = 0) -> None:
        self._processes = processes
        self._seconds = seconds
        self._megabytes = megabytes
        self._lock = threading.Lock()
        self._closing = False
        self._pool = self._open()

    def _open(self) -> ProcessPool:
        # Spawned, not forked: the worker has threads, and engines dislike inherited state.
        return ProcessPool(
            max_workers=self._processes,
            initializer=_limit,
            initargs=[self._megabytes],
            context=get_context("spawn"),
        )

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
        # A few under way at a time: a long document must not queue up before everybody else's.
        waiting = iter(items)
        under_way: deque[tuple[T, ProcessFuture[R]]] = deque()
        try:
            while True:
                while len(under_way) < 2 * self._processes and not self._closing:
                    item = next(waiting, _END)
                    if item is _END:
                        break
                    under_way.append((item, self._schedule(task, item)))
                if not under_way:
                    if self._closing and next(waiting, _END) is not _END:
                        raise StoppedError
                    return
                item, future = under_way.popleft()
                result = self._outcome(task, item, future)
                yield item, result
        finally:
            for _, future in under_way:
                future.cancel()  # type: ignore[no-untyped-call]

    def _schedule(self, task: Callable[[T], R], item: T) -> ProcessFuture[R]:
        return self._working().schedule(_within, args=[task, item], timeout=self._seconds)

    def _outcome(
        self, task: Callable[[T], R], item: T, future: ProcessFuture[R]
    ) -> R | WorkbenchError:
        """The result, or why there is none; a process that dies is tried once more.

        Only its own process's death is laid to a task's charge: where the whole pool breaks down,
        it was begun beside the one that did it.
        """
        deaths = 0
        for _ in range(_RENEWALS):
            try:
                result: R = future.result()
                return result
            except WorkbenchError as error:
                return error
            except Late:
                log.warning("task.late", task=task.__name__, seconds=self._seconds)
                return ReadingFailedError(
                    "It took longer than {seconds} seconds and was stopped.",
                    "Read it again later, or scan the page again.",
                    seconds=int(self._seconds),
                )
            except (ProcessExpired, BrokenProcessPool, CancelledError) as error:
                if self._closing:
                    raise StoppedError from error
                code = int(getattr(error, "exitcode", 0) or 0)
                deaths += isinstance(error, ProcessExpired)
                log.warning("task.crashed", task=task.__name__, exit_code=code, deaths=deaths)
                if deaths > 1:
                    return self._why(code)
                future = self._schedule(task, item)
            except Exception as error:
                # Other people's engines raise anything; one bad page must not end the batch.
                kind = type(error).__name__
                log.error("task.failed", task=task.__name__, error=kind, where=places(error))
                return ReadingFailedError(
                    "The reader failed ({kind}).",
                    "Read it again later, or scan the page again.",
                    kind=kind,
                )
        return ReadingFailedError(
            "The reading processes ended again and again.",
            "Run `workbench doctor`, then send the document back to be read again.",
        )

    def _why(self, code: int) -> ReadingFailedError:
        if code == _OUT_OF_MEMORY:
            return ReadingFailedError(
                "It needed more than {megabytes} MB of memory and was stopped.",
                "Scan the page again at 300 dpi, or allow more with WORKBENCH_PAGE_MEGABYTES.",
                megabytes=self._megabytes,
            )
        return ReadingFailedError(
            "The reading process crashed (exit code {code}).",
            "Read it again later, or scan the page again.",
            code=code,
        )

    def stop(self) -> None:
        """Begin no new task: what waits for one is told that it was stopped."""
        self._closing = True

    def close(self) -> None:
        self.stop()
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


def _limit(megabytes: int) -> None:
    """Let this process have no more memory of its own; what it starts inherits the limit."""
    if not megabytes:
        return
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = megabytes * _MEGABYTE
    if most != resource.RLIM_INFINITY:
        wanted = min(wanted, most)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, most))


def _within(task: Callable[[T], R], item: T) -> R:
    """The task, in a reading process. Refused memory it ends: what is left of it helps nobody.

    A process that grew over many pages is replaced so; the page is tried again in a fresh one.
    """
    try:
        return task(item)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)
