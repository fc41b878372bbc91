"""A sitting at the form over a workspace: keep what was finished, lay out what is typed next."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench import catalogues, flow
from workbench.errors import NotReadyError, WorkbenchError
from workbench.flow import Work, entering, keying
from workbench.flow.entering import SECOND, Entered
from workbench.flow.keying import Twice
from workbench.model import Batch, Document, Finding, Origin, Severity, Stage, Validity
from workbench.template import FieldSpec, Template
from workbench.ui.entry import EntryRoom
from workbench.words import language, remedy, say

_MOST = 400  # a longer catalogue is not sent to the browser


@dataclass(frozen=True, slots=True)
class Sheaf:
    """Papers that are typed in together: their form, where they go, what is held of them."""

    kind: str
    unit: str
    batch: str
    copy: str
    twice: Twice


def keep(room: EntryRoom, work: Work, *, by: str) -> None:
    """Keep what was finished, in order, each once; want back what does not hold."""
    for entry in list(room.received()):
        identifier = str(entry["id"])
        if entry.get("what") not in ("record", "second") or identifier in room.needs:
            continue
        answered = True  # also where it is refused
        with room.answering(identifier):
            if entry["what"] == "record":
                answered = _keep_record(room, work, entry, by=by)
            else:
                answered = _keep_second(room, work, entry, by=by)
        if not answered:
            room.answers.pop(identifier, None)


def _keep_record(room: EntryRoom, work: Work, entry: Mapping[str, Any], *, by: str) -> bool:
    template = work.templates.get(str(entry["kind"]))
    if template is None:
        raise NotReadyError(
            "There is no form {form}.", "Choose one of the known forms.", form=str(entry["kind"])
        )
    values = {str(name): str(value) for name, value in entry["values"].items()}
    absent = frozenset(str(name) for name in entry.get("absent", ()))
    if not entry.get("force"):
        wrong = [
            f
            for f in entering.findings(values, template)
            if f.severity is Severity.ERROR and not absent.issuperset(f.fields or ("",))
        ]
        if wrong:
            room.need(str(entry["id"]), findings=[_finding(f) for f in wrong])
            return False
    stated: dict[str, Any] = {"copy": str(entry["copy"])}
    if entry.get("term"):
        stated |= {
            "validity": Validity(str(entry["term"])).value,
            "reason": say("Stated when the record was typed in."),
        }
    one = Entered(
        template.id,
        values,
        Origin.TYPED,
        key=f"typed:{entry['document']}",
        stated=stated,
        absent=absent,
        effort={str(n): (int(k), int(ms)) for n, (k, ms) in entry.get("effort", {}).items()},
        milliseconds=int(entry.get("milliseconds", 0)),
        document=str(entry["document"]),
        awaits_second=entry.get("twice") == Twice.OTHER,
        keyings={str(n): (str(a), str(b)) for n, (a, b) in entry.get("keyings", {}).items()},
    )
    batch = batch_of(str(entry["batch"]), str(entry["unit"]), by)
    documents = entering.enter(work, batch, [one], by=by)
    known = work.store.document(one.document)
    document = documents[0] if documents else known
    if document is not None:
        room.tell_done(str(entry["id"]), said(document, template, values))
    return True


def _keep_second(room: EntryRoom, work: Work, entry: Mapping[str, Any], *, by: str) -> bool:
    document = str(entry["document"])
    chosen = {str(n): str(v) for n, v in (entry.get("chosen") or {}).items()}
    differing = keying.type_again(
        work,
        document,
        {str(n): str(v) for n, v in entry["typed"].items()},
        by=by,
        chosen=chosen,
    )
    if differing:
        room.need(
            str(entry["id"]),
            differ={d.field: {"first": d.first, "second": d.second} for d in differing},
        )
        return False
    kept = work.store.document(document)
    if kept is not None:
        template = work.template(kept.template_digest or "")
        room.tell_done(str(entry["id"]), said(kept, template, {**entry["typed"], **chosen}))
    return True


def said(document: Document, template: Template, values: Mapping[str, str]) -> str:
    """What is said of a record that was just entered."""
    number = values.get("so", "")
    if document.parked == SECOND:
        return say("No. {n} {number}: waits for a second typing", n=document.number, number=number)
    if document.stage is Stage.REVIEWED:
        return say("No. {n} {number}: waits for approval", n=document.number, number=number)
    return say("No. {n} {number}: waits for a reviewer", n=document.number, number=number)


def batch_of(name: str, unit: str, by: str) -> Batch:
    """The batch a person types into under this name; the same one after a restart."""
    key = hashlib.sha256("\n".join((by, unit, name)).encode()).hexdigest()[:32]
    return Batch(id=key, name=name, unit=unit, by=by)


def checked(room: EntryRoom, work: Work) -> Mapping[str, Any] | None:
    """What does not hold in what is being typed, if the browser asked."""
    asked = room.asked
    if asked is None or asked.get("kind") not in work.templates:
        return None
    return {"n": asked["n"], "findings": findings_of(work, asked)}


def findings_of(work: Work, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What does not hold in values as they stand; what is still empty is no finding yet."""
    values = {str(n): str(v) for n, v in asked.get("values", {}).items()}
    absent = set(asked.get("absent", ()))
    try:
        found = entering.findings(values, work.templates[str(asked["kind"])])
    except WorkbenchError as error:
        return [_told(f"{say(error)} {remedy(error)}")]
    return [_finding(f) for f in found if f.rule != "required" and not absent & set(f.fields)]


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "fields": list(finding.fields),
        "severity": finding.severity.value,
        "sentence": say(finding.sentence),
    }


def _told(sentence: str) -> dict[str, Any]:
    return {"fields": [], "severity": Severity.ERROR.value, "sentence": sentence}


# --- what is laid out -------------------------------------------------------------------------


def lay_out(room: EntryRoom, work: Work, sheaf: Sheaf) -> None:
    """Lay an empty form for these papers out, where it does not lie there already."""
    about = (sheaf, language())
    if room.about == about and room.body is not None:
        return
    template = work.templates[sheaf.kind]
    unit = next((u.name for u in work.store.units() if u.code == sheaf.unit), sheaf.unit)
    room.lay(
        {
            **_form(template),
            "lead": f"{sheaf.batch} · {unit}",
            "unit": sheaf.unit,
            "batch": sheaf.batch,
            "copy": sheaf.copy,
            "twice": sheaf.twice.value,
            "term": [
                {"value": Validity.INDEFINITE.value, "label": say("It has no term")},
                {"value": Validity.UNSTATED.value, "label": say("Term not known")},
            ],
        },
        about=about,
    )


def lay_second(room: EntryRoom, work: Work, waiting: Sequence[Document]) -> bool:
    """Lay the next record out for its second typing; False where none waits for this person."""
    if not waiting:
        room.clear()
        return False
    document = waiting[0]
    about = (document.id, language())
    if room.about == about and room.body is not None:
        return True
    template = work.template(document.template_digest or "")
    batch = work.store.batch(document.batch)
    asked = keying.typed_twice(work, document.id)
    names = {field.name for field in asked}
    from_sheet = [
        {"label": template.field_label(name, language()), "value": value}
        for name, value in _plain_values(work, document.id).items()
        if name not in names and value
    ]
    room.lay(
        {
            **_form(template),
            "lead": say(
                "Batch {batch}, paper no. {n}", batch=batch.name if batch else "", n=document.number
            ),
            "unit": document.unit,
            "batch": document.batch,
            "twice": Twice.OTHER.value,
            "document": document.id,
            "second": [_field(f.name, template.spec(f.name), template) for f in asked],
            "context": from_sheet[:8],
        },
        about=about,
    )
    return True


def _plain_values(work: Work, document: str) -> dict[str, str]:
    return {field.name: field.value for field in flow.sheet(work, document).fields}


def _form(template: Template) -> dict[str, Any]:
    """A form as the browser shows it: its fields in order, its table, the lists to choose from."""
    fields = [_field(name, spec, template) for name, spec in template.fields.items()]
    table = None
    columns: list[dict[str, Any]] = []
    if template.items:
        columns = [
            {**_field(f"{template.items.name}.1.{name}", spec, template), "name": name,
             "label": _label(spec)}
            for name, spec in template.items.columns.items()
        ]  # fmt: skip
        table = {"name": template.items.name, "columns": columns}
    named = {str(field["list"]) for field in (*fields, *columns) if field["list"]}
    return {
        "kind": template.id,
        "title": template.title[language()],
        "fields": fields,
        "table": table,
        "lists": {name: list(catalogues.entries(name))[:_MOST] for name in sorted(named)},
    }


def _field(name: str, spec: FieldSpec, template: Template) -> dict[str, Any]:
    return {
        "name": name,
        "label": template.field_label(name, language()),
        "kind": spec.kind,
        "critical": spec.critical,
        "required": spec.required,
        "list": spec.catalogue,
        "closed": spec.closed,
        "constant": bool(spec.zone and spec.zone.constant),
    }


def _label(spec: FieldSpec) -> str:
    return spec.label.en if language() == "en" else spec.label.vi
