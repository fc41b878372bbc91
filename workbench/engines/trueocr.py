"""TrueOCR: a small, fast Vietnamese engine that also finds the lines for others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from workbench import imaging
from workbench.engines import strips
from workbench.errors import EngineUnavailableError
from workbench.model import Box, Identity, Word

Image = NDArray[np.uint8]

# Its recogniser presses longer lines into 768 columns, and letters then touch.
_WIDEST: Final = 30.0
_STEP: Final = 4  # columns of its input to a step of its output
_BATCH: Final = 16


class TrueOcr:
    """Reads printed Vietnamese in half a second a page; glues words, confuses some tones."""

    name = "trueocr"

    def __init__(self, weights: Path | None = None) -> None:
        del weights  # its weights come with the package

    def identity(self) -> Identity:
        _require()
        return Identity(
            name=self.name,
            version=version("trueocr"),
            weights=strips.weights_name(_folder() / "rec.onnx"),
            family="trueocr",
        )

    def recognise(self, image: Path, lines: Sequence[Box] = ()) -> tuple[Word, ...]:
        _require()
        page = imaging.gray_page(image)
        if lines:
            return tuple(_read(page, lines))
        found = _lines(page)
        words = tuple(_read(page, found))
        return _in_reading_order(words, found, page)


def _read(page: Image, lines: Sequence[Box]) -> Iterator[Word]:
    cut = list(strips.cut(page, lines, widest=_WIDEST))
    seen: dict[int, list[strips.Seen]] = dict(_recognise([strip.image for strip in cut]))
    for number, strip in enumerate(cut):
        yield from strips.words_of(seen[number], strip, page)


def _recognise(images: Sequence[Image]) -> Iterator[tuple[int, list[strips.Seen]]]:
    """What its recogniser sees, with the columns it sees it in, which its own call leaves out."""
    from trueocr.preprocess import pad_batch, prepare_gray, width_batches

    reader = _recogniser()
    inputs = [
        prepare_gray(image, max_width=reader.max_width, pad_y=reader.pad_y, pad_x=reader.pad_x)
        for image in images
    ]
    for batch in width_batches([line.shape[1] for line in inputs], max_batch=_BATCH):
        tensor, widths = pad_batch([inputs[i] for i in batch])
        answer = reader.session.run(["ids", "conf", "lengths"], {"x": tensor, "widths": widths})
        for row, number in enumerate(batch):
            steps = int(answer[2][row])
            yield (
                number,
                list(
                    _characters(
                        answer[0][row, :steps],
                        answer[1][row, :steps],
                        reader.chars,
                        images[number].shape,
                        inputs[number].shape[1],
                        reader.pad_x,
                    )
                ),
            )


def _characters(
    ids: NDArray[np.int64],
    confidence: NDArray[np.float32],
    alphabet: str,
    shape: tuple[int, ...],
    columns: int,
    pad: float,
) -> Iterator[strips.Seen]:
    """Greedy CTC: a run of one id is one character, id 0 is none."""
    height, width = shape
    margin = pad * height
    scale = (width + 2 * margin) / columns
    starts = np.flatnonzero(np.concatenate(([True], ids[1:] != ids[:-1])))
    ends = np.concatenate((starts[1:], [len(ids)]))
    for start, end in zip(starts, ends, strict=True):
        if ids[start] == 0:
            continue
        yield strips.Seen(
            alphabet[ids[start] - 1],
            float(start + end) / 2 * _STEP * scale - margin,
            float(confidence[start:end].max()),
        )


def _lines(page: Image) -> tuple[Box, ...]:
    rows, columns = page.shape
    return tuple(
        Box.clipped(x0 / columns, y0 / rows, x1 / columns, y1 / rows)
        for x0, y0, x1, y1, _ in _page_reader().detect(page).tolist()
        if x1 > x0 and y1 > y0
    )


def _in_reading_order(words: Sequence[Word], lines: Sequence[Box], page: Image) -> tuple[Word, ...]:
    rows, columns = page.shape
    texts: list[list[str]] = [[] for _ in lines]
    for word in words:
        texts[word.line].append(word.text)
    boxes = np.array([line.pixels(columns, rows) for line in lines], np.float32).reshape(-1, 4)
    order = _page_reader().reading_order(boxes, [" ".join(t) for t in texts], (columns, rows))
    written = [line for line in order if texts[line]]
    rank = {line: number for number, line in enumerate(written)}
    placed = [Word(w.text, w.box, w.confidence, rank[w.line]) for w in words]
    return tuple(sorted(placed, key=lambda word: (word.line, word.box.left)))


def _folder() -> Path:
    return strips.package_folder("trueocr") / "models"


@cache
def _recogniser() -> Any:  # trueocr ships no types
    from trueocr.recognizer import Recognizer

    return Recognizer(_folder(), threads=1)


@cache
def _page_reader() -> Any:
    from trueocr.page import PageEngine

    return PageEngine(_folder(), threads=1)


def _require() -> None:
    for package in ("trueocr", "onnxruntime"):
        if find_spec(package) is None:
            raise EngineUnavailableError(
                "{engine} is not installed: the package {package} is missing.",
                "Install it: pip install {package}",
                engine="TrueOCR",
                package=package,
            )
