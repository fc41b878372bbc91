"""The engine lab: which engine is right how often, and what the vote would be without it.

Counts again, with the very code that reconciles readings, the votes that were kept when a paper was
read. Nothing is read again and no engine runs, so a batch is judged in seconds.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from workbench import reconciliation, validation, vietnamese
from workbench.calibration import Calibration
from workbench.confusions import Confused, Confusion, confusions
from workbench.model import Severity
from workbench.reconciliation import Vote
from workbench.template import Template

_Z = 1.959964  # 95 % of a normal distribution lie within so many deviations

ALL = "all"


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, and between which shares the true one lies (Wilson, 95 %)."""

    right: int
    of: int

    @property
    def share(self) -> float:
        """0-1; 0 where there is no case."""
        return self.right / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's score interval (Wilson 1927): also sane near 0 and 1 and for few cases."""
        if not self.of:
            return 0.0, 1.0
        square = _Z * _Z / self.of
        middle = (self.share + square / 2) / (1 + square)
        half = _Z / (1 + square) * math.sqrt(self.share * (1 - self.share) / self.of
                                             + square / 4 / self.of)  # fmt: skip
        # At the ends the formula gives 0 and 1 but for rounding.
        low = 0.0 if self.right == 0 else max(0.0, middle - half)
        return low, 1.0 if self.right == self.of else min(1.0, middle + half)

    def as_json(self) -> dict[str, Any]:
        low, high = self.interval
        return {
            "right": self.right,
            "of": self.of,
            "share": round(self.share, 4),
            "low": round(low, 4),
            "high": round(high, 4),
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """What would stand in a field, and whether no person would be asked."""

    value: str
    normalised: str
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Truth:
    """What really stands in a field; dates are compared by their normal form."""

    value: str
    normalised: str
    is_date: bool = False

    def is_met_by(self, answer: Answer) -> bool:
        """Whether case, diacritics and all are right; one form of tone marks, dashes and spaces."""
        if self.is_date:
            return vietnamese.key(answer.normalised) == vietnamese.key(self.normalised)
        return vietnamese.key(answer.value) == vietnamese.key(self.value)


@dataclass(frozen=True, slots=True)
class ReadField:
    """One field of a paper as it was read: every vote on it, and what was proposed."""

    name: str
    votes: tuple[Vote, ...]
    given: Answer
    truth: Truth | None = None  # None: nobody knows, it only takes part in the rules
    cuts: tuple[str, ...] = ()  # the groups it is counted in, besides all
    seconds: Mapping[str, float] = field(default_factory=dict)  # engine -> CPU seconds


@dataclass(frozen=True)
class Paper:
    """A paper with its fields as read, or held (without template).

    `lost`: fields that stand on it and were not even sought, because it was held, taken for another
    kind or parted wrongly. `page_seconds`: engine -> CPU seconds, for each page.
    """

    template: Template | None
    fields: tuple[ReadField, ...]
    lost: tuple[ReadField, ...] = ()
    page_seconds: tuple[Mapping[str, float], ...] = ()
    calibration: Calibration | None = None  # what votes are weighed by; None: what is shipped


@dataclass(frozen=True, slots=True)
class Judged:
    """One field with a known truth: who was right, alone and together."""

    cuts: frozenset[str]
    given: bool
    accepted: bool
    again: bool  # right, counted by the code of today; what an engine adds is told from this
    accepted_again: bool
    moved: bool  # counted again, the votes do not give what was proposed then
    alone: Mapping[str, bool]  # engine that was asked -> right, had it been the only one
    without: Mapping[str, bool]  # engine -> right, had it not been there
    accepted_without: Mapping[str, bool]
    confused: Mapping[str, tuple[Confused, ...]]  # engine -> what it confused in its best reading


def recount(paper: Paper, engines: Iterable[str]) -> dict[str, Answer]:
    """What the vote of just these engines gives for each field of a paper, rules included."""
    template = paper.template
    if template is None:
        return {}
    heard = frozenset(engines)
    answers: dict[str, Answer] = {}
    for read in paper.fields:
        if not read.votes:
            # The form itself says it, or it is not on this copy: no engine had a hand in it.
            answers[read.name] = read.given
            continue
        votes = [vote for vote in read.votes if vote.engine in heard]
        told = reconciliation.reconcile(votes, template.spec(read.name), paper.calibration)
        answers[read.name] = Answer(told.value, told.normalised, told.accepted)
    found = validation.validate({name: a.normalised for name, a in answers.items()}, template)
    doubts = [f for f in found if f.severity is not Severity.INFORMATION]
    for name in {name for doubt in doubts for name in doubt.fields}:
        answers[name] = replace(answers[name], accepted=False)
    return answers


def judge(paper: Paper) -> tuple[Judged, ...]:
    """Every field of a paper whose truth is known."""
    engines = {vote.engine for read in paper.fields for vote in read.votes}
    together = recount(paper, engines)
    without = {engine: recount(paper, engines - {engine}) for engine in engines}
    judged: list[Judged] = []
    for read in (*paper.fields, *paper.lost):
        truth = read.truth
        if truth is None:
            continue
        asked = sorted({vote.engine for vote in read.votes})
        again = together.get(read.name, read.given)
        left = {e: answers.get(read.name, read.given) for e, answers in without.items()}
        judged.append(
            Judged(
                cuts=frozenset((ALL, *read.cuts)),
                given=truth.is_met_by(read.given),
                accepted=read.given.accepted,
                again=truth.is_met_by(again),
                accepted_again=again.accepted,
                moved=vietnamese.key(again.value) != vietnamese.key(read.given.value),
                alone={e: truth.is_met_by(_alone(paper, read, e)) for e in asked},
                without={e: truth.is_met_by(answer) for e, answer in left.items()},
                accepted_without={e: answer.accepted for e, answer in left.items()},
                confused={e: confusions(truth.value, _best_reading(read, e)) for e in asked},
            )
        )
    return tuple(judged)


def _alone(paper: Paper, read: ReadField, engine: str) -> Answer:
    """The engine's own answer, tidied and chosen from its own readings as the vote would."""
    if paper.template is None:
        return read.given
    spec = paper.template.spec(read.name)
    mine = [vote for vote in read.votes if vote.engine == engine]
    told = reconciliation.reconcile(mine, spec, paper.calibration)
    # One that writes no diacritics has no vote, but it did read something.
    value = told.value or told.candidates.get(engine, "")
    return Answer(value, vietnamese.normalise(value, spec.kind))


def _best_reading(read: ReadField, engine: str) -> str:
    """What the engine wrote, before anything was put right: from the strip, its surest."""
    mine = [vote for vote in read.votes if vote.engine == engine and vote.value]
    return max(
        mine,
        key=lambda vote: (vote.how != "page", vote.confidence or 0.0, vote.value),
        default=Vote(engine, "", "", ""),
    ).value


# --- figures -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EngineFigures:
    """One engine on one cut. It is set beside the vote on the fields that it was asked about."""

    engine: str
    alone: Share
    vote_there: Share  # the vote on those same fields
    without: Share  # the vote on the whole cut, had the engine not been there
    accepted_without: Share
    accepted_wrong_without: int

    def as_json(self) -> dict[str, Any]:
        return {
            "alone": self.alone.as_json(),
            "vote_on_the_same": self.vote_there.as_json(),
            "vote_without": self.without.as_json(),
            "accepted_without": self.accepted_without.as_json(),
            "accepted_wrong_without": self.accepted_wrong_without,
        }


@dataclass(frozen=True, slots=True)
class CutFigures:
    """The vote and every engine on one group of fields."""

    cut: str
    vote: Share  # as it was proposed
    again: Share  # as it would be voted now; what it would be without an engine compares with this
    accepted: Share  # of all fields, taken over unseen
    wrong: Share  # of those, how many are wrong
    engines: tuple[EngineFigures, ...]  # best first

    @property
    def best(self) -> EngineFigures | None:
        """The single engine that would do best."""
        return self.engines[0] if self.engines else None

    @property
    def beats(self) -> Literal["yes", "equal", "no"]:
        """Whether the vote gets more fields right than each engine alone, on the same fields."""
        ahead = [e.vote_there.right - e.alone.right for e in self.engines]
        if min(ahead, default=1) < 0:
            return "no"
        return "yes" if min(ahead, default=1) > 0 else "equal"

    def as_json(self) -> dict[str, Any]:
        return {
            "vote": self.vote.as_json(),
            "vote_counted_now": self.again.as_json(),
            "accepted": self.accepted.as_json(),
            "accepted_wrong": self.wrong.as_json(),
            "engines": {e.engine: e.as_json() for e in self.engines},
            "best_single": self.best.engine if self.best else None,
            "vote_beats_best_single": self.beats,
        }


@dataclass(frozen=True, slots=True)
class Cost:
    """What an engine costs: CPU seconds, and over how many pages and fields that was measured."""

    page: float
    pages: int
    field: float
    fields: int


class Lab:
    """All that was found out about a batch."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self.papers = len(papers)
        self.judged = tuple(one for paper in papers for one in judge(paper))
        self.costs = _costs(papers)

    @cached_property
    def engines(self) -> tuple[str, ...]:
        return tuple(sorted({e for one in self.judged for e in one.without}))

    @cached_property
    def cuts(self) -> tuple[str, ...]:
        """Every group that has a field in it, all first."""
        return (ALL, *sorted({cut for one in self.judged for cut in one.cuts} - {ALL}))

    @property
    def moved(self) -> int:
        """Fields on which a count by today's code gives another value than was proposed."""
        return sum(one.moved for one in self.judged)

    def on(self, cut: str = ALL) -> CutFigures:
        """The figures of one group of fields."""
        mine = [one for one in self.judged if cut in one.cuts]
        accepted = [one for one in mine if one.accepted]
        engines = [_of_engine(mine, engine) for engine in self.engines]
        return CutFigures(
            cut,
            _share(one.given for one in mine),
            _share(one.again for one in mine),
            Share(len(accepted), len(mine)),
            _share(not one.given for one in accepted),
            tuple(
                sorted((e for e in engines if e.alone.of), key=lambda e: (-e.alone.share, e.engine))
            ),
        )

    def confusions(self, cut: str = ALL) -> Mapping[str, Counter[Confusion]]:
        """Engine -> how often it confused what."""
        found: dict[str, Counter[Confusion]] = {engine: Counter() for engine in self.engines}
        for engine, confused in self._confused(cut):
            found[engine][confused.kind] += 1
        return found

    def pairs(self, cut: str = ALL) -> Mapping[Confusion, Counter[tuple[str, str]]]:
        """For each confusion the pairs of letters it was seen in, over all engines."""
        found: dict[Confusion, Counter[tuple[str, str]]] = defaultdict(Counter)
        for _, confused in self._confused(cut):
            if confused.true or confused.read:
                found[confused.kind][confused.true, confused.read] += 1
        return found

    def _confused(self, cut: str) -> Iterable[tuple[str, Confused]]:
        for one in self.judged:
            if cut in one.cuts:
                for engine, confused in one.confused.items():
                    yield from ((engine, c) for c in confused)

    def as_json(self) -> dict[str, Any]:
        return {
            "papers": self.papers,
            "fields": len(self.judged),
            "counted_differently_now": self.moved,
            "cuts": {cut: self.on(cut).as_json() for cut in self.cuts},
            "costs": {
                engine: {
                    "cpu_seconds_a_page": round(cost.page, 3),
                    "pages": cost.pages,
                    "cpu_seconds_a_field": round(cost.field, 4),
                    "fields": cost.fields,
                }
                for engine, cost in self.costs.items()
            },
            "confusions": {
                engine: {kind.value: n for kind, n in sorted(counted.items())}
                for engine, counted in self.confusions().items()
            },
        }


def _of_engine(mine: Sequence[Judged], engine: str) -> EngineFigures:
    # A field that no engine was asked about (its place was not found) counts against all alike.
    there = [one for one in mine if engine in one.alone or not one.alone]
    asked = any(engine in one.alone for one in mine)
    right = [one.without.get(engine, one.again) for one in mine]
    accepted = [one.accepted_without.get(engine, one.accepted_again) for one in mine]
    return EngineFigures(
        engine,
        _share(one.alone.get(engine, one.given) for one in there) if asked else Share(0, 0),
        _share(one.given for one in there),
        _share(right),
        _share(accepted),
        sum(a and not r for a, r in zip(accepted, right, strict=True)),
    )


def _costs(papers: Sequence[Paper]) -> dict[str, Cost]:
    pages: dict[str, list[float]] = defaultdict(list)
    fields: dict[str, list[float]] = defaultdict(list)
    for paper in papers:
        for seconds in paper.page_seconds:
            for engine, cost in seconds.items():
                pages[engine].append(cost)
        for read in paper.fields:
            for engine, cost in read.seconds.items():
                fields[engine].append(cost)
    return {
        engine: Cost(
            _mean(pages[engine]), len(pages[engine]), _mean(fields[engine]), len(fields[engine])
        )
        for engine in sorted(pages.keys() | fields.keys())
    }


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0


def _share(claims: Iterable[bool]) -> Share:
    told = list(claims)
    return Share(sum(told), len(told))
