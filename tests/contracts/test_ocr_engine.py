"""Whatever reads: words in NFC with boxes on the page, on the lines that were asked for."""

from __future__ import annotations

import pickle
import unicodedata
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest
from rapidfuzz.distance import Levenshtein

import workbench
from workbench import vietnamese
from workbench.engines.asterocr import AsterOcr
from workbench.engines.easyocr import EasyOcr
from workbench.engines.tesseract import Tesseract
from workbench.engines.trueocr import TrueOcr
from workbench.errors import EngineUnavailableError, ReadingFailedError
from workbench.model import Box, Word
from workbench.seams import OcrEngine

pytestmark = pytest.mark.engine

FONT = Path(workbench.__file__).parent / "fonts" / "LiberationSerif-Regular.ttf"
WIDTH, HEIGHT = 1240, 560
TEXTS = (
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Độc lập - Tự do - Hạnh phúc",
    "Số 1, đường Trần Hưng Đạo, phường 2, thành phố Sóc Trăng",
    "",
    "Người được cấp giấy: Nguyễn Thị Thủy, ngày 08 tháng 5 năm 2020",
)
# As tight as detectors draw them: from the hook on a capital to the dot under it.
LINES = tuple(Box(0.05, n * 0.2 + 0.03, 0.95, n * 0.2 + 0.14) for n in range(len(TEXTS)))


ENGINES: dict[str, Callable[[], OcrEngine]] = {
    "tesseract": Tesseract,
    "trueocr": TrueOcr,
    "asterocr": AsterOcr,
    "easyocr": EasyOcr,
}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of clean print at about 300 dpi, one line of which is empty."""
    image = PIL.Image.new("L", (WIDTH, HEIGHT), 255)
    pen = PIL.ImageDraw.Draw(image)
    font = PIL.ImageFont.truetype(str(FONT), 40)
    for line, text in zip(LINES, TEXTS, strict=True):
        pen.text((line.left * WIDTH + 12, line.top * HEIGHT + 4), text, font=font, fill=0)
    path = tmp_path_factory.mktemp("page") / "page.png"
    image.save(path)
    return path


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> OcrEngine:
    made = ENGINES[request.param]()
    try:
        made.identity()
    except EngineUnavailableError as why_not:
        pytest.skip(str(why_not))
    return made


def line_texts(words: tuple[Word, ...]) -> dict[int, str]:
    return {
        line: " ".join(word.text for word in on_line)
        for line, on_line in groupby(words, key=lambda word: word.line)
    }


def likeness(engine: OcrEngine, seen: dict[int, str]) -> float:
    """1 where all is read as it is printed; marks count where the engine writes them."""
    read, printed = "\n".join(seen.values()), "\n".join(text for text in TEXTS if text)
    if not engine.identity().marks:
        read, printed = vietnamese.fold(read), vietnamese.fold(printed)
    return Levenshtein.normalized_similarity(read, printed)


def test_it_says_who_it_is(engine: OcrEngine) -> None:
    who = engine.identity()
    assert all((who.name, who.version, who.family))
    file, _, digest = who.weights.partition(":")
    assert "." in file
    assert len(digest) == 12
    assert engine.name == who.name


def test_it_reads_the_lines_it_is_given(engine: OcrEngine, page: Path) -> None:
    words = engine.recognise(page, LINES)
    texts = line_texts(words)
    assert set(texts) == {0, 1, 2, 4}  # the empty strip gives no word
    assert likeness(engine, texts) > 0.93, texts


def test_its_words_are_composed_and_lie_where_they_were_asked_for(
    engine: OcrEngine, page: Path
) -> None:
    for word in engine.recognise(page, LINES):
        assert word.text
        assert word.text == unicodedata.normalize("NFC", word.text).strip()
        assert not any(character.isspace() for character in word.text)
        assert 0 <= word.confidence <= 1
        x, y = word.box.middle
        assert LINES[word.line].holds(x, y)
        assert word.box.width < 0.5


def test_its_words_follow_one_another_from_the_left(engine: OcrEngine, page: Path) -> None:
    words = [word for word in engine.recognise(page, LINES) if word.line == 2]
    middles = [word.box.middle[0] for word in words]
    assert middles == sorted(middles)
    assert middles[0] < 0.2
    assert middles[-1] > 0.7


def test_it_finds_the_lines_itself_or_says_that_it_needs_them(
    engine: OcrEngine, page: Path
) -> None:
    try:
        words = engine.recognise(page)
    except ReadingFailedError:
        assert not engine.identity().finds_lines
        return
    texts = line_texts(words)
    assert sorted(texts) == list(range(4))
    assert likeness(engine, texts) > 0.93, texts


def test_it_travels_to_another_process(engine: OcrEngine, page: Path) -> None:
    there = pickle.loads(pickle.dumps(engine))
    assert there.identity() == engine.identity()
    assert there.recognise(page, LINES[:1]) == engine.recognise(page, LINES[:1])


def test_it_says_so_when_the_image_cannot_be_read(engine: OcrEngine, tmp_path: Path) -> None:
    torn = tmp_path / "torn.png"
    torn.write_bytes(b"\x89PNG\r\n\x1a\n torn")
    with pytest.raises(ReadingFailedError):
        engine.recognise(torn, LINES)
