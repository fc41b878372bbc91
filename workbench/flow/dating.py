"""The dated tables as they stand in this workbench, and who changes them, when and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import structlog

from workbench.catalogues import dated
from workbench.catalogues.dated import Entry, Fault, Tables
from workbench.errors import NotReadyError
from workbench.flow.people import account, any_of
from workbench.flow.tables import forget, tables
from workbench.flow.work import Work
from workbench.model import CatalogueEntry, Person, Role
from workbench.store import catalogues

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Change:
    """An entry that would be new or other than it stands; `before` is None for a new one."""

    before: Entry | None
    after: Entry


def changes(work: Work, table: str, entries: Iterable[Entry]) -> tuple[Change, ...]:
    """What keeping these entries would change; entries that are not among them stay."""
    standing = {entry.key: entry for entry in tables(work).entries(table)}
    return tuple(
        Change(standing.get(entry.key), entry)
        for entry in entries
        if standing.get(entry.key) != entry
    )


def keep(work: Work, table: str, entries: Sequence[Entry], *, by: str, why: str) -> int:
    """Keep new versions of entries together, or none; how many were not so before.

    Raises NotReadyError without a reason, or where the table would not stand with them.
    """
    may_change(account(work, by))
    if table not in dated.NAMES:
        raise NotReadyError("There is no table {name}.", "Choose one of the list.", name=table)
    if not why.strip():
        raise NotReadyError("A reason is needed.", "Write in a few words why.")
    forget(work)
    made = changes(work, table, entries)
    _must_stand(tables(work), table, [change.after for change in made])
    catalogues.keep_entries(
        work.store,
        [
            CatalogueEntry(catalogue=table, why=why.strip(), by=by, **asdict(change.after))
            for change in made
        ],
    )
    forget(work)
    log.info("catalogue.changed", table=table, entries=len(made))
    return len(made)


def _must_stand(before: Tables, table: str, entries: Sequence[Entry]) -> None:
    after = Tables(
        {**before.changed, table: {**before.changed.get(table, {}), **{e.key: e for e in entries}}}
    )
    known = dated.check(before, table)
    for key, says in dated.check(after, table):
        if (key, says) not in known:
            raise NotReadyError(
                says.text, "Correct the entry {entry}.", **{**says.values, "entry": key}
            )


def read(content: bytes) -> tuple[tuple[Entry, ...], tuple[Fault, ...]]:
    """The entries of a CSV file, and its rows that are none."""
    return dated.read_csv(content)


def history(work: Work, table: str, key: str) -> list[CatalogueEntry]:
    """Every version of an entry that people made, oldest first."""
    return catalogues.versions(work.store, table, key)


def may_change(person: Person) -> None:
    """Raise NotAllowedError unless the person may change tables."""
    any_of(person, Role.DESIGNER, Role.MANAGER, Role.ADMINISTRATOR)
