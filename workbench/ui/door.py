"""The door: who comes in over HTTP or websocket, and with which headers they leave.

Streamlit takes the session from a header (`server.trustedUserHeaders`), as it stood when the page
was opened. A browser could send that header itself; here it is taken off every request and set from
the cookie alone, once the session is known to be somebody's.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote, urlsplit

import streamlit
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench import accounts
from workbench.errors import NotAllowedError
from workbench.model import Person
from workbench.ui import LANGUAGE_COOKIE, account, badges, workspace
from workbench.ui.signin import COOKIE, HOURS, Sessions, Tries
from workbench.words import Language, remedy, say, speak

SESSION_HEADER = b"x-workbench-session"
PERSON = "workbench.person"  # where a route finds the person in the scope

_OPEN = re.compile(r"/(login|logout|health|language/[a-z]+|app/static/.+)")
_PAGE = Template(Path(__file__).with_name("signin.html").read_text("utf-8"))
_ENTER = Template("""
<form method="post" action="/login">
  <input type="hidden" name="to" value="$to">
  <label for="name">$name_label</label>
  <input id="name" name="name" value="$name" autocomplete="username" autocapitalize="none"
         spellcheck="false" required autofocus>
  <label for="password">$password_label</label>
  <input id="password" name="password" type="password" autocomplete="current-password" required>
  <button type="submit">$button</button>
</form>
""")
_LEAVE = Template("""
<form method="post" action="/logout"><button type="submit" autofocus>$button</button></form>
<p><a href="/">$back</a></p>
""")
_INDEX = Path(streamlit.__file__).parent / "static" / "index.html"


class Door:
    """ASGI middleware: nobody passes without a session, and nobody names themselves."""

    def __init__(self, app: ASGIApp, sessions: Callable[[], Sessions]) -> None:
        self._app = app
        self._sessions = sessions
        self._headers = security_headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        sent = [(n, v) for n, v in scope["headers"] if not n.lower().startswith(b"x-workbench-")]

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                leaving = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    leaving.setdefault(name, value)
            await send(message)

        path: str = scope["path"]
        scope = {**scope, "headers": sent}
        if _OPEN.fullmatch(path):
            await self._app(scope, receive, send_guarded)
            return
        cookie = HTTPConnection(scope).cookies.get(COOKIE)
        person = await run_in_threadpool(self._sessions().person, cookie)
        if person is None or cookie is None:
            await self._turn_away(scope, receive, send_guarded)
            return
        named = (SESSION_HEADER, cookie.encode())
        scope = {**scope, "headers": [*sent, named], PERSON: person}
        await self._app(scope, receive, send_guarded)

    async def _turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4401, "reason": "no session"})
            return
        asks_for_page = "text/html" in Headers(scope=scope).get("accept", "")
        answer: Response = PlainTextResponse("Sign in first.", 401)
        if scope["method"] == "GET" and asks_for_page:
            to = scope["path"]
            answer = RedirectResponse("/login" + (f"?to={quote(to)}" if to != "/" else ""), 303)
        await answer(scope, receive, send)


def security_headers() -> dict[str, str]:
    """What the browser may load: this server's own files, and the one script Streamlit inlines."""
    inline = "".join(
        f" 'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in re.findall(r"<script>(.*?)</script>", _INDEX.read_text("utf-8"), re.DOTALL)
    )
    policy = (
        "default-src 'self'",
        f"script-src 'self' 'wasm-unsafe-eval'{inline}",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' ws: wss:",
        "worker-src 'self' blob:",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "base-uri 'self'",
        "object-src 'none'",
    )
    return {
        "content-security-policy": "; ".join(policy),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
    }


def index(request: Request) -> Response:
    """Streamlit's page, in the reader's language: screen readers and spelling depend on `lang`."""
    language = speak_to(request)
    page = _INDEX.read_text("utf-8").replace('<html lang="en">', f'<html lang="{language}">', 1)
    page = page.replace("<title>Streamlit</title>", f"<title>{escape(_product())}</title>", 1)
    return HTMLResponse(page, headers={"cache-control": "no-cache"})


def choose_language(request: Request) -> Response:
    """Remember the language in the browser and go back to where the reader was."""
    if request.method != "POST" or not from_here(request):  # a link changes nothing
        return _not_from_here()
    language = "en" if request.path_params["language"] == "en" else "vi"
    came_from = urlsplit(request.headers.get("referer", ""))
    to = "/"
    if came_from.netloc == request.headers.get("host"):
        to = _inside(came_from.path) + (f"?{came_from.query}" if came_from.query else "")
    answer = RedirectResponse(to, 303)
    answer.set_cookie(
        LANGUAGE_COOKIE, language, max_age=365 * 86400, samesite="strict", httponly=True
    )
    return answer


class SignIn:
    """The form at /login and the way out at /logout."""

    def __init__(self, sessions: Callable[[], Sessions]) -> None:
        self._sessions = sessions
        self._by_account = Tries(allowed=5)
        self._by_address = Tries(allowed=30)  # an office may share one address

    def form(self, request: Request) -> Response:
        return _draw(request, to=_inside(request.query_params.get("to", "/")))

    async def enter(self, request: Request) -> Response:
        if not from_here(request):
            return _not_from_here()
        form = await request.form()
        name, password = str(form.get("name", "")).strip(), str(form.get("password", ""))
        to = _inside(str(form.get("to", "/")))
        address = request.client.host if request.client else ""
        try:
            self._by_address.begin(address)
            self._by_account.begin(name)
        except NotAllowedError as error:
            return _draw(request, to=to, name=name, error=error, status=429)
        person = await run_in_threadpool(_who, name, password)
        if person is None:
            wrong = NotAllowedError(
                "The name or the password is not right.",
                "Check both; the administrator can give you a new password.",
            )
            return _draw(request, to=to, name=name, error=wrong, status=401)
        self._by_account.forget(name)
        self._by_address.take_back(address)
        # Whoever worked in this browser before is not here any more, in no tab of it.
        await run_in_threadpool(self._sessions().end, request.cookies.get(COOKIE))
        answer = RedirectResponse(to, 303)
        answer.set_cookie(
            COOKIE,
            self._sessions().begin(person),
            max_age=HOURS * 3600,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    def ask_to_leave(self, request: Request) -> Response:
        """A link changes nothing: whoever follows one here is asked first."""
        if self._sessions().person(request.cookies.get(COOKIE)) is None:
            return RedirectResponse("/login", 303)
        return _draw_leaving(request)

    def leave(self, request: Request) -> Response:
        """End the session for good, whatever tab still has it open."""
        if not from_here(request):
            return _not_from_here()
        self._sessions().end(request.cookies.get(COOKIE))
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer


def _who(name: str, password: str) -> Person | None:
    person = account(name)
    return person if accounts.check_password(person, password) else None


def _draw(
    request: Request,
    *,
    to: str,
    name: str = "",
    error: NotAllowedError | None = None,
    status: int = 200,
) -> Response:
    language = speak_to(request)
    problem = (
        f'<p class="wrong" role="alert">{escape(say(error))} {escape(remedy(error))}</p>'
        if error
        else ""
    )
    form = _ENTER.substitute(
        to=escape(to),
        name=escape(name),
        name_label=escape(say("Account name")),
        password_label=escape(say("Password")),
        button=escape(say("Sign in")),
    )
    demo = _demo_accounts() if workspace().settings.demo else ""
    return _page(language, say("Sign in"), problem + form + demo, status)


def _draw_leaving(request: Request) -> Response:
    language = speak_to(request)
    question = f"<p>{escape(say('Do you want to sign out?'))}</p>"
    form = _LEAVE.substitute(
        button=escape(say("Sign out")), back=escape(say("Back to the workbench"))
    )
    return _page(language, say("Sign out"), question + form)


def _page(language: Language, title: str, content: str, status: int = 200) -> Response:
    page = _PAGE.substitute(
        language=language,
        title=escape(f"{title} · {_product()}"),
        product=escape(_product()),
        agency=escape(workspace().settings.agency),
        content=content,
        languages=_languages(language),
    )
    return HTMLResponse(page, status, headers={"cache-control": "no-store"})


def _demo_accounts() -> str:
    """The published accounts; there only while the workspace is the demo."""
    rows = "".join(
        f"<tr><td>{escape(p.name)}</td><td>{escape(badges.role_word(p.roles[0]))}</td></tr>"
        for p in workspace().store.persons()
        if p.demo and p.active
    )
    if not rows:
        return ""
    words = say(
        "This is the demo. Every account below has the password {word}.",
        word=accounts.DEMO_PASSWORD,
    )
    return f'<div class="demo"><p>{escape(words)}</p><table>{rows}</table></div>'


def _languages(chosen: Language) -> str:
    names = {"vi": "Tiếng Việt", "en": "English"}
    return "".join(
        f"<b>{name}</b>"
        if code == chosen
        else f'<form method="post" action="/language/{code}"><button>{name}</button></form>'
        for code, name in names.items()
    )


def _product() -> str:
    return say("Digitisation workbench")


def speak_to(request: Request) -> Language:
    chosen = request.cookies.get(LANGUAGE_COOKIE) or workspace().settings.language
    language: Language = "en" if chosen == "en" else "vi"
    speak(language)
    return language


def _inside(to: str) -> str:
    """A path on this server, or the start page: a link must not lead people elsewhere."""
    return to if re.fullmatch(r"/[a-z_]*", to) else "/"


def from_here(request: Request) -> bool:
    """Whether the browser says that the form was sent from our own page."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _not_from_here() -> Response:
    return PlainTextResponse("This form was not sent from here.", 403)
