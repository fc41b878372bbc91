"""`workbench template check | diff | export | import`: templates as files."""

from __future__ import annotations

import json as json_
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from workbench.errors import TemplateError, WorkbenchError
from workbench.flow import template_files
from workbench.model import Severity
from workbench.template import Problem, Template, diff, load, parse
from workbench.template import check as problems_of
from workbench.words import remedy, say
from workbench.workspace import load_settings, open_workspace

Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
DIFFERENT, CANNOT = 1, 2  # exit codes; 0: nothing is wrong, nothing differs
_BESIDE = ".sha256"


def check(
    paths: Annotated[list[Path], typer.Argument(help="YAML files.")], json: Json = False
) -> None:
    """Tell everything that is wrong with template files, by file, line and in words.

    Exit code 0: no error, perhaps warnings; 1: errors; 2: a file cannot be read.
    """
    told: list[Problem] = []
    for path in paths:
        try:
            found = problems_of(path.read_bytes(), str(path))
            told += found
            if not json and not found:
                good = load(path)
                print(f"{path}: {good.id}@{good.version} {good.digest[:12]}")
        except OSError:
            _fail(TemplateError("The template {name} cannot be read.", "Check the folder.",
                                name=path.name))  # fmt: skip
    if json:
        print(
            json_.dumps([{**p.as_json(), "words": say(p.says)} for p in told], ensure_ascii=False)
        )
    for problem in () if json else told:
        place = f" {'.'.join(problem.place)}:" if problem.place else ""
        print(f"{problem.file}:{problem.line}: {_severity(problem)}:{place} {say(problem.says)}")
    if any(problem.severity is Severity.ERROR for problem in told):
        raise typer.Exit(DIFFERENT)


def _severity(problem: Problem) -> str:
    return say("Error") if problem.severity is Severity.ERROR else say("Warning")


def difference(
    one: Annotated[str, typer.Argument(metavar="A", help="A YAML file, or ID or ID@VERSION.")],
    other: Annotated[str, typer.Argument(metavar="B", help="A YAML file, or ID or ID@VERSION.")],
    json: Json = False,
) -> None:
    """Tell in words what is different in B. Exit code 0: nothing; 1: something; 2: unreadable."""
    try:
        changes = diff(_meant(one), _meant(other))
    except WorkbenchError as error:
        _fail(error)
    if json:
        words = [{**change.as_json(), "words": say(change.says)} for change in changes]
        print(json_.dumps(words, ensure_ascii=False))
    for change in () if json else changes:
        print(f"{'.'.join(change.place)}: {say(change.says)}")
    if changes:
        raise typer.Exit(DIFFERENT)


def _meant(what: str) -> Template:
    """A file, where there is one of that name; otherwise a template by its id and version."""
    path = Path(what)
    if path.suffix or path.exists():
        return load(path)
    name, _, number = what.partition("@")
    work = open_workspace(load_settings())
    version = int(number) if number.isdigit() else None
    taken = template_files.take_out(work, name, version=version)
    return parse(taken.source, what)


def take_out(
    template: Annotated[str, typer.Argument(metavar="ID", help="Id of the template.")],
    to: Annotated[Path, typer.Option("--to", help="The YAML file to write.")],
    version: Annotated[
        int | None, typer.Option("--version", help="This version, not the one in use.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Sign-in name of who takes it.")] = "",
    json: Json = False,
) -> None:
    """Write one version as a file, and its digest beside it (FILE.sha256, for sha256sum -c).

    Exit code 2: there is no such version, it may not be seen, or the file cannot be written.
    """
    try:
        taken = template_files.take_out(
            open_workspace(load_settings()), template, version=version, by=by
        )
        to.write_bytes(taken.source)
        _beside(to).write_text(taken.beside(to.name), encoding="utf-8")
    except WorkbenchError as error:
        _fail(error)
    except OSError:
        _fail(TemplateError("{name} cannot be written.", "Check the folder.", name=to.name))
    if json:
        told = {"template": taken.template, "version": taken.version, "digest": taken.digest}
        print(json_.dumps({**told, "file": str(to)}))
        return
    print(f"{taken.template}@{taken.version} {taken.digest} {to}")


def bring_in(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A YAML file.")],
    by: Annotated[str, typer.Option("--by", help="Sign-in name of who brings it in.")],
    json: Json = False,
) -> None:
    """Begin a draft with the text of a file; nothing is read with it until it is authorised.

    A digest beside the file (FILE.sha256) must be that of its text. Exit code 1: the text has
    errors or is another one; 2: it cannot be read, or may not be brought in.
    """
    try:
        source = path.read_bytes()
        beside = _beside(path).read_text(encoding="utf-8") if _beside(path).exists() else ""
        work = open_workspace(load_settings())
        draft = template_files.bring_in(work, source, path.name, by=by, beside=beside)
    except OSError:
        _fail(TemplateError("The template {name} cannot be read.", "Check the folder.",
                            name=path.name))  # fmt: skip
    except TemplateError as error:
        _fail(error, DIFFERENT)
    except WorkbenchError as error:
        _fail(error)
    if json:
        print(json_.dumps({"template": draft.template, "draft": draft.id, "base": draft.base}))
        return
    print(f"{draft.template} {draft.id}")


def _beside(path: Path) -> Path:
    return path.with_name(path.name + _BESIDE)


def _fail(error: WorkbenchError, code: int = CANNOT) -> NoReturn:
    print(say(error), remedy(error), file=sys.stderr)
    raise typer.Exit(code) from error
