"""The pages for records without a scan and for holders: what is asked, kept and shown on them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.typed_records import INDEFINITE, SEAL
from workbench import ui
from workbench.flow.entering import SECOND, Entered, enter
from workbench.model import Batch, Likely, Origin, Stage, new_id
from workbench.ui.entry import sitting
from workbench.ui.entry.phrases import PHRASES
from workbench.words import catalogue
from workbench.workspace import ROOT, Workspace

Open = Callable[..., AppTest]


@pytest.fixture
def work(empty_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The workspace that the pages open."""
    (tmp_path / "data").mkdir()
    shutil.copy(empty_site, tmp_path / "data" / "workbench.db")
    for name, value in (
        ("DATA", tmp_path / "data"), ("KEYS", tmp_path / "keys"), ("DEMO", 1),
        ("ENGINES", '["none"]'),
    ):  # fmt: skip
        monkeypatch.setenv(f"WORKBENCH_{name}", str(value))
    ui.workspace.cache_clear()
    ui.sessions.cache_clear()
    yield ui.workspace()
    ui.workspace().store.close()
    ui.workspace.cache_clear()
    ui.sessions.cache_clear()


def visit(file: str, name: str, state: Mapping[str, Any] | None = None, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "workbench" / "ui" / "app.py"), default_timeout=60)
    somebody = ui.workspace().store.person(name)
    assert somebody is not None
    app.user = {"workbench_session": ui.sessions().begin(somebody)}
    app.run()
    for key, value in query.items():
        app.query_params[key] = value
    app.switch_page(str(ROOT / "pages" / file))
    for key, value in query.items():
        app.query_params[key] = value
    for key, value in (state or {}).items():
        app.session_state[key] = value
    return app.run()


def told(app: AppTest) -> str:
    kinds = (app.markdown, app.header, app.subheader, app.error, app.info, app.caption)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def finished(values: Mapping[str, str], **other: object) -> dict[str, Any]:
    """A record as the browser sends it."""
    return {
        "id": new_id(), "what": "record", "document": new_id(), "kind": "con_dau", "unit": "PC06",
        "batch": "Nhập tay", "copy": "none", "twice": "nobody", "values": dict(values),
        "term": "indefinite", "absent": [], "effort": {"so": [8, 2000]}, "keyings": {},
        "milliseconds": 40_000, "force": False, **other,
    }  # fmt: skip


def outbox(*entries: Mapping[str, Any]) -> dict[str, Any]:
    return {"entry.new": {"outbox": {"entries": list(entries), "have": ""}}}


def test_what_the_form_sends_is_kept_once_however_often_it_comes(work: Workspace) -> None:
    record = finished(SEAL)
    for _ in range(2):  # the answer was lost with the server
        app = visit("entry.py", "soat1", outbox(record), kind="con_dau", unit="PC06")
        assert not app.exception
    (document,) = work.store.documents()
    assert (document.stage, document.origin) == (Stage.REVIEWED, Origin.TYPED)
    assert document.id == record["document"]
    batch = work.store.batch(document.batch)
    assert batch is not None
    assert (batch.name, batch.unit) == ("Nhập tay", "PC06")


def test_a_record_with_an_error_is_wanted_back_and_kept_when_it_is_sent_all_the_same(
    work: Workspace,
) -> None:
    wrong = {**SEAL, "het_han": "01/01/2001"}  # before it was issued
    app = visit("entry.py", "soat1", outbox(finished(wrong)), kind="con_dau", unit="PC06")
    room = app.session_state["station.entry.entry.new"]
    ((why),) = room.needs.values()
    assert ["ngay_cap", "het_han"] in [f["fields"] for f in why["findings"]]
    assert work.store.documents() == []
    visit("entry.py", "soat1", outbox(finished(wrong, force=True)), kind="con_dau", unit="PC06")
    (document,) = work.store.documents()
    assert document.stage is Stage.PROPOSED


def test_what_is_still_open_is_no_finding_while_one_types(work: Workspace) -> None:
    asked = {"n": "1", "kind": "con_dau", "values": {"ngay_cap": "310220"}, "absent": []}
    state = {"entry.new": {"check": asked, "outbox": {"entries": [], "have": ""}}}
    app = visit("entry.py", "soat1", state, kind="con_dau", unit="PC06")
    room = app.session_state["station.entry.entry.new"]
    assert room.body["kind"] == "con_dau"
    found = sitting.findings_of(work, asked)
    assert [f["fields"] for f in found] == [["ngay_cap"]]


def test_a_second_person_is_shown_the_paper_but_not_what_was_typed(work: Workspace) -> None:
    one = Entered("con_dau", SEAL, Origin.TYPED, stated=INDEFINITE, awaits_second=True)
    enter(work, Batch(name="Lô 1", unit="PC06", by="quantri"), [one], by="quantri")
    app = visit("entry.py", "soat1", {"entry.way": "second"})
    body = app.session_state["station.entry.entry.second"].body
    assert {f["name"] for f in body["second"]} == {"so", "ten_to_chuc", "ngay_hieu_luc", "ngay_cap"}
    shown = str(body["context"])
    assert SEAL["dia_chi"] in shown
    assert SEAL["so"] not in shown
    assert work.store.awaiting_second(SECOND, not_by="soat1")


def test_a_second_typing_that_differs_is_wanted_back_then_told_as_it_was_decided(
    work: Workspace,
) -> None:
    one = Entered("con_dau", SEAL, Origin.TYPED, stated=INDEFINITE, awaits_second=True)
    (document,) = enter(work, Batch(name="Lô 1", unit="PC06", by="quantri"), [one], by="quantri")
    asked = ("so", "ten_to_chuc", "ngay_hieu_luc", "ngay_cap")
    typed = {name: SEAL[name] for name in asked} | {"so": "54/ĐKMD"}
    sent = {"id": new_id(), "what": "second", "document": document.id, "typed": typed}

    def come(entry: Mapping[str, Any]) -> AppTest:
        outbox = {"entries": [entry], "have": ""}
        return visit(
            "entry.py", "soat1", {"entry.way": "second", "entry.second": {"outbox": outbox}}
        )

    ((why),) = come(sent).session_state["station.entry.entry.second"].needs.values()
    assert why["differ"] == {"so": {"first": "45/ĐKMD", "second": "54/ĐKMD"}}
    app = come({**sent, "id": new_id(), "chosen": {"so": "45/ĐKMD"}})
    ((done),) = app.session_state["station.entry.entry.second"].done
    assert "45/ĐKMD" in done["said"]
    assert app.segmented_control(key="entry.way").options[1].endswith("(0)")


def a_batch(work: Workspace, count: int = 3) -> Batch:
    batch = Batch(name="Lô 1", unit="PC06", by="soat1")
    records = [
        Entered(
            "con_dau",
            {
                **SEAL,
                "so": f"{n}/ĐKMD",
                "ten_to_chuc": f"Trường số {n}",
                "so_quyet_dinh": f"{n}/QĐ",
            },
            Origin.TYPED,
            stated=INDEFINITE,
        )
        for n in range(1, count + 1)
    ]
    enter(work, batch, records, by="soat1")
    return batch


def test_an_approver_draws_a_sample_looks_at_it_and_approves_the_batch(work: Workspace) -> None:
    batch = a_batch(work)
    app = visit("entered.py", "duyet1")
    app.number_input[0].set_value(2)
    app.button(key="entered.draw").click().run()
    (sample,) = work.store.samples(batch.id)
    assert str(sample.seed) in told(app)
    assert app.button(key="entered.approve").disabled
    for key in sample.documents:
        app.button(key=f"entered.looked.{key}").click().run()
    app.button(key="entered.approve").click().run()
    assert not app.exception
    assert work.store.counts(batch.id)[Stage.APPROVED] == 3


def test_two_holders_side_by_side_are_made_one_and_parted_again(work: Workspace) -> None:
    for n in (1, 2):
        values = {**SEAL, "so": f"{n}/ĐKMD", "so_quyet_dinh": f"{n}/QĐ"}
        one = Entered("con_dau", values, Origin.TYPED, stated=INDEFINITE)
        enter(work, Batch(name="Lô", unit="PC06", by="soat1"), [one], by="soat1")
    ((pair, first, _),) = work.store.likenesses()
    app = visit("holders.py", "duyet1")
    app.button(key=f"holders.same.{pair.id}.{first.id}").click().run()
    assert len(work.store.held_by(first.id)) == 2
    app.button(key=f"holders.back.{pair.id}").click().run()
    assert not app.exception
    assert len(work.store.held_by(first.id)) == 1
    assert len(work.store.likenesses(Likely.OPEN)) == 1


def test_a_record_that_names_nobody_is_given_to_a_holder_with_a_reason(work: Workspace) -> None:
    nobody = {**SEAL, "ten_to_chuc": "", "so": "9/ĐKMD"}
    for values, absent in ((SEAL, frozenset()), (nobody, frozenset({"ten_to_chuc"}))):
        one = Entered("con_dau", values, Origin.TYPED, stated=INDEFINITE, absent=absent)
        enter(work, Batch(name="Lô", unit="PC06", by="soat1"), [one], by="soat1")
    (document,) = work.store.unheld()
    (holder,) = work.store.find_holders("")
    app = AppTest.from_function(_beside, default_timeout=60)
    app.session_state[f"holders.unheld.{holder.id}"] = document.id
    app.session_state[f"holders.reason.{holder.id}"] = "Theo hồ sơ"
    app.run()
    app.button(key=f"holders.tie.{holder.id}").click().run()
    assert not app.exception
    assert [d.id for d in work.store.held_by(holder.id) if d.id == document.id] == [document.id]
    assert work.store.unheld() == []


def _beside() -> None:
    from workbench import ui
    from workbench.ui import holder_sheet

    work = ui.workspace()
    somebody = work.store.person("duyet1")
    assert somebody is not None
    holder_sheet.by_hand(work, somebody, work.store.find_holders("")[0])


def test_who_may_not_decide_sees_the_pairs_without_the_keys(work: Workspace) -> None:
    for n in (1, 2):
        values = {**SEAL, "so": f"{n}/ĐKMD", "so_quyet_dinh": f"{n}/QĐ"}
        one = Entered("con_dau", values, Origin.TYPED, stated=INDEFINITE)
        enter(work, Batch(name="Lô", unit="PC06", by="soat1"), [one], by="soat1")
    app = visit("holders.py", "soat1")
    assert SEAL["ten_to_chuc"] in told(app)
    assert not [b for b in app.button if b.key and b.key.startswith("holders.same")]


def test_every_phrase_of_the_form_is_translated() -> None:
    assert [text for text in PHRASES.values() if text not in catalogue()] == []
