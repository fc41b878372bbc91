"""`workbench person | unit`: who may sign in and who hands papers in, without a screen.

A new site has nobody who could open the page People: its first administrator is made here.
"""

from __future__ import annotations

import json as json_
import sys
from typing import Annotated

import typer

from workbench import accounts, units
from workbench.errors import NotReadyError
from workbench.model import Person, Role
from workbench.store import Store
from workbench.words import say
from workbench.workspace import load_settings, open_workspace

person = typer.Typer(no_args_is_help=True, help="Accounts: add, close, list.")
unit = typer.Typer(no_args_is_help=True, help="Units that hand papers in: add, list.")

Name = Annotated[str, typer.Argument(help="Sign-in name.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of stdin.")
]


@person.command("add")
def add_person(
    name: Name,
    shown_as: Annotated[str, typer.Option(help="The person's name as others see it.")],
    roles: Annotated[list[Role], typer.Option("--role", help="May be given several times.")],
    unit: Annotated[str | None, typer.Option(help="Code of the person's unit.")] = None,
    password_stdin: PasswordStdin = False,
) -> None:
    """Add an account. The password is asked for twice, and is never an argument."""
    store = _store()
    if unit is not None and unit not in {known.code for known in store.units()}:
        raise NotReadyError(
            "There is no unit {unit}.", "Add it first, or name another one.", unit=unit
        )
    added = accounts.new_person(
        name,
        shown_as,
        _password(password_stdin),
        roles=[role.value for role in roles],
        unit=unit,
        known={known.name for known in store.persons()},
    )
    store.keep(added)
    print(say("The account was added."))


@person.command("password")
def give_password(name: Name, password_stdin: PasswordStdin = False) -> None:
    """Give an account a new password; its open sessions end."""
    store = _store()
    known = _known(store, name)
    store.keep(accounts.with_password(known, _password(password_stdin)))
    print(say("The password was changed; open sessions of the account have ended."))


@person.command("close")
def close_person(name: Name) -> None:
    """Let nobody sign in with this account any more; what was done with it stays told."""
    store = _store()
    known = _known(store, name)
    closed = accounts.changed(
        known,
        shown_as=known.shown_as,
        roles=known.roles,
        unit=known.unit,
        active=False,
        by="command-line",
        known=store.persons(),
    )
    store.keep(closed)
    print(say("The account was closed; its open sessions have ended."))


@person.command("list")
def list_persons() -> None:
    """The accounts: sign-in name, name, roles, unit, state."""
    for known in _store().persons():
        state = say("active") if known.active else say("closed")
        if known.demo:
            state += f", {say('demo')}"
        cells = (known.name, known.shown_as, ",".join(known.roles), known.unit or "—", state)
        print("  ".join(cells))


@unit.command("add")
def add_unit(
    code: Annotated[str, typer.Argument(help="Short code, as `workbench load --unit` takes it.")],
    name: Annotated[str, typer.Argument(help="The unit's full name.")],
    under: Annotated[
        str | None,
        typer.Option(help='Code of the unit it stands under; "" puts it at the top.'),
    ] = None,
) -> None:
    """Add a unit, or give the unit with this code another name or another place."""
    accounts.check_unit(code, name)
    store = _store()
    store.keep(units.changed(code, name, parent=under, known=store.units()))
    print(say("The unit was saved."))


@unit.command("list")
def list_units(
    json: Annotated[bool, typer.Option("--json", help="One JSON list on stdout.")] = False,
) -> None:
    """The units: code and name, those under a unit behind it."""
    known = units.in_order(_store().units())
    if json:
        told = [{"code": u.code, "name": u.name, "under": u.parent} for _, u in known]
        print(json_.dumps(told, ensure_ascii=False))
        return
    for depth, one in known:
        print(f"{'  ' * depth + one.code:<12} {one.name}")


def _store() -> Store:
    return open_workspace(load_settings()).store


def _known(store: Store, name: str) -> Person:
    found = store.person(name.strip().lower())
    if found is None:
        raise NotReadyError(
            "There is no account {name}.", "`workbench person list` shows all.", name=name
        )
    return found


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password: str = typer.prompt(say("Password"), hide_input=True, err=True)
    again: str = typer.prompt(say("The same password again"), hide_input=True, err=True)
    if password != again:
        raise NotReadyError("The two passwords differ.", "Type the same one twice.")
    return password
