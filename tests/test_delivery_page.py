"""The pages Verify and Delivery: what people see of verdicts, of audits and of the outbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.test_verification import drawn
from workbench import signing, ui
from workbench.errors import Sentence
from workbench.flow import fixity
from workbench.model import Batch, Delivery, DeliveryState, Document, SourceFile, Stage, now
from workbench.model.states import Intake
from workbench.signing import trial
from workbench.store import audits, outbox
from workbench.workspace import Workspace, prepare_demo

ROOT = Path(__file__).resolve().parent.parent
TARGETS = '[[target]]\nname = "kho"\ntitle = "Kho của tỉnh"\nkind = "folder"\naddress = "{}"\n'


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    (tmp_path / "targets.toml").write_text(TARGETS.format(tmp_path / "other"), encoding="utf-8")
    for name, value in (
        ("DATA", tmp_path / "data"), ("KEYS", tmp_path / "keys"), ("DEMO", 1),
        ("TARGETS", tmp_path / "targets.toml"),
    ):  # fmt: skip
        monkeypatch.setenv(f"WORKBENCH_{name}", str(value))
    ui.workspace.cache_clear()
    ui.sessions.cache_clear()
    opened = ui.workspace()
    prepare_demo(opened)
    yield opened
    opened.store.close()
    ui.workspace.cache_clear()
    ui.sessions.cache_clear()


def visit(file: str, name: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "workbench" / "ui" / "app.py"), default_timeout=60)
    app.user = {"workbench_session": ui.sessions().begin(ui.workspace().store.person(name))}
    app.run()
    return app.switch_page(str(ROOT / "pages" / file)).run()


def told(app: AppTest) -> str:
    assert not app.exception
    kinds = (app.markdown, app.error, app.warning, app.info, app.success)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def lay(
    work: Workspace, key: str, state: DeliveryState, *, unit: str = "PC06", **more: Any
) -> None:
    work.store.add(
        Document(id=key, batch="b", source="s", unit=unit, number=1, stage=Stage.EXPORTED),
        Delivery(id=f"key-{key}", target="kho", document=key, unit=unit, object_id="o",
                 version="v1", digest="0" * 64, state=state, by="duyet1", **more),
    )  # fmt: skip


def test_what_was_refused_is_shown_with_its_reason_and_can_be_sent_again(work: Workspace) -> None:
    why = Sentence("The other repository refused the record (HTTP {status}). Fields: {fields}.",
                   {"status": 422, "fields": "SoKyHieu"})  # fmt: skip
    work.store.add(
        Batch(id="b", name="b", unit="PC06", by="soat1"),
        SourceFile(id="s", batch="b", name="scan.jpg", intake=Intake.ACCEPTED),
    )
    lay(work, "d1", DeliveryState.REFUSED, reason=why.as_json(), attempts=1)
    lay(work, "d2", DeliveryState.REFUSED, unit="CA-MX", reason=why.as_json())  # of others

    app = visit("deliver.py", "duyet1")
    assert "Kho nhận từ chối hồ sơ \\(HTTP 422\\)" in told(app)
    assert "Kho của tỉnh" in told(app)
    assert [b.key for b in app.button if "again" in str(b.key)] == ["deliver.again.key-d1"]
    app.button(key="deliver.again.key-d1").click().run()

    [again] = outbox.deliveries(work.store, document="d1")
    assert again.state is DeliveryState.WAITING
    [other] = outbox.deliveries(work.store, document="d2")
    assert other.state is DeliveryState.REFUSED


def test_a_dry_run_is_shown_before_anything_is_ordered(work: Workspace) -> None:
    work.store.add(
        Batch(id="b", name="b", unit="PC06", by="soat1"),
        SourceFile(id="s", batch="b", name="scan.jpg", intake=Intake.ACCEPTED),
        Document(id="d1", batch="b", source="s", unit="PC06", number=1, stage=Stage.EXPORTED),
    )
    app = visit("deliver.py", "duyet1")
    app.button(key="deliver.dry.kho").click().run()
    assert "1 trong 1 hồ sơ sẽ bị từ chối" in told(app)
    assert app.dataframe[0].value["why"].tolist() == ["Hồ sơ chưa có trong kho của đơn vị."]
    assert outbox.deliveries(work.store) == []


def test_an_audit_is_ordered_by_a_click_and_its_findings_are_shown(work: Workspace) -> None:
    digest = work.store.put(b"kept")
    app = visit("verify.py", "quantri")
    app.button(key="audit.order").click().run()
    audit = audits.take_up(work.store, at=now())
    assert audit is not None
    assert audit.by == "quantri"
    assert visit("verify.py", "quantri").button(key="audit.order").disabled

    work.store.path(digest).write_bytes(b"bad")
    fixity.go_on(work, audit)
    app = visit("verify.py", "quantri")
    assert "1 tệp không còn đúng như khi lưu" in told(app)
    assert app.dataframe[0].value["harm"].tolist() == ["bị sửa đổi"]


def test_a_file_that_is_handed_in_is_told_with_each_of_its_signatures(
    work: Workspace, tmp_path: Path
) -> None:
    keys = trial.ensure(tmp_path / "keys").keys()
    data = b'{"so": "012"}'
    seal = signing.sign_detached(data, keys)
    app = visit("verify.py", "soat1")
    app.file_uploader(key="verify.files").upload("a.json", data).upload("a.json.p7s", seal).run()
    assert ":orange[:material/science: Chỉ hợp lệ để thử nghiệm]" in told(app)
    assert "THỬ NGHIỆM" in told(app)
    assert "Thuật toán\\: ECDSA 256 / SHA\\-256" in told(app)

    app = visit("verify.py", "soat1")
    app.file_uploader(key="verify.files").upload("a.pdf", drawn("d1")).run()
    assert "Không có chữ ký" in told(app)
