"""What is proposed: suggestions with what they would read, for somebody to decide on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from workbench.errors import NotReadyError, Sentence
from workbench.model import Warp
from workbench.placement import Running
from workbench.template import Anchor, FieldSpec, Items, Label, Recognition, Template

FEWEST: Final = 3  # copies
MOST: Final = 5


@dataclass(frozen=True, slots=True)
class Copy:
    """A read scan of the form: for each page what the engines made of it, and how it lay.

    The first engine of a page is the one whose words are taken for its text.
    """

    pages: tuple[Mapping[str, Running], ...]
    warps: tuple[Warp, ...]

    @property
    def readings(self) -> tuple[Running, ...]:
        """Each page as its first engine has it."""
        return tuple(next(iter(page.values())) for page in self.pages)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A field that the form may have, with what would be read in it on every copy."""

    name: str
    spec: FieldSpec
    examples: tuple[str, ...]
    taken: bool  # whether it stands in the proposed template until somebody drops it
    why: Sentence

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "spec": self.spec.model_dump(mode="json", exclude_defaults=True),
            "examples": list(self.examples),
            "taken": self.taken,
            "why": self.why.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the copies say: a title, prints with their places, fields, perhaps a table."""

    title: Label
    recognised_by: Recognition
    anchors: tuple[Anchor, ...]
    fields: tuple[Suggestion, ...]
    items: Items | None
    says: tuple[Sentence, ...]  # what a designer should know of it

    def template(self, template_id: str, *, version: int = 1) -> Template:
        """The template of all that is taken. Raises NotReadyError where too little was found."""
        fields = {one.name: one.spec for one in self.fields if one.taken}
        if len(self.anchors) < FEWEST or not fields:
            raise NotReadyError(
                "These scans have too little print in common to be one form.",
                "Take scans of one form, well read, with different contents.",
            )
        return Template.model_validate(
            {
                "id": template_id,
                "version": version,
                "title": self.title,
                "recognised_by": self.recognised_by,
                "anchors": self.anchors,
                "fields": fields,
                "items": self.items,
            }
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title.model_dump(),
            "recognised_by": self.recognised_by.model_dump(mode="json"),
            "anchors": [anchor.model_dump(mode="json") for anchor in self.anchors],
            "fields": [field.as_json() for field in self.fields],
            "items": self.items.model_dump(mode="json") if self.items else None,
            "says": [sentence.as_json() for sentence in self.says],
        }
