"""Papers without a screen: what the command line does with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from workbench.cli import papers


def test_the_list_of_the_repository_is_written_as_excel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WORKBENCH_KEYS", str(tmp_path / "keys"))
    papers.export(list_to=tmp_path / "list.xlsx")
    headings = [cell.value for cell in next(load_workbook(tmp_path / "list.xlsx").active.rows)]
    assert len(headings) > 3
    assert "0 giấy tờ" in capsys.readouterr().out
