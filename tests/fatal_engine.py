"""An engine that reads every page well, but for those whose shape it cannot stand.

A page is told by the shape of its paper, which survives whatever is done to make it readable.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from workbench.model import Box, Identity, Word
from workbench.template import load

# Height over width of a page -> what it does to its reader.
SHAPES = {"good": 1.41, "kills": 1.6, "hangs": 1.8, "swallows": 2.0}

_FORM = Path(__file__).resolve().parent.parent / "ocr_templates" / "con_dau.yaml"


def page(path: Path, how: str) -> Path:
    """A page with some print on it, in the shape that does this to its reader."""
    width = 600
    image = Image.new("RGB", (width, round(width * SHAPES[how])), "white")
    for row in range(12):
        image.paste((20, 20, 20), (60, 80 + 40 * row, 60 + 380 + 7 * row, 92 + 40 * row))
    image.save(path, dpi=(72, 72))
    return path


@dataclass(frozen=True)
class Fatal:
    """Reads each page as the seal registration that it is not; `cured` is a file that heals it."""

    cured: Path
    name: str = "fatal"

    def identity(self) -> Identity:
        return Identity(self.name, "1", "none", family=self.name)

    def recognise(self, image: Path, lines: Sequence[Box] = ()) -> tuple[Word, ...]:
        with Image.open(image) as seen:
            shape = seen.height / seen.width
        how = min(SHAPES, key=lambda name: abs(SHAPES[name] - shape))
        if not self.cured.exists():
            _do(how)
        if lines:
            return ()
        return tuple(_print())


def _do(how: str) -> None:
    match how:
        case "kills":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hangs":
            time.sleep(600)
        case "swallows":
            kept = []
            while True:
                kept.append(bytearray(64 << 20))


def _print() -> Sequence[Word]:
    """What is printed on every copy of the form, line under line."""
    return [
        Word(text, Box(0.1 + 0.02 * at, 0.05 * row, 0.11 + 0.02 * at, 0.05 * row + 0.02), 0.9, row)
        for row, anchor in enumerate(load(_FORM).anchors, start=1)
        for at, text in enumerate(anchor.split())
    ]
