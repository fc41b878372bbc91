"""The text of a page as people vouch for it: engines' words, and over them what was corrected.

A correction is tied to a place on the paper. Whatever an engine reads there later, it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from workbench import vietnamese
from workbench.model import Box, TextCorrection

Placed = tuple[str, Box]  # a word and its box on the page as scanned

_AIR = 0.15  # share of a line's height at its edges that its neighbours may reach into


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page, its words in reading order."""

    words: tuple[Placed, ...]

    @property
    def text(self) -> str:
        return " ".join(text for text, _ in self.words)

    @property
    def box(self) -> Box:
        return Box.around([box for _, box in self.words])


def corrected(words: Sequence[Placed], corrections: Sequence[TextCorrection]) -> list[Placed]:
    """The words of one page in reading order, with its corrections laid over them, oldest first.

    Each correction takes the place of the words that lie in its box. What it left as it was keeps
    its box; what it changed shares the room of what it replaced.
    """
    found = list(words)
    for correction in corrections:
        box = Box(*correction.box)
        inside = [n for n, (_, place) in enumerate(found) if _lies_in(place, box)]
        old = [found[n] for n in inside]
        at = inside[0] if inside else _place_in_order(box, found)
        kept = [word for n, word in enumerate(found) if n not in set(inside)]
        kept[at:at] = _written(vietnamese.nfc(correction.after).split(), old, box)
        found = kept
    return found


def _lies_in(word: Box, line: Box) -> bool:
    air = _AIR * line.height
    x, y = word.middle
    return line.left <= x <= line.right and line.top + air <= y <= line.bottom - air


def _place_in_order(box: Box, words: Sequence[Placed]) -> int:
    below = (n for n, (_, place) in enumerate(words) if place.top > box.middle[1])
    return next(below, len(words))


def _written(tokens: Sequence[str], old: Sequence[Placed], line: Box) -> Iterator[Placed]:
    if not old:
        yield from _spread(tokens, line)
        return
    matcher = SequenceMatcher(a=[text for text, _ in old], b=list(tokens), autojunk=False)
    for what, a0, a1, b0, b1 in matcher.get_opcodes():
        if what == "equal" or (what == "replace" and a1 - a0 == b1 - b0):
            yield from ((tokens[b0 + n], old[a0 + n][1]) for n in range(a1 - a0))
        elif what == "replace":
            yield from _spread(tokens[b0:b1], Box.around([box for _, box in old[a0:a1]]))
        elif what == "insert":
            yield from _spread(tokens[b0:b1], _gap(old, a0, line))


def _gap(old: Sequence[Placed], at: int, line: Box) -> Box:
    """The room before the word `at`: up to its neighbours, or to the ends of the line."""
    left = old[at - 1][1].right if at else line.left
    right = old[at][1].left if at < len(old) else line.right
    return Box.clipped(left, line.top, right, line.bottom)


def _spread(tokens: Sequence[str], room: Box) -> Iterator[Placed]:
    """The tokens side by side in the room, each as wide as its letters."""
    letters = sum(len(token) + 1 for token in tokens)
    left = room.left
    for token in tokens:
        right = left + room.width * (len(token) + 1) / letters
        yield token, Box.clipped(left, room.top, right, room.bottom)
        left = right
