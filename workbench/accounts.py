"""Who may sign in, and how a password is kept: Argon2id, never the password itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from workbench.errors import NotAllowedError, NotReadyError
from workbench.model import Person, Role

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{2,31}")
_SHORTEST = 10  # NIST SP 800-63B asks for 8 at least; a phrase is easily longer

_hasher = PasswordHasher()  # RFC 9106 low-memory defaults of the library

# For the demo only: one sign-in a duty, so that one visitor can play all parts.
_DEMO = (
    ("soat1", "Cán bộ soát 1", Role.REVIEWER),
    ("soat2", "Cán bộ soát 2", Role.REVIEWER),
    ("mau1", "Cán bộ thiết kế mẫu", Role.DESIGNER),
    ("duyet1", "Lãnh đạo duyệt", Role.APPROVER),
    ("quanly1", "Chỉ huy điều hành", Role.MANAGER),
    ("quantri", "Quản trị hệ thống", Role.ADMINISTRATOR),
)
DEMO_UNIT = "PC06"
DEMO_PASSWORD = "demo"  # noqa: S105 - printed on the sign-in page of the demo


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def check_password(person: Person | None, password: str) -> bool:
    """Whether `person` is active and this is their password. Takes as long for nobody."""
    known = person is not None and person.active
    try:
        _hasher.verify(person.password_hash if person and known else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return known


def demo_people() -> tuple[Person, ...]:
    """One account for each duty, all with the same published password."""
    secret = hash_password(DEMO_PASSWORD)
    return tuple(
        Person(
            name=name,
            shown_as=shown_as,
            password_hash=secret,
            roles=[role.value],
            unit=DEMO_UNIT,
            demo=True,
        )
        for name, shown_as, role in _DEMO
    )


_NOBODY = hash_password("no such person has this password")


def new_person(
    name: str,
    shown_as: str,
    password: str,
    *,
    roles: Sequence[str],
    unit: str | None,
    known: Collection[str],
) -> Person:
    """A new account. Raises NotReadyError for what is missing or taken."""
    name = name.strip().lower()
    if not _NAME.fullmatch(name):
        raise NotReadyError(
            "The account name is not valid.",
            "Use 3 to 32 small letters without marks, digits, dots or hyphens.",
        )
    if name in known:
        raise NotReadyError("This account name is taken.", "Choose another one.")
    _check(shown_as, roles)
    return Person(
        name=name,
        shown_as=shown_as.strip(),
        password_hash=_checked_hash(password),
        roles=list(roles),
        unit=unit,
    )


def changed(
    person: Person,
    *,
    shown_as: str,
    roles: Sequence[str],
    unit: str | None,
    active: bool,
    by: str,
    known: Collection[Person],
) -> Person:
    """The account with other duties, beside all that are `known`. One administrator always stays,
    nobody shuts themselves out of the administration, and nobody gives themselves rights."""
    _check(shown_as, roles)
    if person.name == by and (not active or Role.ADMINISTRATOR.value not in roles):
        raise NotAllowedError(
            "You cannot take the administration from yourself.",
            "Ask another administrator to do it.",
        )
    if person.name == by and (unit != person.unit or not set(roles) <= set(person.roles)):
        raise NotAllowedError(
            "You cannot give yourself a role or another unit: rights on templates come with both.",
            "Ask another administrator to do it.",
        )
    after = Person(
        **{
            **person.model_dump(),
            "shown_as": shown_as.strip(),
            "roles": list(roles),
            "unit": unit,
            "active": active,
        }
    )
    left = [after, *(other for other in known if other.name != person.name)]
    if _administers(person) and not any(map(_administers, left)):
        raise NotAllowedError(
            "This is the last administrator; nobody could look after accounts any more.",
            "Make another account an administrator first.",
        )
    return after


def with_password(person: Person, password: str) -> Person:
    """The account with a new password. Raises NotReadyError for one that is too short."""
    return Person(**{**person.model_dump(), "password_hash": _checked_hash(password)})


def may_see_work_of(person: Person, other: Person) -> bool:
    """Whether a person may see another one's figures of work: their own, or as manager of the unit.

    A manager of no unit answers for units, and sees no single person's figures.
    """
    if not person.active:
        return False
    if person.name == other.name:
        return True
    manages = Role.MANAGER.value in person.roles
    return manages and person.unit is not None and person.unit == other.unit


def _administers(person: Person) -> bool:
    return person.active and Role.ADMINISTRATOR.value in person.roles


def check_unit(code: str, name: str) -> None:
    """Raise NotReadyError unless a unit may be called so."""
    if not code.strip() or not name.strip():
        raise NotReadyError("A unit needs a code and a name.", "Fill in both.")


def _check(shown_as: str, roles: Sequence[str]) -> None:
    if not shown_as.strip():
        raise NotReadyError("The name to be shown is missing.", "Write the person's name.")
    if not roles:
        raise NotReadyError("The account has no role.", "Choose at least one role.")


def _checked_hash(password: str) -> str:
    if len(password) < _SHORTEST:
        raise NotReadyError(
            "The password is too short.", "Use at least {n} characters.", n=_SHORTEST
        )
    return hash_password(password)
