"""The same field in many papers: the carpet, what was misread alike, what a batch shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import structlog

from workbench import review, vietnamese
from workbench.errors import NotReadyError, Sentence
from workbench.flow.people import FieldAct, account, sheet, sought
from workbench.flow.work import Work
from workbench.model import (
    Act,
    BatchConstant,
    Correction,
    Document,
    Page,
    Proposal,
    Role,
    SeenIn,
    Severity,
    now,
)

log = structlog.get_logger()

_Found: TypeAlias = tuple[Document, Proposal, tuple[Correction, ...]]
_CHECKED = Sentence("Somebody has checked this field on its paper; it was left as it is.")
_TAKEN = Sentence("Somebody else has this document in hand; the field was left as it is.")


@dataclass(frozen=True, slots=True)
class Tile:
    """One field of one document in a carpet."""

    document: str
    number: int  # of the document in its batch
    field: str
    value: str  # as proposed to the person: what the batch shares, else what the machine read
    proposed: str  # by the machine
    agreement: float
    candidates: Mapping[str, str]  # engine -> its reading
    page: Page
    box: tuple[float, ...]  # on the page as scanned
    instead: str = ""  # what a person's correction elsewhere would make of it


@dataclass(frozen=True, slots=True)
class Carpet:
    """The same field of many documents, sorted by value and then by rising agreement."""

    label: Mapping[str, str]
    kind: str  # of value
    critical: bool
    tiles: tuple[Tile, ...]
    elsewhere: int = 0  # fields that lie in colleagues' hands now
    value: str = ""  # what a person wrote elsewhere, where this carpet was made from that
    each: bool = False  # whether each value must be taken by itself
    documents: int = field(default=0)


def fields_of(work: Work, batch: str) -> Mapping[str, Mapping[str, int]]:
    """For each kind of paper in a batch the fields that wait for review, and how many of each.

    The columns of a table are named with `*` for the row.
    """
    found: dict[str, dict[str, int]] = {}
    for kind, name, n in work.store.proposed_in(batch):
        fields = found.setdefault(kind, {})
        column = _column(name)
        fields[column] = fields.get(column, 0) + n
    for kind, fields in found.items():
        known = work.templates.get(kind)
        order = list(known.fields) if known else []
        found[kind] = dict(
            sorted(
                fields.items(),
                key=lambda f: (order.index(f[0]) if f[0] in order else len(order), f[0]),
            )
        )
    return found


def carpet(
    work: Work, batch: str, kind: str, name: str, *, by: str, doubtful_only: bool = False
) -> Carpet:
    """One field of every document of a kind in a batch that nobody has acted on yet.

    `name` is a field, or a column of a table (`muc.*.so_hieu`). Fields without a place on the scan
    are left to the document view: here there would be nothing to see.
    """
    review.must(account(work, by), Role.REVIEWER)
    found = work.store.proposed_across(batch, kind, name)
    tiles, elsewhere = _tiles(work, batch, kind, name, found, by, doubtful_only=doubtful_only)
    digests = {proposal.template_digest for _, proposal, _ in found}
    label, value_kind, critical = _spec(work, digests, kind, name)
    return Carpet(
        label,
        value_kind,
        critical,
        tuple(tiles),
        elsewhere,
        documents=len({t.document for t in tiles}),
    )


def _tiles(
    work: Work,
    batch: str,
    kind: str,
    name: str,
    found: Sequence[_Found],
    by: str,
    *,
    doubtful_only: bool = False,
) -> tuple[list[Tile], int]:
    """The tiles of what nobody has acted on, in order, and how many lie in other hands."""
    pages = work.store.pages_of({document.id for document, _, _ in found})
    held = review.standing_constants(work.store.constants(batch))
    constant = held.get((kind, name))
    tiles: list[Tile] = []
    elsewhere = 0
    for document, proposal, acts in found:
        if review.standing(acts) or (doubtful_only and not _doubtful(proposal)):
            continue
        page = next((p for p in pages.get(document.id, ()) if p.number == proposal.page), None)
        if page is None or proposal.box is None:
            continue
        if _in_other_hands(document, by):
            elsewhere += 1
            continue
        tiles.append(_tile(document, proposal, page, constant))
    tiles.sort(
        key=lambda t: (
            vietnamese.fold(t.value), t.value, t.agreement, t.number, t.field
        )
    )  # fmt: skip
    return tiles, elsewhere


def alike(work: Work, act: str, *, by: str) -> Carpet:
    """The fields of the batch that look misread as the one that was corrected by `act`.

    Only what no person has acted on, and what is in nobody else's hands. Names, numbers and dates
    are each to be taken by itself. Raises NotReadyError where the correction does not stand.
    """
    review.must(account(work, by), Role.REVIEWER)
    made = work.store.correction(act)
    document = work.store.document(made.document) if made else None
    if made is None or document is None or document.kind is None:
        raise NotReadyError("This correction does not stand any more.", "Go back to the desk.")
    name = _column(made.field)
    read = work.store.read_across(document.batch, document.kind, name)
    label, kind, critical = _spec(work, {digest for *_, digest in read}, document.kind, name)
    origin = next((p for p in work.store.proposals(document.id) if p.field == made.field), None)
    stands = review.standing(work.store.corrections(document.id)).get(made.field)
    if origin is None or stands is None or stands.id != act:
        raise NotReadyError("This correction does not stand any more.", "Go back to the desk.")
    corrected = review.Reading(document.id, made.field, origin.value, origin.candidates)
    others = [review.Reading(paper, place, value, said) for paper, place, value, said, _ in read]
    found = {
        (a.document, a.field): a.instead
        for a in review.read_alike(corrected, made.after, others, kind=kind)
    }
    tiles: list[Tile] = []
    if found:
        # Few look misread alike; only these are asked for whole.
        among = sorted({paper for paper, _ in found})
        whole = work.store.proposed_across(document.batch, document.kind, name, among=among)
        tiles, _ = _tiles(work, document.batch, document.kind, name, whole, by)
    alike_tiles = tuple(
        replace(t, instead=found[t.document, t.field])
        for t in tiles
        if (t.document, t.field) in found
    )
    return Carpet(
        label,
        kind,
        critical,
        alike_tiles,
        value=made.after,
        each=review.differs_by_nature(kind),
        documents=len({t.document for t in alike_tiles}),
    )


def correct_across(
    work: Work, acts: Sequence[tuple[str, FieldAct]], *, by: str
) -> Mapping[str, Sentence | None]:
    """Keep a reviewer's acts on fields seen in a carpet: (document, act), in order.

    For each act's id None, or why it was not kept. Never over what a person has checked on the
    paper, never over what lies in somebody else's hands; sent twice they are kept once.
    """
    review.must(account(work, by), Role.REVIEWER)
    at = now()
    answers: dict[str, Sentence | None] = {}
    fresh: dict[str, list[Correction]] = {}
    past: dict[str, list[Correction]] = {}
    fields: dict[str, dict[str, Proposal]] = {}
    kinds: dict[str, str] = {}
    changed: set[str] = set()
    for document, act in acts:
        if document not in past:
            past[document] = work.store.corrections(document)
            fields[document] = {p.field: p for p in work.store.proposals(document)}
        if any(kept.id == act.id for kept in past[document]):
            answers[act.id] = None
            continue
        proposal = fields[document].get(act.field)
        if proposal is None:
            answers[act.id] = Sentence("This form has no such field.")
            continue
        stands = review.standing(past[document]).get(act.field)
        if _is_anothers(stands, act, by):
            answers[act.id] = _CHECKED
            continue
        kind = kinds.setdefault(
            f"{proposal.template_digest} {_column(act.field)}",
            work.template(proposal.template_digest).spec(act.field).kind,
        )
        made = _correction(document, act, proposal, stands, kind, by)
        made.at = at
        past[document].append(made)
        if _changes(made, stands):
            changed.add(document)
        fresh.setdefault(document, []).append(made)
        answers[act.id] = None
    refused = work.store.correct_across(fresh, by=by, at=at)
    for document, corrections in fresh.items():
        if document in refused:
            answers.update({c.id: _TAKEN for c in corrections})
        elif document in changed:
            seen = sheet(work, document)
            work.store.seek(document, sought(f.value for f in seen.fields))
    log.info(
        "carpet.kept", fields=len(answers), refused=sum(a is not None for a in answers.values())
    )
    return answers


def _changes(made: Correction, stood: Correction | None) -> bool:
    """Whether the field says something else after this act."""
    if made.act is Act.UNDO:
        return stood is not None and stood.before != stood.after
    return made.before != made.after


def _is_anothers(stands: Correction | None, act: FieldAct, by: str) -> bool:
    """Whether what stands is not for a carpet to change: checked on paper, or somebody else's."""
    if act.act is Act.UNDO:
        return stands is None or stands.seen_in is not SeenIn.CARPET or stands.by != by
    return stands is not None and (stands.seen_in is not SeenIn.CARPET or stands.by != by)


def _correction(
    document: str,
    act: FieldAct,
    proposal: Proposal,
    stands: Correction | None,
    kind: str,
    by: str,
) -> Correction:
    before, _ = review.value_of(proposal, stands)
    after = vietnamese.nfc(act.value)
    what = act.act
    if what in (Act.ILLEGIBLE, Act.ABSENT):
        after = ""
    elif what is Act.DOUBT:
        after = before
    elif what is Act.ACCEPT and after != proposal.value:
        # What was accepted is another's word than the machine's: the batch's constant.
        what, after = (Act.CANDIDATE, after) if after else (Act.ACCEPT, proposal.value)
    return Correction(
        id=act.id,
        document=document,
        field=act.field,
        act=what,
        before=before,
        after=after,
        normalised=vietnamese.normalise(after, kind),
        why=act.why,
        by=by,
        revision=0,  # given by the store, in the order of keeping
        keys=act.keys,
        milliseconds=act.milliseconds,
        seen_in=SeenIn.CARPET,
    )


# --- what a batch shares -------------------------------------------------------------------------


def hold_for_batch(
    work: Work, batch: str, kind: str, name: str, value: str, *, by: str, key: str
) -> None:
    """Say what a field is in every paper of a kind in a batch; an empty value takes it back.

    It is proposed from then on wherever nobody has acted, and counts as checked on a paper only
    once it was seen there. `key` is the client's own id.
    """
    review.must(account(work, by), Role.REVIEWER)
    template = work.templates.get(kind)
    if template is None or name not in template.fields:
        raise NotReadyError("This form has no such field.", "Choose another field.")
    spec = template.fields[name]
    if value and (spec.critical or review.differs_by_nature(spec.kind)):
        raise NotReadyError(
            "This field differs from paper to paper; it cannot hold for a whole batch.",
            "Check it field by field instead.",
        )
    kept = vietnamese.nfc(value)
    work.store.hold_for_batch(
        BatchConstant(
            id=key,
            batch=batch,
            kind=kind,
            field=name,
            value=kept,
            normalised=vietnamese.normalise(kept, spec.kind),
            by=by,
            at=now(),
        )
    )


def _in_other_hands(document: Document, by: str) -> bool:
    return (
        document.lease_by not in (None, by)
        and document.lease_until is not None
        and document.lease_until > now()
    )


def _tile(
    document: Document, proposal: Proposal, page: Page, constant: BatchConstant | None
) -> Tile:
    return Tile(
        document=document.id,
        number=document.number,
        field=proposal.field,
        value=constant.value if constant else proposal.value,
        proposed=proposal.value,
        agreement=proposal.agreement,
        candidates=proposal.candidates,
        page=page,
        box=tuple(proposal.box or ()),
    )


def _doubtful(proposal: Proposal) -> bool:
    worrying = any(f["severity"] != Severity.INFORMATION for f in proposal.findings)
    return not proposal.accepted or worrying


def _column(name: str) -> str:
    table, _, rest = name.partition(".")
    row, _, column = rest.partition(".")
    return f"{table}.*.{column}" if row.isdigit() and column else name


def _spec(
    work: Work,
    digests: Set[str],
    kind: str,
    name: str,
) -> tuple[Mapping[str, str], str, bool]:
    """The label, the kind of value, and whether the field is critical in any template in use."""
    templates = [work.template(digest) for digest in sorted(digests) if digest]
    if not templates and kind in work.templates:
        templates = [work.templates[kind]]
    try:
        specs = [template.spec(name.replace("*", "1")) for template in templates]
    except KeyError as error:
        raise NotReadyError("This form has no such field.", "Choose another field.") from error
    if not specs:
        raise NotReadyError("This form has no such field.", "Choose another field.")
    return specs[-1].label.model_dump(), specs[-1].kind, any(spec.critical for spec in specs)
