"""The dated tables: what existed when, who changes them, and that nothing is lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from workbench import cli
from workbench.catalogues import dated
from workbench.catalogues.dated import Entry, Tables
from workbench.errors import NotAllowedError, NotReadyError
from workbench.flow import dating
from workbench.flow.tables import tables
from workbench.workspace import ROOT, Settings, Workspace, open_workspace, prepare_demo

KNOWN = Tables()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    opened = open_workspace(Settings(data=folder / "data", keys=folder / "keys", engines=()))
    prepare_demo(opened)
    opened.store.close()
    return folder


@pytest.fixture
def work(empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    shutil.copytree(empty, tmp_path / "w")
    data, keys = tmp_path / "w" / "data", tmp_path / "w" / "keys"
    monkeypatch.setenv("WORKBENCH_DATA", str(data))
    monkeypatch.setenv("WORKBENCH_KEYS", str(keys))
    opened = open_workspace(Settings(data=data, keys=keys, engines=()))
    yield opened
    opened.store.close()


# --- what ships ----------------------------------------------------------------------------------


@pytest.mark.parametrize("table", dated.NAMES)
def test_what_ships_stands_well_and_says_where_it_is_from(table: str) -> None:
    assert not dated.check(KNOWN, table)
    assert KNOWN.entries(table)
    assert all(e.source and e.certainty for e in KNOWN.entries(table))


def test_soc_trang_had_eleven_districts_and_the_new_can_tho_has_none() -> None:
    before = [e for e in KNOWN.on("units", date(2023, 1, 1)) if e.level == "district"]
    assert len([e for e in before if e.parent == "94"]) == 11
    assert not [e for e in KNOWN.on("units", date(2025, 7, 1)) if e.level == "district"]
    communes = [e for e in KNOWN.on("units", date(2023, 1, 1)) if e.level == "commune"]
    assert len(communes) == 109


def test_a_name_may_be_that_of_another_level_later() -> None:
    named = KNOWN.named("units", "phường Mỹ Xuyên")
    assert [e.valid_from for e in named] == [date(2025, 7, 1)]
    assert {e.code for e in KNOWN.named("units", "huyện Châu Thành")} == {"942", "933"}
    (old,) = [e for e in KNOWN.named("units", "thành phố Cần Thơ") if e.valid_to]
    assert old.successor == "92-2025"


def test_how_the_tone_is_placed_makes_no_other_unit() -> None:
    assert KNOWN.named("units", "phường Khánh Hoà") == KNOWN.named("units", "phường Khánh Hòa")


def test_police_of_a_commune_issue_since_the_day_of_the_decree() -> None:
    (police,) = KNOWN.named("issuers", "CÔNG AN PHƯỜNG AN BÌNH")
    assert not police.exists(date(2023, 8, 14))
    assert police.exists(date(2023, 8, 15))


# --- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", dated.NAMES)
def test_a_table_comes_back_from_its_file_as_it_was(table: str) -> None:
    entries, faults = dated.read_csv(dated.as_csv(KNOWN.entries(table)))
    assert not faults
    assert entries == KNOWN.entries(table)


def test_a_file_with_semicolons_is_read_too_and_its_faulty_rows_are_told() -> None:
    content = (
        "key;name;valid_from;valid_to;certainty\n"
        "a;Một;2020-01-01;;high\n"
        "b;Hai;1/1/2020;;\n"
        "c;Ba;2020-01-01;2019-01-01;\n"
        ";;;;\n"
        "a;Bốn;;;\n"
        "d;;;;\n"
        "e;Năm;;;sure\n"
    ).encode("utf-8-sig")
    entries, faults = dated.read_csv(content)
    assert [e.name for e in entries] == ["Một"]
    assert [fault.row for fault in faults] == [3, 4, 6, 7, 8]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", "tên\nMột".encode()])
def test_what_is_no_table_is_refused_whole(content: bytes) -> None:
    entries, faults = dated.read_csv(content)
    assert not entries
    assert [fault.row for fault in faults] == [1]


# --- changes -------------------------------------------------------------------------------------


def the(work: Workspace, key: str) -> Entry:
    found = tables(work).entry("units", key)
    assert found is not None
    return found


def test_a_changed_entry_stands_and_its_past_stays(work: Workspace) -> None:
    before = the(work, "941")
    after = replace(before, valid_from=date(2007, 2, 9), certainty="high")
    assert dating.keep(work, "units", [after], by="quanly1", why="Theo bản gốc nghị định") == 1
    assert the(work, "941") == after
    assert dating.keep(work, "units", [after], by="quanly1", why="Lần nữa") == 0
    dating.keep(work, "units", [before], by="mau1", why="Nhầm")
    assert the(work, "941") == before
    told = [(v.by, v.why, v.valid_from) for v in dating.history(work, "units", "941")]
    assert told == [
        ("quanly1", "Theo bản gốc nghị định", date(2007, 2, 9)),
        ("mau1", "Nhầm", date(2007, 2, 8)),
    ]


def test_what_is_withdrawn_is_looked_up_no_more_and_can_come_back(work: Workspace) -> None:
    entry = the(work, "2025-01")
    dating.keep(work, "units", [replace(entry, withdrawn=True)], by="quanly1", why="Sai")
    assert tables(work).entry("units", "2025-01") is None
    dating.keep(work, "units", [entry], by="quanly1", why="Đúng")
    assert the(work, "2025-01") == entry


def test_one_bad_entry_keeps_all_from_being_changed(work: Workspace) -> None:
    good = replace(the(work, "942"), source="Khác")
    bad = replace(the(work, "943"), successor="không có")
    with pytest.raises(NotReadyError, match="not in the table"):
        dating.keep(work, "units", [good, bad], by="quanly1", why="Thử")
    assert the(work, "942").source != "Khác"
    with pytest.raises(NotReadyError, match="reason"):
        dating.keep(work, "units", [good], by="quanly1", why=" ")
    with pytest.raises(NotAllowedError):
        dating.keep(work, "units", [good], by="soat1", why="Thử")


# --- screen and command line ---------------------------------------------------------------------


def test_the_command_line_shows_a_day_and_takes_a_file_in(work: Workspace, tmp_path: Path) -> None:
    run = CliRunner().invoke
    shown = run(cli.app, ["catalogue", "show", "units", "--on", "2025-07-01"]).output
    assert "phường Mỹ Xuyên" in shown
    assert "huyện Mỹ Xuyên" not in shown
    file = tmp_path / "units.csv"
    assert run(cli.app, ["catalogue", "export", "units", str(file)]).exit_code == 0
    content = file.read_text("utf-8-sig")
    file.write_text(content.replace("huyện Kế Sách", "huyện Kế Sách (cũ)"), "utf-8-sig")
    given = ["catalogue", "import", "units", str(file), "--by", "quanly1", "--why", "Thử"]
    dry = run(cli.app, [*given, "--dry-run"]).output
    assert "~ 943" in dry
    assert run(cli.app, given).exit_code == 0
    dating.forget(work)
    assert the(work, "943").name == "huyện Kế Sách (cũ)"
    assert run(cli.app, ["catalogue", "check"]).exit_code == 0
    assert '"units": 170' in run(cli.app, ["catalogue", "list", "--json"]).output


def test_the_page_finds_without_marks_and_keeps_a_new_entry(
    work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = work.store.person("quanly1")
    monkeypatch.setattr("workbench.ui.workspace", lambda: work)
    monkeypatch.setattr("workbench.ui.person", lambda: person)
    page = AppTest.from_file(str(ROOT / "pages" / "catalogues.py"), default_timeout=30).run()
    assert not page.exception
    page.text_input("catalogues.text.units").set_value("my xuyen").run()
    assert list(page.dataframe[0].value["name"]) == [
        "huyện Mỹ Xuyên", "phường Mỹ Xuyên", "thị trấn Mỹ Xuyên",
    ]  # fmt: skip
    page.text_input("catalogues.key.units.").set_value("moi")
    page.text_input("catalogues.name.units.").set_value("xã Mới")
    page.text_input("catalogues.why.units.").set_value("Lập xã mới")
    page.button("catalogues.keep.units.").click().run()
    assert not page.exception
    assert the(work, "moi").name == "xã Mới"
