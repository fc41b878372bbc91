"""From words and a placed form to the strips where its values stand, and what is read there.

Finding comes first: for each field the strips of the readable page that hold its value, one for
each line it runs over. The strips are then read again by every engine that is good at lines; what
it says, cleaned of printed words and dotted leaders that came along, is a reading of the field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from workbench import vietnamese
from workbench.model import Box, Word
from workbench.placement import Found, Line, Placement, Running, letters_of, rows_of
from workbench.template import Items, Template

Image = NDArray[np.uint8]

LABEL_FOUND = 72.0  # similarity from which a printed label counts as found
_TINY, _SHORT_PRINT, _LONG = 5, 8, 12  # letters of a print
_SHORT_KINDS = frozenset(("date", "document_number", "id_number", "org_number", "count"))
_RIGHT_HALF = 0.42  # left of it nothing of the signature block stands
_PLACE_WORDS = 5  # before a date in the foot: the place, or a title of the left half
_SHORT_VALUE = 34  # letters; longer than any number or date
_RANKS = tuple(
    grade + class_
    for class_ in ("ta", "uy", "tuong")
    for grade in ("thieu", "trung", "thuong", "dai")
)


@dataclass(frozen=True, slots=True)
class Strip:
    """A part of one line of a page that holds (a part of) a value; box on the readable page."""

    page: int
    box: Box


@dataclass(frozen=True, slots=True)
class Site:
    """Where a field stands, and what the page's own reading says there."""

    name: str
    strips: tuple[Strip, ...]
    page_text: str  # as the engine that found the place read it
    sure: float  # 0-1: how well the prints around it were found
    label: str = ""  # the printed words before the value
    next: str = ""  # the printed words after it


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
    if placement.fit < 0.25:
        return found
    body = _Body.of(running)
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
    found += _letterhead(page, placement, template)
    found += _closing(page, placement, template, body)
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


def _end_of_paragraph(running: Running, letter: int, body: _Body) -> int:
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


@dataclass(frozen=True, slots=True)
class _Body:
    """The margins of the running text of a page."""

    left: float
    right: float
    height: float

    @classmethod
    def of(cls, running: Running) -> _Body:
        wide = [line for line in running.lines if line.box.width > 0.45] or list(running.lines)
        if not wide:
            return cls(0.1, 0.9, 0.015)
        lefts = sorted(line.box.left for line in wide)
        rights = sorted(line.box.right for line in wide)
        heights = sorted(w.box.height for line in wide for w in line.words)
        return cls(
            lefts[len(lefts) // 4], rights[(len(rights) * 3) // 4], heights[len(heights) // 2]
        )


def _between(
    page: int, running: Running, body: _Body, start: int, end: int, *, stop: Found | None
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
        top, bottom = _span(line, x0, x1, body.height)
        strips.append(Strip(page, Box.clipped(x0, top, x1, bottom)))
        texts.append(_slice(running, at, letters))
    return tuple(strips), " ".join(t for t in texts if t)


def _span(line: Line, x0: float, x1: float, usual: float) -> tuple[float, float]:
    """Top and bottom of a line between two x; the line may be bent, boxes may be too tall."""
    near = [w for w in line.words if w.box.right > x0 - 0.02 and w.box.left < x1 + 0.02]
    near = near or list(line.words)
    tops = sorted(w.box.top for w in near)
    bottoms = sorted(w.box.bottom for w in near)
    top, bottom = tops[len(tops) // 4], bottoms[(3 * len(bottoms)) // 4]
    middle = (top + bottom) / 2
    height = min(max(bottom - top, 1.0 * usual), 1.9 * usual)
    return middle - 0.5 * height - 0.22 * usual, middle + 0.5 * height + 0.22 * usual


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


# --- the head and the foot of an official paper (Nghị định 30/2020/NĐ-CP, Phụ lục I) -----------


def _letterhead(page: int, placement: Placement, template: Template) -> list[Site]:
    running = placement.running
    wanted = {
        spec.zone.letterhead: name
        for name, spec in template.fields.items()
        if spec.zone and spec.zone.letterhead
    }
    heading = next((n for n, s in template.fields.items() if s.zone and s.zone.heading), None)
    motto = running.find("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
    if not wanted or motto is None or motto.score < LABEL_FOUND:
        return []
    line_at, split = running.edge(motto.start, after=False)
    motto_line = running.lines[line_at]
    first_basis = _line_of_start(running, "Căn cứ")
    floor = first_basis.box.top if first_basis else motto_line.box.top + 0.18
    titles = [placement.box(a) for a in placement.anchors if letters_of(a).startswith("giay")]
    title_top = min((t.middle[1] for t in titles if t), default=floor)
    head = [
        line
        for line in running.lines
        if line.box.bottom < floor + 0.005 and line.box.top > motto_line.box.top - 0.03
    ]
    parts = [_left_part(line, split - 0.005) for line in head]
    left = sorted(
        (p for p in parts if p and p.box.middle[0] < split and p.box.bottom < title_top),
        key=lambda p: p.box.middle[1],
    )
    left = _joined(left)
    number = next(
        (
            at
            for at, p in enumerate(left)
            if re.match(r"s[o0]\W*$|s[o0]\W*[:.]|s[o0]\W*\d", vietnamese.fold(p.text))
        ),
        None,
    )
    if number is None:
        number = next((at for at, p in enumerate(left) if re.search(r"\d+\s*/", p.text)), None)
    sites_: list[Site] = []
    sure = motto.score / 100
    upper = left[:number] if number is not None else left[:3]
    upper = [p for p in upper if len(letters_of(p.text)) > 3 and p.box.width > 0.05]
    if upper and "superior" in wanted:
        sites_.append(_whole(page, wanted["superior"], upper[:1], sure))
    if len(upper) > 1 and "issuer" in wanted:
        sites_.append(_whole(page, wanted["issuer"], upper[1:4], sure))
    if number is not None and "number" in wanted:
        line = left[number]
        plain = [letters_of(w.text) for w in line.words]
        x0 = line.box.left
        word = line.words[0]
        if plain and plain[0].startswith("s") and len(plain[0]) <= 2:
            x0 = word.box.right + 0.002
            text = " ".join(w.text for w in line.words[1:])
        else:
            share = 3 / max(len(word.text), 3)
            x0 = word.box.left + min(share, 0.6) * word.box.width
            text = re.sub(r"^[Ss][ốôoóỐ]\W*", "", line.text)
        box = Box.clipped(
            x0, line.box.top - 0.004, max(line.box.right, x0 + 0.02) + 0.03, line.box.bottom + 0.004
        )
        sites_.append(Site(wanted["number"], (Strip(page, box),), text, sure, "Số:"))
    if heading:
        top = max((p.box.bottom for p in left[: (number or 2) + 1]), default=motto_line.box.bottom)
        title = [
            line
            for line in head
            if line.box.top > top - 0.005
            and line.box.bottom < floor
            and len(letters_of(line.text)) > 5
            and abs(line.box.middle[0] - 0.5) < 0.15
            and _capitals(line.text)
        ]
        if title:
            sites_.append(_whole(page, heading, title[:3], sure))
    return sites_


def _line_of_start(running: Running, print_: str) -> Line | None:
    """The topmost line that begins with these words."""
    wanted = letters_of(print_)
    return next(
        (
            line
            for line in running.lines
            if fuzz.ratio(wanted, letters_of(line.text)[: len(wanted)]) > 80
        ),
        None,
    )


def _joined(parts: Sequence[Line]) -> list[Line]:
    """The lines with their torn pieces put together again: handwriting leaves wide gaps."""
    whole: list[Line] = []
    for part in parts:
        if whole and abs(whole[-1].box.middle[1] - part.box.middle[1]) < 0.4 * part.box.height:
            words = sorted((*whole.pop().words, *part.words), key=lambda w: w.box.left)
            whole.append(Line(tuple(words), Box.around([w.box for w in words])))
        else:
            whole.append(part)
    return whole


def _capitals(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return sum(c.isupper() for c in letters) > 0.7 * len(letters)


def _left_part(line: Line, split: float) -> Line | None:
    words = tuple(w for w in line.words if w.box.middle[0] < split)
    if not words:
        return None
    return Line(words, Box.around([w.box for w in words]))


def _whole(page: int, name: str, lines: Sequence[Line], sure: float) -> Site:
    strips = tuple(
        Strip(
            page,
            Box.clipped(
                line.box.left - 0.008,
                line.box.top - 0.003,
                line.box.right + 0.008,
                line.box.bottom + 0.003,
            ),
        )
        for line in lines
    )
    return Site(name, strips, " ".join(line.text for line in lines), sure)


def _closing(page: int, placement: Placement, template: Template, body: _Body) -> list[Site]:
    running = placement.running
    wanted = {
        spec.zone.closing: name
        for name, spec in template.fields.items()
        if spec.zone and spec.zone.closing
    }
    if not wanted:
        return []
    floor = _foot(placement, template)
    found: list[Site] = []
    right = _RIGHT_HALF
    # Place and date stand above the signature, or in the head beside the number.
    dated = _dated_line(running, floor, 1.0) or _dated_line(running, *_head(placement))
    if dated is not None:
        line, x0, text = dated
        top, bottom = _span(line, x0, 1.0, body.height)
        if "date" in wanted:
            box = Box.clipped(x0 - 0.004, top, line.box.right + 0.012, bottom)
            found.append(Site(wanted["date"], (Strip(page, box),), text, 0.9))
        if line.box.top > floor:
            floor, right = line.box.middle[1], line.box.left - 0.04
    below = sorted(
        (
            part
            for other in running.lines
            if other.box.top > floor
            and (part := _right_part(other, right)) is not None
            and len(letters_of(part.text)) > 2
        ),
        key=lambda p: p.box.middle[1],
    )
    at = next((i for i, p in enumerate(below) if _rank(p) is not None), None)
    if at is None:
        return found
    signer = below[at]
    rank_words = _rank(signer) or 0
    if "rank" in wanted and rank_words:
        rank = signer.words[:rank_words]
        text = " ".join(word.text for word in rank)
        found.append(Site(wanted["rank"], (Strip(page, _around(rank)),), text, 0.9))
    if "signer" in wanted and len(signer.words) > rank_words:
        name = signer.words[rank_words:]
        box = _around(name)
        box = Box.clipped(box.left, box.top, box.right + 0.01, box.bottom)
        text = " ".join(word.text for word in name)
        found.append(Site(wanted["signer"], (Strip(page, box),), text, 0.9))
    offices = [p for p in below[:at] if p.box.top < floor + 7 * body.height and _is_office(p.text)]
    if "office" in wanted and offices:
        found.append(_whole(page, wanted["office"], offices[:3], 0.9))
    return found


def _foot(placement: Placement, template: Template) -> float:
    """The y of the last line with a label in the running text; what is signed stands below."""
    running = placement.running
    foot = 0.25
    for spec in template.fields.values():
        for print_ in spec.zone.after if spec.zone else ():
            found = running.find(print_) if len(letters_of(print_)) >= _LONG else None
            if found and found.score >= 85:
                line = running.lines[running.owner[found.end - 1][0]]
                foot = max(foot, line.box.middle[1] + 0.5 * line.box.height)
    return foot


def _head(placement: Placement) -> tuple[float, float]:
    """Between which y the number, and on some forms the date, stand: motto and title."""
    titles = [placement.box(a) for a in placement.anchors if letters_of(a).startswith("giay")]
    mottos = [placement.box(a) for a in placement.anchors if "phuc" in letters_of(a)]
    bottom = min((t.middle[1] for t in titles if t), default=0.0)
    return min((m.bottom for m in mottos if m), default=0.0), bottom


def _dated_line(running: Running, above: float, below: float) -> tuple[Line, float, str] | None:
    """The line of place and date, the x where "ngày" begins, and its text from there.

    The row whose words say so best; a date in the running text has other words before it.
    """
    words = [w for line in running.lines for w in line.words if above < w.box.middle[1] < below]
    best: tuple[float, Line, int] | None = None
    for row in rows_of(words) if words else ():
        right = [w for w in row if w.box.left > _RIGHT_HALF]
        plain = [vietnamese.fold(w.text) for w in right]
        days = [
            i for i, p in enumerate(plain) if len(p) <= 12 and fuzz.partial_ratio("ngay", p) > 70
        ]
        months = [i for i, p in enumerate(plain) if fuzz.ratio("thang", p) > 60]
        years = [i for i, p in enumerate(plain) if fuzz.ratio("nam", p) > 60]
        year = any(re.search(r"\d{3}", p) for p in plain)
        score = bool(days) + bool(months) + bool(years) + year
        before = [w for w in row if right and w.box.right <= right[0].box.left]
        if score < 3 or len(before) > _PLACE_WORDS:
            continue
        if best is None or score > best[0]:
            begin = days[0] if days else max(0, (months or years)[0] - 2)
            best = (score, Line(tuple(right), Box.around([w.box for w in right])), begin)
    if best is None:
        return None
    _, line, begin = best
    return line, line.words[begin].box.left, " ".join(w.text for w in line.words[begin:])


def _right_part(line: Line, split: float) -> Line | None:
    words = tuple(w for w in line.words if w.box.middle[0] > split)
    return Line(words, Box.around([w.box for w in words])) if words else None


def _rank(line: Line) -> int | None:
    """How many words at the start of the line are a rank; None where there is none."""
    if line.text == line.text.upper():
        return None  # offices are printed in capitals, ranks never
    plain = [letters_of(w.text) for w in line.words]
    for count in (2, 1):
        head = "".join(plain[:count])
        if len(plain) > count and any(fuzz.ratio(head, rank) >= 78 for rank in _RANKS):
            return count
    return None


def _is_office(text: str) -> bool:
    plain = letters_of(text)
    words = ("truong", "phong", "giamdoc", "congan", "pho", "kt", "tl", "tuq")
    return any(w in plain for w in words) or fuzz.partial_ratio("truongphong", plain) > 75


def _around(words: Sequence[Word]) -> Box:
    box = Box.around([w.box for w in words])
    return Box.clipped(box.left - 0.004, box.top - 0.003, box.right + 0.004, box.bottom + 0.003)


# --- tables -----------------------------------------------------------------------------------


def table_cells(image: Image, placement: Placement, items: Items) -> dict[str, Box] | None:
    """`1.so_hieu` -> its cell on the readable page, in the ruled table under the printed headings.

    None where the page has no such table.
    """
    head = _heading_row(placement.running, items)
    if head is None:
        return None
    columns, top, bottom = head
    grid = _grid(image, top, bottom, columns, tuple(items.columns)) or _unruled_rows(
        placement.running, items, bottom, columns
    )
    if grid is None:
        return None
    cells: dict[str, Box] = {}
    for number, row in enumerate(grid, start=1):
        for column, box in row.items():
            cells[f"{number}.{column}"] = box
    return cells


def _heading_row(running: Running, items: Items) -> tuple[dict[str, float], float, float] | None:
    """Middle of each column, and the top and bottom of the row of headings."""
    wanted = {name: column.heading for name, column in items.columns.items()}
    best: tuple[float, dict[str, float], float, float] | None = None
    for line in running.lines:
        group = [
            other
            for other in running.lines
            if abs(other.box.middle[1] - line.box.middle[1]) < 0.8 * line.box.height
        ]
        row = Running(sorted(group, key=lambda g: g.box.left))
        middles: dict[str, float] = {}
        tops, bottoms = [], []
        for name, print_ in wanted.items():
            found = row.find(print_)
            if found is None or found.score < 75:
                continue
            left = row.edge(found.start, after=False)[1]
            right = row.edge(found.end - 1, after=True)[1]
            middles[name] = (left + right) / 2
            box = row.lines[row.owner[found.start][0]].box
            tops.append(box.top)
            bottoms.append(box.bottom)
        if len(middles) >= max(2, len(wanted) - 2) and (best is None or len(middles) > best[0]):
            best = (len(middles), middles, min(tops), max(bottoms))
    return (best[1], best[2], best[3]) if best else None


def _grid(
    image: Image,
    top: float,
    bottom: float,
    columns: Mapping[str, float],
    names: Sequence[str],
) -> list[dict[str, Box]] | None:
    """The rows under the headings, each with its cells, from the ruled lines of the table."""
    height, width = image.shape[:2]
    ink = (image < 160).astype(np.uint8)
    long_x, long_y = width // 32, max(12, int(0.012 * height))
    across = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, long_x), np.uint8))
    across = cv2.dilate(across, np.ones((5, 25), np.uint8))
    down = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((long_y, 1), np.uint8))
    down = cv2.dilate(down, np.ones((21, 5), np.uint8))
    rules = ((across | down) > 0).astype(np.uint8)
    # Cells are what the rules enclose.
    count, _, stats, _ = cv2.connectedComponentsWithStats(
        (1 - rules).astype(np.uint8), connectivity=4
    )
    cells: list[_Cell] = []
    for x, y, w, h, area in stats[1:count]:
        if (
            0.025 * width < w < 0.5 * width
            and 0.008 * height < h < 0.06 * height
            and area > 0.6 * w * h
        ):
            cells.append((x, y, w, h))
    head_y = (top + bottom) / 2 * height
    below = [c for c in cells if c[1] + c[3] / 2 > head_y + 0.6 * (bottom - top) * height]
    if not below:
        return None
    spine_at = max(columns.values(), key=lambda middle: _cells_at(below, middle * width))
    spine = sorted(
        (c for c in below if c[0] <= spine_at * width <= c[0] + c[2]), key=lambda c: c[1]
    )
    found: list[dict[str, Box]] = []
    previous = head_y
    for start in spine:
        if found and start[1] - previous > 3.5 * start[3]:
            break  # another table, or a stray box
        previous = start[1] + start[3]
        row = sorted(_row_through(start, below))
        if len(row) == len(names) + 1:  # the column that counts the rows comes first
            told = dict(zip(names, row[1:], strict=True))
        else:
            told = {
                name: cell
                for name, middle in columns.items()
                for cell in row
                if cell[0] <= middle * width <= cell[0] + cell[2]
            }
        told |= _faint(told, names, columns, width)
        boxes = {
            name: Box.clipped(
                (x + 3) / width, (y + 1) / height, (x + w - 3) / width, (y + h - 1) / height
            )
            for name, (x, y, w, h) in told.items()
        }
        if len(boxes) >= max(2, len(columns) - 1):
            found.append(boxes)
    return found or None


_Cell = tuple[int, int, int, int]  # left, top, width, height in pixels


def _faint(
    told: Mapping[str, _Cell], names: Sequence[str], columns: Mapping[str, float], width: int
) -> dict[str, _Cell]:
    """Cells whose rules are too faint to be seen, as their neighbours and headings place them."""
    found: dict[str, _Cell] = {}
    for at, name in enumerate(names):
        if name in told or name not in columns:
            continue
        before = told.get(names[at - 1]) if at else None
        after = told.get(names[at + 1]) if at + 1 < len(names) else None
        beside = before or after
        if beside is None:
            continue
        middle = int(columns[name] * width)
        left = before[0] + before[2] if before else None
        right = after[0] if after else None
        if left is None and right is not None:
            left = 2 * middle - right
        if right is None and left is not None:
            right = 2 * middle - left
        if left is not None and right is not None and 0 <= left < middle < right:
            found[name] = (left, beside[1], right - left, beside[3])
    return found


def _cells_at(cells: Sequence[_Cell], x: float) -> int:
    return sum(1 for c in cells if c[0] <= x <= c[0] + c[2])


def _row_through(start: _Cell, cells: Sequence[_Cell]) -> list[_Cell]:
    """The cells beside `start`, from neighbour to neighbour: rows of a page not flat are bent."""
    row = [start]
    for step in (1, -1):
        here = start
        while (beside := _beside(here, cells, step)) is not None:
            row.append(beside)
            here = beside
    return row


def _beside(here: _Cell, cells: Sequence[_Cell], step: int) -> _Cell | None:
    best: tuple[float, _Cell] | None = None
    for cell in cells:
        gap = cell[0] - (here[0] + here[2]) if step > 0 else here[0] - (cell[0] + cell[2])
        if not -4 <= gap <= 0.8 * here[3]:
            continue
        shared = min(here[1] + here[3], cell[1] + cell[3]) - max(here[1], cell[1])
        if shared > 0.5 * min(here[3], cell[3]) and (best is None or shared > best[0]):
            best = (shared, cell)
    return best[1] if best else None


def _unruled_rows(
    running: Running, items: Items, top: float, columns: Mapping[str, float]
) -> list[dict[str, Box]] | None:
    """The rows of a table whose rules are too faint: words in rows, parted between the headings."""
    ends = [f for p in items.until if (f := running.find(p)) and f.score >= LABEL_FOUND]
    floors = [running.lines[running.owner[f.start][0]].box.top for f in ends]
    floor = min((y for y in floors if y > top), default=1.0)
    order = sorted(columns.items(), key=lambda item: item[1])
    middles = [middle for _, middle in order]
    first = middles[0] - (middles[1] - middles[0]) * 0.6
    cuts = [first, *((a + b) / 2 for a, b in pairwise(middles))]
    cuts.append(middles[-1] + (middles[-1] - middles[-2]) * 0.5)
    words = [w for line in running.lines for w in line.words if top < w.box.top < floor - 0.004]
    rows: list[dict[str, Box]] = []
    for line in rows_of(words):
        boxes: dict[str, Box] = {}
        for number, (name, _) in enumerate(order):
            inside = [w.box for w in line if cuts[number] <= w.box.middle[0] < cuts[number + 1]]
            if inside:
                box = Box.around(inside)
                boxes[name] = Box.clipped(
                    box.left - 0.01, box.top - 0.004, box.right + 0.01, box.bottom + 0.004
                )
        if len(boxes) >= max(2, len(order) - 2):
            rows.append(boxes)
    return rows or None


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
