"""What a person lets pass though a rule does not hold, and why."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from workbench.model.rows import now


class Override(SQLModel, table=True):
    """One person lets one finding pass, with the reason. Append-only; the newest of each stands.

    It holds for what the finding was about when it was looked at: another value needs another look.
    """

    id: str = Field(primary_key=True)  # made by the client, so that sending twice is one act
    document: str = Field(index=True)
    rule: str  # of the finding
    fields: str = ""  # of the finding, between spaces; empty: it speaks of the whole document
    about: str = ""  # SHA-256 of what stood there; no value is kept twice
    reason: str  # empty: it no longer is let pass
    by: str
    at: datetime = Field(default_factory=now)
