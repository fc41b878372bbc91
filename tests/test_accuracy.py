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
    exact = {cut: (n["right"], n["of"], n["share"]) for cut, n in figures["exact"].items()}
    assert exact["all"] == (3, 4, 0.75)
    assert exact["clean/print"] == (3, 3, 1.0)
    assert exact["hand"] == (0, 1, 0.0)
    assert exact["under_stamp=True"] == (1, 1, 1.0)
    assert figures["exact"]["all"]["low"] < 0.75 < figures["exact"]["all"]["high"]
    assert {"fields": 3, "share": 0.75, "wrong": 1}.items() <= figures["accepted"].items()
    assert figures["documents"] == {
        "type": {"right": 3, "of": 3},
        "pages": {"right": 1, "of": 2},
    }


def test_the_named_limits_are_set_beside_what_was_reached() -> None:
    limits = accuracy.score(TRUTH, READINGS)["limits"]
    assert limits["clean print"]["limit"] == 0.97
    assert (limits["clean print"]["reached"], limits["clean print"]["cases"]) == (1.0, 3)
    assert limits["clean print"]["ratio"] == pytest.approx(1 / 0.97, abs=1e-3)
    assert limits["clean print"]["holds"]
    assert not limits["hand-filled"]["holds"]
    assert limits["kinds"]["cases"] == 3
    assert limits["page groups"]["reached"] == 0.5
    wrong = limits["wrong of those"]  # one of three: at most three in a thousand are allowed
    assert (wrong["at_most"], wrong["holds"], wrong["cases"]) == (True, False, 3)
    assert "office print" not in limits  # no such case here


def test_a_form_forced_into_a_kind_is_wrong() -> None:
    forced = [*READINGS[:2], {**READINGS[2], "type": "antt", "status": "read"}]
    figures = accuracy.score(TRUTH, forced)
    assert figures["documents"]["type"] == {"right": 2, "of": 3}
    assert not figures["limits"]["unknown forms forced"]["holds"]


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
    assert "hold no votes" in shown.stdout  # what came out, and not how


def test_a_folder_without_truth_is_told(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["bench", "accuracy", str(tmp_path)])
    assert told.exit_code != 0
    with pytest.raises(Exception, match=r"truth\.jsonl"):
        raise told.exception  # type: ignore[misc]


# --- a recording of five real scans of the sample ------------------------------------------------

RECORDED = Path(__file__).parent / "recorded_readings.jsonl"
SAMPLE = Path(__file__).resolve().parent.parent / "data" / "sample"


@pytest.fixture
def recorded(tmp_path: Path) -> list[str]:
    """The command that scores the recording against the truth of just its files."""
    files = {json.loads(line)["file"] for line in RECORDED.read_text("utf-8").splitlines()}
    truth = (SAMPLE / "truth.jsonl").read_text("utf-8").splitlines(keepends=True)
    mine = "".join(line for line in truth if json.loads(line)["file"] in files)
    (tmp_path / "truth.jsonl").write_text(mine, "utf-8")
    return ["bench", "accuracy", str(tmp_path), "--readings", str(RECORDED)]


def test_a_recording_is_scored_as_an_independent_scorer_does(recorded: list[str]) -> None:
    figures = json.loads(CliRunner().invoke(app, [*recorded, "--json"]).stdout)
    exact = {cut: (n["right"], n["of"]) for cut, n in figures["exact"].items()}
    # Counted by another program, written by others, on the same lines.
    assert exact == {
        "all": (64, 66), "antt": (19, 20), "bad": (33, 35), "bad/hand": (14, 15),
        "bad/print": (19, 20), "clean": (16, 16), "clean/print": (16, 16), "con_dau": (45, 46),
        "hand": (24, 25), "office": (15, 15), "office/hand": (10, 10), "office/print": (5, 5),
        "print": (40, 41), "under_stamp=False": (54, 56), "under_stamp=True": (10, 10),
    }  # fmt: skip
    assert figures["documents"] == {"type": {"right": 5, "of": 5}, "pages": {"right": 4, "of": 4}}
    assert {"fields": 48, "share": 0.7273, "wrong": 0}.items() <= figures["accepted"].items()
    # The engine lab sees the same fields and the same vote.
    lab = figures["lab"]["cuts"]
    for cut, (right, of) in exact.items():
        assert (lab[cut]["vote"]["right"], lab[cut]["vote"]["of"]) == (right, of), cut


def test_the_table_says_for_each_group_whether_the_vote_beats_every_engine(
    recorded: list[str],
) -> None:
    shown = CliRunner().invoke(app, recorded).stdout
    (line,) = [row for row in shown.splitlines() if row.startswith("bad/print") and "(" in row]
    assert line.split()[-2:] == ["yes", "(trueocr)"]
    assert "the vote without" in shown
    assert "CPU s a field" in shown
    assert "á→a" in shown


def test_what_was_read_is_kept_where_there_is_no_such_file_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "truth.jsonl").write_text(json.dumps(TRUTH[0]) + "\n", "utf-8")
    (folder / "files").mkdir()
    (folder / "files" / "001.pdf").write_bytes(b"no paper at all")
    kept = tmp_path / "kept.jsonl"
    monkeypatch.setenv("WORKBENCH_READERS", "1")
    command = ["bench", "accuracy", str(folder), "--readings", str(kept), "--json"]
    first = CliRunner().invoke(app, command)
    (line,) = map(json.loads, kept.read_text("utf-8").splitlines())
    assert (line["file"], line["status"]) == ("files/001.pdf", "held")
    (folder / "files" / "001.pdf").unlink()  # what is kept needs no file
    again = CliRunner().invoke(app, command)
    assert json.loads(again.stdout) == json.loads(first.stdout)
