"""From words and a placed form to the strips where its values stand, and what is read there.

Finding comes first: for each field the strips of the readable page that hold its value, one for
each line it runs over. The strips are then read again by every engine that is good at lines; what
it says, cleaned of printed words and dotted leaders that came along, is a reading of the field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz

from workbench import official, vietnamese, zones
from workbench.model import Box
from workbench.placement import Found, Placement, Running, letters_of
from workbench.sites import LABEL_FOUND, Body, Site, Strip, span
from workbench.tables import table_cells
from workbench.template import Template

__all__ = ["Site", "Strip", "clean", "page_readings", "sites", "table_cells"]

_TINY, _SHORT_PRINT = 5, 8  # letters of a print
_SHORT_KINDS = frozenset(("date", "document_number", "id_number", "org_number", "count"))
_SHORT_VALUE = 34  # letters; longer than any number or date


def sites(placements: Sequence[Mapping[str, Placement]], template: Template) -> dict[str, Site]:
    """Where each field of the form stands.

    `placements` has one entry a page: engine -> the page as that engine read it. Each engine finds
    what it can; the one whose prints are most alike decides.
    """
    found: dict[str, Site] = {}
    for page, by_engine in enumerate(placements):
        for placement in by_engine.values():
            for site in _sites_of(page, placement, template):
                known = found.get(site.name)
                if known is None or site.sure > known.sure + 0.02:
                    found[site.name] = site
    return found


def page_readings(
    placements: Sequence[Mapping[str, Placement]], template: Template, chosen: Mapping[str, Site]
) -> dict[str, dict[str, str]]:
    """Field -> engine -> the value as it stands in that engine's reading of the whole page.

    An engine that found the field elsewhere than at its `chosen` site lost its way and is silent.
    """
    found: dict[str, dict[str, tuple[float, str]]] = {}
    for page, by_engine in enumerate(placements):
        for engine, placement in by_engine.items():
            for site in _sites_of(page, placement, template):
                if not _same_place(site, chosen.get(site.name)):
                    continue
                here = found.setdefault(site.name, {})
                if site.page_text and (engine not in here or here[engine][0] < site.sure):
                    here[engine] = (site.sure, site.page_text)
    return {name: {e: text for e, (_, text) in by.items()} for name, by in found.items()}


def _same_place(site: Site, chosen: Site | None) -> bool:
    if chosen is None:
        return False
    a, b = site.strips[0], chosen.strips[0]
    shared = min(a.box.bottom, b.box.bottom) - max(a.box.top, b.box.top)
    return a.page == b.page and shared > 0.4 * min(a.box.height, b.box.height)


def _sites_of(page: int, placement: Placement, template: Template) -> list[Site]:
    running = placement.running
    found: list[Site] = []
    body = Body.of(running)
    found += zones.boxed(page, placement, template, body)
    if placement.fit < 0.25:
        return found
    found += zones.lined(page, placement, template, body)
    for name, (print_, at) in _labels(running, template).items():
        spec = template.fields[name]
        zone = spec.zone
        assert zone is not None  # noqa: S101 - only fields with a zone have labels
        until_print, until = "", None
        if nxt := _next(running, zone.until, at.end):
            until_print, until = nxt
        end = until.start if until else _end_of_paragraph(running, at.end, body)
        if spec.kind in _SHORT_KINDS and end - at.end > _SHORT_VALUE:
            end, until_print, until = min(end, at.end + _SHORT_VALUE), "", None
        sure = (at.score + (until.score if until else (80 if not zone.until else 50))) / 200
        strips, text = _between(page, running, body, at.end, end, stop=until)
        if until and running.owner[until.start][0] != running.owner[end - 1][0]:
            until_print = ""  # the next words begin a line of their own
        if strips:
            found.append(Site(name, strips, text, sure, print_, until_print))
    found += official.letterhead(page, placement, template)
    found += official.closing(page, placement, template, body)
    return found


def _labels(running: Running, template: Template) -> dict[str, tuple[str, Found]]:
    """Where the words before each value stand: the likeliest places in the order of the form."""
    names = [n for n, spec in template.fields.items() if spec.zone and spec.zone.after]
    chains: list[tuple[float, tuple[tuple[str, str, Found], ...]]] = [(0.0, ())]
    for number, name in enumerate(names):
        zone = template.fields[name].zone
        longer: list[tuple[float, tuple[tuple[str, str, Found], ...]]] = []
        for print_ in zone.after if zone else ():
            for found in _places(running, print_):
                joined = [
                    (worth + _worth(print_, found, chain[-1][2] if chain else None), chain)
                    for worth, chain in chains
                    if not chain or chain[-1][2].end <= found.start
                    # "ngày" and "của" are everywhere: they say something only after their label.
                    if len(letters_of(print_)) >= _TINY
                    or (chain and chain[-1][0] == names[number - 1])
                ]
                if joined:
                    worth, chain = max(joined, key=lambda told: told[0])
                    longer.append((worth, (*chain, (name, print_, found))))
        chains += longer
    best = max(chains, key=lambda told: told[0])[1]
    return {name: (print_, found) for name, print_, found in best}


def _worth(print_: str, found: Found, before: Found | None) -> float:
    """Longer and better likenesses are worth more; a short word loses by standing far off."""
    length = min(len(letters_of(print_)), 20)
    gap = found.start - (before.end if before else 0)
    return (found.score - 68) * length / 20 - (gap / 40 if length < _SHORT_PRINT else gap / 400)


def _places(running: Running, print_: str) -> list[Found]:
    """Everywhere a print may stand: the best place, and the best before and after it, and so on."""
    length = len(letters_of(print_))
    least = 85.0 if length < _SHORT_PRINT else LABEL_FOUND
    found: list[Found] = []
    parts = [(0, len(running.text), 0)]
    while parts:
        start, end, depth = parts.pop()
        at = running.find(print_, start, end) if end - start >= length else None
        if at is None or at.score < least:
            continue
        found.append(at)
        if depth < (4 if length < _SHORT_PRINT else 2):
            parts += [(start, at.start, depth + 1), (at.end, end, depth + 1)]
    return found


def _next(running: Running, prints: Sequence[str], start: int) -> tuple[str, Found] | None:
    """Where the words after a value stand: the nearest good likeness, else the best of all."""
    near = [(p, found) for p in prints if (found := _nearest(running, p, start))]
    if near:
        return min(near, key=lambda told: told[1].start)
    far = [
        (p, f)
        for p in prints
        if len(letters_of(p)) >= _SHORT_PRINT and (f := running.find(p, start))
    ]
    return max(
        (t for t in far if t[1].score >= LABEL_FOUND), key=lambda t: t[1].score, default=None
    )


def _nearest(running: Running, print_: str, start: int) -> Found | None:
    length = len(letters_of(print_))
    good = 85.0 if length < _SHORT_PRINT else 82.0
    for reach in (length + 20, 60, 160, 420):
        found = running.find(print_, start, min(len(running.text), start + reach))
        if found and found.score >= good:
            return found
    return None


def _end_of_paragraph(running: Running, letter: int, body: Body) -> int:
    """The letter after the last of the paragraph that `letter` stands in.

    A full line is followed by one that is not indented while the paragraph goes on.
    """
    if letter >= len(running.text):
        return len(running.text)
    line = at = running.owner[letter][0]
    here = running.lines[line]
    while here.box.right > body.right - 0.2 and at + 1 < len(running.lines):
        at += 1
        after = running.lines[at]
        if after.box.right < body.left or after.box.left > body.right:
            continue  # dirt and frames beside the text
        gap = after.box.top - here.box.bottom
        indented = after.box.left > body.left + 0.025
        heading = after.text == after.text.upper() and here.text != here.text.upper()
        if indented or heading or gap > 1.5 * body.height:
            break
        line, here = at, after
    end = letter
    while end < len(running.text) and running.owner[end][0] <= line:
        end += 1
    return end


def _between(
    page: int, running: Running, body: Body, start: int, end: int, *, stop: Found | None
) -> tuple[tuple[Strip, ...], str]:
    """The strips from letter `start` up to letter `end`, and what the page reading has there."""
    if start == 0:
        return (), ""
    first, left = running.edge(start - 1, after=True)
    pieces: dict[int, list[int]] = {}
    for letter in range(start, end):
        pieces.setdefault(running.owner[letter][0], []).append(letter)
    pieces.setdefault(first, [])
    last = max(pieces)
    stop_line, stop_left = running.edge(stop.start, after=False) if stop else (-1, 1.0)
    strips: list[Strip] = []
    texts: list[str] = []
    for at in sorted(pieces):
        line, letters = running.lines[at], pieces[at]
        if at != first and (line.box.right < body.left or line.box.left > body.right):
            continue  # punched holes and dirt beside the text
        if strips and at != first and line.box.middle[1] < strips[-1].box.bottom:
            continue  # a piece of the line before, torn off by dirt
        x0 = left if at == first else min(line.box.left, body.left + 0.02)
        x1 = stop_left if at == stop_line else max(line.box.right, body.right)
        if at == first and not letters and at != last and x1 - x0 < 0.03:
            continue  # the label ends its line and the value begins on the next
        if x1 - x0 < 0.008:
            continue
        top, bottom = span(line, x0, x1, body.height)
        strips.append(Strip(page, Box.clipped(x0, top, x1, bottom)))
        texts.append(_slice(running, at, letters))
    return tuple(strips), " ".join(t for t in texts if t)


def _slice(running: Running, line: int, letters: Sequence[int]) -> str:
    """The words that own these letters; a word that is only partly meant is cut."""
    if not letters:
        return ""
    words = running.lines[line].words
    first, last = running.owner[letters[0]], running.owner[letters[-1]]
    parts: list[str] = []
    for number in range(first[1], last[1] + 1):
        text = words[number].text
        begin, finish = 0, len(text)
        if number == first[1] and first[2] > 0:
            begin = _place(text, first[2])
        if number == last[1] and last[2] + 1 < running.lengths[line, number]:
            finish = _place(text, last[2] + 1)
        parts.append(text[begin:finish])
    return " ".join(parts)


def _place(text: str, letter: int) -> int:
    """Where in `text` its folded letter number `letter` begins."""
    seen = 0
    for at, character in enumerate(text):
        if seen >= letter and letters_of(character):
            return at
        seen += len(letters_of(character))
    return len(text)


# --- what came along ------------------------------------------------------------------------------

_LEADERS = re.compile(r"(?:[.…_·•]\s*){3,}|[.…_]{2,}|…")


def clean(text: str, label: str = "", after: str = "") -> str:
    """The value alone: without dotted leaders, and without printed words at either end."""
    value = _LEADERS.sub(" ", vietnamese.nfc(text))
    value = _without_head(value, label)
    if after:
        value = _without_tail(value, after)
    value = re.sub(r"\s+([,;.:])", r"\1", value)
    return vietnamese.nfc(value).strip(" .,;:…_-–|'\"`~*“”‘’")


def _without_head(value: str, label: str) -> str:
    """Drop the end of the label where the strip began too early: what stands before its colon."""
    if not label.endswith(":") or ":" not in value:
        return value
    head, rest = value.split(":", 1)
    wanted, seen = letters_of(label), letters_of(head)
    if len(seen) <= len(wanted) and fuzz.ratio(seen, wanted[-len(seen) :] if seen else "") >= 60:
        return rest
    return value


def _without_tail(value: str, after: str) -> str:
    """Drop the beginning of the next printed words where the strip ended too late."""
    head = after.lstrip(" ,;.").split()
    words = value.split()
    for count in range(min(4, len(words) - 1, len(head)), 0, -1):
        seen, wanted = letters_of(" ".join(words[-count:])), letters_of(" ".join(head[:count]))
        if len(wanted) > 2 and fuzz.ratio(seen, wanted) >= 88:
            return " ".join(words[:-count])
    return value
