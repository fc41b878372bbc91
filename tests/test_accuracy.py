"""Readings are scored by what is printed: case and marks count, spelling variants do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from workbench.bench import accuracy
from workbench.cli import app


def field(value: str, *, kind: str = "text", norm: str = "", style: str = "print",
          stamp: bool = False, visible: bool = True) -> dict[str, Any]:  # fmt: skip
    seen = {"page": 0, "style": style, "under_stamp": stamp, "visible": visible}
    return {"value": value, "norm": norm or value, "kind": kind, "occurrences": [seen]}


TRUTH = [
    {
        "file": "files/001.pdf",
        "documents": [
            {
                "form_type": "antt",
                "level": "clean",
                "pages": [0],
                "fields": {
                    "so": field("12/GCN"),
                    "ten": field("Hòa Bình", stamp=True),
                    "ngay": field("ngày 01 tháng 02 năm 2020", kind="date", norm="2020-02-01"),
                    "tay": field("Bùi Thị Mẫu", style="hand"),
                    "khuat": field("không thấy", visible=False),
                },
            }
        ],
    },
    {
        "file": "files/002.pdf",
        "documents": [
            {"form_type": "con_dau", "level": "office", "pages": [0, 1], "fields": {}},
            {"form_type": "unknown", "level": "bad", "pages": [2], "fields": {}},
        ],
    },
]
READINGS = [
    {
        "file": "elsewhere/001.pdf",
        "pages": [0],
        "type": "antt",
        "status": "read",
        "fields": {
            "so": {"value": "12/GCN.", "norm": "12/GCN.", "accepted": True},
            "ten": {"value": "Hoà Bình", "norm": "Hoà Bình", "accepted": False},
            "ngay": {"value": "1/2/2020", "norm": "2020-02-01", "accepted": True},
            "tay": {"value": "Bùi thị Mẫu", "norm": "Bùi thị Mẫu", "accepted": True},
        },
    },
    {"file": "002.pdf", "pages": [0], "type": "con_dau", "status": "read", "fields": {}},
    {"file": "002.pdf", "pages": [2], "type": None, "status": "held", "fields": {}},
]


def test_each_cut_counts_its_own_fields() -> None:
    figures = accuracy.score(TRUTH, READINGS)
    exact = figures["exact"]
    assert exact["all"] == {"right": 3, "of": 4, "share": 0.75}
    assert exact["clean/print"] == {"right": 3, "of": 3, "share": 1.0}
    assert exact["hand"] == {"right": 0, "of": 1, "share": 0.0}
    assert exact["under_stamp=True"] == {"right": 1, "of": 1, "share": 1.0}
    assert figures["accepted"] == {"fields": 3, "share": 0.75, "wrong": 1}
    assert figures["documents"] == {
        "type": {"right": 3, "of": 3},
        "pages": {"right": 1, "of": 2},
    }


def test_the_named_limits_are_set_beside_what_was_reached() -> None:
    limits = accuracy.score(TRUTH, READINGS)["limits"]
    assert limits["clean/print"] == {"limit": 0.85, "reached": 1.0, "ratio": 1.176, "cases": 3}
    assert limits["kinds"]["cases"] == 3
    assert "office/print" not in limits  # no such case here


def test_a_form_forced_into_a_kind_is_wrong() -> None:
    forced = [*READINGS[:2], {**READINGS[2], "type": "antt", "status": "read"}]
    assert accuracy.score(TRUTH, forced)["documents"]["type"] == {"right": 2, "of": 3}


def test_nothing_read_is_nothing_right() -> None:
    figures = accuracy.score(TRUTH, [])
    assert figures["exact"]["all"]["right"] == 0
    assert figures["documents"]["type"] == {"right": 1, "of": 3}  # the stranger was not forced


def test_the_command_scores_readings_from_a_file(tmp_path: Path) -> None:
    for name, lines in (("truth.jsonl", TRUTH), ("readings.jsonl", READINGS)):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (tmp_path / name).write_text(text, "utf-8")
    readings = str(tmp_path / "readings.jsonl")
    command = ["bench", "accuracy", str(tmp_path), "--readings", readings]
    told = CliRunner().invoke(app, [*command, "--json"])
    assert json.loads(told.stdout)["exact"]["all"]["right"] == 3
    shown = CliRunner().invoke(app, [*command, "--wrong", "5"])
    assert "clean/print" in shown.stdout and "n=3" in shown.stdout
    assert "ACCEPTED" in shown.stdout


def test_a_folder_without_truth_is_told(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["bench", "accuracy", str(tmp_path)])
    assert told.exit_code != 0
    with pytest.raises(Exception, match=r"truth\.jsonl"):
        raise told.exception  # type: ignore[misc]
