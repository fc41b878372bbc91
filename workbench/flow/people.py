"""What people do to a document: hand it in, correct, decide, approve, order the seal."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from workbench import intake, review, validation, vietnamese
from workbench.errors import (
    NotAllowedError,
    NotReadyError,
    Sentence,
    SigningError,
    StaleDocumentError,
    WorkbenchError,
)
from workbench.flow import beside, holding, items, lasting, required, scoping
from workbench.flow.claimed import sources_of
from workbench.flow.tables import tables
from workbench.flow.work import Work
from workbench.model import (
    Act,
    Batch,
    Box,
    CheckState,
    Correction,
    Decision,
    Document,
    Event,
    Finding,
    Intake,
    Person,
    Proposal,
    Reading,
    Review,
    Role,
    SeenIn,
    SourceFile,
    Stage,
    Standing,
    Trace,
    day_of,
    new_id,
    now,
)
from workbench.review import ReviewSheet, SheetField
from workbench.store import Folder
from workbench.template import Template

REVIEW_LEASE_SECONDS = 900.0  # a reviewer who is silent that long gives the document back

log = structlog.get_logger()


# --- intake ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class TakenIn:
    """A batch as it was handed in, and what became of each file."""

    batch: Batch
    files: tuple[SourceFile, ...]

    def of(self, intake: Intake) -> tuple[SourceFile, ...]:
        return tuple(file for file in self.files if file.intake is intake)


def take_in(work: Work, paths: Iterable[Path], *, name: str, unit: str, by: str) -> TakenIn:
    """Take files, folders and zip archives in as one batch; refuse the bad, keep the rest."""
    store = work.store
    account(work, by)
    if unit not in {known.code for known in store.units()}:
        raise NotReadyError(
            "There is no unit {unit}.", "Add it first, or name another one.", unit=unit
        )
    batch = Batch(name=name, unit=unit, by=by)
    store.add(batch)
    files: list[SourceFile] = []
    with tempfile.TemporaryDirectory(dir=work.scratch) as folder:
        for given, found in intake.expand(paths, Path(folder)):
            file, document = _take_one(work, batch, given, found, number=len(files) + 1)
            files.append(file)
            if document is not None:
                if store.take(file, document, _arrival(document, by)):
                    continue
                twin = store.known(file.digest or "")
                file.intake, file.known_as = Intake.KNOWN, twin.id if twin else None
            store.add(file)
    log.info("batch.taken_in", batch=batch.id, files=len(files))
    return TakenIn(batch, tuple(files))


def _take_one(
    work: Work, batch: Batch, name: str, found: Path | WorkbenchError, *, number: int
) -> tuple[SourceFile, Document | None]:
    file = SourceFile(batch=batch.id, name=name, intake=Intake.REFUSED)
    try:
        if isinstance(found, WorkbenchError):
            raise found
        examined = intake.examine(found, name)
        file.size, file.pages = examined.size, examined.pages
        file.media_type = examined.media_type
        file.digest = examined.digest
        if known := work.store.known(examined.digest):
            file.intake, file.known_as = Intake.KNOWN, known.id
            return file, None
        work.store.put(found)
    except WorkbenchError as error:
        file.reason, file.remedy = error.message.as_json(), error.remedy.as_json()
        log.info("file.refused", batch=batch.id, why=error.message.text)
        return file, None
    file.intake = Intake.ACCEPTED
    return file, Document(batch=batch.id, source=file.id, unit=batch.unit, number=number)


def _arrival(document: Document, by: str) -> Event:
    return Event(
        document=document.id,
        batch=document.batch,
        unit=document.unit,
        after=Stage.RECEIVED,
        by=by,
    )


# --- the sheet -------------------------------------------------------------------------------


def sheet(work: Work, document: str) -> ReviewSheet:
    """A document with its pages, its fields as they stand, and what must still be looked at."""
    return required.checked(work, _laid(work, [_folder(work, document)])[0])


def _folder(work: Work, document: str) -> Folder:
    found = work.store.folders([document])
    if not found:
        raise NotReadyError("There is no such document.", "Open it from the list.")
    return found[0]


def _laid(work: Work, folders: Sequence[Folder]) -> list[ReviewSheet]:
    """What lies in folders as the person sees it who opens them, beside other papers."""
    return beside.noticed(work, [_opened(work, folder) for folder in folders])


def _opened(work: Work, folder: Folder) -> ReviewSheet:
    """What lies in a folder, by itself."""
    found = folder.document
    pages = tuple(folder.pages)
    if found.template_digest is None:
        return ReviewSheet(found, {"vi": "", "en": ""}, pages, (), None, (), ())
    template = work.template(found.template_digest)
    fields = _fields(folder, template)
    facts = validation.Facts(
        on=day_of(now()), entered=day_of(found.created_at), tables=tables(work)
    )
    findings = validation.validate(
        {field.name: field.normalised for field in fields}, template, facts
    )
    by_field: dict[str, list[Finding]] = {}
    for finding in findings:
        for name in finding.fields:
            by_field.setdefault(name, []).append(finding)
    returned = next((r for r in reversed(folder.reviews) if r.decision is Decision.RETURN), None)
    return ReviewSheet(
        document=found,
        title=template.title,
        pages=pages,
        fields=tuple(
            replace(f, findings=tuple(by_field[f.name])) if f.name in by_field else f
            for f in fields
        ),
        returned=Sentence("{reason}", {"reason": returned.reason})
        if returned and found.stage is Stage.PROPOSED
        else None,
        corrections=tuple(folder.corrections),
        reviews=tuple(folder.reviews),
        texts=tuple(folder.texts),
        comments=tuple(folder.comments),
        table=template.items.name if template.items else "",
        columns={n: c.label.model_dump() for n, c in template.items.columns.items()}
        if template.items
        else {},
        overrides=tuple(folder.overrides),
    )


def _fields(folder: Folder, template: Template) -> list[SheetField]:
    """The fields as they stand, before anything is held against anything else."""
    acts = review.standing(folder.corrections)
    held = review.standing_constants(folder.constants)
    asked = [t.first.field for t in review.threads(folder.comments) if not t.answered]
    fields: list[SheetField] = []
    for proposal, row in items.with_added_rows(folder.proposals, acts, folder.pages, template):
        act = acts.get(proposal.field)
        spec = template.spec(proposal.field)
        value, normalised = review.value_of(proposal, act)
        constant = held.get((template.id, proposal.field))
        if act is None and constant:
            value, normalised = constant.value, constant.normalised
        fields.append(
            SheetField(
                name=proposal.field,
                label=_label(template, proposal.field, row),
                kind=spec.kind,
                critical=spec.critical,
                required=spec.required,
                value=value,
                normalised=normalised,
                proposed=proposal.value,
                candidates=proposal.candidates,
                confidence=proposal.confidence,
                agreement=proposal.agreement,
                accepted=proposal.accepted,
                act=act.act if act else None,
                by=act.by if act else "",
                findings=(),
                page=act.page if act and act.box else proposal.page,
                box=_place(act, proposal),
                seen_in=act.seen_in if act else SeenIn.DOCUMENT,
                constant=constant.value if constant else "",
                comments=asked.count(proposal.field),
            )
        )
    return fields


def _label(template: Template, field: str, row: int | None) -> dict[str, str]:
    """The field's words; a cell says where its row stands in the table, whatever its name says."""
    labels = {language: template.field_label(field, language) for language in ("vi", "en")}
    if row is None:
        return labels
    return {language: f"{row}. {words.partition('. ')[2]}" for language, words in labels.items()}


def _place(act: Correction | None, proposal: Proposal) -> tuple[float, ...] | None:
    """Where the value stands on the page as scanned: where the reviewer pointed, if they did."""
    box = act.box if act and act.box else proposal.box
    return tuple(box) if box else None


def sought(values: Iterable[str]) -> str:
    """The values of a document as they are searched."""
    return vietnamese.sought(values)


# --- review ------------------------------------------------------------------------------------


def next_review(work: Work, by: str, *, limit: int = 8) -> list[ReviewSheet]:
    """The documents this reviewer has under their hands, topped up to `limit` from the queue."""
    review.must(account(work, by), Role.REVIEWER)
    choice = work.store.choice(by)
    borrowed = work.store.borrow(
        by=by, seconds=REVIEW_LEASE_SECONDS, at=now(), limit=limit, choice=choice
    )
    folders = work.store.folders([document.id for document in borrowed])
    return _laid(work, folders)


@dataclass(frozen=True, slots=True)
class FieldAct:
    """What a reviewer did with a field, as it comes from the station. `id` makes it one act."""

    id: str
    field: str
    act: Act
    value: str = ""
    why: str = ""
    keys: int = 0
    milliseconds: int = 0
    page: int | None = None  # where the reviewer pointed: 0-based, and the box on it as shown
    box: tuple[float, ...] | None = None


def correct(
    work: Work,
    document: str,
    acts: Sequence[FieldAct],
    *,
    by: str,
    traces: Sequence[Trace] = (),
) -> ReviewSheet:
    """Keep a reviewer's acts on one document, with what the looking was like; each once.

    Raises StaleDocumentError when the document has gone on or a colleague has it.
    """
    person = account(work, by)
    review.must(person, Role.REVIEWER)
    folder = _folder(work, document)
    before = _opened(work, folder)
    at = now()
    corrections: list[Correction] = []
    for act in acts:
        what, stood, kind, after = _as_kept(work, before, act)
        page = next((p for p in before.pages if p.number == act.page), None) if act.box else None
        corrections.append(
            Correction(
                id=act.id,
                document=document,
                field=act.field,
                act=what,
                before=stood,
                after=after,
                normalised=vietnamese.normalise(after, kind),
                why=act.why,
                by=by,
                at=at,
                revision=0,  # given by the store, in the order of keeping
                keys=act.keys,
                milliseconds=act.milliseconds,
                page=page.number if page else None,
                box=Box.clipped(*act.box).turned(-page.rotation).as_list()
                if page and act.box
                else None,
            )
        )
    expected = _with(folder, corrections)
    seen = _laid(work, [expected])[0]
    kept, _ = work.store.correct(
        before.document,
        corrections,
        by=by,
        at=at,
        seconds=REVIEW_LEASE_SECONDS,
        sought=sought(field.value for field in seen.fields),
        traces=traces,
    )
    if kept.revision == before.document.revision + len(expected.corrections) - len(
        folder.corrections
    ):
        return replace(seen, document=kept)
    # Somebody else acted on it in between: what stands now is asked for.
    seen = sheet(work, document)
    work.store.seek(document, sought(field.value for field in seen.fields))
    return seen


def _with(folder: Folder, corrections: Sequence[Correction]) -> Folder:
    """The folder as it will be when these acts are kept, numbered as the store numbers them."""
    known = {kept.id for kept in folder.corrections}
    fresh = [c for c in corrections if c.id not in known]
    if not fresh:
        return folder
    last = max((kept.serial for kept in folder.corrections), default=0)
    for number, correction in enumerate(fresh, start=1):
        correction.serial = last + number
        correction.revision = folder.document.revision + number
    return replace(folder, corrections=[*folder.corrections, *fresh])


def _as_kept(work: Work, seen: ReviewSheet, act: FieldAct) -> tuple[Act, str, str, str]:
    """The act as it is kept, what stood there before, the kind of value and the value after it."""
    after = "" if act.act in (Act.ILLEGIBLE, Act.ABSENT) else vietnamese.nfc(act.value).strip()
    field = next((f for f in seen.fields if f.name == act.field), None)
    if field is None:
        template = work.template(seen.document.template_digest or "")
        if items.names_cell(template, act.field):
            return act.act, "", template.spec(act.field).kind, after
        if items.names_row(template, act.field):
            after = items.row_above(after) if act.act is Act.EDIT else ""
            return act.act, "", "count", after
        raise NotReadyError("This form has no such field.", "Open the document again.")
    if act.act is not Act.ACCEPT:
        return act.act, field.value, field.kind, after
    others = {c.after for c in seen.corrections if c.field == act.field}
    if not after or after not in {field.proposed, field.constant, *others}:
        after = field.offered
    # Accepting another's word than the machine's is taking that one: its reading was not right.
    what = Act.ACCEPT if after == field.proposed else Act.CANDIDATE
    return what, field.value, field.kind, after


def decide(
    work: Work,
    document: str,
    decision: Decision,
    *,
    by: str,
    reason: str = "",
    milliseconds: int = 0,
    sitting: str = "",
    traces: Sequence[Trace] = (),
) -> Document:
    """End a reviewer's sitting: pass the document on, or refuse it to be scanned again.

    `sitting` is the client's own id for this decision: sent twice it is one. What the looking was
    like is kept with it.
    """
    person = account(work, by)
    seen = sheet(work, document)
    if sitting and any(kept.id == sitting and kept.by == by for kept in seen.reviews):
        return seen.document
    if decision is Decision.PASS:
        review.pass_on(seen, person)
        to = Stage.REVIEWED
    elif decision is Decision.RESCAN:
        review.must(person, Role.REVIEWER)
        _with_reason(reason)
        if seen.document.stage is not Stage.PROPOSED:
            raise StaleDocumentError(remedy="Open it again; what they saved is shown.")
        to = Stage.REJECTED
    else:
        raise NotAllowedError("Only an approver sends a document back.", "")
    lease = seen.document
    if lease.lease_by not in (None, by) and lease.lease_until and lease.lease_until > now():
        raise StaleDocumentError(remedy="Open it again; what they saved is shown.")
    # The record is settled by whoever reviewed last; passing on without a change is a review too.
    moved = work.store.move(
        seen.document,
        to,
        by=by,
        at=now(),
        reason=Sentence("{reason}", {"reason": reason}) if reason else None,
        rows=[
            _sitting(seen.document, "review", decision, by, reason, milliseconds, sitting),
            *traces,
        ],
        reviewer=by,
    )
    if decision is Decision.PASS:
        holding.tie(work, seen, by=by)
    return moved


def waiting_for_approval(
    work: Work, by: str, *, limit: int = 200, offset: int = 0
) -> list[Document]:
    """Reviewed documents that this person may approve: never their own."""
    review.must(account(work, by), Role.APPROVER)
    return work.store.documents(stage=Stage.REVIEWED, untouched_by=by, limit=limit, offset=offset)


def approve(
    work: Work, document: str, *, by: str, revision: int, milliseconds: int = 0
) -> Document:
    """Vouch as the second person for the revision that was seen."""
    person = account(work, by)
    seen = sheet(work, document)
    _at(seen.document, Stage.REVIEWED, revision)
    template = work.template(seen.document.template_digest or "")
    record = review.settle(
        seen,
        template=f"{template.id}@{template.version}",
        originals=[s.digest for s in sources_of(work, seen.document) if s.digest],
    )
    at = now()
    approved = review.approve(record, seen, person, at=at)
    judged = scoping.settled(work, seen, by=by, at=at)
    holding.must_be_held(work, seen, by=by)
    record = replace(
        record,
        code=required.give_code(work, seen, by=by, at=at),
        term=lasting.stated(work, document, at=at),
    )
    approved = replace(approved, record=record, record_digest=record.digest)
    sitting = _sitting(seen.document, "approve", Decision.PASS, by, "", milliseconds)
    sitting.record_digest = approved.record_digest
    return work.store.move(
        seen.document,
        Stage.APPROVED,
        by=by,
        at=at,
        rows=[sitting, judged],
        approver=by,
        approved_at=at,
        record_digest=approved.record_digest,
        seal_by=None,
    )


def send_back(work: Work, document: str, *, by: str, revision: int, reason: str) -> Document:
    """Return a reviewed document to its reviewer, with the reason."""
    person = account(work, by)
    seen = sheet(work, document)
    _at(seen.document, Stage.REVIEWED, revision)
    if not review.may_approve(person, seen.document, seen.reviews, seen.hands):
        raise NotAllowedError(
            "You reviewed this document; somebody else must approve it.",
            "Leave it to a second person (four eyes).",
        )
    _with_reason(reason)
    return work.store.move(
        seen.document,
        Stage.PROPOSED,
        by=by,
        at=now(),
        reason=Sentence("{reason}", {"reason": reason}),
        rows=[_sitting(seen.document, "approve", Decision.RETURN, by, reason, 0)],
    )


# --- held, sealed ----------------------------------------------------------------------------


def release(work: Work, document: str, *, by: str) -> Document:
    """Send a held document back to where it stood, to be tried again."""
    person = account(work, by)
    any_of(person, Role.REVIEWER, Role.APPROVER, Role.ADMINISTRATOR)
    found = sheet(work, document).document
    if found.stage is not Stage.HELD or found.held_at is None:
        raise StaleDocumentError(remedy="Open it again; what they saved is shown.")
    # What failed is tried again: only readings that succeeded are worth keeping.
    failed = found.held_at is Stage.RECEIVED and not any(
        reading.words for reading in work.store.readings(document)
    )
    moved = work.store.move(
        found, found.held_at, by=by, at=now(), clear=(Reading,) if failed else ()
    )
    # Who lets a paper go on that was held as a second scan says that it is none.
    work.store.decide_repeated(document, Standing.UNDONE, by=by, at=moved.changed_at)
    return moved


def refuse(work: Work, document: str, *, by: str, reason: str) -> Document:
    """Take a held document out of the work, to be scanned again or because it does not belong."""
    person = account(work, by)
    any_of(person, Role.REVIEWER, Role.APPROVER, Role.ADMINISTRATOR)
    _with_reason(reason)
    found = sheet(work, document).document
    if found.stage is not Stage.HELD:
        raise StaleDocumentError(remedy="Open it again; what they saved is shown.")
    moved = work.store.move(
        found,
        Stage.REJECTED,
        by=by,
        at=now(),
        reason=Sentence("{reason}", {"reason": reason}),
    )
    work.store.decide_repeated(document, Standing.CONFIRMED, by=by, at=moved.changed_at)
    return moved


def order_seal(work: Work, documents: Sequence[str], *, by: str, profile: str = "") -> int:
    """Order the seal of approved documents; a worker does it. How many were ordered.

    `profile` says how they are sealed; the unit's usual way where it is empty.
    """
    person = account(work, by)
    review.must(person, Role.APPROVER)
    _must_be_ready(work, profile)
    at = now()
    due = at if work.keeper.wants_proof(profile) else None
    ordered = 0
    for key in documents:
        found = work.store.document(key)
        # Somebody may have been quicker; sealing twice is what must not happen.
        if found is not None and work.store.order_seal(
            found, by=by, at=at, profile=profile, proof_due=due
        ):
            ordered += 1
    return ordered


def _must_be_ready(work: Work, profile: str) -> None:
    """Nothing is ordered that could not be sealed; a key that needs a PIN is asked when it has it.

    Raises SigningError with the first thing that is wrong.
    """
    if not (work.seals_by_itself or work.asks_a_phone):
        return
    for check in work.signer.checks(profile):
        if check.state is CheckState.BAD:
            remedy = check.remedy.text if check.remedy else ""
            raise SigningError(check.said.text, remedy, **check.said.values)


def account(work: Work, name: str) -> Person:
    person = work.store.person(name)
    if person is None or not person.active:
        raise NotAllowedError("There is no such account.", "Sign in again.")
    return person


def any_of(person: Person, *roles: Role) -> None:
    if not any(role.value in person.roles for role in roles):
        raise NotAllowedError(
            "Your account does not have this right.", "Ask the administrator for it."
        )


def _with_reason(reason: str) -> None:
    if not reason.strip():
        raise NotReadyError("A reason is needed.", "Write in a few words why.")


def _at(document: Document, stage: Stage, revision: int) -> None:
    if document.stage is not stage or document.revision != revision:
        raise StaleDocumentError(remedy="Open it again; what they saved is shown.")


def _sitting(
    document: Document,
    duty: str,
    decision: Decision,
    by: str,
    reason: str,
    milliseconds: int,
    key: str = "",
) -> Review:
    return Review(
        id=key or new_id(),
        document=document.id,
        by=by,
        duty=duty,
        decision=decision,
        reason=reason,
        revision=document.revision,
        milliseconds=milliseconds,
    )
