"""A key in somebody else's service: what all such services share, and how any key is given orders.

Nothing is called unless the settings name a service, and then only that one, over TLS.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable
from urllib.parse import urlsplit

import httpx
from cryptography import x509

from workbench.errors import (
    LostAnswerError,
    SettingsError,
    SigningError,
    UnreachableServiceError,
)
from workbench.model import Asked
from workbench.signing.cades import Scheme
from workbench.signing.keys import Key

_SECONDS = 40.0  # for one answer; services that wait for a person answer at once and are asked
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_ONE_BY_ONE = 1


class RemoteKey(Key, Protocol):
    """A key whose service decides how it signs."""

    @property
    def scheme(self) -> Scheme: ...


@runtime_checkable
class ManyAtOnce(Protocol):
    """A key that signs several messages for one permission (CSC: `multisign`)."""

    at_once: int

    def sign_all(self, messages: Sequence[bytes]) -> Sequence[bytes]: ...


@runtime_checkable
class Confirmed(Protocol):
    """A key that signs once its owner has confirmed the order elsewhere, minutes later."""

    at_once: int

    def ask(self, messages: Mapping[str, bytes], *, transaction: str) -> Asked:
        """Lay these messages before the owner. Raises SigningError where it was not taken."""
        ...

    def answer(self, code: str) -> Mapping[str, bytes] | None:
        """The signatures; None while nobody answered. Raises RefusedError and ExpiredError."""
        ...


def at_once(key: Key) -> int:
    """How many messages one order to the key may carry."""
    return key.at_once if isinstance(key, ManyAtOnce | Confirmed) else _ONE_BY_ONE


def scheme(key: Key) -> Scheme:
    """How the key signs: as its service says, else as we ask of it."""
    said = getattr(key, "scheme", None)
    return said if isinstance(said, Scheme) else Scheme.of(key.certificate)


def order(
    key: Key, messages: Mapping[str, bytes], *, transaction: str
) -> Mapping[str, bytes] | Asked:
    """Have the key sign these messages: their signatures by name, or whom to wait for."""
    match key:
        case Confirmed():
            return key.ask(messages, transaction=transaction)
        case ManyAtOnce():
            signatures = key.sign_all(list(messages.values()))
            return dict(zip(messages, signatures, strict=True))
    return {name: key.sign(message) for name, message in messages.items()}


def answer(key: Key, code: str) -> Mapping[str, bytes] | None:
    """What came of an order that has to be confirmed; None while nobody answered."""
    if not isinstance(key, Confirmed):
        raise SigningError(
            "The seal was ordered from another key than the settings name now.",
            "Set the key back, or take the order back and order the seal again.",
        )
    return key.answer(code)


@dataclass(frozen=True)
class Service:
    """Where a signing service answers, and who we are there."""

    url: str
    client: str = ""
    secret_file: Path | None = None
    seconds: float = _SECONDS

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise SettingsError(
                "The address of the signing service must begin with https://.",
                "Correct WORKBENCH_REMOTE_URL.",
            )

    @property
    def secret(self) -> str:
        """Read anew at each use; nothing else keeps it. Raises SettingsError."""
        if self.secret_file is None:
            return ""
        try:
            return self.secret_file.expanduser().read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                "The file {file} with the signing service's secret cannot be read.",
                "Check WORKBENCH_REMOTE_SECRET_FILE, and that this account may read the file.",
                file=self.secret_file.name,
            ) from error

    def post(
        self,
        path: str,
        message: Mapping[str, Any],
        *,
        headers: Mapping[str, str] | None = None,
        form: bool = False,
    ) -> Reply:
        """One request, never repeated by itself. Raises UnreachableServiceError."""
        content: dict[str, Any] = {"data" if form else "json": dict(message)}
        try:
            limits = httpx.Timeout(self.seconds, connect=min(5.0, self.seconds))
            with httpx.Client(timeout=limits, follow_redirects=False) as wire:
                said = wire.post(
                    self.url.rstrip("/") + "/" + path, headers=dict(headers or {}), **content
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise UnreachableServiceError(
                "The signing service does not answer.",
                "Check the network; it is tried again by itself.",
            ) from error
        except httpx.HTTPError as error:
            raise LostAnswerError(
                "The signing service's answer was lost.",
                "It is asked again by itself what became of the order.",
            ) from error
        try:
            body = said.json()
        except ValueError:
            body = {}
        return Reply(said.status_code, body if isinstance(body, dict) else {})


@dataclass(frozen=True)
class Reply:
    """What a service said: the HTTP status and a JSON object (empty where it sent none)."""

    status: int
    body: Mapping[str, Any] = field(repr=False)

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    def failed(self, code: str = "") -> SigningError:
        """Why nothing came of it; the service's own words may name people and are left out."""
        return SigningError(
            "The signing service refused the request ({code}).",
            "Check the service's settings, or ask the certification authority.",
            code=code or self.status,
        )


def certificate(text: object) -> x509.Certificate:
    """A certificate as services hand them out: DER in Base64. Raises SigningError."""
    try:
        return x509.load_der_x509_certificate(base64.b64decode(str(text)))
    except (ValueError, binascii.Error) as error:
        raise unreadable() from error


def signature(text: object) -> bytes:
    """A bare signature in Base64. Raises SigningError."""
    try:
        found = base64.b64decode(str(text), validate=True)
    except (ValueError, binascii.Error) as error:
        raise unreadable() from error
    if not found:
        raise unreadable()
    return found


def unreadable() -> SigningError:
    return SigningError(
        "The signing service's answer is not what its description promises.",
        "Tell the certification authority; nothing was signed.",
    )
