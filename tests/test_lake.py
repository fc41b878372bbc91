"""The event lake says what the store says: for any history, after any kill, on any database."""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session
from typer.testing import CliRunner

from tests import made_up
from tests import postgres as postgres_server
from workbench import migrations, worker
from workbench.analytics import Lake, Questions
from workbench.analytics import lake as lakes
from workbench.analytics.merged import Merged
from workbench.analytics.schemas import PART_OF, SCHEMAS
from workbench.bench import analytics as bench
from workbench.bench import province
from workbench.cli import app
from workbench.errors import OutdatedLakeError, Sentence, StaleDocumentError, StorageError
from workbench.model import (
    Act,
    Correction,
    Decision,
    Document,
    Event,
    FieldReading,
    Page,
    Proposal,
    Reading,
    Receipt,
    Review,
    Signature,
    Stage,
    Trace,
    Unit,
    now,
)
from workbench.store import Store

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
WHY = Sentence("The page is too dark to be read.")


class Killed(BaseException):
    """Stands for kill -9 at one point."""


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, to be copied: migrating one takes longer than a test."""
    folder = tmp_path_factory.mktemp("blank")
    opened = Store(f"sqlite:///{folder}/workbench.db", folder / "objects")
    migrations.upgrade(opened.engine)
    opened.close()
    return folder / "workbench.db"


@contextmanager
def site(blank: Path, folder: Path) -> Iterator[tuple[Store, Lake]]:
    folder.mkdir(parents=True)
    shutil.copy(blank, folder / "workbench.db")
    opened = Store(f"sqlite:///{folder}/workbench.db", folder / "objects")
    yield opened, Lake(folder / "lake")
    opened.close()


@pytest.fixture
def forty(blank: Path, tmp_path: Path) -> Iterator[tuple[Store, Lake]]:
    """A store with forty documents, which its lake has not looked at yet."""
    with site(blank, tmp_path / "forty") as (store, lake):
        made_up.fill(store, documents=40, until=NOON, days=20, units=3)
        yield store, lake


@contextmanager
def dying(at: int) -> Iterator[None]:
    """Be killed at the `at`-th thing that touches the disk: before it, or half through a write."""
    points = count()

    def deadly(work: Any, *, half: bool = False) -> Any:
        def done(*given: Any, **named: Any) -> Any:
            if next(points) == at:
                if half:
                    given[1].write(b"PAR1 and no more")
                raise Killed
            return work(*given, **named)

        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lakes.pq, "write_table", deadly(pq.write_table, half=True))
        patch.setattr(lakes.os, "fsync", deadly(os.fsync))
        patch.setattr(Path, "replace", deadly(Path.replace))
        patch.setattr(Path, "unlink", deadly(Path.unlink))
        yield


def counted(lake: Lake) -> dict[str, int]:
    with Merged(lake.folder, lake.state()) as merged:
        return {
            name: merged.connection.sql(f"SELECT count(*) FROM {name}").fetchall()[0][0]
            for name in SCHEMAS
        }


def stands(lake: Lake) -> None:
    """Every file that the manifest names is there, whole."""
    for kept in lake.state().files():
        assert pq.read_metadata(lake.folder / kept.file).num_rows == kept.rows


# --- any history ---------------------------------------------------------------------------------


class History:
    """A store at work: each deed is one of the store's own verbs, at a later minute."""

    def __init__(self, store: Store, lake: Lake) -> None:
        self.store, self.lake = store, lake
        self.documents: list[str] = []
        self.minute = count()

    def do(self, deed: str, which: int, n: int) -> None:
        if deed != "arrive" and not self.documents:
            return
        at = NOON + timedelta(minutes=next(self.minute))
        document = self.documents[which % len(self.documents)] if self.documents else ""
        getattr(self, f"_{deed}")(document, n, at)

    def _arrive(self, _: str, n: int, at: datetime) -> None:
        key = uuid4().hex
        # Every third comes from another month.
        came = at - timedelta(days=40 * (n % 3))
        self.store.add(
            Document(id=key, batch="b", source=key, unit=f"U{n % 2}", number=n, created_at=came),
            Page(id=key, document=key, number=0, file_page=0, width=10, height=10, dpi=300,
                 scan="", view="", scanner=("Canon DR-C225", "")[n % 2]),
            Event(document=key, batch="b", unit=f"U{n % 2}", after=Stage.RECEIVED, by="soat1",
                  at=at),
        )  # fmt: skip
        self.documents.append(key)

    def _read(self, document: str, n: int, at: datetime) -> None:
        failed = WHY.as_json() if n % 2 else None
        reading = Reading(document=document, page=document, engine="tesseract", version="5",
                          weights="w", failure=failed, words=None if failed else "w",
                          at=at)  # fmt: skip
        if any(known.words for known in self.store.readings(document)):
            return
        self.store.keep_reading(reading)

    def _propose(self, document: str, n: int, at: datetime) -> None:
        rows: list[Any] = []
        for place in range(n % 3 + 1):
            value = "2020-05-08" if place == 0 else f"giá trị {place}"
            field = "ngay_cap" if place == 0 else f"muc.{place}.so_hieu"
            rows.append(Proposal(document=document, field=field, position=place, value=value,
                                 normalised=value, accepted=n % 2 == 0))  # fmt: skip
            rows.append(FieldReading(document=document, field=field, engine="tesseract",
                                     text=value, value=value, confidence=1))  # fmt: skip
        self._move(document, Stage.PROPOSED, at, rows, clear=(Proposal, FieldReading),
                   kind=("antt", "con_dau")[n % 2])  # fmt: skip

    def _correct(self, document: str, n: int, at: datetime) -> None:
        act = (Act.EDIT, Act.UNDO, Act.ILLEGIBLE)[n % 3]
        correction = Correction(id=uuid4().hex, document=document, field="ngay_cap", act=act,
                                before="2020-05-08", after="2023-01-01" if act is Act.EDIT else "",
                                normalised="2023-01-01" if act is Act.EDIT else "", by="soat1",
                                revision=0, at=at, keys=n)  # fmt: skip
        found = self.store.document(document)
        assert found is not None
        look = Trace(id=correction.id, document=document, field="ngay_cap", act=act, by="soat1",
                     at=at, first_key=300, committed=900, keys=n, chosen=n % 2 or None,
                     typed=act is Act.EDIT)  # fmt: skip
        try:
            self.store.correct(found, [correction], by="soat1", at=at, traces=[look])
        except StaleDocumentError:
            return  # it is not under review

    def _decide(self, document: str, n: int, at: datetime) -> None:
        to = (Stage.REVIEWED, Stage.APPROVED, Stage.PROPOSED)[n % 3]
        decision = Decision.RETURN if to is Stage.PROPOSED else Decision.PASS
        review = Review(document=document, by="soat1", duty="review", decision=decision,
                        revision=0, at=at)  # fmt: skip
        self._move(document, to, at, [review])

    def _look(self, document: str, n: int, at: datetime) -> None:
        """A sitting is told of by itself: put aside, nothing else of the paper changes."""
        self.store.add(Trace(id=uuid4().hex, document=document, act="postponed", by="soat1", at=at,
                             dwell=100 * n, latency=n or None))  # fmt: skip

    def _seal(self, document: str, n: int, at: datetime) -> None:
        signature = Signature(document=document, signer="s", certificate="c", level="B-T",
                              trial=True, record_digest="", pdf_digest="", ordered_by="duyet1",
                              at=at)  # fmt: skip
        receipt = Receipt(document=document, repository="r", object_id="o", version="v1",
                          package_digest=uuid4().hex, at=at)  # fmt: skip
        self._move(document, Stage.SIGNED, at, [signature])
        if n % 2:
            self._move(document, Stage.EXPORTED, at, [receipt])

    def _hold(self, document: str, n: int, at: datetime) -> None:
        to = Stage.HELD if n % 2 else Stage.REJECTED
        self._move(document, to, at, reason=WHY)

    def _refresh(self, _: str, n: int, at: datetime) -> None:
        self.lake.refresh(self.store, at=at)

    def _compact(self, _: str, n: int, at: datetime) -> None:
        self.lake.compact(at=at)

    def _rebuild(self, _: str, n: int, at: datetime) -> None:
        self.lake.rebuild(self.store, at=at)

    def _killed_refresh(self, _: str, n: int, at: datetime) -> None:
        self._killed(self.lake.refresh, n, self.store, at=at)

    def _killed_compact(self, _: str, n: int, at: datetime) -> None:
        self._killed(self.lake.compact, n, at=at)

    def _killed_rebuild(self, _: str, n: int, at: datetime) -> None:
        self._killed(self.lake.rebuild, n, self.store, at=at)

    def _killed(self, work: Any, n: int, *given: Any, **named: Any) -> None:
        try:
            with dying(n):
                work(*given, **named)
        except Killed:
            stands(self.lake)

    def _move(
        self, document: str, to: Stage, at: datetime, rows: list[Any] | None = None, **more: Any
    ) -> None:
        found = self.store.document(document)
        assert found is not None
        self.store.move(found, to, by="worker", at=at, rows=rows or [], **more)


DEEDS = ("arrive", "arrive", "read", "propose", "correct", "decide", "look", "seal", "hold",
         "refresh", "compact", "rebuild", "killed_refresh", "killed_compact",
         "killed_rebuild")  # fmt: skip


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 9), st.integers(0, 60)),
                min_size=12, max_size=40))  # fmt: skip
def test_for_any_history_the_lake_counts_what_the_store_counts(
    blank: Path, tmp_path: Path, deeds: list[tuple[str, int, int]]
) -> None:
    with site(blank, tmp_path / uuid4().hex) as (store, lake):
        history = History(store, lake)
        for deed in deeds:
            history.do(*deed)

        lake.refresh(store, at=NOON)
        assert counted(lake) == store.totals()
        documents, differences = lake.check(store)
        assert (documents, differences) == (len(history.documents), ())
        lake.compact(at=NOON)
        assert counted(lake) == store.totals()
        assert lake.check(store)[1] == ()


def test_a_lake_made_anew_is_the_lake_that_followed(forty: tuple[Store, Lake]) -> None:
    store, lake = forty
    lake.refresh(store, at=NOON)
    document = store.documents(stage=Stage.APPROVED)[0]
    store.move(document, Stage.SIGNED, by="worker", at=NOON)
    lake.refresh(store, at=NOON)
    lake.compact(at=NOON)
    other = Lake(lake.folder.with_name("other"))
    shutil.copy(lake.folder.with_name("lake.key"), other.folder.with_name("other.key"))

    other.rebuild(store, at=NOON)

    with Merged(lake.folder, lake.state()) as followed, Merged(other.folder, other.state()) as anew:
        for name in SCHEMAS:
            one, two = (
                m.connection.sql(f"FROM {name} ORDER BY ALL").to_arrow_table()
                for m in (followed, anew)
            )
            assert one.equals(two), name


# --- kills ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("work", "step"), [("refresh", 1), ("compact", 4), ("rebuild", 11)])
def test_wherever_it_is_killed_the_lake_is_the_old_one_or_the_new_one(
    work: str, step: int, forty: tuple[Store, Lake]
) -> None:
    store, lake = forty
    lake.refresh(store, at=NOON)
    if work != "compact":
        # Something to take in.
        for document in store.documents(stage=Stage.APPROVED)[:2]:
            store.move(document, Stage.SIGNED, by="worker", at=NOON)
    at = {"at": NOON}
    given = {"refresh": (store,), "rebuild": (store,), "compact": ()}[work]
    origin = lake.folder.rename(lake.folder.with_name("origin"))
    shutil.copy(lake.folder.with_name("lake.key"), lake.folder.with_name("copy.key"))
    seen = set()
    for point in count(step=step):
        copy = Lake(origin.with_name("copy"))
        shutil.copytree(origin, copy.folder)
        try:
            with dying(point):
                getattr(copy, work)(*given, **at)
        except Killed:
            stands(copy)
            seen.add(copy.state().generation)
            if point % 44 == 0:
                copy.refresh(store, at=NOON)
                assert counted(copy) == store.totals()
                leftover = [f for f in copy.folder.glob("*/*") if f.suffix != ".parquet"]
                assert not leftover
            shutil.rmtree(copy.folder)
            continue
        break

    assert point > 10
    assert counted(copy) == store.totals()
    assert lakes.State.from_json((origin / "manifest.json").read_text()).generation in seen


def _follow(folder: Path) -> None:
    """In a child: follow and compact without end."""
    store = Store(f"sqlite:///{folder}/workbench.db", folder / "objects")
    lake = Lake(folder / "lake")
    for n in count():
        document = store.documents(limit=1, offset=n % 40)[0]
        store.move(document, Stage.HELD, by="worker", at=NOON + timedelta(minutes=n))
        lake.refresh(store, at=NOON)
        lake.compact(at=NOON)


def test_after_real_kills_nothing_is_missing_and_nothing_is_twice(
    forty: tuple[Store, Lake],
) -> None:
    store, lake = forty
    lake.refresh(store, at=NOON)
    for states in (1, 2):
        generation = lake.state().generation
        child = multiprocessing.get_context("spawn").Process(
            target=_follow, args=(lake.folder.parent,), daemon=True
        )
        child.start()
        while child.is_alive() and lake.state().generation < generation + states:
            time.sleep(0.01)
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        stands(lake)

    lake.refresh(store, at=NOON)
    assert counted(lake) == store.totals()
    assert lake.check(store)[1] == ()


def test_a_full_disk_leaves_the_old_lake_as_it_was(
    forty: tuple[Store, Lake], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, lake = forty
    lake.refresh(store, at=NOON)
    before = lake.manifest.read_bytes()
    store.move(store.documents(stage=Stage.APPROVED)[0], Stage.SIGNED, by="worker", at=NOON)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(lakes.pq, "write_table", full)
        with pytest.raises(StorageError, match="disk is full"):
            lake.refresh(store, at=NOON)
        with pytest.raises(StorageError, match="disk is full"):
            lake.compact(at=NOON)

    assert lake.manifest.read_bytes() == before
    stands(lake)
    assert not list(lake.folder.glob("**/*.part"))
    lake.refresh(store, at=NOON)
    assert lake.check(store)[1] == ()


# --- reading while it moves on -------------------------------------------------------------------


def test_an_answer_is_from_one_state_also_while_the_lake_is_compacted(
    forty: tuple[Store, Lake],
) -> None:
    store, lake = forty
    lake.refresh(store, at=NOON)
    questions = Questions(lake)
    before = questions.ask("engine_agreement")

    lake.compact(at=NOON + timedelta(hours=1))

    assert questions.ask("engine_agreement").equals(before)
    assert questions.renew()
    assert not questions.renew()
    after = questions.ask("engine_agreement")
    assert list(after["readings"]) == list(before["readings"])


def test_who_looks_after_its_files_were_cleared_away_sees_the_newest_state(
    forty: tuple[Store, Lake],
) -> None:
    store, lake = forty
    lake.refresh(store, at=NOON)
    lake.compact(at=NOON)
    questions = Questions(lake)
    store.move(store.documents(stage=Stage.APPROVED)[0], Stage.EXPORTED, by="worker", at=NOON)
    lake.refresh(store, at=NOON)
    lake.compact(at=NOON)
    # The next one, a day later, clears away what nobody can be reading any more.
    store.move(store.documents(stage=Stage.APPROVED)[0], Stage.EXPORTED, by="worker", at=NOON)
    lake.refresh(store, at=NOON + timedelta(days=1))

    assert questions.ask("review_effort").iloc[0]["documents"] > 0
    assert questions.generation == lake.state().generation


def test_roll_ups_answer_as_the_rows_do(forty: tuple[Store, Lake]) -> None:
    store, lake = forty
    lake.refresh(store, at=NOON)
    rows = Questions(lake)  # nothing is in a roll-up yet
    lake.compact(at=NOON)
    cells = Questions(lake)
    first, last = rows.ask("period").iloc[0]
    periods: list[Mapping[str, Any]] = [
        {}, {"since": first + timedelta(days=3), "until": last - timedelta(days=2)},
        {"units": ["PC06"]}, {"kinds": ["antt"], "until": last - timedelta(days=9)},
    ]  # fmt: skip
    for name, order in (
        ("engine_agreement", "field"),
        ("corrections_by_field", "field"),
        ("accepted_unseen", "field"),
        ("scanners_right", "scanner"),
    ):
        for period in periods:
            one, two = (
                q.ask(name, **period).fillna("").sort_values(order, kind="stable").to_dict("list")
                for q in (rows, cells)
            )
            assert one == two, (name, period)


def test_a_lake_of_another_version_is_made_anew_at_the_next_refresh(
    forty: tuple[Store, Lake],
) -> None:
    store, lake = forty
    lake.refresh(store, at=NOON)
    before = counted(lake)
    lake.manifest.write_text(lake.manifest.read_text().replace('"format":2', '"format":1'))
    with pytest.raises(OutdatedLakeError) as told:
        lake.state()
    assert "lake rebuild" in told.value.remedy.text
    assert lake.refresh(store, at=NOON).documents == 40
    assert counted(lake) == before


# --- the command line ----------------------------------------------------------------------------


def test_the_command_says_when_the_lake_says_otherwise(
    forty: tuple[Store, Lake], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, lake = forty
    monkeypatch.setenv("WORKBENCH_DATA", str(lake.folder.parent))
    run = CliRunner()
    assert run.invoke(app, ["lake", "refresh"]).exit_code == 0
    assert "khớp toàn bộ" in run.invoke(app, ["lake", "check"]).output
    # A database that was brought back from a backup: its notes are older than the lake.
    with store.change() as session:
        session.execute(sa.text("DELETE FROM event WHERE id % 7 = 0"))
        session.execute(sa.text("UPDATE touched SET serial = 1, moves = 1, documents = 1"))

    found = run.invoke(app, ["lake", "check"])

    assert isinstance(found.exception, StorageError)
    assert found.exception.exit_code == 12
    assert "moves: 0" not in found.output and "moves" in found.output
    assert run.invoke(app, ["lake", "rebuild"]).exit_code == 0
    assert run.invoke(app, ["lake", "check"]).exit_code == 0
    assert run.invoke(app, ["lake", "compact"]).exit_code == 0


# --- PostgreSQL ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    if postgres_server.binaries() is None:
        pytest.skip("no PostgreSQL server on this machine; `make test` installs one")
    with postgres_server.server() as socket:
        folder = tmp_path_factory.mktemp("postgres")
        opened = Store(f"postgresql+psycopg://tests@/postgres?host={socket}", folder / "objects")
        migrations.upgrade(opened.engine)
        yield opened
        opened.close()


def test_what_is_kept_late_under_an_early_number_is_not_passed_over(
    postgres: Store, tmp_path: Path
) -> None:
    made_up.fill(postgres, documents=10, until=NOON, units=2)
    lake = Lake(tmp_path / "lake")
    lake.refresh(postgres, at=NOON)
    assert lake.check(postgres) == (10, ())
    first, second = postgres.documents(limit=2)

    with Session(postgres.engine) as slow:
        slow.add(_event(first.id))  # has its number, is not kept yet
        slow.flush()
        postgres.add(_event(second.id))
        lake.refresh(postgres, at=NOON)
        assert counted(lake)["moves"] == postgres.totals()["moves"]
        lake.refresh(postgres, at=NOON)  # what it has seen already is not taken in once more
        assert lake.refresh(postgres, at=NOON).rows == 0
        slow.commit()
    lake.refresh(postgres, at=NOON)

    assert counted(lake) == postgres.totals()
    assert lake.check(postgres) == (10, ())
    lake.compact(at=NOON)
    assert lake.check(postgres) == (10, ())


def _event(document: str) -> Event:
    return Event(document=document, batch="b", unit="U", after=Stage.READ, by="w", at=NOON)


# --- the made-up province ------------------------------------------------------------------------


def test_the_benchs_province_has_all_that_a_site_has(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    province.fill(lake, events=20_000, seed=1, months=3)

    rows = counted(lake)
    assert all(rows.values())
    assert 15_000 < sum(rows.values()) - rows["documents"] < 25_000
    found = Questions(lake)
    assert found.ask("totals").iloc[0]["total"] == rows["documents"]
    assert len(found.ask("units_seen")) > 50
    assert found.ask("engine_agreement")["readings"].sum() == rows["candidates"]
    assert set(PART_OF) == set(SCHEMAS)


def test_the_benchs_new_events_are_taken_in_on_top(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    province.fill(lake, events=4_000, seed=1, months=2)
    before = counted(lake)
    store = province.fresh_store(tmp_path, after=lake.state().cut, events=500, seed=2)

    taken = lake.refresh(store, at=now())

    after = counted(lake)
    assert taken.rows == sum(after.values()) - sum(before.values())
    store.close()


def test_units_keep_their_names_and_templates_their_versions(forty: tuple[Store, Lake]) -> None:
    store, lake = forty
    lake.refresh(store, at=NOON)
    store.keep(Unit(code="PC06", name="Phòng mới"))
    lake.refresh(store, at=NOON)

    assert "Phòng mới" in set(Questions(lake).ask("units_seen")["name"])


# --- the worker ----------------------------------------------------------------------------------


def test_a_worker_has_the_lake_follow_and_goes_on_when_it_cannot(
    forty: tuple[Store, Lake], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, lake = forty
    refreshed = Lake.refresh
    tries = count()

    def stumbling(self: Lake, *given: Any, **named: Any) -> Any:
        if next(tries) == 0:
            raise StorageError("The disk is full; the figures stay as they were.")
        return refreshed(self, *given, **named)

    monkeypatch.setattr(Lake, "refresh", stumbling)
    for name in ("IDLE_SECONDS", "FOLLOW_CALM_SECONDS", "FOLLOW_BUSY_SECONDS"):
        monkeypatch.setattr(worker, name, 0.01)
    stop = threading.Event()
    work: Any = SimpleNamespace(store=store, lake=lake)
    follower = threading.Thread(target=worker._follow, args=(work, stop, worker._Count()))
    follower.start()
    while follower.is_alive() and lake.state().at is None:
        time.sleep(0.01)
    stop.set()
    follower.join()

    assert counted(lake) == store.totals()


def test_the_bench_fails_when_a_limit_is_passed() -> None:
    def measured(warm: float, refresh: float) -> bench.Measured:
        board = bench.Dashboard("flow", 2, cold=1, warm=warm, filtered=1, native_cold=1,
                                native_warm=1)  # fmt: skip
        return bench.Measured(
            events=1, documents=1, made_seconds=0, lake_mb=1, native_mb=1, open_seconds=1,
            dashboards=[board], refresh_events=1, refresh_seconds=refresh, refresh_cpu_seconds=1,
            compact_seconds=1, peak_mb=1,
        )  # fmt: skip

    assert measured(1.5, 0.4).is_within
    assert not measured(1.7, 0.4).is_within
    assert not measured(1.5, 0.6).is_within
    assert measured(1.5, 0.4).as_json()["ratios"]["of_refresh_limit"] == 0.8
