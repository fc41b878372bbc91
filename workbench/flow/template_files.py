"""Templates as files: taken out with the digest of their text, brought in as drafts.

The file is the very text that was authorised, so its SHA-256 is the digest that stands in every
value read with it. The digest travels beside it, as `sha256sum` writes it: within the file it would
change what it names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

from workbench.errors import NotReadyError, TemplateError
from workbench.flow import governing, granting
from workbench.flow.people import account
from workbench.flow.work import Work
from workbench.model import Right, Severity, TemplateAct, TemplateDraft, TemplateEvent, now
from workbench.store import templates as kept
from workbench.template import check, parse

_DIGEST = re.compile(r"([0-9a-f]{64})(?:\s|$)")


@dataclass(frozen=True, slots=True)
class Taken:
    """The text of one version, and what it is."""

    template: str
    version: int
    digest: str
    source: bytes

    def beside(self, file: str) -> str:
        """What stands in the file beside it: `sha256sum --check` reads it."""
        return f"{self.digest}  {file}\n"


def take_out(work: Work, template_id: str, *, version: int | None = None, by: str = "") -> Taken:
    """The text of the version in use, or of one that was ever submitted; that it left is kept.

    With `by`, only for somebody who may see the template; without, for whoever runs this machine.
    Raises NotAllowedError, NotReadyError where there is no such version.
    """
    if by:
        granting.must(work, Right.SEE, template_id, account(work, by))
    if version is None:
        standing = governing.in_use(work, template_id)
    else:
        told = kept.standings(work.store, template_id)
        standing = next((one for one in told if one.version == version), None)
    text = work.store.template_version(standing.digest) if standing else None
    if standing is None or text is None:
        raise NotReadyError(
            "There is no such version of the template {id}.",
            "`workbench template list` names those in use.",
            id=template_id,
        )
    event = TemplateEvent(
        act=TemplateAct.EXPORTED,
        template=template_id,
        digest=standing.digest,
        by=by or "workbench",
        at=now(),
    )
    work.store.add(event)
    return Taken(template_id, standing.version, standing.digest, text.source)


def bring_in(work: Work, source: bytes, name: str, *, by: str, beside: str = "") -> TemplateDraft:
    """Begin a draft with the text of a file; `beside` is what the file next to it says of it.

    Raises TemplateError where the text has errors, or is not the one that its digest names;
    NotReadyError where it is the version in use; NotAllowedError.
    """
    digest = sha256(source).hexdigest()
    said = _DIGEST.match(beside)
    if beside and (said is None or said[1] != digest):
        raise TemplateError(
            "{name} is not the text that the digest beside it names.",
            "If it was changed on purpose, remove the file with the digest and bring it in again.",
            name=name,
        )
    for problem in check(source, name):
        if problem.severity is Severity.ERROR:
            raise TemplateError(
                "{name}, line {line}: the text has errors.",
                "`workbench template check` tells them all.",
                name=name,
                line=problem.line,
            )
    template = parse(source, name)
    standing = governing.in_use(work, template.id)
    if standing is not None and standing.digest == digest:
        raise NotReadyError("This is the version in use already.", "There is nothing to bring in.")
    return governing.begin(work, template.id, by=by, source=source)
