"""A process that takes waiting documents and moves them on, until it is told to stop.

Several threads claim documents; the heavy work runs in supervised child processes, so a page
that crashes its reader fails alone. A worker that was killed leaves leases behind: the next one to
start on the same machine gives them back at once.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from uuid import uuid4

import structlog

from workbench import flow
from workbench.errors import places
from workbench.flow import delivery, fixity, pending, teaching
from workbench.model import Stage, Worker, now
from workbench.store import Store, audits, networks
from workbench.workspace import Workspace

IDLE_SECONDS = 1.0
FOLLOW_CALM_SECONDS = 30.0  # between two looks of the event lake, while nothing waits
FOLLOW_BUSY_SECONDS = 300.0
PROVE_SECONDS = 600.0  # between two looks whether seals are due for new proof, while nothing waits
HOUSE_SECONDS = 5.0  # between two looks into the outbox
HOUSE_PATIENCE_SECONDS = 60.0  # after something went wrong there
PHONE_SECONDS = 3.0  # between two questions whether a seal was confirmed on the phone

log = structlog.get_logger()


def run(work: Workspace, *, until_empty: bool = False) -> int:
    """Move documents on until a signal comes (or, `until_empty`, none waits); how many steps."""
    stop = threading.Event()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    sweep(work.store)
    me = Worker(id=f"worker-{uuid4().hex[:12]}", host=socket.gethostname(), pid=os.getpid())
    work.store.keep(me)
    log.info("worker.started", worker=me.id, readers=work.settings.readers)
    steps = _Count()
    threads = [
        threading.Thread(
            target=_pull, args=(work, f"{me.id}/{slot}", stop, steps, until_empty), daemon=True
        )
        for slot in range(work.settings.readers)
    ]
    if work.asks_a_phone:
        phone = (work, f"{me.id}/phone", stop, until_empty)
        threads.append(threading.Thread(target=_have_confirmed, args=phone, daemon=True))
    follower = threading.Thread(target=_follow, args=(work, stop, steps), daemon=True)
    if work.settings.tsa:
        prover = (work, f"{me.id}/proof", stop, steps)
        threading.Thread(target=_prove, args=prover, daemon=True).start()
    keeper = threading.Thread(target=_keep_house, args=(work, f"{me.id}/house", stop), daemon=True)
    teacher = threading.Thread(target=_teach, args=(work, f"{me.id}/teach", stop), daemon=True)
    parent = os.getppid()
    try:
        follower.start()
        keeper.start()
        teacher.start()
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads) and not stop.wait(IDLE_SECONDS):
            me.seen_at = now()
            work.store.keep(me)
            if os.getppid() != parent:
                stop.set()  # whoever started us is gone; nobody would stop us any more
        # A step under way is left to end by itself where that is quick; reading goes on later.
        work.executor.stop()
        patience = time.monotonic() + 4
        for thread in threads:
            thread.join(timeout=max(0.0, patience - time.monotonic()))
        stop.set()
        follower.join(timeout=max(0.0, patience - time.monotonic()))
        keeper.join(timeout=max(0.0, patience - time.monotonic()))
    finally:
        for slot in range(work.settings.readers):
            work.store.free(f"{me.id}/{slot}")
        work.store.free(f"{me.id}/phone")
        networks.free(work.store, f"{me.id}/")
        work.teacher.close()
        work.store.forget(me)
        log.info("worker.stopped", worker=me.id, steps=steps.total)
    return steps.total


def sweep(store: Store) -> int:
    """Give back what dead workers of this machine had leased; how many workers were dead."""
    dead = [
        worker
        for worker in store.workers()
        if worker.host == socket.gethostname() and not _alive(worker.pid)
    ]
    for worker in dead:
        store.free_all(f"{worker.id}/")
        networks.free(store, f"{worker.id}/")
        store.forget(worker)
        log.warning("worker.swept", worker=worker.id)
    return len(dead)


class _Count:
    """Steps done, and whether somebody found nothing to do of late."""

    def __init__(self) -> None:
        self.total = 0
        self.is_calm = False
        self._lock = threading.Lock()

    def add(self) -> None:
        with self._lock:
            self.total += 1


def _pull(
    work: Workspace, holder: str, stop: threading.Event, steps: _Count, until_empty: bool
) -> None:
    # Where somebody has to type a PIN for the batch, sealing waits for them.
    stages = [s for s in flow.STEPS if s is not Stage.APPROVED or work.seals_by_itself]
    while not stop.is_set():
        try:
            claimed = flow.claim(work, holder=holder, stages=stages)
            for document in claimed:
                flow.step(work, document, holder=holder)
                steps.add()
        except Exception as error:
            # A store that cannot be reached now may be there again in a moment.
            kind = type(error).__name__
            log.error("worker.stumbled", worker=holder, error=kind, where=places(error))
            stop.wait(5 * IDLE_SECONDS)
            continue
        steps.is_calm = not claimed
        if not claimed:
            if until_empty:
                return
            stop.wait(IDLE_SECONDS)


def _have_confirmed(work: Workspace, holder: str, stop: threading.Event, until_empty: bool) -> None:
    """Lay ordered seals before the phone, one order at a time, and finish what was confirmed."""
    while not stop.is_set():
        try:
            pending.look(work, by=holder)
            if not pending.waiting(work):
                pending.ask(work, holder=holder)
        except Exception as error:
            # A service or a store that cannot be reached now may be there again in a moment.
            kind = type(error).__name__
            log.error("worker.phone", worker=holder, error=kind, where=places(error))
            work.store.free(holder)
            stop.wait(5 * IDLE_SECONDS)
        if until_empty:
            return
        stop.wait(PHONE_SECONDS)


def _follow(work: Workspace, stop: threading.Event, steps: _Count) -> None:
    """Have the event lake follow the store: soon in a calm moment, in a busy one now and then."""
    last = time.monotonic() - FOLLOW_BUSY_SECONDS
    while not stop.wait(IDLE_SECONDS):
        waited = time.monotonic() - last
        if waited < (FOLLOW_CALM_SECONDS if steps.is_calm else FOLLOW_BUSY_SECONDS):
            continue
        try:
            work.lake.refresh(work.store, at=now())
            if work.lake.is_due:
                work.lake.compact(at=now())
        except Exception as error:
            # Figures that are late are no reason to stop reading.
            kind = type(error).__name__
            log.error("worker.figures", error=kind, where=places(error))
        last = time.monotonic()


def _keep_house(work: Workspace, holder: str, stop: threading.Event) -> None:
    """Send what is due to other repositories, and carry on a look at what is kept."""
    while not stop.wait(HOUSE_SECONDS):
        try:
            if work.targets:
                delivery.lay_in_by_itself(work, by=holder)
                while not stop.is_set() and delivery.send_due(work, by=holder):
                    pass
            if audit := audits.take_up(work.store, at=now()):
                pace = fixity.Pace(int(work.settings.audit_megabytes * (1 << 20)))
                fixity.go_on(work, audit, pace=pace, stop=stop.is_set)
        except Exception as error:
            # Papers are read and sealed whether or not another house answers.
            kind = type(error).__name__
            log.error("worker.house", worker=holder, error=kind, where=places(error))
            stop.wait(HOUSE_PATIENCE_SECONDS)


def _teach(work: Workspace, holder: str, stop: threading.Event) -> None:
    """Teach a network that somebody ordered, a while at a time, beside the reading."""
    while not stop.wait(HOUSE_SECONDS):
        try:
            if training := networks.take_up(work.store, holder=holder, at=now()):
                teaching.carry_on(work, training, holder=holder, stop=stop.is_set)
        except Exception as error:
            # Papers are read whether or not a network learns.
            kind = type(error).__name__
            log.error("worker.teaching", worker=holder, error=kind, where=places(error))
            stop.wait(HOUSE_PATIENCE_SECONDS)


def _prove(work: Workspace, holder: str, stop: threading.Event, steps: _Count) -> None:
    """Give new proof to seals that are due, in a calm moment."""
    last = time.monotonic() - PROVE_SECONDS
    while not stop.wait(IDLE_SECONDS):
        if not steps.is_calm or time.monotonic() - last < PROVE_SECONDS:
            continue
        try:
            flow.prove(work, by=holder)
        except Exception as error:
            # Proof that is late by a moment is no reason to stop reading.
            log.error("worker.proof", error=type(error).__name__, where=places(error))
        last = time.monotonic()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
