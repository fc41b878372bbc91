"""Notebooks are kept twice, as text to read and as a notebook to open, and without outputs.

`pytest --nbmake notebooks` runs them; `jupytext --sync notebooks/*.py` makes both say the same.
"""

from __future__ import annotations

from pathlib import Path

import jupytext
import pytest

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
PAIRS = sorted(NOTEBOOKS.glob("*.ipynb"))


def test_there_is_a_notebook() -> None:
    assert PAIRS


@pytest.mark.parametrize("file", PAIRS, ids=lambda file: file.stem)
def test_the_notebook_says_what_its_text_says(file: Path) -> None:
    text = jupytext.read(file.with_suffix(".py"))
    notebook = jupytext.read(file)

    assert [(c.cell_type, c.source) for c in notebook.cells] == [
        (c.cell_type, c.source) for c in text.cells
    ]


@pytest.mark.parametrize("file", PAIRS, ids=lambda file: file.stem)
def test_no_output_is_kept(file: Path) -> None:
    for cell in jupytext.read(file).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
