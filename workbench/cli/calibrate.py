"""`workbench calibrate …`: how often readings are right here, and what may be taken over unseen."""

from __future__ import annotations

import json as json_
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench import calibration, learning
from workbench.bench import recording
from workbench.calibration import Calibration
from workbench.errors import NotReadyError
from workbench.flow.lessons import lessons
from workbench.learning import Label
from workbench.model import day_of, now
from workbench.template import load_all
from workbench.words import say
from workbench.workspace import keep_calibration, load_settings, newest_calibration, open_workspace

app = typer.Typer(
    no_args_is_help=True,
    help="Learn how often readings are right; certify what is accepted unseen.",
)
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
TARGET = 0.003  # of the fields accepted unseen may be wrong


@app.command()
def show(json: Json = False) -> None:
    """The calibration in use: when it was learned, from what, and how many cases a cell has."""
    used = newest_calibration(load_settings())
    if json:
        print(json_.dumps({"digest": used.digest, **used.as_json()}, ensure_ascii=False))
        return
    print(f"{used.digest}  {used.made}  {used.source}  n={used.cases}")
    for cell, curve in sorted(used.readings.items()):
        steps = "  ".join(f"≥{least:.2f}: {100 * share:.1f} %" for least, share in curve.steps)
        print(f"  {cell:28} n={curve.cases:<6} {steps}")


@app.command()
def corrections(json: Json = False) -> None:
    """Learn from what people corrected here; cells with too few cases stay as they are."""
    settings = load_settings()
    labels = list(lessons(open_workspace(settings)))
    if not labels:
        raise NotReadyError(
            "No reviewed document has fields that a person looked at.",
            "Review documents first; then learn from them.",
        )
    source = f"{len(labels)} fields that people looked at"
    before = newest_calibration(settings)
    after = learning.learn(labels, before, made=day_of(now()).isoformat(), source=source)
    keep_calibration(settings, after)
    _report(labels, before, after, json)


@app.command()
def truth(
    folder: Annotated[Path, typer.Argument(help="A folder with truth.jsonl.")],
    readings: Annotated[
        Path, typer.Argument(help="What `workbench bench accuracy --readings FILE` kept.")
    ],
    into: Annotated[Path, typer.Option(help="Write it to this file instead of using it.")]
    | None = None,
    source: Annotated[str, typer.Option(help="What it was learned from, in words.")] = "",
    family: Annotated[
        str, typer.Option(help="Weigh this family alone anew; of the others all stays.")
    ] = "",
    json: Json = False,
) -> None:
    """Learn from papers whose truth is known."""
    settings = load_settings()
    templates = load_all(settings.templates)
    known = recording.papers(
        recording.lines(folder / "truth.jsonl"), recording.lines(readings), templates
    )
    labels = [
        Label(str(number), field.votes, paper.template.spec(field.name), field.truth.value,
              field.given.accepted)
        for number, paper in enumerate(known) if paper.template
        for field in paper.fields if field.truth and field.votes
    ]  # fmt: skip
    if not labels:
        raise NotReadyError(
            "These readings hold no votes on fields whose truth is known.",
            "Read the folder with `workbench bench accuracy FOLDER --readings NEW_FILE`.",
        )
    named = source or f"{len(labels)} fields of known truth"
    made = day_of(now()).isoformat()
    if family:
        base = newest_calibration(settings)
        named = f"{base.source}; {family}: {named}"
        after = learning.join(labels, base, family, made=made, source=named)
    else:
        after = learning.learn(labels, None, made=made, source=named)
    if into is None:
        keep_calibration(settings, after)
    else:
        text = json_.dumps(after.as_json(), ensure_ascii=False, indent=1)
        into.write_text(text + "\n", encoding="utf-8")
    _report(labels, newest_calibration(settings), after, json)


@app.command()
def certify(
    target: Annotated[float, typer.Option(help="Share that may be wrong, at most.")] = TARGET,
    json: Json = False,
) -> None:
    """The certificate of automation: what the checked fields prove of those accepted unseen.

    Counted are fields that were accepted unseen and that a person looked at all the same. The
    bound is exact (Clopper and Pearson, one-sided, 95 %).
    """
    audited = [label for label in lessons(open_workspace(load_settings())) if label.accepted]
    used = newest_calibration(load_settings())
    wrong = sum(not right for _, right in learning.judged(audited, used))
    bound = calibration.upper_bound(wrong, len(audited))
    told: dict[str, Any] = {
        "target": target, "checked": len(audited), "wrong": wrong, "bound": round(bound, 6),
        "confidence": 0.95, "holds": bound <= target, "calibration": used.digest,
        "needed": _needed(target),
    }  # fmt: skip
    if json:
        print(json_.dumps(told))
    else:
        print(
            say(
                "Of {checked} fields that were accepted unseen and checked, {wrong} were wrong: "
                "with 95 % confidence at most {bound} % of all are. Target: {target} %.",
                checked=len(audited),
                wrong=wrong,
                bound=f"{100 * bound:.2f}",
                target=f"{100 * target:.2f}",
            )
        )
        if bound > target:
            print(say("Without an error, {n} checked fields prove the target.", n=told["needed"]))
    if bound > target:
        raise typer.Exit(3)


def _needed(target: float) -> int:
    """How many checked fields without an error prove the target."""
    low, high = 1, 1
    while calibration.upper_bound(0, high) > target:
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        low, high = (
            (middle + 1, high) if calibration.upper_bound(0, middle) > target else (low, middle)
        )
    return high


def _report(labels: Sequence[Label], before: Calibration, after: Calibration, json: bool) -> None:
    proven = learning.proven(labels)
    now_told = calibration.reliability(learning.judged(labels, after))
    told_before = calibration.reliability(learning.judged(labels, before))
    changed = sorted(
        cell for cell, curve in after.readings.items() if before.readings.get(cell) != curve
    )
    if json:
        print(
            json_.dumps(
                {
                    "digest": after.digest, "labels": len(labels), "cells": changed,
                    "ece_before": told_before.as_json(), "ece_after": now_told.as_json(),
                    "ece_on_papers_not_learned_from": proven.as_json(),
                },
                ensure_ascii=False,
            )
        )  # fmt: skip
        return
    print(f"{after.digest}  {after.source}: {len(changed)} cells")
    for cell in changed:
        print(f"  {cell:28} n={after.readings[cell].cases}")
    for name, table in (("before", told_before), ("after", now_told), ("cross-checked", proven)):
        print(f"{name:14} ECE {table.error:.4f}  n={table.cases}")
    print(f"{'told':>8} {'right':>8} {'n':>6}   (cross-checked)")
    for told, right, n in proven.bins:
        print(f"{100 * told:7.1f}% {100 * right:7.1f}% {n:6}")
