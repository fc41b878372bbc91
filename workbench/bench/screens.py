"""The managers' page in a real browser, over the made-up province."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import accounts
from workbench.analytics import Lake
from workbench.bench import province
from workbench.bench.sitting import PASSWORD, Site
from workbench.bench.station import _chromium
from workbench.model import Person, Role, Unit

if TYPE_CHECKING:
    from playwright.sync_api import Page

LIMIT_OPEN = 2.0  # seconds until every figure and chart stands there
LIMIT_FILTER = 0.5
RUNS = 5
NEW_EVENTS = 2_000  # that the lake takes in while the page is looked at
MANAGER = "bench-manager"

# Drawn: the script has ended, nothing on the page is left over from before, and every chart stands.
_DRAWN = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    const charts = [...document.querySelectorAll('[data-testid="stPlotlyChart"]')];
    return app && app.getAttribute('data-test-script-state') === 'notRunning'
        && document.querySelectorAll('[data-testid="stMetric"]').length > 0
        && !document.querySelector('[data-stale="true"]')
        && charts.every(chart => chart.querySelector('.main-svg'));
}"""
_OTHER_TOTAL = """before => {
    const value = document.querySelector('[data-testid="stMetricValue"]');
    return value && value.innerText !== before;
}"""
# How often the script has begun: a short run is over before one can look.
_WATCH = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    window.benchRuns = 0;
    new MutationObserver(() => {
        if (app.getAttribute('data-test-script-state') === 'running') window.benchRuns += 1;
    }).observe(app, {attributes: true, attributeFilter: ['data-test-script-state']});
}"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the browser saw: medians in seconds, beside the first time in a fresh app."""

    first_seconds: float
    open_seconds: float
    filter_seconds: float  # until the figures at the top are those of the choice
    charts_seconds: float  # until every chart is redrawn too
    open_cpu_seconds: float  # of the app, without the browser: what a busy machine does not blur
    filter_cpu_seconds: float
    opens: Sequence[float]
    filters: Sequence[float]

    @property
    def is_within(self) -> bool:
        return self.open_seconds <= LIMIT_OPEN and self.filter_seconds <= LIMIT_FILTER

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {
            "limits": {"open_seconds": LIMIT_OPEN, "filter_seconds": LIMIT_FILTER},
            "ratios": {
                "open": round(self.open_seconds / LIMIT_OPEN, 3),
                "filter": round(self.filter_seconds / LIMIT_FILTER, 3),
            },
        }

    def __str__(self) -> str:
        return (
            f"page in Chromium: opens in {self.open_seconds:.2f} s of {LIMIT_OPEN:g} s "
            f"(median of {len(self.opens)}, {self.open_cpu_seconds:.2f} s of it the app's CPU; the "
            f"first time in a fresh app {self.first_seconds:.2f} s); a filter answers in "
            f"{self.filter_seconds:.2f} s of {LIMIT_FILTER:g} s (median of {len(self.filters)}), "
            f"with every chart redrawn in {self.charts_seconds:.2f} s "
            f"({self.filter_cpu_seconds:.2f} s of the app's CPU); "
            f"machine's load {os.getloadavg()[0]:.1f}"
        )


def measure(place: Path) -> Seen:
    """Open the page over the lake in `place` and choose units, in an app of its own."""
    chromium = _chromium()
    with tempfile.TemporaryDirectory(dir=place) as folder:
        data = Path(folder) / "data"
        data.mkdir()
        shutil.copytree(place / "lake", data / "lake", copy_function=os.link)
        site = Site.found(Path(folder), data=data)
        try:
            _settle_in(site, Lake(data / "lake"))
            site.start()
            with _browser(chromium) as page:
                return _looked(page, site)
        finally:
            site.close()


def _settle_in(site: Site, lake: Lake) -> None:
    site.work.store.keep(
        Person(
            name=MANAGER, shown_as="Cán bộ thống kê",
            password_hash=accounts.hash_password(PASSWORD),
            roles=[Role.MANAGER.value],
        ),
        *(Unit(code=code, name=f"Công an đơn vị {code}") for code in province.UNITS),
    )  # fmt: skip
    province.go_on(site.work.store, after=lake.state().cut, events=NEW_EVENTS, seed=3)


def _looked(page: Page, site: Site) -> Seen:
    page.goto(f"{site.address}/login?to=/")
    page.fill("input[name=name]", MANAGER)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    first = _opened(page, site)
    before = site.cpu_seconds()
    opens = [_opened(page, site) for _ in range(RUNS)]
    between = site.cpu_seconds()
    page.evaluate(_WATCH)
    filters, charts = zip(*(_filtered(page) for _ in range(RUNS)), strict=True)
    after = site.cpu_seconds()
    return Seen(
        first_seconds=first,
        open_seconds=statistics.median(opens),
        filter_seconds=statistics.median(filters),
        charts_seconds=statistics.median(charts),
        open_cpu_seconds=(between - before) / RUNS,
        filter_cpu_seconds=(after - between) / RUNS,
        opens=opens,
        filters=filters,
    )


def _opened(page: Page, site: Site) -> float:
    begun = time.perf_counter()
    page.goto(f"{site.address}/managers", wait_until="commit")
    page.wait_for_function(_DRAWN)
    return time.perf_counter() - begun


def _filtered(page: Page) -> tuple[float, float]:
    """Choose one unit more; seconds until the figures are its, and until the charts are too."""
    page.locator(".st-key-managers\\.units input, .st-key-managers-units input").first.click()
    option = page.locator('[data-testid="stMultiSelectDropdown"] li, [role="option"]').nth(1)
    option.wait_for()
    runs = page.evaluate("() => window.benchRuns")
    total = page.locator('[data-testid="stMetricValue"]').first.inner_text()
    begun = time.perf_counter()
    option.click()
    page.wait_for_function(_OTHER_TOTAL, arg=total)
    figures = time.perf_counter() - begun
    page.wait_for_function("n => window.benchRuns > n", arg=runs)
    page.wait_for_function(_DRAWN)
    charts = time.perf_counter() - begun
    page.keyboard.press("Escape")
    return figures, charts


@contextmanager
def _browser(chromium: str) -> Iterator[Page]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="vi-VN")
        context.set_default_timeout(120_000)
        yield context.new_page()
        browser.close()
