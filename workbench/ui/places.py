"""The places in the app: one table that says which page lies where and for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import workbench
from workbench.errors import NotAllowedError
from workbench.model import READERS, Person, Role

PAGES = Path(workbench.__file__).parents[1] / "pages"

EVERYBODY = frozenset(Role)
_DELIVERERS = frozenset({Role.APPROVER, Role.MANAGER})
_ASKERS = frozenset({Role.REVIEWER, Role.APPROVER, Role.MANAGER})


@dataclass(frozen=True, slots=True)
class Place:
    """A page, its title (a message id), its section (a message id) and who finds it in the menu."""

    file: str
    title: str
    section: str
    icon: str
    roles: frozenset[Role]

    @property
    def path(self) -> Path:
        return PAGES / self.file


PLACES: tuple[Place, ...] = (
    Place("home.py", "Start", "", "home", EVERYBODY),
    Place("intake.py", "Take in scans", "Work", "upload_file", READERS),
    Place("entry.py", "Enter without a scan", "Work", "keyboard", frozenset({Role.REVIEWER})),
    Place("tables.py", "Import from Excel", "Work", "table_view", READERS),
    Place("documents.py", "Documents", "Work", "folder_open", READERS),
    Place("scope.py", "Scope", "Work", "alt_route", READERS),
    Place("review.py", "Review", "Work", "fact_check", frozenset({Role.REVIEWER})),
    Place("aside.py", "Put aside", "Work", "pending_actions", _ASKERS),
    Place("carpet.py", "Review by field", "Work", "grid_view", frozenset({Role.REVIEWER})),
    Place("text.py", "Text of the pages", "Work", "match_case", frozenset({Role.REVIEWER})),
    Place("approve.py", "Approve", "Work", "approval", frozenset({Role.APPROVER})),
    Place("entered.py", "Approve by batch", "Work", "checklist", frozenset({Role.APPROVER})),
    Place("sign.py", "Sign and export", "Work", "verified", frozenset({Role.APPROVER})),
    Place("repository.py", "Repository", "Work", "inventory_2", READERS),
    Place("holders.py", "Holders", "Work", "badge", READERS),
    Place("deliver.py", "Delivery", "Work", "local_shipping", _DELIVERERS),
    Place("verify.py", "Verify signatures", "Work", "shield", EVERYBODY),
    Place("difficulties.py", "Log of difficulties", "Work", "contact_support", READERS),
    Place("engines.py", "Engines", "Looking into it", "compare", READERS),
    Place("expiring.py", "Expiring soon", "Looking into it", "event_upcoming", READERS),
    Place("design.py", "Drawing board", "Looking into it", "draw", frozenset({Role.DESIGNER})),
    Place("unknown_forms.py", "Unknown forms", "Looking into it", "help_center", READERS),
    Place("templates.py", "Templates", "Looking into it", "dashboard_customize", READERS),
    Place(
        "managers.py",
        "Figures",
        "Looking into it",
        "monitoring",
        frozenset({Role.MANAGER, Role.REVIEWER, Role.APPROVER}),  # those who work see their own
    ),
    Place(
        "catalogues.py",
        "Catalogues",
        "Administration",
        "menu_book",
        frozenset({Role.DESIGNER, Role.MANAGER, Role.ADMINISTRATOR}),
    ),
    Place("people.py", "People", "Administration", "group", frozenset({Role.ADMINISTRATOR})),
)


def open_to(person: Person, places: Sequence[Place] = PLACES) -> tuple[Place, ...]:
    """The places this person finds; a page checks again by itself."""
    roles = {Role(role) for role in person.roles}
    return tuple(place for place in places if place.roles & roles and place.path.exists())


def by_section(places: Sequence[Place]) -> Mapping[str, list[Place]]:
    """Sections in the order of the table."""
    sections: dict[str, list[Place]] = {}
    for place in places:
        sections.setdefault(place.section, []).append(place)
    return sections


def must_read_papers(person: Person) -> None:
    """Raise NotAllowedError unless the person may see what papers say."""
    if not READERS & {Role(role) for role in person.roles}:
        raise NotAllowedError(
            "Your account does not have this right.", "Ask the administrator for it."
        )
