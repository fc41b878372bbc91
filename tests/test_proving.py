"""After sealing: proof that is completed and renewed as versions, and the agency signing second."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests import soft_pki
from tests.soft_pki import Pki
from workbench import flow, worker
from workbench.bench.lots import approved_papers
from workbench.cli import app
from workbench.errors import NotAllowedError, SigningError
from workbench.exchange.targets import Target
from workbench.flow import delivery, withdrawal
from workbench.model import Stage, now
from workbench.signing import State, verify
from workbench.signing import trust as signing_trust
from workbench.store import outbox, proofs
from workbench.verification import WITHDRAWN, RootInventory, examine
from workbench.workspace import Settings, Workspace, open_workspace


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return soft_pki.make(tmp_path_factory.mktemp("pki"), now())


@pytest.fixture(scope="module")
def tsa(pki: Pki) -> Iterator[str]:
    with pki.served() as address:
        yield address


class Site:
    """A unit's data and settings; its key is a file's."""

    def __init__(self, folder: Path, empty: Path, pki: Pki, tsa: str) -> None:
        (folder / "data").mkdir()
        shutil.copy(empty, folder / "data" / "workbench.db")
        self.trust = folder / "trust"
        self.trust.mkdir()
        (self.trust / "root.cer").write_bytes(pki.der("root"))
        (self.trust / "issuer.cer").write_bytes(pki.der("issuer"))
        self.pki = pki
        self.chosen: dict[str, object] = {
            "data": folder / "data", "keys": folder / "keys", "engines": ("none",),
            "sealing": "file", "trust": self.trust, "tsa": tsa, "readers": 1,
        }  # fmt: skip

    def open(self, who: str, **chosen: object) -> Workspace:
        key = self.pki.keys(who).path
        settings = Settings(**{**self.chosen, "sealing_file": key, **chosen})  # type: ignore[arg-type]
        return open_workspace(settings, pin="secret")

    def publish(self, at: datetime) -> None:
        """The authority's lists of that moment, put into the folder of what is trusted."""
        self.pki.at = at
        for number, der in enumerate(self.pki.crls()):
            (self.trust / f"{number}.crl").write_bytes(der)


@pytest.fixture
def site(tmp_path: Path, empty_site: Path, pki: Pki, tsa: str) -> Site:
    pki.at, pki.tsa = now(), "tsa1"
    made = Site(tmp_path, empty_site, pki, tsa)
    made.publish(pki.at)
    return made


def sealed(work: Workspace, profile: str = "") -> str:
    """One paper, all the way into the repository."""
    [key] = approved_papers(work, 1, pages=1, dpi=50)
    assert flow.order_seal(work, [key], by="duyet1", profile=profile) == 1
    holder = "test"
    while found := flow.claim(work, holder=holder, stages=(Stage.APPROVED, Stage.SIGNED)):
        for document in found:
            flow.step(work, document, holder=holder)
    document = work.store.document(key)
    assert document is not None
    assert document.stage is Stage.EXPORTED, document.reason
    return key


def levels(work: Workspace, key: str) -> list[str]:
    return [signature.level for signature in work.store.signatures(key)]


def state(work: Workspace, key: str, at: datetime | None = None) -> State:
    document = work.store.document(key)
    assert document is not None
    trust = signing_trust(work.settings.keys_folder, bundle=work.settings.trust)
    return verify(work.store.get(document.pdf_digest or ""), trust, at=at).state


def test_a_seal_is_completed_and_renewed_and_each_file_is_a_version(site: Site) -> None:
    work = site.open("agency", seal_level="B-LTA")
    key = sealed(work)
    assert levels(work, key) == ["B-T"]
    first = work.store.document(key)
    assert first is not None

    assert flow.prove(work, by="worker").proven == 1
    assert flow.prove(work, by="worker").proven == 0
    assert levels(work, key) == ["B-T", "B-LTA"]
    document = work.store.document(key)
    assert document is not None
    assert document.proof_due is not None
    year = now().year
    assert document.proof_due.date().year == year + 4  # ninety days before the stamp's end

    later = datetime(year + 4, 11, 1, tzinfo=UTC)
    site.publish(later)
    site.pki.tsa = "tsa2"
    assert flow.prove(work, by="worker", at=later).proven == 1

    assert levels(work, key) == ["B-T", "B-LTA", "B-LTA"]
    assert [r.version for r in work.store.receipts(key)] == ["v1", "v2", "v3"]
    object_id = work.store.receipts(key)[0].object_id
    received = []
    for version in ("v1", "v2", "v3"):
        held = work.repository.content(object_id, version, only="evidence.json")
        told = json.loads(held["evidence.json"])
        received.append([one["version"] for one in told.get("receipts", [])])
    assert received == [[], ["v1"], ["v1", "v2"]]
    root = work.repository.root  # type: ignore[attr-defined]
    trust = signing_trust(work.settings.keys_folder, bundle=work.settings.trust)
    [kept] = examine(root, trust, RootInventory(root), at=later)
    assert (kept.state, kept.flaws) == (State.INTACT, ())

    files = [work.store.get(d or "") for d in (first.pdf_digest, document.pdf_digest)]
    assert files[1].startswith(files[0])
    over = datetime(year + 6, 6, 1, tzinfo=UTC)  # the signer and the first stamper are over
    site.publish(over)
    assert state(work, key, over) is State.INTACT
    said = [event.reason["text"] for event in work.store.events(key) if event.reason]
    assert said.count("The seal was given new proof.") == 2


def test_without_the_authoritys_lists_it_is_tried_again_later(site: Site) -> None:
    for path in site.trust.glob("*.crl"):
        path.unlink()
    work = site.open("agency", seal_level="B-LTA")
    key = sealed(work)
    assert flow.prove(work, by="worker").failed == (key,)
    assert flow.prove(work, by="worker").failed == ()  # not at once again
    assert levels(work, key) == ["B-T"]
    assert len(work.store.receipts(key)) == 1

    site.publish(now())
    assert flow.prove(work, by="worker", at=now() + timedelta(hours=7)).proven == 1


def test_a_record_that_cannot_be_proven_does_not_let_the_proof_of_others_end(site: Site) -> None:
    work = site.open("agency", seal_level="B-LTA")
    lost, altered, other, whole = (sealed(work) for _ in range(4))
    for key, spoil in ((lost, _taken_away), (altered, _flipped)):
        document = work.store.document(key)
        assert document is not None
        spoil(work.store.path(document.pdf_digest or ""))
    changed = work.store.document(other)
    assert changed is not None
    with work.store.change() as session:
        changed.record_digest = "0" * 64
        session.merge(changed)

    done = flow.prove(work, by="worker")

    assert (done.proven, set(done.failed)) == (1, {lost, altered, other})
    assert levels(work, whole) == ["B-T", "B-LTA"]
    assert levels(work, altered) == ["B-T"]  # what was altered gets no proof that it is good
    assert proofs.proofs_due(work.store, now(), limit=10) == []  # they do not come again at once


def _taken_away(file: Path) -> None:
    file.unlink()


def _flipped(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def test_what_was_kept_and_not_handed_in_is_handed_in(site: Site) -> None:
    """A process that was stopped between keeping the renewed file and the repository."""
    work = site.open("agency", seal_level="B-LTA")
    key = sealed(work)
    repository, broken = work.repository, _Broken()
    object.__setattr__(work, "repository", broken)
    with pytest.raises(RuntimeError):
        flow.prove(work, by="worker")
    object.__setattr__(work, "repository", repository)
    assert len(work.store.receipts(key)) == 1

    flow.prove(work, by="worker", at=now() + timedelta(minutes=1))

    assert levels(work, key) == ["B-T", "B-LTA"]
    assert [r.version for r in work.store.receipts(key)] == ["v1", "v2"]


def test_a_withdrawn_record_keeps_its_proof_and_stays_withdrawn_until_it_is_restored(
    site: Site,
) -> None:
    work = site.open("agency", seal_level="B-LTA")
    key = sealed(work)
    object_id = work.store.receipts(key)[-1].object_id
    withdrawal.withdraw(work, key, by="duyet1", why="cấp nhầm")

    assert flow.prove(work, by="worker").proven == 1
    assert flow.prove(work, by="worker").proven == 0
    assert levels(work, key) == ["B-T", "B-LTA"]
    root = work.repository.root  # type: ignore[attr-defined]
    trust = signing_trust(work.settings.keys_folder, bundle=work.settings.trust)
    [told] = examine(root, trust, RootInventory(root))
    assert (told.state, told.kept, told.flaws) == (State.INTACT, WITHDRAWN, ())
    document = work.store.document(key)
    assert document is not None
    to = Target(name="kho", title="Kho", kind="folder", address=str(site.trust))
    [barred] = delivery.check(work, document, to).findings
    assert (barred.rule, outbox.undelivered(work.store, "kho")) == ("target.withdrawn", [])
    kept = work.repository.versions(object_id)
    assert [set(version.files) == {"custody.json"} for version in kept] == [False, True]

    withdrawal.restore(work, key, by="duyet1", why="đúng rồi")
    flow.prove(work, by="worker", at=now() + timedelta(minutes=1))
    kept = work.repository.versions(object_id)
    document = work.store.document(key)
    assert document is not None
    renewed = work.store.get(document.pdf_digest or "")
    assert [v.version for v in kept] == ["v1", "v2", "v3", "v4"]
    assert work.repository.content(object_id, "v4", only="document.pdf")["document.pdf"] == renewed
    assert [r.version for r in work.store.receipts(key)] == ["v1", "v2", "v3", "v4"]
    flow.prove(work, by="worker", at=now() + timedelta(minutes=2))
    assert len(work.repository.versions(object_id)) == 4  # and nothing more comes of it
    assert outbox.undelivered(work.store, "kho") == [key]


class _Broken:
    def deposit(self, package: object) -> object:
        raise RuntimeError


def test_a_seal_that_wants_no_more_is_left_alone(site: Site) -> None:
    work = site.open("agency")
    key = sealed(work)
    assert levels(work, key) == ["B-B"]
    assert flow.prove(work, by="worker").proven == 0
    assert len(work.store.receipts(key)) == 1


def test_the_person_signs_first_and_the_agency_next(site: Site) -> None:
    officer = site.open("officer")
    key = sealed(officer, "tt01-ca-nhan-co-quan")
    [first] = officer.store.signatures(key)
    assert (first.in_field, first.profile) == ("NguoiSoHoa", "tt01-ca-nhan-co-quan")
    with pytest.raises(SigningError, match="signed already"):
        flow.countersign(officer, by="duyet1")
    officer.store.close()

    agency = site.open("agency")
    with pytest.raises(NotAllowedError):
        flow.countersign(agency, by="soat1")
    assert flow.countersign(agency, by="duyet1").proven == 1
    assert flow.countersign(agency, by="duyet1").proven == 0

    assert [s.in_field for s in agency.store.signatures(key)] == ["NguoiSoHoa", "CoQuan"]
    assert [r.version for r in agency.store.receipts(key)] == ["v1", "v2"]
    assert state(agency, key) is State.INTACT


def test_a_revoked_certificate_is_not_even_ordered_to_seal(site: Site) -> None:
    work = site.open("gone")
    [key] = approved_papers(work, 1, pages=1, dpi=50)
    with pytest.raises(SigningError, match="revoked"):
        flow.order_seal(work, [key], by="duyet1")
    document = work.store.document(key)
    assert document is not None
    assert document.seal_by is None


def test_a_worker_that_has_nothing_to_do_gives_new_proof(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = site.open("agency", seal_level="B-LTA")
    key = sealed(work)
    asked = []
    monkeypatch.setattr(flow, "prove", lambda *_, by: asked.append(by))
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.01)
    stop = worker.threading.Event()
    calm = worker._Count()
    calm.is_calm = True
    thread = worker.threading.Thread(target=worker._prove, args=(work, "w/proof", stop, calm))
    thread.start()
    for _ in range(500):
        if asked:
            break
        stop.wait(0.02)
    stop.set()
    thread.join()
    assert asked == ["w/proof"]
    assert levels(work, key) == ["B-T"]


def test_the_command_renews_and_lists_profiles(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    work = site.open("agency", seal_level="B-LTA")
    key = sealed(work)
    work.store.close()
    for name, value in {**site.chosen, "seal_level": "B-LTA", "engines": '["none"]'}.items():
        monkeypatch.setenv(f"WORKBENCH_{name.upper()}", str(value))
    told = CliRunner().invoke(app, ["seals", "renew", "--json"])
    assert json.loads(told.stdout.splitlines()[-1]) == {"proven": 1, "failed": 0}, told.output
    told = CliRunner().invoke(app, ["seals", "renew", "--all", "--json"])
    assert json.loads(told.stdout.splitlines()[-1]) == {"proven": 0, "failed": 0}, told.output
    assert levels(site.open("agency"), key) == ["B-T", "B-LTA"]
    told = CliRunner().invoke(app, ["seals", "profiles"])
    assert "nd30-sao-y             B-LTA" in told.stdout
