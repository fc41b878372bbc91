"""Rows of a table that people added to what the machine read, or struck out of it.

A row added is an act on the row itself (`muc.6`, its value the number of the row above) and acts on
its cells (`muc.6.so_hieu`). A row struck out is one where every cell is absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from workbench.errors import NotReadyError
from workbench.model import Box, Correction, Page, Proposal
from workbench.review import rows_in_order
from workbench.template import Template

MOST_ROWS = 999
_ALIKE = 0.3  # share of a row's height that must be free below it, for another to stand there


def names_row(template: Template, name: str) -> bool:
    """Whether `name` is a row of the form's table (`muc.6`), that people add."""
    return template.items is not None and bool(
        re.fullmatch(rf"{re.escape(template.items.name)}\.[1-9]\d{{0,2}}", name)
    )


def names_cell(template: Template, name: str) -> bool:
    """Whether `name` is a cell of the form's table, in whatever row."""
    row, _, column = name.rpartition(".")
    return (
        names_row(template, row) and template.items is not None and column in template.items.columns
    )


def row_above(value: str) -> str:
    """The number of the row above an added one, as it is kept. Raises NotReadyError."""
    if not re.fullmatch(r"\d{1,3}", value.strip()):
        raise NotReadyError("This form has no such row.", "Open the document again.")
    return str(int(value))


def with_added_rows(
    proposals: Sequence[Proposal],
    acts: Mapping[str, Correction],
    pages: Sequence[Page],
    template: Template,
) -> list[tuple[Proposal, int | None]]:
    """Every field in the order of the form, with its row's place in the table (from 1).

    `acts`: field -> the act that stands. A cell that nobody read has an empty proposal, lying on
    the paper where its row should: below the row above it.
    """
    plain = [p for p in proposals if not names_cell(template, p.field)]
    cells = {p.field: p for p in proposals if names_cell(template, p.field)}
    if template.items is None:
        return [(p, None) for p in plain]
    read = {_row(name) for name in cells}
    placed = {_row(f"{name}."): act for name, act in acts.items() if names_row(template, name)}
    typed = {_row(name) for name in acts if names_cell(template, name)} - read
    after = {
        row: int(act.after)
        for row, act in sorted(placed.items(), key=lambda r: r[1].serial)
        if row not in read
    }
    order = rows_in_order(read | (typed - set(after)), after)
    turned = {page.number: page.rotation for page in pages}
    found: list[tuple[Proposal, int | None]] = [(p, None) for p in plain]
    for place, row in enumerate(order, start=1):
        names = [n for n in cells if _row(n) == row]
        if row not in read:
            names = [f"{template.items.name}.{row}.{column}" for column in template.items.columns]
        for name in names:
            proposal = cells.get(name) or _empty(name, row, order, cells, turned, template)
            cells.setdefault(name, proposal)
            found.append((proposal, place))
    return found


def _row(name: str) -> int:
    return int(name.split(".")[1])


def _empty(
    name: str,
    row: int,
    order: Sequence[int],
    cells: Mapping[str, Proposal],
    turned: Mapping[int, int],
    template: Template,
) -> Proposal:
    table, _, column = name.split(".")
    at = order.index(row)
    above = cells.get(f"{table}.{order[at - 1]}.{column}") if at else None
    below = cells.get(f"{table}.{order[at + 1]}.{column}") if at + 1 < len(order) else None
    page, box = _where(above, below, turned)
    return Proposal(
        document="",
        field=name,
        position=0,
        value="",
        normalised="",
        page=page,
        box=box,
        accepted=not template.spec(name).required,
    )


def _where(
    above: Proposal | None, below: Proposal | None, turned: Mapping[int, int]
) -> tuple[int | None, list[float] | None]:
    """The room of a cell under the one above it, or over the one below; nowhere without either."""
    near = above if above and above.box else below
    if near is None or near.box is None or near.page is None:
        return None, None
    angle = turned.get(near.page, 0)
    box = Box(*near.box).turned(angle)
    top, bottom = box.bottom, box.bottom + box.height
    if near is not above:
        top, bottom = box.top - box.height, box.top
    elif below and below.box and below.page == near.page:
        ceiling = Box(*below.box).turned(angle).top
        if ceiling > top + _ALIKE * box.height:
            bottom = min(bottom, ceiling)
    here = Box.clipped(box.left, top, box.right, bottom).turned(-angle)
    return near.page, here.as_list()
