"""The rules of the letters as they are in force here: shown, tried, changed, never lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from workbench import scope
from workbench.errors import NotReadyError
from workbench.flow import scoping, stating
from workbench.flow.people import account, any_of
from workbench.flow.work import Work
from workbench.model import Document, Role, day_of, now
from workbench.scope import Moved, Paper, Rules
from workbench.store import scoping as store

_CHANGERS = (Role.MANAGER, Role.ADMINISTRATOR)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Tried:
    """What other rules would do to the records that are here."""

    rules: Rules
    records: int  # that were tried
    moved: Sequence[tuple[Document, Moved]]
    waiting: int = 0  # records whose way was not counted yet and that were not tried


def try_out(work: Work, rules: Rules) -> Tried:
    """Which records these rules would send another way, or leave out for another reason.

    Records are judged by today; none is changed.
    """
    today = day_of(now())
    current = scoping.rules_in_force(work)
    known = store.standings(work.store)
    documents = {document.id: document for document, _ in known}
    papers = {document.id: Paper.from_json(kept.paper) for document, kept in known}
    found = scope.moved(papers, current, rules, on=today)
    waiting = store.count_without_standing(work.store)
    return Tried(rules, len(papers), tuple((documents[m.record], m) for m in found), waiting)


def apply(work: Work, rules: Rules, *, by: str, reason: str) -> Tried:
    """Put these rules in force; what they move is counted anew. The rules before stay kept.

    What was approved keeps the judgement it was approved by. Raises NotReadyError where they are in
    force already or no reason is given.
    """
    any_of(account(work, by), *_CHANGERS)
    if not reason.strip():
        raise NotReadyError("A reason is needed.", "Write in a few words why.")
    current = scoping.rules_in_force(work)
    if rules.digest == current.digest:
        raise NotReadyError("These rules are in force already.", "Change something first.")
    tried = try_out(work, rules)
    store.keep_rules(work.store, current.digest, current.as_json())
    store.apply_rules(
        work.store, rules.digest, rules.as_json(), reason=reason.strip(), by=by, at=now()
    )
    log.info("scope.rules_changed", rules=rules.digest, moved=len(tried.moved))
    for document, _ in tried.moved:
        stating.refresh(work, document.id)
    return tried
