"""Is this file what was sealed? Altered beats untrusted; what no signature vouches for is altered.

A signature verdict alone is not integrity: files may grow behind it, titles in the metadata may
change under it, and some bytes of it are covered by nothing. Each of these is looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.metadata.xmp_xml import parse_xmp
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import EmbeddedPdfSignature, SignatureCoverageLevel

from workbench.errors import Sentence, UnreadableFileError
from workbench.signing import particulars
from workbench.signing.bundle import Trust
from workbench.signing.cades import as_we_write
from workbench.signing.keys import TRIAL
from workbench.signing.vouching import vouched


class State(StrEnum):
    INTACT = "intact"
    ALTERED = "altered"
    UNTRUSTED = "untrusted"
    UNSIGNED = "unsigned"


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
    level: str = ""  # PAdES: B-B, B-T, B-LT, B-LTA; DTS: a timestamp over the file; PKCS#7: older
    confirmed: datetime | None = None  # when an authority of time says that it was there
    covers: Sentence | None = None
    after: tuple[Sentence, ...] = ()  # what was added behind it
    algorithm: str = ""
    notes: tuple[Sentence, ...] = ()  # what older papers carry
    ades: str = ""  # ETSI EN 319 102-1, offline
    record_digest: str = ""  # SHA-256 of the record that it names as sealed, hex

    @property
    def lines(self) -> tuple[Sentence, ...]:
        """Everything to be said beside who and when, in the order in which it is told."""
        told = [Sentence("Level: {level}", {"level": self.level})] if self.level else []
        if self.algorithm:
            told.append(Sentence("Algorithm: {algorithm}", {"algorithm": self.algorithm}))
        if self.covers:
            told.append(self.covers)
        told += [*self.after, *self.details, *self.notes]
        if self.ades:
            told.append(Sentence("AdES (ETSI EN 319 102-1): {status}", {"status": self.ades}))
        return tuple(told)

    def as_json(self) -> dict[str, Any]:
        return {
            "field": self.field,
            "state": self.state.value,
            "signer": self.signer,
            "certificate": self.certificate,
            "at": self.at.isoformat() if self.at else None,
            "trial": self.trial,
            "details": [detail.as_json() for detail in self.details],
            "level": self.level,
            "confirmed": self.confirmed.isoformat() if self.confirmed else None,
            "covers": self.covers.as_json() if self.covers else None,
            "after": [sentence.as_json() for sentence in self.after],
            "algorithm": self.algorithm,
            "notes": [sentence.as_json() for sentence in self.notes],
            "ades": self.ades,
            "record_sha256": self.record_digest,
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
    told = tuple(_judge(signature, data, trust, at=at, all_=signatures) for signature in signatures)
    return judged(told)


def judged(told: tuple[SignatureVerdict, ...]) -> Verdict:
    """The verdict that signatures come to: as good as the worst of them."""
    order = (State.ALTERED, State.UNTRUSTED, State.INTACT)
    worst = next(state for state in order if any(one.state is state for one in told))
    trial = any(one.trial for one in told)
    sentence = {
        State.ALTERED: ALTERED,
        State.UNTRUSTED: UNTRUSTED,
        State.INTACT: INTACT_TRIAL if trial else INTACT,
    }[worst]
    return Verdict(worst, sentence, told)


def _judge(
    signature: EmbeddedPdfSignature,
    data: bytes,
    trust: Trust,
    *,
    at: datetime | None,
    all_: Sequence[EmbeddedPdfSignature],
) -> SignatureVerdict:
    field = str(signature.field_name)
    last = signature is all_[-1]
    try:
        certificate = x509.load_der_x509_certificate(signature.signer_cert.dump())
        subject = signature.signer_cert.subject.native
        signer = str(subject.get("common_name", ""))
        issuer = str(signature.signer_cert.issuer.native.get("common_name", ""))
        trial = TRIAL in signer or TRIAL in issuer
        flaws = _flaws(signature, data, last=last)
        said = None if flaws else vouched(signature, trust, at)
        if said and not said.is_whole:
            flaws = [Sentence("The signature itself is damaged.")]
        details = tuple(flaws) if flaws or said is None else said.details
        if trial and not flaws:
            details += (Sentence("Signed with a trial certificate."),)
        return SignatureVerdict(
            field=field,
            state=State.ALTERED
            if flaws or said is None
            else State.INTACT
            if said.is_trusted
            else State.UNTRUSTED,
            signer=signer,
            certificate=sha256(certificate.public_bytes(Encoding.DER)).hexdigest(),
            at=signature.self_reported_timestamp,
            trial=trial,
            details=details,
            level=particulars.level(signature, all_),
            confirmed=particulars.confirmed_at(signature),
            covers=particulars.coverage(signature) if not flaws else None,
            after=particulars.aftermath(signature, all_) if not flaws else (),
            algorithm=particulars.algorithm(signature),
            notes=particulars.notes(signature),
            ades=said.ades if said else "",
            record_digest=_named_record(signature),
        )
    except Exception:  # what a damaged signature breaks is not foreseeable; it is not intact
        broken = Sentence("The signature itself is damaged.")
        return SignatureVerdict(field, State.ALTERED, "", "", None, False, (broken,))


def _named_record(signature: EmbeddedPdfSignature) -> str:
    """The record that the seal names in its reason; empty where it names none."""
    found = re.search(r"record sha256:([0-9a-f]{64})", str(signature.sig_object.get("/Reason", "")))
    return found[1] if found else ""


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


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(
            "{file} cannot be opened.",
            "Check the name, and that this account may read it.",
            file=path.name,
        ) from error
