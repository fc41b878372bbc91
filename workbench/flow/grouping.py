"""Which pages make a paper: proposed by the machine when they are read, undone by people.

What is proposed is applied at once, so that the work goes on, unless it is too unsure or somebody
has begun to work on the paper; then it waits for a person. Pages are set aside, never deleted, and
a document whose pages change is proposed anew from the readings it has.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import structlog

from workbench import paging, review
from workbench.errors import NotAllowedError, NotReadyError, Sentence, StaleDocumentError
from workbench.flow.claimed import Claimed, words_by_page
from workbench.flow.work import Work
from workbench.model import (
    Document,
    Intake,
    Page,
    PageMatter,
    PageProposal,
    Quality,
    Role,
    Stage,
    Standing,
    Word,
    now,
)
from workbench.paging import Look
from workbench.store import Group

MACHINE = "machine"  # who applies what spans several files; no account is called so

_MAY_CHANGE = (Stage.READ, Stage.PROPOSED, Stage.HELD)
_REGROUPED = Sentence("Its pages were grouped anew.")
_EMPTIED = Sentence("Its pages were put to another paper.")
_REPEATED = Sentence("This paper was scanned twice; the other scan goes on.")
_REPEATED_REMEDY = Sentence(
    "Compare the two. Reject this one, or say that they are two papers: then it goes on."
)
_ALL = 1_000_000

log = structlog.get_logger()


# --- the machine: one file ------------------------------------------------------------------------


def part(work: Work, claimed: Claimed) -> None:
    """Move a document that was read on; where its file holds several papers, part them."""
    document, store = claimed.document, work.store
    pages = store.pages(document.id)
    words = words_by_page(work, document)
    by_place = [words.get(page.number, {}) for page in pages]
    looks = looks_of(work, pages, by_place)
    plan = paging.arrange(looks, _again(work, pages, by_place, looks))
    papers = [document]
    papers += [
        Document(batch=document.batch, source=document.source, unit=document.unit,
                 number=document.number, stage=Stage.READ)
        for _ in plan.papers[1:]
    ]  # fmt: skip
    groups = [
        Group(
            paper,
            tuple(pages[at].id for at in plan.papers[number]),
            tuple(
                (pages[at].id, matter.value)
                for at, matter in plan.aside.items()
                if plan.paper_of(at) == number
            ),
            new=number > 0,
        )
        for number, paper in enumerate(papers)
    ]
    several = Sentence(
        "The file holds {n} papers; each is a document of its own.", {"n": len(papers)}
    )
    store.part(
        document,
        groups,
        by=claimed.holder,
        at=now(),
        reason=several if len(papers) > 1 else None,
        looks=[(page.id, seen.as_json()) for page, seen in zip(pages, looks, strict=True)],
        proposals=[_row(proposed, pages, papers, plan) for proposed in plan.proposals],
    )
    across(work, document.batch)


def looks_of(
    work: Work, pages: Sequence[Page], words: Sequence[Mapping[str, Sequence[Word]]]
) -> list[Look]:
    """What each page says of its place."""
    templates = tuple(work.templates.values())
    # A page that could not even be made readable stays where it was scanned.
    able = [(page, said) for page, said in zip(pages, words, strict=True) if page.quality]
    qualities = [Quality(**(page.quality or {})) for page, _ in able]
    looks = [
        paging.look(said, quality, templates)
        for (_, said), quality in zip(able, qualities, strict=True)
    ]
    looks = paging.find_through(
        looks, qualities, lambda at: work.store.path(able[at][0].readable or "")
    )
    seen = {page.id: told for (page, _), told in zip(able, looks, strict=True)}
    return [seen.get(page.id, Look(blank=False)) for page in pages]


def _again(
    work: Work,
    pages: Sequence[Page],
    words: Sequence[Mapping[str, Sequence[Word]]],
    looks: Sequence[Look],
) -> dict[int, int]:
    """Pages of one file that are another scan of a page before them: which of which."""

    return paging.find_again(looks, words, lambda at: work.store.path(pages[at].readable or ""))


def _row(
    proposed: paging.Proposed,
    pages: Sequence[Page],
    papers: Sequence[Document],
    plan: paging.Arrangement,
) -> PageProposal:
    mine = papers[plan.paper_of(proposed.pages[0])]
    other = papers[plan.paper_of(proposed.against[0])] if proposed.against else mine
    return _proposal(
        mine,
        "" if other is mine else other.id,
        proposed.matter,
        [pages[at].id for at in proposed.pages],
        [pages[at].id for at in proposed.against],
        proposed.why,
        proposed.confidence,
        Standing.APPLIED,
    )


def _proposal(
    document: Document,
    beside: str,
    matter: PageMatter,
    pages: Sequence[str],
    against: Sequence[str],
    why: Sentence,
    confidence: float,
    standing: Standing,
) -> PageProposal:
    what = "|".join((matter.value, *pages, "", *against))
    return PageProposal(
        id=hashlib.sha256(what.encode()).hexdigest()[:32],
        batch=document.batch,
        document=document.id,
        beside=beside,
        matter=matter,
        pages=list(pages),
        against=list(against),
        why=why.as_json(),
        confidence=confidence,
        standing=standing,
        at=now(),
    )


# --- the machine: several files -------------------------------------------------------------------


@dataclass
class _Paper:
    """A document of a batch with what its pages say; `place` orders them as they were scanned."""

    document: Document
    pages: list[Page]
    looks: list[Look]
    place: tuple[tuple[tuple[int, str], ...], str, int]


def across(work: Work, batch: str) -> None:
    """Find what spans several files of a batch, once all of them are read, and apply what is sure.

    Called again it proposes nothing twice, and applies what somebody's work stood against before.
    """
    if work.store.count(stage=Stage.RECEIVED, batch=batch):
        return
    papers = _papers(work, batch)
    for proposal in (*_joins(work, batch, papers), *_repeats(work, papers)):
        work.store.propose_pages(proposal)
    apply_open(work, batch)


def apply_open(work: Work, batch: str) -> None:
    """Apply what is sure and was not decided by a person, where nobody's work stands against it."""
    for proposal in work.store.page_proposals(batch=batch, standing=Standing.OPEN):
        if proposal.confidence < paging.SURE or proposal.decided_by:
            continue
        try:
            _do(work, proposal, by=MACHINE, standing=Standing.APPLIED)
        except (StaleDocumentError, NotReadyError) as error:
            log.info("pages.wait", proposal=proposal.id, why=error.message.text)


def _papers(work: Work, batch: str) -> list[_Paper]:
    """The documents of a batch that have pages, in the order of their files and pages."""
    names = {source.id: source.name for source in work.store.sources(batch)}
    owned: dict[str, list[Page]] = {}
    for page in work.store.pages_of_batch(batch):
        if not page.aside and page.look is not None:
            owned.setdefault(page.document, []).append(page)
    papers = [
        _Paper(
            document,
            pages,
            [Look.from_json(page.look or {}) for page in pages],
            (_by_name(names.get(pages[0].source, "")), pages[0].source,
             min(p.file_page for p in pages if p.source == pages[0].source)),
        )
        for document in work.store.documents(batch=batch, limit=_ALL)
        if (pages := owned.get(document.id))
    ]  # fmt: skip
    return sorted(papers, key=lambda paper: paper.place)


def _by_name(name: str) -> tuple[tuple[int, str], ...]:
    """What sorts names as people count: scan 9 before scan 10."""
    parts = re.findall(r"\d+|\D+", name.casefold())
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in parts)


def _joins(work: Work, batch: str, papers: Sequence[_Paper]) -> Iterable[PageProposal]:
    """Papers without a head that continue one of another file."""
    files = sorted(work.store.sources(batch), key=lambda file: (_by_name(file.name), file.id))
    before = {
        file.id: earlier.id
        for earlier, file in pairwise(files)
        if earlier.intake is Intake.ACCEPTED
    }
    headed = [paper for paper in papers if paper.looks[0].head]
    for paper in papers:
        first = paper.looks[0]
        if first.head or first.blank or any(seen.head for seen in paper.looks):
            continue
        named = [
            (other, evidence)
            for other in headed
            if (evidence := paging.continues(first, other.looks)) and evidence.confidence > 0.9
        ]
        behind = [
            other for other in headed if other.pages[-1].source == before.get(paper.pages[0].source)
        ]
        if len(named) == 1:
            ((other, evidence),) = named
        elif behind:
            other = behind[-1]
            evidence = paging.continues(first, other.looks) or paging.Evidence(
                0.4, Sentence("It has no head of its own and was scanned behind that paper.")
            )
        else:
            continue
        yield _proposal(
            paper.document,
            other.document.id,
            PageMatter.JOINED,
            [page.id for page in paper.pages],
            [other.pages[-1].id],
            evidence.why,
            evidence.confidence,
            Standing.OPEN,
        )


def _repeats(work: Work, papers: Sequence[_Paper]) -> Iterable[PageProposal]:
    """Papers of which every page is another scan of a page of one other paper of the batch."""
    gone: set[str] = set()
    by_number: dict[str, list[_Paper]] = {}
    for paper in papers:
        if not paper.looks[0].head or paper.document.stage not in _MAY_CHANGE:
            continue
        earlier = {
            id(other): other
            for number in paper.looks[0].numbers
            for other in by_number.get(number.partition("/")[0], ())
        }
        for other in earlier.values():
            if other.document.id in gone or not paging.bears_same_number(
                paper.looks[0], other.looks[0]
            ):
                continue
            less, more = sorted((paper, other), key=lambda p: (len(p.pages), p is other))
            if (pairs := _same_sheets(work, less, more)) is None:
                continue
            gone.add(less.document.id)
            yield _proposal(
                less.document,
                more.document.id,
                PageMatter.REPEATED,
                [page.id for page in less.pages],
                [page.id for page in pairs],
                Sentence("Every page of it was scanned a second time in this batch."),
                0.9,
                Standing.OPEN,
            )
            break
        for number in {n.partition("/")[0] for n in paper.looks[0].numbers}:
            by_number.setdefault(number, []).append(paper)


def _same_sheets(work: Work, less: _Paper, more: _Paper) -> list[Page] | None:
    """For each page of `less` the page of `more` that is the same sheet; None if one has none."""
    words = {p.document.id: words_by_page(work, p.document) for p in (less, more)}
    found: list[Page] = []
    for page in less.pages:
        twin = next(
            (
                other
                for other in more.pages
                if other not in found
                and paging.is_same_sheet(
                    words[less.document.id].get(page.number, {}),
                    words[more.document.id].get(other.number, {}),
                    work.store.path(page.readable or ""),
                    work.store.path(other.readable or ""),
                )
            ),
            None,
        )
        if twin is None:
            return None
        found.append(twin)
    return found


# --- what stands, and how it changes --------------------------------------------------------------


@dataclass
class _Draft:
    """The pages of some documents while they are grouped anew; kept all at once by `keep`."""

    work: Work
    documents: dict[str, Document] = field(default_factory=dict)
    pages: dict[str, list[Page]] = field(default_factory=dict)
    aside: dict[str, list[Page]] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)

    def open(self, key: str) -> None:
        """Take a document in hand. Raises what stands against changing its pages."""
        if key in self.documents:
            return
        found = self.work.store.document(key)
        if found is None:
            raise NotReadyError("There is no such document.", "Open it from the list.")
        pages, aside = self.work.store.pages(key), self.work.store.set_aside(key)
        if (fixed := why_fixed(self.work, found, empty=not pages)) is not None:
            raise fixed
        self.documents[key], self.pages[key], self.aside[key] = found, pages, aside

    def begin(self, like: Document) -> str:
        """A new document beside `like`, without pages yet."""
        document = Document(
            batch=like.batch, source=like.source, unit=like.unit, number=like.number,
            stage=Stage.READ,
        )  # fmt: skip
        self.documents[document.id] = document
        self.pages[document.id], self.aside[document.id] = [], []
        self.new.add(document.id)
        return document.id

    def take(self, key: str) -> Page:
        """Take a page out of the document it is in, which is taken in hand."""
        page = self.work.store.pages_by_id([key]).get(key)
        if page is None:
            raise StaleDocumentError(*_MOVED)
        self.open(page.document)
        for held in (*self.pages.values(), *self.aside.values()):
            for one in held:
                if one.id == key:
                    held.remove(one)
                    return one
        raise StaleDocumentError(*_MOVED)

    def put(self, page: Page, document: str) -> None:
        """Put a page where its file has it: behind the last page that was scanned before it."""
        self.open(document)
        names = {s.id: s.name for s in self.work.store.sources(self.documents[document].batch)}

        def place(one: Page) -> tuple[tuple[tuple[int, str], ...], str, int]:
            return _by_name(names.get(one.source, "")), one.source, one.file_page

        standing = self.pages[document]
        before = [n for n, one in enumerate(standing) if place(one) < place(page)]
        standing.insert(before[-1] + 1 if before else 0, page)

    def keep(
        self,
        *,
        by: str,
        reason: Sentence = _REGROUPED,
        held: tuple[Sentence, Sentence] | None = None,
        decided: Sequence[tuple[PageProposal, Standing]] = (),
    ) -> None:
        aside_as = {p.id: p.aside for pages in self.aside.values() for p in pages}
        self.work.store.regroup(
            [d for key, d in self.documents.items() if key not in self.new],
            [
                Group(
                    document,
                    tuple(page.id for page in self.pages[key]),
                    tuple((page.id, aside_as[page.id]) for page in self.aside[key]),
                    new=key in self.new,
                )
                for key, document in self.documents.items()
            ],
            by=by,
            at=now(),
            reason=reason,
            emptied=_EMPTIED,
            held=held,
            decided=decided,
        )
        for key in self.documents:
            log.info("pages.grouped", document=key, pages=len(self.pages[key]))


_MOVED = (
    "These pages have been put elsewhere meanwhile.",
    "Look at the list again; what they chose is shown.",
)


def why_fixed(work: Work, document: Document, *, empty: bool = False) -> NotReadyError | None:
    """Why the pages of a document must stay as they are; None where they may be changed.

    `empty`: it has no pages, so that it left the work when they were put to another paper.
    """
    if document.stage is Stage.RECEIVED:
        return NotReadyError(
            "This document is still being read.", "Wait until it is read, then do it again."
        )
    if document.stage is Stage.HELD and document.held_at is Stage.RECEIVED:
        return NotReadyError(
            "This document was not read, so its pages cannot be grouped.",
            "Send it back to be read again first.",
        )
    if document.stage is Stage.REJECTED and not empty:
        return NotReadyError(
            "This document was taken out of the work; its pages stay as they are.",
            "Scan the paper again if it is needed after all.",
        )
    if document.stage not in (*_MAY_CHANGE, Stage.REJECTED):
        return NotReadyError(
            "The pages of this document were reviewed as they are; they cannot be grouped anew.",
            "Have it sent back to review first; what is approved or sealed stays as it is.",
        )
    store = work.store
    if review.standing(store.corrections(document.id)) or store.texts(document.id):
        return NotReadyError(
            "A reviewer has already worked on the fields of this document.",
            "Take those corrections back in the review first: its fields will be read anew.",
        )
    return None


def _do(work: Work, proposal: PageProposal, *, by: str, standing: Standing) -> None:
    """Apply what is proposed to the pages as they lie now."""
    draft = _Draft(work)
    draft.open(proposal.document)
    decided = [(proposal, standing)]
    match proposal.matter:
        case PageMatter.BLANK | PageMatter.AGAIN | PageMatter.BY_HAND:
            for key in proposal.pages:
                page = draft.take(key)
                page.aside = proposal.matter.value
                draft.aside[page.document].append(page)
        case PageMatter.ORDER if not proposal.beside:
            held = {page.id: page for page in draft.pages[proposal.document]}
            if set(held) != set(proposal.pages):
                if not set(proposal.pages) <= set(held):
                    raise StaleDocumentError(*_MOVED)
                last = [page for key, page in held.items() if key not in proposal.pages]
                chosen = [held[key] for key in proposal.pages]
                draft.pages[proposal.document] = [*last, *chosen]
            else:
                draft.pages[proposal.document] = [held[key] for key in proposal.pages]
        case PageMatter.ORDER | PageMatter.JOINED:
            target = proposal.beside if proposal.matter is PageMatter.JOINED else proposal.document
            draft.open(target)
            for key in proposal.pages:
                draft.pages[target].append(draft.take(key))
            if proposal.matter is PageMatter.JOINED and not draft.pages[proposal.document]:
                draft.aside[target] += draft.aside[proposal.document]
                draft.aside[proposal.document] = []
        case PageMatter.PARTED:
            for key in proposal.pages:
                draft.pages[proposal.document].append(draft.take(key))
        case PageMatter.REPEATED:
            draft.keep(by=by, held=(_REPEATED, _REPEATED_REMEDY), decided=decided)
            return
    draft.keep(by=by, decided=decided)


def _undo(work: Work, proposal: PageProposal, *, by: str) -> None:
    """Put the pages back as they would lie without the proposal."""
    draft = _Draft(work)
    draft.open(proposal.document)
    match proposal.matter:
        case PageMatter.BLANK | PageMatter.AGAIN | PageMatter.BY_HAND:
            for key in proposal.pages:
                page = draft.take(key)
                owner = page.document
                page.aside = ""
                draft.put(page, owner)
        case PageMatter.ORDER if not proposal.beside:
            standing = draft.pages[proposal.document]
            draft.pages[proposal.document] = []
            for page in sorted(standing, key=lambda p: (p.source, p.file_page)):
                draft.put(page, proposal.document)
        case PageMatter.ORDER:
            for key in proposal.pages:
                draft.put(draft.take(key), proposal.beside)
        case PageMatter.JOINED:
            for key in proposal.pages:
                draft.put(draft.take(key), proposal.document)
        case PageMatter.PARTED:
            draft.open(proposal.beside)
            for page in tuple(draft.pages[proposal.document]):
                draft.pages[proposal.beside].append(draft.take(page.id))
            draft.aside[proposal.beside] += draft.aside[proposal.document]
            draft.aside[proposal.document] = []
        case PageMatter.REPEATED:
            pass  # its pages stay; it only goes on
    draft.keep(by=by, decided=[(proposal, Standing.UNDONE)])


# --- people ---------------------------------------------------------------------------------------


def accept_pages(work: Work, proposal: str, *, by: str, standing: Standing) -> None:
    """Say that a proposal is right; one that is not applied is applied.

    `standing` is what the person saw. Raises StaleDocumentError where somebody was quicker.
    """
    found = _decidable(work, proposal, by=by, standing=standing)
    if found.standing is Standing.APPLIED:
        work.store.decide_pages(found, Standing.CONFIRMED, by=by, at=now())
        return
    _do(work, found, by=by, standing=Standing.CONFIRMED)


def undo_pages(work: Work, proposal: str, *, by: str, standing: Standing) -> None:
    """Undo what was proposed of pages; one that was never applied is put down as wrong."""
    found = _decidable(work, proposal, by=by, standing=standing)
    if found.standing is Standing.OPEN:
        work.store.decide_pages(found, Standing.UNDONE, by=by, at=now())
        return
    _undo(work, found, by=by)


def split(work: Work, document: str, page: str, *, by: str, revision: int) -> str:
    """Let a new document begin at a page; the id of the new document."""
    draft = _in_hand(work, document, by=by, revision=revision)
    keys = [one.id for one in draft.pages[document]]
    if page not in keys[1:]:
        raise NotReadyError(
            "A document cannot begin at this page.", "Choose a later page of the document."
        )
    new = draft.begin(draft.documents[document])
    for key in keys[keys.index(page) :]:
        draft.pages[new].append(draft.take(key))
    draft.keep(by=by)
    return new


def join(work: Work, document: str, *, by: str, revision: int) -> str:
    """Put the pages of a document behind those of the one before it; the id of that one."""
    draft = _in_hand(work, document, by=by, revision=revision)
    before = previous(work, document)
    if before is None:
        raise NotReadyError(
            "There is no document before this one in its batch.",
            "Join from the later document to the earlier one.",
        )
    draft.open(before.id)
    for one in tuple(draft.pages[document]):
        draft.pages[before.id].append(draft.take(one.id))
    draft.aside[before.id] += draft.aside[document]
    draft.aside[document] = []
    draft.keep(by=by)
    return before.id


def previous(work: Work, document: str) -> Document | None:
    """The document whose pages were scanned before those of this one, in the same batch."""
    found = work.store.document(document)
    if found is None:
        return None
    keys = [paper.document for paper in _papers(work, found.batch)]
    at = next((n for n, one in enumerate(keys) if one.id == document), 0)
    return keys[at - 1] if at else None


def set_aside(work: Work, document: str, page: str, *, by: str, revision: int) -> None:
    """Set a page aside as no part of the paper; it stays with the document."""
    draft = _in_hand(work, document, by=by, revision=revision)
    if [one.id for one in draft.pages[document]] == [page]:
        raise NotReadyError(
            "This is the last page of the document.",
            "Join the document with the one before it, or reject it in the review.",
        )
    taken = draft.take(page)
    taken.aside = PageMatter.BY_HAND.value
    draft.aside[document].append(taken)
    draft.keep(by=by)


def put_back(work: Work, document: str, page: str, *, by: str, revision: int) -> None:
    """Make a page that was set aside part of the paper again, where its file has it."""
    draft = _in_hand(work, document, by=by, revision=revision)
    taken = draft.take(page)
    taken.aside = ""
    draft.put(taken, document)
    draft.keep(by=by)


def reorder(work: Work, document: str, pages: Sequence[str], *, by: str, revision: int) -> None:
    """Put the pages of a document into this order; every page is named once."""
    draft = _in_hand(work, document, by=by, revision=revision)
    held = {page.id: page for page in draft.pages[document]}
    if sorted(held) != sorted(pages):
        raise StaleDocumentError(*_MOVED)
    draft.pages[document] = [held[key] for key in pages]
    draft.keep(by=by)


def _in_hand(work: Work, document: str, *, by: str, revision: int) -> _Draft:
    must_be_allowed(work, by)
    draft = _Draft(work)
    draft.open(document)
    if draft.documents[document].revision != revision:
        raise StaleDocumentError(
            "Somebody else changed this document while you looked at it.",
            "Open it again; what they saved is shown.",
        )
    return draft


def _decidable(work: Work, proposal: str, *, by: str, standing: Standing) -> PageProposal:
    must_be_allowed(work, by)
    found = work.store.page_proposal(proposal)
    if found is None:
        raise NotReadyError("There is no such proposal.", "Look at the list again.")
    if found.standing is not standing:
        raise StaleDocumentError(
            "Somebody else has decided on these pages meanwhile.",
            "Look at the list again; what they chose is shown.",
        )
    return found


def must_be_allowed(work: Work, by: str) -> None:
    """Raise NotAllowedError unless the account may decide what pages belong together."""
    person = work.store.person(by)
    if person is None or not person.active:
        raise NotAllowedError("There is no such account.", "Sign in again.")
    if not {Role.REVIEWER, Role.APPROVER, Role.ADMINISTRATOR} & {Role(r) for r in person.roles}:
        raise NotAllowedError(
            "Your account does not have this right.", "Ask the administrator for it."
        )
