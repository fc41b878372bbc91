"""`workbench load | status | export`: papers without a screen."""

from __future__ import annotations

import json as json_
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

from workbench import flow
from workbench.cli.proof import export_list
from workbench.errors import Sentence
from workbench.matching import MatchReport
from workbench.model import Intake, Stage
from workbench.template import Template
from workbench.words import language, say
from workbench.workspace import Workspace, load_settings, open_workspace

As = Annotated[str, typer.Option("--by", help="Sign-in name of the person who orders this.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


def load(
    paths: Annotated[list[Path], typer.Argument(help="Files, folders or zip archives.")],
    unit: Annotated[str, typer.Option(help="Code of the unit that hands them in.")] = "PC06",
    name: Annotated[str, typer.Option(help="Name of the batch.")] = "",
    by: As = "quantri",
    json: Json = False,
) -> None:
    """Take scans in as one batch; refuse bad files by name with the reason, keep the rest.

    Exit code 3 when a file was refused.
    """
    work = open_workspace(load_settings())
    taken = flow.take_in(work, paths, name=name or paths[0].name, unit=unit, by=by)
    if json:
        print(
            json_.dumps(
                {
                    "batch": taken.batch.id,
                    "files": [
                        {
                            "name": file.name,
                            "intake": file.intake,
                            "sha256": file.digest,
                            "reason": str(Sentence.from_json(file.reason)) if file.reason else None,
                        }
                        for file in taken.files
                    ],
                },
                ensure_ascii=False,
            )
        )
    else:
        for file in taken.files:
            print(f"{_MARKS[file.intake]} {file.name}{_why(file.reason, file.remedy)}")
        print(
            say(
                "{accepted} taken in, {known} known already, {refused} refused.",
                accepted=len(taken.of(Intake.ACCEPTED)),
                known=len(taken.of(Intake.KNOWN)),
                refused=len(taken.of(Intake.REFUSED)),
            )
        )
    if taken.of(Intake.REFUSED):
        raise typer.Exit(3)


def status(
    json: Json = False,
    held: Annotated[
        bool, typer.Option("--held", help="Each held document: why, what helps, how it matched.")
    ] = False,
) -> None:
    """How many documents stand at each stage."""
    work = open_workspace(load_settings())
    counts = work.store.counts()
    waiting = list(_held(work)) if held else []
    if json:
        told = {stage.value: n for stage, n in counts.items()}
        print(json_.dumps({**told, "documents": waiting} if held else told, ensure_ascii=False))
        return
    if not held:
        for stage, n in counts.items():
            print(f"{n:7}  {say(STAGE_NAMES[stage])}")
        return
    print(say("{n} documents are held.", n=len(waiting)))
    for one in waiting:
        print(f"{one['file']}  {one['document']}")
        for line in (one["reason"], one["remedy"], *one["pages"], *one["match"]):
            if line:
                print(f"    {line}")


def _held(work: Workspace) -> Iterator[dict[str, Any]]:
    """Each held document in words, with its pages that could not be read."""
    for document in work.store.documents(stage=Stage.HELD, limit=100_000):
        source = work.store.source(document.source)
        told = MatchReport.from_json(document.classified or {})
        yield {
            "document": document.id,
            "file": source.name if source else "",
            "reason": _said(document.reason),
            "remedy": _said(document.remedy),
            "pages": [
                f"{say('Page {n}', n=page.number + 1)}: {_said(page.failure)}"
                for page in work.store.pages(document.id)
                if page.failure
            ],
            "match": [say(s) for s in told.told(_title_in(work.templates))] if told else [],
        }


def _said(kept: dict[str, Any] | None) -> str:
    return say(Sentence.from_json(kept)) if kept and kept.get("text") else ""


def _title_in(templates: Mapping[str, Template]) -> Callable[[str], str]:
    return lambda kind: templates[kind].title[language()] if kind in templates else kind


def export(
    json: Json = False,
    again: Annotated[
        bool, typer.Option(help="Also hand in what is in the repository already.")
    ] = False,
    list_to: Annotated[
        Path | None, typer.Option("--list", help="Write the list of the repository as Excel.")
    ] = None,
) -> None:
    """Hand every signed document to the repository; again gives the same receipts."""
    work = open_workspace(load_settings())
    signed = [d.id for d in work.store.documents(stage=Stage.SIGNED, limit=100_000)]
    done = drain(work, (Stage.SIGNED,))
    if again:
        for document in work.store.documents(stage=Stage.EXPORTED, limit=100_000):
            if document.id not in signed:
                flow.deposit(work, document)
                signed.append(document.id)
    if list_to is not None:
        export_list(work, list_to)
    report(work, signed, done, json)


def drain(work: Workspace, stages: tuple[Stage, ...]) -> int:
    done = 0
    holder = f"command-line-{uuid4().hex[:8]}"
    while found := flow.claim(work, holder=holder, stages=stages):
        for document in found:
            flow.step(work, document, holder=holder)
            done += 1
    return done


def report(work: Workspace, ids: list[str], steps: int, json: bool) -> None:
    found = [work.store.document(key) for key in ids]
    held = [d for d in found if d is not None and d.stage is Stage.HELD]
    under_way = [d for d in found if d is not None and d.stage in (Stage.APPROVED, Stage.SIGNED)]
    receipts = [r for key in ids for r in work.store.receipts(key)]
    if json:
        print(
            json_.dumps(
                {
                    "documents": len(ids),
                    "steps": steps,
                    "held": [d.id for d in held],
                    "under_way": [d.id for d in under_way],
                    "receipts": [
                        {"document": r.document, "object": r.object_id, "version": r.version}
                        for r in receipts
                    ],
                }
            )
        )
    else:
        print(say("{n} documents, {receipts} receipts.", n=len(ids), receipts=len(receipts)))
        for document in (*held, *under_way):
            print(f"  {document.id}{_why(document.reason, document.remedy)}")
    if held or under_way:
        raise typer.Exit(10)


def _why(reason: object, remedy: object) -> str:
    text = ""
    for kept in (reason, remedy):
        if isinstance(kept, dict) and kept.get("text"):
            text += f"\n    {say(Sentence.from_json(kept))}"
    return text


_MARKS = {Intake.ACCEPTED: "✓", Intake.KNOWN: "=", Intake.REFUSED: "✗"}

STAGE_NAMES = {
    Stage.RECEIVED: "Received",
    Stage.READ: "Read",
    Stage.PROPOSED: "Waits for review",
    Stage.REVIEWED: "Waits for approval",
    Stage.APPROVED: "Approved",
    Stage.SIGNED: "Signed",
    Stage.EXPORTED: "In the repository",
    Stage.HELD: "Held",
    Stage.REJECTED: "Rejected",
}
