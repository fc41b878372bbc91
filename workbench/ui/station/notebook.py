"""The review station in a notebook: the same scripts, journal and verbs, over the same store.

    work = open_workspace(load_settings())
    desk = Station(work, by="soat1")
    desk                                  # the last line of a cell draws it

A notebook has no server of ours: scripts travel as text, page images as data, and both questions
about a place on the scan as messages of the widget.
"""

from __future__ import annotations

import base64
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from PIL import Image

from workbench import flow
from workbench.errors import WorkbenchError
from workbench.flow import Work
from workbench.model import Box
from workbench.ui import station
from workbench.ui.station import sitting
from workbench.words import Language, remedy, say, speak

_ASSETS = Path(station.__file__).with_name("assets")
_WIDTH = 1240  # px of a page: what a notebook is sent stays in it until its outputs are cleared
_QUALITY = 70


@cache
def _script() -> str:
    scripts = {file.name: file.read_text(encoding="utf-8") for file in _ASSETS.glob("*.js")}
    host = scripts.pop("notebook.js")
    look = (_ASSETS / "station.css").read_text(encoding="utf-8")
    return f"const SCRIPTS = {json.dumps(scripts)};\nconst LOOK = {json.dumps(look)};\n{host}"


class Station(anywidget.AnyWidget):
    """The station as `by` sees it. What is done there is kept at once, as it is in the app."""

    _esm = _script()
    data = traitlets.Dict().tag(sync=True)  # to the browser
    outbox = traitlets.Dict().tag(sync=True)  # the browser's journal

    def __init__(self, work: Work, *, by: str, language: Language = "vi") -> None:
        super().__init__()
        self._work, self._by, self._language = work, by, language
        self._desk = _Desk("notebook", self)
        self.on_msg(self._asked)
        self._turn()

    @traitlets.observe("outbox")
    def _said(self, _change: object) -> None:
        self._turn()

    def _turn(self) -> None:
        """Keep what was done, and lay out what comes next."""
        speak(self._language)  # each message runs in a context of its own
        sitting.keep(self._desk, self._work, by=self._by)
        sitting.lay_out(self._desk, self._work, by=self._by)

    def _asked(self, _widget: object, asked: dict[str, Any], _buffers: object) -> None:
        """Answer what stands at a place on the scan; an error is an answer too."""
        speak(self._language)
        document, page, to = str(asked["document"]), int(asked["page"]), asked["id"]
        try:
            if asked["what"] == "words":
                found = flow.words_on(self._work, document, page, by=self._by)
                engines = {
                    engine: [[word.text, *word.box.as_list()] for word in words]
                    for engine, words in found.items()
                }
                self.send({"to": to, "done": True, "engines": engines})
                return
            box = Box.clipped(*(float(side) for side in asked["box"]))
            for heard in flow.read_box(self._work, document, page, box, by=self._by):
                self.send({"to": to, "engine": heard.engine, "text": heard.text})
            self.send({"to": to, "done": True, "wrong": ""})
        except WorkbenchError as error:
            wrong = " ".join(filter(None, (say(error), remedy(error))))
            self.send({"to": to, "done": True, "wrong": wrong, "engines": {}})

    def image(self, digest: str) -> str:
        """A page's picture as an address that holds the picture itself."""
        with Image.open(self._work.store.path(digest)) as page:
            page.thumbnail((_WIDTH, 10 * _WIDTH))
            content = io.BytesIO()
            page.convert("RGB").save(content, "JPEG", quality=_QUALITY)
        return "data:image/jpeg;base64," + base64.b64encode(content.getvalue()).decode()


class _Desk(station.Desk):
    """A desk that speaks through a widget instead of a page of the app."""

    def __init__(self, key: str, widget: Station) -> None:
        super().__init__(key)
        self._widget = widget

    def _said(self) -> dict[str, Any]:
        return dict(self._widget.outbox)

    def _draw(self, data: dict[str, Any]) -> None:
        for sheet in data["sheets"]:
            for page in sheet["pages"]:
                page["image"] = self._widget.image(page["image"])
        self._widget.data = {**data, "images": ""}
