"""Is a version of a template still what was authorised? Its text, and the signature over that."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from workbench.catalogues.shipped import shipped_templates
from workbench.errors import Sentence, StorageError, TemplateError
from workbench.model import TemplateStanding, TemplateState, TemplateVersion
from workbench.store import Store
from workbench.template import Template, parse

OURSELVES = "workbench"  # who authorised what came with the workbench


@dataclass(frozen=True, slots=True)
class Judged:
    """What a signature says of what it stands beside."""

    intact: bool
    signer: str  # the common name in the certificate
    trusted: bool = False
    trial: bool = False
    at: datetime | None = None
    lines: tuple[Sentence, ...] = ()


Judge = Callable[[bytes, bytes], Judged]  # content, detached signature


@dataclass(frozen=True, slots=True)
class Vouched:
    """A version with what stands for it; `flaw` says why it must not be read with."""

    standing: TemplateStanding
    template: Template | None
    flaw: Sentence | None = None
    signature: Judged | None = None


def statement(standing: TemplateStanding) -> bytes:
    """What the authoriser signs: canonical JSON (keys in order, no spaces, UTF-8; RFC 8785)."""
    assert standing.decided_at is not None  # noqa: S101 - whoever signs has decided
    said = {
        "template": standing.template,
        "version": standing.version,
        "digest": standing.digest,
        "base": standing.base,
        "proof": standing.proof,
        "authors": standing.authors,
        "submitted_by": standing.submitted_by,
        "by": standing.decided_by,
        "at": standing.decided_at.replace(microsecond=0).isoformat(),
        "reason": standing.reason,
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def vouch(store: Store, standing: TemplateStanding, judge: Judge) -> Vouched:
    """Hold the kept text against its digest, and what was decided against its signature."""
    version = store.template_version(standing.digest)
    if version is None or digest_of(version) != standing.digest:
        return Vouched(
            standing, None, _flaw("The kept text of {template}@{version} was altered.", standing)
        )
    try:
        template = parse(version.source, f"{standing.template}@{standing.version}")
    except TemplateError as error:
        return Vouched(standing, None, error.message)
    if template.id != standing.template or template.version != standing.version:
        return Vouched(
            standing, template, _flaw("{template}@{version} stands for another text.", standing)
        )
    if standing.state is TemplateState.AUTHORISED and standing.retired_at is not None:
        return Vouched(
            standing, template, _flaw("{template}@{version} was retired before.", standing)
        )
    if not standing.signature:
        return Vouched(standing, template, _unsigned(standing))
    try:
        signature = judge(statement(standing), store.get(standing.signature))
    except StorageError as error:
        return Vouched(standing, template, error.message)
    if not signature.intact or signature.signer != standing.signed_as:
        flaw = _flaw("The authorisation of {template}@{version} is not as it was signed.", standing)
        return Vouched(standing, template, flaw, signature)
    return Vouched(standing, template, None, signature)


def digest_of(version: TemplateVersion) -> str:
    """The digest of what is kept now; of what is no text in bytes any more, none."""
    return sha256(version.source).hexdigest() if isinstance(version.source, bytes) else ""


def _unsigned(standing: TemplateStanding) -> Sentence | None:
    """Only what came with the workbench, or was in use before there were signatures, has none."""
    decided = standing.state in (TemplateState.AUTHORISED, TemplateState.RETIRED)
    if not decided or standing.digest in shipped_templates():
        return None
    if standing.decided_by == OURSELVES and not standing.submitted_by:
        return None
    return _flaw("Nobody signed the authorisation of {template}@{version}.", standing)


def _flaw(text: str, standing: TemplateStanding) -> Sentence:
    return Sentence(text, {"template": standing.template, "version": standing.version})
