"""Engines are found without loading them, and say what they would need."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tomllib
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest
from rapidfuzz.distance import Levenshtein

from workbench import engines, words
from workbench.engines import easyocr, networks, strips
from workbench.engines.easyocr import EasyOcr
from workbench.errors import EngineUnavailableError, ReadingFailedError
from workbench.model import Box

ROOT = Path(__file__).resolve().parent.parent
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


def test_the_network_that_comes_along_reads_where_nobody_supplies_another() -> None:
    who = EasyOcr().identity()
    assert who.weights.startswith("workbench_vi.onnx:")
    assert who.marks
    assert who.dear  # asked about what is in doubt
    assert "comes with the workbench" in easyocr.network_told(who.weights).text


def test_english_is_the_last_witness_and_writes_no_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(easyocr.networks, "SHIPPED", tmp_path / "gone.onnx")
    who = EasyOcr().identity()
    assert who.weights.startswith("english_g2.pth:")
    assert not who.marks
    assert not who.finds_lines
    assert "without marks" in easyocr.network_told(who.weights).text


def test_a_network_that_learned_here_goes_before_the_one_that_came_along(tmp_path: Path) -> None:
    learned = tmp_path / "learned_1.onnx"
    learned.write_bytes(networks.SHIPPED.read_bytes())
    assert EasyOcr(None, learned).identity().weights.startswith("learned_1.onnx:")
    assert EasyOcr(None, tmp_path / "gone.onnx").identity().weights.startswith("workbench_vi")
    (tmp_path / "latin_g2.pth").write_text("y")
    assert EasyOcr(tmp_path, learned).identity().weights.startswith("latin_g2.pth:")
    found = {engine.name: engine for engine in engines.discover(None, learned)}
    assert found["easyocr"].identity().weights.startswith("learned_1.onnx:")


def test_what_a_network_reads_with_goes_into_the_wheel_with_its_card() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "setuptools"
    ]
    patterns = build["package-data"]["workbench.engines.networks"]
    folder = networks.SHIPPED.parent
    for file in (networks.SHIPPED, networks.SHIPPED.with_suffix(".pth"), networks.CARD):
        assert any(file in folder.glob(pattern) for pattern in patterns), file.name
    card = networks.CARD.read_text(encoding="utf-8")
    for file in (networks.SHIPPED, networks.SHIPPED.with_suffix(".pth")):
        assert hashlib.sha256(file.read_bytes()).hexdigest() in card, file.name


@pytest.mark.engine
def test_the_network_that_comes_along_reads_diacritics_without_torch(tmp_path: Path) -> None:
    """In a process of its own: others of this one may have loaded torch."""
    page = tmp_path / "page.png"
    cv2.imwrite(str(page), vietnamese_line("Độc lập - Tự do - Hạnh phúc"))
    said = subprocess.run(
        [sys.executable, "-c", _READ, str(page)], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert Levenshtein.distance(said[0], "Độc lập - Tự do - Hạnh phúc") <= 2
    assert said[1] == "[]"


_READ = (
    "import sys; from pathlib import Path; from workbench.engines.easyocr import EasyOcr\n"
    "from workbench.model import Box\n"
    "words = EasyOcr().recognise(Path(sys.argv[1]), [Box(0, 0, 1, 1)])\n"
    "print(' '.join(word.text for word in words))\n"
    "print(sorted({'torch', 'easyocr'} & set(sys.modules)))\n"
)


def vietnamese_line(text: str) -> strips.Image:
    font = PIL.ImageFont.truetype(
        str(ROOT / "workbench" / "fonts" / "LiberationSerif-Regular.ttf"), 40
    )
    image = PIL.Image.new("L", (620, 64), 255)
    PIL.ImageDraw.Draw(image).text((14, 8), text, font=font, fill=20)
    return np.asarray(image, np.uint8).copy()


@pytest.mark.engine
def test_a_line_reads_the_same_whatever_stands_beside_it(tmp_path: Path) -> None:
    lines = [vietnamese_line(text) for text in ("Số: 221/ĐKMD", "Trường Mầm non Hoa Sơn")]
    together, alone = tmp_path / "both.png", tmp_path / "one.png"
    cv2.imwrite(str(together), np.vstack(lines))
    cv2.imwrite(str(alone), lines[0])
    both = EasyOcr().recognise(together, [Box(0, 0, 1, 0.5), Box(0, 0.5, 1, 1)])
    first = [word for word in both if word.line == 0]
    one = EasyOcr().recognise(alone, [Box(0, 0, 1, 1)])
    assert [(w.text, w.confidence) for w in first] == [(w.text, w.confidence) for w in one]
    assert {word.line for word in both} == {0, 1}


def test_a_damaged_network_is_named_as_such(tmp_path: Path) -> None:
    learned = tmp_path / "learned_2.onnx"
    learned.write_text("not what its name says")
    page = tmp_path / "page.png"
    cv2.imwrite(str(page), written())
    with pytest.raises(EngineUnavailableError, match="weights of EasyOCR cannot be loaded"):
        EasyOcr(None, learned).recognise(page, [Box(0, 0, 1, 1)])


def test_a_network_of_the_site_s_own_is_preferred_and_the_shipped_one_before_it(
    tmp_path: Path,
) -> None:
    for file in ("site_vi.pth", "site_vi.py"):
        (tmp_path / file).write_text("x")
    # A network without its description is none.
    assert EasyOcr(tmp_path).identity().weights.startswith("workbench_vi.onnx:")
    (tmp_path / "site_vi.yaml").write_text("x")
    assert "own network" in easyocr.network_told(EasyOcr(tmp_path).identity().weights).text
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
