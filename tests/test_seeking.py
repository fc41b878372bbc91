"""What is found first."""

from __future__ import annotations

import pytest

from workbench import vietnamese
from workbench.catalogues.dated import Tables
from workbench.model import Document, Person, Unit
from workbench.store import Store

PAPERS = {
    "dục": "Phòng Giáo dục và Đào tạo",
    "đức": "Nguyễn Văn Đức, ấp 1",
    "hoà": "Trần Văn Hoà",
    "hòa": "TRẦN VĂN HÒA",
    "percent": "Giảm 10% thuế_A",
}


@pytest.fixture
def filled(store: Store) -> Store:
    for number, (key, value) in enumerate(PAPERS.items(), start=1):
        said = vietnamese.sought([value, f"{number}/GCN"])
        store.add(Document(id=key, batch="b", source="s", unit="u", number=number, sought=said))
    return store


def found(store: Store, text: str) -> list[str]:
    return [document.id for document in store.documents(text=text)]


def test_both_ways_of_placing_the_tone_are_found_without_marks(filled: Store) -> None:
    assert found(filled, "tran van hoa") == ["hoà", "hòa"]
    assert found(filled, "Trần Văn Hoà") == ["hoà", "hòa"]
    assert found(filled, "Hòa") == ["hoà", "hòa"]


def test_marks_that_were_typed_bring_what_has_them_to_the_front(filled: Store) -> None:
    assert found(filled, "duc") == ["dục", "đức"]
    assert found(filled, "đức") == ["đức", "dục"]
    assert filled.count(text="đức") == 2


def test_a_search_runs_over_commas_and_into_numbers(filled: Store) -> None:
    assert found(filled, "Đức, ấp") == ["đức"]
    assert found(filled, "3/gcn") == ["hoà"]


def test_signs_of_the_database_are_searched_as_they_stand(filled: Store) -> None:
    assert found(filled, "10% thuế_a") == ["percent"]
    assert found(filled, "1_% thuế") == []


def test_units_and_persons_stand_as_a_vietnamese_reader_expects(store: Store) -> None:
    names = {"C": "Công an huyện Mỹ Tú", "B": "Công an huyện Mỹ Xuyên", "A": "Đội An ninh"}
    store.keep(*(Unit(code=code, name=name) for code, name in names.items()))
    people = {"b": "Trần Văn An", "a": "Lê Thị Ánh", "c": "Đỗ Bình"}
    store.keep(
        *(Person(name=name, shown_as=shown, password_hash="") for name, shown in people.items())
    )
    assert [unit.code for unit in store.units()] == ["C", "B", "A"]
    assert [person.name for person in store.persons()] == ["b", "a", "c"]


def test_abbreviations_are_spelt_out_from_the_table() -> None:
    known = Tables().dictionary()
    assert vietnamese.expand("CA TP. Sóc Trăng, P. 2", known) == (
        ("CA", "Công an"), ("TP.", "thành phố"), ("P.", "phường"),
    )  # fmt: skip


def test_rows_from_before_are_found_as_they_were(filled: Store) -> None:
    before = vietnamese.fold("Nguyễn Văn Đức, ấp 9")
    filled.add(Document(id="cũ", batch="b", source="s", unit="u", number=9, sought=before))
    assert found(filled, "Đức, ấp 9") == ["cũ"]
    assert found(filled, "duc") == ["dục", "đức", "cũ"]
