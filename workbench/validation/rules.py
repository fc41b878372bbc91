"""The rules of papers as data: what each asks of which fields, since when, and on what ground."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from workbench import words
from workbench.catalogues import papers
from workbench.catalogues.dated import Tables
from workbench.errors import TemplateError
from workbench.model import Severity, day
from workbench.template import Template

ISSUED = "ngay_cap"  # the same name in every form


class Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    vi: str
    en: str


class RuleOfPapers(BaseModel):
    """One rule: `of` every field of a kind, of `fields`, or of a `column` of the table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    check: str
    severity: Severity
    source: str
    says: Words
    kinds: tuple[str, ...] = ()  # of paper; none: all
    of: Literal["", "id_number", "org_number", "document_number", "phone", "address"] = ""
    fields: tuple[str, ...] = ()
    column: str = ""
    count: str = ""  # another column: how many pieces
    table: str = ""  # a dated table
    in_force: date | None = None  # first and last day of issue that it speaks of
    until: date | None = None
    names: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    years: int = 0
    days: int = 0
    among: bool = False  # asked beside other papers, where they are at hand


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules ask besides the fields: the day of checking, of entry, and the dated tables."""

    on: date | None = None  # None: no rule that needs to know today is asked
    entered: date | None = None
    tables: Tables = field(default_factory=Tables)


@cache
def rules() -> tuple[RuleOfPapers, ...]:
    """The rules that ship with the workbench. Raises TemplateError where one is none."""
    try:
        found = tuple(RuleOfPapers.model_validate(rule) for rule in papers.paper_rules())
    except ValidationError as error:
        first = error.errors()[0]
        raise TemplateError(
            "The rules of papers cannot be read at {place}: {what}.",
            "Mend this line and start again.",
            place=".".join(str(part) for part in first["loc"]),
            what=first["msg"],
        ) from error
    return found


def for_paper(
    template: Template, values: Mapping[str, str], *, among: bool = False
) -> Iterator[RuleOfPapers]:
    """The rules that a paper of this kind and this day of issue is held against: by itself, or
    among other papers."""
    issued = day(values.get(ISSUED, ""))
    for rule in rules():
        if rule.among != among or (rule.kinds and template.id not in rule.kinds):
            continue
        if issued is None and (rule.in_force or rule.until):
            continue
        if issued and rule.in_force and issued < rule.in_force:
            continue
        if issued and rule.until and issued > rule.until:
            continue
        yield rule


def learn() -> None:
    """Let the screens know the rules' words in both languages."""
    words.learn({rule.says.en: rule.says.vi for rule in rules()})


learn()
