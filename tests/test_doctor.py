"""The doctor names what is missing, its cost and its cure, and changes nothing."""

from __future__ import annotations

import ast
import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workbench import cli, words
from workbench.cli import doctor
from workbench.cli.doctor import Check, State
from workbench.engines import EngineStatus
from workbench.errors import EngineUnavailableError
from workbench.model import Identity
from workbench.workspace import Settings, open_workspace


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", keys=tmp_path / "keys")


def _named(checks: tuple[Check, ...], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def test_a_fresh_site_can_be_used_and_looking_changes_nothing(settings: Settings) -> None:
    checks = doctor.examine(settings)
    assert not [check for check in checks if check.state is State.BROKEN]
    assert not settings.data.exists()
    assert not settings.keys.exists()


def test_whatever_is_not_fine_says_what_it_costs_and_how_to_get_it(tmp_path: Path) -> None:
    bare = {  # a machine on which Debian's packages were never installed
        "PATH": str(tmp_path),
        "WORKBENCH_DATA": str(tmp_path / "data"),
        "WORKBENCH_KEYS": str(tmp_path / "keys"),
    }
    told = subprocess.run(
        [sys.executable, "-m", "workbench", "doctor", "--json"],
        env=bare,
        capture_output=True,
        text=True,
        check=True,
    )
    lacking = [c for c in json.loads(told.stdout)["checks"] if c["state"] != "fine"]
    assert {"tesseract", "chromium", "softhsm2-util", "pdfsig", "certutil"} <= {
        check["name"] for check in lacking
    }
    assert all(check["costs"] and check["get"] for check in lacking)


def test_without_any_engine_the_workbench_cannot_be_used(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = EngineStatus("tesseract", None, EngineUnavailableError())
    monkeypatch.setattr(doctor.engines, "status", lambda engine: gone)
    assert _named(doctor.examine(settings), "any engine").state is State.BROKEN


def test_an_engine_without_diacritics_is_shown_as_a_witness_that_has_no_vote_on_them(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    blind = Identity("easyocr", "1", "english_g2", "easyocr", marks=False)
    monkeypatch.setattr(doctor.engines, "status", lambda _: EngineStatus("easyocr", blind, None))
    check = _named(doctor.examine(settings), "easyocr")
    assert check.state is State.LACKING
    assert "english_g2" in str(check.found)
    assert "latin_g2.pth" in str(check.get)


def test_a_damaged_database_is_found(settings: Settings) -> None:
    settings.data.mkdir()
    file = settings.data / "workbench.db"
    with sqlite3.connect(file) as opened:
        opened.execute("CREATE TABLE paper (id INTEGER PRIMARY KEY, body TEXT)")
        opened.executemany("INSERT INTO paper (body) VALUES (?)", [("x" * 500,)] * 200)
    opened.close()
    assert _named(doctor.examine(settings), "database").state is State.FINE
    with file.open("r+b") as raw:
        raw.seek(4096)
        raw.write(b"\xff" * 8192)
    assert _named(doctor.examine(settings), "database").state is State.BROKEN


def test_a_full_disk_is_said_in_pages(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 0, 900_000_000))
    check = _named(doctor.examine(settings), "data folder")
    assert check.state is State.LACKING
    assert "300" in str(check.costs)


@pytest.mark.parametrize(
    ("prepare", "state"),
    [
        (lambda keys: keys.mkdir(mode=0o700), State.FINE),
        (lambda keys: (keys.mkdir(), keys.chmod(0o755)), State.LACKING),
    ],
)
def test_keys_that_others_can_read_are_pointed_out(
    settings: Settings, prepare: object, state: State
) -> None:
    prepare(settings.keys)  # type: ignore[operator]
    assert _named(doctor.examine(settings), "keys").state is state


def test_keys_inside_the_data_folder_are_pointed_out(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, keys=tmp_path / "keys")
    assert _named(doctor.examine(settings), "keys").state is State.LACKING


def test_a_file_that_nobody_authorised_is_named_and_stops_nothing(tmp_path: Path) -> None:
    ours = Settings().templates / "antt.yaml"
    (tmp_path / "antt.yaml").write_bytes(ours.read_bytes())
    (tmp_path / "broken.yaml").write_text("id: [", encoding="utf-8")
    (tmp_path / "changed.yaml").write_bytes(ours.read_bytes() + b"# by hand\n")
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys", templates=tmp_path)
    for _ in ("before the first start", "after it"):
        checks = [check for check in doctor.examine(settings) if check.name == "templates"]
        assert [check.state for check in checks] == [State.FINE, State.LACKING, State.LACKING]
        assert [str(check.found).split()[0].rstrip(",") for check in checks] == [
            "antt",
            "broken.yaml",
            "changed.yaml",
        ]
        open_workspace(settings)


def test_a_version_that_was_altered_in_the_store_is_told(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", keys=tmp_path / "keys")
    work = open_workspace(settings)
    with work.store.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE templateversion SET source = source || '#' WHERE template = 'antt'"
        )
    checks = [check for check in doctor.examine(settings) if check.name == "templates"]
    assert str(checks[0].found) == "con_dau, vu_khi"
    assert str(checks[1].found) == "The kept text of antt@1 was altered."


def test_the_command_speaks_json_and_its_exit_code_says_whether_it_can_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WORKBENCH_KEYS", str(tmp_path / "keys"))
    fine = CliRunner().invoke(cli.app, ["doctor", "--json"])
    assert fine.exit_code == 0, fine.output
    assert json.loads(fine.stdout)["usable"] is True
    monkeypatch.setenv("WORKBENCH_TEMPLATES", str(tmp_path))
    broken = CliRunner().invoke(cli.app, ["doctor", "--json"])
    assert broken.exit_code == 1
    assert json.loads(broken.stdout)["usable"] is False


def test_the_doctor_speaks_vietnamese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WORKBENCH_KEYS", str(tmp_path / "keys"))
    told = CliRunner().invoke(cli.app, ["--language", "vi", "doctor"]).stdout
    assert "Bộ nhận dạng" in told
    assert "Bàn số hóa dùng được" in told or "Mọi thứ đã đủ." in told


def test_every_sentence_of_the_doctor_has_its_vietnamese() -> None:
    tree = ast.parse(Path(doctor.__file__).read_text(encoding="utf-8"))
    said = {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("Sentence", "say")
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    said |= set(doctor._ENGINE_COSTS.values()) | {"machine", "engines", "store", "tests only"}
    assert said - {""} - set(words.catalogue()) == set()
