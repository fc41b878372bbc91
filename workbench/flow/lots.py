"""Many seals with one key: drawn side by side, signed one after another, each kept at once.

What one session signed and kept stays kept: killed on the way, the next one goes on with the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import structlog

from workbench.errors import SigningError, WorkbenchError
from workbench.flow.claimed import Claimed
from workbench.flow.machine import claim, outcome
from workbench.flow.sealing import Draft, draft, keep_sealed
from workbench.flow.work import Work
from workbench.model import Asked, Document, Stage, Unsealed, new_id

_CLAIMED = 16  # a machine that dies leaves no more than these leased behind

log = structlog.get_logger()


def seal_lot(
    work: Work, *, holder: str, stop: Callable[[], bool] = lambda: False
) -> Iterator[Document]:
    """Seal every paper that was ordered, until none is left or `stop` says so; each as it is kept.

    What goes wrong with one paper is told on it. What goes wrong with the key ends it all: papers
    under way are given back and the SigningError is raised.
    """
    signer = work.signer
    taken: dict[str, Document] = {}
    lot: dict[str, tuple[Document, Unsealed]] = {}
    try:
        drawn = work.executor.run(Draft.draw, _drafts(work, taken, holder=holder, stop=stop))
        for drafted, pdf in drawn:
            document = taken.pop(drafted.approved.record.document)
            with outcome(work, Claimed(document, holder)):
                if isinstance(pdf, WorkbenchError):
                    raise pdf
                lot[document.id] = document, signer.prepare(drafted.approved, pdf, drafted.sealing)
            if len(lot) >= signer.at_once:
                yield from _signed(work, lot, holder=holder)
                lot.clear()
        if lot:
            yield from _signed(work, lot, holder=holder)
    finally:
        work.store.free(holder)


def _drafts(
    work: Work, taken: dict[str, Document], *, holder: str, stop: Callable[[], bool]
) -> Iterator[Draft]:
    """What is to be drawn, claimed a few at a time; `taken` notes whose each is."""
    while not stop():
        found = claim(work, holder=holder, stages=(Stage.APPROVED,), limit=_CLAIMED)
        if not found:
            return
        for document in found:
            drafted = None
            with outcome(work, Claimed(document, holder)):
                drafted = draft(work, document)
            if drafted is not None:
                taken[document.id] = document
                yield drafted


def _signed(
    work: Work, lot: Mapping[str, tuple[Document, Unsealed]], *, holder: str
) -> Iterator[Document]:
    """One order to the key for the whole lot; each paper is held against its answer and kept."""
    papers = {key: unsealed for key, (_, unsealed) in lot.items()}
    signatures = work.signer.order(papers, transaction=new_id())
    if isinstance(signatures, Asked):
        raise SigningError(
            "This key has to be confirmed elsewhere.",
            "Order the seals in the app; the worker asks for them.",
        )
    for key, (document, unsealed) in lot.items():
        with outcome(work, Claimed(document, holder)):
            signed = work.signer.finish(unsealed, signatures[key])
            keep_sealed(work, document, signed, holder=holder)
            yield document
