"""Values without a label of their own: in a box of the placed form, or on a line that looks so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from workbench import vietnamese
from workbench.model import Box, Word
from workbench.placement import Line, Placement, rows_of
from workbench.sites import Body, Site, Strip, span
from workbench.template import Template, Zone, patterns

_LOW: Final = 2.4  # a box so many lines high, in which no engine saw a word, is read as one line
_EDGE: Final = 0.002  # of the page: words that only touch the box do not cut it
_EXACT, _MARKLESS = 0.88, 0.76  # how sure a line pattern is of its place
_LONGEST_LINE: Final = 400  # letters of a line that a pattern is tried on


def boxed(page: int, placement: Placement, template: Template, body: Body) -> list[Site]:
    """Fields with a box: the words whose middle lies in it, line by line."""
    found: list[Site] = []
    if placement.lie is None:
        return found
    share = placement.lie.agreed / max(placement.lie.of, 1)
    for name, zone in _zones(template):
        box = placement.on_page(zone.box, zone.page) if zone.box else None
        if box is None:
            continue
        strips, text = _in_box(page, placement, box, body)
        if strips:
            found.append(Site(name, strips, text, 0.6 + 0.3 * share))
    return found


def _in_box(page: int, placement: Placement, box: Box, body: Body) -> tuple[tuple[Strip, ...], str]:
    """A strip for each line in the box, and what the page's reading has there.

    An empty box that is no higher than a line or two is one strip: an engine may have lost the
    line, and another may read it.
    """
    words = [word for line in placement.running.lines for word in line.words]
    inside = [word for word in words if box.holds(*word.box.middle)]
    if not inside:
        low = box.height <= _LOW * max(body.height, 0.004)
        return ((Strip(page, box),) if low else ()), ""
    strips: list[Strip] = []
    texts: list[str] = []
    for row in rows_of(inside):
        line = Line(tuple(row), Box.around([word.box for word in row]))
        left, right = _free(box, line, words)
        top, bottom = span(line, left, right, body.height)
        strips.append(Strip(page, Box.clipped(left, top, right, bottom)))
        texts.append(line.text)
    return tuple(strips), " ".join(texts)


def _free(box: Box, line: Line, words: Sequence[Word]) -> tuple[float, float]:
    """From where to where a line in the box can be read without its neighbours outside it."""
    left, right = min(box.left, line.box.left), max(box.right, line.box.right)
    for word in words:
        x, y = word.box.middle
        if not line.box.top < y < line.box.bottom or box.holds(x, y):
            continue
        if x < line.box.left:
            left = max(left, min(word.box.right, line.box.left - _EDGE))
        elif x > line.box.right:
            right = min(right, max(word.box.left, line.box.right + _EDGE))
    return left, right


def lined(page: int, placement: Placement, template: Template, body: Body) -> list[Site]:
    """Fields with a line pattern: the group of the first line, from the top, that it fits."""
    found: list[Site] = []
    lines = placement.running.lines
    words = [word for line in lines for word in line.words]
    whole = [Line(tuple(row), Box.around([w.box for w in row])) for row in rows_of(words)]
    for name, zone in _zones(template):
        if not zone.line or patterns.backtracks(zone.line):
            continue  # on a draft: a text that says so is never submitted
        site = _on_line(name, page, zone.line, (*lines, *whole), body)
        if site is not None:
            found.append(site)
    return found


def _on_line(name: str, page: int, pattern: str, lines: Sequence[Line], body: Body) -> Site | None:
    """The group of a pattern as it was written, or without marks: engines lose those first."""
    for sure, folded in ((_EXACT, False), (_MARKLESS, True)):
        sought = _compiled(_bare(pattern) if folded else pattern)
        for line in lines:
            text = line.text[:_LONGEST_LINE]
            met = sought.search(_bare(text) if folded else text)
            if met is None or met.start(1) < 0 or not met.group(1).strip():
                continue
            start, end = met.span(1)
            left, right = _reach(line, start, end)
            top, bottom = span(line, left, right, body.height)
            strip = Strip(page, Box.clipped(left - _EDGE, top, right + 2 * _EDGE, bottom))
            return Site(
                name, (strip,), text[start:end], sure, text[:start].strip(), text[end:].strip()
            )
    return None


def _reach(line: Line, start: int, end: int) -> tuple[float, float]:
    """The x where the letters from `start` up to `end` of the line's text begin and end."""
    at = 0
    left, right = line.box.left, line.box.right
    for word in line.words:
        after = at + len(word.text)
        each = word.box.width / max(len(word.text), 1)
        if at <= start < after:
            left = word.box.left + (start - at) * each
        if at < end <= after:
            right = word.box.left + (end - at) * each
        at = after + 1
    return left, max(right, left + _EDGE)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _bare(text: str) -> str:
    """Letters without their marks, each in its place; everything else as it is."""
    return "".join(c if c.isascii() else _plain(c) for c in text)


def _plain(letter: str) -> str:
    bare = vietnamese.fold(letter)
    return bare if len(bare) == 1 else letter


def _zones(template: Template) -> Iterator[tuple[str, Zone]]:
    for name, spec in template.fields.items():
        if spec.zone is not None:
            yield name, spec.zone
