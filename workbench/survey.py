"""How many papers there are to digitise, by unit, field, kind and regime, and how far that is.

The survey (khảo sát) is the denominator: without it nobody can say what 100 % is. A line may name a
kind of paper or, with the kind left empty, all papers of a field of administration.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from workbench import vietnamese
from workbench.catalogues.roadmap import Level, area_of, areas, last_day
from workbench.errors import Sentence
from workbench.model import Stage, SurveyLine
from workbench.scope import Regime

# What a column may be called, without marks and case; the first is how our own sheet calls it.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "unit": ("Mã đơn vị", "don vi", "unit"),
    "level": ("Cấp", "level"),
    "area": ("Lĩnh vực", "field", "area"),
    "kind": ("Loại giấy tờ", "loai", "kind", "kind of paper"),
    "regime": ("Thời điểm cấp", "giai doan", "ngay cap", "regime", "date of issue"),
    "papers": ("Tổng số", "so luong", "so giay to", "papers", "total"),
    "target": ("Chỉ tiêu", "target"),
    "due": ("Thời hạn", "han hoan thanh", "han", "due"),
    "essential": ("Dịch vụ công thiết yếu", "thiet yeu", "essential"),
}
NEEDED = ("unit", "regime", "papers")

_LEVELS = {"tinh": Level.PROVINCE, "province": Level.PROVINCE, "huyen": Level.DISTRICT,
           "district": Level.DISTRICT, "xa": Level.COMMUNE, "commune": Level.COMMUNE}  # fmt: skip
_YES = frozenset({"x", "co", "yes", "1", "true", "dung"})
_NO = frozenset({"", "khong", "no", "0", "false", "sai"})


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one row of a sheet; rows are counted as Excel counts them."""

    row: int
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Checked:
    """A survey as it was read: its lines, and everything that speaks against taking it in."""

    lines: tuple[SurveyLine, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """So many documents of one unit, kind and regime that stand at one stage."""

    unit: str
    kind: str  # empty while it is not known
    regime: str  # a Regime; empty while the day of issue is not read
    stage: str
    documents: int


class Part(NamedTuple):
    """The smallest part of the work; an empty name is what is not known or not told apart."""

    unit: str
    area: str
    kind: str
    regime: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one part of the work is. `papers` and `target` are None where nobody surveyed it."""

    unit: str = ""
    area: str = ""
    kind: str = ""
    regime: str = ""
    total: int = 0  # the survey's papers, or those taken in where they are more
    papers: int | None = None
    target: int | None = None
    toward: int = 0  # digitised of what has a target
    due: date | None = None  # the earliest of the lines'
    level: str = ""
    stages: Mapping[str, int] = field(default_factory=dict)

    @property
    def taken_in(self) -> int:
        return sum(n for stage, n in self.stages.items() if stage != Stage.REJECTED)

    @property
    def done(self) -> int:
        """Digitised: the repository has given its receipt."""
        return self.stages.get(Stage.EXPORTED, 0)

    @property
    def held(self) -> int:
        return self.stages.get(Stage.HELD, 0)

    @property
    def in_work(self) -> int:
        return self.taken_in - self.done - self.held

    @property
    def remaining(self) -> int:
        return max(0, self.total - self.done)

    @property
    def not_taken_in(self) -> int:
        return max(0, self.total - self.taken_in)

    @property
    def share(self) -> float | None:
        return min(1.0, self.done / self.total) if self.total else None

    @property
    def reached(self) -> float | None:
        """The share of the target that is reached; None without a target."""
        return self.toward / self.target if self.target else None

    def overdue(self, today: date) -> bool:
        """Whether the due day has passed with the target, or all of it, not reached."""
        short = self.remaining if self.target is None else self.target - self.toward
        return self.due is not None and today > self.due and short > 0


def level_of(name: str) -> Level:
    """The level that a unit's name tells: departments the province, then district and commune."""
    bare = vietnamese.fold(name)
    if re.match(r"cong an (xa|phuong|thi tran)\b", bare):
        return Level.COMMUNE
    if re.match(r"cong an (huyen|quan|thi xa|thanh pho)\b", bare):
        return Level.DISTRICT
    return Level.PROVINCE


def parts(lines: Iterable[SurveyLine]) -> Callable[[str, str, str], Part]:
    """In which part a document of this unit, kind and regime is counted: its survey line's."""
    whole = {(line.unit, line.area) for line in lines if not _kind(line)}

    def part(unit: str, kind: str, regime: str) -> Part:
        area = area_of(kind)
        return Part(unit, area, "" if (unit, area) in whole else kind, regime)

    return part


def part_of_line(line: SurveyLine) -> Part:
    """The part that a survey line is about."""
    return Part(line.unit, line.area, _kind(line), line.regime)


def totals(lines: Sequence[SurveyLine], taken: Mapping[Part, int]) -> dict[Part, int]:
    """How many papers there are in each part: as surveyed, or as taken in where that is more.

    Papers whose day of issue or kind is not known yet are among those surveyed, as long as the
    survey has room for them; what is beyond that is counted in a part of its own. So the totals of
    parts add up to the total of the whole, however it is parted.
    """
    papers: dict[Part, int] = defaultdict(int)
    for line in lines:
        papers[part_of_line(line)] += line.papers
    found: dict[Part, int] = {}
    room: dict[Part, int] = defaultdict(int)  # by unit, area and kind; then by unit
    known = [part for part in {*papers, *taken} if part.area and part.regime]
    for part in known:
        found[part] = max(papers[part], taken.get(part, 0))
        room[part._replace(regime="")] += found[part] - taken.get(part, 0)
    free: dict[str, int] = defaultdict(int)
    for part in {*room, *(p for p in taken if p.area and not p.regime)}:
        undated = taken.get(part, 0)
        if undated:
            found[part] = max(0, undated - room[part])
        free[part.unit] += max(0, room[part] - undated)
    for part in sorted(p for p in taken if not p.area):
        found[part] = max(0, taken[part] - free[part.unit])
        free[part.unit] = max(0, free[part.unit] - taken[part])
    return found


def progress(
    lines: Sequence[SurveyLine], cells: Iterable[Cell], *, by: Sequence[str]
) -> tuple[Standing, ...]:
    """How far each part is, parted `by` some of unit, area, kind and regime; largest first."""
    part_of = parts(lines)
    stages: dict[Part, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for cell in cells:
        part = part_of(cell.unit, cell.kind, cell.regime)
        stages[part][cell.stage] += cell.documents
    asked: dict[Part, SurveyLine] = {part_of_line(line): line for line in lines}
    taken = {
        part: sum(n for stage, n in counts.items() if stage != Stage.REJECTED)
        for part, counts in stages.items()
    }
    every = totals(lines, taken)
    groups: dict[tuple[str, ...], list[Part]] = defaultdict(list)
    for part in every:
        groups[tuple(getattr(part, name) for name in by)].append(part)
    standings = []
    for key, members in groups.items():
        mine = [asked[part] for part in members if part in asked]
        counts: dict[str, int] = defaultdict(int)
        for part in members:
            for stage, n in stages.get(part, {}).items():
                counts[stage] += n
        standings.append(
            Standing(
                **dict(zip(by, key, strict=True)),
                total=sum(every[part] for part in members),
                papers=sum(line.papers for line in mine) if mine else None,
                target=sum(line.target for line in mine) if mine else None,
                toward=sum(
                    stages[part].get(Stage.EXPORTED, 0)
                    for part in members
                    if part in asked and part in stages
                ),
                due=min((line.due for line in mine), default=None),
                level=mine[0].level if mine else "",
                stages=dict(counts),
            )
        )
    return tuple(sorted(standings, key=lambda s: (-s.total, s.unit, s.area, s.kind, s.regime)))


def _kind(line: SurveyLine) -> str:
    """The kind a line is about; of a field with one kind of paper it is that one."""
    if line.kind or line.area not in areas():
        return line.kind
    kinds = areas()[line.area].kinds
    return next(iter(kinds)) if len(kinds) == 1 else ""


def check(
    rows: Sequence[Sequence[Any]],
    *,
    units: Mapping[str, str],
    kinds: Mapping[str, str],
    by: str,
    at: datetime,
) -> Checked:
    """Read a sheet whose first row names its columns; `units` and `kinds` by id with their names.

    Every row that cannot be taken in has a fault in words; a sheet with faults is not taken in.
    """
    if not rows:
        return Checked((), (Fault(1, Sentence("The sheet is empty.")),))
    columns = _columns(rows[0])
    if missing := [HEADINGS[name][0] for name in NEEDED if name not in columns]:
        said = Sentence("The column {name} is missing.", {"name": ", ".join(missing)})
        return Checked((), (Fault(1, said),))
    reader = _Reader(units, kinds)
    lines: list[SurveyLine] = []
    faults: list[Fault] = []
    seen: dict[tuple[str, str, str, str], int] = {}
    for number, row in enumerate(rows[1:], start=2):
        given = {name: row[at_] if at_ < len(row) else "" for name, at_ in columns.items()}
        if not any(_text(value) for value in given.values()):
            continue
        found, wrong = reader.line(given)
        faults += [Fault(number, sentence) for sentence in wrong]
        if wrong:
            continue
        key = (found["unit"], found["area"], found["kind"], found["regime"])
        if key in seen:
            said = Sentence("The same as row {row}.", {"row": seen[key]})
            faults.append(Fault(number, said))
            continue
        seen[key] = number
        lines.append(SurveyLine(**found, by=by, at=at))
    if not lines and not faults:
        faults.append(Fault(2, Sentence("The sheet has no rows under its heading.")))
    return Checked(tuple(lines) if not faults else (), tuple(faults))


def _columns(heading: Sequence[Any]) -> dict[str, int]:
    """Where each column stands, by its name without marks; a longer heading may begin with it."""
    found: dict[str, int] = {}
    for place, cell in enumerate(heading):
        said = _bare(cell)
        for name, words in HEADINGS.items():
            known = [_bare(word) for word in words]
            if said and name not in found and said in known:
                found[name] = place
                break
    return found


@dataclass(frozen=True, slots=True)
class _Reader:
    units: Mapping[str, str]
    kinds: Mapping[str, str]

    def line(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Sentence]]:
        """The values of one line, and what is wrong with it."""
        wrong: list[Sentence] = []
        unit = _named(given["unit"], self.units)
        if unit is None:
            wrong.append(Sentence("There is no unit {unit}.", {"unit": _text(given["unit"])}))
        kind = _named(given.get("kind", ""), self.kinds) if _text(given.get("kind", "")) else ""
        if kind is None:
            text = _text(given.get("kind", ""))
            wrong.append(Sentence("There is no kind of paper {kind}.", {"kind": text}))
        area = self._area(given.get("area", ""), kind or "")
        if area is None or (not area and kind is not None):
            text = _text(given.get("area", "")) or "—"
            wrong.append(Sentence("There is no field of administration {area}.", {"area": text}))
        regime = _regime(given["regime"])
        if regime is None:
            wrong.append(Sentence("Say whether the papers are from before or from 01/7/2022."))
        papers = _count(given["papers"])
        if papers is None:
            wrong.append(Sentence("The number of papers must be a whole number from 0."))
        target = _target(given.get("target", ""), papers)
        if papers is not None and (target is None or target > papers):
            wrong.append(Sentence("The target must be a share, or a number up to the papers'."))
        due = _day(given.get("due", ""))
        if due is None:
            wrong.append(Sentence("The due day must be written day/month/year."))
        level = self._level(given.get("level", ""), unit)
        if level is None:
            wrong.append(Sentence("The level must be province, district or commune."))
        essential = _bare(given.get("essential", ""))
        if essential not in _YES | _NO:
            wrong.append(Sentence("Write yes or no under essential services."))
        return {
            "unit": unit, "area": area, "kind": kind, "regime": regime, "papers": papers,
            "target": target, "due": due, "level": level, "essential": essential in _YES,
        }, wrong  # fmt: skip

    def _area(self, value: Any, kind: str) -> str | None:
        if not _text(value):
            return area_of(kind)
        names = {area.id: area.name["vi"] for area in areas().values()}
        english = {area.id: area.name["en"] for area in areas().values()}
        return _named(value, names) or _named(value, english)

    def _level(self, value: Any, unit: str | None) -> str | None:
        if not _text(value):
            return level_of(self.units[unit]).value if unit else ""
        said = _bare(value).removeprefix("cap ")
        return _LEVELS[said].value if said in _LEVELS else None


def _named(value: Any, names: Mapping[str, str]) -> str | None:
    """The id that a cell means: the id itself, or the name without regard to marks and case."""
    said = _bare(value)
    for id_, name in names.items():
        if said in (_bare(id_), _bare(name)):
            return id_
    return None


def _regime(value: Any) -> str | None:
    said = _bare(value)
    if said.startswith(("truoc", "before")):
        return Regime.BEFORE.value
    return Regime.FROM.value if said.startswith(("tu ", "sau", "from", "after")) else None


def _count(value: Any) -> int | None:
    if isinstance(value, float):
        return int(value) if value >= 0 and value == math.floor(value) else None
    bare = re.sub(r"[\s ]|[.,](?=\d{3}(?:\D|$))", "", _text(value))
    return int(bare) if bare.isascii() and bare.isdigit() else None


def _target(value: Any, papers: int | None) -> int | None:
    said = _text(value)
    if not said:
        return papers
    if found := re.fullmatch(r"(\d{1,3}(?:[.,]\d+)?)\s*%", said):
        share = float(found[1].replace(",", ".")) / 100
        return math.ceil(round(share * (papers or 0), 6))
    if isinstance(value, float) and 0 < value < 1:  # a cell that Excel shows as per cent
        return math.ceil(round(value * (papers or 0), 6))
    return _count(value)


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    said = _text(value)
    if not said:
        return last_day()
    for pattern in ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(said, pattern).date()
        except ValueError:
            continue
    return None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value == math.floor(value):
        return str(int(value))  # a code that Excel took for a number
    return vietnamese.nfc(str(value)).strip()


def _bare(value: Any) -> str:
    return " ".join(vietnamese.fold(_text(value)).split())
