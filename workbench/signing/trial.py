"""A throw-away certificate for first steps: plainly marked, made once, trusted only here."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from workbench.errors import SigningError
from workbench.model import now
from workbench.signing.keys import TRIAL, Pkcs12Keys

log = structlog.get_logger()

_YEARS = 10
_WORKBENCH = f"{TRIAL} – Chữ ký số dùng thử"
_PEOPLE = "trial-people"  # beside the trial's own folder
_LONGEST_NAME = 64  # of a common name (X.520)
_NOBODY = "Đơn vị thử nghiệm (không có thật)"


@dataclass(frozen=True)
class Trial:
    """The folder that holds the trial key, its passphrase and the root that vouches for it."""

    folder: Path

    @property
    def anchor(self) -> Path:
        """The root certificate (PEM). Its private key was never written down."""
        return self.folder / "root.pem"

    def keys(self) -> Pkcs12Keys:
        passphrase = (self.folder / "passphrase").read_text().strip()
        return Pkcs12Keys(self.folder / "signer.p12", passphrase)


def ensure(folder: Path) -> Trial:
    """The trial key under `folder`, made if it is not there; safe when two processes start at once.

    Raises SigningError where the folder cannot be written.
    """
    return _ensure(folder, Trial(folder / "trial"), _WORKBENCH)


def ensure_personal(folder: Path, account: str, shown_as: str) -> Trial:
    """A trial key in the name of one account, with a root of its own. Raises SigningError."""
    whose = hashlib.sha256(f"{account}\0{shown_as}".encode()).hexdigest()[:16]
    common = f"{TRIAL} – {shown_as}"[:_LONGEST_NAME]
    return _ensure(folder / _PEOPLE, Trial(folder / _PEOPLE / whose), common)


def anchors(folder: Path) -> tuple[Path, ...]:
    """Every trial root that was made here; that of the workbench first, there or not."""
    people = sorted((folder / _PEOPLE).glob("[!.]*/root.pem"))  # a half-made one begins with a dot
    return (Trial(folder / "trial").anchor, *people)


def _ensure(folder: Path, trial: Trial, signer: str) -> Trial:
    if trial.anchor.exists():
        return trial
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        making = Path(tempfile.mkdtemp(prefix=".trial-", dir=folder))  # only we may read it
        try:
            _make(making, signer, now())
            making.rename(trial.folder)
        except OSError:
            if not trial.anchor.exists():  # else somebody was faster, and theirs counts
                raise
        finally:
            shutil.rmtree(making, ignore_errors=True)
    except OSError as error:
        raise SigningError(
            "The trial key cannot be made: the keys folder cannot be written.",
            "Give this account the right to write there, or name another folder for keys.",
        ) from error
    log.info("signing.trial_key_made")
    return trial


def _make(folder: Path, common: str, at: datetime) -> None:
    root_key, signer_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    which = "" if common == _WORKBENCH else f" {secrets.token_hex(4)}"  # roots go by their name
    root_name = _name(f"{TRIAL} – CA gốc dùng thử{which}")
    root = (
        _certificate(root_name, root_name, root_key.public_key(), at)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign_certificates=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    signer = (
        _certificate(_name(common), root_name, signer_key.public_key(), at)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign_certificates=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )
    passphrase = secrets.token_urlsafe(24)
    locked = serialization.BestAvailableEncryption(passphrase.encode())
    _write(
        folder / "signer.p12",
        pkcs12.serialize_key_and_certificates(b"trial", signer_key, signer, None, locked),
    )
    _write(folder / "passphrase", passphrase.encode())
    _write(folder / "root.pem", root.public_bytes(serialization.Encoding.PEM))


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, _NOBODY),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, common),
        ]
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, at: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(minutes=5))  # clocks of other machines run behind
        .not_valid_after(at + timedelta(days=366 * _YEARS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        content_commitment=not sign_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
