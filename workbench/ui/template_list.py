"""All templates on screen: which version is in use, since when and by whom, and what waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from workbench.errors import TemplateError
from workbench.flow import granting
from workbench.flow.enrolling import OURSELVES
from workbench.model import Person, Right, TemplateDraft, TemplateStanding, TemplateState
from workbench.store import templates as kept
from workbench.template import Template, parse
from workbench.ui import badges, dossier, frame, notation
from workbench.words import language, say
from workbench.workspace import Workspace

STATES: Mapping[TemplateState, badges.Look] = {
    TemplateState.SUBMITTED: badges.Look("Waits for authorisation", "violet", "approval"),
    TemplateState.AUTHORISED: badges.Look("In use", "green", "verified"),
    TemplateState.RETIRED: badges.Look("Retired", "gray", "history"),
    TemplateState.RETURNED: badges.Look("Sent back to its author", "orange", "undo"),
}
ALTERED = badges.Look("Altered", "red", "gpp_bad")  # nothing is read with it
DRAFT = badges.Look("Being drawn", "blue", "edit")


def choose(work: Workspace, person: Person) -> None:
    """The templates; the one whose line is chosen opens."""
    asked = granting.granted(work)
    every = _rows(work)
    rows = [row for row in every if asked.answer(Right.SEE, str(row["template"]), person).allowed]
    if every and not rows:
        st.info(
            say("You may see none of the {n} templates; an administrator can give the right.",
                n=len(every)),
            icon=":material/lock:",
        )  # fmt: skip
        return
    if not rows:
        frame.nothing(
            say("There are no templates."),
            say(
                "Draw the first one from a scan, or bring one in with `workbench template import`."
            ),
            person=person,
        )
        return
    answer = st.dataframe(
        pd.DataFrame(rows).drop(columns="template"),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="templates.list",
        column_config={
            "title": st.column_config.TextColumn(say("Template"), width="large"),
            "state": badges.column(say("State"), [*STATES.values(), ALTERED, DRAFT]),
            "version": st.column_config.NumberColumn(say("Version"), width="small"),
            "since": st.column_config.TextColumn(say("Since")),
            "who": st.column_config.TextColumn(say("By whom")),
            "id": st.column_config.TextColumn(say("Identifier")),
        },
    )
    chosen: Sequence[int] = answer["selection"]["rows"]
    if chosen:
        st.query_params["template"] = str(rows[chosen[0]]["template"])
        st.rerun()
    st.caption(say("Choose a line to see what the template says, its versions and its rights."))


def title_of(work: Workspace, template: str) -> str:
    """The template's title: of the version in use, else of the newest that there is."""
    said = newest(work, template)
    return said.title[language()] if said else template


def newest(work: Workspace, template: str) -> Template | None:
    """The version in use, else the newest one or the draft; None where none of them is valid."""
    if template in work.templates:
        return work.templates[template]
    texts = [
        version.source
        for one in kept.standings(work.store, template)
        if (version := work.store.template_version(one.digest)) is not None
    ]
    for source in (*texts, *(d.source for d in kept.drafts(work.store, template))):
        try:
            return parse(source, template)
        except TemplateError:
            continue
    return None


def known(work: Workspace) -> list[str]:
    """The ids of all templates that there are, were, or are being drawn."""
    ids = {one.template for one in kept.standings(work.store)}
    return sorted(ids | {one.template for one in kept.drafts(work.store)})


def _rows(work: Workspace) -> list[dict[str, object]]:
    versions: dict[str, list[TemplateStanding]] = {}
    for one in kept.standings(work.store):
        versions.setdefault(one.template, []).append(one)
    drafts: dict[str, list[TemplateDraft]] = {}
    for draft in kept.drafts(work.store):
        drafts.setdefault(draft.template, []).append(draft)
    return [
        _row(work, template, versions.get(template, []), drafts.get(template, []))
        for template in sorted({*versions, *drafts})
    ]


def _row(
    work: Workspace,
    template: str,
    versions: Sequence[TemplateStanding],
    drafts: Sequence[TemplateDraft],
) -> dict[str, object]:
    """One line: the version in use, and beside its state whatever else is under way."""
    in_use = next((v for v in versions if v.state is TemplateState.AUTHORISED), None)
    shown = in_use or (versions[0] if versions else None)
    states = [STATES[shown.state]] if shown else []
    if in_use is not None and template not in work.templates:
        states = [ALTERED]
    if any(v.state is TemplateState.SUBMITTED for v in versions):
        states.append(STATES[TemplateState.SUBMITTED])
    elif drafts:
        states.append(DRAFT)
    since = shown.retired_at or shown.decided_at or shown.submitted_at if shown else None
    who = shown.decided_by or shown.submitted_by if shown else drafts[0].author
    return {
        "template": template,
        "title": title_of(work, template),
        "state": [say(look.word) for look in dict.fromkeys(states)],
        "version": shown.version if shown else None,
        "since": notation.moment(since) if since else "",
        "who": name_of(work, who),
        "id": template,
    }


def name_of(work: Workspace, account: str) -> str:
    """Who that is, as others see them; what comes with the workbench says so."""
    if account == OURSELVES:
        return say("the workbench itself")
    return dossier.person_of(work, account)
