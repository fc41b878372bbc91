"""A key in a service of the CSC API: permission for just these digests, one PIN, never twice."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests import csc_server
from tests.contracts.test_signer import approved, pdf
from tests.csc_server import Csc
from workbench.errors import (
    SettingsError,
    SigningError,
    UnreachableServiceError,
    WrongPinError,
)
from workbench.signing import CscKeys, PadesSigner, Service
from workbench.workspace import Settings, agency_keys


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Csc]:
    csc = csc_server.serve(
        tmp_path_factory.mktemp("csc"), ec.generate_private_key(ec.SECP256R1()), multisign=4
    )
    yield csc
    csc.close()


@pytest.fixture
def csc(running: Csc) -> Csc:
    running.calls.clear()
    running.authorized.clear()
    running.wants_otp = False
    return running


def keys(csc: Csc, *, pin: str = csc_server.PIN) -> CscKeys:
    service = Service(csc.url, csc_server.CLIENT, csc.folder / "secret")
    return CscKeys(service, csc.credential, pin)


def test_a_lot_takes_one_permission_for_just_its_digests(csc: Csc) -> None:
    key = keys(csc).open()
    messages = [f"message {n}".encode() for n in range(4)]
    assert len(set(key.sign_all(messages))) == 4
    assert csc.calls.count("credentials/authorize") == 1
    assert csc.calls.count("signatures/signHash") == 1
    [asked] = csc.authorized
    assert asked["numSignatures"] == 4
    assert asked["hash"] == [base64.b64encode(sha256(m).digest()).decode() for m in messages]


def test_a_lot_is_no_larger_than_the_service_allows(csc: Csc) -> None:
    assert PadesSigner(keys(csc)).at_once == 4


def test_a_wrong_pin_is_sent_once_whatever_is_asked_afterwards(csc: Csc) -> None:
    signer = PadesSigner(keys(csc, pin="000000"))
    for _ in range(3):
        with pytest.raises(WrongPinError, match="PIN or the one-time password is wrong"):
            signer.sign(approved(), pdf())
    assert csc.calls.count("credentials/authorize") == 1
    assert csc.calls.count("signatures/signHash") == 0


def test_each_permission_asks_for_its_own_one_time_password(csc: Csc) -> None:
    csc.wants_otp = True
    asked: list[int] = []

    def otp() -> str:
        asked.append(csc.calls.count("credentials/sendOTP"))
        return csc_server.OTP

    service = Service(csc.url, csc_server.CLIENT, csc.folder / "secret")
    key = CscKeys(service, csc.credential, csc_server.PIN, otp).open()
    key.sign(b"one")
    key.sign(b"two")
    assert asked == [1, 2]  # it was sent before it was asked for


def test_a_service_that_wants_a_one_time_password_says_where_it_is_typed(csc: Csc) -> None:
    csc.wants_otp = True
    with pytest.raises(SigningError, match="one-time password"):
        keys(csc).open().sign(b"one")
    assert csc.authorized == []


def test_an_unknown_client_is_told(csc: Csc, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("wrong", encoding="utf-8")
    service = Service(csc.url, csc_server.CLIENT, tmp_path / "secret")
    with pytest.raises(SigningError, match="does not know this client"):
        CscKeys(service, csc.credential, csc_server.PIN).open()


def test_a_token_of_the_service_may_stand_in_the_file_itself(csc: Csc, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(csc_server.TOKEN + "\n", encoding="utf-8")
    service = Service(csc.url, "", tmp_path / "token")
    assert CscKeys(service, csc.credential, csc_server.PIN).open().sign(b"one")
    assert "oauth2/token" not in csc.calls


def test_a_service_that_is_not_there_is_told_and_may_be_asked_again() -> None:
    with pytest.raises(UnreachableServiceError):
        CscKeys(Service("http://127.0.0.1:9/csc/v1"), "any", "1").open()


def test_a_credential_that_the_service_does_not_have_is_told(csc: Csc) -> None:
    service = Service(csc.url, csc_server.CLIENT, csc.folder / "secret")
    with pytest.raises(SigningError, match=r"refused the request \(404\)"):
        CscKeys(service, "lab/another", csc_server.PIN).open()


def test_nothing_is_sent_without_tls_but_to_this_machine() -> None:
    with pytest.raises(SettingsError, match="https"):
        Service("http://sign.example.vn/csc/v1")


def test_neither_pin_nor_secret_stands_in_a_text_of_the_keys(csc: Csc) -> None:
    opened = keys(csc).open()
    for text in (repr(keys(csc)), repr(opened), str(opened)):
        assert csc_server.PIN not in text
        assert csc_server.SECRET not in text
        assert csc_server.TOKEN not in text


@pytest.mark.parametrize(
    ("chosen", "missing"),
    [
        ({"sealing": "csc"}, "WORKBENCH_REMOTE_URL"),
        ({"sealing": "csc", "remote_url": "https://a"}, "WORKBENCH_REMOTE_CREDENTIAL"),
        ({"sealing": "smartca", "remote_url": "https://a"}, "WORKBENCH_REMOTE_USER"),
    ],
)
def test_a_setting_that_a_service_needs_is_named(chosen: dict[str, str], missing: str) -> None:
    with pytest.raises(SettingsError, match=missing):
        agency_keys(Settings(**chosen), "")  # type: ignore[arg-type]
