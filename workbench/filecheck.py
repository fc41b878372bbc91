"""Whether a scanned file is what the rules ask: version, contents, resolution, colour, pages.

`look` opens a file once and says what it is like; `check` holds that against the rules, which are
data (`catalogues/file_checks.yaml`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePath
from typing import Any, Literal

import pikepdf
import PIL.Image

from workbench import catalogues
from workbench.errors import Sentence, UnreadableFileError
from workbench.model import Finding, Severity

RULE = "file"  # the rules of the findings begin with it

Colour = Literal["colour", "grey", "black_and_white"]

_A4_LONG = 11.693  # inches: what a scan is taken for that does not say its size
_POINTS = 72.0
_MM = 25.4
_SMALL = 400  # pixels a side on which a page is compared and found blank
_EDGE = 0.04  # share of a side where scanners leave shadows
_INK = 22.0  # levels (of 255) that ink is darker than paper, at least
_BLANK = 0.0006  # share of the page that is ink, at most, on a blank one
_ALIKE = 0.04  # share of the edges seen that may differ between two copies of one image
_MUST_NOT_ACT = ("/JavaScript", "/Launch", "/SubmitForm", "/ImportData")


@dataclass(frozen=True, slots=True)
class ScanPage:
    """One page: the pixels of its scan, the paper it stands for, what is on it."""

    width: int  # pixels; 0: it holds no scan
    height: int
    dpi: int  # of the scan on its paper, the lesser of both sides; 0: it holds no scan
    size_mm: tuple[int, int]
    says_size: bool  # the file says how large the paper is
    colour: Colour
    blank: bool
    likeness: str = ""  # 1024 bits, hex: copies of one image have nearly the same


@dataclass(frozen=True, slots=True)
class ScanFile:
    """What a file is like. `version` is of a PDF, else empty."""

    kind: Literal["pdf", "image"]
    pages: tuple[ScanPage, ...]
    version: str = ""
    encrypted: bool = False
    acts: tuple[str, ...] = ()  # actions that it would run: JavaScript, Launch, …

    def only(self, numbers: Sequence[int]) -> ScanFile:
        """The same file with these of its pages (0-based), in this order."""
        kept = tuple(self.pages[n] for n in numbers if n < len(self.pages))
        return replace(self, pages=kept)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> ScanFile:
        pages = [ScanPage(**{**p, "size_mm": tuple(p["size_mm"])}) for p in kept["pages"]]
        return cls(**{**kept, "pages": tuple(pages), "acts": tuple(kept["acts"])})


@dataclass(frozen=True, slots=True)
class Declared:
    """What somebody says of the paper. `sides` counts those to be scanned, `noted` those of them
    with a note stuck on, which are scanned with and without it."""

    sides: int | None = None
    noted: int = 0


def look(path: Path) -> ScanFile:
    """What the file is like; PDF, TIFF, JPEG or PNG. Raises UnreadableFileError for another."""
    try:
        with path.open("rb") as source:
            is_pdf = b"%PDF-" in source.read(1024)
        return _look_at_pdf(path) if is_pdf else _look_at_image(path)
    except OSError as error:
        raise UnreadableFileError(
            "The file {name} cannot be read.", "Check the path, or scan it again.", name=path.name
        ) from error


def check(
    seen: ScanFile, *, name: str = "", declared: Declared = Declared(), kept: bool = True
) -> tuple[Finding, ...]:
    """Everything about the file that is not as it must be.

    `name`: what it is called; empty: that does not matter. `kept`: it is kept as it is; else it was
    handed in, and the kept PDF is made of it.
    """
    found = [finding for ask in _CHECKS for finding in ask(seen, name, declared)]
    judged = []
    for finding in found:
        rule = catalogues.file_checks()[finding.rule]
        severity = rule["severity"] if kept else rule["received"]
        if severity != "off":
            page = finding.sentence.values.get("n")
            named = f"{RULE}.{finding.rule}" + (f".{page}" if page else "")
            judged.append(replace(finding, severity=Severity(severity), rule=named))
    return tuple(judged)


# --- what must hold ------------------------------------------------------------------------------


def _version(seen: ScanFile, _name: str, _declared: Declared) -> Iterator[Finding]:
    least = str(catalogues.file_checks()["pdf_version"]["least"])
    if seen.version and _number(seen.version) < _number(least):
        yield _finding(
            "pdf_version", "The file is PDF {found}; at least {least} is asked for.",
            found=seen.version, least=least,
        )  # fmt: skip


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _encrypted(seen: ScanFile, _name: str, _declared: Declared) -> Iterator[Finding]:
    if seen.encrypted:
        yield _finding("encrypted", "The file is encrypted.")


def _acts(seen: ScanFile, _name: str, _declared: Declared) -> Iterator[Finding]:
    if seen.acts:
        yield _finding(
            "active_content", "The file would run something when it is opened: {what}.",
            what=", ".join(seen.acts),
        )  # fmt: skip


def _resolution(seen: ScanFile, _name: str, _declared: Declared) -> Iterator[Finding]:
    least = int(catalogues.file_checks()["resolution"]["least"])
    for number, page in enumerate(seen.pages, start=1):
        if page.width and page.dpi < least:
            yield _finding(
                "resolution", "Page {n} was scanned at {dpi} dpi; at least {least} are asked for.",
                n=number, dpi=page.dpi, least=least,
            )  # fmt: skip
    if any(page.width and not page.says_size for page in seen.pages):
        yield _finding(
            "resolution_unsaid",
            "The file does not say how large the paper is; its resolution is counted for A4.",
        )


def _colour(seen: ScanFile, _name: str, _declared: Declared) -> Iterator[Finding]:
    said = {
        "grey": "Page {n} was scanned in grey; colour is asked for.",
        "black_and_white": "Page {n} was scanned in black and white; colour is asked for.",
    }
    for number, page in enumerate(seen.pages, start=1):
        if page.width and page.colour in said:
            yield _finding("colour", said[page.colour], n=number)


def _size(seen: ScanFile, _name: str, _declared: Declared) -> Iterator[Finding]:
    rule = catalogues.file_checks()["page_size"]
    near = rule["tolerance_mm"]
    for number, page in enumerate(seen.pages, start=1):
        short, long = sorted(page.size_mm)
        fits = any(abs(short - a) <= near and abs(long - b) <= near for a, b in rule["sizes_mm"])
        if page.says_size and not fits:
            yield _finding(
                "page_size",
                "Page {n} is {width} × {height} mm, no usual paper: check that it was scanned at "
                "100 %.",
                n=number, width=page.size_mm[0], height=page.size_mm[1],
            )  # fmt: skip


def _count(seen: ScanFile, _name: str, declared: Declared) -> Iterator[Finding]:
    if declared.sides is None:
        return
    due = declared.sides + declared.noted
    if len(seen.pages) == due:
        return
    text = "The paper has {sides} sides, but {found} pages were scanned."
    if declared.noted:
        # Thông tư 01/2023/TT-VPCP, Điều 8(2)d: with the note, and without it.
        text = (
            "The paper has {sides} sides, {noted} with a note stuck on, which are scanned twice: "
            "{due} pages are due, {found} were scanned."
        )
    yield _finding(
        "page_count", text,
        sides=declared.sides, noted=declared.noted, due=due, found=len(seen.pages),
    )  # fmt: skip


def _blank(seen: ScanFile, _name: str, _declared: Declared) -> Iterator[Finding]:
    for number, page in enumerate(seen.pages, start=1):
        if page.blank:
            yield _finding("blank_page", "Page {n} is blank.", n=number)


def _duplicate(seen: ScanFile, _name: str, declared: Declared) -> Iterator[Finding]:
    pairs = [
        (first, second)
        for second in range(1, len(seen.pages))
        for first in range(second)
        if _same(seen.pages[first], seen.pages[second])
    ]
    # A page with a note is there twice, as it must be.
    for first, second in pairs[declared.noted :]:
        yield _finding(
            "duplicate_page", "Pages {first} and {second} are the same image.",
            first=first + 1, second=second + 1,
        )  # fmt: skip


def _same(one: ScanPage, other: ScanPage) -> bool:
    if one.blank or other.blank or not (one.likeness and other.likeness):
        return False
    mine, theirs = int(one.likeness, 16), int(other.likeness, 16)
    return (mine ^ theirs).bit_count() <= _ALIKE * (mine | theirs).bit_count()


def _name(_seen: ScanFile, name: str, _declared: Declared) -> Iterator[Finding]:
    pattern = catalogues.file_checks()["file_name"]["pattern"]
    if name and not re.fullmatch(pattern, PurePath(name).stem):
        yield _finding(
            "file_name",
            "The file is not named by the rule: code of the dossier, a point, its number.",
        )


_CHECKS = (_version, _encrypted, _acts, _resolution, _colour, _size, _count, _blank, _duplicate,
           _name)  # fmt: skip


def _finding(rule: str, text: str, **values: str | int) -> Finding:
    return Finding(Severity.ERROR, rule, Sentence(text, values))


# --- what it is like -----------------------------------------------------------------------------


def _look_at_pdf(path: Path) -> ScanFile:
    try:
        with pikepdf.open(path) as pdf:
            pages = tuple(_pdf_page(page) for page in pdf.pages)
            return ScanFile("pdf", pages, pdf.pdf_version, pdf.is_encrypted, _actions(pdf))
    except pikepdf.PasswordError:
        return ScanFile("pdf", (), "", encrypted=True)
    except pikepdf.PdfError as error:
        raise _damaged(path) from error


def _pdf_page(page: pikepdf.Page) -> ScanPage:
    left, bottom, right, top = (float(side) for side in page.mediabox)
    unit = float(page.obj.get("/UserUnit", 1))
    wide, high = (right - left) * unit, (top - bottom) * unit
    size = (round(wide / _POINTS * _MM), round(high / _POINTS * _MM))
    placed = [(image, drawn) for image, drawn in _drawn(page) if image.width * image.height > 1]
    if not placed:
        return ScanPage(0, 0, 0, size, True, "colour", blank=False)
    image, (across, down) = max(placed, key=lambda one: one[1][0] * one[1][1])
    dpi = min(image.width / (across * unit), image.height / (down * unit)) * _POINTS
    try:
        pixels = image.as_pil_image()
    except (pikepdf.PdfError, pikepdf.UnsupportedImageTypeError, NotImplementedError, OSError):
        return ScanPage(image.width, image.height, round(dpi), size, True, "colour", blank=False)
    return _page(pixels, round(dpi), size, says_size=True)


def _drawn(page: pikepdf.Page) -> Iterator[tuple[pikepdf.PdfImage, tuple[float, float]]]:
    """The images that a page draws, each with its width and height on the paper, in points."""
    resources: Any = page.obj.get("/Resources", pikepdf.Dictionary())
    named: Any = resources.get("/XObject", pikepdf.Dictionary())
    matrix, kept = pikepdf.Matrix(), []
    for instruction in pikepdf.parse_content_stream(page):
        operands, operator = instruction.operands, str(instruction.operator)
        if operator == "q":
            kept.append(matrix)
        elif operator == "Q" and kept:
            matrix = kept.pop()
        elif operator == "cm":
            matrix = pikepdf.Matrix(*(float(n) for n in operands)) @ matrix
        elif operator == "Do":
            drawn: Any = named.get(str(operands[0]))
            if drawn is not None and drawn.get("/Subtype") == "/Image":
                across = (matrix.a**2 + matrix.b**2) ** 0.5
                down = (matrix.c**2 + matrix.d**2) ** 0.5
                if across > 0 and down > 0:
                    yield pikepdf.PdfImage(drawn), (across, down)


def _actions(pdf: pikepdf.Pdf) -> tuple[str, ...]:
    found: set[str] = set()
    for thing in pdf.objects:
        _find_actions(thing, found, depth=0)
    return tuple(sorted(found))


def _find_actions(thing: Any, found: set[str], *, depth: int) -> None:
    """Actions in a dictionary or array and in what lies in it; what it refers to is asked apart."""
    if depth > 30:
        return
    if isinstance(thing, (pikepdf.Dictionary, pikepdf.Stream)):
        does = str(thing.get("/S", ""))
        if does in _MUST_NOT_ACT:
            found.add(does.removeprefix("/"))
        if "/JS" in thing:
            found.add("JavaScript")
        inner = [value for _, value in thing.items()]
    elif isinstance(thing, pikepdf.Array):
        inner = list(thing)
    else:
        return
    for value in inner:
        if isinstance(value, pikepdf.Object) and not value.is_indirect:
            _find_actions(value, found, depth=depth + 1)


def _look_at_image(path: Path) -> ScanFile:
    try:
        with PIL.Image.open(path) as image:
            pages = []
            for number in range(getattr(image, "n_frames", 1)):
                image.seek(number)
                pages.append(_image_page(image))
            return ScanFile("image", tuple(pages))
    except (PIL.UnidentifiedImageError, PIL.Image.DecompressionBombError, SyntaxError) as error:
        raise _damaged(path) from error


def _image_page(image: PIL.Image.Image) -> ScanPage:
    said = image.info.get("dpi")
    width, height = image.size
    # Resolutions such as 1 or 72 are what programs write that know none.
    if said and min(float(said[0]), float(said[1])) > 72:
        across, down = float(said[0]), float(said[1])
        size = (round(width / across * _MM), round(height / down * _MM))
        return _page(image, round(min(across, down)), size, says_size=True)
    dpi = max(width, height) / _A4_LONG
    size = (round(width / dpi * _MM), round(height / dpi * _MM))
    return _page(image, round(dpi), size, says_size=False)


def _page(image: PIL.Image.Image, dpi: int, size: tuple[int, int], *, says_size: bool) -> ScanPage:
    width, height = image.size
    colour: Colour = "black_and_white" if image.mode == "1" else "grey"
    small = image.convert("RGB") if image.mode not in ("1", "L", "RGB") else image
    small = small.convert("L") if small.mode == "1" else small
    small = small.resize((_SMALL, _SMALL), PIL.Image.Resampling.BOX, reducing_gap=2.0)
    if small.mode == "RGB":
        colour = "colour"  # three channels were scanned, whatever the paper shows
    grey = small.convert("L")
    return ScanPage(
        width, height, dpi, size, says_size, colour,
        blank=_is_blank(grey), likeness=_likeness(grey),
    )  # fmt: skip


def _is_blank(grey: PIL.Image.Image) -> bool:
    """Whether next to nothing is darker than its paper; faint print still is."""
    edge = round(_SMALL * _EDGE)
    inner = grey.crop((edge, edge, _SMALL - edge, _SMALL - edge))
    counts = inner.histogram()
    total, paper, seen = sum(counts), 255, 0
    for level in range(255, -1, -1):
        seen += counts[level]
        if seen >= total / 2:
            paper = level
            break
    ink = sum(counts[: max(0, round(paper - _INK))])
    return ink < _BLANK * total


def _likeness(grey: PIL.Image.Image) -> str:
    """Whether each of 32 × 32 patches is darker than its right neighbour."""
    patches = grey.resize((33, 32), PIL.Image.Resampling.BOX).tobytes()
    bits = "".join(
        "1" if patches[row * 33 + at] < patches[row * 33 + at + 1] - 2 else "0"
        for row in range(32)
        for at in range(32)
    )
    return f"{int(bits, 2):0256x}"


def _damaged(path: Path) -> UnreadableFileError:
    return UnreadableFileError(
        "The file {name} cannot be read.", "Check the path, or scan it again.", name=path.name
    )
