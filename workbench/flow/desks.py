"""What a reviewer does with whole documents: put aside, take up again, take a decision back.

And what is told of it: what somebody else did meanwhile, and how one's own day goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import structlog

from workbench import review
from workbench.errors import NotReadyError, Sentence, StaleDocumentError
from workbench.flow.people import REVIEW_LEASE_SECONDS, account, any_of
from workbench.flow.work import Work
from workbench.model import (
    Decision,
    Document,
    ParkedAs,
    Parking,
    Person,
    Review,
    Role,
    Stage,
    Trace,
    now,
)
from workbench.store import Choice

_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_ANSWERING = (Role.APPROVER, Role.MANAGER)
_BACK = {Stage.REVIEWED, Stage.REJECTED}  # where a reviewer's own decision leads

log = structlog.get_logger()


# --- put aside ---------------------------------------------------------------------------------


def put_aside(
    work: Work, document: str, how: ParkedAs, *, by: str, reason: str = "", key: str
) -> None:
    """Put a document aside with all that was done to it; escalating needs a reason.

    `key` is the client's own id: sent twice it is one. Raises StaleDocumentError when it has gone
    on or lies on another desk.
    """
    review.must(account(work, by), Role.REVIEWER)
    if how is ParkedAs.ESCALATED and not reason.strip():
        raise NotReadyError("A reason is needed.", "Write in a few words why.")
    work.store.park(
        Parking(id=key, document=document, how=how, by=by, at=now(), reason=reason.strip())
    )
    log.info("document.put_aside", document=document, how=how.value)


def take_up(work: Work, parking: str, *, by: str) -> None:
    """Lay what was put aside on one's own desk again."""
    review.must(account(work, by), Role.REVIEWER)
    _take_up(work, parking, by=by, holder=by)


def answer(work: Work, parking: str, *, by: str, text: str) -> None:
    """Answer what was escalated: it comes back to whoever escalated it, with the answer on top."""
    any_of(account(work, by), *_ANSWERING)
    if not text.strip():
        raise NotReadyError("An answer is needed.", "Write in a few words what to do.")
    asked = work.store.parking(parking)
    if asked is None or asked.how is not ParkedAs.ESCALATED:
        raise StaleDocumentError
    _take_up(work, parking, by=by, holder=None, answer=text.strip())
    work.store.assign([asked.document], to=asked.by)


def _take_up(work: Work, parking: str, *, by: str, holder: str | None, answer: str = "") -> None:
    work.store.unpark(
        parking, by=by, at=now(), answer=answer, holder=holder, seconds=REVIEW_LEASE_SECONDS
    )


# --- taking a decision back ----------------------------------------------------------------------


def take_back(work: Work, document: str, *, by: str, key: str) -> Document:
    """Undo one's own last decision on a document; without a document, the last one of today.

    It lies on the person's desk again, with every act as it was. `key` is the client's own id: sent
    twice it is one. Raises NotReadyError with the reason why it cannot be undone any more.
    """
    review.must(account(work, by), Role.REVIEWER)
    parked = [p for p in work.store.parkings(document) if not p.settled_by and p.by == by]
    if parked:
        _take_up(work, parked[-1].id, by=by, holder=by)
        found = work.store.document(document)
        assert found is not None  # noqa: S101 - it lay aside just now
        return found
    found = work.store.document(document) if document else _last_decided(work, by)
    if found is None:
        raise NotReadyError("There is nothing of yours to undo.", "")
    reviews = work.store.reviews(found.id)
    if any(kept.id == key for kept in reviews):
        return found
    _may_take_back(found, reviews, by)
    at = now()
    return work.store.move(
        found,
        Stage.PROPOSED,
        by=by,
        at=at,
        rows=[
            Review(
                id=key,
                document=found.id,
                by=by,
                duty="review",
                decision=Decision.TAKEN_BACK,
                revision=found.revision,
                at=at,
            )
        ],
        lease_by=by,
        lease_until=at + timedelta(seconds=REVIEW_LEASE_SECONDS),
    )


def _last_decided(work: Work, by: str) -> Document | None:
    for sitting in reversed(_standing(work.store.sittings(by, since=_today()))):
        document = work.store.document(sitting.document)
        if document is not None and document.stage in _BACK:
            return document
    return None


def _may_take_back(document: Document, reviews: Sequence[Review], by: str) -> None:
    if document.stage not in _BACK:
        raise NotReadyError(
            "This document was approved or taken on; the decision can no longer be undone.",
            "Tell an approver if something in it is wrong.",
        )
    last = reviews[-1] if reviews else None
    if last is None or last.by != by or last.duty != "review":
        raise NotReadyError(
            "Somebody else has decided on this document since; your decision cannot be undone.",
            "Tell an approver if something in it is wrong.",
        )


# --- whose work it is ----------------------------------------------------------------------------


def assign(work: Work, documents: Sequence[str], *, to: str, by: str) -> int:
    """Reserve documents in review for one reviewer, or for anybody; how many."""
    review.must(account(work, by), Role.MANAGER)
    if to:
        review.must(account(work, to), Role.REVIEWER)
    return work.store.assign(documents, to=to)


def weigh(work: Work, batch: str, *, priority: int, by: str) -> int:
    """Let a batch's documents come earlier or later; how many."""
    review.must(account(work, by), Role.MANAGER)
    return work.store.weigh(batch, priority=priority)


def choose(work: Work, choice: Choice, *, by: str) -> None:
    """Wish for other documents on one's desk: what lies there goes back, as it is."""
    review.must(account(work, by), Role.REVIEWER)
    work.store.prefer(by, "queue", choice.as_json())
    work.store.give_back(by)


def stay(work: Work, *, by: str) -> None:
    """Keep what lies on one's desk there for another while."""
    work.store.prolong(by, seconds=REVIEW_LEASE_SECONDS, at=now())


def give_back(work: Work, *, by: str) -> None:
    """Free what lies on one's desk; what was done with it is kept."""
    freed = work.store.give_back(by)
    log.info("desk.given_back", documents=freed)


# --- what is told ------------------------------------------------------------------------------


def what_happened(work: Work, document: str, *, by: str) -> Sentence:
    """What somebody else did with a document while `by` looked at it."""
    found = work.store.document(document)
    if found is None:
        return Sentence("This document is not there any more.")
    reviews = [r for r in work.store.reviews(document) if r.by != by]
    if found.stage is not Stage.PROPOSED and reviews:
        return Sentence(
            "{who} decided on this document at {time}.",
            {"who": _shown(work, reviews[-1].by), "time": _clock(reviews[-1].at)},
        )
    if found.parked:
        parking = work.store.parkings(document)[-1]
        return Sentence(
            "{who} put this document aside at {time}.",
            {"who": _shown(work, parking.by), "time": _clock(parking.at)},
        )
    acts = [c for c in work.store.corrections(document) if c.by != by]
    if acts and acts[-1].by == found.lease_by:
        theirs = {c.field for c in acts if c.by == acts[-1].by}
        return Sentence(
            "{who} is working on this document: {n} fields looked at, the last at {time}.",
            {
                "who": _shown(work, acts[-1].by), "n": len(theirs),
                "time": _clock(acts[-1].at),
            },
        )  # fmt: skip
    if found.lease_by and found.lease_by != by:
        return Sentence(
            "{who} has this document on the desk now.", {"who": _shown(work, found.lease_by)}
        )
    return Sentence("Somebody else changed this document while you looked at it.")


@dataclass(frozen=True, slots=True)
class Day:
    """A reviewer's own day so far, for nobody else's eyes."""

    done: int  # documents decided on, without what was taken back
    seconds: float | None  # median active time of one


def day(work: Work, *, by: str) -> Day:
    """How this reviewer's day goes."""
    sittings = _standing(work.store.sittings(by, since=_today()))
    times = [s.milliseconds / 1000 for s in sittings if s.milliseconds]
    return Day(len(sittings), median(times) if times else None)


def left(work: Work, *, by: str) -> int:
    """How many documents wait that this reviewer may get, as they chose."""
    return work.store.left_for(by, work.store.choice(by))


def answers(work: Work, document: str) -> list[tuple[str, str]]:
    """What was answered to a document's escalations, oldest first: who, and the words."""
    return [
        (_shown(work, p.settled_by), p.answer) for p in work.store.parkings(document) if p.answer
    ]


def note(work: Work, traces: Sequence[Trace]) -> None:
    """Keep what sittings were like; each once."""
    if traces:
        work.store.note(traces)


def _standing(sittings: Sequence[Review]) -> list[Review]:
    """The decisions that were not taken back, oldest first."""
    standing: list[Review] = []
    for sitting in sittings:
        if sitting.decision is not Decision.TAKEN_BACK:
            standing.append(sitting)
            continue
        last = next((s for s in reversed(standing) if s.document == sitting.document), None)
        if last is not None:
            standing.remove(last)
    return standing


def _today() -> datetime:
    return now().astimezone(_VIETNAM).replace(hour=0, minute=0, second=0, microsecond=0)


def _clock(at: datetime) -> str:
    return f"{at.astimezone(_VIETNAM):%H:%M}"


def _shown(work: Work, name: str) -> str:
    person: Person | None = work.store.person(name)
    return person.shown_as if person else name
