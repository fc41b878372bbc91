"""The page of what lies aside, and the choice of documents beside the desk."""

from __future__ import annotations

import pytest

from tests.test_pages import Open, empty, full, visit  # noqa: F401 - fixtures
from workbench import flow
from workbench.model import ParkedAs, Stage
from workbench.store import Choice
from workbench.workspace import Workspace

Full = tuple[Workspace, dict[Stage, list[str]]]


@pytest.fixture
def aside(full: Full) -> Workspace:  # noqa: F811
    work, ids = full
    first, second = ids[Stage.PROPOSED][:2]
    flow.next_review(work, "soat1")
    flow.put_aside(work, first, ParkedAs.POSTPONED, by="soat1", key="p1")
    flow.put_aside(work, second, ParkedAs.ESCALATED, by="soat1", reason="Mờ dấu", key="e1")
    return work


def test_a_reviewer_takes_up_what_was_postponed(aside: Workspace, visit: Open) -> None:  # noqa: F811
    page = visit("aside.py", "soat1")
    assert not page.exception
    page.button(key="aside.take.p1").click().run()
    assert not page.exception
    assert aside.store.put_aside(ParkedAs.POSTPONED) == []


def test_an_approver_answers_a_question_and_a_manager_shares_the_work(
    aside: Workspace,
    visit: Open,  # noqa: F811
) -> None:
    page = visit("aside.py", "duyet1")
    assert any("Mờ dấu" in text.value for text in page.markdown)
    assert not [b for b in page.button if b.key and b.key.startswith("aside.take")]
    page.button(key="aside.say.e1").click().run()
    assert page.error  # an answer is needed
    page.text_area(key="aside.answer.e1").set_value("Ghi không rõ").run()
    page.button(key="aside.say.e1").click().run()
    assert not page.exception
    assert aside.store.put_aside(ParkedAs.ESCALATED) == []
    manager = visit("aside.py", "quanly1")
    manager.selectbox(key="aside.to").select("soat2").run()
    manager.button(key="aside.assign").click().run()
    assert not manager.exception
    assert {d.assigned for d in aside.store.in_review()} >= {"soat2"}


def test_the_choice_beside_the_desk_is_kept_for_the_person(aside: Workspace, visit: Open) -> None:  # noqa: F811
    page = visit("review.py", "soat1")
    assert not page.exception
    page.selectbox(key="queue.batch").select("lot-1").run()
    assert not page.exception
    assert aside.store.choice("soat1") == Choice(batch="lot-1")
    assert visit("review.py", "soat1").selectbox(key="queue.batch").value == "lot-1"
