"""How long a paper holds: as printed, as people say since, and by the paper that came after it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import Filled
from workbench import flow
from workbench.errors import NotAllowedError, NotReadyError
from workbench.flow import FieldAct, validity
from workbench.flow.validity import Because, State
from workbench.model import (
    Act,
    Box,
    Document,
    Ending,
    Holder,
    HolderKind,
    Reading,
    Stage,
    Validity,
    Word,
    day_of,
    now,
)
from workbench.workspace import ROOT, Workspace

TODAY = date(2026, 11, 20)


@pytest.fixture
def work(filled_work: Workspace) -> Workspace:
    return filled_work


@pytest.fixture
def papers(filled_site: Filled) -> list[str]:
    """Three papers of one kind that wait for review."""
    return list(filled_site.ids[Stage.PROPOSED])


def write(work: Workspace, document: str, **values: str) -> None:
    acts = [FieldAct(uuid4().hex, name, Act.EDIT, value) for name, value in values.items()]
    flow.correct(work, document, acts, by="soat1")


def replaced(work: Workspace, older: str, newer: str, **more: Any) -> validity.Holding:
    return validity.state_end(
        work, older, Ending.RENEWED, by="soat1", reason="Cấp đổi", successor=newer, **more
    )


def test_a_blank_is_unstated_until_a_person_says_that_it_has_no_end(
    work: Workspace, papers: list[str]
) -> None:
    write(work, papers[0], het_han="")
    assert validity.of(work, papers[0]).state(TODAY) is State.UNSTATED
    held = validity.state_term(
        work, papers[0], Validity.INDEFINITE, by="soat1", reason="Không ghi thời hạn"
    )
    assert (held.validity, held.state(TODAY)) == (Validity.INDEFINITE, State.HOLDS)
    assert (held.term_by, held.term_reason) == ("soat1", "Không ghi thời hạn")


def test_a_printed_day_counts_through_its_end_and_no_longer(
    work: Workspace, papers: list[str]
) -> None:
    write(work, papers[0], het_han="20/11/2026")
    held = validity.of(work, papers[0])
    assert held.validity is Validity.UNTIL
    assert held.state(TODAY) is State.HOLDS
    assert held.state(date(2026, 11, 21)) is State.EXPIRED


def test_what_was_said_can_be_taken_back_and_print_counts_again(
    work: Workspace, papers: list[str]
) -> None:
    write(work, papers[0], het_han="20/11/2026")
    validity.state_term(
        work, papers[0], Validity.LINKED, by="soat1", reason="Theo giấy phép",
        until=date(2030, 1, 1), linked_to="12/GP",
    )  # fmt: skip
    assert validity.of(work, papers[0]).until == date(2030, 1, 1)
    validity.state_term(work, papers[0], Validity.UNSTATED, by="soat1", reason="Nhầm giấy")
    assert validity.of(work, papers[0]).until == date(2026, 11, 20)
    assert len(validity.standing.terms(work.store, [papers[0]])[papers[0]]) == 2


@pytest.mark.parametrize(
    ("kind", "more", "missing"),
    [
        (Validity.UNTIL, {}, "last day"),
        (Validity.LINKED, {"until": TODAY}, "other licence"),
        (Validity.INDEFINITE, {"reason": " "}, "reason"),
    ],
)
def test_what_is_said_is_said_whole(
    work: Workspace, papers: list[str], kind: Validity, more: dict[str, Any], missing: str
) -> None:
    with pytest.raises(NotReadyError, match=missing):
        validity.state_term(work, papers[0], kind, **{"by": "soat1", "reason": "Vì vậy", **more})


def test_only_who_reviews_or_approves_speaks_of_it(work: Workspace, papers: list[str]) -> None:
    with pytest.raises(NotAllowedError):
        validity.state_term(work, papers[0], Validity.INDEFINITE, by="quantri", reason="Vì vậy")


def test_only_the_last_of_a_chain_holds(work: Workspace, papers: list[str]) -> None:
    first, second, third = papers
    for paper in papers:
        write(work, paper, het_han="01/01/2030")
    replaced(work, first, second)
    replaced(work, second, third)
    assert [d.id for d in validity.chain(work, second)] == [first, second, third]
    states = {p: validity.of(work, p).state(TODAY) for p in papers}
    assert states == {first: State.ENDED, second: State.ENDED, third: State.HOLDS}


def test_no_chain_bites_its_tail(work: Workspace, papers: list[str]) -> None:
    first, second, third = papers
    replaced(work, first, second)
    replaced(work, second, third)
    for successor in (first, third):
        with pytest.raises(NotReadyError, match="cannot take the place"):
            replaced(work, third, successor)


def test_a_succession_that_was_taken_back_is_no_chain(work: Workspace, papers: list[str]) -> None:
    first, second, _ = papers
    replaced(work, first, second)
    validity.state_end(work, first, Ending.STANDS, by="soat1", reason="Nhầm giấy")
    assert [d.id for d in validity.chain(work, second)] == [second]
    assert validity.of(work, first).ending is None


def test_a_paper_that_was_revoked_holds_until_the_day_before(
    work: Workspace, papers: list[str]
) -> None:
    write(work, papers[0], het_han="01/01/2030")
    held = validity.state_end(
        work, papers[0], Ending.REVOKED, by="soat1", reason="QĐ thu hồi", ended=date(2026, 11, 20)
    )
    assert held.state(date(2026, 11, 19)) is State.HOLDS
    assert held.state(TODAY) is State.ENDED


def test_the_same_number_on_a_later_day_proposes_a_succession(
    work: Workspace, papers: list[str]
) -> None:
    older, newer, other = papers
    days = ("08/05/2019", "08/05/2021", "08/05/2021")
    for paper, when, number in zip(papers, days, ("31/GCN", "31/GCN", "32/GCN"), strict=True):
        write(work, paper, so=number, ngay_cap=when, co_quan_cap="CÔNG AN TỈNH SÓC TRĂNG",
              so_dkkd="", so_giay_to="")  # fmt: skip
    wanted = (validity.Proposed(older, newer, Because.NUMBER),)
    assert validity.proposed(work, older) == validity.proposed(work, newer) == wanted
    assert validity.proposed(work, other) == ()
    replaced(work, older, newer)
    assert validity.proposed(work, older) == validity.proposed(work, newer) == ()


def test_the_same_holder_of_the_same_kind_proposes_one_too(
    work: Workspace, papers: list[str]
) -> None:
    holder = Holder(kind=HolderKind.ORGANISATION, name="A", sought=" a ", by="soat1")
    work.store.add(holder)
    for paper, when in zip(papers[:2], ("08/05/2019", "08/05/2021"), strict=True):
        write(work, paper, so=f"{when[-2:]}/GCN", ngay_cap=when, so_dkkd="", so_giay_to="")
        with work.store.change() as session:
            kept = session.get(Document, paper)
            assert kept is not None
            kept.holder = holder.id
    (found,) = validity.proposed(work, papers[1])
    assert (found.older, found.newer, found.because) == (papers[0], papers[1], Because.HOLDER)


def test_a_paper_that_names_the_one_it_replaces_is_believed_first(
    work: Workspace, papers: list[str]
) -> None:
    older, newer, _ = papers
    write(work, older, so="31/GCN", ngay_cap="08/05/2019", so_dkkd="", so_giay_to="")
    write(work, newer, so="77/GCN", ngay_cap="08/05/2021", so_dkkd="", so_giay_to="")
    said = "Giấy này thay thế Giấy chứng nhận số 31 / GCN ngày 08/05/2019"
    words = [
        Word(w, Box(0.01 * n, 0.5, 0.01 * n + 0.005, 0.51), 0.9, 7)
        for n, w in enumerate(said.split())
    ]
    page = work.store.pages(newer)[0]
    work.store.add(
        Reading(
            document=newer, page=page.id, engine="other", version="1", weights="",
            words=work.store.keep_words(words),
        )
    )  # fmt: skip
    kept = work.store.document(newer)
    assert kept is not None
    assert validity.replaced_numbers(work, kept) == ("31/GCN",)
    (found,) = [p for p in validity.proposed(work, newer) if p.older == older]
    assert found.because is Because.PRINTED


def test_what_ends_soon_is_listed_by_day_without_what_has_ended(
    work: Workspace, papers: list[str]
) -> None:
    first, second, third = papers
    write(work, first, het_han="01/12/2026")
    write(work, second, het_han="01/12/2026")
    write(work, third, het_han="01/01/2020")
    validity.state_end(work, second, Ending.HANDED_BACK, by="soat1", reason="Trả lại")
    validity.state_term(
        work, third, Validity.UNTIL, by="soat1", reason="Gia hạn", until=date(2026, 11, 25)
    )
    mine = {e.document.id: e.until for e in validity.expiring(work, on=TODAY, days=30)}
    assert {p: mine.get(p) for p in papers} == {
        first: date(2026, 12, 1), second: None, third: date(2026, 11, 25)
    }  # fmt: skip
    assert list(mine.values()) == sorted(mine.values())
    assert first not in {e.document.id for e in validity.expiring(work, on=TODAY, days=7)}
    assert not validity.expiring(work, on=TODAY, days=30, unit="KHÁC")


def test_papers_that_say_the_same_are_found_by_an_index(work: Workspace) -> None:
    with work.store.engine.connect() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT DISTINCT document FROM proposal "
            "WHERE normalised IN ('31/GCN') AND length(normalised) <= 40 AND field IN ('so')"
        ).all()
    assert "ix_proposal_value" in json.dumps([row[-1] for row in plan])


# --- on screen -----------------------------------------------------------------------------------


@pytest.fixture
def seated(work: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    person = work.store.person("soat1")
    monkeypatch.setattr("workbench.ui.workspace", lambda: work)
    monkeypatch.setattr("workbench.ui.person", lambda: person)
    monkeypatch.setattr("workbench.ui.frame.way_to", lambda *_, **__: None)  # there is no menu here
    return work


def test_the_list_of_what_ends_soon_remembers_how_far_a_person_looks(
    seated: Workspace, papers: list[str]
) -> None:
    soon = day_of(now()) + timedelta(days=200)
    write(seated, papers[0], het_han=f"{soon:%d/%m/%Y}", so="31/GCN")
    page = AppTest.from_file(str(ROOT / "pages" / "expiring.py"), default_timeout=30).run()
    assert not page.exception
    assert not page.dataframe or "31/GCN" not in list(page.dataframe[0].value["number"])
    page.number_input("expiring.days").set_value(220).run()
    listed = page.dataframe[0].value
    assert "31/GCN" in list(listed["number"])
    assert int(listed[listed["number"] == "31/GCN"]["left"].iloc[0]) == 200
    assert seated.store.preference("soat1", "expiring") == {"days": 220}


def test_a_person_states_the_term_on_the_page_of_the_document(
    seated: Workspace, papers: list[str]
) -> None:
    write(seated, papers[0], het_han="")
    page = AppTest.from_file(str(ROOT / "pages" / "documents.py"), default_timeout=30)
    page.query_params["document"] = papers[0]
    page.run()
    assert not page.exception
    page.radio(f"validity.kind.{papers[0]}").set_value(Validity.INDEFINITE).run()
    page.text_input(f"validity.term.why.{papers[0]}").set_value("Không ghi thời hạn").run()
    page.button(f"validity.term.{papers[0]}").click().run()
    assert not page.exception
    assert validity.of(seated, papers[0]).validity is Validity.INDEFINITE
