"""Who sees which record of the repository, where it lies, and that nothing is ever lost of it."""

from __future__ import annotations

import logging
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from ocfl import StorageRoot
from typer.testing import CliRunner

from workbench import migrations
from workbench.accounts import hash_password
from workbench.cli import app
from workbench.errors import DepositError, NotAllowedError, NotReadyError, StaleDocumentError
from workbench.flow import cards, custody, likenesses, withdrawal
from workbench.model import (
    Batch,
    CustodyAct,
    Document,
    Holder,
    HolderKind,
    Intake,
    Likely,
    Package,
    Page,
    Person,
    Proposal,
    Role,
    Shelf,
    SourceFile,
    Stage,
    Unit,
    now,
)
from workbench.store import Store
from workbench.workspace import Settings, Workspace, open_workspace

logging.getLogger("ocfl").setLevel(logging.CRITICAL)

PEOPLE = {  # name -> roles, unit
    "soat": ([Role.REVIEWER], "PC06"),
    "duyet": ([Role.APPROVER], "PC06"),
    "quanly": ([Role.MANAGER], "PC06"),
    "mau": ([Role.DESIGNER], "PC06"),
    "la": ([Role.REVIEWER], "CA-MX"),
    "la-duyet": ([Role.APPROVER], "CA-MX"),
    "la-mau": ([Role.DESIGNER], "CA-MX"),
    "khach": ([Role.REVIEWER], None),
    "quantri": ([Role.ADMINISTRATOR], "PC06"),
}


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with units and people, to be copied: migrating one takes longer than a test."""
    folder = tmp_path_factory.mktemp("blank")
    opened = Store(f"sqlite:///{folder}/workbench.db", folder / "objects")
    migrations.upgrade(opened.engine)
    secret = hash_password("only-for-tests")
    opened.keep(
        Unit(code="PC06", name="Phòng PC06"),
        Unit(code="CA-MX", name="Công an huyện Mỹ Xuyên"),
        *(
            Person(
                name=name,
                shown_as=name,
                password_hash=secret,
                roles=[role.value for role in roles],
                unit=unit,
            )
            for name, (roles, unit) in PEOPLE.items()
        ),
    )
    opened.close()
    return folder / "workbench.db"


@pytest.fixture
def work(tmp_path: Path, blank: Path) -> Iterator[Workspace]:
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(blank, data / "workbench.db")
    opened = open_workspace(Settings(data=data, keys=tmp_path / "keys", database=""))
    opened.store.add(Batch(id="lot", name="Lô 1", unit="PC06", by="soat"))
    yield opened
    opened.store.close()


def a_record(
    work: Workspace,
    *,
    unit: str = "PC06",
    holder: str = "Trường Mầm non Hoa Sen",
    number: str = "012/ĐKMD",
    issued: str = "2019-03-11",
    tied: Holder | None = None,
) -> str:
    """A record that has come into the repository, with a real object there; its id."""
    template = work.templates["con_dau"]
    pdf = work.store.put(b"%PDF-1.7 " + uuid4().hex.encode())
    document = Document(
        batch="lot", source="", unit=unit, number=1, stage=Stage.EXPORTED, kind="con_dau",
        template_digest=template.digest, pdf_digest=pdf, holder=tied.id if tied else None,
    )  # fmt: skip
    source = SourceFile(
        batch="lot", name=f"{number[:3]}.pdf", digest=uuid4().hex * 2, intake=Intake.ACCEPTED
    )
    document.source = source.id
    values = {"so": (number, number), "ten_to_chuc": (holder, holder), "ngay_cap": ("", issued)}
    rows = [
        Proposal(
            document=document.id, field=field, position=n,
            value=value or normalised, normalised=normalised, template_digest=template.digest,
        )
        for n, (field, (value, normalised)) in enumerate(values.items())
    ]  # fmt: skip
    page = Page(
        document=document.id, number=0, file_page=0, width=10, height=10, dpi=100,
        scan=f"scan-{document.id}", view=f"view-{document.id}", source=source.id,
    )  # fmt: skip
    receipt = work.repository.deposit(
        Package(
            f"urn:workbench:document:{document.id}",
            {"document.pdf": work.store.get(pdf), "record.json": number.encode()},
        )
    )
    receipt.document = document.id
    work.store.add(source, document, page, receipt, *rows)
    cards.catalogue_new(work)
    return document.id


def sees(work: Workspace, by: str, document: str, *, at: datetime | None = None) -> bool:
    return work.store.card(document, custody.sight(work, by, at=at)) is not None


def found(work: Workspace, by: str, text: str, shelf: Shelf | None = None) -> list[str]:
    seen = custody.sight(work, by)
    return [c.document for c in cards.find(work, seen, shelf or Shelf(), text=text).cards]


def acts(work: Workspace, document: str) -> list[CustodyAct]:
    return [event.act for event in work.store.custody_events(document=document)]


# --- who sees what -------------------------------------------------------------------------------


def test_a_record_is_there_for_its_unit_by_duty_and_for_nobody_else(work: Workspace) -> None:
    key = a_record(work)
    for by in ("mau", "la", "la-duyet", "la-mau", "khach"):
        assert not sees(work, by, key)
        assert found(work, by, "hoa sen") == []
        assert not custody.may_see_image(work, f"view-{key}", by=by)
        assert not custody.may_see_image(work, f"scan-{key}", by=by)
        for way in (
            custody.open_record, custody.hand_out, custody.sealed_file, custody.must_see,
        ):  # fmt: skip
            with pytest.raises(NotAllowedError):
                way(work, key, by=by)
    assert acts(work, key) == []
    for by in ("soat", "duyet", "quanly"):
        assert sees(work, by, key)
        assert found(work, by, "hoa sen") == [key]
        assert custody.may_see_image(work, f"view-{key}", by=by)
        assert custody.may_see_image(work, f"scan-{key}", by=by)
        assert custody.open_record(work, key, by=by).card.number == "012/ĐKMD"
        assert custody.hand_out(work, key, by=by) == custody.sealed_file(work, key, by=by)
        custody.must_see(work, key, by=by)


def test_an_administrator_looks_after_accounts_and_sees_no_record(work: Workspace) -> None:
    key = a_record(work)
    for way in (custody.open_record, custody.hand_out, custody.must_see):
        with pytest.raises(NotAllowedError):
            way(work, key, by="quantri")
    assert not custody.may_see_image(work, f"view-{key}", by="quantri")


def test_a_record_that_is_hidden_and_one_that_never_was_are_told_alike(work: Workspace) -> None:
    key = a_record(work)
    told = []
    for document in (key, "0" * 32):
        with pytest.raises(NotAllowedError) as refused:
            custody.open_record(work, document, by="la")
        told.append(str(refused.value))
    assert told[0] == told[1]


def test_what_is_still_in_hand_is_not_the_repositorys_affair(work: Workspace) -> None:
    key = a_record(work)
    document = work.store.document(key)
    assert document is not None
    work.store.move(document, Stage.SIGNED, by="test", at=now())
    custody.must_see(work, key, by="la")
    assert custody.may_see_image(work, f"view-{key}", by="la")


def test_opening_and_having_the_file_are_noted_once_each_time(work: Workspace) -> None:
    key = a_record(work)
    custody.open_record(work, key, by="soat")
    custody.open_record(work, key, by="soat")  # the same page, drawn again
    custody.hand_out(work, key, by="soat")
    custody.hand_out(work, key, by="soat")
    opened = custody.open_record(work, key, by="duyet")
    assert acts(work, key) == [
        CustodyAct.OPENED, CustodyAct.DOWNLOADED, CustodyAct.DOWNLOADED, CustodyAct.OPENED,
    ]  # fmt: skip
    assert (opened.events[0].by, opened.events[0].act) == ("soat", CustodyAct.OPENED)


# --- shares --------------------------------------------------------------------------------------


def test_a_share_lets_in_whom_it_names_until_its_day_is_over(work: Workspace) -> None:
    key = a_record(work)
    today = (datetime.now(UTC) + timedelta(hours=7)).date()
    given = custody.share(
        work, by="duyet", document=key, to_person="la", until=today, why="xác minh"
    )
    assert sees(work, "la", key)
    assert not sees(work, "la-duyet", key)
    assert custody.may_see_image(work, f"view-{key}", by="la")
    assert custody.hand_out(work, key, by="la")
    assert [s.id for s in custody.shared_with(work, by="la")] == [given.id]
    assert given.until is not None
    assert sees(work, "la", key, at=given.until - timedelta(seconds=1))
    assert not sees(work, "la", key, at=given.until)
    midnight = given.until + timedelta(hours=7)
    assert (midnight.hour, midnight.minute) == (0, 0)
    assert midnight.date() == today + timedelta(days=1)


def test_a_share_with_a_unit_reaches_all_its_readers_and_ends_when_revoked(work: Workspace) -> None:
    key = a_record(work)
    given = custody.share(work, by="quanly", document=key, to_unit="CA-MX")
    assert [name for name in PEOPLE if name != "quantri" and sees(work, name, key)] == [
        "soat", "duyet", "quanly", "la", "la-duyet", "la-mau",
    ]  # fmt: skip
    with pytest.raises(NotAllowedError):
        custody.revoke(work, given.id, by="la-duyet")
    with pytest.raises(NotAllowedError):
        custody.revoke(work, given.id, by="soat")
    custody.revoke(work, given.id, by="duyet", why="xong việc")
    assert not sees(work, "la", key)
    assert custody.shared_with(work, by="la") == ()
    with pytest.raises(StaleDocumentError):
        custody.revoke(work, given.id, by="quanly")
    (over,) = custody.shared_by(work, by="quanly")
    assert (over.revoked_by, custody.holds(over, now())) == ("duyet", False)
    last = work.store.custody_events(document=key)[-1]
    assert (last.act, last.by, last.why) == (CustodyAct.REVOKED, "duyet", "xong việc")


def test_who_may_not_share_shares_nothing(work: Workspace) -> None:
    mine, theirs = a_record(work), a_record(work, unit="CA-MX")
    custody.share(work, by="la-duyet", document=theirs, to_person="duyet")
    for by, document in (
        ("soat", mine),  # a reviewer
        ("mau", mine),
        ("quantri", mine),
        ("la-duyet", mine),  # not their unit's
        ("duyet", theirs),  # what was shared with them they do not share on
        ("duyet", "0" * 32),
    ):
        with pytest.raises(NotAllowedError):
            custody.share(work, by=by, document=document, to_person="khach")
    own = custody.make_folder(work, "Của tôi", by="duyet", own=True)
    custody.file_record(work, theirs, own.id, by="duyet", own=True)
    with pytest.raises(NotAllowedError):  # a folder of one's own is one's own
        custody.share(work, by="duyet", folder=own.id, to_person="khach")
    assert not sees(work, "khach", mine)
    assert not sees(work, "khach", theirs)


def test_a_share_says_with_whom_and_till_a_day_to_come(work: Workspace) -> None:
    key = a_record(work)
    wrong: tuple[dict[str, str], ...] = (
        {},
        {"to_person": "la", "to_unit": "CA-MX"},
        {"to_person": "quantri"},
        {"to_person": "nobody"},
        {"to_unit": "NOWHERE"},
        {"to_unit": "PC06"},
    )
    for given in wrong:
        with pytest.raises(NotReadyError):
            custody.share(work, by="duyet", document=key, **given)
    with pytest.raises(NotReadyError):
        custody.share(work, by="duyet", document=key, to_person="la", until=date(2020, 1, 1))
    assert work.store.shares(document=key) == []


# --- folders -------------------------------------------------------------------------------------


def test_a_shared_folder_shows_what_lies_in_and_below_it_as_long_as_it_lies_there(
    work: Workspace,
) -> None:
    deep, other = a_record(work), a_record(work, number="013/ĐKMD")
    top = custody.make_folder(work, "Năm 2019", by="soat", own=False)
    below = custody.make_folder(work, "Quý I", by="soat", own=False, parent=top.id)
    custody.file_record(work, deep, below.id, by="soat", own=False)
    custody.share(work, by="duyet", folder=top.id, to_unit="CA-MX")
    assert found(work, "la", "") == [deep]
    assert found(work, "la", "", Shelf(to_me=True)) == [deep]
    assert found(work, "la", "", Shelf(folder=top.id)) == [deep]
    assert not sees(work, "la", other)

    # To move into it is to share: only who may share does so, with a record or with a folder.
    with pytest.raises(NotAllowedError):
        custody.file_record(work, other, below.id, by="soat", own=False)
    aside = custody.make_folder(work, "Khác", by="soat", own=False)
    custody.file_record(work, other, aside.id, by="soat", own=False)
    with pytest.raises(NotAllowedError):
        custody.move_folder(work, aside.id, below.id, by="soat")
    assert not sees(work, "la", other)
    custody.move_folder(work, aside.id, below.id, by="quanly")
    assert sees(work, "la", other)

    custody.move_folder(work, below.id, "", by="soat")
    assert found(work, "la", "") == []
    assert found(work, "soat", "", Shelf(folder=below.id)) == [deep, other]


def test_a_folder_that_is_shared_shows_no_record_of_another_unit(work: Workspace) -> None:
    theirs = a_record(work, unit="CA-MX")
    top = custody.make_folder(work, "Chung", by="duyet", own=False)
    custody.share(work, by="la-duyet", document=theirs, to_unit="PC06")
    with pytest.raises(NotAllowedError):
        custody.file_record(work, theirs, top.id, by="duyet", own=False)
    own = custody.make_folder(work, "Theo dõi", by="duyet", own=True)
    custody.file_record(work, theirs, own.id, by="duyet", own=True)
    assert found(work, "duyet", "", Shelf(folder=own.id)) == [theirs]


def test_folders_lie_in_one_another_without_a_circle(work: Workspace) -> None:
    a = custody.make_folder(work, "A", by="soat", own=False)
    b = custody.make_folder(work, "B", by="soat", own=False, parent=a.id)
    c = custody.make_folder(work, "C", by="soat", own=False, parent=b.id)
    for parent in (a.id, b.id, c.id):
        with pytest.raises(NotReadyError):
            custody.move_folder(work, a.id, parent, by="soat")
    chain = custody.folders(work, by="soat", own=False)
    assert [(f.name, custody.depths(chain)[f.id]) for f in chain] == [("A", 0), ("B", 1), ("C", 2)]
    deepest = c
    with pytest.raises(NotReadyError, match="deeper"):
        for n in range(20):
            deepest = custody.make_folder(work, f"{n}", by="soat", own=False, parent=deepest.id)
    with pytest.raises(NotReadyError, match="name already"):
        custody.make_folder(work, "a", by="soat", own=False)
    with pytest.raises(NotReadyError):
        custody.make_folder(work, "  ", by="soat", own=False)
    with pytest.raises(NotReadyError):
        custody.make_folder(work, "x" * 121, by="soat", own=False)


def test_nobody_touches_the_folders_of_others(work: Workspace) -> None:
    key = a_record(work)
    unit = custody.make_folder(work, "Đơn vị", by="soat", own=False)
    mine = custody.make_folder(work, "Riêng", by="soat", own=True)
    for by, folder in (("la", unit), ("duyet", mine), ("mau", unit), ("khach", unit)):
        for act in (
            lambda f, who: custody.move_folder(work, f.id, "", by=who),
            lambda f, who: custody.rename_folder(work, f.id, "Khác", by=who),
            lambda f, who: custody.close_folder(work, f.id, by=who),
        ):
            with pytest.raises(NotAllowedError):
                act(folder, by)
    for by in ("mau", "khach", "quantri"):
        with pytest.raises(NotAllowedError):
            custody.make_folder(work, "Mới", by=by, own=False)
    with pytest.raises(NotReadyError):  # into a colleague's own folder
        custody.file_record(work, key, mine.id, by="duyet", own=True)
    with pytest.raises(NotReadyError):  # below a folder of another owner
        custody.move_folder(work, mine.id, unit.id, by="soat")
    with pytest.raises(NotAllowedError):
        custody.file_record(work, key, unit.id, by="la", own=False)
    assert custody.folders(work, by="la", own=False) == ()
    assert [f.name for f in custody.folders(work, by="soat", own=True)] == ["Riêng"]


def test_a_record_lies_in_one_folder_of_an_owner_and_its_moves_are_told(work: Workspace) -> None:
    key = a_record(work)
    first = custody.make_folder(work, "Một", by="soat", own=False)
    second = custody.make_folder(work, "Hai", by="soat", own=False)
    mine = custody.make_folder(work, "Riêng", by="soat", own=True)
    custody.file_record(work, key, first.id, by="soat", own=False)
    custody.file_record(work, key, mine.id, by="soat", own=True)
    custody.file_record(work, key, second.id, by="duyet", own=False)
    with pytest.raises(NotReadyError):
        custody.close_folder(work, second.id, by="duyet")
    assert work.store.filed(unit="PC06") == {second.id: 1}
    assert {f.folder for f in work.store.filings(key)} == {second.id, mine.id}
    moved = [e for e in work.store.custody_events(document=key) if e.act is CustodyAct.FILED]
    assert [(e.by, e.about["from"], e.about["to"]) for e in moved] == [
        ("soat", "", "Một"), ("soat", "", "Riêng"), ("duyet", "Một", "Hai"),
    ]  # fmt: skip
    custody.file_record(work, key, "", by="duyet", own=False)
    custody.close_folder(work, second.id, by="duyet")
    assert [f.name for f in custody.folders(work, by="soat", own=False)] == ["Một"]
    assert acts(work, key)[-1] is CustodyAct.TAKEN_OUT


def test_a_kill_in_the_middle_of_a_move_leaves_the_record_where_it_was(work: Workspace) -> None:
    key = a_record(work)
    before = custody.make_folder(work, "Trước", by="soat", own=False)
    after = custody.make_folder(work, "Sau", by="soat", own=False)
    custody.file_record(work, key, before.id, by="soat", own=False)
    noted = acts(work, key)
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, work.store.url, key, after.id], check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert [f.folder for f in work.store.filings(key)] == [before.id]
    assert acts(work, key) == noted
    custody.file_record(work, key, after.id, by="soat", own=False)
    assert [f.folder for f in work.store.filings(key)] == [after.id]


_KILLED = """
import os, pathlib, signal, sys
from sqlmodel import Session
from workbench.model import now
from workbench.store import Store

def commit(self):
    self.flush()  # every row has been written, and none is kept
    os.kill(os.getpid(), signal.SIGKILL)

Session.commit = commit
store = Store(sys.argv[1], pathlib.Path("."))
store.file_record(sys.argv[2], sys.argv[3], unit="PC06", by="soat", at=now(), may_share=True)
"""


# --- withdrawn, restored -------------------------------------------------------------------------


def assert_valid(work: Workspace, objects: int) -> None:
    root = StorageRoot(root=str(work.settings.data / "repository" / "ocfl-root"))
    assert root.validate(validate_objects=True, check_digests=True)
    assert root.errors == []
    assert root.num_objects == root.good_objects == objects


def test_a_withdrawn_record_stays_with_its_reason_and_comes_back_as_it_was(
    work: Workspace,
) -> None:
    key = a_record(work)
    custody.share(work, by="duyet", document=key, to_unit="CA-MX")
    object_id = f"urn:workbench:document:{key}"
    whole = work.repository.content(object_id, "v1")

    assert withdrawal.withdraw(work, key, by="duyet", why="nhập nhầm đơn vị").version == "v2"
    opened = custody.open_record(work, key, by="soat")
    assert opened.card.withdrawn_why == "nhập nhầm đơn vị"
    assert [v.message for v in opened.versions] == ["Deposited", "Withdrawn"]
    assert set(opened.versions[-1].files) == {"custody.json"}
    assert not sees(work, "la", key)
    assert not custody.may_see_image(work, f"view-{key}", by="la")
    with pytest.raises(NotAllowedError):
        custody.hand_out(work, key, by="la")
    with pytest.raises(NotReadyError):
        custody.share(work, by="duyet", document=key, to_person="khach")
    with pytest.raises(NotReadyError):
        withdrawal.withdraw(work, key, by="duyet", why="lần nữa")
    assert_valid(work, 1)

    assert withdrawal.restore(work, key, by="duyet", why="đã kiểm tra lại").version == "v3"
    files = work.repository.content(object_id, "v3")
    assert {name: files[name] for name in whole} == whole
    assert work.repository.content(object_id, "v1") == whole
    assert sees(work, "la", key)  # the share was never taken back
    withdrawal.withdraw(work, key, by="duyet", why="lần hai")
    withdrawal.restore(work, key, by="duyet", why="lần hai")
    notes = work.repository.content(object_id, "v5")["custody.json"].decode()
    assert notes.count('"withdrawn"') == notes.count('"restored"') == 2
    assert [r.version for r in work.store.receipts(key)] == ["v1", "v2", "v3", "v4", "v5"]
    withdrawn = [
        e for e in work.store.custody_events(document=key) if e.act is CustodyAct.WITHDRAWN
    ]
    assert [(e.by, e.why) for e in withdrawn] == [
        ("duyet", "nhập nhầm đơn vị"),
        ("duyet", "lần hai"),
    ]
    assert_valid(work, 1)


def test_only_an_approver_of_its_unit_withdraws_and_says_why(work: Workspace) -> None:
    key = a_record(work)
    custody.share(work, by="duyet", document=key, to_unit="CA-MX")
    for by in ("soat", "quanly", "mau", "la-duyet", "khach", "quantri"):
        with pytest.raises(NotAllowedError):
            withdrawal.withdraw(work, key, by=by, why="vì sao")
    with pytest.raises(NotReadyError):
        withdrawal.withdraw(work, key, by="duyet", why=" ")
    with pytest.raises(NotReadyError):
        withdrawal.restore(work, key, by="duyet", why="chưa rút")
    assert len(work.repository.versions(f"urn:workbench:document:{key}")) == 1


@pytest.mark.parametrize("restored", [False, True])
def test_a_kill_between_the_repository_and_the_rows_is_completed_by_doing_it_again(
    work: Workspace, monkeypatch: pytest.MonkeyPatch, restored: bool
) -> None:
    class KilledError(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    key = a_record(work)
    act, step = withdrawal.withdraw, "mark_withdrawn"
    if restored:
        act(work, key, by="duyet", why="rút")
        act, step = withdrawal.restore, "mark_restored"
    with monkeypatch.context() as patched:
        patched.setattr(work.store, step, killed)
        with pytest.raises(KilledError):
            act(work, key, by="duyet", why="lý do đầu")
    card = work.store.any_card(key)
    assert card is not None
    assert (card.withdrawn_at is not None) is restored
    act(work, key, by="duyet", why="lý do sau")
    versions = work.repository.versions(f"urn:workbench:document:{key}")
    assert len(versions) == (3 if restored else 2)  # it was done once
    last = work.store.custody_events(document=key)[-1]
    assert last.why == "lý do đầu"  # as the repository has it
    assert_valid(work, 1)


def test_a_record_that_was_altered_in_the_repository_is_not_restored(work: Workspace) -> None:
    key = a_record(work)
    withdrawal.withdraw(work, key, by="duyet", why="rút")
    (pdf,) = (work.settings.data / "repository").rglob("document.pdf")
    pdf.chmod(0o644)
    pdf.write_bytes(b"%PDF-1.7 another")
    with pytest.raises(DepositError):
        withdrawal.restore(work, key, by="duyet", why="khôi phục")
    card = work.store.any_card(key)
    assert card is not None
    assert card.withdrawn_at is not None


# --- search and default folders ------------------------------------------------------------------


def test_words_are_found_with_and_without_their_marks(work: Workspace) -> None:
    nam = a_record(work, holder="Công ty Nam Hòa", number="1/ĐKMD")
    year = a_record(work, holder="Trường Năm Hoà Bình", number="2/ĐKMD")
    assert set(found(work, "soat", "nam hoa")) == {nam, year}
    assert found(work, "soat", "năm") == [year]
    assert found(work, "soat", "NĂM HÒA") == [year]  # wherever the tone stands, whatever the case
    assert found(work, "soat", "nam hoa binh") == [year]
    assert found(work, "soat", "nam") == [nam, year]  # as it was typed comes first
    assert found(work, "soat", "na\u0306m") == [year]  # typed apart
    assert found(work, "soat", "truong năm") == [year]  # some words with, some without
    assert found(work, "soat", "đkmd 2") == [year]
    assert found(work, "soat", "2/DKMD") == [year]
    assert found(work, "soat", "không có") == []
    seen = custody.sight(work, "soat")
    loose = cards.find(work, seen, Shelf(), text="nằm")
    assert loose.loosened
    assert {card.document for card in loose.cards} == {nam, year}
    assert found(work, "la", "nam hoa") == []


def test_hits_are_marked_where_they_stand() -> None:
    text = "012/ĐKMD\nTrường Mầm non Hoà Sen, ấp Hòa Mỹ, xã Tham Đôn " + "x " * 100
    ((*pieces,),) = cards.hits(text, ("hoa",), most=1)
    assert "".join(piece for piece, _ in pieces).startswith("012/ĐKMD · Trường Mầm non ")
    assert [piece for piece, hit in pieces if hit] == ["Hoà", "Hòa"]
    assert pieces[-1][0].endswith(" …")
    assert cards.hits(text, ("khong",)) == ()


def test_default_folders_stand_in_vietnamese_order_and_count_what_one_may_see(
    work: Workspace,
) -> None:
    tied = Holder(kind=HolderKind.PERSON, name="Ánh Hằng", sought="anh hang", by="soat")
    work.store.add(tied)
    for n, holder in enumerate(("Đào Viên", "Dũng Sĩ", "Ánh Dương", "An Bình", "An Bình")):
        a_record(work, holder=holder, number=f"{n}/ĐKMD", issued=f"20{18 + n % 2}-01-02")
    a_record(work, holder="tên in trên giấy", tied=tied, number="9/ĐKMD", issued="")
    a_record(work, unit="CA-MX", holder="Của đơn vị khác")
    seen = custody.sight(work, "soat")
    holders = cards.default_folders(work, seen, "holder")
    assert [(f.name, f.count) for f in holders] == [
        ("An Bình", 2), ("Ánh Dương", 1), ("Ánh Hằng", 1), ("Dũng Sĩ", 1), ("Đào Viên", 1),
    ]  # fmt: skip
    assert [(f.key, f.count) for f in cards.default_folders(work, seen, "year")] == [
        ("2019", 2), ("2018", 3), ("0", 1),
    ]  # fmt: skip
    assert [f.count for f in cards.default_folders(work, seen, "kind")] == [6]
    assert len(found(work, "soat", "", Shelf(holder=holders[0].key))) == 2
    assert len(found(work, "soat", "", Shelf(year=0))) == 1


def test_a_card_follows_its_record_and_keeps_its_withdrawal(work: Workspace) -> None:
    key = a_record(work, holder="Tên cũ")
    withdrawal.withdraw(work, key, by="duyet", why="rút")
    tied = Holder(kind=HolderKind.ORGANISATION, name="Tên mới", sought="ten moi", by="soat")
    document = work.store.document(key)
    assert document is not None
    work.store.add(tied)
    work.store.move(document, Stage.EXPORTED, by="test", at=now(), holder=None)
    document = work.store.document(key)
    assert document is not None
    document.holder = tied.id
    work.store.keep(document)
    assert cards.catalogue_new(work) == 1
    card = work.store.any_card(key)
    assert card is not None
    assert (card.holder, card.holder_name, card.withdrawn_why) == (tied.id, "Tên mới", "rút")
    assert cards.catalogue_new(work) == 0


def test_a_record_of_a_merged_holder_is_found_under_the_one_that_stands_for_both(
    work: Workspace,
) -> None:
    one = Holder(kind=HolderKind.ORGANISATION, name="Hoa Sen", sought="hoa sen", by="soat")
    other = Holder(kind=HolderKind.ORGANISATION, name="Hoa Sen 2", sought="hoa sen 2", by="soat")
    work.store.add(one, other)
    key = a_record(work, tied=other)
    pair = likenesses.put_together(work, one.id, other.id, by="duyet")
    likenesses.decide(work, pair, Likely.SAME, keep=one.id, by="duyet", key="k1")
    assert cards.catalogue_new(work) == 1
    card = work.store.any_card(key)
    assert card is not None
    assert (card.holder, card.holder_name) == (one.id, "Hoa Sen")
    assert cards.catalogue_new(work) == 0


def test_a_record_whose_card_cannot_be_made_hides_no_other(work: Workspace) -> None:
    key, broken = a_record(work), a_record(work)
    with work.store.change() as session:
        for one in (key, broken):
            session.delete(work.store.any_card(one))
        document = work.store.document(broken)
        assert document is not None
        document.template_digest = "0" * 64  # a template that the store lost
        session.merge(document)
    assert cards.catalogue_new(work) == 1
    assert (sees(work, "soat", key), sees(work, "soat", broken)) == (True, False)


def test_a_withdrawal_cut_short_is_the_last_word_also_where_a_version_came_between(
    work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before the row knew of it, a worker handed the renewed seal in as the next version."""
    key = a_record(work)
    object_id = work.store.receipts(key)[-1].object_id

    def killed(*_args: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr(work.store, "mark_withdrawn", killed)
        with pytest.raises(KeyboardInterrupt):
            withdrawal.withdraw(work, key, by="duyet", why="cấp nhầm")
    work.repository.deposit(Package(object_id, {"document.pdf": b"%PDF-1.7 renewed"}))

    withdrawal.withdraw(work, key, by="duyet", why="cấp nhầm")

    versions = work.repository.versions(object_id)
    card = work.store.any_card(key)
    assert card is not None
    assert withdrawal.is_withdrawal(versions[-1])
    assert (card.withdrawn_why, card.version) == ("cấp nhầm", versions[-1].version)


def test_who_is_shown_a_record_is_not_told_of_others_folders_and_shares(work: Workspace) -> None:
    key = a_record(work)
    mine = custody.make_folder(work, "Nghi làm giả", by="soat", own=True)
    custody.file_record(work, key, mine.id, by="soat", own=True)
    of_unit = custody.make_folder(work, "Đợt 3", by="duyet", own=False)
    custody.file_record(work, key, of_unit.id, by="duyet", own=False)
    custody.share(work, by="duyet", document=key, to_person="la")
    custody.share(work, by="duyet", document=key, to_person="khach", why="phối hợp")

    def told(by: str) -> set[str]:
        events = custody.open_record(work, key, by=by).events
        return {str(value) for event in events for value in (event.why, *event.about.values())}

    assert {"Nghi làm giả", "Đợt 3", "la", "khach"} <= told("soat")  # their own, and the unit's
    assert "Nghi làm giả" not in told("duyet")  # a folder of one's own is nobody else's affair
    assert {"Đợt 3", "la", "khach"} <= told("duyet")
    assert told("la").isdisjoint({"Nghi làm giả", "Đợt 3", "khach", "phối hợp"})
    assert "la" in told("la")


# --- without a screen ----------------------------------------------------------------------------


def test_the_command_line_has_the_rights_of_who_orders_and_no_more(
    work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = a_record(work)
    monkeypatch.setenv("WORKBENCH_DATA", str(work.settings.data))
    monkeypatch.setenv("WORKBENCH_KEYS", str(work.settings.keys))

    def said(*command: str) -> str:
        result = CliRunner().invoke(app, ["repository", *command])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout.strip()

    folder = said("make-folder", "Năm 2019", "--by", "soat").splitlines()[-1]
    said("move", key, "--to", folder, "--by", "soat")
    assert key in said("list", "--by", "soat", "--search", "hoa sen", "--folder", folder, "--json")
    assert key not in said("list", "--by", "la", "--json")
    given = said("share", folder, "--unit", "CA-MX", "--until", "2099-12-31", "--by", "duyet")
    assert key in said("list", "--by", "la", "--shared", "--json")
    with pytest.raises(NotAllowedError):
        said("withdraw", key, "--by", "la-duyet", "--why", "x")
    said("withdraw", key, "--by", "duyet", "--why", "quét nhầm")
    assert '"withdrawn": "quét nhầm"' in said("show", key, "--by", "soat", "--json")
    said("restore", key, "--by", "duyet", "--why", "đã đúng")
    said("revoke", given.splitlines()[-1], "--by", "duyet")
    assert key not in said("list", "--by", "la", "--json")
