"""The managers' page: its figures are the store's, and move when a document moves."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests import made_up
from workbench import migrations, model, ui, words
from workbench.accounts import may_see_work_of
from workbench.analytics import Lake, Questions
from workbench.exchange import reports
from workbench.model import Act, Correction, Person, Role, Stage, SurveyLine
from workbench.store import Store
from workbench.store.survey import keep_survey, survey
from workbench.template import load_all
from workbench.ui import charts, exhibits

PAGES = Path(__file__).parents[1] / "pages"
# The page within a menu, as the frame has it, but without the sign-in in front of it.
APP = f"""
import streamlit as st
from workbench import ui
pages = [st.Page("{PAGES}/managers.py", default=True), st.Page("{PAGES}/intake.py")]
page = st.navigation(pages, position="hidden")
with ui.guarded():
    page.run()
"""
NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
CHARTS = {
    "progress": {
        "flow_of_week", "backlog_age", "documents_by_stage", "burn_up", "progress_by_unit",
        "progress_by_kind", "progress_by_regime", "documents_per_day",
    },
    "quality": {"right_at_first", "engine_agreement", "corrections_by_field"},
    "work": {"engine_cost"},
}  # fmt: skip
BARE = {"progress": {"progress"}, "quality": {"field_costs", "accepted_unseen"},
        "work": {"work_by_unit"}}  # fmt: skip
VIEWS = ("progress", "forecast", "quality", "work", "what_if", "reports", "survey")


@pytest.fixture(scope="module")
def forty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store with 40 documents, to be copied."""
    folder = tmp_path_factory.mktemp("forty")
    opened = Store(f"sqlite:///{folder}/workbench.db", folder / "objects")
    migrations.upgrade(opened.engine)
    made_up.fill(opened, documents=40, until=NOON, units=4)
    opened.close()
    return folder


@pytest.fixture
def filled(forty: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copytree(forty, tmp_path, dirs_exist_ok=True)
    opened = Store(f"sqlite:///{tmp_path}/workbench.db", tmp_path / "objects")
    yield opened
    opened.close()


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Open the page over a store as somebody with these roles."""

    def opened(store: Store, *roles: Role) -> AppTest:
        st.cache_resource.clear()
        st.cache_data.clear()  # another store may count from the same number
        person = Person(
            name="quanly1",
            shown_as="Quản lý",
            password_hash="",
            roles=[role.value for role in roles or (Role.MANAGER,)],
        )
        templates = load_all(PAGES.parent / "ocr_templates")
        work = SimpleNamespace(
            store=store,
            lake=_lake(store),
            templates=templates,
            template={t.digest: t for t in templates.values()}.__getitem__,
            agency="CÔNG AN TỈNH SÓC TRĂNG",
        )
        monkeypatch.setattr(ui, "workspace", lambda: work)
        monkeypatch.setattr(ui, "person", lambda: person)
        return AppTest.from_string(APP, default_timeout=60).run()

    return opened


def _lake(store: Store) -> Lake:
    return Lake(store.objects.parent / "lake")


def _asked(store: Store) -> Questions:
    _lake(store).refresh(store, at=NOON)
    return Questions(_lake(store))


def _viewed(page: AppTest, view: str) -> AppTest:
    page.session_state["managers.view"] = view
    page.run()
    assert not page.exception and not page.error
    return page


def _metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def _keys(page: AppTest, kind: str, prefix: str) -> set[str]:
    ids = [str(element.proto.id) for element in page.get(kind)]
    return {name.rpartition(prefix)[2] for name in ids if prefix in name}


def test_an_empty_store_says_what_to_do_next(
    store: Store, open_page: Callable[..., AppTest]
) -> None:
    page = open_page(store, Role.ADMINISTRATOR, Role.MANAGER)

    assert not page.exception and not page.error
    assert not page.metric
    said = " ".join(markdown.value for markdown in page.markdown)
    assert "Hãy nhận một lô quét" in said


@pytest.mark.parametrize("role", [Role.DESIGNER, Role.ADMINISTRATOR])
def test_who_neither_manages_nor_works_sees_no_figures(
    filled: Store, open_page: Callable[..., AppTest], role: Role
) -> None:
    page = open_page(filled, role)

    assert any("không có quyền" in error.value for error in page.error)
    assert not page.metric


def test_a_reviewer_sees_the_own_work_and_nobody_elses(
    filled: Store, open_page: Callable[..., AppTest]
) -> None:
    filled.keep(Person(name="soat2", shown_as="Soát Hai", password_hash="", roles=["reviewer"]))

    page = open_page(filled, Role.REVIEWER)

    assert not page.exception and not page.error
    assert set(_metrics(page)) == {
        "Tài liệu đã soát", "Phút làm việc thực", "Thời gian soát một tài liệu (trung vị)",
        "Giây cho một trường (trung vị)",
    }  # fmt: skip
    assert not [box for box in page.selectbox if box.key == "work.person"]
    assert not page.dataframe


@pytest.mark.parametrize(
    ("roles", "unit", "of", "may"),
    [
        (["reviewer"], "PC06", "soat1", True),  # one's own
        (["reviewer"], "PC06", "soat2", False),
        (["manager"], "PC06", "soat2", True),
        (["manager"], "CA-MX", "soat2", False),
        (["manager"], None, "soat2", False),
        (["administrator"], "PC06", "soat2", False),
    ],
)
def test_a_persons_figures_are_the_persons_own_and_the_units_managers(
    roles: list[str], unit: str | None, of: str, may: bool
) -> None:
    reader = Person(name="soat1", shown_as="", password_hash="", roles=roles, unit=unit)
    other = Person(name=of, shown_as="", password_hash="", roles=["reviewer"], unit="PC06")

    assert may_see_work_of(reader, other) is may


def test_the_top_figures_are_the_stores(filled: Store, open_page: Callable[..., AppTest]) -> None:
    page = open_page(filled)

    assert not page.exception and not page.error
    counts = filled.counts()
    figures = _metrics(page)
    assert figures["Tổng số tài liệu"] == "40"
    assert figures["Đã lưu kho"] == str(counts[Stage.EXPORTED])
    assert figures["Tạm giữ"] == str(counts[Stage.HELD])
    assert figures["Đang xử lý"] == str(40 - counts[Stage.EXPORTED] - counts[Stage.HELD])


def test_a_document_that_is_exported_moves_the_figures_once_a_minute_or_when_asked(
    filled: Store, open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = NOON
    monkeypatch.setattr(model, "now", lambda: clock)
    page = open_page(filled)
    before = int(_metrics(page)["Đã lưu kho"])
    first, second = filled.documents(stage=[Stage.APPROVED, Stage.SIGNED])[:2]

    filled.move(first, Stage.EXPORTED, by="worker", at=NOON + timedelta(hours=1))
    page.run()
    assert int(_metrics(page)["Đã lưu kho"]) == before  # not 30 s of counting for each move
    clock = NOON + timedelta(seconds=61)
    page.run()
    assert int(_metrics(page)["Đã lưu kho"]) == before + 1

    filled.move(second, Stage.EXPORTED, by="worker", at=NOON + timedelta(hours=1))
    page.button(key="managers.refresh").click().run()
    assert int(_metrics(page)["Đã lưu kho"]) == before + 2


def test_a_correction_shows_after_counting_again(
    filled: Store, open_page: Callable[..., AppTest]
) -> None:
    page = _viewed(open_page(filled), "quality")
    note = "trường của các tài liệu đã soát"
    before = next(m.value for m in page.markdown if note in m.value)
    document = filled.documents(stage=Stage.EXPORTED)[0]
    filled.add(
        Correction(
            id="late", document=document.id, field="so", act=Act.EDIT, before="", after="9/X",
            normalised="9/X", by="soat1", revision=99, serial=99,
        )
    )  # fmt: skip

    page.button(key="managers.refresh").click().run()

    assert next(m.value for m in page.markdown if note in m.value) != before


@pytest.mark.parametrize("view", list(CHARTS))
def test_each_chart_has_its_table_and_its_file(
    filled: Store, open_page: Callable[..., AppTest], view: str
) -> None:
    page = _viewed(open_page(filled), view)

    assert _keys(page, "plotly_chart", "figure-") == CHARTS[view]
    assert _keys(page, "download_button", "csv-") == CHARTS[view] | BARE[view]
    assert len(page.dataframe) >= len(CHARTS[view] | BARE[view])


def test_every_view_opens_in_both_languages(
    filled: Store, open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page(filled)
    for view in VIEWS[1:]:
        _viewed(page, view)
    monkeypatch.setattr(words, "_language", SimpleNamespace(get=lambda: "en"))
    for view in VIEWS:
        _viewed(page, view)


def test_every_view_has_an_empty_state(store: Store, open_page: Callable[..., AppTest]) -> None:
    page = open_page(store)
    for view in VIEWS:
        _viewed(page, view)


def test_every_view_can_be_drawn_on_the_first_day(
    store: Store, open_page: Callable[..., AppTest]
) -> None:
    made_up.fill(store, documents=1, until=NOON, days=0, units=1)

    page = open_page(store)
    for view in VIEWS:
        _viewed(page, view)


def test_progress_is_set_against_the_survey_and_says_what_is_overdue(
    filled: Store, open_page: Callable[..., AppTest]
) -> None:
    keep_survey(filled, [_line("CA-MX", papers=5000)])

    page = open_page(filled)

    table = next(f.value for f in page.dataframe if "late" in f.value.columns)
    mine = table[table["name"] == "Công an huyện Mỹ Xuyên"].iloc[0]
    assert mine["total"] >= 5000 and mine["late"] == "quá hạn"
    assert mine["exported"] == filled.count(unit="CA-MX", stage=Stage.EXPORTED)
    assert mine["held"] == filled.count(unit="CA-MX", stage=Stage.HELD)
    others = table[table["name"] != "Công an huyện Mỹ Xuyên"]
    assert (others["late"] == "").all()
    assert any("đã quá thời hạn" in warning.value for warning in page.warning)


def test_the_list_behind_a_figure_is_as_long_as_the_figure(questions: Questions) -> None:
    whole = questions.ask("progress_cells")

    for row in whole.itertuples():
        found = questions.ask(
            "documents_behind",
            units=[row.unit],
            kinds=[row.kind if isinstance(row.kind, str) else ""],
            regimes=[row.regime if isinstance(row.regime, str) else ""],
            stages=[row.stage],
        )
        assert found["found"].iloc[0] == row.documents
        assert set(found["stage"]) == {row.stage}


def test_the_report_on_the_screen_is_the_report_of_the_files(
    filled: Store, open_page: Callable[..., AppTest], questions: Questions
) -> None:
    page = _viewed(open_page(filled), "reports")

    shown = next(f.value for f in page.dataframe if "Cộng: đã số hóa" in f.value.columns)
    asked = reports.report(
        questions, [], agency="", names=dict(made_up.UNITS), kind=str,
        since=date(2026, 10, 1), until=date(2026, 10, 31), at=NOON,
    )  # fmt: skip
    assert [list(row) for row in shown.itertuples(index=False)] == [
        [reports.written(n, v) for n, v in zip(reports.COLUMNS, line.cells(), strict=True)]
        for line in (*asked.lines, asked.whole)
    ]


def test_a_survey_of_a_unit_is_entered_on_the_screen(
    filled: Store, open_page: Callable[..., AppTest]
) -> None:
    keep_survey(filled, [_line("CA-MX", papers=50), _line("PC06", papers=70)])
    page = _viewed(open_page(filled), "survey")

    page.selectbox(key="survey.unit").select("PC06").run()
    page.button(key="survey.save").click().run()

    assert not page.exception and not page.error
    assert {(line.unit, line.papers) for line in survey(filled)} == {("CA-MX", 50), ("PC06", 70)}


def _line(unit: str, *, papers: int) -> SurveyLine:
    return SurveyLine(
        unit=unit, area="antt", kind="antt", regime="before", papers=papers, target=papers,
        due=date(2025, 12, 30), by="quanly1",
    )  # fmt: skip


def test_fields_and_kinds_go_by_the_names_that_templates_give_them(
    filled: Store, open_page: Callable[..., AppTest]
) -> None:
    page = _viewed(open_page(filled), "quality")

    corrections = next(f.value for f in page.dataframe if "Phải sửa" in f.value.columns)
    named = set(corrections["Trường"])
    assert {"Ngày cấp", "Số hiệu (danh mục)"} <= named
    assert not named & {"ngay_cap", "muc.so_hieu"}
    kinds = page.multiselect(key="managers.kinds").options
    assert not set(kinds) & set(made_up.KINDS)


def test_choosing_a_unit_narrows_every_figure(
    filled: Store, open_page: Callable[..., AppTest]
) -> None:
    page = open_page(filled)

    page.multiselect(key="managers.units").select("CA-MX").run()

    assert not page.exception and not page.error
    assert _metrics(page)["Tổng số tài liệu"] == str(filled.count(unit="CA-MX"))


@pytest.mark.parametrize("period", ["7", "30", "month", "days"])
def test_every_period_has_an_answer(
    filled: Store, open_page: Callable[..., AppTest], period: str
) -> None:
    page = open_page(filled)

    page.selectbox(key="managers.period").select(period).run()

    assert not page.exception and not page.error
    assert int(_metrics(page)["Tổng số tài liệu"]) <= 40


def test_a_first_morning_with_one_document_on_one_day_is_drawn(
    store: Store, open_page: Callable[..., AppTest]
) -> None:
    made_up.fill(store, documents=1, until=NOON, days=0, units=1)

    page = open_page(store)

    assert not page.exception and not page.error
    assert _metrics(page)["Tổng số tài liệu"] == "1"
    page = _viewed(page, "quality")
    assert any("Chưa có tài liệu nào được đọc" in info.value for info in page.info)


def test_a_manager_reads_english_by_choice(
    filled: Store, open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "_language", SimpleNamespace(get=lambda: "en"))

    assert _metrics(open_page(filled))["Exported"]


# --- the figures ---------------------------------------------------------------------------------


@pytest.fixture
def questions(filled: Store) -> Questions:
    return _asked(filled)


def test_a_stacked_bar_is_as_long_as_its_total(questions: Questions) -> None:
    units = questions.ask("progress_by_unit")

    figure = charts.units(units, charts.LIGHT)

    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert sum(sum(bar.x) for bar in bars) == units["total"].sum() == 40
    assert all(bar.name for bar in bars)


def test_two_units_with_one_name_keep_a_bar_each(questions: Questions) -> None:
    units = questions.ask("progress_by_unit").assign(name="Công an phường 1")

    bars = charts.units(units, charts.LIGHT).data[0].y

    assert len(set(bars)) == len(units) == 4


def test_the_heat_map_shows_no_figure_where_an_engine_never_read() -> None:
    import pandas as pd

    frame = pd.DataFrame(
        {
            "engine": ["tesseract", "trueocr", "trueocr"],
            "field": ["so", "so", "dia_chi"],
            "readings": [4, 4, 4],
            "share": [1.0, 0.5, 0.25],
        }
    )

    (heat,) = charts.agreement(frame, charts.LIGHT, str).data

    assert list(heat.y) == ["dia_chi", "so"]
    assert [list(line) for line in heat.text] == [["", "25%"], ["100%", "50%"]]


def test_numbers_are_written_as_the_reader_writes_them(questions: Questions) -> None:
    frame = questions.ask("engine_cost")
    words.speak("vi")
    assert charts.cost(frame, charts.DARK).layout.separators == ",."
    words.speak("en")
    assert charts.cost(frame, charts.DARK).layout.separators == ".,"


def test_days_become_weeks_when_there_are_too_many_for_bars(store: Store) -> None:
    made_up.fill(store, documents=30, until=NOON, days=400, units=2)
    daily = _asked(store).ask("documents_per_day")
    assert len(daily) > 300

    figure = charts.per_day(daily, charts.LIGHT)

    assert len(figure.data[0].x) < 70
    assert sum(figure.data[0].y) == 30


def test_a_reason_keeps_what_differs_from_case_to_case_to_itself() -> None:
    assert exhibits.reason("All {n} pages are blank.") == "Cả … trang đều trắng."
    assert exhibits.reason("{reason}") == "Do cán bộ ghi trên từng tài liệu."
    assert exhibits.reason("") == "Không ghi lý do."


def _contrast(one: str, other: str) -> float:
    """WCAG 2 contrast of two colours."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("ink", "paper"), [(charts.LIGHT, "#ffffff"), (charts.DARK, "#11161d")], ids=["light", "dark"]
)
def test_done_and_held_stand_out_from_the_paper_and_from_one_another(ink: Any, paper: str) -> None:
    assert _contrast(ink.text, paper) >= 7
    assert _contrast(ink.steps[-1], paper) >= 3
    assert _contrast(ink.alarm, paper) >= 3
    lights = [_contrast(colour, paper) for colour in ink.steps]
    assert lights == sorted(lights)
