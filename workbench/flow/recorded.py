"""Reviewed papers with the votes that were kept when they were read, to be counted again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from workbench import review
from workbench.lab import Answer, Truth
from workbench.replay import Recorded, RecordedField
from workbench.store import Store
from workbench.template import Template


class _Work(Protocol):
    @property
    def store(self) -> Store: ...

    def template(self, digest: str) -> Template: ...


def recorded(work: _Work, documents: Iterable[str]) -> tuple[Recorded, ...]:
    """The papers of these ids whose votes were kept; others are left out."""
    found = []
    for id_ in documents:
        document = work.store.document(id_)
        if document is None or document.template_digest is None:
            continue
        votes = work.store.votes(document)
        if not votes:
            continue
        acts = work.store.corrections(id_)
        standing = review.standing(acts)
        spent: dict[str, float] = {}
        for act in acts:
            spent[act.field] = spent.get(act.field, 0.0) + act.milliseconds / 1000
        template = work.template(document.template_digest)
        fields = []
        for proposal in work.store.proposals(id_):
            value, normalised = review.value_of(proposal, standing.get(proposal.field))
            fields.append(
                RecordedField(
                    name=proposal.field,
                    votes=tuple(votes.get(proposal.field, ())),
                    given=Answer(proposal.value, proposal.normalised, proposal.accepted),
                    truth=Truth(
                        value, normalised, is_date=template.spec(proposal.field).kind == "date"
                    ),
                    seconds=spent.get(proposal.field, 0.0),
                )
            )
        found.append(Recorded(template, tuple(fields)))
    return tuple(found)
