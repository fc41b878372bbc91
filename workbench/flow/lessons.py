"""What people's corrections teach: fields with their votes, and what really stood there."""

from __future__ import annotations

from collections.abc import Iterator

from workbench import review
from workbench.flow.work import Work
from workbench.learning import Label
from workbench.model import Act, Stage

_TOLD = frozenset((Act.ACCEPT, Act.CANDIDATE, Act.EDIT))  # acts that say what stands on the paper
_JUDGED = (Stage.REVIEWED, Stage.APPROVED, Stage.SIGNED, Stage.EXPORTED)


def lessons(work: Work) -> Iterator[Label]:
    """Every field of a reviewed document that a person looked at, as it stands now.

    A field that was accepted unseen is here only where somebody looked at it all the same: what
    nobody has seen teaches nothing.
    """
    for stage in _JUDGED:
        for document in work.store.documents(stage=stage, limit=1_000_000):
            votes = work.store.votes(document)
            if not votes or document.template_digest is None:
                continue
            template = work.template(document.template_digest)
            acts = review.standing(work.store.corrections(document.id))
            accepted = {p.field for p in work.store.proposals(document.id) if p.accepted}
            for field, act in acts.items():
                if act.act in _TOLD and votes.get(field):
                    yield Label(
                        document.id, votes[field], template.spec(field), act.after,
                        field in accepted,
                    )  # fmt: skip
