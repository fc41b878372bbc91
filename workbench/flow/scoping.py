"""Which way the letters give a paper, from what stands on it and what people stated of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from workbench import placement, scope, words
from workbench.errors import NotReadyError
from workbench.flow import lasting
from workbench.flow.claimed import words_by_page
from workbench.flow.work import Work
from workbench.model import (
    Document,
    Origin,
    Override,
    ScopeJudgement,
    ScopeStanding,
    Stage,
    Validity,
    Word,
    day,
    day_of,
    now,
)
from workbench.placement import Running
from workbench.review import ReviewSheet
from workbench.scope import FACTS, Copy, Judged, Paper, Path, Rules
from workbench.store import scoping as store

# Field-standard names: the same in every template.
_ISSUED: Final = "ngay_cap"
_UNTIL: Final = "het_han"
_HOLDERS: Final = ("ten_to_chuc", "ten_co_so")

# How a copy is marked (Nghị định 30/2020/NĐ-CP, Phụ lục I, phần II; Nghị định 23/2015/NĐ-CP).
_ANYWHERE: Final = ("chứng thực bản sao đúng với bản chính", "sao y bản chính")
_IN_THE_HEAD: Final = "BẢN SAO"
_HEAD_ENDS: Final = 0.16  # share of the page's height
_MARKED: Final = 85.0  # likeness (0-100) from which a mark counts as read

OVERRULED: Final = "scope."  # the rules of overrides that name another path begin with it
CLOSING: Final = frozenset({Path.OUT_OF_SCOPE, Path.CONVERT, Path.LEAD_UNIT_CONVERTS})


@dataclass(frozen=True, slots=True)
class Stated:
    """One fact as the last person stated it."""

    value: Any
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Ruled:
    """The way of one document: what the rules say, what it hangs on, what a person says instead."""

    judged: Judged
    paper: Paper
    rules: Rules
    facts: Mapping[str, Stated]
    open: tuple[str, ...] = ()  # facts that nobody knows and that the path hangs on
    overruled: Override | None = None
    marked: bool = False  # the scan bears the mark of a copy

    @property
    def path(self) -> Path:
        """What is done with it: the rules' path, or the one a person gave with a reason."""
        if self.overruled is None:
            return self.judged.path
        return Path(self.overruled.rule.removeprefix(OVERRULED))

    @property
    def is_clear(self) -> bool:
        return self.overruled is not None or not self.open


def way(work: Work, sheet: ReviewSheet, *, on: date) -> Judged | None:
    """The path of a document by the rules in force on a day; None until its form is known."""
    found = ruled(work, sheet, on=on)
    return found.judged if found else None


def ruled(
    work: Work,
    sheet: ReviewSheet,
    *,
    on: date,
    by: Rules | None = None,
    afresh: bool = False,
) -> Ruled | None:
    """The way of a document with all it rests on; None until its form is known.

    `by`: other rules than those in force; `afresh`: look for the mark of a copy again, also where
    that was done before.
    """
    document = sheet.document
    if document.kind is None or not sheet.fields:
        return None
    rules = by or rules_in_force(work)
    facts = stated(work, document)
    marked = _is_marked(work, document, afresh=afresh)
    asked = paper(
        sheet,
        _held(document, facts, rules, marked=marked),
        facts={name: fact.value for name, fact in facts.items()},
        holding=holding(work, sheet),
    )
    judged = scope.judge(asked, on=on, by=rules)
    return Ruled(
        judged,
        asked,
        rules,
        facts,
        scope.open_facts(asked, on=on, by=rules),
        _overruled(sheet.overrides, judged),
        marked,
    )


def rules_in_force(work: Work) -> Rules:
    """The rules that were applied here last, else those that the workbench comes with."""
    content = store.rules_in_force(work.store)
    found = scope.rules() if content is None else scope.read(content)
    learn(found)
    return found


def learn(rules: Rules) -> None:
    """Let the words of the rules be said in both languages."""
    words.learn({r.says.en: r.says.vi for r in rules.rules})


def stated(work: Work, document: Document) -> dict[str, Stated]:
    """The facts that people stated, each by the last word on it."""
    facts: dict[str, Stated] = {}
    if document.origin is not Origin.SCAN and (entry := work.store.entry(document.id)):
        facts = {n: Stated(v, entry.by, entry.at) for n, v in entry.stated.items() if n in FACTS}
    for statement in store.statements(work.store, document.id):
        for name, value in statement.facts.items():
            facts[name] = Stated(value, statement.by, statement.at)
    return facts


@dataclass(frozen=True, slots=True)
class Held:
    """How long a paper holds, as far as the rules ask."""

    validity: Validity = Validity.UNSTATED
    until: date | None = None
    ended: date | None = None


def paper(
    sheet: ReviewSheet,
    held: Copy | None,
    *,
    facts: Mapping[str, Any] | None = None,
    holding: Held | None = None,
) -> Paper:
    """What the rules ask, from the values as they stand and what people stated."""
    values: Mapping[str, str] = {field.name: field.normalised for field in sheet.fields}
    if holding is None:
        printed = day(values.get(_UNTIL, ""))
        holding = Held(Validity.UNTIL if printed else Validity.UNSTATED, printed)
    facts = facts or {}
    converted = sheet.document.origin is Origin.DATABASE
    return Paper(
        sector=sheet.document.kind or "",
        issued=day(values.get(_ISSUED, "")),
        validity=holding.validity,
        until=holding.until,
        ended=holding.ended,
        copy=held,
        part=facts.get("part", "result"),
        secret=facts.get("secret", False),
        # What came out of a database here was converted here.
        from_database=facts.get("from_database", converted),
        lead_unit=facts.get("lead_unit", converted),
        digitised=facts.get("digitised", False),
        holder=next((values[name] for name in _HOLDERS if values.get(name)), ""),
    )


def holding(work: Work, sheet: ReviewSheet) -> Held:
    """How long a paper holds, as printed or as people said since."""
    values = {field.name: field.normalised for field in sheet.fields}
    found = lasting.of(work, sheet.document.id, values)
    return Held(found.validity, found.until, found.ended)


def _held(
    document: Document, facts: Mapping[str, Stated], rules: Rules, *, marked: bool
) -> Copy | None:
    """Which copy is held, as somebody stated or as the record itself says."""
    if "copy" in facts:
        return Copy(facts["copy"].value)
    if document.origin is not Origin.SCAN:
        return Copy.NONE
    if marked:
        return Copy.PHOTOCOPY
    return Copy.ORIGINAL if rules.settings.unmarked_scan_is_original else None


def _overruled(overrides: Sequence[Override], judged: Judged) -> Override | None:
    """Who gave it another path than this rule, and still does."""
    said = [o for o in overrides if o.rule.startswith(OVERRULED)]
    if not said or not said[-1].reason or said[-1].about != about(judged):
        return None
    return said[-1]


def about(judged: Judged) -> str:
    """SHA-256 of what is overruled: if another rule decides one day, it is looked at again."""
    return hashlib.sha256(f"{judged.rule.id} {judged.path}".encode()).hexdigest()


# --- what stands in the way ----------------------------------------------------------------------

_OPEN: Final = {
    "issued": (
        "The day of issue is not known, and the way of this paper hangs on it.",
        "Send it back to have the day of issue filled in.",
    ),
    "validity": (
        "No term is printed, and the way of this paper hangs on it.",
        "Say that it is indefinite, or until when it holds.",
    ),
    "copy": (
        "Nobody has said which copy of this paper is held.",
        "State whether it is the original, a copy, or none.",
    ),
}


def must_be_clear(found: Ruled, document: Document) -> None:
    """Raise NotReadyError unless the record may be approved the way it goes."""
    if not found.is_clear:
        raise NotReadyError(*_OPEN[found.open[0]])
    scanned = document.origin is Origin.SCAN
    if found.path is Path.SCAN and not scanned:
        raise NotReadyError(
            "The original of this paper is held, so a scan of it is asked for; it has none.",
            "Hand in its scan, or state that no original is held.",
        )
    if found.path is Path.DATA_ONLY and scanned:
        raise NotReadyError(
            "Only the data of this paper are kept, but a file is attached to it.",
            "Leave the file out and go on with the data, or state that the original is held.",
        )
    if found.path is Path.CONVERT and document.origin is Origin.DATABASE:
        return
    if found.path in CLOSING:
        rule = found.judged.rule
        raise NotReadyError(rule.says.en, "Set it apart by this rule, or overrule it and say why.")


def settled(work: Work, sheet: ReviewSheet, *, by: str, at: datetime) -> ScopeJudgement:
    """The way a record is approved for, to be kept with it.

    Raises NotReadyError where it is not clear yet, or where it is no way of this record.
    """
    on = day_of(at)
    found = ruled(work, sheet, on=on)
    if found is None:
        raise NotReadyError("This document has not been reviewed.", "Review it first.")
    must_be_clear(found, sheet.document)
    store.keep_rules(work.store, found.rules.digest, found.rules.as_json())
    return judgement(found, sheet.document, by=by, at=at, on=on)


def must_go_its_way(work: Work, sheet: ReviewSheet) -> None:
    """Raise NotReadyError where an approved record may not be sealed, by what is stated by now.

    It is held by the rules that it was approved by, whatever rules are in force today.
    """
    kept = next(reversed(store.judgements(work.store, sheet.document.id)), None)
    content = store.rules_named(work.store, kept.rules) if kept else None
    by = scope.read(content) if content is not None else None
    on = kept.judged_on if kept else day_of(now())
    found = ruled(work, sheet, on=on, by=by)
    if found is not None:
        must_be_clear(found, sheet.document)


def judgement(
    found: Ruled,
    document: Document,
    *,
    by: str,
    at: datetime,
    on: date,
    closed: bool = False,
) -> ScopeJudgement:
    """The way that was taken, as it is kept with the document."""
    rule, overruled = found.judged.rule, found.overruled
    return ScopeJudgement(
        document=document.id,
        revision=document.revision,
        judged_on=on,
        path=found.path,
        ruled=found.judged.path,
        regime=found.judged.regime or "",
        rule=rule.id,
        words=rule.quote or rule.sense,
        source=rule.source,
        rules=found.rules.digest,
        closed=closed,
        closed_at=document.stage if closed else "",
        reason=overruled.reason if overruled else "",
        overruled_by=overruled.by if overruled else "",
        by=by,
        at=at,
    )


def standing(found: Ruled, document: Document, *, on: date) -> ScopeStanding:
    """The way as it is kept to list and count by."""
    return ScopeStanding(
        document=document.id,
        revision=document.revision,
        under=found.rules.under(on),
        path=found.path,
        regime=found.judged.regime or "",
        rule=found.judged.rule.id,
        open=[] if found.is_clear else list(found.open),
        overruled=found.overruled is not None,
        marked=found.marked,
        paper=found.paper.as_json(),
    )


# --- marks of a copy -----------------------------------------------------------------------------


def _is_marked(work: Work, document: Document, *, afresh: bool) -> bool:
    if document.origin is not Origin.SCAN:
        return False
    # Looking through all words of all engines is dear; what was read stays as it is after that.
    if not afresh and document.stage not in (Stage.RECEIVED, Stage.READ):
        kept = store.standing(work.store, document.id)
        if kept is not None:
            return kept.marked
    readings = words_by_page(work, document)
    return is_marked_as_copy(by for page in readings.values() for by in page.values())


def is_marked_as_copy(pages: Iterable[Sequence[Word]]) -> bool:
    """Whether a mark says that the paper is a copy; `pages` as read by one engine each."""
    return any(_marked(Running(placement.lines_of(words))) for words in pages)


def _marked(running: Running) -> bool:
    for print_ in _ANYWHERE:
        found = running.find(print_)
        if found is not None and found.score >= _MARKED:
            return True
    # Two short words: only as a line of their own above the paper's own head.
    wanted = placement.letters_of(_IN_THE_HEAD)
    return any(
        placement.letters_of(line.text) == wanted and line.box.bottom < _HEAD_ENDS
        for line in running.lines
    )
