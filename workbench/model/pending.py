"""Seals that somebody has to confirm elsewhere, and files that carry a signature beside them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from workbench.model.rows import _JSON, _stored, new_id, now


class SealState(StrEnum):
    """How an order to sign ended, if it did."""

    SENDING = "sending"  # it may have reached the service, which has not said so
    WAITING = "waiting"  # for the phone
    SIGNED = "signed"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"  # by a person here
    FAILED = "failed"  # the service would not, or what it gave does not fit


OPEN_STATES = (SealState.SENDING, SealState.WAITING)


class PendingSeal(SQLModel, table=True):
    """One paper of an order to sign: what was prepared, and what came of it.

    Prepared file and attributes lie in the object store, so that any process can finish the seal.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    request: str = Field(index=True)  # the order, by our name for it: one for all its papers
    code: str = ""  # by the service's name (tran_code); empty: it has not said one
    document: str = Field(index=True)
    prepared: str  # SHA-256 of the PDF with a place kept, or of the record
    place: list[int] | None = Field(default=None, sa_type=_JSON)
    to_sign: str  # SHA-256 of the signed attributes (DER)
    certificate: str  # SHA-256, hex
    profile: str = ""
    in_field: str = ""
    record_digest: str
    ordered_by: str
    signed_at: datetime  # the time that stands in the seal
    asked_at: datetime = Field(default_factory=now)
    until: datetime
    state: SealState = Field(default=SealState.SENDING, sa_type=_stored(SealState), index=True)
    settled_at: datetime | None = None


class SignedFile(SQLModel, table=True):
    """A file with the agency's signature beside it: the table of a batch. Append-only."""

    id: str = Field(default_factory=new_id, primary_key=True)
    batch: str = Field(index=True)
    name: str
    content: str  # SHA-256 in the object store
    digest: str  # SHA-512
    beside: str  # SHA-256 of the signature (CAdES, DER) in the object store
    signer: str
    certificate: str
    trial: bool
    ordered_by: str
    at: datetime
