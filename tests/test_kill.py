"""Killed without warning, the workbench loses nothing that was saved and reads nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from workbench import flow
from workbench.model import Stage
from workbench.store import Store
from workbench.workspace import Settings, Workspace, open_workspace, prepare_demo

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

WAY = [Stage.RECEIVED, Stage.READ, Stage.PROPOSED]


@dataclass
class Site:
    """A data folder of its own, the real processes on it, and a look into its store."""

    work: Workspace
    environment: dict[str, str]
    log: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.work.store

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "workbench", *command],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started.append(child)
        return child

    def wait_until(self, holds: Callable[[], bool], *, seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, self.log.read_text(encoding="utf-8")[-3000:]
            time.sleep(0.05)

    def stage(self, stage: Stage) -> int:
        return self.store.counts()[stage]

    def has_a_reading(self) -> bool:
        return any(self.store.readings(document.id) for document in self.store.documents())

    def assert_everything_was_read_exactly_once(self) -> None:
        for document in self.store.documents():
            assert document.stage is Stage.PROPOSED, document.reason
            source = self.store.source(document.source)
            pages = self.store.pages(document.id)
            assert source is not None
            assert len(pages) == source.pages
            read = Counter((r.page, r.engine) for r in self.store.readings(document.id))
            assert read == {(page.id, "tesseract"): 1 for page in pages}
            assert all(r.failure is None for r in self.store.readings(document.id))
            assert [event.after for event in self.store.events(document.id)] == WAY


@pytest.fixture
def site(tmp_path: Path, sample: Path) -> Iterator[Site]:
    settings = Settings(
        data=tmp_path / "data", keys=tmp_path / "keys", engines=("tesseract",), readers=2
    )
    work = open_workspace(settings)
    prepare_demo(work)
    files = [sample / "files" / name for name in ("001.pdf", "002.pdf", "004.pdf", "005.pdf")]
    flow.take_in(work, files, name="thử", unit="PC06", by="quantri")
    environment = {
        **os.environ,
        "WORKBENCH_DATA": str(settings.data),
        "WORKBENCH_KEYS": str(settings.keys),
        "WORKBENCH_ENGINES": '["tesseract"]',
        "WORKBENCH_READERS": "2",
    }
    site = Site(work, environment, tmp_path / "log")
    yield site
    for child in site.started:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    work.store.close()


def _in_session(leader: int) -> list[psutil.Process]:
    """The living processes of a session, its leader's death notwithstanding."""
    found = []
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _child(parent: subprocess.Popen[bytes], command: str) -> psutil.Process | None:
    for child in psutil.Process(parent.pid).children():
        with suppress(psutil.NoSuchProcess):
            if command in child.cmdline():
                return child
    return None


def test_a_worker_killed_in_the_middle_of_a_batch_reads_every_page_exactly_once(
    site: Site,
) -> None:
    for reached in (site.has_a_reading, lambda: site.stage(Stage.RECEIVED) < 4):
        worker = site.start("work")
        site.wait_until(reached)
        worker.kill()  # SIGKILL: nothing of the worker's own runs any more
        assert worker.wait() == -signal.SIGKILL
        assert site.stage(Stage.PROPOSED) < 4, "the batch was over before the kill"
        # Its reading processes notice that they are alone and go.
        site.wait_until(lambda leader=worker.pid: not _in_session(leader), seconds=30)

    assert site.start("work", "--until-empty").wait(timeout=200) == 0
    site.assert_everything_was_read_exactly_once()


def test_stopped_in_the_middle_of_reading_no_paper_is_blamed(site: Site) -> None:
    for _ in range(2):
        worker = site.start("work")
        site.wait_until(lambda worker=worker: len(_readers(worker.pid)) >= 2)
        time.sleep(2)  # into the reading
        worker.terminate()
        assert worker.wait(timeout=30) == 0
        assert site.stage(Stage.HELD) == 0
        assert all(d.attempts == 0 and d.lease_by is None for d in site.store.documents())
    assert site.start("work", "--until-empty").wait(timeout=200) == 0
    site.assert_everything_was_read_exactly_once()


def test_a_reader_killed_alone_is_replaced_and_its_page_read_after_all(site: Site) -> None:
    worker = site.start("work", "--until-empty")
    site.wait_until(lambda: len(_readers(worker.pid)) >= 2)
    time.sleep(2)
    for reader in _readers(worker.pid):
        with suppress(psutil.NoSuchProcess):
            reader.kill()
    assert worker.wait(timeout=200) == 0
    site.assert_everything_was_read_exactly_once()


def _readers(worker: int) -> list[psutil.Process]:
    """The processes in which a worker's engines run."""
    with suppress(psutil.NoSuchProcess):
        return [
            child
            for child in psutil.Process(worker).children(recursive=True)
            if "spawn_main" in " ".join(child.cmdline())
        ]
    return []


def test_a_killed_app_and_a_killed_worker_are_started_again_and_the_batch_goes_on(
    site: Site,
) -> None:
    both = site.start("start", "--port", "0", "--no-sample")
    site.wait_until(site.has_a_reading)
    for command in ("work", "serve"):
        victim = _child(both, command)
        assert victim is not None
        victim.kill()
        site.wait_until(
            lambda command=command, victim=victim: (
                (new := _child(both, command)) is not None and new.pid != victim.pid
            )
        )
    site.wait_until(lambda: site.stage(Stage.PROPOSED) == 4, seconds=200)
    site.assert_everything_was_read_exactly_once()

    children = psutil.Process(both.pid).children(recursive=True)
    both.send_signal(signal.SIGINT)
    assert both.wait(timeout=30) == 0
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive, "Ctrl+C left something running"


SAVER = """
import sys
from workbench import flow
from workbench.flow import FieldAct
from workbench.model import Act, new_id
from workbench.workspace import load_settings, open_workspace

work = open_workspace(load_settings())
sheets = flow.next_review(work, "soat1")
while True:
    for sheet in sheets:
        for field in sheet.fields:
            act = FieldAct(id=new_id(), field=field.name, act=Act.EDIT, value="chữ mới")
            flow.correct(work, sheet.document.id, [act], by="soat1")
            print(act.id, flush=True)  # only now may a screen say "saved"
"""


def test_a_correction_that_was_called_saved_outlives_the_process_that_saved_it(
    site: Site,
) -> None:
    assert site.start("work", "--until-empty").wait(timeout=200) == 0
    saver = subprocess.Popen(
        [sys.executable, "-c", SAVER], env=site.environment, stdout=subprocess.PIPE, text=True
    )
    assert saver.stdout is not None
    called_saved = [saver.stdout.readline().strip() for _ in range(25)]
    saver.kill()
    called_saved += [line.strip() for line in saver.stdout if line.endswith("\n")]
    saver.wait()
    kept = {
        correction.id
        for document in site.store.documents()
        for correction in site.store.corrections(document.id)
    }
    assert len(called_saved) >= 25
    assert set(called_saved) <= kept
