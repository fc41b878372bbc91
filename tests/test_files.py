"""Files straight to readings: papers that run on over files, and what is said of their pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageDraw

from tests import test_paging as sheets
from tests import written_page
from workbench import imaging
from workbench.executors import Inline
from workbench.flow import files
from workbench.model import Box, Identity, Word
from workbench.template import load_all
from workbench.workspace import ROOT

TEMPLATES = load_all(ROOT / "ocr_templates")
HANDED_IN = {
    "1.png": written_page.ANTT,
    "2.png": sheets.PERMIT,
    "3.png": sheets.LIST,
    "4.png": written_page.ANTT,
}


@dataclass(frozen=True)
class Recorded:
    """An engine that tells each page by its size, and has no more to say of its lines."""

    name: str = "recorded"

    def identity(self) -> Identity:
        return Identity(self.name, "1", "w", self.name)

    def recognise(self, image: Path, lines: Sequence[Box] = ()) -> tuple[Word, ...]:
        if lines:
            return ()
        return written_page.words(HANDED_IN[_file_of(image)])


def _file_of(image: Path) -> str:
    """Which file a page image was made of: each bears its number in dark pixels at the top."""
    top = imaging.load(image)[:60]
    return f"{int(np.count_nonzero((top < 100).any(axis=0)) / (top.shape[1] / 16) + 0.5)}.png"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four one-page files, each with a bar at its top as many sixteenths wide as its number."""
    for name, lines in HANDED_IN.items():
        page, _ = sheets.drawn(tuple((0.1, text) for _, text in lines))
        page = page.resize((1654, 2338))
        ImageDraw.Draw(page).rectangle((0, 5, int(name[0]) * 1654 / 16, 25), fill=0)
        page.save(tmp_path / name, dpi=(200, 200))
    return tmp_path


@pytest.mark.parametrize("at_once", [1, 2, 8])
def test_a_paper_goes_on_in_the_next_file_wherever_the_heap_is_cut(
    folder: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(files, "AT_ONCE", at_once)
    papers = [
        paper.as_json()
        for paper in files.read_files(
            [folder], engines=[Recorded()], templates=TEMPLATES, executor=Inline()
        )
    ]
    assert [(Path(p["file"]).name, p["pages"]) for p in papers] == [
        ("1.png", [0]), ("2.png", [0]), ("4.png", [0])
    ]  # fmt: skip
    (further,) = papers[1]["further"]
    assert (Path(further["file"]).name, further["pages"]) == ("3.png", [0])
    (note,) = papers[1]["paging"]
    assert (note["what"], note["pages"]) == ("joined", [0])
    assert "further" not in papers[0]
    assert papers[1]["type"] == "vu_khi"
