"""Teaching a network: lines made up, lessons in order, a training that goes on after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from workbench.engines import easyocr
from workbench.engines.easyocr import EasyOcr
from workbench.errors import EngineUnavailableError
from workbench.model import Box
from workbench.training import course, lines, network, texts, typefaces
from workbench.training.course import Plan
from workbench.training.lines import Fonts

FONTS = Path("/usr/share/fonts/truetype/noto")  # fonts-noto-core, which `make test` installs


@pytest.fixture(scope="module")
def fonts() -> Fonts:
    """The fonts of the tests' machine; which ones they are does not matter here."""
    faces = typefaces.find([FONTS], texts.CHARACTERS, kept_out=())
    assert faces, "no font of this machine can draw Vietnamese; `make test` installs some"
    return Fonts.of(faces[:6])


@pytest.fixture(scope="module")
def english() -> Path:
    try:
        easyocr.package()
        return easyocr.english_weights()
    except EngineUnavailableError as missing:
        pytest.skip(str(missing))


# --- what stands on a line -----------------------------------------------------------------------


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 1 << 40), st.integers(6, 60))
def test_every_line_can_be_written_by_the_network(seed: int, longest: int) -> None:
    text = texts.line(np.random.default_rng(seed), longest=longest)
    assert 0 < len(text) <= longest
    assert text == unicodedata.normalize("NFC", text).strip()
    assert network.codes(text)


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 1 << 40))
def test_a_syllable_carries_at_most_one_tone(seed: int) -> None:
    said = unicodedata.normalize("NFD", texts.syllable(np.random.default_rng(seed)))
    assert sum(mark in said for mark in "\u0300\u0301\u0309\u0303\u0323") <= 1


def test_a_line_is_told_by_its_seed_alone(fonts: Fonts) -> None:
    one, again, other = (lines.make((3, n), fonts) for n in (1, 1, 2))
    assert one.text == again.text
    assert np.array_equal(one.image, again.image)
    assert (other.text, other.image.shape) != (one.text, one.image.shape)


def test_lines_are_dark_on_light_at_the_sizes_of_scans(fonts: Fonts) -> None:
    made = [lines.make((4, n), fonts).image for n in range(60)]
    assert all(15 <= image.shape[0] <= 64 and image.dtype == np.uint8 for image in made)
    assert all(np.median(image) > image.min() for image in made)
    assert len({image.shape[0] for image in made}) > 15


def test_no_family_of_the_test_scans_is_learned_from() -> None:
    families = {face.family.lower() for face in typefaces.find([FONTS], texts.CHARACTERS)}
    assert not [f for f in families if any(kept in f for kept in typefaces.KEPT_FOR_TESTS)]


# --- the network ---------------------------------------------------------------------------------


def test_what_is_said_in_classes_is_read_back() -> None:
    text = "Đủ điều kiện 12/ĐKMD"
    path = [0]
    for code in network.codes(text):
        path += [code, code, 0]
    logits = np.eye(len(texts.CHARACTERS) + 1)[path][None]
    assert network.texts_of(logits) == [text]


def test_shorter_lines_are_filled_up_with_their_own_paper() -> None:
    made = network.batch([np.full((20, 100), 200, np.uint8), np.full((20, 40), 90, np.uint8)])
    assert made.shape == (2, 1, network.HEIGHT, 200)
    assert np.allclose(made[1, 0, :, 100:], (90 / 255 - 0.5) / 0.5)


@pytest.mark.engine
def test_it_begins_with_the_letters_that_english_has(english: Path, tmp_path: Path) -> None:
    page = np.full((60, 420), 255, np.uint8)
    cv2.putText(page, "PHONG 2019", (12, 44), cv2.FONT_HERSHEY_DUPLEX, 1.3, (0,), 2)
    state = network.begun(english).state_dict()
    assert Levenshtein.distance(course.answers(state, [page])[0], "PHONG 2019") <= 2


@pytest.mark.engine
def test_easyocr_reads_with_what_was_exported(english: Path, tmp_path: Path) -> None:
    page = np.full((60, 420), 255, np.uint8)
    cv2.putText(page, "PHONG 2019", (12, 44), cv2.FONT_HERSHEY_DUPLEX, 1.3, (0,), 2)
    cv2.imwrite(str(tmp_path / "page.png"), page)
    network.export(network.begun(english).state_dict(), tmp_path / "weights")
    engine = EasyOcr(tmp_path / "weights")
    assert engine.identity().marks
    assert network.NAME in engine.identity().weights
    said = " ".join(
        word.text for word in engine.recognise(tmp_path / "page.png", [Box(0, 0, 1, 1)])
    )
    assert Levenshtein.distance(said, "PHONG 2019") <= 3


# --- the course ----------------------------------------------------------------------------------


def _plan(steps: int, **more: Any) -> Plan:
    return Plan(steps=steps, **more)


_GO_ON = """
import sys
import structlog
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
from pathlib import Path
from workbench.engines import easyocr
from workbench.training import course, texts, typefaces
from workbench.training.lines import Fonts
course.EXAM, course._CLASSES = 4, ((8, 3),)
faces = typefaces.find([Path(sys.argv[2])], texts.CHARACTERS, kept_out=())
def tell(stands):
    print(stands.step, flush=True)
course.train(Path(sys.argv[1]), Fonts.of(faces[:6]), easyocr.english_weights(),
             plan=course.Plan(steps=6, examine_every=2), seconds=600, tell=tell)
"""


@pytest.mark.engine
def test_a_training_that_was_killed_goes_on_to_the_same_network(
    english: Path, tmp_path: Path
) -> None:
    def run(folder: Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", _GO_ON, str(folder), str(FONTS)],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip

    whole = run(tmp_path / "whole")
    broken = run(tmp_path / "broken")
    assert broken.stdout is not None
    assert broken.stdout.readline().strip() == "2"
    broken.send_signal(signal.SIGKILL)
    broken.wait()
    broken.stdout.close()
    again = run(tmp_path / "broken")
    assert again.communicate()[0].split() == ["4", "6"]
    assert whole.communicate()[0].split() == ["2", "4", "6"]
    import torch

    states = [
        torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["slow"]
        for name in ("whole", "broken")
    ]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.engine
def test_a_short_training_makes_fewer_errors(
    english: Path, fonts: Fonts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course, "EXAM", 60)
    monkeypatch.setattr(course, "_CLASSES", ((9, 10),) * 3)  # short lines: a minute is enough
    began = course.examine(
        network.begun(english).state_dict(), list(course.exam_lines(fonts)), step=0, loss=0.0
    )
    done = course.train(
        tmp_path, fonts, english, plan=_plan(50, examine_every=50), seconds=600
    )  # fmt: skip
    assert done.best is not None
    assert done.best.character_errors < 0.9 * began.character_errors
    assert (tmp_path / "best" / f"{network.NAME}.pth").is_file()


def test_it_ends_when_nothing_gets_better_any_more() -> None:
    exams = tuple(course.Exam(n, 1.0, 0.1 if n == 3 else 0.2, 0.5) for n in range(1, 8))
    plan = _plan(100, patience=4)
    assert not course.Course(plan, 6, exams[:6]).is_over
    assert course.Course(plan, 7, exams).is_over
    best = course.Course(plan, 7, exams).best
    assert best is not None
    assert best.step == 3
