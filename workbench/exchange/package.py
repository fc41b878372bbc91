"""The package of one record: the sealed PDF, the record, the papers as received, and its history.

document.pdf            the sealed archival PDF; a record without a scan has none
record.json             the record two people vouch for, canonical: its SHA-256 stands in the seal
record.json.p7s         of a record without a scan: its seal, a detached CAdES signature (DER)
provenance.json         who did what when (by sign-in name), with which engines and template
evidence.json           who saw which candidates in each field and decided what; events after PREMIS
originals/<sha256>.ext  every file as it was received
manifest-sha512.txt     a digest a file, as `sha512sum --check` reads it
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256, sha512
from pathlib import PurePath
from typing import Any

from workbench.errors import DepositError
from workbench.exchange.evidence import Witnessed, as_told
from workbench.model import Approved, Event, Package, Reading, Signature, Stage

PDF = "document.pdf"
RECORD = "record.json"
DETACHED = "record.json.p7s"
EVIDENCE = "evidence.json"
PROVENANCE = "provenance.json"
MANIFEST = "manifest-sha512.txt"


def pack(
    approved: Approved,
    *,
    pdf: bytes | None,
    signature: Signature,
    originals: Mapping[str, bytes],
    events: Sequence[Event] = (),
    readings: Sequence[Reading] = (),
    pages: Sequence[Mapping[str, object]] = (),
    witnessed: Witnessed | None = None,
    asked: Mapping[str, object] | None = None,
    detached: bytes | None = None,
) -> Package:
    """The package of an approved and sealed record; the same arguments give the same package.

    `pages` says of each page of the record which page of which original it was scanned into;
    `witnessed` is what the machine proposed and what people did about it; `asked` is what the rules
    asked of it (its way, its code, its file) and how that stood. A record without a scan has no
    `pdf`: its seal is `detached`, and `Signature.pdf_digest` is that of the seal.

    What happens to the document after sealing is not part of it, so that exporting again is the
    same package. Raises DepositError where PDF or originals are not those that were vouched for.
    """
    record = approved.record
    seal = detached if pdf is None else pdf
    _check(approved, seal, signature, originals)
    held = {sha256(data).hexdigest(): (name, data) for name, data in originals.items()}
    places = {
        digest: f"originals/{digest}{PurePath(name).suffix.lower()}"
        for digest, (name, _) in held.items()
    }
    provenance = {
        "document": record.document,
        "kind": record.kind,
        "record_sha256": approved.record_digest,
        "template": {"id": record.template, "sha256": record.template_digest},
        "originals": [
            {"file": places[digest], "sha256": digest, "received_as": held[digest][0]}
            for digest in sorted(held)
        ],
        "pages": [dict(page) for page in pages],
        "engines": [_engine(reading) for reading in sorted(readings, key=_place_of)],
        "reviewed_by": record.reviewed_by,
        "approved": {"by": approved.approved_by, "at": approved.approved_at.isoformat()},
        "seal": {
            "signer": signature.signer,
            "certificate_sha256": signature.certificate,
            "level": signature.level,
            "trial": signature.trial,
            "ordered_by": signature.ordered_by,
            "at": signature.at.isoformat(),
            "pdf_sha512": signature.pdf_digest,
        },
        "events": [_event(event) for event in _until_sealed(events)],
    }
    if asked:
        provenance["asked"] = dict(asked)
    files = {
        RECORD: record.canonical(),
        PROVENANCE: _as_json(provenance),
        **{places[digest]: data for digest, (_, data) in held.items()},
    }
    if pdf is not None:
        files[PDF] = pdf
    if detached is not None:
        files[DETACHED] = detached
    if witnessed is not None:
        past = _until_sealed(events)
        told = as_told(approved, signature, witnessed, events=past, readings=readings, pages=pages)
        files[EVIDENCE] = _as_json(told)
    manifest = "".join(f"{sha512(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return Package(
        object_id=f"urn:workbench:document:{record.document}",
        files={**files, MANIFEST: manifest.encode()},
        message=f"Sealed record, revision {record.revision}",
    )


def _check(
    approved: Approved, seal: bytes | None, signature: Signature, originals: Mapping[str, bytes]
) -> None:
    document = approved.record.document
    if approved.record.digest != approved.record_digest:
        raise DepositError(
            "The record of document {document} is not the one that was approved.",
            "Send the document back and have it approved again.",
            document=document,
        )
    if (
        seal is None
        or sha512(seal).hexdigest() != signature.pdf_digest
        or signature.record_digest != approved.record_digest
    ):
        raise DepositError(
            "The PDF of document {document} is not the one that was sealed.",
            "Restore it from the backup, or have the document sealed again.",
            document=document,
        )
    received = {sha256(data).hexdigest() for data in originals.values()}
    if received != set(approved.record.originals):
        raise DepositError(
            "The originals of document {document} are not the files that were received.",
            "Restore the object store from the backup.",
            document=document,
        )


def _until_sealed(events: Sequence[Event]) -> list[Event]:
    sealed = [n for n, event in enumerate(events) if event.after == Stage.SIGNED]
    return list(events[: sealed[-1] + 1]) if sealed else list(events)


def _event(event: Event) -> dict[str, Any]:
    return {
        "before": event.before,
        "after": event.after,
        "by": event.by,
        "at": event.at.isoformat(),
        "reason": event.reason,
    }


def _place_of(reading: Reading) -> tuple[str, str, str, str]:
    """What a reading is unique by: a store tells them in no order of its own."""
    return reading.page, reading.engine, reading.version, reading.weights


def _engine(reading: Reading) -> dict[str, Any]:
    return {
        "engine": reading.engine,
        "version": reading.version,
        "weights": reading.weights,
        "page": reading.page,
        "words_sha256": reading.words,
    }


def _as_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"
