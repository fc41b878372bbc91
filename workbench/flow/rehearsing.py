"""Understanding kept pages under another text of a template: tasks that any process can run.

Nothing is kept, and what engines said of a strip once is not asked of them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench import placement
from workbench.calibration import Calibration
from workbench.flow import recognise
from workbench.flow.recognise import ReadPage, Remembered, UnderstandTask
from workbench.placement import Running
from workbench.reconciliation import Vote
from workbench.rehearsal import HELD, Given, Played
from workbench.seams import OcrEngine
from workbench.template import Template

Votes = Mapping[str, tuple[Vote, ...]]  # field -> all that was counted for it


@dataclass(frozen=True, slots=True)
class Cast:
    """The templates that a paper is held against: those in use, and the text under test."""

    in_use: tuple[Template, ...]
    tested: Template

    @property
    def beside(self) -> Template | None:
        """The version in use of the template under test."""
        return next((t for t in self.in_use if t.id == self.tested.id), None)

    @property
    def then(self) -> tuple[Template, ...]:
        """What would be in use if the tested text were."""
        return (*(t for t in self.in_use if t.id != self.tested.id), self.tested)


@dataclass(frozen=True, slots=True)
class ExampleTask:
    """An example with what is needed to understand it twice."""

    document: str
    pages: tuple[ReadPage, ...]
    cast: Cast
    engines: tuple[OcrEngine, ...]
    calibration: Calibration
    remembered: tuple[Remembered, ...]


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What both versions make of an example, and what was counted for that."""

    tested: Played
    beside: Played | None
    tested_votes: Votes
    beside_votes: Votes
    read: int  # fields whose strips had to be read anew


def rehearse(task: ExampleTask) -> Rehearsed:
    """The example as the tested text would have it read, and as the version in use has it."""
    tested, votes, read = _play(task, task.cast.then, task.remembered)
    if task.cast.beside is None:
        return Rehearsed(tested, None, votes, {}, read)
    # A strip that both versions find is read once, so that luck favours neither.
    known = (*task.remembered, Remembered(task.cast.tested, votes)) if votes else task.remembered
    beside, beside_votes, more = _play(task, task.cast.in_use, known)
    return Rehearsed(tested, beside, votes, beside_votes, read + more)


def _play(
    task: ExampleTask, templates: Sequence[Template], remembered: tuple[Remembered, ...]
) -> tuple[Played, Votes, int]:
    seen = recognise.understand(
        UnderstandTask(task.pages, tuple(templates), task.engines, task.calibration, remembered)
    )
    fields = {
        field.name: Given(
            field.value,
            field.normalised,
            field.accepted,
            field.page,
            tuple(field.box.as_list()) if field.box else None,
        )
        for field in seen.fields
    }
    taken = seen.template if seen.template is not None and seen.reason is None else HELD
    votes = {field.name: field.votes for field in seen.fields if field.votes}
    # A paper that goes to another form says nothing of the strips of this one.
    mine = taken == task.cast.tested.id
    return Played(taken, fields), votes if mine else {}, sum(bool(f.readings) for f in seen.fields)


@dataclass(frozen=True, slots=True)
class SortTask:
    """Papers of which only the form is asked: each page as its engines read it."""

    papers: tuple[tuple[ReadPage, ...], ...]
    cast: Cast


def sort(task: SortTask) -> tuple[tuple[str, str], ...]:
    """For each paper the form that it is taken for, with the tested text and with those in use."""
    found = []
    for paper in task.papers:
        pages = [
            tuple(Running(placement.lines_of(words)) for words in page.words.values())
            for page in paper
        ]
        then = placement.classify(pages, task.cast.then)
        now = placement.classify(pages, task.cast.in_use)
        found.append((then.template or HELD, now.template or HELD))
    return tuple(found)
