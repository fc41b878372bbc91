"""What people may do with a document, and who may: correct, decide, approve (four eyes).

Pure: settles proposals and corrections into fields, and fields into the record that is sealed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from workbench.errors import NotAllowedError, NotReadyError, Sentence, StaleDocumentError
from workbench.model import (
    Act,
    Approved,
    Correction,
    Document,
    Finding,
    Page,
    Person,
    Proposal,
    Record,
    Review,
    Role,
    SettledField,
    Severity,
    Stage,
)


@dataclass(frozen=True, slots=True)
class SheetField:
    """One field as the review station shows it."""

    name: str
    label: Mapping[str, str]  # language -> words
    kind: str
    critical: bool
    required: bool
    value: str  # as it stands now: the newest act, else the proposal
    normalised: str
    proposed: str
    candidates: Mapping[str, str]  # engine -> its reading
    confidence: float
    agreement: float
    accepted: bool  # by the machine
    act: Act | None  # what a person did; None: nobody has looked
    by: str
    findings: tuple[Finding, ...]
    page: int | None
    box: tuple[float, ...] | None  # on the page as scanned

    @property
    def flagged(self) -> bool:
        """Whether a person must still look at it."""
        if self.act is not None:
            return False
        return not self.accepted or any(
            f.severity is not Severity.INFORMATION for f in self.findings
        )


@dataclass(frozen=True, slots=True)
class ReviewSheet:
    """A document with all that a reviewer or an approver must see."""

    document: Document
    title: Mapping[str, str]
    pages: tuple[Page, ...]
    fields: tuple[SheetField, ...]
    returned: Sentence | None  # the approver's reason, where it was sent back
    corrections: tuple[Correction, ...]
    reviews: tuple[Review, ...]

    @property
    def waiting(self) -> tuple[SheetField, ...]:
        return tuple(field for field in self.fields if field.flagged)


def standing(corrections: Sequence[Correction]) -> dict[str, Correction]:
    """For each field the newest act that was not taken back; `corrections` in their order."""
    acts: dict[str, list[Correction]] = {}
    for correction in corrections:
        past = acts.setdefault(correction.field, [])
        if correction.act is not Act.UNDO:
            past.append(correction)
        elif past:
            past.pop()
    return {field: past[-1] for field, past in acts.items() if past}


def value_of(proposal: Proposal, act: Correction | None) -> tuple[str, str]:
    """The value and its normal form as they stand; empty for an illegible or absent field."""
    if act is None or act.act is Act.ACCEPT:
        return proposal.value, proposal.normalised
    if act.act in (Act.ILLEGIBLE, Act.ABSENT):
        return "", ""
    return act.after, act.normalised


def must(person: Person, role: Role) -> None:
    """Raise NotAllowedError unless the person is active and has the role."""
    if not person.active or role.value not in person.roles:
        raise NotAllowedError(
            "Your account does not have this right.", "Ask the administrator for it."
        )


def pass_on(sheet: ReviewSheet, person: Person) -> None:
    """Check that the reviewer may end the sitting with PASS; raise what stands against it."""
    must(person, Role.REVIEWER)
    if sheet.document.stage is not Stage.PROPOSED:
        raise StaleDocumentError(remedy="Open it again; what they saved is shown.")
    if waiting := sheet.waiting:
        raise NotReadyError(
            "{n} fields have not been looked at yet.",
            "Accept or correct each flagged field, then pass the document on.",
            n=len(waiting),
        )


def may_approve(
    person: Person,
    document: Document,
    reviews: Sequence[Review],
    corrections: Sequence[Correction],
) -> bool:
    """Four eyes: an approver who has had no hand in this document's review."""
    if not person.active or Role.APPROVER.value not in person.roles:
        return False
    hands = {document.reviewer}
    hands.update(r.by for r in reviews if r.duty == "review")
    hands.update(c.by for c in corrections)
    return person.name not in hands


def approve(record: Record, sheet: ReviewSheet, person: Person, *, at: datetime) -> Approved:
    """Vouch for the record as the second person. Raises NotAllowedError for the reviewer."""
    must(person, Role.APPROVER)
    if not may_approve(person, sheet.document, sheet.reviews, sheet.corrections):
        raise NotAllowedError(
            "You reviewed this document; somebody else must approve it.",
            "Leave it to a second person (four eyes).",
        )
    return Approved(record, record.digest, person.name, at)


def settle(sheet: ReviewSheet, template: str, originals: Sequence[str]) -> Record:
    """The record of a reviewed document: every field with its value and who vouches for it."""
    document = sheet.document
    if document.kind is None or document.template_digest is None or document.reviewer is None:
        raise NotReadyError("This document has not been reviewed.", "Review it first.")
    fields = tuple(
        SettledField(
            name=field.name,
            value=field.value,
            normalised=field.normalised,
            act=field.act or Act.ACCEPT,
            page=field.page,
            box=field.box,
            by=field.by or document.reviewer,
        )
        for field in sheet.fields
    )
    return Record(
        document=document.id,
        kind=document.kind,
        template=template,
        template_digest=document.template_digest,
        originals=tuple(originals),
        fields=fields,
        reviewed_by=document.reviewer,
        revision=document.revision,
    )
