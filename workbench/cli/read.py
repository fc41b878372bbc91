"""`workbench read`: what stands on these papers, without taking them in anywhere."""

from __future__ import annotations

import json as json_
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.catalogues.shipped import shipped_templates
from workbench.executors import Inline, Processes
from workbench.flow.files import read_files
from workbench.matching import MatchReport
from workbench.seams import Executor
from workbench.words import say
from workbench.workspace import Settings, load_settings, open_readers

_SHOWN = 60  # letters of a value that fit beside its name


def read(
    paths: Annotated[list[Path], typer.Argument(help="Files, folders or zip archives.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object a document.")] = False,
    processes: Annotated[
        int, typer.Option(help="Reading processes; 1 reads in this process.", min=1, max=64)
    ] = 2,
) -> None:
    """Read papers and print what stands on them; nothing is kept.

    It asks no store: it reads with the files in the folder of templates, as a trial, authorised
    or not, and names on stderr those that do not come with the workbench.

    A file that cannot be read is a line with status "held" and its reason; the others are read.
    """
    settings = load_settings()
    readers = open_readers(settings)
    if tried := [t.id for t in readers.templates.values() if t.digest not in shipped_templates()]:
        names = ", ".join(tried)
        told = say("A trial with texts that do not come with the workbench: {names}.", names=names)
        print(told, file=sys.stderr)
    with _executor(processes, settings) as executor:
        for paper in read_files(
            paths,
            engines=readers.engines,
            templates=readers.templates,
            executor=executor,
            calibration=readers.calibration,
        ):
            line = paper.as_json()
            print(json_.dumps(line, ensure_ascii=False) if json else _told(line), flush=True)


@contextmanager
def _executor(processes: int, settings: Settings) -> Iterator[Executor]:
    if processes == 1:
        yield Inline()
        return
    with Processes(
        processes, seconds=settings.page_seconds, megabytes=settings.page_megabytes
    ) as executor:
        yield executor


def _told(line: dict[str, Any]) -> str:
    """The line for a person at a terminal."""
    head = f"{line['file']} {[page + 1 for page in line['pages']]}"
    seen = MatchReport.from_json(line["match"])
    why = f"\n  ({_match(seen)})" if seen and seen.nearest else ""
    if line["reason"]:
        return f"{head}: {line['reason']}{why}"
    rows = [
        f"  {'✓' if field['accepted'] else '?'} {name:20} {field['value'][:_SHOWN]}"
        for name, field in line["fields"].items()
    ]
    count = sum(field["accepted"] for field in line["fields"].values())
    told = say("{n} fields, {accepted} certain", n=len(rows), accepted=count)
    return "\n".join([f"{head}: {line['type']}, {told}{why}", *rows])


def _match(seen: MatchReport) -> str:
    """Which form it is nearest to, and by how much."""
    return f"{seen.nearest}: " + say(
        "found {found} of {all} prints, next {next} {margin} behind",
        found=len(seen.found),
        all=len(seen.found) + len(seen.missing),
        next=seen.runner_up or "—",
        margin=round(seen.margin),
    )
