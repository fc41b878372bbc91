"""`workbench template`: templates as they are governed, from the command line."""

from __future__ import annotations

import json as json_
from typing import Annotated

import typer

from workbench.cli import template_files, template_proof
from workbench.workspace import load_settings, open_workspace

app = typer.Typer(
    no_args_is_help=True, help="Templates: as files, tested, and what becomes of them."
)

Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
app.command("test")(template_proof.test)
app.command("matches")(template_proof.tell_matches)
app.command("unknown")(template_proof.unknown)
app.command("check")(template_files.check)
app.command("diff")(template_files.difference)
app.command("export")(template_files.take_out)
app.command("import")(template_files.bring_in)


@app.command("list")
def list_templates(json: Json = False) -> None:
    """The templates in use, with version and digest."""
    in_use = open_workspace(load_settings()).templates.values()
    if json:
        told = [{"template": t.id, "version": t.version, "digest": t.digest} for t in in_use]
        print(json_.dumps(told))
        return
    for found in in_use:
        print(f"{found.id}@{found.version}  {found.digest[:12]}  {found.title['vi']}")
