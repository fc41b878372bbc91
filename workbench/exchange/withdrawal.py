"""What a repository keeps of a withdrawal: a version without the paper, with who, when and why.

custody.json    every withdrawal and restoration of the record so far, the oldest first
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha512
from typing import Literal

from workbench.errors import DepositError
from workbench.exchange.package import MANIFEST
from workbench.model import Package

ACTS = "custody.json"
WITHDRAWN: Literal["withdrawn"] = "withdrawn"
RESTORED: Literal["restored"] = "restored"


@dataclass(frozen=True, slots=True)
class CustodyNote:
    """One withdrawal or restoration: by whom (sign-in name), when, why."""

    act: Literal["withdrawn", "restored"]
    by: str
    at: datetime
    why: str


def withdrawn(object_id: str, notes: Sequence[CustodyNote]) -> Package:
    """The version of a record that is withdrawn: nothing but its notes."""
    return Package(object_id, {ACTS: _as_json(object_id, notes)}, message="Withdrawn")


def restored(object_id: str, files: Mapping[str, bytes], notes: Sequence[CustodyNote]) -> Package:
    """The version of a record that is there again: its files as they were, and its notes."""
    kept = {name: data for name, data in files.items() if name not in (ACTS, MANIFEST)}
    kept[ACTS] = _as_json(object_id, notes)
    manifest = "".join(f"{sha512(kept[name]).hexdigest()}  {name}\n" for name in sorted(kept))
    return Package(object_id, {**kept, MANIFEST: manifest.encode()}, message="Restored")


def notes_of(content: bytes) -> list[CustodyNote]:
    """The notes that a version holds. Raises DepositError for a file that is none of ours."""
    try:
        return [
            CustodyNote(note["act"], note["by"], datetime.fromisoformat(note["at"]), note["why"])
            for note in json.loads(content)["acts"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise DepositError(
            "The notes on a withdrawal in the repository cannot be read.",
            "Check the repository; restore the object from a copy.",
        ) from error


def _as_json(object_id: str, notes: Sequence[CustodyNote]) -> bytes:
    told = [
        {"act": note.act, "by": note.by, "at": note.at.isoformat(), "why": note.why}
        for note in notes
    ]
    kept = {"object": object_id, "acts": told}  # no two objects have the same package
    return json.dumps(kept, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"
