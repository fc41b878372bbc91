"""Rights on templates: given and revoked, and the door to asking for them (`rights`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import structlog

from workbench.errors import NotAllowedError, NotReadyError, StaleDocumentError
from workbench.flow.people import account, any_of
from workbench.flow.rights import (
    Granted,
    Held,
    Why,
    asker,
    granted,
    must,
    record,
    refusal,
    title,
    what,
    why,
)
from workbench.flow.ungranted import held, let_go_on, refusal_to_read
from workbench.flow.work import Work
from workbench.grants import AUTHORS, WORKBENCH, covered, local_day, reaches, usual
from workbench.model import (
    Person,
    Right,
    Role,
    TemplateAct,
    TemplateEvent,
    TemplateGrant,
    new_id,
    now,
)
from workbench.store import Store
from workbench.store import grants as kept

__all__ = [
    "Granted",
    "Held",
    "Why",
    "enrol",
    "give",
    "granted",
    "held",
    "let_go_on",
    "must",
    "refusal",
    "refusal_to_read",
    "revoke",
    "title",
    "to_author",
    "what",
    "why",
]

log = structlog.get_logger()


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


def _reaches_giver(grant: TemplateGrant, giver: Person, parents: Mapping[str, str]) -> bool:
    """Whether the giver would have the right by it. To use a template is the right of a unit."""
    if grant.right is Right.USE and not grant.role and not grant.person:
        return False
    return reaches(grant, asker(giver), parents)


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
        record(work, template, error, by=by, about=about)
        raise
