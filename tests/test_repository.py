"""The repository keeps its word: whole objects, the same receipt, versions, whatever happens."""

from __future__ import annotations

import errno
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ocfl import Object, StorageRoot

from workbench.errors import DepositError
from workbench.model import Package
from workbench.repository import ocfl
from workbench.repository.ocfl import OcflRepository

logging.getLogger("ocfl").setLevel(logging.CRITICAL)


def package(number: int = 1, *, record: str = "{}") -> Package:
    return Package(
        f"urn:workbench:{number}",
        {
            "document.pdf": b"%PDF-1.7 " + bytes([number]) * 1000,
            "record.json": record.encode(),
            "originals/Giấy chứng nhận.jpg": b"\xff\xd8",
            "originals/again.jpg": b"\xff\xd8",  # the same bytes under two names are kept once
        },
        message="Signed record",
    )


def assert_valid(repository: OcflRepository, objects: int, *, warnings: bool = True) -> None:
    """What an independent implementation says of everything on the disk."""
    root = StorageRoot(root=str(repository.root))
    assert root.validate(validate_objects=True, check_digests=True, log_warnings=warnings)
    assert root.errors == []
    assert root.num_objects == root.good_objects == objects
    assert root.num_traversal_errors == 0


def kept_files(repository: OcflRepository, version: str = "") -> dict[str, bytes]:
    """The files of the only object by their names, as its inventory tells where they lie."""
    place = next(repository.root.rglob("0=ocfl_object_1.1")).parent
    inventory = json.loads((place / "inventory.json").read_bytes())
    state = inventory["versions"][version or inventory["head"]]["state"]
    return {
        name: (place / inventory["manifest"][digest][0]).read_bytes()
        for digest, names in state.items()
        for name in names
    }


@pytest.fixture
def repository(tmp_path: Path) -> OcflRepository:
    return OcflRepository(tmp_path / "repository")


def test_what_was_deposited_lies_there_under_its_names(repository: OcflRepository) -> None:
    receipt = repository.deposit(package())

    assert kept_files(repository) == package().files
    assert receipt.version == "v1"
    assert receipt.package_digest == package().digest
    assert receipt.repository == "ocfl"
    assert receipt.at.tzinfo is not None
    assert_valid(repository, 1)


def test_the_same_package_again_gives_the_same_receipt(repository: OcflRepository) -> None:
    first = repository.deposit(package())

    assert repository.deposit(package()) == first
    assert len(repository.receipts("urn:workbench:1")) == 1


def test_receipts_survive_the_loss_of_every_database(
    repository: OcflRepository, tmp_path: Path
) -> None:
    first = repository.deposit(package())

    reopened = OcflRepository(tmp_path / "repository")

    assert reopened.receipts("urn:workbench:1") == (first,)
    assert reopened.deposit(package()) == first


def test_a_changed_package_is_the_next_version_and_keeps_only_what_changed(
    repository: OcflRepository, tmp_path: Path
) -> None:
    first = repository.deposit(package())
    second = repository.deposit(package(record='{"so":"012/ĐKMD"}'))

    assert (first.version, second.version) == ("v1", "v2")
    assert repository.receipts("urn:workbench:1") == (first, second)
    [new] = [p for p in (repository.root).rglob("v2/content/**/*") if p.is_file()]
    assert new.name == "record.json"
    assert kept_files(repository) == package(record='{"so":"012/ĐKMD"}').files
    assert kept_files(repository, "v1") == package().files
    assert repository.deposit(package()) == first
    assert_valid(repository, 1)


def test_ids_of_any_kind_find_their_place(repository: OcflRepository) -> None:
    for object_id in ("urn:workbench:é/..", "a" * 300, "..", "Hồ sơ 1"):
        repository.deposit(Package(object_id, {"a": b"1"}))
        assert repository.receipts(object_id)[0].object_id == object_id
    assert_valid(repository, 4, warnings=False)  # an id should be a URI, but need not


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a//b", "", ".", "a/../../x"])
def test_no_file_leads_out_of_its_package(repository: OcflRepository, name: str) -> None:
    with pytest.raises(DepositError):
        repository.deposit(Package("o", {name: b"x"}))
    assert repository.receipts("o") == ()


def test_an_empty_package_is_refused(repository: OcflRepository) -> None:
    with pytest.raises(DepositError):
        repository.deposit(Package("o", {}))


# --- when things break ---------------------------------------------------------------------------


RECORDS = (b"one", b"two")


def versioned(record: bytes) -> Package:
    return Package("urn:o", {"a/record": record, "same": b"same"})


def deposit_and_die(folder: Path, die_at: int) -> None:
    """Deposit two versions; the process is killed at its `die_at`-th touch of the disk."""
    calls = 0

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: object, **named: object) -> Any:
            nonlocal calls
            calls += 1
            if calls == die_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*given, **named)

        return call

    ocfl._write, ocfl._sync = counted(ocfl._write), counted(ocfl._sync)
    Path.rename, Path.unlink = counted(Path.rename), counted(Path.unlink)  # type: ignore[method-assign]
    repository = OcflRepository(folder)
    for record in RECORDS:
        repository.deposit(versioned(record))


def test_a_kill_at_any_step_leaves_whole_objects_and_no_receipt_is_lost(tmp_path: Path) -> None:
    heads = []
    for step in range(1, 200):
        folder = tmp_path / str(step)
        child = os.fork()
        if child == 0:
            deposit_and_die(folder, step)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            break
        reopened = OcflRepository(folder)
        kept = reopened.receipts("urn:o")
        heads.append(len(kept))
        assert_valid(reopened, 1 if kept else 0)
        assert list((folder / "stage").iterdir()) == []
        for number, record in enumerate(RECORDS, start=1):
            receipt = reopened.deposit(versioned(record))
            assert receipt.version == f"v{number}"
            assert receipt in kept or number > len(kept)
        assert_valid(reopened, 1)
    else:
        raise AssertionError("it never came to its end")
    assert sorted(heads) == heads  # what a later step leaves is never less
    assert set(heads) == {0, 1, 2}


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small disk can only be mounted by root")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_disk_is_said_and_leaves_nothing_half_done(tiny_disk: Path) -> None:
    repository = OcflRepository(tiny_disk / "repository")
    first = repository.deposit(package())
    large = Package("urn:workbench:1", {"document.pdf": os.urandom(400_000)})
    for refused in (large, Package("urn:workbench:2", large.files)):
        with pytest.raises(DepositError, match="full"):
            repository.deposit(refused)

    assert repository.receipts("urn:workbench:1") == (first,)
    assert repository.receipts("urn:workbench:2") == ()
    assert list((tiny_disk / "repository" / "stage").iterdir()) == []
    assert_valid(repository, 1)


def test_a_disk_that_fills_at_any_write_leaves_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ocfl._write
    repository = OcflRepository(tmp_path / "repository")
    first = repository.deposit(package())
    changed = package(record="changed")
    for step in range(1, 50):
        calls = 0

        def write(path: Path, content: bytes, step: int = step) -> None:
            nonlocal calls
            calls += 1
            if calls == step:
                real(path, content[: len(content) // 2])  # as a full disk leaves it
                raise OSError(errno.ENOSPC, "No space left on device")
            real(path, content)

        monkeypatch.setattr(ocfl, "_write", write)
        try:
            receipt = repository.deposit(changed)
        except DepositError:
            assert repository.receipts("urn:workbench:1") == (first,)
            assert_valid(repository, 1)
            continue
        assert receipt.version == "v2"
        assert step > 4
        break
    else:
        raise AssertionError("one full disk stopped every deposit after it")
    assert_valid(repository, 1)


@pytest.mark.parametrize("marker", [b"", b"urn:work", b"\xff"])
def test_a_torn_marker_in_the_stage_stops_nobody(tmp_path: Path, marker: bytes) -> None:
    repository = OcflRepository(tmp_path)
    first = repository.deposit(package())
    torn = tmp_path / "stage" / "torn"

    def tear() -> None:
        (torn / "new" / "v2" / "content").mkdir(parents=True)
        (torn / "object").write_bytes(marker)

    tear()
    assert repository.deposit(package()) == first
    assert not torn.exists()
    tear()
    reopened = OcflRepository(tmp_path)
    assert not torn.exists()
    assert reopened.receipts("urn:workbench:1") == (first,)
    assert_valid(reopened, 1)


def test_two_processes_may_deposit_the_same_package_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    code = (
        "import sys; from pathlib import Path; from workbench.model import Package;"
        "from workbench.repository.ocfl import OcflRepository;"
        "r = OcflRepository(Path(sys.argv[1]));"
        "print([r.deposit(Package(f'urn:o{n}', {'a': b'1'})).id for n in range(20)])"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, folder],
            cwd=Path(ocfl.__file__).parents[2],
            stdout=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    one, two = (process.communicate()[0].splitlines()[-1] for process in running)
    assert one == two
    assert_valid(OcflRepository(folder), 20)


def test_every_object_is_valid_on_its_own(repository: OcflRepository) -> None:
    repository.deposit(package())
    place = next(repository.root.rglob("0=ocfl_object_1.1")).parent
    passed, *_ = Object().validate(str(place))  # a tuple, truthy even where it failed
    assert passed
    (place / "v1" / "content" / "record.json").write_text("tampered")
    passed, *_ = Object().validate(str(place))
    assert not passed
