"""`workbench template test | matches`: prove a text of a template; which template won, and why."""

from __future__ import annotations

import json as json_
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench import rehearsal
from workbench.cli.papers import Json
from workbench.errors import NotReadyError, WorkbenchError
from workbench.flow import proving_templates as proving
from workbench.flow import unfitting
from workbench.flow.matches import matches
from workbench.model import TemplateProof
from workbench.rehearsal import Report, Tally
from workbench.store import templates as governed
from workbench.template import Template, load, parse
from workbench.words import language, remedy, say
from workbench.workspace import Workspace, load_settings, open_workspace

WORSE, CANNOT = 1, 2  # exit codes; 0: no worse


def test(
    what: Annotated[
        str, typer.Argument(help="A template's id (the version in use), or a YAML file.")
    ] = "",
    draft: Annotated[str, typer.Option("--draft", help="A draft's id: its text is tested.")] = "",
    by: Annotated[str, typer.Option("--by", help="Sign-in name of who tests.")] = "",
    let_through: Annotated[
        int | None,
        typer.Option(
            "--let-through",
            min=0,
            help="Also fail where more wrong values than this would be accepted unseen.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Hold a text of a template against the examples of that template, beside the version in use.

    The test is kept: exactly this text may then be submitted. Exit code 0: no worse; 1: worse, or
    more wrong values accepted unseen than allowed; 2: it cannot be tested. No value is printed.
    """
    try:
        work = open_workspace(load_settings())
        text = _text(work, what, draft)
        started = time.monotonic()
        proof = proving.test(work, text, by=by, told=_progress)
    except WorkbenchError as error:
        print(say(error), remedy(error), file=sys.stderr)
        raise typer.Exit(CANNOT) from error
    report = proving.report_of(proof)
    too_many = let_through is not None and report.total().let_through > let_through
    if json:
        seconds = round(time.monotonic() - started, 2)
        told = {**_as_json(text, proof, report), "seconds": seconds}
        print(json_.dumps(told, ensure_ascii=False, indent=1))
    else:
        _tell(text, report)
    if proof.worse or too_many:
        raise typer.Exit(WORSE)


def tell_matches(
    documents: Annotated[
        list[str] | None, typer.Argument(help="Documents by id; without any, all.")
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option("--margin", help="Only those whose next form came closer (0-100)."),
    ] = None,
    json: Json = False,
) -> None:
    """Which template won each document, which came next, by what margin and why.

    The least certain first; held documents too. Printed words of forms are told, values never.
    """
    work = open_workspace(load_settings())
    if documents:
        found = [d for key in documents if (d := work.store.document(key)) is not None]
    else:
        found = work.store.documents(order="certainty", margin=margin, limit=1_000_000)
    for match in matches(work, found):
        if json:
            print(json_.dumps(match.as_json(), ensure_ascii=False))
            continue
        told = match.report
        print(
            f"{match.document.id}  {match.outcome:<11} "
            + (
                f"{told.nearest or '—'} {told.score:.0f}, {told.runner_up or '—'} "
                f"-{told.margin:.0f}, {len(told.missing)} missing"
                if told
                else "—"
            )
        )


def unknown(json: Json = False) -> None:
    """The documents that no template fits, in piles of one form each, and how long that took."""
    work = open_workspace(load_settings())
    started = time.monotonic()
    found = unfitting.unknown_forms(work)
    seconds = round(time.monotonic() - started, 2)
    piles = [
        {
            "documents": [document.id for document in form.documents],
            "units": dict(form.units),
            "alike": form.pile.alike,
            "nearest": form.nearest.template if form.nearest else None,
            "lacking": list(form.nearest.lacking) if form.nearest else [],
        }
        for form in found
    ]
    n = sum(len(form.documents) for form in found)
    if json:
        print(json_.dumps({"n": n, "seconds": seconds, "piles": piles}, ensure_ascii=False))
        return
    for number, form in enumerate(found, start=1):
        print(
            f"{number:>3}  {len(form.documents):>5}  {form.pile.alike:.2f}  {form.documents[0].id}"
        )
    print(f"n={n}, {seconds} s")


def _text(work: Workspace, what: str, draft: str) -> Template:
    """The text that is meant: a draft's, a file's, or the one in use."""
    if bool(what) == bool(draft):
        raise NotReadyError(
            "Name one text to be tested.", "Give a template's id, a YAML file, or --draft."
        )
    if draft:
        found = governed.draft(work.store, draft)
        if found is None:
            raise NotReadyError("There is no draft {id}.", "List the drafts.", id=draft)
        return parse(found.source, found.template)
    if what in work.templates:
        return work.templates[what]
    if not Path(what).is_file():
        raise NotReadyError(
            "{what} is neither a template in use nor a file.",
            "List the templates with `workbench template list`.",
            what=what,
        )
    return load(Path(what))


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done}/{of}", end="\n" if done == of else "", file=sys.stderr, flush=True)


def _tell(text: Template, report: Report) -> None:
    print(f"{text.id}@{text.version} {text.digest[:12]}")
    for field in report.fields:
        beside = _short(field.beside) if field.beside is not None else "—"
        star = "*" if field.critical else " "
        name = rehearsal.label(text, field.name, language())
        print(f"{star} {name:<44.44} {_short(field.tested):>22} {beside:>22}")
    for (form, taken), n in sorted(report.confusion().items()):
        if form != taken:
            print(f"  {form or '—'} → {taken or '—'}: {n}")
    for reason in report.why_worse(lambda name: rehearsal.label(text, name, language())):
        print("! " + say(reason))
    print(say("Worse.") if report.worse else say("No worse."))


def _short(tally: Tally) -> str:
    return f"{tally.right}/{tally.asked} ({tally.let_through})"


def _as_json(text: Template, proof: TemplateProof, report: Report) -> dict[str, Any]:
    """Everything but values: what papers say stays in the store."""

    def side(tally: Tally | None) -> dict[str, int] | None:
        if tally is None:
            return None
        return {
            "right": tally.right,
            "wrong": tally.wrong,
            "missing": tally.missing,
            "unasked": tally.unasked,
            "accepted_wrong": tally.let_through,
        }

    return {
        "template": text.id,
        "version": text.version,
        "digest": proof.digest,
        "against": proof.against,
        "proof": proof.id,
        "worse": proof.worse,
        "why": [str(reason) for reason in report.why_worse(str)],
        "examples": len(report.papers),
        "total": side(report.total()),
        "total_in_use": side(report.total(beside=True)) if report.has_beside else None,
        "fields": [
            {
                "field": field.name,
                "critical": field.critical,
                "tested": side(field.tested),
                "in_use": side(field.beside),
            }
            for field in report.fields
        ],
        "unproven": list(report.unproven),
        "better": [[c.document, c.field] for c in report.changes if c.better],
        "worse_values": [[c.document, c.field] for c in report.changes if c.worse],
        "lost": list(report.lost()),
        "taken": [[one.document, one.form] for one in report.taken],
        "gained": [one.document for one in report.gained],
        "confusion": [
            {"form": form, "taken_for": taken, "papers": n, "in_use": report.confusion(
                beside=True).get((form, taken), 0)}
            for (form, taken), n in sorted(report.confusion().items())
        ],
    }  # fmt: skip
