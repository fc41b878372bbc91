"""Is everything still there and as it was kept? A look at each file that can stop and go on.

The look reads no faster than it is told to, so that people can work beside it. What it found is
restored from a copy of the data folder: only what is proved by its digest, never over what is good.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import structlog

from workbench.errors import NotReadyError
from workbench.flow.people import account, any_of
from workbench.flow.work import Work
from workbench.model import Audit, Damage, Harm, Held, Role, now
from workbench.objects import digest_of
from workbench.seams import Holdings
from workbench.store import audits, kept

# So often progress is kept: each look that is silent for a minute may be taken up by another.
FILES_A_NOTE = 200
BYTES_A_NOTE = 64 << 20
SECONDS_A_NOTE = 10.0
_ROWS = ":rows"  # the second look at a holding: is everything there that rows name?
_IN_COPY = {"objects": "objects", "repository": "repository/ocfl-root"}

log = structlog.get_logger()


@dataclass
class Pace:
    """Lets no more than `rate` bytes a second through; 0: no limit."""

    rate: int = 0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _begun: float | None = field(default=None, init=False)
    _read: int = field(default=0, init=False)

    def told(self, size: int) -> None:
        """Wait until the pieces read so far, this one included, are within the rate."""
        if not self.rate:
            return
        if self._begun is None:
            self._begun = self.clock()
        self._read += size
        ahead = self._read / self.rate - (self.clock() - self._begun)
        if ahead > 0:
            self.sleep(ahead)


def order_audit(work: Work, *, by: str) -> Audit:
    """Have everything that is kept looked at; the look that is under way, if there is one."""
    any_of(account(work, by), Role.MANAGER, Role.ADMINISTRATOR, Role.APPROVER)
    return audits.begin(work.store, by=by, at=now())


def go_on(
    work: Work,
    audit: Audit,
    *,
    pace: Pace | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Audit:
    """Carry a look on to its end, or until `stop`; after a kill it goes on where it was noted."""
    look = _Look(work, audit, pace or Pace(), stop)
    places = _places(work)
    names = [name for name, _ in places]
    first = names.index(audit.holdings) if audit.holdings in names else 0
    for name, files in places[first:]:
        if audit.holdings != name:
            audit.holdings, audit.after = name, ""
        for damaged in files(audit.after, look):
            look.found(damaged)
        look.note()
        if look.is_stopped:
            return audit
    audit.ended_at = now()
    look.note()
    log.info("audit.ended", audit=audit.id, files=audit.files, harmed=audit.harmed)
    return audit


_Files = Callable[[str, "_Look"], Iterator[Damage | None]]


def _places(work: Work) -> list[tuple[str, _Files]]:
    """What is looked at, in this order: each holding, then whether what rows name is in it."""
    found: list[tuple[str, _Files]] = []
    for holdings in work.holdings:
        named = {
            "objects": lambda: kept.digests(work.store),
            "repository": lambda: kept.objects(work.store, work.repository.name),
        }[holdings.name]

        def lying(after: str, look: _Look, held: Holdings = holdings) -> Iterator[Damage | None]:
            return look.lying(held, after)

        def promised(
            after: str,
            look: _Look,
            held: Holdings = holdings,
            keys: Callable[[], Iterable[str]] = named,
        ) -> Iterator[Damage | None]:
            return look.promised(held, keys())

        found += [(holdings.name, lying), (holdings.name + _ROWS, promised)]
    return found


class _Look:
    """One look: counts what was read and keeps it, with what was found, every now and then."""

    def __init__(self, work: Work, audit: Audit, pace: Pace, stop: Callable[[], bool]) -> None:
        self._stop = stop
        self.is_stopped = False
        self._work = work
        self._audit = audit
        self._pace = pace
        self._unnoted: list[Damage] = []
        self._since = [0, 0]  # files, bytes since the last note
        self._noted = pace.clock()

    def lying(self, holdings: Holdings, after: str) -> Iterator[Damage | None]:
        for held in holdings.held(after):
            self.is_stopped = self._stop()
            if self.is_stopped:
                return
            yield self._looked_at(holdings, held)
            self._audit.after = held.name
            self._audit.files += 1
            self._since[0] += 1

    def promised(self, holdings: Holdings, keys: Iterable[str]) -> Iterator[Damage | None]:
        for key in keys:
            name = holdings.named(key)
            if (holdings.folder / name).exists():
                continue
            expected = f"sha256:{key}" if holdings.name == "objects" else ""
            yield self._damage(holdings, Held(name, expected), Harm.MISSING, "")

    def found(self, damage: Damage | None) -> None:
        if damage is not None:
            self._unnoted.append(damage)
        files, size = self._since
        late = self._pace.clock() - self._noted > SECONDS_A_NOTE
        if files >= FILES_A_NOTE or size >= BYTES_A_NOTE or late:
            self.note()

    def note(self) -> None:
        self._audit.seen_at = now()
        audits.note(self._work.store, self._audit, self._unnoted)
        self._unnoted = []
        self._since = [0, 0]
        self._noted = self._pace.clock()

    def _looked_at(self, holdings: Holdings, held: Held) -> Damage | None:
        if not held.expected:
            return self._damage(holdings, held, Harm.UNEXPECTED, "")
        for _ in range(2):
            try:
                found = digest_of(holdings.folder / held.name, held.expected, read=self._read)
            except OSError:
                return self._damage(holdings, held, Harm.UNREADABLE, "")
            if found == held.expected:
                return None
            # A new version may have been kept while it was read: only what is wrong twice is.
            held = Held(held.name, holdings.now_expected(held.name) or held.expected)
        return self._damage(holdings, held, Harm.ALTERED if found else Harm.MISSING, found)

    def _read(self, size: int) -> None:
        self._audit.size += size
        self._since[1] += size
        self._pace.told(size)

    def _damage(self, holdings: Holdings, held: Held, harm: Harm, found: str) -> Damage:
        log.warning("audit.damage", holdings=holdings.name, harm=harm)
        return Damage(
            id=str(uuid5(NAMESPACE_URL, f"{self._audit.id}/{holdings.name}/{held.name}")),
            audit=self._audit.id,
            holdings=holdings.name,
            name=held.name,
            harm=harm,
            expected=held.expected,
            found=found,
            at=now(),
        )


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of restoring what an audit found."""

    put_back: tuple[str, ...]
    not_in_copy: tuple[str, ...]  # the copy has no such file, or a bad one


def restore(work: Work, copy: Path, *, by: str, at: datetime | None = None) -> Restored:
    """Put back what the newest ended audit found damaged or missing, from a copy of the data.

    Raises NotReadyError where there is no ended audit, or the folder is no copy of the data.
    """
    ended = next((a for a in audits.audits(work.store) if a.ended_at is not None), None)
    if ended is None:
        raise NotReadyError(
            "Nothing has been audited so far.", "Run `workbench audit` first; it finds what is bad."
        )
    if not any((copy / below).is_dir() for below in _IN_COPY.values()):
        raise NotReadyError(
            "The folder {folder} is no copy of the data.",
            "Name the folder that holds `objects` and `repository` of the backup.",
            folder=copy.name,
        )
    back: list[str] = []
    left: list[str] = []
    for holdings in work.holdings:
        aside = work.scratch.parent / "damaged" / ended.id / holdings.name
        for damage in audits.damages(work.store, ended.id):
            if damage.holdings != holdings.name or damage.mended_at is not None:
                continue
            if damage.harm is Harm.UNEXPECTED:
                continue
            held = Held(damage.name, damage.expected)
            if holdings.mend(held, copy / _IN_COPY[holdings.name], aside):
                audits.mended(work.store, damage.id, by=by, at=at or now())
                back.append(f"{holdings.name}/{damage.name}")
            else:
                left.append(f"{holdings.name}/{damage.name}")
    log.info("audit.restored", put_back=len(back), not_in_copy=len(left))
    return Restored(tuple(back), tuple(left))
