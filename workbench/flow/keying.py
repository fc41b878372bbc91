"""Critical fields typed twice, blind: by the same person at once, or by a second person later.

No check digit guards the last six digits of an identity number (Thông tư 07/2016/TT-BCA); a second
typing does. What was typed both times is kept, whichever stands in the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from workbench import review, vietnamese
from workbench.errors import NotAllowedError, NotReadyError, StaleDocumentError
from workbench.flow.entering import SECOND, as_written
from workbench.flow.people import FieldAct, account, correct, decide, sheet
from workbench.flow.work import Work
from workbench.model import Act, Decision, Document, Keying, Role, Stage, new_id
from workbench.review import SheetField


class Twice(StrEnum):
    """Who types the critical fields a second time."""

    NOBODY = "nobody"
    SELF = "self"  # at once, without seeing what was typed first
    OTHER = "other"  # another person, before the record goes on


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that was typed in two ways."""

    field: str
    first: str
    second: str


def differs(first: str, second: str, kind: str) -> bool:
    """Whether two typings are two values: not by blanks, nor by where a tone mark stands."""
    return vietnamese.key(as_written(first, kind)) != vietnamese.key(as_written(second, kind))


def typed_twice(work: Work, document: str) -> tuple[SheetField, ...]:
    """The fields of a record that a second person types: critical ones that the paper has."""
    return tuple(
        field
        for field in sheet(work, document).fields
        if field.critical and field.act is not Act.ABSENT and field.value
    )


def type_again(
    work: Work,
    document: str,
    typed: Mapping[str, str],
    *,
    by: str,
    chosen: Mapping[str, str] | None = None,
) -> tuple[Difference, ...]:
    """Hold what a second person typed against the first; those that differ and wait to be decided.

    `typed`: critical field -> as typed without seeing the first. `chosen`: what stands of those
    that differ. With nothing left to decide the record is passed on, and an approver is a third.

    Raises:
        NotAllowedError: the person typed it the first time.
        StaleDocumentError: it waits for no second typing (any more).
    """
    person = account(work, by)
    review.must(person, Role.REVIEWER)
    found = work.store.document(document)
    if found is None or found.stage is not Stage.PROPOSED or found.parked != SECOND:
        raise StaleDocumentError(remedy="Open it again; what they saved is shown.")
    entry = work.store.entry(document)
    if entry is None or entry.by == by:
        raise NotAllowedError(
            "You typed this record the first time.", "Leave it to a second person."
        )
    chosen = chosen or {}
    asked = typed_twice(work, document)
    missing = [field.name for field in asked if not typed.get(field.name, "").strip()]
    if missing:
        raise NotReadyError(
            "{n} fields were not typed again.", "Type each of them.", n=len(missing)
        )
    differing = [f for f in asked if differs(f.value, typed[f.name], f.kind)]
    waiting = tuple(
        Difference(f.name, f.value, as_written(typed[f.name], f.kind))
        for f in differing
        if not chosen.get(f.name)
    )
    if waiting:
        return waiting
    work.store.keep_keyings([_keying(document, f, typed[f.name], by) for f in asked])
    acts = [
        FieldAct(new_id(), f.name, Act.EDIT, as_written(chosen[f.name], f.kind))
        for f in differing
        if differs(f.value, chosen[f.name], f.kind)
    ]
    if acts:
        correct(work, document, acts, by=by)
    # Only now: cut short before, it still waits to be typed again, and no choice is lost.
    work.store.typed_again(document)
    _pass_on(work, document, by=by)
    return ()


def _keying(document: str, field: SheetField, second: str, by: str) -> Keying:
    return Keying(
        id=f"{document}.{field.name}",
        document=document,
        field=field.name,
        first=field.value,
        second=as_written(second, field.kind),
        by=by,
    )


def _pass_on(work: Work, document: str, *, by: str) -> Document | None:
    """Let a record go to the approver that nothing stands against; else it waits for a reviewer."""
    try:
        return decide(work, document, Decision.PASS, by=by)
    except NotReadyError:
        return None
