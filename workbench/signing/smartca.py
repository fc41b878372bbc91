"""A key whose owner confirms each order on a phone: VNPT SmartCA (interface SP769, version 1).

We send digests and get a transaction; the owner's phone shows it for about five minutes; then it
holds the signatures, or says that it was refused or has expired. It can be asked for again at any
time by its code, also by a process that was started later.

The messages are those of the provider's description (get_certificate, sign, status). How refusal
and expiry are worded there is not described and is told by the word's stem; try both in the
provider's test environment before real papers are sealed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from workbench.errors import (
    ExpiredError,
    LostAnswerError,
    RefusedError,
    SigningError,
    UnreachableServiceError,
)
from workbench.model import Asked, now
from workbench.signing import remote
from workbench.signing.cades import Scheme
from workbench.signing.keys import between
from workbench.signing.remote import Reply, Service

CONFIRM_WITHIN = timedelta(minutes=5)
_WAITING = "sig_wait_for_user_confirm"
_REFUSED = ("reject", "refuse", "cancel", "denied", "từ chối", "tu choi")
_EXPIRED = ("expire", "timeout", "time_out", "hết hạn", "het han")


@dataclass(frozen=True)
class SmartCaKeys:
    """The certificate `serial` (empty: the only one) of the subscriber `user` at `service`."""

    service: Service
    user: str = field(repr=False)  # often the number of an identity card
    serial: str = ""
    at_once: int = 50
    pause: float = 3.0  # seconds between two questions while somebody waits at the terminal

    def open(self) -> SmartCaKey:
        """Ask for the certificate. Raises SigningError."""
        said = self.post(
            "v1/credentials/get_certificate",
            {"user_id": self.user, "serial_number": self.serial, "transaction_id": uuid4().hex},
        )
        try:
            offered = said.body["data"]["user_certificates"]
            meant = [c for c in offered if not self.serial or c["serial_number"] == self.serial]
        except (KeyError, TypeError) as error:
            raise remote.unreadable() from error
        if len(meant) != 1:
            raise SigningError(
                "The signing service offers {n} certificates that could be meant.",
                "Name the serial number of one in WORKBENCH_REMOTE_CREDENTIAL.",
                n=len(meant),
            )
        chain = meant[0].get("chain_data") or {}
        issuers = (chain.get("ca_cert"), chain.get("root_cert"))
        return SmartCaKey(
            certificate=remote.certificate(meant[0].get("cert_data")),
            chain=between(tuple(remote.certificate(text) for text in issuers if text)),
            serial=str(meant[0].get("serial_number", "")),
            at_once=self.at_once,
            keys=self,
        )

    def post(self, path: str, message: Mapping[str, Any]) -> Reply:
        """A request in our name; the service says in its body whether it went well."""
        secret = {"sp_id": self.service.client, "sp_password": self.service.secret}
        said = self.service.post(path, {**secret, **message})
        if said.status >= 500:
            # It may have taken the order before it failed: what became of it is asked, not assumed.
            raise LostAnswerError(
                "The signing service is out of order just now.",
                "It is tried again by itself.",
            )
        if not said.is_good or said.body.get("status_code") not in (200, None):
            _tell(said)
        return said


@dataclass(frozen=True)
class SmartCaKey:
    """A subscriber's key. RSA signs as in PKCS#1 v1.5 there, the service offers nothing else."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    serial: str
    at_once: int
    keys: SmartCaKeys = field(repr=False)

    @property
    def scheme(self) -> Scheme:
        on_a_curve = isinstance(self.certificate.public_key(), ec.EllipticCurvePublicKey)
        return Scheme.ECDSA if on_a_curve else Scheme.PKCS1

    def sign(self, message: bytes) -> bytes:
        """Ask, and wait for the phone. For somebody who stands by; papers are asked for in lots."""
        asked = self.ask({"1": message}, transaction=uuid4().hex)
        while True:
            found = self.answer(asked.code)
            if found is not None:
                return found["1"]
            if now() > asked.until:
                raise ExpiredError("Nobody confirmed the seal on the phone in time.")
            time.sleep(self.keys.pause)

    def ask(self, messages: Mapping[str, bytes], *, transaction: str) -> Asked:
        at = now()
        said = self.keys.post(
            "v1/signatures/sign",
            {
                "user_id": self.keys.user,
                "transaction_id": transaction,
                "transaction_desc": f"{len(messages)} tài liệu số hóa",
                "serial_number": self.serial,
                "time_stamp": f"{at:%Y%m%d%H%M%SZ}",
                "sign_files": [
                    {
                        "doc_id": name,
                        "file_type": "pdf",
                        "sign_type": "hash",
                        "data_to_be_signed": sha256(message).hexdigest(),
                    }
                    for name, message in messages.items()
                ],
            },
        )
        kept = said.body.get("data") or {}
        code = kept.get("tran_code") or kept.get("transaction_id")
        if not code:
            raise remote.unreadable()
        return Asked(str(code), at + CONFIRM_WITHIN)

    def answer(self, code: str) -> Mapping[str, bytes] | None:
        said = self.keys.service.post(f"v1/signatures/sign/{quote(code, safe='')}/status", {})
        message = str(said.body.get("message", "")).lower()
        found = (said.body.get("data") or {}).get("signatures")
        if said.is_good and found:
            try:
                return {str(s["doc_id"]): remote.signature(s["signature_value"]) for s in found}
            except (KeyError, TypeError) as error:
                raise remote.unreadable() from error
        if _speaks_of(message, (_WAITING,)) or (said.is_good and not message):
            return None
        _tell(said)
        return None


def _tell(said: Reply) -> None:
    """Raise what an answer that is no success means."""
    message = str(said.body.get("message", "")).lower()
    if _speaks_of(message, _EXPIRED):
        raise ExpiredError(
            "Nobody confirmed the seal on the phone in time.",
            "Order it again when the phone is at hand.",
        )
    if _speaks_of(message, _REFUSED):
        raise RefusedError(
            "The seal was refused on the phone.",
            "Ask whoever holds the phone; then order it again.",
        )
    if said.status in (401, 403) or said.body.get("status_code") in (401, 403):
        raise SigningError(
            "The signing service does not accept this client, subscriber or certificate.",
            "Check the settings WORKBENCH_REMOTE_… and the file with the secret.",
        )
    if said.status >= 500:
        raise UnreachableServiceError(
            "The signing service is out of order just now.", "It is tried again by itself."
        )
    raise said.failed(str(said.body.get("status_code") or said.status))


def _speaks_of(message: str, stems: tuple[str, ...]) -> bool:
    return any(stem in message for stem in stems)
