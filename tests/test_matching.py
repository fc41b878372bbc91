"""Why a paper was taken for a form, or for none, in words that a person understands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from workbench import placement
from workbench.matching import MatchReport, report
from workbench.model import Box, Word
from workbench.placement import Running
from workbench.template import load_all
from workbench.words import say

TEMPLATES = load_all(Path(__file__).resolve().parent.parent / "ocr_templates")
SEAL = TEMPLATES["con_dau"]


def page(prints: Sequence[str]) -> dict[str, Running]:
    """A page on which these stand line under line, as one engine read it."""
    words = [
        Word(text, Box(0.05 + 0.03 * at, 0.04 * row, 0.07 + 0.03 * at, 0.04 * row + 0.02), 0.9, row)
        for row, line in enumerate(prints, start=1)
        for at, text in enumerate(line.split())
    ]
    return {"tesseract": Running(placement.lines_of(words))}


def seen(prints: Sequence[str]) -> MatchReport:
    pages = [page(prints)]
    known = placement.classify([tuple(p.values()) for p in pages], tuple(TEMPLATES.values()))
    return report(known, pages, tuple(TEMPLATES.values()))


def spoken(told: MatchReport) -> str:
    return " ".join(
        say(sentence) for sentence in told.told(lambda kind: TEMPLATES[kind].title["vi"])
    )


def test_a_form_says_which_it_is_what_came_next_and_what_was_found() -> None:
    told = seen(SEAL.anchors)
    assert (told.nearest, told.recognised, told.fit) == ("con_dau", True, 1.0)
    assert told.found == SEAL.anchors
    assert told.missing == ()
    assert told.runner_up in TEMPLATES
    assert 0 < told.margin < 100
    assert set(told.told_by) == set(SEAL.recognised_by.all_of)
    assert all(likeness > 90 for likeness in told.told_by.values())
    words = spoken(told)
    assert SEAL.title["vi"] in words
    assert f"Đã thấy {len(SEAL.anchors)} trên {len(SEAL.anchors)}" in words


def test_a_stranger_is_told_what_it_is_nearest_to_and_what_it_lacks() -> None:
    told = seen([*SEAL.anchors[:2], "BIÊN BẢN BÀN GIAO TÀI SẢN", "Hôm nay chúng tôi gồm có"])
    assert not told.recognised
    assert told.nearest in TEMPLATES
    assert told.missing
    assert told.fit < 0.5
    assert "không ép vào" in spoken(told)


def test_what_was_lost_in_reading_is_named() -> None:
    told = seen([a for a in SEAL.anchors if a != SEAL.anchors[4]])
    assert told.recognised
    assert told.missing == (SEAL.anchors[4],)


def test_a_report_comes_back_as_it_was_kept_beside_other_things() -> None:
    told = seen(SEAL.anchors)
    kept = {"scores": {"con_dau": 100.0}, "votes": "0" * 64, **told.as_json()}
    assert MatchReport.from_json(kept) == told


@pytest.mark.parametrize("kept", [{}, {"scores": {}, "fit": 1.0}])
def test_a_paper_of_before_has_no_report(kept: dict[str, object]) -> None:
    assert MatchReport.from_json(kept) is None


def test_without_templates_it_says_so() -> None:
    pages = [page(SEAL.anchors)]
    told = report(placement.classify([], ()), pages, ())
    assert "mẫu nào để so sánh" in spoken(told)
