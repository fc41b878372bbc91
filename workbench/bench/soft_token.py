"""`python -m workbench.bench.soft_token MODULE TOKEN PIN DER`: write a certificate beside its key.

A process of its own, that loads little: the driver looks for its tokens once a process.
"""

from __future__ import annotations

import sys

import pkcs11
from cryptography import x509
from pkcs11 import Attribute, ObjectClass
from pkcs11.constants import CertificateType


def write(module: str, name: str, pin: str, der: bytes) -> None:
    """Write a signer's certificate to the token called `name`; its key has the id 01."""
    certificate = x509.load_der_x509_certificate(der)
    token = pkcs11.lib(module).get_token(token_label=name)
    with token.open(user_pin=pin, rw=True) as session:
        session.create_object(
            {
                Attribute.CLASS: ObjectClass.CERTIFICATE,
                Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                Attribute.TOKEN: True,
                Attribute.LABEL: "certificate",
                Attribute.ID: b"\x01",
                Attribute.SUBJECT: certificate.subject.public_bytes(),
                Attribute.VALUE: der,
            }
        )


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2], sys.argv[3], bytes.fromhex(sys.argv[4]))
