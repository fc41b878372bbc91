"""What the letters say is done with a paper, with the words they say it in."""

from __future__ import annotations

import streamlit as st

from workbench import flow
from workbench.model import now
from workbench.review import ReviewSheet
from workbench.scope import Judged, Path
from workbench.ui import notation
from workbench.words import language, say
from workbench.workspace import Workspace

PATHS = {
    Path.SCAN: "Scan, data and the organisation's signature",
    Path.DATA_ONLY: "Enter the data only; no file",
    Path.CONVERT: "Convert from the specialised database",
    Path.LEAD_UNIT_CONVERTS: "Leave it to the lead unit to convert",
    Path.OUT_OF_SCOPE: "Out of scope: not digitised",
}


def note(work: Workspace, sheet: ReviewSheet) -> None:
    """The path, why, and what must be looked at; nothing while the form is not known."""
    judged = flow.way(work, sheet, on=now().date())
    if judged is None:
        return
    lines = [f"**{say(PATHS[judged.path])}** · {_said(judged)}"]
    lines += [f":material/visibility: {notation.literal(text)}" for text in cautions(judged)]
    with st.container(border=True, key=f"way.{sheet.document.id}"):
        if judged.path is Path.SCAN:
            st.markdown("  \n".join(lines))
        else:
            st.markdown(":orange[:material/alt_route:] " + "  \n".join(lines))
        rule = judged.rule
        said = f"“{rule.quote}”" if rule.quote else rule.sense
        st.caption(f"{notation.literal(said)} — {notation.literal(rule.source)}")


def cautions(judged: Judged) -> list[str]:
    return [
        caution.says.en if language() == "en" else caution.says.vi for caution in judged.cautions
    ]


def _said(judged: Judged) -> str:
    says = judged.rule.says
    return notation.literal(says.en if language() == "en" else says.vi)
