"""`workbench check`: whether scanned files are what the rules ask, before they are handed in."""

from __future__ import annotations

import json as json_
from pathlib import Path
from typing import Annotated

import typer

from workbench import filecheck
from workbench.cli.papers import Json
from workbench.errors import UnreadableFileError, WorkbenchError
from workbench.filecheck import Declared
from workbench.model import Finding, Severity
from workbench.words import remedy, say

_MARKS = {Severity.ERROR: "✗", Severity.WARNING: "!", Severity.INFORMATION: "·"}


def check(
    files: Annotated[list[Path], typer.Argument(help="PDF, TIFF, JPEG or PNG; folders too.")],
    sides: Annotated[
        int | None, typer.Option(min=0, help="Sides of paper that each file must hold.")
    ] = None,
    noted: Annotated[
        int, typer.Option(min=0, help="Sides with a note stuck on: scanned with and without it.")
    ] = 0,
    received: Annotated[
        bool, typer.Option("--received", help="As files that are handed in, not kept as they are.")
    ] = False,
    json: Json = False,
) -> None:
    """Say what is wrong with files: version, contents, resolution, colour, pages, name.

    Exit code 3 where an error was found or a file cannot be read.
    """
    bad = 0
    declared = Declared(sides, noted)
    for path in _each(files):
        try:
            seen = filecheck.look(path)
            found = filecheck.check(seen, name=path.name, declared=declared, kept=not received)
        except UnreadableFileError as error:
            bad += 1
            _unreadable(path, error, json=json)
            continue
        bad += any(finding.severity is Severity.ERROR for finding in found)
        if json:
            told = {"file": str(path), "pages": len(seen.pages), "look": seen.as_json()}
            print(json_.dumps({**told, "findings": [_told(f) for f in found]}, ensure_ascii=False))
            continue
        print(f"{path}: " + (say("{n} findings", n=len(found)) if found else say("in order")))
        for finding in found:
            print(f"  {_MARKS[finding.severity]} {say(finding.sentence)}")
    if bad:
        raise typer.Exit(3)


def _each(files: list[Path]) -> list[Path]:
    found: list[Path] = []
    for path in files:
        inside = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        found += [p for p in inside if not path.is_dir() or p.suffix.lower() in _SCANS]
    return found


_SCANS = frozenset({".pdf", ".tif", ".tiff", ".jpg", ".jpeg", ".png"})


def _told(finding: Finding) -> dict[str, object]:
    return {
        "severity": finding.severity,
        "rule": finding.rule,
        "sentence": say(finding.sentence),
        "values": dict(finding.sentence.values),
    }


def _unreadable(path: Path, error: WorkbenchError, *, json: bool) -> None:
    if json:
        told = {"file": str(path), "error": say(error), "remedy": remedy(error)}
        print(json_.dumps(told, ensure_ascii=False))
    else:
        print(f"{path}: {say(error)}\n  → {remedy(error)}")
