"""The station as a notebook draws it: its script in a bare page, with Python on the other end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from workbench.bench.sitting import Case, Site
from workbench.ui.station.notebook import Station

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

# What anywidget gives a view: a model with state and messages, and a place to draw in.
DRAW = """async ([script, data]) => {
    const listeners = {};
    window.model = {
        state: { data }, outbox: null, asked: [],
        get: (name) => model.state[name],
        set: (name, value) => { model[name] = value; },
        save_changes() {}, off() {},
        on: (event, then) => { listeners[event] = then; },
        send: (question) => model.asked.push(question),
        hear: (data) => { model.state.data = data; listeners["change:data"](); },
        answer: (said) => listeners["msg:custom"](said),
    };
    const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const { default: widget } = await import(address);
    await widget.render({ model, el: document.body.appendChild(document.createElement("div")) });
}"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site.found(tmp_path, data=tmp_path / "data")
    made.employ(1)
    yield made
    made.close()


@pytest.fixture
def cases(site: Site) -> list[Case]:
    return site.take_in([True, True], full=True)


@pytest.fixture
def widget(site: Site, cases: list[Case]) -> Station:
    return Station(site.work, by="bench00", language="en")


@pytest.fixture
def page(chromium: Browser, widget: Station) -> Iterator[Page]:
    opened = chromium.new_page(viewport={"width": 1366, "height": 900})
    opened.goto("about:blank")
    opened.evaluate(DRAW, [widget._esm, widget.data])
    opened.locator("main.station[data-shown]").wait_for()
    yield opened
    opened.close()


def round_trip(page: Page, widget: Station) -> None:
    """What the kernel does when the browser has something to say."""
    said: dict[str, Any] = page.evaluate("() => model.outbox")
    widget.outbox = said
    page.evaluate("data => model.hear(data)", widget.data)


def test_a_paper_is_read_and_corrected_with_the_same_keys_and_kept_in_the_same_store(
    page: Page, widget: Station, site: Site, cases: list[Case]
) -> None:
    case = cases[0]
    assert page.evaluate("() => !document.querySelector('main.station')")  # in a shadow of its own
    desk = page.locator("main.station")
    for _ in case.flagged:
        field = page.locator(".rows .active").get_attribute("data-field")
        said = page.locator(".candidates .choice .text").all_text_contents()
        desk.press(str(said.index(case.truth[str(field)]) + 1))
    desk.press("Control+Enter")
    page.locator(f"main.station[data-shown='{cases[1].document}']").wait_for()
    round_trip(page, widget)
    expect(page.locator(".mark[data-state=saved]")).to_be_visible()
    kept = site.work.store.corrections(case.document)
    assert {c.field: c.after for c in kept} == {name: case.truth[name] for name in case.flagged}
    sent = page.evaluate("() => model.outbox")
    assert [r.document for r in site.work.store.reviews(case.document)] == [case.document]
    widget.outbox = sent  # the same once more, as after a kernel that was slow to answer
    assert len(site.work.store.corrections(case.document)) == len(kept)


def test_a_key_that_was_meant_for_nobody_is_left_to_the_notebook(page: Page) -> None:
    page.evaluate("() => document.activeElement.blur()")
    before = page.locator(".rows .active").get_attribute("data-field")
    page.keyboard.press("x")
    assert page.locator(".rows .active").get_attribute("data-field") == before
    assert page.evaluate("() => (model.outbox?.entries ?? []).every((e) => e.what !== 'act')")


def test_the_words_of_a_page_are_asked_for_by_message(page: Page, widget: Station) -> None:
    sent: list[dict[str, Any]] = []
    widget.send = lambda content, buffers=None: sent.append(content)
    page.locator("main.station").press("b")
    page.wait_for_function("() => model.asked.length > 0")
    (question,) = page.evaluate("() => model.asked")
    widget._asked(widget, question, [])
    (answer,) = sent
    page.evaluate("said => model.answer(said)", answer)
    page.locator("canvas.words[data-words='5000']").wait_for()
