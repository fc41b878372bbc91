"""Files straight to readings, without any store: what `workbench read` prints, line by line.

The same steps as a worker takes, and the same results. A file may hold several documents, and a
document may run on into the next file: `paging` says which pages belong together.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import structlog

from workbench import intake, paging
from workbench.calibration import Calibration
from workbench.errors import ReadingFailedError, Sentence, WorkbenchError
from workbench.flow import recognise
from workbench.model import PageMatter
from workbench.seams import Executor, OcrEngine
from workbench.template import Template
from workbench.words import say

AT_ONCE = 8  # files whose pages are read side by side; bounds the disk that page images take

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ScanTask:
    """A page image as scanned, the folder for what is made of it, and who is to read it."""

    page: intake.PageFile
    folder: Path
    engines: tuple[OcrEngine, ...]


@dataclass(frozen=True, slots=True)
class ReadScan:
    """A page that was read, and what that cost."""

    page: recognise.ReadPage
    cpu_seconds: float
    engines: Mapping[str, float]  # CPU seconds of each engine that read the page


@dataclass(frozen=True, slots=True)
class ReadPaper:
    """One document, understood or held; `pages` are those of `file`, 0-based, in their order."""

    file: str  # as given; the one with its first page
    pages: tuple[int, ...]
    template: str | None
    reason: Sentence | None  # why it is held
    fields: tuple[recognise.ProposedField, ...]
    sizes: Mapping[int, tuple[int, int]]  # page of the document -> pixels of it as scanned
    cpu_seconds: float
    match: Mapping[str, Any] = field(default_factory=dict)  # which template and why; see `matching`
    engines: Mapping[str, float] = field(default_factory=dict)  # CPU seconds a whole page, summed
    places: tuple[tuple[str, int], ...] = ()  # of each page of the document: file, page within it
    paging: tuple[Mapping[str, Any], ...] = ()  # what was done to pages of its file, and why

    def as_json(self) -> dict[str, Any]:
        """What `workbench read --json` prints of it."""
        return {
            "file": self.file,
            "pages": list(self.pages),
            "type": self.template,
            "status": "read" if self.reason is None else "held",
            "reason": say(self.reason) if self.reason else None,
            "match": dict(self.match),
            # A field that stands nowhere on this copy is told by its absence.
            "fields": {
                found.name: self._field(found)
                for found in self.fields
                if found.value or found.candidates
            },
            "paging": [dict(note) for note in self.paging],
            **self._further(),
        }

    def _further(self) -> dict[str, Any]:
        """The files that the document runs on into, each with its pages."""
        further: dict[str, list[int]] = {}
        for file, page in self.places:
            if file != self.file:
                further.setdefault(file, []).append(page)
        return {"further": [{"file": f, "pages": p} for f, p in further.items()]} if further else {}

    def _field(self, found: recognise.ProposedField) -> dict[str, Any]:
        box = None
        if found.box is not None and found.page is not None:
            box = list(found.box.pixels(*self.sizes[found.page]))
        return {
            "value": found.value,
            "norm": found.normalised,
            "accepted": found.accepted,
            "confidence": found.confidence,
            "page": None if found.page is None else self.places[found.page][1],
            **self._elsewhere(found.page),
            "box": box,
            "candidates": dict(found.candidates),
        }

    def _elsewhere(self, page: int | None) -> dict[str, str]:
        """The file of a field that stands in another than the document begins in."""
        if page is None or self.places[page][0] == self.file:
            return {}
        return {"file": self.places[page][0]}


def read_scan(task: ScanTask) -> ReadScan:
    """One page made readable and read by every engine that finds lines itself.

    An engine that fails leaves the page to the others. Raises ReadingFailedError where all fail.
    """
    cpu = recognise.cpu_seconds()
    page, engines = _read(task)
    return ReadScan(page, recognise.cpu_seconds() - cpu, engines)


def _read(task: ScanTask) -> tuple[recognise.ReadPage, dict[str, float]]:
    made = recognise.prepare_page(recognise.PageTask(task.page.path, task.folder))
    words = {}
    cost: dict[str, float] = {}
    if not made.quality.blank:
        for engine in task.engines:
            who = engine.identity()
            if not who.finds_lines:
                continue
            try:
                reading = recognise.read_page(recognise.ReadTask(engine, made.readable))
            except ReadingFailedError:
                log.warning("page.failed", engine=who.name, page=task.page.index)
                continue
            words[who.name] = reading.words
            cost[who.name] = reading.cpu_seconds
        if not words:
            raise ReadingFailedError(
                "No engine could read this document.",
                "Run `workbench doctor`, then send the document back to be read again.",
            )
    page = recognise.ReadPage(
        task.page.index, made.readable, task.page.path, made.warp, made.quality, words
    )
    return page, cost


def read_files(
    paths: Iterable[Path],
    *,
    engines: Sequence[OcrEngine],
    templates: Mapping[str, Template],
    executor: Executor,
    calibration: Calibration | None = None,
) -> Iterator[ReadPaper]:
    """Each document, in the order of the files; a file that cannot be read is one that is held."""
    reader = _Reader(tuple(engines), tuple(templates.values()), executor, calibration)
    with tempfile.TemporaryDirectory(prefix="workbench-read-") as unpacked:
        named = _named(paths, Path(unpacked))
        yield from reader.read(named)


_Named = tuple[str, Path | WorkbenchError]


def _named(paths: Iterable[Path], room: Path) -> Iterator[_Named]:
    """Each file with its path as given; what lies in a folder or archive is named through it."""
    for number, path in enumerate(paths):
        for name, file in intake.expand([path], room / f"{number:06}"):
            through = path.is_dir() or path.suffix.lower() == ".zip"
            yield (str(path / name) if through and name != path.name else str(path)), file


@dataclass(frozen=True, slots=True)
class _Reader:
    engines: tuple[OcrEngine, ...]
    templates: tuple[Template, ...]
    executor: Executor
    calibration: Calibration | None

    def read(self, named: Iterator[_Named]) -> Iterator[ReadPaper]:
        """Some files at a time; the last paper waits until it is known whether the next goes on."""
        waiting: list[_Found] = []
        rooms: list[tempfile.TemporaryDirectory[str]] = []
        with ExitStack() as ending:
            while files := tuple(islice(named, AT_ONCE)):
                room = tempfile.TemporaryDirectory(prefix="workbench-pages-")
                ending.callback(room.cleanup)
                rooms.append(room)
                found = _joined([*waiting, *self._found(files, Path(room.name))])
                waiting = found[-1:]
                yield from self._understood(found[:-1])
                for done in [r for r in rooms[:-1] if not _lies_in(waiting, Path(r.name))]:
                    done.cleanup()
                    rooms.remove(done)
            yield from self._understood(waiting)

    def _found(self, files: Sequence[_Named], folder: Path) -> Iterator[_Found]:
        """The papers of each file, in the order of the files; a bad file is one without pages."""
        tasks, refused = self._split(files, folder)
        scans: dict[str, list[ReadScan]] = {}
        for (name, _), (_, result) in zip(
            tasks, self.executor.run(read_scan, [task for _, task in tasks]), strict=True
        ):
            if isinstance(result, WorkbenchError):
                refused.setdefault(name, result.message)
            else:
                scans.setdefault(name, []).append(result)
        for name, _ in files:
            papers = papers_of(name, scans.get(name, ()), self.templates)
            if name in refused or not papers:
                blank = Sentence("All {n} pages are blank.", {"n": len(scans.get(name, ()))})
                yield _Found(name, (), (), (), refused.get(name, blank))
            else:
                yield from papers

    def _split(
        self, files: Sequence[_Named], folder: Path
    ) -> tuple[list[tuple[str, ScanTask]], dict[str, Sentence]]:
        tasks: list[tuple[str, ScanTask]] = []
        refused: dict[str, Sentence] = {}
        for number, (name, file) in enumerate(files):
            room = folder / f"{number:03}"
            try:
                if isinstance(file, WorkbenchError):
                    raise file
                looked_at = intake.examine(file, file.name)
                for page in intake.page_images(file, looked_at.media_type, room):
                    made = room / f"made-{page.index:04}"
                    tasks.append((name, ScanTask(page, made, self.engines)))
            except WorkbenchError as error:
                refused[name] = error.message
        return [(name, task) for name, task in tasks if name not in refused], refused

    def _understood(self, papers: Sequence[_Found]) -> Iterator[ReadPaper]:
        tasks = [
            recognise.UnderstandTask(
                tuple(
                    replace(scan.page, number=number)
                    for number, (_, scan) in enumerate(paper.pieces)
                ),
                self.templates,
                self.engines,
                self.calibration,
            )
            for paper in papers
            if paper.pieces
        ]
        understood = iter(self.executor.run(recognise.understand, tasks))
        for paper in papers:
            if paper.pieces:
                _, seen = next(understood)
                yield _paper(paper, seen)
            else:
                yield _held(paper, paper.refused or Sentence(""))


@dataclass(frozen=True, slots=True)
class _Found:
    """A paper as its pages were found, each with its file; or a file that holds none, and why."""

    file: str
    pieces: tuple[tuple[str, ReadScan], ...]
    looks: tuple[paging.Look, ...]
    notes: tuple[Mapping[str, Any], ...]
    refused: Sentence | None = None


def papers_of(file: str, scans: Sequence[ReadScan], templates: Sequence[Template]) -> list[_Found]:
    """The pages of one file, grouped into papers; blank pages and second scans belong to none."""
    looks = paging.find_through(
        [paging.look(scan.page.words, scan.page.quality, templates) for scan in scans],
        [scan.page.quality for scan in scans],
        lambda at: scans[at].page.readable,
    )
    again = paging.find_again(
        looks, [scan.page.words for scan in scans], lambda at: scans[at].page.readable
    )
    plan = paging.arrange(looks, again)
    notes: dict[int, list[Mapping[str, Any]]] = {}
    for proposed in plan.proposals:
        told = {
            "what": proposed.matter.value,
            "pages": [scans[at].page.number for at in proposed.pages],
            "why": str(proposed.why),
            "confidence": proposed.confidence,
        }
        notes.setdefault(plan.paper_of(proposed.pages[0]), []).append(told)
    return [
        _Found(
            file,
            tuple((file, scans[at]) for at in paper),
            tuple(looks[at] for at in paper),
            tuple(notes.get(number, ())),
        )
        for number, paper in enumerate(plan.papers)
    ]


def _joined(papers: Sequence[_Found]) -> list[_Found]:
    """A paper that has no head and continues the last one of the file before it is put to that."""
    found: list[_Found] = []
    for paper in papers:
        before = found[-1] if found else None
        evidence = (
            paging.continues(paper.looks[0], before.looks)
            if before and paper.looks and before.file != paper.file
            else None
        )
        if before is None or evidence is None or evidence.confidence < paging.SURE:
            found.append(paper)
            continue
        told = {
            "what": PageMatter.JOINED.value,
            "file": paper.file,
            "pages": [scan.page.number for _, scan in paper.pieces],
            "why": str(evidence.why),
            "confidence": evidence.confidence,
        }
        found[-1] = replace(
            before,
            pieces=(*before.pieces, *paper.pieces),
            looks=(*before.looks, *paper.looks),
            notes=(*before.notes, *paper.notes, told),
        )
    return found


def _lies_in(papers: Sequence[_Found], room: Path) -> bool:
    """Whether a page image of these papers lies in the folder."""
    return any(room in scan.page.readable.parents for paper in papers for _, scan in paper.pieces)


def _paper(paper: _Found, seen: recognise.Understanding | WorkbenchError) -> ReadPaper:
    scans = [scan for _, scan in paper.pieces]
    cpu = sum(scan.cpu_seconds for scan in scans)
    if isinstance(seen, WorkbenchError):
        return replace(_held(paper, seen.message), cpu_seconds=cpu)
    return replace(
        _held(paper, seen.reason),
        template=seen.template,
        fields=seen.fields,
        sizes={number: scan.page.warp.scan for number, scan in enumerate(scans)},
        cpu_seconds=cpu + seen.cpu_seconds,
        match=seen.classified,
        engines=_summed(scan.engines for scan in scans),
    )


def _held(paper: _Found, reason: Sentence | None) -> ReadPaper:
    places = tuple((file, scan.page.number) for file, scan in paper.pieces)
    pages = tuple(page for file, page in places if file == paper.file)
    return ReadPaper(
        paper.file, pages, None, reason, (), {}, 0.0, places=places, paging=paper.notes
    )


def _summed(costs: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for cost in costs:
        for engine, seconds in cost.items():
            total[engine] = round(total.get(engine, 0.0) + seconds, 3)
    return total
