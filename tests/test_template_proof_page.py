"""The proof of a template on screen: from a document's own page to a test that says worse."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from tests.test_page_groups import visit
from tests.test_pages import errors, told
from tests.test_template_proof import LOST_NUMBER
from tests.written_papers import certificate, hand_to, readers, reviewed, scanned
from tests.written_papers import told as recognised
from workbench import ui
from workbench.cli import app as cli
from workbench.executors import Inline
from workbench.flow import proving_templates as proving
from workbench.model import TemplateDraft
from workbench.workspace import Workspace


@pytest.fixture
def work(empty_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The workspace that the pages open; its engines are doubles and run at once."""
    for name, value in (("DATA", tmp_path / "data"), ("KEYS", tmp_path / "keys"), ("DEMO", 1),
                        ("ENGINES", '["none"]')):  # fmt: skip
        monkeypatch.setenv(f"WORKBENCH_{name}", str(value))
    ui.workspace.cache_clear()
    ui.sessions.cache_clear()
    (tmp_path / "data").mkdir()
    shutil.copy(empty_site, tmp_path / "data" / "workbench.db")
    opened = ui.workspace()
    object.__setattr__(opened, "executor", Inline())
    hand_to(opened, readers())
    yield opened
    opened.store.close()
    ui.workspace.cache_clear()
    ui.sessions.cache_clear()


def proof_page(**query: str) -> AppTest:
    app = visit("templates.py", "mau1", template="antt", **query)
    app.session_state["templates.section"] = "proof"
    return app.run()


def draft(work: Workspace) -> str:
    """A draft of the certificate that finds the number of the holder no more."""
    source = work.templates["antt"].source.decode().replace(*LOST_NUMBER)
    worse = TemplateDraft(template="antt", source=source.encode(), author="mau1", by="mau1")
    work.store.add(worse)
    return worse.id


def test_one_click_on_a_reviewed_document_makes_an_example_and_a_test_says_worse(
    work: Workspace,
) -> None:
    paper = reviewed(work, recognised(work, scanned(work, certificate(0))))
    app = visit("documents.py", "mau1", document=paper.id)
    assert not errors(app)
    app.button(key="examples.add").click().run()
    assert not errors(app)
    assert "Đã nằm trong bộ kiểm thử" in told(app)

    app = proof_page(draft=draft(work))
    assert not errors(app)
    assert "Nội dung này chưa được kiểm thử." in told(app)
    app.button(key="proof.test").click().run()
    words = " ".join(one.value for one in app.error)
    assert "Kém hơn bản đang dùng." in words
    assert "Số giấy tờ tùy thân là trường quan trọng" in words and "đọc đúng 0 lần" in words
    assert any("094190001234" in one.value for one in app.get("html") if one.value)  # side by side

    app.selectbox(key="proof.text.antt").select_index(1).run()
    app.button(key="proof.test").click().run()
    assert not errors(app)
    assert "Không kém bản đang dùng." in told(app)


def test_a_template_without_examples_says_where_they_come_from(work: Workspace) -> None:
    app = proof_page()
    assert not errors(app)
    words = told(app)
    assert "Bộ kiểm thử (0)" in words
    assert "Chưa có thêm tài liệu nào thuộc loại này đã được soát." in words
    app.button(key="proof.test").click().run()
    assert "chưa có giấy tờ nào trong bộ kiểm thử" in " ".join(e.value for e in app.error)


def test_the_command_line_tells_worse_by_its_exit_code_and_prints_no_value(
    work: Workspace, tmp_path: Path
) -> None:
    paper = reviewed(work, recognised(work, scanned(work, certificate(0))))
    proving.add_examples(work, [paper.id], by="mau1")
    run = CliRunner().invoke
    # A shop of its own has no engines: only what was read before is counted.
    good = run(cli, ["template", "test", "antt", "--by", "mau1", "--json"])
    assert good.exit_code == 0, good.output
    told_ = json.loads(good.stdout)
    assert (told_["worse"], told_["examples"], told_["against"]) == (False, 1, told_["digest"])
    bad = run(cli, ["template", "test", "--draft", draft(work), "--by", "mau1", "--json"])
    assert bad.exit_code == 1, bad.output
    assert [f["field"] for f in json.loads(bad.stdout)["fields"] if f["critical"]]
    assert "094190001234" not in bad.output + good.output
    file = tmp_path / "antt.yaml"
    file.write_bytes(work.templates["antt"].source + b"# the same\n")
    assert run(cli, ["template", "test", str(file), "--by", "mau1"]).exit_code == 0
    for given in (["con_dau"], ["no-such-thing"], [], ["antt", "--draft", "x"]):
        assert run(cli, ["template", "test", *given, "--by", "mau1"]).exit_code == 2
    assert run(cli, ["template", "test", "antt", "--by", "soat1"]).exit_code == 2
