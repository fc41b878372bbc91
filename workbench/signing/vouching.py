"""Who vouches for a signer, and since when: the chain today, and what timestamps prove of earlier.

ETSI EN 319 102-1 tells passed, failed and indeterminate apart; here everything is judged with what
is at hand (the bundle and what the file carries), so that nothing is ever fetched.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import crl, ocsp
from asn1crypto import x509 as asn1_x509
from pyhanko.sign.validation import (
    DocumentTimestampStatus,
    EmbeddedPdfSignature,
    PdfSignatureStatus,
    validate_pdf_signature,
    validate_pdf_timestamp,
)
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from workbench.errors import Sentence
from workbench.signing.bundle import Trust
from workbench.signing.standing import USAGE, stood_at


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whether a root we trust vouches for the signer; a broken signature is not whole."""

    is_whole: bool
    is_trusted: bool
    ades: str = ""  # PASSED, INDETERMINATE/<why>, FAILED/<why>; empty where it was not asked
    details: tuple[Sentence, ...] = ()


def vouched(signature: EmbeddedPdfSignature, trust: Trust, at: datetime | None) -> Vouched:
    """Judge the signer of one signature at the moment `at` (now), with nothing fetched."""
    known = _Known.of(trust, signature)
    here = known.context(at)
    status: PdfSignatureStatus | DocumentTimestampStatus
    if signature.sig_object_type == "/DocTimeStamp":
        status = validate_pdf_timestamp(signature, here)
    else:
        status = validate_pdf_signature(signature, here, key_usage_settings=USAGE)
    if not (status.intact and status.valid):
        return Vouched(is_whole=False, is_trusted=False)
    if signature.sig_object_type == "/DocTimeStamp":
        if status.trusted:
            return Vouched(is_whole=True, is_trusted=True)
        renewed = stood_at(signature, trust, at) is not None
        details = (_RENEWED,) if renewed else (NO_AUTHORITY,)
        return Vouched(is_whole=True, is_trusted=renewed, details=details)
    ades = _ades(signature, known, at)
    if status.trusted:
        asked = ades == "PASSED" or stood_at(signature, trust, at) is not None
        return Vouched(
            is_whole=True,
            is_trusted=True,
            ades=ades,
            details=(_NOT_REVOKED if asked else NOT_ASKED,),
        )
    if ades == "PASSED" or stood_at(signature, trust, at) is not None:
        return Vouched(is_whole=True, is_trusted=True, ades=ades, details=(_PROVED,))
    problem = getattr(status.trust_problem_indic, "name", "") or ades
    return Vouched(is_whole=True, is_trusted=False, ades=ades, details=(_why(problem),))


NO_AUTHORITY = Sentence("No trusted authority vouches for the certificate of the signer.")
NOT_ASKED = Sentence("Whether the certificate was revoked was not asked: this check is offline.")
_NOT_REVOKED = Sentence("The certificate was not revoked, as the lists at hand show.")
_PROVED = Sentence(
    "The certificate is over by now; timestamps prove that the signature was made while it held."
)

_RENEWED = Sentence("The certificate of this time stamp is over by now; a later one carries it on.")


def _why(problem: str) -> Sentence:
    if "REVOKED_" in problem and "NOT_REVOKED" not in problem:
        return Sentence("The certificate of the signer was revoked.")
    if "OUT_OF_BOUNDS" in problem or "EXPIRED" in problem or "NOT_YET" in problem:
        return Sentence(
            "The certificate of the signer does not hold at this time, and no timestamp that we "
            "can rely on proves that the signature is older."
        )
    return NO_AUTHORITY


@dataclass(frozen=True)
class _Known:
    """What is at hand: the unit's bundle, and what the file brings along."""

    roots: list[asn1_x509.Certificate]
    certificates: list[asn1_x509.Certificate]
    crls: list[crl.CertificateList]
    ocsps: list[ocsp.OCSPResponse]

    @classmethod
    def of(cls, trust: Trust, signature: EmbeddedPdfSignature | None = None) -> _Known:
        load = asn1_x509.Certificate.load
        roots = [load(der) for der in (*trust.anchors, *trust.trial)]
        certificates = [load(der) for der in trust.others]
        crls = [crl.CertificateList.load(der) for der in trust.crls]
        ocsps = [ocsp.OCSPResponse.load(der) for der in trust.ocsps]
        if signature is None:
            return cls(roots, certificates, crls, ocsps)
        try:
            brought = DocumentSecurityStore.read_dss(signature.reader)
        except NoDSSFoundError:
            return cls(roots, certificates, crls, ocsps)
        certificates += list(brought.load_certs())
        for reference in brought.crls:
            crls.append(crl.CertificateList.load(reference.get_object().data))
        for reference in brought.ocsps:
            ocsps.append(ocsp.OCSPResponse.load(reference.get_object().data))
        return cls(roots, certificates, crls, ocsps)

    def context(self, at: datetime | None) -> ValidationContext:
        return ValidationContext(
            trust_roots=self.roots,
            other_certs=self.certificates,
            crls=self.crls,
            ocsps=self.ocsps,
            allow_fetching=False,
            revocation_mode="soft-fail",
            moment=at,
        )


def context(trust: Trust, at: datetime | None) -> ValidationContext:
    """What a signature apart is judged with: the bundle, at the moment `at`, nothing fetched."""
    return _Known.of(trust).context(at)


def _ades(signature: EmbeddedPdfSignature, known: _Known, at: datetime | None) -> str:
    moment = at or datetime.now(UTC)
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=known.roots),
        revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
    )
    spec = PdfSignatureValidationSpec(
        SignatureValidationSpec(
            cert_validation_policy=policy,
            revinfo_gathering_policy=RevocationInfoGatheringSpec(
                online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY,
                certificate_fetching_rule=CertificateFetchingRule.NEVER_FETCH,
            ),
            key_usage_settings=USAGE,
            local_knowledge=LocalKnowledge(
                known_crls=[CRLContainer(found) for found in known.crls],
                known_ocsps=[c for o in known.ocsps for c in OCSPContainer.load_multi(o)],
                known_certs=known.certificates,
            ),
        )
    )
    timing = ValidationTimingInfo(
        validation_time=moment, best_signature_time=moment, point_in_time_validation=False
    )
    try:
        found = asyncio.run(ades_lta_validation(signature, spec, timing))
    except Exception:  # what an odd chain or list breaks in there is no verdict on the file
        return "INDETERMINATE/GENERIC"
    indication = found.ades_subindic
    status = getattr(indication.status, "name", "")
    if status == "PASSED":
        return "PASSED"
    return f"{status}/{indication.standard_name}"
