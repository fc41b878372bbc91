"""What waits for a person, by their roles, and where to go for it."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.flow import unfitting
from workbench.model import Person, Role, Stage, now
from workbench.ui.notation import local, number
from workbench.words import say
from workbench.workspace import Workspace

READING = (Stage.RECEIVED, Stage.READ)
_SILENT_SECONDS = 60  # a reading process gives a sign of life every second or so


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do: how much of it, in words, and the page where it is done."""

    count: int
    text: str
    file: str
    icon: str


def waiting_for(work: Workspace, person: Person) -> tuple[Task, ...]:
    """What this person can do now, most pressing first."""
    counts = work.store.counts()
    tasks: list[Task] = []
    if Role.APPROVER in person.roles:
        mine = work.store.count(stage=Stage.REVIEWED, untouched_by=person.name)
        tasks.append(
            Task(mine, _n("{n} documents wait for your approval.", mine), "approve.py", "approval")
        )
        ready = work.store.count(stage=Stage.APPROVED, unsealed=True)
        tasks.append(
            Task(ready, _n("{n} approved documents can be sealed.", ready), "sign.py", "verified")
        )
    if Role.REVIEWER in person.roles:
        n = counts[Stage.PROPOSED]
        tasks.append(Task(n, _n("{n} documents wait for review.", n), "review.py", "fact_check"))
    if Role.DESIGNER in person.roles:
        n = unfitting.waiting(work)
        tasks.append(
            Task(n, _n("No template fits {n} documents.", n), "unknown_forms.py", "help_center")
        )
    if set(person.roles) & {Role.REVIEWER, Role.APPROVER, Role.MANAGER}:
        n = counts[Stage.HELD]
        tasks.append(
            Task(
                n, _n("{n} documents are held and need a decision.", n), "documents.py", "pan_tool"
            )
        )
    return tuple(task for task in tasks if task.count)


def reading(work: Workspace) -> int:
    """How many documents the background reading has still before it."""
    counts = work.store.counts()
    return sum(counts[stage] for stage in READING)


def is_reading_alive(work: Workspace) -> bool:
    """Whether a reading process gave a sign of life in the last minute."""
    at = local(now())
    return any(
        (at - local(worker.seen_at)).total_seconds() < _SILENT_SECONDS
        for worker in work.store.workers()
    )


def _n(text: str, n: int) -> str:
    return say(text, n=number(n))
