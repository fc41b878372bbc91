"""Papers whose truth is known, from the store to the page where engines are compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from workbench import ui
from workbench.errors import NotReadyError
from workbench.flow import judged, teaching
from workbench.lab import ALL, Lab, Share
from workbench.model import (
    Act,
    Batch,
    Correction,
    Document,
    FieldReading,
    Intake,
    NetworkTraining,
    Page,
    Proposal,
    Reading,
    SourceFile,
    Stage,
    TrainingState,
)
from workbench.reconciliation import Vote, reconcile
from workbench.store import networks
from workbench.ui import side_by_side
from workbench.workspace import Workspace, prepare_demo

ROOT = Path(__file__).resolve().parent.parent
SAID = {  # field -> what each engine wrote
    "so": {"tesseract": "221/ĐKMD", "asterocr": "221/ĐKMD", "trueocr": "227/DKMD"},
    "ten_to_chuc": {"tesseract": "Trường Mầm non Hoa Son", "asterocr": "Trường Mầm non Hoa Sơn"},
}


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, noon: datetime) -> Iterator[Workspace]:
    for name, value in (("DATA", tmp_path / "data"), ("KEYS", tmp_path / "keys"), ("DEMO", 1)):
        monkeypatch.setenv(f"WORKBENCH_{name}", str(value))
    ui.workspace.cache_clear()
    ui.sessions.cache_clear()
    opened = ui.workspace()
    prepare_demo(opened)
    opened.store.add(Batch(id="lot-1", name="Lô một", unit="PC06", by="soat1", at=noon))
    for number, stage in enumerate((Stage.REVIEWED, Stage.EXPORTED, Stage.PROPOSED), start=1):
        _paper(opened, number, stage, noon)
    yield opened
    opened.store.close()
    ui.workspace.cache_clear()
    ui.sessions.cache_clear()


def _paper(work: Workspace, number: int, stage: Stage, at: datetime) -> None:
    """A seal registration whose name a reviewer put right."""
    template, key = work.templates["con_dau"], f"paper-{number}"
    votes = {
        field: [Vote(e, e, "strip", text, confidence=0.9) for e, text in said.items()]
        for field, said in SAID.items()
    }
    source = SourceFile(id=key, batch="lot-1", name=f"{number:03}.pdf", intake=Intake.ACCEPTED)
    page = Page(
        id=key, document=key, source=key, number=0, file_page=0, width=1, height=1, dpi=72,
        scan="0", view="0",
    )  # fmt: skip
    read = Reading(
        document=key, page=key, engine="tesseract", version="1", weights="vie", words="0",
        cpu_seconds=1.5,
    )  # fmt: skip
    document = Document(
        id=key, batch="lot-1", source=key, unit="PC06", number=number, stage=stage,
        kind=template.id, template_digest=template.digest, created_at=at, changed_at=at,
        classified={"votes": work.store.keep_votes(votes)},
    )  # fmt: skip
    work.store.add(source, document, page, read)
    for position, (field, said) in enumerate(votes.items()):
        told = reconcile(said, template.spec(field))
        proposal = Proposal(
            document=key, field=field, position=position, value=told.value,
            normalised=told.normalised, accepted=told.accepted,
        )  # fmt: skip
        readings = [
            FieldReading(document=key, field=field, engine=v.engine, text=v.value, value=v.value,
                         confidence=0.9, cpu_seconds=0.02)
            for v in said
            for _ in range(2)  # two preparations of the strip
        ]  # fmt: skip
        work.store.add(proposal, *readings)
        if field == "ten_to_chuc" and stage is not Stage.PROPOSED:
            work.store.add(_right(key, proposal, at))


def _right(document: str, proposal: Proposal, at: datetime) -> Correction:
    return Correction(
        id=f"{document}-{proposal.field}", document=document, field=proposal.field, act=Act.EDIT,
        before=proposal.value, after="Trường Mầm non Hoa Sen", normalised="Trường Mầm non Hoa Sen",
        by="soat1", at=at, revision=1, serial=1,
    )  # fmt: skip


def test_what_reviewers_passed_on_is_the_truth(work: Workspace) -> None:
    lab = Lab(judged.settled(work, "lot-1", limit=10))
    assert lab.papers == 2  # what waits for review is nobody's word yet
    figures = lab.on(ALL)
    assert figures.vote == Share(2, 4)
    alone = {e.engine: (e.alone.right, e.alone.of) for e in figures.engines}
    assert alone == {"asterocr": (2, 4), "tesseract": (2, 4), "trueocr": (0, 2)}
    assert lab.on(judged.SEEN).vote == Share(0, 2)  # the name, which a person put right
    assert lab.on("kind:document_number").vote == Share(2, 2)
    assert lab.costs["tesseract"].page == pytest.approx(1.5)
    assert lab.costs["tesseract"].field == pytest.approx(0.04)


def test_a_truth_file_tells_of_papers_that_nobody_reviewed(work: Workspace) -> None:
    lab = Lab(judged.known(work, None, _truth("003.pdf"), limit=10))
    assert lab.papers == 1
    assert lab.on(ALL).vote == Share(1, 1)
    assert "level:bad" in lab.cuts
    assert "hand" in lab.cuts


def _truth(file: str) -> bytes:
    field = {
        "value": "221/ĐKMD", "norm": "221/ĐKMD", "kind": "text",
        "occurrences": [{"page": 0, "style": "hand", "under_stamp": False}],
    }  # fmt: skip
    document = {"form_type": "con_dau", "level": "bad", "pages": [0], "fields": {"so": field}}
    return json.dumps({"file": f"files/{file}", "documents": [document]}).encode()


def test_a_file_that_is_no_truth_says_so(work: Workspace) -> None:
    for wrong in (b"\xff\xfe", b"no json", b'{"file": 3}', b"[]"):
        with pytest.raises(NotReadyError, match="no truth file"):
            judged.known(work, None, wrong, limit=10)


@pytest.fixture
def page(work: Workspace, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(side_by_side, "states", lambda *_: ())  # starts no engine
    app = AppTest.from_file(str(ROOT / "workbench" / "ui" / "app.py"), default_timeout=120)
    somebody = work.store.person("soat1")
    assert somebody is not None
    app.user = {"workbench_session": ui.sessions().begin(somebody)}
    app.run()
    app.switch_page(str(ROOT / "pages" / "engines.py")).run()
    return app


def test_the_page_says_who_is_right_and_never_what_a_paper_says(page: AppTest) -> None:
    assert not page.exception
    assert not page.error
    shown = {metric.label: metric.value for metric in page.metric}
    assert shown["Kết quả bỏ phiếu đúng"] == "50,0 %"
    assert shown["Trong đó sai"].startswith("0 trên ")
    words = "\n".join(str(m.value) for m in page.markdown)
    assert "2 tài liệu, 4 trường" in words
    tables = "\n".join(str(t.value) for t in (*page.table, *page.dataframe))
    assert "Tesseract" in tables
    assert "Hoa S" not in words + tables


def test_somebody_else_lets_a_network_read_and_withdraws_it(
    work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(side_by_side, "states", lambda *_: ())
    monkeypatch.setattr(teaching, "words_by_page", lambda *_: {})  # these papers have no words
    told = {"share": 0.9, "of": 20, "cer": 0.0123}
    folder = work.networks_folder / "t1" / "network"
    folder.mkdir(parents=True)
    (folder / "learned_t1.onnx").write_bytes(b"a network")
    work.store.add(
        NetworkTraining(
            id="t1", state=TrainingState.REPORTED, by="quanly1", minutes=60, begun_from="before",
            held_back=20, network="learned_t1.onnx:1",
            digest=hashlib.sha256(b"a network").hexdigest(),
            report={"documents": 3, "all": {"old": told, "new": told}, "kinds": {},
                    "made_up": {"old": told, "new": told}},
        )
    )  # fmt: skip
    app = AppTest.from_file(str(ROOT / "workbench" / "ui" / "app.py"), default_timeout=120)
    for name, button in (("quanly1", None), ("duyet1", "accept"), ("duyet1", "withdraw")):
        somebody = work.store.person(name)
        assert somebody is not None
        app.user = {"workbench_session": ui.sessions().begin(somebody)}
        app.run()
        app.switch_page(str(ROOT / "pages" / "engines.py")).run()
        app.segmented_control(key="engines.view").set_value("learning").run()
        assert not app.error
        keys = {one.key for one in app.button}
        if button is None:  # who started it does not decide
            assert not keys & {"network.accept.t1", "network.reject.t1"}
            continue
        app.text_input(key="network.reason.t1").set_value("xem báo cáo").run()
        app.button(key=f"network.{button}.t1").click().run()
        assert not app.error
    found = networks.training(work.store, "t1")
    assert found is not None
    assert (found.decided_by, found.withdrawn_by) == ("duyet1", "duyet1")
    assert found.state is TrainingState.WITHDRAWN
