"""Looks at what is kept, on screen: begin one, see how far it is, what it found."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench import ui
from workbench.flow import fixity
from workbench.model import Audit, Harm, Person
from workbench.store import audits
from workbench.ui import frame, notation
from workbench.words import say
from workbench.workspace import Workspace

_MEGABYTE = 1 << 20


def order(work: Workspace, person: Person) -> None:
    """Have a worker look at everything that is kept."""
    with ui.guarded():
        if st.session_state.pop("audit.ordered", False):
            fixity.order_audit(work, by=person.name)
            frame.done(say("The audit is ordered; a worker does it."))
            st.rerun()
    under_way = any(a.ended_at is None for a in audits.audits(work.store, limit=5))
    st.button(
        say("Look at everything that is kept"),
        icon=":material/fact_check:",
        type="primary",
        disabled=under_way,
        key="audit.order",
        on_click=lambda: st.session_state.update({"audit.ordered": True}),
    )


@ui.watching(5)
def watch(work: Workspace) -> None:
    """The newest looks and what the newest found."""
    found = audits.audits(work.store, limit=10)
    if not found:
        st.markdown(":gray[" + say("Nothing has been audited so far.") + "]")
        return
    newest = found[0]
    _newest(newest)
    damages = audits.damages(work.store, newest.id, limit=500)
    if damages:
        st.dataframe(
            pd.DataFrame(
                {
                    "where": say(_HOLDINGS[damage.holdings]),
                    "file": damage.name,
                    "harm": say(_HARM[damage.harm]),
                    "expected": notation.short(damage.expected.partition(":")[2]),
                    "found": notation.short(damage.found.partition(":")[2]),
                    "mended": notation.moment(damage.mended_at),
                }
                for damage in damages
            ),
            hide_index=True,
            key=f"audit.damages.{newest.id}",
            column_config={
                "where": st.column_config.TextColumn(say("Where")),
                "file": st.column_config.TextColumn(say("File"), width="large"),
                "harm": st.column_config.TextColumn(say("What is wrong")),
                "expected": st.column_config.TextColumn(say("Digest it must have")),
                "found": st.column_config.TextColumn(say("Digest it has")),
                "mended": st.column_config.TextColumn(say("Put back at")),
            },
        )
        st.markdown(
            say("Put back from a copy of the data, on the server:")
            + " `workbench restore --from …`"
        )
    if earlier := found[1:]:
        st.markdown(f"**{say('Earlier')}**")
        st.markdown("\n".join(f"- {_told(audit)}" for audit in earlier))


def _newest(audit: Audit) -> None:
    if audit.ended_at is None:
        st.info(
            say(
                "Under way: {n} files, {megabytes} MB looked at so far; {bad} not as kept.",
                n=notation.number(audit.files),
                megabytes=notation.number(audit.size // _MEGABYTE),
                bad=notation.number(audit.harmed),
            ),
            icon=":material/hourglass_top:",
        )
    elif audit.harmed:
        st.error(_told(audit), icon=":material/gpp_bad:")
    else:
        st.success(_told(audit), icon=":material/verified:")


def _told(audit: Audit) -> str:
    seen = {
        "n": notation.number(audit.files),
        "megabytes": notation.number(audit.size // _MEGABYTE),
    }
    told = (
        say(
            "{n} files, {megabytes} MB looked at: {bad} are not as they were kept.",
            bad=notation.number(audit.harmed),
            **seen,
        )
        if audit.harmed
        else say("{n} files, {megabytes} MB looked at: all are as they were kept.", **seen)
    )
    return f"{notation.moment(audit.ended_at or audit.at)}: {told}"


_HOLDINGS = {"objects": "Object store", "repository": "Repository"}
_HARM = {
    Harm.ALTERED: "altered",
    Harm.MISSING: "missing",
    Harm.UNREADABLE: "unreadable on the disk",
    Harm.UNEXPECTED: "named by nothing",
}
