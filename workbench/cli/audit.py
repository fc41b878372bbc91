"""`workbench audit` and `restore`: is what is kept still as it was, and if not, put back."""

from __future__ import annotations

import json as json_
import signal
from pathlib import Path
from typing import Annotated

import typer

from workbench.errors import NotReadyError
from workbench.flow import fixity
from workbench.model import Audit, Damage, now
from workbench.store import audits
from workbench.words import say
from workbench.workspace import load_settings, open_workspace

DAMAGED = 25  # exit code: something that is kept is not as it was


def audit(
    rate: Annotated[
        float, typer.Option(help="Megabytes a second to read at most; 0: no limit.")
    ] = 20.0,
    json: Annotated[bool, typer.Option("--json", help="The report as one JSON object.")] = False,
    last: Annotated[bool, typer.Option("--last", help="Tell what the last one found.")] = False,
) -> None:
    """Hold every kept file against its digest. Stopped by Ctrl+C or killed, it goes on next time.

    Exit code 0 where all is as it was kept, 25 where something is not, 9 where it was stopped.
    """
    work = open_workspace(load_settings())
    if last:
        found = next(iter(audits.audits(work.store, limit=1)), None)
        if found is None:
            raise NotReadyError("Nothing has been audited so far.", "Run `workbench audit` first.")
    else:
        stopped: list[int] = []
        signal.signal(signal.SIGINT, lambda number, _: stopped.append(number))
        audits.begin(work.store, by="audit", at=now())
        taken = audits.take_up(work.store, at=now())
        if taken is None:
            raise NotReadyError(
                "An audit is under way in another process.", "Wait for it; `--last` tells how far."
            )
        pace = fixity.Pace(int(rate * (1 << 20)))
        found = fixity.go_on(work, taken, pace=pace, stop=lambda: bool(stopped))
    damages = audits.damages(work.store, found.id)
    _tell(found, damages, json=json)
    if found.ended_at is None:
        raise typer.Exit(9)
    if any(damage.mended_at is None for damage in damages):
        raise typer.Exit(DAMAGED)


def restore(
    copy: Annotated[Path, typer.Option("--from", help="A copy of the data folder.")],
    json: Annotated[bool, typer.Option("--json", help="What was put back, as JSON.")] = False,
) -> None:
    """Put back what the last audit found damaged or missing. Only proved files, never over good."""
    work = open_workspace(load_settings())
    done = fixity.restore(work, copy, by="restore")
    if json:
        said = {"put_back": done.put_back, "not_in_copy": done.not_in_copy}
        typer.echo(json_.dumps(said, ensure_ascii=False))
    else:
        typer.echo(say("{n} files were put back.", n=len(done.put_back)))
        for name in done.not_in_copy:
            typer.echo(say("  – Not in the copy, or bad there too: {file}", file=name))
    if done.not_in_copy:
        raise typer.Exit(DAMAGED)


def _tell(found: Audit, damages: list[Damage], *, json: bool) -> None:
    if json:
        typer.echo(
            json_.dumps(
                {
                    "audit": found.id,
                    "begun": found.at.isoformat(),
                    "ended": found.ended_at.isoformat() if found.ended_at else None,
                    "files": found.files,
                    "bytes": found.size,
                    "damages": [
                        {
                            "holdings": damage.holdings,
                            "file": damage.name,
                            "harm": damage.harm.value,
                            "expected": damage.expected,
                            "found": damage.found,
                            "mended": damage.mended_at.isoformat() if damage.mended_at else None,
                        }
                        for damage in damages
                    ],
                },
                ensure_ascii=False,
            )
        )
        return
    if found.ended_at is None:
        typer.echo(say("Stopped after {n} files; the next audit goes on there.", n=found.files))
    else:
        typer.echo(
            say(
                "{n} files, {megabytes} MB looked at: {bad} are not as they were kept.",
                n=found.files,
                megabytes=round(found.size / (1 << 20), 1),
                bad=found.harmed,
            )
        )
    for damage in damages:
        mended = f" · {say('put back')}" if damage.mended_at else ""
        typer.echo(f"  – {say(harm_word(damage))}: {damage.holdings}/{damage.name}{mended}")


def harm_word(damage: Damage) -> str:
    """The message id of what is wrong with a file."""
    return {
        "altered": "altered",
        "missing": "missing",
        "unreadable": "unreadable on the disk",
        "unexpected": "named by nothing",
    }[damage.harm.value]
