"""The signature proper: a CAdES SignedData over a document's digest, put together from DER parts.

What is the same for every paper of a batch (certificates, algorithms) is encoded once; a paper
costs one signature and a few joins of bytes.
"""

from __future__ import annotations

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.general import as_signing_certificate_v2

DIGEST = "sha256"

_SEQUENCE, _SET, _OCTETS, _CONTEXT_0 = 0x30, 0x31, 0x04, 0xA0
_ROOM_FOR_SIGNATURE = 1024  # RSA-4096 and every curve fit


class Envelope:
    """What surrounds the signatures made with one certificate."""

    def __init__(self, certificate: x509.Certificate, chain: tuple[x509.Certificate, ...]) -> None:
        signer = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
        self._digest_algorithm = algos.DigestAlgorithm({"algorithm": DIGEST}).dump()
        self._content_type = cms.CMSAttribute({"type": "content_type", "values": ["data"]}).dump()
        self._signing_certificate = cms.CMSAttribute(
            {"type": "signing_certificate_v2", "values": [as_signing_certificate_v2(signer)]}
        ).dump()
        self._message_digest = core.ObjectIdentifier("1.2.840.113549.1.9.4").dump()
        self._signature_algorithm = _algorithm(certificate).dump()
        self._signer = cms.IssuerAndSerialNumber(
            {"issuer": signer.issuer, "serial_number": signer.serial_number}
        ).dump()
        self._certificates = _der(
            _CONTEXT_0, *(c.public_bytes(Encoding.DER) for c in (certificate, *chain))
        )
        self._data = core.ObjectIdentifier("1.2.840.113549.1.7.1").dump()
        self._signed_data = core.ObjectIdentifier("1.2.840.113549.1.7.2").dump()

    @property
    def room(self) -> int:
        """How many bytes a finished signature needs at most."""
        return len(self._certificates) + _ROOM_FOR_SIGNATURE + 512

    def attributes(self, digest: bytes) -> bytes:
        """What the key has to sign for a document with this digest (DER of the attributes)."""
        said = _der(_SEQUENCE, self._message_digest, _der(_SET, _der(_OCTETS, digest)))
        return _der(_SET, *sorted((self._content_type, said, self._signing_certificate)))

    def close(self, attributes: bytes, signature: bytes) -> bytes:
        """The finished SignedData (DER)."""
        version = core.Integer(1).dump()
        signer_info = _der(
            _SEQUENCE,
            version,
            self._signer,
            self._digest_algorithm,
            bytes([_CONTEXT_0]) + attributes[1:],  # signed as a SET, held as [0]: RFC 5652 § 5.4
            self._signature_algorithm,
            _der(_OCTETS, signature),
        )
        signed_data = _der(
            _SEQUENCE,
            version,
            _der(_SET, self._digest_algorithm),
            _der(_SEQUENCE, self._data),
            self._certificates,
            _der(_SET, signer_info),
        )
        return _der(_SEQUENCE, self._signed_data, _der(_CONTEXT_0, signed_data))


def as_we_write(message: cms.ContentInfo) -> bytes | None:
    """How we would have written a signature with these attributes; None where it is not our kind.

    A CMS has bytes that nothing covers (versions, a second name of the digest, the issuer's
    name again). Verifiers read past them; only writing it anew shows that one of them was changed.
    """
    signed = message["content"]
    info = signed["signer_infos"][0]
    if info["digest_algorithm"]["algorithm"].native != DIGEST:
        return None
    chain = [x509.load_der_x509_certificate(c.dump()) for c in signed["certificates"]]
    attributes = info["signed_attrs"].untag().dump()
    return Envelope(chain[0], tuple(chain[1:])).close(attributes, info["signature"].native)


def _algorithm(certificate: x509.Certificate) -> algos.SignedDigestAlgorithm:
    if isinstance(certificate.public_key(), ec.EllipticCurvePublicKey):
        return algos.SignedDigestAlgorithm({"algorithm": f"{DIGEST}_ecdsa"})
    hashed = {"algorithm": DIGEST}
    parameters = algos.RSASSAPSSParams(
        {
            "hash_algorithm": hashed,
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": hashed},
            "salt_length": 32,
        }
    )
    return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body
