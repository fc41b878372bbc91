"""A small app around the real station: made-up sheets, a keeper in memory, and a way to trouble it.

Streamlit runs this file as the script; the test imports it for `serve` and `World`.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import streamlit as st
from PIL import Image, ImageDraw, ImageFont

from workbench.errors import NotReadyError, Sentence, StaleDocumentError
from workbench.model import (
    Correction,
    Decision,
    Document,
    Finding,
    Page,
    Severity,
    Stage,
    now,
)
from workbench.review import ReviewSheet, SheetField, standing, value_of
from workbench.ui import station
from workbench.words import speak

WIDTH, HEIGHT = 1240, 1754
LINE = 60

# name, label, value on the paper, what the machine proposes, other readings, whether it is doubtful
FIELDS = (
    ("so", "Số", "221/GCN", "221/GCN", ("227/GCN",), True),
    ("ngay_cap", "Ngày cấp", "07/08/2022", "07/08/2022", (), False),
    ("ten_to_chuc", "Tên tổ chức", "Trường Mầm non Hoa Sen", "Trường Mâm non Hoa Sen",
     ("Trường Mầm non Hoa Sen",), True),
    ("dia_chi", "Địa chỉ", "Số 1, đường Trần Hưng Đạo", "Số 1, đường Trần Hưng Đạo", (), False),
    ("quoc_tich", "Quốc tịch", "", "", (), True),
    ("muc.1.so_hieu", "Mục 1: Số hiệu", "K54-0011", "K54-0011", (), False),
    ("muc.1.so_luong", "Mục 1: Số lượng", "02", "02", (), False),
    ("muc.2.so_hieu", "Mục 2: Số hiệu", "K54-0012", "K54-0012", (), False),
    ("muc.2.so_luong", "Mục 2: Số lượng", "01", "01", (), False),
)  # fmt: skip


@dataclass
class World:
    """What the server keeps, and how it misbehaves."""

    sheets: dict[str, ReviewSheet] = field(default_factory=dict)
    images: dict[str, bytes] = field(default_factory=dict)
    acts: list[Correction] = field(default_factory=list)
    decisions: list[tuple[str, Decision, str]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)  # ids as they came, also what came twice
    broken: bool = False  # nothing can be kept
    asides: list[tuple[str, str, str]] = field(default_factory=list)  # document, how, why
    approved: set[str] = field(default_factory=set)  # what can no longer be taken back
    given_back: int = 0
    beats: int = 0
    keys: dict[str, Any] = field(default_factory=dict)
    traces: list[Mapping[str, Any]] = field(default_factory=list)
    idle: float = 15  # minutes
    close: bool = False  # the second doubtful field has two readings that are about as likely
    taken: set[str] = field(default_factory=set)  # documents a colleague has got hold of
    moved: bool = False  # the desk stands in another place on the page
    lost: set[str] = field(default_factory=set)  # documents whose sheets do not reach the browser
    age: int = 0  # each filling has documents of its own, so that one browser can sit many tests

    def fill(
        self, count: int, *, doubtful: bool = True, pages: int = 1, close: bool = False
    ) -> None:
        vars(self).update(vars(World(age=self.age + 1, close=close)))
        for number in range(1, count + 1):
            sheet = self._sheet(number, doubtful, pages)
            self.sheets[sheet.document.id] = sheet

    def _sheet(self, number: int, doubtful: bool, pages: int) -> ReviewSheet:
        document = Document(
            id=f"{self.age}-d{number}", batch="b", source="s", unit="PC06", number=number,
            stage=Stage.PROPOSED, kind="antt", template_digest="t",
        )  # fmt: skip
        views = []
        for side in range(pages):
            image = _draw(number, side)
            digest = sha256(image).hexdigest()
            self.images[digest] = image
            views.append(
                Page(
                    document=document.id,
                    number=side,
                    file_page=side,
                    width=WIDTH,
                    height=HEIGHT,
                    dpi=150,
                    scan=digest,
                    view=digest,
                )
            )
        fields = tuple(_field(place, doubtful, pages) for place in range(len(FIELDS)))
        if self.close:
            fields = tuple(
                replace(f, confidence=0.55) if f.name == "ten_to_chuc" else f for f in fields
            )
        returned = Sentence("{reason}", {"reason": "Xem lại số hiệu."}) if number == 2 else None
        return ReviewSheet(
            document, {"vi": "Giấy chứng nhận", "en": "Certificate"}, tuple(views), fields,
            returned, (), (),
        )  # fmt: skip

    def sheet(self, document: str) -> ReviewSheet:
        mine = [act for act in self.acts if act.document == document]
        newest = standing(mine)
        kept = self.sheets[document]
        fields = []
        for given in kept.fields:
            act = newest.get(given.name)
            value, _ = value_of(given, act)  # type: ignore[arg-type]
            fields.append(replace(given, value=value, act=act.act if act else None))
        return replace(kept, fields=tuple(fields), corrections=tuple(mine))

    def waiting(self) -> list[ReviewSheet]:
        off = {document for document, _, _ in [*self.decisions, *self.asides]}
        return [self.sheet(d) for d in self.sheets if d not in off and d not in self.taken]

    def take_back(self, document: str) -> str:
        """The document whose decision was taken back; without one, the last."""
        left = [d for d, _, _ in [*self.decisions, *self.asides]]
        document = document or (left[-1] if left else "")
        if document not in self.sheets or document in self.approved:
            raise NotReadyError("There is nothing of yours to undo.", "")
        self.decisions = [kept for kept in self.decisions if kept[0] != document]
        self.asides = [kept for kept in self.asides if kept[0] != document]
        return document

    def keep(self, sent: station.Sent) -> None:
        if self.broken:
            raise OSError("the disk is full")
        if sent.document not in self.sheets:
            return
        self.seen.extend(sent.ids)
        gone = {document for document, _, _ in [*self.decisions, *self.asides]}
        fresh = not isinstance(sent, station.Decided) and sent.document in gone
        if sent.document in self.taken or fresh:
            raise StaleDocumentError(remedy="Open it again; what they saved is shown.")
        if isinstance(sent, station.Note):
            return
        if isinstance(sent, station.Decided):
            self.traces.append(sent.trace)
            if sent.document not in {document for document, _, _ in self.decisions}:
                self.decisions.append((sent.document, sent.decision, sent.reason))
            return
        self.traces.extend(sent.traces)
        for act in sent.acts:
            if any(kept.id == act.id for kept in self.acts):
                continue
            self.sheets[sent.document].document.revision += 1
            self.acts.append(
                Correction(
                    id=act.id,
                    document=sent.document,
                    field=act.field,
                    act=act.act,
                    before="",
                    after=act.value,
                    normalised=act.value,
                    by="soat1",
                    revision=1,
                    keys=act.keys,
                    milliseconds=act.milliseconds,
                )
            )


def _field(place: int, doubtful: bool, pages: int) -> SheetField:
    name, label, on_paper, proposed, others, doubt = FIELDS[place]
    readings = {"tesseract": proposed, **{f"engine{n}": text for n, text in enumerate(others)}}
    top = 200 + place * LINE
    wrong = (
        (Finding(Severity.WARNING, "required", Sentence("Something went wrong."), (name,)),)
        if not proposed and doubtful
        else ()
    )
    return SheetField(
        name=name, label={"vi": label, "en": name}, kind="text", critical=place == 0,
        required=True, value=proposed, normalised=proposed, proposed=proposed,
        candidates={engine: text for engine, text in readings.items() if text},
        confidence=0.9, agreement=0.5, accepted=not (doubt and doubtful), act=None, by="",
        findings=wrong,
        page=pages - 1 if on_paper and name.startswith("muc") else 0 if on_paper else None,
        box=(0.4, top / HEIGHT, 0.9, (top + 40) / HEIGHT) if on_paper else None,
    )  # fmt: skip


def _draw(number: int, side: int) -> bytes:
    image = Image.new("L", (WIDTH, HEIGHT), 250)
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(30)
    pen.text((100, 80), f"document {number}, side {side + 1}", 0, font)
    for place, (name, _, on_paper, *_rest) in enumerate(FIELDS):
        pen.text((100, 200 + place * LINE), f"{name}:", 0, font)
        pen.text((0.4 * WIDTH, 200 + place * LINE), on_paper.encode("ascii", "ignore"), 0, font)
    file = io.BytesIO()
    image.save(file, "WEBP", quality=60)
    return file.getvalue()


def world() -> World:
    """The one world of this process, shared by the script's runs and the routes."""
    # Streamlit runs the script under another module name each time; sys.modules is what they share.
    home = sys.modules.setdefault("station_world", ModuleType("station_world"))
    if not hasattr(home, "world"):
        home.world = World()  # type: ignore[attr-defined]
    kept: World = home.world  # type: ignore[attr-defined]
    return kept


class Desk(station.Desk):
    """A desk that takes some documents to lie in the browser already."""

    def _said(self) -> Mapping[str, Any]:
        said = super()._said()
        lost = [[d, s.document.revision] for d, s in self.sheets.items() if d in world().lost]
        return {**said, "have": [*said.get("have", ()), *lost]}


@st.fragment
def sit() -> None:
    speak("en" if st.query_params.get("language") == "en" else "vi")
    here, desk = world(), Desk.of_session("review")
    place = st.container()
    try:
        for sent in desk.received():
            with desk.answering(sent):
                if isinstance(sent, station.Note):
                    _noted(here, desk, sent)
                    continue
                here.keep(sent)
                if sent.document not in here.sheets:
                    continue  # an earlier test's
                if isinstance(sent, station.Acts):
                    desk.replace(here.sheet(sent.document))
                else:
                    desk.clear(sent.document)
    except OSError as error:
        st.error(str(error))
    waiting = here.waiting()
    if desk.wants_more(at := now()):
        desk.lay(waiting[: station.LAID_OUT], at=at)
    desk.extra = {
        "day": {"done": len(here.decisions), "seconds": 4.25},
        "keys": here.keys,
        "idle": here.idle,
        "answers": {f"{here.age}-d2": [{"who": "Cán bộ duyệt", "text": "Ghi theo dấu đỏ."}]},
    }
    with place.container() if here.moved else place:
        desk.show(person="soat1", waiting=len(waiting))


def _noted(here: World, desk: station.Desk, note: station.Note) -> None:
    here.seen.append(note.id)
    match note.what:
        case "aside" if note.document in here.sheets:
            if note.document not in {document for document, _, _ in here.asides}:
                here.asides.append((note.document, note.given["how"], note.given["reason"]))
            desk.clear(note.document)
        case "take_back":
            found = here.take_back(note.document)
            desk.front(here.sheet(found))
            if not note.document:
                desk.reply("taken_back", note.id, found)
        case "beat":
            here.beats += 1
        case "give_back":
            here.given_back += 1
            desk.lay([], at=now())
        case "keys":
            here.keys = {"keys": note.given["keys"], "characters": note.given["characters"]}


def app() -> Any:
    """The app for uvicorn: the script, the page images and the tests' hands on the world."""
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    def image(request: Request) -> Response:
        found = world().images.get(request.path_params["digest"])
        if found is None:
            return Response("no such page", 404)
        return Response(
            found, media_type="image/webp", headers={"cache-control": "private, max-age=3600"}
        )

    def fill(request: Request) -> Response:
        asked = request.query_params
        world().fill(
            int(asked["count"]), doubtful=asked["doubtful"] == "1", pages=int(asked["pages"]),
            close=asked.get("close") == "1",
        )  # fmt: skip
        return JSONResponse(world().age)

    def trouble(request: Request) -> Response:
        here, asked = world(), request.query_params
        here.idle = float(asked.get("idle", 15))
        here.approved |= {f"{here.age}-{asked['approved']}"} if "approved" in asked else set()
        here.broken = asked.get("broken") == "1"
        here.moved ^= asked.get("moved") == "1"
        here.lost = {f"{here.age}-{asked['lost']}"} if "lost" in asked else set()
        here.taken |= {f"{here.age}-{asked['taken']}"} if "taken" in asked else set()
        return Response()

    def kept(request: Request) -> Response:
        here = world()
        return JSONResponse(
            {
                "acts": [[a.field, a.act, a.after] for a in here.acts],
                "decisions": [[d.split("-")[1], what, why] for d, what, why in here.decisions],
                "seen": here.seen,
                "asides": [[d.split("-")[1], how, why] for d, how, why in here.asides],
                "given_back": here.given_back,
                "beats": here.beats,
                "keys": here.keys,
                "traces": here.traces,
            }
        )

    return st.App(
        Path(__file__),
        routes=[
            Route("/page-images/{digest}", image),
            Route("/fill", fill),
            Route("/trouble", trouble),
            Route("/kept", kept),
        ],
    )


if st.runtime.exists() and __name__ == "__main__":
    st.set_page_config(layout="wide", initial_sidebar_state="collapsed")
    sit()
    st.sidebar.button(
        "restart", key="restart", on_click=lambda: st.session_state.pop("station.review", None)
    )
