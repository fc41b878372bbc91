"""The templates that documents are read with at this moment, in whatever process they were decided.

The store is asked again after a second; a text is proved once, when it comes into use here.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from time import monotonic
from types import MappingProxyType

import structlog

from workbench import words
from workbench.errors import StorageError
from workbench.flow.vouching import OURSELVES, Judge, Vouched, digest_of, vouch
from workbench.model import TemplateAct, TemplateEvent
from workbench.store import Store
from workbench.store import templates as kept
from workbench.template import Template, parse

_SECONDS = 1.0  # a decision of another process counts here after that
_PATIENCE = 10.0  # until one that could not be proved is looked at again

log = structlog.get_logger()


class InUse:
    """What is authorised, by id; and any version that ever was, by its digest."""

    def __init__(self, store: Store, judge: Judge) -> None:
        self._store = store
        self._judge = judge
        self._lock = Lock()
        self._asked_until = 0.0
        self._told: tuple[tuple[str, str, str], ...] | None = None
        self._known: Mapping[str, Template] = MappingProxyType({})
        self._texts: dict[str, Template] = {}

    def now(self) -> Mapping[str, Template]:
        """The authorised templates by id, each proved by its digest and its signature."""
        if monotonic() < self._asked_until:
            return self._known
        with self._lock:
            told = kept.authorised(self._store)
            if told != self._told:
                found = {template: self._proved(digest) for template, digest, _ in told}
                self._known = MappingProxyType({k: v for k, v in found.items() if v is not None})
                # What could not be proved may have been out of reach for a moment only.
                self._told = told if len(self._known) == len(found) else None
            self._asked_until = monotonic() + (_SECONDS if self._told is not None else _PATIENCE)
            return self._known

    def look_again(self) -> None:
        """Something was decided: ask the store at the next question."""
        self._asked_until = 0.0

    def version(self, digest: str) -> Template:
        """The text under this digest, whatever became of it. Raises StorageError."""
        if digest not in self._texts:
            version = self._store.template_version(digest)
            if version is None:
                raise StorageError(
                    "The template that this document was read with is missing from the store.",
                    "Restore the database from the backup.",
                )
            if digest_of(version) != digest:
                raise StorageError(
                    "The kept text of the template {template} was altered.",
                    "Restore the database from the backup.",
                    template=version.template,
                )
            found = parse(version.source, version.template)
            _learn(found)
            self._texts[digest] = found
        return self._texts[digest]

    def _proved(self, digest: str) -> Template | None:
        standing = kept.standing(self._store, digest)
        if standing is None:
            return None
        vouched = vouch(self._store, standing, self._judge)
        if vouched.flaw is not None:
            self._record(vouched)
            return None
        found = self._texts.setdefault(digest, vouched.template) if vouched.template else None
        if found is not None:
            _learn(found)
        return found

    def _record(self, vouched: Vouched) -> None:
        """That an altered version was not read with is kept once, and told."""
        one, flaw = vouched.standing, vouched.flaw
        if flaw is None or kept.was_refused(self._store, one.digest, flaw):
            return
        log.error("template.altered", template=one.template, digest=one.digest[:12])
        self._store.add(
            TemplateEvent(
                act=TemplateAct.REFUSED,
                template=one.template,
                digest=one.digest,
                by=OURSELVES,
                told=flaw.as_json(),
                about={"tried": "use"},
            )
        )


def _learn(template: Template) -> None:
    words.learn({rule.says.en: rule.says.vi for rule in template.rules})
