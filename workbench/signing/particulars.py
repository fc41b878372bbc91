"""What is to be said of a signature beside its verdict: level, coverage, what came after, how.

Thông tư 15/2025/TT-BKHCN asks new signatures for RSA-PSS or ECDSA; what older papers carry is told
and failed by nobody for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from asn1crypto import cms
from pyhanko.sign.validation import EmbeddedPdfSignature, SignatureCoverageLevel

from workbench.errors import Sentence

_LEAST_RSA_BITS = 2048
_NAMES = {"rsassa_pss": "RSA-PSS", "rsassa_pkcs1v15": "RSA PKCS#1 v1.5", "ecdsa": "ECDSA"}


def is_timestamp(signature: EmbeddedPdfSignature) -> bool:
    return bool(signature.sig_object_type == "/DocTimeStamp")


def level(signature: EmbeddedPdfSignature, all_: Sequence[EmbeddedPdfSignature]) -> str:
    """The PAdES level that the file has the parts of; whether they hold, the verdict says."""
    if is_timestamp(signature):
        return "DTS"
    subfilter = str(signature.sig_object.get("/SubFilter", ""))
    if subfilter != "/ETSI.CAdES.detached":
        return "PKCS#7"
    later = any(is_timestamp(s) and s.signed_revision > signature.signed_revision for s in all_)
    has_proof = "/DSS" in signature.reader.root
    if later and has_proof:
        return "B-LTA"
    stamped = confirmed_at(signature) is not None
    if stamped and has_proof:
        return "B-LT"
    return "B-T" if stamped or later else "B-B"


def confirmed_at(signature: EmbeddedPdfSignature) -> datetime | None:
    """When an authority of time says that the signature was there; None where none does."""
    if is_timestamp(signature):
        return _said_by(signature.signed_data)
    for attribute in signature.signer_info["unsigned_attrs"] or ():
        if attribute["type"].native == "signature_time_stamp_token":
            return _said_by(attribute["values"][0]["content"])
    return None


def _said_by(token: cms.SignedData) -> datetime:
    said: datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
    return said


def coverage(signature: EmbeddedPdfSignature) -> Sentence | None:
    """What it was made over; None where that cannot be told."""
    if signature.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return Sentence("It covers the whole file.")
    if signature.coverage == SignatureCoverageLevel.ENTIRE_REVISION:
        return Sentence(
            "It covers the file as it was when it was signed: revision {n} of {total}.",
            {
                "n": signature.signed_revision + 1,
                "total": signature.reader.xrefs.total_revisions,
            },
        )
    return None


def aftermath(
    signature: EmbeddedPdfSignature, all_: Sequence[EmbeddedPdfSignature]
) -> tuple[Sentence, ...]:
    """What was added behind an intact signature, each allowed thing by its name."""
    said = []
    for other in all_:
        if other.signed_revision <= signature.signed_revision:
            continue
        where = {"field": str(other.field_name)}
        if is_timestamp(other):
            said.append(Sentence("After it a timestamp over the file was added ({field}).", where))
        else:
            said.append(Sentence("After it another signature was added ({field}).", where))
    before = signature.reader.get_historical_root(signature.signed_revision)
    if "/DSS" in signature.reader.root and "/DSS" not in before:
        said.append(Sentence("After it proof was added: certificates and revocation lists."))
    return tuple(said)


def algorithm(signature: EmbeddedPdfSignature) -> str:
    """Key, scheme and digest, e.g. `RSA-PSS 3072 / SHA-256`."""
    return described(signature.signer_info, signature.signer_cert.public_key)[0]


def notes(signature: EmbeddedPdfSignature) -> tuple[Sentence, ...]:
    """What an older paper may carry and a new one should not."""
    return described(signature.signer_info, signature.signer_cert.public_key)[1]


def described(info: cms.SignerInfo, public: object) -> tuple[str, tuple[Sentence, ...]]:
    """The algorithm of a signature in words of the trade, and what is to be noted about it."""
    held = info["signature_algorithm"]
    scheme = held.signature_algo
    digest = info["digest_algorithm"]["algorithm"].native
    bits = public.bit_size  # type: ignore[attr-defined]  # asn1crypto has no types
    said = f"{_NAMES.get(scheme, scheme)} {bits} / {digest.upper().replace('SHA', 'SHA-')}"
    noted = []
    if scheme == "rsassa_pkcs1v15":
        noted.append(
            Sentence(
                "Made with RSA PKCS#1 v1.5: Thông tư 15/2025/TT-BKHCN asks new signatures for "
                "RSA-PSS or ECDSA. This one is not worth less for it."
            )
        )
    if scheme.startswith("rsa") and bits < _LEAST_RSA_BITS:
        noted.append(Sentence("The RSA key has only {bits} bits.", {"bits": bits}))
    if digest in ("sha1", "md5"):
        noted.append(Sentence("The digest {digest} is no longer safe.", {"digest": digest}))
    return said, tuple(noted)
