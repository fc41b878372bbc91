"""Papers that no template fits, sorted into piles of one form each: by what is printed on them.

A paper is the runs of letters that one engine read on its first page, without marks, digits, spaces
and the words that stand on every official paper. What the papers of a pile have in common is its
print; a paper joins the pile whose print it has. A misread letter spoils a few runs and no more, so
it parts no pile. Nothing is asked of an engine, a clock or a store.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from workbench import catalogues, vietnamese
from workbench.placement import Line, letters_of

_RUN = 5  # letters; shorter runs stand in any Vietnamese text
_KINDS = 1 << 14  # runs are told apart by this many numbers
# Cosine of what two papers say (or a paper and a pile's print) from which they are one form. On
# real scans papers of one form are 0.5 and more alike, the worst of them 0.3; others at most 0.26.
_ALIKE = 0.30
_PRINT = 0.5  # share of a pile's papers that have what counts as its print
_EVERYWHERE = (
    "cộng hòa xã hội chủ nghĩa việt nam",
    "độc lập tự do hạnh phúc",
)
_LEGAL = "cancu"  # "Căn cứ …": the laws that a paper rests on name each other
_SHORT_LINE = 3  # letters
_TELLING = 12  # letters; a shorter line is like too many others

Runs = NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Sketch:
    """What of a paper tells its form: the runs of its letters, and its lines as they were read."""

    document: str
    runs: Runs = field(compare=False)  # sorted, each once
    lines: tuple[str, ...] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Pile:
    """Papers of one form, the most telling first, and what is printed on them."""

    documents: tuple[str, ...]
    prints: tuple[str, ...]  # from top to bottom, as one engine read them on the first paper
    alike: float  # 0-1: how much of the print the usual paper of the pile has


def sketch(document: str, lines: Sequence[Line]) -> Sketch:
    """The sketch of a paper by the lines of its first page (`placement.lines_of`)."""
    texts = tuple(line.text for line in lines)
    return Sketch(document, _runs(_letters(texts)), texts)


def piles(sketches: Sequence[Sketch]) -> tuple[Pile, ...]:
    """The papers in piles, the largest first; every paper lies in exactly one.

    The same papers give the same piles in whatever order they come.
    """
    papers = sorted(sketches, key=lambda s: s.document)
    if not papers:
        return ()
    seen = np.zeros((len(papers), _KINDS), np.float32)
    for at, one in enumerate(papers):
        seen[at, one.runs] = 1
    length = np.sqrt(seen.sum(axis=1))
    length[length == 0] = 1
    seen /= length[:, None]
    labels = _settled(seen, _joined(seen @ seen.T))
    found = [
        _pile([papers[at] for at in members], seen[members])
        for label in np.unique(labels)
        for members in (np.flatnonzero(labels == label),)
    ]
    return tuple(sorted(found, key=lambda pile: (-len(pile.documents), pile.documents)))


def _letters(texts: Sequence[str]) -> str:
    """The letters that may be print: no digits, no short lines, not what is on every paper."""
    told: list[str] = []
    for text in texts:
        plain = "".join(c for c in letters_of(text) if c.isalpha())
        if len(plain) < _SHORT_LINE or plain.startswith(_LEGAL):
            continue
        if len(plain) >= _TELLING and _is_everywhere(plain):
            continue
        told.append(plain)
    return " ".join(told)


@lru_cache(maxsize=1 << 14)
def _is_everywhere(plain: str) -> bool:
    """Whether a line is, holds or is part of the state's head or the name of an authority."""
    return any(fuzz.partial_ratio(print_, plain) > 82 for print_ in _everywhere())


@cache
def _everywhere() -> tuple[str, ...]:
    names = (letters_of(text) for text in (*_EVERYWHERE, *catalogues.entries("issuers")))
    return tuple(name for name in names if len(name) >= _TELLING)


def _runs(letters: str) -> Runs:
    data = letters.encode("ascii", "ignore")
    return np.unique(
        np.array(
            [
                zlib.crc32(data[at : at + _RUN]) % _KINDS
                for at in range(max(0, len(data) - _RUN + 1))
            ],
            np.uint16,
        )
    )


def _joined(alike: NDArray[np.float32]) -> NDArray[np.int64]:
    """Papers joined pair by pair, the most alike first, while the piles are alike on average."""
    n = len(alike)
    labels = np.arange(n)
    sums = alike.astype(np.float64).copy()  # of likeness between the papers of two piles
    sizes = np.ones(n)
    np.fill_diagonal(sums, -np.inf)
    usual = sums.copy()
    while True:
        at = int(usual.argmax())
        a, b = divmod(at, n)
        if not usual[a, b] >= _ALIKE:
            return labels
        labels[labels == labels[b]] = labels[a]
        sums[a] += sums[b]
        sums[:, a] = sums[a]
        sizes[a] += sizes[b]
        sizes[b] = 0
        sums[b] = sums[:, b] = -np.inf
        sums[a, a] = -np.inf
        with np.errstate(divide="ignore", invalid="ignore"):
            row = np.where(sizes > 0, sums[a] / (sizes[a] * sizes), -np.inf)
        row[a] = -np.inf
        usual[a] = usual[:, a] = row
        usual[b] = usual[:, b] = -np.inf


def _settled(seen: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Papers alone, and small piles, are laid to the pile whose print they have."""
    names, counts = np.unique(labels, return_counts=True)
    prints = {
        name: _print(seen[labels == name])
        for name, count in zip(names, counts, strict=True)
        if count > 2
    }
    found = labels.copy()
    for at in range(len(labels)):
        if labels[at] in prints:
            continue
        best, likeness = labels[at], _ALIKE
        for name, print_ in prints.items():
            here = float(seen[at] @ print_)
            if here >= likeness:
                best, likeness = name, here
        found[at] = best
    return found


def _print(members: NDArray[np.float32]) -> NDArray[np.float32]:
    """What at least half of these papers have, as a vector of length 1."""
    share = (members > 0).mean(axis=0)
    kept = np.where(share >= _PRINT, share, 0).astype(np.float32)
    length = float(np.sqrt((kept * kept).sum())) or 1.0
    return np.asarray(kept / length, np.float32)


def _pile(papers: Sequence[Sketch], seen: NDArray[np.float32]) -> Pile:
    print_ = _print(seen)
    has = seen @ print_
    order = sorted(range(len(papers)), key=lambda at: (-float(has[at]), papers[at].document))
    common = frozenset(np.flatnonzero(print_ > 0).tolist())
    return Pile(
        documents=tuple(papers[at].document for at in order),
        prints=_printed(papers[order[0]].lines, common, alone=len(papers) == 1),
        alike=round(float(np.median(has)), 2),
    )


def _printed(texts: Sequence[str], common: frozenset[int], *, alone: bool) -> tuple[str, ...]:
    """The words of a paper's lines that the others have too; of one alone its whole lines."""
    found: list[str] = []
    for text in texts:
        plain = "".join(c for c in letters_of(text) if c.isalpha())
        if len(plain) < _RUN or plain.startswith(_LEGAL):
            continue
        if alone:
            found.append(vietnamese.nfc(text))
            continue
        hit = [False] * len(plain)
        for at in range(len(plain) - _RUN + 1):
            if zlib.crc32(plain[at : at + _RUN].encode("ascii", "ignore")) % _KINDS in common:
                hit[at : at + _RUN] = [True] * _RUN
        found += _stretches(text, hit)
    return tuple(found)


def _stretches(text: str, hit: Sequence[bool]) -> list[str]:
    """The runs of whole words whose letters are mostly hit."""
    stretches: list[list[str]] = [[]]
    at = 0
    for word in text.split():
        n = sum(c.isalpha() for c in letters_of(word))
        if n and sum(hit[at : at + n]) >= 0.7 * n:
            stretches[-1].append(word)
        elif stretches[-1]:
            stretches.append([])
        at += n
    told = (" ".join(words) for words in stretches)
    return [vietnamese.nfc(words) for words in told if len(letters_of(words)) >= _RUN]
