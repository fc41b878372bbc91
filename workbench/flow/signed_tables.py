"""Tables of a batch with the agency's signature beside them, kept as they were signed."""

from __future__ import annotations

from hashlib import sha512

import structlog

from workbench import review
from workbench.errors import NotReadyError
from workbench.flow.people import account
from workbench.flow.work import Work
from workbench.model import Role, SignedFile, Stage

_VOUCHED = (Stage.APPROVED, Stage.SIGNED, Stage.EXPORTED)

log = structlog.get_logger()


def must_be_vouched_for(work: Work, batch: str) -> None:
    """Raises NotReadyError unless the batch has records and a second person approved them all."""
    counts = work.store.counts(batch)
    vouched = sum(counts[stage] for stage in _VOUCHED)
    every = sum(counts.values()) - counts[Stage.REJECTED]
    if not vouched or vouched < every:
        raise NotReadyError(
            "{n} of the {all} records of this batch are approved.",
            "Approve them all first; then the batch can be signed as a table.",
            n=vouched,
            all=every,
        )


def sign(work: Work, batch: str, name: str, content: bytes, *, by: str) -> SignedFile:
    """Sign a table of a batch beside itself, and keep both with a row that is its receipt.

    Raises SigningError, and NotReadyError as `must_be_vouched_for` does.
    """
    review.must(account(work, by), Role.APPROVER)
    must_be_vouched_for(work, batch)
    signed = work.signer.sign_apart(content)
    row = SignedFile(
        batch=batch,
        name=name,
        content=work.store.put(content),
        digest=sha512(content).hexdigest(),
        beside=work.store.put(signed.signature),
        signer=signed.signer,
        certificate=signed.certificate,
        trial=signed.trial,
        ordered_by=by,
        at=signed.at,
    )
    work.store.add(row)
    log.info("table.signed", batch=batch, trial=signed.trial)
    return row
