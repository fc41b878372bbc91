"""Seals that are confirmed on a phone: late, refused, expired, across restarts, and never twice."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from sqlmodel import select

from tests import smartca_server
from tests.contracts.test_signer import with_intermediate
from tests.smartca_server import Phone, Serving
from workbench import flow, worker
from workbench.bench.lots import PAPER, approved_papers, vouch
from workbench.errors import NotAllowedError, StaleDocumentError, StorageError
from workbench.flow import pending, stating
from workbench.flow.entering import Entered, enter
from workbench.model import Batch, Document, Origin, PendingSeal, SealState, Stage, now
from workbench.signing import State, Trust, verify, verify_detached
from workbench.workspace import Settings, Workspace, open_workspace, prepare_demo

ME = "worker-1/phone"


@pytest.fixture(scope="module")
def approved_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four typed-in records and one paper with a page, approved; to be copied."""
    folder = tmp_path_factory.mktemp("site")
    opened = open_workspace(Settings(data=folder, engines=("none",)))
    prepare_demo(opened)
    batch = Batch(name="Nhập tay", unit="PC06", by="soat1")
    records = [
        Entered("con_dau", {**PAPER, "so": f"{n}/ĐKMD"}, Origin.TYPED, f"{n}") for n in range(4)
    ]
    for document in enter(opened, batch, records, by="soat1"):
        vouch(opened, document.id)
    approved_papers(opened, 1, pages=1, dpi=50)
    opened.store.close()
    return folder


@dataclass
class Site:
    """A data folder and a phone; processes come and go."""

    settings: Settings
    phone: Phone
    work: Workspace
    root: Path

    def restart(self) -> None:
        """What a new process would find."""
        self.work.store.close()
        self.work = open_workspace(self.settings)

    def approved(self, origin: Origin = Origin.TYPED) -> list[str]:
        found = self.work.store.documents(stage=Stage.APPROVED)
        return [document.id for document in found if document.origin is origin]

    def ordered(self, n: int = 1) -> list[str]:
        """Typed-in records whose seals an approver ordered."""
        ids = self.approved()[:n]
        self.order(ids)
        return ids

    def order(self, ids: list[str]) -> None:
        assert flow.order_seal(self.work, ids, by="duyet1") == len(ids)

    def ask(self) -> int:
        return pending.ask(self.work, holder=ME)

    def look(self, *, after: timedelta = timedelta()) -> int:
        return pending.look(self.work, by=ME, at=now() + after)

    def document(self, key: str) -> Document:
        found = self.work.store.document(key)
        assert found is not None
        return found

    def asked_anew(self, key: str, *, why: str) -> None:
        """The paper rests as approved, says why, and nothing of it was signed."""
        document = self.document(key)
        assert document.stage is Stage.APPROVED
        assert document.seal_by is None
        assert document.lease_by is None
        assert document.reason is not None
        assert why in document.reason["text"]
        assert self.work.store.signatures(key) == []


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any, tuple[Any, ...]]:
    """The key behind the phone, with its certificates, signer first and root last."""
    folder = tmp_path_factory.mktemp("phone")
    with_intermediate(folder, rsa.generate_private_key(65537, 2048))
    kept = pkcs12.load_pkcs12((folder / "signer.p12").read_bytes(), b"secret")
    assert kept.cert is not None
    chain = (kept.cert.certificate, *(other.certificate for other in kept.additional_certs))
    return folder / "root.pem", kept.key, chain


@pytest.fixture
def site(
    approved_site: Path, tmp_path: Path, keys: tuple[Path, Any, tuple[Any, ...]]
) -> Iterator[Site]:
    root, private, certificates = keys
    phone = Phone(private, certificates)
    serving = Serving(phone)
    shutil.copytree(approved_site, tmp_path / "data")
    settings = Settings(
        data=tmp_path / "data",
        keys=tmp_path / "keys",
        engines=("none",),
        readers=1,
        sealing="smartca",
        remote_url=phone.url,
        remote_client=smartca_server.CLIENT,
        remote_user=smartca_server.USER,
        remote_secret_file=smartca_server.secret_in(tmp_path),
        remote_at_once=3,
    )
    made = Site(settings, phone, open_workspace(settings), root)
    yield made
    made.work.store.close()
    serving.close()


def test_a_phone_that_confirms_minutes_later_seals_papers_and_records(site: Site) -> None:
    (record,) = site.ordered()
    (paper,) = site.approved(Origin.SCAN)
    site.order([paper])
    assert site.ask() == 2
    assert site.look() == 0
    [waiting] = pending.waiting(site.work)
    assert set(waiting.documents) == {record, paper}
    assert waiting.ordered_by == "duyet1"

    site.phone.confirm()
    assert site.look() == 2

    trust = Trust.read([site.root])
    document = site.document(paper)
    assert document.stage is Stage.SIGNED
    sealed = verify(site.work.store.get(document.pdf_digest or ""), trust)
    assert sealed.state is State.INTACT, sealed
    [signature] = site.work.store.signatures(record)
    canonical = flow.approval(site.work, site.document(record)).record.canonical()
    beside = verify_detached(canonical, site.work.store.get(signature.beside), trust)
    assert beside.state is State.INTACT, beside
    assert pending.waiting(site.work) == []


def test_a_seal_that_was_asked_for_before_a_restart_is_finished_after_it(site: Site) -> None:
    ids = site.ordered(2)
    assert site.ask() == 2
    site.restart()
    site.phone.confirm()
    assert site.look() == 2
    assert all(len(site.work.store.signatures(key)) == 1 for key in ids)
    assert len(site.phone.transactions) == 1


def test_a_phone_that_answered_while_nobody_asked_is_heard_however_late(site: Site) -> None:
    (key,) = site.ordered()
    site.ask()
    site.phone.confirm()
    site.restart()
    assert site.look(after=timedelta(hours=9)) == 1
    assert site.document(key).stage is Stage.SIGNED


def test_a_refused_seal_is_said_and_ordered_anew_by_a_person(site: Site) -> None:
    (key,) = site.ordered()
    site.ask()
    site.phone.refuse()
    assert site.look() == 0
    site.asked_anew(key, why="refused on the phone")
    assert site.ask() == 0  # nobody ordered it again

    site.order([key])
    assert site.ask() == 1
    site.phone.confirm()
    assert site.look() == 1
    assert len(site.work.store.signatures(key)) == 1


def test_an_order_that_expired_at_the_service_rests(site: Site) -> None:
    (key,) = site.ordered()
    site.ask()
    site.phone.expire()
    site.look()
    site.asked_anew(key, why="Nobody confirmed")


def test_an_order_that_nobody_answers_rests_when_its_time_is_over(site: Site) -> None:
    (key,) = site.ordered()
    site.ask()
    assert site.look(after=timedelta(minutes=4)) == 0
    assert site.document(key).seal_by == "duyet1"
    site.look(after=timedelta(minutes=7))
    site.asked_anew(key, why="Nobody confirmed")


def test_a_confirmation_that_comes_after_the_end_seals_nothing(site: Site) -> None:
    (key,) = site.ordered()
    site.ask()
    site.look(after=timedelta(minutes=7))
    first = next(iter(site.phone.transactions))
    site.order([key])
    site.ask()
    site.phone.confirm(first)
    assert site.look() == 0
    site.phone.confirm()
    assert site.look() == 1
    assert site.look() == 0
    assert len(site.work.store.signatures(key)) == 1


def test_an_order_whose_answer_was_lost_is_found_by_our_own_name_for_it(site: Site) -> None:
    (key,) = site.ordered()
    site.phone.lose_answers = 1
    site.ask()
    assert [order.is_sent for order in pending.waiting(site.work)] == [False]
    site.phone.confirm()
    site.restart()
    assert site.look() == 1
    assert len(site.work.store.signatures(key)) == 1
    assert len(site.phone.transactions) == 1


def test_a_service_out_of_order_is_asked_again_and_the_order_stands(site: Site) -> None:
    (key,) = site.ordered()
    site.ask()
    site.phone.out_of_order = True
    assert site.look(after=timedelta(hours=1)) == 0
    site.phone.out_of_order = False
    site.phone.confirm()
    assert site.look(after=timedelta(hours=2)) == 1
    assert site.document(key).stage is Stage.SIGNED


def test_an_order_to_a_service_that_fails_is_not_sent_again_by_itself(site: Site) -> None:
    """It may have reached the phone: two orders for one paper would lie there."""
    (key,) = site.ordered()
    assert site.work.signer.at_once == 3  # the certificate is known
    site.phone.out_of_order = True
    site.ask()
    site.phone.out_of_order = False
    assert [order.is_sent for order in pending.waiting(site.work)] == [False]
    assert site.look() == 0
    site.look(after=timedelta(minutes=7))
    site.asked_anew(key, why="refused the request")
    assert site.phone.transactions == {}


def test_an_order_that_cannot_have_reached_the_service_goes_out_again(site: Site) -> None:
    (key,) = site.ordered()
    assert site.work.signer.at_once == 3
    signer: Any = site.work.signer
    signer._open()[0].keys.__dict__["service"] = replace(
        signer._open()[0].keys.service, url="http://127.0.0.1:9/"
    )
    assert site.ask() == 0
    document = site.document(key)
    assert document.seal_by == "duyet1"  # the person's order stands
    assert document.lease_until is not None
    assert document.lease_until > now()
    assert pending.waiting(site.work) == []


def test_an_order_taken_back_here_is_sealed_no_more(site: Site) -> None:
    (key,) = site.ordered()
    site.ask()
    [order] = pending.waiting(site.work)
    with pytest.raises(NotAllowedError):
        pending.withdraw(site.work, order.request, by="soat1")
    assert pending.withdraw(site.work, order.request, by="duyet1") == 1
    site.phone.confirm()
    assert site.look() == 0
    site.asked_anew(key, why="taken back")
    with pytest.raises(StaleDocumentError):
        pending.withdraw(site.work, order.request, by="duyet1")


def test_no_worker_takes_a_paper_that_waits_for_the_phone(site: Site) -> None:
    site.ordered()
    site.ask()
    assert flow.claim(site.work, holder="worker-2/0", stages=(Stage.APPROVED,)) == []
    assert worker.sweep(site.work.store) == 0
    assert len(pending.waiting(site.work)) == 1


def test_two_processes_that_look_at_once_keep_one_seal(site: Site) -> None:
    (key,) = site.ordered()
    site.ask()
    site.phone.confirm()
    seals = site.work.store.open_seals()
    signatures = site.work.signer.answer(seals[0].code)
    assert signatures is not None
    assert site.look() == 1
    assert pending._finish(site.work, seals[0], signatures, by=ME) is False
    assert len(site.work.store.signatures(key)) == 1


def test_a_paper_whose_prepared_file_is_lost_does_not_keep_the_others_from_their_seals(
    site: Site,
) -> None:
    lost, other = site.ordered(2)
    site.ask()
    [seal] = [s for s in site.work.store.open_seals() if s.document == lost]
    site.work.store.path(seal.prepared).unlink()
    site.phone.confirm()
    assert site.look() == 1
    assert site.document(other).stage is Stage.SIGNED
    site.asked_anew(lost, why="missing")
    assert pending.waiting(site.work) == []


def test_a_full_disk_loses_no_seal_that_was_confirmed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    (record,) = site.ordered()
    site.ask()
    site.phone.confirm()

    def full(_content: object) -> str:
        raise StorageError("The disk is full; nothing was kept of this file.")

    with monkeypatch.context() as cramped:
        cramped.setattr(site.work.store, "put", full)
        assert site.look() == 0
    assert site.look() == 1
    assert site.document(record).stage is Stage.SIGNED


def test_who_was_a_moment_later_does_not_say_that_a_kept_seal_failed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    (record,) = site.ordered()
    site.ask()
    site.phone.confirm()
    keep = pending.keep_sealed

    def quicker(*args: Any, **more: Any) -> None:
        keep(*args, **more)  # another process, between our look and our keeping
        keep(*args, **more)

    monkeypatch.setattr(pending, "keep_sealed", quicker)
    site.look()
    assert site.document(record).stage is Stage.SIGNED
    with site.work.store.change() as session:
        [kept] = session.exec(select(PendingSeal)).all()
    assert kept.state is SealState.SIGNED


def test_a_paper_set_apart_while_the_phone_was_asked_is_not_told_as_sealed(site: Site) -> None:
    (record,) = site.ordered()
    site.ask()
    stating.state(site.work, [record], {"secret": True}, by="duyet1")
    site.phone.confirm()
    assert site.look() == 0
    assert site.document(record).stage is Stage.REJECTED
    with site.work.store.change() as session:
        [kept] = session.exec(select(PendingSeal)).all()
    assert kept.state is SealState.WITHDRAWN


def test_an_answer_that_is_no_signature_over_the_paper_is_not_kept(site: Site) -> None:
    (key,) = site.ordered()
    site.ask()
    site.phone.private = rsa.generate_private_key(65537, 2048)  # not the certificate's
    site.phone.confirm()
    assert site.look() == 0
    site.asked_anew(key, why="not its certificate's signature")


def test_a_worker_asks_for_papers_in_lots_one_order_at_a_time(site: Site) -> None:
    ids = site.ordered(4)
    worker.run(site.work, until_empty=True)
    worker.run(site.work, until_empty=True)
    assert [len(order.documents) for order in pending.waiting(site.work)] == [3]
    site.phone.confirm()
    assert site.look() == 3
    site.ask()
    site.phone.confirm()
    assert site.look() == 1
    assert [len(site.work.store.signatures(key)) for key in ids] == [1, 1, 1, 1]


def test_a_client_that_the_service_does_not_know_is_told_and_asks_no_phone(
    site: Site, tmp_path: Path
) -> None:
    (key,) = site.ordered()
    assert site.work.signer.at_once == 3  # the certificate is known
    (tmp_path / "smartca-secret").write_text("wrong", encoding="utf-8")
    assert site.ask() == 0
    site.asked_anew(key, why="does not accept this client")
    assert site.phone.transactions == {}


def test_the_secret_stands_in_no_row_and_no_text(site: Site) -> None:
    site.ordered()
    site.ask()
    assert smartca_server.SECRET not in repr(site.work)
    kept = (site.settings.data / "workbench.db").read_bytes()
    kept += (site.settings.data / "workbench.db-wal").read_bytes()
    assert smartca_server.SECRET.encode() not in kept
    assert smartca_server.USER.encode() not in kept


def test_a_record_without_pages_goes_to_the_repository_with_its_seal_that_openssl_reads(
    site: Site, tmp_path: Path
) -> None:
    (key,) = site.ordered()
    site.ask()
    site.phone.confirm()
    site.look()
    (claimed,) = flow.claim(site.work, holder="worker-1/0", stages=(Stage.SIGNED,))
    flow.step(site.work, claimed, holder="worker-1/0")
    assert site.document(key).stage is Stage.EXPORTED

    [receipt] = site.work.store.receipts(key)
    files = site.work.repository.content(receipt.object_id, receipt.version)
    assert "document.pdf" not in files
    for name in ("record.json", "record.json.p7s"):
        (tmp_path / name).write_bytes(files[name])
    told = subprocess.run(
        [
            "openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any",
            "-in", tmp_path / "record.json.p7s", "-content", tmp_path / "record.json",
            "-CAfile", site.root, "-out", "/dev/null",
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert "CAdES Verification successful" in told.stderr
