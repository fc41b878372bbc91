"""What a form asks of its fields: that they stand there, look right and agree with one another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from workbench import catalogues, vietnamese
from workbench.errors import Sentence
from workbench.model import Finding, Severity, day
from workbench.template import FieldSpec, Rule, Template

Values = Mapping[str, str]  # field -> normal form ("" where nothing stands)

_BORN = "ngay_sinh"  # the same name in every form


def of_form(values: Values, template: Template) -> tuple[Finding, ...]:
    """Everything that the form itself does not allow, field by field, then between fields."""
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
    if spec.kind == "date":
        yield from _date(name, value, required=spec.required)
    if spec.kind != "date" and spec.pattern and not re.fullmatch(spec.pattern, value):
        yield _finding("pattern", Severity.WARNING, "It does not look as this field must.", name)
    if spec.closed and value not in catalogues.entries(spec.catalogue):
        yield _finding("catalogue", Severity.WARNING, "It stands in no list of known values.", name)


_YEAR_ONLY = re.compile(r"(?:19|20)\d{2}")
_SHORT_YEAR = re.compile(r"\d{1,2}\s*[/.-]\s*\d{1,2}\s*[/.-]\s*\d{2}")


def _date(name: str, value: str, *, required: bool) -> Iterator[Finding]:
    """A date that exists; of a birth long ago a year may be all that is known."""
    when = day(value)
    if when is not None:
        if not 1900 <= when.year <= 2100:
            yield _finding("date", Severity.WARNING, "The year is implausible.", name)
    elif name == _BORN and _YEAR_ONLY.fullmatch(value):
        yield _finding("year_only", Severity.INFORMATION, "Only the year is given.", name)
    elif not required and _says_no_term(value):
        yield _finding(
            "no_term",
            Severity.INFORMATION,
            "It says that there is no term: state below that it is indefinite.",
            name,
        )
    elif _SHORT_YEAR.fullmatch(value):
        yield _finding("short_year", Severity.ERROR, "The year has only two digits.", name)
    else:
        yield _finding("date", Severity.ERROR, "This is no possible date.", name)


def _says_no_term(value: str) -> bool:
    words = vietnamese.fold(value)
    return "han" in words.split() and ("khong" in words or words.startswith("vo "))


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
