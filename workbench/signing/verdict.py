"""Is this file what was sealed? Altered beats untrusted; what no signature vouches for is altered.

A signature verdict alone is not integrity: files may grow behind it, titles in the metadata may
change under it, and some bytes of it are covered by nothing. Each of these is looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.metadata.xmp_xml import parse_xmp
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import (
    DocumentTimestampStatus,
    EmbeddedPdfSignature,
    PdfSignatureStatus,
    SignatureCoverageLevel,
    validate_pdf_signature,
    validate_pdf_timestamp,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

from workbench.errors import Sentence, SettingsError, UnreadableFileError
from workbench.signing.cades import as_we_write
from workbench.signing.keys import TRIAL


class State(StrEnum):
    INTACT = "intact"
    ALTERED = "altered"
    UNTRUSTED = "untrusted"
    UNSIGNED = "unsigned"


@dataclass(frozen=True)
class Trust:
    """The roots whose word counts, and the trial roots whose word counts only here."""

    anchors: tuple[bytes, ...] = ()  # DER
    trial: tuple[bytes, ...] = ()

    @classmethod
    def read(cls, anchors: Iterable[Path] = (), trial: Iterable[Path] = ()) -> Trust:
        """From files of certificates (PEM or DER); a trial root that is not there is no error.

        Raises SettingsError where an anchor cannot be read.
        """
        return cls(
            tuple(der for path in anchors for der in _certificates(path)),
            tuple(der for path in trial if path.exists() for der in _certificates(path)),
        )


@dataclass(frozen=True)
class SignatureVerdict:
    """What is to be said of one signature."""

    field: str
    state: State
    signer: str  # common name, as the certificate says
    certificate: str  # SHA-256, hex
    at: datetime | None  # as the signer claims
    trial: bool
    details: tuple[Sentence, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "field": self.field,
            "state": self.state.value,
            "signer": self.signer,
            "certificate": self.certificate,
            "at": self.at.isoformat() if self.at else None,
            "trial": self.trial,
            "details": [detail.as_json() for detail in self.details],
        }


@dataclass(frozen=True)
class Verdict:
    """What is to be said of the file: as good as its worst signature."""

    state: State
    sentence: Sentence
    signatures: tuple[SignatureVerdict, ...] = ()

    @property
    def trial(self) -> bool:
        return any(signature.trial for signature in self.signatures)

    @property
    def details(self) -> tuple[Sentence, ...]:
        """What is to be said of all signatures, each thing once."""
        said: list[Sentence] = []
        for signature in self.signatures:
            said += [detail for detail in signature.details if detail not in said]
        return tuple(said)

    def as_json(self) -> dict[str, Any]:
        return {
            "state": self.state.value,
            "trial": self.trial,
            "sentence": self.sentence.as_json(),
            "signatures": [signature.as_json() for signature in self.signatures],
        }


INTACT = Sentence("Intact: nothing has changed since it was signed.")
INTACT_TRIAL = Sentence(
    "Intact: nothing has changed since it was signed. "
    "The certificate is for trials only and proves nothing to others."
)
ALTERED = Sentence("Altered: the file is not what was signed.")
UNTRUSTED = Sentence("Untrusted: nothing has changed, but nobody we trust vouches for the signer.")
UNSIGNED = Sentence("Unsigned: the file carries no signature.")


def verify(source: Path | bytes, trust: Trust, *, at: datetime | None = None) -> Verdict:
    """The verdict on a PDF, with nothing fetched from anywhere; `at` is the moment of asking.

    Raises UnreadableFileError for what is no PDF, or no longer one and was never signed.
    """
    data = source if isinstance(source, bytes) else _read(source)
    name = "" if isinstance(source, bytes) else source.name
    claims = b"/ByteRange" in data or b"ETSI.CAdES.detached" in data or b"adbe.pkcs7" in data
    try:
        reader = PdfFileReader(BytesIO(data), strict=True)
        signatures = list(reader.embedded_signatures)
    except Exception as error:  # a damaged file can break the parser anywhere
        if claims:
            return Verdict(State.ALTERED, ALTERED)
        raise UnreadableFileError(
            "{file} is not a PDF, or is damaged.", "Choose a PDF file.", file=name or "?"
        ) from error
    if not signatures:
        return Verdict(State.ALTERED, ALTERED) if claims else Verdict(State.UNSIGNED, UNSIGNED)
    told = tuple(
        _judge(signature, data, trust, at=at, last=signature is signatures[-1])
        for signature in signatures
    )
    worst = next(
        s for s in (State.ALTERED, State.UNTRUSTED, State.INTACT) if any(t.state == s for t in told)
    )
    trial = any(t.trial for t in told)
    sentence = {
        State.ALTERED: ALTERED,
        State.UNTRUSTED: UNTRUSTED,
        State.INTACT: INTACT_TRIAL if trial else INTACT,
    }[worst]
    return Verdict(worst, sentence, told)


def _judge(
    signature: EmbeddedPdfSignature, data: bytes, trust: Trust, *, at: datetime | None, last: bool
) -> SignatureVerdict:
    try:
        certificate = x509.load_der_x509_certificate(signature.signer_cert.dump())
        subject = signature.signer_cert.subject.native
        signer = str(subject.get("common_name", ""))
        fingerprint = sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
        issuer = str(signature.signer_cert.issuer.native.get("common_name", ""))
        trial = TRIAL in signer or TRIAL in issuer
        claimed = signature.self_reported_timestamp
        flaws = _flaws(signature, data, last=last)
        trusted, doubts = _trusted(signature, trust, at) if not flaws else (False, [])
    except Exception:  # what a damaged signature breaks is not foreseeable; it is not intact
        broken = Sentence("The signature itself is damaged.")
        return SignatureVerdict(
            str(signature.field_name), State.ALTERED, "", "", None, False, (broken,)
        )
    if trusted is None:
        flaws = [Sentence("The signature itself is damaged.")]
    state = State.ALTERED if flaws else State.INTACT if trusted else State.UNTRUSTED
    details = list(flaws or doubts)
    if trial and not flaws:
        details.append(Sentence("Signed with a trial certificate."))
    return SignatureVerdict(
        str(signature.field_name), state, signer, fingerprint, claimed, trial, tuple(details)
    )


# --- is it as it was? ----------------------------------------------------------------------------


def _flaws(signature: EmbeddedPdfSignature, data: bytes, *, last: bool) -> list[Sentence]:
    """Why the file is not what this signature was made over; nothing where it is."""
    signature.compute_integrity_info()  # type: ignore[no-untyped-call]  # pyHanko's own
    info = signature.summarise_integrity_info()
    flaws = []
    if not _same_digest(signature):
        flaws.append(Sentence("The content changed after signing."))
    if not _plain_contents(signature, data):
        flaws.append(Sentence("The signature itself is damaged."))
    if signature.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        flaws.append(Sentence("The signature does not cover the whole file."))
    elif signature.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        flaws += _growth(signature, data, info, last=last)
    return flaws


def _growth(
    signature: EmbeddedPdfSignature, data: bytes, info: Mapping[str, Any], *, last: bool
) -> list[Sentence]:
    """What was added behind a signature may only be another signature or proof of this one."""
    reader = signature.reader
    ends = re.search(rb"%%EOF(\r\n|\r|\n)?\Z", data)
    grown = signature.signed_revision + 1 < reader.xrefs.total_revisions
    level = getattr(signature.diff_result, "modification_level", ModificationLevel.OTHER)
    allowed = ModificationLevel.LTA_UPDATES if last else ModificationLevel.FORM_FILLING
    if not ends or not grown:
        return [Sentence("Something was added at the end of the file after signing.")]
    signed_root = reader.get_historical_root(signature.signed_revision)
    # pyHanko counts a new empty field among the proofs that may follow; we do not.
    new_field = last and _fields(reader.root) != _fields(signed_root)
    if level > allowed or new_field or not info.get("docmdp_ok", True):
        return [Sentence("The file was changed after signing in a way that is not allowed.")]
    if _described(reader, signature.signed_revision) != _described(reader, None):
        return [Sentence("The title or other particulars of the file changed after signing.")]
    return []


_MAY_CHANGE = {"ModifyDate", "MetadataDate", "Producer", "ModDate", "InstanceID"}


def _fields(root: generic.DictionaryObject) -> int:
    return len(root["/AcroForm"]["/Fields"]) if "/AcroForm" in root else 0


def _described(reader: PdfFileReader, revision: int | None) -> list[tuple[str, str]]:
    """What the file says of itself in XMP and /Info, without what every writer touches."""
    root = reader.root if revision is None else reader.get_historical_root(revision)
    view = reader if revision is None else reader.get_historical_resolver(revision)
    said = []
    if "/Metadata" in root:
        for structure in parse_xmp(BytesIO(root["/Metadata"].data)):
            said += [
                (str(name), str(value))
                for name, value in structure
                if name.local_name not in _MAY_CHANGE
            ]
    if "/Info" in view.trailer_view:
        said += [
            (name, str(value))
            for name, value in view.trailer_view["/Info"].items()
            if name.lstrip("/") not in _MAY_CHANGE
        ]
    return sorted(said)


def _same_digest(signature: EmbeddedPdfSignature) -> bool:
    said = [
        attribute["values"][0].native
        for attribute in signature.signer_info["signed_attrs"]
        if attribute["type"].native == "message_digest"
    ]
    if signature.sig_object_type == "/DocTimeStamp":
        return True  # its digest stands in the token and is checked with it
    return said == [signature.compute_digest()]


def _plain_contents(signature: EmbeddedPdfSignature, data: bytes) -> bool:
    """Whether the one place that a signature cannot cover, its own, holds it and nothing else."""
    _, start, end, _ = (int(edge) for edge in signature.byte_range)
    held = data[start:end]
    digits = held[1:-1]
    if held[:1] != b"<" or held[-1:] != b">":
        return False
    if not re.fullmatch(rb"(?:[0-9a-f]{2})+|(?:[0-9A-F]{2})+", digits):  # as one writer writes them
        return False
    content = bytes.fromhex(digits.decode())
    message = cms.ContentInfo.load(content)
    size = len(message.dump())
    parts = (message["content_type"], message["content"])
    if content[size:].strip(b"\0") or sum(len(p.dump()) for p in parts) != len(message.contents):
        return False
    ours = as_we_write(message)
    return ours is None or len(ours) != size or ours == content[:size]


# --- who vouches? --------------------------------------------------------------------------------


def _trusted(
    signature: EmbeddedPdfSignature, trust: Trust, at: datetime | None
) -> tuple[bool | None, list[Sentence]]:
    """Whether a root we trust vouches for the signer, and what to add; None where it is broken."""
    roots = [asn1_x509.Certificate.load(der) for der in (*trust.anchors, *trust.trial)]
    context = ValidationContext(
        trust_roots=roots, allow_fetching=False, revocation_mode="soft-fail", moment=at
    )
    status: PdfSignatureStatus | DocumentTimestampStatus
    if signature.sig_object_type == "/DocTimeStamp":
        status = validate_pdf_timestamp(signature, context)
    else:
        status = validate_pdf_signature(
            signature,
            context,
            key_usage_settings=KeyUsageConstraints(
                key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
            ),
        )
    if not (status.intact and status.valid):
        return None, []
    if not status.trusted:
        return False, [Sentence("No trusted authority vouches for the certificate of the signer.")]
    return True, [
        Sentence("Whether the certificate was revoked was not asked: this check is offline.")
    ]


def _certificates(path: Path) -> Sequence[bytes]:
    try:
        return [c.dump() for c in load_certs_from_pemder_data(path.read_bytes())]
    except (OSError, ValueError) as error:
        raise SettingsError(
            "{file} holds no certificate that can be read.",
            "Name a file with certificates in PEM or DER form.",
            file=path.name,
        ) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(
            "{file} cannot be opened.",
            "Check the name, and that this account may read it.",
            file=path.name,
        ) from error
