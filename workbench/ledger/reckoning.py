"""What a column comes to, so that two sides of a conversion can be held against each other."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

_MODULUS = 1 << 256


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts, sum and control digest of one column; the order of the rows does not matter."""

    filled: int
    distinct: int
    total: int  # sum of the whole numbers at the start of its values: 2 for "02 (hai) con dấu"
    digest: str  # sum of the SHA-256 of all values, modulo 2^256

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def tally(values: Iterable[str]) -> Tally:
    """The tally of a column; empty values count for nothing."""
    filled = total = control = 0
    seen: set[str] = set()
    for value in values:
        if not value:
            continue
        filled += 1
        seen.add(value)
        control = (control + int.from_bytes(hashlib.sha256(value.encode()).digest())) % _MODULUS
        if found := re.match(r"\d+(?![\d/.\-])", value):
            total += int(found[0])
    return Tally(filled, len(seen), total, f"{control:064x}")
