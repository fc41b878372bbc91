"""What the law asks of a result, on screen: its nine data, its code, and what its file is like."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench import filecheck, minimum, ui
from workbench.flow import overriding, required
from workbench.model import Finding, Person, Role, Severity, Stage, day
from workbench.review import ReviewSheet
from workbench.ui import badges, dossier, frame, notation
from workbench.words import language, say
from workbench.workspace import Workspace

_OURS = (f"{minimum.RULE}.", f"{filecheck.RULE}.")


def show(work: Workspace, sheet: ReviewSheet, person: Person) -> None:
    """The nine data with what is missing, the code, the findings of the file."""
    if not sheet.fields:
        return
    ours = [f for f in sheet.noted if f.rule.startswith(_OURS)]
    stops = [f for f in ours if f.severity is not Severity.INFORMATION and not sheet.let_pass(f)]
    heading = say("Nine data, result code and file")
    told = say("{n} to look at", n=len(stops)) if stops else say("in order")
    with st.expander(
        f"{heading} · {told}",
        icon=":material/rule:",
        expanded=any(f.severity is Severity.ERROR for f in stops),
        key=f"required.{sheet.document.id}",
    ):
        _nine(work, sheet)
        code = required.code_of(work, sheet.document.id)
        label = say("Result code") if code else say("Result code, to be given at approval")
        shown = code or required.code_to_be(work, sheet)
        st.markdown(f":gray[{label}]  \n**{notation.literal(shown)}**")
        with ui.guarded():
            for finding in ours:
                _finding(work, sheet, finding, person)


def _nine(work: Workspace, sheet: ReviewSheet) -> None:
    rows = []
    for one in required.stand(work, sheet):
        words = one.datum.says
        value = one.value or one.instead
        if not value and one.absent is not None:
            value = f"({one.absent.en if language() == 'en' else one.absent.vi})"
        if one.datum.id == "validity" and value == minimum.INDEFINITE:
            value = say("indefinite")
        elif (when := day(value)) is not None:
            value = f"{when:%d/%m/%Y}"
        rows.append(
            {
                "datum": words.en if language() == "en" else words.vi,
                "value": value or say("not there"),
            }
        )
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height=38 + 35 * len(rows),
        key=f"required.nine.{sheet.document.id}",
        column_config={
            "datum": st.column_config.TextColumn(say("Datum"), width="medium"),
            "value": st.column_config.TextColumn(say("As it stands"), width="large"),
        },
    )


def _finding(work: Workspace, sheet: ReviewSheet, finding: Finding, person: Person) -> None:
    look = badges.SEVERITIES[finding.severity]
    passed = sheet.let_pass(finding)
    line = f":{look.colour}[:material/{look.icon}:] {notation.literal(say(finding.sentence))}"
    if passed is not None:
        line += " — " + say(
            "let pass by {name}: {reason}",
            name=notation.literal(dossier.person_of(work, passed.by)),
            reason=notation.literal(passed.reason),
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(line, width="stretch")
        if passed is None and _may(sheet, finding, person):
            key = f"{sheet.document.id}.{finding.rule}"
            with st.popover(say("Let it pass…")):
                why = st.text_area(say("Why?"), key=f"required.why.{key}")
                if st.button(
                    say("Let it pass"),
                    type="primary",
                    disabled=not why.strip(),
                    key=f"required.pass.{key}",
                ):
                    overriding.override(
                        work, sheet.document.id, finding.rule, by=person.name, reason=why
                    )
                    frame.done(say("Kept with your reason."))
                    st.rerun()


def _may(sheet: ReviewSheet, finding: Finding, person: Person) -> bool:
    """Whether this person may let it pass here and now."""
    roles, stage = {Role(role) for role in person.roles}, sheet.document.stage
    here = {Stage.PROPOSED: Role.REVIEWER, Stage.REVIEWED: Role.APPROVER}.get(stage)
    stops = finding.severity is not Severity.INFORMATION
    return stops and here in roles and minimum.may_pass(finding.rule)
