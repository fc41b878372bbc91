"""The review station's two questions about a place on the scan: what was read there, and read it.

They go past Streamlit: an answer must not wait for a run of the page, and comes engine by engine.

    GET  /page-words/{document}/{page}   {"engines": {engine: [[text, left, top, right, bottom]…]}}
    POST /read-box  {"document", "page", "box"}   one JSON object a line, as each engine answers:
                    {"engine", "text"}…, or {"wrong": sentence} where nothing can be read
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from workbench import flow
from workbench.errors import WorkbenchError
from workbench.model import Box, Person, Word
from workbench.ui import workspace
from workbench.ui.door import PERSON, from_here, speak_to
from workbench.words import Language, remedy, say, speak

_LONGEST = 2000  # bytes of a question
_warmed = threading.Event()


def page_words(request: Request) -> Response:
    """What the engines have read on a page, for the reviewer who points at it."""
    person: Person = request.scope[PERSON]
    speak_to(request)
    try:
        found = flow.words_on(
            workspace(),
            request.path_params["document"],
            request.path_params["page"],
            by=person.name,
        )
    except WorkbenchError as error:
        return PlainTextResponse(_said(error), 404)
    _get_ready()
    engines = {engine: [_as_list(word) for word in words] for engine, words in found.items()}
    return JSONResponse({"engines": engines}, headers={"cache-control": "private, max-age=600"})


async def read_box(request: Request) -> Response:
    """Have the engines read just this box; a line of JSON from each, as it answers."""
    if not from_here(request):
        return PlainTextResponse("This was not sent from here.", 403)
    person: Person = request.scope[PERSON]
    try:
        asked = json.loads((await request.body())[:_LONGEST])
        document, page = str(asked["document"]), int(asked["page"])
        box = Box.clipped(*(float(side) for side in asked["box"]))
    except (ValueError, KeyError, TypeError):
        return PlainTextResponse("That is no box on a page.", 400)
    language = await run_in_threadpool(speak_to, request)
    return StreamingResponse(
        _answers(document, page, box, person.name, language),
        media_type="application/x-ndjson",
        headers={"cache-control": "no-store"},
    )


def _answers(document: str, page: int, box: Box, by: str, language: Language) -> Iterator[str]:
    try:
        for heard in flow.read_box(workspace(), document, page, box, by=by):
            yield _line({"engine": heard.engine, "text": heard.text})
    except WorkbenchError as error:
        speak(language)  # each step runs in a thread of its own
        yield _line({"wrong": _said(error)})


def _line(answer: dict[str, Any]) -> str:
    return json.dumps(answer, ensure_ascii=False) + "\n"


def _said(error: WorkbenchError) -> str:
    return " ".join(filter(None, (say(error), remedy(error))))


def _as_list(word: Word) -> list[Any]:
    return [word.text, *word.box.as_list()]


def _get_ready() -> None:
    """Load the engines' models once, while the reviewer still looks where to point."""
    if _warmed.is_set():
        return
    _warmed.set()
    threading.Thread(target=flow.warm, args=[workspace()], daemon=True).start()
