"""`workbench bench registration`: zones of a form on scans that lie askew, against their truth.

A folder of scans with the true places of what is filled in. Each scan is made a form of its own:
zones from its truth, anchors from the words that an engine reads on it. It is then turned and
stretched by known amounts, straightened, read and registered like any scan, and each zone is held
against where its value really went. The forms are also laid on other copies of the same kind:
there a zone can only be right where the copy is laid out like the one it was drawn on.
"""

from __future__ import annotations

import json as json_
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

import cv2
import numpy as np
import typer
from numpy.typing import NDArray

from workbench import imaging, intake, placement
from workbench.bench.recording import lines
from workbench.errors import EngineUnavailableError
from workbench.model import Box, Warp
from workbench.placement import Placement, Running
from workbench.registration import Rectangle
from workbench.seams import OcrEngine
from workbench.template import A4, Anchor, Template, load_all
from workbench.workspace import load_settings, open_readers

LIMIT: Final = 2.0  # mm at A4
SHARE: Final = 0.99  # of the zones that must be within it
PLACED: Final = 0.98  # of the scans that must be placed at all; the others are told, and held
TURNS: Final = ((-5.0, 0.97), (5.0, 1.03), (-2.5, 1.03), (2.5, 0.97), (4.0, 1.0), (-1.0, 0.98))
_CLEAN_PIXELS: Final = 11.811  # a mm on the page before it was printed, 300 dpi
_SAME_LAYOUT: Final = 1.0  # mm by which a value may stand elsewhere on a copy laid out alike

_Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Value:
    """One line of a value: its corners on the scan, and its box before it was printed, in mm."""

    name: str
    corners: _Points  # (4, 2) pixels
    clean: Rectangle

    @property
    def start(self) -> _Points:
        """Where the line begins, at half its height."""
        begin: _Points = (self.corners[0] + self.corners[3]) / 2
        return begin


@dataclass(frozen=True, slots=True)
class _Scan:
    """The first page of a paper."""

    name: str
    kind: str
    image: Path
    values: tuple[_Value, ...]
    good: bool  # cleanly printed and scanned, so that a form would be drawn on it


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A scan as a form: a template with placed anchors, and each value's box in mm."""

    template: Template
    zones: Mapping[str, Rectangle]
    scan: _Scan


@dataclass
class _Errors:
    """Distances in mm, with how often a form was not placed at all."""

    millimetres: list[float] = field(default_factory=list)
    scans: int = 0
    unplaced: int = 0

    def as_json(self) -> dict[str, Any]:
        if not self.millimetres:
            return {"n": 0, "scans": self.scans, "unplaced": self.unplaced}
        told = np.array(self.millimetres)
        within = float((told <= LIMIT).mean())
        return {
            "n": len(told),
            "scans": self.scans,
            "unplaced": self.unplaced,
            "median": round(float(np.median(told)), 2),
            "p95": round(float(np.percentile(told, 95)), 2),
            "max": round(float(told.max()), 2),
            "within": round(within, 4),
            "ratio": round(float(np.percentile(told, 95)) / LIMIT, 3),
        }


def command(
    folder: Annotated[Path, typer.Argument(help="A folder with truth.jsonl and its files.")],
    turns: Annotated[int, typer.Option(help="How many times each scan is laid askew.", min=1)] = 2,
    most: Annotated[int, typer.Option(help="Of so many scans.", min=1)] = 1000,
    engine: Annotated[str, typer.Option(help="The engine that reads the pages.")] = "tesseract",
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Lay scans askew by up to 5° and 3 % and measure how far zones are off, in mm at A4."""
    settings = load_settings()
    reader = next((e for e in open_readers(settings).engines if e.name == engine), None)
    if reader is None:
        raise EngineUnavailableError(
            "The engine {name} is not in use here.", "Name another.", name=engine
        )
    with tempfile.TemporaryDirectory(prefix="workbench-registration-") as room:
        scans = list(_scans(folder, Path(room)))[:most]
        figures = _measured(scans, turns, reader, load_all(settings.templates), Path(room))
    if json:
        print(json_.dumps(figures, ensure_ascii=False))
        return
    print("\n".join(_told(figures)))


def _measured(
    scans: Sequence[_Scan],
    turns: int,
    engine: OcrEngine,
    templates: Mapping[str, Template],
    room: Path,
) -> dict[str, Any]:
    drawn = [
        form
        for scan in scans
        if scan.kind in templates and (form := _draw(scan, engine, templates[scan.kind], room))
    ]
    models: dict[str, _Drawn] = {}
    for form in drawn:
        if form.scan.good:
            models.setdefault(form.scan.kind, form)
    same, alike, other, other_fixed = _Errors(), _Errors(), _Errors(), _Errors()
    layouts = [0, 0]
    for number, form in enumerate(drawn):
        for turn in range(turns):
            degrees, scale = TURNS[(number * turns + turn) % len(TURNS)]
            laid = _lay(form.scan, degrees, scale, engine, room)
            _hold_same(same, form, laid)
            model = models.get(form.scan.kind)
            if model is not None and model is not form:
                differ = _hold_other(alike, other, other_fixed, model, laid)
                if turn == 0:
                    layouts[0] += differ[0]
                    layouts[1] += differ[1]
    told = same.as_json()
    return {
        "forms": len(drawn),
        "not_drawn": len(scans) - len(drawn),
        "turns": [list(turn) for turn in TURNS],
        "engine": engine.identity().name,
        "same_copy": told,
        "other_copies_alike": alike.as_json(),
        "other_copies_otherwise_laid_out": other.as_json(),
        "other_copies_otherwise_laid_out_map_alone": other_fixed.as_json(),
        "values_laid_out_otherwise": {"n": layouts[0], "of": layouts[1]},
        "limit": {
            "mm": LIMIT, "share": SHARE, "placed": PLACED,
            "holds": bool(
                told["n"]
                and told["within"] >= SHARE
                and told["unplaced"] <= (1 - PLACED) * told["scans"]
            ),
        },
    }  # fmt: skip


# --- scans and forms made of them ----------------------------------------------------------------


def _scans(folder: Path, room: Path) -> Iterator[_Scan]:
    for number, entry in enumerate(lines(folder / "truth.jsonl")):
        path = folder / entry["file"]
        into = room / f"{number:04}"
        into.mkdir()
        images = {
            page.index: page.path
            for page in intake.page_images(path, intake.examine(path, path.name).media_type, into)
        }
        for document in entry["documents"]:
            first = min(document["pages"])
            values = tuple(_values(document, first))
            if values:
                good = document["level"] == "clean" and document["fill"] == "print"
                name = f"{path.stem}-{first}"
                yield _Scan(name, document["form_type"], images[first], values, good)


def _values(document: Mapping[str, Any], page: int) -> Iterator[_Value]:
    for name, told in document["fields"].items():
        for occurrence in told["occurrences"][:1]:
            if occurrence["page"] != page or not occurrence.get("visible", True):
                continue
            pairs = zip(occurrence["quads"], occurrence["clean_boxes"], strict=True)
            for line, (quad, clean) in enumerate(pairs):
                left, top, right, bottom = (float(v) / _CLEAN_PIXELS for v in clean)
                yield _Value(f"{name}/{line}", np.array(quad, float), (left, top, right, bottom))


@dataclass(frozen=True, slots=True)
class _Laid:
    """A scan that was turned and stretched, straightened and read."""

    scan: _Scan
    running: Running
    warp: Warp
    matrix: _Points  # from the scan as it was to the scan as it lies now, (2, 3)


def _lay(scan: _Scan, degrees: float, scale: float, engine: OcrEngine, room: Path) -> _Laid:
    """The scan as if it had been put askew on a scanner that stretches."""
    image = imaging.load(scan.image)
    height, width = image.shape[:2]
    matrix = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, scale), float)
    if degrees or scale != 1.0:
        corner = tuple(float(np.median(image[..., c])) for c in range(image.shape[2])) if (
            image.ndim == 3
        ) else float(np.median(image))  # fmt: skip
        image = cv2.warpAffine(
            image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=corner
        )
    askew = room / f"{scan.name}.png"
    cv2.imwrite(str(askew), image, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    made = imaging.make_readable(askew, room / f"{scan.name}-readable.png")
    words = engine.recognise(made.path)
    askew.unlink()
    made.path.unlink()
    running = Running(placement.lines_of(words), made.warp.readable)
    return _Laid(scan, running, made.warp, matrix)


def _draw(scan: _Scan, engine: OcrEngine, template: Template, room: Path) -> _Drawn | None:
    """The form that somebody would draw on this scan; None where too few anchors were read."""
    laid = _lay(scan, 0.0, 1.0, engine, room)
    prints = [*template.anchors]
    for spec in template.fields.values():
        prints += [print_ for print_ in (spec.zone.after if spec.zone else ()) if len(print_) > 7]
    anchors: list[Anchor] = []
    for print_ in dict.fromkeys(prints):
        found = laid.running.find(print_)
        if found is None or found.score < placement.FOUND:
            continue
        owners = {laid.running.owner[i][:2] for i in range(found.start, found.end)}
        if len({line for line, _ in owners}) == 1:
            box = Box.around([laid.running.lines[a].words[b].box for a, b in owners])
            anchors.append(Anchor(text=print_, at=placement.drawn(box, laid.warp)))
    if len(anchors) < 3:
        return None
    placed = template.model_copy(update={"prints": tuple(anchors)})
    zones = {value.name: _drawn_box(value, laid.warp) for value in scan.values}
    return _Drawn(placed, zones, scan)


def _drawn_box(value: _Value, warp: Warp) -> Rectangle:
    points = _through(np.asarray(np.linalg.inv(_matrix(warp)), float), value.corners)
    width, height = warp.readable
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    box = Box.clipped(left / width, top / height, right / width, bottom / height)
    return placement.drawn(box, warp)


# --- how far off ---------------------------------------------------------------------------------


def _hold_same(errors: _Errors, form: _Drawn, laid: _Laid) -> None:
    """Every zone as a box, on the scan that the form was drawn on."""
    errors.scans += 1
    placed = placement.register(laid.running, form.template)
    if placed.lie is None:
        errors.unplaced += 1
        return
    for value in form.scan.values:
        truth = _moved(laid, value.corners)
        box = placed.on_page(form.zones[value.name])
        if box is not None and _is_on_paper(laid, truth):
            errors.millimetres.append(_apart(box, truth, laid))


def _apart(box: Box, truth: _Points, laid: _Laid) -> float:
    """How far the worst corner of a box is from that of the upright box around the truth, in mm."""
    back = np.asarray(np.linalg.inv(_matrix(laid.warp)), float)
    points = _through(back, truth)
    width, height = laid.warp.readable
    said = np.array(
        [(box.left * width, box.top * height), (box.right * width, box.bottom * height)]
    )
    off = np.abs(said - np.array([points.min(axis=0), points.max(axis=0)]))
    scale = float(np.sqrt(abs(np.linalg.det(_matrix(laid.warp)[:2, :2]))))
    return float(np.hypot(off[:, 0].max(), off[:, 1].max())) * scale * _millimetre(laid)


def _hold_other(
    alike: _Errors, other: _Errors, fixed: _Errors, model: _Drawn, laid: _Laid
) -> tuple[int, int]:
    """Where each value begins, on another copy; how many stand elsewhere there, and of how many."""
    placed = placement.register(laid.running, model.template)
    for errors in (alike, other, fixed):
        errors.scans += 1
        errors.unplaced += placed.lie is None
    there = {value.name: value for value in model.scan.values}
    differ = of = 0
    for value in laid.scan.values:
        drawn = there.get(value.name)
        if drawn is None or not value.name.endswith("/0"):
            continue
        of += 1
        is_alike = _begins(value.clean, drawn.clean) <= _SAME_LAYOUT
        differ += not is_alike
        truth = _moved(laid, value.start[None])
        if not _is_on_paper(laid, truth):
            continue
        ways = ((alike, True),) if is_alike else ((other, True), (fixed, False))
        for errors, shifted in ways:
            said = _corners(placed, model.zones[value.name], laid, shifted=shifted)
            if said is not None:
                off = float(np.linalg.norm((said[0] + said[3]) / 2 - truth[0]))
                errors.millimetres.append(off * _millimetre(laid))
    return differ, of


def _begins(one: Rectangle, other: Rectangle) -> float:
    across, down = one[0] - other[0], (one[1] + one[3] - other[1] - other[3]) / 2
    return float(np.hypot(across, down))


def _corners(
    placed: Placement, zone: Rectangle, laid: _Laid, *, shifted: bool = True
) -> _Points | None:
    """The corners of a zone on the scan as it lies, in pixels; None where it was not placed."""
    box = placed.on_page(zone, shifted=shifted)
    if box is None:
        return None
    width, height = laid.warp.readable
    corners = ((box.left, box.top), (box.right, box.top), (box.right, box.bottom),
               (box.left, box.bottom))  # fmt: skip
    return _through(_matrix(laid.warp), np.array([(x * width, y * height) for x, y in corners]))


def _moved(laid: _Laid, points: _Points) -> _Points:
    moved: _Points = points @ laid.matrix[:, :2].T + laid.matrix[:, 2]
    return moved


def _is_on_paper(laid: _Laid, points: _Points) -> bool:
    return bool((points >= 0).all() and (points <= np.array(laid.warp.scan)).all())


def _millimetre(laid: _Laid) -> float:
    return max(A4) / max(laid.warp.scan)


def _matrix(warp: Warp) -> _Points:
    return np.array(warp.matrix, float).reshape(3, 3)


def _through(matrix: _Points, points: _Points) -> _Points:
    moved = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    flat: _Points = moved[:, :2] / moved[:, 2:]
    return flat


# --- as a table ----------------------------------------------------------------------------------


def _told(figures: Mapping[str, Any]) -> Iterator[str]:
    heads = ("n", "median", "95 %", "max", "≤ 2 mm", "ratio")
    yield f"{'mm at A4':44}" + "".join(f"{head:>8}" for head in heads)
    for name, said in (
        ("the scan it was drawn on, laid askew", figures["same_copy"]),
        ("other copies, laid out alike", figures["other_copies_alike"]),
        ("other copies, otherwise laid out", figures["other_copies_otherwise_laid_out"]),
        ("  by the map alone", figures["other_copies_otherwise_laid_out_map_alone"]),
    ):
        if not said["n"]:
            yield f"{name:44}{0:8}"
            continue
        yield (
            f"{name:44}{said['n']:8}{said['median']:8.2f}{said['p95']:8.2f}{said['max']:8.2f}"
            f"{100 * said['within']:7.1f}%{said['ratio']:8.2f}"
            f"   {said['unplaced']} of {said['scans']} not placed"
        )
    otherwise = figures["values_laid_out_otherwise"]
    yield f"values that stand elsewhere on other copies: {otherwise['n']} of {otherwise['of']}"
    limit = figures["limit"]
    yield (
        f"limit: {100 * limit['share']:.0f} % within {limit['mm']} mm,"
        f" {100 * limit['placed']:.0f} % of scans placed:"
        f" {'holds' if limit['holds'] else 'MISSED'}"
    )
