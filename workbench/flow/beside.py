"""What is odd about a paper only beside others: a number given twice, a serial on two permits.

Asked by index over what papers say, for all papers on a desk together. Which of two papers is wrong
nobody can tell from here: it is a warning, and a person looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from workbench import vietnamese
from workbench.errors import Sentence
from workbench.flow import lasting
from workbench.flow.lasting import State
from workbench.flow.work import Work
from workbench.model import Document, Finding, Stage, day_of, now
from workbench.review import ReviewSheet
from workbench.store import standing
from workbench.validation import RuleOfPapers, for_paper

# Field-standard names: the same in every template.
_NUMBER: Final = "so"
_ISSUER: Final = "co_quan_cap"
_ISSUED: Final = "ngay_cap"
_HOLDERS: Final = ("ten_to_chuc", "ten_co_so")
_FIELDS: Final = (_NUMBER, _ISSUER, _ISSUED, *_HOLDERS)
_SERIAL: Final = ".so_hieu"
_ALL: Final = 0.5  # share of a batch from which one value in it is odd
_FEW: Final = 3  # papers; fewer are no pattern
_WATCHED: Final = (Stage.PROPOSED, Stage.REVIEWED)


@dataclass(frozen=True, slots=True)
class _Others:
    """The other papers that say something of what these say."""

    papers: Mapping[str, Document]
    values: Mapping[str, Mapping[str, str]]
    sizes: Mapping[str, int]  # batch -> papers


def noticed(work: Work, sheets: Sequence[ReviewSheet]) -> list[ReviewSheet]:
    """The sheets with what is odd about them beside other papers, asked for all together."""
    watched = [s for s in sheets if s.document.stage in _WATCHED and s.fields]
    wanted = {sheet.document.id: _wanted(sheet) for sheet in watched}
    if not any(any(values) for values in wanted.values()):
        return list(sheets)
    others = _others(work, watched, wanted)
    return [
        _with(sheet, [*_found(work, sheet, others)]) if sheet.document.id in wanted else sheet
        for sheet in sheets
    ]


def _wanted(sheet: ReviewSheet) -> tuple[set[str], set[str], set[str]]:
    """Its number, its serial numbers, and its day of issue where that is the first of a year."""
    values = sheet.values
    issued = values.get(_ISSUED, "")
    return (
        {values[_NUMBER]} if values.get(_NUMBER) else set(),
        {value for name, value in values.items() if name.endswith(_SERIAL) and value},
        {issued} if issued.endswith("-01-01") else set(),
    )


def _others(
    work: Work,
    sheets: Sequence[ReviewSheet],
    wanted: Mapping[str, tuple[set[str], set[str], set[str]]],
) -> _Others:
    store = work.store
    keys: set[str] = set()
    for place, fields in enumerate(([_NUMBER], ["muc.%"], [_ISSUED])):
        asked: set[str] = set().union(*(values[place] for values in wanted.values()))
        if asked:
            keys.update(standing.saying(store, asked, fields))
    mine = set(wanted)
    # Those on the desk are among them, so that two of one desk see each other.
    if keys <= mine and len(mine) < 2:
        return _Others({}, {}, {})
    papers = standing.known(store, keys)
    values = standing.values(store, papers, (*_FIELDS, "muc.%"))
    batches = {sheet.document.batch for sheet in sheets}
    return _Others(papers, values, {batch: store.count(batch=batch) for batch in batches})


def _found(work: Work, sheet: ReviewSheet, others: _Others) -> Iterator[Finding]:
    document, values = sheet.document, sheet.values
    if document.template_digest is None or not others.papers:
        return
    template = work.template(document.template_digest)
    twins = [
        key
        for key, theirs in others.values.items()
        if key != document.id
        and key in others.papers
        and theirs.get(_NUMBER) == values.get(_NUMBER)
    ]
    for rule in for_paper(template, values, among=True):
        match rule.check:
            case "number_twice" | "recorded_twice":
                same = [k for k in twins if _same_register(values, others.values[k])]
                yield from _of_number(rule, document, values, same, others)
            case "one_number_for_all":
                here = [k for k in twins if others.papers[k].batch == document.batch]
                yield from _of_batch(rule, document, len(here) + 1, others)
            case "first_of_the_year":
                alike = [
                    key
                    for key, theirs in others.values.items()
                    if theirs.get(_ISSUED) == values.get(_ISSUED)
                    and key in others.papers
                    and others.papers[key].batch == document.batch
                ]
                if values.get(_ISSUED, "").endswith("-01-01"):
                    yield from _of_batch(rule, document, len({*alike, document.id}), others)
            case "serial_elsewhere":
                yield from _of_serials(work, rule, document, values, others)


def _same_register(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether the numbers are of one authority and one year, where both are known."""
    years = one.get(_ISSUED, "")[:4], other.get(_ISSUED, "")[:4]
    issuers = _plain(one.get(_ISSUER, "")), _plain(other.get(_ISSUER, ""))
    return bool(years[0]) and years[0] == years[1] and bool(issuers[0]) and issuers[0] == issuers[1]


def _of_number(
    rule: RuleOfPapers,
    document: Document,
    values: Mapping[str, str],
    twins: Sequence[str],
    others: _Others,
) -> Iterator[Finding]:
    found = 0
    for key in twins:
        theirs, paper = others.values[key], others.papers[key]
        one_holder = _holder(values) == _holder(theirs) or (
            document.holder is not None and document.holder == paper.holder
        )
        if rule.check == "number_twice":
            found += not one_holder
        else:
            found += one_holder and theirs.get(_ISSUED) == values.get(_ISSUED)
    if found:
        yield _finding(rule, (_NUMBER,), found)


def _of_batch(
    rule: RuleOfPapers, document: Document, alike: int, others: _Others
) -> Iterator[Finding]:
    if alike >= _FEW and alike >= _ALL * others.sizes.get(document.batch, alike):
        yield _finding(rule, rule.fields[:1], alike)


def _of_serials(
    work: Work,
    rule: RuleOfPapers,
    document: Document,
    values: Mapping[str, str],
    others: _Others,
) -> Iterator[Finding]:
    by_serial: dict[str, set[str]] = {}
    for key, theirs in others.values.items():
        if key != document.id and key in others.papers:
            for name, value in theirs.items():
                if name.endswith(_SERIAL) and value:
                    by_serial.setdefault(value, set()).add(key)
    mine = {n: v for n, v in values.items() if n.endswith(_SERIAL) and by_serial.get(v)}
    if not mine:
        return
    keys = sorted(set().union(*(by_serial[value] for value in mine.values())))
    held = lasting.of_many(work, keys)
    today = day_of(now())
    stand = {k for k in keys if held[k].state(today) in (State.HOLDS, State.UNSTATED)}
    for name, value in mine.items():
        if there := by_serial[value] & stand:
            yield _finding(rule, (name,), len(there))


def _finding(rule: RuleOfPapers, fields: tuple[str, ...], count: int) -> Finding:
    return Finding(rule.severity, rule.id, Sentence(rule.says.en, {"n": count}), fields)


def _holder(values: Mapping[str, str]) -> str:
    return next((_plain(values[name]) for name in _HOLDERS if values.get(name)), "")


def _plain(text: str) -> str:
    return vietnamese.key(text).casefold()


def _with(sheet: ReviewSheet, found: Iterable[Finding]) -> ReviewSheet:
    by_field: dict[str, list[Finding]] = {}
    for finding in found:
        for name in finding.fields:
            by_field.setdefault(name, []).append(finding)
    if not by_field:
        return sheet
    return replace(
        sheet,
        fields=tuple(
            replace(f, findings=(*f.findings, *by_field[f.name])) if f.name in by_field else f
            for f in sheet.fields
        ),
    )
