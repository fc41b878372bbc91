"""What is different between two versions of a template, change by change, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from workbench.errors import Sentence
from workbench.template.shape import (
    Anchor,
    Column,
    FieldSpec,
    Items,
    Recognition,
    Rule,
    Template,
    Zone,
)

What = Literal["added", "dropped", "changed", "moved"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: where it is, and what it is in words."""

    place: tuple[str, ...]  # ("fields", "so", "zone")
    what: What
    says: Sentence

    def as_json(self) -> dict[str, Any]:
        return {"place": ".".join(self.place), "what": self.what, "says": self.says.as_json()}


def diff(old: Template, new: Template) -> tuple[Change, ...]:
    """What a reader would be told who knows `old`, in the order of the form.

    Nothing where both say the same, whatever their YAML looks like; the version's number counts.
    """
    return tuple(_changes(old, new))


def _changes(old: Template, new: Template) -> Iterator[Change]:
    for what in ("id", "version"):
        before, after = getattr(old, what), getattr(new, what)
        if before != after:
            yield _changed((what,), what, before, after)
    yield from _label(("title",), "title", old.titles, new.titles)
    yield from _recognised(old.recognised_by, new.recognised_by)
    if old.sheet != new.sheet:
        yield _changed(("sheet",), "sheet", _numbers(old.sheet), _numbers(new.sheet))
    yield from _anchors(old.prints, new.prints)
    yield from _fields(("fields",), old.fields, new.fields)
    yield from _items(old.items, new.items)
    if old.holder != new.holder:
        yield Change(("holder",), "changed", Sentence("Whom the paper names as holder is changed."))
    yield from _rules(old.rules, new.rules)


def _recognised(old: Recognition, new: Recognition) -> Iterator[Change]:
    for words in _without(new.all_of, old.all_of):
        says = Sentence("It is now recognised by “{words}”.", {"words": words})
        yield Change(("recognised_by", "all_of"), "added", says)
    for words in _without(old.all_of, new.all_of):
        says = Sentence("It is no longer recognised by “{words}”.", {"words": words})
        yield Change(("recognised_by", "all_of"), "dropped", says)
    for words in _without(new.none_of, old.none_of):
        says = Sentence("“{words}” now rules it out.", {"words": words})
        yield Change(("recognised_by", "none_of"), "added", says)
    for words in _without(old.none_of, new.none_of):
        says = Sentence("“{words}” no longer rules it out.", {"words": words})
        yield Change(("recognised_by", "none_of"), "dropped", says)


def _anchors(old: Sequence[Anchor], new: Sequence[Anchor]) -> Iterator[Change]:
    before, after = ({anchor.text: anchor for anchor in side} for side in (old, new))
    for text in _without(tuple(after), tuple(before)):
        yield Change(("anchors",), "added", Sentence("Anchor added: “{words}”.", {"words": text}))
    for text in _without(tuple(before), tuple(after)):
        yield Change(
            ("anchors",), "dropped", Sentence("Anchor dropped: “{words}”.", {"words": text})
        )
    for text, anchor in after.items():
        known = before.get(text)
        if known is None or known == anchor:
            continue
        values: dict[str, str | int | float] = {"words": text}
        if known.at and anchor.at and known.page == anchor.page:
            says = Sentence("Anchor “{words}” moved by {mm} mm.",
                            {**values, "mm": _distance(known.at, anchor.at)})  # fmt: skip
        else:
            says = Sentence("Anchor “{words}” has another place.", values)
        yield Change(("anchors",), "moved", says)
    kept_before = [a.text for a in old if a.text in after]
    kept_after = [a.text for a in new if a.text in before]
    if kept_before != kept_after:
        yield Change(("anchors",), "moved", Sentence("The anchors stand in another order."))


def _fields(
    place: tuple[str, ...], old: Mapping[str, FieldSpec], new: Mapping[str, FieldSpec]
) -> Iterator[Change]:
    for name, spec in new.items():
        if name not in old:
            says = Sentence("Field added: {name}.", {"name": name})
            yield Change((*place, name), "added", says)
        else:
            yield from _field((*place, name), name, old[name], spec)
    for name in _without(tuple(old), tuple(new)):
        says = Sentence("Field dropped: {name}.", {"name": name})
        yield Change((*place, name), "dropped", says)
    if [n for n in old if n in new] != [n for n in new if n in old]:
        yield Change(place, "moved", Sentence("The fields stand in another order."))


def _field(place: tuple[str, ...], name: str, old: FieldSpec, new: FieldSpec) -> Iterator[Change]:
    yield from _label((*place, "label"), name, old.label, new.label)
    for what in ("kind", "pattern", "catalogue"):
        before, after = getattr(old, what), getattr(new, what)
        if before != after:
            yield _changed((*place, what), f"{name}.{what}", before, after)
    for what, says in _claims(name, new).items():
        if getattr(old, what) != getattr(new, what):
            yield Change((*place, what), "changed", says)
    if isinstance(old, Column) and isinstance(new, Column) and old.heading != new.heading:
        yield _changed((*place, "heading"), f"{name}.heading", old.heading, new.heading)
    if old.zone != new.zone and old.zone is not None and new.zone is not None:
        yield _zone((*place, "zone"), name, old.zone, new.zone)


def _claims(name: str, spec: FieldSpec) -> dict[str, Sentence]:
    """What is claimed of a field, in words, true or not."""
    values: dict[str, str | int | float] = {"name": name}
    return {
        "closed": Sentence("{name}: only what the catalogue holds.", values)
        if spec.closed
        else Sentence("{name}: also what the catalogue does not hold.", values),
        "critical": Sentence("{name} is critical now.", values)
        if spec.critical
        else Sentence("{name} is no longer critical.", values),
        "personal": Sentence("{name} is personal data now.", values)
        if spec.personal
        else Sentence("{name} is no longer personal data.", values),
        "required": Sentence("{name} is required now.", values)
        if spec.required
        else Sentence("{name} is no longer required.", values),
    }


def _zone(place: tuple[str, ...], name: str, old: Zone, new: Zone) -> Change:
    if old.way != new.way:
        values = {"name": name, "old": old.way, "new": new.way}
        says = Sentence("{name} is found another way: {new}, no longer {old}.", values)
        return Change(place, "changed", says)
    if old.box and new.box and old.page == new.page:
        if _size(old.box) == _size(new.box):
            says = Sentence("{name} moved by {mm} mm.",
                            {"name": name, "mm": _distance(old.box, new.box)})  # fmt: skip
            return Change(place, "moved", says)
        sizes: dict[str, str | int | float] = {
            "name": name, "old": _numbers(_size(old.box)), "new": _numbers(_size(new.box)),
            "mm": _distance(old.box, new.box),
        }  # fmt: skip
        says = Sentence("{name} is {new} mm large, no longer {old}, and moved by {mm} mm.", sizes)
        return Change(place, "moved", says)
    return _changed(place, name, _words(old), _words(new))


def _items(old: Items | None, new: Items | None) -> Iterator[Change]:
    if old == new:
        return
    if old is None or new is None:
        if old is None:
            yield Change(("items",), "added", Sentence("Table of line items added."))
        else:
            yield Change(("items",), "dropped", Sentence("Table of line items dropped."))
        return
    for what in ("name", "ordinal"):
        before, after = getattr(old, what), getattr(new, what)
        if before != after:
            yield _changed(("items", what), f"items.{what}", before, after)
    if old.until != new.until:
        yield _changed(("items", "until"), "items.until", _list(old.until), _list(new.until))
    yield from _fields(("items", "columns"), old.columns, new.columns)


def _rules(old: Sequence[Rule], new: Sequence[Rule]) -> Iterator[Change]:
    def of(rule: Rule) -> dict[str, str | int | float]:
        return {"rule": rule.check, "fields": ", ".join(rule.fields)}

    before, after = ({(rule.check, rule.fields): rule for rule in side} for side in (old, new))
    for key, rule in after.items():
        place = ("rules", rule.check)
        if key not in before:
            yield Change(place, "added", Sentence("Rule added: {rule} ({fields}).", of(rule)))
        elif before[key] != rule:
            yield Change(place, "changed", Sentence("Rule changed: {rule} ({fields}).", of(rule)))
    for key, rule in before.items():
        if key not in after:
            place = ("rules", rule.check)
            yield Change(place, "dropped", Sentence("Rule dropped: {rule} ({fields}).", of(rule)))


def _label(place: tuple[str, ...], name: str, old: Any, new: Any) -> Iterator[Change]:
    for language in ("vi", "en"):
        before, after = getattr(old, language), getattr(new, language)
        if before != after:
            values = {"name": name, "old": before, "new": after, "language": language}
            says = Sentence("{name}: called “{new}” now, not “{old}” ({language}).", values)
            yield Change((*place, language), "changed", says)


def _changed(place: tuple[str, ...], name: str, old: Any, new: Any) -> Change:
    values: dict[str, str | int | float] = {
        "name": name, "old": old if old != "" else "∅", "new": new if new != "" else "∅",
    }  # fmt: skip
    return Change(place, "changed", Sentence("{name}: {new}, no longer {old}.", values))


def _words(zone: Zone) -> str:
    if zone.after:
        return _list(zone.after) + (f" … {_list(zone.until)}" if zone.until else "")
    return str(getattr(zone, zone.way))


def _list(texts: Sequence[str]) -> str:
    return " / ".join(f"“{text}”" for text in texts) or "∅"


def _without(some: Sequence[str], others: Sequence[str]) -> list[str]:
    return [text for text in some if text not in others]


def _distance(old: Sequence[float], new: Sequence[float]) -> float:
    """How far the middle moved, in mm to a tenth."""
    across = (new[0] + new[2] - old[0] - old[2]) / 2
    down = (new[1] + new[3] - old[1] - old[3]) / 2
    return round(math.hypot(across, down), 1)


def _size(box: Sequence[float]) -> tuple[float, float]:
    return round(box[2] - box[0], 1), round(box[3] - box[1], 1)


def _numbers(values: Sequence[float]) -> str:
    return " × ".join(f"{value:g}" for value in values)
