"""Records without a scan before an approver: a batch at a time, after a sample drawn by lot.

There is no image to hold a record against, so what an approver can see is the list with its
findings, and some records in full. Which, a kept seed says: drawn again it is the same sample.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from workbench import review
from workbench.errors import NotReadyError, Sentence, WorkbenchError
from workbench.flow.people import account, approve
from workbench.flow.work import Work
from workbench.model import Document, Origin, Role, Sample, Stage, now

log = structlog.get_logger()

WITHOUT_SCAN = (Origin.TYPED, Origin.TABLE, Origin.DATABASE)
_MOST = 100_000  # records of one batch


@dataclass(frozen=True, slots=True)
class Approval:
    """What became of a batch: how many were approved, and why others were not."""

    approved: int
    refused: tuple[tuple[Document, Sentence], ...]


def waiting(work: Work, batch: str, *, by: str) -> list[Document]:
    """The records of a batch that this person may approve, in their order."""
    review.must(account(work, by), Role.APPROVER)
    found = work.store.documents(stage=Stage.REVIEWED, batch=batch, untouched_by=by, limit=_MOST)
    return [document for document in found if document.origin in WITHOUT_SCAN]


def draw(work: Work, batch: str, *, size: int, seed: int, by: str) -> Sample:
    """Draw records of a batch by lot for this person to look at; the seed is kept with them."""
    among = waiting(work, batch, by=by)
    if not among:
        raise NotReadyError("Nothing in this batch waits for you.", "Choose another batch.")
    sample = Sample(
        batch=batch,
        seed=seed,
        among=len(among),
        documents=drawn([document.id for document in among], size=size, seed=seed),
        by=by,
        at=now(),
    )
    work.store.add(sample)
    log.info("sample.drawn", batch=batch, seed=seed, size=len(sample.documents), among=len(among))
    return sample


def drawn(documents: Sequence[str], *, size: int, seed: int) -> list[str]:
    """`size` of these, in their order: the same for the same documents and seed, on any machine."""
    chosen = random.Random(seed).sample(range(len(documents)), min(size, len(documents)))  # noqa: S311 - a lot that can be drawn again, no secret
    return [documents[place] for place in sorted(chosen)]


def standing_sample(work: Work, batch: str, *, by: str) -> Sample | None:
    """The sample this person drew last of a batch, while some of it still waits."""
    mine = [sample for sample in work.store.samples(batch) if sample.by == by]
    if not mine:
        return None
    there = {document.id for document in covered(waiting(work, batch, by=by), mine[-1])}
    return mine[-1] if there & set(mine[-1].documents) else None


def covered(documents: Sequence[Document], sample: Sample) -> list[Document]:
    """The records that a sample was drawn among: as they were then, and none that came later."""
    return [document for document in documents if document.changed_at <= sample.at]


def approve_batch(work: Work, batch: str, *, by: str) -> Approval:
    """Approve every record of a batch that this person's sample was drawn among, each by itself.

    Raises NotReadyError until they have drawn a sample and opened every record of it. A record
    that may not be approved is left where it is, with the reason; what came or changed after the
    sample was drawn waits for the next one.
    """
    sample = standing_sample(work, batch, by=by)
    if sample is None:
        raise NotReadyError("No sample was drawn yet.", "Draw one and look at its records first.")
    among = covered(waiting(work, batch, by=by), sample)
    there = {document.id for document in among}
    if unseen := (set(sample.documents) & there) - set(sample.looked):
        raise NotReadyError(
            "{n} records of the sample were not opened yet.",
            "Open each of them, then approve the batch.",
            n=len(unseen),
        )
    approved, refused = 0, []
    for document in among:
        try:
            approve(work, document.id, by=by, revision=document.revision)
            approved += 1
        except WorkbenchError as error:
            refused.append((document, error.message))
    log.info("batch.approved", batch=batch, approved=approved, refused=len(refused))
    return Approval(approved, tuple(refused))
