"""To whom a record belongs: read off its fields, tied by itself where that is sure.

The same number and name is the same holder. Who is only like another is a holder of their own, and
a person is asked about the two, so that a record always has its one holder and nobody waits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import structlog
from rapidfuzz.distance import Levenshtein

from workbench import vietnamese
from workbench.errors import NotReadyError
from workbench.flow.work import Work
from workbench.model import Document, Holder, HolderKind, Likeness, now
from workbench.review import ReviewSheet
from workbench.store import Kin
from workbench.template import HolderNames, Template

_FEW = 500  # holders compared at a time
_MOST_ALIKE = 300  # of the same initials; beyond that a slip is looked for among the first
_MOST_ASKED = 5  # pairs of one new holder: who is called like hundreds is asked about no further
_SHORT = 12  # letters; a longer name may have two slips
_NEAR_NUMBER = 2  # digits that may differ between slips of one number

log = structlog.get_logger()


class Why(StrEnum):
    """What makes two holders alike."""

    SAME_NUMBER = "same_number"  # and another name
    SAME_NAME = "same_name"  # without marks; and another number
    NEAR_NAME = "near_name"
    BY_HAND = "by_hand"  # a person put them side by side


@dataclass(frozen=True, slots=True)
class Named:
    """Whom the fields of a record name."""

    kind: HolderKind
    name: str
    number_kind: str = ""
    number: str = ""

    @property
    def sought(self) -> str:
        return vietnamese.search_keys(self.name)[1]


def names(values: Mapping[str, str], template: Template) -> Named | None:
    """Whom these values name, as the template says where that stands; None: nobody."""
    if template.holder is None or not values.get(template.holder.name):
        return None
    kind, number = _number(values, template.holder)
    name = vietnamese.nfc(values[template.holder.name])
    return Named(HolderKind(template.holder.kind), name, kind, number)


def _number(values: Mapping[str, str], where: HolderNames) -> tuple[str, str]:
    for place in where.numbers:
        number = "".join(vietnamese.nfc(values.get(place.field, "")).upper().split())
        if not number:
            continue
        for pattern, kind in place.kinds.items():
            if re.fullmatch(pattern, number):
                within = vietnamese.nfc(values.get(place.within, "")) if place.within else ""
                return kind, f"{number} {within}".strip()
    return "", ""


def asks_for_holder(work: Work, document: Document) -> Template | None:
    """The template that says where the holder of this record stands; None where none does."""
    template = work.template(document.template_digest or "")
    if template.holder is None:  # read with an older one
        template = work.templates.get(document.kind or "", template)
    return template if template.holder else None


# --- tying ------------------------------------------------------------------------------------


def holders_of(
    work: Work, wanted: Sequence[Named | None], *, by: str, at: datetime
) -> list[Holder | None]:
    """For each who is named the holder they are: one that is known, or a new one, not kept yet."""
    some = [one for one in wanted if one is not None]
    known: dict[tuple[str, str, str], list[Holder]] = {}
    for holder in (
        *work.store.numbered(one.number for one in some),
        *work.store.named(one.sought for one in some if not one.number),
    ):
        of = known.setdefault(_identity(holder.number_kind, holder.number, holder.sought), [])
        if holder not in of:
            of.append(holder)
    found: list[Holder | None] = []
    for one in wanted:
        if one is None:
            found.append(None)
            continue
        same = known.setdefault(_identity(one.number_kind, one.number, one.sought), [])
        fits = _standing(work, [h for h in same if h.kind is one.kind])
        if one.number == "" and one.kind is HolderKind.PERSON:
            fits = []  # a name alone is nobody's own
        if len(fits) != 1:
            fits = [_new(one, by=by, at=at)]
            same.append(fits[0])
        found.append(fits[0])
    return found


def _identity(number_kind: str, number: str, sought: str) -> tuple[str, str, str]:
    return number_kind, number, sought


def _standing(work: Work, holders: Sequence[Holder]) -> list[Holder]:
    """The holders that stand for these, each once."""
    found: dict[str, Holder] = {}
    for holder in holders:
        stands = work.store.holder(holder.id) if holder.same_as else holder
        if stands is not None:
            found[stands.id] = stands
    return list(found.values())


def _new(named: Named, *, by: str, at: datetime) -> Holder:
    sought = named.sought
    return Holder(
        kind=named.kind,
        name=named.name,
        sought=sought,
        number_kind=named.number_kind,
        number=named.number,
        initials="".join(word[0] for word in sought.split()),
        by=by,
        at=at,
    )


def tie(work: Work, seen: ReviewSheet, *, by: str) -> Holder | None:
    """Tie a record to whom its fields name; None where they name nobody, or need not.

    What a person tied by hand stays.
    """
    template = asks_for_holder(work, seen.document)
    if template is None:
        return None
    if seen.document.holder and work.store.decisions(seen.document.id):
        return work.store.holder(seen.document.holder)
    named = names({field.name: field.value for field in seen.fields}, template)
    (holder,) = holders_of(work, [named], by=by, at=now())
    if holder is None or holder.id == seen.document.holder:
        return holder
    work.store.tie(seen.document.id, holder)
    return holder


def must_be_held(work: Work, seen: ReviewSheet, *, by: str) -> None:
    """Check that a record belongs to somebody. Raises NotReadyError where nobody is named."""
    if seen.document.holder or asks_for_holder(work, seen.document) is None:
        return
    if tie(work, seen, by=by) is None:
        raise NotReadyError(
            "This record names nobody to whom it was issued.",
            "Send it back so that the holder's name is filled in, or tie it on the page Holders.",
        )
    compare(work)


# --- who may be the same --------------------------------------------------------------------------


def compare(work: Work) -> int:
    """Look for the like of every holder that was not compared yet; how many pairs were found."""
    found = 0
    while fresh := work.store.uncompared(_FEW):
        others: dict[str, dict[str, Kin]] = {}
        for kin in work.store.kin(
            numbers=(h.number for h in fresh),
            sought=(h.sought for h in fresh),
            initials=(h.initials for h in fresh),
        ):
            for sign in _signs(kin):
                others.setdefault(sign, {})[kin.id] = kin
        pairs: dict[str, Likeness] = {}
        for holder in fresh:
            asked = 0
            for sign in _signs(holder):
                for other in list(others.get(sign, {}).values())[:_MOST_ALIKE]:
                    pair = _pair(holder, other) if asked < _MOST_ASKED else None
                    if pair and pair.id not in pairs:
                        pairs[pair.id] = pair
                        asked += 1
        found += work.store.note_likenesses(list(pairs.values()), compared=[h.id for h in fresh])
    if found:
        log.info("holders.alike", pairs=found)
    return found


def _signs(holder: Holder | Kin) -> tuple[str, ...]:
    """By what its like are found, the surest first."""
    number = (f"#{holder.number}",) if holder.number else ()
    return (*number, f"={holder.sought}", f"~{holder.initials}")


def _pair(one: Holder | Kin, other: Holder | Kin) -> Likeness | None:
    if one.id == other.id or (why := alike(one, other)) is None:
        return None
    return likeness(one, other, why)


def likeness(one: Holder | Kin, other: Holder | Kin, why: Why) -> Likeness:
    """The question whether two are the same, asked once whoever comes first."""
    first, second = sorted((one, other), key=lambda h: h.id)
    return Likeness(id=f"{first.id}-{second.id}", first=first.id, second=second.id, why=why.value)


def alike(one: Holder | Kin, other: Holder | Kin) -> Why | None:
    """Why two holders may be one, or None.

    Many people share a name: of persons it takes numbers that do not speak against it.
    """
    if one.kind is not other.kind:
        return None
    if one.number and (one.number_kind, one.number) == (other.number_kind, other.number):
        return Why.SAME_NUMBER
    person = one.kind is HolderKind.PERSON
    apart = _numbers_apart(one, other)
    if one.sought == other.sought:
        return Why.SAME_NAME if not person or apart is None or apart <= _NEAR_NUMBER else None
    if apart is None and person:
        return None
    if apart is not None and apart > _NEAR_NUMBER:
        return None
    return Why.NEAR_NAME if _near(one.sought, other.sought) else None


def _numbers_apart(one: Holder | Kin, other: Holder | Kin) -> int | None:
    """Slips between two numbers of one kind; None where they cannot be held against each other."""
    if not one.number or not other.number or one.number_kind != other.number_kind:
        return None
    return int(Levenshtein.distance(one.number, other.number, score_cutoff=_NEAR_NUMBER))


def _near(one: str, other: str) -> bool:
    """Whether a slip parts two names; another figure in them is no slip (Trường 1, Trường 2)."""
    allowed = 1 if min(len(one), len(other)) <= _SHORT else 2
    if re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return False
    return bool(Levenshtein.distance(one, other, score_cutoff=allowed) <= allowed)
