"""The drawing board's questions: what is read with what is drawn now, read it again, propose.

They go past Streamlit, as pointing does: an answer must not wait for a run of the page. What they
say and are told stands at the head of `workbench.ui.station.design`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from workbench.errors import TemplateError, WorkbenchError
from workbench.flow import drawing, proposals
from workbench.flow.work import Work
from workbench.model import Person, TemplateDraft
from workbench.ui import workspace
from workbench.ui.door import PERSON, from_here, speak_to
from workbench.ui.station import design, drawn
from workbench.words import remedy, say

_LONGEST = 1_000_000  # bytes of a question


async def answer(request: Request) -> Response:
    """One question about a draft."""
    if not from_here(request):
        return PlainTextResponse("This was not sent from here.", 403)
    question = _QUESTIONS.get(request.path_params["what"])
    content = await request.body()
    if question is None or len(content) > _LONGEST:
        return PlainTextResponse("There is no such question.", 404)
    try:
        asked = json.loads(content)
    except ValueError:
        return PlainTextResponse("That is no question.", 400)
    return await run_in_threadpool(_answer, request, question, asked)


def _answer(
    request: Request,
    question: Callable[[Work, TemplateDraft, Mapping[str, Any], str], dict[str, Any]],
    asked: Mapping[str, Any],
) -> Response:
    person: Person = request.scope[PERSON]
    speak_to(request)  # in the thread that words the answer
    work = workspace()
    try:
        draft = drawing.draft(work, request.path_params["draft"], by=person.name)
        told = question(work, draft, asked, person.name)
    except WorkbenchError as error:
        return PlainTextResponse(" ".join(filter(None, (say(error), remedy(error)))), 409)
    return JSONResponse(told, headers={"cache-control": "no-store"})


def _look(work: Work, draft: TemplateDraft, asked: Mapping[str, Any], by: str) -> dict[str, Any]:
    source = design.text_of(asked)
    told: dict[str, Any] = {
        "errors": design.errors(source, draft.template),
        "revision": draft.revision,
        "by": draft.by,
    }
    if "text" in asked:
        try:
            told["drawn"] = drawn.from_text(source)
        except TemplateError:
            return {**told, "drawn": None, "scans": []}
    else:
        told["text"] = source.decode()
    content = drawn.to_content(told.get("drawn") or asked["drawn"])
    template = drawing.as_far_as_drawn(content)
    seen = drawing.look(work, draft.scans, template, by=by)
    return {**told, "scans": [design.sight(one) for one in seen]}


def _read(work: Work, draft: TemplateDraft, asked: Mapping[str, Any], by: str) -> dict[str, Any]:
    template = drawing.as_far_as_drawn(drawn.to_content(asked["drawn"]))
    heard = drawing.read_again(work, draft.scans, template, str(asked["field"]), by=by)
    return {"scans": [dict(one) for one in heard]}


def _propose(work: Work, draft: TemplateDraft, asked: Mapping[str, Any], by: str) -> dict[str, Any]:
    found = proposals.propose(work, draft.scans, by=by)
    form = asked["drawn"]
    everything = {
        **drawn.to_content({**form, "rules": [], "holder": None}),
        "anchors": [anchor.model_dump(mode="json") for anchor in found.anchors],
        "fields": {
            one.name: one.spec.model_dump(mode="json", exclude_defaults=True)
            for one in found.fields
        },
    }
    seen = drawing.look(work, draft.scans, drawing.as_far_as_drawn(everything), by=by)
    return {"ghosts": design.ghosts(found, seen, form)}


_QUESTIONS = {"look": _look, "read": _read, "propose": _propose}
