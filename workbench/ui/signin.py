"""Local sign-in: a signed cookie names the person, and the store is asked anew at every request."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer

from workbench.errors import NotAllowedError
from workbench.model import Person

COOKIE = "workbench_session"
HOURS = 12  # a working day: whoever stays on signs in again
_SECRET_FILE = "session.secret"  # noqa: S105 - the name of the file, not what is in it


def secret(folder: Path) -> bytes:
    """The key that signs cookies, made on first use; every process of a site shares the file."""
    file = folder / _SECRET_FILE
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{_SECRET_FILE}.{secrets.token_hex(4)}"
    if not file.exists():
        fresh.touch(mode=0o600)
        fresh.write_bytes(secrets.token_bytes(32))
        try:
            os.link(fresh, file)  # fails where another process was quicker; then its key counts
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return file.read_bytes()


class Sessions:
    """Gives and reads session cookies.

    A cookie carries the sign-in name and a stamp of the password's hash, so that a changed password
    or a closed account ends every session at once.
    """

    def __init__(self, key: bytes, find: Callable[[str], Person | None]) -> None:
        self._sealed = URLSafeTimedSerializer(
            key, salt="workbench.session", signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._find = find

    def begin(self, person: Person) -> str:
        return self._sealed.dumps([person.name, _stamp(person)])

    def person(self, cookie: str | None) -> Person | None:
        """Whose session this is; nobody where it is forged, too old or revoked."""
        if not cookie:
            return None
        try:
            kept: Any = self._sealed.loads(cookie, max_age=HOURS * 3600)
        except BadSignature:
            return None
        name, stamp = kept
        someone = self._find(name)
        if someone is None or not someone.active or stamp != _stamp(someone):
            return None
        return someone


def _stamp(person: Person) -> str:
    return hashlib.sha256(person.password_hash.encode()).hexdigest()[:16]


@dataclass
class Tries:
    """Counts tries to sign in by account or address: guessing a password takes years."""

    allowed: int
    seconds: float = 300
    clock: Callable[[], float] = time.monotonic
    remembered: int = 10_000  # a flood of names must not fill the memory
    _tried: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)

    def begin(self, key: str) -> None:
        """Count a try before its password is checked. Raises NotAllowedError after too many."""
        times = self._tried.setdefault(key, deque(maxlen=self.allowed))
        wait = times[0] + self.seconds - self.clock() if len(times) == self.allowed else 0
        if wait > 0:
            raise NotAllowedError(
                "Too many failed sign-ins.",
                "Wait {minutes} minutes, then try again.",
                minutes=max(1, round(wait / 60)),
            )
        times.append(self.clock())
        self._tried.move_to_end(key)
        while len(self._tried) > self.remembered:
            self._tried.popitem(last=False)

    def forget(self, key: str) -> None:
        """The password was right: what came before does not count."""
        self._tried.pop(key, None)
