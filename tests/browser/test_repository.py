"""The repository in a real browser: folders, search, a share that ends, a stranger's address."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Office
from workbench import accounts
from workbench.bench.sitting import PASSWORD
from workbench.flow import custody
from workbench.model import (
    CustodyAct,
    Document,
    Intake,
    Package,
    Person,
    Proposal,
    Role,
    SourceFile,
    Stage,
    Unit,
)
from workbench.model import Page as ScannedPage
from workbench.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

WAIT = 60_000


@dataclass(frozen=True)
class Kept:
    """A record in the repository of unit KHO, and the image of its page."""

    document: str
    view: str


@pytest.fixture(scope="module")
def kept(office: Office) -> Kept:
    work = office.site.work
    secret = accounts.hash_password(PASSWORD)
    work.store.keep(
        Unit(code="KHO", name="Đơn vị giữ kho"),
        Unit(code="LA", name="Đơn vị lạ"),
        *(
            Person(
                name=name, shown_as=shown, password_hash=secret, roles=[role.value], unit=unit
            )
            for name, shown, role, unit in (
                ("kho-duyet", "Người duyệt của kho", Role.APPROVER, "KHO"),
                ("nguoi-la", "Người lạ", Role.REVIEWER, "LA"),
            )
        ),
    )  # fmt: skip
    return _record(work, work.templates["con_dau"].digest)


def _record(work: Workspace, template: str) -> Kept:
    pdf, page = io.BytesIO(), io.BytesIO()
    sheet = Image.new("RGB", (413, 585), "white")
    sheet.save(pdf, "PDF")
    sheet.save(page, "WEBP")
    view = work.store.put(page.getvalue() + uuid4().bytes)
    source = SourceFile(
        batch="kho", name="lưu-001.pdf", digest=uuid4().hex * 2, intake=Intake.ACCEPTED
    )
    document = Document(
        batch="kho", source=source.id, unit="KHO", number=1, stage=Stage.EXPORTED, kind="con_dau",
        template_digest=template, pdf_digest=work.store.put(pdf.getvalue()),
    )  # fmt: skip
    values = {
        "so": ("012/ĐKMD", ""),
        "ten_to_chuc": ("Trường Mầm non Hoàng Oanh", ""),
        "ngay_cap": ("ngày 11 tháng 03 năm 2019", "2019-03-11"),
    }
    receipt = work.repository.deposit(
        Package(f"urn:workbench:document:{document.id}", {"document.pdf": pdf.getvalue()})
    )
    receipt.document = document.id
    work.store.add(
        source,
        document,
        receipt,
        ScannedPage(
            document=document.id, number=0, file_page=0, width=413, height=585, dpi=50,
            scan=view, view=view, source=source.id,
        ),
        *(
            Proposal(
                document=document.id, field=field, position=n, value=value,
                normalised=normalised or value, template_digest=template,
            )
            for n, (field, (value, normalised)) in enumerate(values.items())
        ),
    )  # fmt: skip
    return Kept(document.id, view)


@contextmanager
def entered(chromium: Browser, office: Office, name: str) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="vi-VN")
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.goto(f"{office.address}/login")
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    expect(page.get_by_test_id("stSidebar")).to_be_visible(timeout=WAIT)
    yield page
    context.close()


def keyed(page: Page, key: str) -> str:
    """The CSS class that Streamlit gives a widget with this key."""
    return ".st-key-" + re.sub(r"[^a-zA-Z0-9_-]", "-", key)


def statuses(page: Page, office: Office, kept: Kept) -> set[int]:
    """How the server answers who asks for a file or an image of the record by its address."""
    return {
        page.request.get(f"{office.address}{path}").status
        for path in (
            f"/signed-files/{kept.document}",
            f"/sealed-pages/{kept.document}/0",
            f"/page-images/{kept.view}",
            f"/snippets/{kept.view}/10000-10000-50000-50000",
        )
    }


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait for what was done to be kept: what is said of it on the screen soon goes by."""
    end = time.monotonic() + WAIT / 1000
    while not holds():
        assert time.monotonic() < end, page.locator("main").inner_text()
        page.wait_for_timeout(200)


def refused(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_text("Trong kho không có hồ sơ này dành cho bạn.").first).to_be_visible(
        timeout=WAIT
    )
    expect(page.get_by_text("Hoàng Oanh")).to_have_count(0)


def test_a_record_is_found_filed_and_shared_and_a_stranger_sees_it_only_meanwhile(
    office: Office, kept: Kept, chromium: Browser
) -> None:
    work = office.site.work
    addresses = [
        f"{office.address}/{page}={kept.document}"
        for page in ("repository?record", "documents?document", "engines?document")
    ]
    with entered(chromium, office, "nguoi-la") as page:
        for address in addresses:
            refused(page, address)
        assert statuses(page, office, kept) == {404}

    with entered(chromium, office, "kho-duyet") as page:
        page.goto(f"{office.address}/repository")
        # A folder is made …
        page.get_by_text("Thư mục tự định nghĩa", exact=True).click()
        page.get_by_role("button", name="Thư mục mới…").click()
        page.locator(keyed(page, "repository.make.name")).locator("input").fill("Năm 2019")
        page.get_by_role("button", name="Tạo thư mục").click()
        until(page, lambda: bool(custody.folders(work, by="kho-duyet", own=False)))
        (folder,) = custody.folders(work, by="kho-duyet", own=False)
        # … the record found by words typed without marks, the hits marked, and opened …
        box = page.locator(keyed(page, "repository.text")).locator("input")
        box.fill("hoang oanh")
        box.press("Enter")
        expect(page.locator("mark").first).to_have_text("Hoàng", timeout=WAIT)
        page.get_by_role("button", name=re.compile("Hoàng Oanh")).click()
        picture = page.locator(f'img[src="/sealed-pages/{kept.document}/0"]')
        expect(picture).to_be_visible(timeout=WAIT)
        page.wait_for_function(
            "image => image.complete && image.naturalWidth > 1000", arg=picture.element_handle()
        )
        # … laid into the folder …
        page.get_by_role("button", name="Xếp vào thư mục…").click()
        page.locator(keyed(page, f"file.to.{kept.document}.False.0")).get_by_role(
            "combobox"
        ).click()
        page.get_by_role("option", name="Năm 2019").click()
        page.get_by_role("button", name="Chuyển hồ sơ").click()
        until(page, lambda: bool(work.store.filings(kept.document)))
        assert [filing.folder for filing in work.store.filings(kept.document)] == [folder.id]
        # … and shared with another unit.
        page.get_by_role("button", name="Chia sẻ…").click()
        page.locator(keyed(page, f"share.{kept.document}.to.unit")).get_by_role("combobox").click()
        page.get_by_role("option", name="Đơn vị lạ").click()
        page.get_by_role("button", name="Chia sẻ", exact=True).click()
        until(page, lambda: bool(work.store.shares(document=kept.document)))

    with entered(chromium, office, "nguoi-la") as page:
        page.goto(f"{office.address}/repository")
        page.get_by_text("Được chia sẻ với tôi", exact=True).click()
        expect(page.get_by_text("1 hồ sơ", exact=True)).to_be_visible(timeout=WAIT)
        page.goto(addresses[0])
        expect(page.get_by_role("heading", name="Trường Mầm non Hoàng Oanh")).to_be_visible(
            timeout=WAIT
        )
        expect(page.get_by_role("button", name="Chia sẻ…")).to_have_count(0)
        expect(page.get_by_role("button", name="Rút hồ sơ…")).to_have_count(0)
        assert statuses(page, office, kept) == {200}

    with entered(chromium, office, "kho-duyet") as page:
        page.goto(addresses[0])
        page.get_by_role("tab", name="Thao tác").click()
        expect(page.get_by_text("đã xếp vào “Năm 2019”")).to_be_visible(timeout=WAIT)
        expect(page.get_by_text("đã chia sẻ cho Đơn vị lạ")).to_be_visible()
        expect(page.get_by_text("đã tải tệp PDF đã ký")).to_be_visible()
        page.get_by_role("tab", name="Phiên bản").click()
        expect(page.get_by_text("tệp PDF đã ký (document.pdf)")).to_be_visible()
        page.get_by_role("tab", name="Chia sẻ").click()
        page.get_by_role("button", name="Thu hồi…").click()
        page.get_by_role("button", name="Thu hồi", exact=True).click()
        until(page, lambda: bool(work.store.shares(document=kept.document)[0].revoked_by))

    with entered(chromium, office, "nguoi-la") as page:
        refused(page, addresses[0])
        assert statuses(page, office, kept) == {404}
    done = [event.act for event in work.store.custody_events(document=kept.document)]
    assert [act for act in done if act is not CustodyAct.OPENED] == [
        CustodyAct.FILED, CustodyAct.SHARED, CustodyAct.DOWNLOADED, CustodyAct.REVOKED,
    ]  # fmt: skip
