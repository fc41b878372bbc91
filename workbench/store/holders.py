"""Holders: asked for many at a time by what they are told apart by, and never read as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, select

from workbench import vietnamese
from workbench.errors import NotReadyError
from workbench.model import Document, Holder, HolderDecision, HolderKind, Likely, Likeness, Stage
from workbench.store.rows import Rows

_AT_ONCE = 500  # SQLite takes only so many values in one question
_LONGEST_WAY = 50  # holders that were merged one into the other


class Kin(NamedTuple):
    """What tells holders apart, and no more: many are compared."""

    id: str
    kind: HolderKind
    sought: str
    number_kind: str
    number: str
    initials: str


_KIN = sa.select(
    col(Holder.id), col(Holder.kind), col(Holder.sought), col(Holder.number_kind),
    col(Holder.number), col(Holder.initials),
).where(col(Holder.same_as) == "")  # fmt: skip


class Holders(Rows):
    """Keeps to whom papers were issued, who may be the same, and what was decided of it."""

    def holder(self, key: str) -> Holder | None:
        """The holder that stands for this one: itself, or the one it was found to be."""
        found = self._one(Holder, key)
        for _ in range(_LONGEST_WAY):
            if found is None or not found.same_as:
                return found
            found = self._one(Holder, found.same_as)
        return found

    def numbered(self, numbers: Iterable[str]) -> list[Holder]:
        """Every holder with one of these numbers, of whatever kind; also those that were merged."""
        return self._among(Holder.number, [n for n in numbers if n])

    def named(self, sought: Iterable[str]) -> list[Holder]:
        """Every holder with one of these names, as they are sought; also those merged."""
        return self._among(Holder.sought, sought)

    def kin(
        self, *, numbers: Iterable[str], sought: Iterable[str], initials: Iterable[str]
    ) -> list[Kin]:
        """Holders that share a number, a name or its initials with these and stand by themselves.

        One may come more than once.
        """
        found: list[Kin] = []
        for column, values in (
            (Holder.number, numbers), (Holder.sought, sought), (Holder.initials, initials),
        ):  # fmt: skip
            keys = sorted({value for value in values if value})
            for start in range(0, len(keys), _AT_ONCE):
                some = col(column).in_(keys[start : start + _AT_ONCE])
                with Session(self._looking) as session:
                    rows = session.execute(_KIN.where(some)).all()
                found += [Kin(*row) for row in rows]
        return found

    def _among(self, column: Any, values: Iterable[str]) -> list[Holder]:
        keys = sorted(set(values))
        found: list[Holder] = []
        for start in range(0, len(keys), _AT_ONCE):
            found += self._all(
                select(Holder).where(col(column).in_(keys[start : start + _AT_ONCE]))
            )
        return found

    def find_holders(self, text: str, *, limit: int = 50, offset: int = 0) -> list[Holder]:
        """Holders whose name has these words, with or without marks, or whose number begins so."""
        _, stripped = vietnamese.search_keys(text)
        query = select(Holder).where(col(Holder.same_as) == "")
        if stripped:
            number = "".join(text.split()).upper()
            query = query.where(
                sa.or_(
                    col(Holder.sought).contains(stripped, autoescape=True),
                    col(Holder.number).startswith(number, autoescape=True),
                )
            )
        query = query.order_by(col(Holder.sought), col(Holder.at)).limit(limit).offset(offset)
        return self._all(query)

    def count_holders(self) -> int:
        """How many there are, those found to be the same counted once."""
        query = select(sa.func.count()).select_from(Holder).where(col(Holder.same_as) == "")
        return int(self._all(query)[0])

    def held_by(self, holder: str, *, limit: int = 200) -> list[Document]:
        """The records of a holder, newest first."""
        return self._all(
            select(Document)
            .where(col(Document.holder) == holder)
            .order_by(col(Document.created_at).desc(), col(Document.number))
            .limit(limit)
        )

    def records_held(self, holders: Sequence[str]) -> dict[str, int]:
        """How many records each of these holders has."""
        query = (
            sa.select(col(Document.holder), sa.func.count())
            .where(col(Document.holder).in_(holders))
            .group_by(col(Document.holder))
        )
        with Session(self._looking) as session:
            return {str(holder): int(n) for holder, n in session.execute(query).all()}

    def unheld(self, limit: int = 50) -> list[Document]:
        """Reviewed records that name nobody, oldest first."""
        return self._all(
            select(Document)
            .where(col(Document.stage) == Stage.REVIEWED, col(Document.holder).is_(None))
            .order_by(col(Document.created_at), col(Document.number))
            .limit(limit)
        )

    def tie(self, document: str, holder: Holder, *, told: HolderDecision | None = None) -> None:
        """Tie a record to a holder, which is kept where it is new, and what was told of it."""
        with self.change() as session:
            if session.get(Holder, holder.id) is None:
                session.add(Holder.model_validate(holder.model_dump()))
            session.execute(
                sa.update(Document).where(col(Document.id) == document).values(holder=holder.id)
            )
            if told is not None and session.get(HolderDecision, told.id) is None:
                session.add(told)

    def uncompared(self, limit: int) -> list[Holder]:
        """Holders whose like nobody has looked for."""
        return self._all(select(Holder).where(sa.not_(col(Holder.compared))).limit(limit))

    def note_likenesses(self, likenesses: Sequence[Likeness], *, compared: Sequence[str]) -> int:
        """Keep pairs that may be one, each once, and that these holders were compared; how many."""
        new = 0
        with self.change() as session:
            pairs = {likeness.id: likeness for likeness in likenesses}
            keys = list(pairs)
            for start in range(0, len(keys), _AT_ONCE):
                some = keys[start : start + _AT_ONCE]
                known = set(
                    session.exec(select(Likeness.id).where(col(Likeness.id).in_(some))).all()
                )
                fresh = [pairs[key] for key in some if key not in known]
                session.add_all(fresh)
                new += len(fresh)
            session.execute(
                sa.update(Holder).where(col(Holder.id).in_(compared)).values(compared=True)
            )
        return new

    def likenesses(
        self,
        standing: Likely = Likely.OPEN,
        *,
        holder: str = "",
        limit: int = 50,
        offset: int = 0,
    ) -> list[tuple[Likeness, Holder, Holder]]:
        """Pairs that may be one, oldest first; an open one only where both still stand."""
        one, other = sa.orm.aliased(Holder), sa.orm.aliased(Holder)
        query = (
            select(Likeness, one, other)
            .join(one, col(one.id) == col(Likeness.first))
            .join(other, col(other.id) == col(Likeness.second))
            .where(col(Likeness.standing) == standing)
            .order_by(col(Likeness.at), col(Likeness.id))
            .limit(limit)
            .offset(offset)
        )
        if standing is Likely.OPEN:
            query = query.where(col(one.same_as) == "", col(other.same_as) == "")
        if holder:
            query = query.where(
                sa.or_(col(Likeness.first) == holder, col(Likeness.second) == holder)
            )
        return [(a, b, c) for a, b, c in self._all(query)]

    def count_likenesses(self) -> int:
        """How many pairs wait for a decision."""
        one, other = sa.orm.aliased(Holder), sa.orm.aliased(Holder)
        query = (
            select(sa.func.count())
            .select_from(Likeness)
            .join(one, col(one.id) == col(Likeness.first))
            .join(other, col(other.id) == col(Likeness.second))
            .where(
                col(Likeness.standing) == Likely.OPEN,
                col(one.same_as) == "",
                col(other.same_as) == "",
            )
        )
        return int(self._all(query)[0])

    def likeness(self, key: str) -> Likeness | None:
        return self._one(Likeness, key)

    def decisions(self, likeness: str) -> list[HolderDecision]:
        """What was ever decided of a pair (or of a record, by its id), oldest first."""
        return self._all(
            select(HolderDecision)
            .where(col(HolderDecision.likeness) == likeness)
            .order_by(col(HolderDecision.at), col(HolderDecision.id))
        )

    def last_decisions(self, limit: int = 20) -> list[HolderDecision]:
        """What was decided last, of whatever pair, newest first."""
        return self._all(
            select(HolderDecision)
            .order_by(col(HolderDecision.at).desc(), col(HolderDecision.id))
            .limit(limit)
        )

    def judge(self, decision: HolderDecision, *, merge: Mapping[str, str], at: datetime) -> None:
        """Keep what was decided of a pair; sent twice it is kept once.

        `merge`: holder -> the one it is from now on, or "" where it stands by itself again. The
        records of a merged one are tied to the other and noted in `decision.moved`; those of a
        decision before that is taken back go back. Raises NotReadyError where one was merged
        meanwhile.
        """
        with self.change() as session:
            if session.get(HolderDecision, decision.id) is not None:
                return
            pair = session.exec(
                select(Likeness).where(col(Likeness.id) == decision.likeness).with_for_update()
            ).one()
            for holder, into in merge.items():
                done = session.execute(
                    sa.update(Holder)
                    .where(
                        col(Holder.id) == holder,
                        col(Holder.same_as) == ("" if into else decision.kept),
                    )
                    .values(same_as=into)
                )
                if not done.rowcount:  # type: ignore[attr-defined]
                    raise NotReadyError(
                        "Somebody else decided of this holder meanwhile.",
                        "Look at the list again.",
                    )
                if into:
                    decision.moved = list(
                        session.exec(select(Document.id).where(col(Document.holder) == holder))
                    )
                    _move(session, decision.moved, holder, into)
                else:
                    _move(session, decision.moved, decision.kept, holder)
            pair.standing = Likely(decision.decision)
            session.add(pair)
            session.add(decision)


def _move(session: Session, documents: Sequence[str], from_: str, to: str) -> None:
    for start in range(0, len(documents), _AT_ONCE):
        session.execute(
            sa.update(Document)
            .where(
                col(Document.id).in_(documents[start : start + _AT_ONCE]),
                col(Document.holder) == from_,
            )
            .values(holder=to)
        )
