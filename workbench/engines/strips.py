"""What engines that read single lines share: cutting strips, and placing words within them."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.model import Box, Word

Image = NDArray[np.uint8]

_PAPER: Final = 255
_INK: Final = 160


class Strip(NamedTuple):
    """One line of text, or a part of a long one, cut from a page; its place in page pixels."""

    image: Image
    left: int
    top: int
    line: int


class Seen(NamedTuple):
    """A character an engine saw, and the column of the strip where about."""

    text: str
    middle: float
    confidence: float


def cut(page: Image, lines: Sequence[Box], *, widest: float | None = None) -> Iterator[Strip]:
    """The strips of `page` that hold ink, in order.

    A strip wider than `widest` times its height is parted at white gaps.
    """
    rows, columns = page.shape
    for number, line in enumerate(lines):
        left, top, right, bottom = line.pixels(columns, rows)
        image = page[top : max(bottom, top + 1), left : max(right, left + 1)]
        if image.size == 0 or image.min() > _INK:
            continue
        limit = image.shape[1] if widest is None else max(1, int(widest * image.shape[0]))
        for start, end in _parts(image, limit):
            yield Strip(np.ascontiguousarray(image[:, start:end]), left + start, top, number)


def _parts(strip: Image, limit: int) -> Iterator[tuple[int, int]]:
    """Column ranges of at most `limit` that together are the strip, parted where it is whitest."""
    width = strip.shape[1]
    if width <= limit:
        yield 0, width
        return
    gap = max(3, strip.shape[0] // 4)
    ink = cv2.blur((_PAPER - strip).sum(axis=0, dtype=np.float32)[None], (gap, 1))[0]
    count = -(-width // int(limit * 0.9))
    start = 0
    for part in range(1, count):
        aim = start + (width - start) / (count - part + 1)
        low, high = int(aim - 0.1 * limit), int(aim + 0.1 * limit)
        end = low + int(ink[low:high].argmin())
        yield start, end
        start = end
    yield start, width


def nfc(text: str) -> str:
    """Text as the workbench keeps it: engines differ in how they compose marks."""
    return unicodedata.normalize("NFC", text)


def words_of(seen: Sequence[Seen], strip: Strip, page: Image) -> Iterator[Word]:
    """The words that characters make, each with the box of its ink on the page."""
    words: list[list[Seen]] = [[]]
    for character in seen:
        if character.text.isspace():
            words.append([])
        else:
            words[-1].append(character)
    words = [word for word in words if word]
    if not words:
        return
    rows, columns = page.shape
    bottom = strip.top + strip.image.shape[0]
    for word, (left, right) in zip(words, _spans(words, strip.image), strict=True):
        yield Word(
            text=nfc("".join(c.text for c in word)),
            box=Box.clipped(
                (strip.left + left) / columns,
                strip.top / rows,
                (strip.left + right) / columns,
                bottom / rows,
            ),
            confidence=min(1.0, max(0.0, sum(c.confidence for c in word) / len(word))),
            line=strip.line,
        )


def _spans(words: Sequence[Sequence[Seen]], strip: Image) -> Iterator[tuple[int, int]]:
    """The columns each word's ink fills. An engine says only roughly where it saw a letter:
    words are parted at the widest white between the last letter of one and the first of the next.
    """
    inked: NDArray[np.bool_] = strip.min(axis=0) < _INK
    height, width = strip.shape
    borders = [max(0, int(words[0][0].middle) - height)]  # further out stands a frame, not a letter
    for before, after in pairwise(words):
        low = max(borders[-1], min(int(before[-1].middle), width - 1))
        high = min(width, max(low + 1, int(after[0].middle) + 1))
        borders.append(low + _widest_white(inked[low:high]))
    borders.append(min(width, int(words[-1][-1].middle) + height))
    for left, right in pairwise(borders):
        ink = np.flatnonzero(inked[left:right])
        if ink.size:
            yield left + int(ink[0]), left + int(ink[-1]) + 1
        else:
            yield left, max(right, left + 1)


def _widest_white(inked: NDArray[np.bool_]) -> int:
    """The middle of the longest run without ink; the middle of all where there is none."""
    edges = np.flatnonzero(np.diff(np.concatenate(([True], inked, [True])).astype(np.int8)))
    if edges.size == 0:
        return len(inked) // 2
    starts, ends = edges[::2], edges[1::2]
    longest = int((ends - starts).argmax())
    return int(starts[longest] + ends[longest]) // 2


def package_folder(package: str) -> Path:
    """Where an installed package lies; unlike `importlib.resources`, does not import it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(package)
    return Path(spec.submodule_search_locations[0])


@cache
def weights_name(file: Path) -> str:
    """The file's name and the start of its SHA-256: tells one set of weights from another."""
    digest = hashlib.sha256()
    with file.open("rb") as source:
        while piece := source.read(1 << 20):
            digest.update(piece)
    return f"{file.name}:{digest.hexdigest()[:12]}"
