"""A key in a service of the Cloud Signature Consortium's API (CSC 1.0.4.0): MySign and others.

The service hands out permission for exactly these digests (SCAL 2) against the owner's PIN or
one-time password, and then signs them: one permission for a lot of `multisign` papers. What goes
over the wire are digests, never papers.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from asn1crypto import algos
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from workbench.errors import SigningError, WrongPinError
from workbench.signing import remote
from workbench.signing.cades import Scheme
from workbench.signing.keys import between
from workbench.signing.remote import Reply, Service

_SHA256 = "2.16.840.1.101.3.4.2.1"
_ALGORITHMS = {  # what we would rather have first: Thông tư 15/2025/TT-BKHCN
    Scheme.PSS: ("1.2.840.113549.1.1.10",),
    Scheme.ECDSA: ("1.2.840.10045.4.3.2",),
    Scheme.PKCS1: ("1.2.840.113549.1.1.11", "1.2.840.113549.1.1.1"),
}
_WRONG = {"invalid_pin", "invalid_otp"}


@dataclass(frozen=True)
class CscKeys:
    """The credential `credential` at `service`; PIN and one-time password are held in memory only.

    `otp` is called for each permission that needs one: a one-time password serves once.
    """

    service: Service
    credential: str
    pin: str = field(default="", repr=False)
    otp: Callable[[], str] | None = field(default=None, repr=False)

    def open(self) -> CscKey:
        """Ask for the certificate and how the key may be used. Raises SigningError."""
        headers = self._signed_in()
        told = self._post(
            "credentials/info",
            {"credentialID": self.credential, "certificates": "chain", "authInfo": True},
            headers,
        )
        body = told.body
        try:
            held = [remote.certificate(text) for text in body["cert"]["certificates"]]
            offered = set(map(str, body["key"]["algo"]))
            enabled = body["key"]["status"] == "enabled"
            most = max(1, int(body.get("multisign", 1)))
        except (KeyError, TypeError, ValueError) as error:
            raise remote.unreadable() from error
        if not held or not enabled:
            raise SigningError(
                "The key at the signing service is disabled.",
                "Ask the certification authority to enable it.",
            )
        chosen = next((s for s, oids in _ALGORITHMS.items() if offered & set(oids)), None)
        if chosen is None:
            raise SigningError(
                "The key at the signing service signs in no way that we may use.",
                "Ask the certification authority for RSA-PSS or ECDSA with SHA-256.",
            )
        wanted = (body.get("OTP") or {}) if isinstance(body.get("OTP"), Mapping) else {}
        return CscKey(
            certificate=held[0],
            chain=between(tuple(held[1:])),
            scheme=chosen,
            at_once=most,
            keys=self,
            headers=headers,
            wants_otp=body.get("authMode") == "explicit" and str(wanted.get("presence")) == "true",
            sends_otp=str(wanted.get("type")) == "online",
        )

    def _signed_in(self) -> dict[str, str]:
        """The header that names us: a token from the client's id and secret, or kept as such."""
        secret = self.service.secret
        if not secret:
            return {}
        if not self.service.client:
            return {"Authorization": f"Bearer {secret}"}
        said = self.service.post(
            "oauth2/token",
            {
                "grant_type": "client_credentials",
                "client_id": self.service.client,
                "client_secret": secret,
            },
            form=True,
        )
        token = said.body.get("access_token")
        if not said.is_good or not token:
            raise SigningError(
                "The signing service does not know this client or its secret.",
                "Check WORKBENCH_REMOTE_CLIENT and the file with the secret.",
            )
        return {"Authorization": f"Bearer {token}"}

    def _post(self, path: str, message: Mapping[str, Any], headers: Mapping[str, str]) -> Reply:
        said = self.service.post(path, message, headers=headers)
        if said.is_good:
            return said
        code = str(said.body.get("error", ""))[:40]
        if code in _WRONG:
            raise WrongPinError(
                "The signing service says that the PIN or the one-time password is wrong.",
                "Make sure of it before you type it again; it is never tried twice by itself.",
            )
        raise said.failed(code)


@dataclass(frozen=True)
class CscKey:
    """A credential that is ready to sign. After a wrong PIN it asks for nothing more."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    scheme: Scheme
    at_once: int
    keys: CscKeys = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    wants_otp: bool = False
    sends_otp: bool = False
    refused: list[WrongPinError] = field(default_factory=list, repr=False)

    def sign(self, message: bytes) -> bytes:
        return self.sign_all([message])[0]

    def sign_all(self, messages: Sequence[bytes]) -> Sequence[bytes]:
        """One permission for just these digests, then one signature each."""
        if self.refused:
            raise self.refused[0]  # services lock a credential, too
        digests = [base64.b64encode(sha256(m).digest()).decode() for m in messages]
        try:
            permission = self._authorized(digests)
        except WrongPinError as error:
            self.refused.append(error)
            raise
        said = self.keys._post(
            "signatures/signHash",
            {
                "credentialID": self.keys.credential,
                "SAD": permission,
                "hash": digests,
                "hashAlgo": _SHA256,
                **_as_asked(self.scheme),
            },
            self.headers,
        )
        found = said.body.get("signatures")
        if not isinstance(found, list) or len(found) != len(messages):
            raise remote.unreadable()
        return [self._as_cms_holds_it(remote.signature(text)) for text in found]

    def _authorized(self, digests: Sequence[str]) -> str:
        asked: dict[str, Any] = {
            "credentialID": self.keys.credential,
            "numSignatures": len(digests),
            "hash": list(digests),
        }
        if self.keys.pin:
            asked["PIN"] = self.keys.pin
        if self.wants_otp:
            if self.keys.otp is None:
                raise SigningError(
                    "The signing service asks for a one-time password.",
                    "Seal with `workbench sign`; it asks for it.",
                )
            if self.sends_otp:
                self.keys._post(
                    "credentials/sendOTP", {"credentialID": self.keys.credential}, self.headers
                )
            asked["OTP"] = self.keys.otp()
        said = self.keys._post("credentials/authorize", asked, self.headers)
        permission = said.body.get("SAD")
        if not permission:
            raise remote.unreadable()
        return str(permission)

    def _as_cms_holds_it(self, signature: bytes) -> bytes:
        """ECDSA as a SEQUENCE of two numbers; some services send them one behind the other."""
        if self.scheme is not Scheme.ECDSA:
            return signature
        try:
            decode_dss_signature(signature)
        except ValueError:
            half = len(signature) // 2
            r, s = signature[:half], signature[half:]
            return encode_dss_signature(int.from_bytes(r), int.from_bytes(s))
        return signature


def _as_asked(scheme: Scheme) -> dict[str, str]:
    """The algorithm as the API wants it; RSA-PSS says its parameters as well."""
    if scheme is not Scheme.PSS:
        return {"signAlgo": _ALGORITHMS[scheme][0]}
    hashed = {"algorithm": "sha256"}
    parameters = algos.RSASSAPSSParams(
        {
            "hash_algorithm": hashed,
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": hashed},
            "salt_length": 32,
        }
    )
    return {
        "signAlgo": _ALGORITHMS[scheme][0],
        "signAlgoParams": base64.b64encode(parameters.dump()).decode(),
    }
