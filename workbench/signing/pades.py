"""Sealing an archival PDF: prepare → what to sign → somebody's key → embed (PAdES B-B).

`prepare` and `embed` need no key, so that a token, a remote service or a telephone that answers
minutes later can stand between them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from workbench.errors import SigningError, WrongPinError
from workbench.model import Approved, Signed, now
from workbench.signing.cades import DIGEST, Envelope
from workbench.signing.keys import Key, KeySource, check, common_name, is_trial
from workbench.signing.mark import Drawing, Mark

log = structlog.get_logger()

AGENCY = "CoQuan"  # the signature field of the agency


@dataclass(frozen=True)
class Prepared:
    """A PDF with a place kept for its signature, and what the key has to sign for it."""

    pdf: bytes = field(repr=False)
    place: tuple[int, int]  # the brackets of /Contents, which the signature does not cover
    to_sign: bytes


def prepare(
    pdf: bytes,
    envelope: Envelope,
    *,
    at: datetime,
    reason: str = "",
    field_name: str = AGENCY,
    mark: Callable[[tuple[float, float]], Drawing] | None = None,
) -> Prepared:
    """Keep a place in `pdf` for a signature; bytes that were there stay as they are.

    `mark` draws what is seen, given the size of the first page; without it nothing is seen.
    """
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    drawing = mark(_first_page(writer)) if mark else None
    box = drawing.box(_first_page(writer)) if drawing else None
    embedder = PdfCMSEmbedder(new_field_spec=SigFieldSpec(field_name, box=box))
    steps = embedder.write_cms(field_name=field_name, writer=writer)
    sealed_field = next(steps).get_object()
    if drawing:
        seen = writer.import_page_as_xobject(drawing.opened())
        sealed_field["/AP"] = generic.DictionaryObject(  # type: ignore[no-untyped-call]
            {generic.pdf_name("/N"): seen}
        )
    steps.send(
        SigObjSetup(
            SignatureObject(
                timestamp=at,
                subfilter=SigSeedSubFilter.PADES,
                reason=reason or None,
                bytes_reserved=2 * envelope.room,  # counted in hexadecimal digits
            )
        )
    )
    digest, out = steps.send(SigIOSetup(md_algorithm=DIGEST, in_place=True))
    return Prepared(
        out.getvalue(),
        (digest.reserved_region_start, digest.reserved_region_end),
        envelope.attributes(digest.document_digest),
    )


def embed(prepared: Prepared, envelope: Envelope, signature: bytes) -> bytes:
    """The signed PDF."""
    start, end = prepared.place
    digits = envelope.close(prepared.to_sign, signature).hex().encode()
    room = end - start - 2
    if len(digits) > room:
        raise SigningError("The signature is longer than the place that was kept for it.")
    return b"".join(
        (prepared.pdf[:start], b"<", digits.ljust(room, b"0"), b">", prepared.pdf[end:])
    )


class PadesSigner:
    """Signs with one key for as long as it lives; the key is opened at the first paper."""

    name = "pades"

    def __init__(
        self,
        keys: KeySource,
        *,
        mark: Mark | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._keys = keys
        self._mark = mark
        self._clock = clock
        self._opened: tuple[Key, Envelope] | None = None
        self._refused: WrongPinError | None = None

    @property
    def common_name(self) -> str:
        """Who will have sealed, as the certificate says."""
        return common_name(self._open()[0].certificate)

    @property
    def trial(self) -> bool:
        """Whether the certificate is a trial's."""
        return is_trial(self._open()[0].certificate)

    def sign(self, approved: Approved, pdf: bytes) -> Signed:
        """Seal `pdf`, the rendition of what was approved. Raises SigningError."""
        if approved.record.digest != approved.record_digest:
            raise SigningError(
                "Document {document} is not what was approved: its record changed afterwards.",
                "Have it approved again.",
                document=approved.record.document,
            )
        at = self._clock()
        key, envelope = self._open()
        check(key.certificate, at)
        trial = is_trial(key.certificate)
        mark = self._mark
        try:
            prepared = prepare(
                pdf,
                envelope,
                at=at.replace(microsecond=0),
                reason=f"record sha256:{approved.record_digest}",
                mark=(lambda page: mark.drawn(at, page, trial=trial)) if mark else None,
            )
        except PdfError as error:
            raise SigningError(
                "The PDF of document {document} cannot be signed: it is damaged.",
                "Order the signature again; the PDF is then made anew.",
                document=approved.record.document,
            ) from error
        sealed = embed(prepared, envelope, key.sign(prepared.to_sign))
        log.info("document.signed", document=approved.record.document, trial=trial)
        return Signed(
            approved=approved,
            pdf=sealed,
            signer=common_name(key.certificate),
            certificate=_fingerprint(key.certificate),
            signed_at=at,
            level="B-B",
            trial=trial,
        )

    def _open(self) -> tuple[Key, Envelope]:
        if self._refused is not None:
            raise self._refused  # a token locks itself when a wrong PIN is tried again
        if self._opened is None:
            try:
                key = self._keys.open()
            except WrongPinError as error:
                self._refused = error
                raise
            self._opened = key, Envelope(key.certificate, key.chain)
        return self._opened


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex()


def _first_page(writer: IncrementalPdfFileWriter) -> tuple[float, float]:
    page, _ = writer.find_page_for_modification(0)  # type: ignore[no-untyped-call]
    page = page.get_object()
    while "/MediaBox" not in page:  # pages inherit it
        page = page["/Parent"]
    left, bottom, right, top = (float(edge) for edge in page["/MediaBox"])
    return right - left, top - bottom
