"""The proposals about pages on screen: seen by who may see papers, decided by who may decide."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests import test_grouping as grouped
from tests.test_pages import ROOT, errors, told
from workbench import ui
from workbench.model import Batch, PageMatter, Stage, Standing
from workbench.workspace import prepare_demo


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[grouped.Desk]:
    """The workspace that the pages open, with a file of two papers and a blank page."""
    for name, value in (("DATA", tmp_path / "data"), ("KEYS", tmp_path / "keys"), ("DEMO", 1)):
        monkeypatch.setenv(f"WORKBENCH_{name}", str(value))
    ui.workspace.cache_clear()
    ui.sessions.cache_clear()
    work = ui.workspace()
    prepare_demo(work)
    work.store.add(Batch(id="lot", name="Lô", unit="PC06", by="quantri"))
    desk = grouped.Desk(work, tmp_path)
    desk.hand_in("a.pdf", [(grouped.CERTIFICATE, 0), (grouped.BLANK, 0), (grouped.OTHER, 0)])
    desk.read()
    yield desk
    work.store.close()
    ui.workspace.cache_clear()
    ui.sessions.cache_clear()


def visit(file: str, name: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "workbench" / "ui" / "app.py"), default_timeout=60)
    somebody = ui.workspace().store.person(name)
    assert somebody is not None
    app.user = {"workbench_session": ui.sessions().begin(somebody)}
    app.run()
    app.switch_page(str(ROOT / "pages" / file))
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def test_a_batch_tells_its_proposals_and_one_is_undone(desk: grouped.Desk) -> None:
    app = visit("intake.py", "soat1", batch="lot")
    assert not errors(app)
    words = told(app)
    assert "Đề xuất về trang" in words
    assert "Trang này không có nội dung" in words
    assert "a.pdf, trang 2" in words
    parted = desk.told(PageMatter.PARTED)
    app.button(key=f"pages.undo.{parted.id}").click().run()
    assert not errors(app)
    assert desk.told(PageMatter.PARTED).standing is Standing.UNDONE
    assert desk.lie() == [[("a.pdf", 0), ("a.pdf", 2)]]
    blank = desk.told(PageMatter.BLANK)
    app.button(key=f"pages.keep.{blank.id}").click().run()
    assert desk.told(PageMatter.BLANK).standing is Standing.CONFIRMED
    assert "Mọi đề xuất đã được quyết định" in told(app)


def test_somebody_who_decides_nothing_sees_them_only(desk: grouped.Desk) -> None:
    app = visit("intake.py", "quanly1", batch="lot")
    parted = desk.told(PageMatter.PARTED)
    assert app.button(key=f"pages.undo.{parted.id}").disabled


def test_a_paper_shows_its_pages_and_takes_one_back(desk: grouped.Desk) -> None:
    (first,) = [d for d in desk.documents() if desk.work.store.set_aside(d.id)]
    app = visit("documents.py", "soat1", document=first.id)
    assert not errors(app)
    (aside,) = desk.work.store.set_aside(first.id)
    app.button(key=f"pages.back.{aside.id}").click().run()
    assert not errors(app)
    assert [("a.pdf", 0), ("a.pdf", 1)] in desk.lie()


def test_a_paper_that_was_approved_says_why_its_pages_stay(desk: grouped.Desk) -> None:
    first = desk.documents()[0]
    desk.work.store.move(first, Stage.APPROVED, by="w", at=first.changed_at)
    app = visit("documents.py", "soat1", document=first.id)
    assert not errors(app)
    assert "không xếp lại trang được nữa" in told(app)
