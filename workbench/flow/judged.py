"""Papers whose true values are known, for the engine lab: people vouched, or a truth file tells.

A truth file is JSON lines, one a file: `{"file": …, "documents": [{"pages": [0], "level": …,
"fields": {name: {"value": …, "norm": …, "kind": …, "occurrences": [{"style": …}]}}}]}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from workbench import review
from workbench.errors import NotReadyError
from workbench.flow.work import Work
from workbench.lab import Answer, Paper, ReadField, Truth
from workbench.model import Act, Document, Proposal, Stage
from workbench.template import Template

VOUCHED = (Stage.REVIEWED, Stage.APPROVED, Stage.SIGNED, Stage.EXPORTED)
READ = (Stage.PROPOSED, *VOUCHED)
_SEARCHED = 5000  # documents among which those of a truth file are looked for
SEEN = "seen"  # the cut of the fields that a person looked at one by one

Truths = Mapping[str, tuple[Truth, tuple[str, ...]]]  # field -> its truth and its cuts


def newest(work: Work, batch: str | None, *, vouched: bool, limit: int) -> list[Document]:
    """The last documents of a batch (or of all) that were passed on, or else read; oldest first."""
    stages = VOUCHED if vouched else READ
    before = max(0, work.store.count(stage=stages, batch=batch) - limit)
    return work.store.documents(stage=stages, batch=batch, limit=limit, offset=before)


def settled(work: Work, batch: str | None, *, limit: int) -> tuple[Paper, ...]:
    """The newest papers that a reviewer has passed on."""
    found = newest(work, batch, vouched=True, limit=limit)
    return tuple(_paper(work, document, _vouched(work, document)) for document in found)


def known(work: Work, batch: str | None, truth: bytes, *, limit: int) -> tuple[Paper, ...]:
    """Papers that were read and that a truth file tells of. Raises NotReadyError."""
    told = dict(_told(truth))
    papers = []
    for document in newest(work, batch, vouched=False, limit=_SEARCHED):
        source = work.store.source(document.source)
        if source is None or source.name not in told:
            continue
        pages = {page.file_page for page in work.store.pages(document.id)}
        mine = [truths for where, truths in told[source.name] if where & pages]
        if mine:
            papers.append(_paper(work, document, mine[0]))
        if len(papers) == limit:
            break
    return tuple(papers)


def _vouched(work: Work, document: Document) -> Truths:
    """What stands in each field, by a reviewer's word; nobody knows what is illegible."""
    acts = review.standing(work.store.corrections(document.id))
    template = work.template(document.template_digest) if document.template_digest else None
    truths: dict[str, tuple[Truth, tuple[str, ...]]] = {}
    for proposal in work.store.proposals(document.id):
        act = acts.get(proposal.field)
        if act is not None and act.act is Act.ILLEGIBLE:
            continue
        is_date = template is not None and template.spec(proposal.field).kind == "date"
        truth = Truth(*review.value_of(proposal, act), is_date=is_date)
        truths[proposal.field] = truth, (SEEN,) if act is not None else ()
    return truths


def _paper(work: Work, document: Document, truths: Truths) -> Paper:
    template = work.template(document.template_digest) if document.template_digest else None
    if template is None:
        return Paper(None, ())
    votes = work.store.votes(document)
    seconds: dict[str, dict[str, float]] = {}
    for reading in work.store.field_readings(document.id):
        mine = seconds.setdefault(reading.field, {})
        mine[reading.engine] = mine.get(reading.engine, 0.0) + reading.cpu_seconds
    fields = []
    for proposal in work.store.proposals(document.id):
        truth, cuts = truths.get(proposal.field, (None, ()))
        said = votes.get(proposal.field, ())
        levels = sorted({f"level:{vote.level}" for vote in said if vote.level})
        if any(cut.startswith("level:") for cut in cuts):
            levels = []  # how bad the scan is was told by who knows
        fields.append(
            ReadField(
                proposal.field,
                said,
                Answer(proposal.value, proposal.normalised, proposal.accepted),
                # A value that no engine had a hand in says nothing about engines.
                truth if said else None,
                (*cuts, *levels, *_own(template, proposal)),
                seconds.get(proposal.field, {}),
            )
        )
    return Paper(template, tuple(fields), (), _page_seconds(work, document), work.calibration)


def _own(template: Template, proposal: Proposal) -> tuple[str, str]:
    return f"kind:{template.spec(proposal.field).kind}", f"form:{template.id}"


def _page_seconds(work: Work, document: Document) -> tuple[Mapping[str, float], ...]:
    by_page: dict[str, dict[str, float]] = {}
    for reading in work.store.readings(document.id):
        if reading.words is not None:
            by_page.setdefault(reading.page, {})[reading.engine] = reading.cpu_seconds
    return tuple(by_page.values())


def _told(truth: bytes) -> Iterator[tuple[str, list[tuple[set[int], Truths]]]]:
    """Name of a file -> for each document in it its pages and truths."""
    try:
        for line in truth.decode("utf-8").splitlines():
            if not line.strip():
                continue
            entry = json.loads(line)
            documents = [(set(d["pages"]), _of_document(d)) for d in entry["documents"]]
            yield PurePosixPath(entry["file"]).name, documents
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotReadyError(
            "This is no truth file.",
            "Choose the truth.jsonl of the batch: JSON lines, one for each scanned file.",
        ) from error


def _of_document(document: Mapping[str, Any]) -> Truths:
    return {
        name: (
            Truth(str(field["value"]), str(field["norm"]), is_date=field["kind"] == "date"),
            tuple(_cuts(document, field)),
        )
        for name, field in document["fields"].items()
        if any(o.get("visible", True) for o in field["occurrences"])
    }


def _cuts(document: Mapping[str, Any], field: Mapping[str, Any]) -> Iterable[str]:
    seen = [o for o in field["occurrences"] if o.get("visible", True)]
    if "level" in document:
        yield f"level:{document['level']}"
    yield "print" if all(o.get("style", "print") == "print" for o in seen) else "hand"
    if any(o.get("under_stamp") for o in seen):
        yield "stamp"
