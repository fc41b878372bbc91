"""Who may sign in, and how a password is kept: Argon2id, never the password itself."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from workbench.model import Person, Role

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
        Person(name=name, shown_as=shown_as, password_hash=secret, roles=[role.value], demo=True)
        for name, shown_as, role in _DEMO
    )


_NOBODY = hash_password("no such person has this password")
