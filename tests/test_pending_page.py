"""The Sign page while a phone has to confirm: what waits, how long still, and taking it back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from streamlit.testing.v1 import AppTest

from tests import smartca_server
from tests.contracts.test_signer import with_intermediate
from tests.smartca_server import Phone, Serving
from workbench import flow, ui
from workbench.bench.lots import approved_papers
from workbench.flow import pending
from workbench.workspace import Workspace, prepare_demo

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    private = ec.generate_private_key(ec.SECP256R1())
    with_intermediate(tmp_path, private)
    kept = pkcs12.load_pkcs12((tmp_path / "signer.p12").read_bytes(), b"secret")
    assert kept.cert is not None
    phone = Phone(private, [kept.cert.certificate, *(c.certificate for c in kept.additional_certs)])
    serving = Serving(phone)
    chosen = {
        "DATA": tmp_path / "data", "KEYS": tmp_path / "keys", "DEMO": 1, "SEALING": "smartca",
        "REMOTE_URL": phone.url, "REMOTE_CLIENT": smartca_server.CLIENT,
        "REMOTE_USER": smartca_server.USER,
        "REMOTE_SECRET_FILE": smartca_server.secret_in(tmp_path),
    }  # fmt: skip
    for name, value in chosen.items():
        monkeypatch.setenv(f"WORKBENCH_{name}", str(value))
    ui.workspace.cache_clear()
    ui.sessions.cache_clear()
    opened = ui.workspace()
    prepare_demo(opened)
    yield opened
    opened.store.close()
    ui.workspace.cache_clear()
    ui.sessions.cache_clear()
    serving.close()


def test_an_approver_sees_what_waits_for_the_phone_and_takes_it_back(work: Workspace) -> None:
    (key,) = approved_papers(work, 1, pages=1, dpi=50)
    flow.order_seal(work, [key], by="duyet1")
    assert pending.ask(work, holder="worker/phone") == 1
    app = AppTest.from_file(str(ROOT / "workbench" / "ui" / "app.py"), default_timeout=60)
    person = work.store.person("duyet1")
    assert person is not None
    app.user = {"workbench_session": ui.sessions().begin(person)}
    app.run()
    app.switch_page(str(ROOT / "pages" / "sign.py")).run()

    shown = "\n".join(m.value for m in app.markdown)
    assert "Chờ xác nhận trên điện thoại" in shown
    assert "để xác nhận" in shown
    [order] = pending.waiting(work)
    app.button(f"pending.{order.request}").click().run()

    assert pending.waiting(work) == []
    document = work.store.document(key)
    assert document is not None
    assert document.seal_by is None
    assert any("Yêu cầu ký đã được hủy" in warning.value for warning in app.warning)
