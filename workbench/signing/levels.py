"""How long a sealed PDF proves something, and how it is made to prove it longer.

B-B holds while the signer's certificate does; B-T adds a time stamp; B-LT puts into the file what
is needed to check it; B-LTA stamps all of that, and every new stamp before the last one's
certificate ends carries the proof on (ETSI EN 319 142-1). Each step appends; nothing is changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError as PyhankoError
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.timestamps import TimestampRequestError
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError
from pyhanko_certvalidator.path import ValidationPath

from workbench.catalogues.profiles import Level
from workbench.errors import SigningError
from workbench.signing.bundle import Trust
from workbench.signing.cades import DIGEST
from workbench.signing.stamping import TimeStamps, stamp_beside


@dataclass(frozen=True, slots=True)
class Proof:
    """What a sealed PDF proves, and until when."""

    level: Level
    until: datetime  # the certificate ends that everything hangs on now


def proof_of(pdf: bytes) -> Proof:
    """What proof is in the file. It is only looked at, not checked. Raises SigningError."""
    reader = _opened(pdf)
    signed, stamps = _signed(reader), reader.embedded_timestamp_signatures
    last = stamps[-1] if stamps else None
    tokens = [_token(signature) for signature in signed]
    kept = "/DSS" in reader.root
    stamped_whole = last is not None and "/DSS" in reader.get_historical_root(last.signed_revision)
    if stamped_whole:
        level = Level.B_LTA
    elif kept and (last or all(tokens)):
        level = Level.B_LT
    elif last or all(tokens):
        level = Level.B_T
    else:
        level = Level.B_B
    if last is not None:
        return Proof(level, last.signer_cert.not_valid_after)
    ends = [
        _stamper(token).not_valid_after if token else signature.signer_cert.not_valid_after
        for signature, token in zip(signed, tokens, strict=True)
    ]
    return Proof(level, min(ends))


def witness_of(pdf: bytes) -> asn1_x509.Certificate:
    """Whose certificate the proof hangs on now: the last time stamp's, else the last signer's."""
    reader = _opened(pdf)
    stamps = reader.embedded_timestamp_signatures
    return stamps[-1].signer_cert if stamps else _signed(reader)[-1].signer_cert


def raise_to(
    wanted: Level, pdf: bytes, trust: Trust, stamps: TimeStamps, *, at: datetime | None = None
) -> bytes:
    """The PDF at the level `wanted`, by what `trust` holds; at once where it is there already.

    `at` is the moment to judge by, now where none is given.
    Raises SigningError where a chain, revocation data or a time stamp cannot be had.
    """
    if wanted >= Level.B_LT and proof_of(pdf).level < Level.B_LT:
        pdf = _with_proof(pdf, trust, at)
    if wanted is Level.B_LTA and proof_of(pdf).level < Level.B_LTA:
        pdf = _stamped(pdf, trust, stamps, at)
    return pdf


def renew(pdf: bytes, trust: Trust, stamps: TimeStamps, *, at: datetime | None = None) -> bytes:
    """The PDF with proof that its last time stamp is good now, and a new stamp over all of it.

    Raises SigningError where that cannot be had, also because the last stamp is good no more.
    """
    reader = _opened(pdf)
    last = reader.embedded_timestamp_signatures
    if not last:
        raise SigningError("The file has no time stamp that could be renewed.")
    with _told():
        context = _context(trust, at, _certificates(reader))
        path = _path(last[-1].signer_cert, context, {"time_stamping"})
        out = BytesIO(pdf)
        DocumentSecurityStore.add_dss(
            out, last[-1].pkcs7_content, paths=(path,), validation_context=context
        )
        return _stamped(out.getvalue(), trust, stamps, at)


# --- steps ---------------------------------------------------------------------------------------


def _with_proof(pdf: bytes, trust: Trust, at: datetime | None) -> bytes:
    """With certificates and revocation data of every signer and of whoever stamped the time."""
    reader = _opened(pdf)
    with _told():
        for signature in _signed(reader):
            context = _context(trust, at, _certificates(reader))
            paths = [_path(signature.signer_cert, context, set())]
            token = _token(signature)
            if token is not None:
                paths.append(_path(_stamper(token), context, {"time_stamping"}))
            out = BytesIO(pdf)
            DocumentSecurityStore.add_dss(
                out, signature.pkcs7_content, paths=paths, validation_context=context
            )
            pdf = out.getvalue()
    return pdf


def _stamped(pdf: bytes, trust: Trust, stamps: TimeStamps, at: datetime | None) -> bytes:
    """With a time stamp over the whole file, and before it the proof that the stamp will need."""
    with _told():
        probe = stamps.over(b"").token  # by whom it will be stamped: that proof goes in first
        context = _context(trust, at, [*_certificates(_opened(pdf)), *_held(probe)])
        path = _path(_stamper(probe), context, {"time_stamping"})
        out = BytesIO(pdf)
        DocumentSecurityStore.add_dss(out, None, paths=(path,), validation_context=context)
        writer = IncrementalPdfFileWriter(BytesIO(out.getvalue()))
        stamped = PdfTimeStamper(stamps).timestamp_pdf(writer, DIGEST)
        return bytes(stamped.getbuffer())


def _path(
    certificate: asn1_x509.Certificate, context: ValidationContext, purposes: set[str]
) -> ValidationPath:
    """The chain to a root that is trusted, with nothing in it revoked. Raises SigningError."""
    validator = CertificateValidator(certificate, validation_context=context)
    asked = validator.async_validate_usage(set(), purposes)  # type: ignore[no-untyped-call]
    path: ValidationPath = asyncio.run(asked)
    return path


def _context(
    trust: Trust, at: datetime | None, others: Iterable[asn1_x509.Certificate]
) -> ValidationContext:
    held = [asn1_x509.Certificate.load(der) for der in trust.others]
    return ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(d) for d in (*trust.anchors, *trust.trial)],
        other_certs=[*held, *others],
        crls=list(trust.crls),
        ocsps=list(trust.ocsps),
        allow_fetching=False,
        revocation_mode="require",
        moment=at,
    )


class _told:  # noqa: N801 - reads as a clause
    """Says in words for people what kept a proof from being completed."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if isinstance(error, (PathError, ValidationError)):
            raise SigningError(
                "The proof could not be completed: a chain or fresh revocation data is missing.",
                "Put the authority's newest certificates and CRLs into the folder WORKBENCH_TRUST.",
            ) from error
        if isinstance(error, (TimestampRequestError, OSError)):
            raise SigningError(
                "The time stamping authority gave no time stamp.",
                "Check WORKBENCH_TSA and the network to it; it is tried again later.",
            ) from error
        if isinstance(error, (PyhankoError, PdfError)):
            raise SigningError(
                "The sealed PDF is damaged; its proof was not renewed.",
                "Verify it, and restore it from the repository.",
            ) from error


# --- looking -------------------------------------------------------------------------------------


def _opened(pdf: bytes) -> PdfFileReader:
    try:
        return PdfFileReader(BytesIO(pdf))
    except (PdfError, ValueError) as error:
        raise SigningError(
            "The sealed PDF is damaged; its proof was not renewed.",
            "Verify it, and restore it from the repository.",
        ) from error


def _signed(reader: PdfFileReader) -> list[EmbeddedPdfSignature]:
    found = list(reader.embedded_regular_signatures)
    if not found:
        raise SigningError("The PDF carries no signature.", "Have it sealed first.")
    return found


def _token(signature: EmbeddedPdfSignature) -> cms.ContentInfo | None:
    stamp = stamp_beside(signature.signer_info)
    return stamp.token if stamp else None


def _stamper(token: Any) -> asn1_x509.Certificate:
    """The certificate by which a time stamp was signed."""
    said = token["content"]["signer_infos"][0]["sid"].chosen
    for certificate in _held(token):
        same = certificate.issuer == said["issuer"]
        if same and certificate.serial_number == said["serial_number"].native:
            return certificate
    raise SigningError("The time stamp does not say by whom it is.")


def _held(token: Any) -> list[asn1_x509.Certificate]:
    return [choice.chosen for choice in token["content"]["certificates"]]


def _certificates(reader: PdfFileReader) -> list[asn1_x509.Certificate]:
    """Every certificate that the file itself holds."""
    found: list[asn1_x509.Certificate] = []
    for signature in reader.embedded_signatures:
        found += [choice.chosen for choice in signature.signed_data["certificates"]]
        token = _token(signature)
        found += _held(token) if token is not None else []
    return found
