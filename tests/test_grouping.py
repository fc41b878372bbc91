"""What is proposed of pages is applied, told and undone; no page is lost, whoever meets whom."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from tests import test_paging as sheets
from workbench import flow
from workbench.errors import NotAllowedError, NotReadyError, StaleDocumentError
from workbench.flow import FieldAct, grouping
from workbench.flow.claimed import Claimed, sources_of
from workbench.model import (
    Act,
    Batch,
    Correction,
    Decision,
    Document,
    Intake,
    Page,
    PageMatter,
    PageProposal,
    Proposal,
    Quality,
    Reading,
    SourceFile,
    Stage,
    Standing,
    Warp,
    new_id,
    now,
)
from workbench.workspace import Settings, Workspace, open_workspace, prepare_demo

Lines = tuple[tuple[float, str], ...]
BLANK: Lines = ()
CERTIFICATE = sheets.SHEET
OTHER = tuple(
    (left, text.replace("12/GCN", "57/GCN").replace("094190001234", "094170009876"))
    for left, text in CERTIFICATE
)
PERMIT = tuple((0.08, text) for _, text in sheets.PERMIT)
LIST = tuple((0.08, text) for _, text in sheets.LIST)


@dataclass
class Desk:
    """A workspace with one batch, into which files are handed that engines have read."""

    work: Workspace
    folder: Path
    batch: str = "lot"

    def hand_in(self, name: str, pages: Sequence[tuple[Lines, int]]) -> str:
        """A file with these pages (their lines, and a seed for another pass of the scanner)."""
        store = self.work.store
        source = SourceFile(
            batch=self.batch, name=name, digest=store.put(name.encode()), pages=len(pages),
            media_type="application/pdf", intake=Intake.ACCEPTED,
        )  # fmt: skip
        document = Document(
            batch=self.batch, source=source.id, unit="PC06", number=store.count() + 1
        )
        store.add(source, document)
        for number, (lines, seed) in enumerate(pages):
            self._page(document, source, number, lines, seed)
        return document.id

    def _page(
        self, document: Document, source: SourceFile, number: int, lines: Lines, seed: int
    ) -> None:
        store = self.work.store
        said, path = sheets.made(self.folder, f"{source.id}-{number}", lines, seed=seed)
        size = (sheets.WIDTH, sheets.HEIGHT)
        image = store.put(path)
        quality = Quality(dpi=150, blur=300, skew=0, contrast=0.8, blank=not lines)
        page = Page(
            document=document.id, source=source.id, number=number, file_page=number,
            width=size[0], height=size[1], dpi=150, scan=image, view=image, readable=image,
            warp=Warp((1, 0, 0, 0, 1, 0, 0, 0, 1), size, size).as_json(), quality=asdict(quality),
        )  # fmt: skip
        store.add(page)
        for engine, words in said.items() if lines else ():
            store.add(
                Reading(document=document.id, page=page.id, engine=engine, version="1",
                        weights="w", words=store.keep_words(words), count=len(words))
            )  # fmt: skip

    def read(self) -> None:
        """What a worker does at the end of reading each file, in the order they came."""
        store = self.work.store
        while found := store.claim([Stage.RECEIVED], by="worker", seconds=600, at=now()):
            for document in found:
                grouping.part(self.work, Claimed(document, "worker"))

    def documents(self) -> list[Document]:
        return self.work.store.documents(batch=self.batch)

    def lie(self) -> list[list[tuple[str, int]]]:
        """Which pages make the documents: file and page in it; those without pages left out."""
        store = self.work.store
        found = []
        for document in self.documents():
            pages = store.pages(document.id)
            names = {s.id: s.name for s in store.sources(self.batch)}
            if pages:
                found.append([(names[p.source], p.file_page) for p in pages])
        return sorted(found)

    def told(self, matter: PageMatter) -> PageProposal:
        (found,) = [
            p for p in self.work.store.page_proposals(batch=self.batch) if p.matter is matter
        ]
        return found

    def undo(self, matter: PageMatter, *, by: str = "soat1") -> None:
        found = self.told(matter)
        grouping.undo_pages(self.work, found.id, by=by, standing=found.standing)

    def accept(self, matter: PageMatter, *, by: str = "soat1") -> None:
        found = self.told(matter)
        grouping.accept_pages(self.work, found.id, by=by, standing=found.standing)

    def assert_nothing_is_lost(self, pages: int) -> None:
        store = self.work.store
        every = store.pages_of_batch(self.batch)
        assert len(every) == len({p.id for p in every}) == pages
        for document in self.documents():
            mine, aside = store.pages(document.id), store.set_aside(document.id)
            assert [p.number for p in mine] == list(range(len(mine)))
            assert [p.number for p in aside] == list(range(len(mine), len(mine) + len(aside)))
            assert (document.stage is Stage.REJECTED) == (not mine)
            here = {p.id for p in (*mine, *aside)}
            assert {r.page for r in store.readings(document.id)} <= here


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    work = open_workspace(Settings(data=tmp_path / "data", keys=tmp_path / "keys"))
    prepare_demo(work)
    work.store.add(Batch(id="lot", name="Lô", unit="PC06", by="quantri"))
    yield Desk(work, tmp_path)
    work.store.close()


# --- each kind: found, told, undone, done again ---------------------------------------------------


def test_two_papers_and_a_blank_page_in_one_file(desk: Desk) -> None:
    desk.hand_in("a.pdf", [(CERTIFICATE, 0), (BLANK, 0), (OTHER, 0)])
    desk.read()
    assert desk.lie() == [[("a.pdf", 0)], [("a.pdf", 2)]]
    assert {p.matter for p in desk.work.store.page_proposals(batch="lot")} == {
        PageMatter.BLANK, PageMatter.PARTED
    }  # fmt: skip
    desk.undo(PageMatter.BLANK)
    assert desk.lie() == [[("a.pdf", 0), ("a.pdf", 1)], [("a.pdf", 2)]]
    desk.undo(PageMatter.PARTED)
    assert desk.lie() == [[("a.pdf", 0), ("a.pdf", 1), ("a.pdf", 2)]]
    assert desk.told(PageMatter.PARTED).standing is Standing.UNDONE
    desk.accept(PageMatter.PARTED)
    desk.accept(PageMatter.BLANK)
    assert desk.lie() == [[("a.pdf", 0)], [("a.pdf", 2)]]
    desk.assert_nothing_is_lost(3)


def test_swapped_pages_are_put_in_order_and_back(desk: Desk) -> None:
    document = desk.hand_in("a.pdf", [(LIST, 0), (PERMIT, 0)])
    desk.read()
    assert desk.lie() == [[("a.pdf", 1), ("a.pdf", 0)]]
    desk.undo(PageMatter.ORDER)
    assert desk.lie() == [[("a.pdf", 0), ("a.pdf", 1)]]
    desk.accept(PageMatter.ORDER)
    assert desk.lie() == [[("a.pdf", 1), ("a.pdf", 0)]]
    kept = desk.work.store.document(document)
    assert kept is not None and (kept.stage, kept.revision) == (Stage.READ, 2)


def test_a_page_scanned_twice_is_set_aside_and_put_back(desk: Desk) -> None:
    desk.hand_in("a.pdf", [(CERTIFICATE, 0), (CERTIFICATE, 6)])
    desk.read()
    assert desk.lie() == [[("a.pdf", 0)]]
    (document,) = desk.documents()
    (aside,) = desk.work.store.set_aside(document.id)
    assert (aside.file_page, aside.aside) == (1, "again")
    assert len(flow.sheet(desk.work, document.id).pages) == 1
    desk.undo(PageMatter.AGAIN)
    assert desk.lie() == [[("a.pdf", 0), ("a.pdf", 1)]]


def test_two_papers_of_one_form_are_never_one_scanned_twice(desk: Desk) -> None:
    desk.hand_in("a.pdf", [(CERTIFICATE, 0), (OTHER, 3)])
    desk.hand_in("b.pdf", [(sheets.changed(CERTIFICATE, "12/GCN", "21/GCN"), 0)])
    desk.read()
    assert len(desk.lie()) == 3
    assert [p.matter for p in desk.work.store.page_proposals(batch="lot")] == [PageMatter.PARTED]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_paper_that_runs_on_into_the_next_file_is_joined(
    desk: Desk, order: tuple[int, int]
) -> None:
    files = [("quet 9.pdf", [(PERMIT, 0)]), ("quet 10.pdf", [(LIST, 0)])]
    keys = [desk.hand_in(*files[n]) for n in order]  # whichever is read first
    desk.read()
    whole = [("quet 9.pdf", 0), ("quet 10.pdf", 0)]
    assert desk.lie() == [whole]
    permit, rest = (desk.work.store.document(keys[order.index(n)]) for n in (0, 1))
    assert permit is not None and rest is not None
    assert (permit.stage, rest.stage) == (Stage.READ, Stage.REJECTED)
    assert [s.name for s in sources_of(desk.work, permit)] == ["quet 9.pdf", "quet 10.pdf"]
    assert [e.by for e in desk.work.store.events(rest.id)][-1] == grouping.MACHINE
    desk.undo(PageMatter.JOINED)
    assert desk.lie() == sorted([[whole[0]], [whole[1]]])
    desk.accept(PageMatter.JOINED)
    assert desk.lie() == [whole]
    desk.assert_nothing_is_lost(2)


def test_a_page_without_a_head_that_says_nothing_waits_for_a_person(desk: Desk) -> None:
    desk.hand_in("1.pdf", [(CERTIFICATE, 0)])
    desk.hand_in("2.pdf", [(tuple((0.08, f"Dòng chữ số {n} không nói gì") for n in range(9)), 0)])
    desk.read()
    assert len(desk.lie()) == 2
    assert desk.told(PageMatter.JOINED).standing is Standing.OPEN
    desk.accept(PageMatter.JOINED)
    assert desk.lie() == [[("1.pdf", 0), ("2.pdf", 0)]]


def test_a_paper_scanned_twice_is_held_and_goes_on_when_told_to(desk: Desk) -> None:
    desk.hand_in("1.pdf", [(CERTIFICATE, 0)])
    desk.hand_in("2.pdf", [(CERTIFICATE, 5)])
    desk.hand_in("3.pdf", [(OTHER, 0)])
    desk.read()
    stages = {d.number: d.stage for d in desk.documents()}
    assert stages == {1: Stage.READ, 2: Stage.HELD, 3: Stage.READ}
    desk.undo(PageMatter.REPEATED)
    assert {d.stage for d in desk.documents()} == {Stage.READ}
    desk.accept(PageMatter.REPEATED)
    (held,) = [d for d in desk.documents() if d.stage is Stage.HELD]
    assert held.held_at is Stage.READ and held.reason is not None
    proposal = desk.told(PageMatter.REPEATED)
    proposal.standing = Standing.APPLIED
    desk.work.store.keep(proposal)
    flow.release(desk.work, held.id, by="soat1")
    assert desk.told(PageMatter.REPEATED).standing is Standing.UNDONE


# --- people's own grouping ------------------------------------------------------------------------


def test_a_person_splits_joins_reorders_and_sets_aside(desk: Desk) -> None:
    work = desk.work
    first = desk.hand_in("a.pdf", [(PERMIT, 0), (LIST, 0)])
    desk.hand_in("b.pdf", [(CERTIFICATE, 0)])
    desk.read()
    _, second = work.store.pages(first)

    def revision(key: str) -> int:
        found = work.store.document(key)
        assert found is not None
        return found.revision

    new = grouping.split(work, first, second.id, by="soat1", revision=0)
    assert desk.lie() == [[("a.pdf", 0)], [("a.pdf", 1)], [("b.pdf", 0)]]
    assert grouping.join(work, new, by="soat1", revision=0) == first
    order = [page.id for page in reversed(work.store.pages(first))]
    grouping.reorder(work, first, order, by="soat1", revision=revision(first))
    assert desk.lie()[0] == [("a.pdf", 1), ("a.pdf", 0)]
    grouping.set_aside(work, first, second.id, by="soat1", revision=revision(first))
    assert desk.lie()[0] == [("a.pdf", 0)]
    last = work.store.pages(first)[0].id
    with pytest.raises(NotReadyError, match="last page"):
        grouping.set_aside(work, first, last, by="soat1", revision=revision(first))
    grouping.put_back(work, first, second.id, by="soat1", revision=revision(first))
    assert desk.lie()[0] == [("a.pdf", 0), ("a.pdf", 1)]
    desk.assert_nothing_is_lost(3)
    assert {e.by for e in work.store.events(first)} == {"worker", "soat1"}


def test_whatever_is_done_in_whatever_order_no_page_is_lost(desk: Desk) -> None:
    work, dice = desk.work, random.Random(11)
    desk.hand_in("a.pdf", [(PERMIT, 0), (LIST, 0), (BLANK, 0)])
    desk.hand_in("b.pdf", [(CERTIFICATE, 0), (OTHER, 0)])
    desk.read()
    done = 0
    for _ in range(60):
        document = dice.choice([d for d in desk.documents() if work.store.pages(d.id)])
        pages = [p.id for p in work.store.pages(document.id)]
        aside = [p.id for p in work.store.set_aside(document.id)]
        seen = {"by": "soat1", "revision": document.revision}
        proposal = dice.choice(work.store.page_proposals(batch="lot"))
        acts: list[Callable[[], object]] = [
            lambda d=document.id, p=pages, s=seen: grouping.split(work, d, dice.choice(p), **s),
            lambda d=document.id, s=seen: grouping.join(work, d, **s),
            lambda d=document.id, p=pages, s=seen: grouping.set_aside(work, d, p[-1], **s),
            lambda d=document.id, p=pages, s=seen: grouping.reorder(work, d, p[::-1], **s),
            lambda d=document.id, a=aside, s=seen: grouping.put_back(work, d, (a or [""])[0], **s),
            lambda p=proposal: grouping.undo_pages(work, p.id, by="soat1", standing=p.standing),
            lambda p=proposal: grouping.accept_pages(work, p.id, by="soat1", standing=p.standing),
        ]
        try:
            dice.choice(acts)()
            done += 1
        except (NotReadyError, StaleDocumentError):
            pass
        desk.assert_nothing_is_lost(5)
    assert done > 20


def test_only_some_may_group_pages(desk: Desk) -> None:
    desk.hand_in("a.pdf", [(CERTIFICATE, 0), (OTHER, 0)])
    desk.read()
    for nobody in ("quanly1", "mau1", "ai đó"):
        with pytest.raises(NotAllowedError):
            desk.undo(PageMatter.PARTED, by=nobody)


def test_a_paper_of_two_files_is_sealed_and_kept_with_both(desk: Desk) -> None:
    work, store = desk.work, desk.work.store
    key = desk.hand_in("1.pdf", [(PERMIT, 0)])
    desk.hand_in("2.pdf", [(BLANK, 0), (LIST, 0)])
    desk.read()
    template = work.templates["vu_khi"]
    day = {name: "2023-08-16" for name, spec in template.fields.items() if spec.kind == "date"}
    rows = [
        Proposal(document=key, field=name, position=n, value=day.get(name, "x"),
                 normalised=day.get(name, "x"), page=n % 2, box=[0.1, 0.1, 0.2, 0.2],
                 accepted=True, template_digest=template.digest)
        for n, name in enumerate(template.fields)
    ]  # fmt: skip
    read = store.document(key)
    assert read is not None
    store.move(read, Stage.PROPOSED, by="w", at=now(), rows=rows, kind="vu_khi",
               template_digest=template.digest)  # fmt: skip
    for field in flow.sheet(work, key).waiting:
        told = day.get(field.name, "x")
        flow.correct(work, key, [FieldAct(new_id(), field.name, Act.EDIT, told)], by="soat1")
    flow.decide(work, key, Decision.PASS, by="soat1")
    for finding in flow.sheet(work, key).errors:  # drawn coarse, to be read fast
        assert finding.rule.startswith("file.resolution")
        flow.override(work, key, finding.rule, by="duyet1", reason="Giấy dựng để thử")
    seen = store.document(key)
    assert seen is not None
    flow.approve(work, key, by="duyet1", revision=seen.revision)
    flow.order_seal(work, [key], by="duyet1")
    for _ in ("seal", "export"):
        (claimed,) = flow.claim(work, holder="w", stages=(Stage.APPROVED, Stage.SIGNED))
        flow.step(work, claimed, holder="w")
    kept = store.document(key)
    assert kept is not None and kept.stage is Stage.EXPORTED, kept
    (told,) = work.settings.data.rglob("provenance.json")
    provenance = json.loads(told.read_text("utf-8"))
    assert {o["received_as"] for o in provenance["originals"]} == {"1.pdf", "2.pdf"}
    first, second = flow.approval(work, kept).record.originals
    assert [(p["original_sha256"], p["page_of_original"]) for p in provenance["pages"]] == [
        (first, 0), (second, 1)
    ]  # fmt: skip


# --- what stands against it -----------------------------------------------------------------------


def corrected(desk: Desk, document: str) -> None:
    act = Correction(
        id=f"act-{document}", document=document, field="so", act=Act.EDIT, before="", after="x",
        normalised="x", by="soat1", revision=0,
    )  # fmt: skip
    found = desk.work.store.document(document)
    assert found is not None
    moved = desk.work.store.move(found, Stage.PROPOSED, by="w", at=now())
    desk.work.store.correct(moved, [act], by="soat1", at=now())


def test_what_a_reviewer_has_worked_on_is_not_grouped_anew(desk: Desk) -> None:
    first = desk.hand_in("1.pdf", [(PERMIT, 0)])
    store = desk.work.store
    (claimed,) = store.claim([Stage.RECEIVED], by="worker", seconds=600, at=now())
    second = desk.hand_in("2.pdf", [(LIST, 0)])
    grouping.part(desk.work, Claimed(claimed, "worker"))
    corrected(desk, first)
    desk.read()
    assert desk.lie() == [[("1.pdf", 0)], [("2.pdf", 0)]]
    assert desk.told(PageMatter.JOINED).standing is Standing.OPEN
    with pytest.raises(NotReadyError, match="already worked"):
        desk.accept(PageMatter.JOINED)
    assert store.document(second) is not None


@pytest.mark.parametrize("stage", [Stage.REVIEWED, Stage.APPROVED, Stage.SIGNED, Stage.EXPORTED])
def test_what_was_reviewed_or_approved_keeps_its_pages(desk: Desk, stage: Stage) -> None:
    document = desk.hand_in("a.pdf", [(CERTIFICATE, 0), (OTHER, 0)])
    desk.read()
    found = desk.work.store.document(document)
    assert found is not None
    desk.work.store.move(found, stage, by="w", at=now())
    with pytest.raises(NotReadyError, match="reviewed as they are"):
        desk.undo(PageMatter.PARTED)
    assert len(desk.lie()) == 2


def test_what_a_machine_has_in_hand_is_grouped_when_it_is_done(desk: Desk) -> None:
    work, store = desk.work, desk.work.store
    desk.hand_in("1.pdf", [(PERMIT, 0)])
    desk.read()
    (held,) = store.claim([Stage.READ], by="busy", seconds=600, at=now())
    desk.hand_in("2.pdf", [(LIST, 0)])
    desk.read()
    assert len(desk.lie()) == 2
    store.free("busy")
    grouping.apply_open(work, "lot")
    assert desk.lie() == [[("1.pdf", 0), ("2.pdf", 0)]]
    with pytest.raises(StaleDocumentError):
        store.move(held, Stage.PROPOSED, by="busy", at=now(), holder="busy")


def test_what_was_seen_long_ago_changes_nothing(desk: Desk) -> None:
    document = desk.hand_in("a.pdf", [(PERMIT, 0), (LIST, 0)])
    desk.read()
    _, page = desk.work.store.pages(document)
    grouping.set_aside(desk.work, document, page.id, by="soat1", revision=0)
    with pytest.raises(StaleDocumentError):
        grouping.put_back(desk.work, document, page.id, by="soat2", revision=0)


def test_of_two_people_at_once_one_is_refused(desk: Desk) -> None:
    desk.hand_in("a.pdf", [(CERTIFICATE, 0), (OTHER, 0)])
    desk.read()
    proposal = desk.told(PageMatter.PARTED)

    def undo(by: str) -> bool:
        try:
            grouping.undo_pages(desk.work, proposal.id, by=by, standing=Standing.APPLIED)
        except (StaleDocumentError, NotReadyError):
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(undo, ["soat1", "soat2", "duyet1", "quantri"]))
    assert won.count(True) == 1
    assert desk.lie() == [[("a.pdf", 0), ("a.pdf", 1)]]
    desk.assert_nothing_is_lost(2)


KILLED = """
import os, sys
import sqlalchemy as sa
from sqlmodel import Session
from workbench.flow import FieldAct, grouping
from workbench.model import Standing
from workbench.workspace import load_settings, open_workspace

work = open_workspace(load_settings())
(proposal,) = work.store.page_proposals(batch="lot")
written = sys.argv[1]

@sa.event.listens_for(work.store.engine, "after_cursor_execute")
def die(connection, cursor, statement, *rest):
    if statement.startswith(written):
        os._exit(9)

grouping.undo_pages(work, proposal.id, by="soat1", standing=Standing.APPLIED)
"""


def test_killed_in_the_middle_the_pages_lie_as_before(desk: Desk, tmp_path: Path) -> None:
    desk.hand_in("a.pdf", [(CERTIFICATE, 0), (OTHER, 0)])
    desk.read()
    before, events = desk.lie(), len(desk.work.store.events(desk.documents()[0].id))
    child = subprocess.run(
        [sys.executable, "-c", KILLED, "UPDATE page "],
        env={"PATH": "", "WORKBENCH_DATA": str(tmp_path / "data"),
             "WORKBENCH_KEYS": str(tmp_path / "keys")},
        check=False, timeout=120,
    )  # fmt: skip
    assert child.returncode == 9
    assert desk.lie() == before
    assert desk.told(PageMatter.PARTED).standing is Standing.APPLIED
    assert len(desk.work.store.events(desk.documents()[0].id)) == events
    desk.undo(PageMatter.PARTED)
    assert len(desk.lie()) == 1
