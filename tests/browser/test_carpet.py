"""The ways of working beside the desk in a browser: many papers at once, the text of a page."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.full_workbench import fill
from workbench import flow
from workbench.flow import FieldAct
from workbench.model import Act, Correction, Proposal, SeenIn, Stage, TextCorrection, now
from workbench.review import standing
from workbench.store import Store
from workbench.template import Template
from workbench.workspace import Settings, Workspace, open_workspace, prepare_demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

ROOT = Path(__file__).resolve().parents[2]
WAIT = 30_000  # generous: the machine may be busy with other tests
PAPERS = 6  # they fit on one screen
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@dataclass
class Site:
    """The app on a store of its own, and the ids of the papers that wait for review."""

    address: str
    work: Workspace
    papers: list[str]

    @property
    def store(self) -> Store:
        return self.work.store

    @property
    def templates(self) -> Mapping[str, Template]:
        return self.work.templates

    def acts(self, field: str) -> list[Correction]:
        kept = [c for d in self.papers for c in self.store.corrections(d) if c.field == field]
        return sorted(kept, key=lambda c: (c.at, c.document, c.serial))

    def texts(self) -> list[TextCorrection]:
        return [t for d in self.papers for t in self.store.texts(d)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("carpet")
    work = open_workspace(Settings(data=folder / "data", keys=folder / "keys", engines=()))
    prepare_demo(work)
    papers = fill(work, at=datetime(2026, 11, 20, 5, tzinfo=UTC), per_stage=PAPERS)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "WORKBENCH_DATA": str(folder / "data"),
        "WORKBENCH_KEYS": str(folder / "keys"),
        "WORKBENCH_DEMO": "1",
    }
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", f"from workbench.ui.asgi import serve; serve(port={port})"],
            cwd=ROOT, env=environment, stdout=out, stderr=out,
        )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 90
        while True:
            try:
                urlopen(f"{address}/health", timeout=10).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < end, log.read_text()
                time.sleep(0.2)
        yield Site(address, work, papers[Stage.PROPOSED])
    finally:
        process.terminate()
        process.wait(20)
        work.store.close()


@pytest.fixture(scope="module")
def tab(site: Site) -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        context = chromium.new_context(viewport={"width": 1366, "height": 768})
        context.set_default_timeout(WAIT)
        expect.set_options(timeout=WAIT)
        page = context.new_page()
        page.goto(f"{site.address}/login")
        page.fill("#name", "soat1")
        page.fill("#password", "demo")
        page.click("button[type=submit]")
        expect(page.locator("[data-testid=stSidebar]")).to_be_visible()
        yield page
        chromium.close()


def opened(tab: Page, site: Site, path: str) -> Page:
    tab.goto(site.address + path)
    expect(tab.locator("main.room[data-shown]")).to_be_visible()
    return tab


def choose(tab: Page, label: str) -> None:
    """Choose another field; the carpet is laid out anew."""
    box = tab.locator(".st-key-carpet-field input")
    box.click()
    box.fill(label)
    box.press("Enter")
    expect(tab.locator("main.room h2")).to_contain_text(label)
    expect(tab.locator(".tile")).not_to_have_count(0)
    tab.locator("main.room .pen").focus()


def comes(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def saved(tab: Page) -> None:
    expect(tab.locator("main.room .mark")).to_have_attribute("data-state", "saved")


def state(tab: Page, n: int) -> str:
    classes = tab.locator(f".tile[data-tile='{n}']").get_attribute("class") or ""
    return " ".join(c for c in classes.split() if c not in ("tile", "active"))


def test_a_carpet_doubts_corrects_confirms_the_rest_and_takes_back(tab: Page, site: Site) -> None:
    opened(tab, site, "/carpet")
    choose(tab, "Cơ quan cấp trên")
    expect(tab.locator(".tile")).to_have_count(PAPERS)
    keys = tab.keyboard
    keys.press("Space")  # doubts the first and goes on
    expect(tab.locator(".tile.doubt")).to_have_count(1)
    expect(tab.locator(".tile.active")).to_have_attribute("data-tile", "1")
    keys.type("Bộ Công an")  # typing corrects
    expect(tab.locator(".pen.writing")).to_be_visible()
    keys.press("Enter")
    assert state(tab, 1) == "changed"
    expect(tab.locator(".tile.active")).to_have_attribute("data-tile", "2")
    keys.press("F2")
    keys.press("Escape")
    assert state(tab, 2) == "open"
    keys.press("Enter")  # the rest of the screen
    expect(tab.locator(".carpet .end")).to_be_visible()
    saved(tab)
    field = "co_quan_cap_tren"
    comes(lambda: len(site.acts(field)) == PAPERS)
    kept = site.acts(field)
    assert {c.seen_in for c in kept} == {SeenIn.CARPET}
    assert sorted(c.act for c in kept) == [Act.ACCEPT] * (PAPERS - 2) + [Act.DOUBT, Act.EDIT]
    assert [c.after for c in kept if c.act is Act.EDIT] == ["Bộ Công an"]
    assert len({c.id for c in kept}) == PAPERS
    keys.press("Control+z")  # the whole screen's confirmation is one undo
    expect(tab.locator(".tile.confirmed")).to_have_count(0)
    saved(tab)
    comes(lambda: sum(c.act is Act.UNDO for c in site.acts(field)) == PAPERS - 2)
    keys.press("Control+z")
    comes(lambda: sum(c.act is Act.UNDO for c in site.acts(field)) == PAPERS - 1)


def test_the_rest_of_a_screen_can_be_left(tab: Page, site: Site) -> None:
    opened(tab, site, "/carpet")
    choose(tab, "Quốc tịch")
    tab.keyboard.press("Control+Enter")
    expect(tab.locator(".carpet .end")).to_be_visible()
    saved(tab)
    assert site.acts("quoc_tich") == []


def test_what_an_input_method_composes_is_never_touched(tab: Page, site: Site) -> None:
    opened(tab, site, "/carpet")
    choose(tab, "Quốc tịch")
    touched = tab.evaluate(
        """() => {
          const root = [...document.querySelectorAll('*')].map((e) => e.shadowRoot)
            .find((r) => r?.querySelector('main.room'));
          const pen = root.querySelector('.pen');
          return [{key: 'Enter', isComposing: true}, {key: ' ', keyCode: 229}].map((given) => {
            const event = new KeyboardEvent('keydown', {bubbles: true, cancelable: true, ...given});
            if (given.keyCode) Object.defineProperty(event, 'keyCode', {value: given.keyCode});
            pen.dispatchEvent(event);
            return event.defaultPrevented;
          });
        }"""
    )
    assert touched == [False, False]
    assert site.acts("quoc_tich") == []
    tab.keyboard.insert_text("Việt Nam")  # as a whole, as an input method puts it in
    expect(tab.locator(".pen.writing")).to_have_value("Việt Nam")
    tab.keyboard.press("Escape")
    assert site.acts("quoc_tich") == []


def test_what_was_not_answered_survives_a_reload_and_is_kept_once(tab: Page, site: Site) -> None:
    opened(tab, site, "/carpet")
    choose(tab, "Ngày sinh")
    tab.keyboard.press("Space")
    saved(tab)
    comes(lambda: len(site.acts("ngay_sinh")) == 1)
    (act,) = site.acts("ngay_sinh")
    # As after a crash between keeping and answering: the entry lies in the journal again.
    tab.evaluate(
        """([entry]) => {
          const open = Object.keys(sessionStorage);
          const name = window.wbName ?? open.find((k) => k.includes('.carpet.'));
          sessionStorage.setItem(name ?? entry.place, JSON.stringify([entry.entry]));
        }""",
        [
            {
                "place": f"workbench.station.carpet.{_journal()}",
                "entry": {
                    "id": act.id, "what": "act", "document": act.document, "field": act.field,
                    "act": "doubt", "value": "", "keys": 1, "milliseconds": 1,
                },
            }
        ],
    )  # fmt: skip
    opened(tab, site, "/carpet")
    saved(tab)
    expect(tab.locator("main.room .mark")).to_have_attribute("data-state", "saved")
    assert [c.id for c in site.acts("ngay_sinh")] == [act.id]


def _journal() -> str:
    from hashlib import sha256

    return sha256(b"soat1").hexdigest()[:16]


def test_what_a_colleague_took_meanwhile_is_told(tab: Page, site: Site) -> None:
    opened(tab, site, "/carpet")
    choose(tab, "Nơi thường trú")
    expect(tab.locator(".tile")).to_have_count(PAPERS)
    (taken,) = site.store.borrow(by="soat2", seconds=600, at=now(), limit=1)
    tab.keyboard.press("Enter")
    expect(tab.locator("main.room .alert")).to_contain_text("Người khác đang giữ")
    comes(
        lambda: (
            len(site.acts("thuong_tru")) == PAPERS - 1
            or len(site.acts("noi_thuong_tru")) == PAPERS - 1
        )
    )
    assert not [c for c in site.store.corrections(taken.id) if c.by == "soat1" and "tru" in c.field]
    site.store.free("soat2")


def test_a_line_of_a_page_is_corrected_and_taken_back_with_the_keyboard(
    tab: Page, site: Site
) -> None:
    document = site.papers[0]
    opened(tab, site, f"/text?document={document}")
    writer = tab.locator("main.room .writer")
    expect(writer).to_be_focused()
    expect(writer).to_have_value("Số 221/ĐKMD Trường Mầm non")
    tab.keyboard.press("F8")  # the engines read another letter there
    assert tab.evaluate(
        """() => {
          const root = [...document.querySelectorAll('*')].map((e) => e.shadowRoot)
            .find((r) => r?.querySelector('main.room'));
          const pen = root.querySelector('.writer');
          return [pen.selectionStart, pen.selectionEnd];
        }"""
    )
    tab.keyboard.press("End")
    tab.keyboard.type(" Hoa Sen")
    tab.keyboard.press("Enter")
    saved(tab)
    comes(lambda: len(site.texts()) == 1)
    (kept,) = site.texts()
    assert (kept.after, kept.document) == ("Số 221/ĐKMD Trường Mầm non Hoa Sen", document)
    expect(tab.locator(".lines small")).to_have_text("đã sửa")
    tab.keyboard.press("Control+z")
    comes(lambda: len(site.texts()) == 2)
    assert site.texts()[-1].after == "Số 221/ĐKMD Trường Mầm non"
    tab.keyboard.press("PageDown")
    expect(tab.locator("main.room .about p")).to_contain_text("Trang 2 trên 2")
    tab.keyboard.press("Escape")
    expect(tab.locator("main.station")).to_be_visible()


def test_pieces_of_pages_are_for_readers_of_papers_and_name_no_value(tab: Page, site: Site) -> None:
    opened(tab, site, "/carpet")
    choose(tab, "Quốc tịch")
    piece = tab.locator(".tile img").first.get_attribute("src") or ""
    assert re.fullmatch(r"/snippets/[0-9a-f]{64}/\d+-\d+-\d+-\d+", piece)
    assert tab.request.get(site.address + piece).headers["content-type"] == "image/webp"
    assert tab.request.get(f"{site.address}/snippets/{'0' * 64}/0-0-9-9").status == 404
    assert tab.request.get(f"{site.address}{piece}x").status == 404
    with pytest.raises(OSError, match="401"):
        urlopen(site.address + piece, timeout=10)


# --- on the desk --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def with_table(site: Site) -> str:
    """A paper with a table of two rows, the first in everybody's queue."""
    document = site.store.document(site.papers[0])
    assert document is not None
    template = site.templates["vu_khi"]
    assert template.items is not None
    with site.store.change() as session:
        for old in site.store.proposals(document.id):
            session.delete(old)
        document.kind, document.template_digest = "vu_khi", template.digest
        document.created_at = datetime(2020, 1, 1, tzinfo=UTC)
        session.merge(document)
        for row in (1, 2):
            for place, column in enumerate(template.items.columns):
                left, top = 0.1 + 0.1 * place, 0.3 + 0.1 * row
                session.add(
                    Proposal(
                        document=document.id, field=f"muc.{row}.{column}",
                        position=10 * row + place, value=f"{column} {row}",
                        normalised=f"{column} {row}", page=0, accepted=True,
                        box=[left, top, left + 0.09, top + 0.04],
                        template_digest=template.digest,
                    )
                )  # fmt: skip
    return document.id


def test_a_table_is_corrected_filled_and_struck_with_the_keyboard_alone(
    tab: Page, site: Site, with_table: str
) -> None:
    tab.goto(f"{site.address}/review")
    desk = tab.locator(f"main.station[data-document='{with_table}']")
    expect(desk).to_be_visible()
    keys = tab.keyboard
    keys.press("t")
    expect(tab.locator(".itemstable .cellpen")).to_be_focused()
    active = tab.locator(".itemstable td.active")
    first, second = list(site.templates["vu_khi"].items.columns)[:2]  # type: ignore[union-attr]
    for key in ("ArrowUp", *["ArrowLeft"] * 5):  # it opens where there is most need
        keys.press(key)
    expect(active).to_have_attribute("data-field", f"muc.1.{first}")
    keys.press("Tab")
    keys.type("Pháo")
    keys.press("ArrowDown")  # kept, and on
    expect(active).to_have_attribute("data-field", f"muc.2.{second}")
    keys.press("F4")  # as in the row above
    keys.press("F9")  # another row below
    keys.type("Dòng thêm")  # at once, whether the server has answered or not
    keys.press("Enter")
    comes(lambda: _value(site, with_table, f"muc.3.{first}") == "Dòng thêm")
    assert _value(site, with_table, f"muc.1.{second}") == "Pháo"
    assert _value(site, with_table, f"muc.2.{second}") == "Pháo"
    expect(tab.locator(".itemstable tbody tr")).to_have_count(3)
    tab.locator(f".itemstable td[data-field='muc.1.{first}']").click()
    keys.press("F8")
    expect(tab.locator(".itemstable tr.struck")).to_have_count(1)
    comes(lambda: _value(site, with_table, f"muc.1.{second}") == "")
    keys.press("Control+z")  # the row's striking out is one undo
    expect(tab.locator(".itemstable tr.struck")).to_have_count(0)
    comes(lambda: _value(site, with_table, f"muc.1.{second}") == "Pháo")
    tab.evaluate(
        """() => {
          const root = [...document.querySelectorAll('*')].map((e) => e.shadowRoot)
            .find((r) => r?.querySelector('main.station'));
          const clipboard = new DataTransfer();
          clipboard.setData('text/plain', 'A\\tB\\r\\nC\\tD\\r\\n');
          root.querySelector('.cellpen').dispatchEvent(new ClipboardEvent('paste',
            {clipboardData: clipboard, bubbles: true, cancelable: true}));
        }"""
    )
    comes(lambda: _value(site, with_table, f"muc.1.{second}") == "B")
    keys.press("Escape")
    expect(tab.locator(".itemstable")).to_be_hidden()


def _value(site: Site, document: str, field: str) -> str:
    kept = standing(site.store.corrections(document)).get(field)
    return kept.after if kept else "(nothing)"


def test_a_remark_from_the_desk_stands_in_the_log_of_its_unit(
    tab: Page, site: Site, with_table: str
) -> None:
    tab.goto(f"{site.address}/review")
    expect(tab.locator(f"main.station[data-document='{with_table}']")).to_be_visible()
    tab.keyboard.press("c")
    expect(tab.locator("dialog.remark textarea")).to_be_focused()
    tab.keyboard.type("Con dấu mờ")
    tab.locator("dialog.remark input[type=checkbox]").check()
    tab.locator("dialog.remark textarea").press("Enter")
    expect(tab.locator(".panel .remarks").first).to_contain_text("1 ý kiến chưa trả lời")
    comes(lambda: len(site.store.comments(with_table)) == 1)
    (kept,) = site.store.comments(unit="PC06", difficulties=True)
    assert (kept.text, kept.by, kept.difficulty) == ("Con dấu mờ", "soat1", True)


def test_a_correction_offers_what_was_read_alike_and_carries_over_with_one_undo(
    tab: Page, site: Site
) -> None:
    field, others = "quoc_tich", site.papers[1:]
    with site.store.change() as session:
        for document in others:
            for old in site.store.proposals(document):
                if old.field == field:
                    old.value = old.normalised = "xã Mỷ Tú"
                    old.candidates = {"tesseract": "xã Mỷ Tú"}
                    session.merge(old)
    origin, *rest = [d for d in others if field not in standing(site.store.corrections(d))]
    act = FieldAct(id="alike-1", field=field, act=Act.EDIT, value="xã Mỹ Tú")
    flow.correct(site.work, origin, [act], by="soat1")
    opened(tab, site, "/carpet?like=alike-1")
    expect(tab.locator(".tile.taken")).to_have_count(len(rest))
    expect(tab.locator(".tile .instead").first).to_contain_text("xã Mỹ Tú")
    tab.keyboard.press("Enter")
    saved(tab)
    comes(lambda: all(_value(site, d, field) == "xã Mỹ Tú" for d in rest))
    tab.keyboard.press("Control+z")
    comes(lambda: all(_value(site, d, field) == "(nothing)" for d in rest))
