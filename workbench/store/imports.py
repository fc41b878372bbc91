"""Mapping profiles and what became of tables, as they are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from workbench.model import (
    Correction,
    Document,
    Entry,
    MappingProfile,
    Proposal,
    Stage,
    TableImport,
)
from workbench.review import standing, value_of
from workbench.store.rows import Rows

_AT_ONCE = 500  # SQLite takes only so many values in one question


@dataclass(frozen=True, slots=True)
class Held:
    """A record that is there already: its values as they stand, and as its table gave them.

    `content` is the digest of what its table said; empty for one that came another way.
    """

    document: str
    values: Mapping[str, str]
    came: Mapping[str, str]
    content: str = ""


def profiles(rows: Rows) -> tuple[MappingProfile, ...]:
    """Every profile that stands, by name."""
    newest: dict[str, MappingProfile] = {}
    for kept in _all(rows, select(MappingProfile).order_by(col(MappingProfile.at))):
        newest[kept.name] = kept
    return tuple(p for _, p in sorted(newest.items()) if not p.removed)


def keep_profile(rows: Rows, profile: MappingProfile) -> None:
    rows.add(profile)


def imports(rows: Rows, *, limit: int = 50) -> tuple[TableImport, ...]:
    """The tables that were taken in, newest first."""
    return tuple(
        _all(rows, select(TableImport).order_by(sa.desc(col(TableImport.at))).limit(limit))
    )


def keep_import(rows: Rows, done: TableImport) -> None:
    rows.add(done)


def came_in(rows: Rows, unit: str, keys: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """Key -> document and digest of what its table said, for the keys that the unit knows."""
    found: dict[str, tuple[str, str]] = {}
    for part in _parts(keys):
        query = select(Entry).where(col(Entry.unit) == unit, col(Entry.key).in_(part))
        for entry in _all(rows, query):
            found[entry.key] = (entry.document, entry.source.get("content", ""))
    return found


def numbered(rows: Rows, unit: str, kind: str, numbers: Sequence[str]) -> tuple[str, ...]:
    """The documents of a unit and kind, not refused, whose field `so` is or was one of these."""
    found: dict[str, None] = {}
    for part in _parts(numbers):
        for held, value in ((Proposal, Proposal.value), (Correction, Correction.after)):
            query = (
                select(col(Document.id))
                .join(held, col(held.document) == col(Document.id))
                .where(
                    col(Document.unit) == unit,
                    col(Document.kind) == kind,
                    col(Document.stage) != Stage.REJECTED,
                    col(held.field) == "so",
                    col(value).in_(part),
                )
            )
            found |= dict.fromkeys(_all(rows, query))
    return tuple(found)


def values_of(rows: Rows, documents: Sequence[str]) -> Mapping[str, Held]:
    """What these documents say, by document."""
    found: dict[str, Held] = {}
    for part in _parts(documents):
        proposals: dict[str, list[Proposal]] = {document: [] for document in part}
        acts: dict[str, list[Correction]] = {document: [] for document in part}
        for proposal in _all(rows, select(Proposal).where(col(Proposal.document).in_(part))):
            proposals[proposal.document].append(proposal)
        for act in _all(rows, select(Correction).where(col(Correction.document).in_(part))):
            acts[act.document].append(act)
        for document in part:
            stands = standing(sorted(acts[document], key=lambda act: act.serial))
            came = {p.field: p.value for p in proposals[document] if p.value}
            now = {p.field: value_of(p, stands.get(p.field))[0] for p in proposals[document]} | {
                name: act.after for name, act in stands.items()
            }
            found[document] = Held(document, {k: v for k, v in now.items() if v}, came)
    return found


def _all(rows: Rows, query: Any) -> list[Any]:
    looking = rows.engine.execution_options(reading=True)
    with Session(looking, expire_on_commit=False) as session:
        return list(session.exec(query).all())


def _parts(all_: Sequence[str]) -> list[Sequence[str]]:
    return [all_[start : start + _AT_ONCE] for start in range(0, len(all_), _AT_ONCE)]
