"""`workbench repository`: records, folders and shares without a screen, by the rights of `--by`."""

from __future__ import annotations

import json as json_
from datetime import date, datetime
from typing import Annotated, Any

import typer

from workbench.cli.papers import As, Json
from workbench.errors import NotReadyError
from workbench.flow import cards, custody, withdrawal
from workbench.model import Card, Share, Shelf
from workbench.words import language, say
from workbench.workspace import Workspace, load_settings, open_workspace

app = typer.Typer(
    no_args_is_help=True, help="Records in the repository: find, file, share, withdraw."
)

Record = Annotated[str, typer.Argument(help="Id of the record, as `list` shows it.")]
Why = Annotated[str, typer.Option("--why", help="The reason; it is kept with the act.")]
Own = Annotated[bool, typer.Option("--own", help="A folder of one's own, not of the unit.")]
_ALL_AT_ONCE = 500


@app.command("list")
def list_records(
    by: As,
    search: Annotated[str, typer.Option(help="Words on it, with or without marks.")] = "",
    kind: Annotated[str, typer.Option(help="Id of the form.")] = "",
    year: Annotated[int | None, typer.Option(help="Year of issue.")] = None,
    folder: Annotated[str, typer.Option(help="Id of a folder, with those below it.")] = "",
    shared: Annotated[bool, typer.Option("--shared", help="What others share with me.")] = False,
    json: Json = False,
) -> None:
    """Records that `--by` may see, the newest paper first."""
    work = _open()
    cards.catalogue_new(work, limit=1_000_000)
    sight = custody.sight(work, by)
    shelf = Shelf(kind=kind, year=year, folder=folder, to_me=shared)
    first, total = 0, 1
    while first < total:
        found = cards.find(work, sight, shelf, text=search, limit=_ALL_AT_ONCE, offset=first)
        total = found.total
        first += _ALL_AT_ONCE
        for card in found.cards:
            print(json_.dumps(_told(card), ensure_ascii=False) if json else _line(work, card))
    if not json:
        print(say("{n} records", n=total))


@app.command()
def show(record: Record, by: As, json: Json = False) -> None:
    """A record: its card, its versions, signatures and what was done with it. Opening is noted."""
    work = _open()
    opened = custody.open_record(work, record, by=by)
    signatures = work.store.signatures(record)
    if json:
        told = {
            **_told(opened.card),
            "versions": [
                {"version": v.version, "at": v.at.isoformat(), "files": sorted(v.files)}
                for v in opened.versions
            ],
            "signatures": [
                {"signer": s.signer, "level": s.level, "at": s.at.isoformat(), "trial": s.trial}
                for s in signatures
            ],
            "operations": [
                {"act": e.act, "by": e.by, "at": e.at.isoformat(), "why": e.why}
                for e in opened.events
            ],
        }
        print(json_.dumps(told, ensure_ascii=False))
        return
    print(_line(work, opened.card))
    for version in opened.versions:
        print(f"  {version.version}  {_moment(version.at)}  {', '.join(sorted(version.files))}")
    for signature in signatures:
        print(f"  {signature.level}  {_moment(signature.at)}  {signature.signer}")
    for event in opened.events:
        print(f"  {event.act:<12} {_moment(event.at)}  {event.by}  {event.why}")


@app.command()
def folders(by: As, own: Own = False, json: Json = False) -> None:
    """The folders of the unit, or one's own, as they lie in one another."""
    found = custody.folders(_open(), by=by, own=own)
    depths = custody.depths(found)
    for folder in found:
        if json:
            told = {"folder": folder.id, "name": folder.name, "parent": folder.parent}
            print(json_.dumps(told, ensure_ascii=False))
        else:
            print(f"{folder.id}  {'  ' * depths[folder.id]}{folder.name}")


@app.command("make-folder")
def make_folder(
    name: Annotated[str, typer.Argument(help="What lies in it.")],
    by: As,
    parent: Annotated[str, typer.Option(help="Id of the folder that it lies in.")] = "",
    own: Own = False,
) -> None:
    """Make a folder; its id is printed."""
    print(custody.make_folder(_open(), name, by=by, own=own, parent=parent).id)


@app.command()
def move(
    record: Annotated[str, typer.Argument(help="Id of a record or of a folder.")],
    by: As,
    to: Annotated[str, typer.Option("--to", help="Id of a folder; empty: to the top, out.")] = "",
    own: Own = False,
) -> None:
    """Lay a record into a folder, or a folder into another one."""
    work = _open()
    if work.store.record_folder(record) is not None:
        custody.move_folder(work, record, to, by=by)
        print(say("The folder was moved."))
        return
    custody.file_record(work, record, to, by=by, own=own)
    print(say("The record was moved."))


@app.command()
def share(
    record: Annotated[str, typer.Argument(help="Id of a record or of a folder of the unit.")],
    by: As,
    person: Annotated[str, typer.Option(help="Sign-in name of who may see it.")] = "",
    unit: Annotated[str, typer.Option(help="Code of the unit that may see it.")] = "",
    until: Annotated[str, typer.Option(help="The last day, YYYY-MM-DD.")] = "",
    why: Why = "",
) -> None:
    """Let a person or a unit see it; the id of the share is printed."""
    work = _open()
    is_folder = work.store.record_folder(record) is not None
    given = custody.share(
        work,
        by=by,
        document="" if is_folder else record,
        folder=record if is_folder else "",
        to_person=person,
        to_unit=unit,
        until=_day(until),
        why=why,
    )
    print(given.id)


@app.command()
def shares(by: As, json: Json = False) -> None:
    """What is shared by this person or their unit, and what with them."""
    work = _open()
    for way, found in (
        ("by", custody.shared_by(work, by=by)),
        ("with", custody.shared_with(work, by=by)),
    ):
        for given in found:
            told = {"way": way, **_terms(given)}
            print(
                json_.dumps(told, ensure_ascii=False)
                if json
                else "  ".join(str(value) for value in told.values() if value)
            )


@app.command()
def revoke(
    share: Annotated[str, typer.Argument(help="Id of the share, as `shares` shows it.")],
    by: As,
    why: Why = "",
) -> None:
    """End a share now."""
    custody.revoke(_open(), share, by=by, why=why)
    print(say("The share was ended."))


@app.command()
def withdraw(record: Record, by: As, why: Why) -> None:
    """Withdraw a record with a reason; every version of it stays. Prints the new version."""
    print(withdrawal.withdraw(_open(), record, by=by, why=why).version)


@app.command()
def restore(record: Record, by: As, why: Why) -> None:
    """Bring a withdrawn record back as it was, with a reason."""
    print(withdrawal.restore(_open(), record, by=by, why=why).version)


def _open() -> Workspace:
    return open_workspace(load_settings())


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotReadyError("This is no day.", "Write it as 2026-12-31.") from None


def _line(work: Workspace, card: Card) -> str:
    template = work.templates.get(card.kind)
    kind = template.title[language()] if template else card.kind
    state = say("Withdrawn") if card.withdrawn_at else card.version
    return "  ".join((card.document, card.number or "—", card.holder_name or "—", kind, state))


def _told(card: Card) -> dict[str, Any]:
    return {
        "record": card.document,
        "unit": card.unit,
        "kind": card.kind,
        "number": card.number,
        "holder": card.holder_name,
        "issued": card.issued,
        "expires": card.expires,
        "version": card.version,
        "withdrawn": card.withdrawn_why if card.withdrawn_at else None,
    }


def _terms(given: Share) -> dict[str, str]:
    return {
        "share": given.id,
        "record": given.document,
        "folder": given.folder,
        "to": given.to_person or given.to_unit,
        "until": given.until.isoformat() if given.until else "",
        "revoked": given.revoked_at.isoformat() if given.revoked_at else "",
        "by": given.by,
    }


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
