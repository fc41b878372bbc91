"""`workbench survey import | list`: how many papers there are to digitise, without a screen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.errors import NotReadyError
from workbench.exchange import sheets
from workbench.model import now
from workbench.store.survey import keep_survey
from workbench.store.survey import survey as kept_survey
from workbench.survey import check
from workbench.words import language, say
from workbench.workspace import load_settings, open_workspace

survey = typer.Typer(no_args_is_help=True, help="Papers to digitise and targets: import, list.")


@survey.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="Excel or CSV; the first row names the columns.")],
    by: Annotated[str, typer.Option("--by", help="Sign-in name of who answers for it.")],
) -> None:
    """Take in the survey of the units that the file names, whole or not at all.

    Needed columns: Mã đơn vị, Thời điểm cấp (trước / từ 01/7/2022), Tổng số, and Lĩnh vực or Loại
    giấy tờ; also Cấp, Chỉ tiêu, Thời hạn, Dịch vụ công thiết yếu. Exit code 3 for bad rows.
    """
    work = open_workspace(load_settings())
    if work.store.person(by) is None:
        raise NotReadyError(
            "There is no account {name}.", "`workbench person list` shows all.", name=by
        )
    found = check(
        sheets.read(file),
        units={unit.code: unit.name for unit in work.store.units()},
        kinds={id_: template.title["vi"] for id_, template in work.templates.items()},
        by=by,
        at=now(),
    )
    for fault in found.faults:
        print(say("Row {row} — {what}", row=fault.row, what=say(fault.sentence)))
    if found.faults:
        print(say("Nothing was taken in."))
        raise typer.Exit(3)
    keep_survey(work.store, found.lines)
    print(
        say(
            "{lines} lines with {papers} papers were taken in.",
            lines=len(found.lines),
            papers=sum(line.papers for line in found.lines),
        )
    )


@survey.command("list")
def list_() -> None:
    """The survey as it stands: unit, field, kind, regime, papers, target, due day."""
    work = open_workspace(load_settings())
    for line in kept_survey(work.store):
        template = work.templates.get(line.kind)
        kind = template.title[language()] if template else line.area
        regime = say("before 01/7/2022") if line.regime == "before" else say("from 01/7/2022")
        cells = (line.unit, kind, regime, str(line.papers), str(line.target),
                 f"{line.due:%d/%m/%Y}")  # fmt: skip
        print("  ".join(cells))
