"""The network: EasyOCR's own kind (VGG, two LSTMs, CTC), begun from its English weights.

An accented letter begins as its base letter: what is to be learned is the marks.
"""

from __future__ import annotations

import json
import logging
import pickle
import tempfile
import unicodedata
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from workbench.engines import easyocr, line_network
from workbench.errors import NotReadyError
from workbench.training.texts import CHARACTERS

Image = NDArray[np.uint8]

HEIGHT: Final = 40  # pixels of a line as it sees it; the English one sees 64, at 2.6 x the cost
PARAMETERS: Final = {"input_channel": 1, "output_channel": 256, "hidden_size": 256}
NAME: Final = "workbench_vi"
_OF_ENGLISH: Final = (  # in the order of its classes, from 1
    "0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ €"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

_LIKE: Final = {  # signs with no base of their own, and what they look like
    "đ": "d", "Đ": "D", "–": "-", "“": '"', "”": '"', "²": "2", "³": "3", "ø": "o", "Ø": "O",
    "ß": "B",
}  # fmt: skip


def begun(start: Path) -> Any:
    """A network that goes on from one of its kind, or that knows Latin letters and no marks yet.

    `start`: a network's weights as `export` wrote them, or english_g2.pth.
    """
    import torch

    model = empty()
    kept = torch.load(start, map_location="cpu", weights_only=True)
    kept = {name.removeprefix("module."): value for name, value in kept.items()}
    weight, bias = kept.pop("Prediction.weight"), kept.pop("Prediction.bias")
    known = _OF_ENGLISH if len(weight) == len(_OF_ENGLISH) + 1 else CHARACTERS[: len(weight) - 1]
    ours = model.state_dict()
    for place, character in enumerate(CHARACTERS, start=1):
        at = known.find(character) + 1 or known.find(_base(character)) + 1
        if at:
            ours["Prediction.weight"][place] = weight[at]
            # An accented letter is rarer than its base: it begins a little behind.
            ours["Prediction.bias"][place] = bias[at] - (0.0 if character in known else 1.0)
    ours["Prediction.weight"][0], ours["Prediction.bias"][0] = weight[0], bias[0]
    model.load_state_dict({**ours, **kept})
    return model


def empty(classes: int = len(CHARACTERS) + 1) -> Any:
    """The network with no knowledge."""
    easyocr.package()
    from easyocr.model.vgg_model import Model

    return Model(num_class=classes, **PARAMETERS)


def of(state: Mapping[str, Any]) -> Any:
    """A network with these weights, on the processor.

    Characters are only ever added behind the others: one that knows fewer knows the first of them.
    """
    model = empty(len(state["Prediction.bias"]))
    model.load_state_dict(state)
    return model.eval()


def _base(character: str) -> str:
    base = unicodedata.normalize("NFD", character)[0]
    return _LIKE.get(base, base)


def batch(images: Sequence[Image]) -> NDArray[np.float32]:
    """Lines side by side, (n, 1, HEIGHT, widest); the last column fills up the shorter ones."""
    rows = [line_network.seen(image, HEIGHT) for image in images]
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


def kept(weights: Path) -> dict[str, Any]:
    """The state that was exported to this file. Raises NotReadyError for one of another kind."""
    import torch

    try:
        state = torch.load(weights, map_location="cpu", weights_only=True)
        state = {name.removeprefix("module."): value for name, value in state.items()}
        of(state)
    except (OSError, RuntimeError, ValueError, KeyError, pickle.UnpicklingError) as broken:
        raise NotReadyError(
            "{file} is no network of this kind.",
            "Name the file workbench_vi.pth of a training.",
            file=weights.name,
        ) from broken
    return {name: v.float() if v.is_floating_point() else v for name, v in state.items()}


def export(state: Mapping[str, Any], folder: Path, name: str = NAME) -> Path:
    """The files of a custom network as EasyOCR loads one: weights, code, description."""
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / f"{name}.pth"
    part = weights.with_suffix(".part")
    # Half the size at equal answers; loading turns them back.
    torch.save(
        {f"module.{k}": (v.half() if v.is_floating_point() else v).cpu() for k, v in state.items()},
        part,
    )
    part.replace(weights)
    (folder / f"{name}.py").write_text(
        '"""EasyOCR\'s own network; the weights beside this file are the workbench\'s."""\n\n'
        'from easyocr.model.vgg_model import Model\n\n__all__ = ["Model"]\n'
    )
    description = {
        "network_params": PARAMETERS, "imgH": HEIGHT, "lang_list": ["vi", "en"],
        "character_list": CHARACTERS[: len(state["Prediction.bias"]) - 1],
    }  # fmt: skip
    (folder / f"{name}.yaml").write_text(
        json.dumps(description, ensure_ascii=False, indent=1) + "\n"
    )
    return weights


def export_alone(state: Mapping[str, Any], into: Path) -> None:
    """The network in ONNX's form, which reads without torch and in a third of the time.

    Its weights are in eight bits: half the size at equal answers. Unsigned ones, because signed
    ones run over on processors without VNNI.
    """
    import onnx
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = of(state)

    class Plain(torch.nn.Module):
        """The same without its pooling to a size that is known only when it runs."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, lines: Any) -> Any:
            columns = self.model.FeatureExtraction(lines).permute(0, 3, 1, 2).mean(3)
            return self.model.Prediction(self.model.SequenceModeling(columns))

    with tempfile.TemporaryDirectory() as room, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter tells of its successor
        whole, small = Path(room) / "whole.onnx", Path(room) / "small.onnx"
        torch.onnx.export(
            Plain().eval(), (torch.zeros(1, 1, HEIGHT, 200),), str(whole),
            input_names=["x"], output_names=["y"], dynamo=False, opset_version=17,
            dynamic_axes={"x": {0: "lines", 3: "columns"}, "y": {0: "lines", 1: "steps"}},
        )  # fmt: skip
        level = logging.getLogger().level
        logging.getLogger().setLevel(logging.ERROR)  # it advises on the root logger
        quantize_dynamic(
            whole, small, op_types_to_quantize=["MatMul", "LSTM", "Conv"],
            weight_type=QuantType.QUInt8,
        )  # fmt: skip
        logging.getLogger().setLevel(level)
        made = onnx.load(str(small))
        said = {
            line_network.CHARACTERS: json.dumps(CHARACTERS[: len(state["Prediction.bias"]) - 1]),
            line_network.HEIGHT: str(HEIGHT),
            "licence": "Apache-2.0",
        }
        onnx.helper.set_model_props(made, said)
        part = into.with_suffix(".half")
        onnx.save(made, str(part))
    part.replace(into)
