"""What tests share: a store in a temporary folder, a noon, and the real sample."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from tests import soft_token
from tests.full_workbench import fill
from workbench import migrations, words
from workbench.model import Stage
from workbench.store import Store
from workbench.workspace import Settings, Workspace, open_workspace, prepare_demo

ROOT = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser test that met a hiccup of the machine is tried once more; the report counts it.

    A test that needs its second try often is broken: the summary names it (`-rR`).
    """
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True)
def spoken_in_vietnamese() -> None:
    """Each test begins in the language that people get by default."""
    words.speak("vi")


@pytest.fixture(autouse=True)
def logs_that_outlive_a_captured_stream() -> Iterator[None]:
    """A command run inside a test points the logs at a stream that is closed when it ends."""
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def main_that_children_can_start_from() -> Iterator[None]:
    """A page run inside a test leaves itself as the main module; a spawned child would run it."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def noon() -> datetime:
    return datetime(2026, 11, 20, 5, 0, tzinfo=UTC)  # 12:00 in Vietnam


@pytest.fixture(scope="session")
def sample() -> Path:
    """The folder of the sample batch: `files/` and `truth.jsonl`."""
    return ROOT / "data" / "sample"


@pytest.fixture(scope="session")
def sample_folder() -> Path:
    """The sample's folder, for fixtures that outlive one test."""
    return ROOT / "data" / "sample"


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A place for tokens in software; the driver looks for it once a process."""
    soft_token.prepare(tmp_path_factory.mktemp("softhsm"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path}/workbench.db", tmp_path / "objects")
    migrations.upgrade(opened.engine)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's database without papers, to be copied: that is faster than migrating."""
    folder = tmp_path_factory.mktemp("empty-site")
    opened = open_workspace(Settings(data=folder, engines=("none",)))
    prepare_demo(opened)
    opened.store.close()
    return folder / "workbench.db"


@pytest.fixture
def desk_work(empty_site: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace of a test's own that has people and templates, and no engines."""
    shutil.copy(empty_site, tmp_path / "workbench.db")
    opened = open_workspace(Settings(data=tmp_path, engines=("none",)))
    yield opened
    opened.store.close()


@dataclass(frozen=True)
class Filled:
    """A workbench in the middle of a day's work, and the ids of its papers by stage."""

    folder: Path
    ids: Mapping[Stage, list[str]]


@pytest.fixture(scope="session")
def filled_site(empty_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """Three papers of one kind at every stage, to be copied."""
    folder = tmp_path_factory.mktemp("filled-site")
    (folder / "data").mkdir()
    shutil.copy(empty_site, folder / "data" / "workbench.db")
    opened = open_workspace(Settings(data=folder / "data", keys=folder / "keys", engines=("none",)))
    ids = fill(opened, at=datetime(2026, 11, 20, 5, tzinfo=UTC), per_stage=3)
    opened.store.close()
    return Filled(folder, ids)


@pytest.fixture
def filled_work(filled_site: Filled, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace of a test's own in the middle of a day's work."""
    shutil.copytree(filled_site.folder, tmp_path / "w")
    opened = open_workspace(
        Settings(data=tmp_path / "w" / "data", keys=tmp_path / "w" / "keys", engines=("none",))
    )
    yield opened
    opened.store.close()
