"""Fields cut out by their true boxes: what is cut, what is exact, what the card then says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest

import workbench
from workbench.bench import crops
from workbench.errors import NotReadyError
from workbench.model import Box, Identity, Word

FONT = Path(workbench.__file__).parent / "fonts" / "LiberationSerif-Regular.ttf"


class Sure:
    """Reads the same on every line."""

    def __init__(self, name: str, says: str) -> None:
        self.name, self.says = name, says

    def identity(self) -> Identity:
        return Identity(self.name, "1", f"{self.name}.w:1", self.name)

    def recognise(self, image: Path, lines: Sequence[Box] = ()) -> tuple[Word, ...]:
        return tuple(Word(self.says, box, 0.9, n) for n, box in enumerate(lines))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with two fields, one under a stamp and one that runs over two lines."""
    where = tmp_path_factory.mktemp("truth")
    page = PIL.Image.new("L", (1240, 1754), 255)
    font = PIL.ImageFont.truetype(str(FONT), 40)
    PIL.ImageDraw.Draw(page).text((200, 300), "Sóc Trăng", font=font, fill=0)
    page.save(where / "page.png", dpi=(150, 150))
    quad = [[200, 300], [380, 300], [380, 345], [200, 345]]
    one = {"page": 0, "printed": "Sóc Trăng", "style": "print", "quads": [quad]}
    fields = {
        "tinh": {"occurrences": [one, {**one, "under_stamp": True}, {**one, "style": "hand"}]},
        "long": {"occurrences": [{**one, "quads": [quad, quad]}]},
    }
    told = {"file": "page.png", "documents": [{"pages": [0], "level": "clean", "fields": fields}]}
    (where / "truth.jsonl").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return where


@pytest.mark.parametrize("prepared", [False, True])
def test_a_crop_is_the_ink_of_one_line(folder: Path, prepared: bool) -> None:
    found = list(crops.crops_of(folder, prepared=prepared))
    assert [crop.cut for crop in found] == ["clean print", "under a stamp", "hand-filled"]
    image = found[0].image
    assert 40 <= image.shape[0] <= 120
    assert image.min() < 90 < image.max()
    assert (image[:, 12:-12] < 128).any(axis=0).mean() > 0.4  # letters from end to end


def test_engines_are_held_against_their_limits_by_cut_and_the_card_tells_it(
    folder: Path, tmp_path: Path
) -> None:
    figures = crops.measured(
        list(crops.crops_of(folder)), [Sure("easyocr", "Sóc Trăng"), Sure("tesseract", "Soc Trang")]
    )
    assert figures["engines"]["easyocr"]["cuts"]["all"]["right"] == 3
    assert figures["engines"]["tesseract"]["cuts"]["all"]["right"] == 0
    assert figures["engines"]["tesseract"]["cuts"]["all"]["cer"] == pytest.approx(2 / 9, abs=1e-3)
    assert all(figures["limits"][cut]["holds"] for cut in ("clean print", "hand-filled"))
    assert figures["limits"]["CPU a crop"]["cases"] == 3
    card = tmp_path / "card.md"
    card.write_text("before\n<!-- crops -->\nold\n<!-- /crops -->\nafter\n", encoding="utf-8")
    crops.write_card(figures, card)
    told = card.read_text(encoding="utf-8")
    assert "old" not in told
    assert "| clean print | 1 | 100.0 % | 0.00 % | 0.0 % | 22.22 % | 96 % |" in told
    assert told.startswith("before\n")
    assert told.endswith("after\n")
    with pytest.raises(NotReadyError, match="no place"):
        crops.write_card(figures, tmp_path / "none.md")
