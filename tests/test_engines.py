"""Engines are found without loading them, and say what they would need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from workbench import engines, words
from workbench.engines import easyocr, strips
from workbench.engines.easyocr import EasyOcr
from workbench.errors import EngineUnavailableError, ReadingFailedError
from workbench.model import Box

PACKED = pytest.importorskip("easyocr_en_models").model_dir()


def test_all_four_are_registered_and_looking_at_them_loads_nothing() -> None:
    look = (
        "import sys\n"
        "from workbench import engines\n"
        "found = engines.discover()\n"
        "print([e.name for e in found], [engines.status(e).available for e in found])\n"
        "print(sorted({'torch', 'easyocr', 'onnxruntime'} & set(sys.modules)))\n"
    )
    said = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    names, loaded = said.stdout.splitlines()
    assert names.startswith("['asterocr', 'easyocr', 'tesseract', 'trueocr']")
    assert loaded == "[]"


def test_an_engine_that_cannot_run_says_why_and_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(easyocr, "find_spec", lambda package: None)
    status = engines.status(EasyOcr())
    assert not status.available
    assert status.why_not is not None
    assert "the package easyocr is missing" in str(status.why_not)
    assert "1,5 GB" in words.remedy(status.why_not)


# --- the weights of EasyOCR ---------------------------------------------------------------------


def test_without_other_weights_it_is_a_witness_without_marks() -> None:
    who = EasyOcr().identity()
    assert who.weights.startswith("english_g2.pth:")
    assert not who.marks
    assert not who.finds_lines


def test_a_network_of_the_site_s_own_is_preferred_and_the_shipped_one_before_it(
    tmp_path: Path,
) -> None:
    for file in ("site_vi.pth", "site_vi.py"):
        (tmp_path / file).write_text("x")
    assert not EasyOcr(tmp_path).identity().marks  # a network without its description is none
    (tmp_path / "site_vi.yaml").write_text("x")
    who = EasyOcr(tmp_path).identity()
    assert who.weights.startswith("site_vi.pth:")
    assert who.marks
    (tmp_path / "latin_g2.pth").write_text("y")
    assert EasyOcr(tmp_path).identity().weights.startswith("latin_g2.pth:")


def test_damaged_weights_are_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "latin_g2.pth").write_text("not what its name says")
    page = tmp_path / "page.png"
    cv2.imwrite(str(page), written())
    with pytest.raises(EngineUnavailableError, match="weights of EasyOCR cannot be loaded"):
        EasyOcr(tmp_path).recognise(page, [Box(0, 0, 1, 1)])


@pytest.mark.engine
def test_a_network_of_the_site_s_own_reads(tmp_path: Path) -> None:
    """The English weights under another name stand in for what a site has trained."""
    (tmp_path / "site_vi.pth").symlink_to(Path(PACKED) / "english_g2.pth")
    (tmp_path / "site_vi.py").write_text("from easyocr.model.vgg_model import Model\n")
    letters = "0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ €"
    letters += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    quoted = letters.replace("\\", "\\\\").replace('"', '\\"')
    (tmp_path / "site_vi.yaml").write_text(
        "network_params: {input_channel: 1, output_channel: 256, hidden_size: 256}\n"
        f'imgH: 64\nlang_list: [vi, en]\ncharacter_list: "{quoted}"\n'
    )
    page = tmp_path / "page.png"
    cv2.imwrite(str(page), written())
    seen = EasyOcr(tmp_path).recognise(page, [Box(0, 0, 1, 1)])
    assert " ".join(word.text for word in seen) == "CON DAU 2020"


def written() -> strips.Image:
    line = np.full((70, 420), 255, np.uint8)
    return cv2.putText(line, "CON DAU 2020", (12, 50), cv2.FONT_HERSHEY_DUPLEX, 1.5, 0, 2)


# --- strips -------------------------------------------------------------------------------------


def test_strips_without_ink_are_not_read() -> None:
    page = np.full((100, 200), 250, np.uint8)
    page[60:80, 20:90] = 0
    lines = [Box(0, 0, 1, 0.5), Box(0, 0.5, 1, 1)]
    assert [(s.line, s.top, s.image.shape) for s in strips.cut(page, lines)] == [(1, 50, (50, 200))]


def test_a_long_strip_is_parted_between_words_and_nothing_is_lost() -> None:
    page = np.full((20, 900), 255, np.uint8)
    for start in range(10, 890, 60):
        page[4:16, start : start + 44] = 0
    parts = list(strips.cut(page, [Box(0, 0, 1, 1)], widest=15))
    assert len(parts) > 2
    assert all(part.image.shape[1] <= 300 for part in parts)
    assert np.array_equal(np.hstack([part.image for part in parts]), page)
    assert all(part.image[:, 0].min() == 255 for part in parts)  # never through a word
    assert [part.left for part in parts] == sorted(part.left for part in parts)


def test_asterocr_says_that_it_needs_lines(tmp_path: Path) -> None:
    from workbench.engines.asterocr import AsterOcr

    with pytest.raises(ReadingFailedError, match="only lines that another engine has found"):
        AsterOcr().recognise(tmp_path / "any.png")
