"""The signature proper: a CAdES SignedData over a document's digest, put together from DER parts.

What is the same for every paper of a batch (certificates, algorithms) is encoded once; a paper
costs one signature and a few joins of bytes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.general import as_signing_certificate_v2

from workbench.errors import SigningError

DIGEST = "sha256"


class Scheme(StrEnum):
    """How a key signs a digest, named as CMS names it.

    Thông tư 15/2025/TT-BKHCN asks for RSA-PSS or ECDSA; services with confirmation on a phone sign
    with RSA as in PKCS#1 v1.5, which is read everywhere and told in the verdict.
    """

    ECDSA = f"{DIGEST}_ecdsa"
    PSS = "rsassa_pss"
    PKCS1 = f"{DIGEST}_rsa"

    @classmethod
    def of(cls, certificate: x509.Certificate) -> Scheme:
        """What we ask of a key that leaves the choice to us."""
        on_a_curve = isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)
        return cls.ECDSA if on_a_curve else cls.PSS


_SEQUENCE, _SET, _OCTETS, _CONTEXT_0, _CONTEXT_1 = 0x30, 0x31, 0x04, 0xA0, 0xA1
_ROOM_FOR_SIGNATURE = 1024  # RSA-4096 and every curve fit


class Envelope:
    """What surrounds the signatures made with one certificate."""

    def __init__(
        self,
        certificate: x509.Certificate,
        chain: tuple[x509.Certificate, ...],
        scheme: Scheme | None = None,
    ) -> None:
        self._certificate = certificate
        self._scheme = scheme or Scheme.of(certificate)
        signer = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
        self._digest_algorithm = algos.DigestAlgorithm({"algorithm": DIGEST}).dump()
        self._content_type = cms.CMSAttribute({"type": "content_type", "values": ["data"]}).dump()
        self._signing_certificate = cms.CMSAttribute(
            {"type": "signing_certificate_v2", "values": [as_signing_certificate_v2(signer)]}
        ).dump()
        self._message_digest = core.ObjectIdentifier("1.2.840.113549.1.9.4").dump()
        self._signature_algorithm = _algorithm(self._scheme).dump()
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

    def attributes(self, digest: bytes, at: datetime | None = None) -> bytes:
        """What the key has to sign for a document with this digest (DER of the attributes).

        A signature beside its file says `at`, when it was made (ETSI EN 319 122-1, B-B); one in a
        PDF must not, there the PDF says it (ETSI EN 319 142-1).
        """
        said = _der(_SEQUENCE, self._message_digest, _der(_SET, _der(_OCTETS, digest)))
        attributes = [self._content_type, said, self._signing_certificate]
        if at is not None:
            moment = cms.Time({"utc_time": at.astimezone(UTC).replace(microsecond=0)})
            attributes.append(cms.CMSAttribute({"type": "signing_time", "values": [moment]}).dump())
        return _der(_SET, *sorted(attributes))

    def check(self, attributes: bytes, signature: bytes, digest: bytes) -> None:
        """Hold a key's answer against what was asked, before anybody gets the file.

        Raises SigningError where it is not this certificate's signature over these attributes, or
        the attributes do not speak of a file with this `digest`.
        """
        if _der(_SEQUENCE, self._message_digest, _der(_SET, _der(_OCTETS, digest))) not in (
            attributes
        ):
            raise SigningError(
                "The signed file is not the one that was to be signed; it was not kept.",
                "Order the signature again.",
            )
        public = self._certificate.public_key()
        try:
            if isinstance(public, ec.EllipticCurvePublicKey):
                public.verify(signature, attributes, ec.ECDSA(hashes.SHA256()))
            elif isinstance(public, rsa.RSAPublicKey):
                public.verify(signature, attributes, self._padding, hashes.SHA256())
            else:
                raise InvalidSignature
        except InvalidSignature as error:
            raise SigningError(
                "What the key answered is not its certificate's signature; it was not kept.",
                "Check that key and certificate belong together, then order the seal again.",
            ) from error

    @cached_property
    def _padding(self) -> padding.AsymmetricPadding:
        if self._scheme is Scheme.PKCS1:
            return padding.PKCS1v15()
        return padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)

    def close(self, attributes: bytes, signature: bytes, beside: bytes = b"") -> bytes:
        """The finished SignedData (DER); `beside` are attributes that no signature covers."""
        version = core.Integer(1).dump()
        signer_info = _der(
            _SEQUENCE,
            version,
            self._signer,
            self._digest_algorithm,
            bytes([_CONTEXT_0]) + attributes[1:],  # signed as a SET, held as [0]: RFC 5652 § 5.4
            self._signature_algorithm,
            _der(_OCTETS, signature),
            beside,
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
    try:
        scheme = Scheme(info["signature_algorithm"]["algorithm"].native)
    except ValueError:
        return None
    chain = [x509.load_der_x509_certificate(c.dump()) for c in signed["certificates"]]
    attributes = info["signed_attrs"].untag().dump()
    beside = info["unsigned_attrs"].dump()
    envelope = Envelope(chain[0], tuple(chain[1:]), scheme)
    return envelope.close(attributes, info["signature"].native, beside)


def _algorithm(scheme: Scheme) -> algos.SignedDigestAlgorithm:
    if scheme is Scheme.ECDSA:
        return algos.SignedDigestAlgorithm({"algorithm": scheme.value})
    if scheme is Scheme.PKCS1:  # with NULL parameters: RFC 4055 § 5
        return algos.SignedDigestAlgorithm({"algorithm": scheme.value, "parameters": core.Null()})
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
