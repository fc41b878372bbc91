"""A batch of entered data is signed as the table that it is: beside the Excel file, and kept."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workbench import signing
from workbench.bench.lots import PAPER, vouch
from workbench.cli import app
from workbench.errors import NotAllowedError, NotReadyError
from workbench.flow import signed_tables
from workbench.flow.entering import Entered, enter
from workbench.model import Batch, Origin
from workbench.signing import State, verify_detached
from workbench.workspace import Settings, Workspace, open_workspace, prepare_demo

PROFILE = {
    "name": "con-dau",
    "kind": "con_dau",
    "columns": {"so": {"letter": "A"}, "ten_to_chuc": {"letter": "B"}, "ngay_cap": {"letter": "C"}},
}


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    for name in ("DATA", "KEYS"):
        monkeypatch.setenv(f"WORKBENCH_{name}", str(tmp_path / name.lower()))
    opened = open_workspace(Settings(engines=("none",)))
    prepare_demo(opened)
    yield opened
    opened.store.close()


def entered(work: Workspace) -> tuple[str, list[str]]:
    batch = Batch(name="Nhập từ Excel", unit="PC06", by="soat1")
    records = [
        Entered("con_dau", {**PAPER, "so": f"{n}/ĐKMD"}, Origin.TABLE, f"{n}") for n in range(2)
    ]
    return batch.id, [document.id for document in enter(work, batch, records, by="soat1")]


def test_a_batch_that_two_people_vouched_for_is_signed_beside_its_excel_file(
    work: Workspace, tmp_path: Path
) -> None:
    batch, ids = entered(work)
    for key in ids:
        vouch(work, key)
    (tmp_path / "profile.json").write_text(json.dumps(PROFILE), encoding="utf-8")
    run = CliRunner().invoke
    added = run(app, ["tables", "add", str(tmp_path / "profile.json"), "--by", "quanly1"])
    assert added.exit_code == 0, added.output

    out = tmp_path / "out"
    told = run(
        app,
        ["sign-tables", batch, str(out), "--profile", "con-dau", "--by", "duyet1", "--json"],
    )
    assert told.exit_code == 0, told.output

    [receipt] = json.loads(told.stdout)["files"]
    table, beside = out / receipt["file"], out / f"{receipt['file']}.p7s"
    trust = signing.trust(work.settings.keys_folder)
    assert verify_detached(table.read_bytes(), beside.read_bytes(), trust).state is State.INTACT
    [kept] = work.store.signed_files(batch)
    assert (kept.digest, kept.ordered_by) == (receipt["sha512"], "duyet1")
    assert work.store.get(kept.content) == table.read_bytes()
    anchor = work.settings.keys_folder / "trial" / "root.pem"
    checked = subprocess.run(
        [
            "openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any",
            "-in", beside, "-content", table, "-CAfile", anchor, "-out", "/dev/null",
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "CAdES Verification successful" in checked.stderr


def test_a_batch_that_is_not_approved_whole_is_not_signed(work: Workspace) -> None:
    batch, ids = entered(work)
    vouch(work, ids[0])
    with pytest.raises(NotReadyError, match="1 of the 2 records"):
        signed_tables.sign(work, batch, "t.xlsx", b"table", by="duyet1")
    assert work.store.signed_files(batch) == []


def test_only_an_approver_signs_a_table(work: Workspace) -> None:
    batch, _ = entered(work)
    with pytest.raises(NotAllowedError):
        signed_tables.sign(work, batch, "t.xlsx", b"table", by="soat1")
