"""The life of one template on screen: every version there ever was, and who did what with it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from workbench.errors import Sentence
from workbench.model import Person, TemplateAct, TemplateStanding
from workbench.store import templates as kept
from workbench.ui import badges, notation
from workbench.ui.template_list import STATES, name_of
from workbench.words import say
from workbench.workspace import Workspace

ACTS: Mapping[TemplateAct, badges.Look] = {
    TemplateAct.DRAWN: badges.Look("A draft was begun", "blue", "edit"),
    TemplateAct.CHANGED: badges.Look("Brought in as a file", "blue", "upload_file"),
    TemplateAct.DROPPED: badges.Look("The draft was given up", "gray", "delete"),
    TemplateAct.PROVEN: badges.Look("Tested", "blue", "science"),
    TemplateAct.SUBMITTED: badges.Look("Submitted", "violet", "approval"),
    TemplateAct.RETURNED: badges.Look("Sent back to its author", "orange", "undo"),
    TemplateAct.AUTHORISED: badges.Look("Authorised", "green", "verified"),
    TemplateAct.RETIRED: badges.Look("Retired", "gray", "history"),
    TemplateAct.GRANTED: badges.Look("A right was granted", "green", "key"),
    TemplateAct.REVOKED: badges.Look("A right was revoked", "orange", "key_off"),
    TemplateAct.EXPORTED: badges.Look("Written to a file", "gray", "download"),
    TemplateAct.REFUSED: badges.Look("Refused", "red", "block"),
}


def show(work: Workspace, person: Person, template: str) -> None:
    """Versions with who decided on them and why, then everything that was done or tried."""
    st.subheader(say("Versions"), anchor=False)
    versions = kept.standings(work.store, template)
    if not versions:
        st.markdown(":gray[" + say("No version was submitted so far.") + "]")
    for version in versions:
        with st.container(border=True):
            _version(work, version)
    st.subheader(say("What was done"), anchor=False)
    _past(work, template)


def _version(work: Workspace, version: TemplateStanding) -> None:
    st.markdown(
        f"**{say('Version {n}', n=version.version)}** &nbsp; {badges.badge(STATES[version.state])}"
        f" &nbsp; :gray[{say('Digest (SHA-256)')}] `{notation.short(version.digest)}`"
    )
    lines = []
    if version.submitted_by:
        lines.append(
            say(
                "Submitted by {name} at {time}.",
                name=notation.literal(name_of(work, version.submitted_by)),
                time=notation.moment(version.submitted_at),
            )
        )
    if version.decided_by:
        lines.append(
            say(
                "Decided by {name} at {time}.",
                name=notation.literal(name_of(work, version.decided_by)),
                time=notation.moment(version.decided_at),
            )
        )
    if version.reason:
        lines.append(say("Reason: {reason}", reason=notation.literal(version.reason)))
    if version.retired_by:
        lines.append(
            say(
                "Retired by {name} at {time}.",
                name=notation.literal(name_of(work, version.retired_by)),
                time=notation.moment(version.retired_at),
            )
        )
    st.markdown("  \n".join(lines))


def _past(work: Workspace, template: str) -> None:
    found = kept.events(work.store, template)
    if not found:
        st.markdown(":gray[" + say("Nothing yet.") + "]")
        return
    st.dataframe(
        pd.DataFrame(
            {
                "at": notation.moment(event.at),
                "act": [say(ACTS[event.act].word)],
                "by": name_of(work, event.by),
                "why": say(Sentence.from_json(event.told)) if event.told else event.reason,
                "digest": notation.short(event.digest),
            }
            for event in found
        ),
        hide_index=True,
        column_config={
            "at": st.column_config.TextColumn(say("When")),
            "act": badges.column(say("What"), list(ACTS.values())),
            "by": st.column_config.TextColumn(say("Who")),
            "why": st.column_config.TextColumn(say("Why"), width="large"),
            "digest": st.column_config.TextColumn(say("Digest (SHA-256)")),
        },
    )
