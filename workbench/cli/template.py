"""`workbench template`: templates as they are governed, from the command line."""

from __future__ import annotations

import json as json_
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli import template_proof
from workbench.errors import TemplateError
from workbench.template import load as load_template
from workbench.words import say
from workbench.workspace import load_settings, open_workspace

app = typer.Typer(no_args_is_help=True, help="Templates: check, list, and what becomes of them.")

Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
app.command("test")(template_proof.test)


@app.command("check")
def check_templates(paths: Annotated[list[Path], typer.Argument(help="YAML files.")]) -> None:
    """Read templates and tell every error by file, line and in words."""
    bad = 0
    for path in paths:
        try:
            found = load_template(path)
        except TemplateError as error:
            bad += 1
            print(say(error))
        else:
            print(f"{path}: {found.id}@{found.version} {found.digest[:12]}")
    if bad:
        raise typer.Exit(TemplateError.exit_code)


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
