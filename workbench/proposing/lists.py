"""The table of line items, where most copies have one under printed headings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rapidfuzz import fuzz

from workbench import guessing, printed
from workbench.model import Box
from workbench.placement import letters_of
from workbench.printed import Part
from workbench.proposing.prints import phrases
from workbench.proposing.suggestions import Copy
from workbench.template import Column, Items, Label

_LONG_ENOUGH: Final = 10  # letters of the print below a table
_ORDINALS: Final = frozenset(("stt", "tt", "sott", "sothutu"))


def table_of(
    found: Sequence[Part], copies: Sequence[Copy]
) -> tuple[Items | None, tuple[int, Box] | None]:
    """The table of line items under printed headings, as most copies have it."""
    by_copy: list[list[guessing.Headings]] = []
    for copy in copies:
        engines = dict.fromkeys(engine for page in copy.pages for engine in page)
        readings = [tuple(p.get(e, next(iter(p.values()))) for p in copy.pages) for e in engines]
        by_copy.append([row for r in readings for row in guessing.headings(r, _ORDINALS)])
    told = [rows for rows in by_copy if rows]
    if len(told) * 2 <= len(copies):
        return None, None
    fullest = max((row for rows in told for row in rows), key=lambda row: len(row.texts))
    columns: dict[str, Column] = {}
    for heading in fullest.texts[1:]:
        same = [[h for row in rows for h in row.texts if _is_same(h, heading)] for rows in told]
        if sum(bool(some) for some in same) * 2 <= len(told):
            continue
        text = printed.commonest([h.strip(" |") for some in same for h in some])
        plain = guessing.plain_label(text)
        columns[guessing.name_of(plain)] = Column(
            label=Label(vi=plain, en=plain), heading=text, kind=guessing.kind_of((), plain)
        )
    if len(columns) < 2:
        return None, None
    first = by_copy[0][0] if by_copy[0] else None
    below = [
        printed.commonest(texts)
        for part in found
        for phrase, texts in (phrases(part) if part.is_print else ())
        if first is not None
        and (phrase[0].page, phrase[0].box.top) > (first.page, first.box.bottom + 0.01)
        and len(letters_of(printed.commonest(texts))) >= _LONG_ENOUGH
    ]
    items = Items(name="muc", ordinal=fullest.texts[0], columns=columns, until=tuple(below[:1]))
    return items, (first.page, first.box) if first else None


def _is_same(one: str, other: str) -> bool:
    return fuzz.ratio(letters_of(one), letters_of(other)) >= 80
