"""A form that nobody knows is drawn over its scans in a real browser, proven, authorised by a
second person, and a batch is read with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest
from playwright.sync_api import Browser, Page, expect
from rapidfuzz.fuzz import ratio

from tests.browser.conftest import WAIT
from tests.governed import authorised
from tests.unknown_form import LABELS, TITLE, Copy, scanned
from workbench import flow
from workbench.bench.sitting import Site
from workbench.flow import governing, granting
from workbench.flow import proving_templates as proving
from workbench.model import Document, Right, Stage
from workbench.store import templates as kept
from workbench.template import Template, parse
from workbench.workspace import Workspace, prepare_demo

P = ParamSpec("P")
T = TypeVar("T")

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.timeout(300)]

FORM = "giay_phep_khai_thac_thuy_san"
DRAWN = ("so", "chu_tau", "noi_cu_tru", "ngay_cap")
RIGHT = 150  # mm: where the widest value ends


@dataclass(frozen=True)
class Office:
    """A site with the demo's people, and scans of a form that no template fits."""

    site: Site
    copies: list[Copy]
    documents: list[Document]

    @property
    def work(self) -> Workspace:
        return self.site.work

    def draft(self) -> Template:
        (draft,) = kept.drafts(self.work.store, FORM)
        return parse(draft.source, "draft")


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    # One engine: the others' models would be loaded for nothing.
    monkeypatch.setenv("WORKBENCH_ENGINES", json.dumps(["tesseract"]))
    site = Site.found(tmp_path, data=tmp_path / "data")
    site = replace(site, environment={**site.environment, "WORKBENCH_DEMO": "true"})
    try:
        prepare_demo(site.work)
        copies = scanned(tmp_path / "scans", 4)
        documents = read(site.work, copies[:3])
        assert {document.stage for document in documents} == {Stage.HELD}
        site.start()
        yield Office(site, copies, documents)
    finally:
        site.close()


def read(work: Workspace, copies: list[Copy]) -> list[Document]:
    """Take these scans in, and let the machine do with them what it can."""
    taken = flow.take_in(work, [c.file for c in copies], name="Lô", unit="BENCH", by="mau1")
    while claimed := flow.claim(work, holder="machine"):
        for one in claimed:
            flow.step(work, one, holder="machine")
    return work.store.documents(batch=taken.batch.id)


@pytest.fixture
def page(office: Office, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1366, "height": 900})
    context.set_default_timeout(WAIT)
    expect.set_options(timeout=WAIT)
    opened = context.new_page()
    opened.goto(f"{office.site.address}/login")
    opened.fill("input[name=name]", "mau1")
    opened.fill("input[name=password]", "demo")
    opened.click("button[type=submit]")
    opened.get_by_test_id("stSidebar").wait_for()
    yield opened
    context.close()


class Hand:
    """Somebody's hand on the mouse, over the first scan; places in mm of the form."""

    def __init__(self, page: Page, shift: tuple[float, float]) -> None:
        self.page, self.shift = page, shift

    def at(self, x: float, y: float) -> tuple[float, float]:
        paper = self.page.locator(".board .paper").bounding_box()
        assert paper is not None
        across, down = (x + self.shift[0]) / 210, (y + self.shift[1]) / 297
        return paper["x"] + across * paper["width"], paper["y"] + down * paper["height"]

    def pick(self, first: tuple[float, float], last: tuple[float, float]) -> None:
        """Click a printed word, and Shift-click the last of its phrase."""
        self.page.mouse.click(*self.at(*first))
        self.page.keyboard.down("Shift")
        self.page.mouse.click(*self.at(*last))
        self.page.keyboard.up("Shift")
        self.page.locator(".properties .quoted").wait_for()

    def draw(self, left: float, top: float, right: float, bottom: float) -> None:
        self.page.mouse.move(*self.at(left, top))
        self.page.mouse.down()
        self.page.mouse.move(*self.at((left + right) / 2, bottom))
        self.page.mouse.move(*self.at(right, bottom))
        self.page.mouse.up()


def elsewhere(act: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Do it in a thread of its own: signatures run a loop, and Playwright has this one's."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act, *given, **named).result()


def board(page: Page) -> None:
    """The board with everything kept."""
    expect(page.locator("main.design")).to_have_attribute("data-state", "kept")


def begin(page: Page, office: Office) -> None:
    scans = ",".join(document.id for document in office.documents)
    page.goto(f"{office.site.address}/design?documents={scans}")
    page.locator(".st-key-design-title input").fill(TITLE)
    page.keyboard.press("Enter")
    page.locator(".st-key-design-begin").get_by_role("button").click()
    page.locator("main.design .paper img").wait_for()
    board(page)


def test_a_form_that_nobody_knows_is_drawn_proven_authorised_and_read_with(
    office: Office, page: Page
) -> None:
    begin(page, office)
    hand = Hand(page, office.copies[0].shift)
    for first, last in (((112, 20), (193, 20)), ((27, 184), (130, 184)), ((63, 47), (150, 47))):
        hand.pick(first, last)
        page.keyboard.press("a")
    expect(page.locator(".drawn .anchor:not(.ground)")).to_have_count(3)
    expect(page.locator(".placed")).to_contain_text("3")
    page.mouse.click(*hand.at(63, 47))  # the anchor, which is also what tells the form from others
    page.keyboard.press("r")
    for name in DRAWN:
        _, _, left, top = LABELS[name]
        hand.draw(left - 1.5, top - 1, RIGHT, top + 6)
        page.locator("[data-name='label.vi']:focus").wait_for()
        page.keyboard.press("Enter")
        if name == "so":  # a reload in the middle loses nothing
            page.reload()
            page.locator("main.design .paper img").wait_for()
            board(page)
    # What the engine reads there stands beside it, on this scan and the next.
    for copy, told in zip(
        office.copies, page.locator(".readings summary .value").all(), strict=False
    ):
        expect(told).to_have_text(copy.values[DRAWN[-1]])

    page.keyboard.press("ArrowRight")
    page.keyboard.press("Delete")
    expect(page.locator(".drawn polygon.zone")).to_have_count(3)
    page.keyboard.press("Control+z")
    expect(page.locator(".drawn polygon.zone")).to_have_count(4)
    page.keyboard.press("Control+z")
    board(page)
    template = office.draft()
    assert [spec.label.vi for spec in template.fields.values()] == [
        LABELS[name][0].rstrip(":") for name in DRAWN
    ]
    assert [anchor.text for anchor in template.prints if anchor.at][1] == TITLE.upper()

    # Proven on the scans whose values a person confirmed, submitted, authorised by a second one.
    names = dict(zip(template.fields, DRAWN, strict=True))
    for copy, document in zip(office.copies, office.documents, strict=False):
        values = {field: copy.values[name] for field, name in names.items()}
        proving.confirm(office.work, template, document.id, values, by="mau1")
    proof = proving.test(office.work, template, by="mau1")
    (draft,) = kept.drafts(office.work.store, FORM)
    waiting = governing.submit(office.work, draft.id, by="mau1")
    assert waiting.proof == proof.id and not proof.worse
    allow = partial(granting.give, office.work, FORM, by="quantri", why="Mẫu mới")
    allow([Right.AUTHORISE], role="approver")
    allow([Right.USE], unit="BENCH")
    elsewhere(authorised, office.work, waiting.digest, by="duyet1")

    (fresh,) = elsewhere(read, office.work, office.copies[3:])
    assert fresh.reason is None, fresh.reason
    assert (fresh.stage, fresh.kind) == (Stage.PROPOSED, FORM)
    assert fresh.template_digest == waiting.digest
    proposals = {p.field: p.value for p in office.work.store.proposals(fresh.id)}
    for field, name in names.items():
        assert ratio(proposals[field], office.copies[3].values[name]) > 90, field
