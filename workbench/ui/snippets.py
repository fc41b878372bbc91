"""Pieces of a page, cut out for a carpet: small, kept in memory, named by page and place alone."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

from PIL import Image
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from workbench.flow import custody
from workbench.model import READERS, Box, Person, Role
from workbench.ui import workspace
from workbench.ui.door import PERSON

_TALLEST = 400  # pixels of a piece; twice what a screen needs of five lines
_KEPT = 4000  # pieces of a few kilobytes each


def snippet(request: Request) -> Response:
    """A piece of a page's image, for readers of papers: `/snippets/{digest}/{place}`.

    `place`: left-top-right-bottom in hundred-thousandths of the page as it is shown.
    """
    person: Person = request.scope[PERSON]
    if not READERS & {Role(role) for role in person.roles}:
        return PlainTextResponse("You may not see this.", 403)
    try:
        place = [int(part) / 100_000 for part in request.path_params["place"].split("-")]
        box = Box.clipped(*place)
        digest = request.path_params["digest"]
        file = workspace().store.path(digest)
        if not custody.may_see_image(workspace(), digest, by=person.name):
            return PlainTextResponse("There is no such page.", 404)
        piece = cut(file, box)
    except (ValueError, TypeError, OSError):  # Pillow tells an image it cannot read as an OSError
        return PlainTextResponse("There is no such page.", 404)
    return Response(
        piece,
        media_type="image/webp",
        headers={"cache-control": "private, max-age=31536000, immutable"},
    )


@lru_cache(maxsize=_KEPT)
def cut(file: Path, box: Box) -> bytes:
    """What lies in the box, as WebP, no taller than a carpet needs."""
    with Image.open(file) as image:
        left, top, right, bottom = box.pixels(*image.size)
        piece = image.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
    if piece.height > _TALLEST:
        piece = piece.resize((max(1, piece.width * _TALLEST // piece.height), _TALLEST))
    written = io.BytesIO()
    piece.convert("RGB").save(written, "WEBP", quality=75, method=2)
    return written.getvalue()
