"""A key in a token (PKCS#11): the agency's USB token, a smart card, a hardware module.

The key never leaves the token. The PIN is typed once a batch, held in this process's memory only,
and never tried a second time by itself: tokens lock after three wrong ones.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from pkcs11 import Attribute, Mechanism, ObjectClass, TokenFlag
from pkcs11 import exceptions as trouble
from pkcs11.util.ec import encode_ecdsa_signature

from workbench.errors import Sentence, SigningError, WrongPinError
from workbench.signing.keys import Key, between

_SALT = 32  # octets, as long as the digest (RFC 8017 § 9.1)


@dataclass(frozen=True)
class Pkcs11Keys:
    """The key called `key` (or the only one) of the token called `token`, by a driver `module`."""

    module: Path
    token: str
    pin: str = field(repr=False)
    key: str = ""

    def open(self) -> Key:
        token = self._token()
        try:
            session = token.open(user_pin=self.pin)
        except (trouble.PinIncorrect, trouble.PinInvalid, trouble.PinLenRange) as error:
            raise _wrong_pin(self._token()) from error
        except trouble.PinLocked as error:
            raise _locked() from error
        except trouble.PKCS11Error as error:
            raise _unwilling(error) from error
        try:
            return self._key_of(session)
        except trouble.PKCS11Error as error:
            session.close()
            raise _unwilling(error) from error
        except SigningError:
            session.close()
            raise

    def warning(self) -> Sentence | None:
        """What the token says of its tries before any is made; None where all is well.

        Raises SigningError where it is not there or is locked.
        """
        flags = self._token().flags
        if TokenFlag.USER_PIN_FINAL_TRY in flags:
            return Sentence("One try is left: one more wrong PIN locks the token.")
        if TokenFlag.USER_PIN_COUNT_LOW in flags:
            return Sentence("The PIN was wrong last time, and few tries are left.")
        return None

    def _token(self) -> Any:
        try:
            found = pkcs11.lib(str(self.module)).get_token(token_label=self.token)
        except (trouble.NoSuchToken, trouble.TokenNotPresent, trouble.MultipleTokensReturned) as e:
            raise SigningError(
                "The token {token} is not there.",
                "Plug it in, and check its name in the settings.",
                token=self.token,
            ) from e
        except (trouble.PKCS11Error, RuntimeError, OSError) as error:
            raise SigningError(
                "The token's driver {file} cannot be loaded.",
                "Install the driver that came with the token and name its file in the settings.",
                file=self.module.name,
            ) from error
        if TokenFlag.USER_PIN_LOCKED in found.flags:
            raise _locked()
        return found

    def _key_of(self, session: Any) -> Key:
        wanted: dict[Attribute, object] = {Attribute.CLASS: ObjectClass.PRIVATE_KEY}
        if self.key:
            wanted[Attribute.LABEL] = self.key
        keys = [key for key in session.get_objects(wanted) if key[Attribute.SIGN]]
        if len(keys) != 1:
            raise SigningError(
                "The token holds {n} keys that could be meant.",
                "Name one of its keys in the settings.",
                n=len(keys),
            )
        held = [
            x509.load_der_x509_certificate(found[Attribute.VALUE])
            for found in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
        ]
        mine = [
            x509.load_der_x509_certificate(found[Attribute.VALUE])
            for found in session.get_objects(
                {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.ID: keys[0][Attribute.ID]}
            )
        ]
        if not mine:
            raise SigningError(
                "The token holds no certificate for its key.",
                "Ask the certification authority to write it to the token.",
            )
        issued = tuple(c for c in held if c != mine[0])
        return _TokenKey(mine[0], between(issued), session, keys[0])


@dataclass(frozen=True)
class _TokenKey:
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    session: Any = field(repr=False)
    private: Any = field(repr=False)

    @cached_property
    def _on_a_curve(self) -> bool:
        return isinstance(self.certificate.public_key(), ec.EllipticCurvePublicKey)

    def sign(self, message: bytes) -> bytes:
        digest = hashlib.sha256(message).digest()
        try:
            if self._on_a_curve:
                pair: bytes = self.private.sign(digest, mechanism=Mechanism.ECDSA)
                return bytes(encode_ecdsa_signature(pair))
            return bytes(
                self.private.sign(
                    digest,
                    mechanism=Mechanism.RSA_PKCS_PSS,
                    mechanism_param=(Mechanism.SHA256, pkcs11.MGF.SHA256, _SALT),
                )
            )
        except trouble.PKCS11Error as error:
            raise _unwilling(error) from error


def _wrong_pin(token: Any) -> WrongPinError:
    if TokenFlag.USER_PIN_FINAL_TRY in token.flags:
        return WrongPinError(
            "The PIN is wrong, and one try is left.",
            "Ask whoever holds the PIN; one more wrong PIN locks the token.",
        )
    if TokenFlag.USER_PIN_COUNT_LOW in token.flags:
        return WrongPinError(
            "The PIN is wrong, and few tries are left.",
            "Make sure of the PIN before you type it again; the token locks itself.",
        )
    return WrongPinError("The PIN is wrong.", "Type it again; it is never tried twice by itself.")


def _locked() -> WrongPinError:
    return WrongPinError(
        "The token is locked after too many wrong PINs.",
        "The certification authority can unlock it.",
    )


def _unwilling(error: Exception) -> SigningError:
    return SigningError(
        "The token did not sign: {why}.",
        "Take it out, plug it in again, and order the seal again.",
        why=type(error).__name__,
    )
