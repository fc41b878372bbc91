"""A page of a sealed file as it shows, seals and all: `/sealed-pages/{document}/{page}`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from workbench.errors import NotAllowedError, WorkbenchError
from workbench.flow import custody
from workbench.intake import pdf
from workbench.model import Person
from workbench.ui import workspace
from workbench.ui.door import PERSON

_WIDTH = 1240  # pixels: A4 at 150 dpi
_KEPT = 60  # pages of some 150 kB each


def sealed_page(request: Request) -> Response:
    """For who may see the record; pages count from 0. Looking at it is part of opening it."""
    person: Person = request.scope[PERSON]
    work = workspace()
    try:
        document = request.path_params["document"]
        digest = custody.sealed_file(work, document, by=person.name)
        content = _drawn(work.store.path(digest), request.path_params["page"])
    except (NotAllowedError, IndexError):
        return PlainTextResponse("There is no such page.", 404)
    except (WorkbenchError, OSError):
        return PlainTextResponse("This page cannot be shown.", 404)
    # Asked anew each time: a share may be over, and nobody else may look in this browser.
    return Response(content, media_type="image/webp", headers={"cache-control": "no-store"})


@lru_cache(maxsize=512)
def pages_of(file: Path) -> int:
    """How many pages a sealed file has; its name is its digest, so it never changes."""
    return pdf.length(file)


@lru_cache(maxsize=_KEPT)
def _drawn(file: Path, page: int) -> bytes:
    return pdf.picture(file, page, width=_WIDTH)
