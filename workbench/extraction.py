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
    start = 0
    body = _Body.of(running)
    for name, spec in template.fields.items():
        zone = spec.zone
        if zone is None or not zone.after:
            continue
        label = _best(running, zone.after, start)
        if label is None:
            continue
        print_, at = label
        until_print, until = "", None
        if nxt := _best(running, zone.until, at.end):
            until_print, until = nxt
        end = until.start if until else _end_of_paragraph(running, at.end, body)
        sure = (at.score + (until.score if until else (80 if not zone.until else 50))) / 200
        # A later label never stands before an earlier one; short ones lean on that.
        start = at.end if at.score > 85 else start
        strips, text = _between(page, running, body, at.end, end, stop=until)
        if until and running.owner[until.start][0] != running.owner[end - 1][0]:
            until_print = ""  # the next words begin a line of their own
        if strips:
            found.append(Site(name, strips, text, sure, print_, until_print))
    found += _letterhead(page, placement, template)
    found += _closing(page, placement, template, body)
    return found


def _best(running: Running, prints: Sequence[str], start: int) -> tuple[str, Found] | None:
    best: tuple[str, Found] | None = None
    for print_ in prints:
        found = running.find(print_, start)
        if found is None or found.score < LABEL_FOUND:
            continue
        if len(letters_of(print_)) < 8:
            # Short words are everywhere: the first good one counts, not the best of all.
            found = _first(running, print_, start) or found
        if best is None or found.score > best[1].score + 3:
            best = (print_, found)
    return best


def _first(running: Running, print_: str, start: int) -> Found | None:
    wanted = letters_of(print_)
    at = running.text.find(wanted, start)
    if at >= 0:
        return Found(at, at + len(wanted), 100.0)
    return running.find(print_, start, min(len(running.text), start + 120))


def _end_of_paragraph(running: Running, letter: int, body: _Body) -> int:
    """The letter after the last of the paragraph that `letter` stands in.

    A full line is followed by one that is not indented while the paragraph goes on.
    """
    if letter >= len(running.text):
        return len(running.text)
    line = running.owner[letter][0]
    here = running.lines[line]
    while here.box.right > body.right - 0.07 and line + 1 < len(running.lines):
        after = running.lines[line + 1]
        gap = after.box.top - here.box.bottom
        if after.box.left > body.left + 0.025 or gap > 1.5 * body.height:
            break
        line, here = line + 1, after
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
    head = [
        line
        for line in running.lines
        if line.box.bottom < floor + 0.005 and line.box.top > motto_line.box.top - 0.03
    ]
    parts = [_left_part(line, split - 0.005) for line in head]
    left = sorted(
        (p for p in parts if p is not None and p.box.middle[0] < split),
        key=lambda p: p.box.middle[1],
    )
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
    dated = _dated_line(running, floor)
    if dated is None:
        return []
    line, x0, text = dated
    found: list[Site] = []
    top, bottom = _span(line, x0, 1.0, body.height)
    if "date" in wanted:
        box = Box.clipped(x0 - 0.004, top, line.box.right + 0.012, bottom)
        found.append(Site(wanted["date"], (Strip(page, box),), text, 0.9))
    right = line.box.left - 0.04
    below = sorted(
        (
            part
            for other in running.lines
            if other.box.top > line.box.middle[1]
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
    offices = [
        p
        for p in below[:at]
        if p.box.top < line.box.bottom + 6 * body.height and _is_office(p.text)
    ]
    if "office" in wanted and offices:
        found.append(_whole(page, wanted["office"], offices[:3], 0.9))
    return found


def _foot(placement: Placement, template: Template) -> float:
    """The y of the last print of the form that was found: the foot is not above it."""
    tops = [box.top for anchor in template.anchors if (box := placement.box(anchor))]
    return max(tops, default=0.3)


def _dated_line(running: Running, floor: float) -> tuple[Line, float, str] | None:
    """The lowest line that ends in a date in the right half: its part from the place on, the x
    where "ngày" begins, and the text from there."""
    for line in reversed(running.lines):
        if line.box.bottom < floor:
            break
        plain = [vietnamese.fold(w.text) for w in line.words]
        starts = [
            i for i, p in enumerate(plain) if len(p) <= 12 and fuzz.partial_ratio("ngay", p) > 70
        ]
        months = [i for i, p in enumerate(plain) if fuzz.ratio("thang", p) > 60]
        years = [i for i, p in enumerate(plain) if fuzz.ratio("nam", p) > 60]
        year = re.search(r"\d{3}", line.text)
        if bool(starts) + bool(months) + bool(years) + bool(year) < 3:
            continue
        begin = starts[-1] if starts else max(0, (months or years)[0] - 2)
        x0 = line.words[begin].box.left
        if not 0.4 < x0 < 0.85:
            continue
        part = Line(line.words[max(0, begin - 3) :], line.box)
        part = Line(part.words, Box.around([w.box for w in part.words]))
        return part, x0, " ".join(w.text for w in line.words[begin:])
    return None


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
    grid = _grid(image, top, bottom, columns) or _unruled_rows(
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
        if len(middles) >= max(2, len(wanted) - 1) and (best is None or len(middles) > best[0]):
            best = (len(middles), middles, min(tops), max(bottoms))
    return (best[1], best[2], best[3]) if best else None


def _grid(
    image: Image, top: float, bottom: float, columns: Mapping[str, float]
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
        row = _row_through(start, below)
        boxes = {
            name: Box.clipped(
                (x + 3) / width, (y + 1) / height, (x + w - 3) / width, (y + h - 1) / height
            )
            for name, middle in columns.items()
            for x, y, w, h in row
            if x <= middle * width <= x + w
        }
        if len(boxes) >= max(2, len(columns) - 1):
            found.append(boxes)
    return found or None


_Cell = tuple[int, int, int, int]  # left, top, width, height in pixels


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
