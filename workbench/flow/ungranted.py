"""Papers whose form was recognised, but not granted to their unit: held, and let go on together."""

from __future__ import annotations

import structlog

from workbench.errors import NotAllowedError, StaleDocumentError
from workbench.flow.people import account, any_of, release
from workbench.flow.rights import MAY_NOT, granted, must
from workbench.flow.work import Work
from workbench.model import Document, Person, Right, Role
from workbench.store import grants as kept

log = structlog.get_logger()


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
    documents = kept.held_for(work.store, template_id, MAY_NOT[Right.USE].text)
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


def _handed_in(work: Work, document: Document) -> tuple[Person | None, str]:
    """Who handed a paper in, and for which unit. Who has left since counts for the unit alone."""
    batch = work.store.batch(document.batch)
    person = work.store.person(batch.by) if batch else None
    if person is not None and not person.active:
        person = None
    return person, batch.unit if batch else document.unit
