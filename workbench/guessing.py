"""What a label and the values after it look like: a kind, a pattern, a name; heads of tables.

Guesses for a designer, never for a record.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workbench import catalogues, official, vietnamese
from workbench.model import Box
from workbench.placement import Placement, Running, letters_of, register, rows_of
from workbench.sites import Body, Site
from workbench.template import Anchor, FieldSpec, Kind, Label, Recognition, Template, Zone

# Words of addresses, without marks: they stand in values, also where all copies have them.
PLACES: Final = frozenset(
    ("so", "nha", "duong", "to", "ap", "khom", "khu", "pho", "xa", "phuong", "thi", "tran",
     "huyen", "quan", "tinh", "thanh")
)  # fmt: skip
MOTTO: Final = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")
_GAP: Final = 0.9  # of a line's height between the words of two headings
_NAME_WORDS: Final = 5
_LISTED: Final = 2  # different values that a list must hold to be theirs
_COLUMNS: Final = 3  # of a table, at least, with that of the row numbers
_SAME_END: Final = 8  # letters; a title of which an engine lost the first line is no other one
_MOST: Final = 0.6  # share of the copies on which a part of an official paper is found

# --- kinds, patterns, names ----------------------------------------------------------------------

_SHAPES: Final[tuple[tuple[Kind, str], ...]] = (
    ("date", r"\d{1,2}\s*[/.-]\s*\d{1,2}\s*[/.-]\s*\d{4}"),
    ("date", r"(?i:ngày)?\s*\d{1,2} (?i:tháng) \d{1,2} (?i:năm) \d{4}"),
    ("phone", r"0\d{9,10}"),
    ("org_number", r"\d{10}(?:-\d{3})?"),
    ("id_number", r"\d{12}|\d{9}|[A-Z]\d{7,8}"),
    ("document_number", r"\d{1,6}[A-Za-z]?\s*/\s*[\dA-ZĐ][\w/.-]*"),
    ("count", r"\d{1,3}"),
    ("document_number", r"[A-ZĐ0-9][A-ZĐ0-9./-]*\d[A-ZĐ0-9./-]*"),
)
_LABELS: Final[tuple[tuple[Kind, tuple[str, ...]], ...]] = (
    ("date", ("ngay", "thoi han", "het han")),
    ("phone", ("dien thoai",)),
    ("count", ("so luong", "so khoan")),
    ("address", ("dia chi", "noi thuong tru", "cho o", "tru so", "noi o")),
    ("name", ("ho va ten", "ho ten", "ten", "co quan", "to chuc", "don vi", "ong", "ba")),
    ("id_number", ("can cuoc", "cccd", "cmnd", "chung minh", "ho chieu", "dinh danh")),
    ("document_number", ("so hieu", "ky hieu", "so")),
)
_PATTERNS: Final[Mapping[str, str]] = {
    "id_number": r"\d{12}|\d{9}|[A-Z]\d{7,8}",
    "org_number": r"\d{10}(?:-\d{3})?",
}
_PERSONAL: Final = (
    "ho va ten", "ho ten", "ngay sinh", "thang nam sinh", "thuong tru", "cho o", "can cuoc",
    "cccd", "cmnd", "chung minh", "ho chieu", "dinh danh", "dien thoai",
)  # fmt: skip


def kind_of(values: Sequence[str], label: str) -> Kind:
    """What most values look like; where they say nothing, what the label promises."""
    for kind, shape in _SHAPES:
        fitting = sum(bool(re.fullmatch(shape, value.strip())) for value in values)
        if values and fitting * 3 >= len(values) * 2:
            return kind
    words = f" {' '.join(vietnamese.fold(label).replace(',', ' ').split())} "
    told = [w for value in values for w in vietnamese.fold(value).split()]
    places = sum(word.strip(",.") in PLACES for word in told)
    if values and places >= 2 * len(values):
        return "address"
    for kind, names in _LABELS:
        if any(f" {name} " in words for name in names):
            if kind in ("date", "count", "phone", "id_number", "document_number") and values:
                digits = sum(any(c.isdigit() for c in value) for value in values)
                if digits * 2 < len(values):
                    continue
            if kind == "count" and not all(value.isdigit() for value in values):
                return "text"  # `01 (một) con dấu`: of a count only the digits would be kept
            if kind == "name" and any(c.isdigit() for value in values for c in value):
                continue
            return kind
    return "text"


def pattern_of(values: Sequence[str], kind: Kind) -> str:
    """What all values of a kind must look like, where the kind alone says it; empty otherwise."""
    if kind == "date" and values and all(re.fullmatch(r"\d{2}/\d{2}/\d{4}", v) for v in values):
        return r"\d{2}/\d{2}/\d{4}"
    pattern = _PATTERNS.get(kind, "")
    return pattern if pattern and all(re.fullmatch(pattern, value) for value in values) else ""


def catalogue_of(values: Sequence[str], kind: Kind) -> str:
    """The list that holds all of these texts; empty where none does, or they are no such texts."""
    some = {vietnamese.key(value) for value in values if value}
    if kind != "text" or len(some) < _LISTED:
        return ""
    for name in sorted(catalogues.names()):
        if all(catalogues.match(value, name) for value in some):
            return name
    return ""


def is_personal(label: str, kind: Kind) -> bool:
    words = " ".join(vietnamese.fold(label).replace(",", " ").split())
    return kind == "id_number" or any(name in words for name in _PERSONAL)


def plain_label(printed: str) -> str:
    """The words of a printed label for a screen: without its number, colon and leading signs."""
    words = re.sub(r"^[\W\d_]+", "", vietnamese.nfc(printed)).strip(" :;,.…-(|")
    words = words or printed.strip(" :") or "…"
    if words.isupper():
        words = words.capitalize()
    return words[:1].upper() + words[1:]


def name_of(label: str) -> str:
    """`Họ và tên` -> `ho_va_ten`: small letters, digits and _, a letter first, not too long."""
    words = [letters_of(word) for word in re.split(r"[\s/,;:().-]+", label)]
    words = [word for word in words if word and word.isascii()][:_NAME_WORDS]
    name = "_".join(words)[:40].strip("_")
    return name if name[:1].isalpha() else f"truong_{name}".strip("_")


# --- what every official paper has ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """A field of the head or foot of an official paper, with what stands there on each copy."""

    name: str
    spec: FieldSpec
    examples: tuple[str, ...]
    places: tuple[tuple[int, Box] | None, ...]  # page of each copy, and where it stands there


def _spec(vi: str, en: str, zone: Mapping[str, Any], **more: Any) -> FieldSpec:
    return FieldSpec(label=Label(vi=vi, en=en), zone=Zone(**zone), **more)


_OFFICIAL: Final[Mapping[str, FieldSpec]] = {
    "co_quan_cap_tren": _spec(
        "Cơ quan cấp trên", "Superior authority", {"letterhead": "superior"}, catalogue="issuers"
    ),
    "co_quan_cap": _spec(
        "Cơ quan cấp", "Issuing authority", {"letterhead": "issuer"}, catalogue="issuers"
    ),
    "so": _spec(
        "Số", "Number", {"letterhead": "number"}, kind="document_number", critical=True
    ),
    "ten_giay_to": _spec("Tên giấy tờ", "Title of the paper", {"heading": True}),
    "ngay_cap": _spec(
        "Ngày cấp", "Date of issue", {"closing": "date"}, kind="date", critical=True,
        pattern=r"ngày \d{2} tháng \d{1,2} năm \d{4}",
    ),
    "chuc_vu_ky": _spec(
        "Chức vụ người ký", "Office of the signer", {"closing": "office"}, catalogue="offices"
    ),
    "cap_bac": _spec(
        "Cấp bậc", "Rank", {"closing": "rank"}, catalogue="ranks", closed=True
    ),
    "nguoi_ky": _spec("Người ký", "Signer", {"closing": "signer"}, kind="name"),
}  # fmt: skip
_PROBE: Final = Template.model_validate(
    {
        "id": "any_official_paper",
        "version": 1,
        "title": Label(vi="…", en="…"),
        "recognised_by": Recognition(all_of=("…",)),
        "anchors": tuple(Anchor(text=text) for text in (*MOTTO, "GIẤY")),
        "fields": dict(_OFFICIAL),
    }
)


def official_fields(copies: Sequence[Sequence[Running]]) -> tuple[Found, ...]:
    """The fields of head and foot (Nghị định 30/2020) that are found on most copies.

    A title is a field only where it is not the same on all.
    """
    told = [_of_paper(pages) for pages in copies]
    counts = {name: sum(name in values for values in told) for name in _OFFICIAL}
    found: list[Found] = []
    for name, spec in _OFFICIAL.items():
        examples = tuple(values[name].page_text if name in values else "" for values in told)
        # Head and foot come as a whole: where one of its fields is found, the others stand there.
        kin = [n for n, other in _OFFICIAL.items() if _family(other) == _family(spec)]
        if max(counts[n] for n in kin) < _MOST * len(told):
            continue
        if name == "ten_giay_to" and len({letters_of(e)[-_SAME_END:] for e in examples if e}) < 2:
            continue
        found.append(Found(name, spec, examples, tuple(_place(v.get(name)) for v in told)))
    return tuple(found)


def _family(spec: FieldSpec) -> str:
    zone = spec.zone
    return "" if zone is None else zone.way


def _place(site: Site | None) -> tuple[int, Box] | None:
    if site is None:
        return None
    return site.strips[0].page, Box.around([strip.box for strip in site.strips])


def _of_paper(pages: Sequence[Running]) -> dict[str, Site]:
    values: dict[str, Site] = {}
    for number, running in enumerate(pages):
        placed: Placement = register(running, _PROBE)
        sites: list[Site] = official.letterhead(number, placed, _PROBE)
        sites += official.closing(number, placed, _PROBE, Body.of(running))
        for site in sites:
            values.setdefault(site.name, site)
    return values


# --- heads of tables -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Headings:
    """The headings of a table from left to right, the first being that of the row numbers."""

    page: int
    texts: tuple[str, ...]
    box: Box


def headings(pages: Sequence[Running], ordinals: Collection[str]) -> Iterator[Headings]:
    """Every row of words that begins with a heading for row numbers."""
    for number, running in enumerate(pages):
        words = [word for line in running.lines for word in line.words]
        for row in rows_of(words) if words else ():
            start = next((i for i, w in enumerate(row) if letters_of(w.text) in ordinals), None)
            if start is None or len(row) < start + 3:
                continue
            texts: list[list[str]] = []
            right = -1.0
            for word in row[start:]:
                gap = word.box.left - right
                if len(texts) > 1 and gap < _GAP * word.box.height:
                    texts[-1].append(word.text)
                else:
                    texts.append([word.text])
                right = word.box.right
            if len(texts) >= _COLUMNS:
                told = tuple(" ".join(parts) for parts in texts)
                yield Headings(number, told, Box.around([w.box for w in row[start:]]))
