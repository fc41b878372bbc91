"""After sealing: more proof before the old one ends, and the next signature a profile asks for.

Each gives a new version of the record in the repository; the version before stays as it was. The
proof of a withdrawn record is carried on too, or it could end meanwhile; but its new file stays out
of the repository, where the withdrawal is the last word, until the record is restored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from workbench import review
from workbench.errors import SigningError, StaleDocumentError, WorkbenchError
from workbench.flow import cards
from workbench.flow.people import account
from workbench.flow.sealing import approval, deposit
from workbench.flow.work import Work
from workbench.model import Document, Role, Sealing, Signature, Signed, now
from workbench.store import proofs

_AGAIN_AFTER = timedelta(hours=6)  # until the authority's next list is there
_AT_ONCE = 100

log = structlog.get_logger()


class _OvertakenError(StaleDocumentError):
    __doc__ = StaleDocumentError.__doc__  # another process gave the seal its next file meanwhile


@dataclass(frozen=True, slots=True)
class Proved:
    """What came of a round: how many seals got new proof, and which could not."""

    proven: int = 0
    failed: tuple[str, ...] = ()  # documents


def prove(work: Work, *, by: str, at: datetime | None = None, limit: int = _AT_ONCE) -> Proved:
    """Give new proof to seals that are due; those that cannot have it now are tried again later."""
    moment = at or now()
    proven, failed = 0, []
    for document in proofs.proofs_due(work.store, moment, limit=limit):
        try:
            proven += _proved(work, document, by=by, at=moment)
        except _OvertakenError:
            continue
        except WorkbenchError as error:
            # Whatever is wrong with one record, the proof of the others must not end meanwhile.
            log.warning("seal.not_proven", document=document.id, why=error.message.text)
            proofs.prove_by(work.store, document, moment + _AGAIN_AFTER)
            failed.append(document.id)
    return Proved(proven, tuple(failed))


def countersign(work: Work, *, by: str) -> Proved:
    """Make the next signature of their profile on every record that waits for one.

    With the key of whoever signs next, as the approver `by`. Raises SigningError for the key.
    """
    review.must(account(work, by), Role.APPROVER)
    done, failed = 0, []
    for document in _half_signed(work):
        try:
            signed = work.signer.sign(
                approval(work, document),
                work.store.get(document.pdf_digest or ""),
                Sealing(document.seal_profile),
            )
            _must_be_another(work, document, signed)
            row = Signature(
                document=document.id,
                signer=signed.signer,
                certificate=signed.certificate,
                level=signed.level,
                trial=signed.trial,
                record_digest=signed.approved.record_digest,
                pdf_digest=signed.digest,
                ordered_by=by,
                at=signed.signed_at,
                profile=signed.profile,
                in_field=signed.in_field,
            )
            _keep(work, document, row, signed.pdf, by=by)
            done += 1
        except SigningError:
            raise
        except WorkbenchError as error:
            log.warning("seal.not_countersigned", document=document.id, why=error.message.text)
            failed.append(document.id)
    return Proved(done, tuple(failed))


def _half_signed(work: Work) -> Iterator[Document]:
    """Records in the repository that lack a signature of their profile."""
    for profile in proofs.profiles_in_use(work.store):
        wanted = work.signer.seals_of(profile)
        if wanted > 1:
            yield from proofs.signed_less_than(work.store, wanted, profile)


def _must_be_another(work: Work, document: Document, signed: Signed) -> None:
    before = {s.certificate for s in work.store.signatures(document.id) if s.in_field}
    if signed.certificate in before and not signed.trial:
        raise SigningError(
            "This certificate has signed already; the next signature is somebody else's.",
            "Set up the key of whoever signs next, then try again.",
        )


def _proved(work: Work, document: Document, *, by: str, at: datetime) -> bool:
    pdf = work.store.get(document.pdf_digest or "")
    made = work.store.signatures(document.id)[-1]
    proven = work.keeper.prove(pdf, document.seal_profile, at=at)
    if proven is None:
        # Nothing is lacking: or a process was stopped between sealing anew and handing it in.
        _hand_in(work, document, pdf)
        return False
    row = Signature(
        document=document.id,
        signer=proven.witness,
        certificate=proven.certificate,
        level=proven.level,
        trial=made.trial,
        record_digest=made.record_digest,
        pdf_digest=proven.digest,
        ordered_by=by,
        at=proven.at,
        profile=made.profile,
    )
    _keep(work, document, row, proven.pdf, by=by)
    return True


def _keep(work: Work, document: Document, row: Signature, pdf: bytes, *, by: str) -> None:
    name = work.store.put(pdf)
    try:
        kept = proofs.keep_resealed(work.store, document, row, pdf=name, by=by)
    except StaleDocumentError as error:
        raise _OvertakenError from error
    _hand_in(work, kept, pdf)
    log.info("seal.kept", document=document.id, level=row.level, sha512=row.pdf_digest)


def _hand_in(work: Work, document: Document, pdf: bytes) -> None:
    """The newest file to the repository as its next version; the same again changes nothing.

    That of a withdrawn record waits: restoring it makes the record due at once.
    """
    if not work.store.withdrawn_among([document.id]):
        receipt = deposit(work, document)
        known = {r.package_digest for r in work.store.receipts(document.id)}
        if receipt.package_digest not in known:
            work.store.keep(receipt)
        cards.catalogue(work, document)
    due = work.keeper.due(pdf, document.seal_profile)
    proofs.prove_by(work.store, document, due)
