"""All that is kept."""

from __future__ import annotations

import errno
import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from tests import postgres as postgres_server
from workbench import migrations, vietnamese
from workbench.errors import MissingFileError, Sentence, StaleDocumentError, StorageError
from workbench.model import (
    Act,
    Correction,
    Decision,
    Document,
    Event,
    Intake,
    Reading,
    Review,
    SourceFile,
    Stage,
    Unit,
)
from workbench.store import Store
from workbench.store.examples import count_unfitting, unfitting


@pytest.fixture(scope="module")
def postgres() -> Iterator[Path]:
    if postgres_server.binaries() is None:
        pytest.skip("no PostgreSQL server on this machine; `make test` installs one")
    with postgres_server.server() as socket:
        yield socket


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """The same promises on the embedded store and on a real PostgreSQL."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/workbench.db"
    else:
        socket = request.getfixturevalue("postgres")
        name = f"t{uuid4().hex}"
        admin = sa.create_engine(
            f"postgresql+psycopg://tests@/postgres?host={socket}", isolation_level="AUTOCOMMIT"
        )
        with admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        admin.dispose()
        url = f"postgresql+psycopg://tests@/{name}?host={socket}"
    opened = Store(url, tmp_path / "objects")
    migrations.upgrade(opened.engine)
    yield opened
    opened.close()


def a_document(store: Store, number: int = 1, stage: Stage = Stage.RECEIVED) -> Document:
    document = Document(batch="b", source="s", unit="PC06", number=number, stage=stage)
    store.add(document)
    return document


def an_act(document: Document, key: str, field: str = "so", by: str = "soat1") -> Correction:
    return Correction(
        id=key, document=document.id, field=field, act=Act.EDIT, before="", after="x",
        normalised="x", by=by, revision=0,
    )  # fmt: skip


def test_the_migrations_make_just_the_tables_of_the_model(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, SQLModel.metadata) == []


def test_bytes_that_were_altered_on_the_disk_are_handed_to_nobody(store: Store) -> None:
    digest = store.put(b"%PDF-1.7 sealed")
    store.path(digest).write_bytes(b"%PDF-1.7 sea1ed")
    with pytest.raises(MissingFileError, match="not as it was kept"):
        store.get(digest)


def test_the_same_bytes_are_kept_once_under_their_digest(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "scan.bin"
    file.write_bytes(b"scan")
    digest = store.put(b"scan")
    assert store.put(file) == digest == hashlib.sha256(b"scan").hexdigest()
    assert store.get(digest) == b"scan"
    assert [p.name for p in store.objects.rglob("*") if p.is_file()] == [digest]


def test_a_full_disk_keeps_nothing_half_done_and_says_so(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("workbench.objects.os.fsync", full)
    with pytest.raises(StorageError, match="disk is full"):
        store.put(b"scan")
    assert [p for p in store.objects.rglob("*") if p.is_file()] == []


def test_only_a_digest_names_a_file(store: Store) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        store.path("../../etc/passwd")


def test_only_one_of_many_can_move_a_document_on(store: Store, noon: datetime) -> None:
    document = a_document(store)
    start = threading.Barrier(8)

    def race(name: str) -> bool:
        start.wait()
        try:
            store.move(document, Stage.READ, by=name, at=noon)
        except StaleDocumentError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(race, [f"w{i}" for i in range(8)]))
    assert won.count(True) == 1
    assert [e.after for e in store.events(document.id)] == ["read"]


def test_a_move_that_fails_leaves_neither_rows_nor_event(store: Store, noon: datetime) -> None:
    document = a_document(store)
    twice = Event(id=1, document=document.id, batch="b", unit="u", after="read", by="x", at=noon)
    store.add(Event(id=1, document="other", batch="b", unit="u", after="read", by="x", at=noon))
    with pytest.raises(Exception, match=r"(?i)unique"):
        store.move(document, Stage.READ, by="w", at=noon, rows=[twice])
    kept = store.document(document.id)
    assert kept is not None and kept.stage is Stage.RECEIVED
    assert store.events(document.id) == []


def test_every_document_is_claimed_by_exactly_one(store: Store, noon: datetime) -> None:
    for number in range(40):
        a_document(store, number)

    def work(name: str) -> list[str]:
        mine: list[str] = []
        while got := store.claim([Stage.RECEIVED], by=name, seconds=60, at=noon):
            mine += [d.id for d in got]
        return mine

    with ThreadPoolExecutor(4) as pool:
        claimed = [key for keys in pool.map(work, "abcd") for key in keys]
    assert len(claimed) == 40
    assert len(set(claimed)) == 40


def test_a_lease_that_ran_out_is_claimed_again_and_the_late_worker_loses(
    store: Store, noon: datetime
) -> None:
    a_document(store)
    (late,) = store.claim([Stage.RECEIVED], by="late", seconds=60, at=noon)
    (again,) = store.claim([Stage.RECEIVED], by="quick", seconds=60, at=noon + timedelta(hours=1))
    assert again.id == late.id
    assert again.attempts == 2
    with pytest.raises(StaleDocumentError):
        store.move(late, Stage.READ, by="late", at=noon, holder="late")
    assert store.move(again, Stage.READ, by="quick", at=noon, holder="quick").stage is Stage.READ


def test_an_approved_document_is_not_sealed_before_it_is_ordered(
    store: Store, noon: datetime
) -> None:
    document = a_document(store, stage=Stage.APPROVED)
    assert store.claim([Stage.APPROVED], by="w", seconds=60, at=noon) == []
    store.move(document, Stage.APPROVED, by="duyet1", at=noon, seal_by="duyet1")
    assert len(store.claim([Stage.APPROVED], by="w", seconds=60, at=noon)) == 1


def test_an_act_sent_twice_is_one_act(store: Store, noon: datetime) -> None:
    document = a_document(store, stage=Stage.PROPOSED)
    first, new = store.correct(document, [an_act(document, "1")], by="soat1", at=noon)
    again, none = store.correct(document, [an_act(document, "1")], by="soat1", at=noon)
    assert (new, none) == (1, 0)
    assert first.revision == again.revision == 1
    assert len(store.corrections(document.id)) == 1


def test_nobody_corrects_a_document_that_a_colleague_has(store: Store, noon: datetime) -> None:
    document = a_document(store, stage=Stage.PROPOSED)
    store.borrow(by="soat1", seconds=900, at=noon, limit=5)
    with pytest.raises(StaleDocumentError):
        store.correct(document, [an_act(document, "1", by="soat2")], by="soat2", at=noon)
    later = noon + timedelta(hours=1)
    assert store.correct(document, [an_act(document, "1")], by="soat2", at=later)[1] == 1


def test_reviewers_get_different_documents_and_their_own_again(
    store: Store, noon: datetime
) -> None:
    for number in range(4):
        a_document(store, number, Stage.PROPOSED)
    mine = store.borrow(by="soat1", seconds=900, at=noon, limit=2)
    theirs = store.borrow(by="soat2", seconds=900, at=noon, limit=4)
    assert len(theirs) == 2
    assert {d.id for d in mine}.isdisjoint(d.id for d in theirs)
    again = store.borrow(by="soat1", seconds=900, at=noon, limit=2)
    assert {d.id for d in again} == {d.id for d in mine}


def test_a_held_document_remembers_where_it_stood_and_why(store: Store, noon: datetime) -> None:
    document = a_document(store, stage=Stage.READ)
    held = store.move(
        document, Stage.HELD, by="w", at=noon, reason=Sentence("All {n} pages are blank.", {"n": 2})
    )
    assert held.held_at is Stage.READ
    assert held.reason == {"text": "All {n} pages are blank.", "values": {"n": 2}}


def test_counts_name_every_stage(store: Store) -> None:
    a_document(store)
    assert store.counts()[Stage.RECEIVED] == 1
    assert set(store.counts()) == set(Stage)


def test_stopping_is_no_attempt_and_a_site_s_fault_only_postpones(
    store: Store, noon: datetime
) -> None:
    a_document(store)
    for _ in range(5):
        (held,) = store.claim([Stage.RECEIVED], by="w", seconds=60, at=noon)
        assert held.attempts == 1
        store.free("w")
    (held,) = store.claim([Stage.RECEIVED], by="w", seconds=60, at=noon)
    later = noon + timedelta(minutes=1)
    says = Sentence("The disk is full; the change was not kept.")
    store.postpone(held.id, by="w", until=later, reason=says, remedy=says)
    assert store.claim([Stage.RECEIVED], by="w", seconds=60, at=noon) == []
    (again,) = store.claim([Stage.RECEIVED], by="w", seconds=60, at=later + timedelta(seconds=1))
    assert (again.id, again.attempts) == (held.id, 1)


def test_a_seal_is_ordered_once_and_takes_no_lease_away(store: Store, noon: datetime) -> None:
    document = a_document(store, stage=Stage.APPROVED)
    assert store.order_seal(document, by="duyet1", at=noon)
    store.claim([Stage.APPROVED], by="w", seconds=60, at=noon)
    assert not store.order_seal(document, by="duyet2", at=noon)
    kept = store.document(document.id)
    assert kept is not None
    assert (kept.seal_by, kept.lease_by) == ("duyet1", "w")


def test_the_same_bytes_handed_in_at_once_are_taken_in_once(store: Store, noon: datetime) -> None:
    def hand_in(number: int) -> bool:
        file = SourceFile(batch="b", name=f"{number}.pdf", digest="d", intake=Intake.ACCEPTED)
        document = Document(batch="b", source=file.id, unit="u", number=number)
        event = Event(document=document.id, batch="b", unit="u", after="received", by="x", at=noon)
        return store.take(file, document, event)

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(hand_in, range(4)))
    assert taken.count(True) == 1
    assert store.count() == 1


def test_an_approver_sees_only_what_they_had_no_hand_in(store: Store, noon: datetime) -> None:
    passed = a_document(store, 1, Stage.PROPOSED)
    corrected = a_document(store, 2, Stage.PROPOSED)
    store.correct(corrected, [an_act(corrected, "1", by="both")], by="both", at=noon)
    for document, by in ((passed, "both"), (corrected, "other")):
        current = store.document(document.id)
        assert current is not None
        sitting = Review(
            document=document.id, by=by, duty="review", decision=Decision.PASS, revision=0, at=noon
        )
        store.move(current, Stage.REVIEWED, by=by, at=noon, rows=[sitting], reviewer=by)
    assert store.count(stage=Stage.REVIEWED, untouched_by="both") == 0
    mine = store.documents(stage=Stage.REVIEWED, untouched_by="other")
    assert [d.id for d in mine] == [passed.id]


def test_a_document_is_found_without_marks_and_case(store: Store) -> None:
    document = a_document(store)
    store.seek(document.id, vietnamese.fold("CÔNG TY TNHH ĐÔNG Á"))
    assert store.count(text="công ty tnhh đông á") == 1
    assert store.count(text="cong ty tnhh dong a") == 1
    assert store.count(text="Đông Âu") == 0


def test_a_reading_that_failed_is_replaced_by_one_that_succeeds(store: Store) -> None:
    says = Sentence("The page could not be read.").as_json()
    who = {"document": "d", "page": "p", "engine": "e", "version": "1", "weights": "w"}
    store.keep_reading(Reading(**who, failure=says))
    store.keep_reading(Reading(**who, words="0" * 64, count=3))
    (kept,) = store.readings("d")
    assert (kept.count, kept.failure) == (3, None)


def test_an_error_of_the_database_does_not_tell_what_a_paper_says(store: Store) -> None:
    person = Unit(code="PC06", name="BÍ MẬT")
    store.add(person)
    with pytest.raises(sa.exc.IntegrityError) as told:
        store.add(Unit(code="PC06", name="BÍ MẬT"))
    assert "BÍ MẬT" not in str(told.value)


def test_documents_are_listed_by_how_surely_their_form_was_told(store: Store) -> None:
    told = {1: 30.0, 2: None, 3: 4.5, 4: 12.0}
    for number, margin in told.items():
        classified = {} if margin is None else {"margin": margin}
        store.add(
            Document(batch="b", source="s", unit="PC06", number=number, classified=classified)
        )
    assert [d.number for d in store.documents(order="certainty")] == [3, 4, 1, 2]
    assert [d.number for d in store.documents(margin=15, order="certainty")] == [3, 4]
    assert store.count(margin=15) == 2


def test_papers_are_found_by_why_they_are_held(store: Store) -> None:
    fits, other = "No template fits this form.", "The page is blank."
    for number, reason in enumerate((fits, other, fits), start=1):
        store.add(
            Document(
                batch="b", source="s", unit="PC06", number=number, stage=Stage.HELD,
                reason=Sentence(reason).as_json(),
            )
        )  # fmt: skip
    assert [d.number for d in unfitting(store, [fits], limit=10)] == [1, 3]
    assert count_unfitting(store, [fits]) == 2
