"""Rights on templates, asked: `must` in each verb, `why` and `what` for those who want to know.

`workbench.grants` says who may; what is refused is told in words and recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import structlog

from workbench.errors import NotAllowedError, Sentence
from workbench.flow.work import Work
from workbench.grants import WORKBENCH, Answer, Asker, GrantState, answer, local_day, state
from workbench.model import Person, Right, TemplateAct, TemplateEvent, TemplateGrant, Unit, now
from workbench.store import grants as kept
from workbench.units import parents

_AGAIN: Final = timedelta(minutes=1)  # a page drawn anew asks again; that is one attempt

MAY_NOT: Final[Mapping[Right, Sentence]] = {
    Right.SEE: Sentence("You may not see the template {template}."),
    Right.USE: Sentence("The unit {unit} may not use the template {template}."),
    Right.EDIT: Sentence("You may not change the template {template}."),
    Right.SUBMIT: Sentence("You may not submit the template {template}."),
    Right.AUTHORISE: Sentence("You may not authorise the template {template}."),
}

log = structlog.get_logger()


@dataclass(frozen=True)
class Granted:
    """All grants as they stand, asked of the store once; `on` is the day that is asked about."""

    grants: Mapping[str, tuple[TemplateGrant, ...]]  # by template
    parents: Mapping[str, str]
    on: date

    def answer(
        self, right: Right, template: str, person: Person | None, *, unit: str = ""
    ) -> Answer:
        """Whether this is allowed, and why. Without `unit` the person's own counts."""
        if person is not None and not person.active:
            return Answer((), Sentence("The account is closed; an administrator can open it."))
        return answer(
            self.grants.get(template, ()),
            right,
            asker(person, unit),
            on=self.on,
            parents=self.parents,
        )


@dataclass(frozen=True, slots=True)
class Held:
    """A grant and how it stands on the day that is asked about."""

    grant: TemplateGrant
    state: GrantState


@dataclass(frozen=True, slots=True)
class Why:
    """Who may do what with a template, and by which grant; who may not, and why."""

    template: str
    on: date
    grants: tuple[Held, ...]  # the newest first
    people: tuple[tuple[Person, Mapping[Right, Answer]], ...]
    units: tuple[tuple[Unit, Answer], ...]  # whether they may use it, whoever asks


def granted(work: Work, template: str | None = None, *, on: date | None = None) -> Granted:
    """The grants of one template, or of all, to ask many questions of."""
    by_template: dict[str, list[TemplateGrant]] = {}
    for grant in kept.grants(work.store, template):
        by_template.setdefault(grant.template, []).append(grant)
    return Granted(
        {key: tuple(given) for key, given in by_template.items()},
        parents(work.store.units()),
        on or local_day(now()),
    )


def must(
    work: Work,
    right: Right,
    template_id: str,
    person: Person | None,
    *,
    unit: str = "",
    on: date | None = None,
    document: str = "",
) -> None:
    """Let nobody on who has no right on a template.

    `unit` is the one that it is done for (a batch's, to use a template); else the person's own
    counts. `document` is the paper that it is about, for the record of what was refused.

    Raises:
        NotAllowedError: no grant allows it; its remedy says why. The refusal is recorded.
    """
    error = refusal(work, right, template_id, person, unit=unit, on=on)
    if error is None:
        return
    about = {"tried": right.value, "unit": unit, "because": error.remedy.as_json()}
    if document:
        about["document"] = document
    record(work, template_id, error, by=person.name if person else WORKBENCH, about=about)
    raise error


def refusal(
    work: Work,
    right: Right,
    template_id: str,
    person: Person | None,
    *,
    unit: str = "",
    on: date | None = None,
) -> NotAllowedError | None:
    """What `must` would refuse with, for a screen that warns before anybody tries; else None."""
    found = granted(work, template_id, on=on).answer(right, template_id, person, unit=unit)
    if found.because is None:
        return None
    return NotAllowedError(
        MAY_NOT[right].text,
        found.because.text,
        **found.because.values,
        template=title(work, template_id),
        unit=unit or (person.unit if person else None) or "—",
    )


def why(work: Work, template_id: str, *, on: date | None = None) -> Why:
    """Who may do what with a template, and by which grant."""
    asked = granted(work, template_id, on=on)
    return Why(
        template_id,
        asked.on,
        tuple(
            Held(grant, state(grant, asked.on))
            for grant in reversed(asked.grants.get(template_id, ()))
        ),
        tuple(
            (person, {right: asked.answer(right, template_id, person) for right in Right})
            for person in work.store.persons()
            if person.active
        ),
        tuple(
            (unit, asked.answer(Right.USE, template_id, None, unit=unit.code))
            for unit in work.store.units()
        ),
    )


def what(
    work: Work, person: Person, *, on: date | None = None
) -> Mapping[str, Mapping[Right, Answer]]:
    """What a person may do, template by template: all in use, and all with a grant."""
    asked = granted(work, on=on)
    return {
        template: {right: asked.answer(right, template, person) for right in Right}
        for template in sorted({*work.templates, *asked.grants})
    }


def title(work: Work, template_id: str) -> str:
    """What a template is called in a sentence; a draft that was never in use only has its id."""
    template = work.templates.get(template_id)
    return template.title["vi"] if template else template_id


def asker(person: Person | None, unit: str = "") -> Asker:
    """Who asks, as grants know them."""
    if person is None:
        return Asker(unit)
    return Asker(unit or person.unit or "", person.name, frozenset(person.roles))


def record(
    work: Work, template: str, error: NotAllowedError, *, by: str, about: Mapping[str, Any]
) -> None:
    """Keep that something was refused, and why; a page that is drawn anew tries once."""
    at = now()
    event = TemplateEvent(
        act=TemplateAct.REFUSED,
        template=template,
        by=by,
        at=at,
        told=error.message.as_json(),
        about=dict(about),
    )
    if kept.refused_since(work.store, event, at - _AGAIN):
        return
    work.store.add(event)
    log.info("template.refused", template=template, tried=about["tried"])
