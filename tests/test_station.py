"""The Python half of the review station: what goes to the browser and what comes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from workbench import words
from workbench.errors import NotReadyError, Sentence, StaleDocumentError, StorageError
from workbench.flow import FieldAct
from workbench.model import (
    Act,
    Correction,
    Decision,
    Document,
    Finding,
    Page,
    Severity,
    Stage,
)
from workbench.review import ReviewSheet, SheetField
from workbench.ui import station
from workbench.ui.station import paper
from workbench.ui.station.phrases import phrases

ASSETS = Path(station.__file__).with_name("assets")


def a_page(*, rotation: int = 0) -> Page:
    return Page(
        document="d1", number=0, file_page=0, width=1000, height=2000, dpi=200, scan="s",
        view="v", rotation=rotation,
    )  # fmt: skip


def a_field(name: str = "so", **changes: Any) -> SheetField:
    given: dict[str, Any] = {
        "name": name, "label": {"vi": "Số", "en": "Number"}, "kind": "text", "critical": True,
        "required": True, "value": "1/GCN", "normalised": "1/GCN", "proposed": "1/GCN",
        "candidates": {}, "confidence": 0.9, "agreement": 1.0, "accepted": True, "act": None,
        "by": "", "findings": (), "page": 0, "box": (0.1, 0.2, 0.3, 0.4),
    }  # fmt: skip
    return SheetField(**{**given, **changes})


def an_act(act: Act, value: str = "", *, field: str = "so", by: str = "soat1") -> Correction:
    return Correction(
        id=f"{field}-{act}-{value}", document="d1", field=field, act=act, before="", after=value,
        normalised=value, by=by, revision=1,
    )  # fmt: skip


def a_sheet(
    *fields: SheetField,
    document: str = "d1",
    rotation: int = 0,
    corrections: tuple[Correction, ...] = (),
    returned: Sentence | None = None,
) -> ReviewSheet:
    row = Document(
        id=document, batch="b", source="s", unit="u", number=3, revision=4,
        stage=Stage.PROPOSED, kind="antt", template_digest="t",
    )  # fmt: skip
    return ReviewSheet(
        row, {"vi": "Giấy chứng nhận", "en": "Certificate"}, (a_page(rotation=rotation),),
        fields or (a_field(),), returned, corrections, (),
    )  # fmt: skip


# --- to the browser ----------------------------------------------------------------------------


def test_boxes_go_to_the_browser_on_the_page_as_it_is_shown() -> None:
    lying = paper.as_json(a_sheet(rotation=90), "soat1")
    assert lying["pages"] == [{"image": "v", "width": 2000, "height": 1000}]
    assert lying["fields"][0]["box"] == [0.6, 0.1, 0.8, 0.3]
    upright = paper.as_json(a_sheet(), "soat1")
    assert upright["pages"] == [{"image": "v", "width": 1000, "height": 2000}]
    assert upright["fields"][0]["box"] == [0.1, 0.2, 0.3, 0.4]


def test_a_field_that_was_not_found_has_no_box() -> None:
    sheet = a_sheet(a_field(page=None, box=None), a_field("ngay_cap", page=7))
    assert [field["box"] for field in paper.as_json(sheet, "soat1")["fields"]] == [None, None]


def test_equal_readings_are_one_candidate_and_the_proposal_comes_first() -> None:
    readings = {
        "tesseract": "Hoà Bình", "trueocr": "Hòa Bình.", "asterocr": "Hoa Bình", "other": "Hóa Bình"
    }  # fmt: skip
    listed = paper.candidates("Hóa Bình", readings)
    assert [(c["text"], c["engines"]) for c in listed] == [
        ("Hóa Bình", ["other"]),
        ("Hoà Bình", ["tesseract", "trueocr"]),
        ("Hoa Bình", ["asterocr"]),
    ]


def test_a_reading_without_marks_is_a_witness_and_comes_last() -> None:
    listed = paper.candidates(
        "Bến Tre", {"easyocr": "Ben Tre", "easyocr2": "Ben Tre", "tesseract": "Bến Trẻ"}
    )
    assert [(c["text"], c["bare"]) for c in listed] == [("Bến Trẻ", False), ("Ben Tre", True)]
    # What has no marks on the paper either is no lesser reading.
    assert [c["bare"] for c in paper.candidates("K54", {"easyocr": "K54"})] == [False]


def test_candidates_are_ordered_by_their_probability() -> None:
    readings = {"a": "1/GCN", "b": "7/GCN", "c": "7/GCN", "d": "4/GCN"}
    listed = paper.candidates("1/GCN", readings, 0.4)
    assert [(c["text"], c["probability"]) for c in listed] == [
        ("1/GCN", 0.4), ("7/GCN", 0.4), ("4/GCN", 0.2),
    ]  # fmt: skip
    assert paper.candidates("1/GCN", readings, 0.1)[0]["text"] == "7/GCN"


def test_of_two_readings_that_are_about_as_likely_none_is_chosen_beforehand() -> None:
    readings = {"a": "1/GCN", "b": "7/GCN"}
    sent = [
        paper.as_json(a_sheet(a_field(candidates=readings, confidence=sure, accepted=a)), "soat1")
        for sure, a in ((0.55, False), (0.9, False), (0.55, True))
    ]
    assert [sheet["fields"][0]["close"] for sheet in sent] == [True, False, False]
    bare = {"a": "Bến Tre", "b": "Ben Tre"}  # a witness to base letters is no rival
    sheet = paper.as_json(
        a_sheet(a_field(candidates=bare, proposed="Bến Tre", confidence=0.5, accepted=False)), "s"
    )
    assert not sheet["fields"][0]["close"]


def test_no_more_candidates_than_there_are_keys() -> None:
    assert len(paper.candidates("", {f"e{n}": f"{n}/GCN" for n in range(9)})) == 4


def test_a_field_is_doubtful_unless_the_machine_accepted_it_and_no_rule_is_broken() -> None:
    def finding(severity: Severity) -> tuple[Finding, ...]:
        return (Finding(severity, "r", Sentence("Something went wrong."), ("so",)),)

    fields = [
        a_field(),
        a_field(accepted=False),
        a_field(findings=finding(Severity.WARNING)),
        a_field(findings=finding(Severity.INFORMATION)),
        a_field(accepted=False, act=Act.EDIT),  # stays in its group once it was corrected
    ]
    sent = paper.as_json(a_sheet(*fields), "soat1")["fields"]
    assert [field["doubtful"] for field in sent] == [False, True, True, False, True]


def test_acts_that_were_taken_back_are_not_sent() -> None:
    acts = (
        an_act(Act.ACCEPT, "a"), an_act(Act.EDIT, "b", field="ten"), an_act(Act.EDIT, "c"),
        an_act(Act.UNDO), an_act(Act.EDIT, "d", by="soat2"),
    )  # fmt: skip
    sent = paper.as_json(a_sheet(corrections=acts), "soat1")["acts"]
    assert [(act["field"], act["value"], act["mine"]) for act in sent] == [
        ("so", "a", True), ("ten", "b", True), ("so", "d", False),
    ]  # fmt: skip


def test_line_items_know_their_row_and_the_heading_of_their_column() -> None:
    label = {"vi": "Mục 12 – Số hiệu", "en": "Item 12: Serial number"}
    (sent,) = paper.as_json(a_sheet(a_field("muc.12.so_hieu", label=label)), "soat1")["fields"]
    assert (sent["row"], sent["column"], sent["heading"]) == (12, "so_hieu", "Số hiệu")


def test_the_reader_s_language_is_spoken() -> None:
    words.speak("en")
    sent = paper.as_json(a_sheet(returned=Sentence("{reason}", {"reason": "Mờ"})), "soat1")
    assert (sent["title"], sent["fields"][0]["label"], sent["returned"]) == (
        "Certificate", "Number", "Mờ",
    )  # fmt: skip


def test_every_phrase_of_the_scripts_is_there_and_every_phrase_is_used() -> None:
    scripts = "".join(file.read_text(encoding="utf-8") for file in ASSETS.glob("*.js"))
    known = phrases()
    # Some names are put together from a state or a deed.
    unused = {
        name
        for name in known
        if f'"{name}"' not in scripts
        and not name.startswith(("do_", "map_group_"))
        and not name.endswith("_state")
    }
    assert not unused
    asked = set(re.findall(r'speak\("(\w+)"', scripts))
    assert asked and asked <= set(known)


# --- from the browser --------------------------------------------------------------------------


def entry(what: str, identifier: str, document: str = "d1", **more: Any) -> dict[str, Any]:
    given = {"field": "so", "act": "accept"} if what == "act" else {"decision": "pass"}
    return {"id": identifier, "what": what, "document": document, **given, **more}


def test_entries_come_typed_in_their_order_with_neighbouring_acts_together() -> None:
    entries = [
        entry("act", "1", keys=2, milliseconds=900),
        entry("act", "2", act="edit", value="2/GCN"),
        entry("decision", "3"),
        {"id": "4", "what": "ask"},
        entry("act", "5", "d2", act="absent"),
        entry("decision", "6", "d2", decision="rescan", reason="mờ"),
    ]
    assert list(station.sent(entries)) == [
        station.Acts(
            "d1",
            (
                FieldAct("1", "so", Act.ACCEPT, keys=2, milliseconds=900),
                FieldAct("2", "so", Act.EDIT, "2/GCN"),
            ),
        ),
        station.Decided("3", "d1", Decision.PASS),
        station.Acts("d2", (FieldAct("5", "so", Act.ABSENT),)),
        station.Decided("6", "d2", Decision.RESCAN, "mờ"),
    ]


@pytest.fixture
def desk_with(monkeypatch: pytest.MonkeyPatch) -> Callable[..., station.Desk]:
    """A desk whose browser has these entries in its journal."""

    def made(*entries: dict[str, Any]) -> station.Desk:
        state = {"review": {"outbox": {"entries": list(entries), "have": []}}}
        monkeypatch.setattr(station.st, "session_state", state)
        return station.Desk("review")

    return made


def test_what_was_answered_is_not_handed_out_again(
    desk_with: Callable[..., station.Desk],
) -> None:
    desk = desk_with(entry("act", "1"), entry("decision", "2"))
    for sent in desk.received():
        with desk.answering(sent):
            pass
    assert list(desk.received()) == []
    assert desk.answers == {"1": "", "2": ""}


@pytest.mark.parametrize("error", [StaleDocumentError(), NotReadyError("A reason is needed.")])
def test_what_will_never_be_kept_is_answered_with_its_sentence(
    desk_with: Callable[..., station.Desk], error: Exception, noon: datetime
) -> None:
    desk = desk_with(entry("act", "1"))
    desk.lay([a_sheet()], at=noon)
    for sent in desk.received():
        with desk.answering(sent):
            raise error
    assert desk.answers["1"].startswith(words.say(error))  # type: ignore[arg-type]
    assert desk.sheets == {} and desk.wants_more(noon)  # what is shown was no longer so


@pytest.mark.parametrize("error", [StorageError(), OSError("the disk is full"), KeyError("?")])
def test_what_might_be_kept_later_stays_unanswered(
    desk_with: Callable[..., station.Desk], error: Exception
) -> None:
    desk = desk_with(entry("act", "1"))
    (sent,) = desk.received()
    with pytest.raises(type(error)), desk.answering(sent):
        raise error
    assert list(desk.received()) == [sent]


def test_documents_are_fetched_when_few_are_left_or_asked_for_or_their_lease_grows_old(
    desk_with: Callable[..., station.Desk], noon: datetime
) -> None:
    many = [a_sheet(document=f"d{n}") for n in range(station.LAID_OUT)]
    desk = desk_with()
    assert desk.wants_more(noon)
    desk.lay(many, at=noon)
    assert not desk.wants_more(noon + timedelta(minutes=1))
    assert desk.wants_more(noon + timedelta(minutes=6))
    for sheet in many[1:]:
        desk.clear(sheet.document.id)
    assert desk.wants_more(noon)
    asking = desk_with({"id": "9", "what": "ask"})
    asking.lay(many, at=noon)
    assert asking.wants_more(noon)


def test_at_the_end_of_the_work_an_act_fetches_nothing_until_a_while_has_passed(
    desk_with: Callable[..., station.Desk], noon: datetime
) -> None:
    last = [a_sheet(document=f"d{n}") for n in range(3)]
    desk = desk_with()
    desk.lay(last, at=noon)
    assert not desk.wants_more(noon + timedelta(seconds=2))
    desk.clear("d0")
    assert not desk.wants_more(noon + timedelta(seconds=4))
    assert desk.wants_more(noon + timedelta(seconds=20))
    asking = desk_with({"id": "9", "what": "ask"})
    asking.lay(last, at=noon)
    assert asking.wants_more(noon + timedelta(seconds=2))


# --- within Streamlit ----------------------------------------------------------------------------


def _script() -> None:
    import streamlit as st

    from tests.test_station import a_sheet
    from workbench.model import now
    from workbench.ui import station

    desk = station.Desk.of_session("review")
    for sent in desk.received():
        with desk.answering(sent):
            st.session_state.setdefault("kept", []).extend(sent.ids)
    if desk.wants_more(at := now()):
        desk.lay([a_sheet()], at=at)
    desk.show(person="soat1", waiting=1)


def _shown(app: AppTest) -> dict[str, Any]:
    import json

    (component,) = app.get("bidi_component")
    shown: dict[str, Any] = json.loads(component.proto.json)
    return shown


def test_the_page_answers_the_journal_and_sends_only_what_the_browser_has_not() -> None:
    app = AppTest.from_function(_script)
    app.run()
    assert not app.exception
    first = _shown(app)
    assert [sheet["document"] for sheet in first["sheets"]] == ["d1"]
    assert first["queue"] == [["d1", 4]] and first["kept"] == [] and first["waiting"] == 1
    assert "soat1" not in app.get("bidi_component")[0].proto.json  # the journal's name is a digest

    app = AppTest.from_function(_script)
    app.session_state["review"] = {
        "outbox": {"entries": [entry("act", "1"), entry("decision", "2")], "have": [["d1", 4]]}
    }
    app.run()
    assert not app.exception
    assert app.session_state["kept"] == ["1", "2"]
    assert _shown(app)["kept"] == ["1", "2"] and _shown(app)["sheets"] == []


def test_the_release_changes_with_the_scripts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    station.release.cache_clear()
    before = station.release()
    for file in ASSETS.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes() + b"\n")
    monkeypatch.setattr(station, "_ASSETS", tmp_path)
    station.release.cache_clear()
    assert station.release() != before
    station.release.cache_clear()


def test_scripts_import_one_another_only_with_the_release_in_the_address() -> None:
    for file in ASSETS.glob("*.js"):
        text = file.read_text(encoding="utf-8")
        assert 'from "./' not in text and 'import("./' not in text, file.name
