"""`workbench bench station`: the review station in a real browser, against what it promises.

A throw-away site of made-up papers behind the real app is worked through by Chromium, killed,
started again, and crowded with reviewers. Times in the browser are taken from the key's own time
stamp to the end of the frame that shows the answer.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.bench.sitting import (
    BOXES,
    FIELDS,
    FLAGGED,
    PASSWORD,
    Case,
    Site,
    percentile,
    windows,
)
from workbench.errors import NotReadyError
from workbench.model import Act, Decision, Stage

if TYPE_CHECKING:
    from playwright.sync_api import Page

DOCUMENTS = 200
RAPID = 30
KILLS = 4
REVIEWERS = 50
_THINK = 0.4  # seconds between two documents while times are taken
_CROWD_SECONDS, _CROWD_PAUSE = 40.0, 12.0  # a document every 12 s each, as people work
_WAIT = 30_000  # ms
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
_PROBE = Path(__file__).with_name("probe.js")


@dataclass(frozen=True, slots=True)
class Measure:
    """One promise: what was found against its limit. `ratio` up to 1 is kept."""

    name: str
    found: float
    limit: float
    unit: str
    n: int
    at_least: bool = False  # the limit is a floor, not a ceiling
    note: str = ""

    @property
    def ratio(self) -> float:
        """Found by allowed; more than 1 breaks the promise. A ceiling of 0 allows nothing."""
        if self.at_least:
            return self.limit / self.found if self.found else float("inf")
        if self.limit == 0:
            return 0.0 if self.found == 0 else float("inf")
        return self.found / self.limit

    @property
    def kept(self) -> bool:
        return self.n > 0 and self.ratio <= 1

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "found": round(self.found, 2), "limit": self.limit,
            "unit": self.unit, "n": self.n, "at_least": self.at_least, "kept": self.kept,
            "note": self.note,
        }  # fmt: skip

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        ratio = "" if self.limit == 0 else f"  ratio {self.ratio:4.2f}"
        kept = "kept  " if self.kept else "BROKEN"
        figures = f"{self.found:8.1f} {sign} {self.limit:g} {self.unit}"
        return f"{kept} {self.name:52} {figures:26} n={self.n:<4}{ratio}  {self.note}".rstrip()


def command(json: bool = False, crowd: bool = True) -> None:
    """Measure the review station in a real Chromium; exit 1 when a promise is broken."""
    begun = time.monotonic()
    chromium = _chromium()
    with tempfile.TemporaryDirectory(prefix="bench-station-") as folder:
        site = Site.found(Path(folder), data=Path(folder) / "data")
        try:
            found = [*_one_reviewer(site, chromium), *(_many_reviewers(site) if crowd else ())]
        finally:
            site.close()
    taken = time.monotonic() - begun
    if json:
        print(dumps({"measures": [m.as_json() for m in found], "seconds": round(taken, 1)}))
    else:
        for measure in found:
            print(measure)
        print(
            f"{DOCUMENTS} papers of {FIELDS} fields; headless Chromium, drawn in software, window "
            f"1366x768; {taken:.0f} s; machine's load {os.getloadavg()[0]:.1f}"
        )
    if not all(measure.kept for measure in found):
        raise SystemExit(1)


def _chromium() -> str:
    """Where Chromium is. Raises NotReadyError where this machine cannot be measured on."""
    missing = [name for name in ("playwright", "httpx", "websockets") if find_spec(name) is None]
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if missing or chromium is None:
        raise NotReadyError(
            "This measurement drives a real browser, and {name} is not installed here.",
            "Run `make test` once: it sets up the browser and the tools for tests.",
            name=missing[0] if missing else "Chromium",
        )
    return chromium


# --- one reviewer in a browser -------------------------------------------------------------------


def _one_reviewer(site: Site, chromium: str) -> Iterator[Measure]:
    (name,) = site.employ(1)
    # First the crowded page, then papers of which every fourth has doubts, then clean ones for the
    # race, then doubtful ones for the kills.
    mixed = DOCUMENTS - 1 - RAPID - 2 * KILLS
    doubts = [False, *(n % 4 == 3 for n in range(mixed)), *[False] * RAPID]
    cases = site.take_in([*doubts, *[True] * (DOCUMENTS - len(doubts))], full=True)
    of = {case.document: case for case in cases}
    site.start()
    with _browser(chromium) as page:
        _sign_in(page, site, name)
        yield from _frames(page)
        desk = _Desk(page, of)
        yield from desk.work_through(mixed + 1)
        yield from _race(page, site, desk)
        yield from _kills(page, site, desk)


@contextmanager
def _browser(chromium: str) -> Iterator[Page]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(_FLAGS))
        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="vi-VN")
        context.set_default_timeout(_WAIT)
        context.add_init_script(_PROBE.read_text(encoding="utf-8"))
        yield context.new_page()
        browser.close()


def _sign_in(page: Page, site: Site, name: str) -> None:
    page.goto(f"{site.address}/login?to=/review")
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    _wait_for_desk(page)


def _wait_for_desk(page: Page) -> None:
    page.wait_for_function("() => bench.isOpen() && bench.isQuiet()")


def _frames(page: Page) -> Iterator[Measure]:
    """Scroll and zoom the page whose every word is framed."""
    page.locator("main.station").press("b")
    page.wait_for_function("n => bench.framed() === n", arg=BOXES)
    for move in ("scroll", "zoom"):
        page.evaluate("move => bench.move(move, 500)", move)  # what is drawn for the first time
        stamps = page.evaluate("move => bench.move(move, 4000)", move)
        worst = min(windows([stamp / 1000 for stamp in stamps]), default=0)
        yield Measure(
            f"{move} with {BOXES} boxes on the page, worst second", worst, 50, "frames/s",
            len(stamps), at_least=True, note="frames of the page's script, drawn in software",
        )  # fmt: skip
    page.locator("main.station").press("Escape")


class _Desk:
    """The keys of a reviewer who knows the truth."""

    def __init__(self, page: Page, cases: dict[str, Case]) -> None:
        self.page = page
        self.cases = cases
        self.keys: dict[str, int] = {}  # document -> keys that it took
        self.decided: list[str] = []  # in order
        self.next_ms: list[float] = []
        self.frame_ms: list[float] = []
        self.sent_while_moving = 0
        self.walked = 0

    @property
    def document(self) -> str:
        shown: str = self.page.evaluate("() => bench.document()")
        return shown

    def press(self, key: str) -> None:
        """One key, counted for the document that is open."""
        open_ = self.document
        self.keys[open_] = self.keys.get(open_, 0) + 1
        self.page.keyboard.press(key)

    def timed(self, ready: str, key: str, *, counted: bool = True) -> float:
        """Milliseconds from the key to the frame that shows what `ready` waits for."""
        self.page.evaluate("ready => bench.watch(ready)", ready)
        if counted:
            self.press(key)
        else:
            self.page.keyboard.press(key)
        taken: float = self.page.evaluate("() => bench.watched()")
        return taken

    def settle(self, *, timed: bool = False) -> None:
        """Take the truth of every flagged field of the open document, by keys alone."""
        case = self.cases[self.document]
        for place in range(len(case.flagged)):
            field, said = self.page.evaluate("() => bench.asked()")
            key = str(said.index(case.truth[field]) + 1)
            if timed and place + 1 < len(case.flagged):
                self.frame_ms.append(self.timed("highlight", key))
            else:
                self.press(key)

    def pass_on(self) -> None:
        document = self.document
        self.next_ms.append(self.timed("next", "Control+Enter"))
        self.decided.append(document)

    def work_through(self, count: int) -> Iterator[Measure]:
        """Review `count` documents with pauses to think."""
        self.keys.clear()
        for _ in range(count):
            time.sleep(_THINK)
            case = self.cases[self.document]
            self.settle(timed=True)
            if not case.flagged and len(self.frame_ms) < 120:
                self._walk()
            self.pass_on()
        open_ = [self.cases[d] for d in self.decided]
        clean = [self.keys[c.document] for c in open_ if not c.flagged]
        doubtful = [self.keys[c.document] for c in open_ if c.flagged]
        ms = self.next_ms
        name = "key to next document visible and focused"
        yield Measure(f"{name}, p50", percentile(ms, 0.5), 100, "ms", len(ms))
        yield Measure(f"{name}, p95", percentile(ms, 0.95), 200, "ms", len(ms))
        moves = len(self.frame_ms)
        yield Measure("focus to highlight, p95", percentile(self.frame_ms, 0.95), 50, "ms", moves)
        name = "messages to the server between focus and highlight"
        yield Measure(name, self.sent_while_moving, 0, "messages", self.walked)
        name = f"keys for {FIELDS} fields, {FLAGGED} flagged, most"
        yield Measure(name, max(doubtful), 4, "keys", len(doubtful))
        name = "keys for a document with nothing flagged, most"
        yield Measure(name, max(clean), 1, "keys", len(clean))

    def _walk(self) -> None:
        """From field to field with Tab, which is no key that the document needs."""
        for _ in range(4):
            before = self.page.evaluate("() => bench.sends()")
            self.frame_ms.append(self.timed("highlight", "Tab", counted=False))
            self.walked += 1
            self.sent_while_moving += self.page.evaluate("() => bench.sends()") - before


def _race(page: Page, site: Site, desk: _Desk) -> Iterator[Measure]:
    """Pass documents on as fast as each next one shows, without a pause to think."""
    first = len(desk.decided)
    begun = time.monotonic()
    while len(desk.decided) < first + RAPID:
        desk.pass_on()
    taken = time.monotonic() - begun
    wanted = desk.decided[first:]
    _until(lambda: all(site.work.store.reviews(document) for document in wanted))
    kept = [review for document in wanted for review in site.work.store.reviews(document)]
    order = [review.document for review in sorted(kept, key=lambda review: review.at)]
    right = sum(a == b for a, b in zip(order, wanted, strict=False))
    yield Measure(
        f"{RAPID} submits in a row: stored in order, once each", right, RAPID, "documents",
        len(kept), at_least=True, note=f"in {taken:.1f} s",
    )  # fmt: skip
    yield Measure(f"{RAPID} submits in a row: rows too many", len(kept) - RAPID, 0, "rows", RAPID)


def _kills(page: Page, site: Site, desk: _Desk) -> Iterator[Measure]:
    """kill -9 between a key and its answer, start anew, reload: what was done is there once."""
    struck: list[Case] = []
    for round_ in range(KILLS):
        case = desk.cases[desk.document]
        if round_ % 2:
            desk.settle()
            page.keyboard.press("Control+Enter")
            time.sleep(0.02 * round_)  # it may have been kept, and not yet answered
        else:
            site.freeze()  # it has heard nothing yet
            desk.settle()
            page.keyboard.press("Control+Enter")
            page.wait_for_function("before => bench.document() !== before", arg=case.document)
        site.kill()
        site.start()
        page.reload()
        _wait_for_desk(page)
        struck.append(case)
    store = site.work.store
    _until(lambda: all(store.reviews(case.document) for case in struck), seconds=20)
    passed = [[r for r in store.reviews(c.document) if r.decision is Decision.PASS] for c in struck]
    acts = [[a for a in store.corrections(c.document) if a.act is not Act.UNDO] for c in struck]
    wanted = sum(1 + len(case.flagged) for case in struck)
    there = sum(min(1, len(p)) for p in passed) + sum(
        len({act.field for act in kept}) for kept in acts
    )
    doubled = sum(map(len, passed)) + sum(map(len, acts)) - there
    wrong = sum(
        next(a.after for a in kept if a.field == name) != case.truth[name]
        for case, kept in zip(struck, acts, strict=True)
        for name in {a.field for a in kept}
    )
    note = f"{KILLS} kills, each with {FLAGGED} fields and a decision under way"
    name = "kill -9 and reload: decisions lost"
    yield Measure(name, wanted - there, 0, "decisions", wanted, note=note)
    name = "kill -9 and reload: decisions doubled or wrong"
    yield Measure(name, doubled + wrong, 0, "decisions", wanted, note=note)


# --- many reviewers ------------------------------------------------------------------------------


def _many_reviewers(site: Site) -> Iterator[Measure]:
    from workbench.bench import reviewers  # needs the tools for tests

    names = site.employ(REVIEWERS)
    site.take_in([False] * (REVIEWERS * 16))
    before = site.cpu_seconds()
    day = reviewers.work_together(
        site.address, names, seconds=_CROWD_SECONDS, pause=_CROWD_PAUSE, seed=1
    )
    asked = len(day.submits) + len(day.acts)
    each = 1000 * (site.cpu_seconds() - before) / max(1, asked + REVIEWERS)
    kept = sum(
        document.stage is Stage.REVIEWED
        for key in day.decided
        if (document := site.work.store.document(key)) is not None
    )
    note = (
        f"{REVIEWERS} signed-in websocket sessions without browsers, a paper every "
        f"{_CROWD_PAUSE:.0f} s each; p50 {1000 * percentile(day.submits, 0.5):.0f} ms, "
        f"{each:.0f} CPU-ms a request"
    )
    yield Measure(
        f"{REVIEWERS} reviewers at once: a submit, p95", 1000 * percentile(day.submits, 0.95), 500,
        "ms", len(day.submits), note=note,
    )  # fmt: skip
    yield Measure(
        f"{REVIEWERS} reviewers at once: submits not stored", len(day.decided) - kept + day.refused,
        0, "documents", len(day.decided),
    )  # fmt: skip


def _until(holds: Callable[[], bool], *, seconds: float = 30) -> None:
    """Wait until it holds; what never does is found by the count that follows."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)


__all__: Sequence[str] = ("Measure", "command")
