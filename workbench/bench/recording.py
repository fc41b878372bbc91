"""What was read of a folder, kept as JSON lines with every vote, so that it can be scored again.

Reading a batch takes minutes and scoring it seconds: a recording parts the two. A line is what
`workbench read --json` prints of a document, and under `recorded` what led to it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.errors import NotReadyError
from workbench.executors import Processes
from workbench.flow.files import ReadPaper, read_files
from workbench.lab import Answer, Paper, ReadField, Truth
from workbench.reconciliation import Vote
from workbench.template import Template
from workbench.workspace import Settings, open_readers

Line = Mapping[str, Any]


def lines(path: Path) -> list[dict[str, Any]]:
    """The JSON objects of a file, one a line. Raises NotReadyError where there is no such file."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise NotReadyError(
            "{name} is missing.", "Name a folder that holds it.", name=path.name
        ) from error
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def keep(path: Path, recorded: Iterable[Line]) -> None:
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in recorded)
    path.write_text(text, encoding="utf-8")


def read_folder(folder: Path, truth: Iterable[Line], settings: Settings) -> list[dict[str, Any]]:
    """Read every file that the truth names; one line a document."""
    readers = open_readers(settings)
    given = {str(folder / entry["file"]): str(entry["file"]) for entry in truth}
    with Processes(
        settings.readers, seconds=settings.page_seconds, megabytes=settings.page_megabytes
    ) as executor:
        return [
            {**_recorded(paper), "file": given.get(paper.file, paper.file)}
            for paper in read_files(
                map(Path, given),
                engines=readers.engines,
                templates=readers.templates,
                executor=executor,
                calibration=readers.calibration,
            )
        ]


def _recorded(paper: ReadPaper) -> dict[str, Any]:
    return {
        **paper.as_json(),
        "cpu_seconds": round(paper.cpu_seconds, 3),
        "recorded": {
            "page_seconds": dict(paper.engines),
            "fields": {
                field.name: {
                    "value": field.value,
                    "norm": field.normalised,
                    "accepted": field.accepted,
                    "votes": [vote.as_json() for vote in field.votes],
                    "seconds": {
                        engine: round(
                            sum(v.cpu_seconds for v in field.readings if v.engine == engine), 4
                        )
                        for engine in {voice.engine for voice in field.readings}
                    },
                }
                for field in paper.fields
            },
        },
    }


def by_file(recorded: Iterable[Line]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = defaultdict(list)
    for line in recorded:
        found[Path(line["file"]).name].append(line)
    return found


def nearest(document: Line, found: Sequence[Line]) -> Line | None:
    """The line that covers most of the pages of a document; None where none covers any."""
    pages = set(document["pages"])
    return max(
        (line for line in found if set(line.get("pages", [])) & pages),
        key=lambda line: len(set(line["pages"]) & pages),
        default=None,
    )


def papers(
    truth: Iterable[Line], recorded: Iterable[Line], templates: Mapping[str, Template]
) -> Iterator[Paper]:
    """Every known document of the truth with what was read of it, for the engine lab.

    Lines without `recorded` give nothing: they say what came out, and not how.
    """
    read = by_file(line for line in recorded if "recorded" in line)
    for entry in truth:
        found = read.get(Path(entry["file"]).name, [])
        for document in entry["documents"]:
            if document["form_type"] != "unknown":
                yield _paper(document, nearest(document, found), templates)


def _paper(document: Line, line: Line | None, templates: Mapping[str, Template]) -> Paper:
    truths = {
        name: (_truth(field), cuts_of(document, field))
        for name, field in document["fields"].items()
        if is_visible(field)
    }
    template = templates.get(line["type"]) if line and line["type"] else None
    if line is None or template is None:
        lost = tuple(_lost(name, *truth) for name, truth in truths.items())
        return Paper(None, (), lost)
    kept = line["recorded"]["fields"]
    fields = []
    for name, field in kept.items():
        truth, cuts = truths.get(name, (None, ()))
        fields.append(
            ReadField(
                name,
                tuple(map(Vote.from_json, field["votes"])),
                Answer(field["value"], field["norm"], field["accepted"]),
                truth,
                (*cuts, f"kind:{template.spec(name).kind}") if truth else (),
                field["seconds"],
            )
        )
    lost = tuple(_lost(name, *truth) for name, truth in truths.items() if name not in kept)
    pages = len(line["pages"]) or 1
    seconds = {e: cost / pages for e, cost in line["recorded"]["page_seconds"].items()}
    return Paper(template, tuple(fields), lost, (seconds,) * pages)


def _lost(name: str, truth: Truth, cuts: tuple[str, ...]) -> ReadField:
    return ReadField(name, (), Answer("", ""), truth, cuts)


def _truth(field: Line) -> Truth:
    return Truth(str(field["value"]), str(field["norm"]), is_date=field["kind"] == "date")


def is_visible(field: Line) -> bool:
    """Whether the field stands anywhere on the scan."""
    return any(o.get("visible", True) for o in field["occurrences"])


def cuts_of(document: Line, field: Line) -> tuple[str, ...]:
    """The groups that a field of the truth is counted in, besides all."""
    seen = [o for o in field["occurrences"] if o.get("visible", True)]
    style = "print" if all(o["style"] == "print" for o in seen) else "hand"
    level = document["level"]
    stamped = any(o.get("under_stamp") for o in seen)
    return (level, style, f"{level}/{style}", document["form_type"], f"under_stamp={stamped}")
