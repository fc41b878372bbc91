"""Proof of a template: its examples, the test of a text on them, and whether a proof still counts.

An example is a paper whose values people confirmed, as they stood then. A test replays the kept
readings; its proof counts for exactly that text, these examples and the version in use beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import structlog

from workbench import rehearsal, vietnamese
from workbench.errors import NotReadyError, StaleDocumentError, WorkbenchError
from workbench.flow import custody, granting, recognise, rehearsing, unfitting
from workbench.flow.claimed import words_by_page
from workbench.flow.judged import VOUCHED
from workbench.flow.people import account, sheet
from workbench.flow.recognise import ReadPage, Remembered, Understanding
from workbench.flow.rehearsing import Cast, Votes
from workbench.flow.work import Work
from workbench.model import (
    Act,
    Document,
    Person,
    Quality,
    Right,
    TemplateAct,
    TemplateEvent,
    TemplateExample,
    TemplateProof,
    Warp,
    new_id,
    now,
)
from workbench.rehearsal import HELD, Paper, Report, Stranger
from workbench.store import examples as kept
from workbench.store import templates as governed
from workbench.template import Template, parse

_OF_EACH_KIND = 20  # papers of each form, beside the examples, whose form is asked
_OF_NONE = 60  # papers that no template fits
_AT_ONCE = 20  # papers of one task that asks for the form only
_MEMORIES = 4  # texts whose readings of a paper are used again
_TESTERS = (Right.EDIT, Right.SUBMIT, Right.AUTHORISE)

Told = Callable[[int, int], None]  # papers done, of how many

log = structlog.get_logger()


# --- examples ----------------------------------------------------------------------------------


def examples(work: Work, template: str) -> list[TemplateExample]:
    """What a template is proven on, the oldest first."""
    return kept.examples(work.store, template)


def could_be_examples(work: Work, template: str, *, by: str, limit: int = 50) -> list[Document]:
    """The newest papers of this kind that people vouched for and that are no example so far."""
    known = {example.document for example in kept.examples(work.store, template)}
    found = kept.newest_of_kind(work.store, template, VOUCHED, limit=limit + len(known))
    return [d for d in found if d.id not in known and may_see(work, d.id, by=by)][:limit]


def scans_of(work: Work, template: str, *, by: str) -> list[Document]:
    """The scans that drafts of a template are drawn over."""
    keys = dict.fromkeys(
        key for draft in governed.drafts(work.store, template, closed=True) for key in draft.scans
    )
    found = [work.store.document(key) for key in keys if may_see(work, key, by=by)]
    return [document for document in found if document is not None]


def example_of(work: Work, document: str) -> TemplateExample | None:
    """The example that a paper is for the template of its kind."""
    return next(iter(kept.of_document(work.store, document)), None)


def add_examples(work: Work, documents: Sequence[str], *, by: str) -> int:
    """Let papers that people vouched for be examples of their kind, with the values they have.

    Raises NotReadyError where one of them was not reviewed; then none was added.
    """
    person = account(work, by)
    at = now()
    fresh = []
    for key in documents:
        custody.must_see(work, key, by=by)
        seen = sheet(work, key)
        kind = seen.document.kind
        if kind is None or seen.document.stage not in VOUCHED:
            raise NotReadyError(
                "Only a document that was reviewed can be an example.",
                "Review it and pass it on, then add it.",
            )
        granting.must(work, Right.SEE, kind, person)
        values = {
            field.name: vietnamese.normalise(field.normalised or field.value, field.kind)
            for field in seen.fields
            if field.act is not Act.ILLEGIBLE  # nobody knows what stands there
        }
        fresh.append(TemplateExample(template=kind, document=key, values=values, by=by, at=at))
    kept.take(work.store, fresh)
    log.info("examples.added", n=len(fresh))
    return len(fresh)


def confirm(
    work: Work, template: Template, document: str, values: Mapping[str, str], *, by: str
) -> TemplateExample:
    """Let a paper be an example of a template, perhaps a new one: a person says what stands there.

    `values`: field -> value as it stands on the paper, empty where the paper has none; what is
    left out nobody knows. Raises NotReadyError where nothing is said.
    """
    person = account(work, by)
    granting.must(work, Right.EDIT, template.id, person)
    custody.must_see(work, document, by=by)
    if work.store.document(document) is None:
        raise NotReadyError("There is no such document.", "Open it from the list.")
    said = {
        name: vietnamese.normalise(vietnamese.nfc(value).strip(), template.spec(name).kind)
        for name, value in values.items()
        if rehearsal.has_field(template, name)
    }
    if not any(said.values()):
        raise NotReadyError(
            "No value was confirmed.", "Confirm or type at least one value of the paper."
        )
    example = TemplateExample(template=template.id, document=document, values=said, by=by, at=now())
    kept.take(work.store, [example])
    log.info("example.confirmed", fields=len(said))
    return example


def drop_example(work: Work, example: TemplateExample, *, by: str) -> None:
    """Let an example count no more; proofs that were made with it count no more either."""
    granting.must(work, Right.EDIT, example.template, account(work, by))
    if not kept.drop(work.store, example.id, by=by, at=now()):
        raise StaleDocumentError("Somebody else took this example away.", "Look again.")


def may_see(work: Work, document: str, *, by: str) -> bool:
    """Whether what a paper says may be shown to somebody: not records of another unit."""
    try:
        custody.must_see(work, document, by=by)
    except WorkbenchError:
        return False
    return True


# --- the test ------------------------------------------------------------------------------------


def test(
    work: Work, tested: Template, *, by: str, told: Told = lambda done, of: None
) -> TemplateProof:
    """Hold a text against the examples of its template, beside the version in use; kept.

    Raises NotReadyError where there is no example, and where one could not be understood.
    """
    person = account(work, by)
    _must_test(work, tested.id, person)
    _must_end(tested)
    given = kept.examples(work.store, tested.id)
    if not given:
        raise NotReadyError(
            "This template has no examples to be tested on.",
            "Add reviewed documents to its examples, or confirm the values of a scan.",
        )
    cast = Cast(tuple(work.templates.values()), tested)
    others = _others(work, cast, {example.document for example in given})
    of = len(given) + len(others)
    told(0, of)
    papers: list[Paper] = []
    votes: dict[str, list[dict[str, str]]] = {}
    before = _memories(work, tested.id)
    tasks = [_task(work, cast, example) for example in given]
    read = 0
    for example, (_, result) in zip(
        given, work.executor.run(rehearsing.rehearse, tasks), strict=True
    ):
        if isinstance(result, WorkbenchError):
            raise result
        papers.append(_judged(example, result, cast))
        votes[example.document] = _remember(work, cast, result, before.get(example.document, []))
        read += result.read
        told(len(papers), of)
    strangers = []
    for asked, found in _sorted(work, cast, others):
        strangers += found
        told(len(papers) + min(asked, len(others)), of)
    report = Report(
        form=tested.id,
        critical=rehearsal.critical_of(*(t for t in (tested, cast.beside) if t)),
        unproven=rehearsal.unproven(tested, [example.values for example in given]),
        papers=tuple(papers),
        strangers=tuple(strangers),
    )
    proof = TemplateProof(
        id=new_id(),
        template=tested.id,
        digest=tested.digest,
        against=cast.beside.digest if cast.beside else "",
        worse=report.worse,
        report={**report.as_json(), "examples": _fingerprint(given), "votes": votes},
        by=by,
        at=now(),
    )
    event = TemplateEvent(
        act=TemplateAct.PROVEN,
        template=tested.id,
        digest=tested.digest,
        by=by,
        at=proof.at,
        about={"proof": proof.id, "worse": proof.worse, "examples": len(given)},
    )
    kept.keep_proof(work.store, proof, event)
    log.info("template.tested", template=tested.id, examples=len(given), read=read)
    return proof


def report_of(proof: TemplateProof) -> Report:
    """What came of a test, as it was kept."""
    return Report.from_json(proof.report)


def proof_of(work: Work, digest: str) -> TemplateProof | None:
    """The last test of exactly this text, where it still counts; None: it must be tested (again).

    A proof counts no more once the examples are others, or another version came into use.
    """
    proof = newest_proof(work, digest)
    return proof if proof is not None and counts(work, proof) else None


def counts(work: Work, proof: TemplateProof) -> bool:
    """Whether nothing changed since a test that it stands on."""
    in_use = work.templates.get(proof.template)
    beside = in_use.digest if in_use else ""
    # Once it is in use itself, a text is proved by the test that brought it there.
    same = proof.against == beside or proof.digest == beside
    given = kept.examples(work.store, proof.template)
    return same and proof.report.get("examples") == _fingerprint(given)


def newest_proof(work: Work, digest: str) -> TemplateProof | None:
    """The last test of exactly this text, also where it counts no more."""
    return governed.newest_proof(work.store, digest)


def read_with(
    work: Work, tested: Template, documents: Sequence[str], *, by: str
) -> Iterator[tuple[str, Understanding]]:
    """What a text would make of papers, field by field; nothing is kept.

    Other templates are not asked: a paper is understood as this form or not at all. Raises
    WorkbenchError for a paper that cannot be understood.
    """
    person = account(work, by)
    _must_test(work, tested.id, person)
    _must_end(tested)
    tasks = []
    for key in documents:
        custody.must_see(work, key, by=by)
        tasks.append(
            recognise.UnderstandTask(
                _pages(work, key),
                (tested,),
                tuple(work.engines),
                work.calibration,
                _remembered(work, key, tested.id),
            )
        )
    runs = work.executor.run(recognise.understand, tasks)
    for key, (_, seen) in zip(documents, runs, strict=True):
        if isinstance(seen, WorkbenchError):
            raise seen
        yield key, seen


def _must_test(work: Work, template: str, person: Person) -> None:
    granted = granting.granted(work, template)
    if not any(granted.answer(right, template, person).allowed for right in _TESTERS):
        granting.must(work, Right.EDIT, template, person)


def _must_end(tested: Template) -> None:
    """A draft may say a pattern that would keep this process busy for ever."""
    columns = tested.items.columns.values() if tested.items else ()
    if any(spec.runs_away for spec in (*tested.fields.values(), *columns)):
        raise NotReadyError(
            "A repetition inside a repetition: on some texts this would never come to an end.",
            "Correct the line and load it again.",
        )


def _task(work: Work, cast: Cast, example: TemplateExample) -> rehearsing.ExampleTask:
    return rehearsing.ExampleTask(
        example.document,
        _pages(work, example.document),
        cast,
        tuple(work.engines),
        work.calibration,
        _remembered(work, example.document, cast.tested.id),
    )


def _pages(work: Work, key: str) -> tuple[ReadPage, ...]:
    """The pages of a paper as the engines read them. NotReadyError where none was read."""
    document, store = work.store.document(key), work.store
    words = words_by_page(work, document) if document else {}
    pages = tuple(
        ReadPage(
            number=page.number,
            readable=store.path(page.readable),
            scan=store.path(page.scan),
            warp=Warp.from_json(page.warp),
            quality=Quality(**page.quality),
            words=words[page.number],
        )
        for page in store.pages(key)
        if page.readable and page.warp and page.quality and page.number in words
    )
    if not pages:
        raise NotReadyError(
            "No page of this document has been read.", "Choose a document that was read."
        )
    return pages


def _remembered(work: Work, key: str, template: str) -> tuple[Remembered, ...]:
    """What was counted for a paper: when it was read, and in the last tests."""
    found = []
    document = work.store.document(key)
    if document is not None and document.template_digest:
        votes = work.store.votes(document)
        if votes:
            found.append(Remembered(work.template(document.template_digest), votes))
    for one in _memories(work, template).get(key, ()):
        text = _parsed(work.store.get(one["text"]), template)
        found.append(Remembered(text, work.store.votes_of(one["votes"])))
    return tuple(found)


@lru_cache(maxsize=16)
def _parsed(source: bytes, name: str) -> Template:
    return parse(source, name)  # the same few texts for every example


def _memories(work: Work, template: str) -> Mapping[str, list[dict[str, str]]]:
    """By document: texts that were tested, and the votes that were counted for them (objects)."""
    last = kept.proofs(work.store, template, limit=1)
    found: Mapping[str, list[dict[str, str]]] = last[0].report.get("votes", {}) if last else {}
    return found


def _remember(
    work: Work, cast: Cast, result: rehearsing.Rehearsed, before: list[dict[str, str]]
) -> list[dict[str, str]]:
    """Keep what was counted, for the next test; nothing new where no engine had to be asked."""
    if not result.read:
        return before
    sides: list[tuple[Template | None, Votes]] = [
        (cast.tested, result.tested_votes),
        (cast.beside, result.beside_votes),
    ]
    fresh = [
        {"text": work.store.put(template.source), "votes": work.store.keep_votes(votes)}
        for template, votes in sides
        if template is not None and votes
    ]
    texts = {one["text"] for one in fresh}
    return [*fresh, *(one for one in before if one["text"] not in texts)][:_MEMORIES]


def _judged(example: TemplateExample, result: rehearsing.Rehearsed, cast: Cast) -> Paper:
    names = tuple(example.values)
    beside = cast.beside
    dates = rehearsal.dates_of(cast.tested, names)
    if beside is not None:
        dates |= rehearsal.dates_of(beside, names)
    return Paper(
        example.document,
        dict(example.values),
        rehearsal.judge(example.values, result.tested, cast.tested, dates=dates),
        rehearsal.judge(example.values, result.beside, beside, dates=dates)
        if beside is not None and result.beside is not None
        else None,
    )


def _others(work: Work, cast: Cast, examples: set[str]) -> list[tuple[str, str]]:
    """Papers that are no examples of the template, each with its form: who takes them is asked."""
    found: dict[str, str] = {}
    for other in kept.examples(work.store):
        if other.template != cast.tested.id:
            found[other.document] = other.template
    for kind in sorted({t.id for t in cast.then}):
        for document in kept.newest_of_kind(work.store, kind, VOUCHED, limit=_OF_EACH_KIND):
            found.setdefault(document.id, kind)
    for document in unfitting.held(work, limit=_OF_NONE):
        found.setdefault(document.id, HELD)
    return [(key, form) for key, form in found.items() if key not in examples]


def _sorted(
    work: Work, cast: Cast, others: Sequence[tuple[str, str]]
) -> Iterator[tuple[int, list[Stranger]]]:
    """Who takes these papers; after each lot how many were asked so far."""
    waiting = iter(others)
    asked = 0
    while lot := list(islice(waiting, _AT_ONCE)):
        asked += len(lot)
        readable = [(key, form, pages) for key, form in lot if (pages := _pages_or_none(work, key))]
        task = rehearsing.SortTask(tuple(pages for _, _, pages in readable), cast)
        ((_, result),) = work.executor.run(rehearsing.sort, [task])
        if isinstance(result, WorkbenchError):
            raise result
        yield (
            asked,
            [
                Stranger(key, form, then, before)
                for (key, form, _), (then, before) in zip(readable, result, strict=True)
            ],
        )


def _pages_or_none(work: Work, key: str) -> tuple[ReadPage, ...]:
    """Nothing for what was typed and never scanned."""
    try:
        return _pages(work, key)
    except NotReadyError:
        return ()


def _fingerprint(given: Sequence[TemplateExample]) -> str:
    """SHA-256 of which examples these are; their values never change."""
    return hashlib.sha256(" ".join(sorted(e.id for e in given)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Standing:
    """A text under test and how it stands: untested, tested before something changed, or proved."""

    proof: TemplateProof | None
    counts: bool


def standing_of(work: Work, digest: str) -> Standing:
    """How a text stands, for a screen."""
    proof = newest_proof(work, digest)
    return Standing(proof, proof is not None and counts(work, proof))
