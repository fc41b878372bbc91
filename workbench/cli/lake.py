"""`workbench lake`: the event lake that the managers' figures are told from."""

from __future__ import annotations

import json as json_
from dataclasses import asdict
from typing import Annotated

import typer

from workbench.errors import StorageError
from workbench.model import now
from workbench.words import say
from workbench.workspace import load_settings, open_workspace

lake = typer.Typer(
    no_args_is_help=True,
    help="The event lake that figures are told from: refresh, compact, rebuild, check.",
)

Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@lake.command()
def refresh(json: Json = False) -> None:
    """Take in what the store kept since the last time. Workers do it in calm moments."""
    work = open_workspace(load_settings())
    taken = work.lake.refresh(work.store, at=now())
    if json:
        print(json_.dumps(asdict(taken)))
        return
    print(
        say(
            "{documents} documents changed; {rows} facts taken in.",
            documents=taken.documents,
            rows=taken.rows,
        )
    )


@lake.command()
def compact(json: Json = False) -> None:
    """Fold what came since the last time into the files of its months."""
    work = open_workspace(load_settings())
    rows = work.lake.compact(at=now())
    size = work.lake.size()
    if json:
        print(json_.dumps({"rows": rows, "bytes": size}))
        return
    print(
        say(
            "{rows} facts folded into the files of their months; the lake is {mb} MB.",
            rows=rows,
            mb=f"{size / 1e6:.2f}",
        )
    )


@lake.command()
def rebuild(json: Json = False) -> None:
    """Make the lake anew from the store; until that is done the old one answers."""
    work = open_workspace(load_settings())
    taken = work.lake.rebuild(work.store, at=now())
    if json:
        print(json_.dumps(asdict(taken)))
        return
    print(
        say(
            "Made anew from the store: {documents} documents, {rows} facts.",
            documents=taken.documents,
            rows=taken.rows,
        )
    )


@lake.command()
def check(json: Json = False) -> None:
    """Hold the lake against the store, document by document; exit code 12 where they differ.

    What changed in the store since the last refresh is not held against the lake.
    """
    work = open_workspace(load_settings())
    documents, differences = work.lake.check(work.store)
    if json:
        print(json_.dumps({"documents": documents, "differences": [*map(asdict, differences)]}))
    else:
        for one in differences:
            print(
                say(
                    "{table}: {missing} facts only in the store, {surplus} only in the lake.",
                    table=one.table,
                    missing=one.missing,
                    surplus=one.surplus,
                )
            )
    if differences:
        raise StorageError(
            "The event lake does not say what the store says.",
            "Make it anew from the store: workbench lake rebuild.",
        )
    if not json:
        print(say("{documents} documents held against the store: all as it says.",
                  documents=documents))  # fmt: skip
