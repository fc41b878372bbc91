"""A copybook: crops of lines with what they say, as a folder that a network learns from.

Each crop is a PNG; `labels.jsonl` says of each file what stands on it, which kind of field it is
and which paper it comes from. That is the whole format, so that others can learn from it too.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotReadyError, StorageError

Image = NDArray[np.uint8]

LABELS: Final = "labels.jsonl"


@dataclass(frozen=True, slots=True)
class Example:
    """A gray image of one line, what it says, what kind of field it is and of which document."""

    image: Image
    text: str
    kind: str
    document: str


def write(folder: Path, examples: Iterable[Example]) -> int:
    """Write them to a folder that there is not yet, whole or not at all; how many they were."""
    half = folder.with_name(f"{folder.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    count = 0
    with (half / LABELS).open("w", encoding="utf-8") as labels:
        for count, example in enumerate(examples, start=1):
            file = f"{count:06}.png"
            if not cv2.imwrite(str(half / file), example.image):
                raise StorageError(
                    "The crops cannot be written.", "Check that the folder can be written."
                )
            told = {
                "file": file, "text": example.text, "kind": example.kind,
                "document": example.document,
            }  # fmt: skip
            labels.write(json.dumps(told, ensure_ascii=False) + "\n")
    half.rename(folder)
    return count


def read(folder: Path) -> Iterator[Example]:
    """The crops of a folder in their order. Raises NotReadyError where it is no copybook."""
    for told in _labels(folder):
        image: Image | None = cv2.imread(str(folder / told["file"]), cv2.IMREAD_GRAYSCALE)
        if image is None:
            raise _broken(folder)
        yield Example(image, told["text"], told["kind"], told["document"])


def _labels(folder: Path) -> list[dict[str, Any]]:
    try:
        text = (folder / LABELS).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]
    except (OSError, ValueError) as error:
        raise _broken(folder) from error


def _broken(folder: Path) -> NotReadyError:
    return NotReadyError(
        "The crops in {name} cannot be read.", "Have them written anew.", name=folder.name
    )
