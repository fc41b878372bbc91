"""What the bench makes of its runs; running it takes minutes and is nobody's test."""

from __future__ import annotations

import pytest

from workbench.bench.throughput import Run, figures


def runs(*, own: float = 0.5, faster: float = 1.9) -> list[Run]:
    engines = {"tesseract": 12.0, "asterocr": 6.0}
    one = Run(1, 10, 40.0, 18 + 1.5 + own, own, engines, 700)
    two = Run(2, 10, 40.0 / faster, 18 + 1.5 + own, own, engines, 900)
    return [one, two, two, one]


def test_every_second_of_cpu_is_told_once() -> None:
    told = figures(runs())
    parts = sum(told["engines_seconds_a_page"].values())
    parts += told["reading_beside_engines_seconds_a_page"] + told["own_seconds_a_page"]
    assert parts == pytest.approx(told["cpu_seconds_a_page"])
    assert told["cpu_seconds_a_page"] == pytest.approx(2.0)
    assert told["megabytes"] == 900


def test_the_limits_are_held_or_missed() -> None:
    good, poor = figures(runs())["limits"], figures(runs(own=6.0, faster=1.5))["limits"]
    assert good["outside engines"]["reached"] == pytest.approx(0.1)
    assert good["two workers"]["reached"] == pytest.approx(1.9)
    assert good["outside engines"]["holds"] and good["two workers"]["holds"]
    assert not poor["outside engines"]["holds"] and not poor["two workers"]["holds"]
