"""Records reach other repositories once each, whatever fails on the way; none is doubled."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import signal
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256, sha512
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import bagit
import pytest
from sqlalchemy import event as sa_event

from workbench import accounts, exchange, migrations, signing, worker
from workbench.errors import NotAllowedError, Sentence, SettingsError
from workbench.exchange import bags, carriers, targets
from workbench.exchange.carriers import Parcel, TargetRefusedError, TargetSilentError
from workbench.exchange.targets import Target
from workbench.flow import delivery
from workbench.model import (
    Act,
    Approved,
    Card,
    Delivery,
    DeliveryState,
    Document,
    Receipt,
    Record,
    SettledField,
    Signature,
    Stage,
)
from workbench.objects import ObjectHoldings
from workbench.repository.holdings import OcflHoldings
from workbench.repository.ocfl import OcflRepository
from workbench.signing import trial
from workbench.store import Store, audits, outbox
from workbench.words import catalogue

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


# --- a site with sealed and receipted records ----------------------------------------------------


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("blank")
    opened = Store(f"sqlite:///{folder}/workbench.db", folder / "objects")
    migrations.upgrade(opened.engine)
    opened.keep(*accounts.demo_people())
    opened.close()
    return folder / "workbench.db"


@dataclass
class Site:
    store: Store
    repository: OcflRepository
    targets: dict[str, Target]
    sign_list: Callable[[bytes], bytes] | None = None
    agency: str = "Công an tỉnh Sóc Trăng"

    def record(self, number: int, *, trial_seal: bool = False, **changed: str) -> str:
        """A record of a seal registration that is sealed and receipted; its document's id."""
        key = f"d{number:04}"
        values = {
            "so": f"{number:03}/ĐKMD",
            "ngay_cap": "2018-05-19",
            "loai_giay_to": "Giấy chứng nhận đăng ký mẫu dấu",
            "ten_to_chuc": f"Công ty số {number}",
            **changed,
        }
        fields = tuple(
            SettledField(name, value, value, Act.ACCEPT, None, None, "soat1")
            for name, value in values.items()
        )
        scan = key.encode()
        code = f"KQ.G01.{number:06}"
        originals = (sha256(scan).hexdigest(),)
        record = Record(key, "con_dau", "con_dau@1", "0" * 64, originals, fields, "soat1", 3, code)
        pdf = b"%PDF-1.7 " + key.encode()
        signature = Signature(
            document=key, signer="Cơ quan", certificate="c" * 64, level="B-B", trial=trial_seal,
            record_digest=record.digest, pdf_digest=sha512(pdf).hexdigest(), ordered_by="duyet1",
            at=NOON,
        )  # fmt: skip
        package = exchange.pack(
            Approved(record, record.digest, "duyet1", NOON),
            pdf=pdf, signature=signature, originals={"scan.jpg": scan},
        )  # fmt: skip
        receipt = self.repository.deposit(package)
        receipt.document = key
        self.store.add(
            Document(id=key, batch="b", source="s", unit="PC06", number=number, kind="con_dau",
                     stage=Stage.EXPORTED, created_at=NOON + timedelta(seconds=number)),
            signature, Receipt(**receipt.model_dump()),
        )  # fmt: skip
        return key

    def ordered(self, documents: list[str], to: str = "kho") -> int:
        laid, barred = delivery.order(
            self,
            documents,
            self.targets[to],
            by="duyet1",
            at=NOON,  # type: ignore[arg-type]
        )
        assert barred == []
        return laid

    def state(self, key: str) -> Delivery:
        [found] = outbox.deliveries(self.store, document=key)
        return found


CONTEXT = {"agency": "G01", "procedure": "2.001403"}


def _settle_nothing(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous = OFF")


@pytest.fixture
def site(tmp_path: Path, blank: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    # How fast the disk settles is tried elsewhere; here it would only be waited for.
    monkeypatch.setattr(os, "fsync", lambda _: None)
    shutil.copy(blank, tmp_path / "workbench.db")
    store = Store(f"sqlite:///{tmp_path}/workbench.db", tmp_path / "objects")
    sa_event.listen(store.engine, "connect", _settle_nothing)
    yield Site(store, OcflRepository(tmp_path / "repository"), {})
    store.close()


def http_target(address: str, **more: Any) -> Target:
    return Target(
        name="kho", title="Kho của tỉnh", kind="http", address=address, context=CONTEXT, **more
    )


# --- the other side ------------------------------------------------------------------------------


@dataclass
class OtherRepository:
    """A real server that keeps what it gets by its key, and fails by a seed."""

    fails: float = 0.0
    loses: float = 0.0
    kept: dict[str, bytes] = field(default_factory=dict)
    commits: int = 0
    calls: int = 0
    answer: Callable[[dict[str, str], bytes], tuple[int, object]] | None = None
    chance: Random = field(default_factory=lambda: Random(7))
    seen: list[dict[str, str]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/results"

    def __enter__(self) -> OtherRepository:
        other = self
        lock = threading.Lock()

        class Answers(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with lock:
                    other.calls += 1
                    other.seen.append(headers)
                    drawn = other.chance.random()
                    if other.answer is not None:
                        status, told = other.answer(headers, body)
                    elif drawn < other.fails:
                        status, told = 503, {}
                    else:
                        status, told = other.commit(headers["idempotency-key"], body)
                        if drawn < other.fails + other.loses:
                            self.close_connection = True  # it was kept; the answer gets lost
                            return
                said = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                if status == 429:
                    self.send_header("Retry-After", "900")
                self.end_headers()
                self.wfile.write(said)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def commit(self, key: str, body: bytes) -> tuple[int, object]:
        if key in self.kept and self.kept[key] != body:
            return 409, {}
        if key not in self.kept:
            self.commits += 1
            self.kept[key] = body
        return 201, {"receipt": f"BN-{key}", "digest": sha256(body).hexdigest()}


@pytest.fixture
def other() -> Iterator[OtherRepository]:
    with OtherRepository() as opened:
        yield opened


class Clock:
    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


def send_all(site: Site, clock: Clock, *, rounds: int = 60) -> int:
    """Send until nothing waits, the clock put forward instead of sleeping; how many rounds."""
    chance = Random(3)
    for done in range(rounds):
        while delivery.send_due(site, by="worker", clock=clock, chance=chance, limit=100):  # type: ignore[arg-type]
            pass
        if not outbox.counts(site.store)[DeliveryState.WAITING]:
            return done
        clock.at += timedelta(hours=6)
    raise AssertionError("the outbox was never empty")


def test_500_records_reach_a_server_that_fails_or_loses_two_answers_in_five(
    site: Site, other: OtherRepository
) -> None:
    other.fails, other.loses = 0.2, 0.2
    site.targets["kho"] = http_target(other.address)
    documents = [site.record(number) for number in range(500)]
    assert site.ordered(documents) == 500
    assert site.ordered(documents) == 0  # ordered twice is delivered once

    send_all(site, Clock())

    found = outbox.deliveries(site.store, limit=1000)
    assert {d.state for d in found} == {DeliveryState.SENT}
    assert len({d.receipt for d in found}) == 500
    assert (other.commits, len(other.kept)) == (500, 500)
    assert other.calls > 700
    told = {json.loads(body)["SoKyHieu"] for body in other.kept.values()}
    assert told == {f"{number:03}/ĐKMD" for number in range(500)}


def test_what_is_sent_carries_its_key_and_its_digest(site: Site, other: OtherRepository) -> None:
    site.targets["kho"] = http_target(other.address)
    site.ordered([site.record(1)])
    send_all(site, Clock())

    [(key, body)] = other.kept.items()
    assert key == site.state("d0001").id
    said = re.fullmatch(r"sha-256=:(.+):", other.seen[0]["content-digest"])
    assert said is not None
    assert b64decode(said[1]) == sha256(body).digest()
    assert json.loads(body)["MaGiayToKetQua"] == "KQ.G01.000001"
    assert "authorization" not in other.seen[0]


def test_a_token_is_read_from_its_file(site: Site, other: OtherRepository, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret\n")
    site.targets["kho"] = http_target(other.address, token_file=tmp_path / "token")
    site.ordered([site.record(1)])
    send_all(site, Clock())
    assert other.seen[0]["authorization"] == "Bearer s3cret"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_who_cannot_answer_now_is_asked_later_and_ever_later(
    site: Site, other: OtherRepository, status: int
) -> None:
    other.answer = lambda *_: (status, {})
    site.targets["kho"] = http_target(other.address)
    site.ordered([site.record(1)])
    clock, waits = Clock(), []
    for _ in range(5):
        assert delivery.send_due(site, by="w", clock=clock, chance=Random(1)) == 1  # type: ignore[arg-type]
        assert delivery.send_due(site, by="w", clock=clock, chance=Random(1)) == 0  # type: ignore[arg-type]
        waiting = site.state("d0001")
        waits.append((waiting.due - clock.at).total_seconds())
        clock.at = waiting.due
    assert waiting.attempts == 5
    assert waits[0] >= (900 if status == 429 else 15)
    assert waits[4] >= 8 * 30 / 2
    assert waiting.state is DeliveryState.WAITING


@pytest.mark.parametrize("status", [301, 400, 401, 404, 409, 422])
def test_who_refuses_is_not_asked_again_and_the_reason_is_kept(
    site: Site, other: OtherRepository, status: int
) -> None:
    said = {"detail": "Công ty số 1 không hợp lệ", "fields": ["SoKyHieu", "Nguyễn Văn A"]}
    other.answer = lambda *_: (status, said)
    site.targets["kho"] = http_target(other.address)
    site.ordered([site.record(1)])

    send_all(site, Clock())

    refused = site.state("d0001")
    assert refused.state is DeliveryState.REFUSED
    assert other.calls == 1
    assert str(status) in str(refused.reason)
    if status == 422:
        assert "SoKyHieu" in str(refused.reason)
    assert "Công ty" not in str(refused.reason)  # nor anything else that a paper says
    assert "Nguyễn" not in str(refused.reason)

    other.answer = None
    assert delivery.try_again(site, refused.id, by="duyet1")  # type: ignore[arg-type]
    later = Clock()
    later.at = datetime.now(UTC) + timedelta(seconds=1)
    send_all(site, later)
    assert site.state("d0001").state is DeliveryState.SENT


def test_a_receipt_over_something_else_is_no_receipt(site: Site, other: OtherRepository) -> None:
    other.answer = lambda *_: (201, {"receipt": "BN-1", "digest": "0" * 64})
    site.targets["kho"] = http_target(other.address)
    site.ordered([site.record(1)])
    send_all(site, Clock())
    assert site.state("d0001").state is DeliveryState.REFUSED
    assert site.state("d0001").receipt == ""


def test_an_answer_that_is_no_receipt_is_asked_for_again(
    site: Site, other: OtherRepository
) -> None:
    other.answer = lambda *_: (200, "OK")
    site.targets["kho"] = http_target(other.address)
    site.ordered([site.record(1)])
    delivery.send_due(site, by="w", clock=Clock())  # type: ignore[arg-type]
    assert site.state("d0001").state is DeliveryState.WAITING


def test_a_sender_killed_after_the_other_side_kept_it_sends_it_again_and_doubles_nothing(
    site: Site, other: OtherRepository, tmp_path: Path
) -> None:
    site.targets["kho"] = http_target(other.address)
    documents = [site.record(number) for number in range(20)]
    site.ordered(documents)
    site.store.close()
    child = os.fork()
    if child == 0:
        opened = Store(site.store.url, site.store.objects)
        carried: list[str] = []

        class Dying(carriers.ByHttp):
            def carry(self, parcel: Parcel) -> str:
                receipt = super().carry(parcel)
                carried.append(receipt)
                if len(carried) == 8:
                    os.kill(os.getpid(), signal.SIGKILL)
                return receipt

        killed = Site(opened, site.repository, site.targets)
        delivery.send_due(killed, by="dead", carrier=Dying, clock=Clock())  # type: ignore[arg-type]
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert other.commits == 8
    assert outbox.counts(site.store)[DeliveryState.SENT] == 7

    send_all(site, Clock())

    assert outbox.counts(site.store)[DeliveryState.SENT] == 20
    assert other.commits == 20


def test_two_senders_never_send_the_same_at_once(site: Site, other: OtherRepository) -> None:
    site.targets["kho"] = http_target(other.address)
    site.ordered([site.record(number) for number in range(10)])
    one = outbox.take(site.store, by="one", seconds=60, at=NOON, limit=6)
    two = outbox.take(site.store, by="two", seconds=60, at=NOON, limit=6)
    assert len({d.id for d in one} | {d.id for d in two}) == len(one) + len(two) == 10
    late = one[0].model_copy(update={"lease_by": "somebody else"})
    assert not outbox.refused(site.store, late, reason=Sentence("No."), at=NOON)


def test_a_delivery_given_up_while_it_was_on_its_way_keeps_the_receipt_that_came(
    site: Site, other: OtherRepository
) -> None:
    site.targets["kho"] = http_target(other.address)
    key = site.record(1)
    site.ordered([key])

    class GivenUpOnTheWay(carriers.ByHttp):
        def carry(self, parcel: Parcel) -> str:
            receipt = super().carry(parcel)
            assert delivery.give_up(site, parcel.key, by="duyet1")  # type: ignore[arg-type]
            return receipt

    delivery.send_due(site, by="w", carrier=GivenUpOnTheWay, clock=Clock())  # type: ignore[arg-type]

    # The other house has it: to say that it was given up would be untrue, and its receipt lost.
    told = site.state(key)
    assert (told.state, bool(told.receipt), other.commits) == (DeliveryState.SENT, True, 1)


def test_nothing_is_called_where_no_settings_say_so(site: Site) -> None:
    assert targets.load(None) == {}
    site.record(1)
    assert delivery.lay_in_by_itself(site, by="worker") == 0  # type: ignore[arg-type]
    assert delivery.send_due(site, by="worker", clock=Clock()) == 0  # type: ignore[arg-type]


def test_a_target_that_takes_records_unasked_gets_each_once_and_bad_ones_wait_for_a_person(
    site: Site, other: OtherRepository
) -> None:
    site.targets["kho"] = http_target(other.address, automatic=True)
    site.record(1)
    site.record(2, so="")
    assert delivery.lay_in_by_itself(site, by="worker") == 1  # type: ignore[arg-type]
    assert delivery.lay_in_by_itself(site, by="worker") == 0  # type: ignore[arg-type]
    later = Clock()
    later.at = datetime.now(UTC) + timedelta(seconds=1)
    send_all(site, later)
    assert site.state("d0001").state is DeliveryState.SENT
    assert site.state("d0002").state is DeliveryState.REFUSED
    assert other.calls == 1


def test_a_worker_sends_what_is_due_and_carries_on_a_look_at_what_is_kept(
    site: Site, other: OtherRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "HOUSE_SECONDS", 0.02)
    site.targets["kho"] = http_target(other.address, automatic=True)
    site.record(1)
    audits.begin(site.store, by="quantri", at=NOON)
    work = SimpleNamespace(
        **{name: getattr(site, name) for name in ("store", "repository", "targets", "sign_list")},
        settings=SimpleNamespace(audit_megabytes=0),
        holdings=(ObjectHoldings(site.store.objects), OcflHoldings(site.repository)),
    )
    stop = threading.Event()
    house = threading.Thread(target=worker._keep_house, args=(work, "worker/house", stop))
    house.start()
    try:
        for _ in range(600):
            [looked] = audits.audits(site.store)
            if looked.ended_at is not None and outbox.counts(site.store)[DeliveryState.SENT]:
                break
            stop.wait(0.1)
    finally:
        stop.set()
        house.join()
    assert site.state("d0001").state is DeliveryState.SENT
    assert (looked.ended_at is not None, looked.harmed) == (True, 0)


def test_a_record_damaged_in_the_repository_does_not_keep_the_others_from_their_way(
    site: Site, other: OtherRepository
) -> None:
    site.targets["kho"] = http_target(other.address, automatic=True)
    damaged, whole = site.record(1), site.record(2)
    [record] = site.repository.root.rglob(f"*{damaged}/v1/content/record.json")
    record.write_bytes(b"{}")

    assert delivery.lay_in_by_itself(site, by="worker") == 1  # type: ignore[arg-type]

    assert site.state(whole).state is DeliveryState.WAITING
    document = site.store.document(damaged)
    assert document is not None
    checked = delivery.check(site, document, site.targets["kho"])  # type: ignore[arg-type]
    [why] = checked.findings
    assert "not the one that was kept" in str(why.sentence)


def test_who_may_not_deliver_is_told_so(site: Site, other: OtherRepository) -> None:
    key = site.record(1)
    with pytest.raises(NotAllowedError):
        delivery.order(site, [key], http_target(other.address), by="soat1")  # type: ignore[arg-type]
    elsewhere = site.store.person("duyet1")
    assert elsewhere is not None
    site.store.keep(elsewhere.model_copy(update={"unit": "CA-MX"}))
    with pytest.raises(NotAllowedError, match="another unit"):
        delivery.order(site, [key], http_target(other.address), by="duyet1")  # type: ignore[arg-type]


def test_who_delivers_all_that_was_not_sent_delivers_all_of_their_unit(
    site: Site, other: OtherRepository
) -> None:
    site.targets["kho"] = http_target(other.address)
    mine = [site.record(number) for number in range(3)]
    theirs = site.store.document(site.record(9))
    assert theirs is not None
    site.store.keep(theirs.model_copy(update={"unit": "CA-MX"}))

    found = delivery.waiting(site, site.targets["kho"], by="duyet1")  # type: ignore[arg-type]

    assert found == mine
    assert site.ordered(found) == 3  # one of another unit among them would have refused them all
    with pytest.raises(NotAllowedError):
        delivery.waiting(site, site.targets["kho"], by="soat1")  # type: ignore[arg-type]


def test_what_a_carrier_says_is_said_in_vietnamese() -> None:
    tree = ast.parse(Path(carriers.__file__).read_text("utf-8"))
    said = [
        text.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "").startswith("Target")
        for text in node.args
        if isinstance(text, ast.Constant)
    ]
    assert len(said) > 10
    assert [text for text in said if text not in catalogue()] == []


# --- the dry run ---------------------------------------------------------------------------------


def findings(site: Site, key: str, **rules: Any) -> set[str]:
    document = site.store.document(key)
    assert document is not None
    told = delivery.check(site, document, http_target("http://127.0.0.1:9/", **rules))  # type: ignore[arg-type]
    assert told.would_be_refused == bool(told.findings)
    return {finding.rule for finding in told.findings}


def test_a_dry_run_says_why_a_record_would_be_refused(site: Site) -> None:
    key = site.record(1)
    assert findings(site, key) == set()
    assert findings(site, key, kinds=("antt",)) == {"target.kind"}
    assert findings(site, key, needed=("nguoi_ky",)) == {"target.needed"}
    assert findings(site, key, longest={"so": 3}) == {"target.longest"}
    assert findings(site, key, largest=10) == {"target.largest"}
    assert findings(site, site.record(2, trial_seal=True)) == {"target.trial"}
    assert findings(site, site.record(3, trial_seal=True), takes_trial_seals=True) == set()
    assert "message.needed" in findings(site, site.record(4, so=""))
    assert outbox.deliveries(site.store) == []


def test_what_is_withdrawn_waits_until_it_is_restored(site: Site, other: OtherRepository) -> None:
    site.targets["kho"] = http_target(other.address)
    key = site.record(1)
    site.ordered([key])
    shelf = {"document": key, "repository": "ocfl", "object_id": f"urn:workbench:document:{key}"}
    note = Receipt(**shelf, version="v2", package_digest="w" * 128, at=NOON)
    site.store.add(Card(document=key, unit="PC06", kind="con_dau", at=NOON, seen=NOON))
    site.store.mark_withdrawn(key, note, by="duyet1", at=NOON, why="cấp nhầm")

    clock = Clock()
    delivery.send_due(site, by="worker", clock=clock, chance=Random(3))  # type: ignore[arg-type]
    assert other.calls == 0
    assert site.state(key).state is DeliveryState.WAITING
    assert findings(site, key) == {"target.withdrawn"}

    back = Receipt(**shelf, version="v3", package_digest="r" * 128, at=NOON)
    site.store.mark_restored(key, back, by="duyet1", at=NOON, why="đúng rồi")
    send_all(site, clock)
    assert site.state(key).state is DeliveryState.SENT


def test_what_is_not_in_our_repository_is_not_delivered(site: Site) -> None:
    site.store.add(Document(id="d", batch="b", source="s", unit="u", number=1))
    assert findings(site, "d") == {"target.repository"}


# --- bags ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    trial.ensure(folder)
    return folder


@pytest.fixture
def folder(site: Site, keys: Path, tmp_path: Path) -> Path:
    place = tmp_path / "nơi nhận"
    place.mkdir()
    site.targets["kho"] = Target(name="kho", title="Ổ", kind="folder", address=str(place))
    own = trial.ensure(keys).keys()
    site.sign_list = lambda listed: signing.sign_detached(listed, own)
    return place


def test_a_bag_is_one_that_others_can_validate_and_its_list_is_signed(
    site: Site, folder: Path, keys: Path
) -> None:
    site.ordered([site.record(1)])
    send_all(site, Clock())

    [place] = folder.iterdir()
    bag = bagit.Bag(str(place))
    assert bag.is_valid()
    assert bag.info["Source-Organization"] == "Công an tỉnh Sóc Trăng"
    assert (place / "data" / "document.pdf").read_bytes() == b"%PDF-1.7 d0001"
    listed, seal = (place / bags.MANIFEST).read_bytes(), (place / bags.SIGNATURE).read_bytes()
    verdict = signing.verify_detached(listed, seal, signing.trust(keys))
    assert verdict.state is signing.State.INTACT
    assert list(bags.flaws(place)) == []


def test_receipts_travel_in_the_bag_and_are_the_same_however_often_it_is_sent(
    site: Site, folder: Path, tmp_path: Path
) -> None:
    key = site.record(1)
    site.ordered([key])
    send_all(site, Clock())
    [place] = folder.iterdir()
    [own] = site.store.receipts(key)
    [told] = json.loads((place / bags.RECEIPTS).read_bytes())["receipts"]
    assert (told["by"], told["package_sha512"]) == (own.repository, own.package_digest)

    # Who gets it next is told of the first, and of nobody who had it after the order.
    clock = Clock()
    ordered, clock.at = datetime(2100, 1, 1, tzinfo=UTC), datetime(2100, 1, 2, tzinfo=UTC)
    for name in ("kho-hai", "kho-ba"):
        (tmp_path / name).mkdir()
        to = Target(name=name, title=name, kind="folder", address=str(tmp_path / name))
        site.targets[name] = to
        delivery.order(site, [key], to, by="duyet1", at=ordered)  # type: ignore[arg-type]
    send_all(site, clock)
    for name in ("kho-hai", "kho-ba"):
        [place] = (tmp_path / name).iterdir()
        said = json.loads((place / bags.RECEIPTS).read_bytes())["receipts"]
        assert {one["by"] for one in said} == {own.repository, "kho"}
        assert len(said) == 2
        assert bagit.Bag(str(place)).is_valid()


def test_our_signature_over_a_list_is_one_that_openssl_knows(keys: Path, tmp_path: Path) -> None:
    import subprocess

    own = trial.ensure(keys)
    (tmp_path / "list").write_bytes(b"a list\n")
    (tmp_path / "list.p7s").write_bytes(signing.sign_detached(b"a list\n", own.keys()))
    command = ["openssl", "cms", "-verify", "-binary", "-cades", "-inform", "DER", "-in",
               "list.p7s", "-content", "list", "-CAfile", str(own.anchor), "-purpose", "any",
               "-out", "/dev/null"]  # fmt: skip
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("name", ["data/document.pdf", "bag-info.txt", bags.MANIFEST, "bagit.txt"])
def test_a_bag_that_was_changed_on_the_way_shows_it(site: Site, folder: Path, name: str) -> None:
    site.ordered([site.record(1)])
    send_all(site, Clock())
    [place] = folder.iterdir()
    (place / name).write_bytes((place / name).read_bytes() + b" ")
    assert list(bags.flaws(place))


def test_a_bag_that_lies_there_is_never_written_over(site: Site, folder: Path) -> None:
    key = site.record(1)
    (folder / f"{key}-v1").mkdir()
    (folder / f"{key}-v1" / "other").write_text("another's")
    site.ordered([key])
    send_all(site, Clock())
    assert site.state(key).state is DeliveryState.REFUSED
    assert (folder / f"{key}-v1" / "other").read_text() == "another's"


def test_a_bag_sent_twice_is_there_once_and_a_half_one_is_nobodys(site: Site, folder: Path) -> None:
    key = site.record(1)
    half = folder / f".{key}-v1.half"
    half.mkdir()
    (half / "bagit.txt").write_text("torn by a kill")
    site.ordered([key])
    taken = outbox.take(site.store, by="dead", seconds=1, at=NOON)  # and died behind the rename
    carriers.to(site.targets["kho"]).carry(
        delivery._parcel(site, taken[0], site.targets["kho"])  # type: ignore[arg-type]
    )
    assert [p.name for p in folder.iterdir()] == [f"{key}-v1"]
    later = Clock()
    later.at += timedelta(hours=1)
    send_all(site, later)
    assert site.state(key).state is DeliveryState.SENT


def test_a_folder_that_is_not_there_now_is_tried_later(site: Site, folder: Path) -> None:
    site.ordered([site.record(1)])
    folder.rmdir()
    delivery.send_due(site, by="w", clock=Clock())  # type: ignore[arg-type]
    assert site.state("d0001").state is DeliveryState.WAITING
    folder.mkdir()
    send_all(site, Clock())
    assert site.state("d0001").state is DeliveryState.SENT


def test_a_list_that_must_be_signed_is_not_sent_unsigned(site: Site, tmp_path: Path) -> None:
    to = Target(name="kho", title="Ổ", kind="folder", address=str(tmp_path), signed_list=True)
    document = site.store.document(site.record(1))
    assert document is not None
    told = delivery.check(site, document, to)  # type: ignore[arg-type]
    assert {f.rule for f in told.findings} == {"target.signed_list"}


# --- buckets -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Target:
    import boto3

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    name = f"kho-{sha256(request.node.name.encode()).hexdigest()[:12]}"
    boto3.client("s3", endpoint_url=s3).create_bucket(Bucket=name)
    return Target(name="kho", title="S3", kind="s3", address=f"s3://{name}/số-hóa", endpoint=s3)


def keys_in(bucket: Target) -> dict[str, bytes]:
    import boto3

    client = boto3.client("s3", endpoint_url=bucket.endpoint)
    name = bucket.address.removeprefix("s3://").partition("/")[0]
    found = client.list_objects_v2(Bucket=name).get("Contents", [])
    return {
        item["Key"]: client.get_object(Bucket=name, Key=item["Key"])["Body"].read()
        for item in found
    }


def test_a_bag_in_a_bucket_is_whole_and_its_last_list_comes_last(
    site: Site, bucket: Target, tmp_path: Path
) -> None:
    site.targets["kho"] = bucket
    site.ordered([site.record(1)])
    send_all(site, Clock())

    for key, content in keys_in(bucket).items():
        place = tmp_path / "out" / key
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    assert bagit.Bag(str(tmp_path / "out" / "số-hóa" / "d0001-v1")).is_valid()


def test_a_bucket_that_breaks_off_gets_the_rest_later_and_nothing_over(
    site: Site, bucket: Target
) -> None:
    site.targets["kho"] = bucket
    key = site.record(1)
    site.ordered([key])
    puts: list[str] = []

    class Breaking(carriers.IntoBucket):
        def _put(self, name: str, content: bytes) -> None:
            puts.append(name)
            if len(puts) == 4:
                raise TargetSilentError("gone")
            super()._put(name, content)

    delivery.send_due(site, by="w", carrier=Breaking, clock=Clock())  # type: ignore[arg-type]
    assert site.state(key).state is DeliveryState.WAITING
    assert len(keys_in(bucket)) == 3
    assert not any(name.endswith(bags.TAGS) for name in keys_in(bucket))
    later = Clock()
    later.at += timedelta(hours=1)
    send_all(site, later)
    assert any(name.endswith(bags.TAGS) for name in keys_in(bucket))


def test_what_others_keep_in_the_bucket_is_never_written_over(bucket: Target) -> None:
    carrier = carriers.IntoBucket(bucket)
    parcel = Parcel("k", "d-v1", "0" * 64, files={"a": b"1", bags.TAGS: b"2"})
    assert carrier.carry(parcel) == carrier.carry(parcel)
    with pytest.raises(TargetRefusedError):
        carrier.carry(Parcel("k", "d-v1", "0" * 64, files={"a": b"other", bags.TAGS: b"2"}))
    assert keys_in(bucket)["số-hóa/d-v1/a"] == b"1"


def test_a_bucket_that_is_not_there_refuses(bucket: Target) -> None:
    gone = bucket.model_copy(update={"address": "s3://no-such-bucket"})
    with pytest.raises(TargetRefusedError, match="NoSuchBucket"):
        carriers.IntoBucket(gone).carry(Parcel("k", "d", "0" * 64, files={bags.TAGS: b""}))


# --- the file of targets -------------------------------------------------------------------------


def test_targets_are_read_from_their_file(tmp_path: Path) -> None:
    file = tmp_path / "targets.toml"
    file.write_text(
        '[[target]]\nname = "kho"\ntitle = "Kho"\nkind = "http"\naddress = "https://kho/"\n'
        '[target.by_kind.con_dau]\nprocedure = "2.001403"\n'
    )
    assert targets.load(file)["kho"].by_kind == {"con_dau": {"procedure": "2.001403"}}


@pytest.mark.parametrize(
    "text",
    ["[[target]]\nname = 'x'", "[[target", "[[target]]\nname='Kho!'\ntitle=''\nkind='http'\n"
     "address=''", "[[target]]\nname='a'\ntitle=''\nkind='ftp'\naddress=''"],
)  # fmt: skip
def test_a_file_of_targets_that_is_wrong_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "targets.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"targets\.toml"):
        targets.load(tmp_path / "targets.toml")
