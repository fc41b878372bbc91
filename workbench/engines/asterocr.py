"""AsterOCR: the best second witness for Vietnamese; reads lines that others have found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from workbench import imaging
from workbench.engines import strips
from workbench.errors import EngineUnavailableError, ReadingFailedError
from workbench.model import Box, Identity, Word

Image = NDArray[np.uint8]

_HEIGHT: Final = 32
_STEP: Final = 4  # columns of its input to a step of its output
_WIDEST: Final = 28.0  # it has 256 steps: wider than 32 times its height it fails


class AsterOcr:
    """Reads strips only: it finds no lines of its own."""

    name = "asterocr"

    def __init__(self, weights: Path | None = None) -> None:
        del weights  # its weights come with the package

    def identity(self) -> Identity:
        _require()
        return Identity(
            name=self.name,
            version=version("asterocr"),
            weights=strips.weights_name(_model_file()),
            family="asterocr",
            finds_lines=False,
        )

    def recognise(self, image: Path, lines: Sequence[Box] = ()) -> tuple[Word, ...]:
        _require()
        if not lines:
            raise ReadingFailedError(
                "{engine} reads only lines that another engine has found.",
                "Let an engine that finds lines read the page first.",
                engine="AsterOCR",
            )
        page = imaging.gray_page(image)
        words: list[Word] = []
        for strip in strips.cut(page, lines, widest=_WIDEST):
            words.extend(strips.words_of(list(_recognise(strip.image)), strip, page))
        return tuple(words)


def _recognise(strip: Image) -> Iterator[strips.Seen]:
    """Its own preparation and greedy decoding, kept with the confidence and place of each step."""
    height, width = strip.shape
    columns = (max(_HEIGHT, int(width * _HEIGHT / height)) + 3) // 4 * 4
    small = (
        PIL.Image.fromarray(strip)
        .convert("RGB")
        .resize((columns, _HEIGHT), PIL.Image.Resampling.BILINEAR)
    )
    pixels = np.asarray(small, np.float32) / 127.5 - 1
    session = _session()
    tensor = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])
    answer = session.run(None, {session.get_inputs()[0].name: tensor})[0]
    steps = answer.reshape(-1, answer.shape[-1])  # (time, 1, classes) or (1, time, classes)
    best = steps.argmax(axis=1)
    starts = np.flatnonzero(np.concatenate(([True], best[1:] != best[:-1])))
    ends = np.concatenate((starts[1:], [len(best)]))
    letters = _alphabet()
    scale = width / len(best)
    for start, end in zip(starts, ends, strict=True):
        if best[start] == letters.blank_idx:
            continue
        yield strips.Seen(
            letters.idx2char.get(int(best[start]), ""),
            (start + end) / 2 * scale,
            float(np.exp(steps[start:end, best[start]].max())),
        )


def _model_file() -> Path:
    return strips.package_folder("asterocr") / "assets" / "asternet.onnx"


@cache
def _alphabet() -> Any:  # asterocr ships no types
    from asterocr.vocab import default_vocab

    return default_vocab


@cache
def _session() -> Any:
    # Not through asterocr.AsterOCR: it would take every core, and fetch weights it does not find.
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # strips of many widths: the arena only grows
    return onnxruntime.InferenceSession(
        str(_model_file()), options, providers=["CPUExecutionProvider"]
    )


def _require() -> None:
    for package in ("asterocr", "onnxruntime"):
        if find_spec(package) is None:
            raise EngineUnavailableError(
                "{engine} is not installed: the package {package} is missing.",
                "Install it: pip install {package}",
                engine="AsterOCR",
                package=package,
            )
