"""The page “Import from Excel”: a file is mapped, looked at, decided on, and taken in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from workbench import ui
from workbench.bench import tables as bench
from workbench.flow import importing
from workbench.workspace import Workspace, prepare_demo

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    for name, value in (("DATA", tmp_path / "data"), ("KEYS", tmp_path / "keys"), ("DEMO", 1)):
        monkeypatch.setenv(f"WORKBENCH_{name}", str(value))
    ui.workspace.cache_clear()
    ui.sessions.cache_clear()
    opened = ui.workspace()
    prepare_demo(opened)
    yield opened
    opened.store.close()
    ui.workspace.cache_clear()
    ui.sessions.cache_clear()


def visit(name: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "workbench" / "ui" / "app.py"), default_timeout=60)
    app.user = {"workbench_session": ui.sessions().begin(ui.workspace().store.person(name))}
    app.run()
    return app.switch_page(str(ROOT / "pages" / "tables.py")).run()


def test_without_a_profile_the_page_says_what_to_do_first(work: Workspace) -> None:
    page = visit("soat1")
    assert not page.exception
    assert any("Chưa có cấu hình ánh xạ" in text.value for text in page.markdown)


def test_a_file_is_mapped_by_its_headings_and_the_profile_saved(
    work: Workspace, tmp_path: Path
) -> None:
    bench.make(tmp_path / "a.xlsx", rows=6, of_each=0)
    page = visit("soat1")
    page.segmented_control(key="tables.view").set_value("map").run()
    page.file_uploader(key="tables.sample").set_value(
        [("a.xlsx", (tmp_path / "a.xlsx").read_bytes(), "")]
    ).run()
    page.selectbox(key="tables.kind").set_value("antt").run()
    assert not page.exception
    page.button(key="tables.save").click().run()
    assert not page.exception
    (profile,) = importing.profiles(work).values()
    assert set(profile.columns) == set(bench.PROFILE.columns)
    assert (profile.header, profile.header_rows) == (2, 2)


def test_good_rows_are_taken_in_and_the_report_is_shown(work: Workspace, tmp_path: Path) -> None:
    importing.save_profile(work, bench.PROFILE, by="soat1")
    bench.make(tmp_path / "a.xlsx", rows=60, of_each=1)
    page = visit("soat1")
    unit = next(u for u in work.store.units() if u.code == "PC06")
    page.selectbox(key="tables.unit").set_value(unit).run()
    page.file_uploader(key="tables.file").set_value(
        [("a.xlsx", (tmp_path / "a.xlsx").read_bytes(), "")]
    ).run()
    assert not page.exception
    assert {m.label: m.value for m in page.metric}["Lỗi"] == "26"
    # What only a person knows is asked: two encodings, a lost zero, a hidden row.
    page.checkbox(key="tables.turn.tcvn3").check().run()
    page.checkbox(key="tables.turn.vni").check().run()
    page.checkbox(key="tables.zeros").check().run()
    page.segmented_control(key="tables.hidden").set_value("take").run()
    assert not page.exception
    assert {m.label: m.value for m in page.metric}["Lỗi"] == "22"
    page.button(key="tables.good").click().run()
    assert not page.exception
    assert len(work.store.documents()) == 38
    assert any("Báo cáo: a.xlsx" in text.value for text in page.subheader)
    lists = [list(frame.value.columns) for frame in page.dataframe]
    assert ["Hàng", "Cột", "Mô tả lỗi"] in lists
