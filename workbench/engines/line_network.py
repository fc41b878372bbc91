"""A recognition network on ONNX Runtime: one line of text in, its characters out.

A file of such a network says itself how high it wants lines and which characters it writes. Lines
are read one by one at their own width: what stands beside them must change no answer, and side by
side they are not read faster.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.engines.strips import Seen
from workbench.errors import EngineUnavailableError

Image = NDArray[np.uint8]

CHARACTERS, HEIGHT = "characters", "height"  # what a file says of itself
_NARROWEST: Final = 8  # columns: its poolings leave one of them


@dataclass(frozen=True, slots=True)
class LineNetwork:
    """A network that was loaded."""

    session: Any  # onnxruntime ships no types
    characters: str  # in the order of its classes, from 1; 0 is CTC's blank
    height: int  # pixels of a line as it sees it


@lru_cache(maxsize=4)
def load(file: Path) -> LineNetwork:
    """The network in this file, on one thread. Raises EngineUnavailableError."""
    try:
        import onnxruntime
    except ImportError as missing:
        raise EngineUnavailableError(
            "{engine} is not installed: the package {package} is missing.",
            "Install it with a CPU build of torch (1.5 GB of disk): run the set-up again, or "
            "`pip install workbench[easyocr]`. Without it, fields have one witness less.",
            engine="EasyOCR",
            package="onnxruntime",
        ) from missing
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # work is spread over pages
    options.enable_cpu_mem_arena = False  # lines of many widths: the arena only grows
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"]
        )
        said = session.get_modelmeta().custom_metadata_map
        return LineNetwork(session, str(json.loads(said[CHARACTERS])), int(said[HEIGHT]))
    except Exception as broken:  # the library's errors have no class in common
        raise EngineUnavailableError(
            "The weights of EasyOCR cannot be loaded; the file is damaged or of another kind.",
            "Copy the weights anew into the folder that the setting `weights` names.",
        ) from broken


def seen(image: Image, height: int) -> NDArray[np.float32]:
    """A line as the network sees it: `height` rows, -1 to 1, as EasyOCR prepares it."""
    width = max(_NARROWEST, round(image.shape[1] * height / image.shape[0]))
    small = image.shape[0] < height
    scaled = cv2.resize(
        image, (width, height), interpolation=cv2.INTER_CUBIC if small else cv2.INTER_AREA
    )
    level: NDArray[np.float32] = np.asarray(scaled, np.float32)
    return (level / np.float32(255) - np.float32(0.5)) / np.float32(0.5)


def read(network: LineNetwork, line: Image) -> Iterator[Seen]:
    """The characters along the best path, each with its own odds and the column where it stood."""
    pixels = seen(line, network.height)
    logits = network.session.run(None, {"x": pixels[None, None]})[0][0]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    odds /= odds.sum(axis=1, keepdims=True)
    best = odds.argmax(axis=1)
    starts = np.flatnonzero(np.concatenate(([True], best[1:] != best[:-1])))
    ends = np.concatenate((starts[1:], [len(best)]))
    scale = line.shape[1] / len(best)
    for start, end in zip(starts, ends, strict=True):
        if (place := int(best[start])) != 0:
            sure = float(odds[start:end, place].max())
            yield Seen(network.characters[place - 1], (start + end) / 2 * scale, sure)
