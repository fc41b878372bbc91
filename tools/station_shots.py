"""Take the pictures of docs/station.md anew, one for each way of working.

    .venv/bin/python tools/station_shots.py DATA

DATA is a data folder in which the sample has been read and is not reviewed yet (`make run`, then
wait until the background reading is done). It is copied first: nothing in it is changed. Look at
what comes out, and commit it like any other text.
"""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
INTO = ROOT / "docs" / "station"
SIZE = {"width": 1366, "height": 768}
COLOURS = 160  # enough for text and red stamps; a third of the size


def main(data: Path) -> None:
    INTO.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(data, Path(folder) / "data")
        with served(Path(folder)) as address, sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            for theme in ("light", "dark"):
                context = chromium.new_context(viewport=SIZE, color_scheme=theme, locale="vi-VN")
                context.set_default_timeout(60_000)
                page = context.new_page()
                sign_in(page, address)
                if theme == "light":
                    in_order(page, address)
                else:
                    open_desk(page, address)
                    shoot(page, "dark")
                context.close()
            chromium.close()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The app over the copied folder; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"DATA": folder / "data", "KEYS": folder / "keys", "DEMO": 1, "LANGUAGE": "vi"}
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "workbench", "serve", "--port", str(port)],
        env={**os.environ, **{f"WORKBENCH_{name}": str(value) for name, value in settings.items()}},
    )
    address = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                with urlopen(f"{address}/health", timeout=5):  # noqa: S310 - our own address
                    break
            except (URLError, OSError):
                if process.poll() is not None:
                    raise
                time.sleep(0.3)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/login")
    page.fill("input[name=name]", "soat1")
    page.fill("input[name=password]", "demo")
    page.click("button[type=submit]")
    page.get_by_test_id("stSidebar").wait_for()


def open_desk(page: Page, address: str) -> Locator:
    page.goto(f"{address}/review")
    page.locator("main.station[data-shown]").wait_for()
    page.locator(".mark[data-state=saved]").wait_for()
    return page.locator("main.station")


def in_order(page: Page, address: str) -> None:
    """Every look of the desk, the one after the other."""
    desk = open_desk(page, address)
    shoot(page, "desk")
    desk.press("g")
    shoot(page, "whole-page")
    desk.press("g")
    desk.press("F2")
    page.locator("textarea.editor").wait_for()
    shoot(page, "typing")
    page.keyboard.press("Escape")
    desk.press("b")
    page.locator("canvas.words[data-words]:not([data-words='0'])").wait_for()
    desk.press("ArrowRight")
    desk.press("Shift+ArrowRight")
    shoot(page, "point-word")
    desk.press("Enter")
    page.locator(".candidates .choice").first.wait_for()
    page.wait_for_function(READ)
    shoot(page, "point-box")
    desk.press("Escape")
    desk.press("d")
    shoot(page, "differences")
    page.keyboard.press("Escape")
    for name, key in (("escalate", "l"), ("remark", "c"), ("keys", "?")):
        desk.press(key)
        page.locator("dialog[open]").wait_for()
        shoot(page, name)
        page.keyboard.press("Escape")
        page.locator("dialog[open]").wait_for(state="detached")
    while page.locator("button.main[data-ready=true]").count() == 0:
        desk.press("1")
    shoot(page, "all-checked")


# The engines have answered: the words that say they are reading are gone.
READ = """() => {
    const host = [...document.querySelectorAll("*")].find((e) => e.shadowRoot?.querySelector("main.station"));
    return !host.shadowRoot.querySelector(".notice").textContent.includes("đang đọc");
}"""  # noqa: E501


def shoot(page: Page, name: str) -> None:
    page.wait_for_timeout(400)  # for pictures only: fonts and images in their place
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS).save(INTO / f"{name}.png", optimize=True)
    print(INTO / f"{name}.png")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
