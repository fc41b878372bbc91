"""Records out as tables: those of one kind, as they stand, in the form of a profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workbench.flow.work import Work
from workbench.ledger import Profile
from workbench.model import Stage
from workbench.store import imports

_AT_ONCE = 500

# What is not read yet says nothing, and what was refused is no record.
_SAYING = (Stage.PROPOSED, Stage.REVIEWED, Stage.APPROVED, Stage.SIGNED, Stage.EXPORTED)


def records(
    work: Work, mapping: Profile, *, unit: str = "", batch: str = ""
) -> Iterator[Mapping[str, str]]:
    """The values of every record of the profile's kind, as they stand, oldest first.

    Of one `unit` or one `batch`; without either, of all.
    """
    first = 0
    while found := work.store.documents(
        stage=_SAYING,
        unit=unit or None,
        batch=batch or None,
        kind=mapping.kind,
        limit=_AT_ONCE,
        offset=first,
    ):
        first += len(found)
        wanted = [document.id for document in found]
        held = imports.values_of(work.store, wanted)
        for document in wanted:
            yield held[document].values
