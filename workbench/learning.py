"""Learning from fields whose truth is known how often readings and proposals are right.

The truth is a known one (`truth.jsonl`), or what people made of proposals at a site. A site's own
curves replace those it started from only where they rest on enough readings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from workbench import calibration, reconciliation, vietnamese
from workbench.calibration import Calibration, Read, Reliability
from workbench.reconciliation import Vote
from workbench.template import FieldSpec

ENOUGH_PROPOSALS: Final = 1000  # under which the odds of proposals stay those it started from
_FOLDS: Final = 5


@dataclass(frozen=True, slots=True)
class Label:
    """A field that was voted on, and what really stands there; `paper` names its document."""

    paper: str
    votes: tuple[Vote, ...]
    spec: FieldSpec
    truth: str
    accepted: bool = False  # was accepted unseen, and checked all the same

    def is_met_by(self, value: str) -> bool:
        """Whether `value` is the truth; dates are compared as dates."""
        said, true = (vietnamese.normalise(v, self.spec.kind) for v in (value, self.truth))
        return vietnamese.key(said) == vietnamese.key(true)


def learn(
    labels: Sequence[Label], base: Calibration | None, *, made: str, source: str
) -> Calibration:
    """A calibration from `labels`, on top of `base` where cells of it have too few readings.

    Fields that people look at are those in doubt: the odds of proposals are learned anew only
    where `labels` also hold enough that were accepted unseen, or where there is no `base`.
    """
    found = calibration.curves(_reads(labels))
    start = base or Calibration(made, source, {}, {}, 0)
    learned = Calibration(made, source, {**start.readings, **found}, start.factors, start.cases)
    audited = sum(label.accepted for label in labels)
    if base is None or (len(labels) >= ENOUGH_PROPOSALS and audited >= calibration.ENOUGH):
        told = [(label, _verdict(label, learned)) for label in labels]
        told = [(label, verdict) for label, verdict in told if verdict.seen]
        learned = replace(
            learned,
            factors=calibration.fit(
                [verdict.seen for _, verdict in told],
                [label.is_met_by(verdict.value) for label, verdict in told],
            ),
            cases=len(told),
        )
    return learned


def join(
    labels: Sequence[Label], base: Calibration, family: str, *, made: str, source: str
) -> Calibration:
    """`base` with a family that it did not know, or that changed; of the others all stays.

    So a new network is weighed by what it reads, on papers that need not be like those that the
    others were counted on.
    """
    mine = f"{family}/"
    found = calibration.curves(read for read in _reads(labels) if read[0] == family)
    kept = {cell: curve for cell, curve in base.readings.items() if not f"{cell}/".startswith(mine)}
    factors = {name: f for name, f in base.factors.items() if not name.endswith(f" {family}")}
    joined = Calibration(made, source, {**kept, **found}, factors, base.cases)
    told = [(label, _verdict(label, joined)) for label in labels]
    told = [(label, verdict) for label, verdict in told if verdict.seen]
    factors = calibration.fit(
        [verdict.seen for _, verdict in told],
        [label.is_met_by(verdict.value) for label, verdict in told],
        known=factors,
    )
    return replace(joined, factors=factors)


def proven(labels: Sequence[Label]) -> Reliability:
    """Told against true where no paper helped to judge itself: learned on the other four fifths."""
    papers = sorted({label.paper for label in labels})
    fold = {paper: number % _FOLDS for number, paper in enumerate(papers)}
    told: list[tuple[float, bool]] = []
    for number in range(_FOLDS):
        others = [label for label in labels if fold[label.paper] != number]
        mine = [label for label in labels if fold[label.paper] == number]
        if others and mine:
            told += judged(mine, learn(others, None, made="", source=""))
    return calibration.reliability(told)


def judged(labels: Sequence[Label], by: Calibration) -> list[tuple[float, bool]]:
    """For each field the probability told, and whether the proposal was right."""
    verdicts = [(label, _verdict(label, by)) for label in labels]
    return [(v.confidence, label.is_met_by(v.value)) for label, v in verdicts if v.seen]


def _verdict(label: Label, by: Calibration) -> reconciliation.Verdict:
    return reconciliation.reconcile(label.votes, label.spec, by)


def _reads(labels: Sequence[Label]) -> Iterator[Read]:
    for label in labels:
        group = calibration.group_of(label.spec.kind, label.spec.catalogue)
        for vote in label.votes:
            value = reconciliation.tidy(vote.value, label.spec)
            if vote.marks and vote.how == "strip" and vote.confidence is not None and value:
                right = label.is_met_by(value)
                yield vote.family, group, vote.level, vote.confidence, right
