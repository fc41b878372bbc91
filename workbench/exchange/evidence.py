"""The evidence that travels with a record: what was scanned and read, who saw what, who decided.

It is told beside the signed record and proves nothing by itself; `flaws` holds it against the
record that the seal covers. Events carry the words of PREMIS 3.0, https://id.loc.gov/vocabulary/
preservation/eventType.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256, sha512
from typing import Any

from workbench.errors import Sentence
from workbench.exchange import receipts
from workbench.model import (
    Act,
    Approved,
    Correction,
    Delivery,
    Event,
    Proposal,
    Reading,
    Receipt,
    Review,
    SettledField,
    Signature,
    Stage,
    Trace,
)

SCHEMA = "workbench/evidence/1"

_PREMIS = {
    Stage.RECEIVED: "capture",
    Stage.READ: "metadata extraction",  # the engines' readings
    Stage.PROPOSED: "information package creation",
    Stage.REVIEWED: "metadata modification",  # a person's review
    Stage.APPROVED: "appraisal",
    Stage.SIGNED: "digital signature generation",
}


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What the machine proposed for a record, and every act and decision of people about it."""

    proposals: Sequence[Proposal] = ()
    corrections: Sequence[Correction] = ()
    reviews: Sequence[Review] = ()
    traces: Sequence[Trace] = ()
    signatures: Sequence[Signature] = ()  # all of them, where there is more than the newest
    receipts: Sequence[Receipt] = ()
    deliveries: Sequence[Delivery] = ()


def as_told(
    approved: Approved,
    signature: Signature,
    witnessed: Witnessed,
    *,
    events: Sequence[Event],
    readings: Sequence[Reading],
    pages: Sequence[Mapping[str, object]],
) -> dict[str, Any]:
    """The evidence as it is written. What came after the seal is not part of it."""
    record = approved.record
    acts = sorted(
        (act for act in witnessed.corrections if act.at <= signature.at),
        key=lambda act: (act.serial, act.at, act.id),
    )
    shown = {trace.id: trace for trace in witnessed.traces}
    proposals = {proposal.field: proposal for proposal in witnessed.proposals}
    received = receipts.as_told(witnessed.receipts, witnessed.deliveries, until=signature.at)
    return {
        "schema": SCHEMA,
        "document": record.document,
        "kind": record.kind,
        "record_sha256": approved.record_digest,
        "sealed_sha512": signature.pdf_digest,
        "template": {"id": record.template, "sha256": record.template_digest},
        "originals": sorted(record.originals),
        "scans": [dict(page) for page in pages],
        "engines": sorted({(r.engine, r.version, r.weights) for r in readings}),
        "fields": [
            {
                "field": settled.name,
                "settled": settled.value,
                "act": settled.act.value,
                "by": settled.by,
                **_proposed(proposals.get(settled.name)),
                "of_the_batch": _is_of_the_batch(settled, proposals.get(settled.name), acts),
                "acts": [_act(act, shown.get(act.id)) for act in acts if act.field == settled.name],
            }
            for settled in record.fields
        ],
        "decisions": [
            {
                "by": review.by,
                "duty": review.duty,
                "decision": review.decision.value,
                "at": review.at.isoformat(),
                "revision": review.revision,
                "record_sha256": review.record_digest,
            }
            for review in sorted(witnessed.reviews, key=lambda r: (r.at, r.id))
            if review.at <= signature.at
        ],
        "approved": {"by": approved.approved_by, "at": approved.approved_at.isoformat()},
        "signatures": [
            {
                "signer": made.signer,
                "certificate_sha256": made.certificate,
                "level": made.level,
                "ordered_by": made.ordered_by,
                "at": made.at.isoformat(),
                "sealed_sha512": made.pdf_digest,
            }
            for made in witnessed.signatures or (signature,)
            if made.at <= signature.at
        ],
        "events": [_event(event) for event in events],
        **({"receipts": received} if received else {}),
    }


def flaws(files: Mapping[str, bytes]) -> tuple[Sentence, ...]:
    """Where the evidence in a package and its record contradict each other; nothing where not.

    `files` are those of the package by name; without evidence there is nothing to contradict.
    """
    if "evidence.json" not in files:
        return ()
    try:
        told = json.loads(files["evidence.json"])
        record = json.loads(files["record.json"])
        return tuple(_contradictions(told, record, files))
    except (ValueError, KeyError, TypeError, AttributeError):
        return (Sentence("The evidence in the package cannot be read."),)


def _contradictions(
    told: Mapping[str, Any], record: Mapping[str, Any], files: Mapping[str, bytes]
) -> list[Sentence]:
    found = []
    sealed = files.get("document.pdf") or files.get("record.json.p7s") or b""
    if told["record_sha256"] != sha256(files["record.json"]).hexdigest():
        found.append(Sentence("The evidence is that of another record."))
    if told["sealed_sha512"] != sha512(sealed).hexdigest():
        found.append(Sentence("The evidence is that of another sealed file."))
    here = f"urn:workbench:document:{record['document']}"
    if any(receipt["object"] != here for receipt in told.get("receipts", ())):
        found.append(Sentence("The evidence holds receipts of another record."))
    if told["template"] != {"id": record["template"], "sha256": record["template_digest"]}:
        found.append(Sentence("The evidence names another template than the record."))
    if told["originals"] != sorted(record["originals"]):
        found.append(Sentence("The evidence names other originals than the record."))
    if {scan["original_sha256"] for scan in told["scans"]} - set(record["originals"]):
        found.append(Sentence("The evidence names other originals than the record."))
    settled = {field["name"]: field for field in record["fields"]}
    if [field["field"] for field in told["fields"]] != [f["name"] for f in record["fields"]]:
        found.append(Sentence("The evidence tells of other fields than the record."))
        return found
    for field in told["fields"]:
        if not _agrees(field, settled[field["field"]]):
            found.append(
                Sentence(
                    "What the evidence tells of the field {field} does not lead to its value.",
                    {"field": field["field"]},
                )
            )
    passed = [d for d in told["decisions"] if d["decision"] == "pass"]
    reviewers = {d["by"] for d in passed if d["duty"] == "review"}
    if reviewers and record["reviewed_by"] not in reviewers:
        found.append(Sentence("The evidence names another reviewer than the record."))
    approvals = [d for d in passed if d["duty"] == "approve"]
    if approvals and (
        approvals[-1]["by"] != told["approved"]["by"]
        or approvals[-1]["record_sha256"] != told["record_sha256"]
    ):
        found.append(Sentence("The approval in the evidence is that of another record."))
    return found


def _agrees(told: Mapping[str, Any], settled: Mapping[str, Any]) -> bool:
    """Whether the value that people vouch for is the one that proposal and acts lead to."""
    if (told["settled"], told["act"], told["by"]) != (
        settled["value"], settled["act"], settled["by"],
    ):  # fmt: skip
        return False
    standing: list[Mapping[str, Any]] = []
    for act in told["acts"]:
        if act["act"] != Act.UNDO:
            standing.append(act)
        elif standing:
            standing.pop()
    if not standing or standing[-1]["act"] == Act.ACCEPT:
        return bool(told["of_the_batch"]) or settled["value"] == (told["proposed"] or "")
    if standing[-1]["act"] in (Act.ILLEGIBLE, Act.ABSENT):
        return bool(settled["value"] == "")
    return bool(settled["value"] == standing[-1]["after"])


def _is_of_the_batch(
    settled: SettledField, proposal: Proposal | None, acts: Sequence[Correction]
) -> bool:
    """Whether the value was said once for the whole batch: nobody acted on this field."""
    acted = any(act.field == settled.name for act in acts)
    return not acted and proposal is not None and settled.value != proposal.value


def _proposed(proposal: Proposal | None) -> dict[str, Any]:
    if proposal is None:
        return {"proposed": None, "candidates": {}}
    return {
        "proposed": proposal.value,
        "candidates": dict(sorted(proposal.candidates.items())),
        "confidence": round(proposal.confidence, 6),
        "agreement": round(proposal.agreement, 6),
        "accepted_unseen": proposal.accepted,
    }


def _act(act: Correction, shown: Trace | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "act": act.act.value,
        "by": act.by,
        "at": act.at.isoformat(),
        "before": act.before,
        "after": act.after,
        "seen_in": act.seen_in.value,
    }
    if shown is not None:
        told["offered"] = [list(engines) for engines in shown.offered]
        told["chosen"] = shown.chosen
    return told


def _event(event: Event) -> dict[str, Any]:
    return {
        "type": _PREMIS.get(Stage(event.after), "modification"),
        "after": event.after,
        "by": event.by,
        "at": event.at.isoformat(),
    }
