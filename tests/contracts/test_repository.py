"""What every repository keeps, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.errors import DepositError
from workbench.model import Package
from workbench.repository.ocfl import OcflRepository
from workbench.seams import Repository

PACKAGE = Package("urn:workbench:document:d1", {"document.pdf": b"%PDF", "record.json": b"{}"})


@pytest.fixture(params=[OcflRepository], ids=lambda f: f.__name__)
def open_again(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Repository]:
    return lambda: request.param(tmp_path / "repository")


def test_a_receipt_names_what_it_is_for(open_again: Callable[[], Repository]) -> None:
    repository = open_again()
    receipt = repository.deposit(PACKAGE)
    assert receipt.object_id == PACKAGE.object_id
    assert receipt.package_digest == PACKAGE.digest
    assert receipt.repository == repository.name
    assert receipt.version


def test_the_same_package_twice_gives_the_first_receipt(
    open_again: Callable[[], Repository],
) -> None:
    first = open_again().deposit(PACKAGE)
    assert open_again().deposit(PACKAGE) == first
    assert open_again().deposit(replace(PACKAGE, message="said otherwise")) == first


def test_a_changed_package_gets_its_own_receipt(open_again: Callable[[], Repository]) -> None:
    repository = open_again()
    first = repository.deposit(PACKAGE)
    changed = repository.deposit(replace(PACKAGE, files={**PACKAGE.files, "record.json": b"[]"}))
    assert changed.version != first.version
    assert changed.id != first.id
    assert repository.deposit(PACKAGE) == first


def test_two_objects_may_hold_the_same_files(open_again: Callable[[], Repository]) -> None:
    repository = open_again()
    one = repository.deposit(PACKAGE)
    other = repository.deposit(replace(PACKAGE, object_id="urn:workbench:document:d2"))
    assert one.id != other.id


def test_what_it_refuses_it_refuses_in_words(open_again: Callable[[], Repository]) -> None:
    with pytest.raises(DepositError):
        open_again().deposit(Package("urn:workbench:document:d3", {}))
