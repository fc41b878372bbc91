"""The survey: what there is to digitise, taken in whole or not at all, and how far that is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from workbench.catalogues.roadmap import Level, begins, last_day
from workbench.cli import app
from workbench.errors import UnreadableFileError
from workbench.exchange import sheets
from workbench.model import Person, SurveyLine, Unit
from workbench.store import Store
from workbench.store.survey import drop_survey, keep_survey, survey
from workbench.survey import Cell, Standing, check, level_of, progress
from workbench.words import say
from workbench.workspace import load_settings, open_workspace

UNITS = {
    "PC06": "Phòng Cảnh sát quản lý hành chính về trật tự xã hội",
    "CA-MX": "Công an huyện Mỹ Xuyên",
    "CA-TV": "Công an xã Thạnh Thới An",
}
KINDS = {"antt": "Giấy chứng nhận đủ điều kiện về an ninh, trật tự", "con_dau": "Con dấu",
         "vu_khi": "Vũ khí"}  # fmt: skip
HEADING = ["Mã đơn vị", "Loại giấy tờ", "Thời điểm cấp", "Tổng số", "Chỉ tiêu", "Thời hạn"]


def _checked(*rows: Sequence[Any], noon: datetime, heading: Sequence[str] = HEADING) -> Any:
    return check([heading, *rows], units=UNITS, kinds=KINDS, by="quanly1", at=noon)


def _line(**changes: Any) -> SurveyLine:
    plain = {"unit": "PC06", "area": "antt", "kind": "antt", "regime": "before", "papers": 100,
             "target": 80, "due": date(2025, 12, 30), "by": "quanly1"}  # fmt: skip
    return SurveyLine(**plain | changes)


def test_units_and_kinds_are_known_by_code_or_by_name_typed_either_way(noon: datetime) -> None:
    found = _checked(
        ["PC06", "antt", "Trước 01/7/2022", 1200, "80%", "30/06/2025"],
        ["CÔNG AN HUYỆN MỸ XUYÊN", "con dấu", "từ 01/7/2022", "1.234", "", ""],
        noon=noon,
    )

    assert not found.faults
    first, second = found.lines
    assert (first.unit, first.area, first.target) == ("PC06", "antt", 960)
    assert first.due == date(2025, 6, 30)
    assert (second.unit, second.kind, second.papers) == ("CA-MX", "con_dau", 1234)
    assert (second.target, second.due) == (1234, last_day())
    assert (first.level, second.level) == (Level.PROVINCE, Level.DISTRICT)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (["PC99", "antt", "trước", 5], "Không có đơn vị PC99"),
        (["PC06", "hộ chiếu", "trước", 5], "Không có loại giấy tờ hộ chiếu"),
        (["PC06", "antt", "", 5], "01/7/2022"),
        (["PC06", "antt", "trước", -5], "số nguyên"),
        (["PC06", "antt", "trước", "năm trăm"], "số nguyên"),
        (["PC06", "antt", "trước", 12.5], "số nguyên"),
        (["PC06", "antt", "trước", 100, 120], "Chỉ tiêu"),
        (["PC06", "antt", "trước", 100, "", "31/02/2025"], "ngày/tháng/năm"),
    ],
)
def test_a_bad_row_is_told_by_its_number_and_in_words(
    row: Sequence[Any], said: str, noon: datetime
) -> None:
    found = _checked(["CA-MX", "antt", "trước", 7], row, noon=noon)

    (fault,) = found.faults
    assert fault.row == 3
    assert said in say(fault.sentence)
    assert not found.lines  # and not even the good row is taken in


def test_the_same_line_twice_is_a_fault(noon: datetime) -> None:
    row = ["PC06", "antt", "trước", 5]

    (fault,) = _checked(row, row, noon=noon).faults

    assert fault.row == 3 and fault.sentence.values == {"row": 2}


def test_a_missing_column_is_named(noon: datetime) -> None:
    (fault,) = _checked(["PC06", 5], heading=["Mã đơn vị", "Tổng số"], noon=noon).faults

    assert "Thời điểm cấp" in say(fault.sentence)


def test_a_field_without_a_kind_counts_all_its_papers(noon: datetime) -> None:
    heading = ["Mã đơn vị", "Lĩnh vực", "Thời điểm cấp", "Tổng số"]
    found = _checked(["PC06", "Con dấu", "trước", 50], heading=heading, noon=noon)

    (part,) = progress(found.lines, [Cell("PC06", "con_dau", "before", "exported", 20)],
                       by=("unit", "area"))  # fmt: skip

    assert (part.papers, part.done, part.remaining, part.share) == (50, 20, 30, 0.4)


def test_progress_adds_up_and_never_says_more_than_all() -> None:
    lines = [_line(), _line(regime="from", papers=10, target=10)]
    cells = [
        Cell("PC06", "antt", "before", "exported", 60),
        Cell("PC06", "antt", "before", "held", 5),
        Cell("PC06", "antt", "before", "proposed", 5),
        Cell("PC06", "antt", "before", "rejected", 9),
        Cell("PC06", "antt", "from", "exported", 12),
        Cell("PC06", "", "", "received", 3),
    ]

    (whole,) = progress(lines, cells, by=("unit",))
    by_regime = {p.regime: p for p in progress(lines, cells, by=("unit", "regime"))}

    assert (whole.papers, whole.target, whole.done, whole.held) == (110, 90, 72, 5)
    assert whole.taken_in == 85 and whole.in_work == 8
    # 12 of 10 were there; the 3 that are not read yet are among the 100
    assert (whole.total, whole.remaining, whole.not_taken_in) == (112, 40, 27)
    assert by_regime["before"].reached == 60 / 80
    assert (by_regime["from"].total, by_regime["from"].remaining) == (12, 0)
    assert by_regime[""].papers is None and by_regime[""].total == 0


def test_totals_are_the_same_however_they_are_parted() -> None:
    lines = [_line(papers=5), _line(unit="CA-MX", papers=50, kind="", area="con_dau")]
    cells = [
        Cell(unit, kind, regime, stage, n)
        for unit in ("PC06", "CA-MX", "CA-TV")
        for kind, regime, stage, n in (
            ("antt", "before", "exported", 7), ("antt", "", "proposed", 2),
            ("con_dau", "from", "exported", 3), ("", "", "received", 9),
        )
    ]  # fmt: skip

    sums = {
        by: sum(part.total for part in progress(lines, cells, by=by))
        for by in ((), ("unit",), ("area",), ("kind",), ("regime",), ("unit", "area", "regime"))
    }

    assert len(set(sums.values())) == 1
    assert sums[()] >= sum(cell.documents for cell in cells)


@pytest.mark.parametrize(("day", "late"), [(date(2025, 12, 30), False), (date(2026, 1, 1), True)])
def test_a_part_is_overdue_from_the_day_after_its_last(day: date, late: bool) -> None:
    part = Standing(total=10, target=8, toward=7, due=last_day(), stages={"exported": 7})

    assert part.overdue(day) is late
    assert not Standing(
        total=10, target=7, toward=7, due=last_day(), stages={"exported": 7}
    ).overdue(day)


def test_the_roadmap_is_that_of_the_letters() -> None:
    assert begins(Level.PROVINCE) == date(2022, 6, 1)
    assert begins(Level.DISTRICT) == date(2022, 12, 1)
    assert begins(Level.DISTRICT, essential=True) == date(2022, 7, 1)
    assert begins(Level.COMMUNE) == date(2023, 6, 1)
    assert last_day() == date(2025, 12, 30)  # "trước ngày 31/12/2025"
    assert [level_of(name) for name in UNITS.values()] == list(Level)


def test_a_new_survey_of_a_unit_takes_the_place_of_the_old_one(store: Store) -> None:
    keep_survey(store, [_line(), _line(unit="CA-MX")])

    keep_survey(store, [_line(papers=200, kind="", area="vu_khi")])

    assert [(line.unit, line.area, line.papers) for line in survey(store)] == [
        ("CA-MX", "antt", 100), ("PC06", "vu_khi", 200),
    ]  # fmt: skip
    drop_survey(store, "CA-MX")
    assert [line.unit for line in survey(store)] == ["PC06"]


# --- files ---------------------------------------------------------------------------------------


def _book(path: Path, rows: Sequence[Sequence[Any]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    book.save(path)
    return path


def test_excel_and_csv_give_the_same_lines(tmp_path: Path, noon: datetime) -> None:
    book = _book(tmp_path / "a.xlsx", [HEADING, ["PC06", "antt", "trước", 1200, 960,
                                                 datetime(2025, 6, 30)]])  # fmt: skip
    text = tmp_path / "a.csv"
    text.write_text(";".join(HEADING) + "\nPC06;antt;trước;1.200;960;30/06/2025\n", "utf-8-sig")

    one, other = (
        check(sheets.read(path), units=UNITS, kinds=KINDS, by="x", at=noon).lines[0]
        for path in (book, text)
    )

    assert one.model_dump(exclude={"id"}) == other.model_dump(exclude={"id"})
    assert (one.papers, one.target, one.due) == (1200, 960, date(2025, 6, 30))


@pytest.mark.parametrize("name", ["broken.xlsx", "broken.csv", "paper.docx"])
def test_a_file_that_is_no_table_is_refused_in_words(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\xff\xfe\x00PK\x03\x04 no table")

    with pytest.raises(UnreadableFileError) as told:
        sheets.read(path)

    assert name in say(told.value)


def test_the_command_takes_in_a_sheet_whole_or_tells_every_bad_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    work = open_workspace(load_settings())
    work.store.keep(
        Unit(code="PC06", name=UNITS["PC06"]),
        Person(name="quanly1", shown_as="Quản lý", password_hash=""),
    )
    good = ["PC06", "antt", "trước", 1200]
    bad = _book(tmp_path / "bad.xlsx", [HEADING, good, ["PC99", "antt", "trước", "?"]])

    refused = CliRunner().invoke(app, ["survey", "import", str(bad), "--by", "quanly1"])

    assert refused.exit_code == 3
    assert refused.output.count("Hàng 3 — ") == 2
    assert survey(work.store) == ()
    fine = _book(tmp_path / "fine.xlsx", [HEADING, good])
    taken = CliRunner().invoke(app, ["survey", "import", str(fine), "--by", "quanly1"])
    assert taken.exit_code == 0
    assert [line.papers for line in survey(work.store)] == [1200]
    listed = CliRunner().invoke(app, ["survey", "list"])
    assert "1200" in listed.output
