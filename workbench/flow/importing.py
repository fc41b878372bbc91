"""Tables into records: looked at first, then taken in whole, or the good rows, or not at all.

A paper is named by what its profile says (issuer, number, day of issue): a file that was mended and
is handed in again makes no doubles, also of papers that were scanned or typed. A row that says
something else than it did is listed, and nothing is written over.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import structlog

from workbench import vietnamese
from workbench.errors import NotReadyError, UnreadableFileError
from workbench.flow import granting
from workbench.flow.entering import Entered, enter
from workbench.flow.people import account, any_of
from workbench.flow.remarks import comment
from workbench.flow.work import Work
from workbench.ledger import Book, Checked, Choices, Line, Profile, Sheet, check, profile
from workbench.ledger.check import key_of
from workbench.model import (
    Batch,
    Document,
    MappingProfile,
    Origin,
    Right,
    Role,
    TableImport,
    day_of,
    new_id,
    now,
)
from workbench.store import imports
from workbench.store.imports import Held
from workbench.template import Template
from workbench.words import language, say

_TAKING = (Role.REVIEWER, Role.MANAGER, Role.ADMINISTRATOR)
_MAPPING = (Role.REVIEWER, Role.DESIGNER, Role.MANAGER, Role.ADMINISTRATOR)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Source:
    """Where a table came from: a file and its sheet, or a database and its table or query."""

    name: str
    place: str
    digest: str = ""  # SHA-256 of the file
    origin: Origin = Origin.TABLE
    lasting: str = ""  # what its rows are named within, where the file's name changes each time

    def of(self, line: Line) -> dict[str, str]:
        """What the record says of its source."""
        said = {"name": self.name, "place": self.place, "content": line.content}
        if self.digest:
            said["sha256"] = self.digest
        if line.row_key:
            said["row_key"] = line.row_key
        else:
            said["row"] = ", ".join(map(str, line.rows))
        return said


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that says other things of a paper than the record that is there."""

    rows: tuple[int, ...]
    document: str
    fields: tuple[tuple[str, str, str], ...]  # field, as it is here, as the table says


@dataclass(frozen=True)
class Plan:
    """What taking a table in would do; nothing is kept yet."""

    source: Source
    unit: str
    profile: Profile
    choices: Choices
    checked: Checked
    fresh: tuple[Line, ...]
    known: tuple[Line, ...]
    different: tuple[Difference, ...]

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Rows by what becomes of them; together they are all rows that hold something."""
        return {
            "rows": self.checked.rows,
            "taken": _rows(self.fresh),
            "known": _rows(self.known),
            "different": sum(len(d.rows) for d in self.different),
            "faulty": len(self.checked.faulty),
            "left": len(self.checked.left),
        }


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a table."""

    done: TableImport
    documents: tuple[Document, ...]


def look(
    work: Work,
    book: Book,
    mapping: Profile,
    *,
    unit: str,
    choices: Choices,
    today: date | None = None,
) -> Plan:
    """What a file holds under a profile, against what is there. Keeps nothing.

    Raises UnreadableFileError where the sheet or a column is missing, TemplateError, NotReadyError.
    """
    sheet = book.sheet(mapping.sheet)
    if sheet is None:
        raise UnreadableFileError(
            "{name} has no sheet “{sheet}”.", "Choose another profile, or another file.",
            name=book.name, sheet=mapping.sheet,
        )  # fmt: skip
    source = Source(book.name, sheet.name, book.digest)
    return compare(work, sheet, mapping, source=source, unit=unit, choices=choices, today=today)


def compare(
    work: Work,
    sheet: Sheet,
    mapping: Profile,
    *,
    source: Source,
    unit: str,
    choices: Choices,
    today: date | None = None,
) -> Plan:
    """What a table holds under a profile, against what is there; from wherever it came."""
    if unit not in {known.code for known in work.store.units()}:
        raise NotReadyError("There is no unit {unit}.", "Add it first, or name another one.",
                            unit=unit)  # fmt: skip
    checked = check(
        sheet, mapping, template_of(work, mapping), choices=choices, today=today or day_of(now())
    )
    fresh, known, different = [], [], []
    held = dict(_held(work, mapping, source, unit, checked.lines))
    for line in checked.lines:
        there = held.get(name_of(line, source))
        if there is None:
            fresh.append(line)
        elif apart := _apart(line, there, mapping):
            different.append(Difference(line.rows, there.document, apart))
        else:
            known.append(line)
    return Plan(
        source, unit, mapping, choices, checked, tuple(fresh), tuple(known), tuple(different)
    )


def take_in(
    work: Work, plan: Plan, *, by: str, name: str = "", good_rows: bool = False
) -> Taken:  # fmt: skip
    """Keep the records of a plan in one transaction, and how it went.

    With faults nothing is kept, unless somebody chose to take the `good_rows` without them; then
    those are all kept, or none.

    Raises NotReadyError where there are faults.
    """
    batch, documents = keep(work, plan, by=by, name=name, good_rows=good_rows)
    return note(work, plan, batch, documents, by=by)


def keep(
    work: Work, plan: Plan, *, by: str, name: str = "", good_rows: bool = False
) -> tuple[Batch, tuple[Document, ...]]:
    """The records of a plan, in one transaction; `note` says how it went.

    Raises NotAllowedError where the unit may not use the form; nothing is kept, and it is recorded.
    """
    person = account(work, by)
    any_of(person, *_TAKING)
    granting.must(work, Right.USE, plan.profile.kind, person, unit=plan.unit)
    if plan.checked.faults and not good_rows:
        raise NotReadyError(
            "{n} rows are faulty; nothing was taken in.",
            "Mend them in the file and hand it in again, or take in the good rows alone.",
            n=len(plan.checked.faulty),
        )
    batch = Batch(name=name or plan.source.name, unit=plan.unit, by=by)
    if not plan.fresh:
        return batch, ()
    return batch, enter(work, batch, [_entered(plan, line) for line in plan.fresh], by=by)


def note(
    work: Work,
    plan: Plan,
    batch: Batch,
    documents: tuple[Document, ...],
    *,
    by: str,
    more: Mapping[str, Any] | None = None,
) -> Taken:
    """Keep what became of a table, with its report and what is to be said `more` in it."""
    report = {**told(plan, work.templates[plan.profile.kind]), **(more or {})}
    done = TableImport(
        id=new_id(),
        origin=plan.source.origin,
        unit=plan.unit,
        batch=batch.id if documents else "",
        name=plan.source.name,
        place=plan.source.place,
        digest=plan.source.digest,
        profile=plan.profile.name,
        profile_digest=plan.profile.digest,
        papers=len(documents),
        report=work.store.put(_written(report)),
        by=by,
        at=now(),
        **plan.counts,
    )
    imports.keep_import(work.store, done)
    log.info("table.taken_in", batch=done.batch, origin=str(done.origin), papers=done.papers,
             **plan.counts)  # fmt: skip
    return Taken(done, documents)


def report_of(work: Work, done: TableImport) -> dict[str, Any]:
    """The report that was kept of an import or a conversion."""
    kept: dict[str, Any] = json.loads(work.store.get(done.report))
    return kept


def remark(work: Work, plan: Plan, *, by: str) -> int:
    """Leave a remark on every document of which the table says other things, for a reviewer to
    decide there; the same is remarked once. Returns on how many."""
    template = work.templates[plan.profile.kind]
    for difference in plan.different:
        apart = "; ".join(
            f"{template.field_label(field, language())}: {there or '∅'}"
            for field, _, there in difference.fields
        )
        text = say(
            "{name}, row {row}, says otherwise. {fields}",
            name=plan.source.name,
            row=", ".join(map(str, difference.rows)),
            fields=apart,
        )
        said = json.dumps([difference.document, difference.fields], ensure_ascii=False)
        key = hashlib.sha256(said.encode()).hexdigest()[:32]
        comment(work, difference.document, text, by=by, key=key, difficulty=True)
    return len(plan.different)


def told(plan: Plan, template: Template) -> dict[str, Any]:
    """The report of a plan: counts, every fault, every coercion, every difference."""
    return {
        "source": {"name": plan.source.name, "place": plan.source.place,
                   "sha256": plan.source.digest, "origin": plan.source.origin.value},
        "unit": plan.unit,
        "profile": {"name": plan.profile.name, "sha256": plan.profile.digest},
        "template": {"id": template.id, "sha256": template.digest},
        "choices": {"zeros": plan.choices.zeros, "turn": sorted(plan.choices.turn),
                    "hidden": plan.choices.hidden},
        "counts": dict(plan.counts),
        "papers": len(plan.fresh),
        "faults": [
            {"row": f.row, "column": f.column, "field": f.field, "code": f.code,
             "sentence": f.sentence.as_json()}
            for f in plan.checked.faults
        ],
        "coercions": [
            {"row": c.row, "column": c.column, "field": c.field, "what": c.what,
             "before": c.before, "after": c.after}
            for c in plan.checked.coercions
        ],
        "left_out_rows": list(plan.checked.left),
        "hidden_columns": list(plan.checked.hidden_columns),
        "differences": [
            {"rows": list(d.rows), "document": d.document,
             "fields": [{"field": f, "here": here, "table": there} for f, here, there in d.fields]}
            for d in plan.different
        ],
    }  # fmt: skip


# --- profiles ------------------------------------------------------------------------------------


def profiles(work: Work) -> Mapping[str, Profile]:
    """Every mapping profile that stands, by name."""
    return {
        kept.name: Profile.model_validate(kept.content) for kept in imports.profiles(work.store)
    }


def save_profile(work: Work, mapping: Profile, *, by: str) -> None:
    """Keep a profile; the one of the same name before it stands no longer."""
    any_of(account(work, by), *_MAPPING)
    mapping.must_fit(template_of(work, mapping))
    imports.keep_profile(work.store, _row(mapping, by))


def drop_profile(work: Work, name: str, *, by: str) -> None:
    """Take a profile out of use; what was taken in by it keeps its digest."""
    any_of(account(work, by), *_MAPPING)
    found = profiles(work).get(name)
    if found is None:
        raise no_profile(name)
    gone = _row(found, by)
    gone.removed = True
    imports.keep_profile(work.store, gone)


def no_profile(name: str) -> NotReadyError:
    return NotReadyError(
        "There is no mapping profile {name}.",
        "Make it on the page “Import from Excel”, or load one: `workbench tables add`.",
        name=name,
    )


def read_profile(source: bytes, name: str = "") -> Profile:
    """The profile that a file holds. Raises TemplateError."""
    return profile.read(source, name)


def _row(mapping: Profile, by: str) -> MappingProfile:
    return MappingProfile(
        name=mapping.name, kind=mapping.kind, content=mapping.model_dump(mode="json"),
        digest=mapping.digest, by=by,
    )  # fmt: skip


def template_of(work: Work, mapping: Profile) -> Template:
    if mapping.kind not in work.templates:
        raise NotReadyError(
            "There is no form {form}.", "Choose one of the known forms.", form=mapping.kind
        )
    return work.templates[mapping.kind]


# --- what is there already -----------------------------------------------------------------------


def name_of(line: Line, source: Source) -> str:
    """What names the record within its unit: the row in its database, else the paper itself."""
    if not line.row_key:
        return line.key
    within = [source.lasting] if source.lasting else [source.name, source.place]
    said = json.dumps([*within, line.row_key], ensure_ascii=False)
    return "row:" + hashlib.sha256(said.encode()).hexdigest()


def _held(
    work: Work, mapping: Profile, source: Source, unit: str, lines: Sequence[Line]
) -> Iterator[tuple[str, Held]]:
    """Key -> the record that is there, for all lines that have one."""
    came = imports.came_in(work.store, unit, [name_of(line, source) for line in lines])
    changed: dict[str, str] = {}  # document -> key
    for line in lines:
        name = name_of(line, source)
        if name not in came:
            continue
        document, content = came[name]
        if content == line.content:
            yield name, Held(document, {}, line.values, content)
        else:
            changed[document] = name
    for document, held in imports.values_of(work.store, list(changed)).items():
        yield changed[document], held
    rest = [line for line in lines if name_of(line, source) not in came and line.values.get("so")]
    others = imports.numbered(
        work.store, unit, mapping.kind, sorted({line.values["so"] for line in rest})
    )
    wanted = {line.key: name_of(line, source) for line in rest if line.key}
    for document, held in imports.values_of(work.store, others).items():
        key = key_of(mapping.kind, mapping.named_by, held.values)
        if key in wanted:
            # It came another way: what counts is what it says now.
            yield wanted[key], Held(document, held.values, held.values)


def _apart(line: Line, held: Held, mapping: Profile) -> tuple[tuple[str, str, str], ...]:
    """The fields of the profile in which the two say different things."""
    if held.content:
        return ()
    mapped = {*mapping.columns, *mapping.constants}
    names = [n for n in dict.fromkeys([*line.values, *held.came]) if _plain(n) in mapped]
    return tuple(
        (name, held.came.get(name, ""), line.values.get(name, ""))
        for name in names
        if vietnamese.key(held.came.get(name, "")) != vietnamese.key(line.values.get(name, ""))
        and not _same_day(held.came.get(name, ""), line.values.get(name, ""))
    )


def _same_day(first: str, second: str) -> bool:
    """Whether both are one date, however it is written: papers word it, tables do not."""
    day = vietnamese.read_date(first)
    return day is not None and day == vietnamese.read_date(second)


def _plain(name: str) -> str:
    """`muc.ten` for the cell `muc.3.ten`."""
    table, _, rest = name.partition(".")
    return f"{table}.{rest.partition('.')[2]}" if rest.count(".") else name


def _entered(plan: Plan, line: Line) -> Entered:
    database = plan.source.origin is Origin.DATABASE
    return Entered(
        kind=plan.profile.kind,
        values=line.values,
        origin=plan.source.origin,
        key=name_of(line, plan.source),
        stated={"from_database": True} if database else {},
        source={**plan.source.of(line), "profile": plan.profile.digest},
    )


def _rows(lines: Sequence[Line]) -> int:
    return sum(len(line.rows) for line in lines)


def _written(report: Mapping[str, Any]) -> bytes:
    return json.dumps(report, ensure_ascii=False, indent=1).encode() + b"\n"
