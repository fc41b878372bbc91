"""What people say of a paper's way: facts, another way with a reason, set apart, taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import structlog

from workbench import scope
from workbench.errors import NotReadyError, Sentence, StaleDocumentError, WorkbenchError
from workbench.flow import scoping
from workbench.flow.people import account, any_of, sheet, sought
from workbench.flow.readmitting import readmit
from workbench.flow.scoping import CLOSING, OVERRULED, Ruled
from workbench.flow.work import Work
from workbench.model import (
    Document,
    Origin,
    Override,
    Role,
    ScopeJudgement,
    ScopeStatement,
    Stage,
    day_of,
    new_id,
    now,
)
from workbench.review import ReviewSheet
from workbench.scope import FACTS, Paper, Path
from workbench.store import scoping as store

COUNTS: Final = ("sides", "noted")  # of the paper: sides to scan, those with a note stuck on
_SAYERS: Final = (Role.REVIEWER, Role.APPROVER, Role.MANAGER)
_JUDGES: Final = (Role.APPROVER, Role.MANAGER)
_SEALED: Final = (Stage.SIGNED, Stage.EXPORTED)
_TRIES: Final = 5
_OPEN: Final = (Stage.PROPOSED, Stage.REVIEWED, Stage.APPROVED, Stage.HELD)

log = structlog.get_logger()


def state(work: Work, documents: Sequence[str], facts: Mapping[str, Any], *, by: str) -> int:
    """State facts of documents that do not stand on them; how many documents it was said of.

    A paper that is stated to be secret is set apart at once, wherever it stands. Raises
    NotReadyError for a fact that there is not, and for papers that are sealed already.
    """
    any_of(account(work, by), *_SAYERS)
    said = dict(_valid(facts))
    found = [_document(work, key) for key in documents]
    for document in found:
        _must_not_be_sealed(document)
    if not said or not found:
        return 0
    work.store.add(*(ScopeStatement(document=d.id, facts=said, by=by, at=now()) for d in found))
    log.info("scope.stated", documents=len(found), facts=sorted(said))
    failed: WorkbenchError | None = None
    for document in found:
        try:
            if said.get("secret") is True:
                _set_apart_secret(work, document, by=by)
            else:
                refresh(work, document.id)
        except WorkbenchError as error:  # the others must not stay where they are for it
            failed = failed or error
    if failed is not None:
        raise failed
    return len(found)


def _valid(facts: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in facts.items():
        if name in COUNTS and isinstance(value, int) and 0 <= value <= 999:
            yield name, value
        elif name in FACTS and value in FACTS[name]:
            yield name, value.value if isinstance(value, scope.Copy) else value
        else:
            raise NotReadyError(
                "{fact} is no fact that can be stated so.",
                "State what copy is held, and whether it is secret, of a database, or digitised.",
                fact=name,
            )


def overrule(work: Work, document: str, path: Path, *, by: str, reason: str) -> ReviewSheet:
    """Give a document another way than the rules, with the reason. Raises NotAllowedError."""
    person = account(work, by)
    any_of(person, *_JUDGES)
    _with_reason(reason)
    seen, found = _open(work, document)
    _say(work, seen, found, path, by=by, reason=reason.strip())
    log.info("scope.overruled", document=document, path=path.value)
    return _refreshed(work, document)


def follow(work: Work, document: str, *, by: str) -> ReviewSheet:
    """Let the rules decide again; that they were overruled stays on record."""
    any_of(account(work, by), *_JUDGES)
    seen, found = _open(work, document)
    if found.overruled is not None:
        _say(work, seen, found, found.path, by=by, reason="")
    return _refreshed(work, document)


def _say(work: Work, seen: ReviewSheet, found: Ruled, path: Path, *, by: str, reason: str) -> None:
    work.store.add(
        Override(
            id=new_id(),
            document=seen.document.id,
            rule=f"{OVERRULED}{path.value}",
            about=scoping.about(found.judged),
            reason=reason,
            by=by,
            at=now(),
        )
    )


def set_apart(work: Work, document: str, *, by: str) -> Document:
    """Take a document out of the work by the rule that leaves it out; nothing is lost.

    Raises NotReadyError where no rule leaves it out.
    """
    person = account(work, by)
    any_of(person, *_SAYERS)
    seen, found = _open(work, document)
    if found.path not in CLOSING:
        raise NotReadyError(
            "No rule leaves this paper out.", "Approve it, or overrule the rule and say why."
        )
    if found.path is Path.CONVERT and seen.document.origin is Origin.DATABASE:
        raise NotReadyError("This record was converted, as the rule asks.", "Approve it.")
    lease = seen.document
    if lease.lease_by not in (None, by) and lease.lease_until and lease.lease_until > now():
        raise StaleDocumentError(remedy="Open it again; what they saved is shown.")
    return _close(work, seen.document, found, by=by)


def take_back(work: Work, document: str, *, by: str, reason: str) -> Document:
    """Bring a document back that a rule has set apart, or that a person refused, to where it stood.

    Raises NotReadyError for one that is in the work.
    """
    any_of(account(work, by), *_SAYERS)
    _with_reason(reason)
    found = _document(work, document)
    kept = next(reversed(store.judgements(work.store, document)), None)
    if found.stage is not Stage.REJECTED:
        raise NotReadyError("This document is in the work already.", "Open it from the list.")
    if kept is None or not kept.closed:
        return readmit(work, found, by=by, reason=reason)
    stood = Stage(kept.closed_at)
    # Who approved it did not approve what it is taken back for.
    to = Stage.REVIEWED if stood is Stage.APPROVED else stood
    at = now()
    values = {k: v for k, v in kept.model_dump().items() if k not in ("id", "closed", "by", "at")}
    row = ScopeJudgement(**{**values, "closed": False, "reason": reason, "by": by, "at": at})
    moved = work.store.move(
        found,
        to,
        by=by,
        at=at,
        reason=Sentence("{reason}", {"reason": reason}),
        rows=[row],
        approver=None,
        approved_at=None,
        seal_by=None,
        record_digest=None,
        sought=sought(f.value for f in sheet(work, document).fields),
    )
    log.info("scope.taken_back", document=document)
    return moved


def leave_file_out(work: Work, document: str, *, by: str) -> Document:
    """Go on with the data alone: the scan stays here to be compared and is no part of the record.

    Raises NotReadyError unless only the data of the paper are kept.
    """
    person = account(work, by)
    any_of(person, *_SAYERS)
    seen, found = _open(work, document)
    if found.path is not Path.DATA_ONLY or seen.document.origin is not Origin.SCAN:
        raise NotReadyError(
            "This record goes on with its file.", "State first that only a copy is held."
        )
    text = "The file was left out: only the data are kept."
    return _with_origin(work, seen.document, Origin.TYPED, text, by=by)


def take_file_in(work: Work, document: str, *, by: str) -> Document:
    """Make a scan that was left out a part of the record again."""
    any_of(account(work, by), *_SAYERS)
    seen, _ = _open(work, document)
    if seen.document.origin is not Origin.TYPED or not seen.pages:
        raise NotReadyError("This record has no scan that was left out.", "Hand in its scan.")
    text = "The file was made a part of the record again."
    return _with_origin(work, seen.document, Origin.SCAN, text, by=by)


def _with_origin(work: Work, document: Document, origin: Origin, text: str, *, by: str) -> Document:
    if document.stage not in (Stage.PROPOSED, Stage.REVIEWED):
        raise StaleDocumentError(remedy="Open it again; what they saved is shown.")
    moved = work.store.move(
        document, document.stage, by=by, at=now(), reason=Sentence(text), origin=origin
    )
    refresh(work, document.id)
    return moved


# --- shared --------------------------------------------------------------------------------------


def refresh(work: Work, document: str, *, afresh: bool = False) -> None:
    """Count a document's way anew, for the lists; `afresh`: after it was read again."""
    today = day_of(now())
    seen = sheet(work, document)
    if (found := scoping.ruled(work, seen, on=today, afresh=afresh)) is not None:
        store.keep_standings(work.store, [scoping.standing(found, seen.document, on=today)])


def refresh_due(work: Work, *, limit: int = 200) -> int:
    """Count the ways anew of documents that changed since, at most `limit`. How many were."""
    today = day_of(now())
    due = store.not_yet_judged(work.store, scoping.rules_in_force(work).under(today), limit=limit)
    for document in due:
        refresh(work, document)
    return len(due)


def _refreshed(work: Work, document: str) -> ReviewSheet:
    refresh(work, document)
    return sheet(work, document)


def _open(work: Work, document: str) -> tuple[ReviewSheet, Ruled]:
    seen = sheet(work, document)
    if seen.document.stage not in _OPEN:
        raise StaleDocumentError(
            "This document is not in the work any more, or not yet.",
            "Open it again; what they saved is shown.",
        )
    found = scoping.ruled(work, seen, on=day_of(now()))
    if found is None:
        raise NotReadyError(
            "It is not known yet what kind of paper this is.", "Have its kind decided first."
        )
    return seen, found


def _set_apart_secret(work: Work, document: Document, *, by: str) -> None:
    """Out at once, wherever it stands and whoever has it: nobody reads on."""
    for _ in range(_TRIES):
        try:
            _set_apart_now(work, document, by=by)
        except StaleDocumentError:
            continue  # a worker has moved it on meanwhile: from there, then
        return
    raise StaleDocumentError(remedy="Open it again; what they saved is shown.")


def _set_apart_now(work: Work, document: Document, *, by: str) -> None:
    today = day_of(now())
    seen = sheet(work, document.id)
    found = scoping.ruled(work, seen, on=today)
    if found is None:
        rules = scoping.rules_in_force(work)
        asked = Paper(document.kind or "", secret=True)
        found = Ruled(scope.judge(asked, on=today, by=rules), asked, rules, {})
    _must_not_be_sealed(seen.document)
    if found.path is Path.OUT_OF_SCOPE and seen.document.stage is not Stage.REJECTED:
        _close(work, seen.document, found, by=by)
    elif seen.fields:
        refresh(work, document.id)


def _close(work: Work, document: Document, found: Ruled, *, by: str) -> Document:
    at = now()
    rules = found.rules
    store.keep_rules(work.store, rules.digest, rules.as_json())
    row = scoping.judgement(found, document, by=by, at=at, on=day_of(at), closed=True)
    if document.stage is Stage.HELD and document.held_at is not None:
        row.closed_at = document.held_at
    unfound: dict[str, Any] = {"sought": ""} if found.paper.secret else {}
    moved = work.store.move(
        document,
        Stage.REJECTED,
        by=by,
        at=at,
        reason=Sentence(found.judged.rule.says.en),
        remedy=Sentence("Nothing is lost: it can be taken back on the page Scope."),
        rows=[row],
        **unfound,
    )
    log.info("scope.set_apart", document=document.id, rule=found.judged.rule.id)
    if document.kind is not None:
        refresh(work, document.id)
    return moved


def _document(work: Work, key: str) -> Document:
    found = work.store.document(key)
    if found is None:
        raise NotReadyError("There is no such document.", "Open it from the list.")
    return found


def _must_not_be_sealed(document: Document) -> None:
    if document.stage in _SEALED:
        raise NotReadyError(
            "The record is sealed already; what is stated now changes nothing.",
            "Withdraw it from the repository first.",
        )


def _with_reason(reason: str) -> None:
    if not reason.strip():
        raise NotReadyError("A reason is needed.", "Write in a few words why.")
