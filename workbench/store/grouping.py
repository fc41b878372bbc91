"""Which pages are which document's: kept all at once, or not at all.

Pages are never deleted. One that is set aside stays with its document, numbered behind the pages of
the paper, and says why it is no part of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from workbench.errors import Sentence, StaleDocumentError
from workbench.model import (
    Document,
    Event,
    FieldReading,
    Page,
    PageMatter,
    PageProposal,
    Proposal,
    Reading,
    Stage,
    Standing,
)
from workbench.store.rows import Rows


@dataclass(frozen=True, slots=True)
class Group:
    """A document as it shall be: the ids of its pages in order, and of those set aside, with why.

    `new`: the document is not in the store yet.
    """

    document: Document
    pages: tuple[str, ...]
    aside: tuple[tuple[str, str], ...] = ()
    new: bool = False


class Grouping(Rows):
    """Parts, joins and reorders documents; asks what was proposed of their pages."""

    def page_proposals(
        self,
        *,
        batch: str | None = None,
        document: str | None = None,
        standing: Standing | None = None,
    ) -> list[PageProposal]:
        """What was proposed of pages, oldest first; `document` is either of the two concerned."""
        query = select(PageProposal).order_by(col(PageProposal.at), col(PageProposal.id))
        if batch is not None:
            query = query.where(col(PageProposal.batch) == batch)
        if document is not None:
            query = query.where(
                sa.or_(col(PageProposal.document) == document, col(PageProposal.beside) == document)
            )
        if standing is not None:
            query = query.where(col(PageProposal.standing) == standing)
        return self._all(query)

    def undecided_pages(self) -> dict[str, int]:
        """Batch -> how many proposals about its pages nobody has decided on."""
        query = (
            sa.select(col(PageProposal.batch), sa.func.count())
            .where(col(PageProposal.standing).in_((Standing.OPEN, Standing.APPLIED)))
            .group_by(col(PageProposal.batch))
        )
        with Session(self._looking) as session:
            return {batch: int(n) for batch, n in session.execute(query).all()}

    def page_proposal(self, key: str) -> PageProposal | None:
        return self._one(PageProposal, key)

    def set_aside(self, document: str) -> list[Page]:
        """The pages that were scanned with a document and are no part of it."""
        return self._all(
            select(Page)
            .where(col(Page.document) == document, col(Page.aside) != "")
            .order_by(col(Page.number))
        )

    def pages_by_id(self, keys: Sequence[str]) -> dict[str, Page]:
        return {p.id: p for p in self._all(select(Page).where(col(Page.id).in_(keys)))}

    def pages_of_batch(self, batch: str) -> list[Page]:
        """All pages of a batch, set aside or not, by document and number."""
        owned = select(Document.id).where(col(Document.batch) == batch)
        return self._all(
            select(Page)
            .where(col(Page.document).in_(owned))
            .order_by(col(Page.document), col(Page.number))
        )

    def part(
        self,
        document: Document,
        groups: Sequence[Group],
        *,
        by: str,
        at: datetime,
        reason: Sentence | None,
        looks: Sequence[tuple[str, dict[str, Any]]] = (),
        proposals: Sequence[PageProposal] = (),
    ) -> None:
        """Move a document that was read on, and give each other paper of its file its own pages.

        `groups` holds the document itself first; `looks` what each page says of its place. Guarded
        by the lease, as `move` is; all of it in one transaction. Raises StaleDocumentError.
        """
        with self.change() as session:
            done = session.execute(
                sa.update(Document)
                .where(
                    col(Document.id) == document.id,
                    col(Document.stage) == Stage.RECEIVED,
                    col(Document.lease_by) == by,
                )
                .values(
                    stage=Stage.READ,
                    lease_by=None,
                    lease_until=None,
                    attempts=0,
                    reason=None,
                    remedy=None,
                    changed_at=at,
                )
            )
            if not done.rowcount:  # type: ignore[attr-defined]
                raise StaleDocumentError
            session.add(_event(document, Stage.READ, by=by, at=at, reason=reason))
            for group in groups[1:]:
                session.add(group.document)
                session.flush()
                event = _event(group.document, Stage.READ, by=by, at=at, reason=reason)
                event.before = None
                session.add(event)
            for page, seen in looks:
                session.execute(sa.update(Page).where(col(Page.id) == page).values(look=seen))
            _place(session, groups)
            session.add_all(proposals)

    def regroup(
        self,
        seen: Sequence[Document],
        groups: Sequence[Group],
        *,
        by: str,
        at: datetime,
        reason: Sentence,
        emptied: Sentence,
        held: tuple[Sentence, Sentence] | None = None,
        proposals: Sequence[PageProposal] = (),
        decided: Sequence[tuple[PageProposal, Standing]] = (),
    ) -> None:
        """Give documents their pages anew; they are proposed again from the readings they have.

        `seen` are the documents as the caller saw them: nothing is kept, and StaleDocumentError
        raised, where one has gone on or somebody works on it. A document left without pages is
        taken out of the work for the reason `emptied`; with `held` (reason, remedy) they are held.
        `decided` are proposals as they were seen, and how they stand now.
        """
        with self.change() as session:
            standing = {group.document.id: group for group in groups}
            for document in seen:
                group = standing[document.id]
                to = Stage.READ if group.pages else Stage.REJECTED
                why = None if group.pages else emptied
                remedy: Sentence | None = None
                if held is not None and group.pages:
                    to, (why, remedy) = Stage.HELD, held
                _renew(session, document, to, why, remedy, by=by, at=at)
                told = reason if group.pages and held is None else why
                session.add(_event(document, to, by=by, at=at, reason=told))
            for group in groups:
                if group.new:
                    session.add(group.document)
                    session.flush()
                    event = _event(group.document, Stage.READ, by=by, at=at, reason=reason)
                    event.before = None
                    session.add(event)
            _place(session, groups)
            for proposal in proposals:
                session.merge(proposal)
            for proposal, now_stands in decided:
                _decide(session, proposal, now_stands, by=by, at=at)

    def decide_pages(
        self, proposal: PageProposal, standing: Standing, *, by: str, at: datetime
    ) -> None:
        """Note what a person thinks of a proposal where nothing moves for it."""
        with self.change() as session:
            _decide(session, proposal, standing, by=by, at=at)

    def propose_pages(self, proposal: PageProposal) -> bool:
        """Keep what is proposed of pages; False where just this was proposed before."""
        with self.change() as session:
            if session.get(PageProposal, proposal.id) is not None:
                return False
            session.add(proposal)
            return True

    def decide_repeated(self, document: str, standing: Standing, *, by: str, at: datetime) -> None:
        """Note what became of a paper that was held for being scanned twice."""
        with self.change() as session:
            session.execute(
                sa.update(PageProposal)
                .where(
                    col(PageProposal.document) == document,
                    col(PageProposal.matter) == PageMatter.REPEATED,
                    col(PageProposal.standing) == Standing.APPLIED,
                )
                .values(standing=standing, decided_by=by, decided_at=at)
            )


def _renew(
    session: Session,
    document: Document,
    to: Stage,
    reason: Sentence | None,
    remedy: Sentence | None,
    *,
    by: str,
    at: datetime,
) -> None:
    """Set a document back to what was read from its pages; guarded by all that the caller saw."""
    done = session.execute(
        sa.update(Document)
        .where(
            col(Document.id) == document.id,
            col(Document.stage) == document.stage,
            col(Document.revision) == document.revision,
            sa.or_(
                col(Document.lease_by).is_(None),
                col(Document.lease_by) == by,
                col(Document.lease_until) < at,
            ),
        )
        .values(
            stage=to,
            revision=document.revision + 1,
            held_at=Stage.READ if to is Stage.HELD else None,
            reason=reason.as_json() if reason else None,
            remedy=remedy.as_json() if remedy else None,
            kind=None,
            template_digest=None,
            classified=None,
            sought="",
            lease_by=None,
            lease_until=None,
            attempts=0,
            changed_at=at,
        )
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise StaleDocumentError(
            "Somebody is working on this document, or has changed it.",
            "Open it again; what they saved is shown.",
        )
    tables: tuple[type[SQLModel], ...] = (Proposal, FieldReading)
    for table in tables:
        owner = table.document  # type: ignore[attr-defined]
        session.execute(sa.delete(table).where(owner == document.id))


def _place(session: Session, groups: Sequence[Group]) -> None:
    """Number the pages anew. They are first numbered out of each other's way: two pages of one
    document may not bear one number, not even for a moment."""
    order = [
        (group.document, [*((page, "") for page in group.pages), *group.aside]) for group in groups
    ]
    keys = [key for _, pages in order for key, _ in pages]
    for away, key in enumerate(keys, start=1):
        session.execute(sa.update(Page).where(col(Page.id) == key).values(number=-away))
    for document, pages in order:
        for number, (key, aside) in enumerate(pages):
            session.execute(
                sa.update(Page)
                .where(col(Page.id) == key)
                .values(document=document.id, number=number, aside=aside)
            )
            session.execute(
                sa.update(Reading).where(col(Reading.page) == key).values(document=document.id)
            )
        leading = next((key for key, aside in pages if not aside), None)
        source = session.get(Page, leading, populate_existing=True) if leading else None
        if source is not None and source.source:
            session.execute(
                sa.update(Document)
                .where(col(Document.id) == document.id)
                .values(source=source.source)
            )


def _decide(
    session: Session, proposal: PageProposal, standing: Standing, *, by: str, at: datetime
) -> None:
    done = session.execute(
        sa.update(PageProposal)
        .where(col(PageProposal.id) == proposal.id, col(PageProposal.standing) == proposal.standing)
        .values(standing=standing, decided_by=by, decided_at=at)
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise StaleDocumentError(
            "Somebody else has decided on these pages meanwhile.",
            "Look at the list again; what they chose is shown.",
        )


def _event(
    document: Document, after: Stage, *, by: str, at: datetime, reason: Sentence | None
) -> Event:
    return Event(
        document=document.id,
        batch=document.batch,
        unit=document.unit,
        kind=document.kind,
        before=document.stage,
        after=after,
        by=by,
        reason=reason.as_json() if reason else None,
        at=at,
    )
