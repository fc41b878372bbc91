"""What waits for a person, by their roles, and where to go for it."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.flow import granting, unfitting
from workbench.model import Person, Right, Role, Stage, TemplateStanding, TemplateState, now
from workbench.store import templates
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
        n = _to_authorise(work, person)
        tasks.append(
            Task(n, _n("{n} templates wait for your decision.", n), "templates.py", "approval")
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
    if Role.ADMINISTRATOR in person.roles:
        n = _without_decider(work)
        text = _n("{n} submitted templates that nobody has the right to authorise.", n)
        tasks.append(Task(n, text, "people.py", "key"))
    return tuple(task for task in tasks if task.count)


def _submitted(work: Workspace) -> list[TemplateStanding]:
    standings = templates.standings(work.store)
    return [one for one in standings if one.state is TemplateState.SUBMITTED]


def _may_decide(rights: granting.Granted, one: TemplateStanding, person: Person) -> bool:
    """Whether the grants let them see and authorise it; an author never does."""
    return person.name not in one.authors and all(
        rights.answer(right, one.template, person).allowed for right in (Right.SEE, Right.AUTHORISE)
    )


def _to_authorise(work: Workspace, person: Person) -> int:
    rights = granting.granted(work)
    return sum(_may_decide(rights, one, person) for one in _submitted(work))


def _without_decider(work: Workspace) -> int:
    """Submitted versions that would wait for ever: a new template has but its author's rights."""
    submitted = _submitted(work)
    if not submitted:
        return 0
    rights, people = granting.granted(work), work.store.persons()
    return sum(not any(_may_decide(rights, one, p) for p in people) for one in submitted)


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
