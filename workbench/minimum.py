"""The nine data that every digitised result has at least (Thông tư 01/2023/TT-VPCP, Điều 9).

How each is found on each kind of paper is data (`catalogues/results.yaml`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from workbench import catalogues, words
from workbench.errors import Sentence
from workbench.model import Finding, Severity, Validity

RULE = "minimum"  # the rules of the findings begin with it


class _Fact(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Fact):
    vi: str
    en: str


class Datum(_Fact):
    """One of the nine."""

    id: str
    if_missing: Literal["error", "warning", "information"]
    if_any: bool = False  # "nếu có"
    says: Words
    missing: Words


class Source(_Fact):
    """How a datum is found: exactly one of these is given."""

    fields: tuple[str, ...] = ()  # the first that stands
    all: tuple[str, ...] = ()  # every one, put together
    text: str = ""  # with fields in braces
    absent: Words | None = None  # the form has none, and why

    def value(self, values: Mapping[str, str]) -> str:
        """What stands; empty where anything of it is missing."""
        if self.fields:
            return next((values[name] for name in self.fields if values.get(name)), "")
        parts = self.all or tuple(_NAMED.findall(self.text))
        if not parts or not all(values.get(name) for name in parts):
            return ""
        if self.all:
            return ", ".join(values[name] for name in parts)
        return _NAMED.sub(lambda found: values[found[1]], self.text)


class Results(_Fact):
    """The whole catalogue."""

    code: str
    minimum: tuple[Datum, ...]
    kinds: Mapping[str, Mapping[str, Source]]


@dataclass(frozen=True, slots=True)
class Given:
    """What is known of a document beside its fields."""

    kind_code: str = ""
    holder_number: str = ""
    holder_name: str = ""
    validity: Validity = Validity.UNSTATED
    until: str = ""  # ISO


@dataclass(frozen=True, slots=True)
class Stands:
    """One of the nine as it stands on a document."""

    datum: Datum
    value: str  # empty: it is missing, or the form has none
    instead: str = ""  # the data that stand in for the holder's number
    absent: Words | None = None  # the form has none, and why

    @property
    def is_missing(self) -> bool:
        return not (self.value or self.instead or self.absent)


_NAMED = re.compile(r"\{(\w+)\}")
INDEFINITE = "không thời hạn"


@cache
def results() -> Results:
    """The catalogue that ships with the workbench."""
    found = Results.model_validate(catalogues.results())
    words.learn({d.missing.en: d.missing.vi for d in found.minimum})
    return found


def stand(values: Mapping[str, str], kind: str, given: Given = Given()) -> tuple[Stands, ...]:
    """The nine data of a document of this kind, in the order of the law.

    `values`: field -> normal form.
    """
    found = results()
    sources = {**found.kinds["default"], **found.kinds.get(kind, {})}
    known = {
        "kind_code": given.kind_code,
        "holder_number": given.holder_number,
        "validity": _term(given),
    }
    stands = []
    for datum in found.minimum:
        source = sources.get(datum.id)
        value = known.get(datum.id) or (source.value(values) if source else "")
        instead = ""
        if datum.id == "holder_number" and not value:
            data = sources.get("holder_instead")
            instead = given.holder_name or (data.value(values) if data else "")
        absent = source.absent if source else None
        stands.append(Stands(datum, value, instead, None if value else absent))
    return tuple(stands)


def _term(given: Given) -> str:
    return INDEFINITE if given.validity is Validity.INDEFINITE else given.until


def findings(stands: tuple[Stands, ...]) -> tuple[Finding, ...]:
    """A sentence for each datum that is missing."""
    return tuple(
        Finding(
            Severity(one.datum.if_missing),
            f"{RULE}.{one.datum.id}",
            Sentence(one.datum.missing.en),
        )
        for one in stands
        if one.is_missing
    )


def may_pass(rule: str) -> bool:
    """Whether somebody may let this datum be missing: where the law says "if any"."""
    found = next((d for d in results().minimum if f"{RULE}.{d.id}" == rule), None)
    return found is None or found.if_any
