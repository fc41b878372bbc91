"""What the letters ask of documents as it is kept: statements, judgements, rules, result codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from workbench.model import (
    CatalogueEntry,
    Document,
    FileLook,
    Holder,
    ResultCode,
    ResultSequence,
    ScopeJudgement,
    ScopeRules,
    ScopeRulesChange,
    ScopeStanding,
    ScopeStatement,
    Stage,
)
from workbench.store.rows import Rows

Row = TypeVar("Row", bound=SQLModel)

_AT_ONCE = 500  # SQLite takes only so many values in one question


def statements(rows: Rows, document: str) -> list[ScopeStatement]:
    """What people stated of a document, oldest first."""
    return _of(rows, ScopeStatement, document)


def judgements(rows: Rows, document: str) -> list[ScopeJudgement]:
    """The ways a document was given when it was approved or closed, oldest first."""
    return _of(rows, ScopeJudgement, document)


def holder(rows: Rows, key: str) -> Holder | None:
    with _looking(rows) as session:
        return session.get(Holder, key)


def kind_code(rows: Rows, kind: str) -> str:
    """The code of a kind of paper (mã loại kết quả) as people gave it; empty where none did."""
    query = (
        select(CatalogueEntry)
        .where(col(CatalogueEntry.catalogue) == "result_kinds", col(CatalogueEntry.key) == kind)
        .order_by(col(CatalogueEntry.at).desc(), col(CatalogueEntry.id).desc())
        .limit(1)
    )
    with _looking(rows) as session:
        last = session.exec(query).first()
        return "" if last is None or last.withdrawn else last.code


# --- the rules -------------------------------------------------------------------------------


def rules_in_force(rows: Rows) -> Mapping[str, Any] | None:
    """The content of the rules that were applied last; None where nobody has applied any."""
    with _looking(rows) as session:
        last = session.exec(
            select(ScopeRulesChange).order_by(col(ScopeRulesChange.id).desc()).limit(1)
        ).first()
        kept = session.get(ScopeRules, last.digest) if last else None
        return kept.content if kept else None


def rules_named(rows: Rows, digest: str) -> Mapping[str, Any] | None:
    with _looking(rows) as session:
        kept = session.get(ScopeRules, digest)
        return kept.content if kept else None


def rules_changes(rows: Rows) -> list[ScopeRulesChange]:
    """Every change of the rules, oldest first."""
    with _looking(rows) as session:
        return list(session.exec(select(ScopeRulesChange).order_by(col(ScopeRulesChange.id))))


def keep_rules(rows: Rows, digest: str, content: Mapping[str, Any]) -> None:
    """Keep what rules say under their digest, once."""
    with rows.change() as session:
        if session.get(ScopeRules, digest) is None:
            session.add(ScopeRules(digest=digest, content=dict(content)))


def apply_rules(
    rows: Rows, digest: str, content: Mapping[str, Any], *, reason: str, by: str, at: datetime
) -> None:
    """Put rules in force from now on."""
    with rows.change() as session:
        if session.get(ScopeRules, digest) is None:
            session.add(ScopeRules(digest=digest, content=dict(content), at=at))
        session.add(ScopeRulesChange(digest=digest, reason=reason, by=by, at=at))


# --- where documents stand -------------------------------------------------------------------


def not_yet_judged(rows: Rows, under: str, *, limit: int) -> list[str]:
    """Documents of a known form whose way is not known as they are now, oldest first."""
    query = (
        select(Document.id)
        .outerjoin(ScopeStanding, col(ScopeStanding.document) == col(Document.id))
        .where(_unjudged(under))
        .order_by(col(Document.created_at), col(Document.number))
        .limit(limit)
    )
    with _looking(rows) as session:
        return list(session.exec(query))


def count_not_yet_judged(rows: Rows, under: str) -> int:
    query = (
        select(sa.func.count())
        .select_from(Document)
        .outerjoin(ScopeStanding, col(ScopeStanding.document) == col(Document.id))
        .where(_unjudged(under))
    )
    with _looking(rows) as session:
        return int(session.exec(query).one())


def count_without_standing(rows: Rows) -> int:
    """Documents of a known form whose way was never counted."""
    query = (
        select(sa.func.count())
        .select_from(Document)
        .outerjoin(ScopeStanding, col(ScopeStanding.document) == col(Document.id))
        .where(col(Document.kind).is_not(None), col(ScopeStanding.document).is_(None))
    )
    with _looking(rows) as session:
        return int(session.exec(query).one())


def _unjudged(under: str) -> Any:
    return sa.and_(
        col(Document.kind).is_not(None),
        sa.or_(
            col(ScopeStanding.document).is_(None),
            col(ScopeStanding.revision) != col(Document.revision),
            col(ScopeStanding.under) != under,
        ),
    )


def keep_standings(rows: Rows, standings: Sequence[ScopeStanding]) -> None:
    with rows.change() as session:
        for standing in standings:
            session.merge(standing)


def standing(rows: Rows, document: str) -> ScopeStanding | None:
    with _looking(rows) as session:
        return session.get(ScopeStanding, document)


def standings(
    rows: Rows,
    *,
    path: str | None = None,
    regime: str | None = None,
    unclear: bool = False,
    overruled: bool = False,
    unit: str | None = None,
    limit: int = 1_000_000,
    offset: int = 0,
) -> list[tuple[Document, ScopeStanding]]:
    """Documents with their ways that match, oldest first; `unclear`: a fact is wanted."""
    query = (
        select(Document, ScopeStanding)
        .join(ScopeStanding, col(ScopeStanding.document) == col(Document.id))
        .where(*_matching(path, regime, unit, unclear=unclear, overruled=overruled))
        .order_by(col(Document.created_at), col(Document.number))
        .limit(limit)
        .offset(offset)
    )
    with _looking(rows) as session:
        return [(document, kept) for document, kept in session.exec(query)]


def count_standings(
    rows: Rows,
    *,
    path: str | None = None,
    regime: str | None = None,
    unclear: bool = False,
    overruled: bool = False,
    unit: str | None = None,
) -> int:
    query = (
        select(sa.func.count())
        .select_from(ScopeStanding)
        .join(Document, col(ScopeStanding.document) == col(Document.id))
        .where(*_matching(path, regime, unit, unclear=unclear, overruled=overruled))
    )
    with _looking(rows) as session:
        return int(session.exec(query).one())


def tally(rows: Rows) -> list[tuple[str, str, bool, int]]:
    """Path, regime, whether a fact is wanted, and how many documents stand so."""
    unclear = sa.cast(col(ScopeStanding.open), sa.String) != "[]"
    query = sa.select(
        col(ScopeStanding.path), col(ScopeStanding.regime), unclear, sa.func.count()
    ).group_by(col(ScopeStanding.path), col(ScopeStanding.regime), unclear)
    with _looking(rows) as session:
        return [(p, r, bool(u), int(n)) for p, r, u, n in session.execute(query)]


def _matching(
    path: str | None, regime: str | None, unit: str | None, *, unclear: bool, overruled: bool
) -> list[Any]:
    wanted: list[Any] = []
    if path is not None:
        wanted.append(col(ScopeStanding.path) == path)
    if regime is not None:
        wanted.append(col(ScopeStanding.regime) == regime)
    if unit is not None:
        wanted.append(col(Document.unit) == unit)
    if unclear:
        wanted.append(sa.cast(col(ScopeStanding.open), sa.String) != "[]")
    if overruled:
        wanted.append(col(ScopeStanding.overruled))
    return wanted


def closed_by_rule(rows: Rows, *, limit: int = 200) -> list[tuple[Document, ScopeJudgement]]:
    """Documents that a rule has set apart and nobody has taken back, the last first."""
    newest = (
        select(ScopeJudgement.document, sa.func.max(col(ScopeJudgement.at)).label("at"))
        .group_by(col(ScopeJudgement.document))
        .subquery()
    )
    query = (
        select(Document, ScopeJudgement)
        .join(ScopeJudgement, col(ScopeJudgement.document) == col(Document.id))
        .join(
            newest,
            sa.and_(
                newest.c.document == col(ScopeJudgement.document),
                newest.c.at == col(ScopeJudgement.at),
            ),
        )
        .where(col(Document.stage) == Stage.REJECTED, col(ScopeJudgement.closed))
        .order_by(col(ScopeJudgement.at).desc())
        .limit(limit)
    )
    with _looking(rows) as session:
        return [(document, judged) for document, judged in session.exec(query)]


# --- codes and files -------------------------------------------------------------------------


def give_code(
    rows: Rows,
    document: str,
    prefix: str,
    write: Callable[[int], str],
    *,
    by: str,
    at: datetime,
) -> str:
    """The document's code under this prefix; the next ordinal where it has none yet.

    `write` makes the code of an ordinal. The ordinal is taken from a sequence in the same
    transaction, so two people never get one, and what was given out is never given again.
    """
    with rows.change() as session:
        kept = session.exec(
            select(ResultCode).where(
                col(ResultCode.document) == document, col(ResultCode.prefix) == prefix
            )
        ).first()
        if kept is not None:
            return kept.code
        table: Any = SQLModel.metadata.tables[str(ResultSequence.__tablename__)]
        if session.get_bind().dialect.name == "postgresql":
            from sqlalchemy.dialects.postgresql import insert
        else:
            from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
        step = (
            insert(table)
            .values(prefix=prefix, last=1)
            .on_conflict_do_update(index_elements=["prefix"], set_={"last": table.c.last + 1})
            .returning(table.c.last)
        )
        number = int(session.execute(step).scalar_one())
        code = write(number)
        session.add(
            ResultCode(code=code, document=document, prefix=prefix, number=number, by=by, at=at)
        )
        return code


def codes(rows: Rows, document: str) -> list[ResultCode]:
    """The codes a document was given, oldest first; the last one is its own."""
    return _of(rows, ResultCode, document)


def looks(rows: Rows, digests: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """What was found of these files, by digest; who was not looked at is left out."""
    query = select(FileLook).where(col(FileLook.digest).in_(list(digests)[:_AT_ONCE]))
    with _looking(rows) as session:
        return {kept.digest: kept.look for kept in session.exec(query)}


def keep_look(rows: Rows, digest: str, look: Mapping[str, Any]) -> None:
    with rows.change() as session:
        session.merge(FileLook(digest=digest, look=dict(look)))


def _of(rows: Rows, kind: type[Row], document: str) -> list[Row]:
    owned: Any = kind
    key = owned.id if hasattr(owned, "id") else owned.code
    query = select(kind).where(owned.document == document).order_by(owned.at, key)
    with _looking(rows) as session:
        return list(session.exec(query))


def _looking(rows: Rows) -> Session:
    return Session(rows.engine.execution_options(reading=True), expire_on_commit=False)
