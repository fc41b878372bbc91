"""`workbench report`: the commanders' report into a folder, by hand or by a timer."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from workbench.analytics import Questions
from workbench.errors import NotReadyError
from workbench.exchange import reports
from workbench.model import now
from workbench.store.survey import survey
from workbench.words import language, say
from workbench.workspace import load_settings, open_workspace


def report(
    to: Annotated[Path, typer.Option("--to", help="Folder to write into.")],
    month: Annotated[
        str, typer.Option(help="A month as 2026-10; without any day, the month before this one.")
    ] = "",
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    unit: Annotated[str, typer.Option(help="Code of a unit; without, all units.")] = "",
    formats: Annotated[
        list[str] | None, typer.Option("--format", help="xlsx, docx, pdf; again for more.")
    ] = None,
) -> None:
    """Write the report of a month, or from day to day, as Excel, Word and PDF."""
    work = open_workspace(load_settings())
    names = {known.code: known.name for known in work.store.units()}
    if unit and unit not in names:
        raise NotReadyError(
            "There is no unit {unit}.", "Add it first, or name another one.", unit=unit
        )
    wanted = tuple(formats or reports.FORMATS)
    if strange := [ending for ending in wanted if ending not in reports.FORMATS]:
        raise NotReadyError(
            "There is no report as {format}.", "Ask for xlsx, docx or pdf.", format=strange[0]
        )
    at = now()
    first, last = _period(month, since, until, today=at.astimezone(reports.VIETNAM).date())
    work.lake.refresh(work.store, at=at)
    found = reports.report(
        Questions(work.lake),
        survey(work.store),
        agency=work.agency,
        names=names,
        kind=lambda kind: (
            work.templates[kind].title[language()]
            if kind in work.templates
            else kind or say("Kind not known")
        ),
        since=first,
        until=last,
        unit=unit or None,
        at=at,
    )
    for path in reports.write(found, to, wanted):
        print(path)


def _period(
    month: str, since: datetime | None, until: datetime | None, *, today: date
) -> tuple[date, date]:
    if since or until:
        if month:
            raise NotReadyError("Give a month or days, not both.", "Leave one of them out.")
        last = until.date() if until else today
        first = since.date() if since else last.replace(day=1)
        if first > last:
            raise NotReadyError("The first day lies after the last.", "Give the earlier day first.")
        return first, last
    if not month:
        last = today.replace(day=1) - timedelta(days=1)
        return last.replace(day=1), last
    try:
        first = datetime.strptime(month, "%Y-%m").date()
    except ValueError as error:
        raise NotReadyError("{month} is no month.", "Write it as 2026-10.", month=month) from error
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
