"""What leaves the workbench: packages that are whole, lists that keep what is written."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256, sha512
from pathlib import Path
from random import Random

import openpyxl
import pytest

from workbench import exchange
from workbench.errors import DepositError
from workbench.model import (
    Act,
    Approved,
    Batch,
    Document,
    Event,
    Package,
    Proposal,
    Reading,
    Receipt,
    Record,
    SettledField,
    Signature,
    Stage,
    Unit,
)
from workbench.store import Store

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
SCAN = b"\xff\xd8 a scan"
PDF = b"%PDF-1.7 sealed"


def approved() -> Approved:
    fields = (SettledField("so", "012/ĐKMD", "012/ĐKMD", Act.ACCEPT, 0, (0, 0, 1, 1), "soat1"),)
    record = Record(
        "d1", "con_dau", "con_dau@1", "0" * 64, (sha256(SCAN).hexdigest(),), fields, "soat1", 3
    )
    return Approved(record, record.digest, "duyet1", NOON)


def signature(pdf: bytes = PDF) -> Signature:
    return Signature(
        document="d1", signer="THỬ NGHIỆM", certificate="c" * 64, level="B-B", trial=True,
        record_digest=approved().record_digest, pdf_digest=sha512(pdf).hexdigest(),
        ordered_by="duyet1", at=NOON,
    )  # fmt: skip


def event(after: Stage, by: str = "soat1") -> Event:
    return Event(document="d1", batch="b", unit="u", after=after, by=by, at=NOON)


EVENTS = (event(Stage.RECEIVED), event(Stage.APPROVED, "duyet1"), event(Stage.SIGNED, "worker"))
READING = Reading(
    document="d1", page="p", engine="tesseract", version="5.3", weights="w", words="f" * 64
)


def packed(name: str = "scan.JPG", events: tuple[Event, ...] = EVENTS) -> Package:
    return exchange.pack(
        approved(), pdf=PDF, signature=signature(), originals={name: SCAN}, events=events,
        readings=(READING,),
    )  # fmt: skip


def test_a_package_holds_pdf_record_originals_and_history(tmp_path: Path) -> None:
    package = packed()

    original = f"originals/{sha256(SCAN).hexdigest()}.jpg"
    assert set(package.files) == {
        "document.pdf", "record.json", "provenance.json", "manifest-sha512.txt", original
    }  # fmt: skip
    assert package.files[original] == SCAN
    assert package.files["record.json"] == approved().record.canonical()
    told = json.loads(package.files["provenance.json"])
    assert told["originals"][0]["received_as"] == "scan.JPG"
    assert told["engines"][0]["engine"] == "tesseract"
    assert [e["by"] for e in told["events"]] == ["soat1", "duyet1", "worker"]
    assert told["seal"]["pdf_sha512"] == sha512(PDF).hexdigest()


def test_the_manifest_is_one_that_everybody_can_check(tmp_path: Path) -> None:
    for name, content in packed().files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)

    command = ["sha512sum", "--check", "--quiet", "manifest-sha512.txt"]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0
    (tmp_path / "record.json").write_text("{}")
    assert subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode == 1


def test_what_happens_after_sealing_makes_no_other_package() -> None:
    assert packed(events=(*EVENTS, event(Stage.HELD), event(Stage.SIGNED))[:4]) == packed()


def test_the_order_in_which_readings_are_told_makes_no_other_package() -> None:
    readings = [
        Reading(document="d1", page=page, engine=engine, version=version, weights=weights)
        for page in ("p1", "p2")
        for engine in ("easyocr", "tesseract")
        for version in ("1", "2")
        for weights in ("u", "v")
    ]

    def digest(told: list[Reading]) -> str:
        return exchange.pack(
            approved(), pdf=PDF, signature=signature(), originals={"a.jpg": SCAN}, readings=told
        ).digest

    shuffled = [Random(seed).sample(readings, len(readings)) for seed in range(5)]
    assert {digest(told) for told in shuffled} == {digest(readings)}


def test_a_file_name_never_leads_out_of_the_package() -> None:
    assert all(".." not in name for name in packed("../../etc/Nguyễn.jpg").files)


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("pdf", {"pdf": b"%PDF other"}),
        ("original", {"originals": {"a.jpg": b"other"}}),
        ("no original", {"originals": {}}),
        ("record", {"approved": replace(approved(), record_digest="0" * 64)}),
    ],
)
def test_what_was_not_vouched_for_is_not_packed(what: str, given: dict[str, object]) -> None:
    whole = {
        "approved": approved(), "pdf": PDF, "signature": signature(),
        "originals": {"a.jpg": SCAN}, **given,
    }  # fmt: skip
    with pytest.raises(DepositError):
        exchange.pack(whole.pop("approved"), **whole)  # type: ignore[arg-type]


# --- the list ------------------------------------------------------------------------------------

COLUMNS = {"so": "Number", "ngay": "Date of issue", "luc": "Signed at", "n": "n"}


def read_back(path: Path) -> openpyxl.worksheet.worksheet.Worksheet:
    return openpyxl.load_workbook(path).active


def test_a_list_keeps_texts_as_texts_and_dates_as_dates(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    rows = [
        {"so": "0012", "ngay": date(2018, 5, 19), "luc": NOON, "n": 3},
        {"so": "=1+1", "ngay": date(1890, 1, 2), "luc": None},
        {"so": "http://x", "ngay": "không đọc được"},
    ]

    assert exchange.write_list(rows, path, columns=COLUMNS) == 3

    sheet = read_back(path)
    assert [cell.value for cell in sheet[1]] == ["Số", "Ngày cấp", "Thời điểm ký", "n"]
    assert sheet["A2"].value == "0012"
    assert sheet["B2"].value == datetime(2018, 5, 19)
    assert sheet["C2"].value == datetime(2026, 11, 22, 12, 0)  # Vietnam time
    assert sheet["D2"].value == 3
    assert (sheet["A3"].value, sheet["A3"].data_type) == ("=1+1", "s")
    assert sheet["B3"].value == "02/01/1890"
    assert sheet["A4"].hyperlink is None
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["C"].width > 15


def test_an_empty_list_is_still_a_list(tmp_path: Path) -> None:
    assert exchange.write_list([], tmp_path / "list.xlsx") == 0
    assert read_back(tmp_path / "list.xlsx")["B1"].value == "Số"


def test_what_a_repository_has_receipted_is_listed(store: Store, tmp_path: Path) -> None:
    store.add(
        Unit(code="PC06", name="Phòng"),
        Batch(id="b", name="b", unit="PC06", by="soat1"),
        Document(id="d1", batch="b", source="s", unit="PC06", number=1, kind="con_dau",
                 stage=Stage.EXPORTED),
        Document(id="d2", batch="b", source="s", unit="PC06", number=2, stage=Stage.SIGNED),
        Proposal(document="d1", field="so", position=0, value="012/ĐKMD", normalised="012/ĐKMD"),
        Proposal(document="d1", field="ngay_cap", position=1, value="ngày 19 tháng 5 năm 2018",
                 normalised="2018-05-19"),
        signature(),
        Receipt(document="d1", repository="ocfl", object_id="urn:workbench:document:d1",
                version="v1", package_digest="p", at=NOON),
    )  # fmt: skip

    rows = list(exchange.exported(store, kind=lambda document: "Con dấu"))
    exchange.write_list(rows, tmp_path / "list.xlsx")

    assert [row["document"] for row in rows] == ["d1"]
    assert (rows[0]["kind"], rows[0]["number"]) == ("Con dấu", "012/ĐKMD")
    assert rows[0]["issued"] == date(2018, 5, 19)
    assert read_back(tmp_path / "list.xlsx")["C2"].value == datetime(2018, 5, 19)
