"""What stands in a few fields of many documents, asked by index: never by looking at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlmodel import Session, col, select

from workbench.model import (
    Act,
    Correction,
    Document,
    EndStatement,
    Proposal,
    Stage,
    TermStatement,
)
from workbench.store.rows import Rows

SHORT = 40  # letters: longer values are not in the index by value
MOST = 500  # papers that say the same; beyond that the value tells nothing apart
_SHORT: Any = sa.text("length(normalised) <= 40")  # as the index is written, or it is not used
_WORDLESS = (Act.ILLEGIBLE, Act.ABSENT)


def values(
    rows: Rows, documents: Iterable[str], fields: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Document -> field -> normal form as it stands. A field ending in `%` names all that begin so.

    What holds for a batch as a constant is not among it: nobody has looked at it on the paper.
    """
    found: dict[str, dict[str, str]] = {}
    acts: dict[tuple[str, str], list[Correction]] = {}
    keys = list(dict.fromkeys(documents))
    with Session(_looking(rows), expire_on_commit=False) as session:
        for start in range(0, len(keys), MOST):
            here = keys[start : start + MOST]
            read = select(Proposal).where(
                col(Proposal.document).in_(here), _named(Proposal, fields)
            )
            for proposal in session.exec(read).all():
                found.setdefault(proposal.document, {})[proposal.field] = proposal.normalised
            written = (
                select(Correction)
                .where(col(Correction.document).in_(here), _named(Correction, fields))
                .order_by(col(Correction.serial))
            )
            for act in session.exec(written).all():
                acts.setdefault((act.document, act.field), []).append(act)
    for (document, field), made in acts.items():
        if (newest := _newest(made)) is not None:
            after = "" if newest.act in _WORDLESS else newest.normalised
            found.setdefault(document, {})[field] = after
    return found


def saying(
    rows: Rows, wanted: Iterable[str], fields: Sequence[str], *, but: str = ""
) -> tuple[str, ...]:
    """The documents where one of these values was ever read or written in one of these fields.

    At most `MOST`. Whether it still stands there, `values` tells. `but`: this document is left out.
    """
    keys = sorted({value for value in wanted if 0 < len(value) <= SHORT})
    if not keys:
        return ()
    return _among(rows, lambda table: col(table.normalised).in_(keys[:MOST]), fields, but)


def dated(rows: Rows, first: date, last: date, field: str) -> tuple[str, ...]:
    """The documents where a day between these two (both included) was ever given in this field."""
    span = first.isoformat(), last.isoformat()
    return _among(rows, lambda table: col(table.normalised).between(*span), [field], "")


def terms(rows: Rows, documents: Sequence[str]) -> dict[str, list[TermStatement]]:
    """What people said of the term of each document, oldest first."""
    return _statements(rows, TermStatement, documents)


def ends(rows: Rows, documents: Sequence[str]) -> dict[str, list[EndStatement]]:
    """What people said ended each document, oldest first."""
    return _statements(rows, EndStatement, documents)


def stated_between(rows: Rows, first: date, last: date) -> tuple[str, ...]:
    """The documents of whose term somebody once said that it ends between these days."""
    query = select(TermStatement.document).where(col(TermStatement.until).between(first, last))
    with Session(_looking(rows)) as session:
        return tuple(dict.fromkeys(session.exec(query).all()))


def predecessors(rows: Rows, document: str) -> tuple[str, ...]:
    """The documents of which somebody once said that this one stands in their place."""
    query = select(EndStatement.document).where(col(EndStatement.successor) == document)
    with Session(_looking(rows)) as session:
        return tuple(dict.fromkeys(session.exec(query).all()))


def held_by(rows: Rows, holder: str, *, kind: str | None, but: str = "") -> tuple[str, ...]:
    """The documents of one kind that belong to a holder; what was taken out of the work is not."""
    query = (
        select(Document.id)
        .where(
            col(Document.holder) == holder,
            col(Document.kind) == kind,
            col(Document.id) != but,
            col(Document.stage) != Stage.REJECTED,
        )
        .order_by(col(Document.created_at))
        .limit(MOST)
    )
    with Session(_looking(rows)) as session:
        return tuple(session.exec(query).all())


def known(rows: Rows, documents: Iterable[str]) -> dict[str, Document]:
    """These documents, without those that were taken out of the work."""
    keys, found = list(dict.fromkeys(documents)), dict[str, Document]()
    with Session(_looking(rows), expire_on_commit=False) as session:
        for start in range(0, len(keys), MOST):
            query = select(Document).where(
                col(Document.id).in_(keys[start : start + MOST]),
                col(Document.stage) != Stage.REJECTED,
            )
            found.update({document.id: document for document in session.exec(query).all()})
    return found


def _among(rows: Rows, says: Any, fields: Sequence[str], but: str) -> tuple[str, ...]:
    parts = [
        sa.select(col(table.document)).where(
            says(table), _SHORT, _named(table, fields), col(table.document) != but
        )
        for table in (Proposal, Correction)
    ]
    with _looking(rows).connect() as connection:
        found = connection.execute(sa.union(*parts).limit(MOST)).scalars().all()
        return tuple(found)


def _named(table: Any, fields: Sequence[str]) -> Any:
    exact = [field for field in fields if not field.endswith("%")]
    begun = [
        col(table.field).startswith(field[:-1], autoescape=True)
        for field in fields
        if field.endswith("%")
    ]
    return sa.or_(col(table.field).in_(exact), *begun)


def _newest(acts: Sequence[Correction]) -> Correction | None:
    """The newest act that was not taken back and says something else than the proposal."""
    past: list[Correction] = []
    for act in acts:
        if act.act is not Act.UNDO:
            past.append(act)
        elif past:
            past.pop()
    return past[-1] if past and past[-1].act is not Act.ACCEPT else None


_Said = TypeVar("_Said", TermStatement, EndStatement)


def _statements(rows: Rows, kind: type[_Said], documents: Sequence[str]) -> dict[str, list[_Said]]:
    found: dict[str, list[_Said]] = {}
    with Session(_looking(rows), expire_on_commit=False) as session:
        for start in range(0, len(documents), MOST):
            query = (
                select(kind)
                .where(col(kind.document).in_(documents[start : start + MOST]))
                .order_by(col(kind.at), col(kind.id))
            )
            for row in session.exec(query).all():
                found.setdefault(row.document, []).append(row)
    return found


def _looking(rows: Rows) -> Any:
    return rows.engine.execution_options(reading=True)
