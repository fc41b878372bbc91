"""`workbench scope`: which way the letters give each document, and why."""

from __future__ import annotations

import json as json_
from collections import Counter
from typing import Annotated

import typer

from workbench import flow
from workbench.cli.papers import Json
from workbench.model import now
from workbench.scope import Judged
from workbench.words import language, say
from workbench.workspace import load_settings, open_workspace


def scope(
    documents: Annotated[
        list[str] | None, typer.Argument(help="Documents by id; without any, all.")
    ] = None,
    json: Json = False,
) -> None:
    """Scan, data only, convert or out of scope: the path, the rule that decided, and its words."""
    work = open_workspace(load_settings())
    wanted = documents or [d.id for d in work.store.documents(limit=1_000_000)]
    today = now().date()
    counts: Counter[str] = Counter()
    for key in wanted:
        judged = flow.way(work, flow.sheet(work, key), on=today)
        counts[judged.path if judged else "unknown"] += 1
        if json:
            print(json_.dumps({"document": key, **_as_json(judged)}, ensure_ascii=False))
            continue
        print(f"{key}  {_in_words(judged)}")
        if judged and documents:
            print(f"    “{judged.rule.quote or judged.rule.sense}”\n    {judged.rule.source}")
    if not json:
        print("  ".join(f"{path}: {n}" for path, n in sorted(counts.items())))


def _as_json(judged: Judged | None) -> dict[str, object]:
    if judged is None:
        return {"path": None}
    return {
        "path": judged.path,
        "regime": judged.regime,
        "rule": judged.rule.id,
        "quote": judged.rule.quote,
        "sense": judged.rule.sense,
        "source": judged.rule.source,
        "cautions": [caution.id for caution in judged.cautions],
    }


def _in_words(judged: Judged | None) -> str:
    if judged is None:
        return say("no form known yet")
    says = [judged.rule.says, *(caution.says for caution in judged.cautions)]
    return f"{judged.path}: " + " ".join(w.en if language() == "en" else w.vi for w in says)
