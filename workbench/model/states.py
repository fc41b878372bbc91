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


class Origin(StrEnum):
    """Where a record's values came from."""

    SCAN = "scan"  # read from a scanned paper, which is its file
    TYPED = "typed"  # typed in from a paper that is not scanned
    TABLE = "table"  # a row of an entry file
    DATABASE = "database"  # converted from a specialised database


class Decision(StrEnum):
    """How a sitting with a document ends."""

    PASS = "pass"  # noqa: S105 - a decision
    RETURN = "return"
    RESCAN = "rescan"
    TAKEN_BACK = "taken_back"  # the reviewer's own decision before it, which stands no longer


class ParkedAs(StrEnum):
    """Why a document in review lies aside."""

    POSTPONED = "postponed"
    ESCALATED = "escalated"  # to an approver or a manager, who answers


class Act(StrEnum):
    """What a reviewer did with one field."""

    ACCEPT = "accept"  # the proposed value stands
    CANDIDATE = "candidate"  # another engine's reading was taken
    EDIT = "edit"
    ILLEGIBLE = "illegible"
    ABSENT = "absent"  # not present on this paper
    UNDO = "undo"
    DOUBT = "doubt"  # seen among its like, and to be looked at on its paper


class SeenIn(StrEnum):
    """Where a reviewer saw the field when they acted on it."""

    DOCUMENT = "document"  # on its paper, among its other fields
    CARPET = "carpet"  # cut out, among the same field of other papers


class PageMatter(StrEnum):
    """What is proposed of pages, or done to them."""

    BLANK = "blank"
    AGAIN = "again"  # another scan of a page that is there
    ORDER = "order"
    PARTED = "parted"  # several papers in one file
    JOINED = "joined"  # one paper over several files
    REPEATED = "repeated"  # a whole paper scanned twice
    BY_HAND = "by_hand"  # a person set the page aside


class Standing(StrEnum):
    """Whether a proposal about pages holds, and who says so."""

    OPEN = "open"  # a person must decide: it is not applied
    APPLIED = "applied"  # by the machine; nobody has looked at it
    CONFIRMED = "confirmed"
    UNDONE = "undone"


class HolderKind(StrEnum):
    PERSON = "person"
    ORGANISATION = "organisation"


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


# Who may see what a paper says. An administrator looks after accounts and needs no paper for it.
READERS = frozenset({Role.REVIEWER, Role.DESIGNER, Role.APPROVER, Role.MANAGER})
