"""Records typed in by keyboard alone: a reload, a killed server and two typings that differ."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from workbench.bench.sitting import PASSWORD, Site
from workbench.model import Act, Document, Origin, Stage

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

WAIT = 60_000  # ms; generous: the machine may be busy with other tests
RECORDS = 10
ALIKE = (
    "CÔNG AN TỈNH SÓC TRĂNG", "PHÒNG CẢNH SÁT QUẢN LÝ HÀNH CHÍNH VỀ TRẬT TỰ XÃ HỘI",
)  # fmt: skip


class Typist:
    """Somebody at the form with nothing but a keyboard; counts the keys."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.keys = 0

    def type(self, text: str) -> None:
        self.keys += len(text)
        self.page.keyboard.type(text)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.keys += 1
            self.page.keyboard.press(key)

    def fill(self, values: Sequence[str]) -> None:
        """Type each value and go to the next field; nothing where a value is empty."""
        for value in values:
            self.type(value)
            self.press("Enter")

    def stands_in(self, label: str) -> None:
        here = self.page.locator(".entry-field input:focus")
        expect(here).to_have_attribute("aria-label", label, timeout=WAIT)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    found = Site.found(tmp_path, data=tmp_path / "data")
    try:
        found.employ(1)
        found.start()
        yield found
    finally:
        found.close()


@pytest.fixture
def context(site: Site) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        window = browser.new_context(viewport={"width": 1366, "height": 768})
        window.set_default_timeout(WAIT)
        yield window
        browser.close()


def sit_down(context: BrowserContext, site: Site) -> Page:
    page = context.new_page()
    page.goto(f"{site.address}/login")
    page.fill("input[name=name]", "bench00")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.get_by_test_id("stSidebar").wait_for()
    page.goto(f"{site.address}/entry?kind=con_dau&unit=BENCH")
    page.locator(".entry-field input:focus").wait_for()
    return page


def entered(site: Site) -> list[Document]:
    return site.work.store.documents(limit=100)


def comes_to(holds: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def a_record(typist: Typist, n: int) -> None:
    """One paper: the first in full, each other by what it has of its own."""
    if n == 1:
        typist.fill([*ALIKE, f"{n}/ĐKMD", f"{n}/QĐ-UBND", "030119", "UBND tỉnh Sóc Trăng"])
        typist.fill([f"Trường Tiểu học số {n}", "Huyện Mỹ Xuyên"])
        typist.type("ư")
        typist.press("ArrowDown", "Enter")  # out of the list
        typist.fill(["01 (một) con dấu", "100320", "", "100320"])
        typist.fill(["TRƯỞNG PHÒNG", "Thượng tá", "Lê Văn Đức"])
        typist.type("vo")
        typist.press("ArrowDown", "Enter")  # it has no term; the last field
        return
    typist.press("F9")  # all that is not critical as in the paper before
    typist.fill([f"{n}/ĐKMD", f"Trường Tiểu học số {n}", "100320", "", "10/3/20"])
    typist.press("Control+Enter")


def again(typist: Typist, n: int) -> None:
    """The critical fields once more, blind."""
    typist.fill([f"{n}/ĐKMD", f"Trường Tiểu học số {n}", "10032020", "10032020"])


def test_ten_records_are_typed_by_keyboard_alone_and_nothing_is_lost(
    site: Site, context: BrowserContext
) -> None:
    page = sit_down(context, site)
    typist = Typist(page)
    typist.stands_in("Cơ quan cấp trên")
    for n in range(1, RECORDS + 1):
        if n == 4:  # the page is loaded anew in the middle of a record
            typist.press("F9")
            typist.fill([f"{n}/ĐKMD"])
            page.reload()
            page.locator(".entry-field input:focus").wait_for()
            typist.stands_in("Cơ quan, tổ chức")
            typist.fill([f"Trường Tiểu học số {n}", "100320", "", "10/3/20"])
            typist.press("Control+Enter")
        else:
            a_record(typist, n)
        typist.stands_in("Số")  # once more
        again(typist, n)
        typist.stands_in("Cơ quan cấp trên")
    comes_to(lambda: len(entered(site)) == RECORDS)
    print(f"keys a record: {typist.keys / RECORDS:.1f} (n={RECORDS})")  # noqa: T201 - the figure itself

    documents = entered(site)
    assert {d.stage for d in documents} == {Stage.REVIEWED}
    assert {d.origin for d in documents} == {Origin.TYPED}
    assert sorted(d.number for d in documents) == list(range(1, RECORDS + 1))
    said = {d.number: site.work.store.corrections(d.id) for d in documents}
    numbers = {c.after for acts in said.values() for c in acts if c.field == "so"}
    assert numbers == {f"{n}/ĐKMD" for n in range(1, RECORDS + 1)}
    assert {c.act for acts in said.values() for c in acts} == {Act.EDIT}
    assert all(len(site.work.store.keyings(d.id)) == 4 for d in documents)


def test_what_is_typed_while_the_server_is_dead_stays_and_comes_to_it_once(
    site: Site, context: BrowserContext
) -> None:
    page = sit_down(context, site)
    typist = Typist(page)
    told = page.get_by_text("Máy chủ không trả lời")
    typist.fill([*ALIKE, "1/ĐKMD", "1/QĐ-UBND", "030119", "UBND tỉnh Sóc Trăng", "Trường số 1"])
    typist.stands_in("Địa chỉ")
    typist.type("Huyen")
    site.kill()
    address = "Huyen"
    while not told.is_visible():  # Streamlit's dialog comes and would have the keys
        page.keyboard.type(" cr", delay=20)  # two of them are its own
        address += " cr"
    typist.type(" My Xuyen")
    address += " My Xuyen"
    expect(page.locator("[data-field=dia_chi]")).to_have_value(address)

    typist.press("Enter")
    typist.fill(["Dấu ướt", "01 (một) con dấu", "100320", "", "100320"])
    typist.fill(["TRƯỞNG PHÒNG", "Thượng tá", "Lê Văn Đức"])
    typist.type("vo")
    typist.press("ArrowDown", "Enter")
    typist.stands_in("Số")  # once more, and another number
    typist.fill(["7/ĐKMD", "Trường số 1", "100320", "10/3/20"])
    ways = page.locator(".entry-way b")
    expect(ways).to_have_text(["1/ĐKMD", "7/ĐKMD"])
    typist.press("F4")  # the paper says what was typed the second time
    typist.stands_in("Cơ quan cấp trên")
    assert entered(site) == []
    typist.press("F9")
    typist.stands_in("Số")
    typist.type("2/Đ")

    site.start()
    comes_to(lambda: len(entered(site)) == 1)
    expect(page.locator(".entry .mark[data-state=saved]")).to_be_visible(timeout=WAIT)
    expect(page.locator("[data-field=so]")).to_have_value("2/Đ")
    typist.stands_in("Số")
    typist.type("KMD")
    typist.press("Enter")
    typist.fill(["Trường số 2", "100320", "", "100320"])
    typist.press("Control+Enter")
    typist.stands_in("Số")
    typist.fill(["2/ĐKMD", "Trường số 2", "100320", "100320"])
    comes_to(lambda: len(entered(site)) == 2)

    said = [
        {c.field: c.after for c in site.work.store.corrections(d.id)}
        for d in sorted(entered(site), key=lambda d: d.number)
    ]
    assert [values["so"] for values in said] == ["7/ĐKMD", "2/ĐKMD"]
    assert [values["dia_chi"] for values in said] == [address, address]
    first = min(entered(site), key=lambda d: d.number)
    typed = {k.field: (k.first, k.second) for k in site.work.store.keyings(first.id)}
    assert typed["so"] == ("1/ĐKMD", "7/ĐKMD")
