"""The folder of templates beside what is authorised: no file comes into use by lying there.

What ships with the workbench is taken into an empty store. Any other text is not read with until a
person authorised it; that it lay there is recorded once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import structlog

from workbench.catalogues.shipped import shipped_templates
from workbench.errors import Sentence, TemplateError
from workbench.flow.vouching import OURSELVES, Judge, vouch
from workbench.model import (
    TemplateAct,
    TemplateEvent,
    TemplateState,
    TemplateVersion,
    now,
)
from workbench.store import Store
from workbench.store import templates as kept
from workbench.template import parse

__all__ = ["OURSELVES", "Health", "Lying", "enrol", "health", "lying"]

BROUGHT = Sentence("It comes with the workbench.")
_IMPORT = Sentence("Bring it in with `workbench template import`; then it can be authorised.")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Lying:
    """A file in the folder of templates, and where its text stands."""

    name: str
    digest: str
    template: str  # as the file says; empty where it cannot be read
    state: TemplateState | None  # None: nobody ever submitted this text
    told: Sentence | None  # why it is not read with; None: it is
    remedy: Sentence | None = None
    source: bytes = b""


def enrol(store: Store, folder: Path) -> None:
    """Take in what ships with the workbench; record once what lies there and is not authorised."""
    for file in lying(store, folder):
        if file.state is not None:
            continue
        if file.digest in shipped_templates() and _take(store, file):
            continue
        if file.told is not None and not kept.was_refused(store, file.digest, file.told):
            store.add(
                TemplateEvent(
                    act=TemplateAct.REFUSED,
                    template=file.template,
                    digest=file.digest,
                    by=OURSELVES,
                    told=file.told.as_json(),
                    about={"tried": "use", "file": file.name},
                )
            )
            log.warning("template.file_refused", file=file.name, digest=file.digest[:12])


def _take(store: Store, file: Lying) -> bool:
    said = parse(file.source, file.name)
    version = TemplateVersion(
        digest=said.digest, template=said.id, version=said.version, source=said.source
    )
    event = TemplateEvent(
        act=TemplateAct.AUTHORISED,
        template=said.id,
        digest=said.digest,
        by=OURSELVES,
        told=BROUGHT.as_json(),
        at=now(),
    )
    return kept.enrol(store, version, event)


@dataclass(frozen=True, slots=True)
class Health:
    """What documents are read with, and what is not read with that somebody may think is."""

    in_use: tuple[str, ...]  # ids
    altered: tuple[Sentence, ...]  # of authorised versions that are not as they were
    refused: tuple[Lying, ...]


def health(store: Store | None, folder: Path, judge: Judge | None = None) -> Health:
    """As the store says, or where there is none as a first start would make it; changes nothing."""
    standings = kept.standings(store) if store else []
    decided = [one for one in standings if one.state is TemplateState.AUTHORISED]
    judged = [vouch(store, one, judge) for one in decided] if store and judge else []
    files = [file for file in lying(store, folder) if file.state is None]
    shipped = [file for file in files if file.digest in shipped_templates()]
    known = {one.template for one in standings}
    in_use = [one.standing.template for one in judged if one.flaw is None]
    in_use += [file.template for file in shipped if file.template not in known]
    return Health(
        tuple(sorted(in_use)),
        tuple(one.flaw for one in judged if one.flaw is not None),
        tuple(file for file in files if file not in shipped),
    )


def lying(store: Store | None, folder: Path) -> tuple[Lying, ...]:
    """Every file of the folder, and whether it is read with."""
    return tuple(_lying(store, folder))


def _lying(store: Store | None, folder: Path) -> Iterator[Lying]:
    for path in sorted(folder.glob("*.yaml")):
        try:
            source = path.read_bytes()
        except OSError:
            told = Sentence("The template {name} cannot be read.", {"name": path.name})
            yield Lying(path.name, "", "", None, told, Sentence("Check the folder."))
            continue
        digest = sha256(source).hexdigest()
        standing = kept.standing(store, digest) if store else None
        if standing is not None:
            why, help_ = _known(path.name, standing.state)
            yield Lying(path.name, digest, standing.template, standing.state, why, help_, source)
            continue
        try:
            said = parse(source, path.name)
        except TemplateError as error:
            yield Lying(path.name, digest, "", None, error.message, error.remedy, source)
            continue
        told = Sentence(
            "{name} is not a text that anybody authorised; nothing is read with it.",
            {"name": path.name},
        )
        yield Lying(path.name, digest, said.id, None, told, _IMPORT, source)


def _known(name: str, state: TemplateState) -> tuple[Sentence | None, Sentence | None]:
    match state:
        case TemplateState.AUTHORISED:
            return None, None
        case TemplateState.RETIRED:
            return (
                Sentence("{name} is a version that was retired.", {"name": name}),
                Sentence("`workbench template export` writes the version in use."),
            )
        case TemplateState.SUBMITTED:
            return Sentence("{name} waits to be authorised.", {"name": name}), None
        case TemplateState.RETURNED:
            return Sentence("{name} was handed back to its author.", {"name": name}), None
