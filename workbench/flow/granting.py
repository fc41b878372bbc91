"""Rights on templates: given, revoked, asked for. What is refused is told and recorded.

`workbench.grants` says who may; here the grants are kept, and every question that stands between
somebody and a template is asked: `must` in each verb, `why` and `what` for those who want to know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import structlog

from workbench.errors import NotAllowedError, NotReadyError, Sentence, StaleDocumentError
from workbench.flow.people import account, any_of, release
from workbench.flow.work import Work
from workbench.grants import (
    AUTHORS,
    WORKBENCH,
    Answer,
    Asker,
    GrantState,
    answer,
    covered,
    local_day,
    reaches,
    state,
    usual,
)
from workbench.model import (
    Document,
    Person,
    Right,
    Role,
    TemplateAct,
    TemplateEvent,
    TemplateGrant,
    Unit,
    new_id,
    now,
)
from workbench.store import Store
from workbench.store import grants as kept
from workbench.template import Template
from workbench.units import parents

_AGAIN: Final = timedelta(minutes=1)  # a page drawn anew asks again; that is one attempt

_MAY_NOT: Final[Mapping[Right, Sentence]] = {
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
            _asker(person, unit),
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


# --- asked ---------------------------------------------------------------------------------------


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
    _refused(work, template_id, error, by=person.name if person else WORKBENCH, about=about)
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
        _MAY_NOT[right].text,
        found.because.text,
        **found.because.values,
        template=title(work, template_id),
        unit=unit or (person.unit if person else None) or "—",
    )


def refusal_to_read(work: Work, document: Document, template_id: str) -> NotAllowedError | None:
    """Why a paper that was recognised is not read with its form: its unit may not. Recorded.

    None where it may be. Who handed it in counts too, where a grant asks for a role or a person.
    """
    person, unit = _handed_in(work, document)
    try:
        must(work, Right.USE, template_id, person, unit=unit, document=document.id)
    except NotAllowedError as error:
        return error
    return None


def held(work: Work, template_id: str) -> tuple[list[Document], list[Document]]:
    """The papers held because their unit might not use the template: those that still may not be
    read with it, and those that may by now."""
    documents = kept.held_for(work.store, template_id, _MAY_NOT[Right.USE].text)
    if not documents:
        return [], []
    asked = granted(work, template_id)
    first = {document.batch: document for document in documents}  # a batch is asked about once
    may = {
        batch
        for batch, document in first.items()
        for person, unit in (_handed_in(work, document),)
        if asked.answer(Right.USE, template_id, person, unit=unit).allowed
    }
    still = [document for document in documents if document.batch not in may]
    return still, [document for document in documents if document.batch in may]


def let_go_on(work: Work, template_id: str, *, by: str) -> int:
    """Send the papers back to be read that were held for want of a grant which is there now.

    How many. Raises NotAllowedError for who may release no paper.
    """
    any_of(account(work, by), Role.REVIEWER, Role.APPROVER, Role.ADMINISTRATOR)
    gone = 0
    for document in held(work, template_id)[1]:
        try:
            release(work, document.id, by=by)
        except StaleDocumentError:
            continue  # somebody else let it go on at this moment
        gone += 1
    log.info("template.held_released", template=template_id, documents=gone)
    return gone


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


def shown(work: Work, person: Person) -> Mapping[str, Template]:
    """The templates in use that a person may see."""
    return _allowed(work, Right.SEE, person)


def usable(work: Work, person: Person, *, unit: str) -> Mapping[str, Template]:
    """The templates in use that a person may enter or import records with for a unit."""
    return _allowed(work, Right.USE, person, unit=unit)


def see(work: Work, template_id: str, *, by: str) -> Template:
    """The template in use, for somebody who may see it. Raises NotAllowedError, NotReadyError."""
    if template_id not in work.templates:
        raise NotReadyError(
            "There is no form {form}.", "Choose one of the known forms.", form=template_id
        )
    must(work, Right.SEE, template_id, account(work, by))
    return work.templates[template_id]


def title(work: Work, template_id: str) -> str:
    """What a template is called in a sentence; a draft that was never in use only has its id."""
    template = work.templates.get(template_id)
    return template.title["vi"] if template else template_id


# --- given and revoked ---------------------------------------------------------------------------


def give(
    work: Work,
    template_id: str,
    rights: Sequence[Right],
    *,
    by: str,
    why: str,
    unit: str = "",
    role: str = "",
    person: str = "",
    since: date | None = None,
    until: date | None = None,
) -> tuple[TemplateGrant, ...]:
    """Give rights on a template to a unit with those under it, a role, a person, or all at once.

    From `since` (today) to `until` (without end), both included.

    Raises:
        NotAllowedError: `by` is no administrator, or would give something to themselves. Recorded.
        NotReadyError: something is missing or not known, or it is given already.
    """
    at = now()
    today = local_day(at)
    since = since or today
    about = {
        "tried": TemplateAct.GRANTED.value,
        "rights": [right.value for right in rights],
        "unit": unit,
        "role": role,
        "person": person,
    }
    with _recorded(work, template_id, by=by, about=about):
        giver = account(work, by)
        any_of(giver, Role.ADMINISTRATOR)
        _must_make_sense(work, template_id, rights, unit=unit, role=role, person=person, why=why)
        if since < today or (until is not None and until < since):
            raise NotReadyError(
                "A grant begins today or later, and ends after it began.", "Correct the days."
            )
        given = [
            TemplateGrant(
                id=new_id(),
                template=template_id,
                right=right,
                unit=unit,
                role=role,
                person=person,
                since=since,
                until=until,
                why=why.strip(),
                by=by,
                at=at,
            )
            for right in dict.fromkeys(rights)
        ]
        asked = granted(work, template_id)
        if any(_reaches_giver(grant, giver, asked.parents) for grant in given):
            raise NotAllowedError(
                "Nobody gives a right to themselves, and this grant would reach your own account.",
                "Ask another administrator, or choose a unit, a role or a person without you.",
            )
    there = asked.grants.get(template_id, ())
    fresh = [grant for grant in given if not covered(grant, there, asked.on)]
    if not fresh:
        raise NotReadyError("This is granted already.", "Look at the list of grants.")
    kept.give(work.store, fresh, [_told(TemplateAct.GRANTED, g, by, why) for g in fresh])
    log.info("template.granted", template=template_id, grants=len(fresh))
    return tuple(fresh)


def revoke(work: Work, grant_id: str, *, by: str, why: str) -> TemplateGrant:
    """End a grant now. Raises NotAllowedError (recorded), NotReadyError, StaleDocumentError."""
    grant = kept.grant(work.store, grant_id)
    if grant is None:
        raise NotReadyError("There is no such grant.", "Look at the list of grants.")
    with _recorded(work, grant.template, by=by, about={"tried": "revoked", "grant": grant_id}):
        any_of(account(work, by), Role.ADMINISTRATOR)
    _must_say_why(why)
    event = _told(TemplateAct.REVOKED, grant, by, why)
    if not kept.revoke(work.store, grant_id, by=by, at=event.at, why=why.strip(), event=event):
        raise StaleDocumentError("This grant was revoked before.", "Look at the list of grants.")
    log.info("template.revoked", template=grant.template)
    return kept.grant(work.store, grant_id) or grant


def to_author(work: Work, template_id: str, *, by: str) -> tuple[TemplateGrant, ...]:
    """Let the author of a new form see, change and submit it: the act of drawing it gives that.

    Raises NotAllowedError for a template that has been submitted before: it is nobody's new form.
    """
    person = account(work, by)
    if kept.has_version(work.store, template_id):
        must(work, Right.EDIT, template_id, person)
        return ()
    at = now()
    given = [
        TemplateGrant(
            id=new_id(),
            template=template_id,
            right=right,
            person=person.name,
            since=local_day(at),
            by=WORKBENCH,
            at=at,
        )
        for right in AUTHORS
    ]
    there = kept.grants(work.store, template_id)
    fresh = [grant for grant in given if not covered(grant, there, local_day(at))]
    kept.give(
        work.store, fresh, [_told(TemplateAct.GRANTED, grant, WORKBENCH, "") for grant in fresh]
    )
    return tuple(fresh)


def enrol(store: Store) -> None:
    """Give what comes with the workbench, and what was in use before grants were, its usual grants.

    Once: where anything was ever granted on a template, or revoked, people have the say.
    """
    for template in kept.never_granted(store, decided_by=WORKBENCH):
        given = usual(template, at=now())
        kept.enrol(store, given)
        log.info("template.enrolled", template=template, grants=len(given))


# --- how -----------------------------------------------------------------------------------------


def _asker(person: Person | None, unit: str) -> Asker:
    if person is None:
        return Asker(unit)
    return Asker(unit or person.unit or "", person.name, frozenset(person.roles))


def _handed_in(work: Work, document: Document) -> tuple[Person | None, str]:
    """Who handed a paper in, and for which unit. Who has left since counts for the unit alone."""
    batch = work.store.batch(document.batch)
    person = work.store.person(batch.by) if batch else None
    if person is not None and not person.active:
        person = None
    return person, batch.unit if batch else document.unit


def _allowed(work: Work, right: Right, person: Person, *, unit: str = "") -> dict[str, Template]:
    asked = granted(work)
    return {
        key: template
        for key, template in work.templates.items()
        if asked.answer(right, key, person, unit=unit).allowed
    }


def _reaches_giver(grant: TemplateGrant, giver: Person, parents: Mapping[str, str]) -> bool:
    """Whether the giver would have the right by it. To use a template is the right of a unit."""
    if grant.right is Right.USE and not grant.role and not grant.person:
        return False
    return reaches(grant, _asker(giver, ""), parents)


def _must_make_sense(
    work: Work,
    template_id: str,
    rights: Sequence[Right],
    *,
    unit: str,
    role: str,
    person: str,
    why: str,
) -> None:
    _must_say_why(why)
    if not rights:
        raise NotReadyError("No right was chosen.", "Choose at least one.")
    if template_id not in work.templates and not kept.is_known(work.store, template_id):
        raise NotReadyError(
            "There is no form {form}.", "Choose one of the known forms.", form=template_id
        )
    if unit and unit not in {known.code for known in work.store.units()}:
        raise NotReadyError(
            "There is no unit {unit}.", "Add it first, or name another one.", unit=unit
        )
    if role and role not in set(Role):
        raise NotReadyError("There is no role {role}.", "Choose one of the list.", role=role)
    if person and work.store.person(person) is None:
        raise NotReadyError(
            "There is no account {name}.", "`workbench person list` shows all.", name=person
        )


def _must_say_why(why: str) -> None:
    if not why.strip():
        raise NotReadyError("A reason is needed.", "Write in a few words why.")


def _told(act: TemplateAct, grant: TemplateGrant, by: str, why: str) -> TemplateEvent:
    about: dict[str, Any] = {
        "grant": grant.id,
        "right": grant.right.value,
        "unit": grant.unit,
        "role": grant.role,
        "person": grant.person,
        "since": grant.since.isoformat(),
        "until": grant.until.isoformat() if grant.until else "",
    }
    return TemplateEvent(
        act=act, template=grant.template, by=by, at=now(), reason=why.strip(), about=about
    )


@contextmanager
def _recorded(work: Work, template: str, *, by: str, about: Mapping[str, Any]) -> Iterator[None]:
    """Whatever is refused in here is recorded."""
    try:
        yield
    except NotAllowedError as error:
        _refused(work, template, error, by=by, about=about)
        raise


def _refused(
    work: Work, template: str, error: NotAllowedError, *, by: str, about: Mapping[str, Any]
) -> None:
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
