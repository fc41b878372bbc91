"""`workbench bench tables`: a large entry file full of faults, taken in, mended, taken in again.

The file is made up from a seed: names of no one, numbers of nothing. Its faults are of 25 kinds,
an equal number of each; what must be listed is known, row and kind, before anything is read.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from json import dumps
from pathlib import Path
from typing import Any

import xlsxwriter

from workbench import catalogues
from workbench.exchange import entryfiles
from workbench.flow import importing
from workbench.ledger import Choices, Column, Profile
from workbench.legacy import Encoding, encode
from workbench.store.questions import Questions
from workbench.workspace import load_settings, open_workspace, prepare_demo

LIMIT = 20.0  # seconds for 5,000 rows, from the file to the records
ROWS = 5000
OF_EACH = 12
TODAY = date(2026, 1, 15)

_ABOVE = 3  # rows of title and headings before the first paper
_HEADINGS = (
    ("STT", ""), ("Giấy chứng nhận", "Số"), ("Giấy chứng nhận", "Ngày cấp"),
    ("Giấy chứng nhận", "Cơ quan cấp"), ("Tên cơ sở kinh doanh", ""), ("Số ĐKKD", ""),
    ("Địa chỉ", ""), ("Người đứng đầu", "Họ và tên"), ("Người đứng đầu", "Ngày sinh"),
    ("Người đứng đầu", "Số CCCD"), ("Ngành, nghề", ""), ("Có giá trị đến", ""),
)  # fmt: skip
_SO, _NGAY, _NOI, _TEN, _DKKD, _DIA, _NGUOI, _SINH, _CCCD, _NGHE, _HAN = range(1, 12)

PROFILE = Profile(
    name="GCN ANTT (đo)",
    kind="antt",
    header=2,
    header_rows=2,
    columns={
        name: Column(heading=" / ".join(part for part in _HEADINGS[at] if part))
        for name, at in {
            "so": _SO, "ngay_cap": _NGAY, "co_quan_cap": _NOI, "ten_co_so": _TEN,
            "so_dkkd": _DKKD, "dia_chi": _DIA, "nguoi_dung_dau": _NGUOI, "ngay_sinh": _SINH,
            "so_giay_to": _CCCD, "nganh_nghe": _NGHE, "het_han": _HAN,
        }.items()
    },
)  # fmt: skip

_FAMILY = ("Nguyễn", "Trần", "Lê", "Thạch", "Sơn", "Kim", "Danh", "Lâm", "Đặng", "Huỳnh")
_MIDDLE = ("Văn", "Thị", "Hữu", "Ngọc", "Minh", "Thanh", "Quốc", "Thuý")
_GIVEN = ("An", "Bình", "Đức", "Hoà", "Phượng", "Sà Rết", "Thủy", "Ượng", "Vỹ", "Yến")
_PLACES = ("Nhà nghỉ", "Karaoke", "Cầm đồ", "Khách sạn", "Cơ sở in", "Nhà trọ")
_LINES = ("Kinh doanh dịch vụ lưu trú", "Kinh doanh dịch vụ cầm đồ", "Kinh doanh karaoke")
_ISSUERS = ("Công an huyện Mỹ Xuyên", "Công an huyện Kế Sách", "Công an thị xã Vĩnh Châu")


@dataclass
class _Row:
    """What is written into the cells of one row, and how."""

    cells: list[Any]
    hidden: bool = False
    fonts: dict[int, str] = field(default_factory=dict)
    formulas: dict[int, str] = field(default_factory=dict)  # column -> formula; value in `cells`


@dataclass(frozen=True)
class Made:
    """A made-up file: how many papers it holds, and which faults in which rows must be found."""

    papers: int
    faults: frozenset[tuple[int, str]]

    @property
    def faulty(self) -> int:
        return len({row for row, _ in self.faults})


def make(path: Path, *, rows: int = ROWS, of_each: int = OF_EACH, seed: int = 1) -> Made:
    """Write a file with `rows` papers and `of_each` faults of each of the 25 kinds.

    With the same seed and no faults it is the same file mended.
    """
    dice = random.Random(seed)  # noqa: S311 - made-up papers
    written = [_paper(dice, n) for n in range(rows)]
    faults: set[tuple[int, str]] = set()
    dice = random.Random(seed + 1)  # noqa: S311
    # Every other row at most is spoilt, so that a row that copies another has one to copy.
    spoilt = dice.sample(range(1, rows, 2), of_each * len(KINDS))
    for n, at in enumerate(spoilt):
        name = list(KINDS)[n % len(KINDS)]
        for row in KINDS[name](written, at, dice):
            faults.add((row + _ABOVE + 1, name))
    _write(path, written)
    return Made(rows, frozenset(faults))


def _paper(dice: random.Random, n: int) -> _Row:
    issued = date(2017, 1, 2) + timedelta(days=dice.randrange(365 * 5))
    born = date(1955, 1, 1) + timedelta(days=dice.randrange(365 * 45))
    woman = dice.random() < 0.5
    province = dice.choice(sorted(catalogues.provinces()))
    century = (0 if born.year < 2000 else 2) + woman
    identity = f"{province}{century}{born.year % 100:02}{dice.randrange(10**6):06}"
    name = f"{dice.choice(_FAMILY)} {dice.choice(_MIDDLE)} {dice.choice(_GIVEN)}"
    until = issued.replace(year=issued.year + 10, day=min(issued.day, 28))
    place = f"{dice.choice(_PLACES)} {dice.choice(_GIVEN)} {dice.randrange(900)}"
    address = f"Số {dice.randrange(1, 400)}, ấp {dice.randrange(1, 9)}, huyện Mỹ Xuyên"
    ways: tuple[Callable[[date], Any], ...] = (
        lambda d: d,
        lambda d: f"{d:%d/%m/%Y}",
        lambda d: f"{d.day}/{d.month}/{d.year}",
        lambda d: f"{d:%d%m%Y}",
        lambda d: f"ngày {d:%d} tháng {d:%m} năm {d.year}",
        lambda d: float((d - date(1899, 12, 30)).days),
    )
    if dice.random() < 0.1:
        address = address.replace(", ", ",\n", 1)
    if dice.random() < 0.1:
        place = place.replace(" ", "\u00a0", 1)
    return _Row(
        [
            n + 1, f"{n + 1}/GCN", dice.choice(ways)(issued), dice.choice(_ISSUERS), place,
            _business(dice), address, name, dice.choice(ways[:5])(born), identity,
            dice.choice(_LINES), dice.choice(ways)(until) if dice.random() < 0.4 else None,
        ]
    )  # fmt: skip


def _business(dice: random.Random) -> str:
    """A tax number whose check digit is right (domain rules, 3.2)."""
    while True:
        first = f"59{dice.randrange(10**7):07}"
        rest = sum(int(d) * w for d, w in zip(first, (31, 29, 23, 19, 17, 13, 7, 5, 3),
                                              strict=True)) % 11  # fmt: skip
        if rest:
            return f"{first}{10 - rest}"


Spoil = Callable[[list[_Row], int, random.Random], tuple[int, ...]]


def _set(column: int, said: Any) -> Spoil:
    def spoil(rows: list[_Row], at: int, dice: random.Random) -> tuple[int, ...]:
        rows[at].cells[column] = said(rows[at].cells[column]) if callable(said) else said
        return (at,)

    return spoil


def _in_font(column: int, encoding: Encoding | None) -> Spoil:
    """Typed in an old encoding; without one, half of it."""

    def spoil(rows: list[_Row], at: int, dice: random.Random) -> tuple[int, ...]:
        old = encode("Phòng trọ giá rẻ ấp chợ", encoding or Encoding.TCVN3)
        rows[at].cells[column] = old if encoding else f"{old} thị trấn Mỹ Xuyên"
        rows[at].fonts[column] = "VNI-Times" if encoding is Encoding.VNI else ".VnTime"
        return (at,)

    return spoil


def _hide(rows: list[_Row], at: int, dice: random.Random) -> tuple[int, ...]:
    rows[at].hidden = True
    return (at,)


def _repeat(rows: list[_Row], at: int, dice: random.Random) -> tuple[int, ...]:
    rows[at].cells[1:] = rows[at - 1].cells[1:]
    return (at,)


def _contradict(rows: list[_Row], at: int, dice: random.Random) -> tuple[int, ...]:
    rows[at].cells[1:] = rows[at - 1].cells[1:]
    rows[at].cells[_TEN] = "Nhà trọ khác"
    return (at - 1, at)


def _without_result(rows: list[_Row], at: int, dice: random.Random) -> tuple[int, ...]:
    rows[at].cells[_TEN], rows[at].formulas[_TEN] = "", "=VLOOKUP(B9,Sheet9!A:B,2,0)"
    return (at,)


def _expired(rows: list[_Row], at: int, dice: random.Random) -> tuple[int, ...]:
    rows[at].cells[_NGAY], rows[at].cells[_HAN] = "20/03/2020", "20/03/2019"
    return (at,)


KINDS: Mapping[str, Spoil] = {
    "unnamed": _set(_SO, None),
    "needed": _set(_TEN, "  "),
    "number_form": _set(_SO, lambda said: said.replace("/", " ")),
    "impossible_date": _set(_NGAY, "31/02/2020"),
    "no_date": _set(_NGAY, "tháng 5/2020"),
    "short_year": _set(_NGAY, "20/3/20"),
    "swapped": _set(_NGAY, "03/25/2020"),
    "year_only": _set(_SINH, 1985),
    "future": _set(_NGAY, "20/03/2031"),
    "serial": _set(_NGAY, 432019),
    "in_order": _expired,
    "zero": _set(_CCCD, 94085001234),
    "identity_digits": _set(_CCCD, "0940850012"),
    "identity_letters": _set(_CCCD, "0940850O1234"),
    "scientific": _set(_CCCD, "9.4085E+10"),
    "org_number": _set(_DKKD, "59000"),
    "twice": _repeat,
    "contradicts": _contradict,
    "logical": _set(_TEN, True),
    "no_result": _without_result,
    "tcvn3": _in_font(_DIA, Encoding.TCVN3),
    "vni": _in_font(_DIA, Encoding.VNI),
    "mixed": _in_font(_DIA, None),
    "hidden": _hide,
    "ditto_number": _set(_SO, "nt"),
}


def _write(path: Path, rows: list[_Row]) -> None:
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Danh sách")
        looks = {name: book.add_format({"font_name": name}) for name in (".VnTime", "VNI-Times")}
        days = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.merge_range(0, 0, 0, len(_HEADINGS) - 1, "DANH SÁCH GIẤY CHỨNG NHẬN ĐÃ CẤP")
        for at, (over, under) in enumerate(_HEADINGS):
            if not under:
                sheet.merge_range(1, at, 2, at, over)
            else:
                sheet.write(2, at, under)
        for first, last in ((_SO, _NOI), (_NGUOI, _CCCD)):
            sheet.merge_range(1, first, 1, last, _HEADINGS[first][0])
        for n, row in enumerate(rows):
            line = n + _ABOVE
            if row.hidden:
                sheet.set_row(line, None, None, {"hidden": True})
            for at, said in enumerate(row.cells):
                look = looks.get(row.fonts.get(at, ""))
                if at in row.formulas:
                    sheet.write_formula(line, at, row.formulas[at], None, said)
                elif isinstance(said, bool):
                    sheet.write_boolean(line, at, said)
                elif isinstance(said, date):
                    sheet.write_datetime(line, at, said, days)
                elif isinstance(said, str):
                    sheet.write_string(line, at, said, look)
                elif said is not None:
                    sheet.write_number(line, at, said)


@dataclass(frozen=True, slots=True)
class Measured:
    """What taking the file in came to."""

    rows: int
    faults: int
    kinds: int
    missed: int  # faults that were not listed in their row
    invented: int  # rows listed that are right
    good: int
    papers: int  # records after the first import
    again: int  # new records after the same file a second time
    mended: int  # records after the mended file
    doubles: int  # papers that stand twice in the end
    seconds: Mapping[str, float]
    cpu: float  # seconds of computing for the first import: what another's load does not change

    @property
    def total(self) -> float:
        return self.seconds["read"] + self.seconds["check"] + self.seconds["keep"]

    @property
    def holds(self) -> bool:
        right = not (self.missed or self.invented or self.again or self.doubles)
        return right and self.papers == self.good and self.mended == self.rows and (
            self.total <= LIMIT
        )  # fmt: skip

    def as_json(self) -> Mapping[str, Any]:
        return {
            "n": self.rows, "faults": self.faults, "kinds": self.kinds, "missed": self.missed,
            "invented": self.invented, "good_rows": self.good, "records": self.papers,
            "new_on_repeat": self.again, "records_after_mending": self.mended,
            "doubles": self.doubles,
            "seconds": {name: round(s, 2) for name, s in self.seconds.items()},
            "total_seconds": round(self.total, 2), "cpu_seconds": round(self.cpu, 2),
            "limit_seconds": LIMIT,
            "ratio": round(self.total / LIMIT, 3), "holds": self.holds,
        }  # fmt: skip


def measure(*, rows: int = ROWS, of_each: int = OF_EACH, seed: int = 1) -> Measured:
    """Make the file, take it in, take it in again, mend it and take it in once more."""
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        spoilt, mended = place / "so-theo-doi.xlsx", place / "so-theo-doi-da-sua.xlsx"
        made = make(spoilt, rows=rows, of_each=of_each, seed=seed)
        make(mended, rows=rows, of_each=0, seed=seed)
        work = open_workspace(
            load_settings(data=place / "data", keys=place / "keys", database="", engines=("none",))
        )
        prepare_demo(work)

        def plan(path: Path) -> importing.Plan:
            return importing.look(
                work, entryfiles.read(path), PROFILE, unit="PC06", choices=Choices(), today=TODAY
            )

        computing = time.process_time()
        begun = time.perf_counter()
        book = entryfiles.read(spoilt)
        seconds["read"] = time.perf_counter() - begun
        begun = time.perf_counter()
        first = importing.look(
            work, book, PROFILE, unit="PC06", choices=Choices(), today=TODAY
        )  # fmt: skip
        seconds["check"] = time.perf_counter() - begun
        begun = time.perf_counter()
        taken = importing.take_in(work, first, by="soat1", good_rows=True)
        seconds["keep"] = time.perf_counter() - begun
        cpu = time.process_time() - computing
        begun = time.perf_counter()
        again = importing.take_in(work, plan(spoilt), by="soat1", good_rows=True)
        seconds["again"] = time.perf_counter() - begun
        begun = time.perf_counter()
        rest = importing.take_in(work, plan(mended), by="soat1")
        seconds["mended"] = time.perf_counter() - begun
        listed = {(fault.row, fault.code) for fault in first.checked.faults}
        numbers = Counter(_numbers(work.store))
        work.store.close()
    wrong_rows = {row for row, _ in made.faults}
    return Measured(
        rows=rows,
        faults=of_each * len(KINDS),
        kinds=len({code for _, code in made.faults}),
        missed=len(made.faults - listed),
        invented=len({row for row, _ in listed} - wrong_rows),
        good=rows - made.faulty,
        papers=len(taken.documents),
        again=len(again.documents),
        mended=len(taken.documents) + len(again.documents) + len(rest.documents),
        doubles=sum(times - 1 for times in numbers.values()),
        seconds=seconds,
        cpu=cpu,
    )


def _numbers(store: Questions) -> list[str]:
    """The number of every record, as it was taken in."""
    found = []
    for document in store.documents(limit=10**6):
        found += [p.value for p in store.proposals(document.id) if p.field == "so"]
    return found


def command(rows: int = ROWS, of_each: int = OF_EACH, seed: int = 1, json: bool = False) -> None:
    """Take in a made-up entry file; exit 1 unless all is listed, in once, and within 20 s."""
    found = measure(rows=rows, of_each=of_each, seed=seed)
    if json:
        print(dumps(found.as_json()))
    else:
        parts = ", ".join(f"{name} {s:.1f} s" for name, s in found.seconds.items())
        print(
            f"{found.rows} rows with {found.faults} faults of {found.kinds} kinds: "
            f"{found.missed} missed, {found.invented} invented; {found.papers} of {found.good} "
            f"good rows in, {found.again} more on repeat, {found.mended} after mending, "
            f"{found.doubles} doubles; {parts}; in all {found.total:.1f} s, "
            f"{found.total / LIMIT:.0%} of {LIMIT:.0f} s ({found.cpu:.1f} s of computing)"
        )
    if not found.holds:
        raise SystemExit(1)
