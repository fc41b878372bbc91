"""A template's way to a decision: begun, drawn on, given up, submitted with its proof.

The words of whoever decides are in `authorising`. What is forbidden raises NotAllowedError with
its reason, and that it was tried is kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

import structlog

from workbench.errors import NotAllowedError, NotReadyError, TemplateError
from workbench.flow import granting
from workbench.flow.people import account, any_of
from workbench.flow.proving_templates import proof_of
from workbench.flow.refusals import recorded, refused
from workbench.flow.work import Work
from workbench.model import (
    Person,
    Right,
    Role,
    Severity,
    TemplateAct,
    TemplateDraft,
    TemplateEvent,
    TemplateProof,
    TemplateStanding,
    TemplateState,
    TemplateVersion,
    new_id,
    now,
)
from workbench.store import templates as kept
from workbench.template import Template, check, parse

__all__ = [
    "begin", "draft", "drop", "in_use", "next_number", "refused", "said", "save", "submit", "who",
]  # fmt: skip

_ID = re.compile(r"[a-z][a-z0-9_]*")
_NUMBER = re.compile(rb"^version:[ \t]*\d+", re.MULTILINE)

log = structlog.get_logger()


# --- drafts ------------------------------------------------------------------------------------


def begin(
    work: Work,
    template_id: str,
    *,
    by: str,
    base: str = "",
    source: bytes | None = None,
    scans: Sequence[str] = (),
) -> TemplateDraft:
    """Begin a draft: of a new form, from a version that is kept (`base`), or from a text.

    Without a text it says what `base` says, or the version in use, under the next number. Drawing
    a form that nobody has drawn asks for a designer, who may then see, change and submit it.
    """
    person = account(work, by)
    if not _ID.fullmatch(template_id):
        raise NotReadyError(
            "{id} is no identifier of a template.",
            "Use small letters without marks, digits and _; begin with a letter.",
            id=template_id,
        )
    if kept.standings(work.store, template_id) or kept.drafts(work.store, template_id):
        granting.must(work, Right.EDIT, template_id, person)
    else:
        with recorded(work, TemplateAct.DRAWN, template_id, by=by):
            any_of(person, Role.DESIGNER)
        granting.to_author(work, template_id, by=by)
    base = base or _digest(in_use(work, template_id))
    row = TemplateDraft(
        id=new_id(),
        template=template_id,
        base=base,
        source=_text(work, template_id, base) if source is None else source,
        scans=list(scans),
        author=by,
        authors=[*(name for name in _drew(work, base) if name != by), by],
        by=by,
        unit=person.unit or "",
    )
    brought = source is not None and not scans  # over scans it is drawn, whatever it says at first
    act = TemplateAct.CHANGED if brought else TemplateAct.DRAWN
    event = TemplateEvent(
        act=act, template=template_id, digest=base, draft=row.id, by=by, at=row.at
    )
    work.store.add(row, event)
    log.info("template.begun", template=template_id, draft=row.id)
    return row


def save(work: Work, draft_id: str, source: bytes, *, by: str, revision: int) -> TemplateDraft:
    """Keep what a draft says now, valid or not; who changed it is from then on one of its authors.

    Raises StaleDocumentError where somebody was quicker; nothing was kept then.
    """
    seen = draft(work, draft_id)
    granting.must(work, Right.EDIT, seen.template, account(work, by))
    _must_be_open(seen)
    authors = [*(name for name in seen.authors if name != by), by]
    return kept.save(work.store, draft_id, source, authors=authors, revision=revision, at=now())


def drop(work: Work, draft_id: str, *, by: str, reason: str) -> None:
    """Give a draft up; it stays told that it was."""
    seen = draft(work, draft_id)
    granting.must(work, Right.EDIT, seen.template, account(work, by))
    _must_be_open(seen)
    kept.drop(
        work.store,
        seen,
        TemplateEvent(
            act=TemplateAct.DROPPED,
            template=seen.template,
            digest=sha256(seen.source).hexdigest(),
            draft=seen.id,
            by=by,
            at=now(),
            reason=said(reason),
        ),
    )


def draft(work: Work, draft_id: str) -> TemplateDraft:
    """Raises NotReadyError where there is none."""
    found = kept.draft(work.store, draft_id)
    if found is None:
        raise NotReadyError("There is no such draft.", "Open it from the page Templates.")
    return found


def _must_be_open(seen: TemplateDraft) -> None:
    if seen.closed_at is not None:
        raise NotReadyError(
            "This draft is closed: it was authorised or given up.", "Begin a new draft."
        )
    if seen.submitted:
        raise NotReadyError(
            "This draft waits for a decision.",
            "Take it back, or wait until it is handed back; then it can be changed.",
        )


def _drew(work: Work, digest: str) -> list[str]:
    """Who drew a version that nobody else authorised; what goes on from it is theirs too."""
    seen = kept.standing(work.store, digest) if digest else None
    undecided = (TemplateState.SUBMITTED, TemplateState.RETURNED)
    return list(seen.authors) if seen is not None and seen.state in undecided else []


def _text(work: Work, template_id: str, base: str) -> bytes:
    """What a draft says at first."""
    number = b"version: %d" % next_number(work, template_id)
    if not base:
        return b"id: " + template_id.encode() + b"\n" + number + b"\n"
    version = work.store.template_version(base)
    if version is None or version.template != template_id:
        raise NotReadyError("There is no such version of this template.", "Choose another one.")
    return _NUMBER.sub(number, version.source, count=1)


def next_number(work: Work, template_id: str) -> int:
    """The number of the version that comes after all that were ever in use."""
    numbers = [
        one.version
        for one in kept.standings(work.store, template_id)
        if one.state in (TemplateState.AUTHORISED, TemplateState.RETIRED)
    ]
    return max(numbers, default=0) + 1


def in_use(work: Work, template_id: str) -> TemplateStanding | None:
    """The authorised version, also where its text was altered and nothing is read with it."""
    found = kept.standings(work.store, template_id)
    return next((one for one in found if one.state is TemplateState.AUTHORISED), None)


def _digest(standing: TemplateStanding | None) -> str:
    return standing.digest if standing else ""


def said(reason: str) -> str:
    """The words that somebody gave as a reason. Raises NotReadyError where there are none."""
    if not reason.strip():
        raise NotReadyError("A reason is needed.", "Write in a few words why.")
    return reason.strip()


# --- submitting --------------------------------------------------------------------------------


def submit(work: Work, draft_id: str, *, by: str, reason: str = "") -> TemplateStanding:
    """Put a draft before those who authorise: from now on its text is kept for ever.

    It must be valid, have a number of its own and a test of exactly this text beside the version
    in use; where it did worse than that, `reason` says why it is submitted all the same.
    """
    seen = draft(work, draft_id)
    person = account(work, by)
    granting.must(work, Right.SUBMIT, seen.template, person)
    _must_be_open(seen)
    before = in_use(work, seen.template)
    if before and before.decided_at and before.decided_at > seen.at:
        raise NotReadyError(
            "Version {n} came into use after this draft was begun.",
            "Begin a draft from the version in use, and bring your changes into it.",
            n=before.version,
        )
    template = _valid(work, seen)
    with recorded(
        work, TemplateAct.SUBMITTED, seen.template, by=by, digest=template.digest, draft=seen.id
    ):
        proof = _proof(work, template, reason)
    at = now()
    waiting = TemplateStanding(
        digest=template.digest,
        template=template.id,
        version=template.version,
        state=TemplateState.SUBMITTED,
        base=_digest(before),
        draft=seen.id,
        authors=sorted({*seen.authors, seen.author, *_drew(work, template.digest)}),
        submitted_by=by,
        submitted_at=at,
        proof=proof.id,
    )
    event = TemplateEvent(
        act=TemplateAct.SUBMITTED,
        template=template.id,
        digest=template.digest,
        draft=seen.id,
        by=by,
        at=at,
        reason=reason.strip(),
        about={"proof": proof.id, "worse": proof.worse, "base": waiting.base},
    )
    version = TemplateVersion(
        digest=template.digest,
        template=template.id,
        version=template.version,
        source=template.source,
        at=at,
    )
    standing = kept.submit(work.store, seen, version, waiting, event)
    log.info("template.submitted", template=template.id, version=template.version)
    return standing


def _valid(work: Work, seen: TemplateDraft) -> Template:
    """The template that a draft says. Raises TemplateError, NotReadyError."""
    name = f"{seen.template}.yaml"
    for problem in check(seen.source, name):
        if problem.severity is Severity.ERROR:
            raise TemplateError(
                problem.says.text,
                "Correct line {line} of the text, then submit it.",
                **{**problem.says.values, "line": problem.line},
            )
    template = parse(seen.source, name)
    if template.id != seen.template:
        raise NotReadyError(
            "The text calls the template {other}, the draft is of {id}.",
            "Give the text the identifier of its draft.",
            other=template.id,
            id=seen.template,
        )
    number = next_number(work, seen.template)
    standing = kept.standing(work.store, template.digest)
    if standing is not None and standing.state is not TemplateState.RETURNED:
        raise NotReadyError(
            "Exactly this text was submitted before, as version {n}.",
            "Change it, or leave it as it is.",
            n=standing.version,
        )
    if template.version < number:
        raise NotReadyError(
            "Version {n} of this template exists already.",
            "Give the text the number {next}.",
            n=template.version,
            next=number,
        )
    return template


def _proof(work: Work, template: Template, reason: str) -> TemplateProof:
    proof = proof_of(work, template.digest)
    if proof is None:
        raise NotAllowedError(
            "This text was not tested, or not since its examples or the version in use changed.",
            "Test it on its examples, then submit it.",
        )
    if proof.worse and not reason.strip():
        raise NotAllowedError(
            "This text does worse on the examples than the version in use.",
            "Mend it; or submit it with the reason why it should be used all the same.",
        )
    return proof


def who(work: Work, names: Sequence[str]) -> list[Person]:
    """The accounts of these names, also those that are closed."""
    return [person for name in names if (person := work.store.person(name)) is not None]
