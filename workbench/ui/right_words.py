"""What rights on templates, and those who have them, are called on screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from workbench import vietnamese
from workbench.grants import WORKBENCH, Answer
from workbench.model import Person, Right, TemplateGrant, Unit
from workbench.ui import badges
from workbench.words import say

RIGHTS: Mapping[Right, badges.Look] = {
    Right.SEE: badges.Look("See", "gray", "visibility"),
    Right.USE: badges.Look("Use", "blue", "document_scanner"),
    Right.EDIT: badges.Look("Change", "violet", "edit"),
    Right.SUBMIT: badges.Look("Submit", "violet", "outgoing_mail"),
    Right.AUTHORISE: badges.Look("Authorise", "green", "verified"),
}
MOST = 12  # rows of a table before it scrolls
ROW = 34  # pixels


@dataclass(frozen=True)
class Names:
    """What units and accounts are called."""

    units: Mapping[str, str]
    people: Mapping[str, str]
    above: frozenset[str]  # units that others stand under

    @classmethod
    def of(cls, people: Sequence[Person], all_units: Sequence[Unit]) -> Names:
        return cls(
            {unit.code: unit.name for unit in all_units},
            {person.name: person.shown_as for person in people},
            frozenset(unit.parent for unit in all_units if unit.parent),
        )

    def person(self, name: str) -> str:
        return say("the workbench itself") if name == WORKBENCH else self.people.get(name, name)

    def whom(self, grant: TemplateGrant, *, short: bool = False) -> str:
        """For whom a grant is, in words; `short`: a unit by its code."""
        parts = []
        if grant.person:
            parts.append(self.person(grant.person))
        if grant.role:
            parts.append(badges.role_word(grant.role))
        if grant.unit and short:
            parts.append(grant.unit)
        elif grant.unit:
            name = self.units.get(grant.unit, grant.unit)
            parts.append(
                say("{unit} and those under it", unit=name) if grant.unit in self.above else name
            )
        if parts:
            return " · ".join(parts)
        return say("Every unit") if grant.right is Right.USE else say("Everybody")

    def by(self, answer: Answer) -> str:
        """The grant behind a yes, in a cell; a dash is a no."""
        if not answer.allowed:
            return "—"
        lasting = max(answer.grants, key=lambda grant: grant.until or date.max)
        return f"✓ {self.whom(lasting, short=True)}"


def height_of(rows: int) -> int:
    """Pixels of a table with its heading, as tall as what stands in it."""
    return ROW * (min(rows, MOST) + 1) + 2


def says(text: str, *places: str) -> bool:
    sought = vietnamese.fold(text)
    return any(sought in vietnamese.fold(place) for place in places)
