"""All that is kept of a document for the person who works on it, asked for many at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from workbench.model import (
    BatchConstant,
    Comment,
    Correction,
    Document,
    Override,
    Page,
    Proposal,
    Review,
    TextCorrection,
)
from workbench.store.rows import Rows

_AT_ONCE = 500  # SQLite takes only so many values in one question
_KEYS: sa.BindParameter[Any] = sa.bindparam("keys", expanding=True)

# Built once: putting a question together costs more than having it answered.
_DOCUMENTS = select(Document).where(col(Document.id).in_(_KEYS))
_CONSTANTS = (
    select(BatchConstant)
    .where(col(BatchConstant.batch).in_(_KEYS))
    .order_by(col(BatchConstant.at), col(BatchConstant.id))
)
_OWNED: tuple[tuple[str, Any], ...] = (
    (
        "pages",
        select(Page)
        .where(col(Page.document).in_(_KEYS), col(Page.aside) == "")
        .order_by(col(Page.number)),
    ),
    (
        "proposals",
        select(Proposal).where(col(Proposal.document).in_(_KEYS)).order_by(col(Proposal.position)),
    ),
    (
        "corrections",
        select(Correction)
        .where(col(Correction.document).in_(_KEYS))
        .order_by(col(Correction.serial)),
    ),
    (
        "texts",
        select(TextCorrection)
        .where(col(TextCorrection.document).in_(_KEYS))
        .order_by(col(TextCorrection.serial)),
    ),
    (
        "comments",
        select(Comment)
        .where(col(Comment.document).in_(_KEYS))
        .order_by(col(Comment.at), col(Comment.id)),
    ),
    (
        "overrides",
        select(Override)
        .where(col(Override.document).in_(_KEYS))
        .order_by(col(Override.at), col(Override.id)),
    ),
    ("reviews", select(Review).where(col(Review.document).in_(_KEYS)).order_by(col(Review.at))),
)
_owner: Callable[[Any], str] = attrgetter("document")


@dataclass(frozen=True, slots=True)
class Folder:
    """A document with its pages, what machine and people say of it, each in its order."""

    document: Document
    pages: list[Page] = field(default_factory=list)  # without what was set aside
    proposals: list[Proposal] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    texts: list[TextCorrection] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    overrides: list[Override] = field(default_factory=list)
    constants: Sequence[BatchConstant] = ()  # of its batch


class Folders(Rows):
    """Brings documents with all that lies with them."""

    def folders(self, documents: Sequence[str]) -> list[Folder]:
        """The folders of these documents in their order; who is not there is left out."""
        found: dict[str, Folder] = {}
        for start in range(0, len(documents), _AT_ONCE):
            with Session(self._looking, expire_on_commit=False) as session:
                found.update(_folders(session, documents[start : start + _AT_ONCE]))
        return [found[key] for key in documents if key in found]


def _folders(session: Session, documents: Sequence[str]) -> dict[str, Folder]:
    there = list(session.scalars(_DOCUMENTS, {"keys": list(documents)}))
    batches = sorted({document.batch for document in there})
    constants: dict[str, list[BatchConstant]] = {}
    for constant in session.scalars(_CONSTANTS, {"keys": batches}):
        constants.setdefault(constant.batch, []).append(constant)
    folders = {d.id: Folder(d, constants=constants.get(d.batch, ())) for d in there}
    keys = list(folders)
    for name, question in _OWNED:
        for row in session.scalars(question, {"keys": keys}):
            getattr(folders[_owner(row)], name).append(row)
    return folders
