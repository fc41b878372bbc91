"""All that is kept: rows in SQL, and beside them the bytes (`objects`).

Rows come back plain and outlive their session. `queue` holds every guarded change, `grouping` those
of pages, `desks` the reviewers', `questions` what is asked, `folders` what lies with a document,
`cards` and `custody` the records in the repository, `rows` the connection.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from workbench.model import Document, Reading, Word
from workbench.objects import Objects
from workbench.reconciliation import Vote
from workbench.store.cards import Cards
from workbench.store.changes import Feed
from workbench.store.custody import Custody
from workbench.store.desks import Choice, Desks
from workbench.store.entries import Entries, Laid
from workbench.store.folders import Folder, Folders
from workbench.store.grouping import Group, Grouping
from workbench.store.holders import Holders, Kin
from workbench.store.pending import Pending
from workbench.store.questions import Questions
from workbench.store.queue import MAX_ATTEMPTS, Queue
from workbench.store.rows import Unreachable

__all__ = ["MAX_ATTEMPTS", "Choice", "Folder", "Group", "Kin", "Laid", "Store", "Unreachable"]


class Store(
    Objects,
    Queue,
    Desks,
    Entries,
    Holders,
    Grouping,
    Questions,
    Folders,
    Cards,
    Custody,
    Pending,
    Feed,
):
    """Rows behind a database address, bytes in the folder `objects`."""

    def __init__(self, url: str, objects: Path) -> None:
        Objects.__init__(self, objects)
        Queue.__init__(self, url)

    def words(self, reading: Reading) -> tuple[Word, ...]:
        """What the engine saw; empty where it failed."""
        if reading.words is None:
            return ()
        return tuple(Word.from_json(word) for word in json.loads(self.get(reading.words)))

    def keep_words(self, words: Sequence[Word]) -> str:
        kept = [word.as_json() for word in words]
        return self.put(json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode())

    def votes(self, document: Document) -> dict[str, tuple[Vote, ...]]:
        """All that was counted for each field; empty where the document was not read so far."""
        digest = (document.classified or {}).get("votes")
        return self.votes_of(digest) if digest else {}

    def votes_of(self, digest: str) -> dict[str, tuple[Vote, ...]]:
        """What `keep_votes` kept."""
        kept = json.loads(self.get(digest))
        return {field: tuple(map(Vote.from_json, votes)) for field, votes in kept.items()}

    def keep_votes(self, votes: Mapping[str, Sequence[Vote]]) -> str:
        kept = {field: [vote.as_json() for vote in said] for field, said in votes.items()}
        return self.put(json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode())
