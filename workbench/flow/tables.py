"""The dated tables as they stand here: what ships, with what people changed over it."""

from __future__ import annotations

from time import monotonic
from weakref import WeakKeyDictionary

from workbench.catalogues.dated import Entry, Tables
from workbench.flow.work import Work
from workbench.model import CatalogueEntry
from workbench.store import Store, catalogues

_ASKED_EVERY = 5.0  # seconds; another process may have changed a table

_known: WeakKeyDictionary[Store, tuple[float, int, Tables]] = WeakKeyDictionary()


def tables(work: Work) -> Tables:
    """All tables as they stand; what another process changed is seen within seconds."""
    store = work.store
    asked, count, known = _known.get(store, (0.0, -1, Tables()))
    if asked and monotonic() - asked < _ASKED_EVERY:
        return known
    now_there = catalogues.how_many_versions(store)
    if now_there != count:
        changed: dict[str, dict[str, Entry]] = {}
        for row in catalogues.changed_entries(store):
            changed.setdefault(row.catalogue, {})[row.key] = entry_of(row)
        known = Tables(changed)
    _known[store] = (monotonic(), now_there, known)
    return known


def forget(work: Work) -> None:
    """Have the tables asked for anew: this process has just changed one."""
    _known.pop(work.store, None)


def entry_of(row: CatalogueEntry) -> Entry:
    """A version as an entry."""
    return Entry(
        key=row.key, name=row.name, code=row.code, level=row.level, parent=row.parent,
        valid_from=row.valid_from, valid_to=row.valid_to, successor=row.successor,
        source=row.source, certainty=row.certainty, withdrawn=row.withdrawn,
    )  # fmt: skip
