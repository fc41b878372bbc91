"""What is kept, asked: plain rows that outlive their session."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import sqlalchemy as sa
from sqlmodel import Session, col, select

from workbench import vietnamese
from workbench.model import (
    Batch,
    BatchConstant,
    Comment,
    Correction,
    Document,
    Event,
    FieldReading,
    Page,
    Person,
    Proposal,
    Reading,
    Receipt,
    Review,
    Signature,
    SourceFile,
    Stage,
    TemplateVersion,
    TextCorrection,
    Unit,
    Worker,
)
from workbench.store import seeking
from workbench.store.rows import Rows

_AT_ONCE = 500  # SQLite takes only so many values in one question
_VERSIONS = (
    sa.select(col(Reading.engine), col(Reading.version))
    .where(col(Reading.document) == sa.bindparam("key"))
    .order_by(col(Reading.engine))
)


class Questions(Rows):
    """Every question the rest of the workbench asks of its rows."""

    def batches(self) -> list[Batch]:
        return self._all(select(Batch).order_by(col(Batch.at).desc()))

    def batch(self, key: str) -> Batch | None:
        return self._one(Batch, key)

    def sources(self, batch: str) -> list[SourceFile]:
        return self._all(
            select(SourceFile).where(col(SourceFile.batch) == batch).order_by(col(SourceFile.at))
        )

    def source(self, key: str) -> SourceFile | None:
        return self._one(SourceFile, key)

    def known(self, digest: str) -> SourceFile | None:
        """The first file with these bytes that was taken in."""
        query = (
            select(SourceFile)
            .where(col(SourceFile.digest) == digest, col(SourceFile.intake) == "accepted")
            .order_by(col(SourceFile.at))
            .limit(1)
        )
        found = self._all(query)
        return found[0] if found else None

    def document(self, key: str) -> Document | None:
        return self._one(Document, key)

    def documents(
        self,
        *,
        stage: Stage | Sequence[Stage] | None = None,
        batch: str | None = None,
        unit: str | None = None,
        kind: str | None = None,
        text: str = "",
        unsealed: bool = False,
        untouched_by: str | None = None,
        kept_of: str | None = None,
        margin: float | None = None,
        order: Literal["arrival", "certainty"] = "arrival",
        limit: int = 200,
        offset: int = 0,
    ) -> list[Document]:
        """Documents that match, oldest first; where a text is sought, those that say it as typed
        first; by `certainty`, those first whose form was told by the smallest margin.

        `text` stands in a file's name or a value, without regard to case and marks; `unsealed`:
        no seal is ordered yet; `untouched_by`: this person had no hand in the review; `kept_of`: of
        what is in the repository only the records of this unit; `margin`: the next form came
        closer than this (0-100).
        """
        near = [seeking.nearness(col(Document.sought), text)] if text.strip() else []
        if order == "certainty":
            near = [_margin().is_(None), _margin()]
        query = (
            select(Document)
            .where(
                *_matching(stage, batch, unit, kind, text, unsealed, untouched_by, kept_of, margin)
            )
            .order_by(*near, col(Document.created_at), col(Document.number))
            .limit(limit)
            .offset(offset)
        )
        return self._all(query)

    def count(
        self,
        *,
        stage: Stage | Sequence[Stage] | None = None,
        batch: str | None = None,
        unit: str | None = None,
        kind: str | None = None,
        text: str = "",
        unsealed: bool = False,
        untouched_by: str | None = None,
        kept_of: str | None = None,
        margin: float | None = None,
    ) -> int:
        query = select(sa.func.count()).select_from(Document)
        wanted = _matching(stage, batch, unit, kind, text, unsealed, untouched_by, kept_of, margin)
        return int(self._all(query.where(*wanted))[0])

    def counts(self, batch: str | None = None) -> dict[Stage, int]:
        """How many documents stand at each stage; every stage is named."""
        query = sa.select(col(Document.stage), sa.func.count()).group_by(col(Document.stage))
        if batch is not None:
            query = query.where(col(Document.batch) == batch)
        with Session(self._looking) as session:
            found = {Stage(stage): int(n) for stage, n in session.execute(query).all()}
        return {stage: found.get(stage, 0) for stage in Stage}

    def pages(self, document: str) -> list[Page]:
        """The pages of the paper, in order; what was set aside is not among them."""
        return self._all(
            select(Page)
            .where(col(Page.document) == document, col(Page.aside) == "")
            .order_by(col(Page.number))
        )

    def readings(self, document: str) -> list[Reading]:
        return self._of(Reading, document, Reading.engine)

    def versions(self, document: str) -> dict[str, str]:
        """The engines that read a document, each with the version that did."""
        with self._looking.connect() as connection:
            found = connection.execute(_VERSIONS, {"key": document}).all()
            return {engine: version for engine, version in found}  # noqa: C416 - rows, not pairs

    def field_readings(self, document: str) -> list[FieldReading]:
        return self._of(FieldReading, document, FieldReading.field)

    def proposals(self, document: str) -> list[Proposal]:
        return self._of(Proposal, document, Proposal.position)

    def corrections(self, document: str) -> list[Correction]:
        return self._of(Correction, document, Correction.serial)

    def texts(self, document: str) -> list[TextCorrection]:
        return self._of(TextCorrection, document, TextCorrection.serial)

    def comments(
        self, document: str | None = None, *, unit: str | None = None, difficulties: bool = False
    ) -> list[Comment]:
        """Remarks and answers, oldest first; `difficulties`: of threads that open as one."""
        query = select(Comment).order_by(col(Comment.at), col(Comment.id))
        if document is not None:
            query = query.where(col(Comment.document) == document)
        if unit is not None:
            query = query.where(col(Comment.unit) == unit)
        if difficulties:
            opening = select(Comment.id).where(col(Comment.difficulty))
            query = query.where(sa.or_(col(Comment.difficulty), col(Comment.answers).in_(opening)))
        return self._all(query)

    def constants(self, batch: str) -> list[BatchConstant]:
        """What was ever held or taken back for a batch, oldest first."""
        return self._all(
            select(BatchConstant)
            .where(col(BatchConstant.batch) == batch)
            .order_by(col(BatchConstant.at), col(BatchConstant.id))
        )

    def correction(self, key: str) -> Correction | None:
        return self._one(Correction, key)

    def proposed_in(self, batch: str) -> list[tuple[str, str, int]]:
        """Kind of paper, field, and how often it was found where a document waits for review."""
        query = (
            sa.select(col(Document.kind), col(Proposal.field), sa.func.count())
            .join(Proposal, col(Proposal.document) == col(Document.id))
            .where(
                col(Document.batch) == batch,
                col(Document.stage) == Stage.PROPOSED,
                col(Proposal.box).is_not(None),
            )
            .group_by(col(Document.kind), col(Proposal.field))
        )
        with Session(self._looking) as session:
            return [(str(kind), field, int(n)) for kind, field, n in session.execute(query).all()]

    def read_across(
        self, batch: str, kind: str, field: str
    ) -> list[tuple[str, str, str, dict[str, str], str]]:
        """What the machine made of one field in every document of a kind that waits in a batch.

        Document, field, value, what each engine reads, digest of the template; `field` as below.
        """
        query = (
            sa.select(
                col(Proposal.document), col(Proposal.field), col(Proposal.value),
                col(Proposal.candidates), col(Proposal.template_digest),
            )
            .join(Document, col(Proposal.document) == col(Document.id))
            .where(*_waiting(batch, kind), col(Proposal.field).like(_like(field), escape="\\"))
        )  # fmt: skip
        with self._looking.connect() as connection:
            return [(*row,) for row in connection.execute(query)]

    def proposed_across(
        self, batch: str, kind: str, field: str, *, among: Sequence[str] | None = None
    ) -> list[tuple[Document, Proposal, tuple[Correction, ...]]]:
        """One field of every document of a kind that waits for review in a batch, with its acts.

        `field` may name a column of a table with `*` for the row: `muc.*.so_hieu`. `among`: only
        of these documents.
        """
        like = _like(field)
        named = col(Proposal.field).like(like, escape="\\")
        papers = _waiting(batch, kind)
        if among is not None and len(among) <= _AT_ONCE:
            papers = [*papers, col(Document.id).in_(among)]
        owns = col(Proposal.document) == col(Document.id)
        with Session(self._looking, expire_on_commit=False) as session:
            found = session.exec(
                select(Document, Proposal).join(Proposal, owns).where(*papers, named)
            ).all()
            acts: dict[tuple[str, str], list[Correction]] = {}
            for act in session.exec(
                select(Correction)
                .join(Document, col(Correction.document) == col(Document.id))
                .where(*papers, col(Correction.field).like(like, escape="\\"))
                .order_by(col(Correction.serial))
            ).all():
                acts.setdefault((act.document, act.field), []).append(act)
            return [(d, p, tuple(acts.get((d.id, p.field), ()))) for d, p in found]

    def pages_of(self, documents: Iterable[str]) -> dict[str, list[Page]]:
        """The pages of many documents, in order."""
        keys, pages = list(documents), dict[str, list[Page]]()
        for start in range(0, len(keys), _AT_ONCE):
            here = col(Page.document).in_(keys[start : start + _AT_ONCE])
            for page in self._all(select(Page).where(here).order_by(col(Page.number))):
                pages.setdefault(page.document, []).append(page)
        return pages

    def reviews(self, document: str) -> list[Review]:
        return self._of(Review, document, Review.at)

    def signatures(self, document: str) -> list[Signature]:
        return self._of(Signature, document, Signature.at)

    def receipts(self, document: str) -> list[Receipt]:
        return self._of(Receipt, document, Receipt.at)

    def events(self, document: str) -> list[Event]:
        return self._of(Event, document, Event.id)

    def person(self, name: str) -> Person | None:
        return self._one(Person, name)

    def persons(self) -> list[Person]:
        """Everybody who may sign in, as names are listed: by the given name."""
        found = self._all(select(Person))
        return sorted(found, key=lambda p: (vietnamese.person_sort_key(p.shown_as), p.name))

    def units(self) -> list[Unit]:
        """Every unit, as a Vietnamese reader expects a list to stand."""
        found = self._all(select(Unit))
        return sorted(found, key=lambda unit: (vietnamese.sort_key(unit.name), unit.code))

    def workers(self) -> list[Worker]:
        return self._all(select(Worker).order_by(col(Worker.started_at)))

    def template_version(self, digest: str) -> TemplateVersion | None:
        return self._one(TemplateVersion, digest)


def _waiting(batch: str, kind: str) -> list[Any]:
    return [
        col(Document.batch) == batch,
        col(Document.kind) == kind,
        col(Document.stage) == Stage.PROPOSED,
    ]


def _like(field: str) -> str:
    return field.replace("_", "\\_").replace("*", "%")


def _margin() -> Any:
    """By how many points of 100 a document's form was nearer than the next; NULL where untold."""
    return col(Document.classified)["margin"].as_float()


def _matching(
    stage: Stage | Sequence[Stage] | None,
    batch: str | None,
    unit: str | None,
    kind: str | None,
    text: str,
    unsealed: bool,
    untouched_by: str | None,
    kept_of: str | None,
    margin: float | None = None,
) -> list[Any]:
    wanted: list[Any] = []
    if margin is not None:
        wanted.append(_margin() < margin)
    if stage is not None:
        wanted.append(col(Document.stage).in_([stage] if isinstance(stage, Stage) else stage))
    for column, value in ((Document.batch, batch), (Document.unit, unit), (Document.kind, kind)):
        if value is not None:
            wanted.append(col(column) == value)
    if text.strip():
        named = select(SourceFile.id).where(col(SourceFile.name).icontains(vietnamese.nfc(text)))
        here = seeking.says(col(Document.sought), text)
        wanted.append(sa.or_(col(Document.source).in_(named), here))
    if unsealed:
        wanted.append(col(Document.seal_by).is_(None))
    if kept_of is not None:
        wanted.append(sa.or_(col(Document.stage) != Stage.EXPORTED, col(Document.unit) == kept_of))
    if untouched_by is not None:
        for table in (Review, Correction, TextCorrection):
            mine = select(table.document).where(col(table.by) == untouched_by)
            if table is Review:
                mine = mine.where(col(Review.duty) == "review")
            wanted.append(col(Document.id).not_in(mine))
        wanted.append(col(Document.reviewer) != untouched_by)
    return wanted
