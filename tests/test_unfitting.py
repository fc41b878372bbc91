"""What no template fits, on the designer's page; which template won each document, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from tests import test_template_proof_page
from tests.test_page_groups import visit
from tests.test_pages import errors, told
from tests.test_template_proof import SEAL
from tests.written_papers import certificate, scanned
from tests.written_papers import told as recognised
from workbench import flow
from workbench.cli import app as cli
from workbench.errors import NotAllowedError
from workbench.flow import matches, unfitting
from workbench.flow.matches import Outcome
from workbench.model import Stage, now
from workbench.store import grants
from workbench.workspace import Workspace

work = test_template_proof_page.work
LEAVE = (
    (0.40, "ĐƠN XIN NGHỈ PHÉP"),
    (0.16, "Kính gửi: Ban chỉ huy Công an huyện Kế Sách"),
    (0.16, "Nay tôi làm đơn này xin được nghỉ phép năm"),
    (0.16, "Trong thời gian nghỉ phép tôi sẽ chấp hành đúng quy định."),
    (0.16, "Kính mong lãnh đạo xem xét, giải quyết. Tôi xin chân thành cảm ơn."),
)


@pytest.fixture
def held(work: Workspace) -> Iterator[Workspace]:
    """Three papers of one unknown form and one of another, held; and one that was read."""
    for lines in (SEAL, LEAVE, SEAL, certificate(0), SEAL):
        recognised(work, scanned(work, lines))
    yield work


def test_held_papers_lie_by_their_form_with_whose_they_are_and_what_is_nearest(
    held: Workspace,
) -> None:
    first, second = unfitting.unknown_forms(held)
    assert [len(form.documents) for form in (first, second)] == [3, 1]
    assert first.units == {"PC06": 3}
    assert "BIÊN BẢN BÀN GIAO TÀI SẢN" in first.pile.prints
    assert first.nearest is not None and first.nearest.template in held.templates
    assert set(first.nearest.lacking) <= set(
        held.templates[first.nearest.template].recognised_by.all_of
    )
    assert first.nearest.lacking


def test_a_pile_is_sent_through_again_and_what_was_decided_meanwhile_stays(
    held: Workspace,
) -> None:
    pile = unfitting.unknown_forms(held)[0]
    flow.refuse(held, pile.documents[0].id, by="soat1", reason="Không thuộc diện số hóa.")
    done = unfitting.send_again(held, [d.id for d in pile.documents], by="mau1")
    assert done == unfitting.SentAgain(sent=2, left=1)
    stages = [held.store.document(d.id).stage for d in pile.documents]  # type: ignore[union-attr]
    assert stages == [Stage.REJECTED, Stage.READ, Stage.READ]
    assert [len(form.documents) for form in unfitting.unknown_forms(held)] == [1]
    with pytest.raises(NotAllowedError):
        unfitting.send_again(held, [pile.documents[1].id], by="quanly1")


def test_the_page_shows_the_piles_and_sends_one_through_again(held: Workspace) -> None:
    assert "4 tài liệu không khớp mẫu nhận dạng nào." in told(visit("home.py", "mau1"))
    app = visit("unknown_forms.py", "mau1")
    assert not errors(app)
    words = told(app)
    assert "4 tài liệu đang bị giữ, xếp thành 2 nhóm" in words
    assert "BIÊN BẢN BÀN GIAO TÀI SẢN" in words
    assert "Mẫu gần nhất" in words
    first = unfitting.unknown_forms(held)[0].documents[0].id
    app.button(key=f"unknown.again.{first}").click().run()
    assert not errors(app)
    assert "1 tài liệu đang bị giữ" in told(app)


def test_the_page_says_that_every_document_has_its_form(work: Workspace) -> None:
    app = visit("unknown_forms.py", "mau1")
    assert not errors(app)
    assert "Tài liệu nào cũng đã có biểu mẫu." in told(app)


def test_a_document_says_by_which_version_it_was_read_and_what_came_next(held: Workspace) -> None:
    (paper,) = held.store.documents(kind="antt")
    match = matches.match_of(held, paper)
    assert match.outcome is Outcome.READ and not match.afresh
    assert match.version == held.templates["antt"]
    assert match.report is not None and match.report.nearest == "antt"
    assert match.report.runner_up in {"con_dau", "vu_khi"} and match.report.margin > 0


def test_a_document_that_was_read_before_matches_were_kept_is_told_from_its_words(
    held: Workspace,
) -> None:
    (paper,) = held.store.documents(kind="antt")
    then = matches.match_of(held, paper).report
    paper.classified = {"scores": {"antt": 97.0}, "votes": (paper.classified or {})["votes"]}
    held.store.keep(paper)
    (found,) = held.store.documents(kind="antt")
    match = matches.match_of(held, found)
    assert match.afresh and match.report == then


def test_a_form_that_the_unit_was_not_granted_is_told_as_that(work: Workspace) -> None:
    for grant in grants.grants(work.store, "antt"):
        grant.revoked_by, grant.revoked_at = "quantri", now()
        work.store.keep(grant)
    paper = recognised(work, scanned(work, certificate(0)))
    assert paper.stage is Stage.HELD
    match = matches.match_of(work, paper)
    assert match.outcome is Outcome.NOT_GRANTED
    assert match.report is not None and match.report.nearest == "antt"
    assert unfitting.unknown_forms(work) == ()  # it has its form


def test_the_least_certain_come_first_and_can_be_asked_for_alone(held: Workspace) -> None:
    every = held.store.documents(order="certainty")
    margins = [(d.classified or {})["margin"] for d in every]
    assert margins == sorted(margins) and len(set(margins)) > 1
    under = held.store.documents(margin=margins[-1])
    assert len(under) == held.store.count(margin=margins[-1]) < len(every)
    app = visit("documents.py", "mau1")
    app.session_state["documents.order"] = "certainty"
    app.run()
    assert not errors(app)
    shown = app.dataframe[0].value["margin"].tolist()
    assert shown == margins


def test_the_command_line_tells_every_match_and_every_pile(held: Workspace) -> None:
    run = CliRunner().invoke
    lines = run(cli, ["template", "matches", "--json"]).stdout.splitlines()
    told_ = [json.loads(line) for line in lines]
    assert sorted(one["outcome"] for one in told_) == ["read", *["unknown"] * 4]
    read = next(one for one in told_ if one["outcome"] == "read")
    assert read["digest"] == held.templates["antt"].digest and read["runner_up"]
    assert "094190001234" not in "".join(lines)
    piles = json.loads(run(cli, ["template", "unknown", "--json"]).stdout)
    assert piles["n"] == 4 and [len(p["documents"]) for p in piles["piles"]] == [3, 1]
    assert run(cli, ["template", "matches"]).exit_code == 0
    assert run(cli, ["template", "unknown"]).exit_code == 0
