"""The page of the repository: what each person finds there, and what they do with it."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.test_pages import Open, empty, full, told, visit  # noqa: F401 - fixtures
from workbench.flow import cards, custody
from workbench.model import Card, CustodyAct, Package, Shelf, Stage, now
from workbench.workspace import Workspace

Full = tuple[Workspace, dict[Stage, list[str]]]


@pytest.fixture
def kept(full: Full) -> tuple[Workspace, str]:  # noqa: F811
    """A workbench whose exported papers lie in the repository; one of them."""
    work, ids = full
    for key in ids[Stage.EXPORTED]:
        receipt = work.repository.deposit(
            Package(f"urn:workbench:document:{key}", {"document.pdf": b"%PDF-1.7 " + key.encode()})
        )
        receipt.document = key
        work.store.add(receipt)
    return work, ids[Stage.EXPORTED][0]


def stranger(work: Workspace) -> None:
    person = work.store.person("soat2")
    assert person is not None
    person.unit = "CA-MX"
    work.store.keep(person)


def test_an_empty_repository_says_how_records_come_there(empty: Workspace, visit: Open) -> None:  # noqa: F811
    page = visit("repository.py", "soat1")
    assert not page.exception
    assert not page.error
    assert "Hồ sơ đã ký tự động vào kho" in told(page)
    for view, words in (
        ("own", "Chưa có thư mục nào"),
        ("with_me", "Chưa có gì được chia sẻ"),
        ("by_me", "Bạn chưa chia sẻ gì"),
    ):
        page.segmented_control(key="repository.view").set_value(view).run()
        assert not page.exception
        assert words in told(page)


def test_records_are_found_by_words_with_the_hits_marked(
    kept: tuple[Workspace, str],
    visit: Open,  # noqa: F811
) -> None:
    work, _ = kept
    page = visit("repository.py", "soat1")
    assert "2 hồ sơ" in told(page)
    page.text_input(key="repository.text").set_value("truong mam").run()
    assert not page.exception
    assert "Tìm thấy 2 hồ sơ" in told(page)
    assert ">Trường</mark>" in told(page)
    page.text_input(key="repository.text").set_value("trướng").run()
    assert "Không có kết quả đúng dấu" in told(page)
    page.text_input(key="repository.text").set_value("không đâu có").run()
    assert "Không có hồ sơ nào bạn được xem" in told(page)
    stranger(work)
    page = visit("repository.py", "soat2")
    page.text_input(key="repository.text").set_value("truong mam").run()
    assert "Không có hồ sơ nào bạn được xem" in told(page)


def test_a_stranger_finds_no_record_by_its_address_on_any_page(
    kept: tuple[Workspace, str],
    visit: Open,  # noqa: F811
) -> None:
    work, key = kept
    stranger(work)
    cards.catalogue_new(work)
    for page, query in (
        ("repository.py", {"record": key}),
        ("documents.py", {"document": key}),
        ("engines.py", {"document": key}),
    ):
        seen = visit(page, "soat2", **query)
        assert "Trong kho không có hồ sơ này dành cho bạn." in told(seen), page
        assert "giá trị" not in told(seen)
        assert not visit(page, "soat1", **query).error
    assert [e.act for e in work.store.custody_events(document=key)] == [CustodyAct.OPENED]


def test_an_approver_files_shares_withdraws_and_restores_on_the_page(
    kept: tuple[Workspace, str],
    visit: Open,  # noqa: F811
) -> None:
    work, key = kept
    stranger(work)
    page = visit("repository.py", "duyet1")
    page.segmented_control(key="repository.view").set_value("own").run()
    page.text_input(key="repository.make.name").set_value("Năm 2024 *mới*")
    _submit(page, "Tạo thư mục")
    (folder,) = custody.folders(work, by="duyet1", own=False)
    assert folder.name == "Năm 2024 *mới*"

    page = visit("repository.py", "duyet1", record=key)
    page.selectbox(key=f"file.to.{key}.False.0").select(folder.id)
    _submit(page, "Chuyển hồ sơ")
    assert [f.folder for f in work.store.filings(key)] == [folder.id]

    page = visit("repository.py", "duyet1", record=key)
    page.segmented_control(key=f"share.{key}.kind").set_value("person").run()
    page.selectbox(key=f"share.{key}.to.person").select("soat2")
    _submit(page, "Chia sẻ")
    assert "chia sẻ lúc" in told(visit("repository.py", "duyet1", record=key))
    assert not visit("repository.py", "soat2", record=key).error

    page = visit("repository.py", "duyet1", record=key)
    _submit(page, "Rút hồ sơ")
    assert page.error  # a reason is asked for
    page.text_area(key=f"withdrawal.why.{key}.False").set_value("quét nhầm")
    _submit(page, "Rút hồ sơ")
    page = visit("repository.py", "duyet1", record=key)
    assert "quét nhầm" in told(page)
    assert "Đã rút" in told(page)
    assert visit("repository.py", "soat2", record=key).error
    page.text_area(key=f"withdrawal.why.{key}.True").set_value("đã đúng")
    _submit(page, "Khôi phục hồ sơ")
    page = visit("repository.py", "duyet1", record=key)
    assert "Đã khôi phục" in told(page)
    assert "đã xếp vào" in told(page)
    assert not visit("repository.py", "soat2", record=key).error


def _submit(page, label: str) -> None:  # type: ignore[no-untyped-def]
    """Press the button of a form by its words."""
    (button,) = [b for b in page.button if b.label == label]
    button.click().run()
    assert not page.exception


def test_five_hundred_records_are_turned_over_page_by_page(
    kept: tuple[Workspace, str],
    visit: Open,  # noqa: F811
    noon: datetime,
) -> None:
    work, _ = kept
    with work.store.change() as session:
        for n in range(500):
            session.add(
                Card(
                    document=f"made-up-{n}", unit="PC06", number=f"{n}/GCN",
                    kind=("antt", "con_dau")[n % 2],
                    holder=f"h{n % 90}", holder_name="Công ty " + "dài " * 40 + str(n % 90),
                    year=2015 + n % 9, issued=f"{2015 + n % 9}-01-01", at=noon, seen=noon,
                )
            )  # fmt: skip
    page = visit("repository.py", "soat1")
    assert not page.exception
    assert "502 hồ sơ" in told(page)
    for common, folders in (("holder", 91), ("kind", 2), ("year", 9)):
        page.segmented_control(key="repository.common").set_value(common).run()
        assert not page.exception
        assert len(page.dataframe[0].value) == folders
        assert len(page.dataframe[1].value) == 25
    assert now() > noon
    assert work.store.count_cards(custody.sight(work, "soat1"), Shelf(year=2016)) > 0
