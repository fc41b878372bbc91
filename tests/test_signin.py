"""The door, tried on the real server: who comes in, who is turned away, and what leaves."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from workbench import accounts
from workbench.errors import NotAllowedError
from workbench.model import Person, Role
from workbench.store import Store
from workbench.ui.signin import HOURS, Sessions, Tries, secret
from workbench.workspace import load_settings, open_workspace

STREAM = "/_stcore/stream"
PAPER = b"RIFF\x24\x00\x00\x00WEBPVP8 of a page"


# --- sessions and tries, by themselves -----------------------------------------------------------


def somebody(name: str = "soat1", *, active: bool = True, password: str = "h1") -> Person:
    return Person(
        name=name, shown_as="x", password_hash=password, roles=["reviewer"], active=active
    )


@pytest.fixture
def ended(tmp_path: Path) -> Path:
    """The folder in which the sessions that were signed out are remembered."""
    return tmp_path / "ended"


def test_a_session_names_its_person(ended: Path) -> None:
    sessions = Sessions(b"key", lambda name: somebody(name), ended)
    found = sessions.person(sessions.begin(somebody()))
    assert found is not None
    assert found.name == "soat1"


@pytest.mark.parametrize("cookie", [None, "", "soat1", "WyJzb2F0MSIsIngiXQ.aaaa.bbbb"])
def test_a_forged_session_names_nobody(ended: Path, cookie: str | None) -> None:
    sessions = Sessions(b"key", lambda name: somebody(name), ended)
    assert sessions.person(cookie) is None
    sessions.end(cookie)
    assert not ended.exists()


def test_another_key_makes_another_site(ended: Path) -> None:
    cookie = Sessions(b"key", lambda name: somebody(name), ended).begin(somebody())
    assert Sessions(b"other", lambda name: somebody(name), ended).person(cookie) is None


def test_signing_out_ends_this_session_in_every_process_and_no_other(ended: Path) -> None:
    sessions = Sessions(b"key", lambda name: somebody(name), ended)
    here, at_home = sessions.begin(somebody()), sessions.begin(somebody())
    sessions.end(here)
    assert sessions.person(here) is None
    assert Sessions(b"key", lambda name: somebody(name), ended).person(here) is None
    assert sessions.person(at_home) is not None


def test_sessions_that_ran_out_by_themselves_are_forgotten(ended: Path) -> None:
    sessions = Sessions(b"key", lambda name: somebody(name), ended)
    sessions.end(sessions.begin(somebody()))
    (old,) = ended.iterdir()
    os.utime(old, (0, time.time() - HOURS * 3600 - 5))
    sessions.end(sessions.begin(somebody()))
    assert len(list(ended.iterdir())) == 1
    assert not old.exists()


def test_a_changed_password_ends_the_session(ended: Path) -> None:
    now = somebody()
    sessions = Sessions(b"key", lambda _: now, ended)
    cookie = sessions.begin(now)
    now = somebody(password="h2")
    assert sessions.person(cookie) is None


def test_a_closed_account_ends_the_session(ended: Path) -> None:
    sessions = Sessions(b"key", lambda name: somebody(name, active=False), ended)
    assert sessions.person(sessions.begin(somebody())) is None


def test_a_session_ends_with_the_working_day(ended: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions(b"key", lambda name: somebody(name), ended)
    cookie = sessions.begin(somebody())
    later = time.time() + HOURS * 3600 + 5
    monkeypatch.setattr(time, "time", lambda: later)
    assert sessions.person(cookie) is None


def test_five_tries_then_a_wait_then_again() -> None:
    clock = 0.0
    tries = Tries(allowed=5, seconds=300, clock=lambda: clock)
    for _ in range(5):
        tries.begin("soat1")
    with pytest.raises(NotAllowedError):
        tries.begin("soat1")
    tries.begin("soat2")  # a colleague is not locked out
    clock = 301.0
    tries.begin("soat1")


def test_a_right_password_forgets_the_wrong_ones() -> None:
    tries = Tries(allowed=2)
    for _ in range(4):
        tries.begin("soat1")
        tries.forget("soat1")


def test_right_passwords_from_one_address_lock_nobody_out_and_forgive_no_guessing() -> None:
    tries = Tries(allowed=3)
    tries.begin("office")
    tries.begin("office")
    for _ in range(40):
        tries.begin("office")
        tries.take_back("office")
    tries.begin("office")
    with pytest.raises(NotAllowedError):
        tries.begin("office")


def test_a_flood_of_names_is_not_remembered() -> None:
    tries = Tries(allowed=5, remembered=10)
    for n in range(1000):
        tries.begin(f"nobody{n}")
    assert len(tries._tried) <= 10


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first = secret(tmp_path / "keys")
    assert secret(tmp_path / "keys") == first
    assert len(first) == 32
    kept = tmp_path / "keys" / "session.secret"
    assert kept.stat().st_mode & 0o077 == 0
    assert kept.parent.stat().st_mode & 0o077 == 0
    assert list(kept.parent.iterdir()) == [kept]


# --- the real server -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def store(place: Path) -> Store:
    work = open_workspace(load_settings(data=place / "data", keys=place / "keys"))
    secret_words = accounts.hash_password("đúng mật khẩu")
    for name, role in (
        ("soat", Role.REVIEWER),
        ("quantri", Role.ADMINISTRATOR),
        ("nghi", Role.REVIEWER),
        ("khoa", Role.REVIEWER),
        ("demo1", Role.REVIEWER),
    ):
        work.store.keep(
            Person(
                name=name,
                shown_as=name,
                password_hash=secret_words,
                roles=[role.value],
                active=name != "nghi",
                demo=name == "demo1",
            )
        )
    return work.store


@pytest.fixture(scope="module")
def server(place: Path, store: Store) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "WORKBENCH_DATA": str(place / "data"),
        "WORKBENCH_KEYS": str(place / "keys"),
        "WORKBENCH_DEMO": "0",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", f"from workbench.ui import asgi; asgi.serve(port={port})"],
        env={**os.environ, **settings},
        cwd=place,  # from anywhere: theme and fonts travel with the package
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                if httpx.get(f"{address}/health").status_code == 200:
                    break
            except httpx.TransportError:
                assert process.poll() is None, "the server ended"
                time.sleep(0.25)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def visitor(server: str) -> httpx.Client:
    return httpx.Client(base_url=server, headers={"accept": "text/html"})


def signed_in(server: str, name: str = "soat") -> httpx.Client:
    client = visitor(server)
    answer = client.post("/login", data={"name": name, "password": "đúng mật khẩu"})
    assert answer.status_code == 303, answer.text
    return client


def test_a_stranger_is_led_to_the_sign_in(server: str) -> None:
    answer = visitor(server).get("/approve")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?to=/approve"


def test_health_needs_no_sign_in(server: str) -> None:
    assert visitor(server).get("/health").json() == {"status": "ok"}


@pytest.mark.parametrize(
    "path",
    ["/_stcore/host-config", "/page-images/" + "0" * 64, "/signed-files/x", "/manifest.json"],
)
def test_nothing_else_is_told_to_strangers(server: str, path: str) -> None:
    answer = httpx.get(server + path)
    assert answer.status_code == 401


def test_the_form_is_in_vietnamese_and_names_no_account(server: str) -> None:
    page = visitor(server).get("/login").text
    assert '<html lang="vi">' in page
    assert "Đăng nhập" in page
    assert "Mật khẩu" in page
    assert "soat" not in page  # not the demo: no account is shown


def test_the_form_speaks_english_when_asked(server: str) -> None:
    client = visitor(server)
    client.post("/language/en")
    assert "Password" in client.get("/login").text


def test_a_choice_of_language_keeps_the_place_and_what_is_open_there(server: str) -> None:
    for came_from, to in (
        (f"{server}/documents?document=a-1", "/documents?document=a-1"),
        (f"{server}/", "/"),
        ("https://elsewhere.example/documents?document=a-1", "/"),
        (f"{server}//elsewhere.example?x", "/?x"),
    ):
        answer = visitor(server).post("/language/en", headers={"referer": came_from})
        assert answer.headers["location"] == to


def test_a_link_or_another_site_chooses_no_language(server: str) -> None:
    for method, header in (
        ("GET", {}),
        ("POST", {"origin": "https://elsewhere.example"}),
        ("POST", {"sec-fetch-site": "cross-site"}),
    ):
        answer = visitor(server).request(method, "/language/en", headers=header)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


def test_the_font_of_the_form_is_served_to_strangers(server: str) -> None:
    answer = httpx.get(f"{server}/app/static/fonts/be-vietnam-pro-vietnamese-400-normal.woff2")
    assert answer.status_code == 200
    assert answer.content[:4] == b"wOF2"


def test_the_right_password_opens_and_the_cookie_is_closed_to_scripts(server: str) -> None:
    client = visitor(server)
    answer = client.post(
        "/login", data={"name": "soat", "password": "đúng mật khẩu", "to": "/sign"}
    )
    assert answer.headers["location"] == "/sign"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    page = client.get("/")
    assert page.status_code == 200
    assert '<html lang="vi">' in page.text
    assert "<title>Bàn số hóa</title>" in page.text


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("soat", "sai"),
        ("nobody", "đúng mật khẩu"),
        ("nghi", "đúng mật khẩu"),
        ("demo1", "đúng mật khẩu"),  # an account of the demo, on a server that is none
        ("", ""),
    ],
)
def test_a_wrong_name_or_password_is_told_alike(server: str, name: str, password: str) -> None:
    answer = visitor(server).post("/login", data={"name": name, "password": password})
    assert answer.status_code == 401
    assert "không đúng" in answer.text
    assert "set-cookie" not in answer.headers


def test_after_five_wrong_passwords_even_the_right_one_waits(server: str) -> None:
    client = visitor(server)
    for _ in range(5):
        assert client.post("/login", data={"name": "khoa", "password": "sai"}).status_code == 401
    answer = client.post("/login", data={"name": "khoa", "password": "đúng mật khẩu"})
    assert answer.status_code == 429
    assert "quá nhiều lần" in answer.text


@pytest.mark.parametrize("to", ["https://elsewhere.example/", "//elsewhere.example", "/\\x", "x"])
def test_a_link_cannot_lead_elsewhere_after_the_sign_in(server: str, to: str) -> None:
    answer = visitor(server).post(
        "/login", data={"name": "soat", "password": "đúng mật khẩu", "to": to}
    )
    assert answer.headers["location"] == "/"


def test_a_form_from_another_site_is_refused(server: str) -> None:
    answer = visitor(server).post(
        "/login",
        data={"name": "soat", "password": "đúng mật khẩu"},
        headers={"origin": "https://elsewhere.example"},
    )
    assert answer.status_code == 403


def test_signing_out_ends_it(server: str) -> None:
    client = signed_in(server)
    kept = cookie_of(client)  # somebody copied it
    assert client.post("/logout").headers["location"] == "/login"
    assert client.get("/").status_code == 303
    assert visitor(server).get("/", headers=kept).status_code == 303


def test_a_link_signs_nobody_out_but_asks(server: str) -> None:
    client = signed_in(server)
    page = client.get("/logout").text
    assert "Bạn muốn đăng xuất?" in page
    assert '<form method="post" action="/logout">' in page
    assert client.get("/").status_code == 200
    assert visitor(server).get("/logout").headers["location"] == "/login"


@pytest.mark.parametrize(
    "header", [{"origin": "https://elsewhere.example"}, {"sec-fetch-site": "cross-site"}]
)
def test_another_site_signs_nobody_out(server: str, header: dict[str, str]) -> None:
    client = signed_in(server)
    assert client.post("/logout", headers=header).status_code == 403
    assert client.get("/").status_code == 200


def test_whoever_signs_in_next_ends_the_session_before(server: str) -> None:
    client = signed_in(server)
    before = cookie_of(client)
    client.post("/login", data={"name": "quantri", "password": "đúng mật khẩu"})
    assert client.get("/").status_code == 200
    assert visitor(server).get("/", headers=before).status_code == 303


def test_an_office_behind_one_address_signs_in_of_a_morning(server: str) -> None:
    for _ in range(31):
        signed_in(server)


def test_what_is_typed_into_the_form_cannot_become_markup(server: str) -> None:
    answer = visitor(server).post(
        "/login", data={"name": '"><script>x()</script>', "password": "sai"}
    )
    assert "<script>x" not in answer.text


def test_pages_leave_with_strict_headers(server: str) -> None:
    headers = signed_in(server).get("/").headers
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert re.search(r"script-src 'self' 'wasm-unsafe-eval' 'sha256-[^']+';", policy)
    assert "unsafe-inline" not in policy.split("style-src")[0]
    assert headers["x-content-type-options"] == "nosniff"


def cookie_of(client: httpx.Client) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}


def test_a_websocket_without_a_session_is_refused(server: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(server.replace("http", "ws") + STREAM, origin=server)  # type: ignore[arg-type]
    assert refused.value.response.status_code == 403


def test_a_forged_header_does_not_make_a_person(server: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(
            server.replace("http", "ws") + STREAM,
            additional_headers={"x-workbench-session": "quantri"},
        )
    assert refused.value.response.status_code == 403


def test_a_websocket_with_a_session_opens(server: str) -> None:
    with connect(
        server.replace("http", "ws") + STREAM,
        additional_headers=cookie_of(signed_in(server)),
        origin=server,  # type: ignore[arg-type]
    ) as websocket:
        websocket.ping()


def test_a_websocket_from_another_site_is_refused(server: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(
            server.replace("http", "ws") + STREAM,
            additional_headers=cookie_of(signed_in(server)),
            origin="https://elsewhere.example",  # type: ignore[arg-type]
        )
    assert refused.value.response.status_code == 403


def test_a_page_image_is_kept_by_the_browser_and_by_nobody_else(server: str, store: Store) -> None:
    answer = signed_in(server).get(f"/page-images/{store.put(PAPER)}")
    assert answer.content == PAPER
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"


def test_an_administrator_of_accounts_sees_no_paper(server: str, store: Store) -> None:
    answer = signed_in(server, "quantri").get(f"/page-images/{store.put(PAPER)}")
    assert answer.status_code == 403


@pytest.mark.parametrize("name", ["0" * 64, "x", "..%2f..%2fetc%2fpasswd", "A" * 64])
def test_there_is_no_other_image(server: str, name: str) -> None:
    assert signed_in(server).get(f"/page-images/{name}").status_code in (400, 404)


def test_originals_and_signed_files_do_not_leave_by_the_image_door(
    server: str, store: Store
) -> None:
    digest = store.put(b"%PDF-1.7 somebody's paper")
    assert signed_in(server).get(f"/page-images/{digest}").status_code == 404
