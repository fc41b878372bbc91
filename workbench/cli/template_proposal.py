"""`workbench template propose`: a first template from scans of a form that nobody has drawn."""

from __future__ import annotations

import json as json_
import sys
from pathlib import Path
from typing import Annotated

import typer

from workbench.errors import TemplateError, WorkbenchError
from workbench.flow import proposals
from workbench.proposing import Proposal
from workbench.template import write
from workbench.words import remedy, say
from workbench.workspace import load_settings, open_workspace

CANNOT = 2  # exit code; 0: written


def propose(
    documents: Annotated[list[str], typer.Argument(help="Three to five read documents.")],
    to: Annotated[Path, typer.Option("--to", help="The YAML file to write.")],
    id: Annotated[str, typer.Option("--id", help="Id of the template.")] = "mau_moi",
    by: Annotated[str, typer.Option("--by", help="Sign-in name of who proposes.")] = "",
    json: Annotated[
        bool, typer.Option("--json", help="All suggestions on stdout, with what they would read.")
    ] = False,
) -> None:
    """Write what documents of one form have in common as a template, to be looked through.

    What would be read in each field is told, and is personal data. Exit code 2: nothing written.
    """
    try:
        found = proposals.propose(open_workspace(load_settings()), documents, by=by)
        to.write_bytes(write(found.template(id)))
    except WorkbenchError as error:
        print(say(error), remedy(error), file=sys.stderr)
        raise typer.Exit(CANNOT) from error
    except OSError as error:
        failed = TemplateError("{name} cannot be written.", "Check the folder.", name=to.name)
        print(say(failed), remedy(failed), file=sys.stderr)
        raise typer.Exit(CANNOT) from error
    if json:
        print(json_.dumps(found.as_json(), ensure_ascii=False, indent=1))
        return
    _tell(found)


def _tell(found: Proposal) -> None:
    for sentence in found.says:
        print(say(sentence))
    for one in found.fields:
        mark = "+" if one.taken else "-"
        print(f"{mark} {one.name} ({one.spec.kind}): {say(one.why)}")
        for example in one.examples:
            print(f"    {example or '∅'}")
