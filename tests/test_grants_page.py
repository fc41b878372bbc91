"""Rights on templates on screen and on the command line: asked, given, revoked, refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner, Result

from workbench import cli, ui
from workbench.errors import NotAllowedError, NotReadyError
from workbench.flow import granting
from workbench.model import Right
from workbench.store import grants as kept
from workbench.workspace import Workspace

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def work(empty_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    (tmp_path / "data").mkdir()
    shutil.copy(empty_site, tmp_path / "data" / "workbench.db")
    for name, value in (("DATA", tmp_path / "data"), ("KEYS", tmp_path / "keys"), ("DEMO", 1)):
        monkeypatch.setenv(f"WORKBENCH_{name}", str(value))
    ui.workspace.cache_clear()
    ui.sessions.cache_clear()
    opened = ui.workspace()
    yield opened
    opened.store.close()
    ui.workspace.cache_clear()
    ui.sessions.cache_clear()


def visit(name: str, page: str, **asked: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "workbench" / "ui" / "app.py"), default_timeout=60)
    app.user = {"workbench_session": ui.sessions().begin(ui.workspace().store.person(name))}
    app.run()
    app.switch_page(str(ROOT / "pages" / page))
    for key, value in asked.items():
        app.query_params[key] = value
    return app.run()


def run(*command: str) -> Result:
    return CliRunner().invoke(cli.app, ["--language", "en", *command])


def revoke(work: Workspace, right: Right, template: str = "con_dau") -> None:
    for grant in kept.grants(work.store, template):
        if grant.right is right:
            granting.revoke(work, grant.id, by="quantri", why="Thử")


def test_an_administrator_gives_a_right_with_its_reason(work: Workspace) -> None:
    page = visit("quantri", "people.py")
    page.segmented_control(key="grants.way").set_value("template").run()
    page.selectbox(key="grants.template").set_value("con_dau").run()
    page.button_group(key="grants.rights.con_dau").set_value([Right.EDIT, Right.SUBMIT])
    page.selectbox(key="grants.person.con_dau").set_value("soat1")
    sent = next(b for b in page.button if b.label == "Cấp quyền")
    sent.click().run()
    assert any("lý do" in error.value.lower() for error in page.error)
    assert len(kept.grants(work.store, "con_dau")) == 8
    page.text_input(key="grants.why.con_dau").set_value("Được giao thiết kế")
    next(b for b in page.button if b.label == "Cấp quyền").click().run()
    assert not page.exception
    assert not page.error
    given = kept.grants(work.store, "con_dau")[8:]
    assert {(g.right, g.person, g.by, g.why) for g in given} == {
        (right, "soat1", "quantri", "Được giao thiết kế") for right in (Right.EDIT, Right.SUBMIT)
    }


def test_who_may_do_what_is_shown_with_the_grant_to_those_who_may_see_the_template(
    work: Workspace,
) -> None:
    page = visit("mau1", "templates.py", template="con_dau")
    page.segmented_control(key="templates.section").set_value("rights").run()
    assert not page.exception
    listed, people = page.dataframe[0].value, page.dataframe[1].value
    assert len(listed) == 8
    assert dict(zip(people["who"], people["authorise"], strict=True))["Lãnh đạo duyệt"] == (
        "✓ Lãnh đạo duyệt"
    )
    assert set(people[people["who"] == "Cán bộ soát 1"]["edit"]) == {"—"}
    page.button_group(key="grants.only.con_dau").set_value(Right.AUTHORISE).run()
    assert list(page.dataframe[1].value["who"]) == ["Lãnh đạo duyệt"]
    page.segmented_control(key="grants.who.con_dau").set_value("units").run()
    assert set(page.dataframe[1].value["use"]) == {"✓ Mọi đơn vị"}
    assert not [button for button in page.button if button.label == "Cấp quyền"]


def test_a_template_is_not_shown_without_the_right_and_the_page_says_why(work: Workspace) -> None:
    revoke(work, Right.SEE)
    page = visit("mau1", "templates.py", template="con_dau")
    said = " ".join(error.value for error in page.error)
    assert "Bạn không được xem mẫu nhận dạng" in said
    assert "thu hồi" in said
    assert not page.code
    listed = visit("mau1", "templates.py").dataframe[0].value
    assert set(listed["id"]) == {"antt", "vu_khi"}


def test_who_would_be_refused_is_told_before_they_type(work: Workspace) -> None:
    revoke(work, Right.USE, "antt")
    page = visit("soat1", "entry.py", kind="antt", unit="PC06")
    assert "Đơn vị PC06 không được sử dụng mẫu nhận dạng" in page.error[0].value
    assert granting.granted(work, "antt").answer(Right.USE, "antt", None, unit="PC06").because


def test_rights_are_given_asked_and_revoked_from_the_command_line(work: Workspace) -> None:
    revoke(work, Right.USE)
    refused = run("grant", "who", "con_dau", "--unit", "CA-MX")
    assert isinstance(refused.exception, NotAllowedError)
    assert "— CA-MX" in refused.output

    assert run("unit", "add", "X-MX", "Công an xã", "--under", "CA-MX").exit_code == 0
    assert run("unit", "add", "X-MX", "Công an xã Mỹ Xuyên").exit_code == 0  # and stays there
    told = json.loads(run("unit", "list", "--json").output)
    assert {"code": "X-MX", "name": "Công an xã Mỹ Xuyên", "under": "CA-MX"} in told
    circle = run("unit", "add", "CA-MX", "Công an huyện", "--under", "X-MX")
    assert isinstance(circle.exception, NotReadyError)

    why = ("--by", "quantri", "--why", "Đợt 2")
    given = run("grant", "give", "con_dau", "use", "--unit", "CA-MX", *why)
    assert given.exit_code == 0, given.output
    assert run("grant", "who", "con_dau", "--unit", "X-MX").exit_code == 0
    (listed,) = (
        grant
        for grant in json.loads(run("grant", "list", "--template", "con_dau", "--json").output)
        if grant["right"] == "use"
    )
    assert (listed["unit"], listed["state"], listed["why"]) == ("CA-MX", "holds", "Đợt 2")

    mine = json.loads(run("grant", "what", "soat1", "--template", "con_dau", "--json").output)
    assert {line["right"]: line["allowed"] for line in mine} == {
        "see": True, "use": False, "edit": False, "submit": False, "authorise": False,
    }  # fmt: skip
    to_oneself = run("grant", "give", "con_dau", "see", "--person", "quantri", *why)
    assert isinstance(to_oneself.exception, NotAllowedError)
    assert to_oneself.exception.exit_code == 8

    assert run("grant", "revoke", listed["id"], *why).exit_code == 0
    assert isinstance(run("grant", "who", "con_dau", "--unit", "X-MX").exception, NotAllowedError)


def test_the_rights_of_an_author_are_not_told_as_having_come_along(work: Workspace) -> None:
    def reasons() -> set[str]:
        (table,) = (one.value for one in page.dataframe if "why" in one.value.columns)
        return set(table["why"])

    granting.to_author(work, "the_moi", by="mau1")
    page = visit("quantri", "people.py")
    page.segmented_control(key="grants.way").set_value("template").run()
    page.selectbox(key="grants.template").set_value("the_moi").run()
    assert reasons() == {"Người đầu tiên soạn mẫu này."}
    page.selectbox(key="grants.template").set_value("con_dau").run()
    assert reasons() == {"Mẫu đi kèm phần mềm."}
