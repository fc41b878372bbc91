"""The one door into the lake: rows of the store come in, only facts about them go on.

A fact is a number, a code, a count, a time or a yes/no. What a paper says, what a person typed and
who that person was stay on this side: `schemas` lists every column that may pass.
"""

from __future__ import annotations

import hmac
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any, cast

import numpy as np
import pyarrow as pa

from workbench import review, vietnamese
from workbench.analytics.schemas import BORN, SCHEMAS, bit
from workbench.model import Act, Correction, Proposal, Severity, Stage, day
from workbench.model.changes import Changes, Rows
from workbench.scope import regime

VIET_NAM = timedelta(hours=7)  # since 1975 without summer time
_AT = pa.timestamp("us", tz="UTC")

_DAY_OF = {
    Stage.READ: "read_on", Stage.PROPOSED: "proposed_on", Stage.REVIEWED: "reviewed_on",
    Stage.APPROVED: "approved_on", Stage.SIGNED: "signed_on", Stage.EXPORTED: "exported_on",
}  # fmt: skip
_FORWARD = frozenset({None, "received", "read", "held"})  # from here a proposal is no return
_MACHINES = ("worker", "command-line")


@dataclass(frozen=True, slots=True)
class Increment:
    """Everything the lake is to know from now on about some parts of some documents.

    `touched`: document and a bit for each of `PARTS`; what `tables` do not say about a part that is
    named there is no longer so.
    """

    touched: pa.Table
    tables: Mapping[str, pa.Table]

    @property
    def rows(self) -> int:
        return sum(table.num_rows for table in self.tables.values())


def local_days(moments: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The days of moments as a clock in Việt Nam shows them."""
    if isinstance(moments, pa.ChunkedArray):
        moments = moments.combine_chunks()
    later = moments.cast(pa.int64()).to_numpy(zero_copy_only=False)
    shift = VIET_NAM // timedelta(microseconds=1)
    days = np.floor_divide(later + shift, 86_400_000_000)
    missing = np.isnan(days) if days.dtype.kind == "f" else None
    plain = np.where(missing, 0, days) if missing is not None else days
    return pa.array(plain.astype(np.int32), pa.int32(), mask=missing).cast(pa.date32())


def increment(changes: Changes, *, secret: bytes, known: Mapping[int, int]) -> Increment:
    """Facts about what changed. `known`: documents whose changes of this serial are in the lake."""
    since = changes.since
    touched, old = [], set()
    for number, serial, *parts in changes.touched:
        if known.get(number) == serial:
            old.add(number)
            continue
        bits = sum(1 << place for place, part in enumerate(parts) if part >= since)
        touched.append((number, bits))
    rows = {
        name: [row for row in rows if row[0] not in old] if old else rows
        for name, rows in changes.rows.items()
    }
    bits_of = dict(touched)
    facts = _Facts(changes, rows, bits_of, secret)
    tables = {name: make() for name, make in facts.makers.items()}
    return Increment(_table(BORN, zip(*touched, strict=True) if touched else None), tables)


def key_of(person: str, secret: bytes) -> str:
    """The pseudonym of a sign-in name: the same each time, of no use without the secret."""
    return hmac.new(secret, person.encode(), "sha256").hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class _Act:
    """As much of a Correction as settles a field."""

    act: Act
    field: str
    after: str
    normalised: str
    serial: int
    place: int  # among the rows


@dataclass(frozen=True, slots=True)
class _Value:
    value: str
    normalised: str


class _Facts:
    """Makes the tables of one increment; what several of them need is worked out once."""

    def __init__(
        self,
        changes: Changes,
        rows: Mapping[str, Rows],
        bits: Mapping[int, int],
        secret: bytes,
    ) -> None:
        self.rows, self.bits, self.secret = rows, bits, secret
        self.versions = {digest: version for digest, _, version in changes.templates}
        self.makers: Mapping[str, Callable[[], pa.Table]] = {
            "documents": self._documents, "moves": self._moves, "readings": self._readings,
            "fields": self._fields, "candidates": self._candidates, "acts": self._acts,
            "looks": self._looks,
            "decisions": self._decisions, "signatures": self._signatures,
            "receipts": self._receipts,
        }  # fmt: skip
        self._who = lru_cache(maxsize=10_000)(self._pseudonym)
        self.events = sorted(rows["event"], key=lambda r: (r[0], r[1]))
        self.event_at = _moments(r[6] for r in self.events)
        self.corrections = sorted(rows["correction"], key=lambda r: (r[0], r[1], r[2]))
        self.acts_at = _moments(r[9] for r in self.corrections)
        self.standing = self._standing()
        self.pages = {(row[0], row[1]): _page(row) for row in rows["page"]}
        self.settled: dict[tuple[int, str], tuple[str, str]] = {}  # the value that stands
        self.proposed: dict[tuple[int, str], _Value] = {}
        for row in rows["proposal"]:
            place = row[0], row[1]
            proposal = _Value(row[3], row[4])
            act = self.standing.get(row[0], {}).get(row[1])
            self.proposed[place] = proposal
            self.settled[place] = (
                (row[3], row[4])
                if act is None
                else review.value_of(cast(Proposal, proposal), cast(Correction, act))
            )

    def _touched(self, number: int, part: str) -> bool:
        return bool(self.bits.get(number, 0) & bit(part))

    def _pseudonym(self, person: str) -> str | None:
        if not person or person.startswith(_MACHINES):
            return None
        return key_of(person, self.secret)

    def _standing(self) -> dict[int, dict[str, _Act]]:
        past: dict[int, list[_Act]] = defaultdict(list)
        for place, row in enumerate(self.corrections):
            past[row[0]].append(_Act(Act(row[4]), row[3], row[6], row[7], row[1], place))
        return {
            number: cast(dict[str, _Act], review.standing(cast(Sequence[Correction], acts)))
            for number, acts in past.items()
        }

    def _documents(self) -> pa.Table:
        first: dict[int, dict[str, Any]] = defaultdict(dict)
        returned: dict[int, int] = defaultdict(int)
        days = local_days(self.event_at).to_pylist()
        for row, on in zip(self.events, days, strict=True):
            name = _DAY_OF.get(row[3])
            if name is not None:
                first[row[0]].setdefault(name, on)
            if row[3] == Stage.PROPOSED:
                first[row[0]].setdefault("read_on", on)
                returned[row[0]] += row[2] not in _FORWARD
        pages: dict[int, int] = defaultdict(int)
        worst: dict[int, str] = {}
        scanners: dict[int, set[str]] = defaultdict(set)
        for (number, _), page in self.pages.items():
            pages[number] += 1
            scanners[number].add(page.scanner)
            if page.level is not None:
                worst[number] = max(page.level, worst.get(number, ""), key=_LEVELS.index)
        fields: dict[int, int] = defaultdict(int)
        flagged: dict[int, int] = defaultdict(int)
        for row in self.rows["proposal"]:
            fields[row[0]] += 1
            flagged[row[0]] += not row[7] or _findings(row[8]) > 0
        wanted = [row for row in self.rows["document"] if self._touched(row[0], "documents")]
        made, changed = _moments(r[10] for r in wanted), _moments(r[11] for r in wanted)
        taken_in = local_days(made).to_pylist()
        rows = []
        for row, on in zip(wanted, taken_in, strict=True):
            number = row[0]
            issued = self.settled.get((number, "ngay_cap"), ("", ""))[1]
            days_of = first.get(number, {})
            rows.append(
                (
                    number, row[1], row[2], row[3], row[4], row[5], row[6],
                    self.versions.get(row[6]), row[7], row[8], row[9], regime(day(issued)),
                    pages[number], worst.get(number), _only(scanners[number]), row[12],
                    fields[number], flagged[number], None, None,
                    on, *(days_of.get(name) for name in _DAY_OF.values()), returned[number],
                )
            )  # fmt: skip
        return _table(
            SCHEMAS["documents"], zip(*rows, strict=True), created_at=made, changed_at=changed
        )

    def _moves(self) -> pa.Table:
        chosen = [i for i, row in enumerate(self.events) if self._touched(row[0], "moves")]
        at = self.event_at.take(pa.array(chosen, pa.int64()))
        rows, left = [], []
        seen: set[tuple[int, str]] = set()
        for place, i in enumerate(chosen):
            number, serial, before, after, by, reason, _ = self.events[i]
            following = chosen[place + 1] if place + 1 < len(chosen) else None
            stays = following is None or self.events[following][0] != number
            left.append(None if stays else place + 1)
            who = self._who(by)
            rows.append(
                (
                    number, serial, before, after, reason, by.startswith(_MACHINES), who,
                    (number, after) not in seen, None, None, None,
                )
            )  # fmt: skip
            seen.add((number, after))
        left_at = at.take(pa.array(left, pa.int64()))
        return _table(
            SCHEMAS["moves"],
            zip(*rows, strict=True),
            at=at,
            day=local_days(at),
            left_at=left_at,
        )

    def _readings(self) -> pa.Table:
        wanted = [row for row in self.rows["reading"] if self._touched(row[0], "readings")]
        at = _moments(r[8] for r in wanted)
        nowhere = _Page(None, None, None, "")
        rows = []
        for number, page, engine, version, count, cpu, seconds, failure, _ in wanted:
            on = self.pages.get((number, page), nowhere)
            rows.append(
                (number, on.number, engine, version, count, cpu, seconds, failure is not None,
                 on.level, on.dpi, None, None)
            )  # fmt: skip
        return _table(SCHEMAS["readings"], zip(*rows, strict=True), at=at, day=local_days(at))

    def _fields(self) -> pa.Table:
        reviewed: dict[int, int] = {}  # when it was passed on for the first time
        moments = self.event_at.cast(pa.int64()).to_pylist()
        for row, at in zip(self.events, moments, strict=True):
            if row[3] == Stage.REVIEWED:
                reviewed.setdefault(row[0], at)
        spent: dict[tuple[int, str], list[int]] = {}  # acts, keys, milliseconds
        for row in self.corrections:
            sums = spent.setdefault((row[0], row[3]), [0, 0, 0])
            sums[0] += 1
            sums[1] += row[11]
            sums[2] += row[12]
        acted = self.acts_at.cast(pa.int64()).to_pylist()
        rows = []
        for row in self.rows["proposal"]:
            number, field, position, _, normalised, probability, agreement, accepted = row[:8]
            if not self._touched(number, "fields"):
                continue
            act = self.standing.get(number, {}).get(field)
            changed = not _same(normalised, self.settled[number, field][1])
            worrying = _findings(row[8])
            acts, keys, milliseconds = spent.get((number, field), (0, 0, 0))
            late = changed and act is not None and acted[act.place] > reviewed.get(number, 1 << 62)
            rows.append(
                (
                    number, field, _kind_of(field), row[9] or None, position, probability,
                    agreement, bool(accepted), not accepted or worrying > 0, worrying,
                    act.act.value if act else None, acts, keys, milliseconds, act is not None,
                    changed, late,
                )
            )  # fmt: skip
        return _table(SCHEMAS["fields"], zip(*rows, strict=True))

    def _candidates(self) -> pa.Table:
        versions = {(row[0], row[2]): row[3] for row in sorted(self.rows["reading"], key=_version)}
        nothing = _Value("", "")
        rows = []
        last: tuple[int, str] | None = None
        # In this order, so that the same candidates are numbered the same however they are asked.
        for number, field, engine, text, value, confidence, cpu in sorted(
            self.rows["fieldreading"], key=itemgetter(0, 1, 2)
        ):
            place = number, field
            if place != last:
                last, kind = place, _kind_of(field)
                proposed = self.proposed.get(place, nothing)
                stands = self.settled.get(place, ("", ""))
                as_proposed = stands == (proposed.value, proposed.normalised)
                groups: dict[str, int] = {}
            said = text, value
            same = text == proposed.value or _says(said, (proposed.value, proposed.normalised))
            if same:
                group = 0
            elif not text:
                group = -1
            else:
                group = groups.setdefault(_key(value or text), len(groups) + 1)
            agrees = same if as_proposed else _says(said, stands)
            rows.append(
                (number, field, kind, engine, versions.get((number, engine)), min(group, 127),
                 agrees, confidence, cpu)
            )  # fmt: skip
        return _table(SCHEMAS["candidates"], zip(*rows, strict=True))

    def _acts(self) -> pa.Table:
        chosen = [i for i, row in enumerate(self.corrections) if self._touched(row[0], "acts")]
        at = self.acts_at.take(pa.array(chosen, pa.int64()))
        rows = []
        for i in chosen:
            number, serial, _, field, act, before, after, _, by, _, revision, keys, took = (
                self.corrections[i]
            )
            stands = self.standing[number].get(field)
            changed = Act(act) in _CHANGING and not _same(before, after)
            rows.append(
                (number, serial, field, _kind_of(field), act,
                 stands is not None and stands.place == i, changed, keys, took, revision,
                 self._who(by), None, None)
            )  # fmt: skip
        return _table(SCHEMAS["acts"], zip(*rows, strict=True), at=at, day=local_days(at))

    def _looks(self) -> pa.Table:
        wanted = self.rows["trace"]
        at = _moments(r[5] for r in wanted)
        rows = []
        for number, _, field, act, by, _, *seen in wanted:
            # first_key, committed, keys, clicks, backspaces, chosen | typed | the rest
            shown, typed, after = seen[:6], seen[6], seen[7:]
            rows.append(
                (number, _kind_of(field) or None, act, *shown, bool(typed), *after, self._who(by),
                 None, None)
            )  # fmt: skip
        return _table(SCHEMAS["looks"], zip(*rows, strict=True), at=at, day=local_days(at))

    def _decisions(self) -> pa.Table:
        wanted = self.rows["review"]
        at = _moments(r[7] for r in wanted)
        rows = [
            (number, duty, decision, bool(reason), took, self._who(by), None, None)
            for number, _, duty, decision, reason, took, by, _ in wanted
        ]
        return _table(SCHEMAS["decisions"], zip(*rows, strict=True), at=at, day=local_days(at))

    def _signatures(self) -> pa.Table:
        wanted = self.rows["signature"]
        at = _moments(r[5] for r in wanted)
        rows = [(r[0], r[2], bool(r[3]), self._who(r[4]), None, None) for r in wanted]
        return _table(SCHEMAS["signatures"], zip(*rows, strict=True), at=at, day=local_days(at))

    def _receipts(self) -> pa.Table:
        wanted = self.rows["receipt"]
        at = _moments(r[4] for r in wanted)
        rows = [(r[0], r[2], r[3], None, None) for r in wanted]
        return _table(SCHEMAS["receipts"], zip(*rows, strict=True), at=at, day=local_days(at))


@dataclass(frozen=True, slots=True)
class _Page:
    number: int | None
    dpi: int | None
    level: str | None
    scanner: str


_LEVELS = ["", "good", "fair", "poor"]
_CHANGING = frozenset({Act.CANDIDATE, Act.EDIT, Act.ILLEGIBLE, Act.ABSENT})


def _page(row: tuple[Any, ...]) -> _Page:
    """How well a page was scanned, in three plain levels; unknown while it is not assessed."""
    _, _, number, dpi, blur, contrast, skew, scanner = row
    if blur is None:
        return _Page(number, dpi, None, scanner)
    if blur < 50 or dpi < 150 or (contrast or 0) < 0.3:
        return _Page(number, dpi, "poor", scanner)
    fair = blur < 100 or dpi < 250 or abs(skew or 0) > 2
    return _Page(number, dpi, "fair" if fair else "good", scanner)


def _only(scanners: set[str]) -> str | None:
    """The one that made every page; none where nobody said, or several did."""
    return next(iter(scanners)) or None if len(scanners) == 1 else None


def _version(row: tuple[Any, ...]) -> tuple[int, str]:
    return row[0], row[3]


def _table(schema: pa.Schema, columns: Iterable[Any] | None, **ready: pa.Array) -> pa.Table:
    """Columns in the order of the schema; those that are `ready` as arrays take their place."""
    given = list(columns) if columns is not None else []
    if not given:
        return schema.empty_table()
    arrays = [
        ready[field.name] if field.name in ready else pa.array(values, field.type)
        for field, values in zip(schema, given, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _moments(values: Iterable[Any]) -> pa.Array:
    """Moments as the drivers give them: text in UTC from SQLite, aware ones from PostgreSQL."""
    given = list(values)
    if any(isinstance(value, str) for value in given):
        return pa.array(given, pa.string()).cast(pa.timestamp("us")).cast(_AT)
    return pa.array([_utc(value) for value in given], _AT)


def _utc(value: datetime | None) -> datetime | None:
    return value.astimezone(UTC) if value is not None else None


def _findings(kept: Any) -> int:
    """How many findings are worth a look; JSON text from SQLite, a list from PostgreSQL."""
    if not kept or kept == "[]":
        return 0
    findings = json.loads(kept) if isinstance(kept, str) else kept
    return sum(finding["severity"] != Severity.INFORMATION for finding in findings)


@lru_cache(maxsize=20_000)
def _kind_of(field: str) -> str:
    """A line item's field without its place in the list: muc.3.so_hieu is muc.so_hieu."""
    return ".".join(part for part in field.split(".") if not part.isdigit())


def _says(said: tuple[str, str], value: tuple[str, str]) -> bool:
    """Whether an engine's candidate is the value, as written or in its normal form."""
    return _same(said[0], value[0]) or _same(said[1], value[1])


def _same(one: str, other: str) -> bool:
    return one == other or _key(one) == _key(other)


@lru_cache(maxsize=200_000)
def _key(text: str) -> str:
    return vietnamese.key(text)
