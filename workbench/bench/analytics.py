"""`workbench bench analytics`: are the managers' questions quick enough, on made-up facts."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass
from json import dumps
from typing import Any

import numpy as np
import pyarrow as pa

from workbench.analytics import TABLES, Questions, queries

LIMIT_SECONDS = 1.0  # all questions of the page together
LIMIT_DOCUMENTS = 50_000  # with the facts of this many documents

UNITS = tuple(f"u{n:02}" for n in range(60))
KINDS = ("antt", "con_dau", "vu_khi")
ENGINES = ("tesseract", "trueocr", "asterocr", "easyocr")
FIELDS = (
    "so", "ngay_cap", "ten_to_chuc", "dia_chi", "co_quan_cap", "co_quan_cap_tren", "nguoi_ky",
    "chuc_vu_ky", "loai_giay_to", "muc.1.so_hieu", "muc.2.so_hieu", "muc.1.so_luong",
)  # fmt: skip
WAY = ("received", "read", "proposed", "reviewed", "approved", "signed", "exported")
DAYS = 3 * 365


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run of the questions took."""

    documents: int
    facts: int
    load_seconds: float
    seconds: Mapping[str, float]  # question -> best of the runs
    peak_mb: int

    @property
    def total_seconds(self) -> float:
        return sum(self.seconds.values())

    @property
    def ratio(self) -> float:
        """Time taken by time allowed; the allowance grows with the documents, never below 1x."""
        return self.total_seconds / (LIMIT_SECONDS * max(1.0, self.documents / LIMIT_DOCUMENTS))

    def as_json(self) -> dict[str, Any]:
        return {
            "documents": self.documents,
            "facts": self.facts,
            "load_seconds": round(self.load_seconds, 3),
            "seconds": {name: round(taken, 4) for name, taken in self.seconds.items()},
            "total_seconds": round(self.total_seconds, 3),
            "limit_seconds": LIMIT_SECONDS,
            "limit_documents": LIMIT_DOCUMENTS,
            "ratio": round(self.ratio, 3),
            "peak_mb": self.peak_mb,
        }


def measure(documents: int, *, seed: int = 1, runs: int = 3) -> Measured:
    """Ask every question of the page `runs` times over made-up facts of `documents` documents."""
    tables = made_up(documents, seed=seed)
    begun = time.perf_counter()
    questions = Questions(tables)
    load = time.perf_counter() - begun
    seconds = {
        query.name: min(_taken(questions, query.name) for _ in range(runs))
        for query in queries().values()
        if query.answers
    }
    return Measured(
        documents=documents,
        facts=sum(table.num_rows for table in tables.values()),
        load_seconds=load,
        seconds=seconds,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )


def command(documents: int = LIMIT_DOCUMENTS, json: bool = False) -> None:
    """Time the questions of the managers' page; exit 1 when they take longer than the limit."""
    found = measure(documents)
    if json:
        print(dumps(found.as_json()))
    else:
        for name, taken in found.seconds.items():
            print(f"{name:24} {1000 * taken:8.1f} ms")
        print(f"{'all questions':24} {1000 * found.total_seconds:8.1f} ms")
        print(
            f"ratio {found.ratio:.2f} of {LIMIT_SECONDS:g} s for {LIMIT_DOCUMENTS} documents; "
            f"cases: {found.documents} documents, {found.facts} facts, "
            f"{len(found.seconds)} questions, best of 3; "
            f"loaded in {found.load_seconds:.2f} s, peak {found.peak_mb} MB, "
            f"machine's load {os.getloadavg()[0]:.1f}"
        )
    if found.ratio > 1:
        raise SystemExit(1)


def made_up(documents: int, *, seed: int) -> dict[str, pa.Table]:
    """Facts of a province at work: 60 units, three years, every stage, engine and field."""
    dice = np.random.default_rng(seed)
    ids = np.array([f"{n:032x}" for n in range(documents)])
    units = dice.choice(UNITS, documents, p=_uneven(len(UNITS)))
    kinds = dice.choice(KINDS, documents)
    taken_in = dice.integers(0, DAYS * 86_400, documents).astype("timedelta64[s]")
    begun = np.datetime64("2023-01-01T00:00:00", "us") + taken_in
    reached = dice.choice(len(WAY), documents, p=(0.02, 0.01, 0.1, 0.05, 0.04, 0.03, 0.75))
    held = dice.random(documents) < 0.02
    settled = reached >= WAY.index("reviewed")

    way = np.repeat(np.arange(documents), reached + 1)
    step = np.concatenate([np.arange(n + 1) for n in reached]) if documents else way
    hours = dice.integers(1, 40, len(way)).astype("timedelta64[h]")
    fields = np.repeat(np.arange(documents), len(FIELDS))
    names = np.tile(FIELDS, documents)
    accepted = dice.random(len(fields)) < 0.7
    changed = (dice.random(len(fields)) < np.where(accepted, 0.01, 0.3)) & settled[fields]
    touched = np.flatnonzero(changed | (~accepted & settled[fields]))
    said = np.repeat(np.arange(len(fields)), len(ENGINES))
    read = np.repeat(np.arange(documents), len(ENGINES))
    sat = np.flatnonzero(settled)

    columns: dict[str, dict[str, Any]] = {
        "units": {"code": UNITS, "name": UNITS},
        "documents": {
            "id": ids,
            "batch": units,
            "unit": units,
            "kind": kinds,
            "stage": np.where(held, "held", np.array(WAY)[reached]),
            "held_at": np.where(held, "received", ""),
            "reason": np.where(held, "No template fits this form.", ""),
            "regime": dice.choice(("before", "from"), documents),
            "pages": dice.integers(1, 4, documents),
            "created_at": begun,
            "changed_at": begun + np.timedelta64(3, "D"),
        },
        "events": {
            "id": np.arange(len(way)),
            "document": ids[way],
            "unit": units[way],
            "kind": kinds[way],
            "before": np.where(step > 0, np.array(WAY)[step - 1], ""),
            "after": np.array(WAY)[step],
            "at": begun[way] + step * hours,
        },
        "readings": {
            "document": ids[read],
            "engine": np.tile(ENGINES, documents),
            "version": np.full(len(read), "1"),
            "words": dice.integers(50, 400, len(read)),
            "cpu_seconds": dice.gamma(2.0, 1.0, len(read)),
            "seconds": dice.gamma(2.0, 1.2, len(read)),
            "failed": dice.random(len(read)) < 0.005,
            "at": begun[read],
        },
        "field_readings": {
            "document": ids[fields][said],
            "field": names[said],
            "engine": np.tile(ENGINES, len(fields)),
            "agrees": dice.random(len(said)) < 0.85,
            "settled": settled[fields][said],
            "cpu_seconds": dice.gamma(1.0, 0.1, len(said)),
        },
        "proposals": {
            "document": ids[fields],
            "field": names,
            "accepted": accepted,
            "flagged": ~accepted,
            "changed": changed,
            "settled": settled[fields],
        },
        "corrections": {
            "document": ids[fields[touched]],
            "field": names[touched],
            "act": np.where(
                changed[touched], dice.choice(("edit", "candidate"), len(touched)), "accept"
            ),
            "stands": np.full(len(touched), True),
            "keys": dice.integers(1, 12, len(touched)),
            "milliseconds": dice.integers(400, 9000, len(touched)),
            "at": begun[fields[touched]],
        },
        "reviews": {
            "document": ids[sat],
            "duty": np.full(len(sat), "review"),
            "decision": np.full(len(sat), "pass"),
            "milliseconds": dice.integers(9_000, 240_000, len(sat)),
            "at": begun[sat],
        },
    }
    return {name: _table(columns[name], schema) for name, schema in TABLES.items()}


def _table(columns: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    arrays = []
    for field in schema:
        plain = pa.timestamp("us") if pa.types.is_timestamp(field.type) else field.type
        arrays.append(pa.array(columns[field.name], plain).cast(field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def _uneven(n: int) -> Any:
    """Shares as units have them: a few large, many small."""
    weights = 1 / np.arange(1, n + 1) ** 0.7
    return weights / weights.sum()


def _taken(questions: Questions, name: str) -> float:
    begun = time.perf_counter()
    questions.ask(name)
    return time.perf_counter() - begun
