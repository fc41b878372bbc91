"""A made-up province at work, as facts: 60 units, 400 reviewers, three years, from a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from workbench import migrations
from workbench.analytics.increment import Increment, local_days
from workbench.analytics.lake import Lake
from workbench.analytics.schemas import BORN, PART_OF, SCHEMAS, bit
from workbench.model import (
    Act,
    Correction,
    Decision,
    Document,
    Event,
    FieldReading,
    Page,
    Proposal,
    Reading,
    Receipt,
    Review,
    Signature,
    Stage,
)
from workbench.model.changes import Touched
from workbench.store import Store

MONTHS = 36
BEGIN = np.datetime64("2024-01-01T00:00:00", "us")
UNTIL = datetime(2026, 12, 31, 10, 0, tzinfo=UTC)
UNITS = tuple(f"DV{n:02}" for n in range(1, 61))
REVIEWERS = tuple(hashlib.sha256(f"reviewer {n}".encode()).hexdigest()[:12] for n in range(400))
KINDS = ("antt", "con_dau", "vu_khi")
VERSIONS = 4  # of each template in these three years
ENGINES = ("tesseract", "trueocr", "asterocr", "easyocr")
SKILL = np.array([0.9, 0.82, 0.87, 0.6])
COST = np.array([1.6, 0.5, 3.0, 9.0])
FIELDS = (
    "so", "ngay_cap", "ten_to_chuc", "dia_chi", "co_quan_cap", "co_quan_cap_tren", "nguoi_ky",
    "chuc_vu_ky", "loai_giay_to", "muc.1.so_hieu", "muc.2.so_hieu", "muc.1.so_luong",
)  # fmt: skip
KINDS_OF_FIELD = tuple(name.replace(".1.", ".").replace(".2.", ".") for name in FIELDS)
HARD = np.array([1, 0.95, 0.9, 0.75, 1, 1, 0.8, 0.98, 1, 0.9, 0.9, 0.97])
SCANNERS = ("Canon DR-C225", "Fujitsu fi-7160", "Kodak S2050", "Epson DS-530", "HP ScanJet 3000")
WAY = ("received", "read", "proposed", "reviewed", "approved", "signed", "exported")
REASONS = (
    "No template fits this form.",
    "All {n} pages are blank.",
    "No engine could read this document.",
)
EVENTS_A_DOCUMENT = 78  # about: moves, readings, fields, candidates, acts, decisions, …

_AT = pa.timestamp("us", tz="UTC")


def templates() -> list[tuple[str, str, int]]:
    """Digest, kind and version of every template there has been."""
    return [
        (hashlib.sha256(f"{kind} {version}".encode()).hexdigest(), kind, version)
        for kind in KINDS
        for version in range(1, VERSIONS + 1)
    ]


def fill(lake: Lake, *, events: int, seed: int, months: int = MONTHS) -> None:
    """Fill an empty lake with about so many events, month by month."""
    dice = np.random.default_rng(seed)
    a_month = max(1, round(events / EVENTS_A_DOCUMENT / months))
    number = 1
    for month in range(MONTHS - months, MONTHS):
        begin = BEGIN.astype("datetime64[M]") + month
        one = _month(dice, number, a_month, begin)
        as_of = UNTIL - timedelta(days=MONTHS - 1 - month)  # no page reads the files in between
        number += a_month
        lake.append(
            one,
            cut=number,
            at=as_of,
            units=[(code, f"Công an đơn vị {code}") for code in UNITS],
            templates=templates(),
        )
        lake.compact(at=as_of)


def fresh_store(folder: Path, *, after: int, events: int, seed: int) -> Store:
    """A store that holds about so many new events of documents that come after number `after`."""
    store = Store(f"sqlite:///{folder}/workbench.db", folder / "objects")
    migrations.upgrade(store.engine)
    go_on(store, after=after, events=events, seed=seed)
    return store


def go_on(store: Store, *, after: int, events: int, seed: int) -> None:
    """Let about so many new events happen in a store that is new itself."""
    dice = np.random.default_rng(seed)
    nothing = dict.fromkeys(PART_OF.values(), 0)
    store.add(Touched(number=after - 1, document="", serial=after - 1, **nothing))
    rows: list[Any] = []
    n = 0
    while len(rows) < events * 81 / 80:
        rows += _paper(dice, n)
        n += 1
    with store.change() as session:
        session.bulk_save_objects(rows)


def _month(dice: np.random.Generator, first: int, n: int, begin: np.datetime64) -> Increment:
    """All facts about `n` documents that came in during one month."""
    days = int(((begin + 1).astype("datetime64[D]") - begin.astype("datetime64[D]")).astype(int))
    number = np.arange(first, first + n, dtype=np.int32)
    unit = dice.choice(len(UNITS), n, p=_uneven(len(UNITS)))
    kind = dice.choice(len(KINDS), n, p=(0.4, 0.45, 0.15))
    seconds = np.sort(dice.integers(0, days * 86_400, n))
    came = begin.astype("datetime64[us]") + seconds.astype("timedelta64[s]")
    version = int((begin.astype("datetime64[M]") - BEGIN.astype("datetime64[M]")).astype(int))
    version = version * VERSIONS // MONTHS
    template = kind * VERSIONS + version
    digests = [digest for digest, _, _ in templates()]
    waits = dice.exponential((0, 3600, 600, 80_000, 40_000, 20_000, 4_000), (n, len(WAY)))
    moments = came[:, None] + np.cumsum(waits, axis=1).astype("timedelta64[s]")
    end = np.datetime64(UNTIL.replace(tzinfo=None), "us")
    reached = np.maximum(1, (moments <= end).sum(axis=1)) - 1
    held = dice.random(n) < 0.02
    reached = np.where(held, np.minimum(reached, 1), reached)
    reviewer = (unit * len(REVIEWERS) // len(UNITS) + dice.integers(0, 6, n)) % len(REVIEWERS)
    proposed = reached >= 2
    settled = reached >= 3
    pages = dice.choice((1, 2), n, p=(0.7, 0.3)).astype(np.int32)
    level = dice.choice(3, n, p=(0.75, 0.2, 0.05))
    tables: dict[str, pa.Table] = {}

    # fields and what engines said of them
    with_fields = np.flatnonzero(proposed)
    owner = np.repeat(with_fields, len(FIELDS))
    name = np.tile(np.arange(len(FIELDS)), len(with_fields))
    clear = np.array([1.0, 0.97, 0.85])[level[owner]]
    skill = SKILL[None, :] * (HARD[name] * clear)[:, None]
    right = dice.random((len(owner), len(ENGINES))) < skill
    votes = right.sum(axis=1)
    proposal_right = (votes >= 2) | ((votes == 1) & (dice.random(len(owner)) < 0.4))
    accepted = votes >= 3
    wrong_accepted = accepted & (dice.random(len(owner)) < 0.004)
    proposal_right &= ~wrong_accepted
    seen = settled[owner] & (~accepted | wrong_accepted)
    changed = seen & ~proposal_right
    act = np.where(changed, np.where(right.any(axis=1), 2, 1), 0)
    act = np.where(changed & (dice.random(len(owner)) < 0.03), 3, act)
    keys = np.where(act == 1, dice.integers(4, 24, len(owner)), 1) * seen
    took = np.where(act == 1, dice.gamma(3, 2500, len(owner)), dice.gamma(2, 900, len(owner)))
    took = (took * seen).astype(np.int32)
    acts = ("accept", "edit", "candidate", "illegible", "absent")
    tables["fields"] = _made(
        "fields",
        document=number[owner], field=_pick(FIELDS, name), field_kind=_pick(KINDS_OF_FIELD, name),
        template=_pick(digests, template[owner]), position=name,
        probability=np.clip(votes / 4 - 0.01, 0, 1), agreement=votes / 4, accepted=accepted,
        flagged=~accepted, findings=np.zeros(len(owner)), act=_pick(acts, act, ~seen),
        acts=seen.astype(np.int32), keys=keys, milliseconds=took, seen=seen, changed=changed,
        late=changed & (dice.random(len(owner)) < 0.01),
    )  # fmt: skip
    said = np.repeat(np.arange(len(owner)), len(ENGINES))
    engine = np.tile(np.arange(len(ENGINES)), len(owner))
    flat = right.ravel()
    says = np.where(flat == proposal_right[said], 0, 1 + engine)
    tables["candidates"] = _made(
        "candidates",
        document=number[owner[said]], field=_pick(FIELDS, name[said]),
        field_kind=_pick(KINDS_OF_FIELD, name[said]), engine=_pick(ENGINES, engine),
        version=_pick(["1.0", "1.1"], np.full(len(said), version // 2)), says=says,
        agrees=np.where(settled[owner[said]], flat, says == 0),
        confidence=np.clip(dice.normal(0.85, 0.1, len(said)), 0, 1),
        cpu_seconds=dice.gamma(1.0, 0.1, len(said)),
    )  # fmt: skip
    touched = np.flatnonzero(seen)
    act_at = moments[owner[touched], 3]
    tables["acts"] = _made(
        "acts",
        document=number[owner[touched]], serial=name[touched], field=_pick(FIELDS, name[touched]),
        field_kind=_pick(KINDS_OF_FIELD, name[touched]), act=_pick(acts, act[touched]),
        stands=np.ones(len(touched), bool), changed=changed[touched], keys=keys[touched],
        milliseconds=took[touched], revision=name[touched],
        who=_pick(REVIEWERS, reviewer[owner[touched]]), at=act_at,
    )  # fmt: skip
    tables["looks"] = _made(
        "looks",
        document=number[owner[touched]], field_kind=_pick(KINDS_OF_FIELD, name[touched]),
        act=_pick(acts, act[touched]), first_key=took[touched] // 3, committed=took[touched],
        keys=keys[touched], clicks=np.zeros(len(touched)), backspaces=keys[touched] // 5,
        chosen=pa.array(np.minimum(act[touched], 1), pa.int32(), mask=act[touched] % 2 == 1),
        typed=act[touched] == 1, distance=keys[touched] // 3, context=act[touched] == 3,
        dwell=took[touched], idle=np.zeros(len(touched)),
        latency=pa.nulls(len(touched), pa.int32()),
        who=_pick(REVIEWERS, reviewer[owner[touched]]), at=act_at,
    )  # fmt: skip

    # the way
    step = np.concatenate([np.arange(r + 1) for r in reached])
    owner_of = np.repeat(np.arange(n), reached + 1)
    at = moments[owner_of, step]
    last = step == reached[owner_of]
    following = moments[owner_of, np.minimum(step + 1, len(WAY) - 1)]
    people = np.isin(step, (3, 4))
    tables["moves"] = _made(
        "moves",
        document=number[owner_of], serial=owner_of * 10 + step,
        before=_pick(WAY, np.maximum(step - 1, 0), step == 0), after=_pick(WAY, step),
        reason=pa.nulls(len(step), pa.string()), by_machine=~people,
        who=_pick(REVIEWERS, reviewer[owner_of], ~people), first=np.ones(len(step), bool), at=at,
        left_at=pa.array(following, pa.timestamp("us"), mask=last & ~held[owner_of]).cast(_AT),
    )  # fmt: skip
    put_by = np.flatnonzero(held)
    held_at = moments[put_by, np.minimum(reached[put_by] + 1, 6)]
    reason = dice.integers(0, len(REASONS), n)
    tables["moves"] = pa.concat_tables(
        [
            tables["moves"],
            _made(
                "moves",
                document=number[put_by], serial=put_by * 10 + 9, before=_pick(WAY, reached[put_by]),
                after=_pick(["held"], np.zeros(len(put_by), int)),
                reason=_pick(REASONS, reason[put_by]), by_machine=np.ones(len(put_by), bool),
                who=pa.nulls(len(put_by), pa.string()), first=np.ones(len(put_by), bool),
                at=held_at, left_at=pa.nulls(len(put_by), _AT),
            ),
        ]
    )  # fmt: skip
    was_read = np.flatnonzero(reached >= 1)
    page_owner = np.repeat(was_read, pages[was_read])
    page = np.concatenate([np.arange(k) for k in pages[was_read]])
    row = np.repeat(np.arange(len(page_owner)), len(ENGINES))
    engine = np.tile(np.arange(len(ENGINES)), len(page_owner))
    cpu = COST[engine] * dice.uniform(0.6, 1.7, len(row))
    levels = ("good", "fair", "poor")
    tables["readings"] = _made(
        "readings",
        document=number[page_owner[row]], page=page[row], engine=_pick(ENGINES, engine),
        version=_pick(["1.0", "1.1"], np.full(len(row), version // 2)),
        words=dice.integers(60, 300, len(row)), cpu_seconds=cpu, seconds=cpu * 1.3,
        failed=dice.random(len(row)) < 0.004, scan_level=_pick(levels, level[page_owner[row]]),
        dpi=np.full(len(row), 300), at=moments[page_owner[row], 1],
    )  # fmt: skip

    # what people and seals add
    spent = np.bincount(owner, weights=took, minlength=n) + dice.gamma(3, 9_000, n)
    duties = []
    for duty, place, hand in (("review", 3, 0), ("approve", 4, 7)):
        by = np.flatnonzero(reached >= place)
        duties.append(
            _made(
                "decisions",
                document=number[by], duty=_pick([duty], np.zeros(len(by), int)),
                decision=_pick(["pass"], np.zeros(len(by), int)),
                with_reason=np.zeros(len(by), bool),
                milliseconds=spent[by] if place == 3 else dice.gamma(2, 5_000, len(by)),
                who=_pick(REVIEWERS, (reviewer[by] + hand) % len(REVIEWERS)), at=moments[by, place],
            )
        )  # fmt: skip
    tables["decisions"] = pa.concat_tables(duties)
    by = np.flatnonzero(reached >= 5)
    tables["signatures"] = _made(
        "signatures",
        document=number[by], level=_pick(["B-T"], np.zeros(len(by), int)),
        trial=np.zeros(len(by), bool), who=_pick(REVIEWERS, reviewer[by]), at=moments[by, 5],
    )  # fmt: skip
    by = np.flatnonzero(reached >= 6)
    tables["receipts"] = _made(
        "receipts",
        document=number[by], repository=_pick(["kho"], np.zeros(len(by), int)),
        version=_pick(["v1"], np.zeros(len(by), int)), at=moments[by, 6],
    )  # fmt: skip

    def on(place: int) -> pa.Array:
        return pa.array(_local(moments[:, place]).to_pylist(), pa.date32(), mask=reached < place)

    flagged = np.bincount(owner, weights=~accepted, minlength=n)
    changed_at = np.where(held, moments[:, 2], moments[np.arange(n), reached])
    batch = [f"{first}-{u}" for u in range(len(UNITS))]
    tables["documents"] = _made(
        "documents",
        document=number, id=pa.array([f"{k:032x}" for k in number]), batch=_pick(batch, unit),
        number=number - first + 1, unit=_pick(UNITS, unit), kind=_pick(KINDS, kind, ~proposed),
        template=_pick(digests, template, ~proposed),
        template_version=pa.array(np.full(n, version + 1), pa.int32(), mask=~proposed),
        stage=_pick((*WAY, "held"), np.where(held, len(WAY), reached)),
        held_at=_pick(WAY, reached, ~held), reason=_pick(REASONS, reason, ~held),
        regime=_pick(("before", "from"), dice.choice(2, n, p=(0.6, 0.4)), ~proposed), pages=pages,
        scan_level=_pick(levels, level, reached < 1), scanner=_pick(SCANNERS, unit % 5),
        origin=_pick(["scan"], np.zeros(n, int)),
        fields=np.where(proposed, len(FIELDS), 0), flagged=flagged, created_at=came,
        changed_at=changed_at, day=_local(came), read_on=on(1), proposed_on=on(2),
        reviewed_on=on(3), approved_on=on(4), signed_on=on(5), exported_on=on(6),
        returned=np.zeros(n),
    )  # fmt: skip
    everything = sum(bit(part) for part in set(PART_OF.values()))
    touched_now = pa.table(
        {"document": number, "parts": np.full(n, everything, np.int32)}, schema=BORN
    )
    return Increment(touched_now, tables)


def _made(name: str, **columns: Any) -> pa.Table:
    """A table from numpy arrays; the day of a moment is told by the moment."""
    if "at" in columns:
        columns["day"] = _local(columns["at"])
    arrays = []
    for field in SCHEMAS[name]:
        given = columns[field.name]
        if not isinstance(given, pa.Array | pa.ChunkedArray):
            plain = pa.timestamp("us") if pa.types.is_timestamp(field.type) else None
            if pa.types.is_integer(field.type):
                given = np.asarray(given).astype(field.type.to_pandas_dtype())
            given = pa.array(given, plain)
        arrays.append(given.cast(field.type))
    return pa.Table.from_arrays(arrays, schema=SCHEMAS[name])


def _pick(values: Any, index: Any, missing: Any = None) -> pa.Array:
    return pa.array(values).take(pa.array(np.asarray(index), pa.int32(), mask=missing))


def _local(moments: Any) -> pa.Array:
    return local_days(pa.array(moments, pa.timestamp("us")))


def _uneven(n: int) -> Any:
    """Shares as units have them: a few large, many small."""
    weights = 1 / np.arange(1, n + 1) ** 0.7
    return weights / weights.sum()


def _paper(dice: np.random.Generator, n: int) -> list[Any]:
    """One document that went the whole way, as the rows that its steps would keep."""
    key, kind = f"new{n:029x}", KINDS[n % len(KINDS)]
    came = UNTIL + timedelta(seconds=20 * n)
    moments = [came + timedelta(minutes=10 * step) for step in range(len(WAY))]
    common: Mapping[str, Any] = {"document": key}
    digest = templates()[VERSIONS * (n % len(KINDS)) + VERSIONS - 1][0]
    rows: list[Any] = [
        Document(
            id=key, batch="new", source=key, unit=UNITS[n % len(UNITS)], number=n, kind=kind,
            template_digest=digest, stage=Stage.EXPORTED, created_at=came, changed_at=moments[-1],
        ),
        Page(id=key, number=0, file_page=0, width=2480, height=3508, dpi=300, scan="", view="",
             quality={"blur": 200.0, "contrast": 0.7, "skew": 0.1},
             scanner=SCANNERS[n % len(UNITS) % 5], **common),
        Review(by="soat1", duty="review", decision=Decision.PASS, revision=9, at=moments[3],
               milliseconds=40_000, **common),
        Review(by="duyet1", duty="approve", decision=Decision.PASS, revision=9, at=moments[4],
               milliseconds=9_000, **common),
        Signature(signer="", certificate="", level="B-T", trial=True, record_digest="",
                  pdf_digest="", ordered_by="duyet1", at=moments[5], **common),
        Receipt(repository="kho", object_id=key, version="v1", package_digest=key, at=moments[6],
                **common),
    ]  # fmt: skip
    rows += [
        Event(batch="new", unit=UNITS[n % len(UNITS)], kind=kind, before=WAY[step - 1] if step
              else None, after=stage, by="worker", at=moments[step], **common)
        for step, stage in enumerate(WAY)
    ]  # fmt: skip
    rows += [
        Reading(page=key, engine=engine, version="1.1", weights="w", count=200, words="w",
                cpu_seconds=1.5, seconds=2.0, at=moments[1], **common)
        for engine in ENGINES
    ]  # fmt: skip
    for place, field in enumerate(FIELDS):
        truth = f"{field} {n}"
        said = [truth if dice.random() < s * HARD[place] else f"{truth}?" for s in SKILL]
        value = max(set(said), key=said.count)
        sure = said.count(value) >= 3
        rows.append(
            Proposal(field=field, position=place, value=value, normalised=value, confidence=0.9,
                     agreement=said.count(value) / 4, accepted=sure, template_digest=digest,
                     **common)
        )  # fmt: skip
        rows += [
            FieldReading(field=field, engine=engine, text=text, value=text, confidence=0.9,
                         cpu_seconds=0.1, **common)
            for engine, text in zip(ENGINES, said, strict=True)
        ]  # fmt: skip
        if not sure:
            rows.append(
                Correction(id=f"{key}{place}", field=field, act=Act.EDIT, before=value,
                           after=truth, normalised=truth, by="soat1", at=moments[3],
                           revision=place, serial=place, keys=9, milliseconds=3000, **common)
            )  # fmt: skip
    return rows
