"""Records on their way to other repositories: checked, laid in the outbox, sent, receipted.

What is to be sent is fixed when it is laid in, and carries one key however often it is sent. Only
what was not answered is tried again, ever later; what was refused waits for a person.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random
from uuid import UUID, uuid5

import structlog

from workbench.errors import (
    DepositError,
    NotAllowedError,
    NotReadyError,
    Sentence,
    SettingsError,
    places,
)
from workbench.exchange import bags, carriers, message, receipts
from workbench.exchange import package as packages
from workbench.exchange.carriers import Carrier, Parcel, TargetRefusedError, TargetSilentError
from workbench.exchange.targets import Target
from workbench.flow import custody
from workbench.flow.people import account, any_of
from workbench.flow.work import Work
from workbench.model import (
    Act,
    Delivery,
    Document,
    Finding,
    Receipt,
    Record,
    Role,
    SettledField,
    Severity,
    Signature,
    now,
)
from workbench.store import outbox

LEASE_SECONDS = 300.0
_FIRST_WAIT, _LONGEST_WAIT = 30.0, 6 * 3600.0  # seconds
_EVERY = 1_000_000  # records of one unit
_KEYS = UUID("6f0f9a54-54c5-5d7f-9a0e-0d7f5f6c2d11")  # name space of the idempotency keys

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Checked:
    """One record held against what a target takes: what is to be sent, and what stands against."""

    document: Document
    receipt: Receipt | None
    findings: tuple[Finding, ...]
    content: bytes = field(default=b"", repr=False)  # the message, or the list of the bag
    size: int = 0  # bytes that would travel

    @property
    def digest(self) -> str:
        """SHA-256 of the content, hex."""
        return sha256(self.content).hexdigest()

    @property
    def would_be_refused(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def target(work: Work, name: str) -> Target:
    """The target of this name. Raises NotReadyError."""
    found = work.targets.get(name)
    if found is None:
        raise NotReadyError(
            "There is no target {name}.",
            "Name one that stands in the file of targets (WORKBENCH_TARGETS).",
            name=name,
        )
    return found


def check(work: Work, document: Document, to: Target) -> Checked:
    """The dry run: what would be sent, and why it would be refused. Nothing leaves the house."""
    receipt = _newest_receipt(work, document)
    if receipt is None:
        found = _error("repository", Sentence("The record is not in our repository yet."))
        return Checked(document, None, (found,))
    if work.store.withdrawn_among([document.id]):
        found = _error("withdrawn", Sentence("The record was withdrawn from the repository."))
        return Checked(document, None, (found,))  # its newest version holds no paper
    try:
        files = dict(work.repository.content(receipt.object_id, receipt.version))
    except DepositError as error:  # damaged there: one record, and no reason to stop others
        return Checked(document, None, (_error("repository", error.message),))
    record = _record(files)
    findings = list(_against_rules(work, document, record, files, to))
    if to.kind == "http":
        told = message.of(record, _context(work, document, record, to), _profile(to))
        findings += message.check(told, _profile(to))
        content = message.written(told)
        return Checked(document, receipt, tuple(findings), content, len(content))
    manifest = _bag(work, receipt, files)[bags.MANIFEST]
    if to.signed_list and work.sign_list is None:
        findings.append(
            _error(
                "signed_list", Sentence("The list must be signed, and nobody gave the PIN for it.")
            )
        )
    size = sum(map(len, files.values()))
    return Checked(document, receipt, tuple(findings), manifest, size)


def order(
    work: Work, documents: Sequence[str], to: Target, *, by: str, at: datetime | None = None
) -> tuple[int, list[Checked]]:
    """Lay records in the outbox; those a target would refuse are not. How many, and those not.

    The same version of the same record is laid in once for a target.
    """
    for key in documents:
        _must_deliver(work, by, work.store.document(key))
    return _lay_in(work, documents, to, by=by, at=at or now())


def waiting(work: Work, to: Target, *, by: str) -> list[str]:
    """The records that `by` may deliver and of which no version went to this target, by id."""
    _must_deliver(work, by, None)
    return outbox.undelivered(
        work.store, to.name, unit=custody.kept_of(account(work, by)), limit=_EVERY
    )


def lay_in_by_itself(work: Work, *, by: str) -> int:
    """Lay in what was receipted and never laid in, for each target that takes records unasked.

    What such a target would refuse is laid in as refused, for a person to look at.
    """
    laid = 0
    for to in work.targets.values():
        if to.automatic:
            waiting = outbox.undelivered(work.store, to.name)
            new, barred = _lay_in(work, waiting, to, by=by, at=now())
            laid += new
            for checked in barred:
                if checked.receipt is not None:
                    _bar(work, checked, to, by=by)
    return laid


def send_due(
    work: Work,
    *,
    by: str,
    carrier: Callable[[Target], Carrier] = carriers.to,
    clock: Callable[[], datetime] = now,
    chance: Random | None = None,
    limit: int = 20,
) -> int:
    """Send what is due; how many were taken in hand. Killed halfway, the rest is due again later.

    `clock` and `chance` (the jitter of the waits) are arguments so that a test need not sleep.
    """
    waits = chance or Random()  # noqa: S311 - jitter, no secret
    taken = outbox.take(work.store, by=by, seconds=LEASE_SECONDS, at=clock(), limit=limit)
    opened: dict[str, Carrier] = {}
    for delivery in taken:
        try:
            to = target(work, delivery.target)
            if to.name not in opened:
                opened[to.name] = carrier(to)
            receipt = opened[to.name].carry(_parcel(work, delivery, to))
            outbox.sent(work.store, delivery, receipt=receipt, at=clock())
            log.info("delivery.sent", delivery=delivery.id, target=delivery.target)
        except TargetRefusedError as error:
            outbox.refused(work.store, delivery, reason=error.message, at=clock())
            log.warning("delivery.refused", delivery=delivery.id, target=delivery.target)
        except (TargetSilentError, SettingsError, NotReadyError, DepositError) as error:
            asked = error.seconds if isinstance(error, TargetSilentError) else None
            due = clock() + timedelta(seconds=_wait(delivery.attempts, asked, waits))
            outbox.later(work.store, delivery, reason=error.message, due=due)
            log.warning("delivery.later", delivery=delivery.id, target=delivery.target)
        except Exception as error:
            # One record that nobody foresaw must not stop the outbox.
            kind = type(error).__name__
            log.error("delivery.failed", delivery=delivery.id, error=kind, where=places(error))
            due = clock() + timedelta(seconds=_LONGEST_WAIT)
            failed = Sentence("The step failed unexpectedly ({kind}).", {"kind": kind})
            outbox.later(work.store, delivery, reason=failed, due=due)
    for one in opened.values():
        one.close()
    return len(taken)


def try_again(work: Work, key: str, *, by: str) -> bool:
    """Send a refused or waiting delivery at once."""
    _must_deliver(work, by, outbox.delivery(work.store, key))
    return outbox.again(work.store, key, at=now())


def give_up(work: Work, key: str, *, by: str) -> bool:
    """Send it no more; it can be ordered for another version of the record."""
    _must_deliver(work, by, outbox.delivery(work.store, key))
    return outbox.withdraw(work.store, key, at=now())


def _must_deliver(work: Work, by: str, of: Document | Delivery | None) -> None:
    """Raise NotAllowedError unless the person may deliver the records of this unit."""
    person = account(work, by)
    any_of(person, Role.APPROVER, Role.MANAGER)
    unit = custody.kept_of(person)
    if of is not None and of.unit != unit:
        raise NotAllowedError(
            "This record belongs to another unit.", "Leave it to an approver of that unit."
        )


# --- laying in -----------------------------------------------------------------------------------


def _lay_in(
    work: Work, documents: Sequence[str], to: Target, *, by: str, at: datetime
) -> tuple[int, list[Checked]]:
    ready: list[Delivery] = []
    barred: list[Checked] = []
    for key in documents:
        document = work.store.document(key)
        if document is None:
            continue
        checked = check(work, document, to)
        if checked.would_be_refused or checked.receipt is None:
            barred.append(checked)
            continue
        ready.append(_delivery(work, checked, checked.receipt, to, by=by, at=at))
    return outbox.lay_in(work.store, ready), barred


def _delivery(
    work: Work, checked: Checked, receipt: Receipt, to: Target, *, by: str, at: datetime
) -> Delivery:
    document = checked.document
    return Delivery(
        id=_key(to, receipt, checked.digest),
        target=to.name,
        document=document.id,
        unit=document.unit,
        object_id=receipt.object_id,
        version=receipt.version,
        digest=checked.digest,
        payload=_payload(work, checked, to),
        by=by,
        at=at,
        due=at,
    )


def _bar(work: Work, checked: Checked, to: Target, *, by: str) -> None:
    assert checked.receipt is not None  # noqa: S101 - asked before
    delivery = _delivery(work, checked, checked.receipt, to, by=by, at=now())
    if outbox.lay_in(work.store, [delivery]):
        [why] = [f for f in checked.findings if f.severity is Severity.ERROR][:1]
        outbox.refused(work.store, delivery, reason=why.sentence, at=now())


def _key(to: Target, receipt: Receipt, digest: str) -> str:
    """The same record in the same version with the same content has one key, for one target."""
    return str(uuid5(_KEYS, f"{to.name}/{receipt.object_id}/{receipt.version}/{digest}"))


def _payload(work: Work, checked: Checked, to: Target) -> str:
    """What has to be kept for sending later: the message, or the signature over a bag's list."""
    if to.kind == "http":
        return work.store.put(checked.content)
    return work.store.put(work.sign_list(checked.content)) if work.sign_list else ""


def _parcel(work: Work, delivery: Delivery, to: Target) -> Parcel:
    name = f"{delivery.document}-{delivery.version}"
    if work.store.withdrawn_among([delivery.document]):
        raise NotReadyError(
            "The record was withdrawn from the repository.",
            "Restore it, or give the delivery up.",
        )
    if to.kind == "http":
        content = work.store.get(delivery.payload)
        return Parcel(delivery.id, name, delivery.digest, message=content)
    document = work.store.document(delivery.document)
    found = [r for r in work.store.receipts(delivery.document) if r.version == delivery.version]
    if document is None or not found:
        raise NotReadyError("The record is not in our repository yet.", "Look at the repository.")
    files = dict(work.repository.content(delivery.object_id, delivery.version))
    signature = work.store.get(delivery.payload) if delivery.payload else None
    kept = found[-1]
    told = receipts.as_told(
        [r for r in work.store.receipts(delivery.document) if r.at <= kept.at],
        outbox.sent_of(work.store, delivery.document),
        until=max(kept.at, delivery.at),  # as it was ordered, however late it is sent
    )
    bag = _bag(work, kept, files, signature, receipts.as_file(kept.object_id, told))
    return Parcel(delivery.id, name, delivery.digest, files=bag)


def _bag(
    work: Work,
    receipt: Receipt,
    files: Mapping[str, bytes],
    signature: bytes | None = None,
    told: bytes = b"",
) -> dict[str, bytes]:
    return bags.files_of(
        files,
        source=work.agency,
        identifier=f"{receipt.object_id}#{receipt.version}",
        at=receipt.at,
        sign=(lambda _: signature) if signature is not None else None,
        receipts=told,
    )


def _newest_receipt(work: Work, document: Document) -> Receipt | None:
    return next(reversed(work.store.receipts(document.id)), None)


def _wait(attempts: int, asked: float | None, chance: Random) -> float:
    """Seconds until the next attempt: twice as long each time, half of it by chance (full jitter
    would let some come at once). What the other side asks for is the least."""
    longest: float = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(attempts, 20))
    return max(asked or 0.0, longest * (0.5 + chance.random() / 2))


# --- what a target takes -------------------------------------------------------------------------


def _against_rules(
    work: Work, document: Document, record: Record, files: Mapping[str, bytes], to: Target
) -> list[Finding]:
    found = []
    if to.kinds and record.kind not in to.kinds:
        found.append(_error("kind", Sentence("The target does not take papers of this kind.")))
    values = {f.name: f.normalised or f.value for f in record.fields}
    for name in to.needed:
        if not values.get(name):
            found.append(
                _error(
                    "needed", Sentence("The target needs the field {field}.", {"field": name}), name
                )
            )
    for name, most in to.longest.items():
        if len(values.get(name, "")) > most:
            found.append(
                _error(
                    "longest",
                    Sentence("The field {field} is longer than the target takes.", {"field": name}),
                    name,
                )
            )
    if to.largest and sum(map(len, files.values())) > to.largest:
        found.append(_error("largest", Sentence("The files are larger than the target takes.")))
    signature = _signature(work, document)
    if signature is None or not {packages.PDF, packages.DETACHED} & files.keys():
        found.append(_error("unsigned", Sentence("The record is not sealed.")))
    elif signature.trial and not to.takes_trial_seals:
        found.append(
            _error("trial", Sentence("The seal is a trial's: it proves nothing to others."))
        )
    return found


def _signature(work: Work, document: Document) -> Signature | None:
    return next(reversed(work.store.signatures(document.id)), None)


def _error(rule: str, sentence: Sentence, field: str = "") -> Finding:
    return Finding(Severity.ERROR, f"target.{rule}", sentence, (field,) if field else ())


def _record(files: Mapping[str, bytes]) -> Record:
    """The record in a package, as it was sealed."""
    told = json.loads(files[packages.RECORD])
    fields = tuple(
        SettledField(
            **{
                **field,
                "act": Act(field["act"]),
                "box": tuple(field["box"]) if field["box"] else None,
            }
        )
        for field in told.pop("fields")
    )
    return Record(**{**told, "originals": tuple(told["originals"]), "fields": fields})


def _profile(to: Target) -> message.Profile:
    found = message.profiles().get(to.profile)
    if found is None:
        raise SettingsError(
            "There is no message profile {name}.",
            "Correct the profile of the target; `result` is the one of 26 fields.",
            name=to.profile,
        )
    return found


def _context(work: Work, document: Document, record: Record, to: Target) -> dict[str, str]:
    """What a message says beside its record: ours, then what the unit says for the target."""
    holder = work.store.holder_of(document)
    told = {
        "result_code": record.code,
        "unit": document.unit,
        "file_name": f"{document.id}.pdf",
        "holder_kind": holder.kind.value if holder else "",
        "holder_number": holder.number if holder else "",
        "number_kind": holder.number_kind if holder else "",
    }
    return {**told, **to.context, **to.by_kind.get(record.kind, {})}
