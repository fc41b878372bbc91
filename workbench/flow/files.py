"""Files straight to readings, without any store: what `workbench read` prints, line by line.

The same steps as a worker takes, and the same results. A file may hold several documents: a page
with the head of an official paper begins a new one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import structlog

from workbench import intake, placement
from workbench.errors import ReadingFailedError, Sentence, WorkbenchError
from workbench.flow import recognise
from workbench.placement import Running
from workbench.seams import Executor, OcrEngine
from workbench.template import Template
from workbench.words import say

AT_ONCE = 8  # files whose pages are read side by side; bounds the disk that page images take
HEAD = (
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"  # Nghị định 30/2020/NĐ-CP, Phụ lục I: on every first page
)
_HEAD_FOUND = 85.0  # similarity (0-100)
_HEAD_ENDS = 0.35  # share of the page's height above which the head stands

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ScanTask:
    """A page image as scanned, the folder for what is made of it, and who is to read it."""

    page: intake.PageFile
    folder: Path
    engines: tuple[OcrEngine, ...]


def read_scan(task: ScanTask) -> recognise.ReadPage:
    """One page made readable and read by every engine that finds lines itself.

    An engine that fails leaves the page to the others. Raises ReadingFailedError where all fail.
    """
    made = recognise.prepare_page(recognise.PageTask(task.page.path, task.folder))
    words = {}
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
        if not words:
            raise ReadingFailedError(
                "No engine could read this document.",
                "Run `workbench doctor`, then send the document back to be read again.",
            )
    return recognise.ReadPage(
        task.page.index, made.readable, task.page.path, made.warp, made.quality, words
    )


def read_files(
    paths: Iterable[Path],
    *,
    engines: Sequence[OcrEngine],
    templates: Mapping[str, Template],
    executor: Executor,
) -> Iterator[dict[str, Any]]:
    """One line a document, in the order of the files; a file that cannot be read is a held line."""
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

    def read(self, files: Sequence[_Named]) -> Iterator[dict[str, Any]]:
        with tempfile.TemporaryDirectory(prefix="workbench-pages-") as folder:
            tasks, refused = self._split(files, Path(folder))
            pages: dict[str, list[recognise.ReadPage]] = {}
            for (name, _), (_, result) in zip(
                tasks, self.executor.run(read_scan, [task for _, task in tasks]), strict=True
            ):
                if isinstance(result, WorkbenchError):
                    refused.setdefault(name, result.message)
                else:
                    pages.setdefault(name, []).append(result)
            papers = {
                name: documents_of(read) for name, read in pages.items() if name not in refused
            }
            todo = [(name, paper) for name in papers for paper in papers[name]]
            seen = self._understood(paper for _, paper in todo)
            lines: dict[str, list[dict[str, Any]]] = {}
            for (name, paper), result in zip(todo, seen, strict=True):
                lines.setdefault(name, []).append(_line(name, paper, result))
            for name, _ in files:
                blank = Sentence("All {n} pages are blank.", {"n": len(pages.get(name, ()))})
                yield from lines.get(name) or [_held(name, (), refused.get(name, blank))]

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
        self, papers: Iterable[Sequence[recognise.ReadPage]]
    ) -> Iterator[recognise.Understanding | WorkbenchError]:
        tasks = [
            recognise.UnderstandTask(tuple(paper), self.templates, self.engines) for paper in papers
        ]
        for _, result in self.executor.run(recognise.understand, tasks):
            yield result


def documents_of(pages: Sequence[recognise.ReadPage]) -> list[tuple[recognise.ReadPage, ...]]:
    """The pages of one file, parted into documents; blank pages belong to none."""
    documents: list[list[recognise.ReadPage]] = []
    for page in pages:
        if page.quality.blank or not any(page.words.values()):
            continue
        if not documents or _begins(page):
            documents.append([])
        documents[-1].append(page)
    return [tuple(document) for document in documents]


def _begins(page: recognise.ReadPage) -> bool:
    """Whether the head of an official paper stands at the top of the page."""
    for words in page.words.values():
        running = Running(placement.lines_of(words))
        found = running.find(HEAD)
        if found is None or found.score < _HEAD_FOUND:
            continue
        line = running.lines[running.owner[found.start][0]]
        if line.box.bottom < _HEAD_ENDS:
            return True
    return False


# --- what is printed --------------------------------------------------------------------------


def _line(
    name: str,
    paper: Sequence[recognise.ReadPage],
    seen: recognise.Understanding | WorkbenchError,
) -> dict[str, Any]:
    numbers = tuple(page.number for page in paper)
    if isinstance(seen, WorkbenchError):
        return _held(name, numbers, seen.message)
    sizes = {page.number: page.warp.scan for page in paper}
    line = _held(name, numbers, seen.reason)
    line["type"] = seen.template
    line["status"] = "read" if seen.reason is None else "held"
    # A field that stands nowhere on this copy is told by its absence.
    line["fields"] = {
        field.name: _field(field, sizes) for field in seen.fields if field.value or field.candidates
    }
    return line


def _field(field: recognise.ProposedField, sizes: Mapping[int, tuple[int, int]]) -> dict[str, Any]:
    box = None
    if field.box is not None and field.page is not None:
        box = list(field.box.pixels(*sizes[field.page]))
    return {
        "value": field.value,
        "norm": field.normalised,
        "accepted": field.accepted,
        "confidence": field.confidence,
        "page": field.page,
        "box": box,
        "candidates": dict(field.candidates),
    }


def _held(name: str, pages: Sequence[int], reason: Sentence | None) -> dict[str, Any]:
    return {
        "file": name,
        "pages": list(pages),
        "type": None,
        "status": "held",
        "reason": say(reason) if reason else None,
        "fields": {},
    }
