"""`workbench deliver`: records to other repositories: dry run, order, send, what stands where."""

from __future__ import annotations

import json as json_
import sys
from typing import Annotated

import typer

from workbench.errors import NotReadyError
from workbench.flow import delivery
from workbench.model import Severity
from workbench.store import outbox
from workbench.words import say
from workbench.workspace import load_settings, open_workspace

WOULD_BE_REFUSED = 26  # exit code: at least one record is not what the target takes


def deliver(
    documents: Annotated[
        list[str] | None,
        typer.Argument(help="Ids of documents; none: all of the unit of `--by` not sent."),
    ] = None,
    to: Annotated[str, typer.Option("--to", help="The target, by its name.")] = "",
    by: Annotated[str, typer.Option("--by", help="Who orders it (a sign-in name).")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be refused, and why.")
    ] = False,
    send: Annotated[
        bool, typer.Option("--send", help="Send what is due now, instead of the worker.")
    ] = False,
    pin_stdin: Annotated[
        bool, typer.Option("--pin-stdin", help="Read the PIN that signs bags from a pipe.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a record.")] = False,
) -> None:
    """Lay records in the outbox of a target, or say why it would refuse them; send what is due.

    Exit code 26 where at least one record would be refused. Without --to: what stands where.
    """
    pin = sys.stdin.readline().rstrip("\n") if pin_stdin else None
    work = open_workspace(load_settings(), pin=pin)
    if to:
        target = delivery.target(work, to)
        if not (by or dry_run):
            raise NotReadyError("Who orders it?", "Name your account with --by.")
        keys = documents or (
            delivery.waiting(work, target, by=by) if by else outbox.undelivered(work.store, to)
        )
        if dry_run:
            found = [work.store.document(key) for key in keys]
            checked = [delivery.check(work, document, target) for document in found if document]
        else:
            laid, checked = delivery.order(work, keys, target, by=by)
            if not json:
                typer.echo(say("{n} records were laid in the outbox.", n=laid))
        for one in checked:
            _tell(one, json=json)
    else:
        checked = []
        for state, n in outbox.counts(work.store).items():
            if json:
                typer.echo(json_.dumps({"state": state.value, "records": n}))
            else:
                typer.echo(f"{say(STATES[state.value])}: {n}")
    if send:
        while delivery.send_due(work, by="deliver"):
            pass
    if any(one.would_be_refused for one in checked):
        raise typer.Exit(WOULD_BE_REFUSED)


STATES = {
    "waiting": "waits to be sent",
    "sent": "sent, with a receipt",
    "refused": "refused",
    "withdrawn": "given up",
}


def _tell(one: delivery.Checked, *, json: bool) -> None:
    if json:
        typer.echo(
            json_.dumps(
                {
                    "document": one.document.id,
                    "would_be_refused": one.would_be_refused,
                    "sha256": one.digest,
                    "bytes": one.size,
                    "findings": [{**f.as_json(), "said": say(f.sentence)} for f in one.findings],
                },
                ensure_ascii=False,
            )
        )
        return
    if not one.findings:
        typer.echo(f"{one.document.id}: {say('would be taken')}")
    for finding in one.findings:
        where = f"{', '.join(finding.fields)}: " if finding.fields else ""
        sign = "✗" if finding.severity is Severity.ERROR else "·"
        typer.echo(f"{one.document.id}: {sign} {where}{say(finding.sentence)}")
