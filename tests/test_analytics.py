"""The managers' questions: counted right, dated in Việt Nam, and blind to names and values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from sqlmodel import SQLModel, select

from tests import made_up
from workbench import migrations
from workbench.analytics import Lake, Questions, queries
from workbench.analytics.merged import connect
from workbench.model import (
    Act,
    Correction,
    Decision,
    Document,
    Event,
    FieldReading,
    Proposal,
    Reading,
    Review,
    Stage,
    Unit,
)
from workbench.scope import Regime, regime
from workbench.store import Store

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with 150 documents of 12 units on every stage of the way; only to be read."""
    folder = tmp_path_factory.mktemp("province")
    opened = Store(f"sqlite:///{folder}/workbench.db", folder / "objects")
    migrations.upgrade(opened.engine)
    made_up.fill(opened, documents=150, until=NOON)
    yield opened
    opened.close()


def _document(name: str = "d1", **changes: Any) -> Document:
    plain: dict[str, Any] = {
        "id": name,
        "batch": "b",
        "source": "s",
        "unit": "PC06",
        "number": 1,
        "kind": "con_dau",
        "created_at": NOON,
        "changed_at": NOON,
    }
    return Document(**plain | changes)


def _moved(after: Stage, at: datetime, document: str = "d1") -> Event:
    return Event(document=document, batch="b", unit="PC06", after=after, by="worker", at=at)


def _proposal(field: str, value: str, **changes: Any) -> Proposal:
    plain: dict[str, Any] = {
        "document": "d1",
        "field": field,
        "position": 1,
        "value": value,
        "normalised": value,
    }
    return Proposal(**plain | changes)


def _said(engine: str, field: str, text: str) -> FieldReading:
    return FieldReading(
        document="d1", field=field, engine=engine, text=text, value=text, confidence=1
    )


def _act(serial: int, field: str, act: Act, after: str, **changes: Any) -> Correction:
    plain: dict[str, Any] = {
        "id": f"c{serial}",
        "document": "d1",
        "field": field,
        "act": act,
        "before": "",
        "after": after,
        "normalised": after,
        "by": "soat1",
        "at": NOON,
        "revision": serial,
        "serial": serial,
    }
    return Correction(**plain | changes)


def _lake(store: Store) -> Lake:
    """The lake beside the store, as the store is now."""
    lake = Lake(store.objects.parent / "lake")
    lake.refresh(store, at=NOON)
    return lake


def _questions(store: Store, *rows: SQLModel) -> Questions:
    if rows:
        store.add(*rows)
    return Questions(_lake(store))


def _table(questions: Questions, name: str) -> Any:
    """A table of the lake."""
    return next(reader.read_pandas() for found, reader in questions.tables() if found == name)


def _one(questions: Questions, name: str, **parameters: object) -> dict[str, Any]:
    """The only row of an answer."""
    answer = questions.ask(name, **parameters)
    assert len(answer) == 1
    row: dict[str, Any] = answer.iloc[0].to_dict()
    return row


# --- what goes through the door ------------------------------------------------------------------


def test_no_name_and_no_field_value_reaches_the_analytics(province: Store) -> None:
    with province.change() as session:
        proposals = session.exec(select(Proposal)).all()
        corrections = session.exec(select(Correction)).all()
    secrets = {"soat1", "worker"}
    for proposal in proposals:
        secrets |= {proposal.value, proposal.normalised, *proposal.candidates.values()}
    for correction in corrections:
        secrets |= {correction.before, correction.after, correction.normalised}
    secrets -= {""}
    assert len(secrets) > 50

    lake = _lake(province)
    lake.compact(at=NOON)
    files = list(lake.folder.glob("*/*.parquet"))
    told = {
        cell
        for file in files
        for column in pq.read_table(file).columns
        for cell in column.to_pylist()
        if isinstance(cell, str)
    }

    assert told
    assert not told & secrets


def test_a_person_is_a_key_that_only_this_site_can_make(store: Store, tmp_path: Path) -> None:
    store.add(_document(), _act(1, "so", Act.EDIT, "222"))

    lake = _lake(store)
    (who,) = set(_table(Questions(lake), "acts")["who"])

    assert who == lake.key_of("soat1") != Lake(tmp_path / "elsewhere" / "lake").key_of("soat1")
    assert (lake.folder.parent / "lake.key").stat().st_mode & 0o077 == 0


def test_the_values_in_a_reason_stay_behind(store: Store) -> None:
    reason = {"text": "{reason}", "values": {"reason": "Nguyễn Văn Ba, số 221"}}

    questions = _questions(store, _document(stage=Stage.HELD, held_at=Stage.READ, reason=reason))

    held = _one(questions, "held_by_reason")
    assert held == {"reason": "{reason}", "held_at": "read", "documents": 1}


def test_duckdb_reads_no_file_and_fetches_no_extension(tmp_path: Path) -> None:
    file = tmp_path / "names.csv"
    file.write_text("name\nBa\n")
    connection = connect(tmp_path / "lake")

    with pytest.raises(duckdb.Error):
        connection.sql(f"FROM read_csv('{file}')").fetchall()
    with pytest.raises(duckdb.Error):
        connection.execute("INSTALL sqlite")
    with pytest.raises(duckdb.Error):
        connection.execute("SET enable_external_access = true")
    with pytest.raises(duckdb.Error):
        connection.execute(f"COPY (SELECT 1) TO '{tmp_path}/out.parquet'")


def test_an_event_of_a_document_that_came_later_is_nobodys(store: Store) -> None:
    questions = _questions(store, _document(), _moved(Stage.READ, NOON, document="later"))

    assert questions.ask("documents_per_day")["read"].sum() == 0


# --- the questions themselves -----------------------------------------------------------------


@pytest.mark.parametrize("name", [q.name for q in queries().values() if q.answers])
def test_each_question_says_what_it_answers_and_has_an_answer_for_an_empty_store(
    name: str, tmp_path: Path
) -> None:
    assert queries()[name].description.endswith(".")
    Questions(Lake(tmp_path / "lake")).ask(name)


def test_keywords_are_written_in_capitals() -> None:
    small = re.compile(r"\b(select|from|where|group by|order by|join|case|filter|with)\b")
    for query in queries().values():
        assert not small.search(re.sub(r"'[^']*'", "", query.sql)), query.name


def test_a_parameter_that_a_question_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="unit_code"):
        Questions(Lake(tmp_path / "lake")).ask("totals", unit_code="PC06")


# --- progress ------------------------------------------------------------------------------------


def test_an_evening_in_london_is_the_next_day_in_viet_nam(store: Store) -> None:
    evening = datetime(2026, 11, 19, 17, 30, tzinfo=UTC)  # 00:30 on the 20th

    questions = _questions(store, _document(created_at=evening), _moved(Stage.READ, evening))

    daily = _one(questions, "documents_per_day")
    assert daily["day"] == date(2026, 11, 20)
    assert (daily["received"], daily["read"]) == (1, 1)
    assert _one(questions, "totals", until=date(2026, 11, 19))["total"] == 0
    assert _one(questions, "totals", since=date(2026, 11, 20))["total"] == 1


def test_a_document_that_was_sent_back_counts_on_the_first_day_it_came_to_a_stage(
    store: Store,
) -> None:
    questions = _questions(
        store,
        _document(stage=Stage.EXPORTED),
        _moved(Stage.REVIEWED, NOON),
        _moved(Stage.PROPOSED, NOON + timedelta(days=1)),
        _moved(Stage.REVIEWED, NOON + timedelta(days=2)),
        _moved(Stage.EXPORTED, NOON + timedelta(days=3)),
    )

    daily = questions.ask("documents_per_day").set_index("day")
    assert list(daily["reviewed"]) == [1, 0, 0, 0]
    assert list(daily["exported"]) == [0, 0, 0, 1]
    assert list(questions.ask("burn_up")["exported"]) == [0, 0, 0, 1]


def test_a_day_without_work_is_a_day_with_zeros(store: Store) -> None:
    questions = _questions(store, _document(), _moved(Stage.EXPORTED, NOON + timedelta(days=2)))

    assert [str(day) for day in questions.ask("burn_up")["day"]] == [
        "2026-11-20",
        "2026-11-21",
        "2026-11-22",
    ]


def test_a_rejected_document_is_in_no_total(store: Store) -> None:
    questions = _questions(
        store, _document("d1", stage=Stage.REJECTED), _document("d2", stage=Stage.EXPORTED)
    )

    totals = _one(questions, "totals")
    assert (totals["total"], totals["rejected"], totals["share"]) == (1, 1, 1.0)
    assert _one(questions, "progress_by_unit")["total"] == 1


def test_every_way_to_cut_the_work_gives_the_same_total(province: Store) -> None:
    questions = _questions(province)
    totals = _one(questions, "totals")
    counts = province.counts()

    stages = questions.ask("documents_by_stage")
    assert dict(zip(stages["stage"], stages["documents"], strict=True)) == {
        stage.value: n for stage, n in counts.items() if n
    }
    assert totals["total"] == 150 == totals["done"] + totals["in_work"] + totals["held"]
    for name in ("progress_by_unit", "progress_by_kind", "progress_by_regime"):
        answer = questions.ask(name)
        assert (answer["total"].sum(), answer["exported"].sum()) == (150, totals["done"]), name
    units = questions.ask("progress_by_unit")
    stretches = ["exported", "approved", "reviewed", "proposed", "received", "held"]
    assert (units[stretches].sum(axis=1) == units["total"]).all()
    assert questions.ask("burn_up")["exported"].iloc[-1] == totals["done"]
    assert questions.ask("documents_per_day")["received"].sum() == 150
    assert questions.ask("held_by_reason")["documents"].sum() == totals["held"]


def test_units_kinds_and_days_narrow_every_figure(province: Store) -> None:
    questions = _questions(province)
    units = questions.ask("progress_by_unit").set_index("unit")
    for code in units.index[:3]:
        assert _one(questions, "totals", units=[code])["total"] == units.loc[code, "total"]
    assert (
        _one(questions, "totals", units=list(units.index[:2]))["total"]
        == units["total"].iloc[:2].sum()
    )
    kinds = questions.ask("kinds_seen")
    for kind, n in zip(kinds["kind"], kinds["documents"], strict=True):
        chosen = kind if isinstance(kind, str) else ""  # the kind is not known
        assert _one(questions, "totals", kinds=[chosen])["total"] == n
    first, last = questions.ask("period").iloc[0]
    middle = first + (last - first) / 2
    early = _one(questions, "totals", until=middle)["total"]
    late = _one(questions, "totals", since=middle + timedelta(days=1))["total"]
    assert 0 < early < 150
    assert early + late == 150


def test_a_unit_goes_by_its_name_and_by_its_code_where_it_has_none(store: Store) -> None:
    questions = _questions(
        store, Unit(code="PC06", name="Phòng PC06"), _document(), _document("d2", unit="X1")
    )

    assert set(questions.ask("progress_by_unit")["name"]) == {"Phòng PC06", "X1"}


# --- the regimes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("issued", "expected"),
    [
        (date(2022, 6, 30), Regime.BEFORE),
        (date(2022, 7, 1), Regime.FROM),
        (None, None),
    ],
)
def test_the_regime_turns_on_the_first_of_july_2022(
    issued: date | None, expected: Regime | None
) -> None:
    assert regime(issued) is expected


def test_the_regime_follows_the_date_as_a_person_settled_it(store: Store) -> None:
    questions = _questions(
        store,
        _document(stage=Stage.REVIEWED),
        _proposal("ngay_cap", "2028-05-08"),
        _act(1, "ngay_cap", Act.EDIT, "ngày 08 tháng 5 năm 2020", normalised="2020-05-08"),
    )

    assert _one(questions, "progress_by_regime")["regime"] == "before"


def test_a_date_that_nobody_could_read_has_no_regime(store: Store) -> None:
    questions = _questions(
        store,
        _document(stage=Stage.REVIEWED),
        _proposal("ngay_cap", "2020-05-08"),
        _act(1, "ngay_cap", Act.ILLEGIBLE, ""),
    )

    assert _one(questions, "progress_by_regime")["regime"] != "before"


# --- quality -----------------------------------------------------------------------------------


def test_engines_are_measured_against_the_proposal_until_a_person_has_spoken(
    store: Store,
) -> None:
    said = (_said("tesseract", "so", "221/ĐKMD"), _said("trueocr", "so", "227/ĐKMD"))
    proposed = (_document(stage=Stage.PROPOSED), _proposal("so", "221/ĐKMD"))
    store.add(*proposed, *said)
    before = _questions(store).ask("engine_agreement").set_index("engine")
    assert dict(before["agreeing"]) == {"tesseract": 1, "trueocr": 0}
    assert before["settled"].sum() == 0

    store.add(_act(1, "so", Act.CANDIDATE, "227/ĐKMD"))
    with store.change() as session:
        session.merge(_document(stage=Stage.REVIEWED))

    after = _questions(store).ask("engine_agreement").set_index("engine")
    assert dict(after["agreeing"]) == {"tesseract": 0, "trueocr": 1}
    assert after["settled"].sum() == 2


def test_two_ways_to_write_one_tone_agree_and_two_words_do_not(store: Store) -> None:
    questions = _questions(
        store,
        _document(stage=Stage.PROPOSED),
        _proposal("nguoi_ky", "Trần Văn Hòa"),
        _said("tesseract", "nguoi_ky", "Trần Văn Hoà."),
        _said("trueocr", "nguoi_ky", "Trần Văn Hoa"),
    )

    agreement = questions.ask("engine_agreement").set_index("engine")["agreeing"]
    assert dict(agreement) == {"tesseract": 1, "trueocr": 0}


def test_a_change_that_was_taken_back_is_no_correction(store: Store) -> None:
    questions = _questions(
        store,
        _document(stage=Stage.REVIEWED),
        _proposal("so", "221", accepted=True),
        _act(1, "so", Act.EDIT, "222"),
        _act(2, "so", Act.UNDO, ""),
    )

    assert _one(questions, "corrections_by_field")["corrected"] == 0
    assert _one(questions, "accepted_unseen")["changed"] == 0


def test_what_the_machine_accepted_and_a_person_changed_is_told_with_its_cases(
    store: Store,
) -> None:
    questions = _questions(
        store,
        _document(stage=Stage.APPROVED),
        _proposal("so", "221", accepted=True),
        _proposal("ngay_cap", "2020-05-08", accepted=True),
        _proposal("dia_chi", "Ấp 1", accepted=False),
        _act(1, "so", Act.EDIT, "222"),
        _act(2, "dia_chi", Act.CANDIDATE, "Ấp 2"),
    )

    accepted = questions.ask("accepted_unseen").set_index("field")
    assert dict(accepted["accepted"]) == {"so": 1, "ngay_cap": 1, "dia_chi": 0}
    assert dict(accepted["changed"]) == {"so": 1, "ngay_cap": 0, "dia_chi": 0}
    mended = questions.ask("corrections_by_field").set_index("field")
    assert (mended.loc["so", "edit"], mended.loc["dia_chi", "candidate"]) == (1, 1)
    assert mended["cases"].sum() == 3


def test_line_items_are_counted_by_their_column(store: Store) -> None:
    questions = _questions(
        store,
        _document(stage=Stage.REVIEWED),
        _proposal("muc.1.so_hieu", "K1"),
        _proposal("muc.12.so_hieu", "K2"),
    )

    assert _one(questions, "corrections_by_field")["field"] == "muc.so_hieu"
    assert _one(questions, "corrections_by_field")["cases"] == 2


# --- time -------------------------------------------------------------------------------------


def test_seconds_are_told_a_document_and_a_flagged_field(store: Store) -> None:
    questions = _questions(
        store,
        _document(stage=Stage.REVIEWED),
        _proposal("so", "221", accepted=False),
        _proposal("dia_chi", "Ấp 1", accepted=True),
        _act(1, "so", Act.EDIT, "222", milliseconds=3000, keys=4),
        _act(2, "dia_chi", Act.EDIT, "Ấp 2", milliseconds=9000, keys=9),
        Review(
            document="d1",
            by="soat1",
            duty="review",
            decision=Decision.PASS,
            revision=2,
            milliseconds=20_000,
        ),
        Review(
            document="d1",
            by="duyet1",
            duty="approve",
            decision=Decision.PASS,
            revision=2,
            milliseconds=90_000,
        ),
    )

    assert _one(questions, "review_effort") == {
        "documents": 1,
        "seconds_a_document": 20.0,
        "fields": 1,
        "seconds_a_field": 3.0,
        "keys_a_field": 4.0,
    }


def test_a_page_that_failed_does_not_make_its_engine_look_fast(store: Store) -> None:
    read: dict[str, Any] = {"document": "d1", "engine": "tesseract", "version": "5", "weights": "w"}
    failure = {"text": "The page could not be read.", "values": {}}

    questions = _questions(
        store,
        _document(stage=Stage.READ),
        Reading(page="p1", cpu_seconds=2.0, **read),
        Reading(page="p2", cpu_seconds=0.0, failure=failure, **read),
    )

    cost = _one(questions, "engine_cost")
    assert (cost["pages"], cost["failed"], cost["mean_seconds"]) == (1, 1, 2.0)
