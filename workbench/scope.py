"""The rules of the letters: whether a paper is scanned, typed in, converted or left out, and why.

The rules are dated data (`catalogues/scope.yaml`), asked in order on the day of digitising; the
first that holds decides, and the last always holds, so every record gets exactly one path.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cache, cached_property
from itertools import product
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench import catalogues, vietnamese
from workbench.errors import TemplateError
from workbench.model import Validity as Validity

# Letter of 11/01/2024: results "từ ngày 01/7/2022" follow other letters than the backlog before it.
TURN = date(2022, 7, 1)


class Regime(StrEnum):
    BEFORE = "before"
    FROM = "from"


class Path(StrEnum):
    """What is done with a paper."""

    SCAN = "scan"  # scan, data, and the organisation's signature
    DATA_ONLY = "data_only"  # the data are typed in; a file would be an error
    CONVERT = "convert"  # out of a specialised database, by us
    LEAD_UNIT_CONVERTS = "lead_unit_converts"
    OUT_OF_SCOPE = "out_of_scope"


class Copy(StrEnum):
    """What is held of the paper."""

    ORIGINAL = "original"  # bản gốc
    MAIN = "main"  # bản chính
    CERTIFIED_COPY = "certified_copy"
    PHOTOCOPY = "photocopy"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Paper:
    """What the rules ask about one record; days as printed, None where nobody knows them."""

    sector: str  # the template's id, or residence, identity_card, residence_archive
    issued: date | None = None
    validity: Validity = Validity.UNSTATED
    until: date | None = None  # last day of validity, for UNTIL and LINKED
    ended: date | None = None  # revoked, superseded or handed back on this day
    copy: Copy | None = Copy.ORIGINAL  # None: nobody has said which
    part: Literal["result", "input"] = "result"
    secret: bool = False
    from_database: bool = False  # printed or extracted from a specialised database
    lead_unit: bool = False  # our unit is the one that leads that database
    digitised: bool = False  # the repository has it already as data with legal value
    holder: str = ""

    def as_json(self) -> dict[str, Any]:
        """The facts that decide a path; the holder's name is not among them."""
        facts = asdict(self)
        del facts["holder"]
        return {k: v.isoformat() if isinstance(v, date) else v for k, v in facts.items()}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Paper:
        days = {
            name: date.fromisoformat(kept[name]) if kept[name] else None
            for name in ("issued", "until", "ended")
        }
        held = Copy(kept["copy"]) if kept["copy"] else None
        return cls(**{**kept, **days, "copy": held, "validity": Validity(kept["validity"])})


# What a person may state of a paper because it does not stand on it, and what each may be.
FACTS: Mapping[str, tuple[object, ...]] = {
    "copy": tuple(Copy),
    "part": ("result", "input"),
    "secret": (True, False),
    "from_database": (True, False),
    "lead_unit": (True, False),
    "digitised": (True, False),
}


class Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    vi: str
    en: str


class When(BaseModel):
    """What must be so for a rule to hold; what is not named does not matter."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sector: tuple[str, ...] | None = None
    part: Literal["result", "input"] | None = None
    copies: tuple[Copy, ...] | None = Field(default=None, alias="copy")
    secret: bool | None = None
    from_database: bool | None = None
    lead_unit: bool | None = None
    digitised: bool | None = None
    regime: Regime | None = None
    valid_on_turn: bool | None = None
    validity: Validity | None = None
    issued: Literal["unknown"] | None = None
    issued_before: date | None = None
    expired_today: bool | None = None
    holder_is_company: bool | None = None
    short_term: bool | None = None


SettingName = Literal["expired_stay_out"]


class Rule(BaseModel):
    """One rule: its path, since when it is in force, when it holds, and the words it rests on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    path: Path
    in_force: date
    until: date | None = None
    when: When
    if_set: SettingName | None = None  # asked only where this setting is on
    quote: str = ""  # the words of the source
    sense: str = ""  # what it says, where its words are not at hand
    source: str
    says: Words


class Caution(BaseModel):
    """What a person must look at before the path is taken for granted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    when: When
    source: str = ""
    says: Words


class Settings(BaseModel):
    """What the letters leave open; each is the unit's own choice."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    turn: date = TURN
    valid_on_last_day: bool = True
    secrets_stay_out: bool = True
    expired_stay_out: bool = False  # valid on the turn, but not today
    unmarked_scan_is_original: bool = True  # until somebody says what is held
    blank_term_needs_a_word: bool = True  # a blank is indefinite only when a person says so


class Rules(BaseModel):
    """All rules in the order in which they are asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    settings: Settings = Settings()
    rules: tuple[Rule, ...]
    cautions: tuple[Caution, ...] = ()

    def on(self, day: date) -> Iterator[Rule]:
        """The rules that are in force on a day."""
        for rule in self.rules:
            if rule.if_set is not None and not getattr(self.settings, rule.if_set):
                continue
            if rule.in_force <= day and (rule.until is None or day <= rule.until):
                yield rule

    def as_json(self) -> dict[str, Any]:
        """The written form; what is at its default is left out."""
        kept: dict[str, Any] = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return kept

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what they say: names just these rules wherever a judgement rests on them."""
        said = json.dumps(self.as_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(said.encode()).hexdigest()

    def under(self, day: date) -> str:
        """What a judgement of this day rests on: another answer, and it must be judged anew."""
        asked = " ".join(rule.id for rule in self.on(day))
        # Whether a paper has expired is a question of each day anew.
        dated = day.isoformat() if self.settings.expired_stay_out else ""
        return hashlib.sha256(f"{self.digest} {asked} {dated}".encode()).hexdigest()

    def with_settings(self, **chosen: object) -> Rules:
        """The same rules under other settings. Raises TemplateError for a value that is none."""
        written = self.as_json()
        return read({**written, "settings": {**written.get("settings", {}), **chosen}})


@dataclass(frozen=True, slots=True)
class Judged:
    """The path of one record, the rule that decided, and what must be looked at."""

    path: Path
    regime: Regime | None
    rule: Rule
    cautions: tuple[Caution, ...] = field(default=())


def regime(issued: date | None, turn: date = TURN) -> Regime | None:
    """The regime of a paper issued on this day; None while the day is not known."""
    if issued is None:
        return None
    return Regime.BEFORE if issued < turn else Regime.FROM


@cache
def rules() -> Rules:
    """The rules that ship with the workbench."""
    return read(catalogues.scope_rules())


def read(content: Mapping[str, object]) -> Rules:
    """Rules from their written form.

    Raises:
        TemplateError: something in it is no rule, or no rule holds for every record.
    """
    try:
        found = Rules.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise TemplateError(
            "The scope rules cannot be read at {place}: {what}.",
            "Mend this line; until then the rules in force stay.",
            place=place,
            what=first["msg"],
        ) from error
    last = found.rules[-1] if found.rules else None
    if last is None or last.until or last.when != When():
        raise TemplateError(
            "The last scope rule must hold for every record.",
            "Give the last rule an empty `when` and no end.",
        )
    return found


def judge(paper: Paper, *, on: date, by: Rules | None = None) -> Judged:
    """The path of a paper by the rules in force on the day `on`."""
    by = by or rules()
    now = _Seen(paper, on, by.settings)
    # Before the first letter was in force nothing was digitised; the last rule stands for that too.
    rule = next((r for r in by.on(on) if now.holds(r.when)), by.rules[-1])
    cautions: tuple[Caution, ...] = ()
    if rule.path is not Path.OUT_OF_SCOPE:
        cautions = tuple(c for c in by.cautions if now.holds(c.when))
    return Judged(rule.path, now.regime, rule, cautions)


def open_facts(paper: Paper, *, on: date, by: Rules | None = None) -> tuple[str, ...]:
    """The facts of this paper that nobody knows and that its path hangs on; empty: it is clear.

    Each unknown fact is tried with what it could be: `issued`, `validity`, `copy`.
    """
    by = by or rules()
    turn = by.settings.turn
    eve = turn - timedelta(days=1)
    could: dict[str, tuple[Mapping[str, Any], ...]] = {}
    if paper.issued is None:
        could["issued"] = ({"issued": eve}, {"issued": turn})
    if paper.validity is Validity.UNSTATED and by.settings.blank_term_needs_a_word:
        could["validity"] = (
            {"validity": Validity.INDEFINITE},
            {"validity": Validity.UNTIL, "until": eve},
        )
    if paper.copy is None:
        could["copy"] = ({"copy": Copy.ORIGINAL}, {"copy": Copy.PHOTOCOPY}, {"copy": Copy.NONE})
    paths: dict[tuple[int, ...], Path] = {}
    for chosen in product(*(range(len(ways)) for ways in could.values())):
        tried = paper
        for ways, at in zip(could.values(), chosen, strict=True):
            tried = replace(tried, **ways[at])
        paths[chosen] = judge(tried, on=on, by=by).path
    return tuple(
        name
        for place, name in enumerate(could)
        if any(
            path is not other
            for chosen, path in paths.items()
            for against, other in paths.items()
            if _but(chosen, place) == _but(against, place)
        )
    )


def _but(chosen: tuple[int, ...], place: int) -> tuple[int, ...]:
    return chosen[:place] + chosen[place + 1 :]


@dataclass(frozen=True, slots=True)
class Moved:
    """A record that a changed rule would send another way."""

    record: str
    before: Judged
    after: Judged


def moved(papers: Mapping[str, Paper], before: Rules, after: Rules, *, on: date) -> Sequence[Moved]:
    """The records that `after` would send another way or give another reason, in their order."""
    found = []
    for record, paper in papers.items():
        old, new = judge(paper, on=on, by=before), judge(paper, on=on, by=after)
        if (old.path, old.rule.id) != (new.path, new.rule.id):
            found.append(Moved(record, old, new))
    return found


_SHORT = timedelta(days=60)
_COMPANY = ("cong ty", "doanh nghiep tu nhan", "tap doan")


@dataclass(frozen=True, slots=True)
class _Seen:
    """A paper as the rules look at it on one day."""

    paper: Paper
    on: date
    settings: Settings

    @property
    def regime(self) -> Regime | None:
        return regime(self.paper.issued, self.settings.turn)

    def holds(self, when: When) -> bool:
        paper = self.paper
        asked: tuple[tuple[object, object], ...] = (
            (when.part, paper.part),
            (when.secret, paper.secret and self.settings.secrets_stay_out),
            (when.from_database, paper.from_database),
            (when.lead_unit, paper.lead_unit),
            (when.digitised, paper.digitised),
            (when.validity, paper.validity),
            (when.regime, self.regime),
            (when.valid_on_turn, self._valid(self.settings.turn)),
            (when.expired_today, not self._valid(self.on)),
            (when.issued, "unknown" if paper.issued is None else None),
            (when.holder_is_company, self._of_company),
            (when.short_term, self._short),
        )
        if any(wanted is not None and wanted != found for wanted, found in asked):
            return False
        if when.sector is not None and paper.sector not in when.sector:
            return False
        if when.copies is not None and paper.copy not in when.copies:
            return False
        before = when.issued_before
        return before is None or (paper.issued is not None and paper.issued < before)

    def _valid(self, day: date) -> bool:
        """Whether it was valid on a day, as far as anything printed speaks against it."""
        paper = self.paper
        if paper.ended is not None and paper.ended <= day:
            return False
        if paper.until is None or paper.validity not in (Validity.UNTIL, Validity.LINKED):
            return True
        return paper.until >= day if self.settings.valid_on_last_day else paper.until > day

    @property
    def _of_company(self) -> bool:
        return vietnamese.fold(self.paper.holder).startswith(_COMPANY)

    @property
    def _short(self) -> bool:
        issued, until = self.paper.issued, self.paper.until
        return issued is not None and until is not None and until - issued < _SHORT
