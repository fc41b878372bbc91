"""What a signature adds behind a PDF: its fields, what is seen of them, and the place kept for it.

Bytes that were there stay as they are. Written here and not by pyHanko's writer, which parses,
copies and describes the whole file anew for each paper (4 ms where this takes less than one).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from hashlib import sha256
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from workbench.errors import SigningError
from workbench.signing.mark import Drawing

Rect = tuple[float, float, float, float]  # left, bottom, right, top in points

UNSEEN: Rect = (0, 0, 0, 0)
_PRINTED_AND_LOCKED = 132  # annotation flags Print and Locked (ISO 32000-1, table 165)
_SIGNATURES_EXIST_APPEND_ONLY = 3  # /SigFlags, table 219


@dataclass(frozen=True, slots=True)
class SealField:
    """A signature field: its name, and where it stands on the first page."""

    name: str
    rect: Rect = UNSEEN


@dataclass(frozen=True)
class Prepared:
    """A PDF with a place kept for its signature, and the digest that the signature is over."""

    pdf: bytes = field(repr=False)
    place: tuple[int, int]  # the brackets of /Contents, which the signature does not cover
    digest: bytes  # SHA-256 of all the rest


class Growing:
    """A PDF that is about to get a signature.

    Raises SigningError for what is no PDF that can be signed here.
    """

    def __init__(self, pdf: bytes) -> None:
        self._pdf = pdf
        try:
            self._reader = PdfFileReader(BytesIO(pdf))
            if self._reader.encrypted:
                raise SigningError("The PDF is locked with a password.", "Hand in one that is not.")
            self._root = self._reader.root
            self._page_ref, self._page = _first_page(self._root)
            self._form: Any = None
            if "/AcroForm" in self._root:
                self._form = self._root["/AcroForm"]
        except (PdfError, KeyError, IndexError, ValueError, TypeError) as error:
            raise SigningError(
                "The PDF cannot be signed: it is damaged.",
                "Order the signature again; the PDF is then made anew.",
            ) from error

    @cached_property
    def frame(self) -> Rect:
        """The first page's edges in points."""
        page: Any = self._page
        while "/MediaBox" not in page:  # pages inherit it
            page = page["/Parent"]
        left, bottom, right, top = (float(edge) for edge in page["/MediaBox"])
        return min(left, right), min(bottom, top), max(left, right), max(bottom, top)

    @cached_property
    def fields(self) -> Mapping[str, bool]:
        """The signature fields that are there, and whether each is signed."""
        return {name: "/V" in held for name, (_, held) in self._signature_fields.items()}

    @cached_property
    def _signature_fields(self) -> dict[str, tuple[generic.IndirectObject, Any]]:
        if self._form is None or "/Fields" not in self._form:
            return {}
        references = self._form["/Fields"]
        return {
            str(references[n]["/T"]): (references.raw_get(n), references[n])
            for n in range(len(references))
            if references[n].get("/FT") == "/Sig"
        }

    def rect_of(self, name: str) -> Rect:
        """Where a field that is there stands."""
        left, bottom, right, top = (
            float(edge) for edge in self._signature_fields[name][1]["/Rect"]
        )
        return left, bottom, right, top

    def prepare(
        self,
        fields: Sequence[SealField],
        signed: str,
        *,
        at: datetime,
        room: int,
        reason: str = "",
        drawing: Drawing | None = None,
    ) -> Prepared:
        """Make those of `fields` that are not there, and keep `room` bytes in the one `signed`.

        `drawing` is what is seen in it. Raises SigningError where it is signed already.
        """
        if self.fields.get(signed):
            raise SigningError(
                "The field {name} of the PDF is signed already.",
                "Choose a profile with a field that is free.",
                name=signed,
            )
        written = _Section(int(self._reader.trailer["/Size"]), len(self._pdf))
        if not self._pdf.endswith((b"\n", b"\r")):
            written.add(b"\n")
        signature = written.number()
        new = [f for f in fields if f.name not in self.fields]
        references: list[str] = []
        for made in new:
            number = written.number()
            references.append(f"{number} 0 R")
            value = f"/V {signature} 0 R" if made.name == signed else ""
            seen = self._appearance(written, made.rect, drawing if value else None)
            written.put(
                number,
                f"<</Type /Annot /Subtype /Widget /FT /Sig /T {_text(made.name)} "
                f"/F {_PRINTED_AND_LOCKED} /Rect [{_numbers(made.rect)}] "
                f"/P {self._page_ref.idnum} 0 R {value} {seen}>>".encode(),
            )
        if signed in self.fields:
            reference, held = self._signature_fields[signed]
            kept = _entries(held, without=("/V", "/AP"))
            seen = self._appearance(written, self.rect_of(signed), drawing)
            written.put(reference.idnum, b"<<" + kept + f"/V {signature} 0 R {seen}>>".encode())
        if references:
            self._hang_up(written, references)
        return written.close(self._pdf, signature, _signature(at, reason), room, self._trailer())

    def _appearance(self, written: _Section, rect: Rect, drawing: Drawing | None) -> str:
        """/AP of a field: PDF/A wants one where anything can be seen (ISO 19005-2, 6.3.3)."""
        width, height = rect[2] - rect[0], rect[3] - rect[1]
        if not width or not height:
            return ""
        number = written.number()
        if drawing is None:
            written.put(
                number,
                f"<</Type /XObject /Subtype /Form /BBox [0 0 {width:g} {height:g}] "
                "/Resources <<>> /Length 0>>\nstream\n\nendstream".encode(),
            )
            return f"/AP <</N {number} 0 R>>"
        shape = _shape(drawing)
        first = written.numbers(len(shape.objects))
        for offset, object_ in enumerate(shape.objects):
            written.put(first + offset, object_.at(first))
        # Kept unscaled in a field whose place was made before the words were known.
        lower, upper = drawing.height - height, drawing.height
        left = drawing.width - width if drawing.from_right else 0.0
        box = _numbers((left, lower, left + width, upper))
        head = (
            f"<</Type /XObject /Subtype /Form /BBox [{box}] "
            f"/Resources {first} 0 R /Filter /FlateDecode /Length {len(shape.content)}>>\nstream\n"
        )
        written.put(number, head.encode() + shape.content + b"\nendstream")
        return f"/AP <</N {number} 0 R>>"

    def _hang_up(self, written: _Section, references: Sequence[str]) -> None:
        """Name new fields on the page and in the form, and the form in the catalogue."""
        added = " ".join(references).encode()
        annotations = _items(self._page.get("/Annots")) if "/Annots" in self._page else b""
        written.put(
            self._page_ref.idnum,
            b"<<" + _entries(self._page, without=("/Annots",))
            + b"/Annots [" + annotations + added + b"]>>",
        )  # fmt: skip
        form = self._root.raw_get("/AcroForm") if self._form is not None else None
        number = form.idnum if isinstance(form, generic.IndirectObject) else written.number()
        held = _items(self._form["/Fields"]) if self._form and "/Fields" in self._form else b""
        others = _entries(self._form or {}, without=("/Fields", "/SigFlags"))
        flags = f"/SigFlags {_SIGNATURES_EXIST_APPEND_ONLY}".encode()
        written.put(number, b"<<" + others + flags + b"/Fields [" + held + added + b"]>>")
        if not isinstance(form, generic.IndirectObject):
            named = f"/AcroForm {number} 0 R".encode()
            kept = _entries(self._root, without=("/AcroForm",))
            written.put(self._reader.root_ref.idnum, b"<<" + kept + named + b">>")

    def _trailer(self) -> _Trailer:
        trailer = self._reader.trailer
        kept = [
            b"%b %b" % (name.encode(), _written(trailer.raw_get(name)))
            for name in ("/Root", "/Info")
            if name in trailer
        ]
        first = _written(trailer["/ID"][0]) if "/ID" in trailer else b""
        return _Trailer(
            b"\n".join(kept), first, self._reader.last_startxref or 0, self._reader.has_xref_stream
        )


def embed(prepared: Prepared, message: bytes) -> bytes:
    """The signed PDF, given the CMS SignedData (DER) over its digest. Raises SigningError."""
    start, end = prepared.place
    digits = message.hex().encode()
    room = end - start - 2
    if len(digits) > room:
        raise SigningError("The signature is longer than the place that was kept for it.")
    content = memoryview(prepared.pdf)
    return b"".join((content[:start], b"<", digits.ljust(room, b"0"), b">", content[end:]))


# --- writing -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Trailer:
    kept: bytes  # /Root and /Info as they were
    first_id: bytes
    previous: int  # where the cross-references before ours begin
    is_stream: bool  # they are a stream; ours must be one too


class _Section:
    """The new part of a file: objects with their places, numbered from `size`."""

    def __init__(self, size: int, begin: int) -> None:
        self._next = size
        self._begin = self._here = begin
        self._parts: list[bytes] = []
        self._places: dict[int, int] = {}

    def number(self) -> int:
        return self.numbers(1)

    def numbers(self, count: int) -> int:
        self._next += count
        return self._next - count

    def add(self, part: bytes) -> None:
        self._parts.append(part)
        self._here += len(part)

    def put(self, number: int, body: bytes) -> None:
        self._places[number] = self._here
        self.add(b"%d 0 obj\n" % number + body + b"\nendobj\n")

    def close(
        self, pdf: bytes, signature: int, described: bytes, room: int, trailer: _Trailer
    ) -> Prepared:
        """The file with the signature's object last, and cross-references behind it."""
        self._places[signature] = self._here
        self.add(b"%d 0 obj\n<<" % signature + described + b"/Contents ")
        start = self._here
        end = start + 2 * room + 2
        ranges = b" /ByteRange [0 %010d %010d %010d]>>\nendobj\n"
        table_at = end + len(ranges % (0, 0, 0))
        rest = self._references(table_at, trailer)
        tail = ranges % (start, end, table_at + len(rest) - end) + rest
        digest = sha256(pdf)
        for part in self._parts:
            digest.update(part)
        digest.update(tail)
        whole = b"".join((pdf, *self._parts, b"<", b"0" * (2 * room), b">", tail))
        return Prepared(whole, (start, end), digest.digest())

    def _references(self, at: int, trailer: _Trailer) -> bytes:
        if trailer.is_stream:
            self._places[self.number()] = at
        entries = sorted(self._places.items())
        runs: list[list[tuple[int, int]]] = []
        for entry in entries:
            if runs and entry[0] == runs[-1][-1][0] + 1:
                runs[-1].append(entry)
            else:
                runs.append([entry])
        named = b"/Size %d /Prev %d\n%b\n" % (self._next, trailer.previous, trailer.kept)
        if trailer.first_id:
            fresh = sha256(b"".join(self._parts)).digest()[:16].hex().upper().encode()
            named += b"/ID [%b <%b>]\n" % (trailer.first_id, fresh)
        if trailer.is_stream:
            body = b"".join(b"\1" + place.to_bytes(5) + b"\0\0" for _, place in entries)
            index = b" ".join(b"%d %d" % (run[0][0], len(run)) for run in runs)
            table = b"%d 0 obj\n<</Type /XRef /W [1 5 2] /Index [%b] /Length %d\n%b>>\nstream\n" % (
                entries[-1][0], index, len(body), named,
            ) + body + b"\nendstream\nendobj\n"  # fmt: skip
        else:
            lines = b"".join(
                b"%d %d\n" % (run[0][0], len(run))
                + b"".join(b"%010d 00000 n \n" % place for _, place in run)
                for run in runs
            )
            table = b"xref\n0 1\n0000000000 65535 f \n" + lines + b"trailer\n<<" + named + b">>\n"
        return table + b"startxref\n%d\n%%%%EOF\n" % at


def _signature(at: datetime, reason: str) -> bytes:
    said = b"/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M "
    said += _written(generic.pdf_date(at))
    return said + (f" /Reason {_text(reason)}".encode() if reason else b"")


def _first_page(root: Any) -> tuple[generic.IndirectObject, Any]:
    reference, node = None, root["/Pages"]
    while "/Kids" in node:
        kids = node["/Kids"]
        reference, node = kids.raw_get(0), kids[0]
    if not isinstance(reference, generic.IndirectObject):
        raise PdfError("no page")
    return reference, node


def _entries(held: Any, *, without: Sequence[str]) -> bytes:
    """A dictionary's entries as a PDF writes them, but for those that are written anew."""
    parts = []
    for name in held:
        if name not in without:
            parts.append(b"%b %b\n" % (name.encode(), _written(held.raw_get(name))))
    return b"".join(parts)


def _items(held: Any) -> bytes:
    return b"".join(_written(held.raw_get(n)) + b" " for n in range(len(held)))


def _written(value: Any) -> bytes:
    out = BytesIO()
    value.write_to_stream(out)
    return out.getvalue()


def _text(said: str) -> str:
    return _written(generic.pdf_string(said)).decode("latin-1")


def _numbers(rect: Rect) -> str:
    return " ".join(f"{edge:g}" for edge in rect)


# --- what is seen --------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Object:
    """An object of a drawing, with gaps where the numbers of other objects belong."""

    pieces: tuple[bytes | int, ...]
    stream: bytes | None

    def at(self, first: int) -> bytes:
        head = b"".join(
            piece if isinstance(piece, bytes) else b"%d 0 R" % (first + piece)
            for piece in self.pieces
        )
        return head if self.stream is None else head + b"\nstream\n" + self.stream + b"\nendstream"


@dataclass(frozen=True)
class _Shape:
    """A drawing as it goes into a file: its resources first, then what they refer to."""

    objects: tuple[_Object, ...]
    content: bytes = field(repr=False)  # deflated


class _Gap(generic.PdfObject):
    """Stands for the number of another object until the file is known."""

    def __init__(self, number: int) -> None:
        self.number = number

    def write_to_stream(self, stream: Any, handler: Any = None, container_ref: Any = None) -> None:
        stream.write(b"\0%d\0" % self.number)


@lru_cache(maxsize=32)  # papers of one second are marked alike
def _shape(drawing: Drawing) -> _Shape:
    page = drawing.opened().root["/Pages"]["/Kids"][0]
    met: dict[tuple[int, int], int] = {}
    waiting: list[Any] = []

    def gapped(value: Any) -> Any:
        if isinstance(value, generic.IndirectObject):
            key = (value.idnum, value.generation)
            if key not in met:
                met[key] = len(met) + 1
                found: Any = value
                waiting.append(found.get_object())
            return _Gap(met[key])
        if isinstance(value, generic.ArrayObject):
            return generic.ArrayObject(gapped(value.raw_get(n)) for n in range(len(value)))
        if isinstance(value, generic.DictionaryObject):
            entries = {name: gapped(value.raw_get(name)) for name in value if name != "/Length"}
            return generic.DictionaryObject(entries)  # type: ignore[no-untyped-call]
        return value

    def pieced(value: Any) -> _Object:
        stream = value.encoded_data if isinstance(value, generic.StreamObject) else None
        said = _written(gapped(value))
        if stream is not None:
            said = said.rstrip()[:-2] + b"/Length %d>>" % len(stream)
        parts = re.split(rb"\0(\d+)\0", said)
        return _Object(tuple(int(p) if n % 2 else p for n, p in enumerate(parts)), stream)

    objects = [pieced(page["/Resources"])]
    while waiting:
        objects.append(pieced(waiting.pop(0)))
    content = page["/Contents"]
    parts = content if isinstance(content, generic.ArrayObject) else [content]
    return _Shape(tuple(objects), zlib.compress(b"\n".join(p.data for p in parts)))
