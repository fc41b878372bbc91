"""axe-core finds nothing serious on any page, in both languages, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Office
from workbench.ui.places import PLACES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

# axe-core 4.12 (Mozilla Public License 2.0), as the package axe-playwright-python brings it.
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")

# What Streamlit draws and gives no means to mend: rule -> the elements of its own that break it.
# Everything else, and all of our own components, must be clean.
STREAMLITS_OWN = {
    # sections of the menu are <div> between <ul> and <li>
    "list": "[data-testid=stSidebarNavItems]",
    "listitem": "[data-testid=stSidebarNavItems] *",
    # a button's shortcut is drawn at 60 %; a chosen segment in the theme's colour on its own tint
    "color-contrast": "button kbd, button[data-selected=true] *, button[aria-checked=true] *",
    # containers of a fixed height, and the grid, scroll without being a stop for Tab
    "scrollable-region-focusable": ".stVerticalBlock, [data-testid=stDataFrame] *",
}
PAGES = [place.file.removesuffix(".py") for place in PLACES]


@pytest.fixture(scope="module", params=[("light", "vi"), ("dark", "en")], ids=" ".join)
def window(
    request: pytest.FixtureRequest, office: Office, chromium: Browser
) -> Iterator[tuple[BrowserContext, str]]:
    theme, language = request.param
    context = office.enter(chromium, theme=theme, language=language)
    yield context, language
    context.close()


def serious(page: Page) -> list[str]:
    """What axe finds serious or critical and Streamlit does not answer for."""
    page.evaluate(AXE)
    found = page.evaluate(
        """async (own) => {
            const { violations } = await axe.run(document, { resultTypes: ["violations"] });
            const theirs = (rule, target) =>
                rule in own && target.length === 1 && typeof target[0] === "string" &&
                document.querySelector(target[0])?.matches(own[rule]);
            return violations
                .filter(({ impact }) => impact === "serious" || impact === "critical")
                .flatMap(({ id, nodes }) => nodes.filter(({ target }) => !theirs(id, target))
                    .map(({ target, html }) => `${id}: ${target.join(" ")} ${html.slice(0, 200)}`));
        }""",
        STREAMLITS_OWN,
    )
    lines: list[str] = found
    return lines


def open_page(context: BrowserContext, office: Office, name: str) -> Page:
    page = context.pages[0] if context.pages else context.new_page()
    page.goto(office.address + ("/" if name == "home" else f"/{name}"))
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.locator("h1, h2, h3").first.wait_for()
    if name == "review":
        page.locator("main.station[data-shown]").wait_for()
    return page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_nothing_serious(
    window: tuple[BrowserContext, str], office: Office, name: str
) -> None:
    context, language = window
    page = open_page(context, office, name)
    assert page.evaluate("document.documentElement.lang") == language
    assert serious(page) == []


def test_the_way_in_has_nothing_serious(
    office: Office, chromium: Browser, window: tuple[BrowserContext, str]
) -> None:
    _, language = window
    context = chromium.new_context(color_scheme="dark" if language == "en" else "light")
    page = context.new_page()
    page.goto(f"{office.address}/login")
    assert serious(page) == []
    page.fill("input[name=name]", "nobody")
    page.fill("input[name=password]", "wrong")
    page.click("button[type=submit]")
    expect(page.get_by_role("alert")).to_be_visible()
    assert serious(page) == []
    context.close()


def test_the_station_has_nothing_serious_in_any_of_its_modes(
    window: tuple[BrowserContext, str], office: Office
) -> None:
    page = open_page(window[0], office, "review")
    desk = page.locator("main.station")
    for keys, shows in (("b", ".pointhint"), ("Escape", ".card"), ("F2", "textarea.editor")):
        desk.press(keys)
        page.locator(f"{shows}:visible").first.wait_for()
        assert serious(page) == [], keys
    page.keyboard.press("Escape")
    desk.press("?")
    page.locator("dialog[open]").wait_for()
    assert serious(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_frames_on_the_scan_stand_out_three_to_one(
    window: tuple[BrowserContext, str], office: Office
) -> None:
    page = open_page(window[0], office, "review")
    page.locator(".overlay .frame").wait_for()
    strokes: dict[str, Any] = page.evaluate(
        """() => {
            const host = [...document.querySelectorAll("*")]
                .find((element) => element.shadowRoot?.querySelector("main.station"));
            const of = (one) => {
                const element = host.shadowRoot.querySelector(one);
                return element && getComputedStyle(element).stroke;
            };
            return Object.fromEntries([".frame", ".halo", ".box.waiting", ".box.machine"]
                .map((one) => [one, of(`.overlay ${one}`)]));
        }"""
    )
    paper, ink = (255.0, 255.0, 255.0), (20.0, 20.0, 20.0)
    for name in (".frame", ".box.waiting", ".box.machine"):
        assert contrast(on(paper, strokes[name]), paper) >= 3, name
    assert contrast(on(ink, strokes[".halo"]), ink) >= 3  # the frame's light edge on black


def on(ground: tuple[float, ...], colour: str) -> tuple[float, ...]:
    """A CSS colour, `rgb(…)` or `rgba(…)`, as it is seen on `ground`."""
    *parts, opacity = [
        float(part) for part in (colour[colour.index("(") + 1 : -1] + ", 1").split(",")[:4]
    ]
    return tuple(opacity * c + (1 - opacity) * g for c, g in zip(parts, ground, strict=True))


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """The contrast ratio of WCAG 2.2."""

    def luminance(colour: tuple[float, ...]) -> float:
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in (part / 255 for part in colour)
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (683, 384)], ids=["100 %", "200 %"])
def test_the_station_can_be_worked_at_on_a_small_screen_and_at_twice_the_size(
    window: tuple[BrowserContext, str], office: Office, width: int, height: int
) -> None:
    page = open_page(window[0], office, "review")
    page.set_viewport_size({"width": width, "height": height})
    desk = page.locator("main.station")
    desk.focus()
    for part in (".overlay .frame", ".card .candidates", "footer.foot button.main"):
        page.locator(part).first.scroll_into_view_if_needed()
        expect(page.locator(part).first).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    field = page.locator(".rows .active").get_attribute("data-field")
    desk.press("Tab")
    expect(page.locator(f".rows .active:not([data-field='{field}'])")).to_have_count(1)
    page.set_viewport_size({"width": 1366, "height": 768})
