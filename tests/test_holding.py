"""Every record has exactly one holder; who is like another is asked about and never just merged."""

from __future__ import annotations

from datetime import datetime
from itertools import count

import pytest

from tests.typed_records import INDEFINITE, SEAL
from workbench import flow
from workbench.errors import NotReadyError
from workbench.flow import FieldAct, holding, likenesses
from workbench.flow.entering import Entered, enter
from workbench.flow.holding import Why
from workbench.model import (
    Act,
    Batch,
    Decision,
    Document,
    Holder,
    HolderKind,
    Likely,
    Origin,
    Stage,
    new_id,
    now,
)
from workbench.workspace import Workspace

_number = count(1)


def permit(work: Workspace, holder: str, *, decision: str = "", of: str = "UBND tỉnh") -> Document:
    """A whole record of a seal; with the number of the decision that made its holder, or none."""
    values = {
        **SEAL, "so": f"{next(_number)}/ĐKMD", "ten_to_chuc": holder, "so_quyet_dinh": decision,
        "co_quan_quyet_dinh": of,
    }  # fmt: skip
    absent = frozenset() if decision else frozenset({"so_quyet_dinh"})
    one = Entered("con_dau", values, Origin.TYPED, absent=absent, stated=INDEFINITE)
    (document,) = enter(work, Batch(name="Lô", unit="PC06", by="soat1"), [one], by="soat1")
    return document


def holder_of(work: Workspace, document: Document) -> Holder:
    kept = work.store.document(document.id)
    assert kept is not None
    assert kept.holder
    found = work.store.holder(kept.holder)
    assert found is not None
    return found


def asked(work: Workspace) -> list[Why]:
    return [Why(pair.why) for pair, _, _ in work.store.likenesses()]


def test_the_same_number_and_name_is_the_same_holder_however_it_is_written(
    desk_work: Workspace,
) -> None:
    one = permit(desk_work, "Trung tâm Văn hoá Mỹ Xuyên", decision="12/QĐ-UBND")
    other = permit(desk_work, "TRUNG TÂM VĂN HÓA MỸ XUYÊN", decision="12 /qđ-ubnd")
    assert holder_of(desk_work, one).id == holder_of(desk_work, other).id
    assert holder_of(desk_work, one).name == "Trung tâm Văn hoá Mỹ Xuyên"
    assert asked(desk_work) == []


def test_the_same_decision_number_of_another_authority_is_another_number(
    desk_work: Workspace,
) -> None:
    one = permit(desk_work, "Trường Tiểu học A", decision="12/QĐ", of="UBND huyện Mỹ Xuyên")
    other = permit(desk_work, "Trường Tiểu học B", decision="12/QĐ", of="UBND thị xã Vĩnh Châu")
    assert holder_of(desk_work, one).id != holder_of(desk_work, other).id
    assert asked(desk_work) == []


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (("Nhà văn hoá A", "1/QĐ"), ("Rạp hát B", "1/QĐ"), Why.SAME_NUMBER),
        (("Nhà văn hoá A", "1/QĐ"), ("Nha van hoa A", "9/QĐ"), Why.SAME_NAME),
        (("Trung tâm Y tế Long Phú", "1/QĐ"), ("Trung tâm Y tế Long Phu", ""), Why.SAME_NAME),
        (("Trung tâm Y tế Long Phú", "1/QĐ"), ("Trung tâm Y tê Long Phus", ""), Why.NEAR_NAME),
        (("Trường Tiểu học Mỹ Tú 1", ""), ("Trường Tiểu học Mỹ Tú 2", ""), None),
        (("Trung tâm Y tế Long Phú", ""), ("Trung tâm Y tế Kế Sách", ""), None),
    ],
)
def test_who_is_only_like_another_is_their_own_holder_and_asked_about(
    desk_work: Workspace, first: tuple[str, str], second: tuple[str, str], why: Why | None
) -> None:
    one = permit(desk_work, first[0], decision=first[1])
    other = permit(desk_work, second[0], decision=second[1])
    assert holder_of(desk_work, one).id != holder_of(desk_work, other).id
    assert asked(desk_work) == ([why] if why else [])
    assert holding.compare(desk_work) == 0  # nothing is asked twice


def person(name: str, number: str, kind: str = "cccd") -> Holder:
    return Holder(
        kind=HolderKind.PERSON, name=name, sought=name.lower(), number=number, number_kind=kind,
        by="soat1",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (person("Tran Van An", "094085001243"), Why.SAME_NAME),  # two digits changed places
        (person("Tran Van An", "079190123456"), None),  # many are called so
        (person("Tran Van An", "365123456", "cmnd"), Why.SAME_NAME),  # the card before
        (person("Tran Van Anh", "094085001235"), Why.NEAR_NAME),
        (person("Le Thi Bich", "094085001234"), Why.SAME_NUMBER),
        (person("Le Thi Bich", "094085001235"), None),
    ],
)
def test_of_persons_a_name_alone_proves_nothing(other: Holder, why: Why | None) -> None:
    assert holding.alike(person("Tran Van An", "094085001234"), other) is why


def test_merged_holders_have_one_list_of_records_and_it_can_be_taken_back(
    desk_work: Workspace,
) -> None:
    one = permit(desk_work, "Nhà văn hoá A", decision="1/QĐ")
    other = permit(desk_work, "Nhà văn hóa a", decision="2/QĐ")
    ((pair, _, _),) = desk_work.store.likenesses()
    kept, merged = holder_of(desk_work, one), holder_of(desk_work, other)

    decided(desk_work, pair.id, Likely.SAME, keep=kept.id, key="once")
    assert {d.id for d in desk_work.store.held_by(kept.id)} == {one.id, other.id}
    later = permit(desk_work, "Nhà văn hóa a", decision="2/QĐ")
    assert holder_of(desk_work, later).id == kept.id  # known under its other number from now on

    likenesses.take_back(desk_work, pair.id, by="duyet1", key="back")
    assert [d.id for d in desk_work.store.held_by(merged.id)] == [other.id]
    assert {d.id for d in desk_work.store.held_by(kept.id)} == {one.id, later.id}
    assert [d.decision for d in desk_work.store.decisions(pair.id)] == ["same", "open"]


def decided(work: Workspace, pair: str, what: Likely, *, key: str, keep: str = "") -> None:
    likenesses.decide(work, pair, what, by="duyet1", key=key, keep=keep)


def test_a_pair_found_different_is_not_asked_about_again(desk_work: Workspace) -> None:
    permit(desk_work, "Nhà văn hoá A", decision="1/QĐ")
    permit(desk_work, "Nhà văn hoá A", decision="2/QĐ")
    ((pair, _, _),) = desk_work.store.likenesses()
    decided(desk_work, pair.id, Likely.DIFFERENT, key="d")
    with pytest.raises(NotReadyError, match="decided"):
        decided(desk_work, pair.id, Likely.SAME, key="s")
    assert desk_work.store.count_likenesses() == 0


def test_an_earlier_merge_cannot_be_taken_back_before_the_later_one(desk_work: Workspace) -> None:
    a = holder_of(desk_work, permit(desk_work, "Nhà văn hoá A", decision="1/QĐ"))
    b = holder_of(desk_work, permit(desk_work, "Rạp hát Bình Minh", decision="2/QĐ"))
    c = holder_of(desk_work, permit(desk_work, "Bảo tàng tỉnh", decision="3/QĐ"))
    first = likenesses.put_together(desk_work, a.id, b.id, by="duyet1")
    decided(desk_work, first, Likely.SAME, key="1", keep=b.id)
    second = likenesses.put_together(desk_work, b.id, c.id, by="duyet1")
    decided(desk_work, second, Likely.SAME, key="2", keep=c.id)
    assert len(desk_work.store.held_by(c.id)) == 3

    with pytest.raises(NotReadyError, match="another one since"):
        likenesses.take_back(desk_work, first, by="duyet1", key="3")
    likenesses.take_back(desk_work, second, by="duyet1", key="4")
    likenesses.take_back(desk_work, first, by="duyet1", key="5")
    assert [len(desk_work.store.held_by(h.id)) for h in (a, b, c)] == [1, 1, 1]


def test_a_record_that_names_nobody_is_not_approved_and_says_why(desk_work: Workspace) -> None:
    values = {**SEAL, "ten_to_chuc": ""}
    one = Entered(
        "con_dau", values, Origin.TYPED, absent=frozenset({"ten_to_chuc"}), stated=INDEFINITE
    )
    (document,) = enter(desk_work, Batch(name="Lô", unit="PC06", by="soat1"), [one], by="soat1")
    assert document.stage is Stage.REVIEWED
    missing = {finding.rule for finding in flow.sheet(desk_work, document.id).errors}
    assert "minimum.holder_number" in missing
    with pytest.raises(NotReadyError, match="stand in the way"):
        flow.approve(desk_work, document.id, by="duyet1", revision=document.revision)

    whose = holder_of(desk_work, permit(desk_work, "Nhà văn hoá A", decision="1/QĐ"))
    with pytest.raises(NotReadyError, match="reason"):
        likenesses.tie(desk_work, document.id, whose.id, by="soat1", key="t", reason=" ")
    likenesses.tie(desk_work, document.id, whose.id, by="soat1", key="t", reason="Theo hồ sơ")
    kept = work_document(desk_work, document.id)
    assert holder_of(desk_work, kept).id == whose.id
    holding.must_be_held(desk_work, flow.sheet(desk_work, document.id), by="duyet1")


def work_document(work: Workspace, key: str) -> Document:
    found = work.store.document(key)
    assert found is not None
    return found


def test_a_corrected_name_ties_the_record_to_whom_it_names_now(desk_work: Workspace) -> None:
    right = permit(desk_work, "Nhà văn hoá A", decision="1/QĐ")
    wrong = permit(desk_work, "Nhà văn hoá Á", decision="7/QĐ")
    flow.send_back(desk_work, wrong.id, by="duyet1", revision=wrong.revision, reason="Sai tên")
    acts = [
        FieldAct(id=new_id(), field="ten_to_chuc", act=Act.EDIT, value="Nhà văn hoá A"),
        FieldAct(id=new_id(), field="so_quyet_dinh", act=Act.EDIT, value="1/QĐ"),
    ]
    flow.correct(desk_work, wrong.id, acts, by="soat1")
    flow.decide(desk_work, wrong.id, Decision.PASS, by="soat1")
    assert holder_of(desk_work, wrong).id == holder_of(desk_work, right).id


def test_a_holder_is_found_with_marks_without_and_by_the_start_of_the_number(
    desk_work: Workspace,
) -> None:
    permit(desk_work, "Nhà văn hoá Đức Hoà", decision="1/QĐ")
    for text in ("duc hoa", "Đức Hòa", "NHÀ VĂN HOÁ", "1/qđ"):
        assert [h.name for h in desk_work.store.find_holders(text)] == ["Nhà văn hoá Đức Hoà"], text
    assert desk_work.store.find_holders("bảo tàng") == []


def test_a_thousand_holders_are_tied_and_compared_without_reading_them_all(
    desk_work: Workspace, noon: datetime
) -> None:
    wanted = [
        holding.Named(HolderKind.ORGANISATION, f"Cơ sở {chr(65 + n % 26)}{n}", "tax", f"{n:010}")
        for n in range(1000)
    ]
    first = holding.holders_of(desk_work, wanted, by="soat1", at=noon)
    desk_work.store.add(*(Holder.model_validate(h.model_dump()) for h in first if h))
    assert holding.compare(desk_work) == 0
    again = holding.holders_of(desk_work, wanted, by="soat1", at=now())
    assert [h.id for h in again if h] == [h.id for h in first if h]
    with desk_work.store.engine.connect() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT * FROM holder WHERE number IN ('1', '2')"
        ).all()
    assert "ix_holder_number" in str(plan)
