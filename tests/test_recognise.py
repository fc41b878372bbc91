"""Real scans of the sample, through real engines, to fields: what a reviewer would be offered."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from workbench import engines, vietnamese
from workbench.executors import Inline
from workbench.flow.files import ReadPaper, read_files
from workbench.seams import OcrEngine
from workbench.template import load_all
from workbench.workspace import ROOT

SAMPLE = ROOT / "data" / "sample"
TEMPLATES = load_all(ROOT / "ocr_templates")
FAST = ("tesseract", "trueocr", "asterocr")

pytestmark = pytest.mark.engine


@cache
def able() -> tuple[OcrEngine, ...]:
    return tuple(
        engine
        for engine in engines.discover()
        if engine.name in FAST and engines.status(engine).available
    )


@pytest.fixture(autouse=True, scope="module")
def _needs_engines() -> None:
    if missing := set(FAST) - {engine.name for engine in able()}:
        pytest.skip(f"engines that cannot run here: {', '.join(sorted(missing))}")


def read(paths: Sequence[Path]) -> list[ReadPaper]:
    return list(read_files(paths, engines=able(), templates=TEMPLATES, executor=Inline()))


@cache
def truth() -> dict[str, dict[str, Any]]:
    lines = (SAMPLE / "truth.jsonl").read_text("utf-8").splitlines()
    return {entry["file"]: entry for entry in map(json.loads, lines)}


def sample(kind: str, level: str, *, pages: int = 1) -> str:
    """The first file of the sample that holds one printed document of this kind and level."""
    for name, entry in truth().items():
        (document,) = entry["documents"]
        told = (document["form_type"], document["level"], document["fill"])
        if told == (kind, level, "print") and len(document["pages"]) == pages:
            return name
    raise LookupError(f"no {level} {kind} in the sample")


def share_right(paper: dict[str, Any], entry: dict[str, Any]) -> float:
    (document,) = entry["documents"]
    right = total = 0
    for name, field in document["fields"].items():
        if not field["occurrences"]:
            continue
        which = "norm" if field["kind"] == "date" else "value"
        got = paper["fields"].get(name, {}).get(which, "")
        total += 1
        right += vietnamese.key(got) == vietnamese.key(field[which])
    return right / total


@pytest.mark.parametrize("kind", sorted(TEMPLATES))
def test_every_shipped_template_reads_its_sample(kind: str) -> None:
    name = sample(kind, "clean")
    (paper,) = read([SAMPLE / name])
    told = paper.as_json()
    assert (told["type"], told["status"], told["reason"]) == (kind, "read", None)
    assert share_right(told, truth()[name]) >= 0.95
    wrong = [
        field
        for field, got in told["fields"].items()
        if got["accepted"]
        and field in truth()[name]["documents"][0]["fields"]
        and vietnamese.key(got["norm"])
        != vietnamese.key(truth()[name]["documents"][0]["fields"][field]["norm"])
    ]
    assert wrong == []  # what is accepted unseen is right


def test_line_items_run_on_over_pages() -> None:
    name = sample("vu_khi", "clean", pages=2)
    (paper,) = read([SAMPLE / name])
    told = paper.as_json()
    assert told["pages"] == [0, 1]
    items = {field.split(".")[1] for field in told["fields"] if field.startswith("muc.")}
    assert len(items) == int(told["fields"]["so_khoan"]["value"])
    assert told["fields"]["muc.1.so_hieu"]["page"] == 1
    assert share_right(told, truth()[name]) >= 0.95


def test_each_value_says_where_on_the_scan_it_stands_and_who_read_what() -> None:
    name = sample("con_dau", "clean")
    (paper,) = read([SAMPLE / name])
    width, height = paper.sizes[0]
    (document,) = truth()[name]["documents"]
    field = paper.as_json()["fields"]["so"]
    x0, y0, x1, y1 = field["box"]
    assert 0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height
    printed = document["fields"]["so"]["occurrences"][0]["quads"][0]
    middle_x = sum(x for x, _ in printed) / 4
    middle_y = sum(y for _, y in printed) / 4
    assert x0 <= middle_x <= x1 and y0 <= middle_y <= y1
    assert set(FAST) <= set(field["candidates"])
    assert 0 < field["confidence"] <= 1


def test_a_form_that_no_template_fits_is_held_with_a_reason() -> None:
    stranger = next(
        name for name, e in truth().items() if e["documents"][0]["form_type"] == "unknown"
    )
    (paper,) = read([SAMPLE / stranger])
    told = paper.as_json()
    assert (told["type"], told["status"], told["fields"]) == (None, "held", {})
    assert told["reason"] == "Không có mẫu nào khớp với giấy tờ này."


def test_a_bad_file_is_a_held_line_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4 no more than that")
    (tmp_path / "b.pdf").write_bytes(b"")
    name = sample("con_dau", "clean")
    shutil.copy(SAMPLE / name, tmp_path / "c.pdf")
    papers = [paper.as_json() for paper in read([tmp_path])]
    assert [Path(p["file"]).name for p in papers] == ["a.pdf", "b.pdf", "c.pdf"]
    assert [p["status"] for p in papers] == ["held", "held", "read"]
    assert all(p["reason"] and not p["pages"] for p in papers[:2])
    assert papers[2]["file"] == str(tmp_path / "c.pdf")


def test_a_blank_page_is_left_out_and_a_second_paper_stands_alone(tmp_path: Path) -> None:
    import pikepdf

    both = tmp_path / "both.pdf"
    first, second = SAMPLE / sample("con_dau", "clean"), SAMPLE / sample("antt", "clean")
    with pikepdf.new() as made, pikepdf.open(first) as one, pikepdf.open(second) as two:
        made.pages.extend(one.pages)
        made.add_blank_page(page_size=(595, 842))
        made.pages.extend(two.pages)
        made.save(both)
    papers = [paper.as_json() for paper in read([both])]
    assert [(p["type"], p["pages"]) for p in papers] == [("con_dau", [0]), ("antt", [2])]
