"""One certificate from file to receipt, in process, with the real engines and a real seal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pikepdf
import pytest

from workbench import flow, scope, signing
from workbench.errors import (
    NotAllowedError,
    NotReadyError,
    StaleDocumentError,
    StorageError,
)
from workbench.flow import FieldAct, stating
from workbench.model import Act, Decision, Document, Intake, Stage, now
from workbench.workspace import Settings, Workspace, open_workspace, prepare_demo

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("work")
    settings = Settings(
        data=folder / "data", keys=folder / "keys", engines=("tesseract", "trueocr", "asterocr")
    )
    opened = open_workspace(settings)
    prepare_demo(opened)
    yield opened
    opened.store.close()


@pytest.fixture(scope="module")
def read(work: Workspace, seal_certificate: Path, unknown_form: Path) -> flow.TakenIn:
    """A batch with a known form, an unknown one, a doubled and a broken file; read to its end."""
    folder = work.settings.data / "handed-in"
    folder.mkdir()
    for name, source in (
        ("1.pdf", seal_certificate),
        ("2-again.pdf", seal_certificate),
        ("3-unknown.pdf", unknown_form),
    ):
        (folder / name).write_bytes(source.read_bytes())
    (folder / "4-broken.pdf").write_bytes(b"%PDF-1.7 nothing more")
    taken = flow.take_in(work, [folder], name="Lô thử", unit="PC06", by="quantri")
    run(work)
    return taken


@pytest.fixture(scope="module")
def seal_certificate(sample_folder: Path) -> Path:
    return _chosen(sample_folder, "con_dau", "clean", "print")


@pytest.fixture(scope="module")
def unknown_form(sample_folder: Path) -> Path:
    return _chosen(sample_folder, "unknown", None, None)


def _chosen(sample: Path, form: str, level: str | None, fill: str | None) -> Path:
    for line in (sample / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        for document in entry["documents"]:
            wanted = (document["level"] if level else None, document["fill"] if fill else None)
            if document["form_type"] == form and wanted == (level, fill):
                return sample / str(entry["file"])
    raise AssertionError(f"no {form} in the sample")


def run(work: Workspace) -> None:
    while found := flow.claim(work, holder="test"):
        for document in found:
            flow.step(work, document, holder="test")


def the_certificate(work: Workspace) -> Document:
    (document,) = [d for d in work.store.documents() if d.kind == "con_dau"]
    return document


def act(field: str, act: Act = Act.ACCEPT, value: str = "") -> FieldAct:
    return FieldAct(id=uuid4().hex, field=field, act=act, value=value)


def test_good_files_are_taken_in_known_ones_told_and_broken_ones_refused_by_name(
    read: flow.TakenIn,
) -> None:
    became = {file.name: file.intake for file in read.files}
    assert became == {
        "1.pdf": Intake.ACCEPTED,
        "2-again.pdf": Intake.KNOWN,
        "3-unknown.pdf": Intake.ACCEPTED,
        "4-broken.pdf": Intake.REFUSED,
    }
    (refused,) = read.of(Intake.REFUSED)
    assert refused.reason
    assert refused.remedy


def test_the_original_is_kept_byte_for_byte(
    work: Workspace, read: flow.TakenIn, seal_certificate: Path
) -> None:
    digest = read.files[0].digest
    assert digest is not None
    assert work.store.get(digest) == seal_certificate.read_bytes()


def test_an_unknown_form_is_held_with_a_reason_and_never_forced(
    work: Workspace, read: flow.TakenIn
) -> None:
    (held,) = work.store.documents(stage=Stage.HELD)
    assert held.reason == {"text": "No template fits this form.", "values": {}}
    assert held.kind is None
    flow.release(work, held.id, by="soat1")
    run(work)
    again = work.store.document(held.id)
    assert again is not None
    assert again.stage is Stage.HELD


def test_every_engine_has_read_the_page_once(work: Workspace, read: flow.TakenIn) -> None:
    document = the_certificate(work)
    readings = work.store.readings(document.id)
    assert sorted(r.engine for r in readings) == ["asterocr", "tesseract", "trueocr"]
    assert all(work.store.words(r) for r in readings)
    assert all(r.version and r.weights for r in readings)


def test_a_proposal_says_where_it_stands_and_who_read_what(
    work: Workspace, read: flow.TakenIn
) -> None:
    document = the_certificate(work)
    number = next(p for p in work.store.proposals(document.id) if p.field == "so")
    assert number.value
    assert number.page == 0
    assert number.box is not None
    assert set(number.candidates) >= {"tesseract", "asterocr"}
    assert number.template_digest == work.templates["con_dau"].digest


def test_the_whole_way_to_a_receipt(work: Workspace, read: flow.TakenIn) -> None:
    document = the_certificate(work)
    sheets = flow.next_review(work, "soat1")
    sheet = next(s for s in sheets if s.document.id == document.id)

    # A colleague cannot take it meanwhile, and nobody passes on what was not looked at.
    with pytest.raises(StaleDocumentError):
        flow.correct(work, document.id, [act("so", Act.EDIT, "9/ĐKMD")], by="soat2")
    sheet = flow.correct(work, document.id, [act("nguoi_ky", Act.EDIT, "  Tên thử  ")], by="soat1")
    assert next(f for f in sheet.fields if f.name == "nguoi_ky").value == "Tên thử"
    sheet = flow.correct(work, document.id, [act("nguoi_ky", Act.UNDO)], by="soat1")
    waiting = [act(field.name) for field in sheet.waiting] or [act("so")]
    once = flow.correct(work, document.id, waiting, by="soat1")
    twice = flow.correct(work, document.id, waiting, by="soat1")
    assert once.document.revision == twice.document.revision
    flow.decide(work, document.id, Decision.PASS, by="soat1")

    # Four eyes: sent back with a reason, reviewed again, approved by somebody else.
    with pytest.raises(NotAllowedError):
        flow.approve(work, document.id, by="soat1", revision=once.document.revision)
    with pytest.raises(NotReadyError):
        flow.send_back(work, document.id, by="duyet1", revision=once.document.revision, reason=" ")
    flow.send_back(
        work, document.id, by="duyet1", revision=once.document.revision, reason="Xem lại số"
    )
    assert str(flow.sheet(work, document.id).returned) == "Xem lại số"
    flow.decide(work, document.id, Decision.PASS, by="soat1")
    seen = flow.waiting_for_approval(work, "duyet1")
    assert [d.id for d in seen] == [document.id]
    with pytest.raises(StaleDocumentError):
        flow.approve(work, document.id, by="duyet1", revision=seen[0].revision + 1)
    assert flow.sheet(work, document.id).errors == ()
    # It had ended before 01/7/2022: only with a reason does it go on.
    with pytest.raises(NotReadyError, match="not valid on 01/7/2022"):
        flow.approve(work, document.id, by="duyet1", revision=seen[0].revision)
    stating.overrule(
        work, document.id, scope.Path.SCAN, by="duyet1", reason="Đã gia hạn bằng văn bản"
    )
    flow.approve(work, document.id, by="duyet1", revision=seen[0].revision)

    # Nothing is sealed before it is ordered; then it is sealed and exported.
    run(work)
    resting = work.store.document(document.id)
    assert resting is not None
    assert resting.stage is Stage.APPROVED
    assert flow.order_seal(work, [document.id], by="duyet1") == 1
    assert flow.order_seal(work, [document.id], by="duyet1") == 0
    run(work)
    done = work.store.document(document.id)
    assert done is not None
    assert done.stage is Stage.EXPORTED, done.reason
    assert done.pdf_digest is not None

    sealed = work.store.get(done.pdf_digest)
    trust = signing.trust(work.settings.keys_folder)
    assert signing.verify(sealed, trust).state == "intact"
    (receipt,) = work.store.receipts(document.id)
    (signature,) = work.store.signatures(document.id)
    assert signature.trial
    assert "THỬ NGHIỆM" in signature.signer
    assert [e.after for e in work.store.events(document.id)] == [
        "received", "read", "proposed", "reviewed", "proposed", "reviewed", "approved",
        "approved", "signed", "exported",
    ]  # fmt: skip

    # The same record again is the same receipt.
    again = flow.deposit(work, done)
    assert (again.object_id, again.version, again.package_digest) == (
        receipt.object_id, receipt.version, receipt.package_digest,
    )  # fmt: skip
    assert again.at == receipt.at


def test_a_record_that_changed_after_approval_is_not_sealed(
    work: Workspace, read: flow.TakenIn
) -> None:
    document = the_certificate(work)
    tampered = work.store.move(
        document, Stage.APPROVED, by="test", at=now(), record_digest="0" * 64, seal_by="duyet1"
    )
    run(work)
    held = work.store.document(tampered.id)
    assert held is not None
    assert held.stage is Stage.HELD
    assert held.reason is not None
    assert "not the one that was approved" in held.reason["text"]


def test_a_step_that_fails_holds_the_document_and_the_batch_goes_on(
    work: Workspace, read: flow.TakenIn, tmp_path: Path, seal_certificate: Path
) -> None:
    changed = tmp_path / "again.pdf"
    changed.write_bytes(seal_certificate.read_bytes() + b"\n")
    taken = flow.take_in(work, [changed], name="Lô hai", unit="PC06", by="quantri")
    (file,) = taken.files
    assert file.digest is not None
    work.store.path(file.digest).unlink()  # somebody deleted the original behind our back
    run(work)
    (held,) = work.store.documents(batch=taken.batch.id)
    assert held.stage is Stage.HELD
    assert held.held_at is Stage.RECEIVED
    assert held.reason is not None


def test_a_file_with_two_papers_becomes_two_documents(
    work: Workspace, read: flow.TakenIn, tmp_path: Path, seal_certificate: Path, sample_folder: Path
) -> None:
    both = pikepdf.new()
    for source in (seal_certificate, _chosen(sample_folder, "antt", "clean", "print")):
        with pikepdf.open(source) as one:
            both.pages.extend(one.pages)
    both.save(tmp_path / "both.pdf")
    taken = flow.take_in(work, [tmp_path / "both.pdf"], name="Hai", unit="PC06", by="quantri")
    run(work)
    parted = work.store.documents(batch=taken.batch.id)
    assert sorted(d.kind or "" for d in parted) == ["antt", "con_dau"]
    for document in parted:
        (page,) = work.store.pages(document.id)
        assert page.number == 0
        assert {r.page for r in work.store.readings(document.id)} == {page.id}


def test_a_fault_of_the_site_holds_no_paper(
    work: Workspace, read: flow.TakenIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    seal_certificate: Path,
) -> None:  # fmt: skip
    changed = tmp_path / "third.pdf"
    changed.write_bytes(seal_certificate.read_bytes() + b"\n\n")
    taken = flow.take_in(work, [changed], name="Lô ba", unit="PC06", by="quantri")

    def full(content: object) -> str:
        raise StorageError("The disk is full; nothing was kept of this file.")

    monkeypatch.setattr(work.store, "put", full)
    run(work)
    (waiting,) = work.store.documents(batch=taken.batch.id)
    assert waiting.stage is Stage.RECEIVED
    assert waiting.attempts == 0
    assert waiting.reason is not None


def test_a_batch_of_an_unknown_unit_is_not_begun(work: Workspace, tmp_path: Path) -> None:
    before = len(work.store.batches())
    with pytest.raises(NotReadyError, match="XX"):
        flow.take_in(work, [tmp_path], name="Lô", unit="XX", by="quantri")
    assert len(work.store.batches()) == before
