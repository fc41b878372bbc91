"""Records without a scan: typed in from a paper, out of a table, or out of a database.

What a person typed is an act of theirs, like any correction; what a table or a database gives is a
proposal that stands. So a sheet, a review, an approval and a search know no difference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

import structlog

from workbench import validation, vietnamese
from workbench.errors import NotReadyError
from workbench.flow import granting, holding
from workbench.flow.people import account, any_of, sought
from workbench.flow.work import Work
from workbench.model import (
    Act,
    Batch,
    Decision,
    Document,
    Entry,
    Event,
    Finding,
    Holder,
    Keying,
    Origin,
    Review,
    Right,
    Role,
    SeenIn,
    Severity,
    Stage,
    TermStatement,
    Validity,
    new_id,
    now,
)
from workbench.store import Laid
from workbench.template import Template

_ENTERING = (Role.REVIEWER, Role.MANAGER, Role.ADMINISTRATOR)
SECOND: Final = "second"  # parked for a second person to type it
_CENTURY_TURNS = 50  # a year of two digits below this is in the 2000s

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Entered:
    """One record as it came, of a form that is known.

    `key` names it within its unit: the digest of a file and the row in it, the key of the
    database's row, or an id made by the form. `stated` are facts for the scope rules
    (`scope.FACTS`) and the term that no field says (`validity`, with `until` in ISO, `linked_to`
    and `reason`); `source` says where it came from, in words for a person.
    """

    kind: str  # template id
    values: Mapping[str, str]  # field, or cell of the table (`muc.2.so_hieu`) -> as written
    origin: Origin
    key: str = ""
    stated: Mapping[str, Any] = field(default_factory=dict)
    holder: Holder | None = None
    source: Mapping[str, str] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()  # fields that the paper does not have, as a person says
    effort: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # field -> keys, ms
    milliseconds: int = 0  # of the whole record
    document: str = ""  # the id it gets, where the form has named it already
    awaits_second: bool = False  # a second person types its critical fields before it goes on
    keyings: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # field -> typed twice


def enter(work: Work, batch: Batch, entered: Sequence[Entered], *, by: str) -> tuple[Document, ...]:
    """Keep records without a scan in one transaction; those that were made, in their order.

    A record whose key the unit has entered before is left out. A whole one stands as reviewed by
    `by`, and somebody else approves it; where something is missing or in error it is laid before
    the reviewers. The batch is kept with them where it is new.

    Raises:
        NotReadyError: a form, field or unit is not known. Then nothing is kept.
        NotAllowedError: the unit may not use one of the forms; recorded. Nothing is kept.
    """
    person = account(work, by)
    any_of(person, *_ENTERING)
    if batch.unit not in {unit.code for unit in work.store.units()}:
        raise NotReadyError(
            "There is no unit {unit}.", "Add it first, or name another one.", unit=batch.unit
        )
    for kind in dict.fromkeys(_template(work, one).id for one in entered):
        granting.must(work, Right.USE, kind, person, unit=batch.unit)
    known = work.store.entered(batch.unit, [e.key for e in entered if e.key])
    at = now()
    fresh = [one for one in entered if one.key not in known]
    laid = [_laid(batch, one, _template(work, one), by=by, at=at) for one in fresh]
    documents = work.store.enter(batch, _held(work, fresh, laid, by=by, at=at))
    holding.compare(work)
    log.info("records.entered", batch=batch.id, records=len(documents), of=len(entered))
    return documents


def as_written(text: str, kind: str) -> str:
    """A value as it is kept: a date as 01/07/2022, however it was typed; else the text in NFC."""
    plain = vietnamese.nfc(text)
    if kind != "date":
        return plain
    found = read_day(plain)
    return f"{found:%d/%m/%Y}" if found else plain


_DAYS = (
    re.compile(r"(?P<d>\d{2})(?P<m>\d{2})(?P<y>\d{4}|\d{2})"),
    re.compile(r"(?P<d>\d{1,2})[/.\- ](?P<m>\d{1,2})[/.\- ](?P<y>\d{4}|\d{2})"),
    re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})"),
)


def read_day(text: str) -> date | None:
    """The day that was typed as 010722, 01072022, 1/7/22, 01/07/2022 or 2022-07-01; else None."""
    for pattern in _DAYS:
        if found := pattern.fullmatch(text.strip()):
            year = int(found["y"])
            if len(found["y"]) == 2:
                year += 2000 if year < _CENTURY_TURNS else 1900
            try:
                return date(year, int(found["m"]), int(found["d"]))
            except ValueError:
                return None
    return vietnamese.read_date(text)


def findings(values: Mapping[str, str], template: Template) -> tuple[Finding, ...]:
    """What does not hold in values as they are kept."""
    normal = {
        name: vietnamese.normalise(as_written(values.get(name, ""), kind), kind)
        for name in fields_of(values, template)
        for kind in (template.spec(name).kind,)
    }
    return validation.validate(normal, template)


def fields_of(values: Mapping[str, str], template: Template) -> tuple[str, ...]:
    """Every field of the form in its order, and the cells of each row of which something is said.

    Raises NotReadyError for a stranger.
    """
    strangers = [name for name in values if not _has(template, name)]
    if strangers:
        raise NotReadyError(
            "The form {form} has no field {field}.",
            "Open the form again; its template may have changed.",
            form=template.title["vi"],
            field=strangers[0],
        )
    names = list(template.fields)
    if template.items:
        rows = sorted({int(n.split(".")[1]) for n in values if n not in template.fields})
        names += [f"{template.items.name}.{r}.{c}" for r in rows for c in template.items.columns]
    return tuple(names)


def _has(template: Template, name: str) -> bool:
    try:
        template.spec(name)
    except KeyError:
        return False
    return True


def _template(work: Work, entered: Entered) -> Template:
    if entered.kind not in work.templates:
        raise NotReadyError(
            "There is no form {form}.", "Choose one of the known forms.", form=entered.kind
        )
    return work.templates[entered.kind]


def _laid(batch: Batch, one: Entered, template: Template, *, by: str, at: datetime) -> Laid:
    """The rows of one record, as they will be kept."""
    if one.origin is Origin.SCAN:
        raise NotReadyError("A scanned paper is handed in as a file.", "Hand it in on that page.")
    names = fields_of({**one.values, **dict.fromkeys(one.absent, "")}, template)
    specs = {name: template.spec(name) for name in names}
    values = {n: as_written(one.values.get(n, ""), specs[n].kind) for n in names}
    for name, spec in specs.items():
        if not values[name] and spec.zone and spec.zone.constant:
            values[name] = spec.zone.constant
    normal = {n: vietnamese.normalise(values[n], specs[n].kind) for n in names}
    whole = not any(
        finding.severity is Severity.ERROR
        or (finding.rule == "required" and not one.absent.issuperset(finding.fields))
        for finding in validation.validate(normal, template)
    )
    typed = one.origin is Origin.TYPED
    reviewed = whole and not one.awaits_second
    document = Document(
        id=one.document or new_id(),
        batch=batch.id,
        source="",
        unit=batch.unit,
        number=0,  # given by the store
        stage=Stage.REVIEWED if reviewed else Stage.PROPOSED,
        parked=SECOND if one.awaits_second else "",
        kind=template.id,
        template_digest=template.digest,
        reviewer=by if reviewed or typed else None,
        sought=sought(values.values()),
        origin=one.origin,
        created_at=at,
        changed_at=at,
    )
    proposals: list[dict[str, Any]] = []
    corrections: list[dict[str, Any]] = []
    for position, name in enumerate(names):
        spec, value = specs[name], values[name]
        printed = bool(spec.zone and spec.zone.constant)
        said = value if printed or not typed else ""  # by the form or the table, not by a person
        proposals.append(
            {
                # Rows of one record lie together in the index: many are kept at a time.
                "id": f"{document.id}.{position}",
                "document": document.id, "field": name, "position": position,
                "value": said, "normalised": normal[name] if said else "",
                "page": None, "box": None, "candidates": {}, "confidence": 0.0, "agreement": 0.0,
                "accepted": bool(said) or not spec.required, "findings": [],
                "template_digest": template.digest,
            }
        )  # fmt: skip
        act = Act.ABSENT if name in one.absent else Act.EDIT if value and value != said else None
        if act is None:
            continue
        keys, milliseconds = one.effort.get(name, (0, 0))
        after = "" if act is Act.ABSENT else value
        serial = len(corrections) + 1
        corrections.append(
            {
                "id": f"{document.id}.{serial}", "document": document.id, "field": name, "act": act,
                "before": said, "after": after, "normalised": normal[name] if after else "",
                "why": "", "by": by, "at": at, "revision": serial, "serial": serial,
                "keys": keys, "milliseconds": milliseconds, "page": None, "box": None,
                "seen_in": SeenIn.DOCUMENT,
            }
        )  # fmt: skip
    document.revision = len(corrections)
    return Laid(
        document,
        Entry(
            document=document.id,
            unit=batch.unit,
            key=one.key,
            source=dict(one.source),
            stated=_plain(one.stated),
            by=by,
            at=at,
        ),
        _events(document, by=by, at=at),
        proposals,
        corrections,
        [_sitting(document, one, by=by, at=at)] if reviewed else [],
        terms=_terms(document, one, by=by, at=at),
        keyings=[
            Keying(
                id=f"{document.id}.{name}",
                document=document.id,
                field=name,
                first=first,
                second=second,
                by=by,
                at=at,
            )
            for name, (first, second) in one.keyings.items()
        ],
    )


def _held(
    work: Work, entered: Sequence[Entered], laid: Sequence[Laid], *, by: str, at: datetime
) -> list[Laid]:
    """The records, each with the holder it names, where none was given with it."""
    named = [
        None
        if one.holder
        else holding.names(
            {name: as_written(one.values.get(name, ""), "text") for name in one.values},
            work.templates[one.kind],
        )
        for one in entered
    ]
    found = holding.holders_of(work, named, by=by, at=at)
    held = []
    for record, one, other in zip(laid, entered, found, strict=True):
        holder = one.holder or other
        record.document.holder = holder.id if holder else None
        held.append(replace(record, holder=holder))
    return held


def _terms(document: Document, one: Entered, *, by: str, at: datetime) -> list[TermStatement]:
    """What was said of its term, where a person or the table said it."""
    if not one.stated.get("validity"):
        return []
    until = one.stated.get("until")
    return [
        TermStatement(
            id=f"{document.id}.term",
            document=document.id,
            validity=Validity(one.stated["validity"]),
            until=until if isinstance(until, date) else read_day(until) if until else None,
            linked_to=one.stated.get("linked_to", ""),
            reason=one.stated.get("reason", ""),
            by=by,
            at=at,
        )
    ]


def _events(document: Document, *, by: str, at: datetime) -> list[Event]:
    """It arrived, and went on in the same moment."""
    steps = ((None, Stage.RECEIVED), (Stage.RECEIVED, document.stage))
    return [
        Event(
            document=document.id, batch=document.batch, unit=document.unit, kind=document.kind,
            before=before, after=after, by=by, at=at,
        )
        for before, after in steps
    ]  # fmt: skip


def _sitting(document: Document, one: Entered, *, by: str, at: datetime) -> Review:
    return Review(
        document=document.id,
        by=by,
        duty="review",
        decision=Decision.PASS,
        revision=document.revision,
        at=at,
        milliseconds=one.milliseconds,
    )


def _plain(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as JSON keeps them: days in ISO, words for states by their value."""
    return {
        name: fact.isoformat() if isinstance(fact, date) else fact
        for name, fact in stated.items()
        if fact is not None
    }
