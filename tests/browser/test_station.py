"""The review station in a real browser: each key, the mouse, typing, and a server that fails."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import BrowserContext, Page, Route, ViewportSize, expect, sync_playwright

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SIZE: ViewportSize = {"width": 1366, "height": 768}
ROOT = Path(__file__).resolve().parents[2]
WAIT = 30_000  # generous: the machine may be busy with other tests


class Server:
    """The harness app in a process of its own."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.age = 0

    def ask(self, path: str) -> bytes:
        with urlopen(self.address + path, timeout=30) as answer:
            said: bytes = answer.read()
            return said

    def fill(
        self, count: int = 3, *, doubtful: bool = True, pages: int = 1, close: bool = False
    ) -> None:
        asked = f"/fill?count={count}&doubtful={int(doubtful)}&pages={pages}&close={int(close)}"
        self.age = int(self.ask(asked))

    @property
    def kept(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.ask("/kept"))
        return found

    @property
    def acts(self) -> list[list[str]]:
        """What was kept of the acts: field, act, value."""
        acts: list[list[str]] = self.kept["acts"]
        return acts

    def comes_to(self, holds: Callable[[dict[str, Any]], bool], seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not holds(self.kept):
            assert time.monotonic() < end, self.kept
            time.sleep(0.05)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("station") / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "--factory", "--port", str(port),
             "--log-level", "warning", "tests.browser.station_harness:app"],
            cwd=ROOT, stdout=out, stderr=out,
            env={**os.environ, "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false"},
        )  # fmt: skip
    running = Server(f"http://127.0.0.1:{port}")
    try:
        end = time.monotonic() + 60
        while True:
            try:
                running.ask("/kept")
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < end, log.read_text()
                time.sleep(0.2)
        yield running
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        opened = chromium.new_context(viewport=SIZE)
        opened.set_default_timeout(WAIT)
        expect.set_options(timeout=WAIT)
        yield opened
        chromium.close()


@pytest.fixture(scope="module")
def tab(server: Server, context: BrowserContext) -> Page:
    """One tab for all tests: opening Streamlit takes longer than most of them."""
    opened = context.new_page()
    opened.goto(server.address)
    return opened


@pytest.fixture
def page(request: pytest.FixtureRequest, server: Server, tab: Page) -> Iterator[Page]:
    """The tab at a desk with three new documents, the first one open."""
    faults: list[str] = []
    note = lambda error: faults.append(str(error))  # noqa: E731 - to be taken off again
    tab.on("pageerror", note)
    tab.set_viewport_size(SIZE)
    server.fill()
    again = getattr(request.node, "execution_count", 1) > 1
    if again or request.session.testsfailed:  # nobody knows what a failed test left behind
        tab.evaluate("() => sessionStorage.clear()")
        tab.reload()
    sit_down(tab, server)
    yield tab
    tab.remove_listener("pageerror", note)
    assert not faults


def sit_down(page: Page, server: Server) -> None:
    """Let the open app forget what lay on the desk and lay out what there is now."""
    page.locator(".st-key-restart button").dispatch_event("click")
    opens(page, server, "d1")
    page.locator("main.station").focus()


def opens(page: Page, server: Server, document: str) -> None:
    page.locator(f"main.station[data-shown='{server.age}-{document}']").wait_for()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def active(page: Page) -> str | None:
    """The field in hand; None past the last one that had to be looked at."""
    marked = page.locator("[data-field].active")
    return marked.first.get_attribute("data-field") if marked.count() else None


def saved(page: Page) -> None:
    expect(page.locator(".mark")).to_have_attribute("data-state", "saved")


def decide_all(page: Page) -> None:
    """The three doubtful fields of a made-up document: two right, one not on the paper."""
    press(page, "Enter", "Enter", "0")


# --- keys --------------------------------------------------------------------------------------


def test_enter_accepts_and_goes_to_the_next_field_that_somebody_must_look_at(
    page: Page, server: Server
) -> None:
    assert active(page) == "so"
    press(page, "Enter")
    assert active(page) == "ten_to_chuc"
    saved(page)
    assert server.acts == [["so", "accept", "221/GCN"]]


def test_a_digit_takes_that_reading_and_goes_on(page: Page, server: Server) -> None:
    press(page, "Enter", "2")
    assert active(page) == "quoc_tich"
    saved(page)
    assert server.acts[1] == ["ten_to_chuc", "candidate", "Trường Mầm non Hoa Sen"]


def test_the_digit_of_the_proposal_itself_accepts_it(page: Page, server: Server) -> None:
    press(page, "1")
    saved(page)
    assert server.acts == [["so", "accept", "221/GCN"]]


def test_a_digit_without_a_reading_does_nothing_and_says_so(page: Page, server: Server) -> None:
    press(page, "4")
    assert active(page) == "so"
    expect(page.locator(".foot .notice")).not_to_be_empty()
    assert server.acts == []


def test_a_field_where_nothing_was_read_is_never_accepted_by_habit(
    page: Page, server: Server
) -> None:
    press(page, "Enter", "Enter", "Enter")
    assert active(page) == "quoc_tich"
    expect(page.locator(".foot .notice.urgent")).to_be_visible()
    press(page, "0")
    saved(page)
    assert server.acts[-1] == ["quoc_tich", "absent", ""]


def test_x_says_illegible_and_shift_enter_goes_back(page: Page, server: Server) -> None:
    press(page, "x")
    assert active(page) == "ten_to_chuc"
    press(page, "Shift+Enter")
    assert active(page) == "so"
    saved(page)
    assert server.acts == [["so", "illegible", ""]]


def test_tab_visits_every_field_and_ends_outside(page: Page) -> None:
    visited = [active(page)]
    for _ in range(8):
        press(page, "Tab")
        visited.append(active(page))
    assert visited == [
        "so", "ten_to_chuc", "quoc_tich",  # the doubtful ones first
        "ngay_cap", "dia_chi", "muc.1.so_hieu", "muc.1.so_luong", "muc.2.so_hieu", "muc.2.so_luong",
    ]  # fmt: skip
    press(page, "Tab")  # no trap: the focus goes on to the buttons
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.tagName") == "BUTTON"
    press(page, "Shift+Tab", "Shift+Tab")
    assert active(page) == "muc.2.so_hieu" or active(page) == "muc.2.so_luong"


def test_ctrl_enter_passes_on_only_when_everything_doubtful_was_looked_at(
    page: Page, server: Server
) -> None:
    press(page, "Control+Enter")
    expect(page.locator(".foot .notice.urgent")).to_contain_text("3")
    opens(page, server, "d1")
    decide_all(page)
    assert active(page) is None
    press(page, "Control+Enter")
    opens(page, server, "d2")
    assert active(page) == "so"
    saved(page)
    assert server.kept["decisions"] == [["d1", "pass", ""]]


def test_ctrl_z_takes_back_one_act_after_the_other(page: Page, server: Server) -> None:
    press(page, "Enter", "2", "Control+z")
    assert active(page) == "ten_to_chuc"
    expect(page.locator(".value")).to_have_text("Trường Mâm non Hoa Sen")
    press(page, "Control+z")
    assert active(page) == "so"
    press(page, "Control+z")  # nothing of this sitting is left
    expect(page.locator(".alert")).to_be_visible()
    saved(page)
    assert [act for _, act, _ in server.acts] == ["accept", "candidate", "undo", "undo"]


def test_the_question_mark_shows_the_map_and_any_key_puts_it_away(
    page: Page, server: Server
) -> None:
    press(page, "?")
    expect(page.locator("dialog.map")).to_be_visible()
    press(page, "x")
    expect(page.locator("dialog.map")).to_have_count(0)
    press(page, "Enter")
    saved(page)
    assert server.acts == [["so", "accept", "221/GCN"]]


def test_a_key_held_down_is_one_press(page: Page, server: Server) -> None:
    for _ in range(5):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    saved(page)
    assert len(server.acts) == 1


def test_keys_are_heard_when_the_focus_was_lost(page: Page) -> None:
    page.evaluate("document.activeElement.blur()")
    press(page, "Enter")
    assert active(page) == "ten_to_chuc"


# --- typing ------------------------------------------------------------------------------------


def test_f2_corrects_and_what_is_kept_is_composed_unicode(page: Page, server: Server) -> None:
    press(page, "F2", "Control+a")
    page.keyboard.insert_text(unicodedata.normalize("NFD", "Nguyễn  x1"))
    press(page, "Enter")
    assert active(page) == "ten_to_chuc"
    saved(page)
    assert server.acts == [["so", "edit", "Nguyễn x1"]]


def test_escape_leaves_the_value_as_it_was(page: Page, server: Server) -> None:
    press(page, "F2")
    page.keyboard.type("x0 1234")
    press(page, "Escape")
    expect(page.locator(".value")).to_have_text("221/GCN")
    assert active(page) == "so"
    assert server.acts == []


def test_a_cleared_value_means_that_it_is_not_on_the_paper(page: Page, server: Server) -> None:
    press(page, "F2", "Control+a", "Delete", "Enter")
    saved(page)
    assert server.acts == [["so", "absent", ""]]


COMPOSE = """
([given]) => {
  const hosts = [...document.querySelectorAll('*')].map((e) => e.shadowRoot).filter(Boolean);
  const root = hosts.find((r) => r.querySelector('.station'));
  const target = root.querySelector('textarea') ?? root.querySelector('.station');
  const event = new KeyboardEvent('keydown', {bubbles: true, cancelable: true, ...given});
  if (given.keyCode) Object.defineProperty(event, 'keyCode', {value: given.keyCode});
  target.dispatchEvent(event);
  return event.defaultPrevented;
}
"""


@pytest.mark.parametrize(
    "key", [{"key": "Enter", "isComposing": True}, {"key": "x", "code": "KeyX", "keyCode": 229}]
)
def test_keys_of_an_input_method_are_never_touched(
    page: Page, server: Server, key: dict[str, object]
) -> None:
    assert page.evaluate(COMPOSE, [key]) is False
    assert active(page) == "so"
    press(page, "F2")
    assert page.evaluate(COMPOSE, [{"key": "Enter", "isComposing": True}]) is False
    expect(page.locator("textarea.editor")).to_be_focused()
    assert server.acts == []


def test_what_is_being_typed_survives_an_answer_of_the_server(page: Page, server: Server) -> None:
    press(page, "Enter", "F2")
    page.keyboard.type(" A")
    saved(page)  # the answer to the first act has arrived, and with it a new sheet
    page.keyboard.type("B")
    assert page.locator("textarea.editor").input_value() == "Trường Mâm non Hoa Sen AB"
    press(page, "Enter")
    saved(page)
    assert server.acts[-1] == ["ten_to_chuc", "edit", "Trường Mâm non Hoa Sen AB"]


# --- the mouse ---------------------------------------------------------------------------------


def test_everything_can_be_done_with_the_mouse(page: Page, server: Server) -> None:
    page.locator(".choice").nth(1).click()
    assert active(page) == "ten_to_chuc"
    page.locator(".row[data-field=so]").click()
    page.locator(".deed.undo").click()
    assert active(page) == "so"
    page.locator(".deed.accept").click()
    page.locator(".fold").click()
    page.locator("td[data-field='muc.2.so_hieu']").click()
    assert active(page) == "muc.2.so_hieu"
    page.locator(".value").click()
    page.keyboard.type("X")
    page.locator(".row[data-field=quoc_tich]").click()  # leaving the field keeps what was typed
    page.locator(".deed.absent").click()
    page.locator(".choice").first.click()
    page.locator(".foot .main").click()
    opens(page, server, "d2")
    saved(page)
    assert [act[:2] for act in server.acts] == [
        ["so", "candidate"], ["so", "undo"], ["so", "accept"], ["muc.2.so_hieu", "edit"],
        ["quoc_tich", "absent"], ["ten_to_chuc", "accept"],
    ]  # fmt: skip


def test_a_click_on_the_scan_picks_the_field_there(page: Page) -> None:
    boxes = page.locator(".overlay .box")
    before = active(page)
    box = boxes.first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert active(page) not in (None, before)


def test_the_active_field_is_framed_inside_the_view_on_its_own_page(
    page: Page, server: Server
) -> None:
    server.fill(1, pages=2)
    sit_down(page, server)
    for keys, tab in (("Tab", 0), ("Tab", 0), ("Tab", 0), ("Tab", 0), ("Tab", 1)):
        press(page, keys)
        if active(page) == "quoc_tich":
            continue  # not on the paper
        frame, pane = (
            page.locator(".overlay .frame").bounding_box(),
            page.locator(".pane").bounding_box(),
        )
        assert frame is not None and pane is not None
        assert pane["x"] <= frame["x"] and frame["x"] + frame["width"] <= pane["x"] + pane["width"]
        assert (
            pane["y"] <= frame["y"] and frame["y"] + frame["height"] <= pane["y"] + pane["height"]
        )
        expect(page.locator(".tab").nth(tab)).to_have_attribute("aria-selected", "true")


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (683, 384)])  # the last: 200 % zoom
def test_the_page_around_the_station_need_not_scroll(
    page: Page, server: Server, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.wait_for_timeout(200)
    too_long = page.evaluate(
        "() => { const m = document.querySelector('[data-testid=stMain]');"
        " return m.scrollHeight - m.clientHeight }"
    )
    assert too_long <= (0 if size[1] > 500 else 200)
    expect(page.locator(".foot .main")).to_be_visible()


# --- decisions and troubles --------------------------------------------------------------------


def test_a_document_goes_back_to_be_rescanned_only_with_a_reason(
    page: Page, server: Server
) -> None:
    page.locator(".rescan").click()
    expect(page.locator("dialog")).to_be_visible()
    page.locator("dialog input").last.check()
    page.locator("dialog .main").click()
    expect(page.locator("dialog .missing")).not_to_be_empty()
    page.locator("dialog textarea").fill("Ướt nước")
    press(page, "Enter")
    opens(page, server, "d2")
    saved(page)
    assert server.kept["decisions"] == [["d1", "rescan", "Ướt nước"]]


def test_the_approvers_reason_stands_at_the_top(page: Page, server: Server) -> None:
    expect(page.locator(".returned")).to_be_hidden()
    decide_all(page)
    press(page, "Control+Enter")
    expect(page.locator(".returned")).to_contain_text("Xem lại số hiệu.")


def test_what_could_not_be_saved_survives_a_reload_and_is_kept_once(
    page: Page, server: Server
) -> None:
    server.ask("/trouble?broken=1")
    press(page, "Enter", "2")
    expect(page.locator(".mark")).not_to_have_attribute("data-state", "saved")
    page.reload()
    opens(page, server, "d1")
    assert active(page) == "quoc_tich"  # what was done is still done on screen
    assert server.acts == []
    server.ask("/trouble?broken=0")
    expect(page.locator(".mark")).to_have_attribute("data-state", "saved", timeout=WAIT)
    assert server.acts == [
        ["so", "accept", "221/GCN"],
        ["ten_to_chuc", "candidate", "Trường Mầm non Hoa Sen"],
    ]


def test_what_is_sent_twice_is_kept_once(page: Page, server: Server) -> None:
    press(page, "Enter")
    place = page.evaluate(
        "() => Object.keys(sessionStorage).find((k) => k.startsWith('workbench.'))"
    )
    entries = page.evaluate("(place) => sessionStorage.getItem(place)", place)
    saved(page)
    server.comes_to(lambda kept: len(kept["acts"]) == 1)
    if entries:  # put the answered entry back, as after a crash between keeping and answering
        page.evaluate(
            "([place, entries]) => sessionStorage.setItem(place, entries)", [place, entries]
        )
        page.reload()
        server.comes_to(lambda kept: len(kept["seen"]) == 2)
        saved(page)
    assert entries and len(server.acts) == 1


def test_a_document_that_a_colleague_changed_says_so_and_makes_way(
    page: Page, server: Server
) -> None:
    server.ask("/trouble?taken=d1")
    press(page, "Enter")
    expect(page.locator(".alert")).to_contain_text("Người khác đã thay đổi")
    opens(page, server, "d2")
    saved(page)
    assert server.acts == []


def test_thirty_rapid_decisions_are_all_kept_in_order(page: Page, server: Server) -> None:
    server.fill(30, doubtful=False)
    sit_down(page, server)
    for number in range(1, 31):
        opens(page, server, f"d{number}")
        press(page, "Control+Enter")
    expect(page.locator(".nothing")).to_be_visible()
    server.comes_to(lambda kept: len(kept["decisions"]) == 30)
    assert [document for document, _, _ in server.kept["decisions"]] == [
        f"d{number}" for number in range(1, 31)
    ]


def test_decisions_go_on_while_streamlit_builds_the_place_of_the_desk_anew(
    page: Page, server: Server
) -> None:
    server.fill(30, doubtful=False)
    sit_down(page, server)
    for number in range(1, 31):
        opens(page, server, f"d{number}")
        if number % 4 == 0:
            server.ask("/trouble?moved=1")  # the next run draws the desk somewhere else
        press(page, "Control+Enter")
    expect(page.locator(".nothing")).to_be_visible()
    server.comes_to(lambda kept: len(kept["decisions"]) == 30)
    assert [document for document, _, _ in server.kept["decisions"]] == [
        f"d{number}" for number in range(1, 31)
    ]


def test_what_is_being_typed_moves_with_the_desk(page: Page, server: Server) -> None:
    press(page, "F2")
    page.keyboard.type("A")
    page.evaluate("() => window.marked = document.querySelector('.stBidiComponent')")
    server.ask("/trouble?moved=1")
    page.locator(".st-key-restart button").dispatch_event("click")
    page.wait_for_function("() => !window.marked.isConnected")
    expect(page.locator("textarea.editor")).to_be_focused()
    page.keyboard.type("B")
    press(page, "Enter")
    saved(page)
    assert server.acts == [["so", "edit", "221/GCNAB"]]


def test_a_key_pressed_while_the_desk_has_no_place_is_heard_when_it_has_one(
    page: Page, server: Server
) -> None:
    page.evaluate(
        """() => {
            const host = [...document.querySelectorAll('*')]
                .find((e) => e.shadowRoot?.querySelector('main.station'));
            window.put = () => window.home.append(host);
            window.home = host.parentElement;
            host.remove();
        }"""
    )
    press(page, "Enter", "2")
    assert server.acts == []
    page.evaluate("() => window.put()")
    server.ask("/trouble?moved=1")
    page.locator(".st-key-restart button").dispatch_event("click")
    server.comes_to(lambda kept: len(kept["acts"]) == 2)
    assert [act for _, act, _ in server.acts] == ["accept", "candidate"]


def test_the_cleanup_of_an_overtaken_call_takes_nothing_down(
    server: Server, context: BrowserContext
) -> None:
    # Streamlit runs it when new data comes while an earlier call is still being loaded.
    def told(route: Route) -> None:
        script = route.fetch().text()
        assert "return seat.leave;" in script
        body = script.replace("return seat.leave;", "return (window.overtaken = seat.leave);")
        route.fulfill(body=body, content_type="text/javascript")

    server.fill()
    page = context.new_page()
    page.route("**/station.js*", told)
    page.goto(server.address)
    opens(page, server, "d1")
    page.locator("main.station").focus()
    press(page, "Enter", "F2")
    page.evaluate("() => window.overtaken()")
    page.keyboard.type("A")
    press(page, "Enter")
    saved(page)
    assert [value for _, _, value in server.acts] == ["221/GCN", "Trường Mâm non Hoa SenA"]
    page.close()


def test_no_document_is_passed_over_whose_sheet_has_not_arrived(page: Page, server: Server) -> None:
    server.fill(3, doubtful=False)
    server.ask("/trouble?lost=d2")
    sit_down(page, server)
    press(page, "Control+Enter")
    expect(page.locator(".nothing")).to_be_visible()
    server.comes_to(lambda kept: len(kept["decisions"]) == 1)
    expect(page.locator("main.station")).not_to_have_attribute("data-shown", re.compile("d3"))
    server.ask("/trouble")
    opens(page, server, "d2")
    press(page, "Control+Enter")
    opens(page, server, "d3")


# --- documents that leave, and come back -------------------------------------------------------


def test_p_puts_the_document_aside_and_l_asks_with_a_reason(page: Page, server: Server) -> None:
    press(page, "p")
    opens(page, server, "d2")
    press(page, "l")
    expect(page.locator("dialog")).to_be_visible()
    press(page, "Escape")
    expect(page.locator("dialog")).to_have_count(0)
    press(page, "l")
    page.locator("dialog textarea").fill("Dấu che mất số")
    press(page, "Enter")
    opens(page, server, "d3")
    saved(page)
    assert server.kept["asides"] == [["d1", "postponed", ""], ["d2", "escalated", "Dấu che mất số"]]


def test_ctrl_z_and_ctrl_y_go_over_documents(page: Page, server: Server) -> None:
    decide_all(page)
    press(page, "Control+Enter")
    opens(page, server, "d2")
    press(page, "Enter", "Control+z", "Control+z")  # the act on d2, then the decision on d1
    opens(page, server, "d1")
    assert active(page) is None  # with every act as it was
    saved(page)
    server.comes_to(lambda kept: kept["decisions"] == [])
    press(page, "Control+z")
    assert active(page) == "quoc_tich"
    press(page, "Control+y", "Control+y")
    opens(page, server, "d2")
    saved(page)
    server.comes_to(lambda kept: kept["decisions"] == [["d1", "pass", ""]])
    assert [act for field, act, _ in server.acts if field == "quoc_tich"] == [
        "absent", "undo", "absent",
    ]  # fmt: skip


def test_what_was_taken_back_can_be_passed_on_at_once(page: Page, server: Server) -> None:
    server.fill(3, doubtful=False)
    sit_down(page, server)
    press(page, "Control+Enter")
    opens(page, server, "d2")
    press(page, "Control+z", "Control+Enter", "Control+Enter")  # quicker than any answer
    opens(page, server, "d3")
    saved(page)
    assert server.kept["decisions"] == [["d1", "pass", ""], ["d2", "pass", ""]]
    opens(page, server, "d3")


def test_after_a_reload_the_last_decision_can_still_be_taken_back(
    page: Page, server: Server
) -> None:
    decide_all(page)
    press(page, "Control+Enter")
    opens(page, server, "d2")
    saved(page)
    page.reload()
    opens(page, server, "d2")
    page.locator("main.station").focus()
    press(page, "Control+z")
    opens(page, server, "d1")
    server.comes_to(lambda kept: kept["decisions"] == [])


def test_what_was_approved_is_not_taken_back_and_says_so(page: Page, server: Server) -> None:
    decide_all(page)
    press(page, "Control+Enter")
    opens(page, server, "d2")
    saved(page)
    server.ask("/trouble?approved=d1")
    press(page, "Control+z")
    expect(page.locator(".alert")).to_contain_text("hoàn tác")
    opens(page, server, "d2")
    assert server.kept["decisions"] == [["d1", "pass", ""]]


def test_the_answer_to_a_question_stands_at_the_top(page: Page, server: Server) -> None:
    expect(page.locator(".answered")).to_be_hidden()
    press(page, "p")
    opens(page, server, "d2")
    expect(page.locator(".answered")).to_contain_text("Ghi theo dấu đỏ.")


# --- choosing and mending ----------------------------------------------------------------------


def test_where_two_readings_are_about_as_likely_enter_asks_for_a_choice(
    page: Page, server: Server
) -> None:
    server.fill(close=True)
    sit_down(page, server)
    press(page, "Enter")
    assert active(page) == "ten_to_chuc"
    expect(page.locator(".choice.chosen")).to_have_count(0)
    press(page, "Enter")
    assert active(page) == "ten_to_chuc"
    expect(page.locator(".foot .notice.urgent")).to_be_visible()
    press(page, "2")
    assert active(page) == "quoc_tich"
    saved(page)
    assert server.acts[-1] == ["ten_to_chuc", "candidate", "Trường Mầm non Hoa Sen"]


def test_d_lists_what_the_engines_read_differently(page: Page, server: Server) -> None:
    press(page, "d")
    fields = page.locator(".difference")
    expect(fields).to_have_count(2)
    expect(page.locator(".difference.active em").first).to_be_visible()
    press(page, "2")
    expect(page.locator(".difference.active")).to_have_attribute("data-field", "ten_to_chuc")
    press(page, "ArrowUp")
    expect(page.locator(".difference.active")).to_have_attribute("data-field", "so")
    press(page, "d")
    expect(page.locator(".card")).to_be_visible()
    saved(page)
    assert server.acts == [["so", "candidate", "227/GCN"]]


def test_alt_and_the_arrows_walk_a_syllable_through_what_it_could_be(
    page: Page, server: Server
) -> None:
    press(
        page, "Enter", "Alt+ArrowDown"
    )  # the first syllable that another engine reads differently
    expect(page.locator("textarea.editor")).to_have_value("Trường Mầm non Hoa Sen")
    press(page, "Alt+ArrowDown")
    expect(page.locator("textarea.editor")).not_to_have_value("Trường Mầm non Hoa Sen")
    press(page, "Alt+ArrowUp", "Enter")
    assert active(page) == "quoc_tich"
    press(page, "Shift+Enter", "ArrowRight", "ArrowRight", "ArrowRight")
    expect(page.locator(".value mark")).to_have_text("non")
    press(page, "Alt+ArrowDown")
    expect(page.locator("textarea.editor")).to_have_value("Trường Mầm nòn Hoa Sen")
    press(page, "Escape")
    saved(page)
    assert server.acts[-1] == ["ten_to_chuc", "edit", "Trường Mầm non Hoa Sen"]


VARIANTS = """
async () => {
  const found = performance.getEntriesByType('resource').map((e) => e.name);
  const { variants, readingsAt } = await import(found.find((name) => name.includes('/tones.js')));
  const of = (syllable) => variants(syllable).slice(0, 5);
  const read = readingsAt('QUYT ĐỊNH', 0, ['QUYẾT ĐỊNH', 'QUYT DINH']);
  return [of('QUYT'), of('hoà'), of('hòa'), of('Mâm'), of('qua'), of('nghiêp'), read];
}
"""


def test_a_syllable_has_the_variants_that_can_be_written_with_the_tone_where_it_was(
    page: Page,
) -> None:
    assert page.evaluate(VARIANTS) == [
        ["QUÝT", "QUYẾT", "QUỴT", "QUYỆT"],
        ["hoa", "hoá", "hoả", "hoã", "hoạ"],
        ["hoa", "hóa", "hỏa", "hõa", "họa"],
        ["Mầm", "Mấm", "Mẩm", "Mẫm", "Mậm"],
        ["quà", "quá", "quả", "quã", "quạ"],
        ["nghiếp", "nghiệp"],
        ["QUYẾT"],
    ]


# --- keys of one's own -------------------------------------------------------------------------


def test_the_map_names_every_key_of_the_desk(page: Page) -> None:
    press(page, "?")
    shown = set(page.locator("dialog.map kbd").all_inner_texts())
    assert {"↵", "F2", "X", "0", "P", "L", "D", "G", "Ctrl ↵", "Ctrl Z", "Ctrl Y", "Alt ↓"} <= shown
    press(page, "Escape")


def test_keys_are_bound_anew_and_single_characters_switched_off(page: Page, server: Server) -> None:
    press(page, "?")
    page.locator("button.bind").click()
    page.locator("[data-deed=illegible]").click()
    press(page, "Control+w")  # the browser's
    expect(page.locator("dialog .missing")).to_contain_text("trình duyệt")
    press(page, "p")
    expect(page.locator("dialog .missing")).to_contain_text("P")
    press(page, "k")
    expect(page.locator("[data-deed=illegible]")).to_have_text("K")
    page.locator("dialog .main").click()
    expect(page.locator(".deed.illegible kbd")).to_have_text("K")
    press(page, "x")
    assert active(page) == "so"
    press(page, "k")
    assert active(page) == "ten_to_chuc"
    server.comes_to(lambda kept: kept["keys"].get("keys") == {"illegible": ["k"]})
    press(page, "?")
    page.locator("button.bind").click()
    page.locator("dialog input[type=checkbox]").uncheck()
    page.locator("dialog .main").click()
    press(page, "k", "2", "0")
    assert active(page) == "ten_to_chuc"
    press(page, "Enter")
    assert active(page) == "quoc_tich"
    press(page, "?")  # a single character too; the button is there for it
    expect(page.locator("dialog")).to_have_count(0)
    saved(page)
    assert [act for _, act, _ in server.acts] == ["illegible", "accept"]


# --- being at work -----------------------------------------------------------------------------


def test_who_is_away_gives_the_documents_back_and_goes_on_with_a_key(
    page: Page, server: Server
) -> None:
    press(page, "Enter", "F2")
    page.keyboard.type("A")
    server.ask("/trouble?idle=0.02")
    page.locator(".st-key-restart button").dispatch_event("click")
    expect(page.locator(".nothing h2")).to_contain_text("rời máy")
    server.comes_to(lambda kept: kept["given_back"] > 0)
    assert server.acts[-1] == ["ten_to_chuc", "edit", "Trường Mâm non Hoa SenA"]  # what was typed
    server.ask("/trouble?idle=15")
    press(page, "x")
    opens(page, server, "d1")
    assert active(page) == "quoc_tich"
    saved(page)
    assert len(server.acts) == 2


def test_ones_own_day_is_told_quietly(page: Page) -> None:
    expect(page.locator(".day")).to_contain_text("4,3 giây")
    expect(page.locator(".day")).to_contain_text("nghỉ sau")


def test_what_a_sitting_was_like_is_told_without_a_value(page: Page, server: Server) -> None:
    press(page, "Enter", "g", "2", "F2")
    page.keyboard.type("AB")
    press(page, "Backspace", "Enter")
    saved(page)
    first, second, third = server.kept["traces"]
    assert (first["keys"], first["chosen"], first["distance"]) == (1, 0, 0)
    assert (second["chosen"], second["distance"], second["context"]) == (1, 1, 1)
    assert second["offered"] == [["tesseract"], ["engine0"]]
    assert (third["typed"], third["backspaces"], third["chosen"]) == (True, 1, None)
    assert all(trace["shown"] > 0 and trace["committed"] >= 0 for trace in server.kept["traces"])
    assert "Hoa Sen" not in json.dumps(server.kept["traces"], ensure_ascii=False)


def test_a_reload_in_mid_edit_goes_on_where_it_was(page: Page, server: Server) -> None:
    press(page, "Enter", "F2")
    page.keyboard.type(" nửa chừng")
    page.reload()
    opens(page, server, "d1")
    expect(page.locator("textarea.editor")).to_have_value("Trường Mâm non Hoa Sen nửa chừng")
    press(page, "Enter")
    saved(page)
    assert server.acts == [
        ["so", "accept", "221/GCN"],
        ["ten_to_chuc", "edit", "Trường Mâm non Hoa Sen nửa chừng"],
    ]


def test_two_reviewers_on_one_document_do_not_overwrite_each_other(
    page: Page, server: Server, context: BrowserContext
) -> None:
    assert context.browser is not None
    other = context.browser.new_context(viewport=SIZE)
    other.set_default_timeout(WAIT)
    colleague = other.new_page()
    colleague.goto(server.address)
    opens(colleague, server, "d1")
    decide_all(page)
    press(page, "Control+Enter")
    opens(page, server, "d2")
    saved(page)
    colleague.locator("main.station").focus()
    press(colleague, "x")
    expect(colleague.locator(".alert")).to_contain_text("Người khác đã thay đổi")
    opens(colleague, server, "d2")
    assert [act for _, act, _ in server.acts] == ["accept", "accept", "absent"]
    other.close()


def test_an_empty_desk_says_so_and_shows_what_comes_later(page: Page, server: Server) -> None:
    server.fill(0)
    page.locator(".st-key-restart button").dispatch_event("click")
    expect(page.locator(".nothing h2")).to_be_visible()
    server.fill(1)
    page.locator(".nothing button").click()
    opens(page, server, "d1")


def test_the_station_speaks_english_too(server: Server, context: BrowserContext) -> None:
    server.fill()
    page = context.new_page()
    page.goto(f"{server.address}/?language=en")
    expect(page.locator(".foot .main")).to_contain_text("Pass on for approval")
    page.close()
