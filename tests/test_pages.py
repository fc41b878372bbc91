"""Every page, on an empty and on a full workbench, as each role: what people see and do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.full_workbench import fill
from workbench import flow, ui
from workbench.errors import NotReadyError
from workbench.model import Role, Stage
from workbench.ui.places import PLACES, Place, open_to
from workbench.workspace import Workspace, prepare_demo

ROOT = Path(__file__).resolve().parent.parent
DUTIES = {
    "soat1": Role.REVIEWER,
    "mau1": Role.DESIGNER,
    "duyet1": Role.APPROVER,
    "quanly1": Role.MANAGER,
    "quantri": Role.ADMINISTRATOR,
}
Open = Callable[..., AppTest]


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The workspace that the pages open: the demo, with its accounts, without a document."""
    for name, value in (("DATA", tmp_path / "data"), ("KEYS", tmp_path / "keys"), ("DEMO", 1)):
        monkeypatch.setenv(f"WORKBENCH_{name}", str(value))
    ui.workspace.cache_clear()
    work = ui.workspace()
    prepare_demo(work)
    yield work
    work.store.close()
    ui.workspace.cache_clear()


@pytest.fixture
def full(empty: Workspace, noon: datetime) -> tuple[Workspace, dict[Stage, list[str]]]:
    return empty, fill(empty, at=noon)


@pytest.fixture
def visit() -> Open:
    """Open a page as somebody: `visit("intake.py", "soat1", batch="…")`."""

    def opened(file: str, name: str | None, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "workbench" / "ui" / "app.py"), default_timeout=60)
        app.user = {"workbench_person": name} if name else {}
        app.run()
        for key, value in query.items():
            app.query_params[key] = value
        if file != "home.py":
            app.switch_page(str(ROOT / "pages" / file))
            for key, value in query.items():
                app.query_params[key] = value
            app.run()
        return app

    return opened


def told(app: AppTest) -> str:
    """All that stands on the page, as one text."""
    kinds = (
        app.markdown, app.header, app.subheader, app.error, app.warning, app.info, app.success,
        app.caption,
    )  # fmt: skip
    words = [str(element.value) for kind in kinds for element in kind]
    words += [str(element.proto.body) for element in app.get("html")]
    return "\n".join(words)


def errors(app: AppTest) -> list[str]:
    return [element.value for element in app.error] + [e.message for e in app.exception]


def places_of(name: str) -> list[Place]:
    work = ui.workspace()
    person = work.store.person(name)
    assert person is not None
    return list(open_to(person))


# --- every page, every role ----------------------------------------------------------------------


@pytest.mark.parametrize("name", DUTIES)
def test_every_page_of_a_role_opens_on_an_empty_workbench(
    empty: Workspace, visit: Open, name: str
) -> None:
    app = visit("home.py", name)
    for place in places_of(name):
        app.switch_page(str(place.path)).run()
        assert not errors(app), (place.file, errors(app))
        assert app.header or place.file == "review.py"  # the desk has a heading of its own


@pytest.mark.parametrize("name", DUTIES)
def test_every_page_of_a_role_opens_in_the_middle_of_the_work(
    full: tuple[Workspace, object], visit: Open, name: str
) -> None:
    app = visit("home.py", name)
    for place in places_of(name):
        app.switch_page(str(place.path)).run()
        assert not errors(app), (place.file, errors(app))


@pytest.mark.parametrize("name", DUTIES)
def test_a_role_finds_no_page_of_another(empty: Workspace, visit: Open, name: str) -> None:
    mine = {place.file for place in places_of(name)}
    app = visit("home.py", name)
    for place in PLACES:
        if place.file in mine or not place.path.exists():
            continue
        with pytest.raises(ValueError, match="Could not find a navigation page"):
            app.switch_page(str(place.path))


def test_an_empty_workbench_says_what_to_do_next(empty: Workspace, visit: Open) -> None:
    words = told(visit("home.py", "soat1"))
    assert "Chưa có tài liệu nào" in words
    assert "Hãy nhận một lô bản quét" in words


def test_nobody_sees_anything_without_a_session(empty: Workspace, visit: Open) -> None:
    app = visit("home.py", None)
    assert errors(app) == ["**Bạn chưa đăng nhập.**\n\nHãy đăng nhập lại."]
    assert not app.header


def test_a_closed_account_loses_the_page_it_has_open(empty: Workspace, visit: Open) -> None:
    app = visit("home.py", "soat1")
    person = empty.store.person("soat1")
    assert person is not None
    person.active = False
    empty.store.keep(person)
    app.run()
    assert errors(app) == ["**Bạn chưa đăng nhập.**\n\nHãy đăng nhập lại."]


def test_what_nobody_foresaw_becomes_a_reference(
    empty: Workspace,
    visit: Open,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("Nguyễn Văn A, 079123456789")

    monkeypatch.setattr(flow, "waiting_for_approval", fail)
    app = visit("approve.py", "duyet1")
    (said,) = errors(app)
    assert "Đã xảy ra lỗi ngoài dự kiến" in said
    assert "Nguyễn Văn A" not in said
    logged = capsys.readouterr().out
    reference = said.split("`")[1]
    assert reference in logged
    assert "079123456789" not in logged  # where, not what


# --- the verbs -----------------------------------------------------------------------------------


def test_scans_are_taken_in_and_each_file_is_answered(
    empty: Workspace, visit: Open, sample: Path
) -> None:
    good = sorted((sample / "files").glob("*.jpg"))[0]
    app = visit("intake.py", "soat1")
    app.text_input(key="intake.name").set_value("Lô một")
    app.selectbox(key="intake.unit").set_value(empty.store.units()[0])
    app.file_uploader(key="intake.files").upload("good.jpg", good.read_bytes()).upload(
        "trống.pdf", b""
    )
    app.button[0].click()
    app.run()
    assert not errors(app)
    (batch,) = empty.store.batches()
    fates = {file.name: file.intake.value for file in empty.store.sources(batch.id)}
    assert fates == {"good.jpg": "accepted", "trống.pdf": "refused"}
    shown = app.dataframe[0].value
    assert "trống.pdf" in set(shown["name"])


def test_a_batch_without_files_is_not_made(empty: Workspace, visit: Open) -> None:
    app = visit("intake.py", "soat1")
    app.selectbox(key="intake.unit").set_value(empty.store.units()[0])
    app.button[0].click()
    app.run()
    assert errors(app) == ["**Chưa chọn tệp nào.**\n\nHãy chọn ít nhất một bản quét."]
    assert not empty.store.batches()


def test_a_second_person_approves(
    full: tuple[Workspace, dict[Stage, list[str]]], visit: Open
) -> None:
    work, ids = full
    app = visit("approve.py", "duyet1")
    assert "đã sửa &amp; xong" in told(app)  # what was changed, and not as markup
    app.button(key=f"approve.{ids[Stage.REVIEWED][0]}").click().run()
    assert not errors(app)
    approved = work.store.document(ids[Stage.REVIEWED][0])
    assert approved is not None
    assert (approved.stage, approved.approver) == (Stage.APPROVED, "duyet1")


def test_who_reviewed_does_not_find_it_for_approval(
    full: tuple[Workspace, dict[Stage, list[str]]], visit: Open
) -> None:
    work, _ = full
    reviewer = work.store.person("soat1")
    assert reviewer is not None
    reviewer.roles = ["reviewer", "approver"]
    work.store.keep(reviewer)
    assert "Không có tài liệu nào chờ bạn duyệt" in told(visit("approve.py", "soat1"))


def test_sending_back_needs_a_reason(
    full: tuple[Workspace, dict[Stage, list[str]]], visit: Open
) -> None:
    work, ids = full
    key = ids[Stage.REVIEWED][0]
    app = visit("approve.py", "duyet1")
    app.button(key=f"approve.back.{key}").click().run()
    assert len(errors(app)) == 1
    app.text_area(key=f"approve.reason.{key}").set_value("Sai ngày cấp")
    app.button(key=f"approve.back.{key}").click().run()
    assert not errors(app)
    returned = work.store.document(key)
    assert returned is not None
    assert returned.stage is Stage.PROPOSED


def test_somebody_elses_change_is_said_and_nothing_is_approved(
    full: tuple[Workspace, dict[Stage, list[str]]],
    visit: Open,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work, ids = full
    key = ids[Stage.REVIEWED][0]
    app = visit("approve.py", "duyet1")
    seen = flow.approve

    def too_late(*args: object, **kwargs: object) -> object:
        flow.send_back(work, key, by="duyet1", revision=0, reason="Xem lại")
        return seen(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(flow, "approve", too_late)
    app.button(key=f"approve.{key}").click().run()
    assert "người khác" in errors(app)[0].lower()


def test_a_held_document_says_why_and_goes_on(
    full: tuple[Workspace, dict[Stage, list[str]]], visit: Open
) -> None:
    work, ids = full
    key = ids[Stage.HELD][0]
    app = visit("documents.py", "soat1", document=key)
    assert not errors(app)
    assert "Không có mẫu" in told(app) or "mẫu" in app.warning[0].value
    app.button(key="release").click().run()
    released = work.store.document(key)
    assert released is not None
    assert released.stage is Stage.READ


def test_a_held_document_is_rejected_with_a_reason(
    full: tuple[Workspace, dict[Stage, list[str]]], visit: Open
) -> None:
    work, ids = full
    key = ids[Stage.HELD][0]
    app = visit("documents.py", "soat1", document=key)
    app.text_area(key="refuse.why").set_value("Không thuộc phạm vi")
    app.button(key="refuse").click().run()
    rejected = work.store.document(key)
    assert rejected is not None
    assert rejected.stage is Stage.REJECTED


def test_every_document_opens(full: tuple[Workspace, dict[Stage, list[str]]], visit: Open) -> None:
    _, ids = full
    for stage in Stage:
        app = visit("documents.py", "quanly1", document=ids[stage][0])
        assert not errors(app), (stage, errors(app))


def test_the_list_is_filtered_by_stage_and_text(
    full: tuple[Workspace, dict[Stage, list[str]]], visit: Open
) -> None:
    app = visit("documents.py", "soat1")
    everything = len(app.dataframe[0].value)
    app.selectbox(key="documents.stage").set_value(Stage.HELD).run()
    assert len(app.dataframe[0].value) == 2 < everything
    app.text_input(key="documents.text").set_value("không có tệp này").run()
    assert "Không có tài liệu nào phù hợp" in told(app)


def test_approved_documents_are_ordered_to_be_sealed(
    full: tuple[Workspace, dict[Stage, list[str]]], visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, ids = full
    chosen = list(range(len(ids[Stage.APPROVED])))
    monkeypatch.setattr("workbench.ui.seals.choose", lambda *_: chosen)  # AppTest ticks no rows
    app = visit("sign.py", "duyet1")
    assert not errors(app)
    assert "THỬ NGHIỆM" in told(app)
    app.button(key="sign.order").click().run()
    assert not errors(app)
    for key in ids[Stage.APPROVED]:
        ordered = work.store.document(key)
        assert ordered is not None
        assert ordered.seal_by == "duyet1"


def test_the_engines_stand_beside_each_other(
    full: tuple[Workspace, dict[Stage, list[str]]], visit: Open
) -> None:
    _, ids = full
    app = visit("engines.py", "mau1", document=ids[Stage.PROPOSED][0])
    assert not errors(app)
    table = next(str(e.proto.body) for e in app.get("html") if "<table" in str(e.proto.body))
    assert ">221/ĐKMĐ</mark>" in table  # one letter of one syllable
    assert "Trường" in table
    assert ">Trường</mark>" not in table.split("TrueOCR", 1)[0]


def test_an_account_is_added_and_can_sign_in(empty: Workspace, visit: Open) -> None:
    from workbench.accounts import check_password

    app = visit("people.py", "quantri")
    app.text_input(key="people.new.name").set_value("soat3")
    app.text_input(key="people.new.shown_as").set_value("Trần Thị Ở")
    app.text_input(key="people.new.password").set_value("một câu đủ dài")
    app.button_group(key="people.new.roles").set_value(["reviewer"])
    next(b for b in app.button if b.label == "Thêm tài khoản").click()
    app.run()
    assert not errors(app)
    person = empty.store.person("soat3")
    assert person is not None
    assert person.roles == ["reviewer"]
    assert check_password(person, "một câu đủ dài")


def test_a_short_password_is_refused(empty: Workspace, visit: Open) -> None:
    app = visit("people.py", "quantri")
    app.text_input(key="people.new.name").set_value("soat3")
    app.text_input(key="people.new.shown_as").set_value("Trần Thị Ở")
    app.text_input(key="people.new.password").set_value("ngắn")
    app.button_group(key="people.new.roles").set_value(["reviewer"])
    next(b for b in app.button if b.label == "Thêm tài khoản").click()
    app.run()
    assert "Mật khẩu quá ngắn" in errors(app)[0]
    assert empty.store.person("soat3") is None


def test_pages_hold_no_more_than_they_should() -> None:
    """A page asks, draws and sends a verb: no SQL, no path, no engine of its own."""
    for page in (ROOT / "pages").glob("*.py"):
        code = page.read_text("utf-8")
        assert len(code.splitlines()) <= 120, page.name
        for word in ("sqlalchemy", "sqlmodel", "pathlib", "workbench.store", "unsafe_allow_html"):
            assert word not in code, (page.name, word)


def test_an_upload_cannot_choose_its_place(tmp_path: Path) -> None:
    from workbench.ui.uploads import as_files

    class Upload:
        def __init__(self, name: str) -> None:
            self.name = name

        def getbuffer(self) -> memoryview:
            return memoryview(b"x")

    names = ["../../etc/passwd", "C:\\scans\\a.pdf", "a.pdf", "a.pdf", ".."]
    with as_files([Upload(name) for name in names], tmp_path) as paths:
        assert all(tmp_path in path.resolve().parents for path in paths)
        assert [path.name for path in paths] == ["passwd", "a.pdf", "a.pdf", "a.pdf", "unnamed"]
        assert len(set(paths)) == len(names)
    assert not list(tmp_path.iterdir())


def test_a_batch_must_be_complete() -> None:
    from workbench.ui.uploads import must_be_complete

    for name, unit, files in (("", "u", [1]), ("n", None, [1]), ("n", "u", [])):
        with pytest.raises(NotReadyError):
            must_be_complete(name, unit, files)  # type: ignore[arg-type]
