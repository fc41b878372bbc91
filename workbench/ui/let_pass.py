"""Errors of fields on screen: what stands in the way of approval, and what was let pass and why."""

from __future__ import annotations

import streamlit as st

from workbench import flow, ui
from workbench.model import Finding, Override, Person, Role, Stage
from workbench.review import ReviewSheet
from workbench.ui import badges, dossier, frame, notation
from workbench.words import language, say
from workbench.workspace import Workspace


def show(work: Workspace, sheet: ReviewSheet, person: Person) -> None:
    """The errors of fields, with a way to let each pass; nothing where there are none."""
    of_fields = [finding for finding in sheet.findings if finding.fields]
    passed = [(f, kept) for f in of_fields if (kept := sheet.let_pass(f)) is not None]
    stops = [finding for finding in sheet.errors if finding.fields]
    if not passed and not stops:
        return
    with st.container(border=True, key=f"letpass.{sheet.document.id}"), ui.guarded():
        for finding in stops:
            _stop(work, sheet, finding, person)
        for finding, kept in passed:
            _passed(work, sheet, finding, kept, person)


def _stop(work: Workspace, sheet: ReviewSheet, finding: Finding, person: Person) -> None:
    look = badges.SEVERITIES[finding.severity]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":{look.colour}[:material/{look.icon}:] {_said(sheet, finding)}", width="stretch"
        )
        if not _may(sheet, person):
            return
        key = f"{sheet.document.id}.{finding.rule}.{'.'.join(finding.fields)}"
        with st.popover(say("Let it pass…")):
            why = st.text_area(say("Why?"), key=f"letpass.why.{key}")
            if st.button(
                say("Let it pass"),
                type="primary",
                disabled=not why.strip(),
                key=f"letpass.do.{key}",
            ):
                flow.override(
                    work, sheet.document.id, finding.rule, finding.fields, by=person.name,
                    reason=why,
                )  # fmt: skip
                frame.done(say("Kept with your reason."))
                st.rerun()


def _passed(
    work: Workspace, sheet: ReviewSheet, finding: Finding, kept: Override, person: Person
) -> None:
    told = say(
        "let pass by {name}: {reason}",
        name=notation.literal(dossier.person_of(work, kept.by)),
        reason=notation.literal(kept.reason),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/verified_user: {_said(sheet, finding)} — {told}", width="stretch")
        key = f"{sheet.document.id}.{finding.rule}.{'.'.join(finding.fields)}"
        if _may(sheet, person) and st.button(say("Let it stand again"), key=f"letpass.undo.{key}"):
            flow.withdraw(work, sheet.document.id, finding.rule, finding.fields, by=person.name)
            frame.done(say("The error stands again."))
            st.rerun()


def _said(sheet: ReviewSheet, finding: Finding) -> str:
    labels = {field.name: field.label.get(language(), field.name) for field in sheet.fields}
    named = ", ".join(labels.get(name, name) for name in finding.fields)
    return f"**{notation.literal(named)}**: {notation.literal(say(finding.sentence))}"


def _may(sheet: ReviewSheet, person: Person) -> bool:
    here = {Stage.PROPOSED: Role.REVIEWER, Stage.REVIEWED: Role.APPROVER}.get(sheet.document.stage)
    return here is not None and here.value in person.roles
