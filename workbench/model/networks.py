"""Networks that learn at a site: trainings, their reports, and the papers they learned from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Field, SQLModel

from workbench.model.rows import _JSON, _stored, new_id, now


class TrainingState(StrEnum):
    """Where a training stands."""

    WAITING = "waiting"  # ordered; a worker takes it up
    RUNNING = "running"
    REPORTED = "reported"  # taught and compared; nothing reads with it yet
    ACCEPTED = "accepted"  # papers are read with it; one network at a time
    REPLACED = "replaced"  # a later one was accepted
    REJECTED = "rejected"  # its report did not convince
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Taught:
    """How far a training is."""

    step: int
    steps: int
    seconds: float
    loss: float | None  # none before the first exam
    character_errors: float | None  # of the best network so far, 0-1
    is_over: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class NetworkTraining(SQLModel, table=True):
    """One training on what people confirmed, and the network that came of it."""

    id: str = Field(default_factory=new_id, primary_key=True)
    state: TrainingState = Field(
        default=TrainingState.WAITING, sa_type=_stored(TrainingState), index=True
    )
    by: str
    at: datetime = Field(default_factory=now)
    minutes: float  # at most
    begun_from: str  # name and digest of the network that it goes on from
    crops: int = 0  # learned from
    held_back: int = 0  # judged by; of other documents
    documents: int = 0  # that the crops it learned from are of
    progress: dict[str, Any] = Field(default_factory=dict, sa_type=_JSON)
    holder: str = ""  # the worker that teaches
    seen_at: datetime | None = None  # its last sign of life
    failure: dict[str, Any] | None = Field(default=None, sa_type=_JSON)
    report: dict[str, Any] = Field(default_factory=dict, sa_type=_JSON)  # old against new
    network: str = ""  # as readings name it: file and start of its SHA-256
    digest: str = ""  # the whole SHA-256
    decided_by: str = ""
    decided_at: datetime | None = None
    reason: str = ""
    withdrawn_by: str = ""
    withdrawn_at: datetime | None = None
    withdrawn_why: str = ""


class NetworkLesson(SQLModel, table=True):
    """A document that a training took crops of."""

    training: str = Field(primary_key=True)
    document: str = Field(primary_key=True, index=True)
    crops: int
    held_back: bool  # judged the networks by it; nothing was learned from it


class NetworkForgotten(SQLModel, table=True):
    """A document that no network may learn from (any more), and why."""

    document: str = Field(primary_key=True)
    by: str
    at: datetime = Field(default_factory=now)
    reason: str
