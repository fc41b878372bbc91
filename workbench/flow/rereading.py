"""A document read again with a newer version of its template: what people said of it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from workbench import review
from workbench.errors import NotReadyError, StaleDocumentError, WorkbenchError
from workbench.flow import custody, granting, items
from workbench.flow.people import account, any_of
from workbench.flow.work import Work
from workbench.model import (
    Act,
    Correction,
    Document,
    Right,
    Role,
    Stage,
    new_id,
    now,
)
from workbench.review import ReviewSheet
from workbench.store import templates as kept
from workbench.template import Template

_MAY_BE = (Stage.PROPOSED, Stage.REVIEWED)  # what is approved is not read again

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Orphan:
    """What people said of a field that the version in use has no more."""

    field: str
    label: Mapping[str, str]
    value: str


def read_again(work: Work, document_id: str, *, by: str) -> Document:
    """Have a document read with the version of its template that is in use now.

    A worker does it. Every act of people stays and stands against what is read then; a document
    that was reviewed is reviewed again. Raises NotReadyError where there is no newer version, and
    where the document is approved; StaleDocumentError where a colleague has it.
    """
    person = account(work, by)
    any_of(person, Role.REVIEWER, Role.APPROVER, Role.DESIGNER)
    custody.must_see(work, document_id, by=by)
    found = work.store.document(document_id)
    if found is None or found.kind is None or found.stage not in _MAY_BE:
        raise NotReadyError(
            "This document cannot be read again at this stage.",
            "Only what waits for review or for approval is read again.",
        )
    granting.must(work, Right.USE, found.kind, person, unit=found.unit, document=found.id)
    newest = work.templates.get(found.kind)
    if newest is None:
        raise NotReadyError(
            "No version of this template is in use.", "Have one authorised, then read it again."
        )
    if newest.digest == found.template_digest:
        raise NotReadyError(
            "This document was read with the version in use.", "There is nothing newer."
        )
    if found.lease_by and found.lease_by != by and found.lease_until and found.lease_until > now():
        raise StaleDocumentError(
            "A colleague works on this document.", "Wait until they have passed it on."
        )
    moved = work.store.move(found, Stage.READ, by=by, at=now())
    log.info("document.read_again", document=document_id, version=newest.version)
    return moved


def read_all_again(work: Work, template: str, *, by: str) -> tuple[int, tuple[WorkbenchError, ...]]:
    """Have all that an older version read read again; how many, and what stood against the rest."""
    done = 0
    errors: list[WorkbenchError] = []
    for document in outdated(work, template):
        try:
            read_again(work, document.id, by=by)
        except (NotReadyError, StaleDocumentError) as error:
            errors.append(error)
        else:
            done += 1
    return done, tuple(errors)


def outdated(work: Work, template: str, *, limit: int = 100_000) -> list[Document]:
    """The documents under review that were read with an older version of this template."""
    newest = work.templates.get(template)
    if newest is None:
        return []
    return kept.read_with_others(work.store, template, newest.digest, _MAY_BE, limit=limit)


def is_outdated(work: Work, document: Document) -> bool:
    """Whether a newer version of its template is in use, and it may still be read with that."""
    newest = work.templates.get(document.kind or "")
    return (
        newest is not None
        and document.stage in _MAY_BE
        and newest.digest != document.template_digest
    )


def restated(
    corrections: Sequence[Correction], values: Mapping[str, str], document: Document
) -> list[Correction]:
    """What people confirmed by a look, said anew where the reading changed under it.

    Who accepts a reading says what stands on the paper. `values`: field -> as it is read now.
    """
    found = []
    serial = max((one.serial for one in corrections), default=0)
    for field, act in review.standing(corrections).items():
        if act.act is not Act.ACCEPT or field not in values or values[field] == act.after:
            continue
        serial += 1
        found.append(
            Correction(
                id=new_id(),
                document=document.id,
                field=field,
                act=Act.CANDIDATE,
                before=values[field],
                after=act.after,
                normalised=act.normalised,
                why=act.why,
                by=act.by,
                at=now(),
                revision=document.revision,
                page=act.page,
                box=act.box,
                serial=serial,
                seen_in=act.seen_in,
            )
        )
    return found


def orphans(work: Work, sheet: ReviewSheet) -> tuple[Orphan, ...]:
    """What people said of fields that the version the document was read with does not have."""
    digest = sheet.document.template_digest
    if digest is None:
        return ()
    template = work.template(digest)
    shown = {field.name for field in sheet.fields}
    return tuple(
        Orphan(field, _label(work, sheet.document, field), act.after)
        for field, act in review.standing(sheet.corrections).items()
        if field not in shown
        and not items.names_row(template, field)
        and not items.names_cell(template, field)
    )


def _label(work: Work, document: Document, field: str) -> Mapping[str, str]:
    """What the field was called in the newest version that had it; else its name."""
    for standing in kept.standings(work.store, document.kind or ""):
        version: Template = work.template(standing.digest)
        if field in version.fields:
            return {language: version.field_label(field, language) for language in ("vi", "en")}
    return {"vi": field, "en": field}
