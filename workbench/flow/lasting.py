"""How long a paper holds, as it is printed or as people said since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, TypeVar

from workbench.flow.work import Work
from workbench.model import Ending, EndStatement, StatedTerm, TermStatement, Validity, day
from workbench.store import standing

UNTIL: Final = "het_han"  # the same name in every template


class State(StrEnum):
    """How a paper stands on a day."""

    HOLDS = "holds"
    EXPIRED = "expired"
    ENDED = "ended"  # replaced, revoked or handed back
    UNSTATED = "unstated"  # nothing is printed of its term, and nobody has said that it has none


@dataclass(frozen=True, slots=True)
class Holding:
    """How long one paper holds, as it is printed or as people said since."""

    validity: Validity = Validity.UNSTATED
    until: date | None = None  # the last day
    linked_to: str = ""
    ending: Ending | None = None
    ended: date | None = None  # the first day on which it no longer holds; None: not known
    successor: str = ""  # the document that stands in its place
    term_by: str = ""  # empty: as printed
    term_reason: str = ""
    end_by: str = ""
    end_reason: str = ""

    def state(self, on: date) -> State:
        """How it stands on this day."""
        if self.ending is not None and (self.ended is None or self.ended <= on):
            return State.ENDED
        if self.until is not None and self.until < on:
            return State.EXPIRED
        return State.UNSTATED if self.validity is Validity.UNSTATED else State.HOLDS


def of(
    work: Work,
    document: str,
    printed: Mapping[str, str] | None = None,
    *,
    at: datetime | None = None,
) -> Holding:
    """How long a document holds. `printed`: its normal forms by field, where they are at hand;
    `at`: as people had said by this moment."""
    return of_many(work, [document], {document: printed} if printed is not None else None, at=at)[
        document
    ]


def of_many(
    work: Work,
    documents: Sequence[str],
    printed: Mapping[str, Mapping[str, str]] | None = None,
    *,
    at: datetime | None = None,
) -> dict[str, Holding]:
    """How long each of these documents holds, asked for together."""
    if printed is None:
        printed = standing.values(work.store, documents, (UNTIL,))
    terms = standing.terms(work.store, documents)
    ends = standing.ends(work.store, documents)
    return {
        document: _settled(
            printed.get(document, {}),
            _last(terms.get(document, ()), at),
            _last(ends.get(document, ()), at),
        )
        for document in documents
    }


_Said = TypeVar("_Said", TermStatement, EndStatement)


def _last(said: Iterable[_Said], at: datetime | None) -> _Said | None:
    by_then = [s for s in said if at is None or s.at <= at]
    return by_then[-1] if by_then else None


def _settled(
    printed: Mapping[str, str], term: TermStatement | None, end: EndStatement | None
) -> Holding:
    until = day(printed.get(UNTIL, ""))
    validity, linked_to = (Validity.UNTIL if until else Validity.UNSTATED), ""
    if term is not None and term.validity is not Validity.UNSTATED:
        validity, until, linked_to = term.validity, term.until, term.linked_to
    ended = end is not None and end.ending is not Ending.STANDS
    return Holding(
        validity=validity,
        until=until,
        linked_to=linked_to,
        ending=end.ending if end and ended else None,
        ended=end.ended if end and ended else None,
        successor=end.successor if end and ended else "",
        term_by=term.by if term else "",
        term_reason=term.reason if term else "",
        end_by=end.by if end else "",
        end_reason=end.reason if end else "",
    )


def stated(work: Work, document: str, *, at: datetime | None) -> StatedTerm | None:
    """What a person had said of a document's term by a moment, as a record keeps it; else None."""
    held = of(work, document, {}, at=at)
    if not held.term_by or held.validity is Validity.UNSTATED:
        return None
    until = held.until.isoformat() if held.until else ""
    return StatedTerm(held.validity.value, until, held.linked_to, held.term_reason, held.term_by)
