"""Seals that a person confirms on a phone: asked for in lots, waited for, taken up again.

An order is kept before it is sent, with all that is needed to finish it. Any process goes on with
it after a restart. Refused, expired or withdrawn, its papers rest until a person orders them anew;
an answer that comes afterwards is not asked for any more, so nothing is sealed twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import structlog

from workbench import review
from workbench.errors import (
    ExpiredError,
    LostAnswerError,
    MissingFileError,
    RefusedError,
    Sentence,
    SigningError,
    StaleDocumentError,
    StorageError,
    UnreachableServiceError,
    WorkbenchError,
)
from workbench.flow.claimed import Claimed
from workbench.flow.machine import POSTPONED_SECONDS, claim, outcome
from workbench.flow.people import account
from workbench.flow.sealing import approval, draft, keep_sealed
from workbench.flow.work import Work
from workbench.model import (
    Asked,
    Document,
    PendingSeal,
    Role,
    SealState,
    Stage,
    Unsealed,
    new_id,
    now,
)

_UNANSWERED = timedelta(minutes=5)  # how long an order may be under way that no service names
_GRACE = timedelta(minutes=1)  # a phone that answered at the last moment is still heard

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order that somebody has to confirm, as people see it."""

    request: str
    documents: tuple[str, ...]
    ordered_by: str
    asked_at: datetime
    until: datetime
    is_sent: bool  # the service has it; else its answer was lost and it is asked for


def ask(work: Work, *, holder: str) -> int:
    """Lay ordered seals before whoever has the phone, one order; how many papers it carries."""
    signer = work.signer
    lot: dict[str, tuple[Document, Unsealed]] = {}
    for document in claim(work, holder=holder, stages=(Stage.APPROVED,), limit=signer.at_once):
        with outcome(work, Claimed(document, holder)):
            drafted = draft(work, document)
            lot[document.id] = (
                document,
                signer.prepare(drafted.approved, drafted.draw(), drafted.sealing),
            )
    if not lot:
        return 0
    at, request = now(), new_id()
    seals = [_kept(work, request, document, paper, at) for document, paper in lot.values()]
    work.store.ask(seals, holder=holder)
    try:
        asked = signer.order({key: paper for key, (_, paper) in lot.items()}, transaction=request)
        assert isinstance(asked, Asked)  # noqa: S101 - only such a signer is asked here
        work.store.taken(request, code=asked.code, until=asked.until)
    except LostAnswerError:
        log.warning("seal.answer_lost", request=request, papers=len(lot))
    except UnreachableServiceError as error:
        # Nothing has reached the service: the order stands and is sent again by itself.
        again = now() + timedelta(seconds=POSTPONED_SECONDS)
        _lay_down(work, seals, SealState.FAILED, error, by=holder, again=again)
        return 0
    except SigningError as error:
        _lay_down(work, seals, SealState.FAILED, error, by=holder)
        return 0
    log.info("seal.asked", request=request, papers=len(lot))
    return len(lot)


def look(work: Work, *, by: str, at: datetime | None = None) -> int:
    """Ask what became of every open order, and finish what was confirmed; how many were sealed."""
    seals = work.store.open_seals()
    return sum(
        _look_at(work, list(papers), by=by, at=at or now())
        for _, papers in groupby(seals, key=lambda seal: seal.request)
    )


def waiting(work: Work) -> list[Waiting]:
    """Every order that waits for a phone, the oldest first."""
    orders = []
    for request, papers in groupby(work.store.open_seals(), key=lambda seal: seal.request):
        seals = list(papers)
        orders.append(
            Waiting(
                request=request,
                documents=tuple(seal.document for seal in seals),
                ordered_by=seals[0].ordered_by,
                asked_at=seals[0].asked_at,
                until=seals[0].until,
                is_sent=seals[0].state is SealState.WAITING,
            )
        )
    return orders


def withdraw(work: Work, request: str, *, by: str) -> int:
    """Take an order back, whatever the phone says later; how many papers rest again."""
    review.must(account(work, by), Role.APPROVER)
    seals = [seal for seal in work.store.open_seals() if seal.request == request]
    if not seals:
        raise StaleDocumentError(
            "This order has been settled meanwhile.", "Look at the list again."
        )
    taken_back = SigningError(
        "The order of this seal was taken back.", "Order it again when it is to be sealed."
    )
    return _lay_down(work, seals, SealState.WITHDRAWN, taken_back, by=by)


def _kept(
    work: Work, request: str, document: Document, paper: Unsealed, at: datetime
) -> PendingSeal:
    assert document.seal_by is not None  # noqa: S101 - an unordered seal is never claimed
    return PendingSeal(
        request=request,
        document=document.id,
        prepared=work.store.put(paper.content),
        place=list(paper.place) if paper.place else None,
        to_sign=work.store.put(paper.to_sign),
        certificate=paper.certificate,
        profile=paper.profile,
        in_field=paper.in_field,
        record_digest=paper.approved.record_digest,
        ordered_by=document.seal_by,
        signed_at=paper.at,
        asked_at=at,
        until=at + _UNANSWERED,
    )


def _look_at(work: Work, seals: Sequence[PendingSeal], *, by: str, at: datetime) -> int:
    first = seals[0]
    is_over = at > first.until + _GRACE
    try:
        signatures = work.signer.answer(first.code or first.request)
    except (RefusedError, ExpiredError) as error:
        refused = isinstance(error, RefusedError)
        state = SealState.REFUSED if refused else SealState.EXPIRED
        _lay_down(work, seals, state, error, by=by)
        return 0
    except UnreachableServiceError:
        return 0  # it is asked again, however late: it may have been confirmed
    except SigningError as error:
        log.warning("seal.no_answer", request=first.request, why=error.message.text)
        if is_over:
            _lay_down(work, seals, SealState.FAILED, error, by=by)
        return 0
    if signatures is None:
        if is_over:
            late = ExpiredError(
                "Nobody confirmed the seal on the phone in time.",
                "Order it again when the phone is at hand.",
            )
            _lay_down(work, seals, SealState.EXPIRED, late, by=by)
        return 0
    return sum(_finish(work, seal, signatures, by=by) for seal in seals)


def _finish(work: Work, seal: PendingSeal, signatures: Mapping[str, bytes], *, by: str) -> bool:
    """Put the signature where its place was kept; False where nothing came of it."""
    store = work.store
    document = store.document(seal.document)
    if document is None or document.stage is not Stage.APPROVED:
        # A process that was stopped between keeping the seal and noting it, or one beside us.
        store.settle([seal], _ended(document), at=now())
        return False
    try:
        if seal.document not in signatures:
            raise SigningError(
                "The signing service gave no signature for this paper.", "Order the seal again."
            )
        signed = work.signer.finish(_prepared(work, seal, document), signatures[seal.document])
        keep_sealed(work, document, signed, holder=store.leased_to(seal.request))
    except WorkbenchError as error:
        current = store.document(seal.document)
        if current is not None and current.stage is not Stage.APPROVED:
            store.settle([seal], _ended(current), at=now())  # one beside us was quicker
            return False
        log.warning("seal.not_kept", document=seal.document, why=error.message.text)
        if isinstance(error, StorageError) and not isinstance(error, MissingFileError):
            return False  # a full disk: the signature is fetched again, and kept then
        _lay_down(work, [seal], SealState.FAILED, error, by=by)
        return False
    store.settle([seal], SealState.SIGNED, at=now())
    return True


def _ended(document: Document | None) -> SealState:
    """How the seal of a paper ended that waits for it no more: kept, or the paper set apart."""
    sealed = document is not None and document.stage in (Stage.SIGNED, Stage.EXPORTED)
    return SealState.SIGNED if sealed else SealState.WITHDRAWN


def _prepared(work: Work, seal: PendingSeal, document: Document) -> Unsealed:
    """The paper as it was before the order went out. Raises StaleDocumentError for another."""
    approved = approval(work, document)
    if approved.record_digest != seal.record_digest:
        raise StaleDocumentError(
            "The record is not the one that was approved; it was not sealed.",
            "Send it back to review and have it approved again.",
        )
    place = (seal.place[0], seal.place[1]) if seal.place else None
    return Unsealed(
        approved=approved,
        content=work.store.get(seal.prepared),
        place=place,
        to_sign=work.store.get(seal.to_sign),
        at=seal.signed_at,
        certificate=seal.certificate,
        profile=seal.profile,
        in_field=seal.in_field,
    )


def _lay_down(
    work: Work,
    seals: Sequence[PendingSeal],
    state: SealState,
    why: WorkbenchError,
    *,
    by: str,
    again: datetime | None = None,
) -> int:
    log.info("seal.laid_down", request=seals[0].request, papers=len(seals), state=state.value)
    reason, remedy = why.message, why.remedy
    if not remedy.text:
        remedy = Sentence("Order the seal again.")
    return work.store.lay_down(
        seals, state, by=by, at=now(), reason=reason, remedy=remedy, again=again
    )
