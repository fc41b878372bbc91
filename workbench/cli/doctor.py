"""`workbench doctor`: what is there, what is missing, what that costs, and how to get it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from workbench import engines
from workbench.engines import easyocr
from workbench.errors import Sentence
from workbench.executors import Inline
from workbench.flow.enrolling import Health, health
from workbench.model import now
from workbench.store import Store, Unreachable
from workbench.words import say
from workbench.workspace import ROOT, Settings, Workspace, learned_network, load_settings

_ENOUGH_DISK: Final = 5_000_000_000
_LEAST_DISK: Final = 200_000_000
_PAGE_ON_DISK: Final = 3_000_000  # a scan, its readable image and what the engines said of it
_ZONE: Final = "Asia/Ho_Chi_Minh"
_NOTHING: Final = Sentence("")
_LOCKS: Final = ("requirements.lock", "requirements-nodeps.lock")


class State(StrEnum):
    """What a check found; only BROKEN keeps the workbench from being used."""

    FINE = "fine"
    LACKING = "lacking"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `costs` and `get` say something where it is not fine."""

    group: str
    name: str
    state: State
    found: Sentence
    costs: Sentence = _NOTHING
    get: Sentence = _NOTHING

    def as_json(self) -> dict[str, Any]:
        return {
            "group": self.group,
            "name": self.name,
            "state": self.state.value,
            "found": str(self.found),
            "costs": str(self.costs),
            "get": str(self.get),
        }


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, in English.")] = False,
) -> None:
    """Say what is there, what is missing, what that costs you and how to get it."""
    checks = examine(load_settings())
    usable = all(check.state is not State.BROKEN for check in checks)
    if as_json:
        listed = [check.as_json() for check in checks]
        print(json.dumps({"usable": usable, "checks": listed}, ensure_ascii=False, indent=1))
    else:
        _tell(checks, usable=usable)
    raise typer.Exit(0 if usable else 1)


def examine(settings: Settings) -> tuple[Check, ...]:
    """All checks in the order in which a person would mend things. Changes nothing."""
    return (
        _python(),
        _packages(),
        *_clock(),
        *_engines(settings),
        _data_folder(settings),
        _database(settings),
        *_templates(settings),
        _keys(settings),
        *_test_tools(),
    )


# --- the machine -----------------------------------------------------------------------------


def _python() -> Check:
    found = Sentence("{version}", {"version": platform.python_version()})
    return Check("machine", "Python", State.FINE, found)


def _packages() -> Check:
    pins = dict(_pins())
    other = [name for name, pinned in pins.items() if _installed(name) != pinned]
    if not other:
        return Check(
            "machine",
            "packages",
            State.FINE,
            Sentence("{n} at the pinned versions", {"n": len(pins)}),
        )
    return Check(
        "machine",
        "packages",
        State.LACKING,
        Sentence(
            "{n} of {all} missing or at another version: {names}",
            {"n": len(other), "all": len(pins), "names": _short(other)},
        ),
        Sentence("What the tests have shown does not hold for these versions."),
        Sentence("make set-up"),
    )


def _pins() -> Iterator[tuple[str, str]]:
    for lock in _LOCKS:
        file = ROOT / lock
        if not file.is_file():  # installed as a package, without the repository around it
            continue
        for line in file.read_text(encoding="utf-8").splitlines():
            name, equal, pinned = line.partition("==")
            # EasyOCR and what stands behind it have a check of their own.
            if equal and (lock == _LOCKS[0] or _installed("torch")):
                yield name, pinned


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _short(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")


def _clock() -> Iterator[Check]:
    try:
        local = now().astimezone(ZoneInfo(_ZONE))
    except ZoneInfoNotFoundError:
        yield Check(
            "machine",
            "time zone",
            State.BROKEN,
            Sentence("{zone} is not known here", {"zone": _ZONE}),
            Sentence("Times cannot be shown."),
            Sentence("sudo apt-get install tzdata"),
        )
        return
    # A clock that is behind the program itself was never set; seals would carry its time.
    written = datetime.fromtimestamp(Path(__file__).stat().st_mtime, tz=local.tzinfo)
    shown = Sentence("{time} ({zone})", {"time": f"{local:%d/%m/%Y %H:%M}", "zone": _ZONE})
    if local >= written:
        yield Check("machine", "clock", State.FINE, shown)
        return
    yield Check(
        "machine",
        "clock",
        State.LACKING,
        shown,
        Sentence("Signatures and receipts carry a wrong time."),
        Sentence("Set the clock, for example with: sudo timedatectl set-ntp true"),
    )


# --- readers ---------------------------------------------------------------------------------

_ENGINE_COSTS: Final = {
    "tesseract": "The best reader of print is missing: far more fields are left to the reviewer.",
    "trueocr": "Pages are read without the reader that holds its own where stamps lie on text.",
    "asterocr": "Handwriting is read worse, and few fields have a second, independent witness.",
    "easyocr": "One witness fewer. Fields that only it would have doubted are not flagged.",
}


def _engines(settings: Settings) -> Iterator[Check]:
    found = engines.discover(settings.weights, learned_network(settings))
    statuses = [engines.status(engine) for engine in found]
    for status in statuses:
        yield _engine(status)
    if not any(status.available for status in statuses):
        yield Check(
            "engines",
            "any engine",
            State.BROKEN,
            Sentence("none can run"),
            Sentence("No page can be read."),
            Sentence("make set-up"),
        )


def _engine(status: engines.EngineStatus) -> Check:
    if status.identity is None:
        why = status.why_not
        return Check(
            "engines",
            status.name,
            State.LACKING,
            why.message if why else Sentence("The engine cannot run on this machine."),
            Sentence(_ENGINE_COSTS.get(status.name, "Pages are read without this engine.")),
            why.remedy if why else Sentence("make set-up"),
        )
    found = Sentence(
        "{version}, weights {weights}",
        {"version": status.identity.version, "weights": status.identity.weights},
    )
    if status.name == "easyocr":
        told = say(easyocr.network_told(status.identity.weights))
        found = Sentence("{found}. {told}", {"found": say(found), "told": told})
    if status.identity.marks:
        return Check("engines", status.name, State.FINE, found)
    return Check(
        "engines",
        status.name,
        State.LACKING,
        found,
        Sentence("It reads without diacritics: a witness to base letters, with no vote on marks."),
        Sentence(
            "Put {file} (or a network of your own) into a folder and set WORKBENCH_WEIGHTS to it.",
            {"file": "latin_g2.pth"},
        ),
    )


# --- what is kept ----------------------------------------------------------------------------


def _data_folder(settings: Settings) -> Check:
    folder = settings.data.resolve()
    standing = next(place for place in (folder, *folder.parents) if place.exists())
    if not (standing.is_dir() and os.access(standing, os.W_OK | os.X_OK)):
        return Check(
            "store",
            "data folder",
            State.BROKEN,
            Sentence("{place} cannot be written", {"place": str(folder)}),
            Sentence("Nothing can be kept."),
            Sentence("Give this account the folder, or choose another one with WORKBENCH_DATA."),
        )
    free = shutil.disk_usage(standing).free
    found = Sentence(
        "{place}, {free} GB free", {"place": str(folder), "free": round(free / 1e9, 1)}
    )
    if free >= _ENOUGH_DISK:
        return Check("store", "data folder", State.FINE, found)
    return Check(
        "store",
        "data folder",
        State.LACKING if free >= _LEAST_DISK else State.BROKEN,
        found,
        Sentence("The disk is full after about {n} more pages.", {"n": free // _PAGE_ON_DISK}),
        Sentence("Make room, or choose a folder on another disk with WORKBENCH_DATA."),
    )


def _database(settings: Settings) -> Check:
    if settings.database:
        backend = settings.database.partition(":")[0]  # the rest may hold a password
        return Check("store", "database", State.FINE, Sentence("{kind}", {"kind": backend}))
    file = settings.data / "workbench.db"
    if not file.exists():
        return Check("store", "database", State.FINE, Sentence("will be made at the first start"))
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as opened:
            answer = str(opened.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        answer = str(error)
    if answer == "ok":
        return Check("store", "database", State.FINE, Sentence("whole"))
    return Check(
        "store",
        "database",
        State.BROKEN,
        Sentence("damaged: {problem}", {"problem": answer}),
        Sentence("Documents and decisions cannot be trusted as they stand."),
        Sentence("Restore the database from the backup."),
    )


def _templates(settings: Settings) -> Iterator[Check]:
    """What documents are read with, then whatever lies or stands there and is not read with."""
    found = _health(settings)
    if found.in_use:
        names = Sentence("{names}", {"names": ", ".join(found.in_use)})
        yield Check("store", "templates", State.FINE, names)
    else:
        yield Check(
            "store",
            "templates",
            State.BROKEN,
            Sentence("none in {place}", {"place": str(settings.templates)}),
            Sentence("Every document will be held, for no kind is known."),
            Sentence("Set WORKBENCH_TEMPLATES to the folder that holds the templates."),
        )
    for flaw in found.altered:
        yield Check(
            "store",
            "templates",
            State.LACKING,
            flaw,
            Sentence("Nothing is read with this version."),
            Sentence("Restore the database from the backup."),
        )
    for file in found.refused:
        yield Check(
            "store",
            "templates",
            State.LACKING,
            file.told or _NOTHING,
            Sentence("Nothing is read with this file."),
            file.remedy or _NOTHING,
        )


def _health(settings: Settings) -> Health:
    """As the store says, where there is one that knows of versions; else as a first start would."""
    if settings.database or (settings.data / "workbench.db").exists():
        with closing(Store(settings.database_url, settings.data / "objects")) as store:
            try:
                return health(store, settings.templates, Workspace(settings, store, Inline()).judge)
            except Unreachable:
                pass  # damaged, or from before versions were decided on: the next start does that
    return health(None, settings.templates)


def _keys(settings: Settings) -> Check:
    folder = settings.keys_folder.resolve()
    if folder.is_relative_to(settings.data.resolve()):
        return Check(
            "store",
            "keys",
            State.LACKING,
            Sentence("{place} lies inside the data folder", {"place": str(folder)}),
            Sentence("Whoever copies the data copies the key that seals it."),
            Sentence("Set WORKBENCH_KEYS to a folder that only this account can read."),
        )
    if not folder.exists():
        return Check(
            "store", "keys", State.FINE, Sentence("a trial key will be made at the first start")
        )
    if folder.stat().st_mode & 0o077:
        return Check(
            "store",
            "keys",
            State.LACKING,
            Sentence("{place} can be read by other accounts", {"place": str(folder)}),
            Sentence("Somebody else can seal in this site's name."),
            Sentence("chmod 700 {place}", {"place": str(folder)}),
        )
    return Check("store", "keys", State.FINE, Sentence("{place}", {"place": str(folder)}))


# --- for the tests only ----------------------------------------------------------------------

_TEST_TOOLS: Final = {
    "chromium": "chromium",
    "softhsm2-util": "softhsm2",
    "faketime": "faketime",
    "pdfsig": "poppler-utils",
    "certutil": "libnss3-tools",
}


def _test_tools() -> Iterator[Check]:
    for program, package in _TEST_TOOLS.items():
        place = shutil.which(program)
        yield _test_tool(program, package, Sentence("{place}", {"place": place}) if place else None)
    missing = _fonts_missing()
    yield _test_tool("fonts", " ".join(missing), None if missing else Sentence("there"))


def _fonts_missing() -> list[str]:
    if shutil.which("fc-list") is None:
        return ["fontconfig", "fonts-noto-core"]
    listed = subprocess.run(
        ["fc-list", ":lang=vi", "family"],  # noqa: S607 - wherever the machine has it
        capture_output=True,
        text=True,
        check=False,
    )
    return [] if "Noto" in listed.stdout else ["fonts-noto-core"]


def _test_tool(name: str, package: str, found: Sentence | None) -> Check:
    if found:
        return Check("tests only", name, State.FINE, found)
    return Check(
        "tests only",
        name,
        State.LACKING,
        Sentence("not installed"),
        Sentence("The workbench does not need it; `make test` does."),
        Sentence("sudo apt-get install {package}", {"package": package}),
    )


# --- on the terminal -------------------------------------------------------------------------

_SIGNS: Final = {State.FINE: "✓", State.LACKING: "!", State.BROKEN: "✗"}
_WIDTH: Final = 14


def _tell(checks: tuple[Check, ...], *, usable: bool) -> None:
    group = ""
    for check in checks:
        if check.group != group:
            group = check.group
            print(("\n" if check is not checks[0] else "") + say(group))
        print(f"  {_SIGNS[check.state]} {say(check.name):<{_WIDTH}} {say(check.found)}")
        if check.state is not State.FINE:
            print(" " * 6 + say("What it costs: {cost}", cost=say(check.costs)))
            print(" " * 6 + say("How to get it: {how}", how=say(check.get)))
    lacking = sum(check.state is State.LACKING for check in checks)
    print()
    if not usable:
        print(say("The workbench cannot be used until what is marked ✗ is mended."))
    elif lacking:
        print(say("The workbench can be used; what would make it better: {n}.", n=lacking))
    else:
        print(say("Everything is there."))
