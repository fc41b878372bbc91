"""Who decides on a template: authorised and signed, handed back, retired; never by its author."""

from __future__ import annotations

from hashlib import sha256

import structlog

from workbench import vietnamese
from workbench.errors import NotAllowedError, NotReadyError, SigningError, StaleDocumentError
from workbench.flow import granting
from workbench.flow.governing import said, who
from workbench.flow.people import account
from workbench.flow.proving_templates import proof_of
from workbench.flow.refusals import recorded
from workbench.flow.vouching import statement, vouch
from workbench.flow.work import Work
from workbench.model import (
    Person,
    Right,
    TemplateAct,
    TemplateEvent,
    TemplateStanding,
    TemplateState,
    now,
)
from workbench.seams import KeySource
from workbench.store import templates as kept

log = structlog.get_logger()


def authorise(
    work: Work, digest: str, *, by: str, reason: str, keys: KeySource
) -> TemplateStanding:
    """Put a submitted version into use, signed with the authoriser's own certificate.

    The version before it is retired in the same transaction. Raises NotAllowedError for an author,
    a text that is not as it was submitted, a retired version, somebody else's certificate;
    SigningError; StaleDocumentError where somebody was quicker.
    """
    person = account(work, by)
    seen = _standing(work, digest)
    granting.must(work, Right.AUTHORISE, seen.template, person)
    why = said(reason)
    with recorded(work, TemplateAct.AUTHORISED, seen.template, by=by, digest=digest):
        _must_wait(seen)
        _must_be_another(work, seen, person)
        _must_be_as_submitted(work, seen)
        _must_be_proven(work, seen)
    decided = TemplateStanding.model_validate(
        {
            **seen.model_dump(),
            "decided_by": by,
            "decided_at": now(),
            "reason": why,
        }
    )
    content = statement(decided)
    signed = work.sign_apart(content, keys)
    with recorded(work, TemplateAct.AUTHORISED, seen.template, by=by, digest=digest):
        _must_be_theirs(person, signed.signer)
    if not work.judge(content, signed.signature).intact:
        raise SigningError(
            "The signature that the key made does not fit what was signed.",
            "Nothing was authorised. Check the key, then try again.",
        )
    event = TemplateEvent(
        act=TemplateAct.AUTHORISED,
        template=seen.template,
        digest=digest,
        draft=seen.draft,
        by=by,
        at=decided.decided_at or now(),
        reason=why,
        about={
            "statement": sha256(content).hexdigest(),
            "certificate": signed.certificate,
            "trial": signed.trial,
            "base": seen.base,
            "proof": seen.proof,
        },
    )
    kept_as = work.store.put(signed.signature)
    standing = kept.authorise(
        work.store, digest, signature=kept_as, signed_as=signed.signer, event=event
    )
    work.templates_changed()
    log.info("template.authorised", template=seen.template, version=seen.version)
    return standing


def hand_back(work: Work, digest: str, *, by: str, reason: str) -> TemplateStanding:
    """Do not authorise a submitted version, and say why; its draft goes on.

    An author takes back what they submitted themselves.
    """
    person = account(work, by)
    seen = _standing(work, digest)
    if by not in _authors(work, seen):
        granting.must(work, Right.AUTHORISE, seen.template, person)
    else:
        granting.must(work, Right.SUBMIT, seen.template, person)
    why = said(reason)
    with recorded(work, TemplateAct.RETURNED, seen.template, by=by, digest=digest):
        _must_wait(seen)
    kept.hand_back(work.store, digest, _event(TemplateAct.RETURNED, seen, by, why))
    return _standing(work, digest)


def retire(work: Work, digest: str, *, by: str, reason: str) -> TemplateStanding:
    """Let nothing more be read with a version; what was read with it keeps it."""
    person = account(work, by)
    seen = _standing(work, digest)
    granting.must(work, Right.AUTHORISE, seen.template, person)
    why = said(reason)
    if seen.state is not TemplateState.AUTHORISED:
        raise NotReadyError(
            "Version {n} of this template is not in use.",
            "Only the version in use can be retired.",
            n=seen.version,
        )
    kept.retire(work.store, digest, _event(TemplateAct.RETIRED, seen, by, why))
    work.templates_changed()
    log.info("template.retired", template=seen.template, version=seen.version)
    return _standing(work, digest)


def _standing(work: Work, digest: str) -> TemplateStanding:
    found = kept.standing(work.store, digest)
    if found is None:
        raise NotReadyError(
            "There is no such version of a template.", "Open it from the page Templates."
        )
    return found


def _event(act: TemplateAct, seen: TemplateStanding, by: str, reason: str) -> TemplateEvent:
    return TemplateEvent(
        act=act,
        template=seen.template,
        digest=seen.digest,
        draft=seen.draft,
        by=by,
        at=now(),
        reason=reason,
    )


# --- what forbids it ---------------------------------------------------------------------------


def _must_wait(seen: TemplateStanding) -> None:
    match seen.state:
        case TemplateState.SUBMITTED:
            return
        case TemplateState.RETIRED:
            raise NotAllowedError(
                "Version {n} of this template was retired.",
                "What is to be used again is submitted anew, under a new number.",
                n=seen.version,
            )
        case TemplateState.RETURNED:
            raise NotAllowedError(
                "Version {n} of this template was handed back to its author.",
                "Wait until it is submitted again.",
                n=seen.version,
            )
    raise StaleDocumentError(
        "Somebody else decided on this template while you looked at it.",
        "Look at it again, then decide.",
    )


def _must_be_another(work: Work, seen: TemplateStanding, person: Person) -> None:
    """Who drew it, or is the one who drew it under another account, never authorises it."""
    authors = _authors(work, seen)
    if person.name in authors:
        raise NotAllowedError(
            "You drew this template; somebody else must authorise it.",
            "Leave it to a second person (four eyes).",
        )
    name = vietnamese.nfc(person.shown_as).casefold().split()
    for author in who(work, sorted(authors)):
        same = vietnamese.nfc(author.shown_as).casefold().split() == name
        if same and author.unit == person.unit:
            raise NotAllowedError(
                "This account bears the name of an author of this template.",
                "Somebody else must authorise it (four eyes); two accounts are not two people.",
            )


def _authors(work: Work, seen: TemplateStanding) -> set[str]:
    """All who changed the draft, and all who drew just this text on any other draft."""
    authors = {*seen.authors, seen.submitted_by}
    for draft in kept.drafts(work.store, seen.template, closed=True):
        if draft.id == seen.draft or sha256(draft.source).hexdigest() == seen.digest:
            authors |= {*draft.authors, draft.author}
    return authors - {""}


def _must_be_as_submitted(work: Work, seen: TemplateStanding) -> None:
    found = vouch(work.store, seen, work.judge)
    if found.flaw is not None:
        raise NotAllowedError(
            found.flaw.text,
            "Hand it back; it is submitted anew from its draft.",
            **found.flaw.values,
        )


def _must_be_proven(work: Work, seen: TemplateStanding) -> None:
    if proof_of(work, seen.digest) is None:
        raise NotAllowedError(
            "The examples or the version in use changed since this version was tested.",
            "Test it again, or hand it back.",
        )


def _must_be_theirs(person: Person, signer: str) -> None:
    """A certificate names its owner; titles and ranks may stand on either side."""
    owner, named = set(_bare(person.shown_as).split()), set(_bare(signer).split())
    same = owner & named
    if len(same) < min(2, len(owner)) or not (owner <= named or named <= owner):
        raise NotAllowedError(
            "The certificate is not in the name of this account.",
            "Sign with your own certificate, or have the account's name corrected.",
        )


def _bare(name: str) -> str:
    return " ".join(vietnamese.fold(name).split())
