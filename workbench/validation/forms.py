"""What holds for papers of one kind, and for units and authorities by their own time."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Protocol, TypeAlias

from workbench import vietnamese
from workbench.catalogues.dated import Entry
from workbench.model import day
from workbench.validation.form import Values
from workbench.validation.rules import ISSUED, Facts, RuleOfPapers

# The fields that a finding is about, and what fills its sentence.
Found: TypeAlias = tuple[tuple[str, ...], Mapping[str, str | int]]


class Check(Protocol):
    """A rule asked at one field where something stands."""

    def __call__(
        self, name: str, values: Values, rule: RuleOfPapers, facts: Facts
    ) -> Iterable[Found]: ...


def at(name: str, **told: str | int) -> tuple[Found, ...]:
    """Found at this field."""
    return (((name,), told),)


def months_after(start: date, months: int) -> date:
    """The same day so many months later; the last of the month where it has no such day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


# --- by their own time ---------------------------------------------------------------------------


def _named_then(name: str, values: Values, rule: RuleOfPapers, facts: Facts) -> tuple[Found, ...]:
    issued = day(values.get(ISSUED, ""))
    if issued is None:
        return ()
    named = facts.tables.named(rule.table, values[name])
    return at(name, when=_when(named)) if _out_of_time(named, issued) else ()


def _out_of_time(named: Sequence[Entry], on: date) -> bool:
    return bool(named) and not any(entry.exists(on) for entry in named)


def _when(entries: Sequence[Entry]) -> str:
    """When they existed, in figures: "– 28/02/2025", "15/08/2023 –"."""
    spans = []
    for entry in sorted(entries, key=lambda e: e.valid_from or date.min):
        first = f"{entry.valid_from:%d/%m/%Y} " if entry.valid_from else ""
        last = f" {entry.valid_to:%d/%m/%Y}" if entry.valid_to else ""
        spans.append(f"{first}–{last}")
    return "; ".join(dict.fromkeys(spans))


def _unit_then(name: str, values: Values, rule: RuleOfPapers, facts: Facts) -> Iterator[Found]:
    issued = day(values.get(ISSUED, ""))
    # Where somebody lives may be printed as of another day: only the paper's own address counts.
    if issued is None or name != "dia_chi":
        return
    for part in _parts(values[name]):
        named = facts.tables.named("units", part)
        if _out_of_time(named, issued):
            yield ((name,), {"name": named[0].name, "when": _when(named)})


def _unit_within(name: str, values: Values, rule: RuleOfPapers, facts: Facts) -> Iterator[Found]:
    issued = day(values.get(ISSUED, ""))
    parts = _parts(values[name])
    if issued is None or len(parts) < 3:
        return
    commune, district = parts[-3], parts[-2]
    here = [
        entry
        for entry in facts.tables.named("units", district)
        if entry.level == "district" and entry.exists(issued)
    ]
    wards = [
        entry
        for entry in facts.tables.on("units", issued)
        if entry.parent in {e.code for e in here} and entry.level == "commune"
    ]
    if wards and not any(vietnamese.key(e.name) == vietnamese.key(commune) for e in wards):
        yield ((name,), {"name": here[0].name})


def _parts(address: str) -> list[str]:
    return [part.strip(" .") for part in address.split(",") if part.strip(" .")]


def _lines_then(name: str, values: Values, rule: RuleOfPapers, facts: Facts) -> Iterator[Found]:
    """One certificate may name several lines of business (Nghị định 96/2016, Điều 3)."""
    issued = day(values.get(ISSUED, ""))
    said = vietnamese.key(values[name]).casefold()
    if issued is None:
        return
    for entry in facts.tables.entries("business_lines"):
        if not entry.exists(issued) and vietnamese.key(entry.name).casefold() in said:
            yield ((name,), {"name": entry.name, "when": _when([entry])})


# --- of one kind ---------------------------------------------------------------------------------


def _issued(name: str, values: Values, rule: RuleOfPapers, facts: Facts) -> tuple[Found, ...]:
    """That it was issued while the rule was in force says it all."""
    return at(name)


def _begins_with(name: str, values: Values, rule: RuleOfPapers, facts: Facts) -> tuple[Found, ...]:
    said = vietnamese.key(values[name]).casefold()
    if not said.startswith(rule.names) or any(word in said for word in rule.unless):
        return ()
    return at(name)


def _years(name: str, values: Values, rule: RuleOfPapers, facts: Facts) -> tuple[Found, ...]:
    """The last day is that of issue so many years later, or the day before."""
    ends_in, issued_in, called = rule.fields
    ends, issued = day(values.get(ends_in, "")), day(values.get(issued_in, ""))
    title = vietnamese.key(values.get(called, "")).casefold()
    if ends is None or issued is None or not any(kind in title for kind in rule.names):
        return ()
    full = months_after(issued, 12 * rule.years)
    return () if full - timedelta(days=1) <= ends <= full else at(name, n=rule.years)


def _shorter(name: str, values: Values, rule: RuleOfPapers, facts: Facts) -> tuple[Found, ...]:
    ends, issued = (day(values.get(field, "")) for field in rule.fields)
    if ends is None or issued is None:
        return ()
    return at(name) if timedelta(0) <= ends - issued < timedelta(days=rule.days) else ()


def _serial_twice(name: str, values: Values, rule: RuleOfPapers, facts: Facts) -> tuple[Found, ...]:
    column = name.rpartition(".")[2]
    twins = [
        other
        for other, value in values.items()
        if other != name
        and other.endswith(f".{column}")
        and vietnamese.key(value) == vietnamese.key(values[name])
    ]
    return at(name) if twins else ()


def _serials_counted(
    name: str, values: Values, rule: RuleOfPapers, facts: Facts
) -> tuple[Found, ...]:
    """One number may be that of a lot; a row that lists several lists as many as there are."""
    row = name.rpartition(".")[0]
    serials = [serial for serial in re.split(r"[,;]", values[name]) if serial.strip()]
    pieces = values.get(f"{row}.{rule.count}", "")
    if len(serials) < 2 or not pieces.isdigit() or int(pieces) == len(serials):
        return ()
    return (((name, f"{row}.{rule.count}"), {"n": len(serials)}),)


def _kind_in_class(
    name: str, values: Values, rule: RuleOfPapers, facts: Facts
) -> tuple[Found, ...]:
    """Weapons and tools do not stand on a permit for fireworks, nor the other way about."""
    title = vietnamese.key(values.get(rule.fields[0], "")).casefold()
    item = vietnamese.key(values[name]).casefold()
    if not title:
        return ()
    fireworks = any(word in title for word in rule.unless)
    tool = item.startswith(rule.names)
    other = any(item.startswith(word) for word in rule.unless)
    return at(name) if (fireworks and tool) or (not fireworks and other) else ()


def _spelling(name: str, values: Values, rule: RuleOfPapers, facts: Facts) -> tuple[Found, ...]:
    found = vietnamese.unspelt(values[name])
    return at(name, n=len(found)) if found else ()


CHECKS: Mapping[str, Check] = {
    "named_then": _named_then,
    "unit_then": _unit_then,
    "unit_within": _unit_within,
    "lines_then": _lines_then,
    "issued": _issued,
    "begins_with": _begins_with,
    "years": _years,
    "shorter": _shorter,
    "serial_twice": _serial_twice,
    "serials_counted": _serials_counted,
    "kind_in_class": _kind_in_class,
    "spelling": _spelling,
}
