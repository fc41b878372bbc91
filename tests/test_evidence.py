"""The evidence in a package leads to the record that is signed, or the check says where not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256, sha512
from typing import Any

import pytest

from workbench import exchange
from workbench.exchange.evidence import flaws
from workbench.model import (
    Act,
    Approved,
    Correction,
    Decision,
    Delivery,
    DeliveryState,
    Event,
    Proposal,
    Receipt,
    Record,
    Review,
    SettledField,
    Signature,
    Stage,
    Trace,
)

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
SCAN = b"\xff\xd8 a scan"
PDF = b"%PDF-1.7 sealed"


def field(name: str, value: str, act: Act) -> SettledField:
    return SettledField(name, value, value, act, 0, None, "soat1")


RECORD = Record(
    "d1", "con_dau", "con_dau@1", "0" * 64, (sha256(SCAN).hexdigest(),),
    (field("so", "012/ĐKMD", Act.CANDIDATE), field("ten", "Nguyễn Văn A", Act.ACCEPT),
     field("ky", "", Act.ABSENT)),
    "soat1", 3,
)  # fmt: skip


def act(number: int, name: str, how: Act, after: str) -> Correction:
    return Correction(
        id=f"a{number}", document="d1", field=name, act=how, before="", after=after,
        normalised=after, by="soat1", at=NOON + timedelta(seconds=number), revision=1,
        serial=number,
    )  # fmt: skip


WITNESSED = exchange.Witnessed(
    proposals=[
        Proposal(document="d1", field="so", position=0, value="O12", normalised="O12",
                 candidates={"tesseract": "O12", "trueocr": "012/ĐKMD"}),
        Proposal(document="d1", field="ten", position=1, value="Nguyễn Văn A",
                 normalised="Nguyễn Văn A"),
        Proposal(document="d1", field="ky", position=2, value="x", normalised="x"),
    ],
    corrections=[
        act(1, "so", Act.EDIT, "012/DKMD"), act(2, "so", Act.UNDO, ""),
        act(3, "so", Act.CANDIDATE, "012/ĐKMD"), act(4, "ky", Act.ABSENT, ""),
    ],
    reviews=[
        Review(id="r1", document="d1", by="soat1", duty="review", decision=Decision.PASS,
               revision=2, at=NOON + timedelta(seconds=9)),
        Review(id="r2", document="d1", by="duyet1", duty="approve", decision=Decision.PASS,
               revision=3, record_digest=RECORD.digest, at=NOON + timedelta(seconds=10)),
    ],
    traces=[
        Trace(id="a3", document="d1", field="so", act="candidate", by="soat1",
              offered=[["tesseract"], ["trueocr"]], chosen=1),
    ],
)  # fmt: skip


def packed(**changed: Any) -> dict[str, bytes]:
    sealed = changed.get("detached", PDF)
    given: dict[str, Any] = {
        "pdf": PDF,
        "signature": Signature(
            document="d1", signer="THỬ NGHIỆM", certificate="c" * 64, level="B-B", trial=True,
            record_digest=RECORD.digest, pdf_digest=sha512(sealed).hexdigest(),
            ordered_by="duyet1", at=NOON + timedelta(minutes=1),
        ),
        "originals": {"scan.jpg": SCAN},
        "events": [
            Event(document="d1", batch="b", unit="u", after=Stage.SIGNED, by="worker", at=NOON)
        ],
        "pages": [{"page": 0, "original_sha256": sha256(SCAN).hexdigest(), "page_of_original": 0,
                   "scan_sha256": "5" * 64}],
        "witnessed": WITNESSED,
        **changed,
    }  # fmt: skip
    approved = Approved(RECORD, RECORD.digest, "duyet1", NOON + timedelta(seconds=10))
    return dict(exchange.pack(approved, **given).files)


def test_the_evidence_says_who_saw_which_candidates_and_decided_what() -> None:
    files = packed()
    told = json.loads(files["evidence.json"])

    so = told["fields"][0]
    assert so["candidates"] == {"tesseract": "O12", "trueocr": "012/ĐKMD"}
    assert [a["act"] for a in so["acts"]] == ["edit", "undo", "candidate"]
    assert (so["acts"][2]["offered"], so["acts"][2]["chosen"]) == ([["tesseract"], ["trueocr"]], 1)
    assert [d["by"] for d in told["decisions"]] == ["soat1", "duyet1"]
    assert told["scans"][0]["scan_sha256"] == "5" * 64
    assert [e["type"] for e in told["events"]] == ["digital signature generation"]
    assert flaws(files) == ()


def test_what_came_after_the_seal_is_no_evidence_of_it() -> None:
    late = act(99, "so", Act.EDIT, "later")
    more = exchange.Witnessed(
        WITNESSED.proposals, [*WITNESSED.corrections, late], WITNESSED.reviews, WITNESSED.traces
    )
    assert packed(witnessed=more) == packed()


def test_a_record_without_a_scan_is_packed_with_its_detached_seal() -> None:
    files = packed(pdf=None, detached=b"0\x82 a seal")
    assert files["record.json.p7s"] == b"0\x82 a seal"
    assert "document.pdf" not in files
    assert flaws(files) == ()


def test_a_package_without_evidence_has_no_flaw_in_it() -> None:
    assert flaws(packed(witnessed=None)) == ()


def _field_told(name: str, **changed: object) -> Callable[[dict[str, Any]], None]:
    def change(told: dict[str, Any]) -> None:
        [field] = [f for f in told["fields"] if f["field"] == name]
        field.update(changed)

    return change


def _other_act(told: dict[str, Any]) -> None:
    told["fields"][0]["acts"][2]["after"] = "999/ĐKMD"


def _other_approver(told: dict[str, Any]) -> None:
    told["decisions"][1]["by"] = "soat1"


FORGERIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "another settled value": _field_told("so", settled="999"),
    "another act": _other_act,
    "another proposal": _field_told("ten", proposed="Nguyễn Văn B"),
    "a field left out": lambda told: told["fields"].pop(),
    "another approver": _other_approver,
    "no review by the reviewer": lambda told: told["decisions"][0].update(by="soat2"),
    "another record": lambda told: told.update(record_sha256="1" * 64),
    "another seal": lambda told: told.update(sealed_sha512="1" * 128),
    "another template": lambda told: told["template"].update(sha256="1" * 64),
    "another scan": lambda told: told["scans"][0].update(original_sha256="1" * 64),
    "another original": lambda told: told.update(originals=[]),
    "nothing that can be read": lambda told: told.pop("fields"),
}


@pytest.mark.parametrize("how", FORGERIES)
def test_evidence_that_was_changed_does_not_lead_to_the_record(how: str) -> None:
    files = packed()
    told = json.loads(files["evidence.json"])
    FORGERIES[how](told)
    assert flaws({**files, "evidence.json": json.dumps(told).encode()})


def receipt(of: str = "d1", *, minutes: int = 0) -> Receipt:
    return Receipt(
        document="d1", repository="ocfl", object_id=f"urn:workbench:document:{of}", version="v1",
        package_digest="9" * 128, at=NOON + timedelta(minutes=minutes),
    )  # fmt: skip


def delivered(state: DeliveryState = DeliveryState.SENT, *, minutes: int = 0) -> Delivery:
    return Delivery(
        id=f"k{minutes}{state}", target="kho", document="d1", unit="u", version="v1",
        object_id="urn:workbench:document:d1", digest="8" * 64, state=state, receipt="BN-1",
        by="duyet1", settled_at=NOON + timedelta(minutes=minutes),
    )  # fmt: skip


def test_a_later_seal_brings_the_receipts_from_before_it_and_none_from_after() -> None:
    more = replace(
        WITNESSED,
        receipts=[receipt(), receipt(minutes=5)],
        deliveries=[delivered(), delivered(minutes=5), delivered(DeliveryState.REFUSED)],
    )
    files = packed(witnessed=more)
    told = json.loads(files["evidence.json"])["receipts"]
    assert [(one["by"], one.get("receipt")) for one in told] == [("kho", "BN-1"), ("ocfl", None)]
    assert flaws(files) == ()


def test_receipts_of_another_record_are_found() -> None:
    files = packed(witnessed=replace(WITNESSED, receipts=[receipt("d2")]))
    assert [flaw.text for flaw in flaws(files)] == [
        "The evidence holds receipts of another record."
    ]
