"""The head and the foot of an official paper (Nghị định 30/2020/NĐ-CP, Phụ lục I).

Above the text stand who issues, the number and the title; below it the date, the office and who
signed. They have no labels before them: their place on the page tells what they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from workbench import vietnamese
from workbench.model import Box, Word
from workbench.placement import Line, Placement, Running, letters_of, rows_of
from workbench.sites import LABEL_FOUND, Body, Site, Strip, span
from workbench.template import Template

_LONG = 12  # letters of a print that is not taken for another
_RIGHT_HALF = 0.42  # left of it nothing of the signature block stands
_PLACE_WORDS = 5  # before a date in the foot: the place, or a title of the left half
_RANKS = tuple(
    grade + class_
    for class_ in ("ta", "uy", "tuong")
    for grade in ("thieu", "trung", "thuong", "dai")
)


def letterhead(page: int, placement: Placement, template: Template) -> list[Site]:
    """Who issues, the number and the title, above the text; empty where the motto is not found."""
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


def closing(page: int, placement: Placement, template: Template, body: Body) -> list[Site]:
    """The date, the office, the rank and the name of who signed, as far as they are found."""
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
        top, bottom = span(line, x0, 1.0, body.height)
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
