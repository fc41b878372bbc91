"""Who may do what with which template: a right is there while a grant holds, and never else.

A grant is for a unit with those under it, a role, a person, or what they have in common; it holds
from its first day to its last, both included, until it is revoked. Nothing is asked of a clock or
a store here: the grants, the units and the day are arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from workbench.errors import Sentence
from workbench.model import READERS, Right, Role, TemplateGrant
from workbench.units import above

WORKBENCH: Final = "workbench"  # who gives what comes with the product
# These show the papers that a template is drawn over and proven on.
_OVER_PAPERS = frozenset({Right.EDIT, Right.SUBMIT, Right.AUTHORISE})
_READERS = frozenset(role.value for role in READERS)
_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_LISTED = 3  # other units that a sentence names

# What comes with a template that ships with the workbench. No role: everybody in the unit.
_USUAL: Final[tuple[tuple[Right, Role | None], ...]] = (
    (Right.USE, None),
    *((Right.SEE, role) for role in Role if role in READERS),
    (Right.EDIT, Role.DESIGNER),
    (Right.SUBMIT, Role.DESIGNER),
    (Right.AUTHORISE, Role.APPROVER),
)
AUTHORS: Final = (Right.SEE, Right.EDIT, Right.SUBMIT)  # of the new form that somebody drew


class GrantState(StrEnum):
    """Whether a grant holds on a day, and if not, why."""

    HOLDS = "holds"
    BEGINS = "begins"  # later
    ENDED = "ended"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who would do it: a person with their roles in a unit; a unit alone, where no person asks."""

    unit: str = ""
    person: str = ""
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether it is allowed: by these grants, or for this reason by none."""

    grants: tuple[TemplateGrant, ...]
    because: Sentence | None = None  # why not

    @property
    def allowed(self) -> bool:
        return bool(self.grants)


def state(grant: TemplateGrant, on: date) -> GrantState:
    """Where a grant stands on a day. On the day on which it is revoked it holds no more."""
    if grant.revoked_at is not None and local_day(grant.revoked_at) <= on:
        return GrantState.REVOKED
    if grant.since > on:
        return GrantState.BEGINS
    if grant.until is not None and grant.until < on:
        return GrantState.ENDED
    return GrantState.HOLDS


def reaches(grant: TemplateGrant, asker: Asker, parents: Mapping[str, str]) -> bool:
    """Whether the grant is for this person or unit, on whatever day."""
    return (
        (not grant.unit or grant.unit in above(asker.unit, parents))
        and (not grant.role or grant.role in asker.roles)
        and (not grant.person or grant.person == asker.person)
    )


def answer(
    grants: Iterable[TemplateGrant],
    right: Right,
    asker: Asker,
    *,
    on: date,
    parents: Mapping[str, str],
) -> Answer:
    """Whether `asker` has the right by one of the grants of a template on a day, and why."""
    given = [grant for grant in grants if grant.right is right]
    if asker.person and right in _OVER_PAPERS and not asker.roles & _READERS:
        return Answer(
            (),
            Sentence(
                "The account may read no papers, and no grant on a template changes that; "
                "an administrator can give it a role that reads them."
            ),
        )
    reaching = [grant for grant in given if reaches(grant, asker, parents)]
    holding = tuple(grant for grant in reaching if state(grant, on) is GrantState.HOLDS)
    if holding:
        return Answer(holding)
    if reaching:
        return Answer((), _why_no_more(reaching, on))
    return Answer((), _why_not(given, asker, on, parents))


def usual(template: str, *, at: datetime) -> tuple[TemplateGrant, ...]:
    """The grants that come with a template of the workbench's own; the same ones each time."""
    return tuple(
        TemplateGrant(
            id=".".join((WORKBENCH, template, right, *([role] if role else []))),
            template=template,
            right=right,
            role=role or "",
            since=local_day(at),
            by=WORKBENCH,
            at=at,
        )
        for right, role in _USUAL
    )


def covered(new: TemplateGrant, grants: Iterable[TemplateGrant], on: date) -> bool:
    """Whether a grant for the very same holds already, for all the days of the new one."""
    return any(
        (old.right, old.unit, old.role, old.person) == (new.right, new.unit, new.role, new.person)
        and state(old, on) in (GrantState.HOLDS, GrantState.BEGINS)
        and old.since <= new.since
        and (old.until is None or (new.until is not None and new.until <= old.until))
        for old in grants
    )


def local_day(at: datetime) -> date:
    """The day in Viet Nam; SQLite gives moments back without their zone, which is UTC."""
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return aware.astimezone(_VIETNAM).date()


def _why_no_more(reaching: Sequence[TemplateGrant], on: date) -> Sentence:
    """They are for the asker, but hold on other days: the one that begins next, or ended last."""
    later = [grant for grant in reaching if state(grant, on) is GrantState.BEGINS]
    if later:
        first = min(later, key=lambda grant: grant.since)
        return Sentence(
            "The grant begins on {day}; until then an administrator can give another one.",
            {"day": _said(first.since)},
        )
    last = max(reaching, key=lambda grant: _last_day(grant, on))
    if state(last, on) is GrantState.REVOKED and last.revoked_at is not None:
        return Sentence(
            "The grant was revoked by {who} on {day}; an administrator can give it again.",
            {"who": last.revoked_by, "day": _said(local_day(last.revoked_at))},
        )
    return Sentence(
        "The grant ended on {day}; an administrator can give it again.",
        {"day": _said(_last_day(last, on))},
    )


def _why_not(
    given: Sequence[TemplateGrant], asker: Asker, on: date, parents: Mapping[str, str]
) -> Sentence:
    """None of them is for the asker."""
    standing = [grant for grant in given if state(grant, on) is GrantState.HOLDS]
    anywhere = [
        grant.unit
        for grant in standing
        if grant.unit and reaches(grant, Asker(grant.unit, asker.person, asker.roles), parents)
    ]
    if anywhere:
        units = sorted(set(anywhere))
        more = ", …" if len(units) > _LISTED else ""
        return Sentence(
            "The right was given to another unit ({units}); an administrator can give it to this "
            "one.",
            {"units": ", ".join(units[:_LISTED]) + more},
        )
    if standing:
        return Sentence(
            "The right was given to other roles or persons only; an administrator can give it."
        )
    return Sentence("No grant of this right holds; an administrator can give one.")


def _last_day(grant: TemplateGrant, on: date) -> date:
    """The last day on which a grant that is over held, or could have."""
    days = [grant.until or on]
    if grant.revoked_at is not None:
        days.append(local_day(grant.revoked_at))
    return min(days)


def _said(day: date) -> str:
    return f"{day:%d/%m/%Y}"
