"""What the engines read on scans with a template that is still being drawn.

Nothing here is kept and nothing is read anew but on demand: the pages are straightened and the
engines' words are in the store since the scans were taken in, so that an answer comes at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, TypeVar

import structlog
from pydantic import BaseModel, ValidationError

from workbench import extraction, imaging, placement, quality, reconciliation
from workbench.errors import NotReadyError, Sentence, WorkbenchError
from workbench.flow import custody, granting, recognise
from workbench.flow.people import account
from workbench.flow.work import Work
from workbench.model import Box, Page, Quality, Right, TemplateDraft, Warp, Word
from workbench.placement import Placement, Running
from workbench.reconciliation import Vote
from workbench.registration import Lie
from workbench.store import Store
from workbench.store import templates as kept
from workbench.template import (
    A4,
    Anchor,
    Column,
    FieldSpec,
    Items,
    Label,
    Recognition,
    Template,
)

log = structlog.get_logger()

MOST: Final = 5  # scans that lie on the board at a time
Matrix = tuple[float, float, float, float, float, float]  # x, y -> a x + b y + c, d x + e y + f
_ENOUGH: Final = 3  # anchors with a place, by which a form is placed
_Fact = TypeVar("_Fact", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ScanPage:
    """A straightened page, and what the engine that writes its text has read on it."""

    image: str  # digest
    width: int  # pixels
    height: int
    flat: Matrix  # from mm of a form that is drawn on this page to its pixels
    words: tuple[Word, ...]  # in reading order


@dataclass(frozen=True, slots=True)
class Scan:
    """A document that a form is drawn over."""

    document: str
    pages: tuple[ScanPage, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What is read in one field of one scan; strips are fractions of the straightened page."""

    value: str
    fits: bool  # it looks as the form says it must
    engines: Mapping[str, str]
    strips: tuple[tuple[int, Box], ...]  # page from 0, and where


@dataclass(frozen=True, slots=True)
class Sight:
    """One scan seen with the template: where the form lies, and what stands in its fields."""

    stands: bool  # the form is placed; boxes mean something
    says: Sentence  # what a person should know of that
    pages: tuple[Matrix | None, ...]  # mm of the form to pixels of the page; None: not placed
    anchors: tuple[tuple[tuple[int, Box], ...], ...]  # for each anchor where it was found
    fields: Mapping[str, Seen]
    cells: Mapping[str, tuple[int, Box]]  # `muc.1.so_hieu`: where it stands


def draft(work: Work, key: str, *, by: str) -> TemplateDraft:
    """A draft, for somebody who may change it. Raises NotAllowedError, NotReadyError."""
    found = kept.draft(work.store, key)
    if found is None or found.closed_at is not None:
        raise NotReadyError(
            "This draft is no longer there.", "Look at the templates for what became of it."
        )
    granting.must(work, Right.EDIT, found.template, account(work, by))
    return found


def scans(
    work: Work, documents: Sequence[str], *, by: str, sheet: tuple[float, float] = A4
) -> tuple[Scan, ...]:
    """The scans of these documents as far as they are read, in this order."""
    found: list[Scan] = []
    for key in documents[:MOST]:
        custody.must_see(work, key, by=by)
        pages = tuple(_scan_page(work, page, sheet) for page in _read_pages(work, key))
        if pages:
            found.append(Scan(key, pages))
    return tuple(found)


def look(work: Work, documents: Sequence[str], template: Template, *, by: str) -> tuple[Sight, ...]:
    """What the template finds on each of these scans, in the engines' words as they are kept."""
    found: list[Sight] = []
    for key in documents[:MOST]:
        custody.must_see(work, key, by=by)
        if pages := _read_pages(work, key):
            found.append(_sight(work, pages, template, drawn_here=not found))
    return tuple(found)


def read_again(
    work: Work, documents: Sequence[str], template: Template, field: str, *, by: str
) -> tuple[Mapping[str, str], ...]:
    """Let every engine read the strips of one field on each scan: engine -> text.

    An engine that fails is left out. Raises NotReadyError where the field is found on none.
    """
    answers: list[dict[str, str]] = []
    found_any = False
    for key in documents[:MOST]:
        custody.must_see(work, key, by=by)
        pages = _read_pages(work, key)
        if not pages:
            continue
        answers.append({})
        placed = _placed(work, pages, template, drawn_here=len(answers) == 1)
        site = extraction.sites(placed, template).get(field)
        if site is None:
            continue
        found_any = True
        tasks = [
            recognise.ReadTask(engine, work.store.path(page.readable), boxes)
            for number, page in enumerate(pages)
            if (boxes := tuple(s.box for s in site.strips if s.page == number)) and page.readable
            for engine in work.engines
        ]
        for task, result in work.executor.run(recognise.read_page, tasks):
            if isinstance(result, WorkbenchError):
                log.warning("strip.failed", engine=task.engine.name, why=result.message.text)
                continue
            text = " ".join(word.text for word in result.words)
            value = extraction.clean(text, site.label, site.next)
            before = answers[-1].get(task.engine.name, "")
            answers[-1][task.engine.name] = f"{before} {value}".strip()
    if not found_any:
        raise NotReadyError(
            "The field is found on none of these scans.",
            "Draw its box, or say what is printed before it.",
        )
    return tuple(answers)


def as_far_as_drawn(content: Mapping[str, Any]) -> Template:
    """What of a template is fit to look with, while the rest is not drawn or not right yet."""
    try:
        whole = Template.model_validate({**content, "source": b""})
        if not any(spec.runs_away for spec in whole.fields.values()):
            return whole
    except ValidationError:
        pass
    items = content.get("items") or {}
    columns = _fitting(items.get("columns") or {}, Column)
    return Template.model_construct(
        id=str(content.get("id", "")),
        version=1,
        titles=Label(vi="", en=""),
        recognised_by=Recognition(all_of=("",)),
        sheet=tuple(content.get("sheet") or A4),
        prints=tuple(_fitting(dict(enumerate(content.get("anchors") or ())), Anchor).values()),
        fields={
            n: s
            for n, s in _fitting(content.get("fields") or {}, FieldSpec).items()
            if s.zone and not s.runs_away
        },
        items=Items(name=str(items.get("name") or "muc"), ordinal=str(items.get("ordinal", "")),
                    columns=columns, until=tuple(items.get("until") or ()))
        if columns else None,
        holder=None,
        rules=(),
        source=b"",
    )  # fmt: skip


def _fitting(given: Mapping[Any, Any], model: type[_Fact]) -> dict[Any, _Fact]:
    found: dict[Any, _Fact] = {}
    for key, one in given.items():
        try:
            found[key] = model.model_validate(one)
        except ValidationError:
            continue
    return found


# --- pages ---------------------------------------------------------------------------------------


def _read_pages(work: Work, document: str) -> list[Page]:
    return [p for p in work.store.pages(document) if p.readable and p.warp and p.quality]


def _scan_page(work: Work, page: Page, sheet: tuple[float, float]) -> ScanPage:
    by_engine = _words(work, page)
    width, height = _warp(page).readable
    words = by_engine.get(recognise.text_engine(by_engine), ())
    lines = placement.lines_of(words)
    return ScanPage(
        image=page.readable or page.view,
        width=width,
        height=height,
        flat=flat_matrix(page, sheet),
        words=tuple(word for line in lines for word in line.words),
    )


def _words(work: Work, page: Page) -> dict[str, tuple[Word, ...]]:
    return {
        reading.engine: _kept_words(work.store, reading.words)
        for reading in work.store.readings(page.document)
        if reading.page == page.id and reading.words is not None
    }


@lru_cache(maxsize=128)
def _kept_words(store: Store, digest: str) -> tuple[Word, ...]:
    return tuple(Word.from_json(word) for word in json.loads(store.get(digest)))


@lru_cache(maxsize=128)
def _running(store: Store, digest: str, size: tuple[int, int]) -> Running:
    """A page as an engine read it: the same for every change of the template."""
    return Running(placement.lines_of(_kept_words(store, digest)), size)


def _placed(
    work: Work, pages: Sequence[Page], template: Template, *, drawn_here: bool
) -> list[dict[str, Placement]]:
    """Each page as each engine has it placed.

    `drawn_here`: the form is drawn on this very scan, so that its boxes mean something before
    there are anchors enough to place it by.
    """
    flat = drawn_here and sum(anchor.at is not None for anchor in template.prints) < _ENOUGH
    told = work.store.readings(pages[0].document)
    return [
        {
            reading.engine: _on_page(
                _running(work.store, reading.words, _warp(page).readable), page, template, flat=flat
            )
            for reading in told
            if reading.page == page.id and reading.words is not None
        }
        for page in pages
    ]


def _on_page(running: Running, page: Page, template: Template, *, flat: bool) -> Placement:
    found = (
        placement.register(running, template)
        if template.prints
        else Placement(running, {}, 0.0, sheet=template.sheet)
    )
    if not flat or found.lie is not None:
        return found
    step = _step(found)
    a, b, c, d, e, f = (step * value for value in flat_matrix(page, template.sheet))
    lie = Lie((a, b, c, d, e, f), agreed=1, of=1, off=0.0, shifts=())
    return replace(found, lie=lie, form_page=page.number + 1)


def flat_matrix(page: Page, sheet: tuple[float, float] = A4) -> Matrix:
    """From mm of a form that is drawn on this page to its pixels."""
    warp = _warp(page)
    width, height = warp.readable
    inside = 0.2 * sheet[0], 0.2 * sheet[1], 0.8 * sheet[0], 0.8 * sheet[1]
    there = placement.undrawn(inside, warp, sheet)
    across = there.width * width / (inside[2] - inside[0])
    down = there.height * height / (inside[3] - inside[1])
    return (
        across, 0.0, there.left * width - across * inside[0],
        0.0, down, there.top * height - down * inside[1],
    )  # fmt: skip


def _matrix(by_engine: Mapping[str, Placement], number: int) -> Matrix | None:
    """How the form lies on a page, in its pixels, by the engine whose anchors agree best."""
    placed = [p for p in by_engine.values() if p.lie and p.form_page == number + 1]
    best = max(placed, key=lambda p: p.lie.agreed if p.lie else 0, default=None)
    if best is None or best.lie is None:
        return None
    step = _step(best)
    a, b, c, d, e, f = (value / step for value in best.lie.matrix)
    return a, b, c, d, e, f


def _step(placed: Placement) -> float:
    """How many of the units that a form lies in are one pixel of the page."""
    return max(placed.sheet) / max(placed.running.size or placed.sheet)


def _warp(page: Page) -> Warp:
    assert page.warp is not None  # noqa: S101 - only pages that were made readable lie here
    return Warp.from_json(page.warp)


# --- one scan ------------------------------------------------------------------------------------


def _sight(work: Work, pages: Sequence[Page], template: Template, *, drawn_here: bool) -> Sight:
    placed = _placed(work, pages, template, drawn_here=drawn_here)
    sites = extraction.sites(placed, template)
    said = extraction.page_readings(placed, template, sites)
    fields = {
        name: _seen(work, template.fields[name], site, said.get(name, {}), pages)
        for name, site in sites.items()
        if name in template.fields
    }
    anchors = tuple(
        tuple(
            (number, box)
            for number, by_engine in enumerate(placed)
            if (box := _anchor_box(by_engine, anchor.text)) is not None
        )
        for anchor in template.prints
    )
    matrices = tuple(_matrix(by_engine, number) for number, by_engine in enumerate(placed))
    found = sum(bool(places) for places in anchors)
    stands, says = _says(found, matrices, template)
    return Sight(stands, says, matrices, anchors, fields, _cells(work, pages, placed, template))


def _seen(
    work: Work,
    spec: FieldSpec,
    site: extraction.Site,
    said: Mapping[str, str],
    pages: Sequence[Page],
) -> Seen:
    """What the engines say, each and together, of what they read when the page was read."""
    page = pages[site.strips[0].page]
    level = quality.level(Quality(**page.quality)) if page.quality else ""
    votes = []
    engines: dict[str, str] = {}
    for engine in work.engines:
        who = engine.identity()
        if who.name in said:
            engines[who.name] = extraction.clean(said[who.name], site.label, site.next)
            votes.append(
                Vote(who.name, who.family, "page", engines[who.name], who.marks, None, level)
            )
    verdict = reconciliation.reconcile(votes, spec, work.calibration)
    fits = not spec.pattern or bool(re.fullmatch(spec.pattern, verdict.value))
    return Seen(verdict.value, fits, engines, tuple((s.page, s.box) for s in site.strips))


def _cells(
    work: Work,
    pages: Sequence[Page],
    placed: Sequence[Mapping[str, Placement]],
    template: Template,
) -> dict[str, tuple[int, Box]]:
    """Where the cells of the table of line items stand, as the engine that sees most has them."""
    if template.items is None:
        return {}
    found: dict[str, tuple[int, Box]] = {}
    for number, (page, by_engine) in enumerate(zip(pages, placed, strict=True)):
        if page.readable is None:
            continue
        image = imaging.gray_page(work.store.path(page.readable))
        tables = [extraction.table_cells(image, p, template.items) for p in by_engine.values()]
        cells = max((t for t in tables if t), key=len, default={})
        for cell, box in cells.items():
            found[f"{template.items.name}.{cell}"] = number, box
    return found


def _anchor_box(by_engine: Mapping[str, Placement], anchor: str) -> Box | None:
    """Where the engine that is surest of it found an anchor."""
    found = [(p.anchors[anchor].score, p.box(anchor)) for p in by_engine.values()
             if anchor in p.anchors]  # fmt: skip
    return max(found, key=lambda told: told[0], default=(0.0, None))[1]


def _says(
    found: int, matrices: Sequence[Matrix | None], template: Template
) -> tuple[bool, Sentence]:
    """Whether the form lies on this scan, and what a person should know of that."""
    n = len(template.prints)
    if not n:
        return True, Sentence("No anchors yet: click words that are printed on every copy.")
    boxed = {zone.page for spec in template.fields.values() if (zone := spec.zone) and zone.box}
    lost = [page for page in boxed if page > len(matrices) or matrices[page - 1] is None]
    told: dict[str, str | int | float] = {"found": found, "n": n}
    if lost:
        return False, Sentence(
            "The anchors do not place the form here: {found} of {n} are found. "
            "Boxes say nothing on this scan.",
            told,
        )
    if found < recognise.POOR_FIT * n:
        return False, Sentence(
            "The form is hardly found here: {found} of {n} anchors. It may be another form.", told
        )
    if found < n:
        return True, Sentence("{found} of {n} anchors found.", told)
    return True, Sentence("All {n} anchors found.", told)
