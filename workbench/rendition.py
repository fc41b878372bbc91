"""The archival PDF: the untouched scan, and under it the text that people vouched for (PDF/A-2b).

The scan goes in as it came: a JPEG byte for byte, anything else without loss (a PNG's own
compressed pixels where PDF can hold them). A lossy copy would not be the scan any more, so size is
never bought with pixels; what is scanned as JPEG stays as small as it was.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

import structlog
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import TextMode
from fpdf.image_datastructures import RasterImageInfo
from fpdf.image_parsing import preload_image
from PIL import Image

from workbench.model import Act, Box, Record, SettledField

# Metric-compatible with Times New Roman, which Nghị định 30/2020 names; SIL OFL 1.1, unmodified.
FONT = Path(__file__).parent / "fonts" / "LiberationSerif-Regular.ttf"

log = structlog.get_logger()

_FAMILY = "text"
_UNKNOWN = "□"  # what stands in the text layer for a character the font cannot write
_DESCENT = 0.2  # of the font size: how far a line's box reaches below its baseline


@dataclass(frozen=True, slots=True)
class RenditionPage:
    """One scanned side and what an engine read on it, in reading order, boxes on the scan."""

    image: bytes = field(repr=False)
    width: int  # pixels as scanned
    height: int
    dpi: int
    rotation: int = 0  # degrees clockwise that bring the scan upright
    words: Sequence[tuple[str, Box]] = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    box: Box  # on the upright page


def render(
    record: Record,
    pages: Sequence[RenditionPage],
    *,
    title: str,
    at: datetime,
    font: Path = FONT,
) -> bytes:
    """The PDF/A-2b of `record` and all its pages; the same arguments always give the same bytes.

    Inside a field's box the text layer holds the settled value, elsewhere the engine's words. A
    character `font` does not have is □ there; the record itself keeps the value as reviewed.
    """
    pdf = FPDF(unit="pt", enforce_compliance="PDF/A-2B")
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.c_margin = 0
    pdf.str_alias_nb_pages = ""  # else fpdf2 would replace a "{nb}" that a paper says
    pdf.set_lang("vi")
    pdf.set_creation_date(at)
    pdf.set_xmp_metadata(_metadata(title, record.value("so"), at))
    pdf.add_font(_FAMILY, fname=font)
    for number, page in enumerate(pages):
        settled = [f for f in record.fields if f.page == number and f.box and f.act != Act.ABSENT]
        _draw_page(pdf, page, _text_layer(page, settled), _glyphs(font))
    return bytes(pdf.output())


# --- the page ------------------------------------------------------------------------------------


def _draw_page(
    pdf: FPDF, page: RenditionPage, pieces: Sequence[_Piece], glyphs: frozenset[int]
) -> None:
    width, height = page.width * 72 / page.dpi, page.height * 72 / page.dpi
    turned = page.rotation % 180 != 0
    upright = (height, width) if turned else (width, height)
    pdf.add_page(format=upright)
    # Turned by the drawing matrix, not by /Rotate: the pixels stay as they are, and a seal placed
    # "top right" later needs to know nothing of how the paper lay in the scanner.
    with pdf.rotation(-page.rotation, upright[0] / 2, upright[1] / 2):
        x, y = (upright[0] - width) / 2, (upright[1] - height) / 2
        pdf.image(_image(pdf, page.image), x, y, width, height)
    pdf.set_font(_FAMILY, size=10)
    pdf.text_mode = TextMode.INVISIBLE
    for piece in pieces:
        _write(pdf, piece, upright, glyphs)
    pdf.text_mode = TextMode.FILL


def _write(pdf: FPDF, piece: _Piece, page: tuple[float, float], glyphs: frozenset[int]) -> None:
    text = _writable(piece.text, glyphs)
    if not text:
        return
    width, size = piece.box.width * page[0], max(piece.box.height * page[1], 1.0)
    pdf.set_font_size(size)
    pdf.set_stretching(100)  # the width is measured with the stretching in force
    if natural := pdf.get_string_width(text):
        # Too long for its box is written smaller, not narrower: readers of PDF find the spaces
        # between words by comparing them with the size of the letters.
        size *= min(1.0, width / natural)
        pdf.set_font_size(size)
        pdf.set_stretching(max(100.0, 100 * width / natural))
    pdf.text(piece.box.left * page[0], piece.box.bottom * page[1] - _DESCENT * size, text)


def _writable(text: str, glyphs: frozenset[int]) -> str:
    line = " ".join(unicodedata.normalize("NFC", text).split())
    known = "".join(c if ord(c) in glyphs else _UNKNOWN for c in line if c.isprintable())
    if _UNKNOWN in known and _UNKNOWN not in line:
        log.warning("rendition.character_not_in_font", count=known.count(_UNKNOWN))
    return known


@cache
def _glyphs(font: Path) -> frozenset[int]:
    with TTFont(font, lazy=True) as opened:
        return frozenset(opened.getBestCmap())


# --- the text layer ------------------------------------------------------------------------------


def _text_layer(page: RenditionPage, fields: Sequence[SettledField]) -> list[_Piece]:
    """What stands on the upright page, in reading order: settled values before engines' words."""
    words = [_Piece(text, box.turned(page.rotation)) for text, box in page.words if text.strip()]
    boxes = [Box(*f.box).turned(page.rotation) for f in fields if f.box]
    owners = [_owner(word.box, boxes) for word in words]
    pieces: list[_Piece] = []
    written: set[int] = set()
    for word, owner in zip(words, owners, strict=True):
        if owner is None:
            pieces.append(word)
        elif owner not in written:
            written.add(owner)
            replaced = [w for w, o in zip(words, owners, strict=True) if o == owner]
            pieces += _value(fields[owner].value, boxes[owner], replaced)
    for index, settled in enumerate(fields):
        if index not in written:  # no engine saw anything there
            value = _value(settled.value, boxes[index], ())
            place = _place_in_order(boxes[index], pieces)
            pieces[place:place] = value
    return pieces


def _owner(word: Box, boxes: Sequence[Box]) -> int | None:
    """The smallest field the word lies in: of a table's row and its cell, the cell."""
    holding = [i for i, box in enumerate(boxes) if box.holds(*word.middle)]
    return min(holding, key=lambda i: boxes[i].width * boxes[i].height, default=None)


def _value(value: str, box: Box, replaced: Sequence[_Piece]) -> list[_Piece]:
    tokens = value.split()
    if not tokens:
        return []
    if len(tokens) == len(replaced):  # most corrections change letters, not words
        return [_Piece(t, w.box) for t, w in zip(tokens, replaced, strict=True)]
    lines = _lines(replaced) or [box]
    return [_Piece(" ".join(t), line) for t, line in _spread(tokens, lines) if t]


def _lines(pieces: Sequence[_Piece]) -> list[Box]:
    """The boxes of the lines that the pieces stand on, from the top."""
    lines: list[list[Box]] = []
    for box in sorted((p.box for p in pieces), key=lambda b: b.middle[1]):
        if lines and box.middle[1] < Box.around(lines[-1]).bottom:
            lines[-1].append(box)
        else:
            lines.append([box])
    return [Box.around(line) for line in lines]


def _spread(tokens: Sequence[str], lines: Sequence[Box]) -> list[tuple[list[str], Box]]:
    """The tokens over the lines, in order, each line as full as it is wide."""
    letters = sum(len(t) for t in tokens)
    room = sum(line.width for line in lines)
    spread: list[tuple[list[str], Box]] = []
    start, written, limit = 0, 0.0, 0.0
    for line in lines:
        limit += letters * line.width / room
        end = start
        while end < len(tokens) and written + len(tokens[end]) / 2 <= limit:
            written += len(tokens[end])
            end += 1
        spread.append((list(tokens[start:end]), line))
        start = end
    spread[-1][0].extend(tokens[start:])
    return spread


def _place_in_order(box: Box, pieces: Sequence[_Piece]) -> int:
    """Before the first piece read after `box`: further down, or on its line to its right."""
    for index, piece in enumerate(pieces):
        same_line = piece.box.top <= box.middle[1] <= piece.box.bottom
        after = piece.box.left > box.left if same_line else piece.box.top > box.middle[1]
        if after:
            return index
    return len(pieces)


# --- the image -----------------------------------------------------------------------------------


def _image(pdf: FPDF, data: bytes) -> str:
    """Put the scan into the file unchanged and return the name to draw it by."""
    with Image.open(BytesIO(data)) as opened:
        kind, mode, profile = opened.format, opened.mode, opened.info.get("icc_profile")
    if kind == "JPEG" and mode in ("L", "RGB"):
        name, _, info = preload_image(pdf.image_cache, data)
        if profile and profile[16:20] != {"L": b"GRAY", "RGB": b"RGB "}[mode]:
            info["iccp_i"] = None  # a profile for other channels than the image has is not PDF/A
        return name
    if kind == "PNG" and (passed := _png_pixels(data)):
        name = f"png-{len(pdf.image_cache.images)}"
        passed["i"] = len(pdf.image_cache.images) + 1
        pdf.image_cache.images[name] = passed
        return name
    name, _, _ = preload_image(pdf.image_cache, _without_loss(data))
    return name


def _png_pixels(data: bytes) -> RasterImageInfo | None:
    """A PNG's compressed pixels as PDF holds them: same predictor, same deflate, no work.

    None for what PDF cannot take as it is: alpha, a palette, interlacing, 16 bits a channel.
    """
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    channels = {0: 1, 2: 3}.get(colour)
    chunks = _png_chunks(data)
    if channels is None or interlaced or depth > 8 or any(kind == b"tRNS" for kind, _ in chunks):
        return None
    info = RasterImageInfo()
    info.update(
        {
            "data": b"".join(body for kind, body in chunks if kind == b"IDAT"),
            "w": width,
            "h": height,
            "cs": "DeviceGray" if channels == 1 else "DeviceRGB",
            "iccp": None,
            "iccp_i": None,
            "dpn": channels,
            "bpc": depth,
            "f": "FlateDecode",
            "inverted": False,
            "dp": f"/Predictor 15 /Colors {channels} /Columns {width}",
            "usages": 1,
        }
    )
    return info


def _png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks = []
    place = 8
    while place + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        chunks.append((kind, data[place + 8 : place + 8 + length]))
        place += 12 + length
    return chunks


def _without_loss(data: bytes) -> Image.Image:
    """Any other image as plain grey or RGB pixels on white paper."""
    with Image.open(BytesIO(data)) as opened:
        opened.load()
        if opened.mode in ("1", "L"):
            return opened.convert("L")
        if opened.mode.startswith("I"):  # 16-bit grey
            return opened.point(lambda level: level / 256).convert("L")
        if "A" not in opened.getbands() and "transparency" not in opened.info:
            return opened.convert("RGB")
        upper = opened.convert("RGBA")
        paper = Image.new("RGBA", upper.size, "white")
        return Image.alpha_composite(paper, upper).convert("RGB")


# --- metadata ------------------------------------------------------------------------------------


def _metadata(title: str, number: str, at: datetime) -> str:
    """XMP: the kind of paper and its number; who it is about stays out of it."""
    moment = at.isoformat(timespec="seconds")
    about = f"Số {number}" if number else ""
    described = (
        f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{_xml(about)}</rdf:li></rdf:Alt>'
        "</dc:description>"
        if about
        else ""
    )
    return f"""<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
   <pdfaid:part>2</pdfaid:part>
   <pdfaid:conformance>B</pdfaid:conformance>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{_xml(title)}</rdf:li></rdf:Alt></dc:title>
   {described}
   <dc:language><rdf:Bag><rdf:li>vi</rdf:li></rdf:Bag></dc:language>
   <xmp:CreatorTool>Workbench</xmp:CreatorTool>
   <xmp:CreateDate>{moment}</xmp:CreateDate>
   <xmp:ModifyDate>{moment}</xmp:ModifyDate>
   <xmp:MetadataDate>{moment}</xmp:MetadataDate>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>"""


def _xml(text: str) -> str:
    return escape("".join(c for c in unicodedata.normalize("NFC", text) if c.isprintable()))
