"""Days on papers: what cannot be yet, what stands in order once day and month change places."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from workbench.model import day
from workbench.validation.form import Values
from workbench.validation.forms import Check, Found, at, months_after
from workbench.validation.rules import Facts, RuleOfPapers

# Which day comes before which, on whatever paper has both.
_ORDER = (
    ("ngay_sinh", "ngay_cap_giay_to"),
    ("ngay_cap_giay_to", "ngay_cap"),
    ("ngay_dkkd", "ngay_cap"),
    ("ngay_quyet_dinh", "ngay_cap"),
    ("ngay_cap", "ngay_hieu_luc"),
    ("ngay_cap", "het_han"),
    ("hieu_luc_tu", "het_han"),
)


def _not_yet(name: str, values: Values, rule: RuleOfPapers, facts: Facts) -> tuple[Found, ...]:
    when = day(values[name])
    return at(name) if when and facts.on and when > facts.on else ()


def _swapped(name: str, values: Values, rule: RuleOfPapers, facts: Facts) -> tuple[Found, ...]:
    when = day(values[name])
    if when is None or when.day > 12 or when.day == when.month:
        return ()
    other = {**values, name: date(when.year, when.day, when.month).isoformat()}
    return at(name) if _in_disorder(values, name) and not _in_disorder(other, name) else ()


def _in_disorder(values: Values, name: str) -> bool:
    for first, second in _ORDER:
        if name in (first, second):
            one, two = day(values.get(first, "")), day(values.get(second, ""))
            if one and two and one > two:
                return True
    return False


def _six_months(name: str, values: Values, rule: RuleOfPapers, facts: Facts) -> tuple[Found, ...]:
    ends = day(values[name])
    if ends is None or facts.entered is None:
        return ()
    return at(name) if ends == months_after(facts.entered, 6) else ()


CHECKS: Mapping[str, Check] = {
    "not_yet": _not_yet,
    "swapped": _swapped,
    "six_months": _six_months,
}
