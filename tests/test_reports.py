"""The commanders' report: the figures of the screen, to the cell, in all three files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pypdfium2
import pytest
from docx import Document as WordDocument
from typer.testing import CliRunner

from tests import made_up
from workbench import migrations, words
from workbench.analytics import Lake, Questions
from workbench.cli import app
from workbench.exchange import reports
from workbench.model import SurveyLine
from workbench.store import Store
from workbench.store.survey import keep_survey
from workbench.workspace import load_settings, open_workspace

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
NAMES = dict(made_up.UNITS)


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Questions]:
    folder = tmp_path_factory.mktemp("reported")
    store = Store(f"sqlite:///{folder}/workbench.db", folder / "objects")
    migrations.upgrade(store.engine)
    made_up.fill(store, documents=80, until=NOON, units=4)
    lake = Lake(folder / "lake")
    lake.refresh(store, at=NOON)
    store.close()
    yield Questions(lake)


def _survey(*units: str) -> list[SurveyLine]:
    return [
        SurveyLine(unit=unit, area=kind, kind=kind, regime=regime, papers=40, target=30,
                   due=date(2026, 12, 31), by="quanly1")
        for unit in units for kind in made_up.KINDS for regime in ("before", "from")
    ]  # fmt: skip


def _report(questions: Questions, **changes: Any) -> reports.Report:
    plain: dict[str, Any] = {
        "agency": "CÔNG AN TỈNH SÓC TRĂNG", "names": NAMES, "kind": lambda kind: kind or "?",
        "since": date(2026, 11, 1), "until": date(2026, 11, 20), "at": NOON,
    }  # fmt: skip
    return reports.report(questions, changes.pop("survey", _survey("PC06", "CA-MX")),
                          **plain | changes)  # fmt: skip


def test_each_line_is_what_the_question_counts(questions: Questions) -> None:
    found = _report(questions)

    cells = questions.ask("report_cells", since=found.since, until=found.until)
    assert len(found.lines) == cells["unit"].nunique() == 4
    for line in found.lines:
        mine = cells[cells["unit"].map(NAMES) == line.name]
        assert line.done == mine["done"].sum()
        assert line.taken_in == mine["taken_in"].sum()
        assert line.cleaned + line.uncleaned == line.taken_in
        assert line.done_in_period == mine["done_in_period"].sum() <= line.done
        assert line.left + line.done == line.total >= line.taken_in
        before = mine[mine["regime"] == "before"]
        assert line.before_done == before["done"].sum()
    assert found.whole.done == sum(line.done for line in found.lines) == cells["done"].sum()
    for lines in (found.lines, found.kinds):
        for name in reports.COLUMNS[1:]:
            if "share" not in name and name != "reached":
                assert getattr(found.whole, name) == sum(getattr(x, name) or 0 for x in lines)


def test_the_target_is_the_surveys_and_a_unit_without_one_has_none(questions: Questions) -> None:
    lines = {line.name: line for line in _report(questions).lines}

    assert lines[NAMES["PC06"]].target == 180
    assert lines[NAMES["PC06"]].total == 240
    assert lines[NAMES["PC06"]].reached == lines[NAMES["PC06"]].toward / 180
    without = next(line for line in lines.values() if line.target is None)
    assert without.reached is None and without.total == without.taken_in


def test_an_earlier_last_day_counts_less(questions: Questions) -> None:
    then, now = (_report(questions, until=day).whole
                 for day in (date(2026, 11, 5), date(2026, 11, 20)))  # fmt: skip

    assert then.done < now.done
    assert then.taken_in <= now.taken_in
    assert then.done + (now.done_in_period - then.done_in_period) == now.done


def test_the_three_files_say_what_the_report_says_cell_by_cell(
    questions: Questions, tmp_path: Path
) -> None:
    found = _report(questions)

    excel, word, pdf = reports.write(found, tmp_path / "out")

    wanted = [list(line.cells()) for line in (*found.lines, found.whole)]
    sheet = openpyxl.load_workbook(excel).worksheets[0]
    in_excel = [[sheet.cell(11 + n, 2 + c).value for c in range(len(reports.COLUMNS))]
                for n in range(len(wanted))]  # fmt: skip
    assert _rounded(in_excel) == _rounded([["—" if v is None else v for v in r] for r in wanted])

    said = [[reports.written(n, v) for n, v in zip(reports.COLUMNS, row, strict=True)]
            for row in wanted]  # fmt: skip
    table = WordDocument(str(word)).tables[1]
    in_word = [[cell.text for cell in row.cells][1:] for row in table.rows[2:]]
    assert in_word == said

    text = " ".join(
        page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf)
    ).split()
    for row in said:
        assert _follows(text, " ".join(row[1:]).split())


def _rounded(rows: list[list[Any]]) -> list[list[Any]]:
    """Excel keeps 16 digits of a number, Python 17."""
    return [[round(v, 12) if isinstance(v, float) else v for v in row] for row in rows]


def _follows(text: list[str], row: list[str]) -> bool:
    return any(text[n : n + len(row)] == row for n in range(len(text)))


def test_every_file_says_the_period_the_time_of_the_data_and_who_signs(
    questions: Questions, tmp_path: Path
) -> None:
    excel, word, pdf = reports.write(_report(questions), tmp_path)

    sheet = openpyxl.load_workbook(excel).worksheets[0]
    paper = WordDocument(str(word))
    texts = (
        " ".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell),
        " ".join(
            [p.text for p in paper.paragraphs]
            + [cell.text for t in paper.tables for row in t.rows for cell in row.cells]
        ),
        " ".join(p.get_textpage().get_text_bounded() for p in pypdfium2.PdfDocument(pdf)),
    )
    for text in texts:
        assert "từ ngày 01/11/2026 đến ngày 20/11/2026" in text
        assert "Số liệu tổng hợp lúc 20/11/2026 12:00" in text
        assert "CÁN BỘ THỐNG KÊ" in text and "LÃNH ĐẠO ĐƠN VỊ" in text
        assert "Trước 01/7/2022" in text and "Từ 01/7/2022" in text


def test_a_report_of_one_unit_names_it_and_counts_only_it(questions: Questions) -> None:
    found = _report(questions, unit="CA-MX")

    (line,) = found.lines
    assert line.name == found.whom == NAMES["CA-MX"]
    assert found.whole.done == line.done
    assert NAMES["CA-MX"] not in found.name  # the file goes by its period


def test_a_report_before_anything_was_taken_in_shows_the_survey(
    questions: Questions, tmp_path: Path
) -> None:
    found = _report(questions, since=date(2020, 1, 1), until=date(2020, 1, 31))

    assert found.whole.total == 480 and found.whole.done == 0
    assert all(path.stat().st_size for path in reports.write(found, tmp_path))


def test_a_report_without_anything_at_all_is_still_a_paper(
    questions: Questions, tmp_path: Path
) -> None:
    found = _report(questions, survey=[], since=date(2020, 1, 1), until=date(2020, 1, 31))

    assert found.lines == () and found.whole.share is None
    assert all(path.stat().st_size for path in reports.write(found, tmp_path))


def test_the_command_writes_last_month_into_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    work = open_workspace(load_settings())
    made_up.fill(work.store, documents=5, until=NOON, units=2)
    keep_survey(work.store, _survey("PC06"))
    to = tmp_path / "reports"

    done = CliRunner().invoke(app, ["report", "--to", str(to), "--month", "2026-10"])

    assert done.exit_code == 0, done.output
    assert {path.name for path in to.iterdir()} == {
        f"bao-cao-so-hoa-20261001-20261031.{ending}" for ending in reports.FORMATS
    }
    words.speak("vi")
    again = CliRunner().invoke(
        app, ["report", "--to", str(to), "--since", "2026-11-05", "--until", "2026-11-01"]
    )
    assert "Ngày đầu sau ngày cuối" in str(words.say(again.exception))  # type: ignore[arg-type]
