"""A row of a table that is lost or parted makes all below it doubtful."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench import template
from workbench.errors import Sentence
from workbench.flow.recognise import ProposedField, _rows_doubtful
from workbench.model import Box, Finding, Severity

PERMIT = template.load(Path(__file__).parent.parent / "ocr_templates" / "vu_khi.yaml")


def rows(*tops: float, turned: bool = False) -> list[ProposedField]:
    """A cell of each row; on a turned page the rows stand side by side."""
    return [
        ProposedField(
            f"muc.{number}.ten", number, "x", "x", 0,
            Box(top, 0.4, top + 0.02, 0.6) if turned else Box(0.4, top, 0.6, top + 0.02),
            {}, 0.99, 1.0, True, (), (),
        )
        for number, top in enumerate(tops, start=1)
    ]  # fmt: skip


@pytest.mark.parametrize("turned", [False, True])
def test_even_rows_are_believed_and_lost_or_parted_ones_are_not(turned: bool) -> None:
    assert not _rows_doubtful(rows(0.1, 0.13, 0.161, 0.19, turned=turned), (), PERMIT)
    assert _rows_doubtful(rows(0.1, 0.13, 0.19, 0.22, turned=turned), (), PERMIT)
    assert _rows_doubtful(rows(0.1, 0.13, 0.141, 0.17, 0.2, turned=turned), (), PERMIT)


def test_rows_whose_count_does_not_fit_the_form_are_not_believed() -> None:
    miscounted = Finding(Severity.WARNING, "counts_items", Sentence("x"), ("so_khoan",))
    assert _rows_doubtful(rows(0.1, 0.13, 0.16), (miscounted,), PERMIT)
