"""A page that kills, hangs or starves its reader is set aside alone; nobody else is blamed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from tests.fatal_engine import Fatal, page
from workbench import flow, worker
from workbench.errors import Sentence
from workbench.executors import Processes
from workbench.model import Document, Stage
from workbench.workspace import Settings, Workspace, open_workspace, prepare_demo

pytestmark = pytest.mark.timeout(300)

SECONDS = 20  # for one page; only the page that hangs needs so many


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Workspace]:
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys", readers=2)
    opened = open_workspace(settings)
    prepare_demo(opened)
    yield opened
    opened.store.close()


def run(work: Workspace) -> None:
    """A worker as it really runs, with processes of its own, until nothing waits."""
    with Processes(2, seconds=SECONDS, megabytes=900) as executor:
        mine = replace(work, executor=executor)
        mine.__dict__["engines"] = (Fatal(work.settings.data / "cured"),)
        # In a thread, or it would take the tests' own signals.
        thread = threading.Thread(target=worker.run, args=(mine,), kwargs={"until_empty": True})
        thread.start()
        thread.join(timeout=200)
        assert not thread.is_alive()


def by_name(work: Workspace) -> dict[str, Document]:
    found = {}
    for document in work.store.documents():
        source = work.store.source(document.source)
        assert source is not None
        found[source.name] = document
    return found


def reason(document: Document) -> str:
    return str(Sentence.from_json(document.reason or {"text": ""}))


def test_each_bad_page_is_held_with_its_own_reason_and_every_neighbour_goes_on(
    work: Workspace, tmp_path: Path
) -> None:
    names = ("good", "kills", "hangs", "swallows", "good")
    files = [page(tmp_path / f"{n}-{how}.png", how) for n, how in enumerate(names)]
    flow.take_in(work, _unlike(files), name="thử", unit="PC06", by="quantri")
    run(work)

    became = by_name(work)
    assert {n: d.stage for n, d in became.items() if "good" in n} == {
        f.name: Stage.PROPOSED for f in files if "good" in f.name
    }
    assert all(d.reason is None and d.attempts == 0 for n, d in became.items() if "good" in n)
    held = {n.split("-")[1]: d for n, d in became.items() if d.stage is Stage.HELD}
    assert {how: reason(document) for how, document in held.items()} == {
        "kills.png": "The reading process crashed (exit code -9).",
        "hangs.png": f"It took longer than {SECONDS} seconds and was stopped.",
        "swallows.png": "It needed more than 900 MB of memory and was stopped.",
    }
    assert all(document.remedy for document in held.values())

    (work.settings.data / "cured").touch()
    flow.release(work, held["kills.png"].id, by="soat1")
    run(work)
    cured = work.store.document(held["kills.png"].id)
    assert cured is not None
    assert cured.stage is Stage.PROPOSED
    assert all(p.failure is None for p in work.store.pages(cured.id))


def _unlike(files: list[Path]) -> list[Path]:
    """The files, each with bytes of its own: the same twice would be taken in once."""
    for number, file in enumerate(files):
        with Image.open(file) as image:
            image.putpixel((number, 0), (0, 0, 0))
            image.save(file, dpi=(72, 72))
    return files


def test_of_a_paper_of_three_pages_only_the_bad_one_is_read_again(
    work: Workspace, tmp_path: Path
) -> None:
    shapes = ("good", "kills", "good")
    leaves = [Image.open(page(tmp_path / f"{n}.png", how)) for n, how in enumerate(shapes)]
    leaves[0].save(tmp_path / "paper.tif", save_all=True, append_images=leaves[1:], dpi=(72, 72))
    flow.take_in(work, [tmp_path / "paper.tif"], name="thử", unit="PC06", by="quantri")
    run(work)

    documents = work.store.documents()
    held = [d for d in documents if d.stage is Stage.HELD]
    assert len(held) == 1
    pages = work.store.pages(held[0].id)
    (failed,) = [p for p in pages if p.failure]
    assert Sentence.from_json(failed.failure or {}).values == {"code": -9}
    assert f"page {failed.number + 1}" in reason(held[0])
    read_before = {r.id for d in documents for r in work.store.readings(d.id) if r.words}
    assert len(read_before) == 2

    (work.settings.data / "cured").touch()
    flow.release(work, held[0].id, by="soat1")
    run(work)
    after = {r.id for d in work.store.documents() for r in work.store.readings(d.id)}
    assert read_before < after
    assert len(after) == 3
    assert not any(d.stage is Stage.HELD for d in work.store.documents())
