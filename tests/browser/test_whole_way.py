"""A scan goes the whole way, by hand, in a real browser: from sign-in to the manager's figure."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from workbench import words
from workbench.model import Document, Stage
from workbench.store import Store
from workbench.store.standing import terms

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.timeout(400)]

CHROMIUM = "/usr/bin/chromium"
# As root there is no sandbox to be had; the rest keeps Chromium off the network.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Site:
    """The workbench as `make run` starts it, on a data folder of its own."""

    data: Path
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes]
    address: str
    store: Store

    def the_document(self) -> Document:
        (document,) = self.store.documents()
        return document

    def workbench(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "workbench", *command],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def wait_until(self, holds: Callable[[], bool], *, seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, self.log.read_text(encoding="utf-8")[-3000:]
            time.sleep(0.2)

    def wait_for_stage(self, stage: Stage) -> None:
        def reached() -> bool:
            document = self.the_document()
            assert document.stage is not Stage.HELD or stage is Stage.HELD, document.reason
            return document.stage is stage

        self.wait_until(reached)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    data, log = tmp_path / "data", tmp_path / "log"
    environment = {
        **os.environ,
        "WORKBENCH_DATA": str(data),
        "WORKBENCH_KEYS": str(tmp_path / "keys"),
        "WORKBENCH_ENGINES": json.dumps(["tesseract", "asterocr"]),
        "PYTHONUNBUFFERED": "1",
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "workbench", "start", "--port", "0", "--no-sample"],
            env=environment,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    address = ""
    end = time.monotonic() + 90
    while not address:
        assert process.poll() is None and time.monotonic() < end, log.read_text(encoding="utf-8")
        if found := re.search(r"http://\S+:\d+", log.read_text(encoding="utf-8")):
            address = found.group()
        time.sleep(0.2)
    store = Store(f"sqlite:///{data}/workbench.db", data / "objects")
    yield Site(data, environment, log, process, address, store)
    store.close()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def signed_in(browser: Browser, site: Site, name: str) -> Iterator[Page]:
    """A browser window of its own, in which `name` has come through the door."""
    context = browser.new_context(locale="vi-VN", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto(f"{site.address}/login")
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", "demo")
    page.click("button[type=submit]")
    expect(page.get_by_test_id("stSidebar")).to_be_visible(timeout=30_000)
    yield page
    context.close()


def keyed(page: Page, key: str) -> str:
    """The CSS class that Streamlit gives a widget with this key."""
    return ".st-key-" + re.sub(r"[^a-zA-Z0-9_-]", "-", key)


def take_in(page: Page, site: Site, scan: Path) -> None:
    page.goto(f"{site.address}/intake")
    page.locator("input[type=file]").set_input_files(scan)
    expect(page.get_by_text(scan.name, exact=True)).to_be_visible()
    unit = page.locator(keyed(page, "intake.unit")).get_by_role("combobox")
    if not unit.input_value():
        unit.click()
        page.get_by_role("option").first.click()
    page.get_by_test_id("stFormSubmitButton").get_by_role("button").click()
    site.wait_until(lambda: bool(site.store.documents()), seconds=30)


def settle_fields(page: Page, site: Site, *, at_most: int = 200) -> None:
    """Enter takes what stands there; 0 says that a field without a value is not on the paper."""
    station = page.locator("main.station")
    ready = page.locator("button.main[data-ready=true]")
    for _ in range(at_most):
        if ready.count():
            return
        station.press("Enter")
        if page.locator("p.notice.urgent").count():
            station.press("0")


def corrections(site: Site) -> int:
    return len(site.store.corrections(site.the_document().id))


def kill_the_app(site: Site) -> None:
    """kill -9, and wait until the one that was started in its place answers."""

    def app() -> psutil.Process | None:
        for child in psutil.Process(site.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # it may be dead, and not yet buried
                if "serve" in child.cmdline():
                    return child
        return None

    killed = app()
    assert killed is not None
    killed.kill()
    site.wait_until(lambda: (new := app()) is not None and new.pid != killed.pid, seconds=30)


def open_desk(page: Page, site: Site) -> None:
    """The review page with a document in hand; asked again while the app is starting."""
    end = time.monotonic() + 60
    while True:
        try:
            page.goto(f"{site.address}/review")
            page.locator("main.station[data-shown]").wait_for(timeout=20_000)
        except Exception:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)
        else:
            return


def expect_exported(page: Page, site: Site, n: str) -> None:
    """The manager's figure, counted again: by itself it is up to a minute old."""
    page.goto(f"{site.address}/managers")
    page.locator(keyed(page, "managers.refresh")).get_by_role("button").click()
    label = words.say("Exported")
    figure = page.get_by_test_id("stMetric").filter(has_text=re.compile(f"^{re.escape(label)}"))
    expect(figure.first.get_by_test_id("stMetricValue")).to_have_text(n, timeout=30_000)


def test_a_scan_goes_the_whole_way_to_a_sealed_record_in_the_repository(
    site: Site, browser: Browser, sample: Path, tmp_path: Path
) -> None:
    with signed_in(browser, site, "soat1") as page:
        take_in(page, site, sample / "files" / "008.jpg")
        site.wait_for_stage(Stage.PROPOSED)
    with signed_in(browser, site, "quanly1") as page:
        expect_exported(page, site, "0")

    with signed_in(browser, site, "soat1") as page:
        open_desk(page, site)
        station = page.locator("main.station")
        station.press("F2")
        page.keyboard.type(" (soát)")
        page.keyboard.press("Enter")
        site.wait_until(lambda: corrections(site) > 0, seconds=20)
        saved = corrections(site)

        kill_the_app(site)
        open_desk(page, site)
        assert corrections(site) >= saved
        settle_fields(page, site)
        station.press("Control+Enter")
        site.wait_for_stage(Stage.REVIEWED)
    document = site.the_document()
    kept = site.store.corrections(document.id)
    assert any(correction.after.endswith("(soát)") for correction in kept)

    with signed_in(browser, site, "duyet1") as page:
        page.goto(f"{site.address}/approve")
        # No term is printed on it, and a blank is indefinite only when a person says so.
        page.locator(keyed(page, f"way.quick.{document.id}")).get_by_role("button").click()
        site.wait_until(lambda: bool(terms(site.store, [document.id])), seconds=20)
        shown = f"approve.{document.id}.{document.revision}"
        page.locator(keyed(page, shown)).get_by_role("button").click()
        site.wait_for_stage(Stage.APPROVED)
        page.goto(f"{site.address}/sign")
        page.locator(keyed(page, "sign.order")).get_by_role("button").click()
        site.wait_for_stage(Stage.EXPORTED)
    with signed_in(browser, site, "quanly1") as page:
        expect_exported(page, site, "1")

    # Each stage once, in order; that the seal was ordered is noted beside APPROVED.
    assert list(dict.fromkeys(event.after for event in site.store.events(document.id))) == [
        Stage.RECEIVED,
        Stage.READ,
        Stage.PROPOSED,
        Stage.REVIEWED,
        Stage.APPROVED,
        Stage.SIGNED,
        Stage.EXPORTED,
    ]
    sealed = _sealed_pdf(site.data / "repository")
    assert "Signature is Valid" in _pdfsig(sealed)
    assert site.workbench("verify", str(sealed)).returncode == 0
    altered = tmp_path / "altered.pdf"
    shutil.copyfile(sealed, altered)
    _flip_one_byte(altered)
    assert site.workbench("verify", str(altered)).returncode == 21


def _sealed_pdf(repository: Path) -> Path:
    (sealed,) = [file for file in repository.rglob("*.pdf") if b"/ByteRange" in file.read_bytes()]
    return sealed


def _pdfsig(file: Path) -> str:
    return subprocess.run(
        ["pdfsig", "-nocert", str(file)], capture_output=True, text=True, check=False
    ).stdout


def _flip_one_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    place = content.index(b"stream") + 40
    content[place] ^= 1
    file.write_bytes(content)
