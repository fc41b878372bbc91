"""How moments, numbers and sizes are written on screen, in the reader's language."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal, format_percent

from workbench.words import language, say

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def moment(at: datetime | None) -> str:
    """Day and minute in Viet Nam; SQLite gives times back without their zone, which is UTC."""
    if at is None:
        return ""
    return local(at).strftime("%d/%m/%Y %H:%M")


def local(at: datetime) -> datetime:
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return aware.astimezone(HANOI)


def number(value: float, digits: int = 0) -> str:
    return format_decimal(round(value, digits), format=_pattern(digits), locale=language())


def percent(share: float) -> str:
    return format_percent(share, locale=language())


def seconds(value: float) -> str:
    return say("{n} s", n=number(value, 1))


def size(octets: int) -> str:
    """A file's size in the unit a person would use."""
    if octets < 1000:
        return f"{octets} B"
    if octets < 1_000_000:
        return f"{number(octets / 1000)} kB"
    return f"{number(octets / 1_000_000, 1)} MB"


def short(digest: str | None) -> str:
    """The beginning of a digest: enough to compare by eye."""
    return f"{digest[:12]}…" if digest else "—"


def literal(text: str) -> str:
    """Text from outside, to stand in Markdown as it is: a file may be called `:red[x].pdf`."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|~$:<>&])", r"\\\1", text)


def _pattern(digits: int) -> str:
    return "#,##0" + ("." + "0" * digits if digits else "")
