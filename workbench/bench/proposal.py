"""`workbench bench proposal`: how much of a form is read with a template that nobody has drawn.

Each known form in turn is taken for unknown: its template is laid aside, one is proposed from three
of its scans and the other scans are read with that, by every engine. The one thing a hand does is
naming: which suggestion is which field is told by the values on the three scans.
"""

from __future__ import annotations

import json as json_
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rapidfuzz import fuzz

from workbench import intake, proposing, vietnamese
from workbench.bench.accuracy import Limit
from workbench.bench.recording import lines
from workbench.calibration import Calibration
from workbench.errors import NotReadyError, ReadingFailedError
from workbench.flow import proposals, recognise
from workbench.lab import Share
from workbench.seams import OcrEngine
from workbench.template import Template, load_all
from workbench.workspace import load_settings, open_readers

LIMIT: Final = Limit("fields read without any hand", "print", 0.8)
_SAME_NAME: Final = 15  # of 100 that a suggestion is liker for being called like the field
_ALIKE: Final = 80  # likeness from which a suggestion is a field, on the scans it was made from


@dataclass(frozen=True, slots=True)
class _Paper:
    """A paper of the truth with its pages as the engines read them."""

    truth: Mapping[str, Any]
    pages: tuple[recognise.ReadPage, ...]

    @property
    def values(self) -> dict[str, tuple[str, str]]:
        """Field -> its value, and its kind; only what stands on the paper."""
        return {
            name: (told["norm" if told["kind"] == "date" else "value"], told["kind"])
            for name, told in self.truth["fields"].items()
            if any(one.get("visible", True) for one in told["occurrences"])
        }

    @property
    def cut(self) -> str:
        return "hand" if self.truth["fill"] == "hand" else "print"


def command(
    folder: Annotated[Path, typer.Argument(help="A folder with truth.jsonl and its files.")],
    most: Annotated[int, typer.Option(help="Other scans of each form to be read.", min=1)] = 4,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Propose each known form from three scans and read others of it with the proposal."""
    settings = load_settings()
    readers = open_readers(settings)
    templates = load_all(settings.templates)
    truth = lines(folder / "truth.jsonl")
    figures: dict[str, Any] = {"forms": {}}
    tally: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for kind in templates:
        known = tuple(t for name, t in templates.items() if name != kind)
        with tempfile.TemporaryDirectory(prefix="workbench-proposal-") as room:
            figures["forms"][kind] = _form(
                folder, truth, kind, known, readers.engines, readers.calibration, most,
                Path(room), tally,
            )  # fmt: skip
    shares = {cut: Share(right, of) for cut, (right, of) in sorted(tally.items())}
    figures["read"] = {cut: share.as_json() for cut, share in shares.items()}
    figures["limit"] = LIMIT.against(shares.get(LIMIT.cut, Share(0, 0)))
    figures["engines"] = [engine.name for engine in readers.engines]
    if json:
        print(json_.dumps(figures, ensure_ascii=False))
        return
    for cut, share in shares.items():
        print(f"{cut:24} {share.right:5}/{share.of:<5} {100 * share.share:6.1f} %")
    limit = figures["limit"]
    print(f"{LIMIT.name}: ≥{100 * limit['limit']:.0f} %, {100 * limit['reached']:.1f} % reached,"
          f" ratio {limit['ratio']}, n={limit['cases']}")  # fmt: skip


def _form(
    folder: Path,
    truth: Sequence[Mapping[str, Any]],
    kind: str,
    known: tuple[Template, ...],
    engines: Sequence[OcrEngine],
    calibration: Calibration,
    most: int,
    room: Path,
    tally: dict[str, list[int]],
) -> dict[str, Any]:
    mine = [(e["file"], d) for e in truth for d in e["documents"] if d["form_type"] == kind]
    # Somebody who proposes a form takes scans that are filled in by a machine and well scanned.
    good = [t for t in mine if t[1]["fill"] == "print" and t[1]["level"] != "bad"]
    chosen = good[: proposing.FEWEST]
    if len(chosen) < proposing.FEWEST:
        raise NotReadyError("There are too few scans of {form}.", "Name another folder.", form=kind)
    others = [told for told in mine if told not in chosen][:most]
    first = [_read(folder / file, d, engines, room / f"a{n}") for n, (file, d) in enumerate(chosen)]
    copies = [
        proposing.Copy(
            tuple(proposals.of_words(page.words, page.warp) for page in paper.pages),
            tuple(page.warp for page in paper.pages),
        )
        for paper in first
    ]
    found = proposing.propose(copies, known)
    template = found.template("proposed")
    named = _named(found, first)
    wrong: dict[str, int] = defaultdict(int)
    for number, (file, document) in enumerate(others):
        paper = _read(folder / file, document, engines, room / f"b{number}")
        task = recognise.UnderstandTask(
            paper.pages, (*known, template), tuple(engines), calibration
        )
        seen = recognise.understand(task)
        values = {f.name: f for f in seen.fields} if seen.template == template.id else {}
        for name, (value, field_kind) in paper.values.items():
            if "." in name:
                continue
            got = values.get(named.get(name, ""))
            said = (got.normalised if field_kind == "date" else got.value) if got else ""
            right = vietnamese.key(said) == vietnamese.key(value)
            for cut in ("all", paper.cut, f"form:{kind}", f"{paper.truth['level']}/{paper.cut}"):
                tally[cut][0] += right
                tally[cut][1] += 1
            wrong[name] += not right
        print(f"{kind} {number + 1}/{len(others)}", file=sys.stderr)
    return {
        "from": [file for file, _ in chosen],
        "read": len(others),
        "suggested": len(found.fields),
        "taken": sum(one.taken for one in found.fields),
        "anchors": len(found.anchors),
        "columns": sorted(found.items.columns) if found.items else [],
        "named": named,
        "not_found": sorted(n for n in first[0].values if "." not in n and n not in named),
        "wrong": {name: count for name, count in sorted(wrong.items()) if count},
    }


def _named(found: proposing.Proposal, papers: Sequence[_Paper]) -> dict[str, str]:
    """Field of the truth -> the suggestion that has its values on the scans it was made from."""
    named: dict[str, str] = {}
    fields = dict.fromkeys(name for paper in papers for name in paper.values if "." not in name)
    for field in fields:
        best, name = 0.0, ""
        for one in found.fields:
            if not one.taken:
                continue
            likes = [
                fuzz.ratio(
                    vietnamese.fold(example),
                    vietnamese.fold(paper.truth["fields"].get(field, {}).get("value", "")),
                )
                for example, paper in zip(one.examples, papers, strict=True)
                if field in paper.values
            ]
            mean = sum(likes) / len(likes)
            mean += _SAME_NAME if one.name == field else 0
            if mean > best:
                best, name = mean, one.name
        if best >= _ALIKE:
            named[field] = name
    return named


def _read(
    path: Path, document: Mapping[str, Any], engines: Sequence[OcrEngine], room: Path
) -> _Paper:
    room.mkdir()
    images = {
        page.index: page.path
        for page in intake.page_images(path, intake.examine(path, path.name).media_type, room)
    }
    pages: list[recognise.ReadPage] = []
    for number, index in enumerate(document["pages"]):
        made = recognise.prepare_page(recognise.PageTask(images[index], room / str(index)))
        words = {}
        for engine in engines:
            if engine.identity().finds_lines and not engine.identity().dear:
                try:
                    words[engine.name] = recognise.read_page(
                        recognise.ReadTask(engine, made.readable)
                    ).words
                except ReadingFailedError:
                    continue
        pages.append(
            recognise.ReadPage(number, made.readable, images[index], made.warp, made.quality, words)
        )
    return _Paper(document, tuple(pages))
