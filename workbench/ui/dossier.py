"""One document on screen: its summary, its fields with who changed what, its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from workbench import vietnamese
from workbench.errors import Sentence
from workbench.flow.tables import tables
from workbench.model import Act, Correction, Document, Event, Finding, Origin, Page, Severity, Stage
from workbench.review import ReviewSheet, SheetField
from workbench.store import templates as kept
from workbench.template import Template
from workbench.ui import badges, notation, page_image
from workbench.words import language, say
from workbench.workspace import Workspace

# Translucent, so that they are right on light and dark ground.
_TINTS = {
    "red": "rgba(220,60,60,.18)",
    "orange": "rgba(235,130,30,.20)",
    "blue": "rgba(60,130,235,.18)",
    "gray": "rgba(128,128,128,.16)",
}


def name_of(work: Workspace, document: Document) -> str:
    """What people call a document: its file, and its place in the batch."""
    source = work.store.source(document.source)
    return source.name if source else f"#{document.number}"


def kind_of(work: Workspace, kind: str | None) -> str:
    if kind is None:
        return "—"
    template = work.templates.get(kind) or last_version(work, kind)
    return template.title[language()] if template else kind


def last_version(work: Workspace, kind: str) -> Template | None:
    """The last version that was in use, of a template that is retired; None: never was one."""
    for standing in kept.standings(work.store, kind):
        if standing.decided_at is not None:
            return work.template(standing.digest)
    return None


def person_of(work: Workspace, name: str | None) -> str:
    """How a person is shown; a machine's step has no person."""
    if not name:
        return "—"
    person = work.store.person(name)
    return person.shown_as if person else say("the machine")


def summary(work: Workspace, document: Document) -> None:
    """What it is, whose it is and where it stands."""
    batch = work.store.batch(document.batch)
    units = {unit.code: unit.name for unit in work.store.units()}
    parts = [
        badges.stage(document.stage),
        notation.literal(kind_of(work, document.kind)) if document.kind else "",
        notation.literal(units.get(document.unit, document.unit)),
        notation.literal(batch.name if batch else ""),
    ]
    people = [
        say("reviewed by {name}", name=person_of(work, document.reviewer)),
        say("approved by {name}", name=person_of(work, document.approver)),
    ]
    shown = [
        p for p, who in zip(people, (document.reviewer, document.approver), strict=True) if who
    ]
    st.markdown(" &nbsp;·&nbsp; ".join(part for part in (*parts, *shown) if part))


def reason(document: Document) -> None:
    """Why it is held, returned or rejected, and what helps."""
    if not document.reason:
        return
    words = f"**{notation.literal(say(Sentence.from_json(document.reason)))}**"
    if document.remedy and (advice := say(Sentence.from_json(document.remedy))):
        words += f"\n\n{notation.literal(advice)}"
    held = document.stage is Stage.HELD
    (st.warning if held else st.info)(words, icon=f":material/{'pan_tool' if held else 'undo'}:")


# Who said what stood there before a person's act; before what was typed there stood nothing.
_SOURCES: Mapping[Origin, str] = {
    Origin.SCAN: "read by machine:",
    Origin.TYPED: "",
    Origin.TABLE: "in the table:",
    Origin.DATABASE: "in the database:",
}


def fields(work: Workspace, sheet: ReviewSheet) -> None:
    """Every field with the strip of the scan it was read from; what people changed comes first."""
    pages = {page.number: page for page in sheet.pages}
    ordered = sorted(sheet.fields, key=_place)
    history = _by_field(sheet.corrections)
    source = _SOURCES[sheet.document.origin]
    rows = [_field(work, field, pages, history.get(field.name, ()), source) for field in ordered]
    st.html("".join(rows))


def _place(field: SheetField) -> int:
    """Findings, then what a person changed, then the rest in the order of the form."""
    if any(finding.severity is not Severity.INFORMATION for finding in field.findings):
        return 0
    return 1 if field.act not in (None, Act.ACCEPT) else 2


def _by_field(corrections: Sequence[Correction]) -> Mapping[str, Sequence[Correction]]:
    found: dict[str, list[Correction]] = {}
    for correction in corrections:
        found.setdefault(correction.field, []).append(correction)
    return found


def _field(
    work: Workspace,
    field: SheetField,
    pages: Mapping[int, Page],
    history: Sequence[Correction],
    source: str,
) -> str:
    page = pages.get(field.page) if field.page is not None else None
    strip = page_image.strip(page, field.box) if page and field.box else ""
    value = escape(field.value) if field.value else f"<i>{escape(say('empty'))}</i>"
    label = escape(field.label.get(language()) or field.name)
    critical = f' <span title="{escape(say("critical field"))}">★</span>' if field.critical else ""
    changed = field.act not in (None, Act.ACCEPT)
    edge = "3px solid #e07b1f" if changed else "3px solid transparent"
    return (
        f'<section style="border-left:{edge}; padding:.15rem 0 .75rem .75rem;">'
        f'<div style="font-size:.86rem; opacity:.8;">{label}{critical}</div>'
        f'<div style="font-weight:600; overflow-wrap:anywhere;">{value}</div>'
        f"{_spelled_out(work, field)}{_change(work, field, history, source)}"
        f"{_findings(field.findings)}{strip}</section>"
    )


def _spelled_out(work: Workspace, field: SheetField) -> str:
    """What the abbreviations in a value stand for; the value stays as it is printed."""
    if field.kind not in ("text", "address", "name"):
        return ""
    meant = vietnamese.expand(field.value, tables(work).dictionary())
    told = "; ".join(f"{escape(short)} = {escape(full)}" for short, full in meant)
    return f'<div style="font-size:.82rem; opacity:.75;">{told}</div>' if told else ""


def _change(work: Workspace, field: SheetField, history: Sequence[Correction], source: str) -> str:
    """What a person did with the field: the act, what stood there before, and who."""
    if field.act is None or not history:
        return ""
    look = badges.ACTS[field.act]
    words = [_tag(look), escape(person_of(work, field.by))]
    if field.act is not Act.ACCEPT and source:
        before = escape(field.proposed) or f"<i>{escape(say('empty'))}</i>"
        words.append(f"{escape(say(source))} <s>{before}</s>")
    words += [escape(act.why) for act in history[-1:] if act.why]
    return f'<div style="font-size:.86rem; margin:.1rem 0 .3rem;">{" · ".join(words)}</div>'


def _findings(findings: Sequence[Finding]) -> str:
    return "".join(
        f'<div style="font-size:.86rem; margin:.1rem 0 .3rem;">'
        f"{_tag(badges.SEVERITIES[finding.severity])} {escape(say(finding.sentence))}</div>"
        for finding in findings
    )


def _tag(look: badges.Look) -> str:
    tint = _TINTS.get(look.colour, _TINTS["gray"])
    return (
        f'<span style="background:{tint}; border-radius:4px; padding:.05rem .4rem;'
        f' font-weight:500;">{escape(say(look.word))}</span>'
    )


def history(work: Workspace, events: Sequence[Event]) -> None:
    """Who moved it from where to where, and when; newest last."""
    for event in events:
        why = (
            f" — {notation.literal(say(Sentence.from_json(event.reason)))}" if event.reason else ""
        )
        st.markdown(
            f":gray[{notation.moment(event.at)}] &nbsp; {badges.stage(Stage(event.after))} &nbsp; "
            f"{notation.literal(person_of(work, event.by))}{why}"
        )


def keeping(work: Workspace, document: Document) -> None:
    """What is kept of it: the original, the record, the seal, the receipts."""
    source = work.store.source(document.source)
    lines = [
        (say("Original as received (SHA-256)"), source.digest if source else None),
        (say("Settled record (SHA-256)"), document.record_digest),
        (say("Template (SHA-256)"), document.template_digest),
    ]
    for signature in work.store.signatures(document.id):
        trial = f" — {say('TRIAL')}" if signature.trial else ""
        lines += [
            (say("Sealed by"), f"{signature.signer}{trial}"),
            (say("Sealed at"), notation.moment(signature.at)),
            (say("Signed file (SHA-512)"), signature.pdf_digest),
        ]
    for receipt in work.store.receipts(document.id):
        lines += [
            (say("Receipt of the repository"), f"{receipt.object_id} · {receipt.version}"),
            (say("Received at"), notation.moment(receipt.at)),
        ]
    for label, value in lines:
        if value:
            st.markdown(f":gray[{label}]  \n{notation.literal(value)}")
    if document.pdf_digest:
        st.html(download(document))


def download(document: Document) -> str:
    """A link to the signed file: the browser asks the server, no copy lies in the session."""
    return (
        f'<a href="/signed-files/{document.id}" target="_self" style="color:inherit">'
        f"{escape(say('Download the signed PDF'))}</a>"
    )


def changed_places(sheet: ReviewSheet) -> list[tuple[int, Sequence[float]]]:
    """Where on the pages a person changed what the machine had read."""
    return [
        (field.page, field.box)
        for field in sheet.fields
        if field.act not in (None, Act.ACCEPT) and field.page is not None and field.box
    ]


def tally(sheet: ReviewSheet) -> None:
    """How many fields there are, how many a person changed, how many rules do not hold."""
    changed = sum(field.act not in (None, Act.ACCEPT) for field in sheet.fields)
    findings = sum(len(field.findings) for field in sheet.fields)
    st.markdown(
        " &nbsp; ".join(
            (
                say("{n} fields", n=len(sheet.fields)),
                f":orange-badge[:material/edit: {say('{n} changed by hand', n=changed)}]",
                f":red-badge[:material/error: {say('{n} findings', n=findings)}]"
                if findings
                else f":green-badge[:material/check: {say('no findings')}]",
            )
        )
    )
