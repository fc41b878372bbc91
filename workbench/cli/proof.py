"""`workbench verify`: is this file what was sealed? And the list of what was exported."""

from __future__ import annotations

import json as json_
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from workbench import exchange, signing
from workbench.errors import UnreadableFileError
from workbench.model import Document
from workbench.signing import State
from workbench.store import Store, Unreachable
from workbench.verification import Examined, Inventory, RootInventory, StoreInventory, examine
from workbench.words import remedy, say
from workbench.workspace import Settings, Workspace, load_settings

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
    files: Annotated[
        list[Path], typer.Argument(help="Signed files, packages, bags, repositories, folders.")
    ],
    json: Annotated[bool, typer.Option("--json", help="One JSON object a file.")] = False,
    trust: Annotated[
        list[Path] | None,
        typer.Option(
            help="Whose word counts: a certificate, or a folder with roots, intermediate "
            "certificates, CRLs and OCSP responses; again for more."
        ),
    ] = None,
    inventory: Annotated[
        Path | None,
        typer.Option(help="A repository (OCFL) to compare with, instead of this workbench's."),
    ] = None,
) -> None:
    """Say whether files are intact, altered, untrusted or unsigned. Nothing is fetched or kept.

    First the digest in our inventory, then what came along, then each signature. Exit code 0
    intact, 21 altered, 22 untrusted, 23 unsigned, 24 no PDF; of several the worst.
    """
    settings = load_settings()
    anchors = signing.trust(settings.keys_folder, tuple(trust or ()), settings.trust)
    known = RootInventory(inventory) if inventory else own_inventory(settings)
    if not json:
        typer.echo(say("Bundle of trust: {digest}", digest=anchors.digest[:16]))
    codes: list[int] = []
    for file in files:
        try:
            for found in examine(file, anchors, known):
                _tell(found, json=json)
                codes.append(_EXIT_CODES[found.state])
        except UnreadableFileError as error:
            codes.append(_tell_unreadable(file, error, json=json))
    if worst := next(code for code in _WORST_FIRST if code in codes):
        raise typer.Exit(worst)


def own_inventory(settings: Settings) -> Inventory | None:
    """What this workbench keeps; None where there is no store. Nothing is made by asking."""
    root = settings.data / "repository" / "ocfl-root"
    if settings.database or (settings.data / "workbench.db").exists():
        store = Store(settings.database_url, settings.data / "objects")
        try:
            store.ping()
        except Unreachable:
            return RootInventory(root) if root.exists() else None
        return StoreInventory(store, root)
    return RootInventory(root) if root.exists() else None


def _tell(found: Examined, *, json: bool) -> None:
    if json:
        _print_json({**found.as_json(), "said": say(found.sentence)})
        return
    typer.echo(f"{found.name}: {_in_words(found)}")


def _tell_unreadable(file: Path, error: UnreadableFileError, *, json: bool) -> int:
    if json:
        _print_json({"file": str(file), "state": "unreadable", "said": say(error)})
    else:
        typer.echo(f"{file}: {say(error)} {remedy(error)}")
    return UNREADABLE


def _in_words(found: Examined) -> str:
    lines = [say(found.sentence), f"  {say(found.kept)}"]
    lines += [f"  – {say(flaw)}" for flaw in found.flaws if flaw != found.kept]
    for signature in found.verdict.signatures if found.verdict else ():
        if signature.signer:
            lines.append(say("  Signed by: {signer}", signer=signature.signer))
        if signature.at:
            lines.append(say("  Signed at (as the signer says): {at}", at=_moment(signature.at)))
        if signature.confirmed:
            lines.append(
                say("  Confirmed by an authority of time: {at}", at=_moment(signature.confirmed))
            )
        lines += [f"  – {say(line)}" for line in signature.lines]
    return "\n".join(lines)


def _moment(at: datetime) -> str:
    return at.astimezone(_VIETNAM).isoformat(timespec="seconds")


def _print_json(said: Mapping[str, Any]) -> None:
    typer.echo(json_.dumps(said, ensure_ascii=False))


def export_list(work: Workspace, path: Path) -> int:
    """Write the list of all exported documents to an Excel file and return how many there are."""

    def called(document: Document) -> str:
        template = work.templates.get(document.kind or "")
        return template.title["vi"] if template else document.kind or ""

    return exchange.write_list(exchange.exported(work.store, kind=called), path)
