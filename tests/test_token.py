"""The agency's key in a token: one PIN a batch, never tried twice, and no seal without it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from typer.testing import CliRunner

from tests import soft_token
from tests.contracts.test_signer import approved, in_token, pdf
from tests.full_workbench import fill
from workbench import worker
from workbench.cli import app
from workbench.errors import SigningError, WrongPinError
from workbench.model import Stage, now
from workbench.signing import PadesSigner, Pkcs11Keys
from workbench.workspace import Settings, Workspace, load_settings, open_workspace, prepare_demo


@pytest.fixture
def token(tmp_path: Path, tokens: None) -> str:
    """The name of a new token with a P-256 key and its certificates."""
    folder = tmp_path / f"token-{tmp_path.name[:20]}"
    in_token(folder, ec.generate_private_key(ec.SECP256R1()))
    return folder.name


@pytest.fixture
def settings(token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in {
        "DATA": tmp_path / "data", "KEYS": tmp_path / "keys", "DEMO": 1, "SEALING": "token",
        "TOKEN_MODULE": soft_token.MODULE, "TOKEN_NAME": token,
    }.items():  # fmt: skip
        monkeypatch.setenv(f"WORKBENCH_{name}", str(value))
    return load_settings()


@pytest.fixture
def work(settings: Settings, noon: datetime) -> Iterator[Workspace]:
    opened = open_workspace(settings)
    prepare_demo(opened)
    yield opened
    opened.store.close()


class _Counted(Pkcs11Keys):
    opened = 0

    def open(self) -> object:  # type: ignore[override]
        type(self).opened += 1
        return super().open()


def test_a_wrong_pin_is_told_and_never_tried_a_second_time(token: str) -> None:
    keys = _Counted(soft_token.MODULE, token, "000000")
    signer = PadesSigner(keys)  # type: ignore[arg-type]
    for _ in range(5):
        with pytest.raises(WrongPinError, match="PIN is wrong"):
            signer.sign(approved(), pdf())
    assert keys.opened == 1


def test_a_token_that_is_not_there_is_named(token: str) -> None:
    with pytest.raises(SigningError, match="is not there"):
        Pkcs11Keys(soft_token.MODULE, "another", soft_token.PIN).open()


def test_a_driver_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SigningError, match="driver"):
        Pkcs11Keys(tmp_path / "lib.so", "any", "1").open()


def test_the_pin_is_in_no_text_of_the_keys(token: str) -> None:
    assert soft_token.PIN not in repr(Pkcs11Keys(soft_token.MODULE, token, soft_token.PIN))


def test_a_worker_leaves_sealing_to_whoever_has_the_pin(work: Workspace) -> None:
    ids = fill(work, at=now())
    before = [d.id for d in work.store.documents(stage=Stage.APPROVED)]
    assert before
    assert not work.seals_by_itself
    worker.run(work, until_empty=True)
    assert [d.id for d in work.store.documents(stage=Stage.APPROVED)] == before
    assert ids[Stage.APPROVED][0] in before


def test_a_wrong_pin_at_the_command_line_orders_nothing(work: Workspace) -> None:
    fill(work, at=now())
    before = [d.seal_by for d in work.store.documents(stage=Stage.APPROVED)]
    assert before
    told = CliRunner().invoke(app, ["sign", "--by", "duyet1"], input="999999\n")
    assert isinstance(told.exception, WrongPinError)
    assert "999999" not in told.output
    assert [d.seal_by for d in work.store.documents(stage=Stage.APPROVED)] == before
