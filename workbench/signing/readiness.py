"""Before a batch: may this certificate seal, here, now, by this profile? Each answer told apart.

A seal at B-B is made without complaint also with a revoked certificate; it is found out only when
somebody verifies. So everything that the unit has means to ask is asked first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

from asn1crypto import crl, ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, RevokedError, ValidationError

from workbench.catalogues.profiles import Level, Profile
from workbench.errors import Sentence as Say
from workbench.errors import SigningError
from workbench.model import Check, CheckState
from workbench.signing.bundle import Trust
from workbench.signing.keys import check, is_trial
from workbench.signing.rules import Rules

_SOON = timedelta(days=30)
_APART = timedelta(seconds=60)  # our clock and the time stamping authority's


def checks(
    certificate: x509.Certificate,
    chain: tuple[x509.Certificate, ...],
    rules: Rules,
    profile: Profile,
    at: datetime,
) -> tuple[Check, ...]:
    """What was asked, in order; only what the settings name is called."""
    trust = rules.trust()
    return (
        _certificate(certificate, at),
        *_chain(certificate, chain, trust, at),
        _clock(rules, at),
        *_profile(rules, profile, trust),
    )


def _certificate(certificate: x509.Certificate, at: datetime) -> Check:
    try:
        check(certificate, at)
    except SigningError as error:
        return Check(CheckState.BAD, error.message, error.remedy)
    end = certificate.not_valid_after_utc
    said = Say("The certificate may sign, and is valid until {end}.", {"end": f"{end:%d/%m/%Y}"})
    if end - at < _SOON:
        return Check(CheckState.OPEN, said, Say("It ends soon: ask for the next one."))
    return Check(CheckState.GOOD, said)


def _chain(
    certificate: x509.Certificate, chain: tuple[x509.Certificate, ...], trust: Trust, at: datetime
) -> Iterator[Check]:
    asked = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
    between = [asn1_x509.Certificate.load(c.public_bytes(Encoding.DER)) for c in chain]
    if not (trust.trial if is_trial(certificate) else trust.anchors):
        yield Check(
            CheckState.OPEN,
            Say("Whether an authority vouches for the certificate was not asked."),
            Say("Name the folder of trusted roots in WORKBENCH_TRUST."),
        )
        return
    try:
        _validate(asked, between, trust, at, revocation="soft-fail")
    except RevokedError:
        yield _REVOKED
        return
    except (PathError, ValidationError):
        yield Check(
            CheckState.BAD,
            Say("No authority that is trusted here vouches for the certificate."),
            Say("Put the authority's root and intermediate certificates into WORKBENCH_TRUST."),
        )
        return
    yield Check(CheckState.GOOD, Say("The chain leads to a root that is trusted here."))
    if is_trial(certificate):
        return
    if not (trust.crls or trust.ocsps):
        yield Check(
            CheckState.OPEN,
            Say("Whether the certificate was revoked was not asked: no list is at hand."),
            Say("Put the authority's newest CRLs into the folder WORKBENCH_TRUST."),
        )
        return
    try:
        _validate(asked, between, trust, at, revocation="require")
    except RevokedError:
        yield _REVOKED
    except (PathError, ValidationError):
        yield Check(
            CheckState.BAD,
            Say("The lists of revoked certificates at hand are too old, or are another's."),
            Say("Put the authority's newest CRLs into the folder WORKBENCH_TRUST."),
        )
    else:
        yield Check(
            CheckState.GOOD,
            Say("Not revoked, by lists of {newest}.", {"newest": _newest(trust)}),
        )


_REVOKED = Check(
    CheckState.BAD,
    Say("The certificate was revoked."),
    Say("Seal nothing with it; ask the certification authority."),
)


def _validate(
    asked: asn1_x509.Certificate,
    between: list[asn1_x509.Certificate],
    trust: Trust,
    at: datetime,
    *,
    revocation: str,
) -> None:
    load = asn1_x509.Certificate.load
    context = ValidationContext(
        trust_roots=[load(der) for der in (*trust.anchors, *trust.trial)],
        other_certs=[*between, *(load(der) for der in trust.others)],
        crls=list(trust.crls),
        ocsps=list(trust.ocsps),
        allow_fetching=False,
        revocation_mode=revocation,
        moment=at,
    )
    validator = CertificateValidator(asked, validation_context=context)
    asyncio.run(
        validator.async_validate_usage(set())  # type: ignore[no-untyped-call]
    )


def _newest(trust: Trust) -> str:
    """The day of the newest list or response at hand."""
    lists = [crl.CertificateList.load(der)["tbs_cert_list"] for der in trust.crls]
    said = [ocsp.OCSPResponse.load(der).response_data for der in trust.ocsps]
    moments = [one["this_update"].native for one in lists]
    moments += [one["produced_at"].native for one in said]
    return f"{max(moments):%d/%m/%Y}" if moments else "–"


def _clock(rules: Rules, at: datetime) -> Check:
    if rules.stamps is None:
        return Check(
            CheckState.OPEN,
            Say("The clock of this machine was not compared: no time stamping authority is named."),
        )
    try:
        apart = rules.stamps.over(b"clock").apart(at)
    except SigningError as error:
        return Check(CheckState.BAD, error.message, error.remedy)
    seconds = {"seconds": round(abs(apart).total_seconds())}
    if abs(apart) > _APART:
        return Check(
            CheckState.BAD,
            Say(
                "The clock of this machine is {seconds} s apart from the authority's time.", seconds
            ),
            Say("Set the clock right before anything is sealed."),
        )
    return Check(
        CheckState.GOOD, Say("The clock agrees with the authority's time ({seconds} s).", seconds)
    )


def _profile(rules: Rules, profile: Profile, trust: Trust) -> Iterator[Check]:
    wanted = rules.wanted(profile)
    if wanted > Level.B_B and rules.stamps is None:
        yield Check(
            CheckState.BAD,
            Say("The seal needs a time stamp, and no time stamping authority is named."),
            Say("Name one in WORKBENCH_TSA, or choose the level B-B."),
        )
    if wanted >= Level.B_LT and not (trust.crls or trust.ocsps):
        yield Check(
            CheckState.OPEN,
            Say("The proof for longer waits for lists of revoked certificates."),
            Say("Put the authority's newest CRLs into the folder WORKBENCH_TRUST."),
        )
    if profile.shows_the_red_seal and (rules.stamp is None or not rules.stamp.is_file()):
        yield Check(
            CheckState.BAD,
            Say("The profile shows the red seal, and no picture of it is named."),
            Say("Name a PNG picture of the agency's seal in WORKBENCH_SEAL_IMAGE."),
        )
