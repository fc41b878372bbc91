"""Every column that may pass into the lake, table by table: numbers, codes, counts, times."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from workbench.model.changes import PARTS

_AT = pa.timestamp("us", tz="UTC")
_TEXT, _YES, _DAY, _NUMBER = pa.string(), pa.bool_(), pa.date32(), pa.int32()
_LONG, _REAL = pa.int64(), pa.float32()

# `document` is the number of the document, the same in every table. A day is one in Việt Nam.
SCHEMAS: Mapping[str, pa.Schema] = {
    # reason: the pattern of the sentence, without the values that fill it
    "documents": pa.schema(
        {
            "document": _NUMBER, "id": _TEXT, "batch": _TEXT, "number": _NUMBER, "unit": _TEXT,
            "kind": _TEXT, "template": _TEXT, "template_version": _NUMBER, "stage": _TEXT,
            "held_at": _TEXT, "reason": _TEXT, "regime": _TEXT, "pages": _NUMBER,
            "scan_level": _TEXT, "scanner": _TEXT, "origin": _TEXT, "fields": _NUMBER,
            "flagged": _NUMBER, "created_at": _AT,
            "changed_at": _AT, "day": _DAY, "read_on": _DAY, "proposed_on": _DAY,
            "reviewed_on": _DAY, "approved_on": _DAY, "signed_on": _DAY, "exported_on": _DAY,
            "returned": _NUMBER,
        }
    ),
    # first: the first time that the document came to this stage; left_at: none while it is there
    "moves": pa.schema(
        {
            "document": _NUMBER, "serial": _LONG, "before": _TEXT, "after": _TEXT, "reason": _TEXT,
            "by_machine": _YES, "who": _TEXT, "first": _YES, "at": _AT, "day": _DAY,
            "left_at": _AT,
        }
    ),
    # one row an engine and a page
    "readings": pa.schema(
        {
            "document": _NUMBER, "page": _NUMBER, "engine": _TEXT, "version": _TEXT,
            "words": _NUMBER, "cpu_seconds": _REAL, "seconds": _REAL, "failed": _YES,
            "scan_level": _TEXT, "dpi": _NUMBER, "at": _AT, "day": _DAY,
        }
    ),
    # changed: what stands differs from what was proposed; late: and that came after the paper had
    # been passed on for the first time
    "fields": pa.schema(
        {
            "document": _NUMBER, "field": _TEXT, "field_kind": _TEXT, "template": _TEXT,
            "position": _NUMBER, "probability": _REAL, "agreement": _REAL, "accepted": _YES,
            "flagged": _YES, "findings": _NUMBER, "act": _TEXT, "acts": _NUMBER, "keys": _NUMBER,
            "milliseconds": _NUMBER, "seen": _YES, "changed": _YES, "late": _YES,
        }
    ),
    # says: which engines said the same of this field; 0 what was proposed, -1 nothing
    "candidates": pa.schema(
        {
            "document": _NUMBER, "field": _TEXT, "field_kind": _TEXT, "engine": _TEXT,
            "version": _TEXT, "says": pa.int8(), "agrees": _YES, "confidence": _REAL,
            "cpu_seconds": _REAL,
        }
    ),
    # stands: the newest act on its field that was not taken back
    "acts": pa.schema(
        {
            "document": _NUMBER, "serial": _NUMBER, "field": _TEXT, "field_kind": _TEXT,
            "act": _TEXT, "stands": _YES, "changed": _YES, "keys": _NUMBER,
            "milliseconds": _NUMBER, "revision": _NUMBER, "who": _TEXT, "at": _AT, "day": _DAY,
        }
    ),
    # what looking at a field was like, or, without one, deciding on the paper; times in ms.
    # chosen: place of the candidate that was taken, from 0; latency: to the next paper in view
    "looks": pa.schema(
        {
            "document": _NUMBER, "field_kind": _TEXT, "act": _TEXT, "first_key": _NUMBER,
            "committed": _NUMBER, "keys": _NUMBER, "clicks": _NUMBER, "backspaces": _NUMBER,
            "chosen": _NUMBER, "typed": _YES, "distance": _NUMBER, "context": _NUMBER,
            "dwell": _NUMBER, "idle": _NUMBER, "latency": _NUMBER, "who": _TEXT, "at": _AT,
            "day": _DAY,
        }
    ),
    "decisions": pa.schema(
        {
            "document": _NUMBER, "duty": _TEXT, "decision": _TEXT, "with_reason": _YES,
            "milliseconds": _NUMBER, "who": _TEXT, "at": _AT, "day": _DAY,
        }
    ),
    "signatures": pa.schema(
        {"document": _NUMBER, "level": _TEXT, "trial": _YES, "who": _TEXT, "at": _AT, "day": _DAY}
    ),
    "receipts": pa.schema(
        {"document": _NUMBER, "repository": _TEXT, "version": _TEXT, "at": _AT, "day": _DAY}
    ),
}  # fmt: skip

_TOLD_WITH = {"candidates": "fields", "looks": "acts"}
PART_OF: Mapping[str, str] = {name: _TOLD_WITH.get(name, name) for name in SCHEMAS}
BORN = pa.schema({"document": _NUMBER, "parts": _NUMBER})  # which parts an increment touches


def bit(part: str) -> int:
    """The bit that stands for a part in `touched`."""
    return 1 << PARTS.index(part)
