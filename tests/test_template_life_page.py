"""The page Templates: what stands there, and a decision taken on it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests import governed
from workbench import ui
from workbench.flow import granting
from workbench.model import Right, TemplateExample, TemplateState
from workbench.store import templates as kept
from workbench.ui.tasks import waiting_for
from workbench.workspace import Workspace

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def site(empty_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    shutil.copy(empty_site, tmp_path / "workbench.db")
    forms = shutil.copytree(ROOT / "ocr_templates", tmp_path / "forms")
    for name, value in (
        ("DATA", tmp_path), ("KEYS", tmp_path / "keys"), ("DEMO", 1), ("TEMPLATES", forms),
    ):  # fmt: skip
        monkeypatch.setenv(f"WORKBENCH_{name}", str(value))
    ui.workspace.cache_clear()
    ui.sessions.cache_clear()
    yield ui.workspace()
    ui.workspace().store.close()
    ui.workspace.cache_clear()
    ui.sessions.cache_clear()


def visit(name: str, template: str = "") -> AppTest:
    app = AppTest.from_file(str(ROOT / "workbench" / "ui" / "app.py"), default_timeout=60)
    person = ui.workspace().store.person(name)
    assert person is not None
    app.user = {"workbench_session": ui.sessions().begin(person)}
    app.run()
    app.switch_page(str(ROOT / "pages" / "templates.py"))
    if template:
        app.query_params["template"] = template
    app.run()
    if template:
        app.button_group(key="templates.section").set_value("life").run()
    return app


def told(app: AppTest) -> str:
    kinds = (app.markdown, app.warning, app.error, app.success, app.info, app.caption)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def test_an_approver_is_told_which_examples_the_authors_chose_themselves(site: Workspace) -> None:
    example = TemplateExample(template="con_dau", document="d", values={}, by=governed.AUTHOR)
    site.store.add(example)
    governed.submitted(site, governed.next_text(site, "con_dau"))
    app = visit("duyet1", "con_dau")
    assert not app.exception
    assert "Trong 1 tài liệu mẫu, 1 tài liệu do chính người soạn" in told(app)


def test_an_approver_reads_what_is_different_gives_a_reason_and_signs(site: Workspace) -> None:
    source = governed.next_text(site, "con_dau").replace(b"critical: true", b"critical: false", 1)
    waiting = governed.submitted(site, source)
    app = visit("duyet1", "con_dau")
    assert not app.exception
    assert "trọng yếu" in told(app)  # what is different
    key = waiting.digest[:12]
    yes = next(b for b in app.button if b.label == "Phê duyệt và ký")
    yes.click().run()
    assert "Cần ghi lý do." in told(app)
    assert kept.standing(site.store, waiting.digest).state is TemplateState.SUBMITTED
    app.text_area(key=f"templates.reason.{key}").set_value("Đã đối chiếu với mẫu mới.")
    next(b for b in app.button if b.label == "Phê duyệt và ký").click().run()
    assert not app.exception
    assert kept.standing(site.store, waiting.digest).state is TemplateState.AUTHORISED
    assert site.templates["con_dau"].version == 2
    assert "nguyên vẹn" in told(app)
    assert "THỬ NGHIỆM" in told(app)


def test_an_author_finds_no_button_to_authorise_and_may_withdraw(site: Workspace) -> None:
    governed.submitted(site, governed.next_text(site, "con_dau"))
    app = visit("mau1", "con_dau")
    labels = [button.label for button in app.button]
    assert "Phê duyệt và ký" not in labels
    assert "Rút lại" in labels


def test_a_file_that_nobody_authorised_is_told_on_the_page(site: Workspace) -> None:
    path = site.settings.templates / "con_dau.yaml"
    path.write_bytes(path.read_bytes() + b"# by hand\n")
    app = visit("mau1")
    assert not app.exception
    assert "con_dau.yaml chưa được ai phê duyệt" in told(app).replace("\\", "")


def test_a_version_that_was_altered_says_so_in_place_of_being_in_use(site: Workspace) -> None:
    with site.store.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE templateversion SET source = source || '#' WHERE template = 'con_dau'"
        )
    site._in_use._texts.clear()  # as in a process that starts now
    site._in_use._told = None
    site.templates_changed()
    app = visit("duyet1", "con_dau")
    assert not app.exception
    assert "Đã bị sửa đổi" in told(app)
    assert "Nội dung lưu giữ của mẫu con_dau@1 đã bị sửa." in told(app).replace("\\", "")
    assert "Đang dùng" not in told(app)


def test_start_names_a_waiting_version_to_who_may_decide_or_to_who_may_grant(
    site: Workspace,
) -> None:
    def tasks(name: str) -> dict[str, int]:
        person = site.store.person(name)
        assert person is not None
        return {task.file: task.count for task in waiting_for(site, person)}

    assert tasks("duyet1") == {} and tasks("quantri") == {}
    governed.submitted(site, governed.next_text(site, "con_dau"))
    assert tasks("duyet1") == {"templates.py": 1}
    assert tasks("mau1") == {} and tasks("quantri") == {}
    for held in granting.why(site, "con_dau").grants:
        if held.grant.right is Right.AUTHORISE:
            granting.revoke(site, held.grant.id, by="quantri", why="Không còn duyệt mẫu.")
    assert tasks("duyet1") == {}
    assert tasks("quantri") == {"people.py": 1}
