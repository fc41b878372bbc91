"""The server: Streamlit's app behind our door, with the page images, files and health beside it."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path

import streamlit as st
import structlog
import uvicorn
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from workbench.errors import NotAllowedError
from workbench.flow import custody
from workbench.model import READERS, Person, Role
from workbench.ui import reading_room, sessions, workspace
from workbench.ui.door import PERSON, Door, SignIn, choose_language, index
from workbench.ui.drawing import answer as drawing_board
from workbench.ui.places import PAGES
from workbench.ui.pointing import page_words, read_box
from workbench.ui.sealed_page import sealed_page
from workbench.ui.snippets import snippet

log = structlog.get_logger(__name__)

_APP = Path(__file__).with_name("app.py")


def page_image(request: Request) -> Response:
    """The image of a page, for readers of papers. Its name is its digest: it never changes."""
    person: Person = request.scope[PERSON]
    if not READERS & {Role(role) for role in person.roles}:
        return PlainTextResponse("You may not see this.", 403)
    digest = request.path_params["digest"]
    try:
        file = workspace().store.path(digest)
        if not custody.may_see_image(workspace(), digest, by=person.name):
            return PlainTextResponse("There is no such page.", 404)
        with file.open("rb") as content:
            media_type = _image_type(content.read(12))
    except (ValueError, FileNotFoundError):
        return PlainTextResponse("There is no such page.", 404)
    if media_type is None:  # an original or a signed file: not for this door
        return PlainTextResponse("There is no such page.", 404)
    return FileResponse(
        file,
        media_type=media_type,
        headers={"cache-control": "private, max-age=31536000, immutable"},
    )


def _image_type(start: bytes) -> str | None:
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    if start[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    if start[:8] == b"\x89PNG\r\n\x1a\n":
        return "image/png"
    return None


def signed_file(request: Request) -> Response:
    """The signed PDF of a document."""
    person: Person = request.scope[PERSON]
    if not READERS & {Role(role) for role in person.roles}:
        return PlainTextResponse("You may not see this.", 403)
    document = request.path_params["document"]
    try:
        digest = custody.hand_out(workspace(), document, by=person.name)
    except NotAllowedError:  # as if it were not there
        return PlainTextResponse("There is no signed file.", 404)
    return FileResponse(
        workspace().store.path(digest),
        media_type="application/pdf",
        filename=f"{document}.pdf",
        headers={"cache-control": "private, no-cache"},
    )


def health(request: Request) -> Response:
    """Whether the server answers and its store does too."""
    workspace().store.ping()
    return JSONResponse({"status": "ok"})


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Open what the first visitor would wait for, then keep it out of the garbage collector's way.

    Nobody's request waits while it goes through what is there for good.
    """
    await asyncio.to_thread(_warm_up)
    gc.collect()
    gc.freeze()
    log.info("server.ready")
    try:
        yield
    finally:
        await asyncio.to_thread(reading_room().close)


def _warm_up() -> None:
    for library in ("pandas", "pyarrow", "plotly.graph_objects"):
        import_module(library)
    sessions()


_sign_in = SignIn(sessions)

app = st.App(
    _APP,
    lifespan=lifespan,
    middleware=[Middleware(Door, sessions=sessions)],
    routes=[
        Route("/login", _sign_in.form, methods=["GET"]),
        Route("/login", _sign_in.enter, methods=["POST"]),
        Route("/logout", _sign_in.ask_to_leave, methods=["GET"]),
        Route("/logout", _sign_in.leave, methods=["POST"]),
        Route("/language/{language}", choose_language, methods=["GET", "POST"]),
        Route("/health", health),
        Route("/page-images/{digest}", page_image),
        Route("/snippets/{digest}/{place}", snippet),
        Route("/page-words/{document}/{page:int}", page_words),
        Route("/read-box", read_box, methods=["POST"]),
        Route("/drawing-board/{draft}/{what}", drawing_board, methods=["POST"]),
        Route("/signed-files/{document}", signed_file),
        Route("/sealed-pages/{document}/{page:int}", sealed_page),
        # Each place's address, so that its page comes with the right language.
        *(
            Route(path, index)
            for path in ("/", *(f"/{p.stem}" for p in sorted(PAGES.glob("*.py"))))
        ),
    ],
)


def serve(host: str = "127.0.0.1", port: int = 8501) -> None:
    """Serve until stopped."""
    # Streamlit gives these a handler of its own and a line a request; we log events, not requests.
    for chatty in ("uvicorn", "uvicorn.access", "uvicorn.error", "websockets"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,  # open websockets must not hold up Ctrl+C
        ws_max_size=256 * 2**20,
        server_header=False,
    )
