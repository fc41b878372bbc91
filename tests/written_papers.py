"""Papers in a store as if they had been scanned: written lines, engines that see just these."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from PIL import Image

from tests import written_page
from workbench import flow
from workbench.flow.recognise import ReadPage
from workbench.model import (
    Batch,
    Box,
    Document,
    Identity,
    Intake,
    Page,
    Quality,
    Reading,
    SourceFile,
    Stage,
    Warp,
    Word,
    now,
)
from workbench.workspace import Workspace

Lines = Sequence[tuple[float, str]]
_SIZE = 620, 877  # A4 at 75 dpi
_WARP = Warp((1, 0, 0, 0, 1, 0, 0, 0, 1), _SIZE, _SIZE)
_QUALITY = Quality(300, blur=900.0, skew=0.0, contrast=0.9, blank=False)


class Reader:
    """An engine that sees on each page what was written on it; `slips` is how it misreads."""

    def __init__(self, name: str, slips: Callable[[str], str] = str) -> None:
        self.name = name
        self.slips = slips
        self.pages: dict[str, tuple[Word, ...]] = {}
        self.asked: list[int] = []  # strips of each call

    def identity(self) -> Identity:
        return Identity(self.name, "1", "0", self.name)

    def see(self, words: Sequence[Word]) -> tuple[Word, ...]:
        return tuple(Word(self.slips(w.text), w.box, w.confidence, w.line) for w in words)

    def recognise(self, image: Path, lines: Sequence[Box] = ()) -> tuple[Word, ...]:
        words = self.pages.get(image.name, ())
        self.asked.append(len(lines))
        if not lines:
            return words
        return tuple(
            Word(word.text, word.box, word.confidence, at)
            for at, line in enumerate(lines)
            for word in words
            if line.holds(*word.box.middle)
        )


def readers() -> tuple[Reader, Reader]:
    return Reader("tesseract"), Reader("trueocr")


def hand_to(work: Workspace, engines: Sequence[Reader]) -> None:
    """Let this workspace read with these engines."""
    work.__dict__["engines"] = tuple(engines)


def scanned(work: Workspace, lines: Lines, *, unit: str = "PC06", top: float = 0.07) -> Document:
    """Keep a paper of one page whose engines have read it; it waits for its form to be told."""
    store = work.store
    if store.batch("written") is None:
        store.add(Batch(id="written", name="Lô", unit=unit, by="soat1"))
    number = store.count() + 1
    shown = Image.new("L", _SIZE, 255)
    shown.putpixel((number % _SIZE[0], number // _SIZE[0]), 0)  # each its own digest
    stream = io.BytesIO()
    shown.save(stream, "PNG")
    image = store.put(stream.getvalue())
    source = SourceFile(
        batch="written", name=f"{number:03}.pdf", digest=f"{number:064x}", intake=Intake.ACCEPTED,
        media_type="application/pdf", pages=1,
    )  # fmt: skip
    document = Document(
        batch="written", source=source.id, unit=unit, number=number, stage=Stage.READ
    )
    page = Page(
        document=document.id, source=source.id, number=0, file_page=0, width=_SIZE[0],
        height=_SIZE[1], dpi=75, scan=image, view=image, readable=image, warp=_WARP.as_json(),
        quality=asdict(_QUALITY),
    )  # fmt: skip
    written = written_page.words(lines, top=top)
    readings = []
    for engine in work.engines:
        assert isinstance(engine, Reader)
        engine.pages[store.path(image).name] = seen = engine.see(written)
        readings.append(
            Reading(
                document=document.id, page=page.id, engine=engine.name, version="1", weights="0",
                words=store.keep_words(seen), count=len(seen),
            )
        )  # fmt: skip
    store.add(source, document, page, *readings)
    return document


def told(work: Workspace, document: Document) -> Document:
    """Let the machine tell the form of a paper and propose its values, or hold it."""
    (claimed,) = flow.claim(work, holder="machine", stages=(Stage.READ,))
    assert claimed.id == document.id
    flow.step(work, claimed, holder="machine")
    found = work.store.document(document.id)
    assert found is not None
    return found


def reviewed(work: Workspace, document: Document) -> Document:
    """A reviewer passed it on as it is."""
    return work.store.move(document, Stage.REVIEWED, by="soat1", at=now(), reviewer="soat1")


def certificate(number: int) -> Lines:
    """One of many made-up certificates of security and order; their values differ."""
    names = ("BÌNH MINH", "HOÀNG HÔN", "SAO MAI", "HƯƠNG SEN", "CỬU LONG", "THANH TÂM")
    return tuple(
        (
            left,
            text.replace("12/GCN", f"{12 + number}/GCN")
            .replace("BÌNH MINH", names[number % len(names)])
            .replace("094190001234", f"09419000{1234 + number}")
            .replace("2200123458", f"22001234{58 + number}"),
        )
        for left, text in written_page.ANTT
    )


def pages_of(work: Workspace, document: str) -> tuple[ReadPage, ...]:
    from workbench.flow import proving_templates

    return proving_templates._pages(work, document)
