"""What people may do with a document, and who may: correct, decide, approve (four eyes).

Pure: settles proposals and corrections into fields, and fields into the record that is sealed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import SequenceMatcher

from workbench import vietnamese
from workbench.errors import NotAllowedError, NotReadyError, Sentence, StaleDocumentError
from workbench.model import (
    Act,
    Approved,
    BatchConstant,
    Comment,
    Correction,
    Document,
    Finding,
    Origin,
    Override,
    Page,
    Passed,
    Person,
    Proposal,
    Record,
    Review,
    Role,
    SeenIn,
    SettledField,
    Severity,
    Stage,
    TextCorrection,
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
    seen_in: SeenIn = SeenIn.DOCUMENT  # where the person acted
    constant: str = ""  # what the batch's constant says, while nobody has acted on the field
    comments: int = 0  # remarks on it that nobody has answered

    @property
    def checked(self) -> bool:
        """Whether a person has checked it where a check of this field counts.

        Among its like a value is seen without its paper: of a critical field that is a second
        look and never the only one.
        """
        if self.act is None or self.act is Act.DOUBT:
            return False
        return not (self.critical and self.seen_in is SeenIn.CARPET)

    @property
    def offered(self) -> str:
        """What a person takes who accepts: what the machine read, or another has said since."""
        return (self.constant or self.proposed) if self.checked else self.value

    @property
    def flagged(self) -> bool:
        """Whether a person must still look at it."""
        if self.checked:
            return False
        if self.act not in (None, Act.ACCEPT):
            return True  # doubted, or changed where its paper was not seen
        if self.constant and vietnamese.key(self.constant) != vietnamese.key(self.proposed):
            return True  # what holds for the batch is checked once on each paper
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
    texts: tuple[TextCorrection, ...] = ()
    comments: tuple[Comment, ...] = ()
    table: str = ""  # the name of the form's table, where it has one
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # its columns' labels
    noted: tuple[Finding, ...] = ()  # of the document as a whole, of its file, beside other papers
    overrides: tuple[Override, ...] = ()  # what people let pass, oldest first

    @property
    def values(self) -> dict[str, str]:
        """Field -> normal form, as it stands."""
        return {field.name: field.normalised for field in self.fields}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that does not hold, each once."""
        every = [*self.noted, *(f for field in self.fields for f in field.findings)]
        return tuple({(f.rule, f.fields): f for f in every}.values())

    def let_pass(self, finding: Finding) -> Override | None:
        """Who let this finding pass for what stands there now, and why; None where nobody did."""
        named = " ".join(sorted(finding.fields))
        said = [o for o in self.overrides if (o.rule, o.fields) == (finding.rule, named)]
        here = [o for o in said if o.about == about(finding, self.values)]
        return here[-1] if here and here[-1].reason else None

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What stands in the way of passing on and of approval: no person let it pass."""
        return tuple(
            finding
            for finding in self.findings
            if finding.severity is Severity.ERROR and self.let_pass(finding) is None
        )

    @property
    def hands(self) -> tuple[Correction | TextCorrection, ...]:
        """What people changed, fields and text alike: who did has had a hand in it."""
        return (*self.corrections, *self.texts)

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


def about(finding: Finding, values: Mapping[str, str]) -> str:
    """SHA-256 of what a finding speaks of: who lets it pass does so for these values only.

    Without fields it speaks of the document's file, and the sentence's own values tell it apart.
    """
    told = {name: values.get(name, "") for name in sorted(finding.fields)}
    said = [told, dict(finding.sentence.values)]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


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
    _without_errors(sheet)


def _without_errors(sheet: ReviewSheet) -> None:
    if sheet.errors:
        raise NotReadyError(
            "{n} errors stand in the way.",
            "Put each right, or let it pass and say why.",
            n=len(sheet.errors),
        )


def may_approve(
    person: Person,
    document: Document,
    reviews: Sequence[Review],
    corrections: Sequence[Correction | TextCorrection],
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
    if not may_approve(person, sheet.document, sheet.reviews, sheet.hands):
        raise NotAllowedError(
            "You reviewed this document; somebody else must approve it.",
            "Leave it to a second person (four eyes).",
        )
    _without_errors(sheet)
    return Approved(record, record.digest, person.name, at)


def settle(sheet: ReviewSheet, template: str, originals: Sequence[str]) -> Record:
    """The record of a reviewed document: every field with its value and who vouches for it."""
    document = sheet.document
    if document.kind is None or document.template_digest is None or document.reviewer is None:
        raise NotReadyError("This document has not been reviewed.", "Review it first.")
    scanned = document.origin is Origin.SCAN  # else no page is a part of the record
    fields = tuple(
        SettledField(
            name=field.name,
            value=field.value,
            normalised=field.normalised,
            act=field.act or Act.ACCEPT,
            page=field.page if scanned else None,
            box=field.box if scanned else None,
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
        passed=_passed(sheet),
    )


def _passed(sheet: ReviewSheet) -> tuple[Passed, ...]:
    """What stood as let pass when the record was approved; what is said later is not part of it."""
    document = sheet.document
    open_ = document.stage in (Stage.PROPOSED, Stage.REVIEWED) or document.approved_at is None
    newest = {
        (kept.rule, kept.fields, kept.about): kept
        for kept in sheet.overrides
        if open_ or (document.approved_at is not None and kept.at <= document.approved_at)
    }
    return tuple(
        Passed(kept.rule, kept.fields, kept.reason, kept.by)
        for kept in newest.values()
        if kept.reason
    )


# --- the same among many -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """One field of one document as the machine left it, to be held against others."""

    document: str
    field: str
    proposed: str
    candidates: Mapping[str, str]  # engine -> its reading


@dataclass(frozen=True, slots=True)
class Alike:
    """A field that was read as another was, and what it would say if it was misread alike."""

    document: str
    field: str
    proposed: str
    instead: str


# One of these differs from paper to paper by its nature; that two were read alike proves nothing.
_OWN = frozenset({"name", "date", "id_number", "org_number", "document_number", "count",
                 "phone"})  # fmt: skip


def differs_by_nature(kind: str) -> bool:
    """Whether each value of this kind must be looked at by itself: names, numbers, dates."""
    return kind in _OWN


def read_alike(
    corrected: Reading, value: str, others: Sequence[Reading], *, kind: str
) -> tuple[Alike, ...]:
    """The other readings of the same field that look misread as this one was.

    Either the engines said there what they said here, or the same syllables stand there that a
    person replaced here (never for names, numbers and dates). `others` are fields that no person
    has acted on; `value` is what the person wrote.
    """
    wrong = vietnamese.key(corrected.proposed)
    if not value or vietnamese.key(value) == wrong:
        return ()
    swaps = () if differs_by_nature(kind) else _replaced(corrected.proposed, value)
    found: list[Alike] = []
    for other in others:
        if (other.document, other.field) == (corrected.document, corrected.field):
            continue
        if vietnamese.key(other.proposed) == wrong and _voices(other) == _voices(corrected):
            found.append(Alike(other.document, other.field, other.proposed, value))
            continue
        instead = _swapped(other.proposed, swaps)
        if instead != other.proposed:
            found.append(Alike(other.document, other.field, other.proposed, instead))
    return tuple(found)


def _voices(reading: Reading) -> dict[str, str]:
    return {engine: vietnamese.key(text) for engine, text in reading.candidates.items()}


def _replaced(before: str, after: str) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """The runs of syllables that a correction replaced one for one, none with a digit."""
    old, new = vietnamese.syllables(before), vietnamese.syllables(after)
    swaps: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    for what, a0, a1, b0, b1 in matcher.get_opcodes():
        if what != "replace" or a1 - a0 != b1 - b0:
            continue
        wrong, right = old[a0:a1], new[b0:b1]
        if not any(c.isdigit() for c in "".join((*wrong, *right))):
            swaps.append((wrong, right))
    return tuple(swaps)


def _swapped(text: str, swaps: Sequence[tuple[tuple[str, ...], tuple[str, ...]]]) -> str:
    syllables = list(vietnamese.syllables(text))
    for wrong, right in swaps:
        for at in range(len(syllables) - len(wrong) + 1):
            if tuple(syllables[at : at + len(wrong)]) == wrong:
                syllables[at : at + len(wrong)] = right
    return " ".join(syllables)


def standing_constants(constants: Sequence[BatchConstant]) -> dict[tuple[str, str], BatchConstant]:
    """By kind and field the newest constant of a batch that was not taken back; in their order."""
    newest = {(c.kind, c.field): c for c in constants}
    return {place: constant for place, constant in newest.items() if constant.value}


# --- line items ----------------------------------------------------------------------------------


def rows_in_order(read: Iterable[int], after: Mapping[int, int]) -> tuple[int, ...]:
    """The rows of a table as they stand: those read, and each added one after the row it names.

    `after`: added row -> the row above it (0: at the top), oldest first.
    """
    order = sorted(set(read) - set(after))
    for row, above in after.items():
        order.insert(
            order.index(above) + 1 if above in order else 0 if above == 0 else len(order), row
        )
    return tuple(order)


# --- remarks -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Thread:
    """A remark with what was answered to it, oldest first."""

    first: Comment
    answers: tuple[Comment, ...]

    @property
    def answered(self) -> bool:
        """Whether somebody else has had the last word."""
        return bool(self.answers) and self.answers[-1].by != self.first.by


def threads(comments: Sequence[Comment]) -> tuple[Thread, ...]:
    """The remarks among `comments`, each with its answers; `comments` in their order."""
    answers: dict[str, list[Comment]] = {}
    for comment in comments:
        answers.setdefault(comment.answers, []).append(comment)
    return tuple(Thread(first, tuple(answers.get(first.id, ()))) for first in answers.get("", ()))
