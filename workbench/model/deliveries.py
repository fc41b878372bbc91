"""The outbox: what goes to another system, and what that answered. A row outlives every kill."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from workbench.model.rows import _JSON, _stored, now


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"  # for its first or its next attempt
    SENT = "sent"  # the other side gave its receipt, over the digest that was sent
    REFUSED = "refused"  # the other side, or our check of its rules, said no; a person decides
    WITHDRAWN = "withdrawn"  # a person gave it up before it was sent


class Delivery(SQLModel, table=True):
    """One version of one record on its way to one target.

    `id` is the idempotency key: made of target, object, version and digest, so that the same is
    delivered once whoever orders it and however often it is sent.
    """

    __table_args__ = (Index("ix_delivery_due", "state", "due"),)

    id: str = Field(primary_key=True)
    target: str = Field(index=True)
    document: str = Field(index=True)
    unit: str
    object_id: str
    version: str
    digest: str  # SHA-256 of what is sent, hex
    payload: str = ""  # the same bytes in the object store; empty: files of the repository's object
    state: DeliveryState = Field(default=DeliveryState.WAITING, sa_type=_stored(DeliveryState))
    attempts: int = 0
    due: datetime = Field(default_factory=now)
    lease_by: str = ""
    lease_until: datetime | None = None
    reason: dict[str, Any] | None = Field(default=None, sa_type=_JSON)  # a Sentence: the last no
    receipt: str = ""  # what the other side named its receipt
    by: str
    at: datetime = Field(default_factory=now)
    settled_at: datetime | None = None
