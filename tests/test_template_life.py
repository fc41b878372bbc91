"""`workbench template`: where versions stand, and what is decided on them, with exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import Result
from cryptography.hazmat.primitives.asymmetric import ec
from typer.testing import CliRunner

from tests import governed, soft_token
from tests.contracts.test_signer import in_token
from workbench import cli, signing
from workbench.errors import NotAllowedError, NotReadyError, WorkbenchError, WrongPinError
from workbench.workspace import Workspace, load_settings, open_workspace


@pytest.fixture
def site(empty_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    shutil.copy(empty_site, tmp_path / "workbench.db")
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    monkeypatch.setenv("WORKBENCH_KEYS", str(tmp_path / "keys"))
    return open_workspace(load_settings())


def run(*words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(cli.app, ["--language", "en", "template", *words], input=stdin)


def waiting(work: Workspace) -> str:
    return governed.submitted(work, governed.next_text(work, "con_dau")).digest


def test_a_draft_is_submitted_authorised_and_shown_with_its_signature(site: Workspace) -> None:
    source = governed.next_text(site, "con_dau")
    governed.proven(site, source)
    draft = governed.drawn(site, source)
    assert run("submit", draft.id, "--by", "mau1").exit_code == 0
    done = run(
        "authorise", "con_dau", "--by", "duyet1", "--reason", "Đạt.", "--trial", "--yes", "--json"
    )
    assert json.loads(done.stdout)["state"] == "authorised"
    shown = json.loads(run("show", "con_dau", "--json").stdout)
    assert (shown["version"], shown["intact"], shown["trial"]) == (2, True, True)
    listed = run("list", "--all", "--verify")
    assert listed.exit_code == 0
    assert "con_dau@1" in listed.stdout and "Retired" in listed.stdout
    assert run("show", "con_dau@2", "--source").stdout == source.decode()
    acts = [e["act"] for e in json.loads(run("history", "con_dau", "--json").stdout)]
    assert acts[-3:] == ["changed", "submitted", "authorised"]


def test_what_is_different_is_shown_before_it_is_signed(site: Workspace) -> None:
    waiting(site)
    asked = run("authorise", "con_dau", "--by", "duyet1", "--reason", "x", "--trial", stdin="n\n")
    assert asked.exit_code == 1
    assert "Authorise and sign?" in asked.stderr
    assert "version" in asked.stderr


def test_an_author_is_refused_and_the_history_says_so(site: Workspace) -> None:
    with site.store.engine.begin() as connection:
        connection.exec_driver_sql('UPDATE person SET roles = \'["designer", "approver"]\'')
    waiting(site)
    words = ("authorise", "con_dau", "--by", "mau1", "--reason", "x", "--trial", "--yes")
    assert refused(*words) == NotAllowedError.exit_code
    told = json.loads(run("history", "--refused", "--json").stdout)
    assert (told[-1]["by"], told[-1]["about"]["tried"]) == ("mau1", "authorised")


def test_a_key_file_signs_with_its_password_and_not_with_another(site: Workspace) -> None:
    waiting(site)
    folder = site.settings.keys_folder
    person = site.store.person("duyet1")
    assert person is not None
    own = signing.trial_keys.ensure_personal(folder, person.name, person.shown_as).folder
    words = (
        "authorise", "con_dau", "--by", "duyet1", "--reason", "x", "--yes",
        "--key", str(own / "signer.p12"), "--password-stdin",
    )  # fmt: skip
    assert refused(*words, stdin="wrong\n") == WrongPinError.exit_code
    assert run(*words, stdin=(own / "passphrase").read_text()).exit_code == 0


def test_what_was_altered_is_told_by_the_exit_code(site: Workspace) -> None:
    governed.put_into_use(site, governed.next_text(site, "con_dau"))
    with site.store.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE templatestanding SET reason = 'khác' WHERE decided_by = 'duyet1'"
        )
    told = run("list", "--verify")
    assert told.exit_code == 21
    assert "not as it was signed" in told.stdout
    assert run("show", "con_dau").exit_code == 21
    assert run("show", "antt").exit_code == 0


def test_a_version_is_handed_back_and_the_one_in_use_retired(site: Workspace) -> None:
    digest = waiting(site)
    by = ("--by", "duyet1", "--reason", "Chưa đạt.")
    assert json.loads(run("return", digest[:10], *by, "--json").stdout)["state"] == "returned"
    assert json.loads(run("retire", "con_dau", *by, "--json").stdout)["state"] == "retired"
    assert "con_dau" not in run("list").stdout
    assert refused("retire", "con_dau", *by) == NotReadyError.exit_code
    assert refused("show", "no_such") == NotReadyError.exit_code


def refused(*words: str, stdin: str = "") -> int:
    """The exit code of a command that must not do it."""
    error = run(*words, stdin=stdin).exception
    assert isinstance(error, WorkbenchError), error
    return error.exit_code


def test_a_token_signs_with_its_pin(site: Workspace, tokens: None, tmp_path: Path) -> None:
    folder = tmp_path / f"token-{tmp_path.name[:20]}"
    in_token(folder, ec.generate_private_key(ec.SECP256R1()))  # in the name of Phòng Cảnh sát
    with site.store.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE person SET shown_as = 'Phòng Cảnh sát' WHERE name = 'duyet1'"
        )
    waiting(site)
    done = run(
        "authorise", "con_dau", "--by", "duyet1", "--reason", "x", "--yes", "--password-stdin",
        "--token", folder.name, "--module", str(soft_token.MODULE), stdin=f"{soft_token.PIN}\n",
    )  # fmt: skip
    assert done.exit_code == 0, done.exception
    shown = json.loads(run("show", "con_dau", "--json").stdout)
    assert (shown["signed_as"], shown["intact"], shown["trial"]) == ("Phòng Cảnh sát", True, False)
