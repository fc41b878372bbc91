"""Local sign-in: a signed cookie names the person, and the store is asked anew at every look."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from itsdangerous import BadSignature, URLSafeTimedSerializer

from workbench.errors import NotAllowedError
from workbench.model import Person

COOKIE = "workbench_session"
HOURS = 12  # a working day: whoever stays on signs in again
_SECRET_FILE = "session.secret"  # noqa: S105 - the name of the file, not what is in it


def secret(folder: Path) -> bytes:
    """The key that signs cookies, made on first use; every process of a site shares the file."""
    file = folder / _SECRET_FILE
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
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

    A cookie carries the sign-in name, a stamp of the password's hash and an id of its own: a
    changed password or a closed account ends every session at once, signing out ends this one.
    Ended sessions lie in the folder `ended`, so that no other process and no restart revives them.
    """

    def __init__(self, key: bytes, find: Callable[[str], Person | None], ended: Path) -> None:
        self._sealed = URLSafeTimedSerializer(
            key, salt="workbench.session", signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._find = find
        self._ended = ended

    def begin(self, person: Person) -> str:
        return self._sealed.dumps([person.name, _stamp(person), secrets.token_hex(16)])

    def person(self, cookie: str | None) -> Person | None:
        """Whose session this is; nobody where it is forged, too old, ended or revoked."""
        name, stamp, session = self._read(cookie)
        if not session or (self._ended / session).exists():
            return None
        someone = self._find(name)
        if someone is None or not someone.active or stamp != _stamp(someone):
            return None
        return someone

    def end(self, cookie: str | None) -> None:
        """Sign out: whatever tab still has this session open, it is nobody's from now on."""
        session = self._read(cookie)[2]
        if not session:
            return
        self._ended.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self._ended / session).touch(mode=0o600)
        for old in self._ended.iterdir():  # what has run out by itself need not be remembered
            with suppress(FileNotFoundError):  # another process was quicker
                if time.time() - old.stat().st_mtime > HOURS * 3600:
                    old.unlink()

    def _read(self, cookie: str | None) -> tuple[str, str, str]:
        """Name, stamp and id of a session; empty where the cookie is not ours or too old."""
        try:
            match self._sealed.loads(cookie or "", max_age=HOURS * 3600):
                case [str(name), str(stamp), str(session)]:
                    return name, stamp, session
        except BadSignature:
            pass
        return "", "", ""


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

    def take_back(self, key: str) -> None:
        """The password was right: this try does not count, the failed ones before it still do."""
        if times := self._tried.get(key):
            times.pop()
