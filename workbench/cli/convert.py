"""`workbench convert`: records out of a specialised database, counted on both sides."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli import imports
from workbench.cli.imports import (
    FAULTY,
    As,
    Dry,
    GoodRows,
    Hidden,
    Json,
    List,
    Mapped,
    Turn,
    Unit,
    Zeros,
)
from workbench.errors import NotReadyError, SettingsError, UnreadableFileError
from workbench.exchange import entryfiles, entrysheets
from workbench.flow import converting
from workbench.store import sources
from workbench.words import say
from workbench.workspace import load_settings, open_workspace

APART = 14


def convert(
    profile: Mapped,
    unit: Unit,
    by: As,
    file: Annotated[
        Path | None, typer.Argument(help="Extract of the database: .csv, .xlsx or .xls.")
    ] = None,
    table: Annotated[str, typer.Option("--table", help="Table or view of the database.")] = "",
    query: Annotated[str, typer.Option("--query", help="One SELECT instead of a table.")] = "",
    url: Annotated[
        str,
        typer.Option(
            "--url",
            envvar="WORKBENCH_SOURCE_DATABASE",
            help="Address of the database, as SQLAlchemy writes it; it is only read.",
        ),
    ] = "",
    dry_run: Dry = False,
    good_rows: GoodRows = False,
    pad_zeros: Zeros = False,
    turn: Turn = None,
    hidden: Hidden = "",
    faults: List = None,
    json: Json = False,
) -> None:
    """Convert a table, a query or an extract of a specialised database; nothing is converted twice.

    Exit code 3 when a row is faulty, 14 when source and records do not come to the same.
    """
    work = open_workspace(load_settings())
    mapped = imports.mapping(work, profile)
    if file is not None:
        found = converting.file_of(entryfiles.read(file), mapped)
        if found is None:
            raise UnreadableFileError(
                "{name} has no sheet “{sheet}”.", "Choose another profile, or another file.",
                name=file.name, sheet=mapped.sheet,
            )  # fmt: skip
    elif table or query:
        if not url:
            raise SettingsError(
                "The setting {name} is missing.", "Set it, or give --url.",
                name="WORKBENCH_SOURCE_DATABASE",
            )  # fmt: skip
        found = converting.table_of(sources.read(url, table=table, query=query))
    else:
        raise NotReadyError("No source is named.", "Give a file, --table or --query.")
    sheet, source = found
    choices = imports.chosen(pad_zeros, turn, hidden)
    plan = converting.look(work, sheet, mapped, source=source, unit=unit, choices=choices)
    if faults is not None:
        entrysheets.write_faults(plan.checked.faults, faults)
    if dry_run or (plan.checked.faults and not good_rows):
        imports.tell(plan, kept=False, batch="", json=json)
        raise typer.Exit(FAULTY if plan.checked.faults else 0)
    done = converting.convert(work, plan, sheet, by=by, good_rows=good_rows)
    reconciled = done.reconciled
    imports.tell(
        plan, kept=True, batch=done.taken.done.batch, json=json,
        more={"reconciliation": reconciled.as_json()},
    )  # fmt: skip
    if not json:
        for column in reconciled.columns:
            print(
                say(
                    "{heading}: source {source} ({distinct} distinct), to keep {meant}, "
                    "kept {kept}",
                    heading=column.heading,
                    source=column.source.filled,
                    distinct=column.source.distinct,
                    meant=column.meant.filled,
                    kept=column.kept.filled,
                )
                + ("" if column.agrees else "  ✗")
            )
        print(
            say("Source and records come to the same.")
            if reconciled.agrees
            else say("Source and records do NOT come to the same.")
        )
    if plan.checked.faults:
        raise typer.Exit(FAULTY)
    if not reconciled.agrees:
        raise typer.Exit(APART)
