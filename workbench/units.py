"""Which unit stands under which: what is given to a unit is given to those under it too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workbench.errors import NotAllowedError, NotReadyError
from workbench.model import Unit


def parents(units: Iterable[Unit]) -> Mapping[str, str]:
    """The code of each unit, and of the one it stands under (empty: it stands at the top)."""
    return {unit.code: unit.parent for unit in units}


def above(code: str, parents: Mapping[str, str]) -> tuple[str, ...]:
    """The unit and those it stands under, upwards; each once, whatever the rows say."""
    chain: list[str] = []
    while code and code not in chain:
        chain.append(code)
        code = parents.get(code, "")
    return tuple(chain)


def under(code: str, parents: Mapping[str, str]) -> tuple[str, ...]:
    """The unit and all that stand under it, by code."""
    return tuple(sorted(known for known in parents if code in above(known, parents)))


def must_fit(code: str, parent: str, parents: Mapping[str, str]) -> None:
    """Raise NotReadyError unless the unit may stand under `parent` (empty: at the top)."""
    if not parent:
        return
    if parent not in parents:
        raise NotReadyError(
            "There is no unit {unit}.", "Add it first, or name another one.", unit=parent
        )
    if code in above(parent, parents):
        raise NotReadyError(
            "The unit {unit} would stand under itself.",
            "Choose a unit that does not stand under it.",
            unit=code,
        )


def changed(
    code: str, name: str, *, parent: str | None, known: Iterable[Unit], own: str = ""
) -> Unit:
    """The unit with this name, under that parent; without one it stays where it stands.

    `own` is the unit of who changes it.

    Raises:
        NotReadyError: the parent is not known, or stands under the unit itself.
        NotAllowedError: their own unit, or one above it, would move: rights come with the place.
    """
    tree = parents(known)
    code = code.strip()
    parent = tree.get(code, "") if parent is None else parent.strip()
    must_fit(code, parent, tree)
    if code in above(own, tree) and parent != tree.get(code, ""):
        raise NotAllowedError(
            "You cannot move your own unit: rights on templates come with where it stands.",
            "Ask another administrator to do it.",
        )
    return Unit(code=code, name=name.strip(), parent=parent)


def in_order(units: Iterable[Unit]) -> tuple[tuple[int, Unit], ...]:
    """The units as a tree is read: each with its depth, those under it right behind it."""
    known = {unit.code: unit for unit in units}
    tree = parents(known.values())

    def way(code: str) -> tuple[str, ...]:
        return tuple(reversed(above(code, {c: p for c, p in tree.items() if p in known})))

    ways = sorted((way(code), unit) for code, unit in known.items())
    return tuple((len(path) - 1, unit) for path, unit in ways)
