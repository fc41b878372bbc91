"""The command line: `workbench start | serve | work | load | read | sign | export | verify | …`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from workbench import words
from workbench.cli import (
    audit,
    bench,
    calibrate,
    catalogue,
    check,
    convert,
    deliver,
    doctor,
    grants,
    imports,
    lake,
    pages,
    papers,
    people,
    proof,
    proofs,
    read,
    report,
    repository,
    scope,
    seal,
    start,
    survey,
    template,
    train,
)
from workbench.cli.settings import configure_logs
from workbench.errors import WorkbenchError
from workbench.workspace import load_settings

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Digitise official papers: read, review, approve, sign, keep.",
)


@app.callback()
def common(
    language: Annotated[str, typer.Option(help="Language of sentences for people: vi or en.")] = "",
    log_level: Annotated[str, typer.Option(help="DEBUG, INFO, WARNING or ERROR.")] = "WARNING",
) -> None:
    """Options that hold for every command; they stand before its name."""
    configure_logs(log_level)
    words.speak("en" if (language or load_settings().language) == "en" else "vi")


_COMMANDS: tuple[Callable[..., None], ...] = (
    start.start,
    start.serve,
    start.work,
    papers.load,
    papers.status,
    seal.sign,
    seal.sign_tables,
    papers.export,
    read.read,
    proof.verify,
    audit.audit,
    audit.restore,
    deliver.deliver,
    check.check,
    report.report,
    imports.export_tables,
    convert.convert,
    doctor.doctor,
)
for command in _COMMANDS:
    app.command()(command)
app.command("import")(imports.import_)
app.add_typer(bench.app, name="bench")
app.add_typer(calibrate.app, name="calibrate")
app.add_typer(catalogue.catalogue, name="catalogue")
app.add_typer(grants.grant, name="grant")
app.add_typer(lake.lake, name="lake")
app.add_typer(pages.app, name="pages")
app.add_typer(template.app, name="template")
app.add_typer(people.person, name="person")
app.add_typer(people.unit, name="unit")
app.add_typer(repository.app, name="repository")
app.add_typer(scope.scope, name="scope")
app.add_typer(proofs.seals, name="seals")
app.add_typer(survey.survey, name="survey")
app.add_typer(train.app, name="train")
app.add_typer(imports.tables, name="tables")


def main() -> None:
    """Run a command; a known error is one sentence on stderr and its own exit code."""
    try:
        app()
    except WorkbenchError as error:
        help_ = words.remedy(error)
        print(words.say(error) + (f"\n  → {help_}" if help_ else ""), file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except BrokenPipeError:
        raise SystemExit(0) from None  # `workbench … | head` is no error
