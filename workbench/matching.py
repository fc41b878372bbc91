"""Which template a paper was taken for, and why: kept with the document, told to people.

A report names printed words of the form only, never what stands between them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from workbench.errors import Sentence
from workbench.placement import FOUND, Classification, Placement, Running, register
from workbench.template import Template


@dataclass(frozen=True, slots=True)
class MatchReport:
    """The nearest template, how near it is, what came next, and which of its prints were found."""

    nearest: str | None  # template id; that of the form where `recognised`
    recognised: bool
    score: float  # 0-100, likeness of the nearest
    runner_up: str | None
    margin: float  # by how much the nearest is more alike than the runner-up
    fit: float  # 0-1, share of the form's prints that the engine with most of them found
    told_by: Mapping[str, float]  # what must stand on it, and how alike the best place is (0-100)
    found: tuple[str, ...]  # prints of the form that any engine found, from top to bottom
    missing: tuple[str, ...]

    def told(self, title: Callable[[str], str]) -> list[Sentence]:
        """The report as a person would tell it; `title` gives what people call a form."""
        if self.nearest is None:
            return [Sentence("There is no template to compare it with.")]
        form = {"form": title(self.nearest)}
        known = Sentence("It was recognised as: {form}.", form)
        lines = [known if self.recognised else Sentence("No form fits; nearest: {form}.", form)]
        prints = {"n": len(self.found), "all": len(self.found) + len(self.missing)}
        lines.append(Sentence("{n} of {all} printed parts of that form were found.", prints))
        if self.runner_up is not None:
            behind: dict[str, str | int] = {
                "form": title(self.runner_up),
                "margin": round(self.margin),
            }
            lines.append(Sentence("Next comes {form}, {margin} of 100 points behind.", behind))
        if not self.recognised:
            lines.append(
                Sentence(
                    "What tells this form from others is not all there,"
                    " so it was not forced into it."
                )
            )
        return lines

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> MatchReport | None:
        """The report as it was kept; None where the paper was read before there was one."""
        if "nearest" not in kept:
            return None
        told = {field.name: kept[field.name] for field in fields(cls)}
        return cls(**{**told, "found": tuple(kept["found"]), "missing": tuple(kept["missing"])})


def report(
    seen: Classification,
    pages: Sequence[Mapping[str, Running]],
    templates: Sequence[Template],
    placed: Sequence[Mapping[str, Placement]] = (),
) -> MatchReport:
    """Why `seen` came out as it did; each page as read by one or more engines.

    `placed`: the form's prints on those pages where they were sought already.
    """
    nearest = max(seen.scores, key=lambda name: seen.scores[name], default=None)
    template = next((t for t in templates if t.id == nearest), None)
    told = MatchReport(
        nearest=nearest,
        recognised=seen.template is not None,
        score=round(seen.score, 1),
        runner_up=seen.runner_up,
        margin=round(seen.margin, 1),
        fit=0.0,
        told_by={},
        found=(),
        missing=(),
    )
    if template is None:
        return told
    placed = placed or [{e: register(r, template) for e, r in page.items()} for page in pages]
    everywhere = [placement for by_engine in placed for placement in by_engine.values()]
    found = {print_ for placement in everywhere for print_ in placement.anchors}
    return replace(
        told,
        fit=round(max((placement.fit for placement in everywhere), default=0.0), 2),
        told_by={
            print_: round(_best(print_, pages), 1) for print_ in template.recognised_by.all_of
        },
        found=tuple(print_ for print_ in template.anchors if print_ in found),
        missing=tuple(print_ for print_ in template.anchors if print_ not in found),
    )


def stands(likeness: float) -> bool:
    """Whether words that are so alike count as found."""
    return likeness >= FOUND


def _best(print_: str, pages: Sequence[Mapping[str, Running]]) -> float:
    found = [f.score for page in pages for r in page.values() if (f := r.find(print_))]
    return max(found, default=0.0)
