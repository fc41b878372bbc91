"""The real app for browser tests: made-up papers at every stage, and somebody with every duty."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.full_workbench import fill
from workbench.bench.sitting import PASSWORD, Case, Site
from workbench.model import Role, now

WAIT = 60_000  # ms; generous: the machine may be busy with other tests


@dataclass(frozen=True)
class Office:
    """A running site with three papers that wait for review, and a person who may do everything."""

    site: Site
    cases: list[Case]

    @property
    def address(self) -> str:
        return self.site.address

    def enter(self, browser: Browser, *, theme: str, language: str) -> BrowserContext:
        """A window of its own, signed in."""
        context = browser.new_context(
            viewport={"width": 1366, "height": 768},
            color_scheme="dark" if theme == "dark" else "light",
        )
        context.set_default_timeout(WAIT)
        context.add_cookies(
            [{"name": "workbench_language", "value": language, "url": self.address}]
        )
        page = context.new_page()
        page.goto(f"{self.address}/login")
        page.fill("input[name=name]", "bench00")
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.get_by_test_id("stSidebar").wait_for()
        page.close()
        return context


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    site = Site.found(folder, data=folder / "data")
    # One engine: the others' models would be loaded for nothing.
    site = replace(
        site, environment={**site.environment, "WORKBENCH_ENGINES": json.dumps(["tesseract"])}
    )
    try:
        (name,) = site.employ(1)
        person = site.work.store.person(name)
        assert person is not None
        person.roles = [role.value for role in Role]
        site.work.store.keep(person)
        cases = site.take_in([True] * 3, full=True)
        fill(site.work, at=now())
        site.start()
        yield Office(site, cases)
    finally:
        site.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for a file: as long as Playwright lives, nothing else here may run an event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()
