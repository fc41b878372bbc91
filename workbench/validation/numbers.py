"""Numbers of persons, organisations, papers and telephones: their shapes, what they give away.

None of these numbers is ever put right by a machine: a lost zero is said, not padded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from workbench import catalogues, vietnamese
from workbench.model import day
from workbench.validation.form import Values
from workbench.validation.forms import Check, Found, at
from workbench.validation.rules import ISSUED, Facts, RuleOfPapers

_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_TAX = re.compile(r"\d{10}(?:-?\d{3})?")
_PAPER = re.compile(
    r"\d{1,6}[A-Za-z]?/(?:(?P<year>(?:19|20)\d{2})/)?[A-ZĐ][A-ZĐa-z0-9]*(?:[-.&][A-ZĐa-z0-9]+)*"
)
_MISREAD = str.maketrans("lIOo|", "11001")
_MOBILE = re.compile(r"0[35789]\d{8}")
_LANDLINE = re.compile(r"02\d{9}")
_MINISTRY = re.compile(r"069\d{4,8}")
_OLD_PHONE = re.compile(r"01[2689]\d{8}|0(?:79|7[1-6]|[3-8]\d)\d{7,8}")
_KINDS = {12: ("dinh_danh", "cccd", "can_cuoc", "cmnd12"), 9: ("cmnd",)}


def century_and_year(number: str) -> int:
    """The year of birth that a 12-digit identity number gives away."""
    return 1900 + 100 * (int(number[3]) // 2) + int(number[4:6])


def _padded(number: str) -> str:
    """The number with its lost zero, where that makes one; else empty."""
    whole = f"0{number}"
    if len(number) == 8:
        return whole
    return whole if len(number) == 11 and whole[:3] in catalogues.provinces() else ""


def _identity_length(
    name: str, values: Values, rule: RuleOfPapers, facts: Facts
) -> tuple[Found, ...]:
    number = values[name]
    # Numbers of police and military papers have letters: the form says what they look like.
    if not number.isdigit() or len(number) in (9, 12) or _padded(number):
        return ()
    return at(name, n=len(number))


def _identity_zero(
    name: str, values: Values, rule: RuleOfPapers, facts: Facts
) -> tuple[Found, ...]:
    return at(name) if values[name].isdigit() and _padded(values[name]) else ()


def _identity_province(
    name: str, values: Values, rule: RuleOfPapers, facts: Facts
) -> tuple[Found, ...]:
    number = values[name]
    known = not re.fullmatch(r"\d{12}", number) or number[:3] in catalogues.provinces()
    return () if known else at(name)


def _identity_year(
    name: str, values: Values, rule: RuleOfPapers, facts: Facts
) -> tuple[Found, ...]:
    issued = day(values.get(ISSUED, ""))
    if issued is None or not re.fullmatch(r"\d{12}", values[name]):
        return ()
    return at(name) if century_and_year(values[name]) > issued.year else ()


def _identity_kind_then(
    name: str, values: Values, rule: RuleOfPapers, facts: Facts
) -> tuple[Found, ...]:
    number, given = values[name], day(values.get(rule.fields[1], ""))
    kinds = _KINDS.get(len(number)) if number.isdigit() else None
    if kinds is None or given is None:
        return ()
    entries = [e for e in facts.tables.entries("id_kinds") if e.key in kinds]
    if not entries or any(entry.exists(given) for entry in entries):
        return ()
    return (((name, rule.fields[1]), {"n": len(number)}),)


def _remainder(number: str) -> int:
    return sum(int(d) * w for d, w in zip(number[:9], _WEIGHTS, strict=True)) % 11


def _check_digit(name: str, values: Values, rule: RuleOfPapers, facts: Facts) -> tuple[Found, ...]:
    number = values[name]
    if not _TAX.fullmatch(number) or _remainder(number) == 0:
        return ()
    return () if 10 - _remainder(number) == int(number[9]) else at(name)


def _never_issued(name: str, values: Values, rule: RuleOfPapers, facts: Facts) -> tuple[Found, ...]:
    number = values[name]
    return at(name) if _TAX.fullmatch(number) and _remainder(number) == 0 else ()


def _organisation_zero(
    name: str, values: Values, rule: RuleOfPapers, facts: Facts
) -> tuple[Found, ...]:
    number = values[name]
    if not re.fullmatch(r"\d{9}", number):
        return ()
    whole = f"0{number}"
    rest = _remainder(whole)
    return at(name) if rest and 10 - rest == int(whole[9]) else ()


def _number_shape(name: str, values: Values, rule: RuleOfPapers, facts: Facts) -> tuple[Found, ...]:
    # Serial numbers of weapons are of this kind too; they stand in a table and have no slash.
    if "." in name or _PAPER.fullmatch(vietnamese.canonical(values[name])):
        return ()
    return () if _number_signs(name, values, rule, facts) else at(name)


def _number_signs(name: str, values: Values, rule: RuleOfPapers, facts: Facts) -> tuple[Found, ...]:
    plain = vietnamese.canonical(values[name])
    if "." in name or _PAPER.fullmatch(plain):
        return ()
    head, slash, rest = plain.partition("/") if "/" in plain else plain.partition(" ")
    mended = f"{head.translate(_MISREAD)}/{rest}"
    return at(name) if slash and _PAPER.fullmatch(mended) else ()


def _number_year(name: str, values: Values, rule: RuleOfPapers, facts: Facts) -> tuple[Found, ...]:
    found = _PAPER.fullmatch(vietnamese.canonical(values[name]))
    issued = day(values.get(rule.fields[1], ""))
    if found is None or not found["year"] or issued is None or int(found["year"]) == issued.year:
        return ()
    return ((rule.fields[:2], {}),)


def _phone(value: str) -> str:
    return re.sub(r"[\s.\-()]", "", vietnamese.canonical(value)).replace("+84", "0", 1)


def _phone_shape(name: str, values: Values, rule: RuleOfPapers, facts: Facts) -> tuple[Found, ...]:
    number = _phone(values[name])
    shapes = (_MOBILE, _LANDLINE, _MINISTRY, _OLD_PHONE)
    return () if any(shape.fullmatch(number) for shape in shapes) else at(name)


def _phone_old(name: str, values: Values, rule: RuleOfPapers, facts: Facts) -> tuple[Found, ...]:
    number = _phone(values[name])
    new = any(shape.fullmatch(number) for shape in (_MOBILE, _LANDLINE, _MINISTRY))
    return at(name) if not new and _OLD_PHONE.fullmatch(number) else ()


CHECKS: Mapping[str, Check] = {
    "identity_length": _identity_length,
    "identity_zero": _identity_zero,
    "identity_province": _identity_province,
    "identity_year": _identity_year,
    "identity_kind_then": _identity_kind_then,
    "check_digit": _check_digit,
    "never_issued": _never_issued,
    "organisation_zero": _organisation_zero,
    "number_shape": _number_shape,
    "number_signs": _number_signs,
    "number_year": _number_year,
    "phone_shape": _phone_shape,
    "phone_old": _phone_old,
}
