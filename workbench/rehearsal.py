"""A text of a template, held against papers whose values people confirmed, before it is used.

Field by field right, wrong or missing, beside the version in use; which papers of other forms it
would take, or lose its own to. `Report.worse` is a rule, not an opinion: see `why_worse`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from workbench.errors import Sentence
from workbench.lab import Answer, Truth
from workbench.template import Template

HELD = ""  # in the place of a form: no template fits, and the paper waits for a person


class Came(StrEnum):
    """What became of a confirmed value."""

    RIGHT = "right"
    WRONG = "wrong"
    MISSING = "missing"  # the paper has a value, and nothing was read
    UNASKED = "unasked"  # the template has no such field


@dataclass(frozen=True, slots=True)
class Given:
    """What a version gives for one field; `box` is on the page as scanned."""

    value: str
    normalised: str
    accepted: bool  # no person would look at it
    page: int | None = None
    box: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """What a version makes of one paper: the form that it is taken for, and its fields."""

    taken_for: str  # template id, or `HELD`
    fields: Mapping[str, Given]


@dataclass(frozen=True, slots=True)
class Got:
    """One confirmed value under one version."""

    came: Came
    value: str
    accepted: bool
    page: int | None = None
    box: tuple[float, ...] | None = None

    @property
    def let_through(self) -> bool:
        """Whether it is wrong, and no person would have looked at it."""
        return self.accepted and self.came in (Came.WRONG, Came.MISSING)


@dataclass(frozen=True, slots=True)
class Judged:
    """One example under one version."""

    taken_for: str
    fields: Mapping[str, Got]


@dataclass(frozen=True, slots=True)
class Paper:
    """One example with what people confirmed, under both versions."""

    document: str
    confirmed: Mapping[str, str]
    tested: Judged
    beside: Judged | None  # None: no version is in use


@dataclass(frozen=True, slots=True)
class Stranger:
    """A paper that is no example: its form (`HELD` where none is known), and who takes it."""

    document: str
    form: str
    tested: str
    beside: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How often each came of one field."""

    right: int = 0
    wrong: int = 0
    missing: int = 0
    unasked: int = 0
    let_through: int = 0

    @classmethod
    def of(cls, got: Sequence[Got]) -> Tally:
        came = Counter(one.came for one in got)
        return cls(
            right=came[Came.RIGHT],
            wrong=came[Came.WRONG],
            missing=came[Came.MISSING],
            unasked=came[Came.UNASKED],
            let_through=sum(one.let_through for one in got),
        )

    @property
    def asked(self) -> int:
        return self.right + self.wrong + self.missing


@dataclass(frozen=True, slots=True)
class FieldTally:
    """One field over all examples, under both versions."""

    name: str
    critical: bool
    tested: Tally
    beside: Tally | None


@dataclass(frozen=True, slots=True)
class Change:
    """A confirmed value that comes out otherwise than with the version in use."""

    document: str
    field: str
    confirmed: str
    before: Got
    now: Got

    @property
    def better(self) -> bool:
        return self.now.came is Came.RIGHT

    @property
    def worse(self) -> bool:
        return self.before.came is Came.RIGHT or (
            self.now.let_through and not self.before.let_through
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a test."""

    form: str  # the template's id
    critical: frozenset[str]  # fields, and columns of the table of line items
    unproven: tuple[str, ...]  # fields that the tested text asks for and no example confirms
    papers: tuple[Paper, ...]
    strangers: tuple[Stranger, ...] = ()

    @property
    def has_beside(self) -> bool:
        return any(paper.beside is not None for paper in self.papers)

    @property
    def fields(self) -> tuple[FieldTally, ...]:
        """Each field in the order in which the examples name them; rows of a table as one."""
        tested: dict[str, list[Got]] = {}
        beside: dict[str, list[Got]] = {}
        for paper in self.papers:
            for name, got in paper.tested.fields.items():
                tested.setdefault(column(name), []).append(got)
            for name, got in (paper.beside.fields if paper.beside else {}).items():
                beside.setdefault(column(name), []).append(got)
        return tuple(
            FieldTally(
                name,
                name in self.critical,
                Tally.of(tested.get(name, ())),
                Tally.of(beside.get(name, ())) if self.has_beside else None,
            )
            for name in dict.fromkeys((*tested, *beside))
        )

    @property
    def changes(self) -> tuple[Change, ...]:
        """What comes out otherwise than with the version in use, by document and field."""
        return tuple(
            Change(paper.document, name, paper.confirmed.get(name, ""), paper.beside.fields[name],
                   now)
            for paper in self.papers
            if paper.beside is not None
            for name, now in paper.tested.fields.items()
            if (now.came, now.let_through)
            != (paper.beside.fields[name].came, paper.beside.fields[name].let_through)
        )  # fmt: skip

    def total(self, *, beside: bool = False) -> Tally:
        """All confirmed values together."""
        sides = [paper.beside if beside else paper.tested for paper in self.papers]
        return Tally.of([got for side in sides if side for got in side.fields.values()])

    def lost(self, *, beside: bool = False) -> tuple[str, ...]:
        """The papers of this form, examples or not, that are not taken for it."""
        examples = [
            paper.document
            for paper in self.papers
            if (side := paper.beside if beside else paper.tested) and side.taken_for != self.form
        ]
        others = [
            one.document
            for one in self.strangers
            if one.form == self.form and (one.beside if beside else one.tested) != self.form
        ]
        return (*examples, *others)

    @property
    def taken(self) -> tuple[Stranger, ...]:
        """The papers of other forms that the tested text takes and that were not taken before."""
        return tuple(
            one for one in self.strangers
            if one.form not in (HELD, self.form)
            and one.tested == self.form
            and one.beside != self.form
        )  # fmt: skip

    @property
    def gained(self) -> tuple[Stranger, ...]:
        """The papers that no template fits now and that the tested text takes."""
        return tuple(
            one for one in self.strangers
            if one.form == HELD and one.tested == self.form and one.beside != self.form
        )  # fmt: skip

    def confusion(self, *, beside: bool = False) -> Mapping[tuple[str, str], int]:
        """(form of a paper, form that it is taken for) -> papers."""
        counts: dict[tuple[str, str], int] = {}
        for paper in self.papers:
            side = paper.beside if beside else paper.tested
            taken = side.taken_for if side else HELD
            counts[self.form, taken] = counts.get((self.form, taken), 0) + 1
        for one in self.strangers:
            pair = one.form, one.beside if beside else one.tested
            counts[pair] = counts.get(pair, 0) + 1
        return counts

    @property
    def worse(self) -> bool:
        return bool(self.why_worse(str))

    def why_worse(self, label: Callable[[str], str]) -> list[Sentence]:
        """What makes it worse; nothing where it is not. `label` gives what people call a field.

        Beside a version in use it is worse where any one of these holds: a critical field is right
        less often; more wrong values are accepted unseen; fewer values are right altogether; fewer
        papers of the form are taken for it; it takes a paper of another form. A new form is worse
        than none where a paper of it is not taken for it, where it takes a paper of another form,
        or where a wrong value of a critical field is accepted unseen.
        """
        if self.has_beside:
            found = self._fewer(label)
        else:
            unseen = sum(field.tested.let_through for field in self.fields if field.critical)
            found = [
                Sentence("{n} wrong values of critical fields would be accepted unseen.",
                         {"n": unseen})
            ] if unseen else []  # fmt: skip
        lost, before = len(self.lost()), len(self.lost(beside=True)) if self.has_beside else 0
        if lost > before:
            found.append(
                Sentence(
                    "{n} papers of this form are not taken for it, with the version in use"
                    " {before}.",
                    {"n": lost, "before": before},
                )
            )
        if taken := len(self.taken):
            found.append(
                Sentence("{n} papers of other forms would be taken for this one.", {"n": taken})
            )
        return found

    def _fewer(self, label: Callable[[str], str]) -> list[Sentence]:
        found = [
            Sentence(
                "{field} is a critical field: it is right {n} times, with the version in use"
                " {before} times.",
                {"field": label(f.name), "n": f.tested.right, "before": f.beside.right},
            )
            for f in self.fields
            if f.critical and f.beside is not None and f.tested.right < f.beside.right
        ]
        now, before = self.total(), self.total(beside=True)
        if now.let_through > before.let_through:
            found.append(
                Sentence(
                    "{n} wrong values would be accepted unseen, with the version in use {before}.",
                    {"n": now.let_through, "before": before.let_through},
                )
            )
        if now.right < before.right:
            found.append(
                Sentence(
                    "{n} values are right altogether, with the version in use {before}.",
                    {"n": now.right, "before": before.right},
                )
            )
        return found

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "critical": sorted(self.critical)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Report:
        return cls(
            form=kept["form"],
            critical=frozenset(kept["critical"]),
            unproven=tuple(kept["unproven"]),
            papers=tuple(
                Paper(
                    paper["document"],
                    paper["confirmed"],
                    _judged(paper["tested"]),
                    _judged(paper["beside"]) if paper["beside"] else None,
                )
                for paper in kept["papers"]
            ),
            strangers=tuple(Stranger(**one) for one in kept["strangers"]),
        )


def judge(
    confirmed: Mapping[str, str],
    played: Played,
    template: Template,
    *,
    dates: frozenset[str] = frozenset(),
) -> Judged:
    """What became of each confirmed value (in normal form); `dates` names those that are dates.

    A paper that is taken for another form, or for none, gives nothing of this one.
    """
    mine = played.taken_for == template.id
    fields: dict[str, Got] = {}
    for name, value in confirmed.items():
        if not has_field(template, name):
            fields[name] = Got(Came.UNASKED, "", accepted=False)
            continue
        given = played.fields.get(name) if mine else None
        given = given or Given("", "", accepted=False)
        truth = Truth(value, value, is_date=name in dates)
        if mine and truth.is_met_by(Answer(given.value, given.normalised)):
            came = Came.RIGHT
        elif not mine or (value and not given.value):
            came = Came.MISSING
        else:
            came = Came.WRONG
        fields[name] = Got(came, given.value, given.accepted, given.page, given.box)
    if mine:
        fields.update(_rows_too_many(confirmed, played))
    return Judged(played.taken_for, fields)


def _rows_too_many(confirmed: Mapping[str, str], played: Played) -> dict[str, Got]:
    """Cells of table rows that the paper does not have."""
    rows = {row_of(name) for name in confirmed}
    return {
        name: Got(Came.WRONG, given.value, given.accepted, given.page, given.box)
        for name, given in played.fields.items()
        if given.value and row_of(name) and row_of(name) not in rows
    }


def dates_of(template: Template, names: Sequence[str]) -> frozenset[str]:
    """Which of these fields the template knows as dates."""
    return frozenset(
        name for name in names if has_field(template, name) and template.spec(name).kind == "date"
    )


def critical_of(*templates: Template) -> frozenset[str]:
    """The fields, and columns of line items, that any of these calls critical."""
    found: set[str] = set()
    for template in templates:
        found |= {name for name, spec in template.fields.items() if spec.critical}
        if template.items is not None:
            found |= {
                f"{template.items.name}.{name}"
                for name, spec in template.items.columns.items()
                if spec.critical
            }
    return frozenset(found)


def unproven(template: Template, confirmed: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """The fields of a template that no example says anything of."""
    said = {column(name) for values in confirmed for name in values}
    names = list(template.fields)
    if template.items is not None:
        names += [f"{template.items.name}.{name}" for name in template.items.columns]
    return tuple(name for name in names if name not in said)


def column(name: str) -> str:
    """`muc.2.so_hieu` and all other rows are `muc.so_hieu`; other fields are themselves."""
    return f"{name.split('.')[0]}.{name.split('.')[2]}" if row_of(name) else name


def row_of(name: str) -> str:
    """`muc.2` for each cell of that row; empty for a field that is no cell."""
    parts = name.split(".")
    return ".".join(parts[:2]) if len(parts) == 3 and parts[1].isdigit() else ""


def label(template: Template, name: str, language: str) -> str:
    """What people call a field or column as `column` names it; its name where it is unknown."""
    table, _, heading = name.partition(".")
    if heading and template.items is not None and table == template.items.name:
        spec = template.items.columns.get(heading)
        if spec is not None:
            return spec.label.en if language == "en" else spec.label.vi
    return template.field_label(name, language) if has_field(template, name) else name


def has_field(template: Template, name: str) -> bool:
    """Whether a template asks for this field, or for this column of its line items."""
    try:
        template.spec(name)
    except KeyError:
        return False
    return True


def _judged(kept: Mapping[str, Any]) -> Judged:
    return Judged(
        kept["taken_for"],
        {
            name: Got(
                Came(got["came"]),
                got["value"],
                got["accepted"],
                got["page"],
                tuple(got["box"]) if got["box"] else None,
            )
            for name, got in kept["fields"].items()
        },
    )
