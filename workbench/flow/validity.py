"""How long a paper holds, what ended it, and which paper came after it.

What is printed stands until a person says otherwise; what a person says is kept with the reason,
and nothing is taken away. Of a chain of papers that replaced one another only the last holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import structlog

from workbench import vietnamese
from workbench.errors import NotReadyError
from workbench.flow.claimed import words_by_page
from workbench.flow.lasting import UNTIL
from workbench.flow.lasting import Holding as Holding
from workbench.flow.lasting import State as State
from workbench.flow.lasting import of as of
from workbench.flow.lasting import of_many as of_many
from workbench.flow.people import account, any_of
from workbench.flow.work import Work
from workbench.model import (
    Document,
    Ending,
    EndStatement,
    Role,
    TermStatement,
    Validity,
    day,
    new_id,
    now,
)
from workbench.store import standing

# Field-standard names: the same in every template.
_NUMBER: Final = "so"
_ISSUER: Final = "co_quan_cap"
_ISSUED: Final = "ngay_cap"
_OF_THE_HOLDER: Final = ("so_dkkd", "so_giay_to")  # numbers that name one holder
_REPLACES = re.compile(
    r"thay thế.{0,80}?số\s*:?\s*(\d{1,6}[A-Za-z]?\s*/\s*[\wĐđ./-]*[\wĐđ])", re.IGNORECASE
)

log = structlog.get_logger()


# --- what people say -----------------------------------------------------------------------------


def state_term(
    work: Work,
    document: str,
    validity: Validity,
    *,
    by: str,
    reason: str,
    until: date | None = None,
    linked_to: str = "",
    key: str = "",
) -> Holding:
    """Say how long a document holds; UNSTATED takes back what was said, and print counts again."""
    _may(work, document, by, reason)
    if validity in (Validity.UNTIL, Validity.LINKED) and until is None:
        raise NotReadyError("The last day is missing.", "Give the last day on which it holds.")
    if validity is Validity.LINKED and not linked_to.strip():
        raise NotReadyError("The other licence is missing.", "Give the number of that licence.")
    ends = validity in (Validity.UNTIL, Validity.LINKED)
    work.store.add(
        TermStatement(
            id=key or new_id(),
            document=document,
            validity=validity,
            until=until if ends else None,
            linked_to=vietnamese.nfc(linked_to) if validity is Validity.LINKED else "",
            reason=reason.strip(),
            by=by,
            at=now(),
        )
    )
    log.info("validity.stated", document=document, validity=validity.value)
    return of(work, document)


def state_end(
    work: Work,
    document: str,
    ending: Ending,
    *,
    by: str,
    reason: str,
    ended: date | None = None,
    successor: str = "",
    key: str = "",
) -> Holding:
    """Say what ended a document, and which stands in its place; STANDS takes it back.

    Raises NotReadyError where the successor is missing, unknown, or stands before it already.
    """
    _may(work, document, by, reason)
    if ending.names_successor:
        if not successor or work.store.document(successor) is None:
            raise NotReadyError(
                "The paper that took its place is missing.", "Choose the newer paper."
            )
        if document in (successor, *(d.id for d in _after(work, successor))):
            raise NotReadyError(
                "A paper cannot take the place of one that took its own.", "Choose the newer paper."
            )
    work.store.add(
        EndStatement(
            id=key or new_id(),
            document=document,
            ending=ending,
            ended=ended if ending is not Ending.STANDS else None,
            successor=successor if ending.names_successor else "",
            reason=reason.strip(),
            by=by,
            at=now(),
        )
    )
    log.info("validity.ended", document=document, ending=ending.value)
    return of(work, document)


def _may(work: Work, document: str, by: str, reason: str) -> None:
    any_of(account(work, by), Role.REVIEWER, Role.APPROVER)
    if work.store.document(document) is None:
        raise NotReadyError("There is no such document.", "Open it from the list.")
    if not reason.strip():
        raise NotReadyError("A reason is needed.", "Write in a few words why.")


# --- chains --------------------------------------------------------------------------------------


def chain(work: Work, document: str) -> tuple[Document, ...]:
    """The papers that replaced one another with this one among them, oldest first.

    Only the last can hold. Where several were replaced by one, all of them stand before it.
    """
    here = work.store.document(document)
    if here is None:
        return ()
    before: list[Document] = []
    open_, seen = [document], {document}
    while open_:
        stated = [d for d in standing.predecessors(work.store, open_.pop()) if d not in seen]
        held = of_many(work, stated, {d: {} for d in stated})
        for key in stated:
            found = work.store.document(key)
            # Somebody may have taken back that it was replaced.
            if found is not None and held[key].successor in seen:
                seen.add(key)
                before.insert(0, found)
                open_.append(key)
    return (*before, here, *_after(work, document))


def _after(work: Work, document: str) -> tuple[Document, ...]:
    found: list[Document] = []
    seen, key = {document}, of(work, document, {}).successor
    while key and key not in seen:
        seen.add(key)
        newer = work.store.document(key)
        if newer is None:
            break
        found.append(newer)
        key = of(work, key, {}).successor
    return tuple(found)


class Because(StrEnum):
    """Why one paper may stand in the place of another."""

    PRINTED = "printed"  # it says so: "thay thế giấy … số …"
    NUMBER = "number"  # the same number of the same issuer, on another day
    HOLDER = "holder"  # the same kind of paper for the same holder


@dataclass(frozen=True, slots=True)
class Proposed:
    """Two papers of which the newer may stand in the older one's place; a person decides."""

    older: str
    newer: str
    because: Because


def proposed(work: Work, document: str) -> tuple[Proposed, ...]:
    """The successions that this document may be part of and nobody has spoken of."""
    here = work.store.document(document)
    if here is None or here.kind is None:
        return ()
    fields = (_NUMBER, _ISSUER, _ISSUED, *_OF_THE_HOLDER)
    own = standing.values(work.store, [document], fields).get(document, {})
    reasons: dict[str, Because] = {}
    for number in replaced_numbers(work, here):
        for key in standing.saying(work.store, [number], [_NUMBER], but=document):
            reasons.setdefault(key, Because.PRINTED)
    if own_number := own.get(_NUMBER):
        for key in standing.saying(work.store, [own_number], [_NUMBER], but=document):
            reasons.setdefault(key, Because.NUMBER)
    if here.holder:
        for key in standing.held_by(work.store, here.holder, kind=here.kind, but=document):
            reasons.setdefault(key, Because.HOLDER)
    numbers = [own[name] for name in _OF_THE_HOLDER if own.get(name)]
    for key in standing.saying(work.store, numbers, _OF_THE_HOLDER, but=document):
        reasons.setdefault(key, Because.HOLDER)
    others = standing.values(work.store, reasons, fields)
    papers = standing.known(work.store, reasons)
    ends = standing.ends(work.store, [document, *reasons])
    spoken = {s.successor for s in ends.get(document, ())}
    found = []
    for key, because in reasons.items():
        theirs = others.get(key, {})
        if key not in papers or papers[key].kind != here.kind or key in spoken:
            continue
        if any(s.successor in ("", document) for s in ends.get(key, ())) or not _alike(
            own, theirs, because
        ):
            continue
        days = day(own.get(_ISSUED, "")), day(theirs.get(_ISSUED, ""))
        if days[0] is None or days[1] is None or days[0] == days[1]:
            continue
        older, newer = (key, document) if days[1] < days[0] else (document, key)
        found.append(Proposed(older, newer, because))
    return tuple(found)


def _alike(own: Mapping[str, str], theirs: Mapping[str, str], because: Because) -> bool:
    if because is not Because.NUMBER:
        return True
    return own.get(_NUMBER) == theirs.get(_NUMBER) and vietnamese.key(
        own.get(_ISSUER, "")
    ) == vietnamese.key(theirs.get(_ISSUER, ""))


def replaced_numbers(work: Work, document: Document) -> tuple[str, ...]:
    """The numbers that a paper itself says it replaces, as any engine read them."""
    found: dict[str, None] = {}
    for page in words_by_page(work, document).values():
        for words in page.values():
            text = vietnamese.nfc(" ".join(word.text for word in words))
            for number in _REPLACES.findall(text):
                found[re.sub(r"\s", "", number)] = None
    return tuple(found)


# --- what ends soon ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Expiring:
    """A paper whose last day is near."""

    document: Document
    until: date


def expiring(work: Work, *, on: date, days: int, unit: str | None = None) -> tuple[Expiring, ...]:
    """The papers that hold now and end within so many days, the nearest first."""
    last = on + timedelta(days=days)
    keys = {
        *standing.dated(work.store, on, last, UNTIL),
        *standing.stated_between(work.store, on, last),
    }
    papers = standing.known(work.store, keys)
    held = of_many(work, list(papers))
    found = [
        Expiring(paper, until)
        for key, paper in papers.items()
        if unit in (None, paper.unit)
        and held[key].state(on) is State.HOLDS
        and (until := held[key].until) is not None
        and on <= until <= last
    ]
    return tuple(sorted(found, key=lambda e: (e.until, e.document.created_at, e.document.id)))
