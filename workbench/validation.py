"""What must hold in and between the fields of a form; one function a rule.

A rule that does not hold is a `Finding` for a person, never an exception. Nothing is corrected.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from workbench import catalogues
from workbench.errors import Sentence
from workbench.model import Finding, Severity, day
from workbench.template import FieldSpec, Rule, Template

Values = Mapping[str, str]  # field -> normal form ("" where nothing stands)


def validate(values: Values, template: Template) -> tuple[Finding, ...]:
    """Everything that does not hold, field by field, then between fields."""
    found: list[Finding] = []
    for name, value in values.items():
        found += _of_field(name, value, template.spec(name))
    found += _alike(values, template)
    for rule in template.rules:
        found += _CHECKS[rule.check](values, rule, template)
    return tuple(found)


def _of_field(name: str, value: str, spec: FieldSpec) -> Iterator[Finding]:
    if not value:
        if spec.required:
            yield _finding("required", Severity.WARNING, "Nothing stands here.", name)
        return
    match spec.kind:
        case "date":
            yield from _date(name, value)
        case "id_number":
            yield from _identity_number(name, value)
        case "org_number":
            yield from _organisation_number(name, value)
    if spec.kind != "date" and spec.pattern and not re.fullmatch(spec.pattern, value):
        yield _finding("pattern", Severity.WARNING, "It does not look as this field must.", name)
    if spec.closed and value not in catalogues.entries(spec.catalogue):
        yield _finding("catalogue", Severity.WARNING, "It stands in no list of known values.", name)


def _date(name: str, value: str) -> Iterator[Finding]:
    """A date that exists, and not in the future of official papers (domain rules, 3.4)."""
    when = day(value)
    if when is None:
        yield _finding("date", Severity.ERROR, "This is no possible date.", name)
    elif not 1900 <= when.year <= 2100:
        yield _finding("date", Severity.WARNING, "The year is implausible.", name)


def _identity_number(name: str, value: str) -> Iterator[Finding]:
    """Twelve digits: province, century and sex, year of birth (Thông tư 07/2016/TT-BCA)."""
    if re.fullmatch(r"\d{11}|\d{8}", value):
        yield _finding("identity_zero", Severity.WARNING, "A leading 0 may be lost.", name)
    elif re.fullmatch(r"\d{12}", value) and value[:3] not in catalogues.provinces():
        yield _finding(
            "identity_province", Severity.WARNING, "The first three digits name no province.", name
        )


_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


def _organisation_number(name: str, value: str) -> Iterator[Finding]:
    """The check digit of the tax number; numbers from before 2010 may have none (so: a hint)."""
    if not re.fullmatch(r"\d{10}(-\d{3})?", value):
        return
    total = sum(int(d) * w for d, w in zip(value[:9], _WEIGHTS, strict=True)) % 11
    if 10 - total != int(value[9]):
        yield _finding(
            "check_digit",
            Severity.INFORMATION,
            "The check digit does not fit; older numbers have none.",
            name,
        )


# --- between fields ------------------------------------------------------------------------------


def _in_order(values: Values, rule: Rule, template: Template) -> Iterator[Finding]:
    first, second = (_day(values, name) for name in rule.fields[:2])
    if first and second and first > second:
        yield _of_rule(rule)


def _same(values: Values, rule: Rule, template: Template) -> Iterator[Finding]:
    seen = {values.get(name, "") for name in rule.fields}
    if "" not in seen and len(seen) > 1:
        yield _of_rule(rule)


def _counts_items(values: Values, rule: Rule, template: Template) -> Iterator[Finding]:
    if template.items is None:
        return
    prefix = f"{template.items.name}."
    # A row where nothing stands any more was none: a person has struck it out.
    rows = {n.split(".")[1] for n, value in values.items() if n.startswith(prefix) and value}
    said = values.get(rule.fields[0], "")
    if said.isdigit() and int(said) != len(rows):
        yield _of_rule(rule)


def _born_before(values: Values, rule: Rule, template: Template) -> Iterator[Finding]:
    """The identity number's century and year against the date of birth (fields: number, date)."""
    number, born = values.get(rule.fields[0], ""), _day(values, rule.fields[1])
    if not re.fullmatch(r"\d{12}", number) or born is None:
        return
    century = 1900 + 100 * (int(number[3]) // 2)
    if century + int(number[4:6]) != born.year:
        yield _of_rule(rule)


_CHECKS: Mapping[str, Callable[[Values, Rule, Template], Iterator[Finding]]] = {
    "in_order": _in_order,
    "same": _same,
    "counts_items": _counts_items,
    "born_before": _born_before,
}


def _alike(values: Values, template: Template) -> Iterator[Finding]:
    """Numbers of one column have as many digits as most: a letter read as a digit adds one."""
    if template.items is None:
        return
    for column, spec in template.items.columns.items():
        if not (spec.critical and spec.pattern):
            continue
        digits = {
            name: sum(c.isdigit() for c in value)
            for name, value in values.items()
            if name.startswith(f"{template.items.name}.") and name.endswith(f".{column}") and value
        }
        counts = Counter(digits.values())
        most = max(counts.values(), default=0)
        usual = {count for count, times in counts.items() if times == most}
        for name, count in digits.items():
            if len(usual) > 1 or count not in usual:
                yield _finding(
                    "alike",
                    Severity.WARNING,
                    "It is unlike the other numbers of this column.",
                    name,
                )


def _day(values: Values, name: str) -> date | None:
    return day(values.get(name, ""))


def _finding(rule: str, severity: Severity, says: str, name: str) -> Finding:
    return Finding(severity, rule, Sentence(says), (name,))


def _of_rule(rule: Rule) -> Finding:
    return Finding(Severity(rule.severity), rule.check, Sentence(rule.says.en), rule.fields)
