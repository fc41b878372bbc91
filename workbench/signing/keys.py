"""Where the key is: a PKCS#12 file here, a token in `token`; both keep the same two promises."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from workbench.errors import SigningError, WrongPinError

TRIAL = "THỬ NGHIỆM"  # stands in the name of every certificate that proves nothing to others

_LEAST_RSA_BITS = 2048  # Thông tư 15/2025/TT-BKHCN: RSA-PSS from 2048 bits, or ECDSA from 256


class Key(Protocol):
    """A private key that is ready to sign, and the certificate that names its owner."""

    @property
    def certificate(self) -> x509.Certificate: ...

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The certificates between the signer's and the root, which is not among them."""
        ...

    def sign(self, message: bytes) -> bytes:
        """ECDSA or RSA-PSS over the SHA-256 of `message`, as CMS holds it."""
        ...


class KeySource(Protocol):
    """Opens a key once for a batch."""

    def open(self) -> Key:
        """Raises SigningError where the key cannot be had."""
        ...


@dataclass(frozen=True)
class Pkcs12Keys:
    """A key in a PKCS#12 file, for trials and pilots; the passphrase is held in memory only."""

    path: Path
    passphrase: str = field(repr=False)

    def open(self) -> Key:
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise SigningError(
                "The key file {file} cannot be read.",
                "Check that it is there and that this account may read it.",
                file=self.path.name,
            ) from error
        return HandedKeys(content, self.passphrase, self.path.name).open()


@dataclass(frozen=True)
class HandedKeys:
    """A PKCS#12 file that somebody handed over for one signature; it lies on no disk here."""

    content: bytes = field(repr=False)
    passphrase: str = field(repr=False)
    name: str

    def open(self) -> Key:
        try:
            kept = pkcs12.load_pkcs12(self.content, self.passphrase.encode())
        except ValueError as error:
            raise WrongPinError(
                "The key file {file} does not open: its passphrase is wrong or it is damaged.",
                "Check the passphrase. It is never tried twice by itself.",
                file=self.name,
            ) from error
        if (
            not isinstance(kept.key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
            or not kept.cert
        ):
            raise SigningError(
                "The key file {file} holds no key with its certificate.",
                "Export the certificate together with its private key.",
                file=self.name,
            )
        others = tuple(other.certificate for other in kept.additional_certs)
        return _SoftwareKey(kept.key, kept.cert.certificate, between(others))


@dataclass(frozen=True)
class _SoftwareKey:
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = field(repr=False)
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    def sign(self, message: bytes) -> bytes:
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return self.private.sign(message, ec.ECDSA(hashes.SHA256()))
        pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
        return self.private.sign(message, pss, hashes.SHA256())


def between(others: tuple[x509.Certificate, ...]) -> tuple[x509.Certificate, ...]:
    """Without the root: a verifier has it, and a copy in the file is covered by no signature."""
    return tuple(c for c in others if c.issuer != c.subject)


def check(certificate: x509.Certificate, at: datetime) -> None:
    """Raises SigningError where the certificate may not sign papers at `at`."""
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise SigningError(
            "The signer's certificate is not valid today: it runs from {start} to {end}.",
            "Use a certificate that is valid now, and check the clock of this machine.",
            start=certificate.not_valid_before_utc.date().isoformat(),
            end=certificate.not_valid_after_utc.date().isoformat(),
        )
    public = certificate.public_key()
    if isinstance(public, rsa.RSAPublicKey) and public.key_size < _LEAST_RSA_BITS:
        raise SigningError(
            "The signer's RSA key has {bits} bits; at least {least} are required.",
            "Ask the certification authority for a longer key or for an elliptic curve key.",
            bits=public.key_size,
            least=_LEAST_RSA_BITS,
        )
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not (usage.digital_signature or usage.content_commitment):
        raise SigningError(
            "The certificate is not meant for signing.",
            "Choose the certificate for signatures, not the one for encryption.",
        )


def common_name(certificate: x509.Certificate) -> str:
    named = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(named[0].value) if named else certificate.subject.rfc4514_string()


def is_trial(certificate: x509.Certificate) -> bool:
    return TRIAL in common_name(certificate)
