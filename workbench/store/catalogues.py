"""The changed entries of the dated tables: every version is kept, the newest of a key stands."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from workbench.model import CatalogueEntry
from workbench.store.rows import Rows


def changed_entries(rows: Rows) -> list[CatalogueEntry]:
    """The newest version of each entry that people changed."""
    newest: dict[tuple[str, str], CatalogueEntry] = {}
    for entry in versions(rows):
        newest[entry.catalogue, entry.key] = entry
    return list(newest.values())


def versions(
    rows: Rows, catalogue: str | None = None, key: str | None = None
) -> list[CatalogueEntry]:
    """Every version, oldest first: of all tables, of one, of one entry."""
    query = select(CatalogueEntry).order_by(col(CatalogueEntry.at), col(CatalogueEntry.id))
    if catalogue is not None:
        query = query.where(col(CatalogueEntry.catalogue) == catalogue)
    if key is not None:
        query = query.where(col(CatalogueEntry.key) == key)
    with Session(rows.engine.execution_options(reading=True), expire_on_commit=False) as session:
        return list(session.exec(query).all())


def how_many_versions(rows: Rows) -> int:
    """How many versions there are: it only grows, and tells whether anything changed."""
    with Session(rows.engine.execution_options(reading=True)) as session:
        return int(session.exec(select(sa.func.count()).select_from(CatalogueEntry)).one())


def keep_entries(rows: Rows, entries: Sequence[CatalogueEntry]) -> None:
    """Keep these versions together, or none of them."""
    rows.add(*entries)
