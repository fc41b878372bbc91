"""Pointing at the scan in a real browser, in the real app, with the real Tesseract behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FloatRect, Page, expect
from rapidfuzz.fuzz import ratio

from tests.browser.conftest import WAIT, Office
from tests.test_pointing import ADDRESS, line_box
from workbench.bench.sitting import Case
from workbench.model import Correction

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.timeout(240)]


@pytest.fixture
def page(office: Office, chromium: Browser) -> Iterator[Page]:
    context = office.enter(chromium, theme="light", language="en")
    opened = context.new_page()
    opened.goto(f"{office.address}/review")
    opened.locator("main.station[data-shown]").wait_for()
    expect.set_options(timeout=WAIT)
    yield opened
    context.close()


def turn_to(page: Page, office: Office, case: Case) -> None:
    """Work through the papers before it until this one is open."""
    desk = page.locator("main.station")
    while desk.get_attribute("data-document") != case.document:
        before = desk.get_attribute("data-document")
        while page.locator("button.main[data-ready=true]").count() == 0:
            desk.press("1")
        desk.press("Control+Enter")
        page.locator(f"main.station[data-shown]:not([data-document='{before}'])").wait_for()
    page.locator(f"main.station[data-shown='{case.document}']").wait_for()


def kept(office: Office, case: Case, page: Page) -> Correction:
    """The newest act on the paper, once the desk says that everything is saved."""
    expect(page.locator(".mark[data-state=saved]")).to_be_visible()
    last: Correction = office.site.work.store.corrections(case.document)[-1]
    return last


def shown_at(page: Page) -> Callable[[float, float], tuple[float, float]]:
    """From fractions of the page to the window's pixels, as the paper lies now."""
    paper: FloatRect | None = page.locator(".paper").bounding_box()
    assert paper is not None
    return lambda x, y: (paper["x"] + x * paper["width"], paper["y"] + y * paper["height"])


def test_a_word_that_is_clicked_or_walked_to_is_taken_with_its_place(
    page: Page, office: Office
) -> None:
    case = office.cases[0]  # its page is full of the word "chữ"
    turn_to(page, office, case)
    desk = page.locator("main.station")
    desk.press("g")  # the whole page: every place of it can be clicked
    desk.press("b")
    page.locator("canvas.words[data-words='5000']").wait_for()
    place = shown_at(page)(0.5 + 0.5 / 50, 0.9 + 0.5 / 100)
    page.mouse.click(*place)
    expect(page.locator(".valuebox .value, .valuebox .choice").first).to_contain_text("chữ")
    clicked = kept(office, case, page)
    assert clicked.after == "chữ" and clicked.page == 0 and clicked.box is not None
    assert abs(clicked.box[0] - 0.502) < 0.002 and abs(clicked.box[1] - 0.901) < 0.002

    desk.press("ArrowRight")
    desk.press("ArrowRight")
    desk.press("Shift+ArrowRight")
    page.locator(".pick").wait_for()
    two = page.locator(".pointhint")
    expect(two).to_have_text("chữ chữ")
    desk.press("Escape")
    expect(page.locator(".pane.pointing")).to_have_count(0)


def test_a_box_that_is_drawn_is_read_by_the_engine_and_answers_as_candidates(
    page: Page, office: Office, sample: Path
) -> None:
    case = office.cases[1]
    turn_to(page, office, case)
    box = line_box(sample, "files/003.pdf", ADDRESS)
    page.locator("main.station").press("g")
    at = shown_at(page)
    page.mouse.move(*at(box.left - 0.005, box.top - 0.004))
    page.keyboard.down("Control")
    page.mouse.down()
    page.mouse.move(*at(box.middle[0], box.middle[1]))
    page.mouse.move(*at(box.right + 0.005, box.bottom + 0.004))
    page.mouse.up()
    page.keyboard.up("Control")
    expect(page.locator(".candidates .choice .text")).to_have_count(1)
    expect(page.locator(".candidates .choice .engines")).to_contain_text("tesseract")
    page.locator("main.station").press("1")
    taken = kept(office, case, page)
    assert ratio(taken.after, ADDRESS) > 90
    assert taken.box is not None and abs(taken.box[1] - box.top) < 0.02
    assert abs(taken.box[2] - box.right) < 0.02


def test_a_server_that_does_not_answer_is_told_in_words(page: Page, office: Office) -> None:
    turn_to(page, office, office.cases[1])
    page.route("**/read-box", lambda route: route.abort())
    page.locator("main.station").press("g")
    at = shown_at(page)
    page.keyboard.down("Shift")
    page.mouse.move(*at(0.3, 0.4))
    page.mouse.down()
    page.mouse.move(*at(0.6, 0.42))
    page.mouse.move(*at(0.7, 0.44))
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(page.locator(".notice.urgent")).to_contain_text("Draw the frame again")
