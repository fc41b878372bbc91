"""What is odd about a paper only beside others."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
import sqlalchemy as sa

from tests.conftest import Filled
from workbench import flow
from workbench.flow import FieldAct, validity
from workbench.model import Act, Ending, Finding, Proposal, Severity, Stage
from workbench.workspace import Workspace

RULES = {
    "number_twice", "recorded_twice", "serial_elsewhere", "one_number_for_all", "first_of_the_year",
}  # fmt: skip


@pytest.fixture
def work(filled_work: Workspace) -> Workspace:
    template = filled_work.templates["vu_khi"]
    with filled_work.store.change() as session:
        session.execute(  # a batch of their own, of a form with a table
            sa.text("UPDATE document SET batch = 'riêng', kind = 'vu_khi', template_digest = :t "
                    "WHERE stage = 'proposed'"),
            {"t": template.digest},
        )  # fmt: skip
        session.execute(sa.text("DELETE FROM proposal"))
    return filled_work


@pytest.fixture
def papers(filled_site: Filled) -> list[str]:
    """Three papers of one kind that wait for review."""
    return list(filled_site.ids[Stage.PROPOSED])


PRINTED = {
    "so": "31/GPSD-VKTT", "ngay_cap": "2021-05-08", "co_quan_cap": "CÔNG AN TỈNH SÓC TRĂNG",
    "ten_to_chuc": "Trường Bắn Đồng Tâm", "het_han": "2036-05-08", "muc.1.so_hieu": "K16192",
}  # fmt: skip


def propose(work: Workspace, document: str, **values: str) -> None:
    told = {**PRINTED, **{name.replace("__", "."): value for name, value in values.items()}}
    work.store.add(
        *(
            Proposal(document=document, field=name, position=n, value=value, normalised=value)
            for n, (name, value) in enumerate(told.items())
        )
    )


def odd(work: Workspace, document: str) -> dict[str, Finding]:
    found = flow.sheet(work, document).findings
    return {f.rule: f for f in found if f.rule in RULES}


def test_one_number_under_two_holders_is_a_warning_on_both(
    work: Workspace, papers: list[str]
) -> None:
    propose(work, papers[0])
    propose(work, papers[1], ten_to_chuc="Công an xã A", muc__1__so_hieu="K1")
    propose(work, papers[2], so="32/GPSD-VKTT", muc__1__so_hieu="K2")
    for paper in papers[:2]:
        (found,) = odd(work, paper).values()
        assert (found.rule, found.severity, found.fields) == (
            "number_twice", Severity.WARNING, ("so",)
        )  # fmt: skip
        assert dict(found.sentence.values) == {"n": 1}
    assert not odd(work, papers[2])


@pytest.mark.parametrize(
    "other",
    [{"ngay_cap": "2020-05-08"}, {"co_quan_cap": "CÔNG AN HUYỆN KẾ SÁCH"}, {"so": "31/GPSD-VKQD"}],
)
def test_a_number_is_that_of_one_authority_year_and_symbol(
    work: Workspace, papers: list[str], other: dict[str, str]
) -> None:
    propose(work, papers[0])
    propose(work, papers[1], ten_to_chuc="Công an xã A", muc__1__so_hieu="K1", **other)
    assert not odd(work, papers[0])


def test_the_same_paper_twice_is_told_as_such(work: Workspace, papers: list[str]) -> None:
    propose(work, papers[0])
    propose(work, papers[1], ten_to_chuc="TRƯỜNG BẮN ĐỒNG TÂM", muc__1__so_hieu="K1")
    assert set(odd(work, papers[0])) == {"recorded_twice"}


def test_what_a_person_corrected_counts_and_not_what_was_read(
    work: Workspace, papers: list[str]
) -> None:
    propose(work, papers[0])
    propose(work, papers[1], ten_to_chuc="Công an xã A", muc__1__so_hieu="K1")
    act = FieldAct(uuid4().hex, "so", Act.EDIT, "37/GPSD-VKTT")
    seen = flow.correct(work, papers[1], [act], by="soat1")
    assert not RULES & {f.rule for f in seen.findings}
    assert not odd(work, papers[0])
    back = FieldAct(uuid4().hex, "so", Act.UNDO)
    seen = flow.correct(work, papers[1], [back], by="soat1")
    assert "number_twice" in {f.rule for f in seen.findings}


def test_a_serial_number_stands_on_one_permit_that_holds(
    work: Workspace, papers: list[str]
) -> None:
    propose(work, papers[0])
    propose(work, papers[1], so="40/GPSD-VKTT", muc__1__so_hieu="K9", muc__2__so_hieu="K16192")
    assert odd(work, papers[0])["serial_elsewhere"].fields == ("muc.1.so_hieu",)
    assert odd(work, papers[1])["serial_elsewhere"].fields == ("muc.2.so_hieu",)
    validity.state_end(
        work, papers[1], Ending.REVOKED, by="soat1", reason="QĐ", ended=date(2026, 1, 1)
    )
    assert not odd(work, papers[0])
    propose(work, papers[2], so="41/GPSD-VKTT", het_han="2022-05-08")  # has run out
    assert not odd(work, papers[0])


def test_one_number_and_the_first_of_a_year_for_all_is_told(
    work: Workspace, papers: list[str]
) -> None:
    for n, paper in enumerate(papers):
        propose(work, paper, so="01/STP-SCT", ngay_cap=f"{2019 + n}-01-01", muc__1__so_hieu=f"K{n}")
    assert set(odd(work, papers[0])) == {"one_number_for_all"}
    assert odd(work, papers[0])["one_number_for_all"].sentence.values == {"n": 3}


def test_the_first_of_one_year_for_all_is_told(work: Workspace, papers: list[str]) -> None:
    for n, paper in enumerate(papers):
        propose(work, paper, so=f"{n}1/GPSD-VKTT", ngay_cap="2021-01-01", muc__1__so_hieu=f"K{n}")
    assert set(odd(work, papers[0])) == {"first_of_the_year"}


def test_the_desk_shows_what_the_paper_alone_would_show(work: Workspace, papers: list[str]) -> None:
    propose(work, papers[0])
    propose(work, papers[1], ten_to_chuc="Công an xã A", muc__1__so_hieu="K1")
    propose(work, papers[2], so="32/GPSD-VKTT", muc__1__so_hieu="K2")
    desk = {s.document.id: s for s in flow.next_review(work, "soat1")}
    for paper in papers:
        shown = {f.rule for f in desk[paper].findings if f.rule in RULES}
        assert shown == set(odd(work, paper))
