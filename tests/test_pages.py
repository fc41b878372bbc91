"""Every page, on an empty and on a full workbench, as each role: what people see and do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from time import time

import pytest
from streamlit.testing.v1 import AppTest

from tests.full_workbench import fill
from workbench import flow, ui
from workbench.accounts import with_password
from workbench.errors import NotReadyError
from workbench.flow import FieldAct
from workbench.model import Act, Decision, Person, Role, Stage
from workbench.ui.places import PLACES, Place, open_to
from workbench.ui.signin import HOURS
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
    ui.sessions.cache_clear()
    work = ui.workspace()
    prepare_demo(work)
    yield work
    work.store.close()
    ui.workspace.cache_clear()
    ui.sessions.cache_clear()


@pytest.fixture
def full(empty: Workspace, noon: datetime) -> tuple[Workspace, dict[Stage, list[str]]]:
    return empty, fill(empty, at=noon)


@pytest.fixture
def visit() -> Open:
    """Open a page as somebody: `visit("intake.py", "soat1", batch="…")`."""

    def opened(file: str, name: str | None, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "workbench" / "ui" / "app.py"), default_timeout=60)
        somebody = ui.workspace().store.person(name) if name else None
        app.user = {"workbench_session": ui.sessions().begin(somebody)} if somebody else {}
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


def as_shown(widget: str, work: Workspace, document: str) -> str:
    """The key of a widget on the approval page while it shows this document as it is now."""
    shown = work.store.document(document)
    assert shown is not None
    return f"{widget}.{document}.{shown.revision}"


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
        # The desk and the form have a heading of their own.
        assert app.header or place.file in ("review.py", "entry.py")


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


def test_an_open_page_is_nobodys_after_the_sign_out(empty: Workspace, visit: Open) -> None:
    app = visit("home.py", "soat1")
    ui.sessions().end(app.user["workbench_session"])
    app.run()
    assert errors(app) == ["**Bạn chưa đăng nhập.**\n\nHãy đăng nhập lại."]


def test_an_open_page_is_nobodys_after_a_new_password(empty: Workspace, visit: Open) -> None:
    app = visit("home.py", "soat1")
    person = empty.store.person("soat1")
    assert person is not None
    empty.store.keep(with_password(person, "một câu đủ dài"))
    app.run()
    assert len(errors(app)) == 1


def test_an_open_page_is_nobodys_after_the_working_day(
    empty: Workspace, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit("home.py", "soat1")
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: time() + HOURS * 3600 + 5)
    app.run()
    assert len(errors(app)) == 1


def test_the_accounts_of_the_demo_are_nobody_elsewhere(
    empty: Workspace, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit("home.py", "soat1")
    assert not errors(app)
    monkeypatch.setattr(empty.settings, "demo", False)
    app.run()
    assert len(errors(app)) == 1


def test_a_part_that_draws_itself_asks_who_is_here(
    empty: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.errors import NotAllowedError

    def nobody() -> Person:
        raise NotAllowedError("You are not signed in.", "Sign in again.")

    def script() -> None:
        import streamlit as st

        from workbench import ui

        @ui.watching(5)
        def watch() -> None:
            st.markdown("one of the papers")

        watch()

    monkeypatch.setattr(ui, "person", nobody)
    app = AppTest.from_function(script).run()
    assert len(errors(app)) == 1
    assert not app.markdown


def test_what_nobody_foresaw_becomes_a_reference(
    empty: Workspace,
    visit: Open,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("Nguyễn Văn A, 079123456789")

    monkeypatch.setattr(type(empty.store), "count", fail)
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
    app.button(key=as_shown("approve", work, ids[Stage.REVIEWED][0])).click().run()
    assert not errors(app)
    approved = work.store.document(ids[Stage.REVIEWED][0])
    assert approved is not None
    assert (approved.stage, approved.approver) == (Stage.APPROVED, "duyet1")
    (sitting,) = [r for r in work.store.reviews(approved.id) if r.duty == "approve"]
    assert 0 < sitting.milliseconds < 60_000  # from the first look to the click


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
    app.button(key=as_shown("approve.back", work, key)).click().run()
    assert len(errors(app)) == 1
    app.text_area(key=as_shown("approve.reason", work, key)).set_value("Sai ngày cấp")
    app.button(key=as_shown("approve.back", work, key)).click().run()
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
    app.button(key=as_shown("approve", work, key)).click().run()
    assert "người khác" in errors(app)[0].lower()


def corrected_meanwhile(work: Workspace, key: str) -> None:
    """Another approver sends a document back and its reviewer reviews it once more."""
    at = work.store.document(key)
    assert at is not None and at.reviewer is not None
    other = work.store.person("duyet1")
    assert other is not None
    work.store.keep(Person(**{**other.model_dump(), "name": "duyet2"}))
    flow.send_back(work, key, by="duyet2", revision=at.revision, reason="Xem lại số")
    sheet = flow.sheet(work, key)
    acts = [
        FieldAct(f"again-{n}", field.name, Act.EDIT, "khác hẳn")
        for n, field in enumerate(sheet.fields)
        if field.kind != "date"  # another text would be no possible date, which is an error
    ]
    flow.correct(work, key, acts, by=at.reviewer)
    flow.decide(work, key, Decision.PASS, by=at.reviewer)


@pytest.mark.parametrize("verb", ["approve", "approve.back"])
def test_nobody_decides_on_a_revision_they_have_not_seen(
    full: tuple[Workspace, dict[Stage, list[str]]], visit: Open, verb: str
) -> None:
    work, ids = full
    key = ids[Stage.REVIEWED][0]
    app = visit("approve.py", "duyet1")
    button = as_shown(verb, work, key)
    app.text_area(key=as_shown("approve.reason", work, key)).set_value("Sai")
    corrected_meanwhile(work, key)
    app.button(key=button).click().run()
    (said,) = errors(app)
    assert "Người khác đã thay đổi" in said
    now = work.store.document(key)
    assert now is not None
    assert now.stage is Stage.REVIEWED
    app.button(key=as_shown("approve", work, key)).click().run()  # this one they have seen
    assert not errors(app)


def test_a_document_that_left_the_queue_is_told_to_who_clicked(
    full: tuple[Workspace, dict[Stage, list[str]]], visit: Open
) -> None:
    work, ids = full
    first, second = ids[Stage.REVIEWED]
    app = visit("approve.py", "duyet1")
    button = as_shown("approve", work, first)
    flow.send_back(work, first, by="duyet1", revision=0, reason="Xem lại")
    app.button(key=button).click().run()
    assert len(errors(app)) == 1
    untouched = work.store.document(second)
    assert untouched is not None
    assert untouched.stage is Stage.REVIEWED


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
    monkeypatch.setattr("workbench.ui.seals._ticked", lambda *_: chosen)  # AppTest ticks no rows
    app = visit("sign.py", "duyet1")
    assert not errors(app)
    assert "THỬ NGHIỆM" in told(app)
    app.button(key="sign.order").click().run()
    assert not errors(app)
    for key in ids[Stage.APPROVED]:
        ordered = work.store.document(key)
        assert ordered is not None
        assert ordered.seal_by == "duyet1"


def test_a_batch_is_sealed_by_the_profile_that_was_chosen(
    full: tuple[Workspace, dict[Stage, list[str]]], visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, ids = full
    monkeypatch.setattr("workbench.ui.seals._ticked", lambda *_: [0, 1])
    app = visit("sign.py", "duyet1")
    assert "Chứng thư được phép ký" in told(app)
    app.selectbox(key="sign.profile").set_value("tt02-luu-tru").run()
    assert "chưa khai tệp hình dấu" in told(app)  # what stands in the way is said
    assert app.button(key="sign.order").disabled
    app.selectbox(key="sign.profile").set_value("nd137-chuyen-doi").run()
    assert "ký hiệu chuyển đổi" in told(app)
    app.button(key="sign.order").click().run()
    assert not errors(app)
    ordered = [work.store.document(key) for key in ids[Stage.APPROVED]]
    assert {d.seal_profile for d in ordered if d} == {"nd137-chuyen-doi"}


def test_all_that_was_approved_comes_to_its_seal_page_by_page(
    full: tuple[Workspace, dict[Stage, list[str]]], visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, ids = full
    monkeypatch.setattr("workbench.ui.seals.TO_SEAL_PER_PAGE", 1)
    monkeypatch.setattr("workbench.ui.seals._ticked", lambda *_: [0])
    assert len(ids[Stage.APPROVED]) == 2
    app = visit("sign.py", "duyet1")
    app.button(key="sign.order").click().run()
    app.button(key="sign.order").click().run()
    assert not errors(app)
    for key in ids[Stage.APPROVED]:
        ordered = work.store.document(key)
        assert ordered is not None
        assert ordered.seal_by == "duyet1"


def test_only_what_was_ticked_on_the_screen_is_ordered(
    full: tuple[Workspace, dict[Stage, list[str]]], visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, ids = full
    first, second = ids[Stage.APPROVED]
    monkeypatch.setattr("workbench.ui.seals._ticked", lambda *_: [0])
    app = visit("sign.py", "duyet1")
    flow.order_seal(work, [first], by="duyet1")  # by a colleague: now the second is in row 0
    app.button(key="sign.order").click().run()
    untouched = work.store.document(second)
    assert untouched is not None
    assert untouched.seal_by is None


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
