"""Records without a scan go the same way as scanned ones, and each is entered once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.typed_records import INDEFINITE, SEAL
from workbench import flow, migrations
from workbench.errors import NotAllowedError, NotReadyError
from workbench.flow import FieldAct
from workbench.flow.entering import Entered, as_written, enter, findings
from workbench.model import Act, Batch, Decision, Document, Origin, Stage
from workbench.store import Store
from workbench.workspace import Workspace


def a_batch() -> Batch:
    return Batch(name="Nhập tay", unit="PC06", by="soat1")


def typed(key: str = "", **values: str) -> Entered:
    return Entered("con_dau", {**SEAL, **values}, Origin.TYPED, key, stated=INDEFINITE)


def from_a_table(key: str = "", **values: str) -> Entered:
    return Entered(
        "con_dau",
        {**SEAL, **values},
        Origin.TABLE,
        key,
        stated=INDEFINITE,
        source={"file": "nhap.xlsx", "row": "7"},
    )


def entered(desk_work: Workspace, *records: Entered, by: str = "soat1") -> tuple[Document, ...]:
    return enter(desk_work, a_batch(), records, by=by)


@pytest.mark.parametrize("record", [typed(), from_a_table()], ids=["typed", "table"])
def test_a_whole_record_waits_for_a_second_person_who_vouches_for_it(
    desk_work: Workspace, record: Entered
) -> None:
    (document,) = entered(desk_work, record)
    kept = desk_work.store.document(document.id)
    assert kept is not None
    assert (kept.stage, kept.reviewer, kept.origin) == (Stage.REVIEWED, "soat1", record.origin)
    assert desk_work.store.pages(kept.id) == []

    with pytest.raises(NotAllowedError):
        flow.approve(desk_work, kept.id, by="soat1", revision=kept.revision)
    approved = flow.approve(desk_work, kept.id, by="duyet1", revision=kept.revision)

    proved = flow.approval(desk_work, approved)
    assert proved.record.value("ten_to_chuc") == "Trung tâm Văn hoá huyện Mỹ Xuyên"
    assert proved.record.value("loai_giay_to") == "Giấy chứng nhận đăng ký mẫu con dấu"
    assert proved.record.originals == ()
    assert proved.record.reviewed_by == "soat1"


def test_what_was_typed_is_the_persons_own_act_with_its_keys(desk_work: Workspace) -> None:
    record = Entered("con_dau", SEAL, Origin.TYPED, effort={"so": (7, 1900)}, milliseconds=42_000)
    (document,) = enter(desk_work, a_batch(), [record], by="soat1")
    acts = {c.field: c for c in desk_work.store.corrections(document.id)}
    assert (acts["so"].by, acts["so"].act, acts["so"].after) == ("soat1", Act.EDIT, "45/ĐKMD")
    assert (acts["so"].keys, acts["so"].milliseconds) == (7, 1900)
    (sitting,) = desk_work.store.reviews(document.id)
    assert sitting.milliseconds == 42_000
    assert [e.after for e in desk_work.store.events(document.id)] == ["received", "reviewed"]


def test_where_a_value_came_from_stays_with_the_record(desk_work: Workspace) -> None:
    (document,) = entered(desk_work, from_a_table("f#7"))
    entry = desk_work.store.entry(document.id)
    assert entry is not None
    assert (entry.source, entry.key, entry.by) == (
        {"file": "nhap.xlsx", "row": "7"},
        "f#7",
        "soat1",
    )


@pytest.mark.parametrize(
    ("as_typed", "kept"),
    [
        ("010722", "01/07/2022"),
        ("1/7/22", "01/07/2022"),
        ("01072022", "01/07/2022"),
        ("1-7-1965", "01/07/1965"),
        ("1.7.65", "01/07/1965"),
        ("2022-07-01", "01/07/2022"),
        ("ngày 01 tháng 7 năm 2022", "01/07/2022"),
        ("310222", "310222"),  # no such day: it stays as typed, and is an error
        ("không rõ", "không rõ"),
    ],
)
def test_a_date_may_be_typed_in_any_usual_way(as_typed: str, kept: str) -> None:
    assert as_written(as_typed, "date") == kept


def test_a_record_in_error_is_laid_before_the_reviewers_who_complete_it(
    desk_work: Workspace,
) -> None:
    (document,) = entered(desk_work, from_a_table(ngay_cap="31/02/2020"), by="soat1")
    assert document.stage is Stage.PROPOSED
    seen = flow.sheet(desk_work, document.id)
    assert [f.name for f in seen.waiting] == ["ngay_cap"]

    flow.correct(
        desk_work,
        document.id,
        [FieldAct(id="mended", field="ngay_cap", act=Act.EDIT, value="01/03/2020")],
        by="soat1",
    )
    assert flow.decide(desk_work, document.id, Decision.PASS, by="soat1").stage is Stage.REVIEWED


def test_what_is_missing_is_said_unless_the_paper_does_not_have_it(desk_work: Workspace) -> None:
    (document,) = entered(desk_work, typed(so_quyet_dinh=""))
    assert document.stage is Stage.PROPOSED
    without = Entered(
        "con_dau",
        {**SEAL, "so_quyet_dinh": ""},
        Origin.TYPED,
        absent=frozenset({"so_quyet_dinh"}),
    )
    (document,) = entered(desk_work, without)
    assert document.stage is Stage.REVIEWED


def test_what_is_known_by_its_key_is_entered_once(desk_work: Workspace) -> None:
    batch = a_batch()
    assert len(enter(desk_work, batch, [typed("a"), typed("b"), typed("a")], by="soat1")) == 2
    again = enter(desk_work, batch, [typed("a"), typed("c"), typed()], by="soat1")
    assert [d.number for d in again] == [3, 4]
    assert desk_work.store.count(batch=batch.id) == 4


def test_nothing_is_kept_of_a_set_with_one_record_that_cannot_be(desk_work: Workspace) -> None:
    stranger = Entered("con_dau", {**SEAL, "mau_giay": "xanh"}, Origin.TABLE)
    batch = a_batch()
    with pytest.raises(NotReadyError, match="mau_giay"):
        enter(desk_work, batch, [typed(), stranger], by="soat1")
    assert desk_work.store.batch(batch.id) is None
    assert desk_work.store.count() == 0


def test_a_row_of_the_table_is_entered_with_its_cells_and_found_again(desk_work: Workspace) -> None:
    values = {
        "co_quan_cap_tren": "BỘ CÔNG AN", "co_quan_cap": "CÔNG AN TỈNH SÓC TRĂNG",
        "ten_giay_phep": "GIẤY PHÉP SỬ DỤNG CÔNG CỤ HỖ TRỢ", "so": "7/GP-PC06",
        "ten_to_chuc": "Ngân hàng Thương mại Hoà Bình", "dia_chi": "Sóc Trăng", "so_khoan": "02",
        "hieu_luc_tu": "010120", "het_han": "010125", "ngay_cap": "010120",
        "chuc_vu_ky": "GIÁM ĐỐC", "cap_bac": "Đại tá", "nguoi_ky": "Trần Văn Hoà",
    }  # fmt: skip
    for row, number in (("1", "AB1234"), ("2", "AB1235")):
        cells = ("Súng bắn điện", "TITAN", number, "Hàn Quốc", "01")
        for column, value in zip(
            ("ten", "nhan_hieu", "so_hieu", "nuoc_sx", "so_luong"), cells, strict=True
        ):
            values[f"muc.{row}.{column}"] = value
    (document,) = enter(desk_work, a_batch(), [Entered("vu_khi", values, Origin.TYPED)], by="soat1")
    seen = flow.sheet(desk_work, document.id)
    assert {f.name: f.value for f in seen.fields}["muc.2.so_hieu"] == "AB1235"
    assert document.stage is Stage.REVIEWED
    assert [d.id for d in desk_work.store.documents(text="tran van hoa")] == [document.id]


def test_the_database_alone_says_what_is_there_after_the_program_has_ended(
    desk_work: Workspace, tmp_path: Path
) -> None:
    entered(desk_work, typed("a"), from_a_table("b"))
    again = Store(f"sqlite:///{tmp_path}/workbench.db", tmp_path / "objects")
    migrations.upgrade(again.engine)
    assert again.counts()[Stage.REVIEWED] == 2
    again.close()


def test_findings_show_while_one_types(desk_work: Workspace) -> None:
    found = findings({**SEAL, "ngay_cap": "31/02/2020"}, desk_work.templates["con_dau"])
    assert ["ngay_cap"] in [list(f.fields) for f in found]
