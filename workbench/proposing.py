"""A form that nobody has drawn: what three to five copies of it say about its template.

Print that all copies share becomes anchors and labels; what stands between and differs becomes
fields, each with what would be read on every copy. Everything is a suggestion to be accepted,
renamed or dropped: nothing here decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from rapidfuzz import fuzz

from workbench import extraction, guessing, placement, printed
from workbench.errors import NotReadyError, Sentence
from workbench.model import Box, Warp
from workbench.placement import Running, letters_of
from workbench.printed import Part, Spot
from workbench.template import (
    Anchor,
    Column,
    FieldSpec,
    Items,
    Label,
    Recognition,
    Template,
    Zone,
)

FEWEST, MOST = 3, 5  # copies

_WORDS: Final = 12  # of a label, at most
_AFTER: Final = 6  # words of the print after a value that tell where it ends
_ANCHOR: Final = 10  # letters of an anchor, at least
_ANCHORS: Final = 24
_RIGHT_BEHIND: Final = 3  # words of print that end the line of a value
_TAIL: Final = 8  # words of an address that all copies end with
_SENTENCE: Final = 4  # words of a label that only some copies have
_SAME_LABEL: Final = 6  # letters of a label that means the same on another form
_HEAD, _DATED = 0.2, 0.03  # of the page: under the number no foot begins; a dated line is so high
_MIDDLE: Final = 0.12  # of the page's width that a title stands off its middle
_LONG: Final = 14  # letters of print that may tell a form from others
_TELLING: Final = 2  # prints that do
_ORDINALS: Final = frozenset(("stt", "tt", "sott", "sothutu"))


@dataclass(frozen=True, slots=True)
class Copy:
    """A read scan of the form: for each page what the engines made of it, and how it lay.

    The first engine of a page is the one whose words are taken for its text.
    """

    pages: tuple[Mapping[str, Running], ...]
    warps: tuple[Warp, ...]

    @property
    def readings(self) -> tuple[Running, ...]:
        """Each page as its first engine has it."""
        return tuple(next(iter(page.values())) for page in self.pages)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A field that the form may have, with what would be read in it on every copy."""

    name: str
    spec: FieldSpec
    examples: tuple[str, ...]
    taken: bool  # whether it stands in the proposed template until somebody drops it
    why: Sentence

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "spec": self.spec.model_dump(mode="json", exclude_defaults=True),
            "examples": list(self.examples),
            "taken": self.taken,
            "why": self.why.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the copies say: a title, prints with their places, fields, perhaps a table."""

    title: Label
    recognised_by: Recognition
    anchors: tuple[Anchor, ...]
    fields: tuple[Suggestion, ...]
    items: Items | None
    says: tuple[Sentence, ...]  # what a designer should know of it

    def template(self, template_id: str, *, version: int = 1) -> Template:
        """The template of all that is taken. Raises NotReadyError where too little was found."""
        fields = {one.name: one.spec for one in self.fields if one.taken}
        if len(self.anchors) < FEWEST or not fields:
            raise NotReadyError(
                "These scans have too little print in common to be one form.",
                "Take scans of one form, well read, with different contents.",
            )
        return Template.model_validate(
            {
                "id": template_id,
                "version": version,
                "title": self.title,
                "recognised_by": self.recognised_by,
                "anchors": self.anchors,
                "fields": fields,
                "items": self.items,
            }
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title.model_dump(),
            "recognised_by": self.recognised_by.model_dump(mode="json"),
            "anchors": [anchor.model_dump(mode="json") for anchor in self.anchors],
            "fields": [field.as_json() for field in self.fields],
            "items": self.items.model_dump(mode="json") if self.items else None,
            "says": [sentence.as_json() for sentence in self.says],
        }


def propose(copies: Sequence[Copy], known: Sequence[Template] = ()) -> Proposal:
    """What these copies of one form have in common, and where they differ.

    `known`: the templates in use; what tells the form from them is chosen so that it does.
    Raises NotReadyError for fewer than two copies, and where no page of one was read.
    """
    if len(copies) < FEWEST or not all(copy.pages and all(copy.pages) for copy in copies):
        raise NotReadyError(
            "At least {n} read scans of one form are needed.",
            "Choose scans of one form with different contents.",
            n=FEWEST,
        )
    whole = [printed.spots_of(copy.readings) for copy in copies]
    first = _model(whole)
    copies = [copies[first], *copies[:first], *copies[first + 1 :]]
    official = guessing.official_fields([copy.readings for copy in copies])
    told = [
        tuple(s for s in printed.spots_of(c.readings) if _Between.of(official, at).holds(s))
        for at, c in enumerate(copies)
    ]
    found = printed.parts(told)
    items, table = _table(found, copies)
    fields = [_of_any_paper(one) for one in official]
    fields += _labelled(found, official, table, known)
    title = _title(found, copies[0])
    proposal = Proposal(
        title=Label(vi=title, en=title),
        recognised_by=_telling(found, known, official, title),
        anchors=_anchors(found, copies),
        fields=tuple(_named_apart(fields)),
        items=items,
        says=(),
    )
    return _with_examples(proposal, copies, back=first)


def _model(told: Sequence[Sequence[Spot]]) -> int:
    """The copy that all others are laid along: the one with most words has the optional ones."""
    return max(range(len(told)), key=lambda at: len(told[at]))


# --- print ---------------------------------------------------------------------------------------


def _anchors(found: Sequence[Part], copies: Sequence[Copy]) -> tuple[Anchor, ...]:
    """Print that stands on one line of the model and begins one on every copy, with its place."""
    model = copies[0]
    anchors = [anchor for text in guessing.MOTTO if (anchor := _heard(text, copies))]
    seen: set[str] = set()
    for part in found:
        for phrase, texts in _phrases(part) if part.is_print else ():
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


def _phrases(part: Part) -> Iterator[tuple[tuple[Spot, ...], tuple[str, ...]]]:
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


def _title(found: Sequence[Part], model: Copy) -> str:
    """The lines in the middle of the upper part of the page, as far as all copies have them."""
    told: list[str] = []
    for part in found:
        for phrase, texts in _phrases(part) if part.is_print else ():
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


def _telling(
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
        for _, texts in _phrases(part) if part.is_print else ():
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


# --- values --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Between:
    """From where to where the text of a paper runs: below its head, above who signed it."""

    page: int
    top: float
    last: int
    bottom: float

    @classmethod
    def of(cls, official: Sequence[guessing.Found], copy: int) -> _Between:
        places = {one.name: one.places[copy] for one in official}
        number, dated = places.get("so"), places.get("ngay_cap")
        top = number[1].bottom if number and number[0] == 0 else 0.0
        if dated is not None and (dated[0] > 0 or dated[1].top > top + _HEAD):
            return cls(0, top, dated[0], dated[1].top)
        signed = [p for name in ("chuc_vu_ky", "cap_bac") if (p := places.get(name))]
        if signed:
            page, bottom = min((page, box.top) for page, box in signed)
            return cls(0, top, page, bottom - _DATED)
        return cls(0, top, 99, 1.0)

    def holds(self, spot: Spot) -> bool:
        y = spot.box.middle[1]
        if spot.page == self.page and y < self.top:
            return False
        return spot.page < self.last or (spot.page == self.last and y < self.bottom)


def _of_any_paper(one: guessing.Found) -> Suggestion:
    why = Sentence("Stands in the head or foot of official papers.")
    return Suggestion(one.name, one.spec, one.examples, taken=True, why=why)


def _labelled(
    found: Sequence[Part],
    official: Sequence[guessing.Found],
    table: tuple[int, Box] | None,
    known: Sequence[Template],
) -> Iterator[Suggestion]:
    """What stands after a label: values that differ, and short ones that all copies share."""
    for at, part in enumerate(found):
        if part.is_print:
            yield from _shared(part, known)
            continue
        before = found[at - 1] if at and found[at - 1].is_print else None
        after = found[at + 1] if at + 1 < len(found) and found[at + 1].is_print else None
        if before is None or not any(part.texts):
            continue
        if _is_in_table(before, part, table) or _is_issuer(part, official):
            continue
        label, head = _label(before, part)
        if not letters_of(label):
            continue
        tail, until = _until(part, after) if after else ("", "")
        pieces = _pieces(part)
        for number, piece in enumerate(pieces):
            labels = piece.labels or (label,)
            last = number + 1 == len(pieces)
            ends = (until,) if last else (*pieces[number + 1].labels, until)
            texts = [
                " ".join(t for t in (head if not number else "", said, tail if last else "") if t)
                if said or not piece.some
                else ""
                for said in piece.texts
            ]
            one = _suggested(labels, ends, texts, known)
            if piece.some:
                why = Sentence("After “{label}”, which some scans have.", {"label": labels[0]})
                one = replace(one, why=why)
            yield one


@dataclass(frozen=True, slots=True)
class _Piece:
    """A value in a run of what differs; `labels` where what is before it differs too."""

    labels: tuple[str, ...]
    texts: tuple[str, ...]
    some: bool = False  # only some copies have it


def _pieces(part: Part) -> list[_Piece]:
    """What differs between two prints, parted where a label stands within."""
    met = [_inner_label(words) for words in part.copies]
    if sum(one is not None for one in met) * 3 >= len(met) * 2:
        labels: dict[str, None] = {}
        first: list[str] = []
        second: list[str] = []
        for words, one in zip(part.copies, met, strict=True):
            begin, end = one if one else (len(words), len(words))
            if one:
                labels[printed.said(words[begin : end + 1])] = None
            first.append(printed.said(words[:begin]))
            second.append(printed.said(words[end + 1 :]))
        return [_Piece((), tuple(first)), _Piece(tuple(labels), tuple(second))]
    sentence = next((told for words in part.copies if (told := _sentence(words))), "")
    if sentence:
        cut = [_cut(text, sentence) for text in part.texts]
        first_, second_ = zip(*cut, strict=True)
        return [_Piece((), tuple(first_)), _Piece((sentence,), tuple(second_), some=True)]
    return [_Piece((), part.texts)]


def _inner_label(words: Sequence[Spot]) -> tuple[int, int] | None:
    """The first and last word of a label with a colon that begins a line within; None for none."""
    colon = next((i for i in range(len(words) - 1, 0, -1) if words[i].ends == ":"), None)
    if colon is None:
        return None
    begin = next((i for i in range(colon, 0, -1) if words[i].begins), None)
    return (begin, colon) if begin is not None and colon - begin < _WORDS else None


def _sentence(words: Sequence[Spot]) -> str:
    """The words up to a date or number of a sentence of its own that begins a line within."""
    for at in range(1, len(words)):
        if not (words[at].begins and words[at - 1].text.endswith(".")):
            continue
        end = next(
            (i for i in range(at, len(words))
             if words[i].plain == "ngay" or any(c.isdigit() for c in words[i].plain)),
            None,
        )  # fmt: skip
        if end is not None and end - at >= _SENTENCE:
            return printed.said(words[at:end])
    return ""


def _cut(text: str, label: str) -> tuple[str, str]:
    """What stands before and after a label in a text; all of it before where it has none."""
    words, count = text.split(), len(label.split())
    wanted = letters_of(label)
    for at in range(len(words) - count + 1):
        if fuzz.ratio(letters_of(" ".join(words[at : at + count])), wanted) >= 85:
            return " ".join(words[:at]), " ".join(words[at + count :])
    return text, ""


def _is_issuer(part: Part, official: Sequence[guessing.Found]) -> bool:
    """Whether it is who issued the paper, named once more in its text, or a part of its title."""
    mine = [letters_of(text) for text in part.texts if text]
    for one in official:
        theirs = [letters_of(text) for text in one.examples if text]
        is_long = one.name.startswith("co_quan") or one.name == "ten_giay_to"
        if is_long and mine and theirs:
            like = [max(fuzz.partial_ratio(m, t) for t in theirs) for m in mine if len(m) > 5]
            if like and min(like) >= 85:
                return True
    return False


def _shared(part: Part, known: Sequence[Template]) -> Iterator[Suggestion]:
    """`Quốc tịch: Việt Nam;`: a label and a value in the midst of print, alike on all copies."""
    words = part.words
    for at, spot in enumerate(words):
        if spot.ends != ":" or at + 1 >= len(words):
            continue
        end = next(
            (i for i in range(at + 1, len(words)) if words[i].ends == ";" or i + 1 in part.begins),
            None,
        )
        if end is None or end - at > _WORDS or at + 1 in part.begins:
            continue
        label = _phrase(words[: at + 1], part.begins)
        until = " ".join(s.text for s in _until_words(words[end + 1 :], ()))
        value = " ".join(s.text for s in words[at + 1 : end + 1])
        values = [extraction.clean(value, label, until)] * len(part.texts)
        made = _suggested((label,), (until,), values, known)
        yield replace(made, why=Sentence("After “{label}”; the same on all scans.",
                                         {"label": label}))  # fmt: skip


def _label(part: Part, after: Part) -> tuple[str, str]:
    """The words before a value, and what of the print belongs to the value already.

    `Loại dấu: Dấu` … `tròn`: what follows a colon begins the value, unless a number comes next.
    """
    words = part.words
    colon = next((i for i in range(len(words) - 1, -1, -1) if words[i].ends == ":"), None)
    head = ""
    if colon is not None and colon + 1 < len(words) and colon + 1 not in part.begins:
        count = len(words) - 1 - colon
        numbers = sum(any(c.isdigit() for c in text) for text in after.texts)
        goes_on = words[colon + 1].text[:1].isupper() and numbers * 2 < len(after.texts)
        if count <= 2 or (goes_on and count <= 5):
            head = " ".join(spot.text for spot in words[colon + 1 :])
            words = words[: colon + 1]
    return _phrase(words, part.begins), head


def _phrase(words: Sequence[Spot], begins: Sequence[int]) -> str:
    """The last phrase of a print: from where a line begins on all copies, or after a sign."""
    start = max(0, len(words) - _WORDS)
    for at in range(len(words) - 1, start, -1):
        if at in begins or words[at - 1].ends:
            start = at
            break
    return " ".join(spot.text for spot in words[start:])


def _until(part: Part, after: Part) -> tuple[str, str]:
    """What of the print after a value belongs to it still, and the words that end it."""
    words = after.words
    first = next((b for b in after.begins if b > 0), None)
    count = 0
    last = part.words[-1] if part.words else None
    if (
        first is not None and first <= _RIGHT_BEHIND and 0 not in after.begins
        and last is not None and not last.ends and last.line == words[0].line
    ):  # fmt: skip
        count = first  # `01 (một) con dấu`, and then a new line
    elif 0 not in after.begins and not (part.words and part.words[-1].ends):
        if first is not None and first <= _TAIL and _is_tail(words[:first]):
            count = first
        else:
            while count < len(words) - 1 and count < 3 and words[count].text[:1].isupper():
                count += 1
            count = count if words[count].text[:1].islower() else 0
    tail = " ".join(spot.text for spot in words[:count])
    begins = tuple(b - count for b in after.begins)
    return tail, " ".join(s.text for s in _until_words(words[count:], begins))


def _is_tail(words: Sequence[Spot]) -> bool:
    """Whether words look like the end of an address or a name: all capitalised, or of its kind."""
    return all(
        spot.text[:1].isupper() or spot.plain in guessing.PLACES or spot.plain.isdigit()
        for spot in words
    )


def _until_words(words: Sequence[Spot], begins: Sequence[int]) -> Sequence[Spot]:
    chosen: list[Spot] = []
    for at, spot in enumerate(words[:_AFTER]):
        if at and at in begins:
            break
        chosen.append(spot)
        if spot.ends:
            break
    return chosen


def _suggested(
    labels: Sequence[str], until: Sequence[str], texts: Sequence[str], known: Sequence[Template]
) -> Suggestion:
    if len(labels) == 1:
        label, texts = _completed(labels[0], texts)
        labels, texts = _numbered(label, texts)
    label = labels[0]
    values = [extraction.clean(text, label, until[0]) for text in texts]
    some = [value for value in values if value]
    plain = guessing.plain_label(label)
    zone = Zone(after=tuple(labels), until=tuple(u for u in until if letters_of(u)))
    why = Sentence("After “{label}”; different on the scans.", {"label": label})
    if alike := _alike(label, known):
        name, spec = alike
        spec = spec.model_copy(update={"zone": zone, "required": len(some) == len(values)})
        return Suggestion(name, spec, tuple(values), bool(some), why)
    kind = guessing.kind_of(some, plain)
    spec = FieldSpec(
        label=Label(vi=plain, en=plain),
        kind=kind,
        pattern=guessing.pattern_of(some, kind),
        personal=guessing.is_personal(plain, kind),
        critical=kind in ("document_number", "id_number", "org_number"),
        required=len(some) == len(values),
        zone=zone,
    )
    return Suggestion(guessing.name_of(plain), spec, tuple(values), bool(some), why)


def _completed(label: str, texts: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The label with its last word where that was taken for a value: `(ông,` and `bà):`."""
    firsts = [text.split(" ", 1)[0] for text in texts]
    ending = [word for word in firsts if word.endswith(":")]
    word = printed.commonest(ending)
    alike = [letters_of(w) == letters_of(word) for w in firsts]
    if not word or sum(alike) * 3 < len(texts) * 2:
        return label, texts
    return f"{label} {word}", [
        text.partition(" ")[2] if same else text for text, same in zip(texts, alike, strict=True)
    ]


def _numbered(label: str, texts: Sequence[str]) -> tuple[tuple[str, ...], Sequence[str]]:
    """Labels of which a part differs, with the numbers alone; a date keeps its first word.

    `… doanh nghiệp số 2200…` beside `… hộ kinh doanh số 59D…`: what differs before is label too.
    """
    words = label.split()
    dated = sum(bool(re.match(r"\d{1,2} \S+ \d{1,2} \S+ \d{4}", text)) for text in texts)
    if len(words) > 1 and letters_of(words[-1]) == "ngay" and dated * 2 > len(texts):
        return (" ".join(words[:-1]),), [f"{words[-1]} {text}" if text else "" for text in texts]
    met = [re.match(r"((?:[^\W\d_]+ ){1,4})(?=\S*\d)", text) for text in texts]
    fitting = [one for one in met if one and one[1].islower()]
    is_date = any(letters_of(one[1]) == "ngay" for one in fitting)
    if is_date or len(fitting) * 3 < len(texts) * 2:
        return (label,), texts
    labels = tuple(dict.fromkeys(f"{label} {one[1].strip()}" for one in fitting))
    return labels, [
        text[one.end() :] if one else text for text, one in zip(texts, met, strict=True)
    ]


def _alike(label: str, known: Sequence[Template]) -> tuple[str, FieldSpec] | None:
    """The field of a known form that has the same label: its name and catalogue serve here too."""
    letters = letters_of(label)
    if len(letters) < _SAME_LABEL:
        return None
    for template in known:
        for name, spec in template.fields.items():
            for print_ in spec.zone.after if spec.zone else ():
                if fuzz.ratio(letters, letters_of(print_)) >= 92:
                    return name, spec
    return None


def _named_apart(fields: Sequence[Suggestion]) -> Iterator[Suggestion]:
    seen: dict[str, int] = {}
    for one in fields:
        count = seen[one.name] = seen.get(one.name, 0) + 1
        yield one if count == 1 else replace(one, name=f"{one.name}_{count}")


# --- tables --------------------------------------------------------------------------------------


def _table(
    found: Sequence[Part], copies: Sequence[Copy]
) -> tuple[Items | None, tuple[int, Box] | None]:
    """The table of line items under printed headings, as most copies have it."""
    by_copy: list[list[guessing.Headings]] = []
    for copy in copies:
        engines = dict.fromkeys(engine for page in copy.pages for engine in page)
        readings = [tuple(p.get(e, next(iter(p.values()))) for p in copy.pages) for e in engines]
        by_copy.append([row for r in readings for row in guessing.headings(r, _ORDINALS)])
    told = [rows for rows in by_copy if rows]
    if len(told) * 2 <= len(copies):
        return None, None
    fullest = max((row for rows in told for row in rows), key=lambda row: len(row.texts))
    columns: dict[str, Column] = {}
    for heading in fullest.texts[1:]:
        same = [[h for row in rows for h in row.texts if _is_same(h, heading)] for rows in told]
        if sum(bool(some) for some in same) * 2 <= len(told):
            continue
        text = printed.commonest([h.strip(" |") for some in same for h in some])
        plain = guessing.plain_label(text)
        columns[guessing.name_of(plain)] = Column(
            label=Label(vi=plain, en=plain), heading=text, kind=guessing.kind_of((), plain)
        )
    if len(columns) < 2:
        return None, None
    first = by_copy[0][0] if by_copy[0] else None
    below = [
        printed.commonest(texts)
        for part in found
        for phrase, texts in (_phrases(part) if part.is_print else ())
        if first is not None
        and (phrase[0].page, phrase[0].box.top) > (first.page, first.box.bottom + 0.01)
        and len(letters_of(printed.commonest(texts))) >= _ANCHOR
    ]
    items = Items(name="muc", ordinal=fullest.texts[0], columns=columns, until=tuple(below[:1]))
    return items, (first.page, first.box) if first else None


def _is_same(one: str, other: str) -> bool:
    return fuzz.ratio(letters_of(one), letters_of(other)) >= 80


def _is_in_table(before: Part, part: Part, table: tuple[int, Box] | None) -> bool:
    """Whether values begin right under the headings of the table, or between them."""
    if table is None:
        return False
    page, box = table
    spot = part.words[0] if part.words else before.words[-1]
    return spot.page == page and box.top - 0.01 < spot.box.middle[1] < box.bottom + 0.06


# --- what would be read --------------------------------------------------------------------------


def _with_examples(proposal: Proposal, copies: Sequence[Copy], *, back: int) -> Proposal:
    """The fields with what the template would really read; what it finds on few is not taken."""
    try:
        template = proposal.template("proposed")
    except NotReadyError:
        return proposal
    read = [_read(template, copy) for copy in copies]
    fields: list[Suggestion] = []
    for one in proposal.fields:
        said = [values.get(one.name, "") for values in read]
        is_official = one.spec.zone is not None and one.spec.zone.way in ("letterhead", "closing")
        few = sum(bool(value) for value in said) * 2 < len(said) if one.spec.required else False
        if not one.taken:
            fields.append(one)
        elif not any(said) or (few and not is_official):
            fields.append(replace(one, taken=False, why=Sentence("Found on few of the scans.")))
        else:
            fields.append(_guessed_again(replace(one, examples=_in_given_order(said, back))))
    seen = [
        placement.classify([tuple(page.values()) for page in copy.pages], [template]).template
        for copy in copies
    ]
    says = list(proposal.says)
    if not all(seen):
        says.append(
            Sentence(
                "{n} of {all} scans would be recognised by it.",
                {"n": sum(name is not None for name in seen), "all": len(seen)},
            )
        )
    return replace(proposal, fields=tuple(fields), says=tuple(says))


def _guessed_again(one: Suggestion) -> Suggestion:
    """The kind by what is really read, where what stood on the pages said nothing."""
    some = [value for value in one.examples if value]
    if one.spec.kind != "text" or one.spec.catalogue:
        return one
    kind = guessing.kind_of(some, one.spec.label.vi)
    more = {"kind": kind, "pattern": guessing.pattern_of(some, kind)}
    return replace(one, spec=one.spec.model_copy(update=more))


def _in_given_order(said: Sequence[str], back: int) -> tuple[str, ...]:
    """The model copy was laid first; its values go back to where it was given."""
    first, *rest = said
    return (*rest[:back], first, *rest[back:])


def _read(template: Template, copy: Copy) -> dict[str, str]:
    """What the engines' pages have in each field; the engine that finds the field best is heard."""
    placed = [{e: placement.register(r, template) for e, r in page.items()} for page in copy.pages]
    sites = extraction.sites(placed, template)
    return {
        name: extraction.clean(site.page_text, site.label, site.next)
        for name, site in sites.items()
    }
