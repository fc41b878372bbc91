"""The code of a digitised result: parts that the paper gives, and an ordinal that a sequence gives.

Thông tư 01/2023/TT-VPCP, Điều 10: what is not known of a part is left empty, never made up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from workbench.errors import TemplateError

PARTS = frozenset({"holder_number", "kind_code", "number", "issued", "unit"})

_ORDINAL = re.compile(r"\{(n{1,6})\}$")
_PART = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class CodePattern:
    """How codes are built: all but the ordinal, and how many digits that has."""

    before: str  # with parts in braces
    digits: int

    def prefix(self, parts: Mapping[str, str]) -> str:
        """All of the code that is not its ordinal; a part that is not known stays empty."""
        return _PART.sub(lambda found: " ".join(parts.get(found[1], "").split()), self.before)

    def write(self, prefix: str, ordinal: int) -> str:
        return f"{prefix}{ordinal:0{self.digits}}"


@cache
def pattern(text: str) -> CodePattern:
    """The pattern that `text` writes down. Raises TemplateError where it is none."""
    ordinal = _ORDINAL.search(text)
    if ordinal is None:
        raise TemplateError(
            "The pattern of the result code does not end in its ordinal.",
            "End it with {example}; as many n as the ordinal has digits.",
            example="{nn}",
        )
    before = text[: ordinal.start()]
    strangers = [name for name in _PART.findall(before) if name not in PARTS]
    if strangers or "{" in _PART.sub("", before) or "}" in _PART.sub("", before):
        raise TemplateError(
            "The pattern of the result code names a part that there is not: {part}.",
            "It may name: {parts}.",
            part=strangers[0] if strangers else before,
            parts=", ".join(sorted(PARTS)),
        )
    return CodePattern(before, len(ordinal[1]))
