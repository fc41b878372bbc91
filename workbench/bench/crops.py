"""`workbench bench crops DIR …`: each engine on fields cut out by boxes that the truth knows.

What a page makes hard (finding the form, the line, the field) is left out: a crop is exactly the
ink of one field, cut from the page as scanned, in gray. A crop counts as exact where it says the
printed text after NFC, one form of tone marks, dashes and quotes, single spaces and no punctuation
at the end; case and diacritics count.
"""

from __future__ import annotations

import json as json_
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from workbench import imaging, intake, vietnamese
from workbench.bench.recording import lines
from workbench.engines import networks
from workbench.errors import NotReadyError
from workbench.flow.recognise import cpu_seconds
from workbench.lab import Share
from workbench.model import Box, Warp, now
from workbench.seams import OcrEngine
from workbench.workspace import load_settings, open_readers

Image = NDArray[np.uint8]

# What EasyOCR's network must reach on each cut, and what a crop may cost it, by Tesseract's cost.
LIMITS: Final[Mapping[str, float]] = {
    "clean print": 0.96, "office print": 0.95, "bad print": 0.60,
    "under a stamp": 0.85, "hand-filled": 0.40,
}  # fmt: skip
COST: Final = 1.5
_JUDGED, _MEASURE = "easyocr", "tesseract"
_PAD: Final = 4  # pixels around the ink
_GAP: Final = 24  # white between the crops of a sheet
_A_SHEET: Final = 40  # crops that are read in one call
_FIGURES: Final = re.compile(r"(<!-- crops -->\n).*?(<!-- /crops -->)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Crop:
    """One field as it is printed once on a page: its pixels, what they say, and which cut it is."""

    image: Image
    text: str
    cut: str


@dataclass(slots=True)
class Tally:
    """What one engine made of the crops of one cut."""

    exact: int = 0
    verbatim: int = 0
    of: int = 0
    edits: int = 0
    letters: int = 0

    def add(self, said: str, true: str) -> None:
        self.of += 1
        self.exact += vietnamese.key(said) == vietnamese.key(true)
        self.verbatim += said == true
        self.edits += Levenshtein.distance(said, true)
        self.letters += len(true)

    def as_json(self) -> dict[str, Any]:
        return {
            **Share(self.exact, self.of).as_json(),
            "verbatim": round(self.verbatim / max(self.of, 1), 4),
            "cer": round(self.edits / max(self.letters, 1), 4),
        }


def command(
    folders: Annotated[list[Path], typer.Argument(help="Folders with truth.jsonl and files.")],
    engines: Annotated[str, typer.Option(help="Whose reading, parted by commas; or: all.")] = (
        f"{_MEASURE},{_JUDGED}"
    ),
    prepared: Annotated[
        bool, typer.Option("--prepared", help="Cut from the page as the engines see it.")
    ] = False,
    card: Annotated[bool, typer.Option("--card", help="Write them into the model card.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Read fields cut out by their true boxes; exact share, edits a character and CPU a crop."""
    chosen = [
        engine
        for engine in open_readers(load_settings()).engines
        if engines == "all" or engine.name in engines.split(",")
    ]
    crops = [crop for folder in folders for crop in crops_of(folder, prepared=prepared)]
    if not crops or not chosen:
        raise NotReadyError(
            "There is nothing to measure: no crop, or no engine that can run.",
            "Name folders with truth.jsonl and its files, and engines that `workbench doctor` "
            "finds able to run.",
        )
    figures = measured(crops, chosen)
    if card:
        write_card(figures, networks.CARD)
    if json:
        print(json_.dumps(figures, ensure_ascii=False))
    else:
        print("\n".join(_told(figures)))


def crops_of(folder: Path, *, prepared: bool = False) -> Iterator[Crop]:
    """Every field that stands visibly on one line of a page, as often as it is printed."""
    for entry in lines(folder / "truth.jsonl"):
        file = folder / entry["file"]
        with tempfile.TemporaryDirectory(prefix="workbench-crops-") as room:
            examined = intake.examine(file, file.name)
            found = intake.page_images(file, examined.media_type, Path(room))
            pages = {page.index: _page(page.path, prepared) for page in found}
        for document in entry["documents"]:
            for field in document["fields"].values():
                for seen in field["occurrences"]:
                    if len(seen.get("quads", ())) == 1 and seen.get("visible", True):
                        image, warp = pages[seen["page"]]
                        corners = _moved(seen["quads"][0], warp)
                        text = str(seen["printed"]).strip()
                        yield Crop(cut_out(image, corners), text, _cut(document, seen))


def _page(scan: Path, prepared: bool) -> tuple[Image, Warp | None]:
    if not prepared:
        return imaging.gray_page(scan), None
    made = imaging.make_readable(scan, scan.with_suffix(".readable.png"))
    return imaging.gray_page(made.path), made.warp


def _moved(quad: Sequence[Sequence[float]], warp: Warp | None) -> NDArray[np.float32]:
    corners = np.array(quad, np.float32)
    if warp is None:
        return corners
    forth = np.linalg.inv(np.array(warp.matrix).reshape(3, 3))
    moved: NDArray[np.float32] = cv2.perspectiveTransform(corners[None].astype(np.float64), forth)[
        0
    ].astype(np.float32)
    return moved


def cut_out(page: Image, corners: NDArray[np.float32]) -> Image:
    """The field upright; `corners` from its top left one, clockwise, in pixels of the page."""
    top_left, top_right, bottom_right, bottom_left = corners
    wide = int(
        max(np.linalg.norm(top_right - top_left), np.linalg.norm(bottom_right - bottom_left))
    )
    high = int(
        max(np.linalg.norm(bottom_left - top_left), np.linalg.norm(bottom_right - top_right))
    )
    wide, high = max(wide, 1), max(high, 1)
    target = np.array(
        [[_PAD, _PAD], [_PAD + wide, _PAD], [_PAD + wide, _PAD + high], [_PAD, _PAD + high]],
        np.float32,
    )
    matrix = cv2.getPerspectiveTransform(corners, target)
    size = wide + 2 * _PAD, high + 2 * _PAD
    upright: Image = cv2.warpPerspective(
        page, matrix, size, flags=cv2.INTER_AREA, borderValue=(255,)
    )
    return upright


def _far(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.linalg.norm(other - one))


def _cut(document: Mapping[str, Any], seen: Mapping[str, Any]) -> str:
    if seen["style"] != "print":
        return "hand-filled"
    return "under a stamp" if seen.get("under_stamp") else f"{document['level']} print"


def measured(crops: Sequence[Crop], engines: Sequence[OcrEngine]) -> dict[str, Any]:
    """Each engine's figures by cut, and its CPU a crop, models loaded before."""
    figures: dict[str, Any] = {"made": now().date().isoformat(), "crops": len(crops)}
    with tempfile.TemporaryDirectory(prefix="workbench-crops-") as room:
        sheets = [
            (part := crops[start : start + _A_SHEET],
             *_sheet([crop.image for crop in part], Path(room) / f"{start}.png"))
            for start in range(0, len(crops), _A_SHEET)
        ]  # fmt: skip
        figures["engines"] = {engine.name: _read(engine, sheets) for engine in engines}
    if _JUDGED in figures["engines"]:
        figures["limits"] = _limits(figures["engines"])
    return figures


_Sheets = Sequence[tuple[Sequence[Crop], Path, Sequence[Box]]]


def _read(engine: OcrEngine, sheets: _Sheets) -> dict[str, Any]:
    _, path, boxes = sheets[0]
    engine.recognise(path, boxes[:1])  # the model is loaded at nobody's cost
    tallies: dict[str, Tally] = defaultdict(Tally)
    spent = 0.0
    for part, path, boxes in sheets:
        imaging.gray_page(path)
        before = cpu_seconds()
        words = engine.recognise(path, boxes)
        spent += cpu_seconds() - before
        for number, crop in enumerate(part):
            said = " ".join(word.text for word in words if word.line == number)
            for cut in ("all", crop.cut):
                tallies[cut].add(vietnamese.nfc(said), vietnamese.nfc(crop.text))
    who = engine.identity()
    return {
        "version": who.version,
        "weights": who.weights,
        "milliseconds": round(1000 * spent / tallies["all"].of, 2),
        "cuts": {cut: tally.as_json() for cut, tally in sorted(tallies.items())},
    }


def _sheet(images: Sequence[Image], into: Path) -> tuple[Path, list[Box]]:
    """The crops under one another on white, and where each lies."""
    width = max(image.shape[1] for image in images)
    height = sum(image.shape[0] + _GAP for image in images)
    sheet = np.full((height, width), 255, np.uint8)
    boxes, top = [], 0
    for image in images:
        high, wide = image.shape
        sheet[top : top + high, :wide] = image
        boxes.append(Box(0, top / height, wide / width, (top + high) / height))
        top += high + _GAP
    cv2.imwrite(str(into), sheet, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return into, boxes


def _limits(engines: Mapping[str, Any]) -> dict[str, Any]:
    mine, limits = engines[_JUDGED], {}
    for cut, least in LIMITS.items():
        if (got := mine["cuts"].get(cut)) is not None:
            limits[cut] = {
                "limit": least, "reached": got["share"], "cases": got["of"],
                "ratio": round(got["share"] / least, 3), "holds": got["share"] >= least,
            }  # fmt: skip
    if _MEASURE in engines:
        times = mine["milliseconds"] / max(engines[_MEASURE]["milliseconds"], 1e-6)
        limits["CPU a crop"] = {
            "limit": COST, "at_most": True, "reached": round(times, 3),
            "cases": mine["cuts"]["all"]["of"], "ratio": round(times / COST, 3),
            "holds": times <= COST,
        }  # fmt: skip
    return limits


def _told(figures: Mapping[str, Any]) -> Iterator[str]:
    for name, engine in figures["engines"].items():
        yield f"{name:12} {engine['version']} · {engine['weights']}"
        yield f"{'':12} {engine['milliseconds']:.1f} ms of CPU a crop"
        for cut, got in engine["cuts"].items():
            yield (
                f"  {cut:16} exact {100 * got['share']:5.1f} %"
                f" ({100 * got['low']:.1f}–{100 * got['high']:.1f})"
                f"  verbatim {100 * got['verbatim']:5.1f} %  CER {100 * got['cer']:5.2f} %"
                f"  n={got['of']}"
            )
    for name, limit in figures.get("limits", {}).items():
        sign = "≤" if limit.get("at_most") else "≥"
        yield (
            f"{name:18} {sign} {limit['limit']:.2f}  reached {limit['reached']:.3f}"
            f"  ratio {limit['ratio']:.2f}  {'holds' if limit['holds'] else 'MISSED'}"
            f"  n={limit['cases']}"
        )


def write_card(figures: Mapping[str, Any], card: Path) -> None:
    """Put the figures where the model card tells them. Raises NotReadyError for another file."""
    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    engines = figures["engines"]
    if _FIGURES.search(text) is None or _JUDGED not in engines:
        raise NotReadyError(
            "The model card has no place for these figures.",
            "Measure EasyOCR, from a clone of the repository.",
        )
    names = [name for name in (_JUDGED, _MEASURE, *engines) if name in engines]
    names = list(dict.fromkeys(names))
    rows = [
        f"Measured {figures['made']} on {figures['crops']} crops, network "
        f"`{engines[_JUDGED]['weights']}`:", "",
        f"| cut | crops | {' | '.join(f'{n}, exact | CER' for n in names)} | at least |",
        f"|---|---|{'---|---|' * len(names)}---|",
    ]  # fmt: skip
    for cut in (*LIMITS, "all"):
        if cut not in engines[_JUDGED]["cuts"]:
            continue
        got = [engines[name]["cuts"][cut] for name in names]
        told = " | ".join(f"{100 * g['share']:.1f} % | {100 * g['cer']:.2f} %" for g in got)
        least = f"{100 * LIMITS[cut]:.0f} %" if cut in LIMITS else ""
        rows.append(f"| {cut} | {got[0]['of']} | {told} | {least} |")
    costs = " | ".join(f"{engines[name]['milliseconds']:.1f} ms |" for name in names)
    rows.append(f"| CPU a crop | | {costs} {COST} × Tesseract's |")
    told = "\n".join(rows) + "\n"
    card.write_text(_FIGURES.sub(lambda m: m[1] + told + m[2], text), encoding="utf-8")
