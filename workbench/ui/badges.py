"""What stages, findings and fates of files look like: the same words and colours everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from workbench.model import Act, Intake, Role, Severity, Stage
from workbench.words import say


@dataclass(frozen=True, slots=True)
class Look:
    word: str  # a message id
    colour: str  # of Streamlit's palette, so that it is right in light and dark
    icon: str


STAGES: Mapping[Stage, Look] = {
    Stage.RECEIVED: Look("Received", "gray", "inbox"),
    Stage.READ: Look("Read", "gray", "visibility"),
    Stage.PROPOSED: Look("Waits for review", "blue", "fact_check"),
    Stage.REVIEWED: Look("Waits for approval", "violet", "approval"),
    Stage.APPROVED: Look("Approved", "green", "task_alt"),
    Stage.SIGNED: Look("Signed", "green", "verified"),
    Stage.EXPORTED: Look("In the repository", "green", "inventory_2"),
    Stage.HELD: Look("Held", "orange", "pan_tool"),
    Stage.REJECTED: Look("Rejected", "red", "block"),
}

INTAKES: Mapping[Intake, Look] = {
    Intake.ACCEPTED: Look("Taken in", "green", "check_circle"),
    Intake.KNOWN: Look("Known already", "blue", "content_copy"),
    Intake.REFUSED: Look("Refused", "red", "cancel"),
}

SEVERITIES: Mapping[Severity, Look] = {
    Severity.ERROR: Look("Error", "red", "error"),
    Severity.WARNING: Look("Warning", "orange", "warning"),
    Severity.INFORMATION: Look("Note", "gray", "info"),
}

ACTS: Mapping[Act, Look] = {
    Act.ACCEPT: Look("Accepted as read", "gray", "check"),
    Act.CANDIDATE: Look("Another reading taken", "blue", "swap_horiz"),
    Act.EDIT: Look("Typed by hand", "orange", "edit"),
    Act.ILLEGIBLE: Look("Illegible", "red", "visibility_off"),
    Act.ABSENT: Look("Not on the paper", "gray", "remove"),
    Act.UNDO: Look("Taken back", "gray", "undo"),
    Act.DOUBT: Look("Doubted among its like", "orange", "help"),
}

ROLES: Mapping[Role, str] = {
    Role.REVIEWER: "Reviewer",
    Role.DESIGNER: "Template designer",
    Role.APPROVER: "Approver",
    Role.MANAGER: "Manager",
    Role.ADMINISTRATOR: "Administrator",
}


def badge(look: Look) -> str:
    """Markdown for a badge with its word and its sign: never by colour alone."""
    return f":{look.colour}-badge[:material/{look.icon}: {say(look.word)}]"


def stage(value: Stage) -> str:
    return badge(STAGES[value])


def stage_word(value: Stage) -> str:
    return say(STAGES[value].word)


def role_word(value: str) -> str:
    return say(ROLES[Role(value)])


def column(title: str, looks: Sequence[Look]) -> Any:  # Streamlit gives its columns no public type
    """A table column whose cells are lists of these words, each in its colour."""
    return st.column_config.MultiselectColumn(
        title, options=[say(look.word) for look in looks], color=[look.colour for look in looks]
    )
