"""Which pages belong together: blank ones, pages scanned twice, swapped ones, papers in one file.

Pure: what a page says of its place (`look`), whether two pages are one sheet scanned twice
(`same_text`, then `same_ink`), and what follows for the pages of a file (`arrange`) and for papers
of different files (`continues`). Everything it finds is a proposal that a person can undo.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from workbench import imaging, placement, tables, vietnamese
from workbench.errors import Sentence
from workbench.model import Box, PageMatter, Quality, Word
from workbench.placement import Running
from workbench.template import Template

Image = NDArray[np.uint8]
Matrix = NDArray[np.float64]

# Stands at the head of every first page of an official paper (Nghị định 30/2020/NĐ-CP, Phụ lục I).
HEAD: Final = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
_HEAD_FOUND: Final = 85.0  # similarity (0-100)
_HEAD_ENDS: Final = 0.35  # share of the page's height above which the head stands
_NUMBER_ENDS: Final = 0.45  # the number of a paper stands above this, in the left part
_NUMBER_LEFT: Final = 0.6
# A number of a paper as folded letters: digits, a stroke, and the letters of its register.
# Engines take 1 for i or l and 0 for o.
_NUMBER: Final = re.compile(
    r"(?<![\w/])([\dilo]{1,6}[a-h]?)\s*/\s*((?:\d{4}/)?[a-z][a-z0-9]*(?:[-–/.][a-z0-9]+)*)"
)
_AS_DIGITS: Final = str.maketrans("ilo", "110")
# From here on a paper names the laws and decisions it rests on, each with a number of its own.
_GROUNDS: Final = ("cancu", "nghidinh", "thongtu", "quyetdinh")
_NAMED_PAGE: Final = re.compile(r"^(?:trang\s*)?[-–]?\s*(\d{1,2})\s*[-–]?(?:\s*/\s*\d{1,2})?$")
_EDGE: Final = 0.07  # a page's own number stands this near to its upper or lower edge

SURE: Final = 0.7  # from this confidence a proposal is applied before a person has seen it


# --- what one page says ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """What a page says of its place among others; letters are folded (no marks, no case)."""

    blank: bool
    head: bool = False  # it begins an official paper
    numbers: tuple[str, ...] = ()  # its own, as at its head: "179/gpsd-vktt", the likeliest first
    mentions: tuple[str, ...] = ()  # numbers of papers named anywhere on it
    folio: int | None = None  # the page number printed on it
    rows: tuple[int, int] | None = None  # first and last ordinal of a table that runs over it
    kind: str | None = None  # the form whose first page it is
    lists: tuple[str, ...] = ()  # forms whose table of items it carries
    words: int = 0  # how many words were read on it
    through: bool = False  # blank but for the print of the other side, which shows through

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Look:
        told: Any = {k: tuple(v) if isinstance(v, list) else v for k, v in kept.items()}
        return cls(**told)


def look(
    by_engine: Mapping[str, Sequence[Word]], quality: Quality, templates: Sequence[Template]
) -> Look:
    """What a page says of its place, as the engines read it."""
    if quality.blank or not any(by_engine.values()):
        return Look(blank=quality.blank)
    readings = [Running(placement.lines_of(words)) for words in by_engine.values()]
    head = begins_document(by_engine)
    lists = tuple(
        t.id
        for t in templates
        if t.items and any(tables.has_headings(reading, t.items) for reading in readings)
    )
    return Look(
        blank=False,
        head=head,
        numbers=_own_numbers(readings) if head else (),
        mentions=_mentions(readings),
        folio=next((f for r in readings if (f := _folio(r)) is not None), None),
        rows=_rows(readings) if lists and not head else None,
        kind=next((t.id for t in templates if _is_first_page(readings, t)), None) if head else None,
        lists=lists,
        words=max(len(words) for words in by_engine.values()),
    )


def begins_document(by_engine: Mapping[str, Sequence[Word]]) -> bool:
    """Whether the head of an official paper stands at the top of the page, as any engine saw it."""
    for words in by_engine.values():
        running = Running(placement.lines_of(words))
        found = running.find(HEAD)
        if found is None or found.score < _HEAD_FOUND:
            continue
        if running.lines[running.owner[found.start][0]].box.bottom < _HEAD_ENDS:
            return True
    return False


def _is_first_page(readings: Sequence[Running], template: Template) -> bool:
    """Whether the prints that tell this form from others stand on the page."""
    return all(
        any((found := r.find(p)) and found.score >= placement.RECOGNISED for r in readings)
        for p in template.recognised_by.all_of
    )


def _numbers(text: str) -> list[str]:
    return [
        f"{digits.translate(_AS_DIGITS)}/{register}"
        for digits, register in _NUMBER.findall(vietnamese.fold(text))
        if any(c.isdigit() for c in digits)
    ]


def _own_numbers(readings: Sequence[Running]) -> tuple[str, ...]:
    """The number at the head as each engine read it, what most read first."""
    said: list[str] = []
    for running in readings:
        for line in running.lines:
            if any(ground in placement.letters_of(line.text) for ground in _GROUNDS):
                break
            left, top = line.box.left, line.box.middle[1]
            if top < _NUMBER_ENDS and left < _NUMBER_LEFT and (found := _numbers(line.text)):
                said.append(found[0])
                break
    return tuple(sorted(set(said), key=lambda n: (-said.count(n), -len(n), n)))


def _mentions(readings: Sequence[Running]) -> tuple[str, ...]:
    found = {n for running in readings for line in running.lines for n in _numbers(line.text)}
    return tuple(sorted(found))


def _folio(running: Running) -> int | None:
    """A line at the upper or lower edge that holds nothing but a page number."""
    for line in running.lines:
        if line.box.bottom > _EDGE and line.box.top < 1 - _EDGE:
            continue
        if found := _NAMED_PAGE.match(vietnamese.fold(line.text).strip()):
            return int(found.group(1))
    return None


def _rows(readings: Sequence[Running]) -> tuple[int, int] | None:
    """The ordinals at the left of a table: the longest run of numbers that count up by one."""
    best: tuple[int, int] | None = None
    for running in readings:
        ordinals = [
            int(first)
            for line in running.lines
            if (first := line.words[0].text.strip(".,|[]() ")).isdigit()
            and len(first) <= 3
            and line.box.left < 0.3
        ]
        for start, value in enumerate(ordinals):
            last, missed = value, 0
            for later in ordinals[start + 1 :]:
                if last < later <= last + 1 + missed:
                    last, missed = later, 0
                else:
                    missed += 1
            if last > value and (best is None or last - value > best[1] - best[0]):
                best = (value, last)
    return best


# --- one page behind another ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evidence:
    """How sure it is (0-1) that a page continues a paper, and what says so."""

    confidence: float
    why: Sentence


def continues(page: Look, paper: Sequence[Look]) -> Evidence | None:
    """Whether `page`, that has no head, says that it belongs to `paper`; `paper` has a head first.

    None where nothing says so, or where it names another paper of the same register.
    """
    if page.head or page.blank or not paper or not paper[0].head:
        return None
    first, last = paper[0], paper[-1]
    named = [(m, n) for m in page.mentions for n in first.numbers if _same_register(m, n)]
    if any(_same_number(m, n) for m, n in named):
        return Evidence(0.95, Sentence("It names the number of that paper."))
    if named and not any(_nearly_same_number(m, n) for m, n in named):
        return None
    if page.rows and last.rows and page.rows[0] == last.rows[1] + 1:
        return Evidence(0.85, Sentence("Its table goes on where the other page's table ends."))
    if first.kind and first.kind in page.lists and not any(p.lists for p in paper):
        return Evidence(0.75, Sentence("It carries the list that belongs to this kind of paper."))
    if page.folio is not None and page.folio >= 2 and page.folio == len(paper) + 1:
        return Evidence(0.7, Sentence("The page number printed on it follows."))
    return None


def _same_number(one: str, other: str) -> bool:
    """Equal but for letters that engines mistake; the digits must be the same."""
    return one.split("/")[0] == other.split("/")[0] and _same_register(one, other)


def _nearly_same_number(one: str, other: str) -> bool:
    """But for one digit, which engines may have mistaken or lost."""
    a, b = one.split("/")[0], other.split("/")[0]
    return Levenshtein.distance(a, b) <= 1 or a.endswith(b) or b.endswith(a)


def _same_register(one: str, other: str) -> bool:
    """Whether two numbers come from one register: what follows their stroke is alike."""
    a, b = (placement.letters_of(n.partition("/")[2]) for n in (one, other))
    return fuzz.ratio(a, b) >= 80


# --- one sheet scanned twice ----------------------------------------------------------------------

_FRAME: Final = (
    1000.0,
    1414.0,
)  # pages are laid over one another as upright A4 sheets of this size
_STRAYED: Final = 10.0  # in the frame; words farther off were at another place
_FEWEST: Final = 15  # words that stand once on both pages; fewer do not say how the pages lie
_IN_PLACE: Final = 0.8  # share of those words that must lie where the others say
_ALIKE: Final = 0.6  # share of the letters that must be read at the same place on both pages
_LEADER: Final = re.compile(r"[0oc]*")  # what engines make of dotted leaders
_LONG_SIDE: Final = 1600  # pixels at which the ink of two scans is compared
_SLACK: Final = 8  # pixels by which paper that is not flat may still lie off
_WORD_ALIKE: Final = 0.6  # correlation from which two pieces of ink are the same word
# Share of the words whose ink must be the same. Measured on scans of filled-in forms: 0.99 and more
# between two scans of one sheet, 0.78 and less between two papers of one form.
_INK_ALIKE: Final = 0.93
_CLEARLY: Final = 1.15  # times as many words that two engines agree on


@dataclass(frozen=True, slots=True)
class Token:
    """A word as one engine read it: folded letters, where, and whether another engine agrees."""

    text: str
    box: Box
    sure: bool

    @property
    def digits(self) -> str:
        return "".join(c for c in self.text if c.isdigit())


def is_same_sheet(
    one: Mapping[str, Sequence[Word]],
    other: Mapping[str, Sequence[Word]],
    image: Path,
    other_image: Path,
) -> bool:
    """Whether two pages are scans of one sheet: the same words, and the same ink where they stand.

    The words and the readable image of each page. Two papers of one form are much alike: they are
    told apart by their numbers, and by the ink of their values.
    """
    first, second = tokens(one), tokens(other)
    fit = same_text(first, second)
    if fit is None:
        return False
    return same_ink(imaging.load(image), imaging.load(other_image), first, fit) >= _INK_ALIKE


def tokens(by_engine: Mapping[str, Sequence[Word]]) -> tuple[Token, ...]:
    """The words of the engine that read most, each with whether another engine read it so too."""
    ranked = sorted(by_engine.values(), key=len, reverse=True)
    if not ranked or not ranked[0]:
        return ()
    others = [placement.lines_of(words) for words in ranked[1:]]
    found: list[Token] = []
    for line in placement.lines_of(ranked[0]):
        level = [
            "".join(
                placement.letters_of(other.text)
                for other in lines
                if other.box.top < line.box.middle[1] < other.box.bottom
            )
            for lines in others
        ]
        for word in line.words:
            text = placement.letters_of(word.text)
            if not _LEADER.fullmatch(text):
                found.append(Token(text, word.box, any(text in said for said in level)))
    return tuple(found)


def same_text(one: Sequence[Token], other: Sequence[Token]) -> Matrix | None:
    """How the second page lies over the first; None where they say different things.

    Words that stand once on each page say how the pages lie. Then place is compared with place: a
    number that two engines read alike on either page, and that differs between the pages, parts
    them however alike the rest is.
    """
    fit = _laid_over(one, other)
    if fit is None:
        return None
    back: Matrix = np.linalg.inv(fit).astype(np.float64)
    for here, there, way in ((one, other, fit), (other, one, back)):
        placed = [(_framed(token.box, way), token) for token in there]
        same = total = 0.0
        for token in here:
            facing = _facing(_framed(token.box, np.eye(3)), placed)
            if _contradicts(token, facing):
                return None
            total += len(token.text)
            said = "".join(t.text for _, t in facing)
            same += len(token.text) * fuzz.partial_ratio(token.text, said) / 100 if said else 0
        if same < _ALIKE * total:
            return None
    return fit


def _laid_over(one: Sequence[Token], other: Sequence[Token]) -> Matrix | None:
    """The map that takes a point of the second page to the first, from words that stand once."""
    here, there = _once(one), _once(other)
    common = [text for text in here if text in there and len(text) > 1]
    if len(common) < _FEWEST:
        return None
    a, b = (
        np.array([_framed(told[text].box, np.eye(3)).mean(axis=0) for text in common], np.float32)
        for told in (here, there)
    )
    fit, kept = cv2.findHomography(b, a, cv2.RANSAC, _STRAYED)
    if fit is None or kept is None or kept.mean() < _IN_PLACE:
        return None
    matrix: Matrix = fit
    return matrix


def _once(told: Sequence[Token]) -> dict[str, Token]:
    count = Counter(token.text for token in told)
    return {token.text: token for token in told if count[token.text] == 1}


def _framed(box: Box, fit: Matrix) -> Matrix:
    """Upper left and lower right of a box in the frame, carried by `fit`."""
    across, down = _FRAME
    corners = np.array(
        [[box.left * across, box.top * down, 1], [box.right * across, box.bottom * down, 1]]
    )
    carried = corners @ fit.T
    points: Matrix = carried[:, :2] / carried[:, 2:]
    return points


def _facing(place: Matrix, placed: Sequence[tuple[Matrix, Token]]) -> list[tuple[float, Token]]:
    """The words of the other page at this place, each with the share of the place that it covers.

    A little to either side too: engines that read whole strips guess where in them a word stands.
    """
    (left, top), (right, bottom) = place
    air = 0.5 * (right - left) + (bottom - top)
    found = [
        (at, token)
        for at, token in placed
        if top < at[:, 1].mean() < bottom and at[1, 0] > left - air and at[0, 0] < right + air
    ]
    return [
        (float(min(right, at[1, 0]) - max(left, at[0, 0])) / max(float(right - left), 1e-6), token)
        for at, token in sorted(found, key=lambda told: float(told[0][0, 0]))
    ]


def _contradicts(token: Token, facing: Sequence[tuple[float, Token]]) -> bool:
    """Whether a number that is sure is surely another number on the other page."""
    mine = token.digits
    if not token.sure or len(mine) < 2:
        return False
    if mine in "".join(other.digits for _, other in facing):
        return False
    if any(not other.sure and fuzz.ratio(mine, other.digits) >= 50 for _, other in facing):
        return False
    return any(other.sure and len(other.digits) >= 2 and share > 0.5 for share, other in facing)


def same_ink(one: Image, other: Image, words: Sequence[Token], fit: Matrix) -> float:
    """The share (0-1) of the first page's words that the other page shows in the same ink there.

    Gray pages ready to be read; `fit` as `same_text` gives it. Values count twice: the share of
    the words with digits is taken where it is less.
    """
    a, b = _small(one), _small(other)
    to_a, to_b = (np.diag([p.shape[1] / _FRAME[0], p.shape[0] / _FRAME[1], 1.0]) for p in (a, b))
    laid = cv2.warpPerspective(
        b, to_a @ fit @ np.linalg.inv(to_b), (a.shape[1], a.shape[0]), borderValue=(255,)
    )
    ink, under = (cv2.GaussianBlur(255 - page, (0, 0), 1.2) for page in (a, laid))
    alike: list[bool] = []
    values: list[bool] = []
    height, width = a.shape
    for word in words:
        left, top, right, bottom = word.box.pixels(width, height)
        inside = min(left, top, width - right, height - bottom) >= _SLACK
        if len(word.text) < 3 or not inside or right - left < _SLACK or bottom - top < _SLACK // 2:
            continue
        room = under[top - _SLACK : bottom + _SLACK, left - _SLACK : right + _SLACK]
        found = cv2.matchTemplate(room, ink[top:bottom, left:right], cv2.TM_CCOEFF_NORMED)
        alike.append(bool(found.max() >= _WORD_ALIKE))
        if word.digits:
            values.append(alike[-1])
    if len(alike) < _FEWEST:
        return 0.0
    shares = [sum(group) / len(group) for group in (alike, values) if group]
    # One value that a fold or a stamp spoils parts no two scans of one sheet.
    return min(shares[0], *(share + 1 / max(len(values), 1) for share in shares[1:]), 1.0)


def _small(page: Image) -> Image:
    gray = page if page.ndim == 2 else cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)
    factor = _LONG_SIDE / max(gray.shape)
    small: Image = cv2.resize(gray, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return small


_FAINT: Final = 0.45  # contrast under which nothing on a page is as dark as ink
_FAINTER: Final = 0.1  # contrast that print loses at least on its way through the paper
_OVERVIEW: Final = 500  # pixels of the long side at which the other side is looked for
_MIRRORED: Final = 0.7  # correlation with the mirrored other side; measured 0.88 against 0.43


def find_through(
    looks: Sequence[Look], qualities: Sequence[Quality], readable: Callable[[int], Path]
) -> list[Look]:
    """What the pages of a file say, those blank where only a neighbour's print shows through.

    Engines read such a page as rubbish. A stamp or a note on it is dark, and then it is not blank.
    """
    found = list(looks)
    for page, (seen, quality) in enumerate(zip(looks, qualities, strict=True)):
        if seen.blank or seen.head or quality.contrast >= _FAINT:
            continue
        beside = [
            at
            for at in (page - 1, page + 1)
            if 0 <= at < len(looks)
            and looks[at].words
            and qualities[at].contrast > quality.contrast + _FAINTER
        ]
        if not beside:
            continue
        shown = imaging.load(readable(page))
        if any(_shows_through(shown, imaging.load(readable(at))) for at in beside):
            found[page] = Look(blank=True, through=True)
    return found


def _shows_through(page: Image, front: Image) -> bool:
    """Whether what is seen on `page` is `front`, mirrored; either way up, and not quite level."""
    here, there = _overview(page), np.ascontiguousarray(_overview(front)[:, ::-1])
    height, width = here.shape
    if (height > width) != (there.shape[0] > there.shape[1]):
        return False
    there = cv2.resize(there, (width, height))
    edge = height // 20
    for degrees in (turn + lean for turn in (0, 180) for lean in (0, -0.75, 0.75, -1.5, 1.5)):
        way = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
        laid = cv2.warpAffine(there, way, (width, height))[edge:-edge, edge:-edge]
        if cv2.matchTemplate(here, laid, cv2.TM_CCOEFF_NORMED).max() >= _MIRRORED:
            return True
    return False


def _overview(page: Image) -> Image:
    factor = _OVERVIEW / max(page.shape)
    small = cv2.resize(page, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    ink: Image = cv2.GaussianBlur(255 - small, (0, 0), 1.5)
    return ink


def find_again(
    looks: Sequence[Look],
    words: Sequence[Mapping[str, Sequence[Word]]],
    readable: Callable[[int], Path],
) -> dict[int, int]:
    """Pages of one file that are another scan of one of its pages: which of which.

    The first scan is kept, unless a second right behind it was read clearly better.
    """
    again: dict[int, int] = {}
    for earlier, later in again_pairs(looks):
        if earlier in again or later in again:
            continue
        if not is_same_sheet(words[earlier], words[later], readable(earlier), readable(later)):
            continue
        good, better = (sum(t.sure for t in tokens(words[at])) for at in (earlier, later))
        if later == earlier + 1 and better > _CLEARLY * good:
            again[earlier] = later
        else:
            again[later] = earlier
    return again


# --- the pages of one file ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Proposed:
    """What is proposed of some pages of a file: which, beside which, why, and how sure (0-1)."""

    matter: PageMatter
    pages: tuple[int, ...]  # 0-based within the file
    against: tuple[int, ...]  # the pages they are compared with
    why: Sentence
    confidence: float


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The papers of a file, each its pages in order; pages set aside; and what was proposed."""

    papers: tuple[tuple[int, ...], ...]
    aside: Mapping[int, PageMatter]
    proposals: tuple[Proposed, ...]

    def paper_of(self, page: int) -> int:
        """The paper that a page, set aside or not, was scanned with: the nearest one before it."""
        for number, paper in enumerate(self.papers):
            if page in paper:
                return number
        before = [n for n, paper in enumerate(self.papers) if min(paper) < page]
        return before[-1] if before else 0


def arrange(looks: Sequence[Look], again: Mapping[int, int]) -> Arrangement:
    """Part the pages of one file into papers, in order, and say why.

    `again` says which page is another scan of which; both are indices into `looks`.
    """
    aside: dict[int, PageMatter] = {}
    told: list[Proposed] = []
    for page, seen in enumerate(looks):
        if seen.blank:
            aside[page] = PageMatter.BLANK
            why = Sentence(
                "Only the print of the other side shows through."
                if seen.through
                else "Nothing is written on this page."
            )
            told.append(
                Proposed(PageMatter.BLANK, (page,), (), why, 0.85 if seen.through else 0.95)
            )
        elif page in again:
            aside[page] = PageMatter.AGAIN
            why = Sentence("It shows the same sheet as the page beside it, scanned again.")
            told.append(Proposed(PageMatter.AGAIN, (page,), (again[page],), why, 0.95))
    papers: list[list[int]] = []
    for page, seen in enumerate(looks):
        if page in aside:
            continue
        if not papers or seen.head:
            papers.append([])
        papers[-1].append(page)
    moved: list[tuple[int, list[int], list[int], Evidence]] = []
    for page, (number, evidence) in _strays(looks, papers).items():
        origin, target = next(p for p in papers if page in p), papers[number]
        origin.remove(page)
        target.append(page)
        moved.append((page, origin, target, evidence))
    for page, origin, target, evidence in moved:
        # Undone, it goes back to the paper it lay with, where anything is left of that.
        beside = (origin or target)[0]
        told.append(
            Proposed(PageMatter.ORDER, (page,), (beside,), evidence.why, evidence.confidence)
        )
    papers = [paper for paper in papers if paper]
    for paper in papers:
        ordered, says = _in_order(looks, paper)
        if says is not None:
            told.append(Proposed(PageMatter.ORDER, tuple(ordered), tuple(paper), says, 0.8))
            paper[:] = ordered
    for before, paper in pairwise(papers):
        why = Sentence("It begins with the head of an official paper.")
        told.append(Proposed(PageMatter.PARTED, tuple(paper), (before[-1],), why, 0.9))
    return Arrangement(tuple(tuple(paper) for paper in papers), aside, tuple(told))


def _strays(
    looks: Sequence[Look], papers: Sequence[Sequence[int]]
) -> dict[int, tuple[int, Evidence]]:
    """Pages that lie with one paper and say that they belong to another: page -> paper, why.

    A page before the first head has no paper yet; a page behind a head must name another's number.
    """
    found: dict[int, tuple[int, Evidence]] = {}
    for own, paper in enumerate(papers):
        headed = [looks[page] for page in paper[:1]]
        for page in paper:
            if looks[page].head:
                continue
            here = continues(looks[page], headed) if looks[paper[0]].head else None
            if here is not None:
                continue
            least = 0.9 if looks[paper[0]].head else SURE
            says = [
                (number, evidence)
                for number, other in enumerate(papers)
                if number != own
                and (evidence := continues(looks[page], [looks[p] for p in other]))
                and evidence.confidence >= least
            ]
            best = max((e.confidence for _, e in says), default=0.0)
            likeliest = [said for said in says if said[1].confidence == best]
            if len(likeliest) == 1:
                found[page] = likeliest[0]
    return found


def _in_order(looks: Sequence[Look], paper: Sequence[int]) -> tuple[list[int], Sentence | None]:
    """The pages behind the head as their own numbers say, where all have such and they differ."""
    first = [page for page in paper if looks[page].head]
    rest = [page for page in paper if not looks[page].head]
    why: Sentence | None = None
    folios = [looks[page].folio for page in rest]
    rows = [looks[page].rows for page in rest]
    if len(rest) > 1 and None not in folios and len(set(folios)) == len(rest):
        rest = sorted(rest, key=lambda page: looks[page].folio or 0)
        why = Sentence("The page numbers printed on them say another order.")
    elif len(rest) > 1 and None not in rows and len(set(rows)) == len(rest):
        rest = sorted(rest, key=lambda page: looks[page].rows or (0, 0))
        why = Sentence("The numbers of the table's rows say another order.")
    ordered = [*first, *rest]
    if ordered == list(paper):
        return ordered, None
    if why is None or ordered[1:] == [page for page in paper if not looks[page].head]:
        return ordered, None if ordered == list(paper) else _HEAD_FIRST
    return ordered, why


_HEAD_FIRST: Final = Sentence("The page with the head of the paper comes first.")


def again_pairs(looks: Sequence[Look]) -> list[tuple[int, int]]:
    """Pairs of pages (earlier, later) of one file that may be one sheet scanned twice.

    Pages with a head must not bear different numbers: two papers of one form are much alike. Pages
    without one are compared only where they can belong to one paper, for the back of a form says
    the same on every copy.
    """
    pairs: list[tuple[int, int]] = []
    for later, seen in enumerate(looks):
        for earlier in range(later - 1, -1, -1):
            before = looks[earlier]
            if seen.blank or before.blank or seen.head != before.head:
                continue
            if seen.head:
                if seen.numbers and before.numbers and not bears_same_number(seen, before):
                    continue
            elif any(
                looks[between].head and not _heads_again(looks, between)
                for between in range(earlier + 1, later)
            ):
                continue
            pairs.append((earlier, later))
    return pairs


def bears_same_number(one: Look, other: Look) -> bool:
    """Whether two pages with a head may be of one paper: an engine read one number on both."""
    return any(_same_number(m, n) for m in one.numbers for n in other.numbers)


def _heads_again(looks: Sequence[Look], page: int) -> bool:
    """Whether the page with a head bears the number of an earlier one in the file."""
    return any(before.head and bears_same_number(looks[page], before) for before in looks[:page])
