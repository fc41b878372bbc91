"""How a column of what rows are found by is asked; it holds what `vietnamese.sought` made."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from workbench import vietnamese


def says(column: Any, text: str) -> Any:
    """Whether the words stand there, with or without their marks."""
    _, stripped = vietnamese.search_keys(text)
    found = column.contains(stripped, autoescape=True)
    # Rows that nobody has touched since 0.1 still have their commas, and one form only.
    before = vietnamese.fold(text.strip())
    return found if before == stripped else sa.or_(found, column.contains(before, autoescape=True))


def nearness(column: Any, text: str) -> Any:
    """What to order by: first whole words as they were typed, then parts of them, then without
    marks ("duc": Đức before Giáo dục only where no mark parts them; "đức": never Dục first)."""
    exact, stripped = vietnamese.search_keys(text)
    as_typed = _like(exact)
    ranks = (
        (column.like(f"%\n% {as_typed} %", escape="\\"), 0),
        (column.like(f"%\n%{as_typed}%", escape="\\"), 1),
        (column.like(f"% {_like(stripped)} %", escape="\\"), 2),
    )
    return sa.case(*ranks, else_=3)


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
