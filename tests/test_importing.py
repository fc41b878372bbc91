"""Entry files taken in whole or not at all, each paper once; out and in again is the same."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from typer.testing import CliRunner

from workbench.bench import tables as bench
from workbench.cli import app
from workbench.errors import (
    NotAllowedError,
    NotReadyError,
    SettingsError,
    StorageError,
    UnreadableFileError,
)
from workbench.exchange import entryfiles, entrysheets
from workbench.flow import converting, granting, importing, tabling
from workbench.ledger import Cell, Choices, Column, Merge, Profile, Sheet, headings, propose
from workbench.ledger.profile import ROW_KEY, header_of
from workbench.legacy import Encoding
from workbench.model import Origin, Right, Stage, TemplateAct
from workbench.store import grants, imports, sources, templates
from workbench.workspace import Workspace

TODAY = bench.TODAY


@pytest.fixture
def work(desk_work: Workspace) -> Workspace:
    return desk_work


def plan(work: Workspace, path: Path, profile: Profile = bench.PROFILE, **more: Any) -> Any:
    choices = Choices(**more)
    return importing.look(
        work, entryfiles.read(path), profile, unit="PC06", choices=choices, today=TODAY
    )


# --- files as they are ---------------------------------------------------------------------------


def test_an_old_excel_file_is_read_with_its_fonts_merges_and_hidden_rows(work: Workspace) -> None:
    # Made by xlwt: headings and cells in .VnTime, a name in VNI-Times, row 5 hidden.
    book = entryfiles.read(Path(__file__).parent / "entry_file.xls")
    (sheet,) = book.sheets
    template = work.templates["antt"]
    header = header_of(sheet, template)
    profile = propose(headings(sheet, *header), template, header=header)
    assert header == (2, 2)
    assert profile is not None
    assert set(profile.columns) == {
        "so", "ngay_cap", "co_quan_cap", "ten_co_so", "so_giay_to", "nguoi_dung_dau",
    }  # fmt: skip
    choices = Choices(zeros=True, turn=frozenset(Encoding), hidden="take")
    found = importing.look(work, book, profile, unit="PC06", choices=choices, today=TODAY)
    first, second = found.fresh
    assert first.values == {
        "so": "1/GCN", "ngay_cap": "08/05/2019", "co_quan_cap": "Công an huyện Mỹ Xuyên",
        "ten_co_so": "Nhà nghỉ Bình An", "so_giay_to": "094085001234",
        "nguoi_dung_dau": "TRẦN VĂN ĐỨC",
    }  # fmt: skip
    assert second.values["ngay_cap"] == "15/05/2019"  # a bare number
    assert second.values["co_quan_cap"] == "Công an huyện Mỹ Xuyên"  # nt
    assert {(f.row, f.code) for f in found.checked.faults} == {
        (6, "mixed"), (7, "logical"), (7, "unnamed"),
    }  # fmt: skip


def test_formats_down_to_the_last_row_of_excel_make_no_table_of_it(tmp_path: Path) -> None:
    """A column formatted as a whole is usual; a million empty rows would fill the memory."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page["A1"], page["A2"] = "Số", "45/ĐKMD"
    page.cell(1_048_576, 3).font = Font(bold=True)
    page.merge_cells("A2:A3")
    book.save(tmp_path / "so.xlsx")
    (sheet,) = entryfiles.read(tmp_path / "so.xlsx").sheets
    assert (len(sheet.rows), sheet.width) == (2, 1)

    whole = replace(sheet, merged=(Merge(1, 0, 1_048_575, 16_383),))
    assert whole.merge_at(1, 0) is not None
    assert whole.merge_at(2, 0) is None
    with (
        zipfile.ZipFile(tmp_path / "so.xlsx") as made,
        zipfile.ZipFile(tmp_path / "whole.xlsx", "w") as other,
    ):
        for name in made.namelist():
            other.writestr(name, made.read(name).replace(b'"A2:A3"', b'"A2:A1048576"'))
    with pytest.raises(UnreadableFileError, match="merged over whole columns"):
        entryfiles.read(tmp_path / "whole.xlsx")


def test_a_new_excel_file_is_read_with_what_its_cells_look_like(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    page = book.active
    assert page is not None
    page.title = "Sổ"
    page["A1"] = "C«ng an"
    page["A1"].font = Font(name=".VnTimeH")
    page["B1"] = CellRichText(TextBlock(InlineFont(rFont="VNI-Times"), "Coâng "), "an")
    page["C1"] = "=1+1"
    page["D1"] = "#N/A"
    page["E1"] = date(2020, 5, 8)
    page["F1"] = "=1+1"
    page["F1"].data_type = "s"
    page["A2"] = True
    page.merge_cells("A3:B4")
    page["A3"] = "gộp"
    page.row_dimensions[2].hidden = True
    page.column_dimensions["C"].hidden = True
    book.create_sheet("Ẩn").sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")

    read = entryfiles.read(tmp_path / "a.xlsx")
    sheet = read.sheets[0]
    assert [s.hidden for s in read.sheets] == [False, True]
    assert sheet.rows[0] == (
        Cell("C«ng an", (".VnTimeH",)),
        Cell("Coâng an", ("VNI-Times", "Calibri")),
        Cell(None, ("Calibri",), formula=True),  # nobody has computed it yet
        Cell(None, error="#N/A"),
        Cell(date(2020, 5, 8)),
        Cell("=1+1", ("Calibri",)),
    )
    assert sheet.rows[1][0] == Cell(True)
    assert (sheet.merged, sheet.hidden_rows, sheet.hidden_columns, sheet.epoch) == (
        (Merge(2, 0, 3, 1),), frozenset({1}), frozenset({2}), 1904,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.csv", "a.docx"])
def test_what_is_no_table_is_refused_in_words(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xff\xfe\x00 no table")
    with pytest.raises(UnreadableFileError):
        entryfiles.read(tmp_path / name)
    with pytest.raises(UnreadableFileError):
        entryfiles.read(tmp_path / "missing.xlsx")


@pytest.mark.parametrize("ending", [".xlsx", ".xls"])
def test_a_damaged_file_is_refused_wherever_the_damage_is(tmp_path: Path, ending: str) -> None:
    bench.make(tmp_path / "good.xlsx", rows=60, of_each=0)
    good = tmp_path / "good.xlsx" if ending == ".xlsx" else Path(__file__).parent / "entry_file.xls"
    content = good.read_bytes()
    for cut in (10, len(content) // 3, len(content) - 40):
        damaged = tmp_path / f"damaged{ending}"
        damaged.write_bytes(content[:cut] + b"\x00" * 20)
        try:
            entryfiles.read(damaged)  # what can still be read may be
        except UnreadableFileError:
            continue


# --- the 25 kinds of faults ----------------------------------------------------------------------


def test_every_fault_is_listed_good_rows_go_in_once_and_mending_makes_no_doubles() -> None:
    found = bench.measure(rows=150, of_each=2)
    assert (found.faults, found.kinds, found.missed, found.invented) == (50, 25, 0, 0)
    assert found.papers == found.good == 98
    assert (found.again, found.mended, found.doubles) == (0, 150, 0)


def test_with_a_fault_nothing_is_taken_in_until_somebody_says_so(
    work: Workspace, tmp_path: Path
) -> None:
    bench.make(tmp_path / "a.xlsx", rows=60, of_each=1)
    found = plan(work, tmp_path / "a.xlsx")
    with pytest.raises(NotReadyError):
        importing.take_in(work, found, by="soat1")
    assert work.store.documents() == []
    taken = importing.take_in(work, found, by="soat1", good_rows=True)
    documents = work.store.documents()
    assert len(documents) == len(taken.documents) == taken.done.papers
    assert {d.origin for d in documents} == {Origin.TABLE}
    assert {d.unit for d in documents} == {"PC06"}
    counts = found.counts
    assert counts["rows"] == 60 == sum(n for name, n in counts.items() if name != "rows")


def test_who_has_not_the_right_takes_nothing_in(work: Workspace, tmp_path: Path) -> None:
    bench.make(tmp_path / "a.xlsx", rows=4, of_each=0)
    with pytest.raises(NotAllowedError):
        importing.take_in(work, plan(work, tmp_path / "a.xlsx"), by="duyet1")


def test_a_unit_without_a_grant_on_the_form_imports_nothing_and_that_is_recorded(
    work: Workspace, tmp_path: Path
) -> None:
    bench.make(tmp_path / "a.xlsx", rows=4, of_each=0)
    found = plan(work, tmp_path / "a.xlsx")
    form = found.profile.kind
    (use,) = (g for g in grants.grants(work.store, form) if g.right is Right.USE)
    granting.revoke(work, use.id, by="quantri", why="Dừng nhập")
    with pytest.raises(NotAllowedError, match="The unit PC06 may not use the template"):
        importing.take_in(work, found, by="soat1")
    assert work.store.documents() == []
    (event,) = templates.events(work.store, form, act=TemplateAct.REFUSED)
    assert (event.by, event.about["tried"]) == ("soat1", "use")

    granting.give(work, form, [Right.USE], by="quantri", why="Nhập tiếp", unit="PC06")
    assert len(importing.take_in(work, found, by="soat1").documents) == 4


def test_a_record_knows_its_file_sheet_and_row(work: Workspace, tmp_path: Path) -> None:
    bench.make(tmp_path / "a.xlsx", rows=3, of_each=0)
    found = plan(work, tmp_path / "a.xlsx")
    taken = importing.take_in(work, found, by="soat1")
    entry = work.store.entry(taken.documents[1].id)
    assert entry is not None
    said = entry.source
    assert (said["name"], said["place"], said["row"]) == ("a.xlsx", "Danh sách", "5")
    assert said["profile"] == bench.PROFILE.digest
    assert len(said["sha256"]) == 64


def test_the_report_of_an_import_is_kept(work: Workspace, tmp_path: Path) -> None:
    bench.make(tmp_path / "a.xlsx", rows=60, of_each=1)
    importing.take_in(work, plan(work, tmp_path / "a.xlsx"), by="soat1", good_rows=True)
    (done,) = imports.imports(work.store)
    report = importing.report_of(work, done)
    assert report["counts"]["faulty"] == done.faulty == 26
    assert len({fault["code"] for fault in report["faults"]}) == 25
    assert report["coercions"]


def test_a_changed_row_is_listed_and_nothing_is_written_over(
    work: Workspace, tmp_path: Path
) -> None:
    bench.make(tmp_path / "a.xlsx", rows=5, of_each=0)
    importing.take_in(work, plan(work, tmp_path / "a.xlsx"), by="soat1")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.active is not None
    book.active["E5"] = "Nhà nghỉ mới"
    book.save(tmp_path / "b.xlsx")
    again = plan(work, tmp_path / "b.xlsx")
    (difference,) = again.different
    assert (again.counts["known"], difference.rows) == (4, (5,))
    ((field, here, there),) = difference.fields
    assert (field, there) == ("ten_co_so", "Nhà nghỉ mới")
    assert importing.remark(work, again, by="soat1") == importing.remark(work, again, by="soat1")
    (said,) = work.store.comments(difference.document)
    assert said.difficulty
    assert "Nhà nghỉ mới" in said.text
    importing.take_in(work, again, by="soat1")
    kept = imports.values_of(work.store, [difference.document])[difference.document]
    assert kept.values["ten_co_so"] == here


def test_a_paper_that_was_entered_another_way_is_known(work: Workspace, tmp_path: Path) -> None:
    from workbench.flow.entering import Entered, enter
    from workbench.model import Batch

    bench.make(tmp_path / "a.xlsx", rows=3, of_each=0)
    first = plan(work, tmp_path / "a.xlsx").fresh[0]
    typed = Entered("antt", first.values, Origin.TYPED)
    enter(work, Batch(name="Nhập tay", unit="PC06", by="soat1"), [typed], by="soat1")
    found = plan(work, tmp_path / "a.xlsx")
    assert [line.rows for line in found.known] == [first.rows]
    assert len(found.fresh) == 2


# --- out and in again ----------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_out_and_in_again_is_the_same_in_all_rows(
    work: Workspace, tmp_path: Path, ending: str
) -> None:
    bench.make(tmp_path / "a.xlsx", rows=60, of_each=0)
    first = plan(work, tmp_path / "a.xlsx")
    importing.take_in(work, first, by="soat1")
    path = tmp_path / f"out.{ending}"
    records = tabling.records(work, bench.PROFILE, unit="PC06")
    assert entrysheets.write_whole(records, bench.PROFILE, work.templates["antt"], path) == 60
    found = plan(work, path, bench.PROFILE.model_copy(update={"sheet": ""}))
    assert (found.checked.faults, found.fresh, found.different) == ((), (), ())
    assert not found.checked.coercions  # text all through: nothing had to be done
    assert [line.values for line in found.known] == [line.values for line in first.fresh]


def test_pages_hold_500_rows_and_every_row_comes_back(work: Workspace, tmp_path: Path) -> None:
    bench.make(tmp_path / "a.xlsx", rows=1100, of_each=0)
    first = plan(work, tmp_path / "a.xlsx")
    records = [line.values for line in first.fresh]
    template = work.templates["antt"]
    paths = entrysheets.write_pages(records, bench.PROFILE, template, tmp_path, name="antt")
    assert [path.name for path in paths] == ["antt-001.xlsx", "antt-002.xlsx", "antt-003.xlsx"]
    plans = [plan(work, path) for path in paths]
    assert [found.counts["rows"] for found in plans] == [500, 500, 100]
    assert [line.values for found in plans for line in found.fresh] == records
    assert all(len(record["so_giay_to"]) == 12 for record in records)


def test_a_csv_for_excel_has_its_mark_and_keeps_zeros(tmp_path: Path, work: Workspace) -> None:
    record = {"so": "0012/GCN", "so_giay_to": "094085001234", "ten_co_so": '=1+1; "An"'}
    path = tmp_path / "a.csv"
    entrysheets.write_whole([record], bench.PROFILE, work.templates["antt"], path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(path.open(encoding="utf-8-sig"), delimiter=";"))
    assert {"0012/GCN", "094085001234", '=1+1; "An"'} <= set(rows[-1])


def test_papers_with_line_items_go_out_on_several_rows_and_come_back(
    work: Workspace, tmp_path: Path
) -> None:
    fields = ("so", "ngay_cap", "co_quan_cap", "ten_to_chuc", "hieu_luc_tu", "het_han", "muc.ten",
              "muc.so_hieu")  # fmt: skip
    profile = Profile(name="VK", kind="vu_khi", columns={f: Column(heading=f) for f in fields})
    template = work.templates["vu_khi"]
    head = dict(zip(fields, ("12/GP", "01/03/2021", "Công an tỉnh", "Ngân hàng A", "01/03/2021",
                             "01/03/2026"), strict=False))  # fmt: skip
    lines = {f"muc.{n}.{c}": f"{v}{n:04}" for n in range(1, 8) for c, v in
             (("ten", "Súng "), ("so_hieu", "A"))}  # fmt: skip
    (path,) = entrysheets.write_pages([{**head, **lines}], profile, template, tmp_path, name="vk")
    found = plan(work, path, profile.model_copy(update={"sheet": ""}))
    assert [line.values for line in found.fresh] == [{**head, **lines}]
    assert found.fresh[0].rows == tuple(range(2, 9))


def test_faults_can_be_taken_along_as_a_list(work: Workspace, tmp_path: Path) -> None:
    bench.make(tmp_path / "a.xlsx", rows=60, of_each=1)
    found = plan(work, tmp_path / "a.xlsx")
    entrysheets.write_faults(found.checked.faults, tmp_path / "loi.txt")
    lines = (tmp_path / "loi.txt").read_text("utf-8-sig").splitlines()
    assert len(lines) == len(found.checked.faults)
    assert all(line.startswith("Hàng ") and " — " in line for line in lines)


# --- profiles ------------------------------------------------------------------------------------


def test_the_newest_profile_of_a_name_stands_until_it_is_removed(work: Workspace) -> None:
    importing.save_profile(work, bench.PROFILE, by="soat1")
    changed = bench.PROFILE.model_copy(update={"header": 5})
    importing.save_profile(work, changed, by="quanly1")
    assert importing.profiles(work) == {bench.PROFILE.name: changed}
    importing.drop_profile(work, bench.PROFILE.name, by="quanly1")
    assert importing.profiles(work) == {}
    with pytest.raises(NotReadyError):
        importing.drop_profile(work, bench.PROFILE.name, by="quanly1")


# --- conversion from a database ------------------------------------------------------------------

ARMS = Profile(
    name="CSDL dấu",
    kind="con_dau",
    columns={
        ROW_KEY: Column(heading="ID"), "so": Column(heading="SO_GCN"),
        "ngay_cap": Column(heading="NGAY_CAP"), "co_quan_cap": Column(heading="CO_QUAN"),
        "ten_to_chuc": Column(heading="TEN"), "so_luong": Column(heading="SL"),
        "ngay_hieu_luc": Column(heading="NGAY_HL"),
    },
)  # fmt: skip


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "con_dau.db"
    with sqlite3.connect(path) as opened:
        opened.execute(
            "CREATE TABLE DAU (ID INTEGER PRIMARY KEY, SO_GCN TEXT, NGAY_CAP TEXT, CO_QUAN TEXT, "
            "TEN TEXT, SL INTEGER, NGAY_HL TEXT)"
        )
        opened.executemany(
            "INSERT INTO DAU VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (n, f"{n}/ĐKMD", "2019-05-08", "Công an tỉnh", f"Trường học {n}", 1 + n % 3,
                 "2019-05-10")
                for n in range(1, 41)
            ],
        )  # fmt: skip
    opened.close()
    return path


def _converted(work: Workspace, path: Path, **more: Any) -> converting.Converted:
    sheet, source = converting.table_of(sources.read(f"sqlite:///{path}", table="DAU", order="ID"))
    found = converting.look(
        work, sheet, ARMS, source=source, unit="PC06", choices=Choices(), today=TODAY
    )
    return converting.convert(work, found, sheet, by="soat1", **more)


def test_a_database_is_converted_once_and_both_sides_come_to_the_same(
    work: Workspace, database: Path
) -> None:
    done = _converted(work, database)
    assert done.reconciled.agrees
    assert (done.taken.done.papers, done.reconciled.kept) == (40, 40)
    quantity = next(c for c in done.reconciled.columns if c.field == "so_luong")
    assert quantity.source.total == quantity.kept.total == sum(1 + n % 3 for n in range(1, 41))
    first = done.taken.documents[0]
    assert first.origin is Origin.DATABASE
    entry = work.store.entry(first.id)
    assert entry is not None
    assert (entry.source["name"], entry.source["place"], entry.source["row_key"]) == (
        "sqlite:con_dau.db", "DAU", "1",
    )  # fmt: skip
    again = _converted(work, database)
    assert (again.taken.documents, again.taken.done.known, again.reconciled.agrees) == (
        (),
        40,
        True,
    )
    report = importing.report_of(work, again.taken.done)
    assert report["reconciliation"]["agrees"] is True


def test_a_changed_row_of_the_database_is_a_difference(work: Workspace, database: Path) -> None:
    _converted(work, database)
    with sqlite3.connect(database) as opened:
        opened.execute("UPDATE DAU SET TEN = 'Trường học khác' WHERE ID = 7")
        opened.execute(
            "INSERT INTO DAU VALUES (41, '41/ĐKMD', '2019-05-08', 'Công an tỉnh', 'x', 1, "
            "'2019-05-10')"
        )
    opened.close()
    done = _converted(work, database)
    assert (done.taken.done.different, done.taken.done.papers) == (1, 1)
    assert done.reconciled.agrees


def test_a_record_that_is_gone_shows_in_the_reckoning(work: Workspace, database: Path) -> None:
    done = _converted(work, database)
    lost = done.taken.documents[3].id
    with sqlite3.connect(work.settings.data / "workbench.db") as opened:
        opened.execute("DELETE FROM proposal WHERE document = ? AND field = 'ten_to_chuc'", (lost,))
    opened.close()
    again = _converted(work, database)
    assert not again.reconciled.agrees
    assert [c.field for c in again.reconciled.columns if not c.agrees] == ["ten_to_chuc"]


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM DAU", "SELECT 1; DROP TABLE DAU", "UPDATE DAU SET SL = 1",
        "PRAGMA user_version", "WITH x AS (SELECT 1) INSERT INTO DAU SELECT 1", "ATTACH 'x' AS y",
        "",
    ],
)  # fmt: skip
def test_the_source_is_only_read(database: Path, query: str) -> None:
    before = database.read_bytes()
    with pytest.raises(NotReadyError):
        sources.read(f"sqlite:///{database}", query=query)
    assert database.read_bytes() == before


def test_a_query_is_a_source_and_a_wrong_address_is_told(database: Path, tmp_path: Path) -> None:
    found = sources.read(f"sqlite:///{database}", query="SELECT ID, TEN FROM DAU WHERE ID < 3")
    assert (found.columns, len(found.rows)) == (("ID", "TEN"), 2)
    with pytest.raises(StorageError):
        sources.read(f"sqlite:///{tmp_path}/no.db", table="DAU")
    assert not (tmp_path / "no.db").exists()
    with pytest.raises(NotReadyError):
        sources.read(f"sqlite:///{database}", table="NO")
    with pytest.raises(SettingsError):
        sources.read("no address", table="DAU")


# --- commands ------------------------------------------------------------------------------------


def test_the_commands_take_in_export_and_convert(
    empty_site: Path, tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(empty_site, tmp_path / "workbench.db")
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    monkeypatch.setenv("WORKBENCH_ENGINES", '["none"]')

    def run(*words: str | Path) -> Any:
        return CliRunner().invoke(app, [str(word) for word in words])

    bench.make(tmp_path / "a.xlsx", rows=60, of_each=1)
    (tmp_path / "p.json").write_bytes(bench.PROFILE.written())
    (tmp_path / "d.json").write_bytes(ARMS.written())
    assert run("tables", "add", tmp_path / "p.json", "--by", "soat1").exit_code == 0
    common = ("--unit", "PC06", "--by", "soat1", "--json")
    named = ("--profile", bench.PROFILE.name)
    refused = run("import", tmp_path / "a.xlsx", *named, *common)
    said = json.loads(refused.stdout)
    assert (refused.exit_code, said["kept"], said["counts"]["faulty"]) == (3, False, 26)
    dry = run("import", tmp_path / "a.xlsx", *named, *common, "--good-rows", "--dry-run")
    assert json.loads(dry.stdout)["kept"] is False
    taken = run("import", tmp_path / "a.xlsx", *named, *common, "--good-rows")
    assert (taken.exit_code, json.loads(taken.stdout)["papers"]) == (3, 34)
    out = run("export-tables", tmp_path / "out", *named, "--json")
    assert json.loads(out.stdout) == {"files": ["antt-001.xlsx"]}
    back = run("import", tmp_path / "out" / "antt-001.xlsx", "--profile", tmp_path / "p.json",
               *common)  # fmt: skip
    assert (back.exit_code, json.loads(back.stdout)["counts"]["known"]) == (0, 34)
    converted = run("convert", "--url", f"sqlite:///{database}", "--table", "DAU", "--profile",
                    tmp_path / "d.json", *common)  # fmt: skip
    assert converted.exit_code == 0
    assert json.loads(converted.stdout)["reconciliation"]["agrees"] is True
    proposed = run("tables", "propose", tmp_path / "a.xlsx", "--kind", "antt")
    assert set(json.loads(proposed.stdout)["columns"]) == set(bench.PROFILE.columns)


def test_imported_papers_go_on_to_the_second_person(work: Workspace, tmp_path: Path) -> None:
    bench.make(tmp_path / "a.xlsx", rows=3, of_each=0)
    taken = importing.take_in(work, plan(work, tmp_path / "a.xlsx"), by="soat1")
    # The form asks for more than this table holds: somebody completes it first.
    assert {document.stage for document in taken.documents} == {Stage.PROPOSED}


def test_a_paper_of_today_is_not_still_to_come_while_the_day_is_young(
    work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At one in the morning in Viet Nam it is still yesterday in Greenwich."""
    monkeypatch.setattr(importing, "now", lambda: datetime(2026, 11, 21, 18, tzinfo=UTC))
    heads = {"so": "Số", "ngay_cap": "Ngày cấp", "co_quan_cap": "Cơ quan cấp",
             "ten_to_chuc": "Tên tổ chức"}  # fmt: skip
    row = ("45/ĐKMD", "22/11/2026", "Công an tỉnh", "Trung tâm Văn hóa")
    sheet = Sheet("Sổ", (tuple(map(Cell, heads.values())), tuple(map(Cell, row))))
    profile = Profile(
        name="Sổ", kind="con_dau", columns={f: Column(heading=h) for f, h in heads.items()}
    )
    source = importing.Source("so.xlsx", "Sổ")
    found = importing.compare(work, sheet, profile, source=source, unit="PC06", choices=Choices())
    assert [f.code for f in found.checked.faults] == []
    assert len(found.fresh) == 1
