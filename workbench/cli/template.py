"""`workbench template`: templates as they are governed, from the command line."""

from __future__ import annotations

import typer

from workbench.cli import template_files, template_life, template_proof, template_proposal

app = typer.Typer(
    no_args_is_help=True, help="Templates: as files, tested, and what becomes of them."
)

app.command("test")(template_proof.test)
app.command("matches")(template_proof.tell_matches)
app.command("unknown")(template_proof.unknown)
app.command("check")(template_files.check)
app.command("diff")(template_files.difference)
app.command("export")(template_files.take_out)
app.command("import")(template_files.bring_in)
app.command("propose")(template_proposal.propose)
app.command("list")(template_life.list_)
app.command("show")(template_life.show)
app.command("history")(template_life.history)
app.command("submit")(template_life.submit)
app.command("authorise")(template_life.authorise)
app.command("return")(template_life.hand_back)
app.command("retire")(template_life.retire)
app.command("read-again")(template_life.read_again)
