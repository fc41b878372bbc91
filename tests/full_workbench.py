"""A workbench in the middle of a day's work: documents at every stage, with pages and fields."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from PIL import Image, ImageDraw

from workbench.model import (
    Act,
    Batch,
    Box,
    Correction,
    Decision,
    Document,
    Event,
    Intake,
    Page,
    Proposal,
    Reading,
    Receipt,
    Review,
    Signature,
    SourceFile,
    Stage,
    Warp,
    Word,
)
from workbench.workspace import Workspace

WIDTH, HEIGHT = 826, 1169  # A4 at 100 dpi
_WAY = (Stage.RECEIVED, Stage.READ, Stage.PROPOSED, Stage.REVIEWED, Stage.APPROVED, Stage.SIGNED)
_DAY = ("16/08/2023", "2023-08-16")  # every date of every paper
_LATER = (*_WAY, Stage.EXPORTED)


def fill(work: Workspace, *, at: datetime, per_stage: int = 2) -> dict[Stage, list[str]]:
    """Keep a batch with documents at every stage; their ids by stage."""
    store = work.store
    view = store.put(_page_image())
    batch = Batch(id="lot-1", name="Lô sáng *thứ hai*", unit="PC06", by="soat1", at=at)
    refused = SourceFile(
        batch=batch.id,
        name="hỏng [1].pdf",
        intake=Intake.REFUSED,
        reason={"text": "The file is empty.", "values": {}},
        remedy={"text": "Scan it again.", "values": {}},
    )
    store.add(batch, refused)
    ids: dict[Stage, list[str]] = {}
    number = 0
    for stage in Stage:
        for _ in range(per_stage):
            number += 1
            ids.setdefault(stage, []).append(_document(work, stage, number, view, at))
    first = store.document(ids[Stage.PROPOSED][0])
    assert first is not None
    store.add(
        SourceFile(batch=batch.id, name="lại.pdf", intake=Intake.KNOWN, known_as=first.source)
    )
    return ids


def _document(work: Workspace, stage: Stage, number: int, view: str, at: datetime) -> str:
    store = work.store
    key = uuid5(NAMESPACE_URL, f"document-{number}").hex
    template = next(iter(work.templates.values()))
    is_read = stage is not Stage.RECEIVED
    is_known = is_read and stage not in (Stage.READ, Stage.HELD)
    came = at - timedelta(hours=48 - number)
    source = SourceFile(
        batch="lot-1",
        name=f"{number:03}.pdf",
        digest=f"{number:064x}",
        intake=Intake.ACCEPTED,
        media_type="application/pdf",
        size=350_000,
        pages=2,
        at=came,
    )
    document = Document(
        id=key,
        batch="lot-1",
        source=source.id,
        unit="PC06",
        number=number,
        stage=stage,
        kind=template.id if is_known else None,
        template_digest=template.digest if is_known else None,
        created_at=came,
        changed_at=came,
    )
    if stage is Stage.HELD:
        document.held_at = Stage.READ
        document.reason = {"text": "No template fits this form.", "values": {}}
    reviewed = stage in (Stage.REVIEWED, Stage.APPROVED, Stage.SIGNED, Stage.EXPORTED)
    if reviewed:
        document.reviewer = "soat1"
        store.add(
            Review(
                document=key, by="soat1", duty="review", decision=Decision.PASS, revision=0, at=came
            )
        )
    if stage in (Stage.APPROVED, Stage.SIGNED, Stage.EXPORTED):
        document.approver, document.approved_at = "duyet1", came
        document.record_digest = f"{number + 1000:064x}"
    if stage in (Stage.SIGNED, Stage.EXPORTED):
        document.seal_by = "duyet1"
        document.pdf_digest = store.put(b"%PDF-1.7 sealed")
        store.add(_signature(key, came))
    if stage is Stage.EXPORTED:
        store.add(_receipt(key, came))
    store.add(source, document, _event(document, came))
    if is_read:
        _add_pages(work, key, view)
    if is_known:
        _add_fields(work, key, template.digest, template.id)
    return key


def _signature(key: str, at: datetime) -> Signature:
    return Signature(
        document=key,
        signer="THỬ NGHIỆM – Công an tỉnh",
        certificate="c" * 64,
        level="B-B",
        trial=True,
        record_digest="d" * 64,
        pdf_digest="e" * 128,
        ordered_by="duyet1",
        at=at,
    )


def _receipt(key: str, at: datetime) -> Receipt:
    return Receipt(
        document=key,
        repository="ocfl",
        object_id=f"urn:workbench:{key}",
        version="v1",
        package_digest=key * 4,
        at=at,
    )


def _event(document: Document, at: datetime) -> Event:
    return Event(
        document=document.id,
        batch=document.batch,
        unit=document.unit,
        kind=document.kind,
        after=document.stage,
        by="soat1",
        reason=document.reason,
        at=at,
    )


def _add_pages(work: Workspace, key: str, view: str) -> None:
    upright = Warp((1, 0, 0, 0, 1, 0, 0, 0, 1), (WIDTH, HEIGHT), (WIDTH, HEIGHT))
    for number in range(2):
        page = Page(
            document=key,
            number=number,
            file_page=number,
            width=WIDTH,
            height=HEIGHT,
            dpi=100,
            scan=view,
            view=view,
            readable=view,
            warp=upright.as_json(),
        )
        work.store.add(page, *_readings(work, key, page.id))


def _readings(work: Workspace, key: str, page: str) -> list[Reading]:
    said = {
        "tesseract": "Số 221/ĐKMD Trường Mầm non",
        "trueocr": "Số 221/ĐKMĐ Trường Mâm non",
        "easyocr": "So 221/DKMD Truong Mam non",
    }
    return [
        Reading(
            document=key,
            page=page,
            engine=engine,
            version="1",
            weights="made-up",
            words=work.store.keep_words(_words(text)),
            count=len(text.split()),
            seconds=1.25,
            cpu_seconds=1.0,
        )
        for engine, text in said.items()
    ]


def _words(text: str) -> list[Word]:
    return [
        Word(syllable, Box(0.1 + 0.12 * n, 0.2, 0.2 + 0.12 * n, 0.23), 0.9, 0)
        for n, syllable in enumerate(text.split())
    ]


def _add_fields(work: Workspace, key: str, digest: str, kind: str) -> None:
    for position, name in enumerate(work.templates[kind].fields):
        is_date = work.templates[kind].fields[name].kind == "date"
        value = _DAY[0] if is_date else f"<giá trị> {position}"
        work.store.add(
            Proposal(
                document=key,
                field=name,
                position=position,
                value=value,
                normalised=_DAY[1] if is_date else value,
                page=0,
                box=[0.1, 0.1 + 0.03 * position, 0.6, 0.13 + 0.03 * position],
                candidates={"tesseract": value},
                confidence=0.9,
                agreement=1.0,
                accepted=True,
                template_digest=digest,
            )
        )
    first = next(iter(work.templates[kind].fields))
    work.store.add(
        Correction(
            id=f"act-{key}",
            document=key,
            field=first,
            act=Act.EDIT,
            before="<giá trị> 0",
            after="đã sửa & xong",
            normalised="đã sửa & xong",
            by="soat1",
            revision=0,
            serial=1,
        )
    )


def _page_image() -> bytes:
    page = Image.new("RGB", (WIDTH, HEIGHT), "white")
    ink = ImageDraw.Draw(page)
    for row in range(20):
        ink.line((80, 120 + 40 * row, 700, 120 + 40 * row), fill="black", width=2)
    content = io.BytesIO()
    page.save(content, "WEBP", quality=60)
    return content.getvalue()
