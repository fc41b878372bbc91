"""Findings that a person lets pass: who, when, why; and what still stands in the way.

One way for every rule, of a field, of the whole document or of its file: an error stands in the way
of passing on and of approval until it is mended or let pass with a reason.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from workbench import minimum, review
from workbench.errors import NotAllowedError, NotReadyError, StaleDocumentError
from workbench.flow.people import account, sheet
from workbench.flow.work import Work
from workbench.model import Override, Role, Stage, new_id, now
from workbench.review import ReviewSheet

log = structlog.get_logger()


def override(
    work: Work,
    document: str,
    rule: str,
    fields: Sequence[str] = (),
    *,
    by: str,
    reason: str,
    key: str = "",
) -> ReviewSheet:
    """Let a finding pass for what stands there now; the document as it then is.

    `key` is the client's own id: sent twice it is one act. Raises NotReadyError without a reason or
    where nothing is found any more.
    """
    if not reason.strip():
        raise NotReadyError("A reason is needed.", "Write in a few words why.")
    return _keep(work, document, rule, fields, by=by, reason=reason.strip(), key=key)


def withdraw(
    work: Work, document: str, rule: str, fields: Sequence[str] = (), *, by: str, key: str = ""
) -> ReviewSheet:
    """Let the finding stand again; that it was once let pass stays on record."""
    return _keep(work, document, rule, fields, by=by, reason="", key=key)


def _keep(
    work: Work, document: str, rule: str, fields: Sequence[str], *, by: str, reason: str, key: str
) -> ReviewSheet:
    person = account(work, by)
    seen = sheet(work, document)
    # A reviewer in review, an approver before approval: who may end the sitting with it.
    role = {Stage.PROPOSED: Role.REVIEWER, Stage.REVIEWED: Role.APPROVER}.get(seen.document.stage)
    if role is None:
        raise StaleDocumentError(remedy="Open it again; what they saved is shown.")
    review.must(person, role)
    if role is Role.APPROVER and not review.may_approve(
        person, seen.document, seen.reviews, seen.hands
    ):
        raise NotAllowedError(
            "You reviewed this document; somebody else must approve it.",
            "Leave it to a second person (four eyes).",
        )
    if key and any(kept.id == key for kept in seen.overrides):
        return seen
    if not minimum.may_pass(rule):
        raise NotAllowedError(
            "This datum must be there; it cannot be let pass.",
            "Fill it in, or send the document back.",
        )
    found = next(
        (f for f in seen.findings if f.rule == rule and set(f.fields) == set(fields)), None
    )
    if found is None:
        raise NotReadyError("This is not found any more.", "Open the document again.")
    work.store.add(
        Override(
            id=key or new_id(),
            document=document,
            rule=rule,
            fields=" ".join(sorted(fields)),
            about=review.about(found, seen.values),
            reason=reason,
            by=by,
            at=now(),
        )
    )
    log.info("finding.overridden", document=document, rule=rule, stands=not reason)
    return sheet(work, document)
