"""What people remark on papers and what is answered; the units' logs of difficulties."""

from __future__ import annotations

from collections.abc import Sequence

from workbench import review, vietnamese
from workbench.errors import NotReadyError
from workbench.flow.people import account, any_of
from workbench.flow.work import Work
from workbench.model import Comment, Role, now

LONGEST = 2000  # characters


def comment(
    work: Work,
    document: str,
    text: str,
    *,
    by: str,
    key: str,
    field: str = "",
    difficulty: bool = False,
    answers: str = "",
) -> None:
    """Keep a remark on a document or one of its fields, or an answer to one (`answers`: its id).

    `key` is the client's own id: sent twice it is one. Raises NotReadyError for an empty remark.
    """
    any_of(account(work, by), Role.REVIEWER, Role.APPROVER, Role.MANAGER, Role.DESIGNER)
    found = work.store.document(document)
    if found is None:
        raise NotReadyError("There is no such document.", "Open it from the list.")
    said = vietnamese.nfc(text)[:LONGEST]
    if not said:
        raise NotReadyError("The remark is empty.", "Write in a few words what it is about.")
    if answers and answers not in {c.id for c in work.store.comments(document) if not c.answers}:
        raise NotReadyError("There is no such remark.", "Open the document again.")
    work.store.remark(
        Comment(
            id=key,
            document=document,
            unit=found.unit,
            field=field,
            text=said,
            difficulty=difficulty,
            answers=answers,
            by=by,
            at=now(),
        )
    )


def remarks(
    work: Work, *, by: str, unit: str | None = None, difficulties: bool = False
) -> Sequence[review.Thread]:
    """The threads of a unit (of all without one), newest first; `difficulties`: only those."""
    any_of(account(work, by), Role.REVIEWER, Role.APPROVER, Role.MANAGER, Role.DESIGNER)
    kept = work.store.comments(unit=unit, difficulties=difficulties)
    return tuple(reversed(review.threads(kept)))
