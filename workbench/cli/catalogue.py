"""`workbench catalogue`: the dated tables of units, issuers, procedures and kinds."""

from __future__ import annotations

import json as json_
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from workbench.catalogues import dated
from workbench.catalogues.dated import Entry
from workbench.errors import NotReadyError, UnreadableFileError
from workbench.flow import dating
from workbench.flow.tables import tables
from workbench.words import language, say
from workbench.workspace import load_settings, open_workspace

catalogue = typer.Typer(
    no_args_is_help=True,
    help="Units, issuers, procedures and kinds with the days on which they existed.",
)

Table = Annotated[str, typer.Argument(help="The table: units, issuers, procedures, …")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@catalogue.command("list")
def list_(json: Json = False) -> None:
    """Every table and how many entries it has."""
    known = tables(open_workspace(load_settings()))
    counts = {name: len(known.entries(name)) for name in dated.NAMES}
    if json:
        print(json_.dumps(counts))
        return
    for name, words in dated.NAMES.items():
        print(f"{name:16} {counts[name]:5}  {words[language()]}")


@catalogue.command()
def show(
    table: Table,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what existed on this day.")
    ] = None,
    json: Json = False,
) -> None:
    """The entries of a table with the days on which they existed."""
    known = tables(open_workspace(load_settings()))
    _must_be(table)
    entries = known.on(table, on.date()) if on else known.entries(table)
    for entry in entries:
        if json:
            print(json_.dumps(asdict(entry), ensure_ascii=False, default=str))
        else:
            print(f"{entry.key:20} {_span(entry):25} {entry.name}")


@catalogue.command("import")
def import_(
    table: Table,
    file: Annotated[Path, typer.Argument(help="A CSV file as `export` writes it.")],
    by: Annotated[str, typer.Option(help="Sign-in name of who changes the table.")],
    why: Annotated[str, typer.Option(help="Why it is changed; kept with each entry.")],
    dry_run: Annotated[bool, typer.Option(help="Only say what would change.")] = False,
) -> None:
    """Take in new and changed entries; nothing is deleted, and a faulty file changes nothing."""
    work = open_workspace(load_settings())
    _must_be(table)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UnreadableFileError(
            "The file {name} cannot be read.", "Check its name and folder.", name=file.name
        ) from error
    entries, faults = dating.read(content)
    for fault in faults:
        print(say("Row {row} — {what}", row=fault.row, what=say(fault.says)))
    if faults:
        raise NotReadyError(
            "{n} rows of the file are faulty; nothing was changed.",
            "Correct them and import it again.",
            n=len(faults),
        )
    if dry_run:
        for change in dating.changes(work, table, entries):
            print(
                f"{'+' if change.before is None else '~'} {change.after.key}  {change.after.name}"
            )
        return
    changed = dating.keep(work, table, entries, by=by, why=why)
    print(say("{n} entries were changed.", n=changed))


@catalogue.command()
def export(
    table: Table, file: Annotated[Path, typer.Argument(help="The CSV file to write.")]
) -> None:
    """Write a table as CSV that Excel opens with its diacritics."""
    known = tables(open_workspace(load_settings()))
    _must_be(table)
    file.write_bytes(dated.as_csv(known.entries(table)))
    print(say("{n} entries were written to {name}.", n=len(known.entries(table)), name=file.name))


@catalogue.command()
def check(json: Json = False) -> None:
    """Look for entries that do not stand well among the others; ends with 9 where there are any."""
    known = tables(open_workspace(load_settings()))
    found = [(name, key, says) for name in dated.NAMES for key, says in dated.check(known, name)]
    if json:
        told = [{"table": t, "key": k, "what": str(s)} for t, k, s in found]
        print(json_.dumps(told, ensure_ascii=False))
    else:
        for name, key, says in found:
            print(f"{name} {key}: {say(says)}")
    if found:
        raise NotReadyError(
            "{n} entries do not stand well.", "Correct them on the page Catalogues.", n=len(found)
        )
    if not json:
        print(say("Every entry stands well."))


def _must_be(table: str) -> None:
    if table not in dated.NAMES:
        raise NotReadyError("There is no table {name}.", "Choose one of the list.", name=table)


def _span(entry: Entry) -> str:
    return f"{_day(entry.valid_from)} – {_day(entry.valid_to)}"


def _day(when: date | None) -> str:
    return when.isoformat() if when else "…"
