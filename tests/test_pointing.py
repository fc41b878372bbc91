"""Point and take: what stands at a place on the scan, with the real Tesseract on a real scan."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from rapidfuzz.fuzz import ratio

from workbench import flow
from workbench.bench.sitting import Case, Site
from workbench.errors import NotAllowedError, NotReadyError, ReadingFailedError
from workbench.flow import FieldAct
from workbench.model import Act, Box, Identity, Role, Warp, Word
from workbench.workspace import Workspace

pytestmark = pytest.mark.engine

ADDRESS = "Địa chỉ: ấp Cà Lăm, xã An Mỹ, huyện Kế Sách, tỉnh Sóc Trăng"


@dataclass(frozen=True)
class Broken:
    """An engine that cannot read today."""

    name: str = "broken"

    def identity(self) -> Identity:
        return Identity(self.name, "1", "none", "broken")

    def recognise(self, image: Path, lines: Sequence[Box] = ()) -> tuple[Word, ...]:
        raise ReadingFailedError


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("pointing")
    made = Site.found(folder, data=folder / "data")
    made.employ(2)
    yield made
    made.close()


@pytest.fixture(scope="module")
def cases(site: Site) -> list[Case]:
    """Three papers; the first page of the first is full of words, the second is a real licence."""
    return site.take_in([True] * 3, full=True)


@pytest.fixture
def work(site: Site) -> Workspace:
    tesseract = next(e for e in site.work.engines if e.name == "tesseract")
    return _with(site.work, tesseract)


def _with(work: Workspace, *engines: object) -> Workspace:
    alone = replace(work)
    alone.__dict__["engines"] = engines  # a cached property: chosen here instead of found
    return alone


def line_box(sample: Path, file: str, text: str) -> Box:
    """Where a line of the sample stands, as the truth says."""
    for entry in (sample / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        page = json.loads(entry)["pages"][0]
        if json.loads(entry)["file"] == file:
            (line,) = [line for line in page["lines"] if line["text"] == text]
            wide, tall = page["size"]
            xs, ys = zip(*line["quad"], strict=True)
            return Box.clipped(min(xs) / wide, min(ys) / tall, max(xs) / wide, max(ys) / tall)
    raise AssertionError(file)


def test_a_box_is_read_anew_by_the_engines(
    work: Workspace, cases: list[Case], sample: Path
) -> None:
    box = line_box(sample, "files/003.pdf", ADDRESS)
    (heard,) = flow.read_box(work, cases[1].document, 0, box, by="bench00")
    assert heard.engine == "tesseract"
    assert ratio(heard.text, ADDRESS) > 90


def test_a_part_of_a_line_gives_that_part_alone(
    work: Workspace, cases: list[Case], sample: Path
) -> None:
    whole = line_box(sample, "files/003.pdf", ADDRESS)
    half = Box(whole.left, whole.top, whole.left + 0.4 * whole.width, whole.bottom)
    (heard,) = flow.read_box(work, cases[1].document, 0, half, by="bench00")
    assert heard.text and ratio(heard.text, ADDRESS[: int(0.4 * len(ADDRESS))]) > 70
    assert "Sóc Trăng" not in heard.text


def test_white_paper_is_answered_with_no_text(work: Workspace, cases: list[Case]) -> None:
    corner = Box(0.005, 0.005, 0.03, 0.02)
    assert [h.text for h in flow.read_box(work, cases[1].document, 0, corner, by="bench00")] == [""]


def test_an_engine_that_fails_is_left_out_and_the_others_answer(
    work: Workspace, cases: list[Case], sample: Path
) -> None:
    box = line_box(sample, "files/003.pdf", ADDRESS)
    both = _with(work, Broken(), *work.engines)
    heard = list(flow.read_box(both, cases[1].document, 0, box, by="bench00"))
    assert [h.engine for h in heard] == ["tesseract"]
    with pytest.raises(ReadingFailedError):
        list(flow.read_box(_with(work, Broken()), cases[1].document, 0, box, by="bench00"))


def test_a_box_that_holds_no_letter_is_refused_in_words(work: Workspace, cases: list[Case]) -> None:
    with pytest.raises(NotReadyError, match="too small"):
        list(flow.read_box(work, cases[1].document, 0, Box(0.5, 0.5, 0.501, 0.501), by="bench00"))
    with pytest.raises(NotReadyError, match="no such page"):
        list(flow.read_box(work, cases[1].document, 7, Box(0, 0, 1, 1), by="bench00"))


def test_only_a_reviewer_may_point(site: Site, work: Workspace, cases: list[Case]) -> None:
    person = site.work.store.person("bench01")
    assert person is not None
    person.roles = [Role.MANAGER.value]
    site.work.store.keep(person)
    for by in ("bench01", "nobody"):
        with pytest.raises(NotAllowedError):
            flow.words_on(work, cases[0].document, 0, by=by)
        with pytest.raises(NotAllowedError):
            list(flow.read_box(work, cases[0].document, 0, Box(0, 0, 1, 1), by=by))


def test_the_words_of_a_page_come_where_they_stand_on_the_screen(
    site: Site, work: Workspace, cases: list[Case]
) -> None:
    document = cases[0].document
    upright = flow.words_on(work, document, 0, by="bench00")["tesseract"]
    assert len(upright) == 5000 and upright[0].box.left < 0.01 and upright[0].box.top < 0.01
    (page,) = site.work.store.pages(document)
    page.rotation = 90  # the scan lies on its side; on the screen it is turned clockwise
    site.work.store.keep(page)
    turned = flow.words_on(work, document, 0, by="bench00")["tesseract"]
    page.rotation = 0
    site.work.store.keep(page)
    assert turned[0].box.right > 0.99 and turned[0].box.top < 0.01


def test_what_was_pointed_at_is_kept_with_the_act_and_becomes_the_field_s_place(
    work: Workspace, cases: list[Case]
) -> None:
    document = cases[2].document
    box = (0.1, 0.2, 0.3, 0.25)
    act = FieldAct("p1", "truong_02", Act.CANDIDATE, "Hoa Sen", page=0, box=box)
    sheet = flow.correct(work, document, [act], by="bench00")
    (field,) = [f for f in sheet.fields if f.name == "truong_02"]
    assert (field.value, field.page, field.box) == ("Hoa Sen", 0, box)
    (kept,) = work.store.corrections(document)
    assert kept.page == 0 and kept.box == list(box)
    undone = flow.correct(work, document, [FieldAct("p2", "truong_02", Act.UNDO)], by="bench00")
    (field,) = [f for f in undone.fields if f.name == "truong_02"]
    assert field.box != box


def test_the_map_to_the_readable_page_is_the_way_back_from_the_scan() -> None:
    warp = Warp((0.98, -0.03, 12.0, 0.02, 1.01, -7.0, 1e-6, -2e-6, 1.0), (2000, 2800), (2100, 2900))
    box = Box(0.3, 0.4, 0.5, 0.45)
    back = warp.to_readable(warp.to_scan(box))
    # A box around a turned box is larger, never smaller.
    assert back.left <= box.left and back.right >= box.right
    assert abs(back.left - box.left) < 0.01 and abs(back.bottom - box.bottom) < 0.02
