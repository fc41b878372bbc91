"""From page images to proposals: the one way of reading, for the worker and for `workbench read`.

No store and no screen. Each step is a task that any process can run; engines are called only here.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from workbench import (
    crops,
    extraction,
    imaging,
    matching,
    placement,
    quality,
    reconciliation,
    validation,
)
from workbench.calibration import Calibration
from workbench.errors import Sentence
from workbench.model import Box, Finding, Identity, Quality, Severity, Warp, Word
from workbench.placement import Placement, Running
from workbench.reconciliation import Vote
from workbench.seams import OcrEngine
from workbench.template import Template

_EVEN = 0.6, 1.7  # smallest and largest step between rows of a table, by the usual one
POOR_FIT = 0.35  # share of a form's prints that must be found, by the engine that finds most

NO_TEMPLATE = Sentence("No template fits this form.")
NO_TEMPLATE_REMEDY = Sentence(
    "If it is a new kind of paper, have a template made for it; otherwise refuse it with a reason."
)


# --- one page ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PageTask:
    """A page image as scanned, and a folder for what is made of it."""

    scan: Path
    folder: Path


@dataclass(frozen=True, slots=True)
class Prepared:
    """The image the engines see, the image people see, and how they lie on the scan."""

    readable: Path
    view: Path
    warp: Warp
    quality: Quality
    cpu_seconds: float


def prepare_page(task: PageTask) -> Prepared:
    """Make a page readable, and turn its untouched pixels upright for the screen."""
    cpu = cpu_seconds()
    task.folder.mkdir(parents=True, exist_ok=True)
    view = task.folder / "view.jpg"
    made = imaging.make_readable(task.scan, task.folder / "readable.png", view=view)
    return Prepared(made.path, view, made.warp, made.quality, round(cpu_seconds() - cpu, 3))


@dataclass(frozen=True, slots=True)
class ReadTask:
    """A readable page for one engine; `lines` for an engine that finds none itself."""

    engine: OcrEngine
    readable: Path
    lines: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class PageReading:
    """What an engine made of a page, and what that cost (CPU of its children included)."""

    words: tuple[Word, ...]
    cpu_seconds: float
    seconds: float


def read_page(task: ReadTask) -> PageReading:
    """Let one engine read one page."""
    started, cpu = time.monotonic(), cpu_seconds()
    words = task.engine.recognise(task.readable, task.lines)
    return PageReading(words, round(cpu_seconds() - cpu, 3), round(time.monotonic() - started, 3))


def cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def line_strips(
    pages: Mapping[int, Mapping[str, Sequence[Word]]],
) -> dict[int, tuple[Box, ...]]:
    """For each page the lines that the engine with the most lines has found."""
    found: dict[int, tuple[Box, ...]] = {}
    for page, by_engine in pages.items():
        lines = [placement.lines_of(words) for words in by_engine.values()]
        most = max(lines, key=len, default=())
        found[page] = tuple(_padded(line.box) for line in most)
    return found


def _padded(box: Box) -> Box:
    pad = 0.18 * box.height
    return Box.clipped(box.left - pad, box.top - pad, box.right + pad, box.bottom + pad)


def quality_json(quality: Quality) -> dict[str, Any]:
    return asdict(quality)


def text_engine(by_engine: Mapping[str, Sequence[Word]]) -> str:
    """The engine whose words are the page's text layer; empty where none read it."""
    if by_engine.get("tesseract"):
        return "tesseract"
    return max(by_engine, key=lambda engine: len(by_engine[engine]), default="")


def text_layer(by_engine: Mapping[str, Sequence[Word]], warp: Warp) -> tuple[tuple[str, Box], ...]:
    """The words of the best page reading in reading order, with their boxes on the scan."""
    words = by_engine.get(text_engine(by_engine), ())
    return tuple(
        (word.text, warp.to_scan(word.box))
        for line in placement.lines_of(words)
        for word in line.words
    )


# --- one document --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page that the engines have read."""

    number: int  # 0-based within the document
    readable: Path
    scan: Path
    warp: Warp
    quality: Quality
    words: Mapping[str, tuple[Word, ...]]  # engine -> its words


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was counted when these very pages were understood with this template: field -> votes."""

    template: Template
    votes: Mapping[str, tuple[Vote, ...]]


@dataclass(frozen=True, slots=True)
class UnderstandTask:
    """A document's pages with the templates and engines to understand it with.

    A strip that is `remembered` is not read again: another text of a template finds most of its
    fields in the same places.
    """

    pages: tuple[ReadPage, ...]
    templates: tuple[Template, ...]
    engines: tuple[OcrEngine, ...]
    calibration: Calibration | None = None  # None: the one the workbench comes with
    remembered: tuple[Remembered, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldVoice:
    """What one engine says one field is; box on the page as scanned."""

    engine: str
    how: str  # "strip", or "strip/…" for another preparation of it
    text: str
    value: str
    confidence: float  # on the engine's own scale
    box: Box | None
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class ProposedField:
    """What the machine would write in a field, with everything that led to it."""

    name: str
    position: int
    value: str
    normalised: str
    page: int | None
    box: Box | None  # on the page as scanned
    candidates: Mapping[str, str]
    confidence: float
    agreement: float
    accepted: bool
    findings: tuple[Finding, ...]
    readings: tuple[FieldVoice, ...]
    votes: tuple[Vote, ...] = ()  # all that was counted, in the order it was heard


@dataclass(frozen=True, slots=True)
class Understanding:
    """A recognised form with its fields, or the reason why it is held."""

    template: str | None
    reason: Sentence | None
    remedy: Sentence | None
    classified: Mapping[str, Any]
    fields: tuple[ProposedField, ...]
    cpu_seconds: float = 0.0


def understand(task: UnderstandTask) -> Understanding:
    """Recognise the form, find its fields, have every engine read them again, vote, validate."""
    cpu = cpu_seconds()
    return replace(_understand(task), cpu_seconds=round(cpu_seconds() - cpu, 3))


def _understand(task: UnderstandTask) -> Understanding:
    runnings = {
        page.number: {
            e: Running(placement.lines_of(w), page.warp.readable) for e, w in page.words.items()
        }
        for page in task.pages
    }
    seen = placement.classify([tuple(r.values()) for r in runnings.values()], task.templates)
    scores = {name: round(score, 1) for name, score in seen.scores.items()}
    if seen.template is None:
        told = matching.report(seen, list(runnings.values()), task.templates)
        classified = {"scores": scores, **told.as_json()}
        return Understanding(None, NO_TEMPLATE, NO_TEMPLATE_REMEDY, classified, ())
    template = next(t for t in task.templates if t.id == seen.template)
    placed = [
        {e: placement.register(r, template) for e, r in runnings[page.number].items()}
        for page in task.pages
    ]
    told = matching.report(seen, list(runnings.values()), task.templates, placed)
    classified = {"scores": scores, **told.as_json()}
    fit = max((p.fit for by_engine in placed for p in by_engine.values()), default=0.0)
    if fit < POOR_FIT:
        return Understanding(
            template.id,
            Sentence("Only {share} % of the printed form was found.", {"share": round(100 * fit)}),
            Sentence("Scan it again, flat and at 300 dpi, or enter it by hand."),
            classified,
            (),
        )
    return Understanding(
        template.id, None, None, classified, tuple(_fields(task, template, placed))
    )


def _fields(
    task: UnderstandTask, template: Template, placed: Sequence[Mapping[str, Placement]]
) -> Iterator[ProposedField]:
    sites = extraction.sites(placed, template)
    sites.update(_line_items(task, template, placed))
    from_pages = extraction.page_readings(placed, template, sites)
    families = {e.identity().name: e.identity() for e in task.engines}
    levels = [quality.level(page.quality) for page in task.pages]
    known = _remembered(task, placed, sites)
    first = {n: [v for v in said if v.how == "strip" and _is_first(v, families)]
             for n, said in known.items()}  # fmt: skip

    def counted(name: str) -> tuple[list[Vote], reconciliation.Verdict]:
        site = sites.get(name)
        level = levels[site.strips[0].page] if site else ""
        votes = list(first.get(name, ()))
        votes += [
            Vote(v.engine, families[v.engine].family, v.how, v.value, families[v.engine].marks,
                 v.confidence, level)
            for v in voices.get(name, ())
        ]  # fmt: skip
        for engine, text in from_pages.get(name, {}).items():
            if engine in families:
                who = families[engine]
                value = extraction.clean(text, site.label, site.next) if site else text
                votes.append(Vote(engine, who.family, "page", value, who.marks, None, level))
        return votes, reconciliation.reconcile(votes, template.spec(name), task.calibration)

    unread = {name: site for name, site in sites.items() if name not in known}
    voices = _read_again(task, unread, [e for e in task.engines if not families[e.name].dear])
    doubtful = {name: site for name, site in sites.items() if not counted(name)[1].accepted}
    looked = {n for n in doubtful if len(known.get(n, ())) > len(first.get(n, ()))}
    first.update({name: list(known[name]) for name in looked})
    unlooked = {name: site for name, site in doubtful.items() if name not in looked}
    for name, more in _look_again(task, unlooked).items():
        voices[name] = (*voices.get(name, ()), *more)
    fields: list[ProposedField] = []
    names = [*template.fields, *sorted((n for n in sites if n not in template.fields), key=_row)]
    for position, name in enumerate(names):
        spec, site = template.spec(name), sites.get(name)
        if spec.zone is not None and spec.zone.constant is not None:
            fields.append(_constant(name, position, spec.zone.constant))
            continue
        votes, verdict = counted(name)
        page = task.pages[site.strips[0].page] if site else None
        # A field that only some copies have is absent where no engine found its printed words.
        absent = site is None and not spec.required and not votes and _well_placed(placed)
        fields.append(
            ProposedField(
                name=name,
                position=position,
                value=verdict.value,
                normalised=verdict.normalised,
                page=page.number if page else None,
                box=_on_scan(page, site) if page and site else None,
                candidates=verdict.candidates,
                confidence=0.9 if absent else verdict.confidence,
                agreement=verdict.agreement,
                accepted=verdict.accepted or absent,
                findings=(),
                readings=voices.get(name, ()),
                votes=tuple(votes),
            )
        )
    yield from _validated(fields, template, _unplaced(template, placed))


def _remembered(
    task: UnderstandTask,
    placed: Sequence[Mapping[str, Placement]],
    sites: Mapping[str, extraction.Site],
) -> dict[str, tuple[Vote, ...]]:
    """Field -> what engines said of its strips before, where they were these very strips."""
    known: dict[_Where, tuple[Vote, ...]] = {}
    for before in task.remembered:
        then = [
            {e: placement.register(p.running, before.template) for e, p in by_engine.items()}
            for by_engine in placed
        ]
        there = extraction.sites(then, before.template)
        there.update(_line_items(task, before.template, then))
        for name, site in there.items():
            said = tuple(v for v in before.votes.get(name, ()) if v.how != "page")
            if said:
                known.setdefault(_where(site), said)
    return {name: known[_where(site)] for name, site in sites.items() if _where(site) in known}


_Where = tuple[tuple[extraction.Strip, ...], str, str]


def _where(site: extraction.Site) -> _Where:
    """The strips of a value, and the printed words that its readings were freed of."""
    return site.strips, site.label, site.next


def _is_first(vote: Vote, families: Mapping[str, Identity]) -> bool:
    """Whether such a vote is asked for before it is known that a field is in doubt."""
    return vote.engine not in families or not families[vote.engine].dear


def _unplaced(template: Template, placed: Sequence[Mapping[str, Placement]]) -> tuple[Finding, ...]:
    """That a form with boxes was not placed, for the fields that are sought in them."""
    everywhere = [placement for by_engine in placed for placement in by_engine.values()]
    lying = {place.form_page for place in everywhere if place.lie}
    why = max(
        (place.unplaced for place in everywhere if place.unplaced),
        key=lambda said: said.values["n"],
        default=None,
    )
    lost = tuple(
        name
        for name, spec in template.fields.items()
        if spec.zone and spec.zone.box and spec.zone.page not in lying
    )
    return (Finding(Severity.WARNING, "placed", why, lost),) if why and lost else ()


def _validated(
    fields: Sequence[ProposedField], template: Template, unplaced: tuple[Finding, ...] = ()
) -> Iterator[ProposedField]:
    """The fields with what validation finds; a field with a doubt is not accepted unseen."""
    findings = validation.validate({f.name: f.normalised for f in fields}, template) + unplaced
    rows = _rows_doubtful(fields, findings, template)
    for field in fields:
        mine = tuple(f for f in findings if field.name in f.fields)
        doubt = any(f.severity is not Severity.INFORMATION for f in mine)
        doubt = doubt or (rows and field.name not in template.fields)
        yield replace(field, findings=mine, accepted=field.accepted and not doubt)


def _rows_doubtful(
    fields: Sequence[ProposedField], findings: Sequence[Finding], template: Template
) -> bool:
    """Whether a row of the table may have been lost, or parted in two: all below it then bear a
    wrong number. The count on the form must fit, and rows of one table stand evenly."""
    if template.items is None:
        return False
    if any(finding.rule == "counts_items" for finding in findings):
        return True
    middles: dict[tuple[int | None, int], list[tuple[float, float]]] = {}
    for field in fields:
        if field.name not in template.fields and field.box:
            row = field.page, _row(field.name)[0]
            middles.setdefault(row, []).append(field.box.middle)
    by_page: dict[int | None, list[tuple[float, float]]] = {}
    for (page, _), said in sorted(middles.items(), key=lambda told: told[0][1]):
        by_page.setdefault(page, []).append(
            (median(x for x, _ in said), median(y for _, y in said))
        )
    for places in by_page.values():
        # The boxes lie on the scan, where the rows of a turned page stand side by side.
        xs, ys = zip(*places, strict=True)
        along = xs if max(xs) - min(xs) > max(ys) - min(ys) else ys
        steps = sorted(abs(b - a) for a, b in pairwise(along))
        if steps and not _EVEN[0] <= steps[0] / steps[len(steps) // 2]:
            return True
        if steps and steps[-1] / steps[len(steps) // 2] > _EVEN[1]:
            return True
    return False


def _constant(name: str, position: int, value: str) -> ProposedField:
    return ProposedField(name, position, value, value, None, None, {}, 1.0, 1.0, True, (), ())


def _well_placed(placed: Sequence[Mapping[str, Placement]]) -> bool:
    return any(sum(p.fit >= 0.7 for p in by_engine.values()) >= 2 for by_engine in placed)


def _line_items(
    task: UnderstandTask, template: Template, placed: Sequence[Mapping[str, Placement]]
) -> dict[str, extraction.Site]:
    """The cells of the tables of all pages, numbered through: `muc.1.so_hieu`."""
    if template.items is None:
        return {}
    found: dict[str, extraction.Site] = {}
    rows = 0
    for at, page in enumerate(task.pages):
        image = imaging.gray_page(page.readable)
        tables = [extraction.table_cells(image, p, template.items) for p in placed[at].values()]
        cells = max((t for t in tables if t), key=len, default=None)
        if cells is None:
            continue
        for cell, box in cells.items():
            number, _, column = cell.partition(".")
            name = f"{template.items.name}.{int(number) + rows}.{column}"
            found[name] = extraction.Site(name, (extraction.Strip(at, box),), "", 0.9)
        rows += max(int(cell.partition(".")[0]) for cell in cells)
    return found


def _read_again(
    task: UnderstandTask, sites: Mapping[str, extraction.Site], engines: Sequence[OcrEngine]
) -> dict[str, tuple[FieldVoice, ...]]:
    """These engines read the strips of these fields: one call an engine and a page."""
    heard = _Heard()
    for at, page in enumerate(task.pages):
        todo = [
            (n, "strip", s.box) for n, site in sites.items() for s in site.strips if s.page == at
        ]
        imaging.gray_page(page.readable)  # decoded once, and at nobody's cost
        heard.listen(page.readable, todo, engines)
    return heard.voices(task, sites)


def _look_again(
    task: UnderstandTask, sites: Mapping[str, extraction.Site]
) -> dict[str, tuple[FieldVoice, ...]]:
    """What is in doubt, once more: other preparations of its strips, and the dear engines."""
    known = {engine.name: engine.identity() for engine in task.engines}
    dear = [engine for engine in task.engines if known[engine.name].dear]
    cheap = [e for e in task.engines if not known[e.name].dear and known[e.name].marks]
    heard = _Heard()
    with tempfile.TemporaryDirectory(prefix="workbench-looks-") as folder:
        for at, page in enumerate(task.pages):
            strips = [(n, s.box) for n, site in sites.items() for s in site.strips if s.page == at]
            if not strips:
                continue
            heard.listen(page.readable, [(n, "strip", box) for n, box in strips], dear)
            asked = [(n, box, look) for n, box in strips for look in crops.LOOKS]
            sheet = crops.lay_out(
                page.scan,
                page.readable,
                page.warp,
                [(box, look) for _, box, look in asked],
                Path(folder) / f"{at}.png",
            )
            looks = [
                (n, f"strip/{look}", box)
                for (n, _, look), box in zip(asked, sheet.boxes, strict=True)
            ]
            heard.listen(sheet.path, looks, cheap)
    return heard.voices(task, sites)


class _Heard:
    """What engines made of the strips of fields, part by part."""

    def __init__(self) -> None:
        self._parts: dict[tuple[str, str, str], list[tuple[str, float]]] = {}
        self._cost: dict[tuple[str, str, str], float] = {}

    def listen(
        self, image: Path, todo: Sequence[tuple[str, str, Box]], engines: Sequence[OcrEngine]
    ) -> None:
        """`todo`: field, how its strip was prepared, and where it stands on the image."""
        for engine in engines if todo else ():
            cpu = cpu_seconds()
            words = engine.recognise(image, [box for _, _, box in todo])
            each = (cpu_seconds() - cpu) / len(todo)
            by_line: dict[int, list[Word]] = {}
            for word in words:
                by_line.setdefault(word.line, []).append(word)
            for line, (name, how, _) in enumerate(todo):
                said = by_line.get(line, [])
                text = " ".join(word.text for word in said)
                sure = min((word.confidence for word in said), default=0.0)
                self._parts.setdefault((name, engine.name, how), []).append((text, sure))
                key = name, engine.name, how
                self._cost[key] = self._cost.get(key, 0.0) + each

    def voices(
        self, task: UnderstandTask, sites: Mapping[str, extraction.Site]
    ) -> dict[str, tuple[FieldVoice, ...]]:
        voices: dict[str, list[FieldVoice]] = {}
        for (name, engine, how), parts in self._parts.items():
            site = sites[name]
            text = " ".join(t for t, _ in parts if t)
            voices.setdefault(name, []).append(
                FieldVoice(
                    engine=engine,
                    how=how,
                    text=text,
                    value=extraction.clean(text, site.label, site.next),
                    confidence=min(sure for _, sure in parts),
                    box=_on_scan(task.pages[site.strips[0].page], site),
                    cpu_seconds=round(self._cost[name, engine, how], 4),
                )
            )
        return {name: tuple(said) for name, said in voices.items()}


def _on_scan(page: ReadPage, site: extraction.Site) -> Box:
    return Box.around(
        [page.warp.to_scan(s.box) for s in site.strips if s.page == site.strips[0].page]
    )


def _row(name: str) -> tuple[int, str]:
    parts = name.split(".")
    return int(parts[1]), parts[2]
