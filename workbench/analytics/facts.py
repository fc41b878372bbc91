"""The one door between rows and analytics: values come in, only facts about them go out.

A fact is an id, a code, a count, a time or a yes/no. What a paper says, what a person typed and who
that person was stay on this side: `TABLES` lists every column that may pass.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import pyarrow as pa
from sqlmodel import SQLModel

from workbench import review, vietnamese
from workbench.model import (
    Correction,
    Document,
    Event,
    FieldReading,
    Page,
    Proposal,
    Reading,
    Review,
    Severity,
    Stage,
    Unit,
    day,
)
from workbench.scope import regime

Row = Mapping[str, Any]
Rows = Mapping[str, Sequence[Row]]

# What must be asked of the store to make the facts.
ROWS_READ: tuple[type[SQLModel], ...] = (
    Unit, Document, Page, Event, Reading, FieldReading, Proposal, Correction, Review,
)  # fmt: skip

_AT = pa.timestamp("us", tz="UTC")
_TEXT, _COUNT, _REAL, _YES = pa.string(), pa.int64(), pa.float64(), pa.bool_()

TABLES: Mapping[str, pa.Schema] = {
    "units": pa.schema({"code": _TEXT, "name": _TEXT}),
    # reason: the pattern of the sentence, without the values that fill it
    "documents": pa.schema(
        {
            "id": _TEXT,
            "batch": _TEXT,
            "unit": _TEXT,
            "kind": _TEXT,
            "stage": _TEXT,
            "held_at": _TEXT,
            "reason": _TEXT,
            "regime": _TEXT,
            "pages": _COUNT,
            "created_at": _AT,
            "changed_at": _AT,
        }
    ),
    "events": pa.schema(
        {
            "id": _COUNT,
            "document": _TEXT,
            "unit": _TEXT,
            "kind": _TEXT,
            "before": _TEXT,
            "after": _TEXT,
            "at": _AT,
        }
    ),
    # one row an engine and a page
    "readings": pa.schema(
        {
            "document": _TEXT,
            "engine": _TEXT,
            "version": _TEXT,
            "words": _COUNT,
            "cpu_seconds": _REAL,
            "seconds": _REAL,
            "failed": _YES,
            "at": _AT,
        }
    ),
    # agrees: with the value that stands; settled: a person has vouched for that value
    "field_readings": pa.schema(
        {
            "document": _TEXT,
            "field": _TEXT,
            "engine": _TEXT,
            "agrees": _YES,
            "settled": _YES,
            "cpu_seconds": _REAL,
        }
    ),
    # changed: a person replaced what the machine proposed
    "proposals": pa.schema(
        {
            "document": _TEXT,
            "field": _TEXT,
            "accepted": _YES,
            "flagged": _YES,
            "changed": _YES,
            "settled": _YES,
        }
    ),
    # stands: the newest act on its field that was not taken back
    "corrections": pa.schema(
        {
            "document": _TEXT,
            "field": _TEXT,
            "act": _TEXT,
            "stands": _YES,
            "keys": _COUNT,
            "milliseconds": _COUNT,
            "at": _AT,
        }
    ),
    "reviews": pa.schema(
        {
            "document": _TEXT,
            "duty": _TEXT,
            "decision": _TEXT,
            "milliseconds": _COUNT,
            "at": _AT,
        }
    ),
}

_VOUCHED = frozenset({Stage.REVIEWED, Stage.APPROVED, Stage.SIGNED, Stage.EXPORTED})


def facts(rows: Rows) -> dict[str, pa.Table]:
    """Tables without names or values, one for each of `TABLES`, from rows by table name."""
    acts = _acts(rows.get("correction", ()))
    standing = {document: review.standing(past) for document, past in acts.items()}
    settled = {d["id"] for d in rows.get("document", ()) if d["stage"] in _VOUCHED}
    values = _values(rows.get("proposal", ()), standing)

    found: dict[str, list[dict[str, Any]]] = {
        "units": [dict(row) for row in rows.get("unit", ())],
        "documents": _documents(rows, values),
        "events": [dict(row) for row in rows.get("event", ())],
        "readings": [
            {**row, "words": row["count"], "failed": row["failure"] is not None}
            for row in rows.get("reading", ())
        ],
        "field_readings": [
            {
                **row,
                "agrees": _says(row, values.get((row["document"], row["field"]), ("", ""))),
                "settled": row["document"] in settled,
            }
            for row in rows.get("fieldreading", ())
        ],
        "proposals": [
            {
                **row,
                "flagged": not row["accepted"] or _worrying(row["findings"]),
                "changed": not _same(row["normalised"], values[row["document"], row["field"]][1]),
                "settled": row["document"] in settled,
            }
            for row in rows.get("proposal", ())
        ],
        "corrections": [
            {**act.model_dump(), "stands": standing[document].get(act.field) is act}
            for document, past in acts.items()
            for act in past
        ],
        "reviews": [dict(row) for row in rows.get("review", ())],
    }
    return {name: pa.Table.from_pylist(found[name], schema) for name, schema in TABLES.items()}


def _acts(corrections: Sequence[Row]) -> dict[str, list[Correction]]:
    """The acts of each document in their order."""
    acts: dict[str, list[Correction]] = defaultdict(list)
    for row in sorted(corrections, key=lambda r: (r["document"], r["serial"])):
        acts[row["document"]].append(Correction(**row))
    return acts


def _values(
    proposals: Sequence[Row], standing: Mapping[str, Mapping[str, Correction]]
) -> dict[tuple[str, str], tuple[str, str]]:
    """The value and its normal form that stand, by document and field."""
    values: dict[tuple[str, str], tuple[str, str]] = {}
    for row in proposals:
        act = standing.get(row["document"], {}).get(row["field"])
        place = (row["document"], row["field"])
        if act is None:  # the common case, without building a row for it
            values[place] = row["value"], row["normalised"]
        else:
            values[place] = review.value_of(Proposal(**row), act)
    return values


def _documents(
    rows: Rows, values: Mapping[tuple[str, str], tuple[str, str]]
) -> list[dict[str, Any]]:
    pages: dict[str, int] = defaultdict(int)
    for page in rows.get("page", ()):
        pages[page["document"]] += 1
    return [
        {
            **row,
            "reason": row["reason"]["text"] if row["reason"] else None,
            # The day of issue decides the regime; only which of the two goes on from here.
            "regime": regime(day(values.get((row["id"], "ngay_cap"), ("", ""))[1])),
            "pages": pages[row["id"]],
        }
        for row in rows.get("document", ())
    ]


def _says(reading: Row, value: tuple[str, str]) -> bool:
    """Whether an engine's candidate is the value, as written or in its normal form."""
    return _same(reading["text"], value[0]) or _same(reading["value"], value[1])


def _same(one: str, other: str) -> bool:
    return one == other or _key(one) == _key(other)


@lru_cache(maxsize=200_000)
def _key(text: str) -> str:
    return vietnamese.key(text)


def _worrying(findings: Sequence[Row]) -> bool:
    return any(finding["severity"] != Severity.INFORMATION for finding in findings)
