"""Withdrawing a record from the repository, and restoring it: nothing is ever deleted.

A withdrawal is a further version of the object that holds no paper, only who withdrew it, when and
why; the versions before it stay. Restoring is a further version again, with the files as they were.
The repository is told first and the rows follow: what a kill cuts short in between is completed by
whoever does it again.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from workbench import exchange, vietnamese
from workbench.errors import NotAllowedError, NotReadyError
from workbench.exchange.withdrawal import ACTS, RESTORED, WITHDRAWN, CustodyNote, notes_of
from workbench.flow.custody import rights_over, sight
from workbench.flow.people import account
from workbench.flow.work import Work
from workbench.model import Card, KeptVersion, Receipt, now

log = structlog.get_logger()


def withdraw(work: Work, document: str, *, by: str, why: str) -> Receipt:
    """Withdraw a record: it stays, marked, and is shown to nobody outside its unit any more.

    Raises NotAllowedError for who is no approver of its unit, NotReadyError without a reason or
    where it is withdrawn already.
    """
    if _mine(work, document, by, why).withdrawn_at is not None:
        raise NotReadyError("This record is withdrawn already.", "Restore it to show it again.")
    object_id, versions = _kept(work, document)
    notes = _notes(work, object_id, versions)
    # Noted already, it was cut short; where a version came after it, it has to be said anew.
    if not notes or notes[-1].act != WITHDRAWN or not is_withdrawal(versions[-1]):
        notes.append(CustodyNote(WITHDRAWN, by, now(), vietnamese.nfc(why)))
    # The same notes again are the same version: its receipt comes back.
    receipt = work.repository.deposit(exchange.withdrawn(object_id, notes))
    receipt.document = document
    last = notes[-1]
    work.store.mark_withdrawn(document, receipt, by=last.by, at=last.at, why=last.why)
    log.info("record.withdrawn", document=document, version=receipt.version)
    return receipt


def restore(work: Work, document: str, *, by: str, why: str) -> Receipt:
    """Bring a withdrawn record back as it was before. Raises as `withdraw`."""
    if _mine(work, document, by, why).withdrawn_at is None:
        raise NotReadyError("This record is not withdrawn.", "Open it again.")
    object_id, versions = _kept(work, document)
    notes = _notes(work, object_id, versions)
    if not notes or notes[-1].act != RESTORED:
        notes.append(CustodyNote(RESTORED, by, now(), vietnamese.nfc(why)))
    whole = next((v for v in reversed(versions) if not is_withdrawal(v)), None)
    if whole is None:
        raise NotReadyError(
            "The repository holds no version of this record that could be restored.",
            "Restore the object from a copy of the repository.",
        )
    files = work.repository.content(object_id, whole.version)
    receipt = work.repository.deposit(exchange.restored(object_id, files, notes))
    receipt.document = document
    last = notes[-1]
    work.store.mark_restored(document, receipt, by=last.by, at=last.at, why=last.why)
    log.info("record.restored", document=document, version=receipt.version)
    return receipt


def is_withdrawal(version: KeptVersion) -> bool:
    """Whether a version of a record says that it is withdrawn."""
    return set(version.files) == {ACTS}


def _mine(work: Work, document: str, by: str, why: str) -> Card:
    person = account(work, by)
    card = work.store.card(document, sight(work, by))
    if card is None or not rights_over(person, card.unit).withdraw:
        raise NotAllowedError(
            "Only an approver of its unit withdraws or restores a record.",
            "Ask one of them.",
        )
    if not why.strip():
        raise NotReadyError("A reason is needed.", "Write in a few words why.")
    return card


def _kept(work: Work, document: str) -> tuple[str, Sequence[KeptVersion]]:
    receipts = work.store.receipts(document)
    versions = work.repository.versions(receipts[-1].object_id) if receipts else ()
    if not versions:
        raise NotReadyError(
            "The repository does not hold this record.",
            "Check the repository; restore the object from a copy.",
        )
    return receipts[-1].object_id, versions


def _notes(work: Work, object_id: str, versions: Sequence[KeptVersion]) -> list[CustodyNote]:
    """What was noted so far: in the newest version that has notes at all."""
    for version in reversed(versions):
        if ACTS in version.files:
            return notes_of(work.repository.content(object_id, version.version, only=ACTS)[ACTS])
    return []
