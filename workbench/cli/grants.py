"""`workbench grant`: who may see, use, change, submit and authorise which template, and why."""

from __future__ import annotations

import json as json_
from datetime import date, datetime
from typing import Annotated, Any

import typer

from workbench.errors import NotAllowedError, NotReadyError
from workbench.flow import granting
from workbench.flow.people import account
from workbench.grants import Answer, GrantState, local_day, state
from workbench.model import Right, Role, TemplateGrant, now
from workbench.store import grants as kept
from workbench.words import say
from workbench.workspace import load_settings, open_workspace

grant = typer.Typer(
    no_args_is_help=True, help="Rights on templates: give, revoke, list, and who may do what."
)

Template = Annotated[str, typer.Argument(help="The template's id.")]
By = Annotated[str, typer.Option(help="Sign-in name of the administrator who does it.")]
Why = Annotated[str, typer.Option(help="Why; kept with it.")]
Day = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day that is asked about: today.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON list on stdout.")]


@grant.command("list")
def list_(
    template: Annotated[str | None, typer.Option(help="Only those on this template.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that have ended or were revoked.")
    ] = False,
    json: Json = False,
) -> None:
    """The grants that hold or will: their id, right, template, for whom, days, by whom and why."""
    work = open_workspace(load_settings())
    today = local_day(now())
    found = [
        (one, state(one, today))
        for one in kept.grants(work.store, template)
        if everything or state(one, today) in (GrantState.HOLDS, GrantState.BEGINS)
    ]
    if json:
        told = [one.model_dump(mode="json") | {"state": stands.value} for one, stands in found]
        print(json_.dumps(told, ensure_ascii=False))
        return
    for one, stands in found:
        print(f"{one.id}  {one.template}  {one.right}  {_whom(one)}  {_days(one)}  {stands}")


@grant.command()
def give(
    template: Template,
    rights: Annotated[list[Right], typer.Argument(help="One or several rights.")],
    by: By,
    why: Why,
    unit: Annotated[str, typer.Option(help="Code of a unit; with those under it.")] = "",
    role: Annotated[Role | None, typer.Option(help="Only who has this role.")] = None,
    person: Annotated[str, typer.Option(help="Sign-in name: only this person.")] = "",
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day: today.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day: none.")
    ] = None,
) -> None:
    """Give rights on a template. Without unit, role and person they are everybody's.

    Ends with 8 where it is not allowed: by no administrator, or to oneself.
    """
    given = granting.give(
        open_workspace(load_settings()),
        template,
        rights,
        by=by,
        why=why,
        unit=unit,
        role=role.value if role else "",
        person=person,
        since=_day(since),
        until=_day(until),
    )
    for one in given:
        print(f"{one.id}  {one.right}  {_whom(one)}  {_days(one)}")
    print(say("{n} rights were given.", n=len(given)))


@grant.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="GRANT", help="Its id, as `list` tells it.")],
    by: By,
    why: Why,
) -> None:
    """End a grant now; that it was there stays told. Ends with 8 where it is not allowed."""
    granting.revoke(open_workspace(load_settings()), key, by=by, why=why)
    print(say("The grant was revoked; it counts at once."))


@grant.command()
def release(
    template: Template,
    by: Annotated[str, typer.Option(help="Sign-in name of who lets them go on.")],
) -> None:
    """Have the papers read that were held for want of a right which is there now."""
    gone = granting.let_go_on(open_workspace(load_settings()), template, by=by)
    print(say("{n} papers go on to be read.", n=gone))


@grant.command()
def who(
    template: Template,
    right: Annotated[Right | None, typer.Option(help="Only this right.")] = None,
    unit: Annotated[str, typer.Option(help="Ask for this unit alone: may it use it?")] = "",
    on: Day = None,
    json: Json = False,
) -> None:
    """Who may do what with a template, and by which grant; who may not, and why.

    With --unit one answer: it ends with 8 where the unit may not.
    """
    work = open_workspace(load_settings())
    told = granting.why(work, template, on=_day(on))
    if not told.grants and template not in work.templates:
        raise NotReadyError(
            "There is no form {form}.", "Choose one of the known forms.", form=template
        )
    lines = [
        {"person": person.name, "unit": person.unit or "", **_said(one, answer)}
        for person, rights in told.people
        for one, answer in rights.items()
        if right in (None, one) and not unit
    ]
    if right in (None, Right.USE):
        lines += [
            {"unit": known.code, **_said(Right.USE, answer)}
            for known, answer in told.units
            if unit in ("", known.code)
        ]
    if unit and not lines:
        raise NotReadyError(
            "There is no unit {unit}.", "Add it first, or name another one.", unit=unit
        )
    _print(lines, json)
    if unit and not lines[0]["allowed"]:
        raise NotAllowedError(
            "The unit {unit} may not use the template {template}.",
            unit=unit,
            template=granting.title(work, template),
        )


@grant.command()
def what(
    person: Annotated[str, typer.Argument(help="Sign-in name.")],
    template: Annotated[str, typer.Option(help="Only on this template.")] = "",
    on: Day = None,
    json: Json = False,
) -> None:
    """What a person may do with each template, by which grant, and why not what they may not."""
    work = open_workspace(load_settings())
    found = granting.what(work, account(work, person), on=_day(on))
    lines = [
        {"template": known, **_said(right, answer)}
        for known, rights in found.items()
        if template in ("", known)
        for right, answer in rights.items()
    ]
    _print(lines, json)


def _said(right: Right, answer: Answer) -> dict[str, Any]:
    return {
        "right": right.value,
        "allowed": answer.allowed,
        "grants": [one.id for one in answer.grants],
        "why": say(answer.because)
        if answer.because
        else "; ".join(_whom(one) for one in answer.grants),
    }


def _print(lines: list[dict[str, Any]], json: bool) -> None:
    if json:
        print(json_.dumps(lines, ensure_ascii=False))
        return
    for line in lines:
        whose = line.get("person") or line.get("template") or line["unit"]
        print(f"{'✓' if line['allowed'] else '—'} {whose:20} {line['right']:10} {line['why']}")


def _whom(one: TemplateGrant) -> str:
    parts = {"unit": one.unit, "role": one.role, "person": one.person}
    named = ", ".join(f"{name} {value}" for name, value in parts.items() if value)
    return named or (say("Every unit") if one.right is Right.USE else say("Everybody"))


def _days(one: TemplateGrant) -> str:
    return f"{one.since.isoformat()} – {one.until.isoformat() if one.until else '…'}"


def _day(at: datetime | None) -> date | None:
    return at.date() if at else None
