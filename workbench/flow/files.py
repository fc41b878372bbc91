"""Files straight to readings, without any store: what `workbench read` prints, line by line.

The same steps as a worker takes, and the same results. A file may hold several documents: a page
with the head of an official paper begins a new one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import structlog

from workbench import intake
from workbench.errors import ReadingFailedError, Sentence, WorkbenchError
from workbench.flow import recognise
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
    """One document of a file, understood or held; `pages` are 0-based within the file."""

    file: str  # as given
    pages: tuple[int, ...]
    template: str | None
    reason: Sentence | None  # why it is held
    fields: tuple[recognise.ProposedField, ...]
    sizes: Mapping[int, tuple[int, int]]  # page -> pixels of the page as scanned
    cpu_seconds: float
    match: Mapping[str, Any] = field(default_factory=dict)  # which template and why; see `matching`
    engines: Mapping[str, float] = field(default_factory=dict)  # CPU seconds a whole page, summed

    def as_json(self) -> dict[str, Any]:
        """What `workbench read --json` prints of it."""
        return {
            "file": self.file,
            "pages": list(self.pages),
            "type": self.template,
            "status": "read" if self.reason is None else "held",
            "reason": say(self.reason) if self.reason else None,
            # A field that stands nowhere on this copy is told by its absence.
            "fields": {
                found.name: self._field(found)
                for found in self.fields
                if found.value or found.candidates
            },
        }

    def _field(self, found: recognise.ProposedField) -> dict[str, Any]:
        box = None
        if found.box is not None and found.page is not None:
            box = list(found.box.pixels(*self.sizes[found.page]))
        return {
            "value": found.value,
            "norm": found.normalised,
            "accepted": found.accepted,
            "confidence": found.confidence,
            "page": found.page,
            "box": box,
            "candidates": dict(found.candidates),
        }


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
) -> Iterator[ReadPaper]:
    """Each document, in the order of the files; a file that cannot be read is one that is held."""
    reader = _Reader(tuple(engines), tuple(templates.values()), executor)
    with tempfile.TemporaryDirectory(prefix="workbench-read-") as unpacked:
        named = _named(paths, Path(unpacked))
        while files := tuple(islice(named, AT_ONCE)):
            yield from reader.read(files)


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

    def read(self, files: Sequence[_Named]) -> Iterator[ReadPaper]:
        with tempfile.TemporaryDirectory(prefix="workbench-pages-") as folder:
            tasks, refused = self._split(files, Path(folder))
            scans: dict[str, list[ReadScan]] = {}
            for (name, _), (_, result) in zip(
                tasks, self.executor.run(read_scan, [task for _, task in tasks]), strict=True
            ):
                if isinstance(result, WorkbenchError):
                    refused.setdefault(name, result.message)
                else:
                    scans.setdefault(name, []).append(result)
            todo = [
                (name, paper)
                for name, read in scans.items()
                if name not in refused
                for paper in documents_of(read)
            ]
            papers: dict[str, list[ReadPaper]] = {}
            for (name, paper), seen in zip(todo, self._understood(todo), strict=True):
                papers.setdefault(name, []).append(_paper(name, paper, seen))
            for name, _ in files:
                blank = Sentence("All {n} pages are blank.", {"n": len(scans.get(name, ()))})
                held = _held(name, (), refused.get(name, blank))
                yield from papers.get(name) or [held]

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

    def _understood(
        self, papers: Iterable[tuple[str, Sequence[ReadScan]]]
    ) -> Iterator[recognise.Understanding | WorkbenchError]:
        tasks = [
            recognise.UnderstandTask(
                tuple(scan.page for scan in paper), self.templates, self.engines
            )
            for _, paper in papers
        ]
        for _, result in self.executor.run(recognise.understand, tasks):
            yield result


def documents_of(scans: Sequence[ReadScan]) -> list[tuple[ReadScan, ...]]:
    """The pages of one file, parted into documents; blank pages belong to none."""
    documents: list[list[ReadScan]] = []
    for scan in scans:
        if scan.page.quality.blank or not any(scan.page.words.values()):
            continue
        if not documents or recognise.begins_document(scan.page.words):
            documents.append([])
        documents[-1].append(scan)
    return [tuple(document) for document in documents]


def _paper(
    name: str, scans: Sequence[ReadScan], seen: recognise.Understanding | WorkbenchError
) -> ReadPaper:
    pages = tuple(scan.page.number for scan in scans)
    cpu = sum(scan.cpu_seconds for scan in scans)
    if isinstance(seen, WorkbenchError):
        return replace(_held(name, pages, seen.message), cpu_seconds=cpu)
    return ReadPaper(
        file=name,
        pages=pages,
        template=seen.template,
        reason=seen.reason,
        fields=seen.fields,
        sizes={scan.page.number: scan.page.warp.scan for scan in scans},
        cpu_seconds=cpu + seen.cpu_seconds,
        match=seen.classified,
        engines=_summed(scan.engines for scan in scans),
    )


def _summed(costs: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for cost in costs:
        for engine, seconds in cost.items():
            total[engine] = round(total.get(engine, 0.0) + seconds, 3)
    return total


def _held(name: str, pages: tuple[int, ...], reason: Sentence) -> ReadPaper:
    return ReadPaper(name, pages, None, reason, (), {}, 0.0)
