"""Is this what was signed apart? The verdict on data with a detached CAdES signature (.p7s)."""

from __future__ import annotations

import asyncio
import hashlib
import re
from base64 import b64decode
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Any

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from pyhanko.sign.validation import async_validate_detached_cms

from workbench.errors import Sentence
from workbench.model import now
from workbench.signing import particulars
from workbench.signing.bundle import Trust
from workbench.signing.cades import Envelope, as_we_write
from workbench.signing.keys import TRIAL, KeySource, check
from workbench.signing.standing import USAGE
from workbench.signing.verdict import SignatureVerdict, State, Verdict, judged
from workbench.signing.vouching import NO_AUTHORITY, NOT_ASKED, context

_DAMAGED = Sentence("The signature itself is damaged.")


def verify_detached(
    data: bytes, signature: bytes, trust: Trust, *, at: datetime | None = None
) -> Verdict:
    """The verdict on `data` by its signature (DER, or PEM as openssl writes it)."""
    try:
        told = _judge(data, _der(signature), trust, at)
    except Exception:  # what a damaged signature breaks is not foreseeable; it is not intact
        told = SignatureVerdict("", State.ALTERED, "", "", None, False, (_DAMAGED,))
    return judged((told,))


def sign_detached(data: bytes, keys: KeySource, *, at: datetime | None = None) -> bytes:
    """A detached signature over `data` (CAdES B-B, DER). Raises SigningError."""
    moment = at or now()
    key = keys.open()
    check(key.certificate, moment)
    envelope = Envelope(key.certificate, key.chain)
    attributes = envelope.attributes(sha256(data).digest(), moment)
    return envelope.close(attributes, key.sign(attributes))


def _judge(data: bytes, der: bytes, trust: Trust, at: datetime | None) -> SignatureVerdict:
    message = cms.ContentInfo.load(der, strict=True)
    signed = message["content"]
    [info] = signed["signer_infos"]
    attributes = {a["type"].native: a["values"] for a in info["signed_attrs"]}
    ours = as_we_write(message)
    flaws = []
    if attributes["message_digest"][0].native != _digest(info, data):
        flaws.append(Sentence("The content changed after signing."))
    elif ours is not None and len(ours) == len(der) and ours != der:
        flaws.append(_DAMAGED)
    status: Any = asyncio.run(
        async_validate_detached_cms(
            BytesIO(data), signed, context(trust, at), key_usage_settings=USAGE
        )
    )
    certificate: asn1_x509.Certificate = status.signing_cert
    if not flaws and not (status.intact and status.valid):
        flaws.append(_DAMAGED)
    names = (certificate.subject.native, certificate.issuer.native)
    trial = any(TRIAL in str(name.get("common_name", "")) for name in names)
    algorithm, notes = particulars.described(info, certificate.public_key)
    details = tuple(flaws) or (NOT_ASKED if status.trusted else NO_AUTHORITY,)
    if trial and not flaws:
        details += (Sentence("Signed with a trial certificate."),)
    trusted = State.INTACT if status.trusted else State.UNTRUSTED
    claimed = attributes.get("signing_time")
    return SignatureVerdict(
        field="",
        state=State.ALTERED if flaws else trusted,
        signer=str(names[0].get("common_name", "")),
        certificate=sha256(certificate.dump()).hexdigest(),
        at=claimed[0].native if claimed is not None else None,
        trial=trial,
        details=details,
        level="B-B" if "signing_certificate_v2" in attributes else "PKCS#7",
        covers=None if flaws else Sentence("It covers the whole file."),
        algorithm=algorithm,
        notes=notes,
        record_digest=sha256(data).hexdigest(),
    )


def _digest(info: cms.SignerInfo, data: bytes) -> bytes:
    return hashlib.new(info["digest_algorithm"]["algorithm"].native, data).digest()


def _der(signature: bytes) -> bytes:
    if not signature.startswith(b"-----"):
        return signature
    return b64decode(re.sub(rb"-----[^-]+-----|\s", b"", signature))
