"""A real PKCS#11 token in software (SoftHSM 2), made for one test run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pkcs11 import Attribute, ObjectClass
from pkcs11.constants import CertificateType

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN, OFFICER_PIN = "246810", "13579246"
_KEY = "01"


def prepare(folder: Path) -> None:
    """Let tokens live under `folder`. The driver looks once a process: call it before any use."""
    tokens = folder / "tokens"
    tokens.mkdir(parents=True)
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\n")
    os.environ["SOFTHSM2_CONF"] = str(conf)


def make(
    name: str,
    folder: Path,
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    certificates: Sequence[x509.Certificate],
) -> None:
    """A token called `name` with a key and, first of `certificates`, the one that names it."""
    _util("--init-token", "--free", "--label", name, "--pin", PIN, "--so-pin", OFFICER_PIN)
    key = folder / f"{name}.pem"
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _util("--import", str(key), "--token", name, "--label", "seal", "--id", _KEY, "--pin", PIN)
    key.unlink()
    library = pkcs11.lib(str(MODULE))
    library.reinitialize()  # the token is younger than the driver
    with library.get_token(token_label=name).open(user_pin=PIN, rw=True) as session:
        for number, certificate in enumerate(certificates):
            session.create_object(
                {
                    Attribute.CLASS: ObjectClass.CERTIFICATE,
                    Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                    Attribute.TOKEN: True,
                    Attribute.LABEL: f"certificate {number}",
                    Attribute.ID: bytes.fromhex(_KEY) if number == 0 else bytes([0x80 + number]),
                    Attribute.SUBJECT: certificate.subject.public_bytes(),
                    Attribute.VALUE: certificate.public_bytes(Encoding.DER),
                }
            )


def _util(*arguments: str) -> None:
    subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True)
