"""Whether a regular expression may take for ever: told from how it is built, without running it.

Python's `re` tries every way to part a text between repetitions. A repetition inside a repetition
is safe where each round must begin or end with a sign that the inner one cannot take
(`\\w+(?:-\\w+)*`); otherwise the ways double with every letter (`(?:\\w+)*x`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from re import _parser  # type: ignore[attr-defined]  # the only way to see how a pattern is built
from typing import Any, Final

_MANY: Final = 12  # rounds from which a repetition counts as without end
_LINE: Final = 400  # letters of a line that a pattern is tried on
_MOST_WAYS: Final = 8.6  # a power of ten; three stretches that may be parted anywhere, and no more
_ADJACENT: Final = 3  # repetitions side by side that take the same letters
# Every sign that papers bear, more or less; what two parts share is looked up among these.
_SIGNS: Final = frozenset(
    [chr(code) for code in range(0x20, 0x7F)] + list("ÀÁẢÃẠĂÂĐÊÔƠƯàáảãạăâđêôơưỳỹ–—…“”\n\t\u00a0")
)


@lru_cache(maxsize=1 << 10)
def backtracks(pattern: str) -> bool:
    """Whether the time to try `pattern` may grow without measure; False for what is no pattern."""
    try:
        parts = list(_parser.parse(pattern))
        return _runs_away(parts) or _ways(parts, at_start=True) > _MOST_WAYS
    except (re.error, OverflowError, RecursionError):
        return False


def _runs_away(parts: Iterable[Any]) -> bool:
    beside: list[frozenset[str]] = []
    for part in _flat(parts):
        operation, argument = part
        if _is_repeat(operation):
            _, most, body = argument
            if most > _MANY and _is_ambiguous(list(body)):
                return True
            if _runs_away(body):
                return True
            if most > _MANY:
                beside.append(_taken(body))
                if len(beside) >= _ADJACENT and frozenset.intersection(*beside[-_ADJACENT:]):
                    return True
                continue
        elif any(_runs_away(inner) for inner in _inner(part)):
            return True
        if not _is_empty(part):
            beside.clear()
    return False


def _ways(parts: Iterable[Any], *, at_start: bool = False) -> float:
    """In how many ways (as a power of ten) a long line may be parted between the repetitions.

    Repetitions share a stretch of the text until a sign that must stand there and that none of
    them takes. `at_start`: what is sought begins anywhere, so a repetition there counts twice.
    """
    total = longest = 0.0
    shared: frozenset[str] = frozenset()
    for number, part in enumerate(_flat(parts)):
        if _is_empty(part):
            total += max((_ways(inner) for inner in _inner(part)), default=0.0)
            continue
        taken = _taken([part])
        least, most, body = part[1] if _is_repeat(part[0]) else (1, 1, [])
        if least and shared and not taken & shared:  # here the stretch ends, whatever was tried
            total -= min(longest, math.log10(_LINE + 1))
            longest, shared = 0.0, frozenset()
        if not _is_repeat(part[0]):
            total += max((_ways(inner) for inner in _inner(part)), default=0.0)
            continue
        choices = math.log10(min(most, _LINE) - min(least, _LINE) + 1)
        body = list(body)
        if _is_ambiguous(body):
            choices += min(most, _LINE) * _ways(body)
        total += choices * (2 if at_start and not number else 1)
        longest = max(longest, choices)
        if choices:
            shared |= taken
    return total


def _is_ambiguous(body: list[Any]) -> bool:
    """Whether one text can be parted into rounds of `body` in more than one way."""
    flat = list(_flat(body))
    inner = [part for part in _within(flat) if _is_repeat(part[0]) and part[1][0] != part[1][1]]
    taken = frozenset[str]().union(*(_taken(part[1][2]) for part in inner))
    for part in flat:
        if str(part[0]) == "BRANCH" and _overlap(part[1][1]):
            return True
    if not inner:
        return False
    # A sign that each round must have, and that no repetition inside can take, parts the rounds.
    edges = [part for part in (flat[0], flat[-1]) if not _is_repeat(part[0])]
    return all(not _taken([part]) or _taken([part]) & taken for part in edges)


def _overlap(branches: Iterable[Any]) -> bool:
    """Whether two ways of a choice can begin with the same letter."""
    seen: frozenset[str] = frozenset()
    for branch in branches:
        first = next((_taken([part]) for part in _flat(branch) if not _is_empty(part)), frozenset())
        if seen & first:
            return True
        seen |= first
    return False


def _flat(parts: Iterable[Any]) -> Iterator[Any]:
    """The parts one after the other, groups opened."""
    for part in parts:
        if str(part[0]) == "SUBPATTERN":
            yield from _flat(part[1][3])
        else:
            yield part


def _within(parts: Iterable[Any]) -> Iterator[Any]:
    for part in parts:
        yield part
        for inner in _inner(part):
            yield from _within(_flat(inner))


def _inner(part: Any) -> list[Any]:
    operation, argument = part
    if _is_repeat(operation):
        return [argument[2]]
    match str(operation):
        case "SUBPATTERN":
            return [argument[3]]
        case "BRANCH":
            return list(argument[1])
        case "ASSERT" | "ASSERT_NOT":
            return [argument[1]]
        case "ATOMIC_GROUP":
            return [argument]
    return []


def _is_repeat(operation: Any) -> bool:
    return str(operation) in ("MAX_REPEAT", "MIN_REPEAT")


def _is_empty(part: Any) -> bool:
    return str(part[0]) in ("AT", "ASSERT", "ASSERT_NOT")


def _taken(parts: Iterable[Any]) -> frozenset[str]:
    """Every sign that any of these parts can take."""
    found: set[str] = set()
    for operation, argument in parts:
        match str(operation):
            case "LITERAL":
                found.add(chr(argument))
            case "NOT_LITERAL":
                found |= _SIGNS - {chr(argument)}
            case "ANY" | "GROUPREF":
                found |= _SIGNS
            case "IN":
                found |= _in_class(argument)
            case _:
                for inner in _inner((operation, argument)):
                    found |= _taken(inner)
    return frozenset(found)


def _in_class(items: Iterable[Any]) -> frozenset[str]:
    found: set[str] = set()
    negated = False
    for operation, argument in items:
        match str(operation):
            case "NEGATE":
                negated = True
            case "LITERAL":
                found.add(chr(argument))
            case "RANGE":
                found |= {sign for sign in _SIGNS if argument[0] <= ord(sign) <= argument[1]}
                found |= {chr(argument[0]), chr(argument[1])}
            case "CATEGORY":
                wanted = re.compile(_CATEGORIES[str(argument)])
                found |= {sign for sign in _SIGNS if wanted.match(sign)}
    return frozenset(_SIGNS - found if negated else found)


_CATEGORIES: Final = {
    "CATEGORY_DIGIT": r"\d", "CATEGORY_NOT_DIGIT": r"\D", "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S", "CATEGORY_WORD": r"\w", "CATEGORY_NOT_WORD": r"\W",
}  # fmt: skip
