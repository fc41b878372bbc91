"""What is printed on every copy: anchors with their places, the title, what tells it apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rapidfuzz import fuzz

from workbench import guessing, placement, printed
from workbench.model import Box
from workbench.placement import letters_of
from workbench.printed import Part, Spot
from workbench.proposing.suggestions import Copy
from workbench.template import Anchor, Recognition, Template

_ANCHOR: Final = 10  # letters of an anchor, at least
_ANCHORS: Final = 24
_MIDDLE: Final = 0.12  # of the page's width that a title stands off its middle
_LONG: Final = 14  # letters of print that may tell a form from others
_TELLING: Final = 2  # prints that do


def anchors_of(found: Sequence[Part], copies: Sequence[Copy]) -> tuple[Anchor, ...]:
    """Print that stands on one line of the model and begins one on every copy, with its place."""
    model = copies[0]
    anchors = [anchor for text in guessing.MOTTO if (anchor := _heard(text, copies))]
    seen: set[str] = set()
    for part in found:
        for phrase, texts in phrases(part) if part.is_print else ():
            text = printed.commonest(texts).rstrip(" ,;.")
            letters = letters_of(text)
            if len(letters) < _ANCHOR or letters in seen:
                continue
            seen.add(letters)
            page = phrase[0].page
            at = placement.drawn(Box.around([spot.box for spot in phrase]), model.warps[page])
            anchors.append(Anchor(text=text, at=at, page=page + 1))
    longest = sorted(anchors, key=lambda anchor: -len(anchor.text))[:_ANCHORS]
    return tuple(sorted(longest, key=lambda a: (a.page, a.at[1] if a.at else 0, a.text)))


def _heard(text: str, copies: Sequence[Copy]) -> Anchor | None:
    """Words that stand on the first page of most papers, with their place on the model."""
    found = [copy.readings[0].find(text) for copy in copies]
    if any(one is None or one.score < placement.FOUND for one in found) or found[0] is None:
        return None
    running = copies[0].readings[0]
    words = {running.owner[i][:2] for i in range(found[0].start, found[0].end)}
    box = Box.around([running.lines[a].words[b].box for a, b in words])
    return Anchor(text=text, at=placement.drawn(box, copies[0].warps[0]))


def phrases(part: Part) -> Iterator[tuple[tuple[Spot, ...], tuple[str, ...]]]:
    """The lines of a print that begin on every copy, as far as they run on the model's line."""
    for begin in part.begins:
        line = part.words[begin].line, part.words[begin].page
        end = begin
        while end < len(part.words) and (part.words[end].line, part.words[end].page) == line:
            end += 1
        phrase = part.words[begin:end]
        mine = " ".join(spot.text for spot in phrase)
        yield phrase, (mine, *(_same_words(mine, text) for text in part.texts[1:]))


def _same_words(phrase: str, text: str) -> str:
    """The words of another copy's text that are those of the phrase; empty where some are lost."""
    count, words = len(phrase.split()), text.split()
    windows = [" ".join(words[at : at + count]) for at in range(len(words) - count + 1)]
    wanted = letters_of(phrase)
    best = max(windows, key=lambda said: fuzz.ratio(letters_of(said), wanted), default="")
    return best if fuzz.ratio(letters_of(best), wanted) >= 80 else ""


def title_of(found: Sequence[Part], model: Copy) -> str:
    """The lines in the middle of the upper part of the page, as far as all copies have them."""
    told: list[str] = []
    for part in found:
        for phrase, texts in phrases(part) if part.is_print else ():
            line = model.readings[phrase[0].page].lines[phrase[0].line]
            text = printed.commonest(texts)
            is_middle = phrase[0].page == 0 and abs(line.box.middle[0] - 0.5) < _MIDDLE
            if is_middle and line.box.top < 0.5 and len(letters_of(text)) >= 8:
                told.append(text)
            elif told:
                break
        if told:
            break
    return " ".join(told[:2]).capitalize()


def telling(
    found: Sequence[Part],
    known: Sequence[Template],
    official: Sequence[guessing.Found],
    title: str,
) -> Recognition:
    """The prints that are least like any that a known form has; the longer of such as are so."""
    prints = [text for template in known for text in _prints_of(template)]
    prints += [letters_of(text) for one in official for text in one.examples if text]
    ranked: list[tuple[float, int, str]] = []
    for part in found:
        for _, texts in phrases(part) if part.is_print else ():
            text = printed.commonest(texts).strip(" ,;.:")
            letters = letters_of(text)
            if len(letters) < _LONG or sum(bool(t) for t in texts) < len(texts):
                continue
            like = max((fuzz.partial_ratio(letters, other) for other in prints), default=0.0)
            ranked.append((round(like / 10), -len(letters), text))
    chosen = [text for *_, text in sorted(ranked)[:_TELLING]] or [title or "…"]
    return Recognition(all_of=tuple(text.lower() for text in chosen))


def _prints_of(template: Template) -> Iterator[str]:
    for text in (*template.anchors, *template.recognised_by.all_of):
        yield letters_of(text)
    for spec in template.fields.values():
        for text in (*spec.zone.after, *spec.zone.until) if spec.zone else ():
            yield letters_of(text)
