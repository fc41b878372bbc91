"""`workbench verify`: is this file what was sealed? And the list of what was exported."""

from __future__ import annotations

import json as json_
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from workbench import exchange, signing
from workbench.errors import UnreadableFileError
from workbench.model import Document
from workbench.signing import State, Verdict
from workbench.words import remedy, say
from workbench.workspace import Workspace, load_settings

UNREADABLE = 24
_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_EXIT_CODES: Mapping[State, int] = {
    State.INTACT: 0,
    State.ALTERED: 21,
    State.UNTRUSTED: 22,
    State.UNSIGNED: 23,
}
# Of several files the worst gives the exit code.
_WORST_FIRST = (21, UNREADABLE, 22, 23, 0)


def verify(
    files: Annotated[list[Path], typer.Argument(help="Signed PDF files.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object a file.")] = False,
    trust: Annotated[
        list[Path] | None,
        typer.Option(help="Certificates (PEM) whose word counts; again for more."),
    ] = None,
) -> None:
    """Say whether files are intact, altered, untrusted or unsigned. Nothing is fetched or kept.

    Exit code 0 intact, 21 altered, 22 untrusted, 23 unsigned, 24 no PDF; of several the worst.
    """
    anchors = signing.trust(load_settings().keys_folder, tuple(trust or ()))
    codes = [_tell(file, anchors, json=json) for file in files]
    if worst := next(code for code in _WORST_FIRST if code in codes):
        raise typer.Exit(worst)


def _tell(file: Path, trust: signing.Trust, *, json: bool) -> int:
    try:
        verdict = signing.verify(file, trust)
    except UnreadableFileError as error:
        if json:
            _print_json({"file": str(file), "state": "unreadable", "said": say(error)})
        else:
            typer.echo(f"{file}: {say(error)} {remedy(error)}")
        return UNREADABLE
    if json:
        said = {"said": say(verdict.sentence)}
        _print_json({"file": str(file), **verdict.as_json(), **said})
    else:
        typer.echo(f"{file}: {_in_words(verdict)}")
    return _EXIT_CODES[verdict.state]


def _in_words(verdict: Verdict) -> str:
    lines = [say(verdict.sentence)]
    for signature in verdict.signatures:
        if signature.signer:
            lines.append(say("  Signed by: {signer}", signer=signature.signer))
        if signature.at:
            at = signature.at.astimezone(_VIETNAM).isoformat(timespec="seconds")
            lines.append(say("  Signed at (as the signer says): {at}", at=at))
        lines += [f"  – {say(detail)}" for detail in signature.details]
    return "\n".join(lines)


def _print_json(said: Mapping[str, Any]) -> None:
    typer.echo(json_.dumps(said, ensure_ascii=False))


def export_list(work: Workspace, path: Path) -> int:
    """Write the list of all exported documents to an Excel file and return how many there are."""

    def called(document: Document) -> str:
        template = work.templates.get(document.kind or "")
        return template.title["vi"] if template else document.kind or ""

    return exchange.write_list(exchange.exported(work.store, kind=called), path)
