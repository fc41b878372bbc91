"""Does a signature still stand after its certificate ended? Each time stamp is judged at the moment
of the next one, the last one today, and the signature at the moment of its first.

pyHanko's own past validation (ETSI EN 319 102-1, 5.6.2) ends undecided on renewed files, so the
steps are walked here; each uses its chain validation with revocation data required. Lists are taken
from the unit's bundle and from the part of the file that the next stamp covers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from asn1crypto import crl, ocsp
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.generic import Reference
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

from workbench.signing.bundle import Trust
from workbench.signing.stamping import stamp_beside

USAGE = KeyUsageConstraints(
    key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
)


def stood_at(
    signature: EmbeddedPdfSignature, trust: Trust, at: datetime | None = None
) -> datetime | None:
    """When the signature, or time stamp, is proven to have been there with its certificate good.

    `at`, today, where it is good still; None where nothing proves it. What the signature covers,
    and whether the file was changed behind it, is not asked here.
    """
    moment, seen = at or datetime.now(UTC), None  # of the file, up to which revision
    for stamp in reversed(signature.reader.embedded_timestamp_signatures):
        if stamp.signed_revision <= signature.signed_revision:
            break
        if _stamp_holds(stamp, _context(stamp, trust, moment, seen)):
            moment, seen = _moment(stamp), stamp.signed_revision
    if signature.sig_object_type == "/DocTimeStamp":
        return moment if _stamp_holds(signature, _context(signature, trust, moment, seen)) else None
    return _signer_held(signature, trust, moment, seen)


def _signer_held(
    signature: EmbeddedPdfSignature, trust: Trust, moment: datetime, seen: int | None
) -> datetime | None:
    """At `moment`, or when its own time stamp says, where that stamp is good at `moment`."""
    stamper = _context(signature, trust, moment, seen, stamper=True)
    moments = [moment]
    beside = stamp_beside(signature.signer_info)
    if beside is not None:
        moments.insert(0, beside.at)
    for one in moments:
        status = validate_pdf_signature(
            signature,
            _context(signature, trust, one, seen),
            ts_validation_context=stamper,
            key_usage_settings=USAGE,
            skip_diff=True,
        )
        if not (status.intact and status.valid and status.trusted):
            continue
        by_token = status.timestamp_validity
        if one is moment or (by_token and by_token.valid and by_token.trusted):
            return one
    return None


def _stamp_holds(stamp: EmbeddedPdfSignature, context: ValidationContext) -> bool:
    status = validate_pdf_timestamp(stamp, context, skip_diff=True)
    return bool(status.intact and status.valid and status.trusted)


def _moment(stamp: EmbeddedPdfSignature) -> datetime:
    said = stamp.signed_data["encap_content_info"]["content"].parsed
    moment: datetime = said["gen_time"].native
    return moment


def _context(
    signature: EmbeddedPdfSignature,
    trust: Trust,
    moment: datetime,
    seen: int | None,
    *,
    stamper: bool = False,
) -> ValidationContext:
    """What a chain is judged by at `moment`: the bundle, and the file up to the revision `seen`."""
    certificates, crls, ocsps = _kept(signature, seen)
    ends = None if stamper else signature.signer_cert.not_valid_after
    lists = [crl.CertificateList.load(der) for der in (*trust.crls, *crls)]
    responses = [ocsp.OCSPResponse.load(der) for der in (*trust.ocsps, *ocsps)]
    return ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(d) for d in (*trust.anchors, *trust.trial)],
        other_certs=[asn1_x509.Certificate.load(der) for der in (*trust.others, *certificates)],
        # A list from after a certificate's end may name it no more, and a responder may have
        # forgotten it; before that, later is better.
        crls=[one for one in lists if ends is None or _issued(one) <= ends],
        ocsps=[one for one in responses if ends is None or _given(one) <= ends],
        allow_fetching=False,
        revocation_mode="require",
        retroactive_revinfo=True,
        moment=moment,
    )


def _issued(one: crl.CertificateList) -> datetime:
    moment: datetime = one["tbs_cert_list"]["this_update"].native
    return moment


def _given(one: ocsp.OCSPResponse) -> datetime:
    moment: datetime = one.response_data["produced_at"].native
    return moment


def _kept(
    signature: EmbeddedPdfSignature, seen: int | None
) -> tuple[Sequence[bytes], Sequence[bytes], Sequence[bytes]]:
    """Certificates, CRLs and OCSP responses that the file holds, up to a revision of it."""
    reader = signature.reader
    revision = reader.xrefs.total_revisions - 1 if seen is None else seen
    view = reader.get_historical_resolver(revision)
    root = view.root
    if "/DSS" not in root:
        return (), (), ()
    store = root["/DSS"]

    def streams(name: str) -> list[bytes]:
        if name not in store:
            return []
        held = store[name]
        found: list[bytes] = []
        for n in range(len(held)):
            reference = held.raw_get(n)
            plain = Reference(reference.idnum, reference.generation, view)
            found.append(bytes(view.get_object(plain).data))
        return found

    return streams("/Certs"), streams("/CRLs"), streams("/OCSPs")
