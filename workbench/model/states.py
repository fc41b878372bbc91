"""The words for states: what a document, a file, a field or a person can be."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """Where a document stands: the state machine and the work queue."""

    RECEIVED = "received"
    READ = "read"
    PROPOSED = "proposed"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    SIGNED = "signed"
    EXPORTED = "exported"
    HELD = "held"
    REJECTED = "rejected"


class Intake(StrEnum):
    """What became of a file that was handed in."""

    ACCEPTED = "accepted"
    KNOWN = "known"  # the same bytes were taken in before; not read twice
    REFUSED = "refused"


class Decision(StrEnum):
    """How a sitting with a document ends."""

    PASS = "pass"  # noqa: S105 - a decision
    RETURN = "return"
    RESCAN = "rescan"


class Act(StrEnum):
    """What a reviewer did with one field."""

    ACCEPT = "accept"  # the proposed value stands
    CANDIDATE = "candidate"  # another engine's reading was taken
    EDIT = "edit"
    ILLEGIBLE = "illegible"
    ABSENT = "absent"  # not present on this paper
    UNDO = "undo"


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


class Role(StrEnum):
    REVIEWER = "reviewer"
    DESIGNER = "designer"
    APPROVER = "approver"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"
