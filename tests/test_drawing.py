"""The drawing board's Python half: drawn and written are one, and what the engines read shows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.written_papers import Lines, Reader, hand_to, readers, scanned
from workbench.errors import NotAllowedError, NotReadyError, StaleDocumentError, TemplateError
from workbench.flow import drawing, governing
from workbench.model import TemplateDraft
from workbench.template import Check, Kind, Way, parse
from workbench.ui.station import design, drawn, modes
from workbench.ui.station.design_phrases import PHRASES, SENTENCES
from workbench.words import say, speak
from workbench.workspace import Workspace

TEMPLATES = sorted((Path(__file__).parents[1] / "ocr_templates").glob("*.yaml"))
ASSETS = Path(modes.__file__).with_name("assets")


def licence(number: int, owner: str) -> Lines:
    return (
        (0.15, "CHI CỤC THỦY SẢN"),
        (0.52, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        (0.60, "Độc lập - Tự do - Hạnh phúc"),
        (0.30, "GIẤY PHÉP KHAI THÁC THỦY SẢN"),
        (0.16, f"Số giấy phép: {number:04}/2024/GPKT"),
        (0.16, f"Chủ tàu cá: {owner}"),
        (0.16, "Chủ tàu phải ghi nhật ký khai thác theo quy định"),
        (0.16, "Giấy phép này phải mang theo tàu khi hoạt động"),
    )


OWNERS = ("Trần Văn Lành", "Lý Thị Sa Rinh", "Nguyễn Hữu Phước")


@pytest.fixture
def engines(desk_work: Workspace) -> tuple[Reader, Reader]:
    made = readers()
    hand_to(desk_work, made)
    return made


@pytest.fixture
def draft(desk_work: Workspace, engines: tuple[Reader, Reader]) -> TemplateDraft:
    """A form that nobody has drawn, over three scans."""
    keys = [scanned(desk_work, licence(n, owner), top=0.07 + 0.01 * n).id
            for n, owner in enumerate(OWNERS)]  # fmt: skip
    blank = drawn.to_text(drawn.blank("gp_thuy_san", title="Giấy phép khai thác thủy sản"))
    return governing.begin(desk_work, "gp_thuy_san", by="mau1", source=blank, scans=keys)


def board(work: Workspace, draft: TemplateDraft) -> dict[str, Any]:
    return design.body(work, draft, {}, by="mau1")


def on_form(page: dict[str, Any], words: Sequence[Sequence[Any]]) -> list[float]:
    """Where printed words stand on the form, in mm, as the browser has it of a click on them."""
    a, _, c, _, e, f = page["flat"]
    left, top = min(w[1] for w in words), min(w[2] for w in words)
    right, bottom = max(w[3] for w in words), max(w[4] for w in words)
    wide, tall = page["width"], page["height"]
    sides = (
        (left * wide - c) / a,
        (top * tall - f) / e,
        (right * wide - c) / a,
        (bottom * tall - f) / e,
    )
    return [round(side, 1) for side in sides]


def drawing_of(work: Workspace, draft: TemplateDraft) -> dict[str, Any]:
    """Three anchors picked on the first scan, and a box around its owner's name."""
    page = board(work, draft)["scans"][0]["pages"][0]
    form = drawn.blank("gp_thuy_san", title="Giấy phép khai thác thủy sản")
    words = page["words"]
    texts = [text for _, text in licence(0, OWNERS[0])]
    # A dash by itself is no word: it has no letters.
    counts = [sum(any(map(str.isalnum, word)) for word in text.split()) for text in texts]
    ends = accumulate(counts)
    lines = [words[end - count : end] for count, end in zip(counts, ends, strict=True)]
    for at in (1, 3, 6):
        form["anchors"].append({"text": texts[at], "at": on_form(page, lines[at]), "page": 1})
    form["recognised_by"]["all_of"] = ["GIẤY PHÉP KHAI THÁC THỦY SẢN"]
    left, top, right, bottom = on_form(page, lines[5][-3:])
    box = [left - 1, top - 1, right + 40, bottom + 1]
    form["fields"].append(
        {
            "name": "chu_tau",
            "label": {"vi": "Chủ tàu", "en": "Owner"},
            "zone": {"box": box, "page": 1},
        }
    )
    return form


# --- drawn and written are one -------------------------------------------------------------------


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.stem)
def test_every_template_that_ships_survives_the_drawing_board(file: Path) -> None:
    source = file.read_bytes()
    form = drawn.from_text(source)
    written = drawn.to_text(form)
    kept, meant = parse(written, file.name), parse(source, file.name)
    assert kept.model_dump() == meant.model_dump()
    assert drawn.from_text(written) == form


def test_what_is_half_drawn_is_a_text_whose_errors_are_told_by_line() -> None:
    written = drawn.to_text(drawn.blank("giay_phep", title="Giấy phép"))
    speak("vi")
    told = design.errors(written, "giay_phep")
    lines = written.decode().splitlines()
    assert {lines[one["line"] - 1].split(":")[0].strip() for one in told} == {"all_of", "anchors"}
    assert all(one["severity"] == "error" for one in told)
    assert drawn.from_text(written)["title"] == {"vi": "Giấy phép", "en": "Giấy phép"}


def test_a_text_that_draws_nothing_is_refused_and_not_guessed_at() -> None:
    for text in (b"fields: [1, 2", b"- a\n- b\n", b"fields: 3\n", b"anchors: [{at: x}]\n"):
        with pytest.raises(TemplateError):
            drawn.from_text(text)


# --- what the engines read -----------------------------------------------------------------------


def test_a_box_drawn_on_one_scan_is_read_on_all_once_anchors_place_the_form(
    desk_work: Workspace, draft: TemplateDraft
) -> None:
    form = drawing_of(desk_work, draft)
    template = drawing.as_far_as_drawn(drawn.to_content(form))
    seen = drawing.look(desk_work, draft.scans, template, by="mau1")
    assert [one.fields["chu_tau"].value for one in seen] == list(OWNERS)
    assert set(seen[1].fields["chu_tau"].engines) == {"tesseract", "trueocr"}
    assert all(one.stands and all(one.anchors) for one in seen)
    # The second copy lies a hundredth of the page lower: its form does too.
    assert seen[1].pages[0] is not None and seen[0].pages[0] is not None
    assert seen[1].pages[0][5] - seen[0].pages[0][5] == pytest.approx(0.01 * 877, abs=1.5)


def test_before_there_are_anchors_a_box_is_read_where_it_is_drawn_and_nowhere_else(
    desk_work: Workspace, draft: TemplateDraft
) -> None:
    form = {**drawing_of(desk_work, draft), "anchors": []}
    template = drawing.as_far_as_drawn(drawn.to_content(form))
    first, second, _ = drawing.look(desk_work, draft.scans, template, by="mau1")
    assert first.fields["chu_tau"].value == OWNERS[0]
    assert "chu_tau" not in second.fields


def test_it_is_said_plainly_where_the_anchors_do_not_place_the_form(
    desk_work: Workspace, draft: TemplateDraft
) -> None:
    stranger = scanned(desk_work, ((0.2, "BIÊN BẢN BÀN GIAO"), (0.2, "Bên giao: Công an xã")))
    template = drawing.as_far_as_drawn(drawn.to_content(drawing_of(desk_work, draft)))
    (seen,) = drawing.look(desk_work, [stranger.id], template, by="mau1")
    speak("en")
    assert not seen.stands and seen.pages == (None,)
    assert "0 of 3" in say(seen.says)
    speak("vi")


def test_what_is_not_right_yet_does_not_hide_the_rest(
    desk_work: Workspace, draft: TemplateDraft
) -> None:
    form = drawing_of(desk_work, draft)
    label = {"vi": "", "en": ""}
    form["fields"].append({"name": "so", "label": label, "zone": {"line": "(no group"}})
    runaway = {"pattern": r"(?:\w+)*x", "zone": {"line": r"Số (\d+)"}}
    form["fields"].append({"name": "ma", "label": label, **runaway})
    form["recognised_by"]["all_of"] = []
    template = drawing.as_far_as_drawn(drawn.to_content(form))
    assert list(template.fields) == ["chu_tau"]
    (seen, *_) = drawing.look(desk_work, draft.scans, template, by="mau1")
    assert seen.fields["chu_tau"].value == OWNERS[0]


def test_engines_read_the_strip_again_on_demand(
    desk_work: Workspace, draft: TemplateDraft, engines: tuple[Reader, Reader]
) -> None:
    template = drawing.as_far_as_drawn(drawn.to_content(drawing_of(desk_work, draft)))
    heard = drawing.read_again(desk_work, draft.scans, template, "chu_tau", by="mau1")
    assert len(heard) == 3 and all(set(one) == {"tesseract", "trueocr"} for one in heard)
    assert all(reader.asked == [1, 1, 1] for reader in engines)
    with pytest.raises(NotReadyError):
        drawing.read_again(desk_work, draft.scans, template, "khong_co", by="mau1")


def test_only_who_may_change_the_template_draws_on_it(
    desk_work: Workspace, draft: TemplateDraft
) -> None:
    with pytest.raises(NotAllowedError):
        drawing.draft(desk_work, draft.id, by="soat1")


# --- keeping -------------------------------------------------------------------------------------


class Sent(design.DesignRoom):
    """A board whose browser sent these entries."""

    sent: Sequence[Any] = ()
    have: str = ""

    def _said(self) -> Mapping[str, Any]:
        return {"have": self.have}

    def _entries(self) -> list[Any]:
        return list(self.sent)


def test_a_save_is_kept_once_however_often_it_is_sent_and_never_over_a_colleague(
    desk_work: Workspace, draft: TemplateDraft
) -> None:
    form = drawing_of(desk_work, draft)
    entry = {"id": "1", "what": "save", "draft": draft.id, "revision": 0, "drawn": form}
    room = Sent("design", "board")
    room.sent = [entry]
    design.keep(room, desk_work, by="mau1")
    assert room.answers == {"1": ""} and room.saved == {"draft": draft.id, "revision": 1}

    # The server was killed before its answer arrived: the browser sends it again.
    again = Sent("design", "board")
    again.sent = [entry]
    design.keep(again, desk_work, by="mau1")
    assert again.answers == {"1": ""} and again.saved == {"draft": draft.id, "revision": 1}

    form["title"]["vi"] = "Giấy phép đánh cá"
    again.sent = [{**entry, "id": "2"}]  # drawn on what is no longer the newest
    design.keep(again, desk_work, by="mau1")
    assert again.answers["2"] and again.body is None  # told, and laid out anew
    kept = drawing.draft(desk_work, draft.id, by="mau1")
    assert "đánh cá" not in kept.source.decode() and kept.revision == 1
    with pytest.raises(StaleDocumentError):
        governing.save(desk_work, draft.id, b"id: x\n", by="mau1", revision=0)


def test_a_browser_that_comes_back_is_given_the_draft_as_it_stands_now(
    desk_work: Workspace, draft: TemplateDraft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modes, "_component", lambda: lambda **given: None)
    room = Sent("design", "board")
    design.lay_out(room, desk_work, draft.id, {}, by="mau1")
    assert room.body is not None and room.body["revision"] == 0
    form = drawing_of(desk_work, draft)
    room.sent = [{"id": "1", "what": "save", "draft": draft.id, "revision": 0, "drawn": form}]
    room.have = room.version
    design.keep(room, desk_work, by="mau1")
    laid = room.version
    design.lay_out(room, desk_work, draft.id, {}, by="mau1")
    assert room.version == laid  # it lies there: what is drawn stands in the browser
    room.sent, room.have = [{"id": "2", "what": "ask"}], ""
    design.lay_out(room, desk_work, draft.id, {}, by="mau1")
    assert room.body["revision"] == 1 and room.body["drawn"]["anchors"]


def test_the_board_is_laid_out_with_its_scans_words_and_lists(
    desk_work: Workspace, draft: TemplateDraft
) -> None:
    body = board(desk_work, draft)
    assert body["drawn"]["title"]["vi"] == "Giấy phép khai thác thủy sản"
    assert len(body["scans"]) == 3 and "issuers" in body["catalogues"]
    page = body["scans"][0]["pages"][0]
    assert page["image"].startswith("/page-images/")
    assert " ".join(word[0] for word in page["words"]).startswith("CHI CỤC THỦY SẢN")


def test_every_word_that_the_scripts_say_is_there_in_both_languages() -> None:
    scripts = "".join(file.read_text() for file in sorted(ASSETS.glob("design*.js")))
    speak("vi")
    untold = {name for name in PHRASES if say(PHRASES[name]) == PHRASES[name]} - {"chosen"}
    speak("en")
    speak("vi")
    assert not untold
    assert set(SENTENCES) == set(get_args(Check))
    said = set(re.findall(r"\b(?:tell|say|row|deed|done)\(\"([a-z_0-9]+)\"", scripts))
    said |= set(re.findall(r"\"(key_[a-z_]+)\"", scripts))
    assert len(said) > 100 and not said - set(PHRASES)
    for kind, names in (("kind", Kind), ("way", Way), ("check", Check)):
        assert {f"{kind}_{name}" for name in get_args(names)} <= set(PHRASES)
