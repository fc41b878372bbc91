"""What a machine does to a document, one function a stage; a worker calls them in any process.

Each step keeps its results, its event and the new stage in one transaction. Killed halfway, the
document is claimed again when its lease runs out; what was read by then is kept and not read twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import structlog

from workbench.errors import (
    DepositError,
    MissingFileError,
    Sentence,
    SigningError,
    StaleDocumentError,
    StoppedError,
    StorageError,
    WorkbenchError,
    places,
)
from workbench.flow.claimed import LEASE_SECONDS, Claimed, hold
from workbench.flow.reading import propose, read
from workbench.flow.sealing import export, seal
from workbench.flow.work import Work
from workbench.model import (
    Document,
    Stage,
    now,
)
from workbench.store import MAX_ATTEMPTS

POSTPONED_SECONDS = 60.0
_OF_THE_SITE = (StorageError, DepositError, SigningError)

log = structlog.get_logger()


STEPS: dict[Stage, Callable[[Work, Claimed], None]] = {
    Stage.RECEIVED: read,
    Stage.READ: propose,
    Stage.APPROVED: seal,
    Stage.SIGNED: export,
}


def step(work: Work, document: Document, *, holder: str) -> None:
    """Move one claimed document one stage on, or hold it with the reason why not."""
    claimed = Claimed(document, holder)
    with outcome(work, claimed):
        STEPS[document.stage](work, claimed)


@contextmanager
def outcome(work: Work, claimed: Claimed) -> Iterator[None]:
    """Whatever goes wrong with one claimed document is told on it; others are not concerned."""
    document, holder = claimed.document, claimed.holder
    try:
        yield
    except StoppedError:
        work.store.free(holder)
    except StaleDocumentError:
        log.warning("document.lost", document=document.id, stage=document.stage)
        if not _lost(work, claimed):
            # Released, it waits for approval again and not for the seal that it cannot have.
            hold(
                work,
                claimed,
                Sentence("The record is not the one that was approved; it was not sealed."),
                Sentence("Send it back; it then waits for approval again."),
                held_at=Stage.REVIEWED,
            )
    except _OF_THE_SITE as error:
        if isinstance(error, MissingFileError):
            hold(work, claimed, error.message, error.remedy)
            return
        # A full disk, a missing key, a closed repository: no fault of the paper. It is tried again.
        log.error("site.failed", document=document.id, why=error.message.text)
        work.store.postpone(
            document.id,
            by=holder,
            until=now() + timedelta(seconds=POSTPONED_SECONDS),
            reason=error.message,
            remedy=error.remedy,
        )
    except WorkbenchError as error:
        log.warning("document.held", document=document.id, why=error.message.text)
        hold(work, claimed, error.message, error.remedy)
    except Exception as error:
        kind = type(error).__name__
        log.error("document.failed", document=document.id, error=kind, where=places(error))
        hold(
            work,
            claimed,
            Sentence("The step failed unexpectedly ({kind}).", {"kind": kind}),
            Sentence("Send it back to try again; if it fails again, tell the maintainers."),
        )


def claim(
    work: Work, *, holder: str, stages: Sequence[Stage] = tuple(STEPS), limit: int = 1
) -> list[Document]:
    """The next documents for a machine; those that failed too often are held instead."""
    mine: list[Document] = []
    found = work.store.claim(list(stages), by=holder, seconds=LEASE_SECONDS, at=now(), limit=limit)
    for document in found:
        if document.attempts <= MAX_ATTEMPTS:
            mine.append(document)
            continue
        hold(
            work,
            Claimed(document, holder),
            Sentence("Working on it ended the process {n} times.", {"n": MAX_ATTEMPTS}),
            Sentence("Look at the file; then send it back, or refuse it and scan it again."),
        )
    return mine


def _lost(work: Work, claimed: Claimed) -> bool:
    """Whether somebody else has the document now."""
    current = work.store.document(claimed.document.id)
    return current is None or current.lease_by != claimed.holder
