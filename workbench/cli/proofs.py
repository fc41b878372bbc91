"""`workbench seals`: by which profiles, proof for longer, and the next signature of a profile."""

from __future__ import annotations

import json as json_
from typing import Annotated

import typer

from workbench import flow
from workbench.cli.papers import As, Json
from workbench.model import now
from workbench.store import proofs
from workbench.words import language, say
from workbench.workspace import load_settings, open_workspace, seal_rules

seals = typer.Typer(no_args_is_help=True, help="Seals: profiles, proof for longer, next signature.")


@seals.command("profiles")
def list_profiles(json: Json = False) -> None:
    """The profiles that a batch can be sealed by; the usual one is starred."""
    rules = seal_rules(load_settings())
    for profile in rules.profiles.values():
        level = str(rules.wanted(profile))
        if json:
            told = {"id": profile.id, "title": profile.title, "level": level,
                    "source": profile.source, "fields": [s.field for s in profile.seals],
                    "usual": profile.id == rules.usual}  # fmt: skip
            print(json_.dumps(told, ensure_ascii=False))
        else:
            star = "*" if profile.id == rules.usual else " "
            print(f"{star} {profile.id:22} {level:6} {profile.title[language()]}")


@seals.command("renew")
def renew(
    everything: Annotated[
        bool, typer.Option("--all", help="Look at every sealed PDF, not only those noted as due.")
    ] = False,
    json: Json = False,
) -> None:
    """Complete and renew the proof of seals that are due; each becomes a version in the repository.

    Workers do the same when idle. Exit code 10 when one could not be proven now.
    """
    work = open_workspace(load_settings())
    at = now()
    if everything:
        proofs.prove_all(work.store, at)
    proven, failed = 0, 0
    while waiting := len(proofs.proofs_due(work.store, at, limit=100)):
        done = flow.prove(work, by="command-line", at=at, limit=waiting)
        proven, failed = proven + done.proven, failed + len(done.failed)
    if json:
        print(json_.dumps({"proven": proven, "failed": failed}))
    else:
        print(say("{n} seals were given new proof, {failed} could not.", n=proven, failed=failed))
    if failed:
        raise typer.Exit(10)


@seals.command("countersign")
def countersign(by: As, json: Json = False) -> None:
    """Make the next signature of their profile, with the key of the settings, as approver `--by`.

    For profiles where a person signs first and the agency second. The PIN is asked for once.
    """
    settings = load_settings()
    pin = None
    if settings.sealing not in ("trial", "smartca"):
        pin = str(typer.prompt(say("PIN of the agency's key"), hide_input=True, err=True))
    work = open_workspace(settings, pin=pin)
    if not json:
        print(say("Sealing by {name}.", name=work.signer.common_name))
    done = flow.countersign(work, by=by)
    if json:
        print(json_.dumps({"signed": done.proven, "failed": len(done.failed)}))
    else:
        print(say("{n} records were given their next signature.", n=done.proven))
    if done.failed:
        raise typer.Exit(10)
