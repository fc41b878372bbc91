"""What people decide of holders: that two are one, or not, and whose a record is.

Two that are one: the records of the one are tied to the other, and whoever is named like it later
is the other too. Every decision is kept and can be taken back.
"""

from __future__ import annotations

from workbench.errors import NotReadyError
from workbench.flow import holding
from workbench.flow.people import account, any_of
from workbench.flow.work import Work
from workbench.model import Holder, HolderDecision, Likely, Likeness, Role, Stage, now

_DECIDING = (Role.APPROVER, Role.MANAGER, Role.ADMINISTRATOR)
_OPEN_TO_CHANGE = {Stage.PROPOSED, Stage.REVIEWED, Stage.HELD}


def decide(
    work: Work, pair: str, decision: Likely, *, by: str, key: str, keep: str = "", reason: str = ""
) -> None:
    """Say whether two holders are one; `keep` is the one that stands for both (else the older).

    `key` is the client's own id: sent twice it is one decision.
    """
    any_of(account(work, by), *_DECIDING)
    likeness = _asked(work, pair)
    if likeness.standing is not Likely.OPEN:
        raise NotReadyError(
            "This pair is decided already.", "Take that decision back first, then decide anew."
        )
    merge: dict[str, str] = {}
    if decision is Likely.SAME:
        keep = keep or _older(work, likeness)
        other = likeness.second if keep == likeness.first else likeness.first
        if keep not in (likeness.first, likeness.second):
            raise NotReadyError("This holder is not one of the two.", "Choose one of the two.")
        merge = {other: keep}
    at = now()
    work.store.judge(
        HolderDecision(
            id=key, likeness=pair, decision=decision.value, kept=keep if merge else "",
            reason=reason.strip(), by=by, at=at,
        ),
        merge=merge,
        at=at,
    )  # fmt: skip


def take_back(work: Work, pair: str, *, by: str, key: str, reason: str = "") -> None:
    """Take back what was last decided of two holders: each has its own records again.

    Raises NotReadyError where the one that stands for both was itself merged since.
    """
    any_of(account(work, by), *_DECIDING)
    likeness = _asked(work, pair)
    decisions = work.store.decisions(pair)
    if likeness.standing is Likely.OPEN or not decisions:
        raise NotReadyError("Nothing is decided of this pair.", "Decide it first.")
    last = decisions[-1]
    merge: dict[str, str] = {}
    if last.kept:
        kept = work.store.holder(last.kept)
        if kept is None or kept.id != last.kept:
            raise NotReadyError(
                "The holder that stands for both was found to be another one since.",
                "Take that decision back first.",
            )
        merge = {likeness.second if last.kept == likeness.first else likeness.first: ""}
    at = now()
    work.store.judge(
        HolderDecision(
            id=key, likeness=pair, decision=Likely.OPEN.value, kept=last.kept,
            moved=last.moved, reason=reason.strip(), by=by, at=at,
        ),
        merge=merge,
        at=at,
    )  # fmt: skip


def put_together(work: Work, one: str, other: str, *, by: str) -> str:
    """Ask of two holders whether they are one, because a person thinks so; the pair's id."""
    any_of(account(work, by), *_DECIDING)
    first, second = _holder(work, one), _holder(work, other)
    if first.id == second.id:
        raise NotReadyError("This is one holder already.", "Choose another holder.")
    pair = holding.likeness(first, second, holding.Why.BY_HAND)
    work.store.note_likenesses([pair], compared=[])
    return pair.id


def tie(work: Work, document: str, holder: str, *, by: str, key: str, reason: str) -> None:
    """Say whose a record is, where its fields do not say it rightly; needs a reason."""
    any_of(account(work, by), Role.REVIEWER, *_DECIDING)
    if not reason.strip():
        raise NotReadyError("A reason is needed.", "Write in a few words why.")
    found = work.store.document(document)
    if found is None:
        raise NotReadyError("There is no such document.", "Open it from the list.")
    if found.stage not in _OPEN_TO_CHANGE:
        raise NotReadyError(
            "This record is approved; its holder no longer changes by hand.",
            "Merge the two holders if they are one, or send the record back.",
        )
    whose = _holder(work, holder)
    told = HolderDecision(
        id=key, likeness=document, decision="tied", kept=whose.id, moved=[document],
        reason=reason.strip(), by=by,
    )  # fmt: skip
    work.store.tie(document, whose, told=told)


def _asked(work: Work, pair: str) -> Likeness:
    found = work.store.likeness(pair)
    if found is None:
        raise NotReadyError("There is no such pair.", "Look at the list again.")
    return found


def _holder(work: Work, key: str) -> Holder:
    found = work.store.holder(key)
    if found is None:
        raise NotReadyError("There is no such holder.", "Choose one from the list.")
    return found


def _older(work: Work, likeness: Likeness) -> str:
    """Which of two stands for both where nobody said: with a number before without, then older."""
    first, second = _holder(work, likeness.first), _holder(work, likeness.second)
    return min((first, second), key=lambda h: (not h.number, h.at, h.id)).id
