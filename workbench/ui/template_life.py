"""The life of one template on screen: every version there ever was, and who did what with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import pandas as pd
import streamlit as st

from workbench import ui
from workbench.errors import Sentence
from workbench.flow.enrolling import lying
from workbench.flow.vouching import Vouched, vouch
from workbench.model import Person, TemplateAct, TemplateStanding, TemplateState
from workbench.store import templates as kept
from workbench.ui import badges, notation, template_decisions
from workbench.ui.template_list import ALTERED, STATES, name_of
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
    """Drafts and versions with what may be done with them, then all that was done or tried."""
    template_decisions.outdated(work, person, template)
    template_decisions.drafts(work, person, template)
    st.subheader(say("Versions"), anchor=False)
    versions = kept.standings(work.store, template)
    if not versions:
        st.markdown(":gray[" + say("No version was submitted so far.") + "]")
    for version in versions:
        with st.container(border=True):
            _version(work, version)
            with ui.guarded():
                template_decisions.of_version(work, person, version)
    st.subheader(say("What was done and refused"), anchor=False)
    _past(work, template)


def in_folder(work: Workspace) -> None:
    """What lies in the folder of templates and nobody ever authorised: it is not read with."""
    told = [file for file in lying(work.store, work.settings.templates) if file.state is None]
    if told:
        lines = [
            f"- {notation.literal(say(file.told))} "
            + (notation.literal(say(file.remedy)) if file.remedy else "")
            for file in told
            if file.told is not None
        ]
        st.warning("\n".join(lines), icon=":material/folder_off:")


def _version(work: Workspace, version: TemplateStanding) -> None:
    decided = version.state in (TemplateState.AUTHORISED, TemplateState.RETIRED)
    found = vouch(work.store, version, work.judge) if decided else None
    look = ALTERED if found and found.flaw else STATES[version.state]
    st.markdown(
        f"**{say('Version {n}', n=version.version)}** &nbsp; {badges.badge(look)}"
        f" &nbsp; :gray[{say('Digest (SHA-256)')}] `{notation.short(version.digest)}`"
    )
    lines = list(_told(work, version))
    st.markdown("  \n".join(lines))
    if found is not None:
        _signature(found)


def _told(work: Workspace, version: TemplateStanding) -> Iterator[str]:
    if version.authors:
        names = ", ".join(name_of(work, name) for name in version.authors)
        yield say("Drawn by {names}.", names=notation.literal(names))
    if version.submitted_by:
        yield say(
            "Submitted by {name} at {time}.",
            **_who(work, version.submitted_by, version.submitted_at),
        )
    if version.decided_by and version.state is TemplateState.RETURNED:
        yield say(
            "Handed back by {name} at {time}.", **_who(work, version.decided_by, version.decided_at)
        )
    elif version.decided_by:
        yield say(
            "Authorised by {name} at {time}.", **_who(work, version.decided_by, version.decided_at)
        )
    if version.reason:
        yield say("Reason: {reason}", reason=notation.literal(version.reason))
    if version.retired_by:
        yield say(
            "Retired by {name} at {time}.", **_who(work, version.retired_by, version.retired_at)
        )


def _who(work: Workspace, account: str, at: datetime | None) -> dict[str, str]:
    return {"name": notation.literal(name_of(work, account)), "time": notation.moment(at)}


def _signature(found: Vouched) -> None:
    """What vouches for a version that was decided: its signature, or that it came along."""
    if found.flaw is not None:
        st.error(
            f"**{notation.literal(say(found.flaw))}** "
            + say("Nothing is read with it. Restore the store from the backup."),
            icon=":material/gpp_bad:",
        )
    elif found.signature is None:
        st.markdown(
            ":material/inventory_2: " + say("It came with the workbench; nobody signed it.")
        )
    else:
        says = say(
            "Signed by {name} at {time}; intact.",
            name=notation.literal(found.signature.signer),
            time=notation.moment(found.signature.at),
        )
        trial = (
            f" :orange-badge[:material/science: {say('TRIAL')}]" if found.signature.trial else ""
        )
        lines = [notation.literal(say(line)) for line in found.signature.lines]
        st.markdown(f":material/verified: {says}{trial}  \n:gray[{' '.join(lines)}]")


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
