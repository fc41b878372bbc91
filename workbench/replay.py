"""What if: the recorded readings of reviewed papers, counted again under another choice.

Another threshold, an engine left out or heard alone, another version of the template: the votes
that were kept are reconciled by the very code that reads papers, and held against what people
settled. Nothing is read again. A value that nobody looked at counts as settled, so errors that
were never found stay hidden: the number let through is a lower bound.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from workbench import reconciliation, validation
from workbench.lab import Answer, Share, Truth
from workbench.model import Severity
from workbench.reconciliation import Vote
from workbench.template import Template

_DRAWS = 400  # for the interval of the minutes
_SPARE = 4.0  # seconds a field takes where nobody's time was recorded at all


@dataclass(frozen=True, slots=True)
class RecordedField:
    """One field as it was read and settled; `seconds` a person spent on it, 0 for none."""

    name: str
    votes: tuple[Vote, ...]
    given: Answer  # what was proposed then
    truth: Truth
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """A reviewed paper with all that was counted when it was read."""

    template: Template
    fields: tuple[RecordedField, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """What is changed; None leaves it as it is.

    `engines`: only these are heard. `threshold`: a value is accepted unseen from this probability
    on, unless a rule speaks against it. `templates`: by kind, in the place of those recorded.
    """

    engines: frozenset[str] | None = None
    threshold: float | None = None
    templates: Mapping[str, Template] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a choice; every share with its cases."""

    papers: int
    right: Share  # values as settled, of all fields
    accepted: Share  # fields no person would look at, of all fields
    let_through: Share  # wrong values among those accepted
    minutes: float  # of reviewers on fields, for these papers


@dataclass(frozen=True, slots=True)
class Compared:
    """A choice beside what is done now, over the same papers."""

    now: Outcome
    then: Outcome
    saved: float  # reviewers' minutes a hundred papers; negative: it costs more
    saved_between: tuple[float, float]  # 95 of 100 draws of as many papers


def engines_of(papers: Sequence[Recorded]) -> tuple[str, ...]:
    """The engines whose votes were recorded."""
    return tuple(sorted({vote.engine for p in papers for f in p.fields for vote in f.votes}))


def compare(papers: Sequence[Recorded], choice: Choice, *, seed: int = 0) -> Compared | None:
    """The choice against the way it is now; None where there is no paper to count."""
    if not papers:
        return None
    usual = _usual_seconds(papers)
    now = [_count(paper, Choice(), usual) for paper in papers]
    then = [_count(paper, choice, usual) for paper in papers]
    saved = np.array([a.seconds - b.seconds for a, b in zip(now, then, strict=True)]) / 60 * 100
    dice = np.random.default_rng(seed)
    draws = saved[dice.integers(0, len(saved), (_DRAWS, len(saved)))].mean(axis=1)
    low, high = np.quantile(draws, (0.025, 0.975))
    return Compared(_sum(now), _sum(then), float(saved.mean()), (float(low), float(high)))


@dataclass(frozen=True, slots=True)
class _Count:
    fields: int
    right: int
    accepted: int
    wrong: int
    seconds: float


def _usual_seconds(papers: Sequence[Recorded]) -> float:
    spent = [f.seconds for paper in papers for f in paper.fields if f.seconds > 0]
    return median(spent) if spent else _SPARE


def _count(paper: Recorded, choice: Choice, usual: float) -> _Count:
    answers = _answers(paper, choice)
    right = accepted = wrong = 0
    seconds = 0.0
    for field in paper.fields:
        answer = answers[field.name]
        met = field.truth.is_met_by(answer)
        right += met
        accepted += answer.accepted
        wrong += answer.accepted and not met
        if not answer.accepted:
            seconds += field.seconds or usual
    return _Count(len(paper.fields), right, accepted, wrong, seconds)


def _answers(paper: Recorded, choice: Choice) -> dict[str, Answer]:
    """What would have been proposed, rules included."""
    templates = choice.templates or {}
    template = templates.get(paper.template.id, paper.template)
    known = _fields_known(paper, template)
    answers: dict[str, Answer] = {}
    for field in paper.fields:
        votes = _heard(field.votes, choice.engines)
        if not field.votes or field.name not in known:
            # The form itself says it, or the other version does not ask for it.
            answers[field.name] = field.given
            continue
        told = reconciliation.reconcile(votes, template.spec(field.name))
        accepted = told.accepted
        if choice.threshold is not None:
            accepted = bool(told.value) and told.confidence >= choice.threshold
        answers[field.name] = Answer(told.value, told.normalised, accepted)
    found = validation.validate({n: answers[n].normalised for n in answers if n in known}, template)
    doubted = {n for f in found if f.severity is not Severity.INFORMATION for n in f.fields}
    return {
        name: Answer(answer.value, answer.normalised, answer.accepted and name not in doubted)
        for name, answer in answers.items()
    }


def _fields_known(paper: Recorded, template: Template) -> frozenset[str]:
    known = []
    for field in paper.fields:
        try:
            template.spec(field.name)
        except KeyError:
            continue
        known.append(field.name)
    return frozenset(known)


def _heard(votes: Sequence[Vote], engines: Collection[str] | None) -> list[Vote]:
    return [vote for vote in votes if engines is None or vote.engine in engines]


def _sum(counts: Sequence[_Count]) -> Outcome:
    fields = sum(count.fields for count in counts)
    accepted = sum(count.accepted for count in counts)
    return Outcome(
        papers=len(counts),
        right=Share(sum(count.right for count in counts), fields),
        accepted=Share(accepted, fields),
        let_through=Share(sum(count.wrong for count in counts), accepted),
        minutes=sum(count.seconds for count in counts) / 60,
    )
