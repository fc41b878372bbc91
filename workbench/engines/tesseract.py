"""Tesseract with Vietnamese data: pytesseract for whole pages, tesserocr for strips."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench import imaging
from workbench.engines import strips
from workbench.errors import EngineUnavailableError, ReadingFailedError
from workbench.model import Box, Identity, Word

Image = NDArray[np.uint8]

# OpenMP spins while it waits: on a busy machine two threads cost ten times what one costs.
os.environ["OMP_THREAD_LIMIT"] = "1"

_LANGUAGE: Final = "vie"
_PAGE: Final = 3  # page segmentation modes of Tesseract
_BLOCK: Final = 6
_LINE: Final = 7
_LONGEST_SECONDS: Final = 180
_MARGIN: Final = 10  # white pixels Tesseract wants around a strip
_FOLDERS: Final = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)


class Tesseract:
    """Reads printed Vietnamese best of all, once the page is readable."""

    name = "tesseract"

    def __init__(self, weights: Path | None = None) -> None:
        self._weights = weights

    def identity(self) -> Identity:
        data = self._data()
        return Identity(
            name=self.name,
            version=_versions(),
            weights=strips.weights_name(data),
            family="tesseract",
        )

    def recognise(self, image: Path, lines: Sequence[Box] = ()) -> tuple[Word, ...]:
        page = imaging.gray_page(image)
        if lines:
            return tuple(self._strips(page, lines))
        return self._page(image, page)

    def _page(self, file: Path, page: Image) -> tuple[Word, ...]:
        words = self._read(file, page.shape, _PAGE)
        # Page segmentation drops whole blocks beside stamps and shadows; one block never does.
        expected = len(imaging.find_letters(page)) / 8
        if len(words) < expected:
            again = self._read(file, page.shape, _BLOCK)
            if len(again) > len(words):
                return again
        return words

    def _read(self, page: Path | Image, shape: tuple[int, ...], mode: int) -> tuple[Word, ...]:
        import pytesseract

        options = f'--oem 1 --psm {mode} --tessdata-dir "{self._data().parent}"'
        try:
            table = pytesseract.image_to_data(
                str(page) if isinstance(page, Path) else page,
                lang=_LANGUAGE,
                config=options,
                timeout=_LONGEST_SECONDS,
                output_type=pytesseract.Output.DICT,
            )
        except (pytesseract.TesseractError, RuntimeError) as failed:
            raise ReadingFailedError(
                "{engine} could not read the page.", engine=self.name
            ) from failed
        return tuple(_words(table, shape[1], shape[0]))

    def _strips(self, page: Image, lines: Sequence[Box]) -> Iterator[Word]:
        if _tesserocr() is None:
            yield from self._strips_by_command(page, lines)
            return
        api = _line_reader(self._data().parent)
        for strip in strips.cut(page, lines):
            image = _with_margin(strip.image)
            height, width = image.shape
            api.SetImageBytes(image.tobytes(), width, height, 1, width)
            api.Recognize()
            yield from _strip_words(api, strip, page)

    def _strips_by_command(self, page: Image, lines: Sequence[Box]) -> Iterator[Word]:
        rows, columns = page.shape
        for strip in strips.cut(page, lines):
            image = _with_margin(strip.image)
            for word in self._read(image, image.shape, _LINE):
                left, top, right, bottom = word.box.pixels(image.shape[1], image.shape[0])
                x, y = strip.left - _MARGIN, strip.top - _MARGIN
                box = Box.clipped(
                    (left + x) / columns,
                    (top + y) / rows,
                    (right + x) / columns,
                    (bottom + y) / rows,
                )
                yield Word(word.text, box, word.confidence, strip.line)

    def _data(self) -> Path:
        """The Vietnamese data: the user's own, else the system's."""
        folders = [self._weights] if self._weights else []
        if prefix := os.environ.get("TESSDATA_PREFIX"):
            folders += [Path(prefix), Path(prefix) / "tessdata"]
        folders += [Path(folder) for folder in _FOLDERS]
        for folder in folders:
            if (file := folder / f"{_LANGUAGE}.traineddata").is_file():
                return file
        raise EngineUnavailableError(
            "Tesseract has no Vietnamese data on this machine.",
            "Install it: sudo apt-get install tesseract-ocr tesseract-ocr-vie",
        )


@cache
def _versions() -> str:
    """The version of the command that reads pages, and of the library that reads strips."""
    try:
        import pytesseract

        command = pytesseract.pytesseract.tesseract_cmd
        said = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)  # noqa: S603 (the command pytesseract runs)
    except ModuleNotFoundError as missing:
        raise EngineUnavailableError(
            "{engine} is not installed: the package {package} is missing.",
            "Install it: pip install {package}",
            engine="Tesseract",
            package="pytesseract",
        ) from missing
    except (OSError, subprocess.CalledProcessError) as missing:
        raise EngineUnavailableError(
            "Tesseract is not installed on this machine.",
            "Install it: sudo apt-get install tesseract-ocr tesseract-ocr-vie",
        ) from missing
    version = (said.stdout or said.stderr).split("\n", 1)[0].removeprefix("tesseract").strip()
    library = _tesserocr()
    if library is None:
        return version
    strips_version = library.tesseract_version().split("\n", 1)[0].removeprefix("tesseract").strip()
    return f"{version} (strips {strips_version})"


@cache
def _tesserocr() -> Any:  # tesserocr ships no types
    """The library for strips, or None where it is missing: slower then, not worse."""
    try:
        import tesserocr
    except ImportError:
        return None
    return tesserocr


@cache
def _line_reader(tessdata: Path) -> Any:
    library = _tesserocr()
    return library.PyTessBaseAPI(path=f"{tessdata}/", lang=_LANGUAGE, psm=_LINE, oem=1)


def _with_margin(strip: Image) -> Image:
    margin = (_MARGIN,) * 4
    wide: Image = cv2.copyMakeBorder(strip, *margin, cv2.BORDER_CONSTANT, value=(255,))
    return wide


def _words(table: Mapping[str, list[Any]], width: int, height: int) -> Iterator[Word]:
    """Words of Tesseract's table; a new line begins where block, paragraph or line changes."""
    lines: dict[tuple[int, int, int], int] = {}
    for i, text in enumerate(table["text"]):
        confidence = float(table["conf"][i])
        if confidence < 0 or not text.strip():
            continue
        line = lines.setdefault(
            (table["block_num"][i], table["par_num"][i], table["line_num"][i]), len(lines)
        )
        left, top = table["left"][i], table["top"][i]
        right, bottom = left + table["width"][i], top + table["height"][i]
        box = Box.clipped(left / width, top / height, right / width, bottom / height)
        yield Word(strips.nfc(text.strip()), box, min(confidence / 100, 1.0), line)


def _strip_words(api: Any, strip: strips.Strip, page: Image) -> Iterator[Word]:
    level = _tesserocr().RIL.WORD
    rows, columns = page.shape
    if (found := api.GetIterator()) is None:
        return
    x, y = strip.left - _MARGIN, strip.top - _MARGIN
    for at in _tesserocr().iterate_level(found, level):
        try:
            text = (at.GetUTF8Text(level) or "").strip()
        except RuntimeError:  # how the library says that it found no letter here
            continue
        place = at.BoundingBox(level)
        if not text or place is None:
            continue
        left, top, right, bottom = place
        box = Box.clipped(
            (left + x) / columns, (top + y) / rows, (right + x) / columns, (bottom + y) / rows
        )
        yield Word(strips.nfc(text), box, min(at.Confidence(level) / 100, 1.0), strip.line)
