"""`workbench import | export-tables | tables …`: entry files in and out, and their profiles."""

from __future__ import annotations

import json as json_
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.errors import NotReadyError, UnreadableFileError
from workbench.exchange import entryfiles, entrysheets
from workbench.flow import importing, tabling
from workbench.flow.importing import Plan
from workbench.ledger import COERCIONS, Choices, Profile, headings, propose
from workbench.ledger.profile import header_of
from workbench.legacy import Encoding
from workbench.words import say
from workbench.workspace import Workspace, load_settings, open_workspace

tables = typer.Typer(no_args_is_help=True, help="How tables are mapped: list, add, show, propose.")

FAULTY = 3

As = Annotated[str, typer.Option("--by", help="Sign-in name of the person who orders this.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Mapped = Annotated[
    str, typer.Option("--profile", help="Name of a mapping profile, or its file (.json).")
]
Unit = Annotated[str, typer.Option("--unit", help="Code of the unit whose papers they are.")]
Dry = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, keep nothing.")]
GoodRows = Annotated[
    bool, typer.Option("--good-rows", help="Leave faulty rows out and take the others.")
]
Zeros = Annotated[
    bool, typer.Option("--pad-zeros", help="Put a lost 0 back before identity numbers.")
]
Turn = Annotated[
    list[Encoding] | None, typer.Option("--turn", help="Turn text of this encoding into Unicode.")
]
Hidden = Annotated[str, typer.Option("--hidden", help="Hidden rows: take or leave.")]
List = Annotated[Path | None, typer.Option("--faults", help="Write the list of faults here.")]


def import_(
    file: Annotated[Path, typer.Argument(help="Entry file: .xlsx, .xls or .csv.")],
    profile: Mapped,
    unit: Unit,
    by: As,
    dry_run: Dry = False,
    good_rows: GoodRows = False,
    pad_zeros: Zeros = False,
    turn: Turn = None,
    hidden: Hidden = "",
    faults: List = None,
    json: Json = False,
) -> None:
    """Take an entry file in, whole or not at all; a mended file again makes no doubles.

    Exit code 3 when a row is faulty: then nothing is taken in, or with --good-rows all but those.
    """
    work = open_workspace(load_settings())
    plan = importing.look(
        work,
        entryfiles.read(file),
        mapping(work, profile),
        unit=unit,
        choices=chosen(pad_zeros, turn, hidden),
    )
    batch = ""
    if not dry_run and (good_rows or not plan.checked.faults):
        batch = importing.take_in(work, plan, by=by, good_rows=good_rows).done.batch
    if faults is not None:
        entrysheets.write_faults(plan.checked.faults, faults)
    tell(plan, kept=not dry_run and (good_rows or not plan.checked.faults), batch=batch, json=json)
    if plan.checked.faults:
        raise typer.Exit(FAULTY)


def export_tables(
    to: Annotated[Path, typer.Argument(help="Folder for pages of 500 rows, or one .xlsx or .csv.")],
    profile: Mapped,
    unit: Annotated[str, typer.Option("--unit", help="Records of this unit alone.")] = "",
    batch: Annotated[str, typer.Option("--batch", help="Records of this batch alone.")] = "",
    json: Json = False,
) -> None:
    """Write records out as tables in the form of a profile: what is read in again is the same."""
    work = open_workspace(load_settings())
    wanted = mapping(work, profile)
    template = importing.template_of(work, wanted)
    found = tabling.records(work, wanted, unit=unit, batch=batch)
    if to.suffix.lower() in (".xlsx", ".csv"):
        to.parent.mkdir(parents=True, exist_ok=True)
        entrysheets.write_whole(found, wanted, template, to)
        paths: tuple[Path, ...] = (to,)
    else:
        to.mkdir(parents=True, exist_ok=True)
        paths = entrysheets.write_pages(found, wanted, template, to, name=wanted.kind)
    if json:
        print(json_.dumps({"files": [path.name for path in paths]}, ensure_ascii=False))
    else:
        for path in paths:
            print(path)


@tables.command("list")
def list_(json: Json = False) -> None:
    """The mapping profiles that stand: name, kind of paper, columns."""
    found = importing.profiles(open_workspace(load_settings()))
    if json:
        print(json_.dumps({n: p.model_dump(mode="json") for n, p in found.items()},
                          ensure_ascii=False))  # fmt: skip
        return
    for name, profile in found.items():
        print(f"{name}  {profile.kind}  {', '.join(profile.columns)}")


@tables.command()
def show(name: Annotated[str, typer.Argument(help="Name of the profile.")]) -> None:
    """A profile as JSON, to be kept in a file or carried to another site."""
    print(mapping(open_workspace(load_settings()), name).written().decode())


@tables.command()
def add(
    file: Annotated[Path, typer.Argument(help="Profile as `show` and `propose` write it.")],
    by: As,
) -> None:
    """Take a profile into use; the one of the same name before it stands no longer."""
    work = open_workspace(load_settings())
    profile = _from_file(file)
    importing.save_profile(work, profile, by=by)
    print(say("Profile {name}: {n} columns.", name=profile.name, n=len(profile.columns)))


@tables.command()
def remove(name: Annotated[str, typer.Argument(help="Name of the profile.")], by: As) -> None:
    """Take a profile out of use; what was taken in by it stays."""
    importing.drop_profile(open_workspace(load_settings()), name, by=by)


@tables.command("propose")
def propose_(
    file: Annotated[Path, typer.Argument(help="An entry file with headings.")],
    kind: Annotated[str, typer.Option("--kind", help="Kind of paper: id of its template.")],
    sheet: Annotated[str, typer.Option("--sheet", help="Name of the sheet.")] = "",
) -> None:
    """The likeliest profile for a file, by its headings, as JSON; look it through before use."""
    work = open_workspace(load_settings())
    book = entryfiles.read(file)
    found = book.sheet(sheet)
    template = work.templates.get(kind)
    if template is None:
        raise NotReadyError(
            "There is no form {form}.", "Choose one of the known forms.", form=kind
        )  # fmt: skip
    header = header_of(found, template) if found else (1, 1)
    said = headings(found, *header) if found else ()
    proposed = propose(said, template, sheet, header=header)
    if proposed is None:
        raise UnreadableFileError(
            "No heading of {name} is like a field of this kind of paper.",
            "Make the profile on the page “Import from Excel”.",
            name=book.name,
        )
    print(proposed.written().decode())


# --- shared with `convert` -----------------------------------------------------------------------


def mapping(work: Workspace, name: str) -> Profile:
    """The profile of this name, or in this file. Raises NotReadyError."""
    known = importing.profiles(work)
    if name in known:
        return known[name]
    path = Path(name)
    if path.suffix.lower() == ".json" and path.exists():
        return _from_file(path)
    raise importing.no_profile(name)


def chosen(zeros: bool, turn: list[Encoding] | None, hidden: str) -> Choices:
    if hidden not in ("", "take", "leave"):
        raise NotReadyError("Hidden rows are taken or left out.", "Write take or leave.")
    return Choices(zeros=zeros, turn=frozenset(turn or ()), hidden=hidden)


def tell(
    plan: Plan, *, kept: bool, batch: str, json: bool, more: Mapping[str, Any] | None = None
) -> None:
    """What became of a table. No value of a paper is printed, only where it stands."""
    did: dict[str, int] = {}
    for coercion in plan.checked.coercions:
        did[coercion.what] = did.get(coercion.what, 0) + 1
    if json:
        said = {
            "kept": kept, "batch": batch, "counts": dict(plan.counts), "papers": len(plan.fresh),
            "faults": [
                {"row": f.row, "column": f.column, "field": f.field, "code": f.code,
                 "sentence": say(f.sentence)}
                for f in plan.checked.faults
            ],
            "coercions": did,
            "differences": [
                {"rows": list(d.rows), "document": d.document,
                 "fields": [field for field, _, _ in d.fields]}
                for d in plan.different
            ],
            **(more or {}),
        }  # fmt: skip
        print(json_.dumps(said, ensure_ascii=False))
        return
    for fault in plan.checked.faults:
        print(entrysheets.sentence_of(fault))
    for what, n in did.items():
        print(say("{n} cells: {what}", n=n, what=say(COERCIONS[what])))
    for difference in plan.different:
        print(
            say(
                "Row {row} — says other things than document {document}: {fields}.",
                row=", ".join(map(str, difference.rows)),
                document=difference.document,
                fields=", ".join(field for field, _, _ in difference.fields),
            )
        )
    counts = plan.counts
    print(
        say(
            "{rows} rows: {taken} new, {known} known, {different} different, {faulty} faulty, "
            "{left} left out.",
            **counts,
        )
    )
    if not kept:
        print(say("Nothing was taken in."))


def _from_file(path: Path) -> Profile:
    try:
        return importing.read_profile(path.read_bytes(), path.name)
    except OSError as error:
        raise UnreadableFileError(
            "{name} cannot be read.", "Check that the file is there and that you may read it.",
            name=path.name,
        ) from error  # fmt: skip
