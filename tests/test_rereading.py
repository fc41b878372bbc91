"""A document stays with the version it was read with, and is read again without losing a word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests import governed
from workbench import flow
from workbench.errors import NotReadyError
from workbench.flow import FieldAct, authorising, recognise, rereading
from workbench.model import Act, Document, Stage, TemplateAct
from workbench.store import templates as kept
from workbench.workspace import Settings, Workspace, open_workspace, prepare_demo

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sample_folder: Path) -> Iterator[Workspace]:
    """A site with one certificate that waits for review."""
    folder = tmp_path_factory.mktemp("site")
    given = Settings(data=folder / "data", keys=folder / "keys", engines=("tesseract",))
    opened = open_workspace(given)
    prepare_demo(opened)
    flow.take_in(opened, [_certificate(sample_folder)], name="Lô", unit="PC06", by="quantri")
    work_off(opened)
    yield opened
    opened.store.close()


def _certificate(sample: Path) -> Path:
    for line in (sample / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        for document in entry["documents"]:
            if (document["form_type"], document["level"], document["fill"]) == (
                "con_dau", "clean", "print",
            ):  # fmt: skip
                return sample / str(entry["file"])
    raise AssertionError("no certificate in the sample")


def work_off(work: Workspace) -> None:
    while found := flow.claim(work, holder="test"):
        for document in found:
            flow.step(work, document, holder="test")


def paper(work: Workspace) -> Document:
    (document,) = work.store.documents(limit=2)
    return document


def newer(work: Workspace) -> bytes:
    """The next version: without the kind of seal, and with another name for the kind of paper."""
    text = governed.next_text(work, "con_dau").decode()
    start = text.index("  loai_dau:")
    text = text[:start] + text[text.index("  so_luong:") :]
    return text.replace("constant: Giấy chứng nhận đăng ký", "constant: GCN đăng ký").encode()


def test_what_is_read_with_the_version_in_use_is_not_read_again(site: Workspace) -> None:
    assert not rereading.is_outdated(site, paper(site))
    with pytest.raises(NotReadyError, match="version in use"):
        rereading.read_again(site, paper(site).id, by="soat1")


def test_what_people_said_stands_against_what_a_newer_version_reads(site: Workspace) -> None:
    before = paper(site)
    assert before.stage is Stage.PROPOSED
    stood = {field.name: field.value for field in flow.sheet(site, before.id).fields}
    said = {
        "dia_chi": FieldAct(uuid4().hex, "dia_chi", Act.EDIT, "1 ĐƯỜNG TỰ GÕ"),
        "loai_giay_to": FieldAct(uuid4().hex, "loai_giay_to", Act.ACCEPT, stood["loai_giay_to"]),
        "loai_dau": FieldAct(uuid4().hex, "loai_dau", Act.EDIT, "Dấu tự gõ"),
    }
    flow.correct(site, before.id, list(said.values()), by="soat1")
    governed.put_into_use(site, newer(site))

    sheet = flow.sheet(site, before.id)  # until it is read again it stays as it was read
    assert sheet.document.template_digest == before.template_digest
    assert "loai_dau" in {field.name for field in sheet.fields}
    assert [d.id for d in rereading.outdated(site, "con_dau")] == [before.id]

    rereading.read_again(site, before.id, by="soat1")
    work_off(site)
    sheet = flow.sheet(site, before.id)
    now = {field.name: field.value for field in sheet.fields}
    assert sheet.document.stage is Stage.PROPOSED
    assert sheet.document.template_digest == site.templates["con_dau"].digest
    assert now["dia_chi"] == "1 ĐƯỜNG TỰ GÕ"
    assert now["loai_giay_to"] == stood["loai_giay_to"]  # looked at, though it is read otherwise
    proposed = {p.field: p.value for p in site.store.proposals(before.id)}
    assert proposed["loai_giay_to"] == "GCN đăng ký mẫu con dấu"
    assert "loai_dau" not in now
    (fallen,) = rereading.orphans(site, sheet)
    assert (fallen.field, fallen.value) == ("loai_dau", "Dấu tự gõ")
    assert fallen.label["vi"] == "Loại dấu"
    assert {c.field for c in site.store.corrections(before.id)} >= set(said)


def test_a_version_that_is_retired_while_a_paper_is_read_with_it_reads_nothing(
    site: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    governed.put_into_use(site, governed.next_text(site, "con_dau"))
    read_with = site.templates["con_dau"].digest
    rereading.read_again(site, paper(site).id, by="soat1")
    run = site.executor.run

    def retired_meanwhile(task: Any, items: Any) -> Iterator[Any]:
        yield from run(task, items)
        if task is recognise.understand and "con_dau" in site.templates:
            authorising.retire(site, read_with, by="duyet1", reason="Sai mẫu.")

    monkeypatch.setattr(site.executor, "run", retired_meanwhile)
    work_off(site)
    refused = kept.events(site.store, "con_dau", act=TemplateAct.REFUSED)[0]
    assert refused.digest == read_with
    held = paper(site)  # read anew by itself, with what is in use then: nothing that fits
    assert held.stage is Stage.HELD
    assert held.reason is not None and held.reason["text"] == "No template fits this form."
