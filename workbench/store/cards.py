"""Cards of the records in the repository, asked by those who may see them.

Every question here takes a `Sight`; what it does not reach is not counted either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from workbench import vietnamese
from workbench.model import (
    Card,
    CardWord,
    DefaultFolder,
    Document,
    Filing,
    Holder,
    Page,
    RecordFolder,
    Share,
    Shelf,
    Sight,
    SourceFile,
    Stage,
)
from workbench.store.custody import live
from workbench.store.rows import Rows

_COMMON: Mapping[str, tuple[Any, Any]] = {  # what records have in common, and its name
    "holder": (Card.holder, Card.holder_name),
    "kind": (Card.kind, Card.kind),
    "year": (Card.year, Card.year),
}


class Cards(Rows):
    """The card catalogue of the repository."""

    def without_card(self, limit: int) -> list[Document]:
        """Records in the repository whose card is missing, older than they are, or another's."""
        query = (
            select(Document)
            .outerjoin(Card, col(Card.document) == col(Document.id))
            .where(
                col(Document.stage) == Stage.EXPORTED,
                sa.or_(
                    col(Card.document).is_(None),
                    col(Card.seen) < col(Document.changed_at),
                    col(Card.holder) != col(Document.holder),  # found to be another one since
                ),
            )
            .order_by(col(Document.id))
            .limit(limit)
        )
        return self._all(query)

    def holder_of(self, document: Document) -> Holder | None:
        """The one person or organisation a record is tied to, under whatever name."""
        found, seen = None, set[str]()
        key = document.holder or ""
        while key and key not in seen:
            seen.add(key)
            found = self._one(Holder, key) or found
            key = found.same_as if found else ""
        return found

    def keep_card(self, card: Card, words: Mapping[str, str]) -> None:
        """Keep a card with its words (word -> without marks); a withdrawal stays as it was."""
        with self.change() as session:
            kept = session.get(Card, card.document)
            if kept is not None:
                card.withdrawn_at, card.withdrawn_by = kept.withdrawn_at, kept.withdrawn_by
                card.withdrawn_why = kept.withdrawn_why
            session.merge(card)
            session.execute(sa.delete(CardWord).where(col(CardWord.document) == card.document))
            session.flush()
            rows = [{"word": w, "document": card.document, "bare": b} for w, b in words.items()]
            if rows:
                session.execute(sa.insert(CardWord), rows)

    def card(self, document: str, sight: Sight) -> Card | None:
        """The card of a record, if it is there for this person."""
        found = self._all(
            select(Card).where(col(Card.document) == document, _visible(sight)).limit(1)
        )
        return found[0] if found else None

    def any_card(self, document: str) -> Card | None:
        """The card of a record whoever asks: for the machine, never for a screen."""
        return self._one(Card, document)

    def cards(
        self,
        sight: Sight,
        shelf: Shelf,
        *,
        near: Sequence[str] = (),
        phrase: str = "",
        limit: int = 25,
        offset: int = 0,
    ) -> list[Card]:
        """Cards that match: first those with most of the words just as in `near`, of these first
        those that say the whole phrase, then the newest paper."""
        query = select(Card).where(*_on(sight, shelf))
        for word in near:
            standing = select(CardWord.document).where(col(CardWord.word) == word)
            query = query.order_by(sa.case((col(Card.document).in_(standing), 0), else_=1))
        if phrase:
            says = col(Card.sought).contains(phrase, autoescape=True)
            query = query.order_by(sa.case((says, 0), else_=1))
        query = query.order_by(col(Card.issued).desc(), col(Card.number), col(Card.document))
        return self._all(query.limit(limit).offset(offset))

    def count_cards(self, sight: Sight, shelf: Shelf) -> int:
        query = select(sa.func.count()).select_from(Card).where(*_on(sight, shelf))
        return int(self._all(query)[0])

    def default_folders(self, sight: Sight, common: str) -> list[DefaultFolder]:
        """The folders that nobody made: by "holder", "kind" or "year"; in no order."""
        key, name = (col(column) for column in _COMMON[common])
        query = (
            sa.select(key, sa.func.min(name), sa.func.count()).where(_visible(sight)).group_by(key)
        )
        with Session(self._looking) as session:
            return [
                DefaultFolder(str(group), str(called), int(n))
                for group, called, n in session.execute(query).all()
            ]

    def hidden_image(self, digest: str, sight: Sight | None) -> bool:
        """Whether an image shows only records of the repository that this person may not see."""
        owners = self._all(select(Page.document).where(col(Page.view) == digest))
        if not owners:
            shown = sa.or_(col(Page.scan) == digest, col(Page.readable) == digest)
            taken_in = select(SourceFile.id).where(col(SourceFile.digest) == digest)
            query = select(Document.id).where(col(Document.source).in_(taken_in))
            owners = self._all(select(Page.document).where(shown)) + self._all(query)
        return bool(owners) and all(self.is_hidden(key, sight) for key in set(owners))

    def is_hidden(self, document: str, sight: Sight | None) -> bool:
        """Whether this is a record of the repository that the person may not see.

        One without a card yet is nobody's but its unit's.
        """
        found = self._one(Document, document)
        if found is None or found.stage is not Stage.EXPORTED:
            return False
        if sight is None:
            return True
        if sight.whole_unit and sight.unit and found.unit == sight.unit:
            return False
        return self.card(document, sight) is None

    def withdrawn_among(self, documents: Iterable[str]) -> set[str]:
        """Which of these records are withdrawn."""
        keys, found = list(documents), set[str]()
        for start in range(0, len(keys), 500):
            query = select(Card.document).where(
                col(Card.document).in_(keys[start : start + 500]),
                col(Card.withdrawn_at).is_not(None),
            )
            found.update(self._all(query))
        return found


def _visible(sight: Sight) -> Any:
    """Denied by default: the records of one's unit by a duty, and what is shared."""
    shared = sa.and_(col(Card.withdrawn_at).is_(None), _shared(sight))
    if sight.whole_unit and sight.unit:
        return sa.or_(col(Card.unit) == sight.unit, shared)
    return shared


def _shared(sight: Sight) -> Any:
    """Records that are shared, or that lie in or below a folder that is."""
    alone = select(Share.document).where(col(Share.document) != "", *live(sight))
    return sa.or_(col(Card.document).in_(alone), col(Card.document).in_(_in_shared_folders(sight)))


def _in_shared_folders(sight: Sight) -> Any:
    reached = (
        sa.select(col(Share.folder).label("folder"), col(Share.unit).label("unit"))
        .where(col(Share.folder) != "", *live(sight))
        .cte(recursive=True)
    )
    below = sa.select(col(RecordFolder.id), reached.c.unit).where(
        col(RecordFolder.parent) == reached.c.folder, col(RecordFolder.closed).is_(False)
    )
    reached = reached.union(below)
    lies: Any = aliased(Card)
    return (
        sa.select(col(Filing.document))
        .join(reached, reached.c.folder == col(Filing.folder))
        .join(lies, sa.and_(lies.document == col(Filing.document), lies.unit == reached.c.unit))
    )


def _below(folder: str) -> Any:
    """A folder and all that lie in it."""
    tree = (
        sa.select(col(RecordFolder.id).label("id"))
        .where(col(RecordFolder.id) == folder)
        .cte(recursive=True)
    )
    return tree.union(
        sa.select(col(RecordFolder.id)).where(
            col(RecordFolder.parent) == tree.c.id, col(RecordFolder.closed).is_(False)
        )
    )


def _on(sight: Sight, shelf: Shelf) -> list[Any]:
    wanted: list[Any] = [_visible(sight)]
    if shelf.holder:
        wanted.append(col(Card.holder) == shelf.holder)
    if shelf.no_holder:
        wanted.append(col(Card.holder) == "")
    if shelf.kind:
        wanted.append(col(Card.kind) == shelf.kind)
    if shelf.year is not None:
        wanted.append(col(Card.year) == shelf.year)
    if shelf.folder:
        tree = _below(shelf.folder)
        lies = select(Filing.document).where(col(Filing.folder).in_(sa.select(tree.c.id)))
        wanted.append(col(Card.document).in_(lies))
    if shelf.to_me:
        wanted.append(_shared(sight))
    for word in shelf.words:
        column = CardWord.bare if vietnamese.fold(word) == word else CardWord.word
        standing = select(CardWord.document).where(col(column) == word)
        wanted.append(col(Card.document).in_(standing))
    return wanted
