"""A new site is set up from the command line: accounts, units, and no password in an argument."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from workbench import accounts, cli
from workbench.errors import NotAllowedError, NotReadyError
from workbench.model import Person, Unit
from workbench.store import Store
from workbench.workspace import ROOT, load_settings, open_workspace

PASSWORD = "một câu dài dễ nhớ"
FIRST = ("person", "add", "chihuy", "--shown-as", "Chỉ huy", "--role", "administrator")


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The empty store of a new site."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WORKBENCH_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("WORKBENCH_DEMO", raising=False)
    store = open_workspace(load_settings()).store
    yield store
    store.close()


def run(*command: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli.app, list(command), input=typed)


def refusal(*command: str, typed: str = "") -> str:
    """The sentence with which a command is refused."""
    error = run(*command, typed=typed).exception
    assert isinstance(error, NotReadyError | NotAllowedError), error
    return str(error.message.text)


def kept(store: Store, name: str) -> Person:
    found = store.person(name)
    assert found is not None
    return found


def test_the_first_account_of_a_site_is_made_with_a_password_typed_twice(site: Store) -> None:
    told = run(*FIRST, "--role", "manager", typed=f"{PASSWORD}\n{PASSWORD}\n")

    assert told.exit_code == 0, told.output
    assert "Đã thêm tài khoản." in told.output
    assert PASSWORD not in told.output
    person = kept(site, "chihuy")
    assert person.roles == ["administrator", "manager"]
    assert not person.demo
    assert accounts.check_password(person, PASSWORD)


def test_a_mistyped_password_makes_no_account(site: Store) -> None:
    assert refusal(*FIRST, typed=f"{PASSWORD}\n{PASSWORD}!\n") == "The two passwords differ."
    assert site.persons() == []


def test_a_password_may_come_from_a_pipe_and_stands_in_no_argument(
    site: Store, tmp_path: Path
) -> None:
    subprocess.run(
        [sys.executable, "-m", "workbench", *FIRST, "--password-stdin"],
        input=f"{PASSWORD}\n".encode(),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    assert accounts.check_password(kept(site, "chihuy"), PASSWORD)
    assert run(*FIRST, "--password", PASSWORD).exit_code == 2  # there is no such option


def test_what_is_wrong_with_an_account_is_said(site: Store) -> None:
    piped = ("--password-stdin",)
    assert run(*FIRST, *piped, typed=PASSWORD).exit_code == 0
    assert refusal(*FIRST, *piped, typed=PASSWORD) == "This account name is taken."
    other = ("person", "add", "soat9", "--shown-as", "Soát", "--role", "reviewer", *piped)
    assert refusal(*other, typed="ngắn") == "The password is too short."
    assert refusal(*other, "--unit", "XX", typed=PASSWORD) == "There is no unit {unit}."
    assert run(*other, "--role", "king", typed=PASSWORD).exit_code == 2
    assert refusal("person", "close", "nobody") == "There is no account {name}."
    assert [p.name for p in site.persons()] == ["chihuy"]


def test_a_closed_account_lets_nobody_in_and_keeps_its_name(site: Store) -> None:
    run(*FIRST, "--password-stdin", typed=PASSWORD)
    last = "This is the last administrator; nobody could look after accounts any more."
    assert refusal("person", "close", "chihuy") == last
    other = ("person", "add", "quanly9", "--shown-as", "Quản lý", "--role", "administrator")
    run(*other, "--password-stdin", typed=PASSWORD)
    assert run("person", "close", "chihuy").exit_code == 0
    assert refusal("person", "close", "quanly9") == last

    person = kept(site, "chihuy")
    assert not accounts.check_password(person, PASSWORD)
    assert (person.shown_as, person.roles) == ("Chỉ huy", ["administrator"])
    assert "đã khóa" in run("person", "list").output


def test_a_forgotten_password_is_replaced(site: Store) -> None:
    run(*FIRST, "--password-stdin", typed=PASSWORD)
    told = run("person", "password", "chihuy", "--password-stdin", typed="câu mới dài hơn")
    assert told.exit_code == 0, told.output
    assert accounts.check_password(kept(site, "chihuy"), "câu mới dài hơn")
    assert not accounts.check_password(kept(site, "chihuy"), PASSWORD)


def test_units_are_added_renamed_and_listed_and_people_belong_to_them(site: Store) -> None:
    assert run("unit", "add", "PC06", "Phòng Cảnh sát").exit_code == 0
    assert run("unit", "add", "PC06", "Phòng Cảnh sát QLHC").exit_code == 0
    assert [(u.code, u.name) for u in site.units()] == [("PC06", "Phòng Cảnh sát QLHC")]
    assert run("unit", "list").output.split(maxsplit=1) == ["PC06", "Phòng Cảnh sát QLHC\n"]
    assert refusal("unit", "add", "PC07", " ") == "A unit needs a code and a name."

    run(*FIRST, "--unit", "PC06", "--password-stdin", typed=PASSWORD)
    told = run("person", "list").output
    assert all(part in told for part in ("chihuy", "Chỉ huy", "administrator", "PC06"))


def test_papers_of_an_unknown_unit_are_refused(site: Store, sample: Path) -> None:
    run(*FIRST, "--password-stdin", typed=PASSWORD)
    site.keep(Unit(code="PC06", name="Phòng"))
    load = ("load", str(sample / "files" / "001.pdf"), "--by", "chihuy", "--unit")
    assert refusal(*load, "XX") == "There is no unit {unit}."
    assert site.batches() == []
