"""Tables whose entries exist from a day to a day: units, issuers, procedures, kinds of things.

What ships stands in `dated/*.csv`; what people changed since lies over it, entry by entry. A paper
is held against the entries of its own day: what an old one says is never corrected to a new name.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise
from types import MappingProxyType

from workbench import catalogues, vietnamese
from workbench.errors import Sentence

COLUMNS = (
    "key", "code", "name", "level", "parent", "valid_from", "valid_to", "successor", "source",
    "certainty",
)  # fmt: skip
CERTAINTIES = ("high", "medium", "low")

# Every table, by what it is called for people.
NAMES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "units": {"vi": "Đơn vị hành chính", "en": "Administrative units"},
        "issuers": {"vi": "Cơ quan cấp", "en": "Issuing authorities"},
        "procedures": {"vi": "Thủ tục hành chính", "en": "Administrative procedures"},
        "result_kinds": {"vi": "Loại kết quả", "en": "Kinds of results"},
        "business_lines": {"vi": "Ngành, nghề", "en": "Lines of business"},
        "copy_kinds": {"vi": "Loại bản", "en": "Kinds of copies"},
        "id_kinds": {"vi": "Giấy tờ định danh", "en": "Kinds of identity numbers"},
        "abbreviations": {"vi": "Chữ viết tắt", "en": "Abbreviations"},
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing under one name while it existed; days are the first and the last, None: open.

    A name that ends in … says how the names of many begin: CÔNG AN PHƯỜNG …
    """

    key: str
    name: str
    code: str = ""
    level: str = ""
    parent: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str = ""
    source: str = ""
    certainty: str = ""
    withdrawn: bool = False

    def exists(self, on: date) -> bool:
        """Whether it existed on this day."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_to is None or on <= self.valid_to
        )


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables as they stand: what ships, with what people changed over it."""

    changed: Mapping[str, Mapping[str, Entry]] = field(default_factory=dict)  # by table, by key
    _listed: dict[str, tuple[Entry, ...]] = field(default_factory=dict, repr=False, compare=False)
    _called: dict[str, dict[str, list[Entry]]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def entries(self, table: str) -> tuple[Entry, ...]:
        """Every entry of a table, also those of the past, as a reader expects them to stand."""
        if table not in self._listed:
            known = {entry.key: entry for entry in shipped(table)}
            known.update(self.changed.get(table, {}))
            present = (entry for entry in known.values() if not entry.withdrawn)
            self._listed[table] = tuple(sorted(present, key=_place))
        return self._listed[table]

    def entry(self, table: str, key: str) -> Entry | None:
        """The entry under this key; None where there is none."""
        return next((e for e in self.entries(table) if e.key == key), None)

    def on(self, table: str, day: date) -> tuple[Entry, ...]:
        """The entries that existed on a day."""
        return tuple(entry for entry in self.entries(table) if entry.exists(day))

    def named(self, table: str, text: str) -> tuple[Entry, ...]:
        """The entries, of any day, that a text names."""
        if table not in self._called:
            called: dict[str, list[Entry]] = {}
            for entry in self.entries(table):
                called.setdefault(_plain(entry.name), []).append(entry)
            self._called[table] = called
            # Apart, for a table of papers asks this of every row: names that only begin one.
            self._called[f"{table}…"] = {n: e for n, e in called.items() if n.endswith("…")}
        called = self._called[table]
        said = _plain(text)
        begun = [
            entry
            for name, entries in self._called[f"{table}…"].items()
            if said.startswith(f"{name[:-1].rstrip()} ")
            for entry in entries
        ]
        return (*called.get(said, ()), *begun)

    def dictionary(self) -> Mapping[str, str]:
        """Abbreviation -> what it stands for."""
        return {entry.code: entry.name for entry in self.entries("abbreviations")}


@cache
def shipped(table: str) -> tuple[Entry, ...]:
    """The entries of a table as they ship; KeyError for a table that there is not."""
    if table not in NAMES:
        raise KeyError(table)
    with files(__package__).joinpath(f"dated/{table}.csv").open(encoding="utf-8") as source:
        own = tuple(_entry(row) for row in csv.DictReader(source))
    if table == "units":
        return (*own, *_old_communes())
    if table == "business_lines":
        return (*own, *_lines_as_printed({_plain(entry.name) for entry in own}))
    return own


def _old_communes() -> Iterator[Entry]:
    """The communes of Sóc Trăng until 30/6/2025, as the reading knows them."""
    for district in catalogues.districts():
        for number, name in enumerate(district.communes, start=1):
            yield Entry(
                key=f"{district.code}-{number:02}", name=name, level="commune",
                parent=str(district.code), valid_to=date(2025, 6, 30),
                source="Danh mục đơn vị hành chính của Tổng cục Thống kê", certainty="medium",
            )  # fmt: skip


def _lines_as_printed(known: set[str]) -> Iterator[Entry]:
    """The lines of business as certificates print them (Nghị định 96/2016/NĐ-CP, Điều 3)."""
    for name in catalogues.entries("business_lines"):
        if _plain(name) not in known:
            yield Entry(
                key=re.sub(r"\W+", "-", vietnamese.fold(name)), name=name,
                valid_from=date(2016, 7, 1), source="Nghị định 96/2016/NĐ-CP, Điều 3",
                certainty="medium",
            )  # fmt: skip


# --- as files ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that is no entry; rows count as a spreadsheet shows them, the headings are row 1."""

    row: int
    says: Sentence


def as_csv(entries: Iterable[Entry]) -> bytes:
    """The entries as Excel opens them: UTF-8 with a mark, one line each."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for entry in entries:
        writer.writerow([_written(getattr(entry, column)) for column in COLUMNS])
    return out.getvalue().encode("utf-8-sig")


def read_csv(content: bytes) -> tuple[tuple[Entry, ...], tuple[Fault, ...]]:
    """The entries of a file and what is wrong with its other rows; `,` or `;` part its columns."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return (), (Fault(1, Sentence("The file is not UTF-8.")),)
    head = text.split("\n", 1)[0]
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ","
    )
    missing = [column for column in ("key", "name") if column not in (reader.fieldnames or ())]
    if missing:
        return (), (Fault(1, Sentence("The column {name} is missing.", {"name": missing[0]})),)
    entries: dict[str, Entry] = {}
    faults: list[Fault] = []
    for number, row in enumerate(reader, start=2):
        if not any((value or "").strip() for key, value in row.items() if key):
            continue
        try:
            entry = _entry({k: v or "" for k, v in row.items() if k in COLUMNS})
        except ValueError:
            faults.append(Fault(number, Sentence("A day must be written 2025-07-01.")))
            continue
        wrong = next(iter(doubts(entry)), None)
        if wrong is None and entry.key in entries:
            wrong = Sentence("The key {key} stands here twice.", {"key": entry.key})
        if wrong is not None:
            faults.append(Fault(number, wrong))
        else:
            entries[entry.key] = entry
    return tuple(entries.values()), tuple(faults)


def doubts(entry: Entry) -> Iterator[Sentence]:
    """What is wrong with an entry by itself."""
    if not entry.key or not entry.name:
        yield Sentence("Key and name must not be empty.")
    if entry.valid_from and entry.valid_to and entry.valid_from > entry.valid_to:
        yield Sentence("It ends before it begins.")
    if entry.certainty not in ("", *CERTAINTIES):
        yield Sentence("How sure it is must be high, medium or low.")


def check(tables: Tables, table: str) -> tuple[tuple[str, Sentence], ...]:
    """Key and what is wrong, of every entry that does not stand well among the others."""
    found: list[tuple[str, Sentence]] = []
    entries = tables.entries(table)
    keys = {entry.key for entry in entries}
    codes = {entry.code for entry in entries} | keys
    for entry in entries:
        found += [(entry.key, says) for says in doubts(entry)]
        if entry.successor and entry.successor not in keys:
            found.append((entry.key, Sentence("What took its place is not in the table.")))
        if table == "units" and entry.parent and entry.parent not in codes:
            found.append((entry.key, Sentence("What it belongs to is not in the table.")))
        if entry.successor == entry.key:
            found.append((entry.key, Sentence("It cannot take its own place.")))
    if table == "abbreviations":  # TP and TP. stand for the same
        return tuple(found)
    by_name: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in entries:
        by_name.setdefault((_plain(entry.name), entry.level, entry.parent), []).append(entry)
    for alike in by_name.values():
        for one, other in pairwise(alike):
            if _overlap(one, other):
                found.append(
                    (other.key, Sentence("At the same time {key} has the same name.",
                                         {"key": one.key}))
                )  # fmt: skip
    return tuple(found)


def _overlap(one: Entry, other: Entry) -> bool:
    starts = max(one.valid_from or date.min, other.valid_from or date.min)
    return starts <= min(one.valid_to or date.max, other.valid_to or date.max)


def _entry(row: Mapping[str, str]) -> Entry:
    """An entry from texts. Raises ValueError where a day is none."""
    said = {name: vietnamese.nfc(row.get(name, "")) for name in COLUMNS}
    days = {
        name: date.fromisoformat(said.pop(name)) if said[name] else said.pop(name) or None
        for name in ("valid_from", "valid_to")
    }
    made = Entry(key=said["key"], name=said["name"])
    rest = {f.name: said[f.name] for f in fields(Entry) if f.name in said}
    return replace(made, **rest, **days)  # type: ignore[arg-type]  # texts and days by their names


def _written(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)


def _plain(text: str) -> str:
    return vietnamese.key(text.replace("…", "\u241f")).replace("\u241f", "…").casefold()


_LEVELS: Sequence[str] = ("ministry", "province", "department", "district", "commune")


def _place(entry: Entry) -> tuple[object, ...]:
    level = _LEVELS.index(entry.level) if entry.level in _LEVELS else len(_LEVELS)
    return level, vietnamese.sort_key(entry.name), entry.valid_from or date.min, entry.key
