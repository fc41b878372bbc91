"""What is kept is looked at file by file; a look goes on after a kill; only good replaces bad."""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest
from ocfl import StorageRoot

from workbench import migrations
from workbench.errors import NotReadyError, StorageError
from workbench.flow import fixity
from workbench.model import Audit, Document, Harm, Package, Receipt, now
from workbench.objects import ObjectHoldings
from workbench.repository.holdings import OcflHoldings
from workbench.repository.ocfl import OcflRepository
from workbench.store import Store, audits

logging.getLogger("ocfl").setLevel(logging.CRITICAL)


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("blank")
    opened = Store(f"sqlite:///{folder}/workbench.db", folder / "objects")
    migrations.upgrade(opened.engine)
    opened.close()
    return folder / "workbench.db"


@dataclass
class Site:
    """A data folder with eight files in the object store and four objects in the repository."""

    data: Path
    store: Store
    repository: OcflRepository

    @property
    def work(self) -> SimpleNamespace:
        return SimpleNamespace(
            store=self.store,
            repository=self.repository,
            holdings=(ObjectHoldings(self.store.objects), OcflHoldings(self.repository)),
            scratch=self.data / "scratch",
        )

    def audited(self, **named: object) -> tuple[Audit, list[tuple[Harm, str]]]:
        audits.begin(self.store, by="quantri", at=now())
        audit = audits.take_up(self.store, at=now())
        assert audit is not None
        audit = fixity.go_on(self.work, audit, **named)
        found = audits.damages(self.store, audit.id)
        return audit, [(damage.harm, damage.name) for damage in found]

    def assert_valid(self) -> None:
        root = StorageRoot(root=str(self.repository.root))
        assert root.validate(validate_objects=True, check_digests=True, log_warnings=False)
        assert root.num_objects == root.good_objects == 4

    def copied(self) -> Path:
        shutil.copytree(self.data, self.data.parent / "copy")
        return self.data.parent / "copy"

    def in_repository(self, pattern: str) -> Path:
        return sorted(self.repository.root.rglob(pattern))[0]


def open_site(data: Path) -> Site:
    store = Store(f"sqlite:///{data}/workbench.db", data / "objects")
    return Site(data, store, OcflRepository(data / "repository"))


@pytest.fixture
def site(tmp_path: Path, blank: Path) -> Iterator[Site]:
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(blank, data / "workbench.db")
    opened = open_site(data)
    for number in range(8):
        opened.store.put(bytes([number]) * 5000)
    receipts = []
    for number in range(4):
        files = {"document.pdf": b"%PDF" + bytes([number]) * 3000, "record.json": b"{}"}
        opened.repository.deposit(Package(f"urn:o{number}", files))
        files["record.json"] = b'{"again": 1}'
        receipts.append(opened.repository.deposit(Package(f"urn:o{number}", files)))
    pdf = opened.store.put(b"a sealed file")
    opened.store.add(
        Document(id="d", batch="b", source="s", unit="u", number=1, pdf_digest=pdf),
        *(Receipt(**{**r.model_dump(), "document": "d"}) for r in receipts),
    )
    yield opened
    opened.store.close()


def test_where_nothing_is_wrong_nothing_is_found(site: Site) -> None:
    audit, found = site.audited()
    assert found == []
    assert audit.ended_at is not None
    files = [p for p in site.repository.root.rglob("*") if p.is_file()]
    marks = {"0=ocfl_1.1", "ocfl_layout.json", "config.json"}  # of the root, not of an object
    assert audit.files == 9 + len([p for p in files if p.name not in marks])


def test_every_kind_of_harm_is_found_by_its_name(site: Site) -> None:
    objects = sorted(p for p in site.store.objects.rglob("*") if p.is_file())
    objects[0].write_bytes(b"other")
    (site.store.objects / "zz").mkdir()
    (site.store.objects / "zz" / "stranger").write_bytes(b"x")
    site.store.path(site.store.document("d").pdf_digest).unlink()
    content = site.in_repository("v1/content/document.pdf")
    content.write_bytes(b"%PDF" + b"\x07" * 3000)
    stranger = content.with_name("stranger")
    stranger.write_bytes(b"x")
    gone = site.in_repository("v2/content/record.json")
    gone.unlink()

    audit, found = site.audited()

    below = site.repository.root
    assert sorted(found) == sorted(
        [
            (Harm.ALTERED, objects[0].relative_to(site.store.objects).as_posix()),
            (Harm.UNEXPECTED, "zz/stranger"),
            (Harm.MISSING, ObjectHoldings(site.data).named(site.store.document("d").pdf_digest)),
            (Harm.ALTERED, content.relative_to(below).as_posix()),
            (Harm.UNEXPECTED, stranger.relative_to(below).as_posix()),
            (Harm.MISSING, gone.relative_to(below).as_posix()),
        ]
    )
    assert audit.harmed == 6


@pytest.mark.parametrize(
    ("below", "name"),
    [
        ("", "0=ocfl_object_1.1"),  # an object has one mark
        *product(("", "v1", "v2"), ("inventory.json", "inventory.json.sha512")),
    ],
)
def test_a_damaged_inventory_is_found_and_put_back(site: Site, name: str, below: str) -> None:
    copy = site.copied()
    place = site.in_repository("0=ocfl_object_1.1").parent / below / name
    place.write_bytes(place.read_bytes().replace(b"o", b"0", 1)[:-1])

    _, found = site.audited()
    assert [n for _, n in found] == [place.relative_to(site.repository.root).as_posix()]

    fixity.restore(site.work, copy, by="quantri")
    site.assert_valid()
    assert site.audited()[1] == []


def test_an_object_that_is_gone_altogether_is_missed_and_put_back(site: Site) -> None:
    copy = site.copied()
    place = site.in_repository("0=ocfl_object_1.1").parent
    shutil.rmtree(place)

    _, found = site.audited()
    assert found == [(Harm.MISSING, place.relative_to(site.repository.root).as_posix())]

    assert len(fixity.restore(site.work, copy, by="quantri").put_back) == 1
    site.assert_valid()
    assert site.audited()[1] == []


def test_an_object_whose_inventories_are_all_damaged_is_put_back_whole(site: Site) -> None:
    copy = site.copied()
    place = site.in_repository("0=ocfl_object_1.1").parent
    for inventory in place.rglob("inventory.json"):
        inventory.write_bytes(b"{")

    assert len(site.audited()[1]) == 1
    fixity.restore(site.work, copy, by="quantri")
    site.assert_valid()


def test_restoring_puts_back_what_is_bad_and_touches_nothing_else(site: Site) -> None:
    copy = site.copied()
    files = sorted(p for p in site.store.objects.rglob("*") if p.is_file())
    files[0].write_bytes(b"bad")
    files[1].unlink()
    pdf = site.in_repository("v1/content/document.pdf")
    pdf.write_bytes(b"bad")
    before = {p: p.stat().st_ino for p in files[2:]}
    audit, _ = site.audited()

    done = fixity.restore(site.work, copy, by="quantri")

    # A file that no row names is no longer known to have been there: only the other two.
    assert len(done.put_back) == 2
    assert site.audited()[1] == []
    site.assert_valid()
    assert {p: p.stat().st_ino for p in files[2:]} == before
    kept_aside = site.data / "damaged" / audit.id
    assert sorted(p.read_bytes() for p in kept_aside.rglob("*") if p.is_file()) == [b"bad", b"bad"]
    assert all(d.mended_by == "quantri" for d in audits.damages(site.store, audit.id))


def test_bad_never_replaces_good_nor_bad(site: Site) -> None:
    copy = site.copied()
    pdf = site.in_repository("v1/content/document.pdf")
    twin = copy / "repository" / "ocfl-root" / pdf.relative_to(site.repository.root)
    good = pdf.read_bytes()
    pdf.write_bytes(b"bad here")
    twin.write_bytes(b"bad there")
    site.audited()

    done = fixity.restore(site.work, copy, by="quantri")
    assert (done.put_back, len(done.not_in_copy)) == ((), 1)
    assert pdf.read_bytes() == b"bad here"

    pdf.write_bytes(good)  # mended by somebody else meanwhile, while the copy is still bad
    assert fixity.restore(site.work, copy, by="quantri").put_back == ()
    assert pdf.read_bytes() == good


def test_an_older_copy_never_takes_a_newer_version_away(site: Site) -> None:
    copy = site.copied()
    site.repository.deposit(Package("urn:o0", {"record.json": b"third"}))
    place = site.repository.root / OcflHoldings(site.repository).named("urn:o0")
    for inventory in place.rglob("inventory.json"):
        inventory.write_bytes(b"{")
    site.audited()

    assert fixity.restore(site.work, copy, by="quantri").put_back == ()
    assert (place / "v3" / "content" / "record.json").read_bytes() == b"third"


def test_a_stopped_look_goes_on_where_it_was(site: Site) -> None:
    whole, _ = site.audited()
    seen: list[int] = []

    def stop() -> bool:
        seen.append(1)
        return len(seen) > 12

    part, _ = site.audited(stop=stop)
    assert part.ended_at is None
    assert part.files == 12
    audits.note(site.store, _silent(part), [])

    rest, _ = site.audited()
    assert rest.id == part.id
    assert (rest.files, rest.size) == (whole.files, whole.size)


def test_a_killed_look_goes_on_and_tells_each_damage_once(site: Site) -> None:
    harmed = [p for p in sorted(site.store.objects.rglob("*")) if p.is_file()][:3]
    for file in harmed:
        file.write_bytes(b"bad")
    site.store.close()  # a child needs connections of its own
    child = os.fork()
    if child == 0:
        fixity.FILES_A_NOTE = 4
        opened, looked = open_site(site.data), []

        def die() -> bool:
            looked.append(1)
            if len(looked) > 11:
                os.kill(os.getpid(), signal.SIGKILL)
            return False

        opened.audited(stop=die)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    [begun] = audits.audits(site.store)
    assert (begun.ended_at, begun.files, begun.harmed) == (None, 9, 3)
    audits.note(site.store, _silent(begun), [])

    audit, found = site.audited()

    assert audit.id == begun.id
    assert audit.ended_at is not None
    assert sorted(name for _, name in found) == [
        file.relative_to(site.store.objects).as_posix() for file in harmed
    ]
    assert audit.harmed == 3


def test_one_look_is_carried_on_by_one(site: Site) -> None:
    audits.begin(site.store, by="a", at=now())
    assert audits.take_up(site.store, at=now()) is not None
    assert audits.take_up(site.store, at=now()) is None
    assert audits.begin(site.store, by="b", at=now()).by == "a"


def test_a_look_reads_no_faster_than_it_may(site: Site) -> None:
    slept: list[float] = []
    pace = fixity.Pace(10_000, clock=lambda: sum(slept), sleep=slept.append)
    audit, _ = site.audited(pace=pace)
    assert sum(slept) == pytest.approx(audit.size / 10_000)


def test_a_disk_that_fills_while_restoring_changes_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = site.copied()
    pdf = site.in_repository("v1/content/document.pdf")
    pdf.write_bytes(b"bad")
    site.audited()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfileobj", full)
        with pytest.raises(StorageError, match="No space"):
            fixity.restore(site.work, copy, by="quantri")
    assert pdf.read_bytes() == b"bad"
    assert list(site.data.rglob("*.part")) == []
    assert len(fixity.restore(site.work, copy, by="quantri").put_back) == 1
    site.assert_valid()


def test_nothing_is_restored_before_a_look_or_from_no_copy(site: Site, tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="audited"):
        fixity.restore(site.work, tmp_path, by="quantri")
    site.audited()
    with pytest.raises(NotReadyError, match="no copy"):
        fixity.restore(site.work, tmp_path / "nowhere", by="quantri")


def test_the_commands_tell_what_is_bad_and_put_it_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from workbench.cli import app

    copy = site.copied()
    site.in_repository("v1/content/document.pdf").write_bytes(b"bad")
    monkeypatch.setenv("WORKBENCH_DATA", str(site.data))
    monkeypatch.setenv("WORKBENCH_KEYS", str(site.data.parent / "keys"))

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, list(arguments))
        return result.exit_code, result.stdout

    code, said = run("audit", "--rate", "0")
    assert code == 25
    assert "bị sửa đổi: repository/" in said
    assert run("restore", "--from", str(copy))[0] == 0
    code, said = run("audit", "--json")
    assert (code, json.loads(said)["damages"]) == (0, [])
    assert run("audit", "--last")[0] == 0


def _silent(audit: Audit) -> Audit:
    audit.seen_at = audit.seen_at - timedelta(hours=1)
    # `note` keeps the row as it is: its process is gone.
    return audit
