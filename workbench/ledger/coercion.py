"""A cell into what it means as a field of this kind; whatever was done to it is said.

Nothing is guessed silently: what only a person can know (a lost zero, a hidden row, an encoding)
is a `Refused` that names the choice which settles it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from workbench import vietnamese
from workbench.errors import Sentence
from workbench.ledger.cells import Cell

# What was done to a cell, by code; the words of the screens and reports.
COERCIONS: Mapping[str, Sentence] = {
    "number": Sentence("a number taken as text"),
    "day_cell": Sentence("an Excel date written as day/month/year"),
    "day_serial": Sentence("a day number of Excel taken for a date"),
    "day_text": Sentence("a date written as day/month/year"),
    "formula": Sentence("the result of a formula"),
    "lines": Sentence("lines of one cell joined"),
    "spaces": Sentence("special or doubled spaces made plain"),
    "wide": Sentence("full-width characters made plain"),
    "composed": Sentence("letters composed (Unicode NFC)"),
    "ditto": Sentence("“nt” or “//” taken from the row above"),
    "merged": Sentence("taken from merged cells"),
    "tcvn3": Sentence("turned from TCVN3"),
    "vni": Sentence("turned from VNI"),
    "zero": Sentence("a lost 0 put back in front"),
}


class Coercion(NamedTuple):
    """What was done to one cell; rows as Excel counts them, columns by letter."""

    row: int
    column: str
    field: str
    what: str  # a key of COERCIONS
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Refused(Exception):  # noqa: N818 - what the row is told, not what stops the work
    """Why a cell cannot be taken, and the choice of a person that would settle it.

    Its sentence says nothing of what stands in the cell: lists of faults are sent about.
    """

    code: str
    sentence: Sentence
    settles: str = ""  # "zero", "tcvn3", "vni", "hidden"


class Step(NamedTuple):
    what: str
    before: str
    after: str


_SPECIAL = re.compile("[\u00a0\u2000-\u200f\u202f\u2060\u3000\ufeff\u00ad\t]")
# What there is anything to do about; most texts have none of it.
_ODD = re.compile(_SPECIAL.pattern + "|[\r\n\u2028\uff01-\uff5e]|  |_x000D_")
_CONTROL = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f]|_x00[01][0-9A-F]_")
_BROKEN = re.compile("\ufffd|[^\\W\\d_]\\?+[^\\W\\d_]")
_SCIENTIFIC = re.compile(r"[+-]?\d(?:[.,]\d+)?E[+]?\d{1,3}", re.IGNORECASE)
_DITTO = re.compile(
    r"(?:nt|n\.t\.?|-\s*nt\s*-|nhu tren|cung tren|-?\s*//\s*-?|-?\s*\"\s*-?|''|〃|”)", re.IGNORECASE
)
_MOST_LETTERS = 2000
_NUMBERS = ("id_number", "org_number", "document_number", "count")


def is_ditto(text: str) -> bool:
    """Whether the cell says "as above": nt, //, ″."""
    return bool(_DITTO.fullmatch(vietnamese.fold(text.strip())))


def value_of(cell: Cell, kind: str, *, epoch: int) -> tuple[str, list[Step]]:
    """What the cell says as a field of this kind, and each thing done to it. Raises Refused.

    Text is in NFC with plain spaces; a day is "dd/mm/yyyy"; nothing is the empty text.
    """
    steps: list[Step] = []
    if cell.error:
        raise Refused("error", Sentence("The cell holds the error {error} of Excel.",
                                        {"error": cell.error}))  # fmt: skip
    if cell.formula and cell.value in (None, ""):
        raise Refused("no_result", Sentence("The formula has no result."))
    text = _text(cell, kind, epoch, steps)
    if cell.formula and text:
        steps.insert(0, Step("formula", "=…", text))
    return text, steps


def _text(cell: Cell, kind: str, epoch: int, steps: list[Step]) -> str:
    match cell.value:
        case None:
            return ""
        case bool():
            raise Refused("logical", Sentence("The cell holds TRUE or FALSE."))
        case str() as said:
            return _of_text(said, kind, steps)
        case int() | float() as number:
            return _of_number(number, kind, epoch, steps)
        case datetime() | date() as day:
            return _of_day(day, kind, steps)
        case time():
            raise Refused("time", Sentence("The cell holds a time of day."))


def _of_number(number: float, kind: str, epoch: int, steps: list[Step]) -> str:
    if kind == "date":
        return _of_day_number(number, epoch, steps)
    if number < 0:
        raise Refused("negative", Sentence("A negative number cannot stand here."))
    if number >= 1e15:
        raise Refused("digits_lost", Sentence("Excel has rounded the number; digits are lost."))
    if number == int(number):
        text = str(int(number))
    elif kind in _NUMBERS:
        raise Refused("fraction", Sentence("A number with decimals cannot stand here."))
    else:
        text = f"{number:.10g}".replace(".", ",")
    steps.append(Step("number", repr(number), text))
    return text


def _of_day(day: date, kind: str, steps: list[Step]) -> str:
    text = f"{day:%d/%m/%Y}"
    if kind != "date":
        raise Refused("became_date", Sentence("Excel has made a date of what was typed."))
    if day.year < 1900:
        raise Refused("serial", Sentence("The day number of Excel is out of range."))
    steps.append(Step("day_cell", f"{day:%Y-%m-%d}", text))
    return text


def _of_day_number(number: float, epoch: int, steps: list[Step]) -> str:
    whole = int(number)
    if 1900 <= number <= 2100 and number == whole:
        raise Refused("year_only", Sentence("Only a year stands here, no whole date."))
    digits = str(whole)
    if number == whole and len(digits) in (7, 8) and (day := _compact(digits.zfill(8))):
        text = f"{day:%d/%m/%Y}"
        steps.append(Step("day_text", digits, text))
        return text
    if not 0 < number < 80_000:  # 80,000 is in 2119
        raise Refused("serial", Sentence("The day number of Excel is out of range."))
    text = f"{_serial(whole, epoch):%d/%m/%Y}"
    steps.append(Step("day_serial", f"{number:g}", text))
    return text


def _serial(number: int, epoch: int) -> date:
    """The day of an Excel number: 1 is 01/01/1900 (Excel believes in 29/02/1900), or 02/01/1904."""
    if epoch == 1904:
        return date(1904, 1, 1) + timedelta(days=number)
    return date(1899, 12, 31) + timedelta(days=number if number < 60 else number - 1)


def _of_text(said: str, kind: str, steps: list[Step]) -> str:
    text = clean(said, steps)
    if _CONTROL.search(said):
        raise Refused("control", Sentence("The cell holds characters that cannot be shown."))
    if _BROKEN.search(text) and kind not in ("date", "count"):
        raise Refused("broken", Sentence("Letters were lost when the file was made: “?”."))
    if len(text) > _MOST_LETTERS:
        raise Refused("long", Sentence("The text is longer than {n} letters.",
                                       {"n": _MOST_LETTERS}))  # fmt: skip
    if _SCIENTIFIC.fullmatch(text) and (kind in _NUMBERS or kind == "date"):
        raise Refused("scientific", Sentence("Excel has shortened the number; digits are lost."))
    return _of_day_text(text, steps) if kind == "date" and text else text


def clean(said: str, steps: list[Step]) -> str:
    """The text as it is kept; each thing done to it is added to `steps`."""
    if not _ODD.search(said) and unicodedata.is_normalized("NFC", said):
        return vietnamese.nfc(said)
    text = said
    for what, cleaned in _CLEANING:
        turned = cleaned(text)
        if turned.strip() != text.strip():
            steps.append(Step(what, text, turned.strip()))
        text = turned
    return vietnamese.nfc(text)


def _plain_space(found: re.Match[str]) -> str:
    return "" if found.group() in "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad" else " "


def _narrow(text: str) -> str:
    return "".join(
        chr(ord(c) - 0xFEE0) if "\uff01" <= c <= "\uff5e" else c for c in text
    )  # fmt: skip


_CLEANING: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("lines", lambda t: re.sub(r"\s*(?:\r\n|[\r\n\u2028]|_x000D_)+\s*", " ", t)),
    ("wide", _narrow),
    ("spaces", lambda t: re.sub(r" {2,}", " ", _SPECIAL.sub(_plain_space, t))),
    ("composed", lambda t: unicodedata.normalize("NFC", t)),
)

_PARTED_DAY = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4}|\d{2})")
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_WORDED_DAY = re.compile(r"(?:ng\w{1,3}y)?\s*\d{1,2}\s*th\w{2,3}g\s*\d{1,2}\s*n\w{1,2}m\s*\d{4}",
                         re.IGNORECASE)  # fmt: skip


def _of_day_text(text: str, steps: list[Step]) -> str:
    """The date of a text in any form that units write (domain rules, 3.4). Raises Refused."""
    day: date | None = None
    plain = text.strip(" .,;'")
    if re.fullmatch(r"(?:19|20)\d{2}", plain):
        raise Refused("year_only", Sentence("Only a year stands here, no whole date."))
    if found := _PARTED_DAY.fullmatch(plain):
        first, second, year = found.groups()
        if len(year) == 2:
            raise Refused("short_year", Sentence("The year has two digits."))
        day = _made(int(year), int(second), int(first))
        if day is None and _made(int(year), int(first), int(second)):
            raise Refused("swapped", Sentence("Day and month seem to be exchanged."))
    elif found := _ISO_DAY.fullmatch(plain):
        day = _made(int(found[1]), int(found[2]), int(found[3]))
    elif re.fullmatch(r"\d{8}", plain):
        day = _compact(plain)
    elif _WORDED_DAY.fullmatch(plain):
        day = vietnamese.read_date("ngày " + re.sub(r"^ng\w+\s*", "", plain, flags=re.IGNORECASE))
    else:
        raise Refused("no_date", Sentence("This is no date."))
    if day is None:
        raise Refused("impossible_date", Sentence("This date does not exist."))
    kept = f"{day:%d/%m/%Y}"
    if kept != text:
        steps.append(Step("day_text", text, kept))
    return kept


def _compact(digits: str) -> date | None:
    return _made(int(digits[4:]), int(digits[2:4]), int(digits[:2]))


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1800 <= year <= 2200 else None
    except ValueError:
        return None
