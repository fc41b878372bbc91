"""The card of each record in the repository: whose it is, what it is, all that it says.

Cards are what the repository is searched by. They are made from the record, so that one that is
lost or behind is only made anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from workbench import vietnamese
from workbench.errors import WorkbenchError
from workbench.flow.claimed import words_by_page
from workbench.flow.lines import text_of
from workbench.flow.people import sheet
from workbench.flow.work import Work
from workbench.model import Card, DefaultFolder, Document, Shelf, Sight, day
from workbench.review import ReviewSheet
from workbench.template import Template

log = structlog.get_logger()

_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS = 12  # of a search; what more is typed does not narrow it
_AROUND = 70  # letters beside a hit
_NUMBER, _ISSUED, _UNTIL = "so", "ngay_cap", "het_han"


@dataclass(frozen=True, slots=True)
class Found:
    """One page of cards, how many match, and whether only without regard to the marks typed."""

    cards: tuple[Card, ...]
    total: int
    words: tuple[str, ...] = ()  # what to mark, without marks
    loosened: bool = False


def catalogue(work: Work, document: Document) -> Card:
    """Make the card of a record in the repository, and keep it."""
    seen = sheet(work, document.id)
    template = work.template(document.template_digest or "")
    values = {field.name: field.normalised or field.value for field in seen.fields}
    issued = day(values.get(_ISSUED, ""))
    until = day(values.get(_UNTIL, ""))
    tied = work.store.holder_of(document)
    name = tied.name if tied else holder_name(seen, template)
    source = work.store.source(document.source) if document.source else None
    receipts = work.store.receipts(document.id)
    says = "\n".join([*(f.value for f in seen.fields if f.value), *_pages(work, document)])
    card = Card(
        document=document.id,
        unit=document.unit,
        kind=document.kind or "",
        number=next((f.value for f in seen.fields if f.name == _NUMBER), ""),
        holder=document.holder or vietnamese.key(name).casefold(),
        holder_name=vietnamese.nfc(name),
        year=issued.year if issued else 0,
        issued=issued.isoformat() if issued else "",
        expires=until.isoformat() if until else "",
        file=source.name if source else "",
        says=says,
        sought=vietnamese.fold(says),
        version=receipts[-1].version if receipts else "",
        at=receipts[-1].at if receipts else document.changed_at,
        seen=document.changed_at,
    )
    work.store.keep_card(card, _words(f"{card.file}\n{says}"))
    return card


def catalogue_new(work: Work, *, limit: int = 100) -> int:
    """Make the cards that are missing or behind, up to `limit`. How many were made."""
    made = 0
    for document in work.store.without_card(limit):
        try:
            catalogue(work, document)
        except WorkbenchError as error:  # one that cannot be read now hides no other
            log.warning("card.not_made", document=document.id, why=error.message.text)
        else:
            made += 1
    if made:
        log.info("cards.made", records=made)
    return made


def holder_name(seen: ReviewSheet, template: Template) -> str:
    """Whom a paper names that is tied to nobody yet: its critical name, else its first one."""
    names = [f for f in seen.fields if f.kind == "name" and f.value and f.name in template.fields]
    chosen = next((f for f in names if f.critical), names[0] if names else None)
    return chosen.value if chosen else ""


def _pages(work: Work, document: Document) -> Iterator[str]:
    words = words_by_page(work, document)
    for page in work.store.pages(document.id):
        placed = text_of(work, document, page, words.get(page.number, {}))
        yield " ".join(text for text, _ in placed)


def _words(text: str) -> Mapping[str, str]:
    """Each word of a text as it is looked up, with its form without marks."""
    return {word: vietnamese.fold(word) for word in _spelt(text)}


def _spelt(text: str) -> list[str]:
    return list(dict.fromkeys(_WORD.findall(vietnamese.key(text).casefold())))


# --- asked -------------------------------------------------------------------------------------


def find(
    work: Work, sight: Sight, shelf: Shelf, *, text: str = "", limit: int = 25, offset: int = 0
) -> Found:
    """Records that one may see on a shelf and that say all these words.

    Words typed with marks are meant with them; only where nothing says them so are they looked for
    without.
    """
    spelt = _spelt(text)[:_MOST_WORDS]
    bare = tuple(dict.fromkeys(vietnamese.fold(word) for word in spelt))
    phrase = vietnamese.fold(vietnamese.nfc(text))
    loosened = False
    asked = replace(shelf, words=tuple(spelt))
    total = work.store.count_cards(sight, asked)
    if not total and any(word not in bare for word in spelt):
        asked, loosened = replace(shelf, words=bare), True
        total = work.store.count_cards(sight, asked)
    cards = work.store.cards(sight, asked, near=spelt, phrase=phrase, limit=limit, offset=offset)
    return Found(tuple(cards), total, bare, loosened and bool(total))


def default_folders(work: Work, sight: Sight, common: str) -> tuple[DefaultFolder, ...]:
    """The folders that nobody made, by "holder", "kind" or "year", as a reader looks for them."""
    found = work.store.default_folders(sight, common)
    if common == "year":
        return tuple(sorted(found, key=lambda folder: -int(folder.key)))
    return tuple(sorted(found, key=lambda folder: vietnamese.sort_key(folder.name)))


def hits(
    text: str, words: Sequence[str], *, most: int = 2
) -> tuple[tuple[tuple[str, bool], ...], ...]:
    """The places of a text where these words stand: each in pieces, and which of them are hits.

    `words` are without marks.
    """
    wanted = set(words)
    found = [m for m in _WORD.finditer(text) if _bare(m.group()) in wanted]
    places: list[tuple[tuple[str, bool], ...]] = []
    end = -1
    for first in found:
        if first.start() < end or len(places) == most:
            continue
        start = _edge(text, first.start() - _AROUND, back=True)
        end = _edge(text, first.end() + _AROUND, back=False)
        places.append(tuple(_pieces(text, start, end, found)))
    return tuple(places)


def _bare(word: str) -> str:
    return vietnamese.fold(vietnamese.key(word))


def _edge(text: str, at: int, *, back: bool) -> int:
    """The nearest place outward between two words."""
    if at <= 0 or at >= len(text):
        return min(max(at, 0), len(text))
    if back:
        return max(text.rfind(" ", 0, at), text.rfind("\n", 0, at)) + 1
    ends = [place for place in (text.find(" ", at), text.find("\n", at)) if place >= 0]
    return min(ends, default=len(text))


def _pieces(
    text: str, start: int, end: int, found: Sequence[re.Match[str]]
) -> Iterator[tuple[str, bool]]:
    if start > 0:
        yield "… ", False
    at = start
    for hit in found:
        if start <= hit.start() and hit.end() <= end:
            if at < hit.start():
                yield text[at : hit.start()].replace("\n", " · "), False
            yield hit.group(), True
            at = hit.end()
    yield text[at:end].replace("\n", " · ") + (" …" if end < len(text) else ""), False
