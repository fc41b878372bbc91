"""The sample batch in git is what README and the tests say it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pypdfium2 import PdfDocument

SAMPLE = Path(__file__).parents[1] / "data" / "sample"


@pytest.fixture(scope="module")
def truth() -> list[dict[str, Any]]:
    lines = (SAMPLE / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _pages(file: Path) -> int:
    if file.suffix == ".pdf":
        with PdfDocument(file) as pdf:
            return len(pdf)
    with Image.open(file) as image:
        return getattr(image, "n_frames", 1)


def test_every_file_has_its_truth_and_every_truth_its_file(truth: list[dict[str, Any]]) -> None:
    on_disk = sorted(f"files/{file.name}" for file in (SAMPLE / "files").iterdir())
    assert sorted(line["file"] for line in truth) == on_disk


def test_the_batch_is_small_enough_for_git() -> None:
    assert sum(file.stat().st_size for file in SAMPLE.rglob("*") if file.is_file()) < 15_000_000


def test_the_batch_shows_all_a_stranger_should_see(truth: list[dict[str, Any]]) -> None:
    documents = [document for line in truth for document in line["documents"]]
    assert len(documents) >= 12
    assert {d["form_type"] for d in documents} == {"antt", "con_dau", "vu_khi", "unknown"}
    assert {d["level"] for d in documents} == {"clean", "office", "bad"}
    assert {d["fill"] for d in documents} == {"print", "hand"}
    assert {Path(line["file"]).suffix for line in truth} == {".pdf", ".tif", ".jpg"}
    assert any(len(line["pages"]) > 1 for line in truth if line["file"].endswith(".pdf"))
    assert any(page["rotation"] for line in truth for page in line["pages"])


def test_the_files_have_the_pages_the_truth_speaks_of(truth: list[dict[str, Any]]) -> None:
    for line in truth:
        assert _pages(SAMPLE / line["file"]) == len(line["pages"]), line["file"]
        covered = [page for document in line["documents"] for page in document["pages"]]
        assert covered == list(range(len(line["pages"]))), line["file"]
