"""The network: EasyOCR's own kind (VGG, two LSTMs, CTC), begun from its English weights.

An accented letter begins as its base letter: what is to be learned is the marks.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.engines import easyocr
from workbench.training.texts import CHARACTERS

Image = NDArray[np.uint8]

HEIGHT: Final = (
    40  # pixels of a line as the network sees it; the English one sees 64, at 2.6 x the cost
)
PARAMETERS: Final = {"input_channel": 1, "output_channel": 256, "hidden_size": 256}
NAME: Final = "workbench_vi"
_OF_ENGLISH: Final = (  # in the order of its classes, from 1
    "0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ €"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)


def begun(english: Path) -> Any:
    """A network that knows Latin letters and no marks yet. `english`: english_g2.pth."""
    import torch

    model = empty()
    kept = torch.load(english, map_location="cpu", weights_only=True)
    kept = {name.removeprefix("module."): value for name, value in kept.items()}
    weight, bias = kept.pop("Prediction.weight"), kept.pop("Prediction.bias")
    ours = model.state_dict()
    for place, character in enumerate(CHARACTERS, start=1):
        at = _place_in_english(character)
        if at is not None:
            ours["Prediction.weight"][place] = weight[at]
            # An accented letter is rarer than its base: it begins a little behind.
            ours["Prediction.bias"][place] = bias[at] - (0.0 if character in _OF_ENGLISH else 1.0)
    ours["Prediction.weight"][0], ours["Prediction.bias"][0] = weight[0], bias[0]
    model.load_state_dict({**ours, **kept})
    return model


def empty() -> Any:
    """The network with no knowledge."""
    easyocr.package()
    from easyocr.model.vgg_model import Model

    return Model(num_class=len(CHARACTERS) + 1, **PARAMETERS)


def _place_in_english(character: str) -> int | None:
    base = unicodedata.normalize("NFD", character)[0]
    base = {"đ": "d", "Đ": "D", "–": "-", "“": '"', "”": '"', "²": "2", "³": "3"}.get(base, base)
    found = _OF_ENGLISH.find(base)
    return found + 1 if found >= 0 else None


def seen(image: Image) -> NDArray[np.float32]:
    """A line as the network sees it: `HEIGHT` rows, -1 to 1, as EasyOCR prepares it."""
    width = max(8, round(image.shape[1] * HEIGHT / image.shape[0]))
    small = image.shape[0] < HEIGHT
    scaled = cv2.resize(
        image, (width, HEIGHT), interpolation=cv2.INTER_CUBIC if small else cv2.INTER_AREA
    )
    level: NDArray[np.float32] = np.asarray(scaled, np.float32)
    return (level / np.float32(255) - np.float32(0.5)) / np.float32(0.5)


def batch(images: Sequence[Image]) -> NDArray[np.float32]:
    """Lines side by side, (n, 1, HEIGHT, widest); the last column fills up the shorter ones."""
    rows = [seen(image) for image in images]
    widest = max(row.shape[1] for row in rows)
    made = np.empty((len(rows), 1, HEIGHT, widest), np.float32)
    for place, row in enumerate(rows):
        made[place, 0, :, : row.shape[1]] = row
        made[place, 0, :, row.shape[1] :] = row[:, -1:]
    return made


def codes(text: str) -> list[int]:
    """The characters as classes, from 1; 0 is CTC's blank. Raises ValueError for others."""
    return [CHARACTERS.index(character) + 1 for character in text]


def texts_of(logits: Any) -> list[str]:
    """The best path through (n, steps, classes), repeats and blanks taken out."""
    said = []
    for row in logits.argmax(-1).tolist():
        kept = [c for place, c in enumerate(row) if c and (place == 0 or row[place - 1] != c)]
        said.append("".join(CHARACTERS[c - 1] for c in kept))
    return said


def export(state: Mapping[str, Any], folder: Path) -> Path:
    """The files of a custom network as EasyOCR loads one: weights, code, description."""
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / f"{NAME}.pth"
    part = weights.with_suffix(".part")
    # Half the size at equal answers; loading turns them back.
    torch.save(
        {f"module.{k}": v.half() if v.is_floating_point() else v for k, v in state.items()}, part
    )
    part.replace(weights)
    (folder / f"{NAME}.py").write_text(
        '"""EasyOCR\'s own network; the weights beside this file are the workbench\'s."""\n\n'
        'from easyocr.model.vgg_model import Model\n\n__all__ = ["Model"]\n'
    )
    description = {
        "network_params": PARAMETERS, "imgH": HEIGHT, "lang_list": ["vi", "en"],
        "character_list": CHARACTERS,
    }  # fmt: skip
    (folder / f"{NAME}.yaml").write_text(
        json.dumps(description, ensure_ascii=False, indent=1) + "\n"
    )
    return weights
