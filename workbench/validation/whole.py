"""Everything that is found in one paper by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workbench.errors import Sentence
from workbench.model import Finding
from workbench.template import Template
from workbench.validation import days, forms, numbers
from workbench.validation.form import Values, of_form
from workbench.validation.forms import Check
from workbench.validation.rules import Facts, RuleOfPapers, for_paper

_CHECKS: Mapping[str, Check] = {**numbers.CHECKS, **days.CHECKS, **forms.CHECKS}
# Asked at each of the fields; the other checks begin at the first and look at the rest.
_AT_EACH = frozenset({"not_yet", "swapped", "named_then"})
_AS_SHIPPED = Facts()  # its tables are made ready once a process, not once a paper


def validate(values: Values, template: Template, facts: Facts | None = None) -> tuple[Finding, ...]:
    """Everything that does not hold: what the form asks, then what the rules of papers do.

    Without `facts` no rule that needs to know today is asked, and tables are as they ship.
    """
    facts = facts or _AS_SHIPPED
    found = [*of_form(values, template)]
    by_kind = _by_kind(values, template)
    for rule in for_paper(template, values):
        check = _CHECKS[rule.check]
        for name in _starts(rule, values, template, by_kind):
            for fields, told in check(name, values, rule, facts):
                sentence = Sentence(rule.says.en, told)
                found.append(Finding(rule.severity, rule.id, sentence, fields))
    return tuple(found)


def _by_kind(values: Values, template: Template) -> Mapping[str, list[str]]:
    """The fields where something stands, by their kind."""
    by_kind: dict[str, list[str]] = {}
    for name, value in values.items():
        if value:
            by_kind.setdefault(template.spec(name).kind, []).append(name)
    return by_kind


def _starts(
    rule: RuleOfPapers, values: Values, template: Template, by_kind: Mapping[str, list[str]]
) -> Iterator[str]:
    """The fields at which the rule is asked: where something stands."""
    if rule.of:
        for name in by_kind.get(rule.of, ()):
            # Where the form says what its numbers look like, it has said so already.
            if rule.check != "number_shape" or not template.spec(name).pattern:
                yield name
    elif rule.column:
        if template.items is not None:
            begin, end = f"{template.items.name}.", f".{rule.column}"
            for name, value in values.items():
                if value and name.startswith(begin) and name.endswith(end):
                    yield name
    elif rule.check in _AT_EACH:
        yield from (name for name in rule.fields if values.get(name))
    elif rule.fields and values.get(rule.fields[0]):
        yield rule.fields[0]
