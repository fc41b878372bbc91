"""A batch signed by one session with the token: killed on the way, each paper is signed once."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from typer.testing import CliRunner

from tests import soft_token
from tests.contracts.test_signer import in_token
from workbench import flow, worker
from workbench.bench.lots import Site, approved_papers
from workbench.cli import app
from workbench.errors import SigningError, WrongPinError
from workbench.model import Stage, Worker
from workbench.signing import Pkcs11Keys
from workbench.workspace import Settings, Workspace, open_workspace, prepare_demo


@pytest.mark.timeout(600)
def test_killed_twice_on_the_way_each_paper_is_signed_once_and_has_its_receipt(
    tmp_path: Path,
) -> None:
    found = Site.made(tmp_path, 16, pages=1, dpi=50).measure(kills=2, verified=3)

    assert found.is_whole, found
    assert found.signed_once == found.as_receipted == found.receipts == 16
    assert 5 < found.sealed_at_kill[0] <= found.sealed_at_kill[1] <= 16


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory, tokens: None) -> Path:
    """A data folder with three approved papers, and a token of the same name."""
    folder = tmp_path_factory.mktemp("papers")
    work = open_workspace(Settings(data=folder / "data", keys=folder / "keys", engines=("none",)))
    prepare_demo(work)
    approved_papers(work, 3, pages=1, dpi=50)
    work.store.close()
    (folder / "token").mkdir()
    in_token(folder / "token", ec.generate_private_key(ec.SECP256R1()))
    return folder


@pytest.fixture
def settings(papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    pkcs11.lib(str(soft_token.MODULE)).reinitialize()  # a login is the process's: none is left over
    shutil.copytree(papers / "data", tmp_path / "data")
    chosen = {
        "DATA": tmp_path / "data", "KEYS": tmp_path / "keys", "SEALING": "token",
        "TOKEN_MODULE": soft_token.MODULE, "TOKEN_NAME": "token",
    }  # fmt: skip
    for name, value in chosen.items():
        monkeypatch.setenv(f"WORKBENCH_{name}", str(value))
    return Settings()


@pytest.fixture
def work(settings: Settings) -> Iterator[Workspace]:
    opened = open_workspace(settings, pin=soft_token.PIN)
    yield opened
    opened.store.close()


def ordered(work: Workspace) -> list[str]:
    ids = [document.id for document in work.store.documents(stage=Stage.APPROVED)]
    assert flow.order_seal(work, ids, by="duyet1") == 3
    return ids


def test_one_pin_opens_one_session_for_the_whole_batch(
    work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    real = Pkcs11Keys.open
    monkeypatch.setattr(Pkcs11Keys, "open", lambda keys: opened.append(1) or real(keys))
    ids = ordered(work)
    assert len(list(flow.seal_lot(work, holder="sign-1/0"))) == 3
    assert len(opened) == 1
    assert [len(work.store.signatures(key)) for key in ids] == [1, 1, 1]


def test_stopped_between_two_papers_the_rest_is_free_for_the_next_session(work: Workspace) -> None:
    ids = ordered(work)
    sealed: list[str] = []
    for document in flow.seal_lot(work, holder="sign-1/0", stop=lambda: bool(sealed)):
        sealed.append(document.id)
        break
    left = [work.store.document(key) for key in ids if key not in sealed]
    assert [d.lease_by for d in left if d is not None] == [None, None]
    assert len(list(flow.seal_lot(work, holder="sign-2/0"))) == 2
    assert [len(work.store.signatures(key)) for key in ids] == [1, 1, 1]


def test_a_token_that_fails_ends_the_session_and_blames_no_paper(
    work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = ordered(work)

    def pulled_out(*_: object, **__: object) -> None:
        raise SigningError("The token did not sign: {why}.", why="DeviceRemoved")

    monkeypatch.setattr(type(work.signer), "order", pulled_out)
    with pytest.raises(SigningError, match="did not sign"):
        list(flow.seal_lot(work, holder="sign-1/0"))
    found = [work.store.document(key) for key in ids]
    assert all(d is not None and d.stage is Stage.APPROVED for d in found)
    assert all(d is not None and d.lease_by is None and d.attempts == 0 for d in found)


def test_a_signature_over_another_paper_is_found_before_anything_is_kept(
    work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = ordered(work)
    real = type(work.signer).order
    monkeypatch.setattr(
        type(work.signer),
        "order",
        lambda signer, lot, transaction: dict.fromkeys(
            real(signer, lot, transaction=transaction), b"\x30\x06\x02\x01\x01\x02\x01\x01"
        ),
    )
    assert list(flow.seal_lot(work, holder="sign-1/0")) == []
    assert [work.store.signatures(key) for key in ids] == [[], [], []]


def test_a_token_says_how_it_stands_with_tries_before_the_next_one_is_made(
    settings: Settings,
) -> None:
    keys = Pkcs11Keys(soft_token.MODULE, "token", soft_token.PIN)
    assert keys.warning() is None
    with pytest.raises(WrongPinError, match="few tries are left"):
        Pkcs11Keys(soft_token.MODULE, "token", "000000").open()
    said = keys.warning()
    assert said is not None
    assert "few tries are left" in said.text
    told = CliRunner().invoke(app, ["sign", "--by", "duyet1"], input=f"{soft_token.PIN}\n")
    assert "chỉ còn ít lần thử" in told.output
    assert told.exit_code == 0, told.output
    assert keys.warning() is None


def test_a_session_that_died_gives_its_papers_back_to_the_next(work: Workspace) -> None:
    """What `workbench sign` does after a kill: the papers of the dead are free at once."""
    ids = ordered(work)
    work.store.keep(Worker(id="sign-dead", host=socket.gethostname(), pid=2**22 - 1))
    flow.claim(work, holder="sign-dead/0", stages=(Stage.APPROVED,), limit=3)
    assert list(flow.seal_lot(work, holder="sign-2/0")) == []
    assert worker.sweep(work.store) == 1
    assert {d.id for d in flow.seal_lot(work, holder="sign-2/0")} == set(ids)
