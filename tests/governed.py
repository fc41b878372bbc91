"""Templates put into use as people do it: drawn by one, tested, authorised by another."""

from __future__ import annotations

import re

from workbench.flow import authorising, governing, proving_templates
from workbench.model import TemplateDraft, TemplateProof, TemplateStanding, new_id
from workbench.rehearsal import Report
from workbench.template import parse
from workbench.workspace import Workspace

AUTHOR, APPROVER = "mau1", "duyet1"


def next_text(work: Workspace, template: str, *, change: str = "") -> bytes:
    """The version in use under the next number, with a remark that makes it another text."""
    source = work.templates[template].source
    number = governing.next_number(work, template)
    numbered = re.sub(rb"(?m)^version: *\d+", b"version: %d" % number, source, count=1)
    return numbered + f"# {change}\n".encode() if change else numbered


def proven(work: Workspace, source: bytes, *, worse: bool = False) -> TemplateProof:
    """Keep that this text was tested on the examples that there are (here: perhaps none)."""
    text = parse(source, "text")
    in_use = governing.in_use(work, text.id)
    given = proving_templates.examples(work, text.id)
    report = Report(form=text.id, critical=frozenset(), unproven=(), papers=(), strangers=())
    proof = TemplateProof(
        id=new_id(),
        template=text.id,
        digest=text.digest,
        against=in_use.digest if in_use else "",
        worse=worse,
        report={
            **report.as_json(),
            "examples": proving_templates._fingerprint(given),
            "votes": {},
        },
        by=AUTHOR,
    )
    work.store.add(proof)
    return proof


def drawn(work: Workspace, source: bytes, *, by: str = AUTHOR) -> TemplateDraft:
    return governing.begin(work, parse(source, "text").id, by=by, source=source)


def submitted(work: Workspace, source: bytes, *, by: str = AUTHOR) -> TemplateStanding:
    proven(work, source)
    return governing.submit(work, drawn(work, source, by=by).id, by=by)


def put_into_use(
    work: Workspace, source: bytes, *, author: str = AUTHOR, by: str = APPROVER
) -> TemplateStanding:
    """All of a template's life up to its authorisation, by two people."""
    waiting = submitted(work, source, by=author)
    return authorised(work, waiting.digest, by=by)


def authorised(work: Workspace, digest: str, *, by: str = APPROVER) -> TemplateStanding:
    person = work.store.person(by)
    keys = work.trial_keys(person) if person else None
    assert keys is not None
    return authorising.authorise(work, digest, by=by, reason="Đã xem bản thử.", keys=keys)
