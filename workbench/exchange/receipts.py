"""The receipts that travel with a record: our repository's for what it keeps, others' for theirs.

In the evidence of a later version they tell of the versions before it, in a bag also of the version
that the bag brings. What came after the moment asked for is left out, so that the same version is
the same file however often it is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from workbench.model import Delivery, DeliveryState, Receipt

SCHEMA = "workbench/receipts/1"


def as_told(
    receipts: Iterable[Receipt], deliveries: Iterable[Delivery], *, until: datetime
) -> list[dict[str, Any]]:
    """Each receipt given up to `until`, the oldest first.

    Ours name the digest of the package (SHA-512), those of others what they called their receipt
    and the digest of what was sent (SHA-256).
    """
    ours = [
        {
            "by": receipt.repository,
            "object": receipt.object_id,
            "version": receipt.version,
            "package_sha512": receipt.package_digest,
            "at": receipt.at.isoformat(),
        }
        for receipt in receipts
        if receipt.at <= until
    ]
    theirs = [
        {
            "by": delivery.target,
            "object": delivery.object_id,
            "version": delivery.version,
            "sent_sha256": delivery.digest,
            "receipt": delivery.receipt,
            "at": delivery.settled_at.isoformat(),
        }
        for delivery in deliveries
        if delivery.state is DeliveryState.SENT
        and delivery.settled_at is not None
        and delivery.settled_at <= until
    ]
    told: list[dict[str, Any]] = [*ours, *theirs]
    return sorted(told, key=lambda one: (one["at"], one["by"], one["version"]))


def as_file(object_id: str, told: Iterable[dict[str, Any]]) -> bytes:
    """The receipts as a file that travels beside a package."""
    whole = {"schema": SCHEMA, "object": object_id, "receipts": list(told)}
    return json.dumps(whole, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"
